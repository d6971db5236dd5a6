/* kernel/sync/rcu.h - readers that pay nothing, writers that wait
 *
 * A reader section must not sleep; since the kernel is not preempted, entering one costs nothing. A grace period ends
 * when every CPU has switched tasks, run user code or idled.
 */
#pragma once
#include "kernel/sched/preempt.h"

struct rcu_head { struct rcu_head *next; void (*func)(struct rcu_head *head); };

static inline void rcu_read_lock(void) { barrier(); }
static inline void rcu_read_unlock(void) { barrier(); }
#define rcu_dereference(p) __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_dereference_protected(p) (p)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
/* func runs in softirq after a grace period; any context. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
void synchronize_rcu(void); /* sleeps through one */
void rcu_barrier(void);	    /* sleeps until all callbacks so far have run */
/* kfree after a grace period; the rcu_head may stand anywhere in the object. */
void kvfree_call_rcu(struct rcu_head *head, void *object);
#define kfree_rcu(p, member) kvfree_call_rcu(&(p)->member, (p))
