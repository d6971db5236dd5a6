/* kernel/fs/fs.h - the virtual file system: inodes, names, mounts, and what a file system provides
 *
 * Names in memory (dentries) hold the tree: tmpfs keeps all of its dentries, procfs makes its own on lookup.
 * Locks: inode->i_lock (sleeping) guards a directory's entries and a file's size; dentry reference counts are atomic.
 */
#pragma once
#include "kernel/fs/file.h"
#include "kernel/mm/mm.h"
#include <linux/stat.h>
#include <linux/time.h>

struct super_block;
struct inode_operations;
struct kstat;
struct pipe_inode_info;

struct inode {
	u64 i_ino;
	umode_t i_mode;
	uid_t i_uid;
	gid_t i_gid;
	u32 i_nlink;
	dev_t i_rdev;
	loff_t i_size;
	u64 i_atime_ns, i_mtime_ns, i_ctime_ns; /* real time */
	struct super_block *i_sb;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	struct address_space *i_mapping;
	struct address_space i_data;
	struct mutex i_lock;
	refcount_t i_count;
	void *i_private;
	struct pipe_inode_info *i_pipe;	/* FIFOs: made by the first open */
	char *i_link;			/* symlinks kept in memory; freed with the inode */
	u64 i_pages;			/* pages charged to the file system (tmpfs) */
	struct list_head i_flocks;
};

struct dentry {
	refcount_t d_count;
	struct dentry *d_parent;
	struct inode *d_inode;		/* NULL: negative */
	char *d_name;
	u32 d_len, d_namehash;
	u64 d_off;			/* place in the directory's listing; never used twice in one directory */
	struct super_block *d_sb;
	struct list_head d_child, d_subdirs;
	struct hlist_node d_hash;
	bool d_mounted;
	void *d_fsdata;
};

/* Hooks may sleep; dir->i_lock is held by the caller for all that change a directory. 0 or -errno. */
struct inode_operations {
	/* d_instantiate()s d or leaves it negative; NULL or ERR_PTR. NULL hook: every name is in memory (tmpfs). */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *d);
	int (*create)(struct inode *dir, struct dentry *d, umode_t mode);
	int (*mkdir)(struct inode *dir, struct dentry *d, umode_t mode);
	int (*mknod)(struct inode *dir, struct dentry *d, umode_t mode, dev_t dev);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *d);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*rename)(struct inode *odir, struct dentry *od, struct inode *ndir, struct dentry *nd, unsigned int flags);
	/* Symlink text into buf (bytes, no NUL) or -errno. */
	ssize_t (*readlink)(struct dentry *d, char *buf, size_t size);
	/* Magic links (/proc/PID/fd/N, exe, cwd): the path itself, referenced. NULL hook: follow the text. */
	int (*get_path)(struct dentry *d, struct path *out);
	int (*truncate)(struct inode *inode, loff_t size);
	int (*setattr)(struct dentry *d, u32 valid, umode_t mode, uid_t uid, gid_t gid);
	int (*getattr)(struct inode *inode, struct kstat *st);
	bool (*revalidate)(struct dentry *d); /* false: drop this cached name and look up again */
};

struct kstat {
	u64 dev, ino, size, blocks, atime_ns, mtime_ns, ctime_ns;
	u32 mode, nlink, uid, gid, rdev, blksize;
};

struct file_system_type {
	const char *name;		/* as mount(2) names it */
	struct super_block *(*mount)(struct file_system_type *t, const char *dev, const char *data); /* ERR_PTR */
	void (*kill_sb)(struct super_block *sb);
	bool nodev;
	struct list_head list;
};
struct super_block {
	struct file_system_type *s_type;
	struct dentry *s_root;
	u64 s_dev;
	u64 s_magic;
	u32 s_flags;			/* SB_* */
	void *s_fs_info;
	refcount_t s_count;
	int (*statfs)(struct super_block *sb, void *statfs64);
	void (*evict_inode)(struct inode *inode); /* last reference and no links: free what it holds */
};
#define SB_PSEUDO 0x1u /* no tree: sockets, pipes, anonymous files */
struct vfsmount {
	struct super_block *mnt_sb;
	struct dentry *mnt_root, *mnt_mountpoint;
	struct vfsmount *mnt_parent;
	refcount_t mnt_count;
	u32 mnt_flags;
	char *mnt_devname;
	struct list_head mnt_list;
};
struct fs_struct { refcount_t users; spinlock_t lock; u32 umask; struct path root, pwd; struct rcu_head rcu; };
struct fs_struct *dup_fs(struct fs_struct *old); /* ERR_PTR */
void get_fs(struct fs_struct *fs);
void put_fs(struct fs_struct *fs);

