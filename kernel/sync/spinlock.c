/* kernel/sync/spinlock.c - waiting for a spinlock's turn
 *
 * Called: spin_lock() and its kin when the lock is held, in any context.
 */
#include "kernel/sync/spinlock.h"

void spin_lock_slow(spinlock_t *l, u32 ticket)
{
	while ((u16)READ_ONCE(l->slot) != (u16)ticket)
		cpu_relax();
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}
