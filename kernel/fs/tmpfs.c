/* kernel/fs/tmpfs.c - the file system in memory: the root, /dev, /tmp, and memfds
 *
 * What:   names are pinned dentries; a file's bytes are the pages of its page cache; pages that were never written are
 *         holes. The size limit (half of memory, or the mount's size=) counts pages of data.
 * Called: the VFS; mm through vm_ops when a program touches a mapped page.
 * Locks:  the directory's or file's i_lock, held by the VFS for changes. The page count is atomic.
 * Absent: swapping, reclaiming, quotas, FALLOC_FL_PUNCH_HOLE.
 */
#include "kernel/fs/internal.h"
#include <asm/statfs.h>
#include <linux/falloc.h>
#include <linux/memfd.h>

struct tmpfs_sb { s64 max_pages; atomic64_t used_pages; };

static const struct inode_operations tmpfs_file_iops, tmpfs_special_iops;
static const struct file_operations tmpfs_file_fops, tmpfs_dir_fops;
static struct vfsmount *memfd_mnt;
static struct vm_operations_struct tmpfs_vm_ops; /* generic_file_vm_ops with our fault; [C] after tmpfs_init */

/* --- pages and the limit --- */
static int charge(struct inode *inode, s64 pages)
{
	struct tmpfs_sb *ts = inode->i_sb->s_fs_info;

	if (atomic64_add_return(pages, &ts->used_pages) > ts->max_pages) {
		atomic64_sub(pages, &ts->used_pages);
		return -ENOSPC;
	}
	__atomic_fetch_add(&inode->i_pages, pages, __ATOMIC_RELAXED);
	return 0;
}

/* After pages went: what is charged is what is there. i_lock held, or the last reference. */
static void recharge(struct inode *inode)
{
	struct tmpfs_sb *ts = inode->i_sb->s_fs_info;
	s64 gone = (s64)inode->i_pages - (s64)inode->i_data.nrpages;

	atomic64_sub(gone, &ts->used_pages);
	inode->i_pages = inode->i_data.nrpages;
}

/* The page, made and charged when it was a hole. Referenced, or ERR_PTR(-ENOSPC, -ENOMEM). */
static struct page *get_file_page(struct inode *inode, u64 index)
{
	struct page *page = find_get_page(inode->i_mapping, index);
	int err;

	if (page)
		return page;
	err = charge(inode, 1);
	if (err)
		return ERR_PTR(err);
	page = find_or_create_page(inode->i_mapping, index, GFP_USER | __GFP_NORETRY);
	return page ? page : ERR_PTR(-ENOMEM);
}

static int tmpfs_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct page *page;

	if (vmf->pgoff < DIV_ROUND_UP((u64)vma->vm_file->f_inode->i_size, PAGE_SIZE)) {
		page = get_file_page(vma->vm_file->f_inode, vmf->pgoff);
		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
	}
	return generic_file_vm_ops.fault(vma, vmf);
}

static int tmpfs_mmap(struct file *f, struct vm_area_struct *vma)
{
	int err = generic_file_mmap(f, vma);

	if (!err)
		vma->vm_ops = &tmpfs_vm_ops;
	return err;
}

/* --- writing --- */
/* How many of n bytes may go to pos, by RLIMIT_FSIZE; -EFBIG with SIGXFSZ when none. */
static ssize_t within_limit(loff_t pos, size_t n)
{
	u64 limit = rlimit(RLIMIT_FSIZE);

	if ((u64)pos >= limit) {
		send_signal(SIGXFSZ, NULL, current, false);
		return -EFBIG;
	}
	if (n > (u64)S64_MAX - (u64)pos)
		n = (u64)S64_MAX - (u64)pos;
	return min((u64)n, limit - pos);
}

static ssize_t write_page(struct inode *inode, loff_t pos, size_t n, struct iov_iter *from)
{
	struct page *page = get_file_page(inode, pos >> PAGE_SHIFT);
	size_t done;

	if (IS_ERR(page))
		return PTR_ERR(page);
	done = copy_from_iter((char *)page_address(page) + (pos & (PAGE_SIZE - 1)), n, from);
	put_page(page);
	if (done && pos + (loff_t)done > inode->i_size)
		WRITE_ONCE(inode->i_size, pos + done);
	return done ? (ssize_t)done : -EFAULT;
}

