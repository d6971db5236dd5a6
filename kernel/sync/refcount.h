/* kernel/sync/refcount.h - reference counts that do not wrap, do not rise from the dead, and say so
 *
 * A count that was let go of once too often, or taken when it was 0 already, or that would overflow, is a fault of the
 * kernel: it is said once with a backtrace, and the count is pinned far below zero. The object then leaks, which costs
 * less than an object freed twice.
 */
#pragma once
#include "lib/atomic.h"

typedef struct { atomic_t refs; } refcount_t;
#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }
#define REFCOUNT_SATURATED (-0x40000000)
void refcount_fault(refcount_t *r); /* refcount.c */
static inline void refcount_set(refcount_t *r, int n) { atomic_set(&r->refs, n); }
static inline int refcount_read(const refcount_t *r) { return atomic_read(&r->refs); }
static inline void refcount_inc(refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs.v, 1, __ATOMIC_RELAXED);

	if (unlikely(old <= 0 || old == 0x7fffffff))
		refcount_fault(r);
}
/* False when the object is already on its way out (count 0); for lookups under RCU. */
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	int v = refcount_read(r);

	do {
		if (!v)
			return false;
	} while (!__atomic_compare_exchange_n(&r->refs.v, &v, v + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (unlikely(v < 0 || v == 0x7fffffff))
		refcount_fault(r);
	return true;
}
/* False, and nothing done, when the caller's is the last one. */
static inline bool refcount_dec_not_one(refcount_t *r)
{
	int v = refcount_read(r);

	do {
		if (v == 1)
			return false;
	} while (!__atomic_compare_exchange_n(&r->refs.v, &v, v - 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
	if (unlikely(v <= 0))
		refcount_fault(r);
	return true;
}
/* True when that was the last reference: the object is the caller's to free. */
static inline bool refcount_dec_and_test(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.v, 1, __ATOMIC_ACQ_REL);

	if (unlikely(old <= 0))
		refcount_fault(r);
	return old == 1;
}
