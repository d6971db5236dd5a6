/* tests/host/wait.c - wait queues, mutexes and completions, on sched.c's sleeping and waking */
#include "kernel/sched/task.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	(void)flags, (void)key;
	return try_to_wake_up(e->private, mode);
}
int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	int woke = default_wake_function(e, mode, flags, key);

	if (woke)
		list_del_init(&e->entry);
	return woke;
}
void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *t)
{
	*e = (struct wait_queue_entry){ .private = t, .func = default_wake_function };
	INIT_LIST_HEAD(&e->entry);
}
void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t f)
{
	*e = (struct wait_queue_entry){ .func = f };
	INIT_LIST_HEAD(&e->entry);
}
void init_wait(struct wait_queue_entry *e)
{
	init_waitqueue_entry(e, current);
	e->func = autoremove_wake_function;
}
static void enqueue(wait_queue_head_t *q, struct wait_queue_entry *e, u32 flags)
{
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	e->flags = flags;
	if (list_empty(&e->entry)) {
		if (flags & WQ_FLAG_EXCLUSIVE)
			list_add_tail(&e->entry, &q->head);
		else
			list_add(&e->entry, &q->head);
	}
	spin_unlock_irqrestore(&q->lock, irq);
}
void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e) { enqueue(q, e, 0); }
void add_wait_queue_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e) { enqueue(q, e, WQ_FLAG_EXCLUSIVE); }
void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	list_del_init(&e->entry);
	spin_unlock_irqrestore(&q->lock, irq);
}
void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	enqueue(q, e, 0);
	set_current_state(state);
}
void prepare_to_wait_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state)
{
	enqueue(q, e, WQ_FLAG_EXCLUSIVE);
	set_current_state(state);
}
void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e)
{
	__set_current_state_running();
	remove_wait_queue(q, e);
}
void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr, void *key)
{
	struct wait_queue_entry *e, *n;
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	list_for_each_entry_safe(e, n, &q->head, entry) {
		u32 flags = e->flags;

		if (e->func(e, mode, 0, key) && (flags & WQ_FLAG_EXCLUSIVE) && !--nr)
			break;
	}
	spin_unlock_irqrestore(&q->lock, irq);
}

void mutex_lock(struct mutex *m)
{
	might_sleep();
	BUG_ON(m->owner == current);
	wait_event(m->wait, mutex_trylock(m));
}
int mutex_lock_interruptible(struct mutex *m) { return wait_event_interruptible(m->wait, mutex_trylock(m)); }
bool mutex_trylock(struct mutex *m)
{
	if (m->owner)
		return false;
	m->owner = current;
	return true;
}
void mutex_unlock(struct mutex *m)
{
	BUG_UNLESS(m->owner == current);
	m->owner = NULL;
	wake_up(&m->wait);
}
bool mutex_is_locked(const struct mutex *m) { return m->owner; }

void init_completion(struct completion *c)
{
	c->done = false;
	init_waitqueue_head(&c->wait);
}
void complete(struct completion *c)
{
	c->done = true;
	wake_up(&c->wait);
}
void complete_all(struct completion *c)
{
	c->done = true;
	wake_up_all(&c->wait);
}
void wait_for_completion(struct completion *c) { wait_event(c->wait, c->done); }
int wait_for_completion_interruptible(struct completion *c) { return wait_event_interruptible(c->wait, c->done); }
