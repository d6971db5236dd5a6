/* kernel/fs/eventpoll.c - epoll: files that are watched for ever, and a list of those that became ready
 *
 * What:   an item for each watched file, in a tree by (file, fd). The file's wake-up calls ep_poll_callback(), which
 *         puts the item on the ready list; epoll_wait looks at that list alone.
 * Called: programs; wake-ups in any context, hard interrupts included; fput of a watched file.
 * Calls:  the poll hooks of files, with ep->mtx held.
 * Locks:  nested_lock (links between epolls) | ep->mtx (tree, items' events; sleeping) | file->f_lock (f_ep_links),
 *         the file's wait queue lock -> ep->lock (ready list, with interrupts off) -> ep->wq's lock.
 *         ep->refs counts the file and each item, so an item's ep never goes before the item.
 * Absent: EPOLLWAKEUP's power management (there is no suspend: the flag is dropped, as Linux does without the right).
 */
#include "kernel/fs/select.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"

#define EP_PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EP_INOUT_BITS (EPOLLIN | EPOLLOUT)
#define EP_EXCLUSIVE_OK (EP_INOUT_BITS | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)
#define EP_MAX_NESTS 4
#define EP_MAX_EVENTS (INT_MAX / (int)sizeof(struct epoll_event))

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

static struct kmem_cache *item_cache, *entry_cache;
static DEFINE_SPINLOCK(nested_lock);
static u64 loop_check_round; /* [nested_lock] */
static const struct file_operations eventpoll_fops;

static bool is_epoll(const struct file *f) { return f->f_op == &eventpoll_fops; }

/* --- readiness --- */

static void ep_put(struct eventpoll *ep)
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

struct ep_table { poll_table pt; struct epitem *item; int error; };

static void ep_queue(struct file *f, wait_queue_head_t *queue, poll_table *pt)
{
	struct ep_table *t = container_of(pt, struct ep_table, pt);
	struct eppoll_entry *entry = kmem_cache_alloc(entry_cache, GFP_KERNEL);

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

static __poll_t poll_item(struct epitem *item, poll_table *pt)
{
	__poll_t want = item->event.events;

	if (pt)
		pt->_key = want;
	return item->file->f_op->poll(item->file, pt) & want;
}

static void make_ready(struct epitem *item)
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
		struct epoll_event ev = { poll_item(item, NULL), item->event.data };

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

/* --- items --- */

static int compare(const struct file *f, int fd, const struct epitem *item)
{
	if (f != item->file)
		return f > item->file ? 1 : -1;
	return fd - item->fd;
}

static struct epitem *find_item(struct eventpoll *ep, struct file *f, int fd)
{
	struct rb_node *n = ep->items.node;

	while (n) {
		struct epitem *item = rb_entry(n, struct epitem, node);
		int cmp = compare(f, fd, item);

		if (!cmp)
			return item;
		n = cmp > 0 ? n->right : n->left;
	}
	return NULL;
}

static void insert_item(struct eventpoll *ep, struct epitem *item)
{
	struct rb_node **link = &ep->items.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = compare(item->file, item->fd, rb_entry(parent, struct epitem, node)) > 0 ? &parent->right :
												   &parent->left;
	}
	rb_link_node(&item->node, parent, link);
	rb_insert_color(&item->node, &ep->items);
}

static void unhook(struct epitem *item)
{
	struct eppoll_entry *entry;

	while ((entry = item->entries)) {
		wait_queue_head_t *queue;

		item->entries = entry->next;
		rcu_read_lock(); /* a queue that says POLLFREE lives on until the grace period ends */
		queue = smp_load_acquire(&entry->queue);
		if (queue)
			remove_wait_queue(queue, &entry->wait);
		rcu_read_unlock();
		kmem_cache_free(entry_cache, entry);
	}
}

/* Takes item out of everything; ep->mtx held. force: by its file's death. False when that will do it. */
static bool remove_item(struct eventpoll *ep, struct epitem *item, bool force)
{
	struct file *f = item->file;

	unhook(item);
	spin_lock(&f->f_lock);
	if (item->dying && !force) {
		spin_unlock(&f->f_lock);
		return false;
	}
	list_del_init(&item->file_link);
	spin_unlock(&f->f_lock);
	spin_lock(&nested_lock);
	list_del_init(&item->child_link);
	list_del_init(&item->parent_link);
	spin_unlock(&nested_lock);
	rb_erase(&item->node, &ep->items);
	spin_lock_irq(&ep->lock);
	list_del_init(&item->ready_link);
	spin_unlock_irq(&ep->lock);
	kmem_cache_free(item_cache, item);
	return true;
}

/* f's last reference is gone: nobody can find it any more, so its list only shrinks. */
void eventpoll_release_file(struct file *f)
{
	for (;;) {
		struct epitem *item;
		struct eventpoll *ep;

		spin_lock(&f->f_lock);
		item = list_first_entry_or_null(&f->f_ep_links, struct epitem, file_link);
		if (item)
			item->dying = true; /* from here on only we free it, and it keeps its ep */
		spin_unlock(&f->f_lock);
		if (!item)
			return;
		ep = item->ep;
		mutex_lock(&ep->mtx);
		remove_item(ep, item, true);
		mutex_unlock(&ep->mtx);
		ep_put(ep);
	}
}

/* --- epolls that watch epolls --- */

