/* kernel/sync/rcu_internal.h - where the scheduler tells RCU what a CPU went through */
#pragma once
#include "lib/types.h"

extern u64 rcu_waiting_for; /* bit a CPU: the grace period under way waits for it */
void rcu_report(u32 cpu);

/* This CPU holds no reader now: a task switch, a tick that interrupted a program. */
static inline void rcu_note_quiescent(u32 cpu)
{
	if (unlikely(READ_ONCE(rcu_waiting_for) >> cpu & 1))
		rcu_report(cpu);
}
static inline bool rcu_needs_quiescent(u32 cpu) { return READ_ONCE(rcu_waiting_for) >> cpu & 1; }
void rcu_begin(void); /* at each tick */
/* A halted CPU is never waited for. Interrupts are off in all four. */
void rcu_idle_enter(void);
void rcu_idle_exit(void);
void rcu_irq_enter(void);
void rcu_irq_exit(void);
void rcu_cpu_online(u32 cpu);
void rcu_softirq(void);
