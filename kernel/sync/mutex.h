/* kernel/sync/mutex.h - sleeping lock: one owner, process context */
#pragma once
#include "kernel/sync/wait.h"

struct mutex {
	struct task_struct *owner;
	wait_queue_head_t wait;
	LOCKDEP_MAP
};
#define mutex_init(m) do { (m)->owner = NULL; init_waitqueue_head(&(m)->wait); lockdep_init_map(m, #m); } while (0)
#define DEFINE_MUTEX(n) struct mutex n = { .owner = NULL, .wait = __WAIT_QUEUE_HEAD_INIT(n.wait), LOCKDEP_INIT(n) }
void mutex_lock(struct mutex *m);
int mutex_lock_interruptible(struct mutex *m); /* 0 or -ERESTARTSYS */
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_is_locked(const struct mutex *m);
