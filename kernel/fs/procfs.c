/* kernel/fs/procfs.c - /proc and /sys: the trees of registered names, and their files
 *
 * What:   rooms register a path with a show function, an iterator, or a sysctl; a lookup makes the dentry and inode.
 * Called: proc_create_* from every room at any time after the slab is up; the VFS.
 * Locks:  proc_lock guards the tree; entries are reference counted, so a file that is open outlives its name.
 * Absent: hidepid, subset, and everything about processes (proc_pid.c).
 */
#include "kernel/fs/proc_internal.h"

#define PROC_ROOT_INO 1

#define ROOT(r)                                                                                                        \
	{ .count = REFCOUNT_INIT(1), .kind = PROC_DIR, .mode = 0555, .ino = PROC_ROOT_INO,                             \
	  .children = LIST_HEAD_INIT(r.children), .sibling = LIST_HEAD_INIT(r.sibling) }
struct proc_dir_entry proc_root = ROOT(proc_root);
static struct proc_dir_entry sys_root = ROOT(sys_root);
static DEFINE_MUTEX(proc_lock);
static u64 last_ino = 100; /* [proc_lock] */
static const struct inode_operations proc_dir_iops, proc_root_iops, proc_file_iops;
static const struct file_operations proc_dir_fops, proc_root_fops, proc_file_fops;

static void pde_put(struct proc_dir_entry *e)
{
	if (refcount_dec_and_test(&e->count))
		kfree(e);
}

static struct proc_dir_entry *find_child(struct proc_dir_entry *dir, const char *name, size_t len)
{
	struct proc_dir_entry *e;

	list_for_each_entry(e, &dir->children, sibling)
		if (e->len == len && !memcmp(e->name, name, len))
			return e;
	return NULL;
}

static struct proc_dir_entry *add_child(struct proc_dir_entry *dir, const char *name, size_t len, umode_t mode,
					enum proc_kind kind, void *data)
{
	struct proc_dir_entry *e = kzalloc(sizeof(*e) + len + 1, GFP_KERNEL);

	if (!e)
		return ERR_PTR(-ENOMEM);
	refcount_set(&e->count, 1);
	e->kind = kind;
	e->mode = mode;
	e->ino = ++last_ino;
	e->parent = dir;
	e->data = data;
	e->len = len;
	memcpy(e->name, name, len);
	INIT_LIST_HEAD(&e->children);
	list_add_tail(&e->sibling, &dir->children);
	return e;
}

/* The directory of path below dir, made where absent; *name is what follows the last slash. proc_lock held. ERR_PTR. */
static struct proc_dir_entry *walk_dirs(struct proc_dir_entry *dir, const char *path, const char **name, bool create)
{
	struct proc_dir_entry *e;
	const char *slash;

	while (*path == '/')
		path++;
	while ((slash = strchr(path, '/')) != NULL) {
		e = find_child(dir, path, slash - path);
		if (!e && create)
			e = add_child(dir, path, slash - path, 0555, PROC_DIR, NULL);
		if (IS_ERR_OR_NULL(e))
			return e ? e : ERR_PTR(-ENOENT);
		if (e->kind != PROC_DIR)
			return ERR_PTR(-ENOTDIR);
		dir = e;
		path = slash + 1;
	}
	*name = path;
	return dir;
}

static struct proc_dir_entry *add_below(struct proc_dir_entry *root, const char *path,
					const struct proc_dir_entry *like)
{
	struct proc_dir_entry *dir, *e;
	const char *name;

	mutex_lock(&proc_lock);
	dir = walk_dirs(root, path, &name, true);
	if (IS_ERR(dir)) {
		e = dir;
	} else if (!*name || find_child(dir, name, strlen(name))) {
		e = ERR_PTR(-EEXIST);
	} else {
		e = add_child(dir, name, strlen(name), like->mode, like->kind, like->data);
		if (!IS_ERR(e)) {
			e->show = like->show;
			e->write = like->write;
			e->ops = like->ops;
		}
	}
	mutex_unlock(&proc_lock);
	return e;
}

struct proc_dir_entry *proc_add(const char *path, umode_t mode, enum proc_kind kind, void *data)
{
	struct proc_dir_entry like = { .mode = mode, .kind = kind, .data = data };

	if (kind == PROC_SYSCTL) {
		like.show = sysctl_show;
		like.write = sysctl_write;
	}
	return add_below(&proc_root, path, &like);
}

static int status_of(const struct proc_dir_entry *e) { return IS_ERR(e) ? PTR_ERR(e) : 0; }

int proc_create_single(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data), void *data)
{
	struct proc_dir_entry like = { .mode = mode, .kind = PROC_SINGLE, .show = show, .data = data };

	return status_of(add_below(&proc_root, path, &like));
}

