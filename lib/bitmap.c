/* lib/bitmap.c - searching bit arrays
 *
 * Called: any context; the caller guards the bits.
 */
#include "lib/bitmap.h"

/* flip is ~0 to look for zeros. */
static size_t find_bit(const unsigned long *map, size_t size, size_t from, unsigned long flip)
{
	unsigned long w;

	if (from >= size)
		return size;
	w = (READ_ONCE(map[from / 64]) ^ flip) & (~0UL << (from % 64));
	for (from = ALIGN_DOWN(from, 64); !w;) {
		from += 64;
		if (from >= size)
			return size;
		w = READ_ONCE(map[from / 64]) ^ flip;
	}
	from += (size_t)__builtin_ctzl(w);
	return from < size ? from : size;
}

size_t find_next_bit(const unsigned long *map, size_t size, size_t from) { return find_bit(map, size, from, 0); }
size_t find_next_zero_bit(const unsigned long *map, size_t size, size_t from)
{
	return find_bit(map, size, from, ~0UL);
}
