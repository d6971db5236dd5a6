/* kernel/sched/softirq.h - work that an interrupt puts off until just after it
 *
 * Each runs on the CPU that raised it, with interrupts on, never nested. A run is bounded; what is left over goes to
 * ksoftirqd/N, which competes with programs like any thread.
 */
#pragma once
#include "kernel/sched/preempt.h"

enum softirq_nr { TIMER_SOFTIRQ, NET_TX_SOFTIRQ, NET_RX_SOFTIRQ, TASKLET_SOFTIRQ, RCU_SOFTIRQ, NR_SOFTIRQS };
void open_softirq(enum softirq_nr nr, void (*action)(void)); /* at start-up only */
/* any context on this CPU; wakes ksoftirqd when nothing else would run it */
void raise_softirq(enum softirq_nr nr);
void raise_softirq_irqoff(enum softirq_nr nr); /* interrupts already off */
/* interrupts off; it waits for the next interrupt's end, the next BH enable or an idle CPU: a tick at the longest */
void raise_softirq_lazily(enum softirq_nr nr);
u64 softirq_count_of(enum softirq_nr nr, u32 cpu); /* runs so far, for /proc/softirqs */
const char *softirq_name(enum softirq_nr nr);
void softirq_run_pending(void); /* process context or the idle loop */

/* A function to be called once, in softirq on this CPU, soon. The structure lives until it has run. */
struct tasklet_struct {
	struct tasklet_struct *next;
	bool scheduled;
	void (*callback)(struct tasklet_struct *t);
};
void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t));
bool tasklet_schedule(struct tasklet_struct *t); /* false: it was scheduled already and has not begun. Any context */
void tasklet_init(void);

struct work_struct {
	struct work_struct *next;
	void (*func)(struct work_struct *work);
	u32 cpu;	/* whose list it was last on; whoever set pending may look and change it */
	bool pending;
};
#define INIT_WORK(w, f) do { *(w) = (struct work_struct){ .func = (f) }; } while (0)
/* Runs func in process context on this CPU's kworker. False when it was pending already. Any context. */
bool schedule_work(struct work_struct *w);
void flush_work(struct work_struct *w); /* sleeps until it is neither pending nor running */
