/* kernel/mm/slab_debug.c - the debug build's memory checks: red zones, poison, double free, use after free
 *
 * What:   each object is followed by a red zone that also says whether it is in use, and by its last two callers. A
 *         free object holds POISON; whatever else is found there was written by somebody who no longer owned it.
 * Called: slab.c on each allocation and release.
 * Locks:  none: an object belongs to whoever allocates or frees it.
 */
#include "kernel/mm/slab_internal.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#ifdef DEBUG
#define ZONE_USED 0xbeefcafe5ab0bb01ULL
#define ZONE_FREE 0xdeadf4ee5ab0bb02ULL
#define POISON_FREE 0x6b
#define POISON_NEW 0x5a

static struct slab_track *track_of(const struct kmem_cache *c, void *obj)
{
	return (struct slab_track *)((char *)obj + ALIGN_UP(c->object_size, sizeof(void *)));
}

static void __noreturn complain(struct kmem_cache *c, void *obj, const char *what, unsigned long caller)
{
	struct slab_track *t = track_of(c, obj);

	panic("slab %s: %s: object %lx, red zone %llx, allocated by %pS, freed by %pS, found by %pS", c->name, what,
	      (unsigned long)obj, (unsigned long long)t->zone, (void *)t->allocated_by, (void *)t->freed_by,
	      (void *)caller);
}

void slab_debug_new(struct kmem_cache *c, void *obj)
{
	struct slab_track *t = track_of(c, obj);

	t->zone = ZONE_FREE;
	t->allocated_by = t->freed_by = 0;
	if (c->poison)
		memset(obj, POISON_FREE, c->object_size);
}

void slab_debug_alloc(struct kmem_cache *c, void *obj, unsigned long caller)
{
	struct slab_track *t = track_of(c, obj);
	const u8 *b = obj;

	if (t->zone != ZONE_FREE)
		complain(c, obj, "free object's red zone was overwritten", caller);
	if (c->poison) {
		for (u32 i = 0; i < c->object_size; i++)
			if (b[i] != POISON_FREE)
				complain(c, obj, "written after it was freed", caller);
		memset(obj, POISON_NEW, c->object_size);
	}
	t->zone = ZONE_USED;
	t->allocated_by = caller;
}

unsigned long slab_debug_owner(struct kmem_cache *c, void *obj)
{
	const struct slab_track *t = track_of(c, obj);

	return READ_ONCE(t->zone) == ZONE_USED ? READ_ONCE(t->allocated_by) : 0;
}

/* obj must be the start of an object of this cache. */
static void check_belongs(struct kmem_cache *c, void *obj, unsigned long caller)
{
	struct page *p = virt_to_head_page(obj);

	if (!(p->flags & PG_SLAB) || p->slab_cache != c)
		panic("slab %s: %lx freed by %pS is not of this cache (%s)", c->name, (unsigned long)obj,
		      (void *)caller, p->flags & PG_SLAB ? p->slab_cache->name : "no slab");
	if (((unsigned long)obj - (unsigned long)page_address(p)) % c->size)
		panic("slab %s: %lx freed by %pS is inside an object", c->name, (unsigned long)obj, (void *)caller);
}

void slab_debug_free(struct kmem_cache *c, void *obj, unsigned long caller)
{
	struct slab_track *t;

	check_belongs(c, obj, caller);
	t = track_of(c, obj);
	if (t->zone == ZONE_FREE)
		complain(c, obj, "freed twice", caller);
	if (t->zone != ZONE_USED)
		complain(c, obj, "written beyond its end", caller);
	t->zone = ZONE_FREE;
	t->freed_by = caller;
	if (c->poison)
		memset(obj, POISON_FREE, c->object_size);
}
#endif
