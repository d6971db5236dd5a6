/* kernel/fs/tmpfs_file.c - the bytes of a file in memory: pages, the limit, writing, truncating, mapping
 *
 * What:   a file's bytes are the pages of its page cache; pages that were never written are holes. The size limit (half
 *         of memory, or the mount's size=) counts pages of data.
 * Called: the VFS; mm through vm_ops when a program touches a mapped page.
 * Locks:  the file's i_lock for changes. The page count is atomic.
 * Absent: swapping, reclaiming, quotas, FALLOC_FL_PUNCH_HOLE.
 */
#include "kernel/fs/tmpfs.h"
#include <linux/falloc.h>

static struct vm_operations_struct tmpfs_vm_ops; /* generic_file_vm_ops with our fault; [C] after tmpfs_file_init */

/* --- pages and the limit --- */
static int charge(struct inode *inode, s64 pages)
{
	struct tmpfs_sb *ts = inode->i_sb->s_fs_info;

	if (atomic64_add_return(pages, &ts->used_pages) > ts->max_pages) {
		atomic64_sub(pages, &ts->used_pages);
		return -ENOSPC;
	}
	__atomic_fetch_add(&inode->i_pages, pages, __ATOMIC_RELAXED);
	return 0;
}

static void uncharge(struct inode *inode, s64 pages)
{
	struct tmpfs_sb *ts = inode->i_sb->s_fs_info;

	__atomic_fetch_sub(&inode->i_pages, pages, __ATOMIC_RELAXED);
	atomic64_sub(pages, &ts->used_pages);
}

void tmpfs_recharge(struct inode *inode)
{
	uncharge(inode, (s64)inode->i_pages - (s64)inode->i_data.nrpages);
}

/* The page, made and charged when it was a hole. Referenced, or ERR_PTR(-ENOSPC, -ENOMEM). */
static struct page *get_file_page(struct inode *inode, u64 index)
{
	struct page *page = find_get_page(inode->i_mapping, index);
	int err;

	if (page)
		return page;
	err = charge(inode, 1);
	if (err)
		return ERR_PTR(err);
	page = find_or_create_page(inode->i_mapping, index, GFP_USER | __GFP_NORETRY);
	if (page)
		return page;
	uncharge(inode, 1);
	return ERR_PTR(-ENOMEM);
}

static int tmpfs_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct page *page;

	if (vmf->pgoff < DIV_ROUND_UP((u64)vma->vm_file->f_inode->i_size, PAGE_SIZE)) {
		page = get_file_page(vma->vm_file->f_inode, vmf->pgoff);
		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
	}
	return generic_file_vm_ops.fault(vma, vmf);
}

static int tmpfs_mmap(struct file *f, struct vm_area_struct *vma)
{
	int err = generic_file_mmap(f, vma);

	if (!err)
		vma->vm_ops = &tmpfs_vm_ops;
	return err;
}

/* --- writing --- */
/* How many of n bytes may go to pos, by RLIMIT_FSIZE; -EFBIG with SIGXFSZ when none. */
static ssize_t within_limit(loff_t pos, size_t n)
{
	u64 limit = rlimit(RLIMIT_FSIZE);

	if ((u64)pos >= limit) {
		send_signal(SIGXFSZ, NULL, current, false);
		return -EFBIG;
	}
	if (n > (u64)S64_MAX - (u64)pos)
		n = (u64)S64_MAX - (u64)pos;
	return min((u64)n, limit - pos);
}

static ssize_t write_page(struct inode *inode, loff_t pos, size_t n, struct iov_iter *from)
{
	struct page *page = get_file_page(inode, pos >> PAGE_SHIFT);
	size_t done;

	if (IS_ERR(page))
		return PTR_ERR(page);
	done = copy_from_iter((char *)page_address(page) + (pos & (PAGE_SIZE - 1)), n, from);
	put_page(page);
	if (done && pos + (loff_t)done > inode->i_size)
		WRITE_ONCE(inode->i_size, pos + done);
	return done ? (ssize_t)done : -EFAULT;
}

static void zero_tail(struct inode *inode, loff_t from);

