/* kernel/mm/slab_owners.c - the debug build's /proc/alloc_traces: which line of the kernel holds how many objects
 *
 * What:   looks at each slab page of the machine and counts the objects in use by cache and caller, as Linux does in
 *         /sys/kernel/debug/slab/CACHE/alloc_traces. The first thing to read when /proc/slabinfo shows a leak.
 * Called: readers of the file, in process context.
 * Locks:  none. What is allocated meanwhile may be missed or counted wrongly; the caller keeps the caches themselves.
 */
#include "kernel/mm/slab_internal.h"
#include "lib/string.h"

#ifdef DEBUG
#define MAX_OWNERS 4096u /* places in the kernel that allocate: about a thousand; the rest would be named "others" */

struct owner { const struct kmem_cache *cache; unsigned long caller, count; };
struct owners { u32 n; unsigned long others; struct owner e[MAX_OWNERS]; };

/* Open addressing: the table is never more than half full of real callers. */
static void count_owner(struct owners *o, const struct kmem_cache *c, unsigned long caller)
{
	u32 at = (u32)((caller ^ (unsigned long)c >> 6) * 0x9e3779b97f4a7c15ULL >> 40) % MAX_OWNERS;

	while (o->e[at].count && (o->e[at].cache != c || o->e[at].caller != caller))
		at = (at + 1) % MAX_OWNERS;
	if (!o->e[at].count && o->n == MAX_OWNERS / 2) {
		o->others++;
		return;
	}
	o->n += !o->e[at].count++;
	o->e[at].cache = c;
	o->e[at].caller = caller;
}

static void count_page(struct owners *o, struct page *p)
{
	struct kmem_cache *c = READ_ONCE(p->slab_cache);

	if (!(READ_ONCE(p->flags) & PG_SLAB) || !c)
		return;
	for (size_t at = 0; at + c->size <= PAGE_SIZE << p->order; at += c->size) {
		unsigned long caller = slab_debug_owner(c, (char *)page_address(p) + at);

		if (caller)
			count_owner(o, c, caller);
	}
}

int slab_for_each_owner(void (*fn)(void *ctx, const char *cache, unsigned long caller, unsigned long count), void *ctx)
{
	struct owners *o = vzalloc(sizeof(*o));

	if (!o)
		return -ENOMEM;
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++)
		count_page(o, pfn_to_page(pfn));
	for (u32 i = 0; i < MAX_OWNERS; i++)
		if (o->e[i].count)
			fn(ctx, o->e[i].cache->name, o->e[i].caller, o->e[i].count);
	if (o->others)
		fn(ctx, "others", 0, o->others);
	vfree(o);
	return 0;
}
#endif
