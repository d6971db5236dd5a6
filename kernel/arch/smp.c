/* kernel/arch/smp.c - the other CPUs: waking them up, calling functions on them, telling them to forget mappings
 *
 * What:   INIT/SIPI start, reschedule and call interrupts, TLB shootdown, stopping the others at a panic.
 * Called: kernel/main.c (smp_start_all), kernel/sched, kernel/mm, kernel/trace (panic).
 * Locks:  call_lock serialises synchronous calls: one in flight in the machine. Whoever waits with interrupts off
 *         serves its own requests meanwhile (smp_poll), so two CPUs that call each other never wait for ever.
 *         queue->lock guards one CPU's asynchronous calls.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/task.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define FLUSH_ALL_ABOVE 32 /* pages; above, the whole TLB goes */
#define ASYNC_MAX 32

static spinlock_t call_lock;
/* pending: a bit for each CPU that has yet to run */
static struct { void (*fn)(void *); void *arg; u64 pending; } call;
static struct async_queue {
	spinlock_t lock;
	u32 n;
	struct { void (*fn)(void *); void *arg; } e[ASYNC_MAX];
} async_queues[NR_CPUS];
static bool stopping;

/* --- starting CPUs --- */

/* Filled for each CPU in turn; trampoline.S reads it by offset. */
struct trampoline_data { u32 cr3, efer; u64 stack, entry, id; };
#define TRAMPOLINE_DATA 0xf00
extern pte_t boot_pml4[512];
void secondary_entry(u64 id);

/* In long mode on the kernel's page tables, on the CPU's idle stack. Interrupts off. */
void secondary_entry(u64 id)
{
	cpu_setup((u32)id, arch_cpus[id]);
	write_cr3(virt_to_phys(kernel_pgd));
	cpu_locals[id].active_mm = NULL;
	lapic_init_this_cpu();
	sched_secondary_start(); /* sets online once tasks may come here */
}

/* The boot tables map the trampoline where it lies; the rest of the kernel they get from the real ones. */
static void prepare_trampoline(void)
{
	memcpy(boot_pml4 + 256, kernel_pgd + 256, 256 * sizeof(pte_t));
	memcpy(phys_to_virt(TRAMPOLINE_PHYS), trampoline_start, trampoline_end - trampoline_start);
}

static bool wait_online(u32 cpu, u32 ms)
{
	for (u32 i = 0; i < ms; i++) {
		if (smp_load_acquire(&cpu_locals[cpu].online))
			return true;
		sleep_ns(1000000);
	}
	return smp_load_acquire(&cpu_locals[cpu].online);
}

/* SDM volume 3, 9.4.4.1: INIT, wait, two STARTUPs. */
static bool start_cpu(u32 cpu, void *stack)
{
	u32 id = cpu_locals[cpu].apic_id;
	volatile struct trampoline_data *d = phys_to_virt(TRAMPOLINE_PHYS + TRAMPOLINE_DATA);

	d->cr3 = (u32)virt_to_phys(boot_pml4);
	d->efer = EFER_LME | (cpu_features.nx ? EFER_NXE : 0);
	d->stack = (u64)stack + KSTACK_SIZE;
	d->entry = (u64)secondary_entry;
	d->id = cpu;
	smp_mb();
	lapic_send_ipi(id, ICR_INIT | ICR_ASSERT | ICR_LEVEL);
	sleep_ns(1000000);
	lapic_send_ipi(id, ICR_INIT | ICR_LEVEL);
	sleep_ns(10000000);
	lapic_send_ipi(id, ICR_STARTUP | TRAMPOLINE_PHYS >> 12);
	if (wait_online(cpu, 10))
		return true;
	lapic_send_ipi(id, ICR_STARTUP | TRAMPOLINE_PHYS >> 12);
	return wait_online(cpu, 2000);
}

void smp_start_all(void)
{
	u32 online = 1;

	prepare_trampoline();
	for (u32 cpu = 1; cpu < nr_cpus; cpu++) {
		void *stack = kstack_alloc();

		arch_cpus[cpu] = vzalloc(sizeof(struct arch_cpu));
		if (!stack || !arch_cpus[cpu]) {
			pr_err("smp: no memory for CPU %u\n", cpu);
			break;
		}
		if (start_cpu(cpu, stack))
			online++;
		else
			pr_err("smp: CPU %u (APIC id %u) does not start\n", cpu, cpu_locals[cpu].apic_id);
	}
	if (acpi.cpus_left_out)
		pr_warn("smp: %u CPUs above NR_CPUS are left asleep\n", acpi.cpus_left_out);
	pr_info("smp: %u of %u CPUs run\n", online, nr_cpus);
}

u64 smp_online_mask(void)
{
	u64 mask = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(cpu_locals[cpu].online))
			mask |= BIT(cpu);
	return mask;
}

/* --- calls --- */

void smp_send_reschedule(u32 cpu)
{
	lapic_send_vector(cpu, VECTOR_RESCHEDULE);
}

static void run_sync_call(void)
{
	u64 me = BIT(smp_processor_id());

	if (!(__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) & me))
		return;
	call.fn(call.arg);
	__atomic_fetch_and(&call.pending, ~me, __ATOMIC_RELEASE);
}

