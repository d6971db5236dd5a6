/* lib/atomic.h - counters that several CPUs change, on the compiler's own atomics
 *
 * atomic_read and atomic_set are relaxed; the operations that return a value are fully ordered.
 */
#pragma once
#include "lib/types.h"

typedef struct { int v; } atomic_t;
typedef struct { s64 v; } atomic64_t;

#define ATOMIC_INIT(i) { (i) }
#define DEFINE_ATOMIC_OPS(name, word)                                                                                  \
	static inline word name##_read(const name##_t *a) { return __atomic_load_n(&a->v, __ATOMIC_RELAXED); }        \
	static inline void name##_set(name##_t *a, word i) { __atomic_store_n(&a->v, i, __ATOMIC_RELAXED); }          \
	static inline void name##_add(word i, name##_t *a) { __atomic_fetch_add(&a->v, i, __ATOMIC_RELAXED); }        \
	static inline void name##_sub(word i, name##_t *a) { __atomic_fetch_sub(&a->v, i, __ATOMIC_RELAXED); }        \
	static inline void name##_inc(name##_t *a) { name##_add(1, a); }                                               \
	static inline void name##_dec(name##_t *a) { name##_sub(1, a); }                                               \
	static inline word name##_add_return(word i, name##_t *a) \
	{ \
		return __atomic_add_fetch(&a->v, i, __ATOMIC_SEQ_CST); \
	} \
	static inline word name##_sub_return(word i, name##_t *a) \
	{ \
		return __atomic_sub_fetch(&a->v, i, __ATOMIC_SEQ_CST); \
	} \
	static inline word name##_inc_return(name##_t *a) { return name##_add_return(1, a); }                          \
	static inline word name##_xchg(name##_t *a, word n) \
	{ \
		return __atomic_exchange_n(&a->v, n, __ATOMIC_SEQ_CST); \
	} \
	/* True when the counter fell to zero. */                                                                      \
	static inline bool name##_dec_and_test(name##_t *a) { return name##_sub_return(1, a) == 0; }                   \
	/* Returns what was there; the exchange happened when that equals old. */                                      \
	static inline word name##_cmpxchg(name##_t *a, word old, word n)                                               \
	{                                                                                                              \
		__atomic_compare_exchange_n(&a->v, &old, n, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);               \
		return old;                                                                                            \
	}

DEFINE_ATOMIC_OPS(atomic, int)
DEFINE_ATOMIC_OPS(atomic64, s64)
