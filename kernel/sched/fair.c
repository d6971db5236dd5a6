/* kernel/sched/fair.c - who runs next: the task that has had the least, weighted by nice
 *
 * What:   virtual run time. A task's clock runs slower the heavier it is; the smallest clock runs next. Real-time tasks
 *         stand before all others in the same tree, by priority and then by turn.
 * Called: kernel/sched/core.c and balance.c, with the run queue's lock held.
 * Absent: groups, latency-nice, deadlines; a real-time task that waits is not pushed to another CPU.
 */
#include "kernel/sched/rq.h"
#include "kernel/time/clock.h"
#include <linux/sched.h>

static struct task_struct *task_of(struct rb_node *n) { return rb_entry(n, struct task_struct, se.run_node); }

static bool vruntime_less(const struct rb_node *a, const struct rb_node *b)
{
	const struct sched_entity *x = rb_entry(a, struct sched_entity, run_node);
	const struct sched_entity *y = rb_entry(b, struct sched_entity, run_node);

	if (x->rt_priority != y->rt_priority)
		return x->rt_priority > y->rt_priority;
	if (x->rt_priority)
		return x->rt_turn < y->rt_turn;
	return (s64)(x->vruntime_ns - y->vruntime_ns) < 0;
}

/* One step of nice is about 10 % of CPU time: weights are 1024 * 1.25^-nice, computed in integers. */
u32 nice_to_weight(int nice)
{
	u64 w = NICE_0_WEIGHT << 10;

	for (; nice > 0; nice--)
		w = w * 4 / 5;
	for (; nice < 0; nice++)
		w = w * 5 / 4;
	return (u32)(w >> 10);
}

static void update_min_vruntime(struct rq *rq)
{
	struct rb_node *first = rb_first_cached(&rq->tasks);
	u64 v = rq->min_vruntime_ns;

	if (first && task_of(first)->se.rt_priority)
		return; /* its clock stands still */

	if (rq->curr && rq->curr != rq->idle && rq->curr->on_rq)
		v = rq->curr->se.vruntime_ns;
	else if (first)
		v = task_of(first)->se.vruntime_ns;
	if (first && (s64)(task_of(first)->se.vruntime_ns - v) < 0)
		v = task_of(first)->se.vruntime_ns;
	if ((s64)(v - rq->min_vruntime_ns) > 0)
		rq->min_vruntime_ns = v;
}

void update_curr(struct rq *rq, u64 now)
{
	struct task_struct *t = rq->curr;
	u64 ran = now - t->se.exec_start_ns;

	t->se.exec_start_ns = now;
	if (t == rq->idle || (s64)ran <= 0)
		return;
	t->se.sum_exec_ns += ran;
	if (t->se.rt_priority) {
		rq->rt_ran_ns += ran;
		return;
	}
	t->se.vruntime_ns += t->se.weight == NICE_0_WEIGHT ? ran : ran * NICE_0_WEIGHT / t->se.weight;
	update_min_vruntime(rq);
}

void enqueue_task(struct rq *rq, struct task_struct *t) { rb_add_cached(&t->se.run_node, &rq->tasks, vruntime_less); }
void dequeue_task(struct rq *rq, struct task_struct *t) { rb_erase_cached(&t->se.run_node, &rq->tasks); }

/* Real-time tasks have had their share of this second: whoever else waits goes first. */
static bool rt_used_up(const struct rq *rq) { return rq->rt_ran_ns >= RT_RUNTIME_NS; }

static struct rb_node *first_fair(struct rb_node *n)
{
	while (n && task_of(n)->se.rt_priority)
		n = rb_next(n);
	return n;
}

/* t runs at the tick. A new second gives real-time tasks their share anew; a round-robin task whose slice is over goes
 * behind its equals. */
void rt_tick(struct rq *rq, struct task_struct *t, u64 now, u64 tick_ns)
{
	if (now - rq->rt_period_start_ns >= RT_PERIOD_NS) {
		rq->rt_period_start_ns = now;
		rq->rt_ran_ns = 0;
	}
	if (t->policy != SCHED_RR)
		return;
	t->se.rt_slice_ns += tick_ns;
	if (t->se.rt_slice_ns < RR_SLICE_NS)
		return;
	t->se.rt_slice_ns = 0;
	t->se.rt_turn = ++rq->rt_turns;
}

struct task_struct *pick_next(struct rq *rq)
{
	struct rb_node *n = rb_first_cached(&rq->tasks);

	if (!n)
		return NULL;
	if (unlikely(task_of(n)->se.rt_priority) && rt_used_up(rq))
		n = first_fair(n) ?: n;
	rb_erase_cached(n, &rq->tasks);
	return task_of(n);
}

/* A sleeper comes back with a small bonus, but may not save up sleep for a monopoly later. */
void place_waking(struct rq *rq, struct task_struct *t)
{
	u64 floor = rq->min_vruntime_ns - SCHED_LATENCY_NS / 2;

	t->se.rt_turn = ++rq->rt_turns; /* behind its equals */

	if ((s64)(t->se.vruntime_ns - floor) < 0)
		t->se.vruntime_ns = floor;
}

bool should_preempt(const struct rq *rq, const struct task_struct *woken)
{
	u8 mine = rq->curr->se.rt_priority, its = woken->se.rt_priority;

	if (rq->curr != rq->idle && mine != its)
		return its > mine && !rt_used_up(rq);
	if (mine && rq->curr != rq->idle)
		return false;
	return rq->curr == rq->idle ||
	       (s64)(rq->curr->se.vruntime_ns - woken->se.vruntime_ns) > (s64)SCHED_WAKEUP_GRAN_NS;
}

void migrate_vruntime(struct task_struct *t, const struct rq *from, const struct rq *to)
{
	t->se.vruntime_ns += to->min_vruntime_ns - from->min_vruntime_ns;
}
