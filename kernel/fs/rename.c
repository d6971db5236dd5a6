/* kernel/fs/rename.c - moving a name, within a directory or between two
 *
 * Called: programs, through their system calls (process context).
 * Locks:  rename_mutex, for renames between directories, keeps the tree's shape still; then both parents, the upper
 *         one first, else by address; then a directory that would be replaced.
 */
#include "kernel/fs/internal.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE 2
#define RENAME_WHITEOUT 4
#endif

static DEFINE_MUTEX(rename_mutex);

static void lock_both(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		mutex_lock(&a->d_inode->i_lock);
		return;
	}
	mutex_lock(&rename_mutex);
	if (!d_is_ancestor(a, b) && (d_is_ancestor(b, a) || a > b))
		swap(a, b);
	mutex_lock(&a->d_inode->i_lock);
	mutex_lock(&b->d_inode->i_lock);
}

static void unlock_both(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->d_inode->i_lock);
	if (a == b)
		return;
	mutex_unlock(&b->d_inode->i_lock);
	mutex_unlock(&rename_mutex);
}

/* Is the pair legal, before anyone's rights are asked? */
static int check_pair(const struct nameidata *on, struct dentry *od, const struct nameidata *nn, struct dentry *nd,
		      unsigned int flags)
{
	bool dir = od->d_inode && S_ISDIR(od->d_inode->i_mode);

	if (!od->d_inode)
		return -ENOENT;
	if (flags & RENAME_NOREPLACE && nd->d_inode)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE && !nd->d_inode)
		return -ENOENT;
	if (!dir && (on->last_slash || (nn->last_slash && !(flags & RENAME_EXCHANGE))))
		return -ENOTDIR;
	if (d_is_ancestor(od, nn->path.dentry))
		return -EINVAL; /* into itself */
	if (nd->d_inode && d_is_ancestor(nd, on->path.dentry))
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_locked(struct nameidata *on, struct dentry *od, struct nameidata *nn, struct dentry *nd,
			 unsigned int flags)
{
	struct inode *odir = on->path.dentry->d_inode, *ndir = nn->path.dentry->d_inode;
	bool dir, replaced_dir;
	int err = check_pair(on, od, nn, nd, flags);

	if (err || od->d_inode == nd->d_inode)
		return err; /* two names of one file: POSIX wants nothing done */
	dir = S_ISDIR(od->d_inode->i_mode);
	err = may_delete(&on->path, od, dir);
	if (!err && !nd->d_inode)
		err = may_create(&nn->path);
	else if (!err && flags & RENAME_EXCHANGE)
		err = may_delete(&nn->path, nd, S_ISDIR(nd->d_inode->i_mode));
	else if (!err)
		err = may_delete(&nn->path, nd, dir);
	if (!err && dir && odir != ndir)
		err = inode_permission(od->d_inode, MAY_WRITE); /* its ".." changes */
	if (err)
		return err;
	if (!odir->i_op->rename)
		return -EPERM;
	replaced_dir = nd->d_inode && S_ISDIR(nd->d_inode->i_mode) && !(flags & RENAME_EXCHANGE);
	if (replaced_dir)
		mutex_lock(&nd->d_inode->i_lock);
	err = odir->i_op->rename(odir, od, ndir, nd, flags);
	if (replaced_dir)
		mutex_unlock(&nd->d_inode->i_lock);
	return err;
}

static bool is_plain_name(const struct nameidata *nd)
{
	return nd->last_len && !(nd->last_len <= 2 && !strncmp(nd->last, "..", nd->last_len));
}

static int rename_between(struct nameidata *on, struct nameidata *nn, unsigned int flags)
{
	struct dentry *od, *nd;
	int err;

	if (on->path.mnt != nn->path.mnt)
		return -EXDEV;
	if (!is_plain_name(on) || !is_plain_name(nn))
		return flags & RENAME_NOREPLACE && is_plain_name(on) ? -EEXIST : -EBUSY;
	lock_both(on->path.dentry, nn->path.dentry);
	od = lookup_locked(on->path.dentry, on->last, on->last_len);
	nd = IS_ERR(od) ? od : lookup_locked(nn->path.dentry, nn->last, nn->last_len);
	err = IS_ERR(nd) ? PTR_ERR(nd) : rename_locked(on, od, nn, nd, flags);
	unlock_both(on->path.dentry, nn->path.dentry);
	if (!IS_ERR(nd))
		dput(nd);
	if (!IS_ERR(od))
		dput(od);
	return err;
}

static int do_rename(int odfd, const char *old, int ndfd, const char *new, unsigned int flags)
{
	struct nameidata on, nn;
	int err = path_walk(&on, odfd, old, LOOKUP_PARENT);

	if (err)
		return err;
	err = path_walk(&nn, ndfd, new, LOOKUP_PARENT);
	if (!err) {
		err = rename_between(&on, &nn, flags);
		path_walk_end(&nn);
	}
	path_walk_end(&on);
	return err;
}

static long sys_renameat2(int odfd, const char __user *uold, int ndfd, const char __user *unew, unsigned int flags)
{
	char *old, *new;
	long err;

	if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	old = getname(uold);
	if (IS_ERR(old))
		return PTR_ERR(old);
	new = getname(unew);
	err = IS_ERR(new) ? PTR_ERR(new) : do_rename(odfd, old, ndfd, new, flags);
	kfree(IS_ERR(new) ? NULL : new);
	kfree(old);
	return err;
}

static long sys_renameat(int odfd, const char __user *old, int ndfd, const char __user *new)
{
	return sys_renameat2(odfd, old, ndfd, new, 0);
}

static long sys_rename(const char __user *old, const char __user *new)
{
	return sys_renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

void rename_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(rename), SYSCALL(renameat), SYSCALL(renameat2) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
