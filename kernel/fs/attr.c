/* kernel/fs/attr.c - chmod, chown, times, access: the calls around inode.c's setattr functions
 *
 * Called: programs, through their system calls (process context).
 * Absent: extended attributes; every call answers EOPNOTSUPP once its path is found to be sound.
 */
#include "kernel/fs/internal.h"
#include <linux/utime.h>

static unsigned int lookup_flags(int flags)
{
	return (flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW) | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
}

static int file_path(unsigned int fd, bool raw, struct path *p)
{
	struct file *f = raw ? fget_raw(fd) : fget(fd);

	if (!f)
		return -EBADF;
	*p = f->f_path;
	path_get(p);
	fput(f);
	return 0;
}

/* --- mode --- */
static long sys_fchmodat(int dfd, const char __user *name, umode_t mode)
{
	struct path p;
	int err = user_path_at(dfd, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = setattr_mode(&p, mode);
	path_put(&p);
	return err;
}

static long sys_chmod(const char __user *name, umode_t mode)
{
	return sys_fchmodat(AT_FDCWD, name, mode);
}

static long sys_fchmod(unsigned int fd, umode_t mode)
{
	struct path p;
	int err = file_path(fd, false, &p);

	if (err)
		return err;
	err = setattr_mode(&p, mode);
	path_put(&p);
	return err;
}

/* --- owner --- */
static long sys_fchownat(int dfd, const char __user *name, uid_t uid, gid_t gid, int flags)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_at(dfd, name, lookup_flags(flags), &p);
	if (err)
		return err;
	err = setattr_owner(&p, uid, gid);
	path_put(&p);
	return err;
}

static long sys_chown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, 0);
}

static long sys_lchown(const char __user *name, uid_t uid, gid_t gid)
{
	return sys_fchownat(AT_FDCWD, name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

static long sys_fchown(unsigned int fd, uid_t uid, gid_t gid)
{
	struct path p;
	int err = file_path(fd, false, &p);

	if (err)
		return err;
	err = setattr_owner(&p, uid, gid);
	path_put(&p);
	return err;
}

/* --- times --- */
#ifndef UTIME_NOW
#define UTIME_NOW ((1l << 30) - 1l)
#define UTIME_OMIT ((1l << 30) - 2l)
#endif

/* ts[0] access, ts[1] modification; NULL: now. */
static int set_times(struct path *p, const struct timespec *ts)
{
	u64 now = ktime_get_real_ns(), ns[2] = { now, now };
	u32 which = SET_ATIME | SET_MTIME;
	bool all_now = true;

	for (int i = 0; ts && i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_OMIT)
			which &= ~(i ? SET_MTIME : SET_ATIME);
		else if (ts[i].tv_nsec != UTIME_NOW)
			ns[i] = (u64)ts[i].tv_sec * NSEC_PER_SEC + ts[i].tv_nsec;
		all_now &= ts[i].tv_nsec == UTIME_NOW;
	}
	return which ? setattr_times(p, ns[0], ns[1], which, all_now) : 0;
}

static bool times_are_sound(const struct timespec *ts)
{
	for (int i = 0; i < 2; i++) {
		if (ts[i].tv_nsec == UTIME_NOW || ts[i].tv_nsec == UTIME_OMIT)
			continue;
		if ((u64)ts[i].tv_nsec >= NSEC_PER_SEC || (u64)ts[i].tv_sec > U64_MAX / 2 / NSEC_PER_SEC)
			return false;
	}
	return true;
}

static long times_at(int dfd, const char __user *name, const struct timespec *ts, int flags)
{
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH) || (ts && !times_are_sound(ts)))
		return -EINVAL;
	if (!name)
		err = dfd == AT_FDCWD ? -EFAULT : file_path(dfd, true, &p);
	else
		err = user_path_at(dfd, name, lookup_flags(flags), &p);
	if (err)
		return err;
	err = set_times(&p, ts);
	path_put(&p);
	return err;
}

static long sys_utimensat(int dfd, const char __user *name, const struct timespec __user *uts, int flags)
{
	struct timespec ts[2];

	if (uts && copy_from_user(ts, uts, sizeof(ts)))
		return -EFAULT;
	return times_at(dfd, name, uts ? ts : NULL, flags);
}

