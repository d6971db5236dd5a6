/* kernel/fs/pipe.c - pipes and FIFOs
 *
 * What:   a ring of pages between writers and readers. Writes up to PIPE_BUF bytes are never torn (POSIX).
 * Called: the VFS; pipe_open.c for birth and death.
 * Calls:  pages, user copies.
 * Locks:  pipe->mutex. Copies to and from programs happen under it, so it comes before mmap_lock.
 * Choice: wake-ups happen on empty -> not empty and on full -> not full only: who sleeps saw the other state.
 * Absent: O_DIRECT packets (EINVAL), splice, tee, vmsplice.
 */
#include "kernel/fs/pipe.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/syscall/syscall.h"
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

static inline bool pipe_empty(const struct pipe_inode_info *p) { return READ_ONCE(p->head) == READ_ONCE(p->tail); }
static inline bool pipe_full(const struct pipe_inode_info *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail) >= READ_ONCE(p->ring_size);
}
static inline struct pipe_buffer *pipe_slot(struct pipe_inode_info *p, u32 i)
{
	return &p->bufs[i & (p->ring_size - 1)];
}

struct pipe_inode_info *alloc_pipe(void)
{
	struct pipe_inode_info *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->bufs = kcalloc(PIPE_DEF_PAGES, sizeof(*p->bufs), GFP_KERNEL);
	if (!p->bufs) {
		kfree(p);
		return NULL;
	}
	p->ring_size = PIPE_DEF_PAGES;
	mutex_init(&p->mutex);
	init_waitqueue_head(&p->rd_wait);
	init_waitqueue_head(&p->wr_wait);
	fasync_list_init(&p->fasync);
	return p;
}

void free_pipe(struct pipe_inode_info *p)
{
	for (u32 i = p->tail; i != p->head; i++)
		put_page(pipe_slot(p, i)->page);
	if (p->spare)
		put_page(p->spare);
	kfree(p->bufs);
	kfree(p);
}

void free_pipe_info(struct inode *inode)
{
	if (inode->i_pipe)
		free_pipe(inode->i_pipe);
	inode->i_pipe = NULL;
}

/* --- read --- */

static void release_page(struct pipe_inode_info *p, struct page *page)
{
	if (p->spare)
		put_page(page);
	else
		p->spare = page;
}

/* Takes what fits from the front of the ring. Bytes, or -EFAULT when not even one could be copied. */
static ssize_t drain(struct pipe_inode_info *p, struct iov_iter *to)
{
	ssize_t total = 0;

	while (!pipe_empty(p) && iov_iter_count(to)) {
		struct pipe_buffer *b = pipe_slot(p, p->tail);
		size_t n = min((size_t)b->len, iov_iter_count(to));
		size_t done = copy_to_iter((char *)page_address(b->page) + b->offset, n, to);

		b->offset += (u32)done;
		b->len -= (u32)done;
		total += (ssize_t)done;
		if (done < n)
			return total ? total : -EFAULT;
		if (!b->len) {
			release_page(p, b->page);
			WRITE_ONCE(p->tail, p->tail + 1);
		}
	}
	return total;
}

static void wake_readers(struct pipe_inode_info *p)
{
	if (wq_has_sleeper(&p->rd_wait))
		wake_up_interruptible_poll(&p->rd_wait, EPOLLIN | EPOLLRDNORM);
}

static void wake_writers(struct pipe_inode_info *p)
{
	if (wq_has_sleeper(&p->wr_wait))
		wake_up_interruptible_poll(&p->wr_wait, EPOLLOUT | EPOLLWRNORM);
}

