/* kernel/fs/inode.c - inodes: life, who may do what with them, and changing what they say about themselves
 *
 * Called: by every file system and by the path walk.
 * Locks:  i_lock (sleeping) for size, mode and owner; i_count is atomic. iput may sleep.
 * Absent: ACLs and extended attributes (the calls answer EOPNOTSUPP).
 */
#include "kernel/fs/internal.h"

static struct kmem_cache *inode_cache;
static atomic64_t next_ino = ATOMIC_INIT(1000);

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = kmem_cache_zalloc(inode_cache, GFP_KERNEL);

	if (!inode)
		return NULL;
	refcount_set(&inode->i_count, 1);
	inode->i_ino = atomic64_inc_return(&next_ino);
	inode->i_nlink = 1;
	inode->i_sb = sb;
	inode->i_atime_ns = inode->i_mtime_ns = inode->i_ctime_ns = ktime_get_real_ns();
	mutex_init(&inode->i_lock);
	INIT_LIST_HEAD(&inode->i_flocks);
	address_space_init(&inode->i_data, inode);
	inode->i_mapping = &inode->i_data;
	return inode;
}

void ihold(struct inode *inode)
{
	refcount_inc(&inode->i_count);
}

void iput(struct inode *inode)
{
	if (!inode || !refcount_dec_and_test(&inode->i_count))
		return;
	if (inode->i_sb->evict_inode)
		inode->i_sb->evict_inode(inode);
	if (inode->i_data.nrpages)
		truncate_inode_pages(&inode->i_data, 0);
	if (inode->i_pipe)
		free_pipe_info(inode);
	kfree(inode->i_link);
	kmem_cache_free(inode_cache, inode);
}

void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode)
{
	const struct cred *cred = current_cred();

	inode->i_uid = cred->fsuid;
	inode->i_gid = cred->fsgid;
	inode->i_mode = mode;
	if (!dir || !(dir->i_mode & S_ISGID))
		return;
	inode->i_gid = dir->i_gid;
	if (S_ISDIR(mode))
		inode->i_mode |= S_ISGID;
}

void inode_touch(struct inode *inode)
{
	inode->i_mtime_ns = inode->i_ctime_ns = ktime_get_real_ns();
}

/* Linux's relatime: the access time moves when it would otherwise be older than the last change, or a day old. */
void file_accessed(struct file *f)
{
	struct inode *inode = f->f_inode;
	u64 now;

	if (f->f_flags & O_NOATIME)
		return;
	now = ktime_get_real_ns();
	if (inode->i_atime_ns <= inode->i_mtime_ns || inode->i_atime_ns <= inode->i_ctime_ns ||
	    now - inode->i_atime_ns > 86400 * NSEC_PER_SEC)
		inode->i_atime_ns = now;
}

static bool capable_over(const struct inode *inode, int mask)
{
	if (S_ISDIR(inode->i_mode))
		return capable(CAP_DAC_OVERRIDE) || (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH));
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return true;
	/* Even root executes only what somebody may execute. */
	return (!(mask & MAY_EXEC) || inode->i_mode & 0111) && capable(CAP_DAC_OVERRIDE);
}

/* mask of MAY_*; by current's fsuid, groups and capabilities. 0 or -EACCES. */
int inode_permission(const struct inode *inode, int mask)
{
	unsigned int mode = inode->i_mode;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (inode->i_uid == current_cred()->fsuid)
		mode >>= 6;
	else if (in_group_p(inode->i_gid))
		mode >>= 3;
	if (!(mask & ~mode))
		return 0;
	return capable_over(inode, mask) ? 0 : -EACCES;
}

bool inode_owner_or_capable(const struct inode *inode)
{
	return inode->i_uid == current_cred()->fsuid || capable(CAP_FOWNER);
}

int vfs_getattr(const struct path *p, struct kstat *st)
{
	struct inode *inode = p->dentry->d_inode;

	*st = (struct kstat){
		.dev = inode->i_sb->s_dev,
		.ino = inode->i_ino,
		.size = inode->i_size,
		.blocks = inode->i_pages * (PAGE_SIZE / 512),
		.atime_ns = inode->i_atime_ns,
		.mtime_ns = inode->i_mtime_ns,
		.ctime_ns = inode->i_ctime_ns,
		.mode = inode->i_mode,
		.nlink = inode->i_nlink,
		.uid = inode->i_uid,
		.gid = inode->i_gid,
		.rdev = inode->i_rdev,
		.blksize = PAGE_SIZE,
	};
	return inode->i_op && inode->i_op->getattr ? inode->i_op->getattr(inode, st) : 0;
}