int sysfs_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data),
		    ssize_t (*write)(const char *text, size_t n, void *data), void *data)
{
	struct proc_dir_entry like = { .mode = mode, .kind = PROC_SINGLE, .show = show, .write = write, .data = data };

	return status_of(add_below(&sys_root, path, &like));
}

int proc_create_seq(const char *path, umode_t mode, const struct seq_operations *ops, void *data)
{
	struct proc_dir_entry like = { .mode = mode, .kind = PROC_SEQ, .ops = ops, .data = data };

	if (!ops->start || !ops->next || !ops->stop || !ops->show)
		return -EINVAL;
	return status_of(add_below(&proc_root, path, &like));
}

int proc_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data),
		   ssize_t (*write)(const char *text, size_t n, void *data), void *data)
{
	struct proc_dir_entry like = { .mode = mode, .kind = PROC_SINGLE, .show = show, .write = write, .data = data };

	return status_of(add_below(&proc_root, path, &like));
}

/* A directory goes with what is in it: children first. proc_lock held. */
static void remove_locked(struct proc_dir_entry *top)
{
	struct proc_dir_entry *e = top, *parent;

	do {
		while (!list_empty(&e->children))
			e = list_first_entry(&e->children, struct proc_dir_entry, sibling);
		parent = e->parent;
		list_del_init(&e->sibling);
		e->removed = true;
		if (e == top)
			parent = NULL;
		pde_put(e);
		e = parent;
	} while (e);
}

static void remove_below(struct proc_dir_entry *root, const char *path)
{
	struct proc_dir_entry *dir, *e;
	const char *name;

	mutex_lock(&proc_lock);
	dir = walk_dirs(root, path, &name, false);
	e = IS_ERR(dir) ? NULL : find_child(dir, name, strlen(name));
	if (e)
		remove_locked(e);
	mutex_unlock(&proc_lock);
}

void proc_remove(const char *path) { remove_below(&proc_root, path); }
void sysfs_remove(const char *path) { remove_below(&sys_root, path); }

/* --- inodes and names --- */
struct inode *proc_inode_new(struct super_block *sb, umode_t mode, u64 ino)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_private = kzalloc(sizeof(struct proc_inode), GFP_KERNEL);
	if (!inode->i_private) {
		iput(inode);
		return NULL;
	}
	inode->i_mode = mode;
	inode->i_ino = ino;
	if (S_ISDIR(mode))
		inode->i_nlink = 2;
	return inode;
}

static void proc_evict(struct inode *inode)
{
	struct proc_inode *pi = PROC_I(inode);

	if (!pi)
		return;
	if (pi->pde)
		pde_put(pi->pde);
	if (pi->task)
		put_task_struct(pi->task);
	kfree(pi);
}

static struct inode *pde_inode(struct super_block *sb, struct proc_dir_entry *e)
{
	umode_t type = e->kind == PROC_DIR ? S_IFDIR : S_IFREG;
	struct inode *inode = proc_inode_new(sb, type | e->mode, e->ino);

	if (!inode)
		return NULL;
	refcount_inc(&e->count);
	PROC_I(inode)->pde = e;
	inode->i_op = e->kind == PROC_DIR ? &proc_dir_iops : &proc_file_iops;
	inode->i_fop = e->kind == PROC_DIR ? &proc_dir_fops : &proc_file_fops;
	return inode;
}

/* Leaves d negative where there is no such name. */
static struct dentry *pde_lookup(struct inode *dir, struct dentry *d)
{
	struct proc_dir_entry *e;
	struct inode *inode;

	mutex_lock(&proc_lock);
	e = find_child(PROC_I(dir)->pde, d->d_name, d->d_len);
	inode = e ? pde_inode(dir->i_sb, e) : NULL;
	mutex_unlock(&proc_lock);
	if (!e)
		return NULL;
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_instantiate(d, inode);
	return NULL;
}

static bool pde_revalidate(struct dentry *d)
{
	return !READ_ONCE(PROC_I(d->d_inode)->pde->removed);
}

/* Nobody can make a name here, so a missing one is an error to those who want to, too (mkdir /proc/x: ENOENT). */
static struct dentry *must_exist(struct dentry *d, struct dentry *r)
{
	return r || d->d_inode ? r : ERR_PTR(-ENOENT);
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *d)
{
	return must_exist(d, pde_lookup(dir, d));
}

static struct dentry *root_lookup(struct inode *dir, struct dentry *d)
{
	struct dentry *r = pde_lookup(dir, d);

	return must_exist(d, r || d->d_inode ? r : pid_lookup(dir, d));
}

