/* lib/checksum.h - the Internet checksum (RFC 1071, RFC 1624)
 *
 * __wsum is an unfolded 32-bit one's complement sum, __sum16 the folded complement as the wire carries it.
 */
#pragma once
#include "lib/byteorder.h"

/* Sum of len bytes at any alignment, added to sum. */
__wsum csum_partial(const void *buf, size_t len, __wsum sum);
/* Copies and sums in one pass. */
__wsum csum_partial_copy(void *dst, const void *src, size_t len, __wsum sum);

static inline __wsum csum_add(__wsum a, __wsum b)
{
	u32 s = (__force u32)a + (__force u32)b;

	return (__force __wsum)(s + (s < (__force u32)b));
}

static inline __wsum csum_sub(__wsum a, __wsum b) { return csum_add(a, (__force __wsum)~(__force u32)b); }

/* The sum of a block that follows offset bytes of others: swapped when offset is odd. */
static inline __wsum csum_block_add(__wsum sum, __wsum block, size_t offset)
{
	u32 b = (__force u32)block;

	return csum_add(sum, (__force __wsum)(offset & 1 ? (b << 8 | b >> 24) : b));
}

static inline __sum16 csum_fold(__wsum sum)
{
	u32 s = (__force u32)sum;

	s += s << 16 | s >> 16; /* the upper half gets both, and the carry out of the lower one */
	return (__force __sum16)~(s >> 16);
}

/* Sum over an IPv4 header of ihl 32-bit words, at any alignment; 0 when a received header is right. */
static inline __sum16 ip_fast_csum(const void *iph, unsigned int ihl)
{
	const u32 *w = iph;
	u64 s = (u64)get_unaligned(&w[0]) + get_unaligned(&w[1]) + get_unaligned(&w[2]) + get_unaligned(&w[3]) +
		get_unaligned(&w[4]); /* nearly always all */

	for (w += 5; unlikely(ihl > 5); ihl--, w++)
		s += get_unaligned(w);
	s = (s & 0xffffffff) + (s >> 32);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (__force __sum16)~s;
}

/* Whether a received header of five words is right: its ones' complement sum is a multiple of 0xffff. A multiplication,
 * where ip_fast_csum() folds. */
static inline bool ip_header_sum_ok(const void *iph)
{
	const u32 *w = iph;
	u64 s = (u64)get_unaligned(&w[0]) + get_unaligned(&w[1]) + get_unaligned(&w[2]) + get_unaligned(&w[3]) +
		get_unaligned(&w[4]);

	return !(s % 0xffff) && s;
}

static inline __wsum csum_unfold(__sum16 n) { return (__force __wsum)n; }

/* Adds the IPv4 pseudo header (RFC 9293 3.1, RFC 768); len in bytes, proto is IPPROTO_*. */
static inline __wsum csum_tcpudp_nofold(__be32 saddr, __be32 daddr, u32 len, u8 proto, __wsum sum)
{
	u64 s = (__force u32)sum;

	s += (__force u32)saddr;
	s += (__force u32)daddr;
	s += (u64)(proto + len) << 8;
	s += s << 32 | s >> 32;
	return (__force __wsum)(u32)(s >> 32);
}

static inline __sum16 csum_tcpudp_magic(__be32 saddr, __be32 daddr, u32 len, u8 proto, __wsum sum)
{
	return csum_fold(csum_tcpudp_nofold(saddr, daddr, len, proto, sum));
}

/* Adjusts a checksum for one changed 16-bit word (RFC 1624 eqn. 3). */
static inline void csum_replace2(__sum16 *sum, __be16 old, __be16 new)
{
	u32 s = (u16)~(__force u16)*sum + (u16)~(__force u16)old + (__force u16)new;

	*sum = csum_fold((__force __wsum)s);
}

static inline void csum_replace4(__sum16 *sum, __be32 old, __be32 new)
{
	__wsum s = csum_add(csum_unfold((__force __sum16) ~(__force u16)*sum), (__force __wsum)~(__force u32)old);

	*sum = csum_fold(csum_add(s, (__force __wsum)new));
}
