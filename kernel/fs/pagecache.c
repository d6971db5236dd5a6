/* kernel/fs/pagecache.c - reading files whose bytes are pages of i_mapping
 *
 * Called: read(2) on tmpfs through f_op->read_iter; sendfile.c takes the pages themselves.
 * Locks:  none: a page found is referenced, i_size is read once a page. A read beside a write sees old or new bytes.
 */
#include "kernel/fs/internal.h"

static size_t copy_page_out(struct address_space *m, u64 index, size_t off, size_t n, struct iov_iter *to)
{
	struct page *page = find_get_page(m, index);
	size_t done;

	if (!page)
		return iov_iter_zero(n, to); /* a hole */
	done = copy_to_iter((char *)page_address(page) + off, n, to);
	put_page(page);
	return done;
}

ssize_t generic_file_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct inode *inode = f->f_inode;
	size_t total = 0;

	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		loff_t size = READ_ONCE(inode->i_size), at = *pos + total;
		size_t off = at & (PAGE_SIZE - 1), n = min(PAGE_SIZE - off, iov_iter_count(to)), done;

		if (at < 0 || at >= size || !n)
			break;
		n = min(n, (size_t)(size - at));
		done = copy_page_out(inode->i_mapping, at >> PAGE_SHIFT, off, n, to);
		total += done;
		if (done < n) {
			if (!total)
				return -EFAULT;
			break;
		}
		cond_resched();
	}
	*pos += total;
	file_accessed(f);
	return total;
}
