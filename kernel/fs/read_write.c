/* kernel/fs/read_write.c - moving bytes between a program and an open file, and the file position
 *
 * What:   read, write and their vector and positioned forms, lseek, fsync. All end in f_op->read_iter or write_iter.
 * Called: programs, through their system calls (process context).
 * Locks:  f_pos_lock around the use of f_pos, so that threads that share a file do not read the same bytes twice;
 *         streams have no position and take none.
 */
#include "kernel/fs/internal.h"

ssize_t vfs_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	if (!(f->f_mode & FMODE_READ))
		return -EBADF;
	if (!f->f_op->read_iter)
		return S_ISDIR(f->f_inode->i_mode) ? -EISDIR : -EINVAL;
	return f->f_op->read_iter(f, to, pos);
}

ssize_t vfs_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	if (!(f->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!f->f_op->write_iter)
		return -EINVAL;
	return f->f_op->write_iter(f, from, pos);
}

static noinline ssize_t io_at_locked_fpos(struct file *f, struct iov_iter *i, bool write)
{
	ssize_t n;

	mutex_lock(&f->f_pos_lock);
	n = write ? vfs_write_iter(f, i, &f->f_pos) : vfs_read_iter(f, i, &f->f_pos);
	mutex_unlock(&f->f_pos_lock);
	return n;
}

/* At the file's own position, if it has one. */
static ssize_t io_at_fpos(struct file *f, struct iov_iter *i, bool write)
{
	loff_t none = 0;

	iov_iter_truncate(i, MAX_RW_COUNT);
	if (!(f->f_mode & FMODE_STREAM))
		return io_at_locked_fpos(f, i, write);
	return write ? vfs_write_iter(f, i, &none) : vfs_read_iter(f, i, &none);
}

static ssize_t io_at(struct file *f, struct iov_iter *i, bool write, loff_t pos)
{
	if (pos < 0)
		return -EINVAL;
	if (!(f->f_mode & (write ? FMODE_PWRITE : FMODE_PREAD)))
		return -ESPIPE;
	iov_iter_truncate(i, MAX_RW_COUNT);
	return write ? vfs_write_iter(f, i, &pos) : vfs_read_iter(f, i, &pos);
}

/* pos NULL: at the file's position. */
static long rw_buf(unsigned int nr, void __user *buf, size_t n, bool write, const loff_t *pos)
{
	struct fd fd = fdget(nr);
	struct iov_iter i;
	ssize_t done;

	if (!fd.file)
		return -EBADF;
	if ((ssize_t)n < 0) {
		done = -EINVAL;
	} else if (!access_ok(buf, n)) {
		done = -EFAULT;
	} else {
		iov_iter_ubuf(&i, write, buf, n);
		done = pos ? io_at(fd.file, &i, write, *pos) : io_at_fpos(fd.file, &i, write);
	}
	fdput(fd);
	return done;
}

static long rw_vec(unsigned int fd, const struct iovec __user *vec, unsigned long nr, bool write, const loff_t *pos)
{
	struct iovec fast[UIO_MAXIOV_FAST], *iov = fast;
	struct file *f = fget(fd);
	struct iov_iter i;
	ssize_t n;

	if (!f)
		return -EBADF;
	n = import_iovec(write, vec, nr, UIO_MAXIOV_FAST, &iov, &i);
	if (n >= 0) {
		n = pos ? io_at(f, &i, write, *pos) : io_at_fpos(f, &i, write);
		kfree(iov);
	}
	fput(f);
	return n;
}

static long sys_read(unsigned int fd, char __user *buf, size_t n)
{
	return rw_buf(fd, buf, n, false, NULL);
}

static long sys_write(unsigned int fd, const char __user *buf, size_t n)
{
	return rw_buf(fd, (void __user *)buf, n, true, NULL);
}

static long sys_pread64(unsigned int fd, char __user *buf, size_t n, loff_t pos)
{
	return rw_buf(fd, buf, n, false, &pos);
}

static long sys_pwrite64(unsigned int fd, const char __user *buf, size_t n, loff_t pos)
{
	return rw_buf(fd, (void __user *)buf, n, true, &pos);
}

static long sys_readv(unsigned int fd, const struct iovec __user *vec, unsigned long nr)
{
	return rw_vec(fd, vec, nr, false, NULL);
}

static long sys_writev(unsigned int fd, const struct iovec __user *vec, unsigned long nr)
{
	return rw_vec(fd, vec, nr, true, NULL);
}