bool emit_dots(struct file *f, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, f->f_inode->i_ino, S_IFDIR >> 12))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, f->f_path.dentry->d_parent->d_inode->i_ino, S_IFDIR >> 12))
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* A position is base plus the entry's number, which rises along the list. */
bool pde_emit(struct proc_dir_entry *dir, struct dir_context *ctx, loff_t base)
{
	struct proc_dir_entry *e;
	bool all = true;

	mutex_lock(&proc_lock);
	list_for_each_entry(e, &dir->children, sibling) {
		if (base + (loff_t)e->ino < ctx->pos)
			continue;
		ctx->pos = base + e->ino;
		all = dir_emit(ctx, e->name, e->len, e->ino, (e->kind == PROC_DIR ? S_IFDIR : S_IFREG) >> 12);
		if (!all)
			break;
		ctx->pos++;
	}
	mutex_unlock(&proc_lock);
	return all;
}

static int proc_iterate(struct file *f, struct dir_context *ctx)
{
	if (emit_dots(f, ctx))
		pde_emit(PROC_I(f->f_inode)->pde, ctx, 2);
	return 0;
}

#define PID_BASE (1l << 40)
static int root_iterate(struct file *f, struct dir_context *ctx)
{
	if (!emit_dots(f, ctx))
		return 0;
	if (ctx->pos < PID_BASE) {
		if (!pde_emit(&proc_root, ctx, 2))
			return 0;
		ctx->pos = PID_BASE;
	}
	pid_emit(ctx, PID_BASE);
	return 0;
}

/* --- files --- */
static int pde_open(struct inode *inode, struct file *f)
{
	struct proc_dir_entry *e = PROC_I(inode)->pde;

	if (e->kind == PROC_SYSCTL && f->f_mode & FMODE_WRITE && !(e->mode & 0222))
		return -EACCES; /* a fact is a fact to root, too */
	if (e->kind == PROC_SEQ)
		return seq_open(f, e->ops, e->data);
	return single_open(f, e->show, e->data);
}

static ssize_t pde_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct proc_dir_entry *e = PROC_I(f->f_inode)->pde;

	return e->kind == PROC_SEQ || e->show ? seq_read_iter(f, to, pos) : -EIO;
}

static ssize_t pde_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct proc_dir_entry *e = PROC_I(f->f_inode)->pde;
	size_t n = min(iov_iter_count(from), (size_t)65535);
	ssize_t done;
	char *text;

	if (!e->write)
		return -EIO;
	text = kvmalloc(n + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	done = copy_from_iter_full(text, n, from) ? 0 : -EFAULT;
	text[n] = '\0';
	if (!done)
		done = e->write(text, n, e->data);
	kvfree(text);
	if (done > 0)
		*pos += done;
	return done;
}

static const struct inode_operations proc_dir_iops = { .lookup = dir_lookup, .revalidate = pde_revalidate };
static const struct inode_operations proc_root_iops = { .lookup = root_lookup };
static const struct inode_operations proc_file_iops = { .revalidate = pde_revalidate };
static const struct file_operations proc_dir_fops = { .llseek = dir_llseek, .iterate = proc_iterate };
static const struct file_operations proc_root_fops = { .llseek = dir_llseek, .iterate = root_iterate };
static const struct file_operations proc_file_fops = {
	.open = pde_open,
	.release = seq_release,
	.read_iter = pde_read_iter,
	.write_iter = pde_write_iter,
	.llseek = seq_llseek,
};

/* --- the superblock: one, shared by all mounts. sysfs is a second tree of the same make. --- */
static struct super_block *proc_sb, *sys_sb;

static struct super_block *shared_super(struct file_system_type *t, const char *dev, const char *data)
{
	struct super_block *sb = strcmp(t->name, "sysfs") ? proc_sb : sys_sb;

	refcount_inc(&sb->s_count);
	return sb;
}

static struct super_block *make_super(struct file_system_type *t, struct proc_dir_entry *root, u64 magic)
{
	struct super_block *sb = alloc_super(t, magic);
	struct inode *inode;

	BUG_ON(IS_ERR(sb));
	sb->evict_inode = proc_evict;
	inode = pde_inode(sb, root);
	BUG_UNLESS(inode);
	sb->s_root = d_alloc_root(inode);
	BUG_UNLESS(sb->s_root);
	return sb;
}

static struct file_system_type proc_type = { .name = "proc", .mount = shared_super, .nodev = true };
static struct file_system_type sysfs_type = { .name = "sysfs", .mount = shared_super, .nodev = true };

void procfs_init(void)
{
	proc_sb = make_super(&proc_type, &proc_root, PROC_SUPER_MAGIC);
	proc_sb->s_root->d_inode->i_op = &proc_root_iops;
	proc_sb->s_root->d_inode->i_fop = &proc_root_fops;
	sys_sb = make_super(&sysfs_type, &sys_root, SYSFS_MAGIC);
	register_filesystem(&proc_type);
	register_filesystem(&sysfs_type);
	proc_text_init();
	proc_sys_init();
}
