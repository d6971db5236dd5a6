/* kernel/fs/names.c - making and removing names: mknod, mkdir, symlink, link, unlink, rmdir
 *
 * What:   each call walks to the parent, locks it, checks rights, and asks the file system.
 * Called: programs, through their system calls (process context).
 * Locks:  the parent's i_lock around the change; rmdir also the victim's, so that nothing is born in it meanwhile.
 */
#include "kernel/fs/internal.h"

/* Makes what mode says at d. The directory is locked. */
static int make_node(const struct path *dir, struct dentry *d, umode_t mode, dev_t dev)
{
	struct inode *inode = dir->dentry->d_inode;
	const struct inode_operations *op = inode->i_op;
	int err = may_create(dir);

	if (err)
		return err;
	if (S_ISDIR(mode))
		return op->mkdir ? op->mkdir(inode, d, mode) : -EPERM;
	if (S_ISREG(mode))
		return op->create ? op->create(inode, d, mode) : -EPERM;
	return op->mknod ? op->mknod(inode, d, mode, dev) : -EPERM;
}

/* As name_begin(), for a name that must be new; only a directory's may end with a slash. On an error nothing
 * is held. */
static int new_name_begin(struct nameidata *nd, int dfd, const char *name, bool dir, struct dentry **d)
{
	int err = name_begin(nd, dfd, name, d);

	if (err)
		return err;
	if ((*d)->d_inode)
		err = -EEXIST;
	else if (nd->last_slash && !dir)
		err = -ENOENT;
	if (err)
		name_end(nd, *d);
	return err;
}

/* *made, when asked for, is the new inode, referenced. */
static int mknod_at(int dfd, const char *name, umode_t mode, dev_t dev, struct inode **made)
{
	struct nameidata nd;
	struct dentry *d;
	int err = new_name_begin(&nd, dfd, name, S_ISDIR(mode), &d);

	if (err)
		return err;
	err = make_node(&nd.path, d, mode, dev);
	if (!err && made) {
		ihold(d->d_inode);
		*made = d->d_inode;
	}
	name_end(&nd, d);
	return err;
}

int vfs_mknod(const char *path, umode_t mode, dev_t dev)
{
	return mknod_at(AT_FDCWD, path, mode, dev, NULL);
}

int vfs_make_socket(const char *path, umode_t mode, struct inode **inode)
{
	int err = mknod_at(AT_FDCWD, path, S_IFSOCK | (mode & 07777 & ~current_umask()), 0, inode);

	return err == -EEXIST ? -EADDRINUSE : err;
}

static long sys_mknodat(int dfd, const char __user *uname, umode_t mode, unsigned int dev)
{
	/* The ABI's number carries 12 bits of major and 20 of minor; ours has 8 of minor. */
	unsigned int major = (dev >> 8) & 0xfff, minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
	char *name;
	long err;

	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (S_ISDIR(mode))
		return -EPERM;
	if (!S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode) && !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return -EINVAL;
	if (S_ISCHR(mode) || S_ISBLK(mode)) {
		if (!capable(CAP_MKNOD))
			return -EPERM;
	}
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = mknod_at(dfd, name, mode & ~current_umask(), MKDEV(major, minor), NULL);
	kfree(name);
	return err;
}

static long sys_mknod(const char __user *name, umode_t mode, unsigned int dev)
{
	return sys_mknodat(AT_FDCWD, name, mode, dev);
}

static long sys_mkdirat(int dfd, const char __user *uname, umode_t mode)
{
	char *name = getname(uname);
	long err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = mknod_at(dfd, name, S_IFDIR | (mode & (0777 | S_ISVTX) & ~current_umask()), 0, NULL);
	kfree(name);
	return err;
}

static long sys_mkdir(const char __user *name, umode_t mode)
{
	return sys_mkdirat(AT_FDCWD, name, mode);
}

static int do_symlink(const char *target, int dfd, const char *name)
{
	struct nameidata nd;
	struct dentry *d;
	int err;

	if (!*target)
		return -ENOENT;
	err = new_name_begin(&nd, dfd, name, false, &d);
	if (err)
		return err;
	err = may_create(&nd.path);
	if (!err) {
		struct inode *dir = nd.path.dentry->d_inode;

		err = dir->i_op->symlink ? dir->i_op->symlink(dir, d, target) : -EPERM;
	}
	name_end(&nd, d);
	return err;
}

static long sys_symlinkat(const char __user *utarget, int dfd, const char __user *uname)
{
	char *target = getname(utarget), *name;
	long err;

	if (IS_ERR(target))
		return PTR_ERR(target);
	name = getname(uname);
	err = IS_ERR(name) ? PTR_ERR(name) : do_symlink(target, dfd, name);
	kfree(IS_ERR(name) ? NULL : name);
	kfree(target);
	return err;
}

