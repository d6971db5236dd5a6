/* kernel/mm/page_alloc.c - physical pages: a buddy allocator with short per-CPU lists in front
 *
 * What:   blocks of 2^order pages, split and joined with their buddies; single pages come from this CPU's list.
 * Called: everywhere through alloc_pages(); page frames are described by mem_map.
 * Calls:  reclaim.c when the watermark is reached.
 * Locks:  zone->lock, taken with interrupts off. A per-CPU list has no lock: only its CPU touches it, and an interrupt
 *         that finds it busy goes to the zone instead. So the fast path has neither atomics nor cli.
 * Absent: NUMA nodes, page migration and compaction.
 */
#include "kernel/arch/arch.h"
#include "kernel/mm/internal.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/string.h"

enum { ZONE_DMA32, ZONE_NORMAL, NR_ZONES };
#define DMA32_PFNS (1UL << (32 - PAGE_SHIFT))

static struct zone {
	spinlock_t lock;
	const char *name;			 /* [C] */
	struct list_head free[MAX_ORDER + 1];	 /* under lock */
	unsigned long nr_free[MAX_ORDER + 1];	 /* under lock; blocks */
	unsigned long free_pages;		 /* written under lock, read freely */
} zones[NR_ZONES] = {
	{ .lock = __SPIN_LOCK_INIT(zones[0].lock), .name = "DMA32" },
	{ .lock = __SPIN_LOCK_INIT(zones[1].lock), .name = "Normal" },
};

/* [P] Pages that this CPU has at hand. busy: an interrupt came in the middle of a change. */
static struct pcp {
	struct list_head list;
	u32 count;
	bool busy;
} __cacheline_aligned pcps[NR_CPUS];
static u32 pcp_batch, pcp_high; /* [C] */

struct page *mem_map;
unsigned long max_pfn;
static unsigned long total_pages, reserved_for_atomic; /* [C] after boot */
atomic64_t nr_slab_pages, nr_cache_pages, nr_kstack_pages;

u64 page_to_phys(const struct page *p) { return (u64)page_to_pfn(p) << PAGE_SHIFT; }
void *page_address(const struct page *p) { return phys_to_virt(page_to_phys(p)); }
struct page *virt_to_page(const void *va) { return pfn_to_page(virt_to_phys(va) >> PAGE_SHIFT); }

static struct page *compound_head(struct page *p) { return p->flags & PG_TAIL ? p->head : p; }
struct page *virt_to_head_page(const void *va) { return compound_head(virt_to_page(va)); }

unsigned long free_page_count(void)
{
	return READ_ONCE(zones[ZONE_DMA32].free_pages) + READ_ONCE(zones[ZONE_NORMAL].free_pages);
}
unsigned long reserve_pages(void) { return reserved_for_atomic; }

/* --- the buddy lists; the zone's lock is held --- */

static void list_block(struct zone *z, struct page *p, unsigned int order)
{
	p->flags = PG_BUDDY;
	p->order = (u8)order;
	list_add(&p->lru, &z->free[order]);
	z->nr_free[order]++;
}

static void unlist_block(struct zone *z, struct page *p)
{
	list_del(&p->lru);
	z->nr_free[p->order]--;
	p->flags = 0;
}

static void free_block(struct zone *z, struct page *p, unsigned int order)
{
	unsigned long pfn = page_to_pfn(p);

	z->free_pages += 1UL << order;
	for (; order < MAX_ORDER; order++) {
		unsigned long other = pfn ^ (1UL << order);
		struct page *buddy = pfn_to_page(other);

		if (other >= max_pfn || !(buddy->flags & PG_BUDDY) || buddy->order != order ||
		    buddy->zone != pfn_to_page(pfn)->zone)
			break;
		unlist_block(z, buddy);
		pfn &= other;
	}
	list_block(z, pfn_to_page(pfn), order);
}

static struct page *take_from_zone(struct zone *z, unsigned int order)
{
	unsigned int have = order;
	struct page *p;

