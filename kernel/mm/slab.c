/* kernel/mm/slab.c - caches of equal objects, after the idea of SLUB
 *
 * What:   a slab is one block of pages cut into objects; free ones are chained through themselves. Each CPU keeps a
 *         short chain of its own, filled and emptied in batches.
 * Called: kmem_cache_alloc() and kmalloc() from any context.
 * Calls:  page_alloc.c for slabs, slab_debug.c in the debug build.
 * Locks:  cache->lock with interrupts off for slabs. The per-CPU chain needs neither lock nor cli: the kernel is not
 *         preempted, and an interrupt that finds it busy takes the slow path. slab_mutex guards the list of caches.
 * Absent: merging of similar caches, NUMA, freelist hardening.
 */
#include "kernel/mm/slab_internal.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/string.h"

#define NO_OBJECT U32_MAX
#define MAX_EMPTY_SLABS 2

static DEFINE_MUTEX(slab_mutex);
static LIST_HEAD(slab_caches);		     /* under slab_mutex */
static struct kmem_cache cache_of_caches, cache_of_cpus;

/* --- the ring of partial slabs: page frames linked by number; cache->lock held --- */

static void partial_add(struct kmem_cache *c, struct page *p, bool front)
{
	u32 pfn = (u32)page_to_pfn(p);

	if (!c->partial) {
		p->slab_next = p->slab_prev = c->partial = pfn;
		return;
	}
	p->slab_next = c->partial;
	p->slab_prev = pfn_to_page(c->partial)->slab_prev;
	pfn_to_page(p->slab_prev)->slab_next = pfn;
	pfn_to_page(p->slab_next)->slab_prev = pfn;
	if (front)
		c->partial = pfn;
}

static void partial_del(struct kmem_cache *c, struct page *p)
{
	u32 pfn = (u32)page_to_pfn(p);

	if (c->partial == pfn)
		c->partial = p->slab_next == pfn ? 0 : p->slab_next;
	pfn_to_page(p->slab_prev)->slab_next = p->slab_next;
	pfn_to_page(p->slab_next)->slab_prev = p->slab_prev;
	p->slab_next = p->slab_prev = 0;
}

/* --- slabs --- */

static u32 objects_in(const struct kmem_cache *c, unsigned int order) { return (u32)((PAGE_SIZE << order) / c->size); }

static void cut_slab(struct kmem_cache *c, struct page *p)
{
	char *base = page_address(p);
	u32 n = objects_in(c, p->order);

	for (u32 i = 0; i < n; i++) {
		void *obj = base + (size_t)i * c->size;

		slab_debug_new(c, obj);
		if (c->ctor)
			c->ctor(obj);
		set_free_pointer(c, obj, i + 1 < n ? base + (size_t)(i + 1) * c->size : NULL);
	}
}

/* Adds a slab to the cache; may sleep as gfp says. False without memory. */
static bool new_slab(struct kmem_cache *c, gfp_t gfp)
{
	gfp_t page_gfp = gfp & ~__GFP_ZERO;
	struct page *p = NULL;
	unsigned long flags;

	if (c->order > c->min_order)
		p = alloc_pages((page_gfp & ~GFP_KERNEL) | __GFP_NOWARN | __GFP_NORETRY, c->order);
	if (!p)
		p = alloc_pages(page_gfp, c->min_order);
	if (!p)
		return false;
	p->flags |= PG_SLAB;
	p->slab_cache = c;
	p->slab_free = 0;
	p->slab_inuse = 0;
	cut_slab(c, p);
	atomic64_add(1 << p->order, &nr_slab_pages);
	spin_lock_irqsave(&c->lock, flags);
	partial_add(c, p, true);
	c->nr_slabs++;
	c->nr_empty++;
	c->total += objects_in(c, p->order);
	spin_unlock_irqrestore(&c->lock, flags);
	return true;
}

/* The slab left the ring and has no user. */
static void discard_slab(struct page *p)
{
	atomic64_sub(1 << p->order, &nr_slab_pages);
	p->flags &= (u16)~PG_SLAB;
	p->slab_cache = NULL;
	put_page(p);
}

/* cache->lock held. */
static void *take_object(struct kmem_cache *c)
{
	struct page *p;
	char *base, *obj, *next;

	if (!c->partial)
		return NULL;
	p = pfn_to_page(c->partial);
	base = page_address(p);
	obj = base + p->slab_free;
	next = get_free_pointer(c, obj);
	c->nr_empty -= !p->slab_inuse;
	p->slab_inuse++;
	p->slab_free = next ? (u32)(next - base) : NO_OBJECT;
	if (!next)
		partial_del(c, p);
	c->inuse++;
	return obj;
}

