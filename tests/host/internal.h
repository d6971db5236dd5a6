/* tests/host/internal.h - what the files of the second home know of each other */
#pragma once
#include "lib/types.h"

void host_memory_init(void);
void host_softirq_init(void);
extern u64 host_now_ns;
bool host_run_softirqs(void);	 /* true when something ran */
bool host_run_rcu(void);
bool host_fire_next_timer(void); /* moves the clock; false when none is armed */
void host_say(const char *fmt, ...) __printf(1, 2);