void register_filesystem(struct file_system_type *t);
struct inode *new_inode(struct super_block *sb);
void iput(struct inode *inode);
void ihold(struct inode *inode);
struct dentry *dget(struct dentry *d);
void dput(struct dentry *d);
void path_get(const struct path *p);
void path_put(const struct path *p);
/* A positive child made by the kernel (procfs, devtmpfs); referenced by the tree. */
struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len);
void d_instantiate(struct dentry *d, struct inode *inode);

#define LOOKUP_FOLLOW 0x1u
#define LOOKUP_DIRECTORY 0x2u
#define LOOKUP_PARENT 0x10u
/* dfd AT_FDCWD or a directory descriptor; name is kernel memory. 0 with *out referenced, or -errno. */
int kern_path_at(int dfd, const char *name, unsigned int flags, struct path *out);
/* Absolute path as current sees it, into buf from its end; pointer into buf, or ERR_PTR(-ENAMETOOLONG). */
char *d_path(const struct path *p, char *buf, size_t size);
int vfs_getattr(const struct path *p, struct kstat *st);
#define MAY_EXEC 1
#define MAY_WRITE 2
#define MAY_READ 4
int inode_permission(const struct inode *inode, int mask);
int vfs_mknod(const char *path, umode_t mode, dev_t dev); /* also regular files, directories, sockets; by kernel path */
int vfs_unlink_path(const char *path);
/* Binds an AF_UNIX name: makes the socket inode; EADDRINUSE when it exists. *inode referenced. */
int vfs_make_socket(const char *path, umode_t mode, struct inode **inode);

/* FIFOs, from kernel/fs/pipe.c: fifo_fops.open makes inode->i_pipe and may replace f->f_op; free_pipe_info runs when a
 * FIFO's inode goes. */
extern const struct file_operations fifo_fops;
void free_pipe_info(struct inode *inode);
/* fcntl(F_SETPIPE_SZ, F_GETPIPE_SZ): the size in bytes, or -EBADF when f is no pipe, -EPERM, -EBUSY, -EINVAL,
 * -ENOMEM. */
long pipe_fcntl(struct file *f, unsigned int cmd, unsigned long arg);

struct dir_context {
	bool (*actor)(struct dir_context *ctx, const char *name, size_t len, u64 ino, u32 d_type);
	loff_t pos;
};
static inline bool dir_emit(struct dir_context *ctx, const char *name, size_t len, u64 ino, u32 d_type)
{
	return ctx->actor(ctx, name, len, ino, d_type);
}

/* Character devices: registering makes the node under /dev (name may hold one '/'). */
int register_chrdev(dev_t dev, const char *name, umode_t mode, const struct file_operations *fops);
/* Node and registration go; files that are open keep their operations. */
void unregister_chrdev(dev_t dev);
/* Pseudo terminals register as "pts/N": the node appears in devpts (mounted on /dev/pts), owned by current. */
/* 12 bits of major and 20 of minor, laid out as programs see them in st_rdev. */
#define MKDEV(ma, mi) ((dev_t)(((mi)&0xff) | ((ma)&0xfff) << 8 | ((mi) & ~0xffu) << 12))
#define MAJOR(d) ((d) >> 8 & 0xfff)
#define MINOR(d) (((d)&0xff) | ((d) >> 12 & 0xfff00))

void vfs_init(void);	  /* root tmpfs, /dev, /proc, /sys, /tmp, mounted */
void initramfs_unpack(void); /* every newc archive in boot_info's initrd, gzip'd or not */
void fs_syscalls(void);
void poll_syscalls(void); /* poll, select, epoll, eventfd, timerfd, signalfd, pipe */
