/* tests/tsan/include/kernel/arch/cpu.h - a CPU is a thread
 *
 * Shadows kernel/arch/cpu.h for the programs of tests/tsan. What is per CPU is per thread. Interrupts are flags and
 * counts: what would come as one (tests/tsan/cpu.c) comes between two things.
 */
#pragma once
#include "lib/types.h"

#define NR_CPUS 8
#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))

struct task_struct;
struct cpu_local { struct task_struct *task; u32 id, preempt_count, pending; bool irqs_off; };
extern _Thread_local struct cpu_local *tsan_cpu;
extern u32 nr_cpus, nr_possible_cpus;
void cpu_relax(void);

static inline struct task_struct *get_current(void) { return tsan_cpu->task; }
#define current get_current()
static inline u32 smp_processor_id(void) { return tsan_cpu->id; }
#define PERCPU_STRIDE(size) ALIGN_UP(size, 64UL)
static inline size_t this_cpu_offset(size_t size) { return smp_processor_id() * PERCPU_STRIDE(size); }
static inline bool softirq_pending_here(void) { return tsan_cpu->pending != 0; }
static inline u32 preempt_count(void) { return tsan_cpu->preempt_count; }
static inline void preempt_count_add(u32 n) { tsan_cpu->preempt_count += n; }
static inline void preempt_count_sub(u32 n) { tsan_cpu->preempt_count -= n; }
static inline void local_irq_disable(void) { tsan_cpu->irqs_off = true; }
static inline void local_irq_enable(void) { tsan_cpu->irqs_off = false; }
static inline bool irqs_disabled(void) { return tsan_cpu->irqs_off; }
static inline unsigned long local_irq_save(void)
{
	unsigned long flags = !tsan_cpu->irqs_off;

	local_irq_disable();
	return flags;
}
static inline void local_irq_restore(unsigned long flags) { tsan_cpu->irqs_off = !flags; }
