/* kernel/mm/slab.c - caches of equal objects, after the idea of SLUB
 *
 * What:   a slab is one block of pages cut into objects; free ones are chained through themselves. Each CPU keeps a
 *         short chain of its own, filled and emptied in batches.
 * Called: kmem_cache_alloc() and kmalloc() from any context.
 * Calls:  page_alloc.c for slabs, slab_debug.c in the debug build. slab_cache.c makes the caches.
 * Locks:  cache->lock with interrupts off for slabs. The per-CPU chain needs neither lock nor cli: the kernel is not
 *         preempted, and an interrupt that finds it busy takes the slow path.
 * Absent: NUMA, freelist hardening.
 */
#include "kernel/mm/slab_internal.h"
#include "lib/string.h"

#define NO_OBJECT U32_MAX
#define MAX_EMPTY_SLABS 2

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

static void cut_slab(struct kmem_cache *c, struct page *p)
{
	char *base = page_address(p);
	u32 n = slab_objects(c, p->order);

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
	c->total += slab_objects(c, p->order);
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

/* Up to n objects of the first partial slab, counted once; how many. cache->lock held. */
static size_t take_run(struct kmem_cache *c, size_t n, void **objs)
{
	struct page *p = pfn_to_page(c->partial);
	char *base = page_address(p), *obj = base + p->slab_free;
	size_t got = 0;

	for (; obj && got < n; obj = get_free_pointer(c, obj))
		objs[got++] = obj;
	c->nr_empty -= !p->slab_inuse;
	p->slab_inuse += (u32)got;
	p->slab_free = obj ? (u32)(obj - base) : NO_OBJECT;
	if (!obj)
		partial_del(c, p);
	c->inuse += got;
	return got;
}
/* cache->lock held. */
static void *take_object(struct kmem_cache *c)
{
	void *obj;

	return c->partial && take_run(c, 1, &obj) ? obj : NULL;
}

/* cache->lock held. obj is of slab p, which begins at base. True when the slab is to be given back: empty, and enough
 * others are. */
static bool return_object(struct kmem_cache *c, struct page *p, char *base, void *obj)
{
	bool was_full = p->slab_free == NO_OBJECT;

	set_free_pointer(c, obj, was_full ? NULL : base + p->slab_free);
	p->slab_free = (u32)((char *)obj - base);
	c->inuse--;
	if (was_full)
		partial_add(c, p, true);
	if (--p->slab_inuse)
		return false;
	partial_del(c, p);
	if (c->nr_empty < MAX_EMPTY_SLABS) {
		partial_add(c, p, false); /* used last */
		c->nr_empty++;
		return false;
	}
	c->nr_slabs--;
	c->total -= slab_objects(c, p->order);
	return true;
}

void *slab_return_chain(struct kmem_cache *c, void *obj, u32 n)
{
	struct page *dead[16], *p = NULL;
	unsigned long flags;
	char *base = NULL;

	while (n && obj) {
		size_t nr_dead = 0;

		spin_lock_irqsave(&c->lock, flags);
		for (; n && obj && nr_dead < ARRAY_SIZE(dead); n--) {
			void *next = get_free_pointer(c, obj);

			/* What was taken together comes back together: mostly of the slab of the one before. */
			if (!p || (size_t)((char *)obj - base) >= PAGE_SIZE << p->order) {
				p = virt_to_head_page(obj);
				base = page_address(p);
			}
			if (return_object(c, p, base, obj))
				dead[nr_dead++] = p;
			obj = next;
		}
		spin_unlock_irqrestore(&c->lock, flags);
		while (nr_dead)
			discard_slab(dead[--nr_dead]);
		p = NULL;
	}
	return obj;
}

/* --- this CPU's chain --- */

/* Makes the chain on a CPU's first use of a cache. Nothing lost when that fails: the slow path always works. */
static void make_cpu_chain(struct kmem_cache *c)
{
	u32 cpu = smp_processor_id();
	struct kmem_cache_cpu *k, *none = NULL;

	if (c->cpu[cpu] || c == &slab_cpu_chains || !slab_cpu_chains.size)
		return;
	k = slab_alloc(&slab_cpu_chains, GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO, CALLER);
	if (k && !__atomic_compare_exchange_n(&c->cpu[cpu], &none, k, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		slab_free(&slab_cpu_chains, k, CALLER);
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
		k->free = slab_return_chain(c, k->free, c->cpu_batch);
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
	slab_return_chain(c, obj, 1);
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
	while (got < n && c->partial)
		got += take_run(c, n - got, objs + got);
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
		slab_return_chain(c, objs[0], (u32)n);
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

unsigned long slab_shrink(struct kmem_cache *c)
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
			c->total -= slab_objects(c, p->order);
		}
		spin_unlock_irqrestore(&c->lock, flags);
		if (!p)
			return pages;
		pages += 1UL << p->order;
		discard_slab(p);
	}
}