static int wait_readable(struct pipe_inode_info *p)
{
	int err;

	mutex_unlock(&p->mutex);
	err = wait_event_interruptible_exclusive(p->rd_wait, !pipe_empty(p) || !READ_ONCE(p->writers));
	mutex_lock(&p->mutex);
	return err;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pipe_inode_info *p = f->private_data;
	bool was_full = false, waited = false, more;
	ssize_t ret = 0;

	if (!iov_iter_count(to))
		return 0;
	mutex_lock(&p->mutex);
	while (!ret) {
		was_full = pipe_full(p);
		ret = drain(p, to);
		if (ret || !p->writers)
			break;
		waited = true;
		ret = f->f_flags & O_NONBLOCK ? -EAGAIN : wait_readable(p);
	}
	was_full = was_full && !pipe_full(p);
	more = waited && !pipe_empty(p);
	mutex_unlock(&p->mutex);
	if (was_full)
		wake_writers(p);
	if (ret > 0)
		fasync_tell(&p->fasync, FMODE_WRITE, POLL_OUT);
	if (more) /* one wake-up came for many bytes, and it came here: the next reader may have the rest */
		wake_readers(p);
	return ret;
}

/* --- write --- */

/* Appends n bytes to the last page when they fit whole. Bytes, 0 when they do not fit, -EFAULT. */
static ssize_t merge_into_last(struct pipe_inode_info *p, size_t n, struct iov_iter *from)
{
	struct pipe_buffer *b;
	size_t done;

	if (pipe_empty(p) || !n)
		return 0;
	b = pipe_slot(p, p->head - 1);
	if (b->offset + b->len + n > PAGE_SIZE)
		return 0;
	done = copy_from_iter((char *)page_address(b->page) + b->offset + b->len, n, from);
	if (done < n) {
		iov_iter_revert(from, done); /* not a byte of it becomes visible */
		return -EFAULT;
	}
	b->len += (u32)n;
	return (ssize_t)n;
}

static ssize_t add_page(struct pipe_inode_info *p, struct iov_iter *from)
{
	size_t n = min(iov_iter_count(from), (size_t)PAGE_SIZE), done;
	struct page *page = p->spare ? p->spare : alloc_page(GFP_KERNEL);

	p->spare = NULL;
	if (!page)
		return -ENOMEM;
	done = copy_from_iter(page_address(page), n, from);
	if (done < n) {
		iov_iter_revert(from, done);
		release_page(p, page);
		return -EFAULT;
	}
	*pipe_slot(p, p->head) = (struct pipe_buffer){ page, 0, (u32)n };
	smp_store_release(&p->head, p->head + 1);
	return (ssize_t)n;
}

/* As much as there is room for now. Bytes or -errno. */
static ssize_t fill(struct pipe_inode_info *p, struct iov_iter *from)
{
	ssize_t total =
		merge_into_last(p, iov_iter_count(from) % PAGE_SIZE ?: min(iov_iter_count(from), PAGE_SIZE), from);
	ssize_t n;

	if (total < 0)
		return total;
	while (iov_iter_count(from) && !pipe_full(p)) {
		n = add_page(p, from);
		if (n < 0)
			return total ? total : n;
		total += n;
	}
	return total;
}

static int wait_writable(struct pipe_inode_info *p)
{
	int err;

	mutex_unlock(&p->mutex);
	err = wait_event_interruptible_exclusive(p->wr_wait, !pipe_full(p) || !READ_ONCE(p->readers));
	mutex_lock(&p->mutex);
	return err;
}

static ssize_t write_locked(struct file *f, struct pipe_inode_info *p, struct iov_iter *from, bool *waited)
{
	ssize_t total = 0, n;

	for (;;) {
		bool was_empty = pipe_empty(p);

		if (!p->readers) {
			send_signal(SIGPIPE, NULL, current, false);
			return total ? total : -EPIPE;
		}
		n = fill(p, from);
		if (n > 0)
			total += n;
		if (n > 0 && (was_empty || p->polled))
			wake_readers(p);
		if (n < 0 || !iov_iter_count(from))
			return total ? total : n;
		if (f->f_flags & O_NONBLOCK)
			return total ? total : -EAGAIN;
		*waited = true;
		n = wait_writable(p);
		if (n)
			return total ? total : n;
	}
}

