/* kernel/fs/eventpoll.c - epoll: files that are watched for ever, and a list of those that became ready
 *
 * What:   an item for each watched file, in a tree by (file, fd). The file's wake-up calls ep_poll_callback(), which
 *         puts the item on the ready list; epoll_wait looks at that list alone.
 * Called: programs; wake-ups in any context, hard interrupts included; fput of a watched file.
 * Calls:  the poll hooks of files, with ep->mtx held.
 * Locks:  as eventpoll.h says.
 * Absent: EPOLLWAKEUP's power management (there is no suspend: the flag is dropped, as Linux does without the right).
 */
#include "kernel/fs/eventpoll.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"

#define EP_MAX_EVENTS (INT_MAX / (int)sizeof(struct epoll_event))

struct kmem_cache *ep_item_cache, *ep_entry_cache;
static const struct file_operations eventpoll_fops;

bool is_epoll(const struct file *f) { return f->f_op == &eventpoll_fops; }

/* --- readiness --- */

void ep_put(struct eventpoll *ep)
{
	if (refcount_dec_and_test(&ep->refs))
		kfree(ep);
}

static bool has_ready(const struct eventpoll *ep) { return !list_empty(&ep->ready); }

static void wake_pollers(struct eventpoll *ep)
{
	if (wq_has_sleeper(&ep->poll_wait))
		__wake_up(&ep->poll_wait, TASK_NORMAL, 1, poll_to_key(EPOLLIN | EPOLLRDNORM));
}

/* Whether this wake-up is one that an exclusive waiter was chosen for. */
static bool wakes_exclusive(const struct epitem *item, __poll_t happened)
{
	__poll_t want = item->event.events & EP_INOUT_BITS;

	if (!want)
		return true;
	return !(happened & EP_INOUT_BITS) || (happened & want);
}

/* The file's wait queue was woken: any context, that queue's lock held. */
static int ep_poll_callback(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct eppoll_entry *entry = container_of(wait, struct eppoll_entry, wait);
	struct epitem *item = entry->item;
	struct eventpoll *ep = item->ep;
	__poll_t happened = key_to_poll(key), want;
	bool tell = false;
	unsigned long irq;

	if (happened & POLLFREE) {
		list_del_init(&wait->entry);
		smp_store_release(&entry->queue, NULL);
		return 0;
	}
	spin_lock_irqsave(&ep->lock, irq);
	want = READ_ONCE(item->event.events);
	if ((want & ~EP_PRIVATE_BITS) && (!happened || (happened & want))) {
		if (list_empty(&item->ready_link))
			list_add_tail(&item->ready_link, &ep->ready);
		tell = true;
		if (waitqueue_active(&ep->wq))
			wake_up(&ep->wq);
	}
	spin_unlock_irqrestore(&ep->lock, irq);
	if (!tell)
		return 0;
	wake_pollers(ep);
	return want & EPOLLEXCLUSIVE ? wakes_exclusive(item, happened) : 1;
}

void ep_queue(struct file *f, wait_queue_head_t *queue, poll_table *pt)
{
	struct ep_table *t = container_of(pt, struct ep_table, pt);
	struct eppoll_entry *entry = kmem_cache_alloc(ep_entry_cache, GFP_KERNEL);

	if (!entry) {
		t->error = -ENOMEM;
		return;
	}
	entry->item = t->item;
	entry->queue = queue;
	entry->next = t->item->entries;
	t->item->entries = entry;
	init_waitqueue_func_entry(&entry->wait, ep_poll_callback);
	entry->wait.private = NULL;
	if (t->item->event.events & EPOLLEXCLUSIVE)
		add_wait_queue_exclusive(queue, &entry->wait);
	else
		add_wait_queue(queue, &entry->wait);
}

__poll_t ep_poll_item(struct epitem *item, poll_table *pt)
{
	__poll_t want = item->event.events;

	if (pt)
		pt->_key = want;
	return item->file->f_op->poll(item->file, pt) & want;
}

