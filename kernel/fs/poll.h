/* kernel/fs/poll.h - readiness: how poll, select and epoll ask a file, and how it wakes them
 *
 * A poll hook calls poll_wait() for each wait queue that will be woken on a change, then returns what is ready now.
 * The waker passes the events as the key (wake_up_poll), so that epoll can skip those nobody asked for.
 */
#pragma once
#include "kernel/sync/wait.h"
#include <linux/eventpoll.h>
#include <linux/poll.h>

struct file;
struct poll_table_struct;
typedef void (*poll_queue_proc)(struct file *f, wait_queue_head_t *q, struct poll_table_struct *pt);
typedef struct poll_table_struct { poll_queue_proc _qproc; u32 _key; } poll_table;

static inline void poll_wait(struct file *f, wait_queue_head_t *q, poll_table *pt)
{
	if (pt && pt->_qproc && q) {
		pt->_qproc(f, q, pt);
		smp_mb(); /* queue first, then look: pairs with wq_has_sleeper() */
	}
}
/* Events the caller cares about; all when unknown. */
static inline u32 poll_requested_events(const poll_table *pt) { return pt ? pt->_key : ~0u; }
/* The last reference to f went while epoll instances watch it: they forget it. Process context. */
void eventpoll_release_file(struct file *f);
/* POLLFREE (UAPI) is the key of the last wake-up of a queue that goes away before the files that poll it do, as a
 * process' signals do. Its memory must live on for an RCU grace period. */