/* Room for a file system to refuse (procfs) or to note; then the generic fields change. i_lock held. */
static int ask_fs(struct path *p, u32 valid, umode_t mode, uid_t uid, gid_t gid)
{
	struct inode *inode = p->dentry->d_inode;

	return inode->i_op && inode->i_op->setattr ? inode->i_op->setattr(p->dentry, valid, mode, uid, gid) : 0;
}

int setattr_mode(struct path *p, umode_t mode)
{
	struct inode *inode = p->dentry->d_inode;
	int err = mnt_want_write(p);

	if (err)
		return err;
	if (S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	mutex_lock(&inode->i_lock);
	err = inode_owner_or_capable(inode) ? 0 : -EPERM;
	if (!err && !in_group_p(inode->i_gid) && !capable(CAP_FSETID))
		mode &= ~S_ISGID;
	if (!err)
		err = ask_fs(p, 1, mode, 0, 0);
	if (!err) {
		inode->i_mode = (inode->i_mode & S_IFMT) | (mode & 07777);
		inode->i_ctime_ns = ktime_get_real_ns();
	}
	mutex_unlock(&inode->i_lock);
	return err;
}

static bool may_chown(const struct inode *inode, uid_t uid, gid_t gid)
{
	bool owner = inode->i_uid == current_cred()->fsuid;

	if (capable(CAP_CHOWN))
		return true;
	if (uid != (uid_t)-1 && !(owner && uid == inode->i_uid))
		return false;
	return gid == (gid_t)-1 || (owner && (gid == inode->i_gid || in_group_p(gid)));
}

/* S_ISGID without S_IXGRP is no set-id bit: it stays. */
static void drop_suid(struct inode *inode)
{
	inode->i_mode &= ~S_ISUID;
	if (inode->i_mode & S_IXGRP)
		inode->i_mode &= ~S_ISGID;
}

/* -1 leaves that one alone. Changing the owner takes set-id bits off. */
int setattr_owner(struct path *p, uid_t uid, gid_t gid)
{
	struct inode *inode = p->dentry->d_inode;
	int err = mnt_want_write(p);

	if (err)
		return err;
	mutex_lock(&inode->i_lock);
	err = may_chown(inode, uid, gid) ? ask_fs(p, 2, 0, uid, gid) : -EPERM;
	if (!err) {
		if (uid != (uid_t)-1)
			inode->i_uid = uid;
		if (gid != (gid_t)-1)
			inode->i_gid = gid;
		if (!S_ISDIR(inode->i_mode))
			drop_suid(inode); /* even root's chown does */
		inode->i_ctime_ns = ktime_get_real_ns();
	}
	mutex_unlock(&inode->i_lock);
	return err;
}

/* now: both are the present time, which a writer may set too. */
int setattr_times(struct path *p, u64 atime_ns, u64 mtime_ns, u32 which, bool now)
{
	struct inode *inode = p->dentry->d_inode;
	int err = mnt_want_write(p);

	if (err)
		return err;
	if (!inode_owner_or_capable(inode)) {
		err = now ? inode_permission(inode, MAY_WRITE) : -EPERM;
		if (err)
			return err;
	}
	mutex_lock(&inode->i_lock);
	if (which & SET_ATIME)
		inode->i_atime_ns = atime_ns;
	if (which & SET_MTIME)
		inode->i_mtime_ns = mtime_ns;
	inode->i_ctime_ns = ktime_get_real_ns();
	mutex_unlock(&inode->i_lock);
	return 0;
}

/* A file that changes bytes must not keep lending its owner's rights. */
void file_remove_suid(struct inode *inode)
{
	if (inode->i_mode & (S_ISUID | S_ISGID) && !capable(CAP_FSETID))
		drop_suid(inode);
}

void inode_cache_init(void)
{
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 0, SLAB_HWCACHE_ALIGN, NULL);
	BUG_UNLESS(inode_cache);
}