static ssize_t tmpfs_write_locked(struct inode *inode, struct iov_iter *from, loff_t pos, size_t n)
{
	size_t total = 0;
	ssize_t r = 0;

	if (pos > inode->i_size)
		zero_tail(inode, inode->i_size);
	while (total < n) {
		size_t chunk = min(PAGE_SIZE - ((pos + total) & (PAGE_SIZE - 1)), n - total);

		r = write_page(inode, pos + total, chunk, from);
		if (r < 0)
			break;
		total += r;
		if ((size_t)r < chunk)
			break;
		cond_resched();
	}
	if (!total)
		return r;
	file_remove_suid(inode);
	inode_touch(inode);
	return total;
}

static ssize_t tmpfs_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->f_inode;
	ssize_t n;

	if (!iov_iter_count(from))
		return 0;
	mutex_lock(&inode->i_lock);
	if (f->f_flags & O_APPEND)
		*pos = inode->i_size;
	n = within_limit(*pos, iov_iter_count(from));
	if (n > 0)
		n = tmpfs_write_locked(inode, from, *pos, n);
	if (n > 0)
		*pos += n;
	mutex_unlock(&inode->i_lock);
	return n;
}

/* What lies in the page behind the end may have been written through a mapping: it must read as zero later. */
static void zero_tail(struct inode *inode, loff_t from)
{
	size_t off = from & (PAGE_SIZE - 1);
	struct page *page = off ? find_get_page(inode->i_mapping, from >> PAGE_SHIFT) : NULL;

	if (!page)
		return;
	memset((char *)page_address(page) + off, 0, PAGE_SIZE - off);
	put_page(page);
}

static int tmpfs_truncate(struct inode *inode, loff_t size)
{
	loff_t old = inode->i_size;

	zero_tail(inode, min(size, old));
	WRITE_ONCE(inode->i_size, size);
	if (size < old) {
		truncate_inode_pages(inode->i_mapping, DIV_ROUND_UP((u64)size, PAGE_SIZE));
		zero_tail(inode, size); /* a mapping may have written between */
		tmpfs_recharge(inode);
	}
	inode_touch(inode);
	return 0;
}

/* posix_fallocate: every page exists afterwards; when not, tmpfs_fallocate() gives back what lies behind the end. */
static long allocate_range(struct inode *inode, loff_t off, loff_t end)
{
	for (u64 i = off >> PAGE_SHIFT; i < DIV_ROUND_UP((u64)end, PAGE_SIZE); i++) {
		struct page *page = get_file_page(inode, i);

		if (IS_ERR(page))
			return PTR_ERR(page);
		put_page(page);
		if (fatal_signal_pending_current())
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long tmpfs_fallocate(struct inode *inode, int mode, loff_t off, loff_t len)
{
	loff_t end;
	long err;

	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~FALLOC_FL_KEEP_SIZE)
		return -EOPNOTSUPP;
	if (__builtin_add_overflow(off, len, &end) || (u64)end > rlimit(RLIMIT_FSIZE))
		return -EFBIG;
	mutex_lock(&inode->i_lock);
	zero_tail(inode, inode->i_size);
	err = allocate_range(inode, off, end);
	if (err) {
		truncate_inode_pages(inode->i_mapping, DIV_ROUND_UP((u64)max(off, inode->i_size), PAGE_SIZE));
		tmpfs_recharge(inode);
	}
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->i_size)
		WRITE_ONCE(inode->i_size, end);
	if (!err)
		inode_touch(inode);
	mutex_unlock(&inode->i_lock);
	return err;
}

long sys_fallocate(unsigned int fd, int mode, loff_t off, loff_t len)
{
	struct file *f = fget(fd);
	long err;

	if (!f)
		return -EBADF;
	if (!(f->f_mode & FMODE_WRITE))
		err = -EBADF;
	else if (S_ISFIFO(f->f_inode->i_mode))
		err = -ESPIPE;
	else if (f->f_op != &tmpfs_file_fops)
		err = S_ISDIR(f->f_inode->i_mode) ? -EISDIR : -ENODEV;
	else
		err = tmpfs_fallocate(f->f_inode, mode, off, len);
	fput(f);
	return err;
}

const struct inode_operations tmpfs_file_iops = { .truncate = tmpfs_truncate };
const struct file_operations tmpfs_file_fops = {
	.llseek = generic_file_llseek,
	.read_iter = generic_file_read_iter,
	.write_iter = tmpfs_write_iter,
	.mmap = tmpfs_mmap,
};

void tmpfs_file_init(void)
{
	tmpfs_vm_ops = generic_file_vm_ops;
	tmpfs_vm_ops.fault = tmpfs_fault;
}
