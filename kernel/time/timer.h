/* kernel/time/timer.h - timers
 *
 * timer_list: cheap, coarse (1 ms), in softirq, by a wheel per CPU; for time-outs that are mostly cancelled. Re-arming
 * is O(1). hrtimer: exact, ordered, in hard-irq context; for sleeping, pacing, itimers. All times are absolute
 * ktime_get_ns() values.
 */
#pragma once
#include "kernel/time/clock.h"
#include "lib/list.h"
#include "lib/rbtree.h"

struct timer_list {
	struct hlist_node entry;
	u64 expires_ns;
	void (*function)(struct timer_list *t); /* softirq; the timer is inactive and may be armed again */
	u32 cpu;				/* where it is queued */
	u32 bucket;
};
void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *));
/* (Re)arms on this CPU, or where it is pending already. True when it was pending. Any context. */
bool mod_timer(struct timer_list *t, u64 expires_ns);
/* As mod_timer, but leaves a pending timer that fires earlier alone. */
bool timer_reduce(struct timer_list *t, u64 expires_ns);
bool timer_delete(struct timer_list *t);	/* true when it was pending; the handler may still be running */
bool timer_delete_sync(struct timer_list *t);	/* waits for a running handler; not from that handler */
static inline bool timer_pending(const struct timer_list *t) { return READ_ONCE(t->entry.pprev) != NULL; }
#define from_timer(var, t, field) container_of(t, __typeof__(*var), field)

enum hrtimer_restart { HRTIMER_NORESTART, HRTIMER_RESTART };
struct hrtimer {
	struct rb_node node;
	u64 expires_ns;
	enum hrtimer_restart (*function)(struct hrtimer *t); /* hard irq; RESTART after changing expires_ns */
	u32 cpu;
	u8 state; /* 0 idle, 1 queued, 2 running */
};
void hrtimer_setup(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *));
void hrtimer_start(struct hrtimer *t, u64 expires_ns);
bool hrtimer_cancel(struct hrtimer *t);	    /* waits for a running handler; true when it was queued */
int hrtimer_try_to_cancel(struct hrtimer *t); /* 1 was queued, 0 was idle, -1 is running: nothing is changed */
/* Moves expires_ns on by whole intervals past now; returns how many. */
u64 hrtimer_forward(struct hrtimer *t, u64 now_ns, u64 interval_ns);
static inline bool hrtimer_active(const struct hrtimer *t) { return READ_ONCE(t->state) != 0; }