static void zero_tail(struct inode *inode, loff_t from);

static ssize_t tmpfs_write_locked(struct inode *inode, struct iov_iter *from, loff_t pos, size_t n)
{
	size_t total = 0;
	ssize_t r = 0;

	if (pos > inode->i_size)
		zero_tail(inode, inode->i_size);
	while (total < n) {
		size_t chunk = min(PAGE_SIZE - ((pos + total) & (PAGE_SIZE - 1)), n - total);

		r = write_page(inode, pos + total, chunk, from);
		if (r < 0)
			break;
		total += r;
		if ((size_t)r < chunk)
			break;
		cond_resched();
	}
	if (!total)
		return r;
	file_remove_suid(inode);
	inode_touch(inode);
	return total;
}

static ssize_t tmpfs_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->f_inode;
	ssize_t n;

	if (!iov_iter_count(from))
		return 0;
	mutex_lock(&inode->i_lock);
	if (f->f_flags & O_APPEND)
		*pos = inode->i_size;
	n = within_limit(*pos, iov_iter_count(from));
	if (n > 0)
		n = tmpfs_write_locked(inode, from, *pos, n);
	if (n > 0)
		*pos += n;
	mutex_unlock(&inode->i_lock);
	return n;
}

/* What lies in the page behind the end may have been written through a mapping: it must read as zero later. */
static void zero_tail(struct inode *inode, loff_t from)
{
	size_t off = from & (PAGE_SIZE - 1);
	struct page *page = off ? find_get_page(inode->i_mapping, from >> PAGE_SHIFT) : NULL;

	if (!page)
		return;
	memset((char *)page_address(page) + off, 0, PAGE_SIZE - off);
	put_page(page);
}

static int tmpfs_truncate(struct inode *inode, loff_t size)
{
	loff_t old = inode->i_size;

	zero_tail(inode, min(size, old));
	WRITE_ONCE(inode->i_size, size);
	if (size < old) {
		truncate_inode_pages(inode->i_mapping, DIV_ROUND_UP((u64)size, PAGE_SIZE));
		zero_tail(inode, size); /* a mapping may have written between */
		recharge(inode);
	}
	inode_touch(inode);
	return 0;
}

/* posix_fallocate: every page exists afterwards, or none of the new ones is charged. */
static long allocate_range(struct inode *inode, loff_t off, loff_t end)
{
	for (u64 i = off >> PAGE_SHIFT; i < DIV_ROUND_UP((u64)end, PAGE_SIZE); i++) {
		struct page *page = get_file_page(inode, i);

		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
		if (fatal_signal_pending_current())
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long tmpfs_fallocate(struct inode *inode, int mode, loff_t off, loff_t len)
{
	loff_t end;
	long err;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	if (__builtin_add_overflow(off, len, &end) || (u64)end > rlimit(RLIMIT_FSIZE))
		return -EFBIG;
	mutex_lock(&inode->i_lock);
	zero_tail(inode, inode->i_size);
	err = allocate_range(inode, off, end);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->i_size)
		WRITE_ONCE(inode->i_size, end);
	if (!err)
		inode_touch(inode);
	mutex_unlock(&inode->i_lock);
	return err;
}

static long sys_fallocate(unsigned int fd, int mode, loff_t off, loff_t len)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	if (!(f->f_mode & FMODE_WRITE))
		err = -EBADF;
	else if (S_ISFIFO(f->f_inode->i_mode))
		err = -ESPIPE;
	else if (f->f_op != &tmpfs_file_fops)
		err = S_ISDIR(f->f_inode->i_mode) ? -EISDIR : -ENODEV;
	else
		err = tmpfs_fallocate(f->f_inode, mode, off, len);
	fput(f);
	return err;
}

