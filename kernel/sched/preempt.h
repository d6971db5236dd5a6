/* kernel/sched/preempt.h - what context this CPU is in: process, softirq, hard interrupt
 *
 * The kernel is not preempted but at cond_resched() and in sleeps, so preempt_disable() only counts, for the checks.
 * Layout of preempt_count: bits 0-7 preempt_disable, 8-15 softirq (0x100 running, 0x200 each local_bh_disable),
 * 16-19 hard interrupts.
 */
#pragma once
#include "kernel/arch/cpu.h"

#define SOFTIRQ_OFFSET 0x100u
#define SOFTIRQ_DISABLE_OFFSET 0x200u
#define SOFTIRQ_MASK 0xff00u
#define HARDIRQ_OFFSET 0x10000u
#define HARDIRQ_MASK 0xf0000u

static inline bool in_hardirq(void) { return preempt_count() & HARDIRQ_MASK; }
/* Softirq running, or disabled by this context. */
static inline bool in_softirq(void) { return preempt_count() & SOFTIRQ_MASK; }
static inline bool in_serving_softirq(void) { return preempt_count() & SOFTIRQ_OFFSET; }
static inline bool in_interrupt(void) { return preempt_count() & (HARDIRQ_MASK | SOFTIRQ_MASK); }
static inline bool in_atomic(void) { return preempt_count() != 0; }
static inline void preempt_disable(void) { preempt_count_add(1); }
static inline void preempt_enable(void) { preempt_count_sub(1); }

static inline void local_bh_disable(void) { preempt_count_add(SOFTIRQ_DISABLE_OFFSET); }
void softirq_run_enabled(void);
/* Runs what softirqs became pending meanwhile, when this was the outermost. */
static inline void local_bh_enable(void)
{
	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET);
	if (unlikely(softirq_pending_here()))
		softirq_run_enabled();
}
