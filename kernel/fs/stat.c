/* kernel/fs/stat.c - what a file says about itself: stat, statx, statfs, readlink
 *
 * Called: programs; nothing here changes anything.
 */
#include "kernel/fs/internal.h"
#include <asm/stat.h>
#include <asm/statfs.h>

static int put_stat(struct stat __user *ubuf, const struct kstat *k)
{
	struct stat st = {
		.st_dev = k->dev,
		.st_ino = k->ino,
		.st_nlink = k->nlink,
		.st_mode = k->mode,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = k->rdev,
		.st_size = k->size,
		.st_blksize = k->blksize,
		.st_blocks = k->blocks,
		.st_atime = k->atime_ns / NSEC_PER_SEC,
		.st_atime_nsec = k->atime_ns % NSEC_PER_SEC,
		.st_mtime = k->mtime_ns / NSEC_PER_SEC,
		.st_mtime_nsec = k->mtime_ns % NSEC_PER_SEC,
		.st_ctime = k->ctime_ns / NSEC_PER_SEC,
		.st_ctime_nsec = k->ctime_ns % NSEC_PER_SEC,
	};

	return copy_to_user(ubuf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int stat_at(int dfd, const char __user *name, int flags, struct kstat *k)
{
	unsigned int lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH && !name)
		err = kern_path_at(dfd, "", LOOKUP_EMPTY, &p);
	else
		err = user_path_at(dfd, name, lookup | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &p);
	if (err)
		return err;
	err = vfs_getattr(&p, k);
	path_put(&p);
	return err;
}

static long sys_newfstatat(int dfd, const char __user *name, struct stat __user *buf, int flags)
{
	struct kstat k;
	int err = stat_at(dfd, name, flags, &k);

	return err ? err : put_stat(buf, &k);
}

static long sys_stat(const char __user *name, struct stat __user *buf)
{
	return sys_newfstatat(AT_FDCWD, name, buf, 0);
}

static long sys_lstat(const char __user *name, struct stat __user *buf)
{
	return sys_newfstatat(AT_FDCWD, name, buf, AT_SYMLINK_NOFOLLOW);
}

static long sys_fstat(unsigned int fd, struct stat __user *buf)
{
	struct file *f = fget_raw(fd);
	struct kstat k;
	int err;

	if (!f)
		return -EBADF;
	err = vfs_getattr(&f->f_path, &k);
	fput(f);
	return err ? err : put_stat(buf, &k);
}

static struct statx_timestamp stamp(u64 ns)
{
	return (struct statx_timestamp){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}

static long sys_statx(int dfd, const char __user *name, unsigned int flags, unsigned int mask, struct statx __user *buf)
{
	struct kstat k;
	struct statx st;
	int err;

	if (mask & STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = stat_at(dfd, name, flags, &k);
	if (err)
		return err;
	memset(&st, 0, sizeof(st));
	st.stx_mask = STATX_BASIC_STATS;
	st.stx_blksize = k.blksize;
	st.stx_nlink = k.nlink;
	st.stx_uid = k.uid;
	st.stx_gid = k.gid;
	st.stx_mode = k.mode;
	st.stx_ino = k.ino;
	st.stx_size = k.size;
	st.stx_blocks = k.blocks;
	st.stx_atime = stamp(k.atime_ns);
	st.stx_mtime = stamp(k.mtime_ns);
	st.stx_ctime = stamp(k.ctime_ns);
	st.stx_rdev_major = MAJOR(k.rdev);
	st.stx_rdev_minor = MINOR(k.rdev);
	st.stx_dev_major = MAJOR(k.dev);
	st.stx_dev_minor = MINOR(k.dev);
	return copy_to_user(buf, &st, sizeof(st)) ? -EFAULT : 0;
}

static int do_statfs(const struct path *p, struct statfs __user *ubuf)
{
	struct super_block *sb = p->dentry->d_sb;
	struct statfs st;
	int err = 0;

	memset(&st, 0, sizeof(st));
	st.f_type = sb->s_magic;
	st.f_bsize = st.f_frsize = PAGE_SIZE;
	st.f_namelen = NAME_MAX;
	st.f_fsid.val[0] = sb->s_dev;
	st.f_flags = 0x20 | (p->mnt->mnt_flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)); /* ST_VALID */
	if (sb->statfs)
		err = sb->statfs(sb, &st);
	if (!err && copy_to_user(ubuf, &st, sizeof(st)))
		err = -EFAULT;
	return err;
}

static long sys_statfs(const char __user *name, struct statfs __user *buf)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = do_statfs(&p, buf);
	path_put(&p);
	return err;
}

static long sys_fstatfs(unsigned int fd, struct statfs __user *buf)
{
	struct file *f = fget_raw(fd);
	int err;

	if (!f)
		return -EBADF;
	err = do_statfs(&f->f_path, buf);
	fput(f);
	return err;
}

/* The text of the symlink d into buf (size bytes, no NUL). A magic link answers where it leads. */
static ssize_t link_text(struct dentry *d, char *buf, size_t size)
{
	const struct inode *inode = d->d_inode;
	size_t n;

	if (!inode->i_link)
		return inode->i_op && inode->i_op->readlink ? inode->i_op->readlink(d, buf, size) : -EINVAL;
	n = min(strlen(inode->i_link), size);
	memcpy(buf, inode->i_link, n);
	return n;
}

static long sys_readlinkat(int dfd, const char __user *name, char __user *ubuf, int size)
{
	struct path p;
	ssize_t n;
	char *buf;

	if (size <= 0)
		return -EINVAL;
	n = user_path_at(dfd, name, LOOKUP_EMPTY, &p);
	if (n)
		return n;
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!buf)
		n = -ENOMEM;
	else if (!S_ISLNK(p.dentry->d_inode->i_mode))
		n = -EINVAL;
	else
		n = link_text(p.dentry, buf, min((size_t)size, (size_t)PATH_MAX));
	if (n > 0 && copy_to_user(ubuf, buf, n))
		n = -EFAULT;
	kfree(buf);
	path_put(&p);
	return n;
}

static long sys_readlink(const char __user *name, char __user *buf, int size)
{
	return sys_readlinkat(AT_FDCWD, name, buf, size);
}

void stat_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(stat),	SYSCALL(lstat),	 SYSCALL(fstat),   SYSCALL(newfstatat), SYSCALL(statx),
		SYSCALL(statfs), SYSCALL(fstatfs), SYSCALL(readlink), SYSCALL(readlinkat),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
