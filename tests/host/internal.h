/* tests/host/internal.h - what the files of the second home know of each other */
#pragma once
#include "lib/types.h"

struct task_struct;
void host_memory_init(void);
void host_softirq_init(void);
void host_sched_init(void);
void host_time_init(void);
void host_log_init(void);
extern u64 host_now_ns;
extern struct host_wants { bool verbose, wire, trace; } host_wants; /* VERBOSE=1, WIRE=1, TRACE=1 */
u64 host_draw(u64 *state);	 /* the next number of a stream of chance */

/* cpu.c */
void host_cpu_turn(void);	 /* one step of this CPU's loop */
struct coro *host_cpu_loop(void);
u32 host_choose_cpu(void);	 /* for a task or a device: by the seed */
bool host_others_busy(void);	 /* other CPUs have something to do that needs no time */
u32 host_busy_mask(void);	 /* those that stand in the middle of something */
void host_cpu_seed(u64 seed);
/* sched.c */
void host_detach(struct task_struct *t); /* nobody joins it: it is freed when it ends */
bool host_run_task(void);	 /* true when one ran */
bool host_task_is_ready(u32 cpu);
void host_everyone_sleeps(void) __noreturn;
/* softirq.c */
bool host_run_softirqs(void);	 /* true when something ran */
bool host_softirq_pending(u32 cpu);
bool host_run_rcu(void);
void host_rcu_quiescent(void);	 /* this CPU is between two things */
/* time.c */
bool host_timer_interrupt(void); /* what is due on this CPU; false when nothing was */
bool host_timer_due(u32 cpu);
u64 host_next_deadline(void);	 /* U64_MAX: none */
struct timer_list;
void host_timer_on(u32 cpu, struct timer_list *t, u64 expires_ns);
void host_say(const char *fmt, ...) __printf(1, 2);

/* pages.c, mem.c or mem_fast.c */
#ifdef DEBUG
#define HOST_CHECKED true
#else
#define HOST_CHECKED false
#endif
extern size_t host_live_pages;
bool host_alloc_is_unlucky(void); /* host_fail_alloc() meant this one */