static long sys_futimesat(int dfd, const char __user *name, const struct timeval __user *utv)
{
	struct timespec ts[2];
	struct timeval tv[2];

	if (utv && copy_from_user(tv, utv, sizeof(tv)))
		return -EFAULT;
	for (int i = 0; utv && i < 2; i++) {
		if ((u64)tv[i].tv_usec >= USEC_PER_SEC)
			return -EINVAL;
		ts[i] = (struct timespec){ .tv_sec = tv[i].tv_sec, .tv_nsec = tv[i].tv_usec * NSEC_PER_USEC };
	}
	return times_at(dfd, name, utv ? ts : NULL, 0);
}

static long sys_utimes(const char __user *name, const struct timeval __user *tv)
{
	return sys_futimesat(AT_FDCWD, name, tv);
}

static long sys_utime(const char __user *name, const struct utimbuf __user *ut)
{
	struct timespec ts[2] = { { 0 } };
	struct utimbuf t;

	if (ut && copy_from_user(&t, ut, sizeof(t)))
		return -EFAULT;
	if (ut) {
		ts[0].tv_sec = t.actime;
		ts[1].tv_sec = t.modtime;
	}
	return times_at(AT_FDCWD, name, ut ? ts : NULL, 0);
}

/* --- access: asks with the real ids, as a set-id program must --- */
static struct cred *real_creds(void)
{
	struct cred *c = prepare_creds();

	if (!c)
		return NULL;
	c->fsuid = c->uid;
	c->fsgid = c->gid;
	c->cap_effective = c->uid ? 0 : c->cap_permitted;
	return c;
}

static int access_path(const struct path *p, int mode)
{
	const struct inode *inode = p->dentry->d_inode;

	if (mode & MAY_WRITE && mnt_want_write(p) && !S_ISCHR(inode->i_mode))
		return -EROFS;
	if (mode & MAY_EXEC && S_ISREG(inode->i_mode) && p->mnt->mnt_flags & MS_NOEXEC)
		return -EACCES;
	return mode ? inode_permission(inode, mode) : 0;
}

static long sys_faccessat2(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *mine = current->cred;
	struct cred *real = NULL;
	struct path p;
	int err;

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC) || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!(flags & AT_EACCESS)) {
		real = real_creds();
		if (!real)
			return -ENOMEM;
		rcu_assign_pointer(current->cred, real);
	}
	err = user_path_at(dfd, name, lookup_flags(flags), &p);
	if (!err) {
		err = access_path(&p, mode);
		path_put(&p);
	}
	if (real) {
		rcu_assign_pointer(current->cred, mine);
		put_cred(real);
	}
	return err;
}

static long sys_faccessat(int dfd, const char __user *name, int mode)
{
	return sys_faccessat2(dfd, name, mode, 0);
}

static long sys_access(const char __user *name, int mode)
{
	return sys_faccessat2(AT_FDCWD, name, mode, 0);
}

/* --- extended attributes --- */
static int path_exists(const char __user *name, unsigned int lookup)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, lookup, &p);

	if (!err)
		path_put(&p);
	return err;
}

static long sys_xattr(const char __user *name)
{
	int err = path_exists(name, LOOKUP_FOLLOW);

	return err ? err : -EOPNOTSUPP;
}

static long sys_lxattr(const char __user *name)
{
	int err = path_exists(name, 0);

	return err ? err : -EOPNOTSUPP;
}

static long sys_fxattr(unsigned int fd)
{
	struct path p;
	int err = file_path(fd, false, &p);

	if (err)
		return err;
	path_put(&p);
	return -EOPNOTSUPP;
}

static long sys_no_handles(void)
{
	return -EOPNOTSUPP;
}

#define XATTR(call, fn) { __NR_##call, (void *)(fn), #call }

void attr_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(chmod),	    SYSCALL(fchmod),	 SYSCALL(fchmodat),  SYSCALL(chown),	   SYSCALL(fchown),
		SYSCALL(lchown),    SYSCALL(fchownat),	 SYSCALL(utime),     SYSCALL(utimes),	   SYSCALL(futimesat),
		SYSCALL(utimensat), SYSCALL(access),	 SYSCALL(faccessat), SYSCALL(faccessat2),
		XATTR(setxattr, sys_xattr),	XATTR(lsetxattr, sys_lxattr),	    XATTR(fsetxattr, sys_fxattr),
		XATTR(getxattr, sys_xattr),	XATTR(lgetxattr, sys_lxattr),	    XATTR(fgetxattr, sys_fxattr),
		XATTR(listxattr, sys_xattr),	XATTR(llistxattr, sys_lxattr),	    XATTR(flistxattr, sys_fxattr),
		XATTR(removexattr, sys_xattr),	XATTR(lremovexattr, sys_lxattr),    XATTR(fremovexattr, sys_fxattr),
		XATTR(name_to_handle_at, sys_no_handles),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
