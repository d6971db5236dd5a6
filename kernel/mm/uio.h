/* kernel/mm/uio.h - one description for "the caller's memory": a user buffer, a user iovec or kernel memory
 *
 * An iterator is consumed as it is copied. data_source says which way: true when bytes come FROM it (write, send).
 */
#pragma once
#include "kernel/mm/uaccess.h"
#include "lib/checksum.h"
#include "lib/types.h"
#include <linux/uio.h>

#define UIO_MAXIOV_FAST 8
#define MAX_RW_COUNT 0x7ffff000UL /* Linux moves at most this much in one call */
#ifndef UIO_MAXIOV
#define UIO_MAXIOV 1024
#endif
struct kvec { void *iov_base; size_t iov_len; };

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_KVEC };
struct iov_iter {
	u8 iter_type;
	bool data_source;
	size_t iov_offset; /* into the first segment */
	size_t count;	   /* bytes left in all */
	union {
		void __user *ubuf;
		const struct iovec *iov; /* kernel copy of the user's array */
		const struct kvec *kvec;
	};
	unsigned long nr_segs;
};

static inline void iov_iter_ubuf(struct iov_iter *i, bool source, void __user *buf, size_t len)
{
	*i = (struct iov_iter){
		.iter_type = ITER_UBUF, .data_source = source, .count = len, .ubuf = buf, .nr_segs = 1
	};
}
void iov_iter_kvec(struct iov_iter *i, bool source, const struct kvec *kvec, unsigned long nr, size_t count);
/* Copies the user's iovec array in, checks it (EINVAL, EFAULT). *iov points to fast, or to memory to kfree (else NULL
 * on return). Returns the total byte count or a negative errno. */
ssize_t __import_iovec(bool source, const struct iovec __user *uvec, unsigned long nr, unsigned long nr_fast,
		       struct iovec **iov, struct iov_iter *i);
static inline ssize_t import_iovec(bool source, const struct iovec __user *uvec, unsigned long nr,
				   unsigned long nr_fast, struct iovec **iov, struct iov_iter *i)
{
	struct iovec v;

	if (unlikely(nr != 1 || !nr_fast))
		return __import_iovec(source, uvec, nr, nr_fast, iov, i);
	*iov = NULL; /* no memory, no walk: most recvmsg and sendmsg */
	if (copy_from_user(&v, uvec, sizeof(v)))
		return -EFAULT;
	if (unlikely((ssize_t)v.iov_len < 0))
		return -EINVAL;
	v.iov_len = min(v.iov_len, MAX_RW_COUNT);
	iov_iter_ubuf(i, source, (void __user __force *)v.iov_base, v.iov_len);
	return (ssize_t)v.iov_len;
}
static inline size_t iov_iter_count(const struct iov_iter *i) { return i->count; }
static inline void iov_iter_truncate(struct iov_iter *i, size_t n) { if (i->count > n) i->count = n; }
static inline void iov_iter_reexpand(struct iov_iter *i, size_t n) { i->count = n; }
void iov_iter_advance(struct iov_iter *i, size_t n);
void iov_iter_revert(struct iov_iter *i, size_t n);
/* read, write, send and recv have one segment: no walk. */
static inline bool iov_iter_one_segment(const struct iov_iter *i, size_t n)
{
	return i->iter_type == ITER_UBUF && n <= i->count;
}
static inline size_t iov_iter_advance_one(struct iov_iter *i, size_t done)
{
	i->iov_offset += done;
	i->count -= done;
	return done;
}
size_t __copy_to_iter(const void *src, size_t n, struct iov_iter *i);
size_t __copy_from_iter(void *dst, size_t n, struct iov_iter *i);
/* Return the bytes copied; fewer than n means the rest faulted. */
static inline size_t copy_to_iter(const void *src, size_t n, struct iov_iter *i)
{
	if (likely(iov_iter_one_segment(i, n)))
		return iov_iter_advance_one(i, n - copy_to_user((char __user *)i->ubuf + i->iov_offset, src, n));
	return __copy_to_iter(src, n, i);
}
static inline size_t copy_from_iter(void *dst, size_t n, struct iov_iter *i)
{
	if (likely(iov_iter_one_segment(i, n)))
		return iov_iter_advance_one(
			i, n - copy_from_user(dst, (const char __user *)i->ubuf + i->iov_offset, n));
	return __copy_from_iter(dst, n, i);
}
size_t iov_iter_zero(size_t n, struct iov_iter *i);
/* As above with the Internet checksum of what was copied added to *sum. */
size_t csum_and_copy_from_iter(void *dst, size_t n, __wsum *sum, struct iov_iter *i);
static inline bool copy_from_iter_full(void *dst, size_t n, struct iov_iter *i)
{
	return copy_from_iter(dst, n, i) == n;
}
