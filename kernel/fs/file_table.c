/* kernel/fs/file_table.c - struct file from its birth to the last fput
 *
 * What:   allocation, references, closing, and files that have no name (sockets, pipes, eventfd ...).
 * Called: by open.c, by every room that makes descriptors, and on each system call that takes one.
 * Locks:  f_count is atomic. A struct file is freed after a grace period, so fdtable.c may look at one under RCU.
 * Absent: a limit on open files in all (file-max): memory is the limit.
 */
#include "kernel/fs/internal.h"
#include "kernel/sched/softirq.h"

static struct kmem_cache *file_cache;
static struct super_block sock_sb, pipe_sb, anon_sb; /* trees without names */
static struct inode *anon_inode;		     /* shared by all files of mode 0 */
static struct vfsmount pseudo_mnt;

/* Files whose last reference went in softirq wait here for a worker. */
static struct file *deferred;
static DEFINE_SPINLOCK(deferred_lock);
static struct work_struct deferred_work;

struct file *alloc_file(u32 flags)
{
	struct file *f = kmem_cache_zalloc(file_cache, GFP_KERNEL);

	if (!f)
		return ERR_PTR(-ENOMEM);
	refcount_set(&f->f_count, 1);
	f->f_flags = flags;
	f->f_mode = flags & O_PATH ? FMODE_PATH : ((flags & O_ACCMODE) + 1) & (FMODE_READ | FMODE_WRITE);
	mutex_init(&f->f_pos_lock);
	spin_lock_init(&f->f_lock);
	INIT_LIST_HEAD(&f->f_ep_links);
	INIT_LIST_HEAD(&f->f_async);
	f->f_cred = current_cred();
	if (f->f_cred)
		refcount_inc(&((struct cred *)f->f_cred)->usage);
	return f;
}

void file_set_mode(struct file *f)
{
	if (!f->f_op->llseek || f->f_op->llseek == no_llseek)
		f->f_mode |= FMODE_STREAM;
	else
		f->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
}

static void file_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(file_cache, container_of(head, struct file, rcu));
}

static void file_finish(struct file *f)
{
	if (!list_empty(&f->f_ep_links))
		eventpoll_release_file(f);
	if (f->f_inode)
		locks_remove_file(f);
	if ((f->f_flags & FASYNC || !list_empty(&f->f_async)) && f->f_op && f->f_op->fasync)
		f->f_op->fasync(-1, f, false);
	if (f->f_mode & FMODE_OPENED && f->f_op && f->f_op->release)
		f->f_op->release(f->f_inode, f);
	if (f->f_path.dentry)
		path_put(&f->f_path);
	if (f->f_cred)
		put_cred(f->f_cred);
	call_rcu(&f->rcu, file_free_rcu);
}

static void finish_deferred(struct work_struct *w)
{
	(void)w;
	for (;;) {
		struct file *f;

		spin_lock_bh(&deferred_lock);
		f = deferred;
		if (f)
			deferred = (struct file *)f->rcu.next;
		spin_unlock_bh(&deferred_lock);
		if (!f)
			return;
		file_finish(f);
	}
}

void get_file(struct file *f)
{
	refcount_inc(&f->f_count);
}

void fput(struct file *f)
{
	if (!refcount_dec_and_test(&f->f_count))
		return;
	if (!in_interrupt()) {
		file_finish(f);
		return;
	}
	spin_lock_bh(&deferred_lock);
	f->rcu.next = (struct rcu_head *)deferred;
	deferred = f;
	spin_unlock_bh(&deferred_lock);
	schedule_work(&deferred_work);
}

/* What close() does with one descriptor's reference. Eats it. The flush hook's error is the answer. */
int filp_close(struct file *f, struct files_struct *owner)
{
	int err = 0;

	if (!(f->f_mode & FMODE_PATH)) {
		if (f->f_op->flush)
			err = f->f_op->flush(f);
		locks_remove_posix(f, owner);
	}
	fput(f);
	return err;
}

static struct inode *anon_file_inode(umode_t mode)
{
	struct inode *inode;