static ssize_t pipe_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pipe_inode_info *p = f->private_data;
	bool waited = false, room;
	ssize_t ret;

	if (!iov_iter_count(from))
		return 0;
	mutex_lock(&p->mutex);
	ret = write_locked(f, p, from, &waited);
	room = waited && !pipe_full(p);
	mutex_unlock(&p->mutex);
	if (room) /* the one wake-up for room came here: hand it on */
		wake_writers(p);
	if (ret > 0)
		fasync_tell(&p->fasync, FMODE_READ, POLL_IN);
	return ret;
}

/* --- the rest of the file --- */

static __poll_t pipe_poll(struct file *f, struct poll_table_struct *pt)
{
	struct pipe_inode_info *p = f->private_data;
	__poll_t mask = 0;

	WRITE_ONCE(p->polled, true);
	if (f->f_mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->f_mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->f_mode & FMODE_READ) {
		if (!pipe_empty(p))
			mask |= EPOLLIN | EPOLLRDNORM;
		/* f_pos: how many writers had come when this end was opened; until one comes there is no hang-up. */
		if (!READ_ONCE(p->writers) && (u32)f->f_pos != READ_ONCE(p->w_counter))
			mask |= EPOLLHUP;
	}
	if (f->f_mode & FMODE_WRITE) {
		if (!pipe_full(p))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(p->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *p = f->private_data;
	int n = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&p->mutex);
	for (u32 i = p->tail; i != p->head; i++)
		n += (int)pipe_slot(p, i)->len;
	mutex_unlock(&p->mutex);
	return put_user(n, (int __user *)arg);
}

void pipe_wake_all(struct pipe_inode_info *p)
{
	__wake_up(&p->rd_wait, TASK_INTERRUPTIBLE, 0, poll_to_key(EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLHUP));
	__wake_up(&p->wr_wait, TASK_INTERRUPTIBLE, 0, poll_to_key(EPOLLOUT | EPOLLWRNORM | EPOLLERR | EPOLLHUP));
	fasync_tell(&p->fasync, FMODE_READ, POLL_IN);
	fasync_tell(&p->fasync, FMODE_WRITE, POLL_OUT);
}

static int pipe_fasync(int fd, struct file *f, bool on)
{
	struct pipe_inode_info *p = f->private_data;

	fasync_set(&p->fasync, f, on);
	return 0;
}

#define PIPE_OPS                                                                                                       \
	.read_iter = pipe_read, .write_iter = pipe_write, .poll = pipe_poll, .unlocked_ioctl = pipe_ioctl,             \
	.release = pipe_release, .fasync = pipe_fasync, .llseek = no_llseek
const struct file_operations pipe_fops = { PIPE_OPS };
const struct file_operations fifo_fops = { .open = fifo_open, PIPE_OPS };

/* --- size --- */

static long set_pipe_size(struct pipe_inode_info *p, unsigned long bytes)
{
	u64 pages = roundup_pow_of_two(DIV_ROUND_UP(max(bytes, PAGE_SIZE), PAGE_SIZE));
	struct pipe_buffer *bufs;
	u32 used = p->head - p->tail;

	if (bytes > 1ul << 31)
		return -EINVAL;
	if (pages * PAGE_SIZE > PIPE_MAX_SIZE && pages > p->ring_size && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	if (used > pages)
		return -EBUSY;
	bufs = kcalloc(pages, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (u32 i = 0; i < used; i++)
		bufs[i] = *pipe_slot(p, p->tail + i);
	kfree(p->bufs);
	p->bufs = bufs;
	p->tail = 0;
	p->head = used;
	p->ring_size = (u32)pages;
	pipe_wake_all(p);
	return (long)(pages * PAGE_SIZE);
}

long pipe_fcntl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pipe_inode_info *p = f->private_data;
	long ret;

	if (f->f_op != &pipe_fops && f->f_op != &fifo_fops)
		return -EBADF;
	mutex_lock(&p->mutex);
	ret = cmd == F_SETPIPE_SZ ? set_pipe_size(p, arg) : (long)(p->ring_size * PAGE_SIZE);
	mutex_unlock(&p->mutex);
	return ret;
}
