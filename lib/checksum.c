/* lib/checksum.c - the Internet checksum (RFC 1071)
 *
 * What:   one's complement sums over bytes, eight at a time, with the carry brought round.
 * Called: net/, any context. A machine may bring its own csum_partial() (kernel/arch/checksum.S).
 *
 * RFC 1071 section 2(B): the sum does not depend on byte order, so host words will do. A block that starts at an odd
 * address needs no care either, since words are loaded unaligned.
 */
#include "lib/checksum.h"
#include "lib/string.h"

typedef u64 __attribute__((may_alias, aligned(1))) word_t;
typedef u32 __attribute__((may_alias, aligned(1))) half_t;
typedef u16 __attribute__((may_alias, aligned(1))) quarter_t;

static inline u64 add_carry(u64 sum, u64 v)
{
	bool carry = __builtin_add_overflow(sum, v, &sum); /* becomes add with carry */

	return sum + carry;
}

static inline u32 fold_64_to_32(u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (u32)(sum + (sum >> 32));
}

/* The last 0..7 bytes, as the low bytes of a little-endian word. */
static inline u64 tail_word(const u8 *p, size_t n)
{
	u64 v = 0;
	unsigned int shift = 0;

	if (n & 4) {
		v = *(const half_t *)p;
		p += 4;
		shift = 32;
	}
	if (n & 2) {
		v |= (u64) * (const quarter_t *)p << shift;
		p += 2;
		shift += 16;
	}
	if (n & 1)
		v |= (u64)*p << shift;
	return v;
}

__weak __wsum csum_partial(const void *buf, size_t len, __wsum wsum)
{
	const u8 *p = buf;
	u64 sum = (__force u32)wsum;

	for (; len >= 64; len -= 64, p += 64) {
		sum = add_carry(sum, ((const word_t *)p)[0]);
		sum = add_carry(sum, ((const word_t *)p)[1]);
		sum = add_carry(sum, ((const word_t *)p)[2]);
		sum = add_carry(sum, ((const word_t *)p)[3]);
		sum = add_carry(sum, ((const word_t *)p)[4]);
		sum = add_carry(sum, ((const word_t *)p)[5]);
		sum = add_carry(sum, ((const word_t *)p)[6]);
		sum = add_carry(sum, ((const word_t *)p)[7]);
	}
	for (; len >= 8; len -= 8, p += 8)
		sum = add_carry(sum, *(const word_t *)p);
	if (len)
		sum = add_carry(sum, tail_word(p, len));
	return (__force __wsum)fold_64_to_32(sum);
}

__wsum csum_partial_copy(void *dst, const void *src, size_t len, __wsum wsum)
{
	const u8 *p = src;
	u8 *d = dst;
	u64 sum = (__force u32)wsum;

	for (; len >= 8; len -= 8, p += 8, d += 8) {
		u64 v = *(const word_t *)p;

		*(word_t *)d = v;
		sum = add_carry(sum, v);
	}
	if (len) {
		sum = add_carry(sum, tail_word(p, len));
		memcpy(d, p, len);
	}
	return (__force __wsum)fold_64_to_32(sum);
}
