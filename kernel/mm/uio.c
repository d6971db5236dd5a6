/* kernel/mm/uio.c - copying to and from "the caller's memory", whatever that is
 *
 * What:   walks the segments of an iov_iter; each walk consumes what it copied. Portable: the tests' second home
 *         compiles it over its own copy_from_user().
 * Called: read and write paths of files and sockets, in process context.
 * Calls:  uaccess.h, and lib/checksum.h for the copies that also sum.
 * Locks:  none: an iterator belongs to its caller.
 */
#include "kernel/mm/uio.h"
#include "kernel/mm/slab.h"
#include "lib/string.h"

void iov_iter_kvec(struct iov_iter *i, bool source, const struct kvec *kvec, unsigned long nr, size_t count)
{
	*i = (struct iov_iter){
		.iter_type = ITER_KVEC, .data_source = source, .count = count, .kvec = kvec, .nr_segs = nr,
	};
}

/* Base and length of the segment that the iterator stands in; for ITER_UBUF there is one. */
static char *segment(const struct iov_iter *i, size_t *len)
{
	char *base;

	if (i->iter_type == ITER_UBUF) {
		*len = i->count;
		return (char __force *)i->ubuf + i->iov_offset;
	}
	base = i->iter_type == ITER_IOVEC ? (char __force *)i->iov->iov_base : i->kvec->iov_base;
	*len = (i->iter_type == ITER_IOVEC ? i->iov->iov_len : i->kvec->iov_len) - i->iov_offset;
	return base + i->iov_offset;
}

static size_t segment_len(const struct iov_iter *i)
{
	return i->iter_type == ITER_IOVEC ? i->iov->iov_len : i->kvec->iov_len;
}

static void next_segment(struct iov_iter *i)
{
	if (i->iter_type == ITER_IOVEC)
		i->iov++;
	else
		i->kvec++;
	i->nr_segs--;
	i->iov_offset = 0;
}

void iov_iter_advance(struct iov_iter *i, size_t n)
{
	n = min(n, i->count);
	i->count -= n;
	i->iov_offset += n;
	if (i->iter_type == ITER_UBUF)
		return;
	while (i->nr_segs && i->iov_offset >= segment_len(i)) {
		size_t rest = i->iov_offset - segment_len(i);

		if (!rest && !i->count && i->nr_segs == 1)
			return; /* stand at the very end, so that a revert can go back */
		next_segment(i);
		i->iov_offset = rest;
	}
}

/* n must not be more than was advanced. */
void iov_iter_revert(struct iov_iter *i, size_t n)
{
	i->count += n;
	if (i->iter_type == ITER_UBUF) {
		i->iov_offset -= n;
		return;
	}
	while (n > i->iov_offset) {
		n -= i->iov_offset;
		if (i->iter_type == ITER_IOVEC)
			i->iov--;
		else
			i->kvec--;
		i->nr_segs++;
		i->iov_offset = segment_len(i);
	}
	i->iov_offset -= n;
}

/* One contiguous piece: where it is, and how far into the whole copy. Returns the bytes NOT done. */
typedef size_t (*step_fn)(const struct iov_iter *i, char *where, size_t len, size_t done, void *ctx);

static size_t iterate(struct iov_iter *i, size_t n, step_fn step, void *ctx)
{
	size_t done = 0;

	n = min(n, i->count);
	while (done < n) {
		size_t len, left;
		char *where = segment(i, &len);

		len = min(len, n - done);
		left = len ? step(i, where, len, done, ctx) : 0;
		done += len - left;
		iov_iter_advance(i, len - left); /* over empty segments, too */
		if (left || !i->nr_segs)
			break;
	}
	return done;
}

static size_t step_out(const struct iov_iter *i, char *where, size_t len, size_t done, void *ctx)
{
	if (i->iter_type != ITER_KVEC)
		return copy_to_user((void __user __force *)where, (const char *)ctx + done, len);
	memcpy(where, (const char *)ctx + done, len);
	return 0;
}

static size_t step_in(const struct iov_iter *i, char *where, size_t len, size_t done, void *ctx)
{
	if (i->iter_type != ITER_KVEC)
		return copy_from_user((char *)ctx + done, (const void __user __force *)where, len);
	memcpy((char *)ctx + done, where, len);
	return 0;
}

static size_t step_zero(const struct iov_iter *i, char *where, size_t len, size_t done, void *ctx)
{
	if (i->iter_type != ITER_KVEC)
		return clear_user((void __user __force *)where, len);
	memset(where, 0, len);
	return 0;
}

size_t __copy_to_iter(const void *src, size_t n, struct iov_iter *i)
{
	return iterate(i, n, step_out, (void *)src);
}
size_t __copy_from_iter(void *dst, size_t n, struct iov_iter *i) { return iterate(i, n, step_in, dst); }
size_t iov_iter_zero(size_t n, struct iov_iter *i) { return iterate(i, n, step_zero, NULL); }

size_t csum_and_copy_from_iter(void *dst, size_t n, __wsum *sum, struct iov_iter *i)
{
	size_t done = copy_from_iter(dst, n, i);

	*sum = csum_partial(dst, done, *sum);
	return done;
}

/* Checks the lengths: none negative as ssize_t, the sum cut at MAX_RW_COUNT. Total or -EINVAL. */
static ssize_t check_lengths(struct iovec *v, unsigned long nr)
{
	size_t total = 0;

	for (unsigned long k = 0; k < nr; k++) {
		if ((ssize_t)v[k].iov_len < 0)
			return -EINVAL;
		if (v[k].iov_len > MAX_RW_COUNT - total)
			v[k].iov_len = MAX_RW_COUNT - total;
		total += v[k].iov_len;
	}
	return (ssize_t)total;
}

ssize_t __import_iovec(bool source, const struct iovec __user *uvec, unsigned long nr, unsigned long nr_fast,
		     struct iovec **iov, struct iov_iter *i)
{
	struct iovec *v = *iov;
	ssize_t total = -EFAULT;

	*iov = NULL;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > nr_fast)
		v = *iov = kmalloc(nr * sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	if (!copy_from_user(v, uvec, nr * sizeof(*v)))
		total = check_lengths(v, nr);
	if (total < 0) {
		kfree(*iov);
		*iov = NULL;
		return total;
	}
	*i = (struct iov_iter){
		.iter_type = ITER_IOVEC, .data_source = source, .count = (size_t)total, .iov = v, .nr_segs = nr,
	};
	return total;
}
