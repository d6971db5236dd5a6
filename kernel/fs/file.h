/* kernel/fs/file.h - open files and the table of them
 *
 * A struct file is one open(): shared by dup and fork, referenced by fget/fput. The last fput calls release.
 */
#pragma once
#include "kernel/fs/poll.h"
#include "kernel/mm/uio.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/refcount.h"
#include "kernel/sync/rcu.h"
#include <asm/fcntl.h>

struct inode;
struct dentry;
struct vfsmount;
struct vm_area_struct;
struct file;
struct dir_context;
struct cred;

struct path { struct vfsmount *mnt; struct dentry *dentry; };

/* All hooks run in process context and may sleep. A NULL hook answers the errno Linux gives (EINVAL, ENOTTY, ESPIPE,
 * EISDIR, ENODEV ...). */
struct file_operations {
	loff_t (*llseek)(struct file *f, loff_t off, int whence);
	/* Bytes moved, 0 at the end, or -errno. *pos is the file position (or pread's); streams ignore it.
	 * f->f_flags & O_NONBLOCK: answer -EAGAIN rather than sleep. */
	ssize_t (*read_iter)(struct file *f, struct iov_iter *to, loff_t *pos);
	ssize_t (*write_iter)(struct file *f, struct iov_iter *from, loff_t *pos);
	int (*iterate)(struct file *f, struct dir_context *ctx); /* getdents: dir_emit() until it says stop */
	__poll_t (*poll)(struct file *f, struct poll_table_struct *pt); /* NULL: always readable and writable */
	long (*unlocked_ioctl)(struct file *f, unsigned int cmd, unsigned long arg); /* -ENOIOCTLCMD: not known */
	int (*mmap)(struct file *f, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *f);
	int (*flush)(struct file *f);			 /* each close() of a descriptor */
	int (*release)(struct inode *inode, struct file *f); /* the last reference went */
	int (*fsync)(struct file *f);
	int (*fasync)(int fd, struct file *f, bool on);	 /* FIOASYNC, O_ASYNC */
	void (*show_fdinfo)(struct file *f, char *buf, size_t size);
};

struct file {
	refcount_t f_count;
	u32 f_flags;		/* O_*, changed by fcntl(F_SETFL) */
	u32 f_mode;		/* FMODE_* */
	const struct file_operations *f_op;
	void *private_data;
	loff_t f_pos;
	struct mutex f_pos_lock;
	struct path f_path;	/* always set: pipes, sockets and anonymous files have pseudo dentries */
	struct inode *f_inode;
	struct list_head f_ep_links; /* epoll items that watch it */
	struct list_head f_async;    /* under the lock of the struct fasync_list that it stands in */
	spinlock_t f_lock;
	const struct cred *f_cred;
	pid_t f_owner;		/* F_SETOWN: receives SIGIO; negative for a group */
	int f_owner_sig;
	struct rcu_head rcu;
};
#define FMODE_READ 0x1u
#define FMODE_WRITE 0x2u
#define FMODE_LSEEK 0x4u
#define FMODE_PREAD 0x8u
#define FMODE_PWRITE 0x10u
#define FMODE_STREAM 0x20u /* no position: reads and writes take no f_pos_lock */
#define FMODE_PATH 0x40u   /* O_PATH: names a place, does no I/O */
#define FMODE_OPENED 0x80u /* f_op->open succeeded: release is due */

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *open_fds, *close_on_exec;
	struct rcu_head rcu;
};
struct files_struct {
	refcount_t count;
	struct fdtable *fdt;	/* RCU; replaced by a larger one under file_lock */
	spinlock_t file_lock;
	unsigned int next_fd;
};

struct file *fget(unsigned int fd);	/* referenced, or NULL (the caller answers EBADF); not O_PATH */
struct file *fget_raw(unsigned int fd);	/* O_PATH too */
void get_file(struct file *f);
void fput(struct file *f);		/* may sleep when last; from softirq it defers to a workqueue */
/* A descriptor's file for the length of one system call; file NULL: EBADF. Where the caller's table is its alone,
 * nobody can close the file meanwhile, and no reference is taken. */
struct fd { struct file *file; bool counted; };
struct fd fdget(unsigned int fd);	/* not O_PATH */
static inline void fdput(struct fd f)
{
	if (unlikely(f.counted))
		fput(f.file);
}
int get_unused_fd_flags(unsigned int flags); /* reserves the lowest free one; O_CLOEXEC; -EMFILE, -ENOMEM */
int get_unused_fd_from(unsigned int start, unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *f); /* eats the reference; the descriptor becomes visible */
int close_fd(unsigned int fd);

/* A file that has no name: pipes, sockets, eventfd ... mode is S_IFIFO, S_IFSOCK or 0 for anon_inode; name is the
 * prefix shown by readlink /proc/PID/fd/N ("socket", "pipe", "anon_inode:[eventfd]"). ERR_PTR(-ENFILE, -ENOMEM). */
struct file *alloc_file_anon(umode_t mode, const char *name, const struct file_operations *fops, void *priv, u32 flags);
/* A second description of what base has open, with its private_data: the other end of a pipe. ERR_PTR. */
struct file *alloc_file_clone(struct file *base, u32 flags);
/* As alloc_file_anon() plus descriptor: fd or -errno; flags O_CLOEXEC, O_NONBLOCK, O_RDWR ... */
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, u32 flags);

struct files_struct *dup_files(struct files_struct *old); /* fork; ERR_PTR */
/* A table shared with another process becomes current's own, so that closing here does not close there. 0, -ENOMEM. */
int unshare_files(void);
void get_files(struct files_struct *f);
void put_files(struct files_struct *f);
void files_close_on_exec(struct files_struct *f);

/* Kernel-side I/O on a file, from kernel memory. */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t *pos);
ssize_t kernel_write(struct file *f, const void *buf, size_t n, loff_t *pos);
/* flags O_*, mode for O_CREAT. ERR_PTR(-errno). Path is kernel memory, resolved from current's root and cwd. */
struct file *filp_open(const char *path, int flags, umode_t mode);

loff_t no_llseek(struct file *f, loff_t off, int whence);
loff_t generic_file_llseek(struct file *f, loff_t off, int whence);
/* F_SETOWN: a process, negative: a group, 0: nobody. -ESRCH when that number is not in use, -EINVAL. */
int file_set_owner(struct file *f, pid_t who);
pid_t file_get_owner(const struct file *f); /* 0: nobody, or gone */
/* Sends SIGIO to the owner (F_SETOWN) when O_ASYNC is on. Any context. */
void kill_fasync_file(struct file *f, int band);
/* The open files with O_ASYNC of something that many may have open (a pipe, a terminal). */
struct fasync_list { spinlock_t lock; struct list_head files; };
void fasync_list_init(struct fasync_list *l);
void fasync_set(struct fasync_list *l, struct file *f, bool on); /* for a fasync hook */
/* SIGIO to the owners of those that are open in one of modes (FMODE_*). Any context. */
void fasync_tell(struct fasync_list *l, u32 modes, int band);
