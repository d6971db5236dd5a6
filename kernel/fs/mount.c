/* kernel/fs/mount.c - file system types, superblocks, and the tree of mounts
 *
 * Called: namei.c at each directory that carries a mount; mount(2) and umount2(2); vfs.c at start.
 * Locks:  dcache_lock guards the list of mounts, mnt_parent, mnt_mountpoint and d_mounted. mnt_count is atomic: one
 *         for standing in the tree, one for each path and each child mount.
 * Absent: propagation (everything is private), mount namespaces, pivot_root, the newer fsopen family.
 */
#include "kernel/fs/internal.h"
#include <linux/mount.h>

#define MNT_FORCE 1
#define MNT_DETACH 2
#define MNT_EXPIRE 4
#define UMOUNT_NOFOLLOW 8
#define KEPT_FLAGS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME)

struct path root_path;
static LIST_HEAD(fs_types);
static LIST_HEAD(mounts); /* in the order of mounting */
static DEFINE_SPINLOCK(fs_types_lock);
static atomic_t next_dev = ATOMIC_INIT(20);

void register_filesystem(struct file_system_type *t)
{
	spin_lock(&fs_types_lock);
	list_add_tail(&t->list, &fs_types);
	spin_unlock(&fs_types_lock);
}

static struct file_system_type *find_filesystem(const char *name)
{
	struct file_system_type *t, *found = NULL;

	spin_lock(&fs_types_lock);
	list_for_each_entry(t, &fs_types, list)
		if (!strcmp(t->name, name))
			found = t;
	spin_unlock(&fs_types_lock);
	return found;
}

/* Types are never unregistered, so the walk needs no lock. */
void for_each_filesystem(void (*fn)(void *ctx, const struct file_system_type *t), void *ctx)
{
	struct file_system_type *t;

	list_for_each_entry_rcu(t, &fs_types, list)
		fn(ctx, t);
}

struct super_block *alloc_super(struct file_system_type *t, u64 magic)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->s_type = t;
	sb->s_magic = magic;
	sb->s_dev = MKDEV(0, (u32)atomic_inc_return(&next_dev));
	refcount_set(&sb->s_count, 1);
	return sb;
}

void put_super(struct super_block *sb)
{
	if (!refcount_dec_and_test(&sb->s_count))
		return;
	if (sb->s_type->kill_sb)
		sb->s_type->kill_sb(sb);
	kfree(sb);
}

void mntget(struct vfsmount *m)
{
	refcount_inc(&m->mnt_count);
}

void mntput(struct vfsmount *m)
{
	if (!m || !refcount_dec_and_test(&m->mnt_count))
		return;
	dput(m->mnt_root);
	put_super(m->mnt_sb);
	kfree(m->mnt_devname);
	kfree(m);
}

void path_get(const struct path *p)
{
	mntget(p->mnt);
	dget(p->dentry);
}

void path_put(const struct path *p)
{
	dput(p->dentry);
	mntput(p->mnt);
}

/* Eats the superblock reference; root gets one of its own. */
static struct vfsmount *alloc_mount(struct super_block *sb, struct dentry *root, const char *devname)
{
	struct vfsmount *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m || !(m->mnt_devname = kstrdup(devname, GFP_KERNEL))) {
		kfree(m);
		put_super(sb);
		return ERR_PTR(-ENOMEM);
	}
	m->mnt_sb = sb;
	m->mnt_root = dget(root);
	refcount_set(&m->mnt_count, 1);
	INIT_LIST_HEAD(&m->mnt_list);
	return m;
}

static struct vfsmount *mount_type(struct file_system_type *t, const char *devname, const char *data)
{
	struct super_block *sb;

	if (!t)
		return ERR_PTR(-ENODEV);
	sb = t->mount(t, devname, data);
	return IS_ERR(sb) ? (void *)sb : alloc_mount(sb, sb->s_root, devname);
}

struct vfsmount *kern_mount(const char *type, const char *devname)
{
	return mount_type(find_filesystem(type), devname, NULL);
}

