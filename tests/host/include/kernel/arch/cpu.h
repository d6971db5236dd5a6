/* tests/host/include/kernel/arch/cpu.h - the CPU, as an ordinary process imitates it
 *
 * Shadows kernel/arch/cpu.h. One thread plays one CPU at a time; host_set_cpu() makes it play another.
 */
#pragma once
#include "lib/types.h"

#define NR_CPUS 8
#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))

struct task_struct;
struct cpu_local {
	struct task_struct *task;
	u32 id, preempt_count, need_resched;
	bool online, irqs_off;
};
extern struct cpu_local cpu_locals[NR_CPUS];
extern struct cpu_local *host_cpu;
extern u32 nr_cpus, nr_possible_cpus;

static inline struct task_struct *get_current(void) { return host_cpu->task; }
#define current get_current()
static inline u32 smp_processor_id(void) { return host_cpu->id; }
static inline u32 preempt_count(void) { return host_cpu->preempt_count; }
static inline void preempt_count_add(u32 n) { host_cpu->preempt_count += n; }
static inline void preempt_count_sub(u32 n) { host_cpu->preempt_count -= n; }
static inline struct cpu_local *this_cpu_local(void) { return host_cpu; }

static inline void local_irq_disable(void) { host_cpu->irqs_off = true; }
static inline void local_irq_enable(void) { host_cpu->irqs_off = false; }
static inline unsigned long local_save_flags(void) { return host_cpu->irqs_off ? 0 : 0x200; }
static inline bool irqs_disabled_flags(unsigned long flags) { return !(flags & 0x200); }
static inline bool irqs_disabled(void) { return host_cpu->irqs_off; }
static inline unsigned long local_irq_save(void)
{
	unsigned long f = local_save_flags();

	local_irq_disable();
	return f;
}
static inline void local_irq_restore(unsigned long flags) { host_cpu->irqs_off = irqs_disabled_flags(flags); }
static inline void cpu_relax(void) {}
static inline void cpu_idle_halt(void) {}
