/* kernel/fs/open.c - open(2) and its kin, and what changes the process's own view: chdir, chroot, umask
 *
 * What:   flags to rights, the walk (with the last name created under its directory's lock), the file system's open
 *         hook, truncation.
 * Called: programs, through their system calls (process context). filp_open() from the kernel.
 * Locks:  the directory's i_lock around creation; fs->lock for root, pwd and umask.
 * Absent: openat2 (ENOSYS), leases.
 */
#include "kernel/fs/internal.h"

#define OPEN_ONLY (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC)
#define PATH_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const struct file_operations path_fops;

static int no_open(struct inode *inode, struct file *f)
{
	return -ENXIO;
}
static const struct file_operations nxio_fops = { .open = no_open };

static const struct file_operations *fops_of(const struct inode *inode)
{
	if (S_ISFIFO(inode->i_mode))
		return &fifo_fops;
	if (S_ISCHR(inode->i_mode))
		return &def_chr_fops;
	if (S_ISBLK(inode->i_mode) || S_ISSOCK(inode->i_mode))
		return &nxio_fops;
	return inode->i_fop ? inode->i_fop : &nxio_fops;
}

static int access_mask(u32 flags)
{
	static const u8 masks[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return masks[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

/* May current open what p names with these flags? created: the one who makes a file may use it whatever its mode. */
static int may_open(const struct path *p, u32 flags, bool created)
{
	const struct inode *inode = p->dentry->d_inode;
	int mask = access_mask(flags);

	if (S_ISLNK(inode->i_mode))
		return -ELOOP;
	if (S_ISDIR(inode->i_mode) && (mask & MAY_WRITE || flags & O_CREAT))
		return -EISDIR;
	if (flags & O_DIRECTORY && !S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	if (S_ISCHR(inode->i_mode) && p->mnt->mnt_flags & MS_NODEV)
		return -EACCES;
	if (mask & MAY_WRITE && (S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)) && mnt_want_write(p))
		return -EROFS;
	if (flags & O_NOATIME && !inode_owner_or_capable(inode))
		return -EPERM;
	return created ? 0 : inode_permission(inode, mask);
}

/* Gives f its place and calls the open hook. On failure the caller fputs f. */
static int vfs_open(const struct path *p, struct file *f)
{
	int err;

	f->f_path = *p;
	path_get(p);
	f->f_inode = p->dentry->d_inode;
	if (f->f_mode & FMODE_PATH) {
		f->f_op = &path_fops;
		return 0;
	}
	f->f_op = fops_of(f->f_inode);
	err = f->f_op->open ? f->f_op->open(f->f_inode, f) : 0;
	if (err)
		return err;
	f->f_mode |= FMODE_OPENED;
	file_set_mode(f);
	return 0;
}

static int open_place(const struct path *p, struct file *f, bool created)
{
	u32 flags = f->f_flags;
	int err;

	if (f->f_mode & FMODE_PATH) {
		if (flags & O_DIRECTORY && !S_ISDIR(p->dentry->d_inode->i_mode))
			return -ENOTDIR;
		return vfs_open(p, f);
	}
	err = may_open(p, flags, created);
	if (!err)
		err = vfs_open(p, f);
	if (!err && flags & O_TRUNC && !created && S_ISREG(f->f_inode->i_mode))
		err = do_truncate(f->f_inode, 0);
	f->f_flags &= ~OPEN_ONLY;
	return err;
}

/* The last name with its directory known. 0: *p is the place. 1: *d is a symlink to go on with. Or -errno. */
static int open_last(struct nameidata *nd, u32 flags, umode_t mode, struct path *p, bool *created, struct dentry **link)
{
	struct inode *dir = nd->path.dentry->d_inode;
	struct dentry *d;
	int err = 0;

	mutex_lock(&dir->i_lock);
	d = lookup_locked(nd->path.dentry, nd->last, nd->last_len);
	if (IS_ERR(d)) {
		mutex_unlock(&dir->i_lock);
		return PTR_ERR(d);
	}
	if (!d->d_inode) {
		err = may_create(&nd->path);
		if (!err)
			err = dir->i_op->create ? dir->i_op->create(dir, d, S_IFREG | mode) : -EACCES;
		*created = !err;
	} else if (flags & O_EXCL) {
		err = -EEXIST;
	}
	mutex_unlock(&dir->i_lock);
	if (err) {
		dput(d);
		return err;
	}
	if (S_ISLNK(d->d_inode->i_mode) && !(flags & O_NOFOLLOW)) {
		*link = d;
		return 1;
	}
	*p = (struct path){ .mnt = nd->path.mnt, .dentry = d };
	mntget(p->mnt);
	follow_mount(p);
	return 0;
}

/* The walk ended in a place with no name left: "/", or where a magic link (/proc/self/fd/1) leads. */
static int open_here(const struct nameidata *nd, struct path *p)
{
	*p = nd->path;
	path_get(p);
	return 0;
}

static bool names_a_file(const struct nameidata *nd)
{
	return nd->last_len && !(nd->last_len <= 2 && !strncmp(nd->last, "..", nd->last_len)) && !nd->last_slash;
}

static int open_create(int dfd, const char *name, struct file *f, umode_t mode)
{
	struct dentry *link = NULL;
	struct nameidata nd;
	bool created = false;
	struct path p;
	int err = path_walk(&nd, dfd, name, LOOKUP_PARENT);

	if (err)
		return err;
	for (;;) {
		if (!nd.last_len)
			err = open_here(&nd, &p);
		else
			err = names_a_file(&nd) ? open_last(&nd, f->f_flags, mode, &p, &created, &link) : -EISDIR;
		if (err != 1)
			break;
		err = path_continue(&nd, link);
		if (err)
			break;
	}
	path_walk_end(&nd);
	if (err)
		return err;
	err = open_place(&p, f, created);
	path_put(&p);
	return err;
}

static int open_tmpfile(int dfd, const char *name, struct file *f, umode_t mode)
{
	struct path dir, p;
	int err = kern_path_at(dfd, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &dir);

	if (err)
		return err;
	err = may_create(&dir);
	if (!err)
		err = tmpfs_tmpfile(&dir, S_IFREG | mode, NULL, &p);
	path_put(&dir);
	if (err)
		return err;
	f->f_flags &= ~(O_TMPFILE | O_EXCL);
	err = open_place(&p, f, true);
	path_put(&p);
	return err;
}

static int open_existing(int dfd, const char *name, struct file *f)
{
	unsigned int lookup = f->f_flags & O_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int err = kern_path_at(dfd, name, lookup | (f->f_flags & O_DIRECTORY ? LOOKUP_DIRECTORY : 0), &p);

	if (err)
		return err;
	err = open_place(&p, f, false);
	path_put(&p);
	return err;
}

static struct file *do_filp_open(int dfd, const char *name, u32 flags, umode_t mode)
{
	bool tmpfile = (flags & O_TMPFILE) == O_TMPFILE;
	struct file *f;
	int err;

	if (flags & O_PATH)
		flags &= PATH_FLAGS;
	else
		flags |= O_LARGEFILE;
	if (!(flags & O_PATH) && (flags & O_TMPFILE & ~O_DIRECTORY) && (!tmpfile || !(access_mask(flags) & MAY_WRITE)))
		return ERR_PTR(-EINVAL);
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return ERR_PTR(-EINVAL);
	f = alloc_file(flags & ~O_CLOEXEC);
	if (IS_ERR(f))
		return f;
	if (tmpfile)
		err = open_tmpfile(dfd, name, f, mode);
	else if (flags & O_CREAT)
		err = open_create(dfd, name, f, mode);
	else
		err = open_existing(dfd, name, f);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

struct file *filp_open(const char *path, int flags, umode_t mode)
{
	return do_filp_open(AT_FDCWD, path, flags, mode & 07777);
}

static long sys_openat(int dfd, const char __user *uname, int flags, umode_t mode)
{
	char *name = getname(uname);
	struct file *f;
	int fd;

	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd >= 0) {
		f = do_filp_open(dfd, name, flags, mode & 07777 & ~current_umask());
		if (IS_ERR(f)) {
			put_unused_fd(fd);
			fd = PTR_ERR(f);
		} else {
			fd_install(fd, f);
		}
	}
	kfree(name);
	return fd;
}

static long sys_open(const char __user *name, int flags, umode_t mode)
{
	return sys_openat(AT_FDCWD, name, flags, mode);
}

static long sys_creat(const char __user *name, umode_t mode)
{
	return sys_openat(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* --- truncate --- */
int do_truncate(struct inode *inode, loff_t size)
{
	int err;

	if (!inode->i_op || !inode->i_op->truncate)
		return S_ISREG(inode->i_mode) ? 0 : -EINVAL; /* procfs: O_TRUNC by a shell's > is fine */
	if (size > 0 && (u64)size > rlimit(RLIMIT_FSIZE)) {
		send_signal(SIGXFSZ, NULL, current, false);
		return -EFBIG;
	}
	mutex_lock(&inode->i_lock);
	err = inode->i_op->truncate(inode, size);
	if (!err)
		file_remove_suid(inode);
	mutex_unlock(&inode->i_lock);
	return err;
}

static long sys_truncate(const char __user *name, long size)
{
	struct inode *inode;
	struct path p;
	int err;

	if (size < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	inode = p.dentry->d_inode;
	if (S_ISDIR(inode->i_mode))
		err = -EISDIR;
	else if (!S_ISREG(inode->i_mode))
		err = -EINVAL;
	else if (!(err = mnt_want_write(&p)))
		err = inode_permission(inode, MAY_WRITE);
	if (!err)
		err = do_truncate(inode, size);
	path_put(&p);
	return err;
}

static long sys_ftruncate(unsigned int fd, long size)
{
	struct file *f = fget(fd);
	long err = -EINVAL;

	if (!f)
		return -EBADF;
	if (size >= 0 && f->f_mode & FMODE_WRITE && S_ISREG(f->f_inode->i_mode))
		err = do_truncate(f->f_inode, size);
	fput(f);
	return err;
}

/* --- root, working directory, umask --- */
u32 current_umask(void)
{
	return current->fs ? READ_ONCE(current->fs->umask) : 022;
}

static long sys_umask(int mask)
{
	return __atomic_exchange_n(&current->fs->umask, mask & 0777, __ATOMIC_RELAXED);
}

/* Eats p's references. */
static void set_fs_path(struct path *slot, const struct path *p)
{
	struct fs_struct *fs = current->fs;
	struct path old;

	spin_lock(&fs->lock);
	old = *slot;
	*slot = *p;
	spin_unlock(&fs->lock);
	path_put(&old);
}

static long sys_chdir(const char __user *name)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->d_inode, MAY_EXEC);
	if (err)
		path_put(&p);
	else
		set_fs_path(&current->fs->pwd, &p);
	return err;
}

static long sys_fchdir(unsigned int fd)
{
	struct file *f = fget_raw(fd);
	int err;

	if (!f)
		return -EBADF;
	err = S_ISDIR(f->f_inode->i_mode) ? inode_permission(f->f_inode, MAY_EXEC) : -ENOTDIR;
	if (!err) {
		path_get(&f->f_path);
		set_fs_path(&current->fs->pwd, &f->f_path);
	}
	fput(f);
	return err;
}

static long sys_chroot(const char __user *name)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	if (err)
		return err;
	err = inode_permission(p.dentry->d_inode, MAY_EXEC);
	if (!err && !capable(CAP_SYS_CHROOT))
		err = -EPERM;
	if (err)
		path_put(&p);
	else
		set_fs_path(&current->fs->root, &p);
	return err;
}

static long sys_getcwd(char __user *ubuf, unsigned long size)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	struct path pwd, root;
	bool reachable;
	long n;

	if (!buf)
		return -ENOMEM;
	get_current_root(&root);
	get_current_pwd(&pwd);
	text = path_from_root(&pwd, &root, buf, PATH_MAX, &reachable);
	if (d_unhashed(pwd.dentry))
		n = -ENOENT;
	else if (IS_ERR(text))
		n = PTR_ERR(text);
	else if ((n = buf + PATH_MAX - text) > size)
		n = -ERANGE;
	else if (copy_to_user(ubuf, text, n))
		n = -EFAULT;
	path_put(&pwd);
	path_put(&root);
	kfree(buf);
	return n;
}

void open_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(open),	SYSCALL(openat), SYSCALL(creat),  SYSCALL(truncate), SYSCALL(ftruncate),
		SYSCALL(umask), SYSCALL(chdir),	 SYSCALL(fchdir), SYSCALL(chroot),   SYSCALL(getcwd),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
