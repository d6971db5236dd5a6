/* kernel/fs/sendfile.c - from file to file inside the kernel: sendfile, copy_file_range; and advice about reading
 *
 * What:   where the source's bytes are pages of a page cache, the pages themselves go to write_iter as kernel vectors,
 *         so the bytes are copied once: into the socket, pipe or file. Other sources go through a bounce page.
 * Called: programs, through their system calls (process context).
 * Locks:  f_pos_lock of a file whose own position is used.
 * Absent: splice, tee and vmsplice (EINVAL: callers fall back to read and write).
 */
#include "kernel/fs/internal.h"
#include <linux/fadvise.h>

#define BATCH 16

struct batch { struct page *pages[BATCH]; struct kvec vec[BATCH]; unsigned int nr; size_t bytes; };

static const char zero_page[PAGE_SIZE] __aligned(4096);

/* Up to n bytes of the file from pos as vectors; holes show a page of zeroes. */
static void gather(struct inode *inode, loff_t pos, size_t n, struct batch *b)
{
	loff_t size = READ_ONCE(inode->i_size);

	b->nr = 0;
	b->bytes = 0;
	while (b->nr < BATCH && n && pos < size) {
		size_t off = pos & (PAGE_SIZE - 1), len = min(min(PAGE_SIZE - off, n), (size_t)(size - pos));
		struct page *page = find_get_page(inode->i_mapping, pos >> PAGE_SHIFT);

		b->pages[b->nr] = page;
		b->vec[b->nr].iov_base = (char *)(page ? page_address(page) : zero_page) + off;
		b->vec[b->nr++].iov_len = len;
		b->bytes += len;
		pos += len;
		n -= len;
	}
}

static void release(struct batch *b)
{
	for (unsigned int i = 0; i < b->nr; i++)
		if (b->pages[i])
			put_page(b->pages[i]);
}

static ssize_t send_pages(struct file *in, loff_t pos, struct file *out, loff_t *out_pos, size_t n)
{
	struct batch b;
	struct iov_iter i;
	ssize_t done = 0;

	gather(in->f_inode, pos, n, &b);
	if (b.bytes) {
		iov_iter_kvec(&i, true, b.vec, b.nr, b.bytes);
		done = vfs_write_iter(out, &i, out_pos);
	}
	release(&b);
	return done;
}

static ssize_t send_bounce(struct file *in, loff_t pos, struct file *out, loff_t *out_pos, size_t n)
{
	void *buf = (void *)__get_free_page(GFP_KERNEL);
	ssize_t got, done;

	if (!buf)
		return -ENOMEM;
	got = kernel_read(in, buf, min(n, PAGE_SIZE), &pos);
	done = got > 0 ? kernel_write(out, buf, got, out_pos) : got;
	free_page((unsigned long)buf);
	return done;
}

/* Moves up to n bytes; *in_pos and *out_pos go along. What was moved, or the first error when nothing was. */
static ssize_t move_bytes(struct file *in, loff_t *in_pos, struct file *out, loff_t *out_pos, size_t n)
{
	bool paged = in->f_op->read_iter == generic_file_read_iter;
	size_t total = 0;
	ssize_t r = 0;

	while (total < n) {
		r = (paged ? send_pages : send_bounce)(in, *in_pos, out, out_pos, n - total);
		if (r <= 0)
			break;
		*in_pos += r;
		total += r;
		if (signal_pending_current())
			break;
		cond_resched();
	}
	if (total && paged)
		file_accessed(in);
	return total ? (ssize_t)total : r;
}

/* The output's own position, locked while it is used. */
static ssize_t move_to(struct file *in, loff_t *in_pos, struct file *out, size_t n)
{
	loff_t none = 0;
	ssize_t done;

	if (out->f_mode & FMODE_STREAM)
		return move_bytes(in, in_pos, out, &none, n);
	mutex_lock(&out->f_pos_lock);
	done = move_bytes(in, in_pos, out, &out->f_pos, n);
	mutex_unlock(&out->f_pos_lock);
	return done;
}

static ssize_t do_sendfile(struct file *out, struct file *in, loff_t *pos, size_t n)
{
	loff_t at;
	ssize_t done;

	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE))
		return -EBADF;
	if (!in->f_op->read_iter || in->f_mode & FMODE_STREAM || (out->f_flags & O_APPEND && in == out))
		return pos ? -ESPIPE : -EINVAL;
	if (!out->f_op->write_iter || S_ISDIR(in->f_inode->i_mode))
		return -EINVAL;
	n = min(n, MAX_RW_COUNT);
	if (pos)
		return move_to(in, pos, out, n);
	at = READ_ONCE(in->f_pos);
	done = move_to(in, &at, out, n);
	if (done > 0) {
		mutex_lock(&in->f_pos_lock);
		in->f_pos = at;
		mutex_unlock(&in->f_pos_lock);
	}
	return done;
}