/* Epolls below ep, this one counted; more than limit when from is met: that would be a loop. */
static int depth_below(struct eventpoll *ep, const struct eventpoll *from, int limit)
{
	struct epitem *item;
	int deepest = 0;

	if (ep == from || limit <= 0)
		return EP_MAX_NESTS + 2;
	if (ep->visited == loop_check_round)
		return 0;
	list_for_each_entry(item, &ep->children, child_link)
		deepest = max(deepest, depth_below(item->file->private_data, from, limit - 1));
	ep->visited = loop_check_round;
	return deepest + 1;
}

static int depth_above(const struct eventpoll *ep, int limit)
{
	struct epitem *item;
	int highest = 0;

	if (limit <= 0)
		return EP_MAX_NESTS + 2;
	list_for_each_entry(item, &ep->parents, parent_link)
		highest = max(highest, depth_above(item->ep, limit - 1));
	return highest + 1;
}

/* Links the epoll inside item->file below item->ep. 0 or -ELOOP: a circle, or deeper than EP_MAX_NESTS. */
static int link_nested(struct epitem *item)
{
	struct eventpoll *below = item->file->private_data;
	int err = 0;

	spin_lock(&nested_lock);
	loop_check_round++;
	if (depth_below(below, item->ep, EP_MAX_NESTS + 1) + depth_above(item->ep, EP_MAX_NESTS + 1) >
	    EP_MAX_NESTS + 1) {
		err = -ELOOP;
	} else {
		list_add_tail(&item->child_link, &item->ep->children);
		list_add_tail(&item->parent_link, &below->parents);
	}
	spin_unlock(&nested_lock);
	return err;
}

/* --- epoll_ctl; ep->mtx held --- */

static int add_item(struct eventpoll *ep, struct file *f, int fd, const struct epoll_event *event)
{
	struct epitem *item = kmem_cache_zalloc(item_cache, GFP_KERNEL);
	struct ep_table table;
	__poll_t ready;

	if (!item)
		return -ENOMEM;
	INIT_LIST_HEAD(&item->ready_link);
	INIT_LIST_HEAD(&item->child_link);
	INIT_LIST_HEAD(&item->parent_link);
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->event = *event;
	if (is_epoll(f) && link_nested(item)) {
		kmem_cache_free(item_cache, item);
		return -ELOOP;
	}
	refcount_inc(&ep->refs);
	spin_lock(&f->f_lock);
	list_add_tail(&item->file_link, &f->f_ep_links);
	spin_unlock(&f->f_lock);
	insert_item(ep, item);

	table = (struct ep_table){ { ep_queue, 0 }, item, 0 };
	ready = poll_item(item, &table.pt);
	if (table.error) {
		remove_item(ep, item, false);
		ep_put(ep);
		return table.error;
	}
	if (ready)
		make_ready(item);
	return 0;
}

static int modify_item(struct epitem *item, const struct epoll_event *event)
{
	if (item->event.events & EPOLLEXCLUSIVE)
		return -EINVAL;
	spin_lock_irq(&item->ep->lock);
	item->event = *event;
	spin_unlock_irq(&item->ep->lock);
	smp_mb(); /* the callback sees the new mask, or we see what it would have told */
	if (poll_item(item, NULL))
		make_ready(item);
	return 0;
}

static int do_ctl(struct eventpoll *ep, int op, struct file *f, int fd, struct epoll_event *event)
{
	struct epitem *item = find_item(ep, f, fd);

	event->events |= EPOLLERR | EPOLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		return item ? -EEXIST : add_item(ep, f, fd, event);
	case EPOLL_CTL_MOD:
		return item ? modify_item(item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!item)
			return -ENOENT;
		if (remove_item(ep, item, false))
			ep_put(ep);
		return 0;
	}
	return -EINVAL;
}

static int check_ctl(struct file *epf, struct file *f, int op, struct epoll_event *event)
{
	if (!f->f_op->poll)
		return -EPERM;
	if (epf == f || !is_epoll(epf))
		return -EINVAL;
	event->events &= ~EPOLLWAKEUP;
	if (op == EPOLL_CTL_DEL || !(event->events & EPOLLEXCLUSIVE))
		return 0;
	if (op == EPOLL_CTL_MOD || is_epoll(f) || (event->events & ~EP_EXCLUSIVE_OK))
		return -EINVAL;
	return 0;
}

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *uevent)
{
	struct epoll_event event = { 0 };
	struct file *epf, *f;
	struct eventpoll *ep;
	int err = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	epf = fget((unsigned int)epfd);
	if (!epf)
		return -EBADF;
	f = fget((unsigned int)fd);
	if (!f)
		goto put_epoll;
	err = check_ctl(epf, f, op, &event);
	if (!err) {
		ep = epf->private_data;
		mutex_lock(&ep->mtx);
		err = do_ctl(ep, op, f, fd, &event);
		mutex_unlock(&ep->mtx);
	}
	fput(f);
put_epoll:
	fput(epf);
	return err;
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
		if (!poll_item(item, NULL))
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
		if (remove_item(ep, rb_entry(n, struct epitem, node), false))
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
	item_cache = kmem_cache_create("eventpoll_epi", sizeof(struct epitem), 0, SLAB_HWCACHE_ALIGN, NULL);
	entry_cache = kmem_cache_create("eventpoll_pwq", sizeof(struct eppoll_entry), 0, 0, NULL);
}
