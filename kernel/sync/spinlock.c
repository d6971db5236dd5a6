/* kernel/sync/spinlock.c - waiting until a spinlock is free
 *
 * What:   whoever looks first when it is free has it. There is no queue: in a virtual machine the CPU whose turn it is
 *         may not be running, and all behind it would burn their time to no end (docs/decisions.md).
 * Called: spin_lock() and its kin when the lock is held, in any context.
 */
#include "kernel/sync/spinlock.h"

/* Looking does not take the cache line away from the holder; only the try does. */
void spin_lock_slow(spinlock_t *l)
{
	lockdep_contended(l);
	do {
		while (spin_is_locked(l))
			cpu_relax();
	} while (!__raw_spin_take(l));
}
