/* kernel/fs/signalfd.c - pending signals as a file
 *
 * What:   read takes signals of the reader (not of who made the file) that are in the mask.
 * Called: programs.
 * Locks:  current's sighand->siglock for the signal queues; ctx->mask is one word.
 */
#include "kernel/fs/select.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "lib/string.h"
#include <linux/signalfd.h>

struct signalfd_ctx { u64 mask; };
static const struct file_operations signalfd_fops;

static int take_signal(struct signalfd_ctx *ctx, siginfo_t *info)
{
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(READ_ONCE(ctx->mask), info);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

static void describe_sender(struct signalfd_siginfo *out, const siginfo_t *info)
{
	out->ssi_pid = (u32)info->si_pid;
	out->ssi_uid = info->si_uid;
}

static void describe_by_signal(struct signalfd_siginfo *out, const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGCHLD:
		describe_sender(out, info);
		out->ssi_status = info->si_status;
		out->ssi_utime = (u64)info->si_utime;
		out->ssi_stime = (u64)info->si_stime;
		break;
	case SIGIO:
		out->ssi_band = (u32)info->si_band;
		out->ssi_fd = info->si_fd;
		break;
	case SIGSEGV: case SIGBUS: case SIGILL: case SIGFPE: case SIGTRAP:
		out->ssi_addr = (u64)(unsigned long)info->si_addr;
		break;
	default:
		describe_sender(out, info);
	}
}

static int copy_one(const siginfo_t *info, struct iov_iter *to)
{
	struct signalfd_siginfo out;

	memset(&out, 0, sizeof(out));
	out.ssi_signo = (u32)info->si_signo;
	out.ssi_errno = info->si_errno;
	out.ssi_code = info->si_code;
	if (info->si_code == SI_TIMER) {
		out.ssi_tid = (u32)info->si_tid;
		out.ssi_overrun = (u32)info->si_overrun;
		out.ssi_ptr = (u64)(unsigned long)info->si_ptr;
		out.ssi_int = info->si_int;
	} else if (info->si_code == SI_QUEUE || info->si_code == SI_MESGQ) {
		describe_sender(&out, info);
		out.ssi_ptr = (u64)(unsigned long)info->si_ptr;
		out.ssi_int = info->si_int;
	} else if (info->si_code <= 0) {
		describe_sender(&out, info);
	} else {
		describe_by_signal(&out, info);
	}
	return copy_to_iter(&out, sizeof(out), to) == sizeof(out) ? 0 : -EFAULT;
}

static int wait_signal(struct file *f, struct signalfd_ctx *ctx, siginfo_t *info)
{
	int sig = take_signal(ctx, info), err;

	if (sig)
		return sig;
	if (f->f_flags & O_NONBLOCK)
		return -EAGAIN;
	err = wait_event_interruptible(current->sighand->signalfd_wqh, (sig = take_signal(ctx, info)) != 0);
	return err ? err : sig;
}

static ssize_t signalfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct signalfd_ctx *ctx = f->private_data;
	ssize_t total = 0;
	siginfo_t info;
	int sig;

	if (iov_iter_count(to) < sizeof(struct signalfd_siginfo))
		return -EINVAL;
	while (iov_iter_count(to) >= sizeof(struct signalfd_siginfo)) {
		sig = total ? take_signal(ctx, &info) : wait_signal(f, ctx, &info);
		if (sig <= 0)
			return total ? total : sig;
		if (copy_one(&info, to))
			return total ? total : -EFAULT;
		total += (ssize_t)sizeof(struct signalfd_siginfo);
	}
	return total;
}

static __poll_t signalfd_poll(struct file *f, struct poll_table_struct *pt)
{
	struct signalfd_ctx *ctx = f->private_data;
	u64 pending;

	poll_wait(f, &current->sighand->signalfd_wqh, pt);
	spin_lock_irq(&current->sighand->siglock);
	pending = current->pending.signal | current->signal->shared_pending.signal;
	spin_unlock_irq(&current->sighand->siglock);
	return pending & READ_ONCE(ctx->mask) ? EPOLLIN : 0;
}

static int signalfd_release(struct inode *inode, struct file *f)
{
	kfree(f->private_data);
	return 0;
}

static const struct file_operations signalfd_fops = {
	.read_iter = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.llseek = no_llseek,
};

static long new_signalfd(u64 mask, int flags)
{
	struct signalfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	int fd;

	if (!ctx)
		return -ENOMEM;
	ctx->mask = mask;
	fd = anon_inode_getfd("anon_inode:[signalfd]", &signalfd_fops, ctx,
			      O_RDWR | ((u32)flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static long change_mask(int fd, u64 mask)
{
	struct file *f = fget((unsigned int)fd);
	long ret = -EINVAL;

	if (!f)
		return -EBADF;
	if (f->f_op == &signalfd_fops) {
		WRITE_ONCE(((struct signalfd_ctx *)f->private_data)->mask, mask);
		wake_up_all(&current->sighand->signalfd_wqh);
		ret = fd;
	}
	fput(f);
	return ret;
}

long sys_signalfd4(int fd, const void __user *umask, size_t size, int flags)
{
	u64 mask;

	if ((flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)) || size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	mask &= ~(SIGMASK(SIGKILL) | SIGMASK(SIGSTOP));
	return fd == -1 ? new_signalfd(mask, flags) : change_mask(fd, mask);
}

long sys_signalfd(int fd, const void __user *mask, size_t size) { return sys_signalfd4(fd, mask, size, 0); }