static void run_async_calls(void)
{
	struct async_queue *q = &async_queues[smp_processor_id()];

	while (READ_ONCE(q->n)) {
		void (*fn)(void *);
		void *arg;

		__raw_spin_lock(&q->lock);
		fn = q->e[0].fn;
		arg = q->e[0].arg;
		memmove(&q->e[0], &q->e[1], --q->n * sizeof(q->e[0]));
		__raw_spin_unlock(&q->lock);
		fn(arg);
	}
}

/* Hard-irq context, interrupts off. */
void smp_handle_call(void)
{
	run_sync_call();
	run_async_calls();
}

void smp_poll(void)
{
	preempt_count_add(HARDIRQ_OFFSET);
	run_sync_call();
	preempt_count_sub(HARDIRQ_OFFSET);
	cpu_relax();
}

void smp_call_mask(u64 mask, void (*fn)(void *), void *arg)
{
	unsigned long flags = local_irq_save();

	mask &= smp_online_mask() & ~BIT(smp_processor_id());
	if (!mask)
		return local_irq_restore(flags);
	while (!__raw_spin_trylock(&call_lock))
		smp_poll();
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.pending, mask, __ATOMIC_SEQ_CST);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (mask & BIT(cpu))
			lapic_send_vector(cpu, VECTOR_CALL);
	while (__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE))
		cpu_relax();
	__raw_spin_unlock(&call_lock);
	local_irq_restore(flags);
}

void smp_call_function(void (*fn)(void *), void *arg)
{
	smp_call_mask(~0ULL, fn, arg);
}

/* True when fn(arg) stands in q now. *was_empty: an interrupt is needed. */
static bool async_add(struct async_queue *q, void (*fn)(void *), void *arg)
{
	unsigned long flags = local_irq_save();
	bool there = false;

	__raw_spin_lock(&q->lock);
	for (u32 i = 0; i < q->n && !there; i++)
		there = q->e[i].fn == fn && q->e[i].arg == arg; /* one run after now serves both */
	if (!there && q->n < ASYNC_MAX) {
		q->e[q->n].fn = fn;
		q->e[q->n++].arg = arg;
		there = true;
	}
	__raw_spin_unlock(&q->lock);
	local_irq_restore(flags);
	return there;
}

void smp_call_function_async(u32 cpu, void (*fn)(void *), void *arg)
{
	/* 32 different kicks pending on one CPU: it is about to run them; lend a hand to who may wait for us. */
	while (!async_add(&async_queues[cpu], fn, arg)) {
		unsigned long flags = local_irq_save();

		smp_poll();
		if (cpu == smp_processor_id())
			run_async_calls();
		local_irq_restore(flags);
	}
	lapic_send_vector(cpu, VECTOR_CALL);
}

/* --- translation caches --- */

struct flush { struct mm_struct *mm; unsigned long start, end; };

static void flush_this_cpu(void *arg)
{
	const struct flush *f = arg;
	u64 cr4;

	if (f->mm && this_cpu_local()->active_mm != f->mm)
		return;
	if (f->end - f->start <= FLUSH_ALL_ABOVE * PAGE_SIZE) {
		for (unsigned long va = f->start & PAGE_MASK; va < f->end; va += PAGE_SIZE)
			invlpg(va);
		return;
	}
	if (f->mm)
		return write_cr3(read_cr3());
	cr4 = read_cr4(); /* the kernel's own entries are global: they go with PGE */
	write_cr4(cr4 & ~(u64)CR4_PGE);
	write_cr4(cr4);
}

/* mm NULL: the kernel's mappings, on every CPU. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct flush f = { mm, start, end };
	unsigned long flags = local_irq_save();

	flush_this_cpu(&f);
	local_irq_restore(flags);
	smp_mb(); /* page tables before the bitmap: pairs with arch_switch_mm() */
	smp_call_mask(mm ? READ_ONCE(mm->cpu_bitmap[0]) : ~0ULL, flush_this_cpu, &f);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_range(mm, 0, TASK_SIZE);
}

void arch_switch_mm(struct mm_struct *mm)
{
	struct cpu_local *c = this_cpu_local();
	unsigned long flags = local_irq_save();
	struct mm_struct *old = c->active_mm;

	if (old != mm || !mm) {
		if (mm)
			set_bit(c->id, mm->cpu_bitmap); /* a full barrier: who changes a mapping from now on tells us */
		c->active_mm = mm;
		write_cr3(virt_to_phys(mm ? mm->pgd : kernel_pgd));
		if (old && old != mm)
			clear_bit(c->id, old->cpu_bitmap);
	}
	local_irq_restore(flags);
}

static void leave_this_cpu(void *mm)
{
	if (this_cpu_local()->active_mm == mm)
		arch_switch_mm(NULL);
}

/* Kernel threads borrow the address space that was there; a dead one must go from every CPU before its tables do. */
void arch_leave_mm(struct mm_struct *mm)
{
	unsigned long flags = local_irq_save();

	leave_this_cpu(mm);
	local_irq_restore(flags);
	smp_call_mask(READ_ONCE(mm->cpu_bitmap[0]), leave_this_cpu, mm);
}

/* --- the end --- */

bool smp_stopping(void) { return READ_ONCE(stopping); }

void smp_stop_others(void)
{
	u32 me = smp_processor_id();

	WRITE_ONCE(stopping, true);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu != me && cpu_locals[cpu].online)
			lapic_send_ipi(cpu_locals[cpu].apic_id, ICR_NMI | ICR_ASSERT);
}
