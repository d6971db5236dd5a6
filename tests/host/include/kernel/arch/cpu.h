/* tests/host/include/kernel/arch/cpu.h - the CPU, as an ordinary process imitates it
 *
 * Shadows kernel/arch/cpu.h. One thread plays all virtual CPUs. Where code takes or gives back a lock, or softirqs, or
 * interrupts, another CPU may overtake it: tests/host/cpu.c decides by the seed.
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
extern bool host_smp;		/* more than one virtual CPU */
extern bool host_unsteady;	/* host_overtake() has something to do */
void host_overtake(void);	/* another CPU may run on now, or an interrupt may come */
void cpu_relax(void);		/* whoever spins lets another CPU run */

static inline struct task_struct *get_current(void) { return host_cpu->task; }
#define current get_current()
static inline u32 smp_processor_id(void) { return host_cpu->id; }
/* Copies lie side by side: a thousand stacks in one process have little each. */
#define PERCPU_STRIDE(size) ALIGN_UP(size, 64UL)
static inline size_t this_cpu_offset(size_t size) { return smp_processor_id() * PERCPU_STRIDE(size); }
static inline bool softirq_pending_here(void) { return true; } /* tests/host/softirq.c looks */
static inline u32 preempt_count(void) { return host_cpu->preempt_count; }
static inline void preempt_count_add(u32 n)
{
	if (__builtin_expect(host_unsteady, 0))
		host_overtake();
	host_cpu->preempt_count += n;
}
static inline void preempt_count_sub(u32 n)
{
	host_cpu->preempt_count -= n;
	if (__builtin_expect(host_unsteady, 0))
		host_overtake();
}
static inline struct cpu_local *this_cpu_local(void) { return host_cpu; }

static inline void local_irq_disable(void) { host_cpu->irqs_off = true; }
static inline void local_irq_enable(void)
{
	host_cpu->irqs_off = false;
	if (__builtin_expect(host_unsteady, 0))
		host_overtake();
}
static inline unsigned long local_save_flags(void) { return host_cpu->irqs_off ? 0 : 0x200; }
static inline bool irqs_disabled_flags(unsigned long flags) { return !(flags & 0x200); }
static inline bool irqs_disabled(void) { return host_cpu->irqs_off; }
static inline unsigned long local_irq_save(void)
{
	unsigned long f = local_save_flags();

	local_irq_disable();
	return f;
}
static inline void local_irq_restore(unsigned long flags)
{
	host_cpu->irqs_off = irqs_disabled_flags(flags);
	if (__builtin_expect(host_unsteady, 0))
		host_overtake();
}
static inline void cpu_idle_halt(void) {}
