/* kernel/sched/balance.c - spreading tasks over CPUs
 *
 * What:   a waking task goes to an idle CPU if there is one; a CPU that runs dry takes work from the busiest; a tick
 *         that sees tasks waiting here wakes an idle CPU to come and take some.
 * Called: kernel/sched/core.c.
 * Locks:  at most two run-queue locks; the second only by trylock, so that the order does not matter.
 */
#include "kernel/sched/rq.h"

static bool cpu_is_idle(u32 cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->nr_running) == 0 && cpu_locals[cpu].online;
}

static bool cpu_allowed(const struct task_struct *t, u32 cpu) { return t->cpus_allowed >> cpu & 1; }

static u32 first_allowed(const struct task_struct *t)
{
	for_each_possible_cpu(cpu)
		if (cpu_allowed(t, cpu) && cpu_locals[cpu].online)
			return cpu;
	return smp_processor_id();
}

/* Where it ran last when that is idle (its cache is there), then where it is woken from, then any idle one. */
u32 select_cpu(struct task_struct *t)
{
	u32 prev = t->cpu, here = smp_processor_id();

	if (nr_cpus == 1)
		return 0;
	if (cpu_allowed(t, prev) && cpu_is_idle(prev))
		return prev;
	if (cpu_allowed(t, here) && cpu_is_idle(here))
		return here;
	for_each_possible_cpu(cpu)
		if (cpu_allowed(t, cpu) && cpu_is_idle(cpu))
			return cpu;
	return cpu_allowed(t, prev) ? prev : first_allowed(t);
}

static struct rq *busiest_rq(u32 self)
{
	struct rq *best = NULL;
	u32 most = 1;

	for_each_possible_cpu(cpu) {
		u32 n = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (cpu != self && n > most) {
			most = n;
			best = cpu_rq(cpu);
		}
	}
	return best;
}

struct task_struct *steal_task(struct rq *rq, u32 cpu)
{
	struct rq *from = busiest_rq(cpu);
	struct task_struct *t = NULL;

	if (!from || !spin_trylock(&from->lock))
		return NULL;
	for (struct rb_node *n = rb_first_cached(&from->tasks); n; n = rb_next(n)) {
		t = rb_entry(n, struct task_struct, se.run_node);
		if (cpu_allowed(t, cpu) && !t->on_cpu)
			break;
		t = NULL;
	}
	if (t) {
		dequeue_task(from, t);
		from->nr_running--;
		migrate_vruntime(t, from, rq);
		WRITE_ONCE(t->cpu, cpu);
		rq->nr_running++;
	}
	spin_unlock(&from->lock);
	return t;
}

void kick_idle_cpu(void)
{
	for_each_possible_cpu(cpu) {
		if (cpu_is_idle(cpu)) {
			resched_cpu(cpu);
			return;
		}
	}
}
