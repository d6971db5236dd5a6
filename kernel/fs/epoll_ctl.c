/* kernel/fs/epoll_ctl.c - which files an epoll watches: adding, changing, removing, and epolls inside epolls
 *
 * Called: programs (epoll_ctl); fput of a watched file.
 * Calls:  the poll hooks of files, with ep->mtx held; eventpoll.c for readiness.
 * Locks:  as eventpoll.h says.
 */
#include "kernel/fs/eventpoll.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"

#define EP_EXCLUSIVE_OK (EP_INOUT_BITS | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)
#define EP_MAX_NESTS 4

static DEFINE_SPINLOCK(nested_lock);
static u64 loop_check_round; /* [nested_lock] */

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
		kmem_cache_free(ep_entry_cache, entry);
	}
}

bool ep_remove_item(struct eventpoll *ep, struct epitem *item, bool force)
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
	kmem_cache_free(ep_item_cache, item);
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
		ep_remove_item(ep, item, true);
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
	struct epitem *item = kmem_cache_zalloc(ep_item_cache, GFP_KERNEL);
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
		kmem_cache_free(ep_item_cache, item);
		return -ELOOP;
	}
	refcount_inc(&ep->refs);
	spin_lock(&f->f_lock);
	list_add_tail(&item->file_link, &f->f_ep_links);
	spin_unlock(&f->f_lock);
	insert_item(ep, item);

	table = (struct ep_table){ { ep_queue, 0 }, item, 0 };
	ready = ep_poll_item(item, &table.pt);
	if (table.error) {
		ep_remove_item(ep, item, false);
		ep_put(ep);
		return table.error;
	}
	if (ready)
		ep_make_ready(item);
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
	if (ep_poll_item(item, NULL))
		ep_make_ready(item);
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
		if (ep_remove_item(ep, item, false))
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
