/* kernel/sched/core.c - switching tasks, waking them, and the idle loop
 *
 * What:   schedule(), try_to_wake_up(), and the life of a task as the scheduler sees it.
 * Called: by everything that sleeps; arch calls sched_finish_switch() on the far side of a switch.
 * Calls:  fair.c (who is next), balance.c (where), kernel/arch (the switch itself).
 * Locks:  rq->lock is held across the switch: taken by the task that leaves, released by the one that comes. So
 *         whoever holds it and sees !on_rq knows that the task's stack is free.
 */
#include "kernel/mm/mm.h"
#include "kernel/sched/rq.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/stack.h"
#include "kernel/time/clock.h"
#include "kernel/time/event.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include <asm/signal.h>

struct rq runqueues[NR_CPUS];
DEFINE_TRACE(sched, sched_switch);
DEFINE_TRACE(sched, sched_wakeup);

void resched_cpu(u32 cpu)
{
	WRITE_ONCE(cpu_locals[cpu].need_resched, 1);
	if (cpu != smp_processor_id())
		smp_send_reschedule(cpu);
}

bool need_resched(void) { return READ_ONCE(this_cpu_local()->need_resched); }

/* The interrupt's exit path does the rest: need_resched is seen on the way to user mode, or by the idle loop. */
void scheduler_ipi(void) { event_reprogram(); }

struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct rq *rq = cpu_rq(cpu);

		spin_lock_irqsave(&rq->lock, *flags);
		if (READ_ONCE(t->cpu) == cpu)
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

/* A sleeper with a signal that may wake it does not go to sleep at all. */
static bool signal_keeps_awake(const struct task_struct *t)
{
	if (!signal_pending(t))
		return false;
	return (t->state & TASK_INTERRUPTIBLE) ||
		((t->state & TASK_WAKEKILL) && (t->pending.signal & (1ULL << (SIGKILL - 1))));
}

/* t counts here no longer. A runnable task in this state belongs to the caller, who must activate() it. */
void take_off(struct rq *rq, struct task_struct *t)
{
	t->on_rq = false;
	rq->nr_running--;
}

static bool may_stay(const struct rq *rq, const struct task_struct *t)
{
	return t->cpus_allowed >> (rq - runqueues) & 1;
}

/* prev leaves the CPU: back into the tree when it can still run (elsewhere, when it may not here), else off the
 * queue. */
static void put_prev(struct rq *rq, struct task_struct *prev)
{
	if (prev == rq->idle)
		return;
	if (prev->state != TASK_RUNNING && signal_keeps_awake(prev))
		WRITE_ONCE(prev->state, TASK_RUNNING);
	if (prev->state == TASK_RUNNING) {
		prev->nivcsw++;
		if (may_stay(rq, prev))
			return enqueue_task(rq, prev);
		rq->sent_away = prev; /* when its stack is free, in sched_finish_switch() */
		return take_off(rq, prev);
	}
	take_off(rq, prev);
	prev->nvcsw++;
	if (prev->state & TASK_UNINTERRUPTIBLE)
		atomic_inc(&rq->nr_uninterruptible);
}

static void account_idle(struct rq *rq, struct task_struct *next, u64 now)
{
	if (next == rq->idle) {
		if (!rq->idle_since_ns)
			rq->idle_since_ns = now;
		event_tick_stop();
	} else {
		if (rq->idle_since_ns)
			rq->idle_ns += now - rq->idle_since_ns;
		rq->idle_since_ns = 0;
		event_tick_start(now);
	}
}

static struct task_struct *choose(struct rq *rq, u32 cpu)
{
	struct task_struct *next = pick_next(rq);

	if (!next && nr_cpus > 1)
		next = steal_task(rq, cpu);
	return next ?: rq->idle;
}

void schedule(void)
{
	struct cpu_local *c = this_cpu_local();
	struct rq *rq = cpu_rq(c->id);
	struct task_struct *prev = c->current_task, *next;
	u64 now;

	might_sleep();
	stack_check(prev);
	local_irq_disable();
	rcu_note_quiescent(c->id);
	spin_lock(&rq->lock);
	c->need_resched = 0;
	now = ktime_get_ns();
	update_curr(rq, now);
	put_prev(rq, prev);
	next = choose(rq, c->id);
	if (next == prev) {
		spin_unlock(&rq->lock);
		local_irq_enable();
		return;
	}
	rq->switches++;
	rq->curr = next;
	next->on_cpu = true;
	next->se.exec_start_ns = now;
	account_idle(rq, next, now);
	TRACE(sched_switch, "prev_comm=%s prev_pid=%d prev_state=%u ==> next_comm=%s next_pid=%d", TASK_NAME(prev),
	      prev->pid, prev->state, TASK_NAME(next), next->pid);
	if (next->mm)
		arch_switch_mm(next->mm);
	prev = arch_switch_to(prev, next);
	sched_finish_switch(prev);
}

/* t is runnable, off every queue, and its old rq->lock is held: from here on its home is the CPU that suits it best.
 * Returns the old one. t->cpu never changes without the lock of the old CPU's queue: else somebody who found t there
 * and holds that lock would act on a task that another CPU has meanwhile queued, run and put to sleep again. */
static u32 choose_home(struct task_struct *t)
{
	u32 from = t->cpu;

	WRITE_ONCE(t->cpu, select_cpu(t));
	return from;
}