	while (have <= MAX_ORDER && list_empty(&z->free[have]))
		have++;
	if (have > MAX_ORDER)
		return NULL;
	p = list_first_entry(&z->free[have], struct page, lru);
	unlist_block(z, p);
	while (have > order) { /* the upper halves stay free */
		have--;
		list_block(z, p + (1UL << have), have);
	}
	z->free_pages -= 1UL << order;
	return p;
}

/* --- watermark --- */

static bool watermark_ok(unsigned int order, enum alloc_depth depth)
{
	unsigned long floor = depth == ALLOC_NORMAL  ? reserved_for_atomic :
			      depth == ALLOC_RESERVE ? reserved_for_atomic / 4 :
						       0;

	return free_page_count() >= floor + (1UL << order);
}

/* The highest zone that may serve is tried first: what lies low is scarce. */
struct page *take_block(gfp_t gfp, unsigned int order, enum alloc_depth depth)
{
	struct page *p = NULL;

	if (!watermark_ok(order, depth))
		return NULL;
	for (int i = gfp & __GFP_DMA32 ? ZONE_DMA32 : ZONE_NORMAL; i >= 0 && !p; i--) {
		unsigned long flags;

		if (!READ_ONCE(zones[i].free_pages))
			continue;
		spin_lock_irqsave(&zones[i].lock, flags);
		p = take_from_zone(&zones[i], order);
		spin_unlock_irqrestore(&zones[i].lock, flags);
	}
	return p;
}

static void give_block(struct page *p, unsigned int order)
{
	struct zone *z = &zones[p->zone];
	unsigned long flags;

	spin_lock_irqsave(&z->lock, flags);
	free_block(z, p, order);
	spin_unlock_irqrestore(&z->lock, flags);
	if (unlikely(wq_has_sleeper(&memory_wait)))
		wake_up(&memory_wait);
}

/* --- per-CPU lists of single pages --- */

static void pcp_refill(struct pcp *c)
{
	for (u32 i = 0; i < pcp_batch; i++) {
		struct page *p = take_block(0, 0, ALLOC_NORMAL);

		if (!p)
			return;
		list_add_tail(&p->lru, &c->list);
		c->count++;
	}
}

static void pcp_drain(struct pcp *c, u32 keep)
{
	while (c->count > keep) { /* the coldest go */
		struct page *p = list_last_entry(&c->list, struct page, lru);

		list_del(&p->lru);
		c->count--;
		give_block(p, 0);
	}
}

static struct page *pcp_alloc(void)
{
	struct pcp *c = &pcps[smp_processor_id()];
	struct page *p = NULL;

	if (READ_ONCE(c->busy))
		return NULL;
	WRITE_ONCE(c->busy, true);
	barrier();
	if (!c->count)
		pcp_refill(c);
	if (c->count) {
		p = list_first_entry(&c->list, struct page, lru);
		list_del(&p->lru);
		c->count--;
	}
	barrier();
	WRITE_ONCE(c->busy, false);
	return p;
}

static bool pcp_free(struct page *p)
{
	struct pcp *c = &pcps[smp_processor_id()];

	if (READ_ONCE(c->busy) || !pcp_high || unlikely(waitqueue_active(&memory_wait)))
		return false; /* somebody waits: all can have it */
	WRITE_ONCE(c->busy, true);
	barrier();
	list_add(&p->lru, &c->list);
	if (++c->count > pcp_high)
		pcp_drain(c, pcp_high - pcp_batch);
	barrier();
	WRITE_ONCE(c->busy, false);
	return true;
}

static void drain_local(void *unused)
{
	struct pcp *c = &pcps[smp_processor_id()];

	if (READ_ONCE(c->busy))
		return;
	c->busy = true;
	barrier();
	pcp_drain(c, 0);
	barrier();
	c->busy = false;
}

void drain_all_pages(void)
{
	drain_local(NULL);
	smp_call_function(drain_local, NULL);
}

/* --- the public face --- */

