/* kernel/sync/wait.h - waiting for something to become true, and waking who waits
 *
 * The waker changes the condition first, then wakes; the waiter queues itself first, then tests. wake_up* may be
 * called from any context. Sleeping calls are for process context with no spinlock held.
 */
#pragma once
#include "kernel/sync/spinlock.h"
#include "lib/list.h"

struct task_struct;
struct wait_queue_entry;
/* Returns true when the wake-up counted (an exclusive waiter was woken). key is the poll mask, or NULL. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wq, unsigned int mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE 0x1u
typedef struct wait_queue_head { spinlock_t lock; struct list_head head; } wait_queue_head_t;
typedef struct wait_queue_entry {
	u32 flags;
	void *private; /* the task, for default_wake_function */
	wait_queue_func_t func;
	struct list_head entry;
} wait_queue_entry_t;

#define TASK_RUNNING 0x0u
#define TASK_INTERRUPTIBLE 0x1u
#define TASK_UNINTERRUPTIBLE 0x2u
#define TASK_STOPPED 0x4u
#define TASK_TRACED 0x8u
#define TASK_ZOMBIE 0x20u
#define TASK_DEAD 0x40u
#define TASK_WAKEKILL 0x100u /* with UNINTERRUPTIBLE: a fatal signal wakes */
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

#define init_waitqueue_head(q) do { spin_lock_init(&(q)->lock); INIT_LIST_HEAD(&(q)->head); } while (0)
#define __WAIT_QUEUE_HEAD_INIT(n) { __SPIN_LOCK_INIT(n.lock), LIST_HEAD_INIT((n).head) }
#define DECLARE_WAIT_QUEUE_HEAD(n) wait_queue_head_t n = __WAIT_QUEUE_HEAD_INIT(n)

int default_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
int autoremove_wake_function(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);
void init_waitqueue_entry(struct wait_queue_entry *e, struct task_struct *t);
void init_waitqueue_func_entry(struct wait_queue_entry *e, wait_queue_func_t f);
void add_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);
void add_wait_queue_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e);
void remove_wait_queue(wait_queue_head_t *q, struct wait_queue_entry *e);
static inline bool waitqueue_active(const wait_queue_head_t *q) { return !list_empty(&q->head); }
/* True after a full barrier: pairs with the one in prepare_to_wait, so no wake-up is lost. */
static inline bool wq_has_sleeper(const wait_queue_head_t *q) { smp_mb(); return waitqueue_active(q); }

/* Wakes all non-exclusive waiters and nr exclusive ones (0: all) that sleep in mode. */
void __wake_up(wait_queue_head_t *q, unsigned int mode, int nr, void *key);
#define wake_up(q) __wake_up(q, TASK_NORMAL, 1, NULL)
#define wake_up_all(q) __wake_up(q, TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(q) __wake_up(q, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_all(q) __wake_up(q, TASK_INTERRUPTIBLE, 0, NULL)
#define poll_to_key(m) ((void *)(unsigned long)(u32)(m))
#define key_to_poll(k) ((u32)(unsigned long)(k))
#define wake_up_poll(q, m) __wake_up(q, TASK_NORMAL, 1, poll_to_key(m))
#define wake_up_interruptible_poll(q, m) __wake_up(q, TASK_INTERRUPTIBLE, 1, poll_to_key(m))

void init_wait(struct wait_queue_entry *e); /* for current, removes itself when woken */
void prepare_to_wait(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state);
void prepare_to_wait_exclusive(wait_queue_head_t *q, struct wait_queue_entry *e, unsigned int state);
void finish_wait(wait_queue_head_t *q, struct wait_queue_entry *e);

/* Gives up the CPU until woken (see set_current_state). */
void schedule(void);
#define MAX_SCHEDULE_TIMEOUT S64_MAX
/* As schedule(), but wakes after ns nanoseconds; returns what is left of them, 0 when they ran out. */
s64 schedule_timeout(s64 ns);
void set_current_state(unsigned int state);
void __set_current_state_running(void);
bool signal_pending_current(void);	 /* a signal waits for current */
bool fatal_signal_pending_current(void); /* SIGKILL does */

#define ___wait_event(wq, condition, state, excl, timeout_ns, intr)                                                    \
	({                                                                                                             \
		struct wait_queue_entry _we;                                                                           \
		s64 _left = (timeout_ns);                                                                              \
		long _ret = 0;                                                                                         \
		init_wait(&_we);                                                                                       \
		for (;;) {                                                                                             \
			if (excl)                                                                                      \
				prepare_to_wait_exclusive(&(wq), &_we, state);                                         \
			else                                                                                           \
				prepare_to_wait(&(wq), &_we, state);                                                   \
			if (condition)                                                                                 \
				break;                                                                                 \
			if ((intr) && signal_pending_current()) {                                                      \
				_ret = -ERESTARTSYS;                                                                   \
				break;                                                                                 \
			}                                                                                              \
			if (!_left)                                                                                    \
				break;                                                                                 \
			_left = schedule_timeout(_left);                                                               \
		}                                                                                                      \
		finish_wait(&(wq), &_we);                                                                              \
		_ret ? (s64)_ret : _left;                                                                              \
	})
/* Evaluate condition again after each wake-up. _interruptible: 0 or -ERESTARTSYS. */
#define wait_event(wq, cond) ((void)___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, 0, MAX_SCHEDULE_TIMEOUT, 0))
#define wait_event_interruptible(wq, cond)                                                                             \
	({ s64 _r = ___wait_event(wq, cond, TASK_INTERRUPTIBLE, 0, MAX_SCHEDULE_TIMEOUT, 1); _r < 0 ? (int)_r : 0; })
#define wait_event_interruptible_exclusive(wq, cond)                                                                   \
	({ s64 _r = ___wait_event(wq, cond, TASK_INTERRUPTIBLE, 1, MAX_SCHEDULE_TIMEOUT, 1); _r < 0 ? (int)_r : 0; })
/* Nanoseconds left (0: timed out with the condition false), or -ERESTARTSYS. */
#define wait_event_interruptible_timeout(wq, cond, ns) ___wait_event(wq, cond, TASK_INTERRUPTIBLE, 0, ns, 1)
#define wait_event_timeout(wq, cond, ns) ___wait_event(wq, cond, TASK_UNINTERRUPTIBLE, 0, ns, 0)

struct completion { unsigned int done; wait_queue_head_t wait; };
void init_completion(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
int wait_for_completion_interruptible(struct completion *c);
