/* kernel/fs/eventfd.c - a counter as a file: write adds, read takes
 *
 * Called: programs.
 * Locks:  ctx->lock guards count (process context only).
 */
#include "kernel/fs/select.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
/* <sys/eventfd.h> of the C library; the UAPI headers here have none. */
#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC O_CLOEXEC
#define EFD_NONBLOCK O_NONBLOCK

#define COUNT_MAX (U64_MAX - 1)

struct eventfd_ctx {
	spinlock_t lock;
	wait_queue_head_t wq;
	u64 count;		/* [lock] */
	bool semaphore;		/* [C] read takes one, not all */
};

/* Takes what a read gives, 0 when there is nothing. */
static u64 take(struct eventfd_ctx *ctx)
{
	u64 n;

	spin_lock(&ctx->lock);
	n = ctx->semaphore && ctx->count ? 1 : ctx->count;
	ctx->count -= n;
	spin_unlock(&ctx->lock);
	return n;
}

static bool add(struct eventfd_ctx *ctx, u64 n)
{
	bool fits;

	spin_lock(&ctx->lock);
	fits = COUNT_MAX - ctx->count >= n;
	if (fits)
		ctx->count += n;
	spin_unlock(&ctx->lock);
	return fits;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct eventfd_ctx *ctx = f->private_data;
	u64 n;

	if (iov_iter_count(to) < sizeof(n))
		return -EINVAL;
	n = take(ctx);
	if (!n) {
		if (f->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible_exclusive(ctx->wq, (n = take(ctx)) != 0))
			return -ERESTARTSYS;
	}
	if (wq_has_sleeper(&ctx->wq))
		__wake_up(&ctx->wq, TASK_NORMAL, 1, poll_to_key(EPOLLOUT));
	return copy_to_iter(&n, sizeof(n), to) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct eventfd_ctx *ctx = f->private_data;
	u64 n;

	if (iov_iter_count(from) < sizeof(n))
		return -EINVAL;
	if (!copy_from_iter_full(&n, sizeof(n), from))
		return -EFAULT;
	if (n == U64_MAX)
		return -EINVAL;
	if (!add(ctx, n)) {
		if (f->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->wq, add(ctx, n)))
			return -ERESTARTSYS;
	}
	if (wq_has_sleeper(&ctx->wq))
		__wake_up(&ctx->wq, TASK_NORMAL, 1, poll_to_key(EPOLLIN));
	return sizeof(n);
}

static __poll_t eventfd_poll(struct file *f, struct poll_table_struct *pt)
{
	struct eventfd_ctx *ctx = f->private_data;
	__poll_t mask = 0;
	u64 count;

	poll_wait(f, &ctx->wq, pt);
	count = READ_ONCE(ctx->count);
	if (count)
		mask |= EPOLLIN;
	if (count == U64_MAX)
		mask |= EPOLLERR;
	if (count < COUNT_MAX)
		mask |= EPOLLOUT;
	return mask;
}

static int eventfd_release(struct inode *inode, struct file *f)
{
	kfree(f->private_data);
	return 0;
}

static const struct file_operations eventfd_fops = {
	.read_iter = eventfd_read,
	.write_iter = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.llseek = no_llseek,
};

long sys_eventfd2(unsigned int count, int flags)
{
	struct eventfd_ctx *ctx;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	spin_lock_init(&ctx->lock);
	init_waitqueue_head(&ctx->wq);
	ctx->count = count;
	ctx->semaphore = flags & EFD_SEMAPHORE;
	fd = anon_inode_getfd("anon_inode:[eventfd]", &eventfd_fops, ctx,
			      O_RDWR | ((u32)flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

long sys_eventfd(unsigned int count) { return sys_eventfd2(count, 0); }