/* Queues t at its home; interrupts are off. Until then nobody else touches it: it is runnable and on no queue. */
static void activate(struct task_struct *t, u32 from)
{
	struct rq *rq = cpu_rq(t->cpu);

	spin_lock(&rq->lock);
	if (from != t->cpu)
		migrate_vruntime(t, cpu_rq(from), rq);
	place_waking(rq, t);
	t->on_rq = true;
	rq->nr_running++;
	enqueue_task(rq, t);
	if (should_preempt(rq, t))
		resched_cpu(t->cpu);
	spin_unlock(&rq->lock);
}

void rehome(struct rq *rq, struct task_struct *t)
{
	u32 from = choose_home(t);

	spin_unlock(&rq->lock);
	activate(t, from);
}

/* Runs on next's stack, also as the first thing that a new task does. */
void sched_finish_switch(struct task_struct *prev)
{
	struct rq *rq = this_rq();
	bool dead = READ_ONCE(prev->state) == TASK_DEAD;
	struct task_struct *away = rq->sent_away;

	rq->sent_away = NULL;
	smp_store_release(&prev->on_cpu, false);
	if (unlikely(away))
		rehome(rq, away);
	else
		spin_unlock(&rq->lock);
	local_irq_enable();
	if (unlikely(dead))
		task_dead_and_switched(prev);
}

/* Current's last state. A waker that saw an earlier one, and holds the queue's lock, may still be about to write
 * TASK_RUNNING over it: once we have had the lock there is none. */
void set_dead(void)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(current, &flags);

	WRITE_ONCE(current->state, TASK_DEAD);
	spin_unlock_irqrestore(&rq->lock, flags);
}

void task_dead_and_switched(struct task_struct *t) { put_task_struct(t); }

bool try_to_wake_up(struct task_struct *t, unsigned int mode)
{
	unsigned long flags;
	struct rq *rq;

	smp_mb(); /* the caller's condition before the look at the state */
	if (!(READ_ONCE(t->state) & mode))
		return false;
	rq = task_rq_lock(t, &flags);
	if (!(t->state & mode)) {
		spin_unlock_irqrestore(&rq->lock, flags);
		return false;
	}
	if (t->on_rq) { /* on its way to sleep: it will find itself runnable */
		WRITE_ONCE(t->state, TASK_RUNNING);
		spin_unlock_irqrestore(&rq->lock, flags);
		return true;
	}
	if (t->state & TASK_UNINTERRUPTIBLE)
		atomic_dec(&rq->nr_uninterruptible);
	WRITE_ONCE(t->state, TASK_RUNNING);
	rehome(rq, t); /* interrupts stay off; a second waker sees TASK_RUNNING and leaves */
	local_irq_restore(flags);
	TRACE(sched_wakeup, "comm=%s pid=%d target_cpu=%03u", TASK_NAME(t), t->pid, t->cpu);
	return true;
}

void wake_up_new_task(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);

	WRITE_ONCE(t->state, TASK_RUNNING);
	t->se.vruntime_ns = rq->min_vruntime_ns;
	rehome(rq, t);
	local_irq_restore(flags);
}

void cond_resched(void)
{
	if (likely(!need_resched() && !rcu_needs_quiescent(smp_processor_id())))
		return;
	if (preempt_count() || irqs_disabled())
		return;
	/* Whoever has already set a sleeper's state would sleep here for good: release_sock() drains while it owns. */
	if (need_resched() && READ_ONCE(current->state) == TASK_RUNNING)
		schedule();
	else
		rcu_note_quiescent(smp_processor_id());
}

void sched_yield_current(void)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(current, &flags);
	struct rb_node *first = rb_first_cached(&rq->tasks);
	struct task_struct *other = first ? rb_entry(first, struct task_struct, se.run_node) : NULL;

	update_curr(rq, ktime_get_ns());
	current->se.rt_turn = ++rq->rt_turns;
	if (other && (s64)(other->se.vruntime_ns - current->se.vruntime_ns) >= 0)
		current->se.vruntime_ns = other->se.vruntime_ns + 1;
	spin_unlock_irqrestore(&rq->lock, flags);
	schedule();
}

/* The tick of a CPU that is not idle; hard irq. user: it interrupted a program. */
void sched_tick(bool user, u64 now, u64 tick_ns)
{
	struct rq *rq = this_rq();
	struct task_struct *t = rq->curr;
	bool crowded;

	if (user) {
		t->utime_ns += tick_ns;
		rq->user_ns += tick_ns;
		rcu_note_quiescent(smp_processor_id());
	} else {
		t->stime_ns += tick_ns;
		if (in_serving_softirq())
			rq->softirq_ns += tick_ns;
		else
			rq->system_ns += tick_ns;
		if (rcu_needs_quiescent(smp_processor_id()))
			WRITE_ONCE(this_cpu_local()->need_resched, 1);
	}
	rcu_begin();
	spin_lock(&rq->lock);
	update_curr(rq, now);
	rt_tick(rq, t, now, tick_ns);
	crowded = rq->nr_running > 1;
	if (t != rq->idle && !may_stay(rq, t))
		WRITE_ONCE(this_cpu_local()->need_resched, 1);
	spin_unlock(&rq->lock);
	if (!crowded)
		return;
	WRITE_ONCE(this_cpu_local()->need_resched, 1);
	kick_idle_cpu();
}

/* The last look at what there is to do comes after rcu_idle_enter(): that may end a grace period, and the callbacks of
 * this CPU are then due here, by a softirq that no interrupt will come to run. */
void __noreturn cpu_idle_loop(void)
{
	for (;;) {
		while (need_resched() || READ_ONCE(this_rq()->nr_running))
			schedule();
		local_irq_disable();
		rcu_idle_enter();
		if (need_resched() || softirq_pending_here())
			local_irq_enable();
		else
			cpu_idle_halt();
		rcu_idle_exit();
		softirq_run_pending();
	}
}