	if (!(mode & S_IFMT)) {
		ihold(anon_inode);
		return anon_inode;
	}
	inode = new_inode(S_ISSOCK(mode) ? &sock_sb : &pipe_sb);
	if (!inode)
		return NULL;
	inode->i_mode = mode & 07777 ? mode : mode | (S_ISSOCK(mode) ? 0777 : 0600);
	inode->i_uid = current_cred()->fsuid;
	inode->i_gid = current_cred()->fsgid;
	return inode;
}

static struct file *open_anon(const struct path *p, const struct file_operations *fops, void *priv, u32 flags)
{
	struct file *f = alloc_file(flags & (O_ACCMODE | O_NONBLOCK | O_APPEND | O_DIRECT | FASYNC));

	if (IS_ERR(f))
		return f;
	f->f_path = *p;
	path_get(p);
	f->f_inode = p->dentry->d_inode;
	f->f_op = fops;
	f->private_data = priv;
	file_set_mode(f);
	f->f_mode |= FMODE_OPENED;
	return f;
}

struct file *alloc_file_anon(umode_t mode, const char *name, const struct file_operations *fops, void *priv, u32 flags)
{
	struct inode *inode = anon_file_inode(mode);
	struct dentry *d;
	struct file *f;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	d = d_alloc_pseudo(inode->i_sb, name, inode);
	if (!d) {
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	f = open_anon(&(struct path){ .mnt = &pseudo_mnt, .dentry = d }, fops, priv, flags);
	dput(d);
	return f;
}

struct file *alloc_file_clone(struct file *base, u32 flags)
{
	return open_anon(&base->f_path, base->f_op, base->private_data, flags);
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, u32 flags)
{
	int fd = get_unused_fd_flags(flags & O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return fd;
	f = alloc_file_anon(0, name, fops, priv, flags);
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		return PTR_ERR(f);
	}
	fd_install(fd, f);
	return fd;
}

void kill_fasync_file(struct file *f, int band)
{
	pid_t owner = READ_ONCE(f->f_owner);
	int sig = f->f_owner_sig ? f->f_owner_sig : SIGIO;

	(void)band;
	if (!(f->f_flags & FASYNC) || !owner)
		return;
	if (owner > 0)
		kill_pid(owner, sig);
	else
		kill_pgrp(-owner, sig);
}

void fasync_list_init(struct fasync_list *l)
{
	spin_lock_init(&l->lock);
	INIT_LIST_HEAD(&l->files);
}

void fasync_set(struct fasync_list *l, struct file *f, bool on)
{
	unsigned long flags;

	spin_lock_irqsave(&l->lock, flags);
	list_del_init(&f->f_async);
	if (on)
		list_add_tail(&f->f_async, &l->files);
	spin_unlock_irqrestore(&l->lock, flags);
}

void fasync_tell(struct fasync_list *l, u32 modes, int band)
{
	unsigned long flags;
	struct file *f;

	if (likely(list_empty(&l->files)))
		return;
	spin_lock_irqsave(&l->lock, flags);
	list_for_each_entry(f, &l->files, f_async)
		if (f->f_mode & modes)
			kill_fasync_file(f, band);
	spin_unlock_irqrestore(&l->lock, flags);
}

static void pseudo_super(struct super_block *sb, u64 magic, u64 dev)
{
	sb->s_magic = magic;
	sb->s_flags = SB_PSEUDO;
	sb->s_dev = dev;
	refcount_set(&sb->s_count, 1);
}

void file_table_init(void)
{
	file_cache = kmem_cache_create("file", sizeof(struct file), 0, SLAB_HWCACHE_ALIGN, NULL);
	INIT_WORK(&deferred_work, finish_deferred);
}

/* After the inode and dentry caches. */
void anon_init(void)
{
	pseudo_super(&sock_sb, SOCKFS_MAGIC, 8);
	pseudo_super(&pipe_sb, PIPEFS_MAGIC, 13);
	pseudo_super(&anon_sb, ANON_INODE_FS_MAGIC, 14);
	refcount_set(&pseudo_mnt.mnt_count, 1);
	pseudo_mnt.mnt_sb = &anon_sb;
	anon_inode = new_inode(&anon_sb);
	BUG_UNLESS(file_cache && anon_inode);
	anon_inode->i_mode = 0600;
}
