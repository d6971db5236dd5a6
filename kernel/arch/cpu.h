/* kernel/arch/cpu.h - which CPU this is, interrupts on and off, what runs here
 *
 * One of the services that net/ builds on. %gs points to this CPU's struct cpu_local while in the kernel.
 */
#pragma once
#include "lib/types.h"

#define NR_CPUS 64 /* APIC ids above are left asleep, and said so at boot */
#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))

struct task_struct;

/* Offsets are known to entry.S: keep the first fields in this order. */
struct cpu_local {
	struct cpu_local *self;	     /* [C] 0 */
	struct task_struct *current_task; /* [P] 8: the task that runs here */
	u64 kernel_sp;		     /* [P] 16: top of current's kernel stack, for syscall entry */
	u64 user_sp;		     /* [P] 24: scratch of syscall entry */
	u32 id;			     /* [C] 32 */
	u32 preempt_count;	     /* [P] 36: see kernel/sched/preempt.h */
	u32 apic_id;		     /* [C] */
	u32 need_resched;	     /* set by anyone through resched_cpu(); cleared by schedule() */
	u64 percpu_offset;	     /* [C] 48: id * PERCPU_UNIT */
	u32 softirq_pending;	     /* [P] 56: a bit for each softirq that was raised (kernel/sched/softirq.c) */
	struct mm_struct *active_mm; /* [P] whose page tables CR3 holds */
	bool online;
};

extern struct cpu_local cpu_locals[NR_CPUS];
/* Upper bound of nr_cpus: NR_CPUS until arch_init() lowers it to what the MADT lists. Sizes per-CPU memory
 * (kernel/mm). */
extern u32 nr_possible_cpus;
extern u32 nr_cpus; /* CPUs that were started; ids are 0 .. nr_cpus-1 */

static inline struct task_struct *get_current(void)
{
	struct task_struct *t;

	asm volatile("movq %%gs:8, %0" : "=r"(t));
	return t;
}
#define current get_current()

/* Stable while the caller cannot be preempted, which is everywhere in the kernel but across a sleep. */
static inline u32 smp_processor_id(void)
{
	u32 id;

	asm volatile("movl %%gs:32, %0" : "=r"(id));
	return id;
}

/* Per-CPU memory (kernel/mm/percpu.c): the copies of everything lie equally far apart, so that one addition finds this
 * CPU's. */
#define PERCPU_UNIT (32UL << 10)
#define PERCPU_STRIDE(size) PERCPU_UNIT
static inline size_t this_cpu_offset(size_t size)
{
	size_t offset;

	(void)size;
	asm volatile("movq %%gs:48, %0" : "=r"(offset));
	return offset;
}

static inline u32 preempt_count(void)
{
	u32 n;

	asm volatile("movl %%gs:36, %0" : "=r"(n));
	return n;
}
static inline void preempt_count_add(u32 n) { asm volatile("addl %0, %%gs:36" ::"ri"(n) : "memory", "cc"); }
static inline void preempt_count_sub(u32 n) { asm volatile("subl %0, %%gs:36" ::"ri"(n) : "memory", "cc"); }

static inline bool softirq_pending_here(void)
{
	u32 n;

	asm volatile("movl %%gs:56, %0" : "=r"(n));
	return n;
}

static inline struct cpu_local *this_cpu_local(void)
{
	struct cpu_local *c;

	asm volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

static inline void local_irq_disable(void) { asm volatile("cli" ::: "memory"); }
static inline void local_irq_enable(void) { asm volatile("sti" ::: "memory"); }
static inline unsigned long local_save_flags(void)
{
	unsigned long f;

	asm volatile("pushfq; popq %0" : "=r"(f)::"memory");
	return f;
}
static inline bool irqs_disabled_flags(unsigned long flags) { return !(flags & 0x200); }
static inline bool irqs_disabled(void) { return irqs_disabled_flags(local_save_flags()); }
static inline unsigned long local_irq_save(void)
{
	unsigned long f = local_save_flags();

	local_irq_disable();
	return f;
}
static inline void local_irq_restore(unsigned long flags)
{
	if (!irqs_disabled_flags(flags))
		local_irq_enable();
}
static inline void cpu_relax(void) { asm volatile("pause" ::: "memory"); }
/* Enables interrupts and halts until one comes; called with them disabled, so none is missed between. */
static inline void cpu_idle_halt(void) { asm volatile("sti; hlt" ::: "memory"); }
