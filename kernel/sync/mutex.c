/* kernel/sync/mutex.c - sleeping locks
 *
 * What:   owner is taken by compare and exchange; who fails queues up, exclusive, so that each release wakes one.
 * Called: process context only.
 */
#include "kernel/sync/mutex.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"

static bool try_take(struct mutex *m)
{
	struct task_struct *nobody = NULL;

	return __atomic_compare_exchange_n(&m->owner, &nobody, current, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *m)
{
	might_sleep();
	lockdep_acquire(m);
	if (likely(try_take(m)))
		return;
	lockdep_contended(m);
	(void)___wait_event(m->wait, try_take(m), TASK_UNINTERRUPTIBLE, 1, MAX_SCHEDULE_TIMEOUT, 0);
}

int mutex_lock_interruptible(struct mutex *m)
{
	int r;

	might_sleep();
	lockdep_acquire(m);
	if (likely(try_take(m)))
		return 0;
	lockdep_contended(m);
	r = wait_event_interruptible_exclusive(m->wait, try_take(m));
	if (!r)
		return 0;
	lockdep_release(m);
	/* The wake-up may have been meant for us: pass it on. */
	if (!READ_ONCE(m->owner) && wq_has_sleeper(&m->wait))
		wake_up(&m->wait);
	return r;
}

bool mutex_trylock(struct mutex *m)
{
	if (!try_take(m))
		return false;
	lockdep_acquired(m);
	return true;
}

void mutex_unlock(struct mutex *m)
{
	BUG_ON(READ_ONCE(m->owner) != current);
	lockdep_release(m);
	smp_store_release(&m->owner, NULL);
	if (wq_has_sleeper(&m->wait))
		wake_up(&m->wait);
}

bool mutex_is_locked(const struct mutex *m) { return READ_ONCE(m->owner) != NULL; }
