/* net/core/skb_copy.c - reading and writing a packet's bytes, wherever they lie
 *
 * What:   copies to and from kernel and program memory, checksums, and the walk over head and fragments that they
 *         share.
 * Called: protocols and sockets. Those that take an iov_iter may sleep; the others run anywhere.
 * Calls:  lib/checksum, kernel/mm's iterators.
 * Locks:  none: the caller holds a reference, and bytes of a shared packet do not change.
 */
#include "net/core/skb_internal.h"
#include "net/core/sock.h"

void *skb_frag_address(const skb_frag_t *f) { return (char *)page_address(f->page) + f->offset; }

/* Where a walk stands: skip bytes to pass over, then left bytes to hand out. */
struct walk { u32 skip, left; };

/* How many of the next size bytes are wanted, from *at on. */
static inline u32 walk_take(struct walk *w, u32 size, u32 *at)
{
	u32 n;

	*at = w->skip;
	if (unlikely(w->skip >= size)) {
		w->skip -= size;
		return 0;
	}
	n = min(size - w->skip, w->left);
	w->skip = 0;
	w->left -= n;
	return n;
}

int skb_for_each_piece(const struct sk_buff *skb, u32 offset, u32 len, skb_piece_fn *fn, void *ctx)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	struct walk w = { offset, len };
	u32 at, n;
	int r;

	if (offset > skb->len || len > skb->len - offset)
		return -EFAULT;
	if (!len)
		return 0;
	n = walk_take(&w, skb_headlen(skb), &at);
	r = n ? fn(ctx, skb->data + at, n) : 0;
	for (int i = 0; !r && w.left && i < sh->nr_frags; i++) {
		n = walk_take(&w, sh->frags[i].size, &at);
		r = n ? fn(ctx, (char *)skb_frag_address(&sh->frags[i]) + at, n) : 0;
	}
	for (const struct sk_buff *s = sh->frag_list; !r && w.left && s; s = s->next) {
		n = walk_take(&w, s->len, &at);
		if (likely(n && !s->data_len))
			r = fn(ctx, s->data + at, n);
		else if (n)
			r = skb_for_each_piece(s, at, n, fn, ctx);
	}
	return r ? r : w.left ? -EFAULT : 0;
}

static int piece_out(void *ctx, void *piece, u32 n)
{
	char **to = ctx;

	memcpy(*to, piece, n);
	*to += n;
	return 0;
}

static int piece_in(void *ctx, void *piece, u32 n)
{
	const char **from = ctx;

	memcpy(piece, *from, n);
	*from += n;
	return 0;
}

/* Counted by the callers that move payload; headers that are read through here are not payload. */
int skb_copy_bits(const struct sk_buff *skb, u32 offset, void *to, u32 len)
{
	return skb_for_each_piece(skb, offset, len, piece_out, &to);
}

int skb_store_bits(struct sk_buff *skb, u32 offset, const void *from, u32 len)
{
	int r = skb_for_each_piece(skb, offset, len, piece_in, &from);

	if (!r)
		skb_count_copy(SKB_COPY_KERNEL_TO_SKB, len);
	return r;
}

static int piece_to_iter(void *ctx, void *piece, u32 n)
{
	return copy_to_iter(piece, n, ctx) == n ? 0 : -EFAULT;
}

/* Returns the bytes copied. Out of line, for it takes all registers and a packet in one piece none. */
static noinline size_t pieces_to_iter(const struct sk_buff *skb, u32 offset, struct iov_iter *to, u32 len)
{
	size_t before = iov_iter_count(to);

	skb_for_each_piece(skb, offset, len, piece_to_iter, to);
	return before - iov_iter_count(to);
}

int skb_copy_datagram_iter(const struct sk_buff *skb, u32 offset, struct iov_iter *to, u32 len)
{
	size_t n;

	if (likely(offset <= skb_headlen(skb) && len <= skb_headlen(skb) - offset))
		n = copy_to_iter(skb->data + offset, len, to);
	else
		n = pieces_to_iter(skb, offset, to, len);
	skb_count_copy(to->iter_type == ITER_KVEC ? SKB_COPY_SKB_TO_KERNEL : SKB_COPY_SKB_TO_USER, (u32)n);
	return n == len ? 0 : -EFAULT;
}

ssize_t skb_copy_datagram_msg(const struct sk_buff *skb, struct msghdr_kern *msg, size_t len, int flags)
{
	size_t copied = min(len, (size_t)skb->len);

	if (copied < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	if (skb_copy_datagram_iter(skb, 0, &msg->msg_iter, (u32)copied))
		return -EFAULT;
	return flags & MSG_TRUNC ? (ssize_t)skb->len : (ssize_t)copied;
}

/* A sum that grows piece by piece; pos is the number of bytes before, whose parity decides the byte order. */
static int piece_from_iter(void *ctx, void *piece, u32 n)
{
	return copy_from_iter(piece, n, ctx) == n ? 0 : -EFAULT;
}

int skb_copy_datagram_from_iter(struct sk_buff *skb, u32 offset, struct iov_iter *from, u32 len)
{
	int r = skb_for_each_piece(skb, offset, len, piece_from_iter, from);

	if (!r)
		skb_count_copy(SKB_COPY_USER_TO_SKB, len);
	return r;
}

struct summing { __wsum sum; u32 pos; };

static int piece_sum(void *ctx, void *piece, u32 n)
{
	struct summing *s = ctx;

	s->sum = csum_block_add(s->sum, csum_partial(piece, n, 0), s->pos);
	s->pos += n;
	return 0;
}

__wsum __skb_checksum(const struct sk_buff *skb, u32 offset, u32 len, __wsum csum)
{
	struct summing s = { csum, 0 };

	skb_for_each_piece(skb, offset, len, piece_sum, &s);
	return s.sum;
}

/* The field at csum_start + csum_offset holds the pseudo header's sum; 0 on the wire would mean "none" to UDP. */
int skb_checksum_help(struct sk_buff *skb)
{
	u32 start, field;
	__sum16 sum;
	int r;

	if (skb->ip_summed != CHECKSUM_PARTIAL) {
		skb->ip_summed = CHECKSUM_NONE;
		return 0;
	}
	if (skb->csum_start < skb_headroom(skb))
		return -EINVAL;
	start = skb->csum_start - skb_headroom(skb);
	field = start + skb->csum_offset;
	if (start >= skb->len || field + sizeof(sum) > skb->len)
		return -EINVAL;
	r = skb_ensure_writable(skb, field + sizeof(sum));
	if (r)
		return r;
	sum = csum_fold(skb_checksum(skb, start, skb->len - start, 0));
	if (!sum)
		sum = (__force __sum16)0xffff;
	put_unaligned(sum, (__sum16 *)(skb->data + field));
	skb->ip_summed = CHECKSUM_NONE;
	return 0;
}

/* skb->csum: the pseudo header's sum (0 for protocols without one). */
__sum16 __skb_checksum_complete(struct sk_buff *skb)
{
	__sum16 sum = csum_fold(skb_checksum(skb, 0, skb->len, skb->csum));

	if (!sum) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		skb->csum_valid = 1;
	}
	return sum;
}