void ep_make_ready(struct epitem *item)
{
	struct eventpoll *ep = item->ep;
	bool added = false;

	spin_lock_irq(&ep->lock);
	if (list_empty(&item->ready_link)) {
		list_add_tail(&item->ready_link, &ep->ready);
		added = true;
		if (waitqueue_active(&ep->wq))
			wake_up(&ep->wq);
	}
	spin_unlock_irq(&ep->lock);
	if (added)
		wake_pollers(ep);
}

static struct epitem *pop_ready(struct eventpoll *ep)
{
	struct epitem *item;

	spin_lock_irq(&ep->lock);
	item = list_first_entry_or_null(&ep->ready, struct epitem, ready_link);
	if (item)
		list_del_init(&item->ready_link);
	spin_unlock_irq(&ep->lock);
	return item;
}

static void keep_for_later(struct eventpoll *ep, struct epitem *item, struct list_head *again)
{
	spin_lock_irq(&ep->lock);
	if (list_empty(&item->ready_link))
		list_add_tail(&item->ready_link, again);
	else
		list_move_tail(&item->ready_link, again);
	spin_unlock_irq(&ep->lock);
}

/* Items seen in this round go back behind those that came meanwhile; somebody else may want what is left. */
static void give_back(struct eventpoll *ep, struct list_head *again)
{
	spin_lock_irq(&ep->lock);
	list_splice_tail_init(again, &ep->ready);
	if (has_ready(ep) && waitqueue_active(&ep->wq))
		wake_up(&ep->wq);
	spin_unlock_irq(&ep->lock);
}

/* Hands out up to max events. An item is taken off the list first and asked then, so that no wake-up is missed;
 * level-triggered ones go back for the next call. The count, or -EFAULT when not even one could be written. */
static int send_events(struct eventpoll *ep, struct epoll_event __user *events, int max)
{
	struct epitem *item;
	LIST_HEAD(again);
	int n = 0;

	mutex_lock(&ep->mtx);
	while (n < max && (item = pop_ready(ep))) {
		struct epoll_event ev = { ep_poll_item(item, NULL), item->event.data };

		if (!ev.events)
			continue;
		if (copy_to_user(&events[n], &ev, sizeof(ev))) {
			keep_for_later(ep, item, &again);
			n = n ? n : -EFAULT;
			break;
		}
		n++;
		if (item->event.events & EPOLLONESHOT)
			WRITE_ONCE(item->event.events, item->event.events & EP_PRIVATE_BITS);
		else if (!(item->event.events & EPOLLET))
			keep_for_later(ep, item, &again);
	}
	give_back(ep, &again);
	mutex_unlock(&ep->mtx);
	return n;
}

/* --- epoll_wait --- */

static int ep_wait(struct eventpoll *ep, struct epoll_event __user *events, int max, u64 deadline_ns)
{
	struct wait_queue_entry wait;
	bool expired = !deadline_ns;
	int n;

	for (;;) {
		if (has_ready(ep)) {
			n = send_events(ep, events, max);
			if (n)
				return n;
		}
		if (expired)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		init_wait(&wait);
		prepare_to_wait_exclusive(&ep->wq, &wait, TASK_INTERRUPTIBLE);
		if (!has_ready(ep) && !signal_pending(current))
			expired = !schedule_timeout(deadline_left(deadline_ns));
		finish_wait(&ep->wq, &wait);
	}
}

static int do_epoll_wait(int epfd, struct epoll_event __user *events, int max, u64 deadline_ns)
{
	struct file *f;
	int ret;

	if (max <= 0 || max > EP_MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(events, (size_t)max * sizeof(*events)))
		return -EFAULT;
	f = fget((unsigned int)epfd);
	if (!f)
		return -EBADF;
	ret = is_epoll(f) ? ep_wait(f->private_data, events, max, deadline_ns) : -EINVAL;
	fput(f);
	return ret;
}

static u64 deadline_of_ms(int ms)
{
	if (ms < 0)
		return U64_MAX;
	return ms ? ktime_get_ns() + (u64)ms * NSEC_PER_MSEC : 0;
}

