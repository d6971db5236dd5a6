/* kernel/fs/vfs.c - the room's start, and the part of a process that says where it stands (fs_struct)
 *
 * Called: kernel_init() in the first process, before initramfs_unpack(); process/ for fork and exit.
 * Locks:  fs->lock guards root and pwd.
 */
#include "kernel/fs/internal.h"

static struct path copy_path(struct fs_struct *fs, const struct path *from)
{
	struct path p;

	spin_lock(&fs->lock);
	p = *from;
	path_get(&p);
	spin_unlock(&fs->lock);
	return p;
}

void get_current_root(struct path *out)
{
	struct fs_struct *fs = current->fs;

	if (fs && fs->root.mnt) {
		*out = copy_path(fs, &fs->root);
		return;
	}
	*out = root_path;
	path_get(out);
}

void get_current_pwd(struct path *out)
{
	struct fs_struct *fs = current->fs;

	if (fs && fs->pwd.mnt) {
		*out = copy_path(fs, &fs->pwd);
		return;
	}
	*out = root_path;
	path_get(out);
}

/* old NULL: a fresh one at the root, when there is one yet. */
struct fs_struct *dup_fs(struct fs_struct *old)
{
	struct fs_struct *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return ERR_PTR(-ENOMEM);
	refcount_set(&fs->users, 1);
	spin_lock_init(&fs->lock);
	fs->umask = old ? READ_ONCE(old->umask) : 022;
	if (old && old->root.mnt) {
		fs->root = copy_path(old, &old->root);
		fs->pwd = copy_path(old, &old->pwd);
	} else if (root_path.mnt) {
		fs->root = fs->pwd = root_path;
		path_get(&fs->root);
		path_get(&fs->pwd);
	}
	return fs;
}

void get_fs(struct fs_struct *fs)
{
	refcount_inc(&fs->users);
}

void put_fs(struct fs_struct *fs)
{
	if (!refcount_dec_and_test(&fs->users))
		return;
	if (fs->root.mnt) {
		path_put(&fs->root);
		path_put(&fs->pwd);
	}
	kfree_rcu(fs, rcu); /* /proc looks at other tasks' fs under RCU */
}

static void give_first_process_a_place(void)
{
	if (!current->files)
		current->files = dup_files(NULL);
	if (!current->fs)
		current->fs = dup_fs(NULL);
	BUG_ON(IS_ERR(current->files) || IS_ERR(current->fs));
	if (current->fs->root.mnt)
		return;
	current->fs->root = current->fs->pwd = root_path;
	path_get(&root_path);
	path_get(&root_path);
}

static void mount_at(const char *type, const char *dir)
{
	struct vfsmount *m = kern_mount(type, type);
	struct path p;
	int err = IS_ERR(m) ? PTR_ERR(m) : kern_path_at(AT_FDCWD, dir, LOOKUP_FOLLOW, &p);

	if (!err) {
		err = mount_on(m, &p);
		path_put(&p);
	}
	if (err)
		pr_err("fs: cannot mount %s on %s: error %d\n", type, dir, err);
}

void vfs_init(void)
{
	static const char *const dirs[] = { "/dev", "/proc", "/sys", "/tmp", "/run" };
	struct vfsmount *root;

	inode_cache_init();
	dcache_init();
	file_table_init();
	anon_init();
	locks_init();
	tmpfs_init();
	devtmpfs_init();
	procfs_init();

	root = kern_mount("tmpfs", "tmpfs");
	BUG_ON(IS_ERR(root));
	mount_root(root);
	give_first_process_a_place();
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		BUG_ON(vfs_mknod(dirs[i], S_IFDIR | (i == 3 ? 01777 : 0755), 0));
	mount_at("devtmpfs", "/dev");
	mount_at("devpts", "/dev/pts");
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mem_devices_init();
	memfd_init();
}

void fs_syscalls(void)
{
	fdtable_syscalls();
	fcntl_syscalls();
	open_syscalls();
	names_syscalls();
	rename_syscalls();
	read_write_syscalls();
	stat_syscalls();
	readdir_syscalls();
	attr_syscalls();
	sendfile_syscalls();
	mount_syscalls();
	tmpfs_syscalls();
}