static void prepare_page(struct page *p, gfp_t gfp, unsigned int order)
{
	BUG_ON(p->flags || atomic_read(&p->_refcount));
	atomic_set(&p->_refcount, 1);
	p->slab_next = p->slab_prev = 0; /* _mapcount too */
	p->mapping = NULL;
	p->index = 0;
	p->order = (u8)order;
	if (order)
		p->flags = PG_HEAD;
	for (unsigned long i = 1; i < 1UL << order; i++) {
		p[i].flags = PG_TAIL;
		p[i].head = p;
		atomic_set(&p[i]._mapcount, 0);
	}
	if (gfp & __GFP_ZERO)
		memset(page_address(p), 0, PAGE_SIZE << order);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *p = NULL;

	if (order > MAX_ORDER)
		return NULL;
	if (gfp & GFP_KERNEL)
		might_sleep();
	if (!order && !(gfp & __GFP_DMA32))
		p = pcp_alloc();
	if (!p)
		p = take_block(gfp, order, ALLOC_NORMAL);
	if (!p)
		p = alloc_pages_slow(gfp, order);
	if (p)
		prepare_page(p, gfp, order);
	return p;
}

/* The last reference is gone. */
static void release_block(struct page *p)
{
	unsigned int order = p->flags & PG_HEAD ? p->order : 0;

	if (unlikely(p->flags & ~PG_HEAD || atomic_read(&p->_mapcount)))
		panic("page %#lx freed while in use: flags %#x mapped %d", page_to_pfn(p), p->flags,
		      atomic_read(&p->_mapcount));
	for (unsigned long i = 1; i < 1UL << order; i++)
		p[i].flags = 0;
	p->flags = 0;
	if (order || !pcp_free(p))
		give_block(p, order);
}

void put_page(struct page *p)
{
	p = compound_head(p);
	if (p->flags & PG_RESERVED)
		return;
	BUG_ON(atomic_read(&p->_refcount) <= 0);
	if (atomic_dec_and_test(&p->_refcount))
		release_block(p);
}

void __free_pages(struct page *p, unsigned int order)
{
	BUG_ON(order && (!(p->flags & PG_HEAD) || p->order != order));
	put_page(p);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *p = alloc_pages(gfp, order);

	return p ? (unsigned long)page_address(p) : 0;
}

void free_pages(unsigned long va, unsigned int order)
{
	if (va)
		__free_pages(virt_to_page((void *)va), order);
}

void mem_stats(struct mem_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->total = total_pages;
	out->free = free_page_count();
	for (u32 i = 0; i < nr_cpus && i < NR_CPUS; i++)
		out->free += READ_ONCE(pcps[i].count);
	out->reserve = reserved_for_atomic;
	out->slab = (unsigned long)atomic64_read(&nr_slab_pages);
	out->pagecache = (unsigned long)atomic64_read(&nr_cache_pages);
	out->pagetables = arch_pagetable_pages();
	out->kernel_stacks = (unsigned long)atomic64_read(&nr_kstack_pages);
}

void buddyinfo_for_each(void (*fn)(void *ctx, const char *zone, const unsigned long *nr_free), void *ctx)
{
	for (int i = 0; i < NR_ZONES; i++)
		if (zones[i].free_pages)
			fn(ctx, zones[i].name, zones[i].nr_free);
}

/* --- boot --- */

/* Frees page frames [from, to) in the largest aligned blocks. */
static void free_frames(unsigned long from, unsigned long to)
{
	total_pages += to > from ? to - from : 0;
	while (from < to) {
		unsigned int order = from ? min(__builtin_ctzl(from), MAX_ORDER) : MAX_ORDER;

		while (from + (1UL << order) > to)
			order--;
		for (unsigned long i = 0; i < 1UL << order; i++) {
			mem_map[from + i].flags = 0;
			atomic_set(&mem_map[from + i]._refcount, 0);
		}
		give_block(pfn_to_page(from), order);
		from += 1UL << order;
	}
}

void free_reserved_range(u64 start, u64 end)
{
	unsigned long from = ALIGN_UP(start, PAGE_SIZE) >> PAGE_SHIFT, to = min(end >> PAGE_SHIFT, (u64)max_pfn);

	for (unsigned long pfn = from; pfn < to; pfn++)
		if (pfn_to_page(pfn)->flags & PG_RESERVED)
			free_frames(pfn, pfn + 1);
}

