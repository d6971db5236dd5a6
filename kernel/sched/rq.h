/* kernel/sched/rq.h - the run queue of one CPU; private to kernel/sched */
#pragma once
#include "kernel/mm/slab.h"
#include "kernel/sched/task.h"

#define SCHED_LATENCY_NS 3000000ULL	/* a task may run this long while another waits */
#define SCHED_WAKEUP_GRAN_NS 1000000ULL /* a woken task preempts one that is ahead by more */
#define NICE_0_WEIGHT 1024u
#define RT_PERIOD_NS 1000000000ULL	/* of each second real-time tasks get 950 ms while others wait, as on Linux */
#define RT_RUNTIME_NS 950000000ULL
#define RR_SLICE_NS 100000000ULL

struct rq {
	spinlock_t lock;		/* irqs off */
	struct rb_root_cached tasks;	/* runnable, by vruntime; the one that runs is not in it */
	u32 nr_running;			/* with the one that runs; the idle task does not count */
	u64 min_vruntime_ns;
	u64 rt_turns;			/* the last rt_turn given out */
	u64 rt_ran_ns, rt_period_start_ns; /* what real-time tasks took of this second */
	struct task_struct *curr, *idle;
	struct task_struct *sent_away;	/* between put_prev() and the end of the switch: may not run here any more */
	u64 idle_since_ns, idle_ns;	/* idle_since_ns 0: not idle */
	u64 user_ns, system_ns, softirq_ns, irq_ns;
	u64 switches;
	atomic_t nr_uninterruptible;	/* may go negative on one CPU: only the sum means something */
} __cacheline_aligned;
extern struct rq runqueues[NR_CPUS];

static inline struct rq *this_rq(void) { return &runqueues[smp_processor_id()]; }
static inline struct rq *cpu_rq(u32 cpu) { return &runqueues[cpu]; }

/* kernel/sched/fair.c; rq->lock held */
void update_curr(struct rq *rq, u64 now);
void enqueue_task(struct rq *rq, struct task_struct *t);
void dequeue_task(struct rq *rq, struct task_struct *t);	/* t is in the tree */
struct task_struct *pick_next(struct rq *rq);			/* takes it out of the tree; NULL when empty */
void place_waking(struct rq *rq, struct task_struct *t);
bool should_preempt(const struct rq *rq, const struct task_struct *woken);
void migrate_vruntime(struct task_struct *t, const struct rq *from, const struct rq *to);
u32 nice_to_weight(int nice);
void rt_tick(struct rq *rq, struct task_struct *t, u64 now, u64 tick_ns); /* the tick of the one that runs */

/* kernel/sched/balance.c */
u32 select_cpu(struct task_struct *t);
/* An idle CPU takes a waiting task from the busiest; rq is the own queue, locked. NULL when there is none. */
struct task_struct *steal_task(struct rq *rq, u32 cpu);
void kick_idle_cpu(void);	/* called by the tick of a CPU that has tasks waiting */

/* kernel/sched/core.c */
struct rq *task_rq_lock(struct task_struct *t, unsigned long *flags);
void resched_cpu(u32 cpu);
/* t is runnable, off every queue, and rq, which is held, is where it was: queues it where it shall run. Drops rq->lock;
 * interrupts stay off. */
void rehome(struct rq *rq, struct task_struct *t);
void take_off(struct rq *rq, struct task_struct *t); /* rq->lock held */
void sched_tick(bool user, u64 now_ns, u64 tick_ns);
