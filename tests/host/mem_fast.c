/* tests/host/mem_fast.c - slab and per-CPU memory that is only counted: the simulator's release build
 *
 * What:   kernel/mm/slab.h as lists of free objects, by cache or by power of two. Nothing goes back to the C library.
 * Called: by everything.
 * Locks:  one thread.
 * Absent: what mem.c sees: overruns, use after free, where a leak was born.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/mem_internal.h"
#include "tests/host/sys.h"

#define CHUNK (64 * 1024UL)
#define SMALLEST_SHIFT 4
#define LARGEST_SHIFT 11 /* beyond it each object comes from malloc */
#define LARGE_FRONT 4096UL

struct free_object { struct free_object *next; };
struct front { u32 shift, magic; size_t size; }; /* before what kmalloc() returns; shift 0: large */
#define MAGIC 0x5a17fa57u
static struct host_pool pools[LARGEST_SHIFT + 1];
static size_t live_objects, live_bytes;

static void *pool_get(struct host_pool *p)
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
static void pool_put(struct host_pool *p, void *object)
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
	struct host_pool *p = &pools[shift];
	char *base;

	if (!p->stride) {
		p->front = p->align = shift < 6 ? 16 : 64;
		p->stride = p->front + (1UL << shift);
	}
	base = pool_get(p);
	return base ? base + p->front : NULL;
}
void *host_kmalloc(size_t n, gfp_t gfp, void *caller)
{
	u32 shift = n <= 1UL << SMALLEST_SHIFT ? SMALLEST_SHIFT : 64 - (u32)__builtin_clzl(n - 1);
	void *p;

	(void)caller;
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
void *host_cache_get(struct kmem_cache *c, gfp_t gfp, void *caller)
{
	void *p;

	(void)caller;
	if (!c->pool.stride) {
		c->pool.align = max(c->align, 64UL);
		c->pool.stride = ALIGN_UP(c->size, c->pool.align);
	}
	p = host_alloc_is_unlucky() ? NULL : pool_get(&c->pool);
	if (!p)
		return NULL;
	if (!c->pooled)
		count(true, c->size);
	return gfp & __GFP_ZERO ? memset(p, 0, c->size) : p;
}
void host_cache_put(struct kmem_cache *c, void *p)
{
	if (!c->pooled)
		count(false, c->size);
	pool_put(&c->pool, p);
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