/* Kept out of the allocator: real-mode memory (CPU start), the kernel, the initrd, mem_map itself. */
static struct { u64 start, end; } keep[4];

static bool is_kept(u64 start, u64 end, u64 *next)
{
	for (size_t i = 0; i < ARRAY_SIZE(keep); i++) {
		if (start >= keep[i].end || end <= keep[i].start)
			continue;
		*next = ALIGN_UP(keep[i].end, PAGE_SIZE);
		return true;
	}
	return false;
}

/* Lowest place in usable memory for size bytes that touches nothing kept; 0 when there is none. */
static u64 find_boot_memory(u64 size)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		struct memory_range *r = &boot_info.ranges[i];
		u64 at = ALIGN_UP(r->start, PAGE_SIZE);

		if (!r->usable)
			continue;
		while (at + size <= r->end && is_kept(at, at + size, &at))
			;
		if (at + size <= r->end)
			return at;
	}
	return 0;
}

/* Frees the frames of a usable range between what is kept. */
static void free_usable_range(const struct memory_range *r)
{
	u64 at = ALIGN_UP(r->start, PAGE_SIZE), end = ALIGN_DOWN(r->end, PAGE_SIZE);

	while (at < end) {
		u64 stop = end, next;

		if (is_kept(at, at + PAGE_SIZE, &next)) {
			at = next;
			continue;
		}
		for (size_t i = 0; i < ARRAY_SIZE(keep); i++)
			if (keep[i].end > keep[i].start && keep[i].start >= at)
				stop = min(stop, ALIGN_DOWN(keep[i].start, PAGE_SIZE));
		free_frames(at >> PAGE_SHIFT, stop >> PAGE_SHIFT);
		at = stop;
	}
}

static void init_mem_map(void)
{
	u64 size = ALIGN_UP(max_pfn * sizeof(struct page), PAGE_SIZE), at = find_boot_memory(size);

	if (!at)
		panic("no room for the page map (%lu KiB)", (unsigned long)(size >> 10));
	keep[3].start = at;
	keep[3].end = at + size;
	mem_map = phys_to_virt(at);
	memset(mem_map, 0, size);
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		mem_map[pfn].flags = PG_RESERVED;
		mem_map[pfn].zone = pfn < DMA32_PFNS ? ZONE_DMA32 : ZONE_NORMAL;
		atomic_set(&mem_map[pfn]._refcount, 1);
	}
}

/* Per-CPU lists and the reserve grow with memory: 24 MiB gives batches of 6 and a reserve of 256 KiB. */
static void set_watermarks(void)
{
	pcp_batch = clamp((u32)(total_pages / 1024), 2u, 32u);
	pcp_high = pcp_batch * 4;
	reserved_for_atomic = clamp(total_pages / 96, 32UL, 2048UL);
}

void buddy_init(void)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].usable)
			max_pfn = max(max_pfn, boot_info.ranges[i].end >> PAGE_SHIFT);
	for (int z = 0; z < NR_ZONES; z++)
		for (int o = 0; o <= MAX_ORDER; o++)
			INIT_LIST_HEAD(&zones[z].free[o]);
	for (u32 i = 0; i < NR_CPUS; i++)
		INIT_LIST_HEAD(&pcps[i].list);
	keep[0].end = 1 << 20;
	keep[1].start = virt_to_phys(__kernel_start);
	keep[1].end = ALIGN_UP(virt_to_phys(__kernel_end), PAGE_SIZE);
	keep[2].start = ALIGN_DOWN(boot_info.initrd_start, PAGE_SIZE);
	keep[2].end = ALIGN_UP(boot_info.initrd_end, PAGE_SIZE);
	init_mem_map();
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].usable)
			free_usable_range(&boot_info.ranges[i]);
	set_watermarks();
	pr_info("memory: %lu MiB in %lu pages, page map %lu KiB\n", total_pages >> 8, total_pages,
		max_pfn * sizeof(struct page) >> 10);
}
