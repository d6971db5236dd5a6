/* tests/host/mem.c - slab and per-CPU memory with every live object accounted for
 *
 * What:   kernel/mm/slab.h over malloc, so that ASan sees each object's edges and its use after free.
 * Called: by everything. The release build of the simulator has mem_fast.c instead.
 * Locks:  one thread.
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

#define OBJ_MAGIC 0x0b1ec75aU

/* In front of each object. */
struct obj {
	struct list_head live;
	size_t size, serial;
	struct kmem_cache *cache;
	void *caller, *base;
	u32 magic, pad;
} __aligned(16);
struct kmem_cache {
	char name[32];
	size_t size, align, inuse;
	void (*ctor)(void *);
	struct list_head list;
};

static LIST_HEAD(live);
static LIST_HEAD(caches);
static size_t serial, live_objects, live_bytes;

static void *obj_alloc(size_t size, size_t align, struct kmem_cache *c, gfp_t gfp, void *caller)
{
	size_t front;
	struct obj *o;
	char *base;

	if ((gfp & GFP_KERNEL) && !(gfp & GFP_ATOMIC))
		might_sleep();
	if (host_alloc_is_unlucky() || size > (1UL << 30))
		return NULL;
	align = max(align, (size_t)16);
	front = ALIGN_UP(sizeof(*o), align);
	base = sys_malloc(front + size, align);
	if (!base)
		return NULL;
	o = (struct obj *)(base + front - sizeof(*o));
	*o = (struct obj){
		.size = size, .serial = ++serial, .cache = c, .caller = caller, .base = base, .magic = OBJ_MAGIC
	};
	list_add_tail(&o->live, &live);
	live_objects++;
	live_bytes += size;
	memset(o + 1, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	return o + 1;
}
static struct obj *obj_of(const void *p)
{
	struct obj *o = (struct obj *)p - 1;

	BUG_UNLESS(o->magic == OBJ_MAGIC);
	return o;
}
static void obj_free(const void *p)
{
	struct obj *o = obj_of(p);

	list_del(&o->live);
	live_objects--;
	live_bytes -= o->size;
	o->magic = 0;
	sys_free(o->base);
}

static size_t kmalloc_align(size_t n) { return n >= 4096 ? 4096 : n >= 64 ? 64 : 16; }
static void *kmalloc_from(size_t n, gfp_t gfp, void *caller)
{
	return n ? obj_alloc(n, kmalloc_align(n), NULL, gfp, caller) : NULL;
}
void *kmalloc(size_t n, gfp_t gfp) { return kmalloc_from(n, gfp, __builtin_return_address(0)); }
void *kzalloc(size_t n, gfp_t gfp) { return kmalloc_from(n, gfp | __GFP_ZERO, __builtin_return_address(0)); }
void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all))
		return NULL;
	return kmalloc_from(all, gfp | __GFP_ZERO, __builtin_return_address(0));
}
size_t ksize(const void *p) { return p ? obj_of(p)->size : 0; }
void kfree(const void *p)
{
	if (!p)
		return;
	BUG_UNLESS(!obj_of(p)->cache);
	obj_free(p);
}
void *krealloc(void *p, size_t n, gfp_t gfp)
{
	void *q = kmalloc_from(n, gfp, __builtin_return_address(0));

	if (q && p) {
		memcpy(q, p, min(n, ksize(p)));
		kfree(p);
	}
	return q;
}
void *kmemdup(const void *src, size_t n, gfp_t gfp)
{
	void *p = kmalloc_from(n, gfp, __builtin_return_address(0));

	return p ? memcpy(p, src, n) : NULL;
}
void *vmalloc(size_t n) { return kmalloc_from(n, GFP_KERNEL, __builtin_return_address(0)); }
void *vzalloc(size_t n) { return kmalloc_from(n, GFP_KERNEL | __GFP_ZERO, __builtin_return_address(0)); }
void vfree(const void *p) { kfree(p); }
void *kvmalloc(size_t n, gfp_t gfp) { return kmalloc_from(n, gfp, __builtin_return_address(0)); }
void *kvzalloc(size_t n, gfp_t gfp) { return kmalloc_from(n, gfp | __GFP_ZERO, __builtin_return_address(0)); }
void kvfree(const void *p) { kfree(p); }

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *))
{
	struct kmem_cache *c = sys_malloc(sizeof(*c), 16);

	(void)flags;
	BUG_UNLESS(c && size);
	*c = (struct kmem_cache){ .size = size, .align = align, .ctor = ctor };
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
	void *p =
		obj_alloc(c->size, max(c->align, kmalloc_align(c->size) == 4096 ? (size_t)64 : kmalloc_align(c->size)),
			  c, gfp, caller);

	if (!p)
		return NULL;
	c->inuse++;
	if (c->ctor)
		c->ctor(p);
	return p;
}
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp) { return cache_alloc(c, gfp, __builtin_return_address(0)); }
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp)
{
	return cache_alloc(c, gfp | __GFP_ZERO, __builtin_return_address(0));
}
void kmem_cache_free(struct kmem_cache *c, void *p)
{
	if (!p)
		return;
	BUG_UNLESS(obj_of(p)->cache == c);
	c->inuse--;
	obj_free(p);
}
size_t kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **objs)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(objs[i] = cache_alloc(c, gfp, __builtin_return_address(0))))
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

void *__alloc_percpu(size_t size)
{
	return obj_alloc(ALIGN_UP(size, 64UL) * NR_CPUS, 64, NULL, GFP_KERNEL | __GFP_ZERO,
			 __builtin_return_address(0));
}
void free_percpu(void *p) { kfree(p); }

void host_memory(struct host_memory *out) { *out = (struct host_memory){ live_objects, live_bytes, host_live_pages }; }
size_t host_alloc_serial(void) { return serial; }
size_t host_print_leaks(size_t since)
{
	char line[512], sym[256];
	struct obj *o;
	size_t found = 0;

	list_for_each_entry(o, &live, live) {
		if (o->serial <= since || ++found > 20)
			continue;
		sys_symbol(o->caller, sym, sizeof(sym));
		sys_write(line,
			  (size_t)scnprintf(line, sizeof(line), "    leaked: %zu bytes of %s at %p, born in %s\n",
					    o->size, o->cache ? o->cache->name : "kmalloc", (void *)(o + 1), sym));
	}
	return found;
}
