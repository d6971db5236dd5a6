/* kernel/sync/refcount.c - what happens to a reference count that went wrong
 *
 * What:   the slow half of refcount.h: the count is pinned, the fault is said.
 * Called: by every user of a refcount_t that counted wrongly; any context.
 */
#include "kernel/sync/refcount.h"
#include "kernel/trace/printk.h"

void refcount_fault(refcount_t *r)
{
	bool pinned_before = refcount_read(r) < REFCOUNT_SATURATED / 2;

	refcount_set(r, REFCOUNT_SATURATED);
	WARN_ON_ONCE(!pinned_before);
}