/* --- names --- */
static struct inode *tmpfs_inode(struct super_block *sb, const struct inode *dir, umode_t mode, dev_t dev)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode_init_owner(inode, dir, mode);
	inode->i_rdev = dev;
	inode->i_op = S_ISREG(mode) ? &tmpfs_file_iops : S_ISDIR(mode) ? &tmpfs_dir_iops : &tmpfs_special_iops;
	inode->i_fop = S_ISREG(mode) ? &tmpfs_file_fops : S_ISDIR(mode) ? &tmpfs_dir_fops : NULL;
	if (S_ISDIR(mode))
		inode->i_nlink = 2;
	return inode;
}

/* The name exists from here on, pinned by one reference. */
static void add_name(struct inode *dir, struct dentry *d, struct inode *inode)
{
	dget(d);
	d_instantiate(d, inode);
	inode_touch(dir);
	dir->i_size += 20; /* as Linux's tmpfs counts a name */
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, umode_t mode, dev_t dev)
{
	struct inode *inode = tmpfs_inode(dir->i_sb, dir, mode, dev);

	if (!inode)
		return -ENOMEM;
	if (S_ISDIR(mode))
		dir->i_nlink++;
	add_name(dir, d, inode);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, umode_t mode)
{
	return tmpfs_mknod(dir, d, mode, 0);
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	struct inode *inode = tmpfs_inode(dir->i_sb, dir, S_IFLNK | 0777, 0);

	if (!inode)
		return -ENOMEM;
	inode->i_link = kstrdup(target, GFP_KERNEL);
	if (!inode->i_link) {
		iput(inode);
		return -ENOMEM;
	}
	inode->i_size = strlen(target);
	add_name(dir, d, inode);
	return 0;
}

static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *inode = old->d_inode;

	__atomic_fetch_add(&inode->i_nlink, 1, __ATOMIC_RELAXED);
	inode->i_ctime_ns = ktime_get_real_ns();
	ihold(inode);
	add_name(dir, d, inode);
	return 0;
}

static void remove_name(struct inode *dir, struct dentry *d)
{
	d_drop(d);
	inode_touch(dir);
	dir->i_size -= 20;
	d->d_inode->i_ctime_ns = dir->i_ctime_ns;
	dput(d); /* the pin; the VFS still holds its own */
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	__atomic_fetch_sub(&d->d_inode->i_nlink, 1, __ATOMIC_RELAXED);
	remove_name(dir, d);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (!list_empty(&d->d_subdirs))
		return -ENOTEMPTY;
	d->d_inode->i_nlink = 0;
	dir->i_nlink--;
	remove_name(dir, d);
	return 0;
}

static void moved_dir(struct inode *inode, struct inode *from, struct inode *to)
{
	if (!S_ISDIR(inode->i_mode) || from == to)
		return;
	from->i_nlink--;
	to->i_nlink++;
}

static int tmpfs_rename(struct inode *odir, struct dentry *od, struct inode *ndir, struct dentry *nd,
			unsigned int flags)
{
	struct dentry *parent = nd->d_parent;
	int err = 0;

	if (flags & RENAME_EXCHANGE) {
		moved_dir(od->d_inode, odir, ndir);
		moved_dir(nd->d_inode, ndir, odir);
		d_exchange(od, nd);
	} else {
		if (nd->d_inode)
			err = S_ISDIR(nd->d_inode->i_mode) ? tmpfs_rmdir(ndir, nd) : tmpfs_unlink(ndir, nd);
		if (!err)
			err = d_move(od, parent, nd);
		if (err)
			return err;
		moved_dir(od->d_inode, odir, ndir);
		odir->i_size -= 20;
		ndir->i_size += 20;
	}
	od->d_inode->i_ctime_ns = ktime_get_real_ns();
	inode_touch(odir);
	inode_touch(ndir);
	return 0;
}