static long sys_symlink(const char __user *target, const char __user *name)
{
	return sys_symlinkat(target, AT_FDCWD, name);
}

static int link_to(const struct path *old, int dfd, const char *name)
{
	struct nameidata nd;
	struct dentry *d;
	int err = new_name_begin(&nd, dfd, name, false, &d);

	if (err)
		return err;
	if (old->mnt != nd.path.mnt || old->dentry->d_sb != nd.path.dentry->d_sb)
		err = -EXDEV;
	else
		err = may_create(&nd.path);
	if (!err) {
		struct inode *dir = nd.path.dentry->d_inode;

		err = dir->i_op->link ? dir->i_op->link(old->dentry, dir, d) : -EPERM;
	}
	name_end(&nd, d);
	return err;
}

/* By kernel paths, for the initramfs. */
int vfs_link_path(const char *old, const char *new)
{
	struct path p;
	int err = kern_path_at(AT_FDCWD, old, 0, &p);

	if (err)
		return err;
	err = link_to(&p, AT_FDCWD, new);
	path_put(&p);
	return err;
}

static long sys_linkat(int odfd, const char __user *uold, int ndfd, const char __user *unew, int flags)
{
	unsigned int lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct path old;
	char *name;
	long err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	err = user_path_at(odfd, uold, lookup | (flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0), &old);
	if (err)
		return err;
	name = getname(unew);
	if (IS_ERR(name))
		err = PTR_ERR(name);
	else if (S_ISDIR(old.dentry->d_inode->i_mode))
		err = -EPERM;
	else
		err = link_to(&old, ndfd, name);
	kfree(IS_ERR(name) ? NULL : name);
	path_put(&old);
	return err;
}

static long sys_link(const char __user *old, const char __user *new)
{
	return sys_linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

static int do_unlink(int dfd, const char *name)
{
	struct nameidata nd;
	struct dentry *d;
	int err = name_begin(&nd, dfd, name, &d);

	if (err)
		return err == -EEXIST ? -EISDIR : err;
	err = may_delete(&nd.path, d, false);
	if (nd.last_slash && d->d_inode)
		err = S_ISDIR(d->d_inode->i_mode) ? -EISDIR : -ENOTDIR;
	if (!err) {
		struct inode *dir = nd.path.dentry->d_inode;

		err = dir->i_op->unlink ? dir->i_op->unlink(dir, d) : -EPERM;
	}
	name_end(&nd, d);
	return err;
}

/* "." is invalid, ".." is never empty, "/" is in use. */
static int why_not_rmdir(const char *name)
{
	size_t n = strlen(name);

	while (n && name[n - 1] == '/')
		n--;
	if (!n)
		return -EBUSY;
	return n >= 2 && name[n - 2] == '.' ? -ENOTEMPTY : -EINVAL;
}

static int do_rmdir(int dfd, const char *name)
{
	struct nameidata nd;
	struct inode *dir;
	struct dentry *d;
	int err = name_begin(&nd, dfd, name, &d);

	if (err)
		return err == -EEXIST ? why_not_rmdir(name) : err;
	dir = nd.path.dentry->d_inode;
	err = may_delete(&nd.path, d, true);
	if (!err && !dir->i_op->rmdir)
		err = -EPERM;
	if (!err) {
		mutex_lock(&d->d_inode->i_lock);
		err = dir->i_op->rmdir(dir, d);
		mutex_unlock(&d->d_inode->i_lock);
	}
	name_end(&nd, d);
	return err;
}

int vfs_unlink_path(const char *path)
{
	return do_unlink(AT_FDCWD, path);
}

static long sys_unlinkat(int dfd, const char __user *uname, int flags)
{
	char *name;
	long err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	name = getname(uname);
	if (IS_ERR(name))
		return PTR_ERR(name);
	err = flags & AT_REMOVEDIR ? do_rmdir(dfd, name) : do_unlink(dfd, name);
	kfree(name);
	return err;
}

static long sys_unlink(const char __user *name)
{
	return sys_unlinkat(AT_FDCWD, name, 0);
}

static long sys_rmdir(const char __user *name)
{
	return sys_unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

void names_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(mknod),	  SYSCALL(mknodat), SYSCALL(mkdir), SYSCALL(mkdirat), SYSCALL(symlink),
		SYSCALL(symlinkat), SYSCALL(link),  SYSCALL(linkat), SYSCALL(unlink), SYSCALL(unlinkat),
		SYSCALL(rmdir),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
