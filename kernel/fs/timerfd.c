/* kernel/fs/timerfd.c - a timer as a file: read gives how often it ran out
 *
 * Called: programs; the timer in hard interrupt context.
 * Locks:  ctx->lock with interrupts off.
 * Choice: CLOCK_REALTIME timers are turned into monotonic ones when they are set. TFD_TIMER_CANCEL_ON_SET is refused
 *         (EINVAL): nobody tells us when the clock is set.
 */
#include "kernel/fs/select.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/time/timer.h"
#include <linux/time.h>
#include <linux/timerfd.h>

struct timerfd_ctx {
	struct hrtimer timer;
	spinlock_t lock;
	wait_queue_head_t wq;
	u64 ticks;		/* [lock] times it ran out since the last read; further whole intervals on top */
	u64 interval_ns;	/* [lock] */
	bool armed;		/* [lock] it has been set, and is not a one-shot that ran out */
	int clock;		/* [C] */
};
static const struct file_operations timerfd_fops;

static enum hrtimer_restart timerfd_expired(struct hrtimer *t)
{
	struct timerfd_ctx *ctx = container_of(t, struct timerfd_ctx, timer);
	unsigned long flags;

	spin_lock_irqsave(&ctx->lock, flags);
	ctx->ticks++;
	if (!ctx->interval_ns)
		ctx->armed = false;
	spin_unlock_irqrestore(&ctx->lock, flags);
	if (wq_has_sleeper(&ctx->wq))
		__wake_up(&ctx->wq, TASK_NORMAL, 1, poll_to_key(EPOLLIN));
	return HRTIMER_NORESTART; /* a periodic one is set again by whoever reads: nobody reads, no interrupts */
}

/* Takes the count; a periodic timer moves on to its next period. */
static u64 take_ticks(struct timerfd_ctx *ctx)
{
	unsigned long flags;
	u64 n;

	spin_lock_irqsave(&ctx->lock, flags);
	n = ctx->ticks;
	ctx->ticks = 0;
	if (n && ctx->armed && ctx->interval_ns) {
		n += hrtimer_forward(&ctx->timer, ktime_get_ns(), ctx->interval_ns) - 1;
		hrtimer_start(&ctx->timer, ctx->timer.expires_ns);
	}
	spin_unlock_irqrestore(&ctx->lock, flags);
	return n;
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct timerfd_ctx *ctx = f->private_data;
	u64 n;

	if (iov_iter_count(to) < sizeof(n))
		return -EINVAL;
	n = take_ticks(ctx);
	if (!n) {
		if (f->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->wq, (n = take_ticks(ctx)) != 0))
			return -ERESTARTSYS;
	}
	return copy_to_iter(&n, sizeof(n), to) == sizeof(n) ? (ssize_t)sizeof(n) : -EFAULT;
}

static __poll_t timerfd_poll(struct file *f, struct poll_table_struct *pt)
{
	struct timerfd_ctx *ctx = f->private_data;

	poll_wait(f, &ctx->wq, pt);
	return READ_ONCE(ctx->ticks) ? EPOLLIN : 0;
}

static int timerfd_release(struct inode *inode, struct file *f)
{
	struct timerfd_ctx *ctx = f->private_data;

	hrtimer_cancel(&ctx->timer);
	kfree(ctx);
	return 0;
}

static const struct file_operations timerfd_fops = {
	.read_iter = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.llseek = no_llseek,
};

