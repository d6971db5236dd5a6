/* kernel/fs/fcntl.c - calls about a descriptor or an open file rather than its bytes: fcntl, ioctl
 *
 * Called: programs, through their system calls (process context).
 * Locks:  f_lock around f_flags and the owner.
 * Absent: leases, notifications, seals (EINVAL), F_SETOWN_EX.
 */
#include "kernel/fs/internal.h"
#include <asm/ioctls.h>

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static long set_fasync(unsigned int fd, struct file *f, bool on)
{
	if (!!(f->f_flags & FASYNC) == on)
		return 0;
	return f->f_op->fasync ? f->f_op->fasync(fd, f, on) : -ENOTTY;
}

static void change_flags(struct file *f, u32 set, u32 clear)
{
	spin_lock(&f->f_lock);
	f->f_flags = (f->f_flags & ~clear) | set;
	spin_unlock(&f->f_lock);
}

static long set_flags(unsigned int fd, struct file *f, u32 flags)
{
	long err;

	if (flags & O_NOATIME && !(f->f_flags & O_NOATIME) && !inode_owner_or_capable(f->f_inode))
		return -EPERM;
	if (flags & O_DIRECT && !(f->f_flags & O_DIRECT) && S_ISREG(f->f_inode->i_mode))
		return -EINVAL;
	err = f->f_op->fasync ? set_fasync(fd, f, flags & FASYNC) : 0;
	if (err < 0)
		return err;
	if (!f->f_op->fasync)
		flags &= ~FASYNC;
	change_flags(f, flags & SETFL_MASK, SETFL_MASK);
	return 0;
}

static long dup_from(struct file *f, unsigned int start, unsigned int flags)
{
	int fd = get_unused_fd_from(start, flags);

	if (fd < 0)
		return fd;
	get_file(f);
	fd_install(fd, f);
	return fd;
}

static long get_cloexec(unsigned int fd)
{
	struct files_struct *files = current->files;
	long on = 0;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds)
		on = test_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	return on ? FD_CLOEXEC : 0;
}

static long set_cloexec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds && test_bit(fd, files->fdt->open_fds))
		on ? __set_bit(fd, files->fdt->close_on_exec) : __clear_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	return 0;
}

int file_set_owner(struct file *f, pid_t who)
{
	if (who == -INT_MAX - 1)
		return -EINVAL;
	if (who && !pid_number_in_use(who < 0 ? -who : who))
		return -ESRCH;
	WRITE_ONCE(f->f_owner, who);
	return 0;
}
pid_t file_get_owner(const struct file *f)
{
	pid_t who = READ_ONCE(f->f_owner);

	return who && is_somebody(who) ? who : 0;
}

static long lock_call(struct file *f, unsigned int cmd, struct flock __user *ufl)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;
	struct flock fl;
	long err;

	if (copy_from_user(&fl, ufl, sizeof(fl)))
		return -EFAULT;
	if (cmd != F_GETLK && cmd != F_OFD_GETLK)
		return fcntl_setlk(f, &fl, ofd, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
	err = fcntl_getlk(f, &fl, ofd);
	if (!err && copy_to_user(ufl, &fl, sizeof(fl)))
		err = -EFAULT;
	return err;
}


static long do_fcntl(unsigned int fd, struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(f, arg, 0);
	case F_DUPFD_CLOEXEC:
		return dup_from(f, arg, O_CLOEXEC);
	case F_GETFD:
		return get_cloexec(fd);
	case F_SETFD:
		return set_cloexec(fd, arg & FD_CLOEXEC);
	case F_GETFL:
		return f->f_flags;
	}
	if (f->f_mode & FMODE_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		return set_flags(fd, f, arg);
	case F_SETOWN:
		return file_set_owner(f, (pid_t)arg);
	case F_GETOWN:
		return file_get_owner(f);
	case F_SETSIG:
		if (arg > 64)
			return -EINVAL;
		f->f_owner_sig = arg;
		return 0;
	case F_GETSIG:
		return f->f_owner_sig;
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return lock_call(f, cmd, (struct flock __user *)arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	}
	return -EINVAL;
}

static long sys_fcntl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fget_raw(fd);
	long r;

	if (!f)
		return -EBADF;
	r = do_fcntl(fd, f, cmd, arg);
	fput(f);
	/* A negative F_GETOWN is a group, not an error, unless it looks like one; Linux lives with that too. */
	return r;
}

/* --- ioctl --- */
static long set_bool_flag(struct file *f, u32 flag, const int __user *uon)
{
	int on, err = get_user(on, uon);

	if (err)
		return err;
	change_flags(f, on ? flag : 0, on ? 0 : flag);
	return 0;
}

static long ioctl_fasync(unsigned int fd, struct file *f, const int __user *uon)
{
	int on;
	long err = get_user(on, uon);

	if (!err)
		err = set_fasync(fd, f, on);
	if (err < 0)
		return err;
	change_flags(f, on ? FASYNC : 0, on ? 0 : FASYNC);
	return 0;
}

static long sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fget(fd);
	long r = -ENOIOCTLCMD;

	if (!f)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		r = set_cloexec(fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		r = set_bool_flag(f, O_NONBLOCK, (const int __user *)arg);
		break;
	case FIOASYNC:
		r = ioctl_fasync(fd, f, (const int __user *)arg);
		break;
	case FIONREAD:
		if (S_ISREG(f->f_inode->i_mode))
			r = put_user((int)(f->f_inode->i_size - f->f_pos), (int __user *)arg);
		break;
	}
	if (r == -ENOIOCTLCMD && f->f_op->unlocked_ioctl)
		r = f->f_op->unlocked_ioctl(f, cmd, arg);
	fput(f);
	return r == -ENOIOCTLCMD ? -ENOTTY : r;
}

void fcntl_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(fcntl), SYSCALL(ioctl) };

	syscall_register(calls, ARRAY_SIZE(calls));
	locks_syscalls();
}
