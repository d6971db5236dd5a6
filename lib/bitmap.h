/* lib/bitmap.h - bits in arrays of unsigned long, and bit arithmetic on words */
#pragma once
#include "lib/types.h"

#define BITS_PER_LONG 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

static inline bool test_bit(size_t n, const unsigned long *map) { return READ_ONCE(map[n / 64]) >> (n % 64) & 1; }
/* Without the double underscore: atomic. The test_and forms say what the bit was. */
static inline void __set_bit(size_t n, unsigned long *map) { map[n / 64] |= BIT(n % 64); }
static inline void __clear_bit(size_t n, unsigned long *map) { map[n / 64] &= ~BIT(n % 64); }
static inline void set_bit(size_t n, unsigned long *map)
{
	__atomic_fetch_or(&map[n / 64], BIT(n % 64), __ATOMIC_SEQ_CST);
}
static inline void clear_bit(size_t n, unsigned long *map)
{
	__atomic_fetch_and(&map[n / 64], ~BIT(n % 64), __ATOMIC_SEQ_CST);
}
static inline bool test_and_set_bit(size_t n, unsigned long *map)
{
	return __atomic_fetch_or(&map[n / 64], BIT(n % 64), __ATOMIC_SEQ_CST) >> (n % 64) & 1;
}
static inline bool test_and_clear_bit(size_t n, unsigned long *map)
{
	return __atomic_fetch_and(&map[n / 64], ~BIT(n % 64), __ATOMIC_SEQ_CST) >> (n % 64) & 1;
}

/* Index of the first set (or zero) bit at or after from; size when there is none. */
size_t find_next_bit(const unsigned long *map, size_t size, size_t from);
size_t find_next_zero_bit(const unsigned long *map, size_t size, size_t from);

/* 1-based index of the highest (fls) or lowest (ffs) set bit; 0 for 0. */
static inline int fls64(u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }
static inline int ffs64(u64 x) { return __builtin_ffsll((long long)x); }
static inline unsigned int ilog2(u64 x) { return (unsigned int)fls64(x) - 1; }
static inline bool is_power_of_2(u64 x) { return x && !(x & (x - 1)); }
static inline u64 roundup_pow_of_two(u64 x) { return x <= 1 ? 1 : 1ull << fls64(x - 1); }
