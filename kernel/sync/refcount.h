/* kernel/sync/refcount.h - reference counts that stop at the top instead of wrapping to zero */
#pragma once
#include "lib/atomic.h"

typedef struct { atomic_t refs; } refcount_t;
#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }
#define REFCOUNT_SATURATED 0x40000000
static inline void refcount_set(refcount_t *r, int n) { atomic_set(&r->refs, n); }
static inline int refcount_read(const refcount_t *r) { return atomic_read(&r->refs); }
static inline void refcount_inc(refcount_t *r)
{
	if (unlikely(__atomic_add_fetch(&r->refs.v, 1, __ATOMIC_RELAXED) >= REFCOUNT_SATURATED))
		atomic_set(&r->refs, REFCOUNT_SATURATED);
}
/* False when the object is already on its way out (count 0); for lookups under RCU. */
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int v = refcount_read(r);

	do {
		if (!v)
			return false;
	} while (!__atomic_compare_exchange_n(&r->refs.v, &v, v + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return true;
}
/* False, and nothing done, when the caller's is the last one. */
static inline bool refcount_dec_not_one(refcount_t *r)
{
	int v = refcount_read(r);

	do {
		if (v == 1)
			return false;
	} while (v < REFCOUNT_SATURATED &&
		 !__atomic_compare_exchange_n(&r->refs.v, &v, v - 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	return true;
}
static inline bool refcount_dec_and_test(refcount_t *r)
{
	if (unlikely(refcount_read(r) >= REFCOUNT_SATURATED))
		return false;
	return atomic_dec_and_test(&r->refs);
}
