/* tests/host/internal.h - what the files of the second home know of each other */
#pragma once
#include "lib/types.h"

void host_memory_init(void);
void host_softirq_init(void);
void host_log_init(void);
extern u64 host_now_ns;
extern struct host_wants { bool verbose, wire, trace; } host_wants; /* VERBOSE=1, WIRE=1, TRACE=1 */
bool host_run_softirqs(void);	 /* true when something ran */
bool host_run_rcu(void);
bool host_fire_next_timer(void); /* moves the clock; false when none is armed */
void host_say(const char *fmt, ...) __printf(1, 2);

/* pages.c, mem.c or mem_fast.c */
#ifdef DEBUG
#define HOST_CHECKED true
#else
#define HOST_CHECKED false
#endif
extern size_t host_live_pages;
bool host_alloc_is_unlucky(void); /* host_fail_alloc() meant this one */
