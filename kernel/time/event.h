/* kernel/time/event.h - one one-shot event a CPU for hrtimers, the timer wheel and the scheduler's tick; private to
 * kernel/time and kernel/sched
 */
#pragma once
#include "lib/types.h"

#define TICK_NS 4000000ULL	/* 250 a second, only while a CPU is not idle */
#define WHEEL_TICK_NS 1000000ULL /* granularity of timer_list */

void event_cpu_init(void);
/* This CPU's next deadline may have moved: program the earliest. Any context. */
void event_reprogram(void);
/* The same, when only a new deadline came. */
void event_deadline(u64 ns);
void event_tick_start(u64 now_ns);	/* irqs off */
void event_tick_stop(void);
void timer_softirq(void);

/* kernel/time/wheel.c */
void wheel_init(void);
u64 wheel_next_ns(u32 cpu);		/* U64_MAX: nothing queued */
/* kernel/time/hrtimer.c */
void hrtimers_init(void);
u64 hrtimer_next_ns(u32 cpu);
void hrtimers_run(u64 now_ns);		/* hard irq */
