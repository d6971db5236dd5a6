/* kernel/fs/eventpoll.h - what an epoll is made of; for eventpoll.c and epoll_ctl.c
 *
 * Locks: nested_lock (links between epolls) | ep->mtx (tree, items' events; sleeping) | file->f_lock (f_ep_links), the
 *        file's wait queue lock -> ep->lock (ready list, with interrupts off) -> ep->wq's lock.
 *        ep->refs counts the file and each item, so an item's ep never goes before the item.
 */
#pragma once
#include "kernel/fs/fs.h"
#include "kernel/fs/select.h"
#include "kernel/sync/mutex.h"
#include "lib/rbtree.h"

#define EP_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EP_INOUT_BITS (EPOLLIN | EPOLLOUT)

struct eventpoll {
	struct mutex mtx;
	spinlock_t lock;
	wait_queue_head_t wq;		/* epoll_wait sleeps here */
	wait_queue_head_t poll_wait;	/* who polls this epoll's own file */
	struct list_head ready;		/* [lock] */
	struct rb_root items;		/* [mtx] */
	refcount_t refs;
	struct list_head children, parents; /* [nested_lock] items that watch epolls from here; that watch this */
	u64 visited;			/* [nested_lock] by the loop check */
};

struct eppoll_entry {	/* an item in one wait queue of its file */
	struct eppoll_entry *next;
	struct epitem *item;
	wait_queue_entry_t wait;
	wait_queue_head_t *queue; /* NULL once the queue died (POLLFREE) */
};

struct epitem {
	struct rb_node node;		/* [mtx] */
	struct list_head ready_link;	/* [ep->lock]; linked to itself when not ready */
	struct list_head file_link;	/* [file->f_lock] */
	struct eventpoll *ep;		/* [C] */
	struct file *file;		/* [C] not referenced: the file's death removes the item */
	int fd;				/* [C] */
	struct epoll_event event;	/* [mtx] to change; read by the callback */
	struct eppoll_entry *entries;	/* [mtx] */
	bool dying;			/* [file->f_lock] the file is going, and will remove it */
	struct list_head child_link, parent_link; /* [nested_lock] when file is an epoll */
};

extern struct kmem_cache *ep_item_cache, *ep_entry_cache;
bool is_epoll(const struct file *f);
void ep_put(struct eventpoll *ep);

/* Queues item on f's wait queue: the poll hook's callback, with pt inside an ep_table. */
struct ep_table { poll_table pt; struct epitem *item; int error; };
void ep_queue(struct file *f, wait_queue_head_t *queue, poll_table *pt);
/* What item's file is ready for, of what is wanted; pt NULL: only asks. ep->mtx held. */
__poll_t ep_poll_item(struct epitem *item, poll_table *pt);
void ep_make_ready(struct epitem *item);

/* Takes item out of everything; ep->mtx held. force: by its file's death. False when that will do it. */
bool ep_remove_item(struct eventpoll *ep, struct epitem *item, bool force);
