/* tests/host/mem_caches.c - the many names of kernel/mm/slab.h over one way to get memory and one to give it back
 *
 * Called: by everything.
 * Calls:  mem.c, or mem_fast.c in the simulator's release build.
 * Locks:  none; caches are made and destroyed by one thread.
 */
#include "kernel/mm/mm.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include "tests/host/mem_internal.h"
#include "tests/host/sys.h"

#define CALLER __builtin_return_address(0)

void *kmalloc(size_t n, gfp_t gfp) { return host_kmalloc(n, gfp, CALLER); }
void *kzalloc(size_t n, gfp_t gfp) { return host_kmalloc(n, gfp | __GFP_ZERO, CALLER); }
void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t all;

	return __builtin_mul_overflow(n, size, &all) ? NULL : host_kmalloc(all, gfp | __GFP_ZERO, CALLER);
}
void *krealloc(void *p, size_t n, gfp_t gfp)
{
	void *q = host_kmalloc(n, gfp, CALLER);

	if (q && p) {
		memcpy(q, p, min(n, ksize(p)));
		kfree(p);
	}
	return q;
}
void *kmemdup(const void *src, size_t n, gfp_t gfp)
{
	void *p = host_kmalloc(n, gfp, CALLER);

	return p ? memcpy(p, src, n) : NULL;
}
void *vmalloc(size_t n) { return host_kmalloc(n, GFP_KERNEL, CALLER); }
void *vzalloc(size_t n) { return host_kmalloc(n, GFP_KERNEL | __GFP_ZERO, CALLER); }
void vfree(const void *p) { kfree(p); }
void *kvmalloc(size_t n, gfp_t gfp) { return host_kmalloc(n, gfp, CALLER); }
void *kvzalloc(size_t n, gfp_t gfp) { return host_kmalloc(n, gfp | __GFP_ZERO, CALLER); }
void kvfree(const void *p) { kfree(p); }
void *__alloc_percpu(size_t size)
{
	return host_kmalloc(max(ALIGN_UP(size, 64UL) * NR_CPUS, 64UL), GFP_KERNEL | __GFP_ZERO, CALLER);
}
void free_percpu(void *p) { kfree(p); }

/* --- caches --- */

static LIST_HEAD(caches);

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *))
{
	struct kmem_cache *c = sys_malloc(sizeof(*c), 16);

	(void)flags;
	BUG_UNLESS(c && size);
	*c = (struct kmem_cache){ .size = size, .align = align, .ctor = ctor, .pooled = !strncmp(name, "skbuff", 6) };
	strscpy(c->name, name, sizeof(c->name));
	list_add_tail(&c->list, &caches);
	return c;
}
void kmem_cache_destroy(struct kmem_cache *c)
{
	if (!c)
		return;
	BUG_UNLESS(!c->inuse);
	list_del(&c->list);
	sys_free(c);
}
static void *cache_alloc(struct kmem_cache *c, gfp_t gfp, void *caller)
{
	void *p = host_cache_get(c, gfp, caller);

	if (!p)
		return NULL;
	__atomic_fetch_add(&c->inuse, 1, __ATOMIC_RELAXED);
	if (c->ctor)
		c->ctor(p);
	return p;
}
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp) { return cache_alloc(c, gfp, CALLER); }
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp) { return cache_alloc(c, gfp | __GFP_ZERO, CALLER); }
void kmem_cache_free(struct kmem_cache *c, void *p)
{
	if (!p)
		return;
	host_cache_put(c, p);
	__atomic_fetch_sub(&c->inuse, 1, __ATOMIC_RELAXED);
}
size_t kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **objs)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(objs[i] = cache_alloc(c, gfp, CALLER)))
			break;
	return i;
}
void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **objs)
{
	for (size_t i = 0; i < n; i++)
		kmem_cache_free(c, objs[i]);
}
size_t kmem_cache_size(const struct kmem_cache *c) { return c->size; }
size_t kmem_cache_inuse(const struct kmem_cache *c) { return c->inuse; }
void kmem_cache_for_each(void (*fn)(void *, const char *, size_t, size_t, size_t), void *ctx)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &caches, list)
		fn(ctx, c->name, c->size, c->inuse, c->inuse);
}
