/* kernel/time/clock.h - what time it is, in nanoseconds
 *
 * net/ reads the clock once on entry and hands the value on.
 */
#pragma once
#include "lib/types.h"

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC 1000000000ULL
#define USEC_PER_SEC 1000000ULL
#define USEC_PER_MSEC 1000ULL
#define MSEC_PER_SEC 1000ULL

u64 ktime_get_ns(void);	     /* monotonic since boot, the same on every CPU; any context; arch/tsc.c */
u64 ktime_get_real_ns(void); /* since 1970; jumps when set */
void ktime_set_real_ns(u64 ns);