static long sys_sendfile(int out_fd, int in_fd, loff_t __user *upos, size_t n)
{
	struct file *in, *out;
	loff_t pos = 0;
	ssize_t done = -EBADF;

	if (upos && copy_from_user(&pos, upos, sizeof(pos)))
		return -EFAULT;
	if (pos < 0 || (ssize_t)n < 0)
		return -EINVAL;
	in = fget(in_fd);
	out = fget(out_fd);
	if (in && out)
		done = do_sendfile(out, in, upos ? &pos : NULL, n);
	if (in)
		fput(in);
	if (out)
		fput(out);
	if (upos && done >= 0 && copy_to_user(upos, &pos, sizeof(pos)))
		return -EFAULT;
	return done;
}

/* --- copy_file_range --- */
static int may_copy(struct file *in, struct file *out, loff_t ipos, loff_t opos, size_t n)
{
	if (!(in->f_mode & FMODE_READ) || !(out->f_mode & FMODE_WRITE) || out->f_flags & O_APPEND)
		return -EBADF;
	if (S_ISDIR(in->f_inode->i_mode) || S_ISDIR(out->f_inode->i_mode))
		return -EISDIR;
	if (in->f_op->read_iter != generic_file_read_iter || !S_ISREG(out->f_inode->i_mode))
		return -EINVAL;
	if (ipos < 0 || opos < 0 || ipos + (loff_t)n < ipos || opos + (loff_t)n < opos)
		return ipos < 0 || opos < 0 ? -EINVAL : -EOVERFLOW;
	if (in->f_inode == out->f_inode && ipos < opos + (loff_t)n && opos < ipos + (loff_t)n)
		return -EINVAL;
	return 0;
}

static ssize_t copy_range(struct file *in, loff_t __user *uin, struct file *out, loff_t __user *uout, size_t n)
{
	loff_t ipos = in->f_pos, opos = out->f_pos;
	ssize_t done;

	if ((uin && copy_from_user(&ipos, uin, sizeof(ipos))) || (uout && copy_from_user(&opos, uout, sizeof(opos))))
		return -EFAULT;
	done = may_copy(in, out, ipos, opos, n);
	if (!done)
		done = move_bytes(in, &ipos, out, &opos, n);
	if (done <= 0)
		return done;
	if ((uin && copy_to_user(uin, &ipos, sizeof(ipos))) || (uout && copy_to_user(uout, &opos, sizeof(opos))))
		return -EFAULT;
	if (!uin)
		in->f_pos = ipos;
	if (!uout)
		out->f_pos = opos;
	return done;
}

static long sys_copy_file_range(int in_fd, loff_t __user *uin, int out_fd, loff_t __user *uout, size_t n,
				unsigned int flags)
{
	struct file *in, *out;
	ssize_t done = -EBADF;

	if (flags)
		return -EINVAL;
	in = fget(in_fd);
	out = fget(out_fd);
	if (in && out)
		done = copy_range(in, uin, out, uout, min(n, MAX_RW_COUNT));
	if (in)
		fput(in);
	if (out)
		fput(out);
	return done;
}

/* --- advice: every page is in memory already, so taking the advice is doing nothing --- */
static long sys_fadvise64(int fd, loff_t off, size_t len, int advice)
{
	struct file *f = fget(fd);
	long err = 0;

	if (!f)
		return -EBADF;
	if (S_ISFIFO(f->f_inode->i_mode))
		err = -ESPIPE;
	else if ((ssize_t)len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	fput(f);
	return err;
}

static long sys_readahead(int fd, loff_t off, size_t n)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	err = !(f->f_mode & FMODE_READ) ? -EBADF : S_ISREG(f->f_inode->i_mode) ? 0 : -EINVAL;
	fput(f);
	return err;
}

static long sys_no_splice(void)
{
	return -EINVAL;
}

void sendfile_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(sendfile), SYSCALL(copy_file_range), SYSCALL(fadvise64), SYSCALL(readahead),
		{ __NR_splice, (void *)sys_no_splice, "splice" },
		{ __NR_tee, (void *)sys_no_splice, "tee" },
		{ __NR_vmsplice, (void *)sys_no_splice, "vmsplice" },
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