/* Attaches m. where's top-most mount is covered. The caller's mount reference becomes the tree's. */
int mount_on(struct vfsmount *m, const struct path *where)
{
	struct path p = *where;

	path_get(&p);
	follow_mount(&p);
	if (S_ISDIR(p.dentry->d_inode->i_mode) != S_ISDIR(m->mnt_root->d_inode->i_mode)) {
		path_put(&p);
		return -ENOTDIR;
	}
	spin_lock(&dcache_lock);
	m->mnt_parent = p.mnt; /* our references become the mount's */
	m->mnt_mountpoint = p.dentry;
	p.dentry->d_mounted = true;
	list_add_tail(&m->mnt_list, &mounts);
	spin_unlock(&dcache_lock);
	return 0;
}

static struct vfsmount *mounted_at_locked(const struct path *p)
{
	struct vfsmount *m;

	list_for_each_entry(m, &mounts, mnt_list)
		if (m->mnt_parent == p->mnt && m->mnt_mountpoint == p->dentry)
			return m;
	return NULL;
}

bool follow_mount(struct path *p)
{
	bool moved = false;

	while (READ_ONCE(p->dentry->d_mounted)) {
		struct vfsmount *m;
		struct path to;

		spin_lock(&dcache_lock);
		m = mounted_at_locked(p);
		if (m) {
			to = (struct path){ .mnt = m, .dentry = m->mnt_root };
			path_get(&to);
		}
		spin_unlock(&dcache_lock);
		if (!m)
			break;
		path_put(p);
		*p = to;
		moved = true;
	}
	return moved;
}

bool follow_up(struct path *p)
{
	struct path to = { NULL, NULL };

	spin_lock(&dcache_lock);
	if (p->mnt->mnt_parent) {
		to = (struct path){ .mnt = p->mnt->mnt_parent, .dentry = p->mnt->mnt_mountpoint };
		path_get(&to);
	}
	spin_unlock(&dcache_lock);
	if (!to.mnt)
		return false;
	path_put(p);
	*p = to;
	return true;
}

int mnt_want_write(const struct path *p)
{
	return p->mnt->mnt_flags & MS_RDONLY ? -EROFS : 0;
}

static bool has_children_locked(const struct vfsmount *mnt)
{
	struct vfsmount *m;

	list_for_each_entry(m, &mounts, mnt_list)
		if (m->mnt_parent == mnt)
			return true;
	return false;
}

static void update_mounted_locked(struct dentry *d)
{
	struct vfsmount *m;
	bool any = false;

	list_for_each_entry(m, &mounts, mnt_list)
		any |= m->mnt_mountpoint == d;
	d->d_mounted = any;
}

/* Takes m out of the tree. The caller holds one reference of its own. */
static int detach_mount(struct vfsmount *m, bool lazy)
{
	struct path at;

	spin_lock(&dcache_lock);
	if (!m->mnt_parent || list_empty(&m->mnt_list)) {
		spin_unlock(&dcache_lock);
		return -EINVAL;
	}
	if (has_children_locked(m) || (!lazy && refcount_read(&m->mnt_count) > 2)) {
		spin_unlock(&dcache_lock);
		return -EBUSY;
	}
	at = (struct path){ .mnt = m->mnt_parent, .dentry = m->mnt_mountpoint };
	list_del_init(&m->mnt_list);
	m->mnt_parent = NULL;
	m->mnt_mountpoint = NULL;
	update_mounted_locked(at.dentry);
	spin_unlock(&dcache_lock);
	path_put(&at);
	mntput(m);
	return 0;
}

static struct vfsmount *deepest_below(struct vfsmount *top)
{
	struct vfsmount *m = top, *c;
	bool deeper = true;

	spin_lock(&dcache_lock);
	while (deeper) {
		deeper = false;
		list_for_each_entry(c, &mounts, mnt_list)
			if (c->mnt_parent == m) {
				m = c;
				deeper = true;
				break;
			}
	}
	mntget(m);
	spin_unlock(&dcache_lock);
	return m;
}

/* MNT_DETACH takes what is mounted below along. */
static int detach_tree(struct vfsmount *top)
{
	struct vfsmount *m;
	int err;

	do {
		m = deepest_below(top);
		err = detach_mount(m, true);
		mntput(m);
	} while (!err && m != top);
	return err;
}

