/* kernel/sched/softirq.c - softirqs and ksoftirqd
 *
 * What:   work that interrupts put off. It runs when the outermost interrupt ends, or when a process enables BHs again;
 *         at most 10 rounds or 2 ms, then ksoftirqd/N goes on, in competition with the programs.
 * Called: kernel/arch (irq_enter, irq_exit), everyone who raises one.
 * Locks:  all of it is [P]: a CPU touches only its own words, with interrupts off where an interrupt could.
 */
#include "kernel/mm/slab.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/time/clock.h"
#include "kernel/time/event.h"
#include "kernel/trace/printk.h"

#define SOFTIRQ_MAX_ROUNDS 10
#define SOFTIRQ_MAX_NS (2 * NSEC_PER_MSEC)

struct softirq_cpu {
	struct task_struct *ksoftirqd;
	u64 runs[NR_SOFTIRQS];
	u64 handed_over; /* times that ksoftirqd had to take over */
} __cacheline_aligned;

static struct softirq_cpu softirq_cpus[NR_CPUS];
static void (*actions[NR_SOFTIRQS])(void);
static const char *const names[NR_SOFTIRQS] = { "TIMER", "NET_TX", "NET_RX", "TASKLET", "RCU" };

static struct softirq_cpu *this_softirq(void) { return &softirq_cpus[smp_processor_id()]; }

void open_softirq(enum softirq_nr nr, void (*action)(void)) { actions[nr] = action; }
const char *softirq_name(enum softirq_nr nr) { return names[nr]; }
u64 softirq_count_of(enum softirq_nr nr, u32 cpu) { return softirq_cpus[cpu].runs[nr]; }

static bool ksoftirqd_runnable(const struct softirq_cpu *c)
{
	return c->ksoftirqd && READ_ONCE(c->ksoftirqd->state) == TASK_RUNNING;
}

static void wake_ksoftirqd(struct softirq_cpu *c)
{
	if (!c->ksoftirqd)
		return;
	c->handed_over++;
	wake_up_process(c->ksoftirqd);
}

void raise_softirq_lazily(enum softirq_nr nr) { this_cpu_local()->softirq_pending |= (u32)BIT(nr); }

void raise_softirq_irqoff(enum softirq_nr nr)
{
	raise_softirq_lazily(nr);
	if (!in_interrupt())
		wake_ksoftirqd(this_softirq()); /* nothing else would look */
}

void raise_softirq(enum softirq_nr nr)
{
	unsigned long flags = local_irq_save();

	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

static void run_one_round(struct softirq_cpu *c, u32 pending)
{
	for (u32 nr = 0; pending; nr++, pending >>= 1) {
		if (!(pending & 1))
			continue;
		c->runs[nr]++;
		actions[nr]();
	}
}

/* After a round, with more to do. The clock is first read after the first: mostly there is no second. */
static bool time_is_up(int rounds_left, u64 *end)
{
	u64 now = ktime_get_ns();

	*end = *end ?: now + SOFTIRQ_MAX_NS;
	return rounds_left < 0 || now > *end || need_resched();
}

/* Interrupts off on entry and exit, on while the actions run. */
static void do_softirq_irqoff(void)
{
	struct cpu_local *cpu = this_cpu_local();
	struct softirq_cpu *c = this_softirq();
	int rounds = SOFTIRQ_MAX_ROUNDS;
	u64 end = 0;

	preempt_count_add(SOFTIRQ_OFFSET);
	while (cpu->softirq_pending) {
		u32 pending = cpu->softirq_pending;

		if (rounds-- < SOFTIRQ_MAX_ROUNDS && time_is_up(rounds, &end)) {
			wake_ksoftirqd(c);
			break;
		}
		cpu->softirq_pending = 0;
		local_irq_enable();
		run_one_round(c, pending);
		local_irq_disable();
	}
	preempt_count_sub(SOFTIRQ_OFFSET);
}

static void run_pending(bool even_if_handed_over)
{
	unsigned long flags;

	if (in_interrupt() || !softirq_pending_here())
		return;
	flags = local_irq_save();
	if (softirq_pending_here() && (even_if_handed_over || !ksoftirqd_runnable(this_softirq())))
		do_softirq_irqoff();
	local_irq_restore(flags);
}
void softirq_run_pending(void) { run_pending(true); }

/* Once ksoftirqd has taken over, a program's time is its own: softirqs wait for their share of the CPU. */
void softirq_run_enabled(void)
{
	if (!in_interrupt() && !irqs_disabled())
		run_pending(false);
}

void irq_enter(void)
{
	rcu_irq_enter();
	preempt_count_add(HARDIRQ_OFFSET);
}

/* Interrupts are off. */
void irq_exit(void)
{
	preempt_count_sub(HARDIRQ_OFFSET);
	if (softirq_pending_here() && !in_interrupt() && !ksoftirqd_runnable(this_softirq()))
		do_softirq_irqoff();
	rcu_irq_exit();
}

static int ksoftirqd(void *unused)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!softirq_pending_here()) {
			schedule();
			continue;
		}
		__set_current_state_running();
		softirq_run_pending();
		cond_resched();
	}
	return 0;
}

/* Process context, after the CPUs are known. */
void ksoftirqd_init(void)
{
	for_each_possible_cpu(cpu) {
		struct task_struct *t = kthread_create_on_cpu(ksoftirqd, NULL, cpu, "ksoftirqd");

		if (IS_ERR(t))
			panic("no memory for ksoftirqd/%u", cpu);
		softirq_cpus[cpu].ksoftirqd = t;
		wake_up_new_task(t);
	}
}

void softirq_init(void)
{
	open_softirq(TIMER_SOFTIRQ, timer_softirq);
	open_softirq(RCU_SOFTIRQ, rcu_softirq);
}
