/* kernel/fs/chrdev.c - character devices: from a device number to its operations, and the names under /dev
 *
 * What:   a registry by number; devtmpfs and devpts are each one tmpfs, the same wherever mounted, in which
 *         registering makes the node.
 * Called: drivers and the tty room; open(2) on a device node wherever that node lies.
 * Locks:  devices_lock guards the registry.
 */
#include "kernel/fs/internal.h"

struct chrdev {
	struct hlist_node hash;
	dev_t dev;
	umode_t mode;
	const struct file_operations *fops;
	char name[32];
};

static struct hlist_head devices[256]; /* by a mix of major and minor */
static DEFINE_MUTEX(devices_lock);
static struct super_block *dev_sb, *pts_sb;

static struct hlist_head *chain(dev_t dev)
{
	return &devices[(MAJOR(dev) * 31 + MINOR(dev)) & 255];
}

static struct chrdev *find_locked(dev_t dev)
{
	struct chrdev *c;

	hlist_for_each_entry(c, chain(dev), hash)
		if (c->dev == dev)
			return c;
	return NULL;
}

static int chrdev_open(struct inode *inode, struct file *f)
{
	struct chrdev *c;

	mutex_lock(&devices_lock);
	c = find_locked(inode->i_rdev);
	f->f_op = c ? c->fops : f->f_op;
	mutex_unlock(&devices_lock);
	if (!c)
		return -ENXIO;
	return f->f_op->open ? f->f_op->open(inode, f) : 0;
}

const struct file_operations def_chr_fops = { .open = chrdev_open };

/* The directory in which name's node stands, and the name there. Makes a directory on the way. Referenced. */
static struct dentry *node_dir(const char **name)
{
	const char *slash = strchr(*name, '/');
	struct dentry *d;

	if (!slash)
		return dget(dev_sb->s_root);
	if (!strncmp(*name, "pts/", 4)) {
		*name += 4;
		return dget(pts_sb->s_root);
	}
	d = tmpfs_mknod_in(dev_sb->s_root, *name, slash - *name, S_IFDIR | 0755, 0);
	*name = slash + 1;
	return d;
}

static int make_node(const struct chrdev *c)
{
	const char *name = c->name;
	struct dentry *dir, *d;

	if (!dev_sb)
		return 0; /* before vfs_init: devtmpfs_init makes up for it */
	dir = node_dir(&name);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	d = tmpfs_mknod_in(dir, name, strlen(name), S_IFCHR | (c->mode & 07777), c->dev);
	dput(dir);
	if (IS_ERR(d))
		return PTR_ERR(d);
	dput(d);
	return 0;
}

/* 0, -EBUSY when the number is taken, -ENAMETOOLONG, -ENOMEM. Process context once the VFS is up. */
int register_chrdev(dev_t dev, const char *name, umode_t mode, const struct file_operations *fops)
{
	struct chrdev *c;
	int err;

	if (strlen(name) >= sizeof(c->name))
		return -ENAMETOOLONG;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->dev = dev;
	c->mode = mode;
	c->fops = fops;
	strscpy(c->name, name, sizeof(c->name));
	mutex_lock(&devices_lock);
	err = find_locked(dev) ? -EBUSY : make_node(c);
	if (!err)
		hlist_add_head(&c->hash, chain(dev));
	mutex_unlock(&devices_lock);
	if (err)
		kfree(c);
	return err;
}

void unregister_chrdev(dev_t dev)
{
	struct chrdev *c;
	struct dentry *dir;
	const char *name;

	mutex_lock(&devices_lock);
	c = find_locked(dev);
	if (c)
		hlist_del_init(&c->hash);
	mutex_unlock(&devices_lock);
	if (!c)
		return;
	name = c->name;
	dir = dev_sb ? node_dir(&name) : NULL;
	if (!IS_ERR_OR_NULL(dir)) {
		tmpfs_remove_in(dir, name, strlen(name));
		dput(dir);
	}
	kfree(c);
}

/* /proc/devices: each major once, by the name of its first device without digits. */
void show_devices(struct seq_file *m)
{
	seq_puts(m, "Character devices:\n");
	mutex_lock(&devices_lock);
	for (unsigned int major = 0; major < 4096; major++) {
		const struct chrdev *c, *first = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
			hlist_for_each_entry(c, &devices[i], hash)
				if (MAJOR(c->dev) == major && (!first || c->dev < first->dev))
					first = c;
		if (first)
			seq_printf(m, "%3u %s\n", major, first->name);
	}
	mutex_unlock(&devices_lock);
	seq_puts(m, "\nBlock devices:\n");
}

static struct super_block *same_super(struct file_system_type *t, const char *dev, const char *data)
{
	struct super_block *sb = strcmp(t->name, "devpts") ? dev_sb : pts_sb;

	refcount_inc(&sb->s_count);
	return sb;
}

static struct file_system_type devtmpfs_type = { .name = "devtmpfs", .mount = same_super, .nodev = true };
static struct file_system_type devpts_type = { .name = "devpts", .mount = same_super, .nodev = true };

void devtmpfs_init(void)
{
	static const char *const dirs[] = { "pts", "shm" };
	struct chrdev *c;

	dev_sb = tmpfs_new_super(&devtmpfs_type);
	pts_sb = tmpfs_new_super(&devpts_type);
	BUG_ON(IS_ERR(dev_sb) || IS_ERR(pts_sb));
	pts_sb->s_magic = DEVPTS_SUPER_MAGIC;
	register_filesystem(&devtmpfs_type);
	register_filesystem(&devpts_type);
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct dentry *d = tmpfs_mknod_in(dev_sb->s_root, dirs[i], 3, S_IFDIR | (i ? 01777 : 0755), 0);

		BUG_ON(IS_ERR(d));
		dput(d);
	}
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		hlist_for_each_entry(c, &devices[i], hash)
			make_node(c);
}
