/* kernel/time/event.c - the timer interrupt, and what it is programmed for
 *
 * What:   each CPU has one one-shot event. It is set to the earliest of the next hrtimer, the next wheel bucket and the
 *         tick; an idle CPU has no tick. Events are only ever moved earlier; one that comes too early finds nothing to
 *         do and programs the next.
 * Called: kernel/arch from the timer interrupt.
 * Locks:  the words here are [P], interrupts off.
 */
#include "kernel/time/event.h"
#include "kernel/arch/arch.h"
#include "kernel/sched/rq.h"
#include "kernel/sched/softirq.h"
#include "kernel/time/clock.h"

struct event_cpu {
	u64 programmed_ns;
	u64 tick_ns;	/* U64_MAX: idle */
} __cacheline_aligned;
static struct event_cpu event_cpus[NR_CPUS];

static void program(struct event_cpu *e, u64 ns)
{
	e->programmed_ns = ns;
	arch_timer_set(ns);
}

void event_deadline(u64 ns)
{
	unsigned long flags = local_irq_save();
	struct event_cpu *e = &event_cpus[smp_processor_id()];

	if (ns < e->programmed_ns)
		program(e, ns);
	local_irq_restore(flags);
}

static u64 earliest(const struct event_cpu *e, u32 cpu)
{
	return min(e->tick_ns, min(hrtimer_next_ns(cpu), wheel_next_ns(cpu)));
}

void event_reprogram(void)
{
	event_deadline(earliest(&event_cpus[smp_processor_id()], smp_processor_id()));
}

void event_tick_start(u64 now)
{
	struct event_cpu *e = &event_cpus[smp_processor_id()];

	if (e->tick_ns != U64_MAX)
		return;
	e->tick_ns = now + TICK_NS;
	event_deadline(e->tick_ns);
}

void event_tick_stop(void) { event_cpus[smp_processor_id()].tick_ns = U64_MAX; }

void timer_interrupt(struct pt_regs *regs)
{
	u32 cpu = smp_processor_id();
	struct event_cpu *e = &event_cpus[cpu];
	u64 now = ktime_get_ns(), wheel;

	e->programmed_ns = U64_MAX;
	hrtimers_run(now);
	if (e->tick_ns <= now) {
		sched_tick(user_mode(regs), now, now - e->tick_ns + TICK_NS);
		e->tick_ns = now + TICK_NS;
	}
	wheel = wheel_next_ns(cpu);
	if (wheel <= now) {
		raise_softirq_irqoff(TIMER_SOFTIRQ); /* it reprograms when the wheel has turned */
		event_deadline(min(e->tick_ns, hrtimer_next_ns(cpu)));
		return;
	}
	event_deadline(min(wheel, min(e->tick_ns, hrtimer_next_ns(cpu))));
}

void event_cpu_init(void)
{
	struct event_cpu *e = &event_cpus[smp_processor_id()];

	e->programmed_ns = e->tick_ns = U64_MAX;
}