long sys_epoll_wait(int epfd, struct epoll_event __user *events, int max, int timeout_ms)
{
	return do_epoll_wait(epfd, events, max, deadline_of_ms(timeout_ms));
}

static long wait_masked(int epfd, struct epoll_event __user *events, int max, u64 deadline_ns, const void __user *mask,
			size_t masksize)
{
	int err = mask ? set_user_sigmask(mask, masksize) : 0;

	if (err)
		return err;
	err = do_epoll_wait(epfd, events, max, deadline_ns);
	restore_saved_sigmask_unless(err == -EINTR);
	return err;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int max, int timeout_ms, const void __user *mask,
		     size_t masksize)
{
	return wait_masked(epfd, events, max, deadline_of_ms(timeout_ms), mask, masksize);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int max,
		      const struct __kernel_timespec __user *uts, const void __user *mask, size_t masksize)
{
	struct __kernel_timespec ts;
	u64 deadline_ns = U64_MAX;
	int err;

	if (uts) {
		if (copy_from_user(&ts, uts, sizeof(ts)))
			return -EFAULT;
		err = deadline_from_timespec(&ts, &deadline_ns);
		if (err)
			return err;
		if (!ts.tv_sec && !ts.tv_nsec)
			deadline_ns = 0;
	}
	return wait_masked(epfd, events, max, deadline_ns, mask, masksize);
}

/* --- an epoll as a file --- */

/* Readable when one of the items on its list really is ready; those that are not leave the list. */
static __poll_t ep_poll(struct file *f, struct poll_table_struct *pt)
{
	struct eventpoll *ep = f->private_data;
	struct epitem *item;
	__poll_t mask = 0;

	poll_wait(f, &ep->poll_wait, pt);
	if (!has_ready(ep))
		return 0;
	mutex_lock(&ep->mtx);
	while (!mask && (item = pop_ready(ep))) {
		if (!ep_poll_item(item, NULL))
			continue;
		mask = EPOLLIN | EPOLLRDNORM;
		spin_lock_irq(&ep->lock);
		if (list_empty(&item->ready_link))
			list_add(&item->ready_link, &ep->ready);
		spin_unlock_irq(&ep->lock);
	}
	mutex_unlock(&ep->mtx);
	return mask;
}

static int ep_release(struct inode *inode, struct file *f)
{
	struct eventpoll *ep = f->private_data;
	struct rb_node *n, *next;

	mutex_lock(&ep->mtx);
	for (n = rb_first(&ep->items); n; n = next) {
		next = rb_next(n);
		if (ep_remove_item(ep, rb_entry(n, struct epitem, node), false))
			refcount_dec_and_test(&ep->refs); /* ours is still there: never the last */
		cond_resched();
	}
	mutex_unlock(&ep->mtx);
	ep_put(ep);
	return 0;
}

static const struct file_operations eventpoll_fops = {
	.poll = ep_poll,
	.release = ep_release,
	.llseek = no_llseek,
};

long sys_epoll_create1(int flags)
{
	struct eventpoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->mtx);
	spin_lock_init(&ep->lock);
	init_waitqueue_head(&ep->wq);
	init_waitqueue_head(&ep->poll_wait);
	INIT_LIST_HEAD(&ep->ready);
	INIT_LIST_HEAD(&ep->children);
	INIT_LIST_HEAD(&ep->parents);
	refcount_set(&ep->refs, 1);
	fd = anon_inode_getfd("anon_inode:[eventpoll]", &eventpoll_fops, ep, O_RDWR | ((u32)flags & O_CLOEXEC));
	if (fd < 0)
		kfree(ep);
	return fd;
}

long sys_epoll_create(int size) { return size <= 0 ? -EINVAL : sys_epoll_create1(0); }

void eventpoll_init(void)
{
	ep_item_cache = kmem_cache_create("eventpoll_epi", sizeof(struct epitem), 0, SLAB_HWCACHE_ALIGN, NULL);
	ep_entry_cache = kmem_cache_create("eventpoll_pwq", sizeof(struct eppoll_entry), 0, 0, NULL);
}
