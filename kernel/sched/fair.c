/* kernel/sched/fair.c - who runs next: the task that has had the least, weighted by nice
 *
 * What:   virtual run time. A task's clock runs slower the heavier it is; the smallest clock runs next.
 * Called: kernel/sched/core.c and balance.c, with the run queue's lock held.
 * Absent: real-time classes, groups, latency-nice.
 */
#include "kernel/sched/rq.h"
#include "kernel/time/clock.h"

static struct task_struct *task_of(struct rb_node *n) { return rb_entry(n, struct task_struct, se.run_node); }

static bool vruntime_less(const struct rb_node *a, const struct rb_node *b)
{
	const struct sched_entity *x = rb_entry(a, struct sched_entity, run_node);
	const struct sched_entity *y = rb_entry(b, struct sched_entity, run_node);

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
	t->se.vruntime_ns += t->se.weight == NICE_0_WEIGHT ? ran : ran * NICE_0_WEIGHT / t->se.weight;
	update_min_vruntime(rq);
}

void enqueue_task(struct rq *rq, struct task_struct *t) { rb_add_cached(&t->se.run_node, &rq->tasks, vruntime_less); }
void dequeue_task(struct rq *rq, struct task_struct *t) { rb_erase_cached(&t->se.run_node, &rq->tasks); }

struct task_struct *pick_next(struct rq *rq)
{
	struct rb_node *n = rb_first_cached(&rq->tasks);

	if (!n)
		return NULL;
	rb_erase_cached(n, &rq->tasks);
	return task_of(n);
}

/* A sleeper comes back with a small bonus, but may not save up sleep for a monopoly later. */
void place_waking(struct rq *rq, struct task_struct *t)
{
	u64 floor = rq->min_vruntime_ns - SCHED_LATENCY_NS / 2;

	if ((s64)(t->se.vruntime_ns - floor) < 0)
		t->se.vruntime_ns = floor;
}

bool should_preempt(const struct rq *rq, const struct task_struct *woken)
{
	return rq->curr == rq->idle ||
	       (s64)(rq->curr->se.vruntime_ns - woken->se.vruntime_ns) > (s64)SCHED_WAKEUP_GRAN_NS;
}

void migrate_vruntime(struct task_struct *t, const struct rq *from, const struct rq *to)
{
	t->se.vruntime_ns += to->min_vruntime_ns - from->min_vruntime_ns;
}