/* Children stand in d_subdirs by rising d_off, so a position stays good whatever comes and goes. i_lock held. */
static int tmpfs_iterate(struct file *f, struct dir_context *ctx)
{
	struct dentry *dir = f->f_path.dentry, *d;
	u64 up = dir->d_parent->d_inode->i_ino;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, f->f_inode->i_ino, S_IFDIR >> 12))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, up, S_IFDIR >> 12))
			return 0;
		ctx->pos = 2;
	}
	list_for_each_entry(d, &dir->d_subdirs, d_child) {
		if ((loff_t)d->d_off < ctx->pos)
			continue;
		ctx->pos = d->d_off;
		if (!dir_emit(ctx, d->d_name, d->d_len, d->d_inode->i_ino, (d->d_inode->i_mode & S_IFMT) >> 12))
			return 0;
		ctx->pos = d->d_off + 1;
	}
	return 0;
}

/* --- for the kernel's own names: devices --- */
struct dentry *tmpfs_mknod_in(struct dentry *dir, const char *name, size_t len, umode_t mode, dev_t dev)
{
	struct inode *inode = dir->d_inode;
	struct dentry *d;
	int err = 0;

	mutex_lock(&inode->i_lock);
	d = lookup_locked(dir, name, len);
	if (!IS_ERR(d) && !d->d_inode)
		err = tmpfs_mknod(inode, d, mode, dev);
	mutex_unlock(&inode->i_lock);
	if (!err)
		return d;
	dput(d);
	return ERR_PTR(err);
}

void tmpfs_remove_in(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d;

	mutex_lock(&dir->d_inode->i_lock);
	d = lookup_locked(dir, name, len);
	if (!IS_ERR(d) && d->d_inode)
		tmpfs_unlink(dir->d_inode, d);
	mutex_unlock(&dir->d_inode->i_lock);
	if (!IS_ERR(d))
		dput(d);
}

/* A file without a name, in the file system of dir: O_TMPFILE, memfd. *out referenced. */
int tmpfs_tmpfile(const struct path *dir, umode_t mode, const char *name, struct path *out)
{
	struct super_block *sb = dir->dentry->d_sb;
	struct inode *inode;
	struct dentry *d;
	char buf[24];

	if (dir->dentry->d_inode->i_op != &tmpfs_dir_iops)
		return -EOPNOTSUPP;
	inode = tmpfs_inode(sb, dir->dentry->d_inode, mode, 0);
	if (!inode)
		return -ENOMEM;
	inode->i_nlink = 0;
	if (!name) {
		snprintf(buf, sizeof(buf), "#%llu", (unsigned long long)inode->i_ino);
		name = buf;
	}
	d = d_alloc(dir->dentry, name, strlen(name));
	if (!d) {
		iput(inode);
		return -ENOMEM;
	}
	d->d_inode = inode; /* never hashed: no lookup finds it */
	*out = (struct path){ .mnt = dir->mnt, .dentry = d };
	mntget(dir->mnt);
	return 0;
}

static const struct inode_operations tmpfs_file_iops = { .truncate = tmpfs_truncate };
static const struct inode_operations tmpfs_special_iops = {};
const struct inode_operations tmpfs_dir_iops = {
	.create = tmpfs_create,
	.mkdir = tmpfs_create,
	.mknod = tmpfs_mknod,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
};
static const struct file_operations tmpfs_file_fops = {
	.llseek = generic_file_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = tmpfs_write_iter,
	.mmap = tmpfs_mmap,
};
static const struct file_operations tmpfs_dir_fops = { .llseek = dir_llseek, .iterate = tmpfs_iterate };

/* --- the superblock --- */
static int tmpfs_statfs(struct super_block *sb, void *buf)
{
	struct tmpfs_sb *ts = sb->s_fs_info;
	struct statfs *st = buf;

	st->f_blocks = ts->max_pages;
	st->f_bfree = st->f_bavail = max(ts->max_pages - (s64)atomic64_read(&ts->used_pages), (s64)0);
	return 0;
}

static void tmpfs_evict(struct inode *inode)
{
	if (inode->i_data.nrpages)
		truncate_inode_pages(&inode->i_data, 0);
	recharge(inode);
}

static void tmpfs_kill(struct super_block *sb)
{
	d_kill_tree(sb->s_root, true);
	kfree(sb->s_fs_info);
}

