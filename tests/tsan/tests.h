/* tests/tsan/tests.h - the tests, a function a file */
#pragma once
#include "lib/types.h"
#include "tests/tsan/home.h"

void primitives_tests(void);
void sync_tests(void);
void skb_tests(void);
void fib_tests(void);
void neigh_tests(void);
void nf_tests(void);
void udp_tests(void);
void tcp_tests(void);

static inline void count(u32 *counter) { __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); }
/* How many threads still do what others watch. Neither orders anything. */
static inline bool running(u32 *n) { return __atomic_load_n(n, __ATOMIC_RELAXED); }
static inline void stopped(u32 *n) { __atomic_fetch_sub(n, 1, __ATOMIC_RELAXED); }