long sys_timerfd_create(int clock, int flags)
{
	struct timerfd_ctx *ctx;
	int fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	spin_lock_init(&ctx->lock);
	init_waitqueue_head(&ctx->wq);
	hrtimer_setup(&ctx->timer, timerfd_expired);
	ctx->clock = clock;
	fd = anon_inode_getfd("anon_inode:[timerfd]", &timerfd_fops, ctx,
			      O_RDWR | ((u32)flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

/* --- set and get --- */

static bool valid(const struct __kernel_timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < (long long)NSEC_PER_SEC;
}

static u64 to_ns(const struct __kernel_timespec *ts)
{
	if (ts->tv_sec >= (long long)(S64_MAX / (s64)NSEC_PER_SEC))
		return S64_MAX;
	return (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
}

static struct __kernel_timespec from_ns(u64 ns)
{
	return (struct __kernel_timespec){ (long long)(ns / NSEC_PER_SEC), (long long)(ns % NSEC_PER_SEC) };
}

/* What is left and the interval, as programs see them. ctx->lock held. */
static struct __kernel_itimerspec current_setting(struct timerfd_ctx *ctx)
{
	u64 now = ktime_get_ns(), left = 0;

	if (ctx->armed && ctx->ticks && ctx->interval_ns) {
		ctx->ticks += hrtimer_forward(&ctx->timer, now, ctx->interval_ns) - 1;
		hrtimer_start(&ctx->timer, ctx->timer.expires_ns);
	}
	if (ctx->armed)
		left = ctx->timer.expires_ns > now ? ctx->timer.expires_ns - now : 1;
	return (struct __kernel_itimerspec){ from_ns(ctx->interval_ns), from_ns(left) };
}

/* When the timer runs out in monotonic time. */
static u64 expiry(const struct timerfd_ctx *ctx, u64 value_ns, bool absolute)
{
	u64 now = ktime_get_ns(), real;

	if (!absolute)
		return value_ns > S64_MAX - now ? S64_MAX : now + value_ns;
	if (ctx->clock != CLOCK_REALTIME)
		return value_ns;
	real = ktime_get_real_ns();
	return value_ns <= real ? now : now + (value_ns - real);
}

static void set_timer(struct timerfd_ctx *ctx, const struct __kernel_itimerspec *new, bool absolute,
		      struct __kernel_itimerspec *old)
{
	u64 value_ns = to_ns(&new->it_value);

	for (;;) {
		spin_lock_irq(&ctx->lock);
		*old = current_setting(ctx);
		if (hrtimer_try_to_cancel(&ctx->timer) >= 0)
			break; /* and nobody else starts it while we hold the lock */
		spin_unlock_irq(&ctx->lock); /* its handler runs on another CPU and wants this lock */
		cpu_relax();
	}
	ctx->ticks = 0;
	ctx->interval_ns = value_ns ? to_ns(&new->it_interval) : 0;
	ctx->armed = value_ns != 0;
	if (value_ns)
		hrtimer_start(&ctx->timer, expiry(ctx, value_ns, absolute));
	spin_unlock_irq(&ctx->lock);
}

static struct file *timerfd_fget(int fd, long *err)
{
	struct file *f = fget((unsigned int)fd);

	*err = f ? -EINVAL : -EBADF;
	if (!f || f->f_op == &timerfd_fops)
		return f;
	fput(f);
	return NULL;
}

long sys_timerfd_settime(int fd, int flags, const struct __kernel_itimerspec __user *unew,
			 struct __kernel_itimerspec __user *uold)
{
	struct __kernel_itimerspec new, old;
	struct file *f;
	long err;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if ((flags & ~TFD_TIMER_ABSTIME) || !valid(&new.it_value) || !valid(&new.it_interval))
		return -EINVAL;
	f = timerfd_fget(fd, &err);
	if (!f)
		return err;
	set_timer(f->private_data, &new, flags & TFD_TIMER_ABSTIME, &old);
	fput(f);
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_timerfd_gettime(int fd, struct __kernel_itimerspec __user *ucur)
{
	struct __kernel_itimerspec cur;
	struct timerfd_ctx *ctx;
	struct file *f;
	long err;

	f = timerfd_fget(fd, &err);
	if (!f)
		return err;
	ctx = f->private_data;
	spin_lock_irq(&ctx->lock);
	cur = current_setting(ctx);
	spin_unlock_irq(&ctx->lock);
	fput(f);
	return copy_to_user(ucur, &cur, sizeof(cur)) ? -EFAULT : 0;
}
