/* kernel/fs/pipe_open.c - how pipes and FIFOs are opened and closed
 *
 * What:   pipe(2), open(2) of a FIFO, which waits for the other side, and the last close.
 * Called: the VFS, programs.
 * Calls:  pipe.c.
 * Locks:  fifo_lock for inode->i_pipe and pipe->files, outside pipe->mutex.
 */
#include "kernel/fs/pipe.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include <linux/fcntl.h>

static DEFINE_MUTEX(fifo_lock);

/* One description less; the last frees the pipe. */
static void put_pipe(struct inode *inode, struct pipe_inode_info *p)
{
	bool last;

	mutex_lock(&fifo_lock);
	last = --p->files == 0;
	if (last && inode->i_pipe == p)
		inode->i_pipe = NULL;
	mutex_unlock(&fifo_lock);
	if (last)
		free_pipe(p);
}

int pipe_release(struct inode *inode, struct file *f)
{
	struct pipe_inode_info *p = f->private_data;

	mutex_lock(&p->mutex);
	p->readers -= !!(f->f_mode & FMODE_READ);
	p->writers -= !!(f->f_mode & FMODE_WRITE);
	if (!p->readers != !p->writers)
		pipe_wake_all(p);
	mutex_unlock(&p->mutex);
	put_pipe(inode, p);
	return 0;
}

/* --- FIFOs: open waits for the other side --- */

static struct pipe_inode_info *get_fifo(struct inode *inode)
{
	struct pipe_inode_info *p;

	mutex_lock(&fifo_lock);
	if (!inode->i_pipe)
		inode->i_pipe = alloc_pipe();
	p = inode->i_pipe;
	if (p)
		p->files++;
	mutex_unlock(&fifo_lock);
	return p;
}

/* Sleeps until *counter moves: one of the other side has opened, even if it is gone again. */
static int wait_for_partner(struct pipe_inode_info *p, u32 *counter)
{
	u32 seen = *counter;
	int err;

	mutex_unlock(&p->mutex);
	err = wait_event_interruptible(p->rd_wait, READ_ONCE(*counter) != seen);
	mutex_lock(&p->mutex);
	return err;
}

/* named: a FIFO. A pipe opened again through /proc/self/fd waits for nobody. */
static int open_side(struct pipe_inode_info *p, struct file *f, bool rd, bool wr, bool named)
{
	bool nonblock = f->f_flags & O_NONBLOCK;

	if (named && wr && !rd && nonblock && !p->readers)
		return -ENXIO;
	p->readers += rd;
	p->writers += wr;
	p->r_counter += rd;
	p->w_counter += wr;
	pipe_wake_all(p);
	if (!named)
		return 0;
	if (rd && !wr && !p->writers) {
		if (!nonblock)
			return wait_for_partner(p, &p->w_counter);
		f->f_pos = p->w_counter;
	}
	if (wr && !rd && !p->readers)
		return wait_for_partner(p, &p->r_counter);
	return 0;
}

int fifo_open(struct inode *inode, struct file *f)
{
	bool rd = f->f_mode & FMODE_READ, wr = f->f_mode & FMODE_WRITE;
	struct pipe_inode_info *p = get_fifo(inode);
	int err;

	if (!p)
		return -ENOMEM;
	f->private_data = p;
	f->f_mode |= FMODE_STREAM;
	f->f_pos = -1;
	mutex_lock(&p->mutex);
	err = open_side(p, f, rd, wr, !(inode->i_sb->s_flags & SB_PSEUDO));
	if (err && err != -ENXIO) {
		p->readers -= rd;
		p->writers -= wr;
		pipe_wake_all(p);
	}
	mutex_unlock(&p->mutex);
	if (err)
		put_pipe(inode, p);
	return err;
}

/* --- pipe(2) --- */

/* Both ends as files. 0 with out[0] to read and out[1] to write, or -errno. */
static int create_pipe_files(struct file *out[2], u32 flags)
{
	struct pipe_inode_info *p = alloc_pipe();

	if (!p)
		return -ENOMEM;
	out[0] = alloc_file_anon(S_IFIFO | 0600, "pipe", &pipe_fops, p, O_RDONLY | flags);
	if (IS_ERR(out[0])) {
		free_pipe(p);
		return (int)PTR_ERR(out[0]);
	}
	p->files = p->readers = p->r_counter = 1;
	out[0]->f_inode->i_pipe = p; /* /proc/self/fd opens it again by this */
	out[0]->f_mode |= FMODE_STREAM;
	out[0]->f_pos = -1;
	out[1] = alloc_file_clone(out[0], O_WRONLY | flags);
	if (IS_ERR(out[1])) {
		fput(out[0]);
		return (int)PTR_ERR(out[1]);
	}
	p->files = 2;
	p->writers = p->w_counter = 1;
	out[1]->f_mode |= FMODE_STREAM;
	return 0;
}

static long install_both(struct file *file[2], int flags, int __user *fds)
{
	int fd[2];

	fd[0] = get_unused_fd_flags((unsigned int)flags & O_CLOEXEC);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = get_unused_fd_flags((unsigned int)flags & O_CLOEXEC);
	if (fd[1] < 0) {
		put_unused_fd((unsigned int)fd[0]);
		return fd[1];
	}
	if (copy_to_user(fds, fd, sizeof(fd))) {
		put_unused_fd((unsigned int)fd[0]);
		put_unused_fd((unsigned int)fd[1]);
		return -EFAULT;
	}
	fd_install((unsigned int)fd[0], file[0]);
	fd_install((unsigned int)fd[1], file[1]);
	return 0;
}

long sys_pipe2(int __user *fds, int flags)
{
	struct file *file[2] = { NULL, NULL };
	long err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = create_pipe_files(file, (u32)flags & O_NONBLOCK);
	if (err)
		return err;
	err = install_both(file, flags, fds);
	if (err) {
		fput(file[0]);
		fput(file[1]);
	}
	return err;
}

long sys_pipe(int __user *fds) { return sys_pipe2(fds, 0); }
