/* tests/host/file.c - just enough of files and descriptors for socket calls */
#include "kernel/fs/file.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/printk.h"
#include "tests/host/host.h"

#define MAX_FDS 4096
static struct file *fds[MAX_FDS];
static bool reserved[MAX_FDS];

struct file *alloc_file_anon(umode_t mode, const char *name, const struct file_operations *fops, void *priv, u32 flags)
{
	struct file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	(void)mode, (void)name;
	if (!f)
		return ERR_PTR(-ENFILE);
	refcount_set(&f->f_count, 1);
	f->f_flags = flags;
	f->f_mode = FMODE_READ | FMODE_WRITE | FMODE_STREAM;
	f->f_op = fops;
	f->private_data = priv;
	INIT_LIST_HEAD(&f->f_ep_links);
	spin_lock_init(&f->f_lock);
	return f;
}
void get_file(struct file *f) { refcount_inc(&f->f_count); }
void fput(struct file *f)
{
	if (!refcount_dec_and_test(&f->f_count))
		return;
	if (f->f_op->release)
		f->f_op->release(f->f_inode, f);
	kfree(f);
}
struct file *fget(unsigned int fd)
{
	if (fd >= MAX_FDS || !fds[fd])
		return NULL;
	get_file(fds[fd]);
	return fds[fd];
}
struct fd fdget(unsigned int fd)
{
	struct file *f = fget(fd);

	return (struct fd){ f, f };
}
int get_unused_fd_from(unsigned int start, unsigned int flags)
{
	(void)flags;
	for (unsigned int i = start; i < MAX_FDS; i++)
		if (!fds[i] && !reserved[i]) {
			reserved[i] = true;
			return (int)i;
		}
	return -EMFILE;
}
int get_unused_fd_flags(unsigned int flags) { return get_unused_fd_from(0, flags); }
void put_unused_fd(unsigned int fd) { reserved[fd] = false; }
void fd_install(unsigned int fd, struct file *f)
{
	reserved[fd] = false;
	fds[fd] = f;
}
int close_fd(unsigned int fd)
{
	struct file *f = fd < MAX_FDS ? fds[fd] : NULL;

	if (!f)
		return -EBADF;
	fds[fd] = NULL;
	if (f->f_op->flush)
		f->f_op->flush(f);
	fput(f);
	return 0;
}
loff_t no_llseek(struct file *f, loff_t off, int whence) { (void)f, (void)off, (void)whence; return -ESPIPE; }
int file_set_owner(struct file *f, pid_t who) { f->f_owner = who; return 0; }
pid_t file_get_owner(const struct file *f) { return f->f_owner; }
void kill_fasync_file(struct file *f, int band) { (void)f, (void)band; }

/* System calls are called by their sys_ names here; the table is not needed. */
void syscall_register(const struct syscall_def *defs, size_t n) { (void)defs, (void)n; }
