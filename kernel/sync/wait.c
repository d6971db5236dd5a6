/* kernel/sync/wait.c - wait queues and completions
 *
 * Called: sleepers in process context; wakers in any.
 * Locks:  the queue's own, interrupts off. A waker holds it while it calls the entries' functions, so a finished
 *         waiter that sees itself removed may let its entry go out of scope.
 */
#include "kernel/sync/wait.h"
#include "kernel/sched/task.h"
#include <asm/signal.h>

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	return try_to_wake_up(e->private, mode);
}

int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	int woken = default_wake_function(e, mode, flags, key);

	if (woken)
		list_del_init(&e->entry);
	return woken;
}

void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *t)
{
	e->flags = 0;
	e->private = t;
	e->func = default_wake_function;
	INIT_LIST_HEAD(&e->entry);
}

void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t f)
{
	e->flags = 0;
	e->private = NULL;
	e->func = f;
	INIT_LIST_HEAD(&e->entry);
}

void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	list_add(&e->entry, &q->head);
	spin_unlock_irqrestore(&q->lock, flags);
}

void add_wait_queue_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	e->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock_irqsave(&q->lock, flags);
	list_add_tail(&e->entry, &q->head);
	spin_unlock_irqrestore(&q->lock, flags);
}

void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, flags);
}

void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr, void *key)
{
	struct wait_queue_entry *e, *next;
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	list_for_each_entry_safe(e, next, &q->head, entry) {
		u32 exclusive = e->flags & WQ_FLAG_EXCLUSIVE; /* e may be gone after its function ran */

		if (e->func(e, mode, 0, key) && exclusive && nr && !--nr)
			break;
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

void init_wait(struct wait_queue_entry *e)
{
	e->flags = 0;
	e->private = current;
	e->func = autoremove_wake_function;
	INIT_LIST_HEAD(&e->entry);
}

static void queue_and_set_state(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state, bool exclusive)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (list_empty(&e->entry)) {
		e->flags = exclusive ? WQ_FLAG_EXCLUSIVE : 0;
		if (exclusive)
			list_add_tail(&e->entry, &q->head);
		else
			list_add(&e->entry, &q->head);
	}
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	queue_and_set_state(q, e, state, false);
}

void prepare_to_wait_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	queue_and_set_state(q, e, state, true);
}

/* The lock is taken even when the entry looks removed: the waker may still be inside its function. */
void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long flags;

	__set_current_state_running();
	spin_lock_irqsave(&q->lock, flags);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* The barrier stands between this store and the look at the condition. */
void set_current_state(unsigned int state) { __atomic_store_n(&current->state, state, __ATOMIC_SEQ_CST); }
void __set_current_state_running(void) { WRITE_ONCE(current->state, TASK_RUNNING); }
bool signal_pending_current(void) { return signal_pending(current); }
bool fatal_signal_pending_current(void)
{
	return signal_pending(current) && (current->pending.signal & (1ULL << (SIGKILL - 1)));
}

void init_completion(struct completion *c)
{
	c->done = 0;
	init_waitqueue_head(&c->wait);
}

/* The waiter may free c as soon as it sees done, so both happen under the queue's lock. */
static void complete_n(struct completion *c, unsigned int n)
{
	struct wait_queue_entry *e, *next;
	unsigned long flags;

	spin_lock_irqsave(&c->wait.lock, flags);
	c->done = c->done > UINT_MAX - n ? UINT_MAX : c->done + n;
	list_for_each_entry_safe(e, next, &c->wait.head, entry)
		e->func(e, TASK_NORMAL, 0, NULL);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete(struct completion *c) { complete_n(c, 1); }
void complete_all(struct completion *c) { complete_n(c, UINT_MAX); }

static bool take_completion(struct completion *c)
{
	unsigned long flags;
	bool done;

	spin_lock_irqsave(&c->wait.lock, flags);
	done = c->done;
	if (done && c->done != UINT_MAX)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return done;
}

void wait_for_completion(struct completion *c) { wait_event(c->wait, take_completion(c)); }
int wait_for_completion_interruptible(struct completion *c)
{
	return wait_event_interruptible(c->wait, take_completion(c));
}
