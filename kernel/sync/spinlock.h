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
	u32 slot; /* ticket lock: low half now served, high half next to hand out */
	LOCKDEP_MAP
} spinlock_t;

#define __SPIN_LOCK_INIT(n) { .slot = 0, LOCKDEP_INIT(n) }
#define DEFINE_SPINLOCK(n) spinlock_t n = __SPIN_LOCK_INIT(n)
/* Each call site is one class of locks to the checker. */
#define spin_lock_init(l)                                                                                              \
	do {                                                                                                           \
		(l)->slot = 0;                                                                                         \
		lockdep_init_map(l, #l);                                                                               \
	} while (0)

void spin_lock_slow(spinlock_t *l, u32 ticket);

static inline void __raw_spin_lock(spinlock_t *l)
{
	u32 got = __atomic_fetch_add(&l->slot, 1u << 16, __ATOMIC_ACQUIRE);

	if (unlikely((u16)got != (u16)(got >> 16)))
		spin_lock_slow(l, got >> 16);
}
static inline void __raw_spin_unlock(spinlock_t *l)
{
	u16 *served = (u16 *)&l->slot;

	__atomic_store_n(served, (u16)(*served + 1), __ATOMIC_RELEASE);
}
static inline bool __raw_spin_trylock(spinlock_t *l)
{
	u32 v = READ_ONCE(l->slot);

	return (u16)v == (u16)(v >> 16) &&
	       __atomic_compare_exchange_n(&l->slot, &v, v + (1u << 16), false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}
static inline bool spin_is_locked(const spinlock_t *l)
{
	u32 v = READ_ONCE(l->slot);

	return (u16)v != (u16)(v >> 16);
}

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
