/* tests/host/mem.c - slab and per-CPU memory with every live object accounted for
 *
 * What:   kernel/mm/slab.h over malloc, so that ASan sees each object's edges and its use after free.
 * Called: by everything. The release build of the simulator has mem_fast.c instead.
 * Locks:  one thread.
 */
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/mem_internal.h"
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

static LIST_HEAD(live);
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
void *host_kmalloc(size_t n, gfp_t gfp, void *caller)
{
	return n ? obj_alloc(n, kmalloc_align(n), NULL, gfp, caller) : NULL;
}
size_t ksize(const void *p) { return p ? obj_of(p)->size : 0; }
void kfree(const void *p)
{
	if (!p)
		return;
	BUG_UNLESS(!obj_of(p)->cache);
	obj_free(p);
}
void *host_cache_get(struct kmem_cache *c, gfp_t gfp, void *caller)
{
	return obj_alloc(c->size, max(c->align, min(kmalloc_align(c->size), (size_t)64)), c, gfp, caller);
}
void host_cache_put(struct kmem_cache *c, void *p)
{
	BUG_UNLESS(obj_of(p)->cache == c);
	obj_free(p);
}

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
