/* kernel/fs/tmpfs.c - the file system in memory: the root, /dev, /tmp
 *
 * What:   names are pinned dentries; the bytes are tmpfs_file.c's.
 * Called: the VFS.
 * Locks:  the directory's i_lock, held by the VFS for changes.
 */
#include "kernel/fs/tmpfs.h"
#include <asm/statfs.h>

static const struct inode_operations tmpfs_special_iops;
static const struct file_operations tmpfs_dir_fops;

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
	int err;

	if (flags & RENAME_EXCHANGE) {
		moved_dir(od->d_inode, odir, ndir);
		moved_dir(nd->d_inode, ndir, odir);
		d_exchange(od, nd);
	} else {
		/* What may fail comes first: a rename without memory must not cost the target. */
		if (!list_empty(&nd->d_subdirs))
			return -ENOTEMPTY;
		err = d_move(od, nd->d_parent, nd);
		if (err)
			return err;
		if (nd->d_inode && S_ISDIR(nd->d_inode->i_mode))
			tmpfs_rmdir(ndir, nd);
		else if (nd->d_inode)
			tmpfs_unlink(ndir, nd);
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

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, f->f_inode->i_ino, S_IFDIR >> 12))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d_parent_ino(dir), S_IFDIR >> 12))
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
	tmpfs_recharge(inode);
}

static void tmpfs_kill(struct super_block *sb)
{
	d_kill_tree(sb->s_root, true);
	kfree(sb->s_fs_info);
}

/* "64m", or "50%" of total pages, as a number of pages. */
static bool parse_size(const char *s, u64 total, u64 *pages)
{
	static const char units[] = "kmgt";
	const char *unit;
	char *end;
	u64 v = simple_strtoull(s, &end, 10);
	int shift;

	if (end == s || (*end && end[1]))
		return false;
	if (*end == '%') {
		*pages = total * min(v, (u64)100) / 100;
		return true;
	}
	unit = *end ? strchr(units, *end | 0x20) : NULL;
	if (*end && !unit)
		return false;
	shift = unit ? 10 * (int)(unit - units + 1) : 0;
	if (v > (u64)S64_MAX >> shift)
		return false;
	*pages = DIV_ROUND_UP(v << shift, PAGE_SIZE);
	return true;
}

/* "size=64m,mode=1777": what we know of tmpfs(5); the rest is refused. */
static int parse_options(char *opts, struct tmpfs_sb *ts, umode_t *mode)
{
	struct mem_stats ms;
	char *o, *end;
	u64 pages;

	mem_stats(&ms);
	ts->max_pages = ms.total / 2;
	while ((o = strsep(&opts, ",")) != NULL) {
		if (!*o)
			continue;
		if (!strncmp(o, "mode=", 5)) {
			*mode = simple_strtoull(o + 5, &end, 8) & 07777;
			continue;
		}
		if (strncmp(o, "size=", 5) || !parse_size(o + 5, ms.total, &pages))
			return -EINVAL;
		ts->max_pages = pages ? (s64)pages : (s64)ms.total;
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
	tmpfs_file_init();
	register_filesystem(&tmpfs_type);
}

/* For devtmpfs and devpts: one instance each, however often mounted. */
struct super_block *tmpfs_new_super(struct file_system_type *t)
{
	return tmpfs_mount(t, t->name, "");
}

void tmpfs_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(fallocate), SYSCALL(memfd_create) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