static long sys_umount2(const char __user *name, int flags)
{
	struct vfsmount *m;
	struct path p;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = user_path_at(AT_FDCWD, name, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	if (p.dentry != p.mnt->mnt_root || flags & MNT_EXPIRE) {
		path_put(&p);
		return -EINVAL;
	}
	m = p.mnt;
	dput(p.dentry);
	err = flags & MNT_DETACH ? detach_tree(m) : detach_mount(m, false);
	mntput(m);
	return err;
}

static int bind_mount(const char *dev, const struct path *where, u32 flags)
{
	struct vfsmount *m;
	struct path from;
	int err = kern_path_at(AT_FDCWD, dev, LOOKUP_FOLLOW, &from);

	if (err)
		return err;
	refcount_inc(&from.mnt->mnt_sb->s_count);
	m = alloc_mount(from.mnt->mnt_sb, from.dentry, from.mnt->mnt_devname);
	if (!IS_ERR(m)) {
		m->mnt_flags = from.mnt->mnt_flags;
		err = mount_on(m, where);
		if (err)
			mntput(m);
	}
	path_put(&from);
	return IS_ERR(m) ? PTR_ERR(m) : err;
}

static int new_mount(const char *type, const char *dev, const struct path *where, u32 flags, const char *data)
{
	struct vfsmount *m = mount_type(find_filesystem(type), dev, data);
	int err;

	if (IS_ERR(m))
		return PTR_ERR(m);
	m->mnt_flags = flags & KEPT_FLAGS;
	err = mount_on(m, where);
	if (err)
		mntput(m);
	return err;
}

static int remount(const struct path *where, u32 flags)
{
	if (where->dentry != where->mnt->mnt_root)
		return -EINVAL;
	where->mnt->mnt_flags = flags & KEPT_FLAGS;
	return 0;
}

static int do_mount(const char *dev, const char *dir, const char *type, unsigned long flags, const char *data)
{
	struct path where;
	int err;

	err = kern_path_at(AT_FDCWD, dir, LOOKUP_FOLLOW, &where);
	if (err)
		return err;
	if (flags & MS_REMOUNT)
		err = remount(&where, flags);
	else if (flags & MS_BIND)
		err = bind_mount(dev, &where, flags);
	else if (flags & (MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE | MS_SHARED))
		err = flags & MS_PRIVATE ? 0 : -EINVAL; /* every mount is private */
	else if (flags & MS_MOVE)
		err = -EINVAL;
	else
		err = new_mount(type, dev, &where, flags, data);
	path_put(&where);
	return err;
}

/* An optional string argument. */
static char *get_string(const char __user *s)
{
	return s ? getname(s) : kstrdup("", GFP_KERNEL);
}

static long sys_mount(const char __user *udev, const char __user *udir, const char __user *utype, unsigned long flags,
		      const void __user *udata)
{
	char *dev, *dir, *type, *data;
	long err = 0;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	dev = get_string(udev);
	dir = get_string(udir);
	type = get_string(utype);
	data = get_string(udata);
	if (IS_ERR_OR_NULL(dev) || IS_ERR_OR_NULL(dir) || IS_ERR_OR_NULL(type) || IS_ERR_OR_NULL(data))
		err = -EFAULT;
	else
		err = do_mount(*dev ? dev : "none", dir, type, flags, data);
	kfree(IS_ERR(dev) ? NULL : dev);
	kfree(IS_ERR(dir) ? NULL : dir);
	kfree(IS_ERR(type) ? NULL : type);
	kfree(IS_ERR(data) ? NULL : data);
	return err;
}

static long sys_pivot_root(const char __user *new_root, const char __user *put_old)
{
	return capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
}

struct vfsmount *nth_mount(int n, int *parent)
{
	struct vfsmount *m, *found = NULL, *p;
	int i = 0;

	spin_lock(&dcache_lock);
	list_for_each_entry(m, &mounts, mnt_list)
		if (i++ == n) {
			found = m;
			mntget(m);
			break;
		}
	i = 0;
	*parent = 0;
	list_for_each_entry(p, &mounts, mnt_list) {
		if (found && p == found->mnt_parent)
			*parent = i;
		i++;
	}
	spin_unlock(&dcache_lock);
	return found;
}

/* The very first mount: everything else hangs below it. */

void mount_root(struct vfsmount *m)
{
	spin_lock(&dcache_lock);
	list_add(&m->mnt_list, &mounts);
	spin_unlock(&dcache_lock);
	root_path = (struct path){ .mnt = m, .dentry = m->mnt_root };
}

void mount_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(mount), SYSCALL(umount2), SYSCALL(pivot_root) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
