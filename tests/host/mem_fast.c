/* tests/host/mem_fast.c - slab and per-CPU memory that is only counted: the simulator's release build
 *
 * What:   kernel/mm/slab.h as lists of free objects, by cache or by power of two. Nothing goes back to the C library.
 * Called: by everything.
 * Locks:  one thread.
 * Absent: what mem.c sees: overruns, use after free, where a leak was born.
 */
#include "kernel/mm/slab.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

#define CHUNK (64 * 1024UL)
#define SMALLEST_SHIFT 4
#define LARGEST_SHIFT 11 /* beyond it each object comes from malloc */
#define LARGE_FRONT 4096UL

struct free_object { struct free_object *next; };
struct pool { struct free_object *free; char *fresh, *end; size_t stride, front, align; };
struct front { u32 shift, magic; size_t size; }; /* before what kmalloc() returns; shift 0: large */
#define MAGIC 0x5a17fa57u
struct kmem_cache {
	char name[32];
	size_t size, inuse;
	bool pooled;		/* net/core keeps spare ones in magazines and counts those in use itself */
	void (*ctor)(void *);
	struct pool pool;
	struct list_head list;
};

static struct pool pools[LARGEST_SHIFT + 1];
static LIST_HEAD(caches);
static size_t live_objects, live_bytes;

static void *pool_get(struct pool *p)
{
	struct free_object *o = p->free;
	size_t chunk = max(CHUNK, 8 * p->stride);

	if (likely(o)) {
		p->free = o->next;
		return o;
	}
	if (p->fresh + p->stride > p->end) {
		p->fresh = sys_malloc(chunk, p->align);
		if (!p->fresh)
			return NULL;
		p->end = p->fresh + chunk;
	}
	p->fresh += p->stride;
	return p->fresh - p->stride;
}
static void pool_put(struct pool *p, void *object)
{
	struct free_object *o = object;

	o->next = p->free;
	p->free = o;
}
static void count(bool born, size_t size)
{
	live_objects += born ? 1 : -1ul;
	live_bytes += born ? size : -size;
}

/* --- kmalloc --- */

static void *large(size_t n)
{
	char *base = n > 1UL << 30 ? NULL : sys_malloc(LARGE_FRONT + n, LARGE_FRONT);

	return base ? base + LARGE_FRONT : NULL;
}
static void *small(u32 shift)
{
	struct pool *p = &pools[shift];
	char *base;

	if (!p->stride) {
		p->front = p->align = shift < 6 ? 16 : 64;
		p->stride = p->front + (1UL << shift);
	}
	base = pool_get(p);
	return base ? base + p->front : NULL;
}
void *kmalloc(size_t n, gfp_t gfp)
{
	u32 shift = n <= 1UL << SMALLEST_SHIFT ? SMALLEST_SHIFT : 64 - (u32)__builtin_clzl(n - 1);
	void *p;

	if (!n || host_alloc_is_unlucky())
		return NULL;
	if (shift > LARGEST_SHIFT)
		shift = 0;
	p = shift ? small(shift) : large(n);
	if (!p)
		return NULL;
	((struct front *)p)[-1] = (struct front){ shift, MAGIC, n };
	count(true, n);
	return gfp & __GFP_ZERO ? memset(p, 0, n) : p;
}
static struct front *front_of(const void *p)
{
	struct front *f = (struct front *)p - 1;

	BUG_UNLESS(f->magic == MAGIC);
	return f;
}
void kfree(const void *p)
{
	struct front *f;

	if (!p)
		return;
	f = front_of(p);
	f->magic = 0;
	count(false, f->size);
	if (f->shift)
		pool_put(&pools[f->shift], (char *)p - pools[f->shift].front);
	else
		sys_free((char *)p - LARGE_FRONT);
}
size_t ksize(const void *p) { return p ? front_of(p)->size : 0; }
void *kzalloc(size_t n, gfp_t gfp) { return kmalloc(n, gfp | __GFP_ZERO); }
void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t all;

	return __builtin_mul_overflow(n, size, &all) ? NULL : kzalloc(all, gfp);
}
void *krealloc(void *p, size_t n, gfp_t gfp)
{
	void *q = kmalloc(n, gfp);

	if (q && p) {
		memcpy(q, p, min(n, ksize(p)));
		kfree(p);
	}
	return q;
}
void *kmemdup(const void *src, size_t n, gfp_t gfp)
{
	void *p = kmalloc(n, gfp);

	return p ? memcpy(p, src, n) : NULL;
}
void *vmalloc(size_t n) { return kmalloc(n, GFP_KERNEL); }
void *vzalloc(size_t n) { return kzalloc(n, GFP_KERNEL); }
void vfree(const void *p) { kfree(p); }
void *kvmalloc(size_t n, gfp_t gfp) { return kmalloc(n, gfp); }
void *kvzalloc(size_t n, gfp_t gfp) { return kzalloc(n, gfp); }
void kvfree(const void *p) { kfree(p); }
void *__alloc_percpu(size_t size) { return kzalloc(max(ALIGN_UP(size, 64UL) * NR_CPUS, 64UL), GFP_KERNEL); }
void free_percpu(void *p) { kfree(p); }

/* --- caches --- */

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *))
{
	struct kmem_cache *c = sys_malloc(sizeof(*c), 16);

	(void)flags;
	BUG_UNLESS(c && size);
	*c = (struct kmem_cache){ .size = size, .ctor = ctor, .pooled = !strncmp(name, "skbuff", 6) };
	c->pool.align = max(align, 64UL);
	c->pool.stride = ALIGN_UP(size, c->pool.align);
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
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	void *p = host_alloc_is_unlucky() ? NULL : pool_get(&c->pool);

	if (!p)
		return NULL;
	c->inuse++;
	if (!c->pooled)
		count(true, c->size);
	if (gfp & __GFP_ZERO)
		memset(p, 0, c->size);
	if (c->ctor)
		c->ctor(p);
	return p;
}
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp) { return kmem_cache_alloc(c, gfp | __GFP_ZERO); }
void kmem_cache_free(struct kmem_cache *c, void *p)
{
	if (!p)
		return;
	c->inuse--;
	if (!c->pooled)
		count(false, c->size);
	pool_put(&c->pool, p);
}
size_t kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **objs)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(objs[i] = kmem_cache_alloc(c, gfp)))
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

void host_memory(struct host_memory *out) { *out = (struct host_memory){ live_objects, live_bytes, host_live_pages }; }
size_t host_alloc_serial(void) { return 0; }
size_t host_print_leaks(size_t since)
{
	static const char text[] = "    where they were born: run it with ASAN=1\n";

	(void)since;
	sys_write(text, sizeof(text) - 1);
	return 0;
}
