/* kernel/sync/spinlock.h - locks that spin, in Linux's flavours
 *
 * _bh: also keeps softirqs of this CPU away (data shared with softirq). _irqsave: also hard interrupts. Never sleep
 * while holding one. In the debug build every acquisition is checked against the lock order (kernel/sync/lockdep.c).
 */
#pragma once
#include "kernel/arch/cpu.h"
#include "kernel/sched/preempt.h"
#include "kernel/sync/lockdep.h"

typedef struct spinlock {
	u32 held; /* 0 or 1 */
	LOCKDEP_MAP
} spinlock_t;

#define __SPIN_LOCK_INIT(n) { .held = 0, LOCKDEP_INIT(n) }
#define DEFINE_SPINLOCK(n) spinlock_t n = __SPIN_LOCK_INIT(n)
/* Each call site is one class of locks to the checker. */
#define spin_lock_init(l)                                                                                              \
	do {                                                                                                           \
		(l)->held = 0;                                                                                         \
		lockdep_init_map(l, #l);                                                                               \
	} while (0)

void spin_lock_slow(spinlock_t *l);

static inline bool __raw_spin_take(spinlock_t *l) { return !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE); }
static inline void __raw_spin_lock(spinlock_t *l)
{
	if (unlikely(!__raw_spin_take(l)))
		spin_lock_slow(l);
}
static inline void __raw_spin_unlock(spinlock_t *l) { __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE); }
static inline bool spin_is_locked(const spinlock_t *l) { return READ_ONCE(l->held); }
static inline bool __raw_spin_trylock(spinlock_t *l) { return !spin_is_locked(l) && __raw_spin_take(l); }

static inline void spin_lock(spinlock_t *l)
{
	preempt_disable();
	lockdep_acquire(l);
	__raw_spin_lock(l);
}
static inline void spin_unlock(spinlock_t *l)
{
	lockdep_release(l);
	__raw_spin_unlock(l);
	preempt_enable();
}
static inline bool spin_trylock(spinlock_t *l)
{
	preempt_disable();
	if (__raw_spin_trylock(l)) {
		lockdep_acquired(l);
		return true;
	}
	preempt_enable();
	return false;
}
static inline void spin_lock_bh(spinlock_t *l)
{
	local_bh_disable();
	lockdep_acquire(l);
	__raw_spin_lock(l);
}
static inline void spin_unlock_bh(spinlock_t *l)
{
	lockdep_release(l);
	__raw_spin_unlock(l);
	local_bh_enable();
}
static inline void spin_lock_irq(spinlock_t *l)
{
	local_irq_disable();
	spin_lock(l);
}
static inline void spin_unlock_irq(spinlock_t *l)
{
	spin_unlock(l);
	local_irq_enable();
}
#define spin_lock_irqsave(l, flags)                                                                                    \
	do {                                                                                                           \
		(flags) = local_irq_save();                                                                            \
		spin_lock(l);                                                                                          \
	} while (0)
#define spin_unlock_irqrestore(l, flags)                                                                               \
	do {                                                                                                           \
		spin_unlock(l);                                                                                        \
		local_irq_restore(flags);                                                                              \
	} while (0)