/* 64-bit: the high half is empty, the low half holds all of the offset. */
static long sys_preadv(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
		       unsigned long high)
{
	return rw_vec(fd, vec, nr, false, &pos);
}

static long sys_pwritev(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
			unsigned long high)
{
	return rw_vec(fd, vec, nr, true, &pos);
}

static long sys_preadv2(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
			unsigned long high, int flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return rw_vec(fd, vec, nr, false, pos == -1 ? NULL : &pos);
}

static long sys_pwritev2(unsigned int fd, const struct iovec __user *vec, unsigned long nr, loff_t pos,
			 unsigned long high, int flags)
{
	if (flags)
		return -EOPNOTSUPP;
	return rw_vec(fd, vec, nr, true, pos == -1 ? NULL : &pos);
}

/* --- kernel-side I/O --- */
ssize_t kernel_read(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct kvec v = { .iov_base = buf, .iov_len = n };
	struct iov_iter i;

	iov_iter_kvec(&i, false, &v, 1, n);
	return vfs_read_iter(f, &i, pos);
}

ssize_t kernel_write(struct file *f, const void *buf, size_t n, loff_t *pos)
{
	struct kvec v = { .iov_base = (void *)buf, .iov_len = n };
	struct iov_iter i;

	iov_iter_kvec(&i, true, &v, 1, n);
	return vfs_write_iter(f, &i, pos);
}

/* --- lseek --- */
loff_t no_llseek(struct file *f, loff_t off, int whence)
{
	return -ESPIPE;
}

/* A signed sum that cannot wrap, and is not negative. */
static loff_t set_pos(struct file *f, loff_t base, loff_t off)
{
	loff_t pos;

	if (__builtin_add_overflow(base, off, &pos))
		return -EOVERFLOW;
	if (pos < 0)
		return -EINVAL;
	f->f_pos = pos;
	return pos;
}

/* f_pos_lock held. SEEK_DATA and SEEK_HOLE see a file without holes, which POSIX allows. */
loff_t generic_file_llseek(struct file *f, loff_t off, int whence)
{
	loff_t size = f->f_inode->i_size;

	switch (whence) {
	case SEEK_SET:
		return set_pos(f, 0, off);
	case SEEK_CUR:
		return set_pos(f, f->f_pos, off);
	case SEEK_END:
		return set_pos(f, size, off);
	case SEEK_DATA:
	case SEEK_HOLE:
		if (off < 0 || off >= size)
			return -ENXIO;
		return set_pos(f, 0, whence == SEEK_DATA ? off : size);
	}
	return -EINVAL;
}

/* For directories: positions are what getdents gave out. */
loff_t dir_llseek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		return set_pos(f, f->f_pos, off);
	return whence == SEEK_SET ? set_pos(f, 0, off) : -EINVAL;
}

loff_t vfs_llseek(struct file *f, loff_t off, int whence)
{
	loff_t pos;

	if (!(f->f_mode & FMODE_LSEEK))
		return -ESPIPE;
	mutex_lock(&f->f_pos_lock);
	pos = f->f_op->llseek(f, off, whence);
	mutex_unlock(&f->f_pos_lock);
	return pos;
}

static long sys_lseek(unsigned int fd, loff_t off, unsigned int whence)
{
	struct file *f = fget(fd);
	loff_t pos;

	if (!f)
		return -EBADF;
	pos = whence <= SEEK_HOLE ? vfs_llseek(f, off, whence) : -EINVAL;
	fput(f);
	return pos;
}

/* --- what has no disk under it is always in step --- */
static long sys_fsync(unsigned int fd)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	if (f->f_op->fsync)
		err = f->f_op->fsync(f);
	else
		err = S_ISREG(f->f_inode->i_mode) || S_ISDIR(f->f_inode->i_mode) ? 0 : -EINVAL;
	fput(f);
	return err;
}

static long sys_sync(void)
{
	return 0; /* no file system here is on a disk: memory is all there is to be in step with */
}

static long sys_syncfs(unsigned int fd)
{
	struct file *f = fget(fd);

	if (!f)
		return -EBADF;
	fput(f);
	return 0;
}

void read_write_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(read),	  SYSCALL(write),   SYSCALL(pread64), SYSCALL(pwrite64), SYSCALL(readv),
		SYSCALL(writev),  SYSCALL(preadv),  SYSCALL(pwritev), SYSCALL(preadv2),	 SYSCALL(pwritev2),
		SYSCALL(lseek),	  SYSCALL(fsync),   SYSCALL(sync),    SYSCALL(syncfs),
		{ __NR_fdatasync, (void *)sys_fsync, "fdatasync" },
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