/* cache->lock held. Returns the slab when it is to be given back: empty, and enough others are. */
static struct page *return_object(struct kmem_cache *c, void *obj)
{
	struct page *p = virt_to_head_page(obj);
	char *base = page_address(p);
	bool was_full = p->slab_free == NO_OBJECT;

	set_free_pointer(c, obj, was_full ? NULL : base + p->slab_free);
	p->slab_free = (u32)((char *)obj - base);
	c->inuse--;
	if (was_full)
		partial_add(c, p, true);
	if (--p->slab_inuse)
		return NULL;
	partial_del(c, p);
	if (c->nr_empty < MAX_EMPTY_SLABS) {
		partial_add(c, p, false); /* used last */
		c->nr_empty++;
		return NULL;
	}
	c->nr_slabs--;
	c->total -= objects_in(c, p->order);
	return p;
}

/* Returns up to n objects of a chain to their slabs; the rest of the chain. */
static void *return_chain(struct kmem_cache *c, void *obj, u32 n)
{
	struct page *dead[16];
	unsigned long flags;

	while (n && obj) {
		size_t nr_dead = 0;

		spin_lock_irqsave(&c->lock, flags);
		for (; n && obj && nr_dead < ARRAY_SIZE(dead); n--) {
			void *next = get_free_pointer(c, obj);
			struct page *p = return_object(c, obj);

			if (p)
				dead[nr_dead++] = p;
			obj = next;
		}
		spin_unlock_irqrestore(&c->lock, flags);
		while (nr_dead)
			discard_slab(dead[--nr_dead]);
	}
	return obj;
}

/* --- this CPU's chain --- */

/* Makes the chain on a CPU's first use of a cache. Nothing lost when that fails: the slow path always works. */
static void make_cpu_chain(struct kmem_cache *c)
{
	u32 cpu = smp_processor_id();
	struct kmem_cache_cpu *k, *none = NULL;

	if (c->cpu[cpu] || c == &cache_of_cpus || !cache_of_cpus.size)
		return;
	k = slab_alloc(&cache_of_cpus, GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO, CALLER);
	if (k && !__atomic_compare_exchange_n(&c->cpu[cpu], &none, k, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		slab_free(&cache_of_cpus, k, CALLER);
}

/* One object from the slabs, and a batch for this CPU's chain. */
static void *refill(struct kmem_cache *c)
{
	struct kmem_cache_cpu *k;
	unsigned long flags;
	void *obj;

	spin_lock_irqsave(&c->lock, flags);
	k = c->cpu[smp_processor_id()];
	obj = take_object(c);
	if (obj && k && !READ_ONCE(k->busy)) {
		for (u32 i = 1; i < c->cpu_batch && c->partial; i++) {
			void *more = take_object(c);

			set_free_pointer(c, more, k->free);
			k->free = more;
			k->count++;
		}
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return obj;
}

static noinline void *slab_alloc_slow(struct kmem_cache *c, gfp_t gfp)
{
	void *obj;

	make_cpu_chain(c);
	obj = refill(c);
	while (!obj && new_slab(c, gfp))
		obj = refill(c);
	return obj;
}

static inline void *chain_pop(struct kmem_cache *c)
{
	struct kmem_cache_cpu *k = c->cpu[smp_processor_id()];
	void *obj;

	if (unlikely(!k || READ_ONCE(k->busy)))
		return NULL;
	WRITE_ONCE(k->busy, true);
	barrier();
	obj = k->free;
	if (likely(obj)) {
		k->free = get_free_pointer(c, obj);
		k->count--;
	}
	barrier();
	WRITE_ONCE(k->busy, false);
	return obj;
}

static inline bool chain_push(struct kmem_cache *c, void *obj)
{
	struct kmem_cache_cpu *k = c->cpu[smp_processor_id()];

	if (unlikely(!k || READ_ONCE(k->busy)))
		return false;
	WRITE_ONCE(k->busy, true);
	barrier();
	set_free_pointer(c, obj, k->free);
	k->free = obj;
	if (unlikely(++k->count > c->cpu_limit)) {
		k->free = return_chain(c, k->free, c->cpu_batch);
		k->count -= c->cpu_batch;
	}
	barrier();
	WRITE_ONCE(k->busy, false);
	return true;
}

/* --- allocation and release --- */

void *slab_alloc(struct kmem_cache *c, gfp_t gfp, unsigned long caller)
{
	void *obj;

	if (gfp & GFP_KERNEL)
		might_sleep();
	obj = chain_pop(c);
	if (unlikely(!obj))
		obj = slab_alloc_slow(c, gfp);
	if (unlikely(!obj))
		return NULL;
	slab_debug_alloc(c, obj, caller);
	if (gfp & __GFP_ZERO)
		memset(obj, 0, c->object_size);
	return obj;
}

void slab_free(struct kmem_cache *c, void *obj, unsigned long caller)
{
	slab_debug_free(c, obj, caller);
	if (likely(chain_push(c, obj)))
		return;
	make_cpu_chain(c);
	set_free_pointer(c, obj, NULL);
	return_chain(c, obj, 1);
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp) { return slab_alloc(c, gfp, CALLER); }
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp) { return slab_alloc(c, gfp | __GFP_ZERO, CALLER); }

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	if (obj)
		slab_free(c, obj, CALLER);
}

/* From the slabs, with the lock taken once: who asks for many keeps them at hand himself. */
static size_t take_objects(struct kmem_cache *c, size_t n, void **objs)
{
	unsigned long flags;
	size_t got = 0;

	spin_lock_irqsave(&c->lock, flags);
	while (got < n && (objs[got] = take_object(c)))
		got++;
	spin_unlock_irqrestore(&c->lock, flags);
	return got;
}

size_t kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **objs)
{
	size_t got = take_objects(c, n, objs);

	while (got < n && new_slab(c, gfp))
		got += take_objects(c, n - got, objs + got);
	for (size_t i = 0; i < got; i++) {
		slab_debug_alloc(c, objs[i], CALLER);
		if (gfp & __GFP_ZERO)
			memset(objs[i], 0, c->object_size);
	}
	return got;
}

