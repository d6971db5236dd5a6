/* kernel/fs/internal.h - what the files of this room share with each other and with nobody else */
#pragma once
#include "kernel/fs/fs.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"
#include "lib/hash.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/magic.h>


/* --- file_table.c --- */
struct file *alloc_file(u32 flags); /* one reference, no path yet; ERR_PTR */
int filp_close(struct file *f, struct files_struct *owner); /* flush, drop owner's locks, fput */
void file_set_mode(struct file *f);	/* FMODE_LSEEK, PREAD, PWRITE, STREAM from f_op */
void file_table_init(void);
void anon_init(void);

/* --- fdtable.c --- */
struct file *files_lookup(struct files_struct *files, unsigned int fd); /* referenced, O_PATH too, or NULL */
/* The first open descriptor >= from, or -1; f referenced. For /proc/PID/fd. */
int files_next(struct files_struct *files, unsigned int from, struct file **f, bool *cloexec);
void fdtable_syscalls(void);

/* --- dcache.c: dcache_lock guards the hash, d_subdirs, d_name, d_parent and the mount tree --- */
extern spinlock_t dcache_lock;
struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len); /* referenced, or NULL */
struct dentry *d_alloc_root(struct inode *inode);   /* eats the inode reference, also on failure (NULL) */
struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name, struct inode *inode); /* name: lives on */
void d_drop(struct dentry *d);			    /* out of hash and parent: the name no longer leads here */
bool d_unhashed(const struct dentry *d);
int d_move(struct dentry *d, struct dentry *parent, const struct dentry *to); /* takes to's place */
void d_exchange(struct dentry *a, struct dentry *b);
u64 d_parent_ino(const struct dentry *d);
bool d_is_ancestor(const struct dentry *a, const struct dentry *d); /* a is d or above it, on one file system */
/* d_path as seen from root; reachable says whether root was met. */
char *path_from_root(const struct path *p, const struct path *root, char *buf, size_t size, bool *reachable);
void d_kill_tree(struct dentry *root, bool pinned);	    /* umount: unpins every name below and drops root */
void dcache_init(void);

/* --- inode.c --- */
bool inode_owner_or_capable(const struct inode *inode);
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
void inode_touch(struct inode *inode);	   /* mtime and ctime: now */
void file_accessed(struct file *f);
int setattr_mode(struct path *p, umode_t mode);
int setattr_owner(struct path *p, uid_t uid, gid_t gid);
int setattr_times(struct path *p, u64 atime_ns, u64 mtime_ns, u32 which, bool now);
void file_remove_suid(struct inode *inode);
void inode_cache_init(void);
#define SET_ATIME 1u
#define SET_MTIME 2u

/* --- mount.c --- */
void mntget(struct vfsmount *m);
void mntput(struct vfsmount *m);
struct vfsmount *kern_mount(const char *type, const char *devname); /* in no tree; ERR_PTR */
int mount_on(struct vfsmount *m, const struct path *where);	    /* eats m on success */
bool follow_mount(struct path *p);	/* to what is mounted on p; true when anything is */
bool follow_up(struct path *p);		/* from a mount's root to its mount point; false at the top */
int mnt_want_write(const struct path *p); /* 0 or -EROFS */
struct super_block *alloc_super(struct file_system_type *t, u64 magic); /* ERR_PTR */
void mount_root(struct vfsmount *m);
void put_super(struct super_block *sb);
extern struct path root_path;		/* the first root: fallback where current has no fs */
void get_current_root(struct path *out);
void get_current_pwd(struct path *out);
void show_mounts(struct seq_file *m, const struct path *root, bool info);
/* The n-th mount of the list, referenced; *parent is the place of its parent. NULL behind the end. */
struct vfsmount *nth_mount(int n, int *parent);
void for_each_filesystem(void (*fn)(void *ctx, const struct file_system_type *t), void *ctx);
void mount_syscalls(void);

/* --- namei.c --- */
#define LOOKUP_EMPTY 0x4000u	/* "" means the directory itself */
#define MAX_SYMLINKS 40
struct nameidata {
	struct path path, root;
	unsigned int flags, nr_links;
	const char *last;	/* LOOKUP_PARENT: the final component, not terminated */
	size_t last_len;
	bool last_slash;	/* something like a/b/ */
	char *buf;		/* owned: what symlinks expanded to */
};
int path_walk(struct nameidata *nd, int dfd, const char *name, unsigned int flags);
int path_continue(struct nameidata *nd, struct dentry *link); /* O_CREAT: the last name is a symlink, follow; eats it */
void path_walk_end(struct nameidata *nd);
struct dentry *lookup_locked(struct dentry *dir, const char *name, size_t len); /* maybe negative; i_lock held */
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *out);
/* Parent found and locked, *d the last component, possibly negative. End with name_end(). */
int name_begin(struct nameidata *nd, int dfd, const char *name, struct dentry **d);
void name_end(struct nameidata *nd, struct dentry *d);
int may_create(const struct path *dir);
int may_delete(const struct path *dir, const struct dentry *victim, bool want_dir);
int vfs_link_path(const char *old, const char *new);
void names_syscalls(void);
void rename_syscalls(void);

/* --- open.c, read_write.c, stat.c, readdir.c, attr.c, sendfile.c, fcntl.c, locks.c --- */
int do_truncate(struct inode *inode, loff_t size);
ssize_t vfs_read_iter(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t vfs_write_iter(struct file *f, struct iov_iter *from, loff_t *pos);
loff_t vfs_llseek(struct file *f, loff_t off, int whence);
u32 current_umask(void);
void open_syscalls(void);
void read_write_syscalls(void);
void stat_syscalls(void);
void readdir_syscalls(void);
void attr_syscalls(void);
void sendfile_syscalls(void);
void fcntl_syscalls(void);
void locks_syscalls(void);
struct flock;
int fcntl_getlk(struct file *f, struct flock *fl, bool ofd);
int fcntl_setlk(struct file *f, struct flock *fl, bool ofd, bool wait);
void locks_remove_posix(struct file *f, struct files_struct *owner);
void locks_remove_file(struct file *f);
void locks_init(void);

/* --- pagecache.c: files whose bytes are pages of i_mapping --- */
ssize_t generic_file_read_iter(struct file *f, struct iov_iter *to, loff_t *pos);
loff_t dir_llseek(struct file *f, loff_t off, int whence);

/* --- tmpfs.c --- */
void tmpfs_init(void);
struct dentry *tmpfs_mknod_in(struct dentry *dir, const char *name, size_t len, umode_t mode, dev_t dev); /* ERR_PTR */
void tmpfs_remove_in(struct dentry *dir, const char *name, size_t len);
int tmpfs_tmpfile(const struct path *dir, umode_t mode, const char *name, struct path *out);
extern const struct inode_operations tmpfs_dir_iops;
void memfd_init(void);
void tmpfs_syscalls(void);
struct super_block *tmpfs_new_super(struct file_system_type *t); /* ERR_PTR */

/* --- chrdev.c, devices.c --- */
extern const struct file_operations def_chr_fops;
void devtmpfs_init(void);
void mem_devices_init(void);
void show_devices(struct seq_file *m);

/* --- procfs --- */
struct proc_dir_entry;
void procfs_init(void);