/* "size=64m,mode=1777": what we know of tmpfs(5); the rest is refused. */
static int parse_options(char *opts, struct tmpfs_sb *ts, umode_t *mode)
{
	struct mem_stats ms;
	char *o, *end;
	u64 v;

	mem_stats(&ms);
	ts->max_pages = ms.total / 2;
	while ((o = strsep(&opts, ",")) != NULL) {
		if (!*o)
			continue;
		if (!strncmp(o, "mode=", 5)) {
			*mode = simple_strtoull(o + 5, &end, 8) & 07777;
			continue;
		}
		if (strncmp(o, "size=", 5))
			return -EINVAL;
		v = simple_strtoull(o + 5, &end, 10);
		if (*end == '%')
			v = ms.total * min(v, (u64)100) / 100;
		else
			v = DIV_ROUND_UP(v << (*end == 'k' ? 10 : *end == 'm' ? 20 : *end == 'g' ? 30 : 0), PAGE_SIZE);
		ts->max_pages = v ? (s64)v : (s64)ms.total;
	}
	return 0;
}

static struct super_block *tmpfs_mount(struct file_system_type *t, const char *dev, const char *data)
{
	struct super_block *sb = alloc_super(t, TMPFS_MAGIC);
	struct tmpfs_sb *ts = kzalloc(sizeof(*ts), GFP_KERNEL);
	char *opts = kstrdup(data ? data : "", GFP_KERNEL);
	umode_t mode = !strcmp(t->name, "tmpfs") && current->mm ? 01777 : 0755;
	struct inode *root = NULL;
	int err = -ENOMEM;

	if (!IS_ERR(sb) && ts && opts && !(err = parse_options(opts, ts, &mode))) {
		sb->s_fs_info = ts;
		sb->statfs = tmpfs_statfs;
		sb->evict_inode = tmpfs_evict;
		root = tmpfs_inode(sb, NULL, S_IFDIR | mode, 0);
		sb->s_root = root ? d_alloc_root(root) : NULL;
		err = sb->s_root ? 0 : -ENOMEM;
	}
	kfree(opts);
	if (!err)
		return sb;
	kfree(ts);
	kfree(IS_ERR(sb) ? NULL : sb);
	return ERR_PTR(err);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs", .mount = tmpfs_mount, .kill_sb = tmpfs_kill, .nodev = true
};

void tmpfs_init(void)
{
	tmpfs_vm_ops = generic_file_vm_ops;
	tmpfs_vm_ops.fault = tmpfs_fault;
	register_filesystem(&tmpfs_type);
}

/* For devtmpfs and devpts: one instance each, however often mounted. */
struct super_block *tmpfs_new_super(struct file_system_type *t)
{
	return tmpfs_mount(t, t->name, "");
}

/* --- memfd --- */
static long sys_memfd_create(const char __user *uname, unsigned int flags)
{
	struct path p, dir = { .mnt = memfd_mnt, .dentry = memfd_mnt->mnt_root };
	char name[7 + 249 + 1] = "memfd:";
	struct file *f;
	ssize_t n;
	int fd, err;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	n = strncpy_from_user(name + 6, uname, 250);
	if (n < 0 || n >= 250)
		return n < 0 ? n : -EINVAL;
	fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	f = alloc_file(O_RDWR | O_LARGEFILE);
	err = IS_ERR(f) ? PTR_ERR(f) : tmpfs_tmpfile(&dir, S_IFREG | 0777, name, &p);
	if (err) {
		if (!IS_ERR(f))
			fput(f);
		put_unused_fd(fd);
		return err;
	}
	f->f_path = p;
	f->f_inode = p.dentry->d_inode;
	f->f_op = &tmpfs_file_fops;
	f->f_mode |= FMODE_OPENED;
	file_set_mode(f);
	fd_install(fd, f);
	return fd;
}

void memfd_init(void)
{
	memfd_mnt = kern_mount("tmpfs", "memfd");
	BUG_ON(IS_ERR(memfd_mnt));
}

void tmpfs_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(fallocate), SYSCALL(memfd_create) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