void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **objs)
{
	for (size_t i = 0; i < n; i++) {
		slab_debug_free(c, objs[i], CALLER);
		set_free_pointer(c, objs[i], i + 1 < n ? objs[i + 1] : NULL);
	}
	if (n)
		return_chain(c, objs[0], (u32)n);
}

size_t kmem_cache_size(const struct kmem_cache *c) { return c->size; }

/* Exact when nobody allocates meanwhile. */
size_t kmem_cache_inuse(const struct kmem_cache *c)
{
	size_t n = READ_ONCE(c->inuse);

	for (u32 i = 0; i < NR_CPUS; i++)
		n -= c->cpu[i] ? READ_ONCE(c->cpu[i]->count) : 0;
	return n;
}

/* --- shrinking --- */

static unsigned long shrink_cache(struct kmem_cache *c)
{
	unsigned long pages = 0, flags;
	struct page *p;

	for (;;) {
		spin_lock_irqsave(&c->lock, flags);
		p = c->partial ? pfn_to_page(pfn_to_page(c->partial)->slab_prev) : NULL; /* empty ones are last */
		if (p && p->slab_inuse)
			p = NULL;
		if (p) {
			partial_del(c, p);
			c->nr_slabs--;
			c->nr_empty--;
			c->total -= objects_in(c, p->order);
		}
		spin_unlock_irqrestore(&c->lock, flags);
		if (!p)
			return pages;
		pages += 1UL << p->order;
		discard_slab(p);
	}
}

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
		return_chain(c, k->free, k->count);
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
		pages += shrink_cache(c);
	mutex_unlock(&slab_mutex);
	return pages;
}

/* --- caches --- */

/* Few wasted bytes and at least eight objects, but small blocks. */
static void choose_order(struct kmem_cache *c)
{
	unsigned int order = 0;

	while (objects_in(c, order) < 1)
		order++;
	c->min_order = (u8)order;
	while (order < 3 && (objects_in(c, order) < 8 || (PAGE_SIZE << order) % c->size > (PAGE_SIZE << order) / 8))
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
		return_chain(c, c->cpu[i]->free, c->cpu[i]->count);
		kmem_cache_free(&cache_of_cpus, c->cpu[i]);
	}
	shrink_cache(c);
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

void slab_init(void)
{
	setup_cache(&cache_of_cpus, "kmem_cache_cpu", sizeof(struct kmem_cache_cpu), 64, NULL);
	setup_cache(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), 64, NULL);
	kmalloc_init();
}
