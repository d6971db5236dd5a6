/* kernel/mm/slab_cache.c - caches come, go, and give back what they do not need
 *
 * Called: kmem_cache_create() by each room at start; slab_shrink_all() when memory is short. Process context.
 * Calls:  slab.c.
 * Locks:  slab_mutex guards the list of caches.
 * Absent: merging of similar caches.
 */
#include "kernel/mm/slab_internal.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/string.h"

static DEFINE_MUTEX(slab_mutex);
static LIST_HEAD(slab_caches); /* under slab_mutex */
static struct kmem_cache cache_of_caches;
struct kmem_cache slab_cpu_chains;

/* Few wasted bytes and at least eight objects, but small blocks. */
static void choose_order(struct kmem_cache *c)
{
	unsigned int order = 0;

	while (slab_objects(c, order) < 1)
		order++;
	c->min_order = (u8)order;
	while (order < 3 && (slab_objects(c, order) < 8 || (PAGE_SIZE << order) % c->size > (PAGE_SIZE << order) / 8))
		order++;
	c->order = (u8)order;
}

static void setup_cache(struct kmem_cache *c, const char *name, size_t size, size_t align, void (*ctor)(void *))
{
	size_t object = ALIGN_UP(size, sizeof(void *));
	bool outside = ctor || SLAB_TRACK_SIZE; /* a constructed or poisoned object must not hold the pointer */

	strscpy(c->name, name, sizeof(c->name));
	c->object_size = (u32)size;
	c->ctor = ctor;
	c->poison = !ctor;
	c->free_offset = outside ? (u32)object + 8 * !!SLAB_TRACK_SIZE : 0;
	if (outside)
		object += SLAB_TRACK_SIZE ? SLAB_TRACK_SIZE : sizeof(void *);
	c->size = (u32)ALIGN_UP(object, align ? align : size >= 16 ? 16 : sizeof(void *));
	c->cpu_batch = size <= 256 ? 32 : size <= 1024 ? 16 : size <= 4096 ? 8 : 2;
	c->cpu_limit = 2 * c->cpu_batch;
	spin_lock_init(&c->lock);
	choose_order(c);
	list_add_tail(&c->list, &slab_caches);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *))
{
	struct kmem_cache *c;

	if (!name || !size || size > KMALLOC_MAX_CACHE || (align && !is_power_of_2(align)) || align > PAGE_SIZE) {
		pr_err("slab: bad cache %s: size %zu align %zu\n", name ? name : "(null)", size, align);
		return NULL;
	}
	c = kmem_cache_zalloc(&cache_of_caches, GFP_KERNEL);
	if (!c) {
		pr_err("slab: no memory for cache %s\n", name);
		return NULL;
	}
	mutex_lock(&slab_mutex);
	setup_cache(c, name, size, flags & SLAB_HWCACHE_ALIGN ? max(align, (size_t)64) : align, ctor);
	mutex_unlock(&slab_mutex);
	return c;
}

void kmem_cache_destroy(struct kmem_cache *c)
{
	size_t left;

	if (!c)
		return;
	left = kmem_cache_inuse(c);
	if (left) {
		pr_err("slab: cache %s destroyed with %zu objects in use: kept\n", c->name, left);
		return;
	}
	mutex_lock(&slab_mutex);
	list_del(&c->list);
	for (u32 i = 0; i < NR_CPUS; i++) {
		if (!c->cpu[i])
			continue;
		slab_return_chain(c, c->cpu[i]->free, c->cpu[i]->count);
		kmem_cache_free(&slab_cpu_chains, c->cpu[i]);
	}
	slab_shrink(c);
	mutex_unlock(&slab_mutex);
	kmem_cache_free(&cache_of_caches, c);
}

void kmem_cache_for_each(void (*fn)(void *ctx, const char *name, size_t size, size_t inuse, size_t total), void *ctx)
{
	struct kmem_cache *c;

	mutex_lock(&slab_mutex);
	list_for_each_entry(c, &slab_caches, list)
		fn(ctx, c->name, c->size, kmem_cache_inuse(c), READ_ONCE(c->total));
	mutex_unlock(&slab_mutex);
}

/* --- shrinking --- */

/* In hard-irq context on the other CPUs: gives up the chains of every cache. */
static void drop_chains(void *unused)
{
	struct kmem_cache *c;

	list_for_each_entry(c, &slab_caches, list) {
		struct kmem_cache_cpu *k = c->cpu[smp_processor_id()];

		if (!k || READ_ONCE(k->busy))
			continue;
		k->busy = true;
		barrier();
		slab_return_chain(c, k->free, k->count);
		k->free = NULL;
		k->count = 0;
		barrier();
		k->busy = false;
	}
}

unsigned long slab_shrink_all(void)
{
	unsigned long pages = 0;
	struct kmem_cache *c;

	if (!mutex_trylock(&slab_mutex)) /* slab_mutex also keeps the list still for the other CPUs */
		return 0;
	drop_chains(NULL);
	smp_call_function(drop_chains, NULL);
	list_for_each_entry(c, &slab_caches, list)
		pages += slab_shrink(c);
	mutex_unlock(&slab_mutex);
	return pages;
}

void slab_init(void)
{
	setup_cache(&slab_cpu_chains, "kmem_cache_cpu", sizeof(struct kmem_cache_cpu), 64, NULL);
	setup_cache(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), 64, NULL);
	kmalloc_init();
}
