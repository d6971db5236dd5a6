/* tests/host/pages.c - pages from an arena, and what both kinds of object memory share
 *
 * What:   kernel/mm/page.h, allocations that fail on request, the helpers on top of kmalloc().
 * Called: by everything.
 * Locks:  arena_lock, raw: nobody overtakes where it is taken (tests/tsan has several threads).
 * Absent: reclaim; a limit other than host_fail_alloc().
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

#define ARENA_PAGES (1UL << 18)

static size_t fail_at;
static bool fail_always;
size_t host_live_pages;

void host_fail_alloc(size_t nth, bool always)
{
	fail_at = nth;
	fail_always = always;
}
size_t host_fail_alloc_left(void) { return fail_at; }
bool host_alloc_is_unlucky(void)
{
	if (!fail_at || --fail_at)
		return false;
	fail_at = fail_always;
	return true;
}

/* Above kmalloc(), whichever it is. */
char *kstrdup(const char *s, gfp_t gfp) { return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL; }
char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = kmalloc((size_t)n + 1, gfp);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
/* Pages: an arena that is used from front to back, freed blocks are used again by order. */
struct page *mem_map;
unsigned long max_pfn = ARENA_PAGES;
static char *arena;
static spinlock_t arena_lock;
static unsigned long arena_next; /* [arena_lock] as are the blocks and host_live_pages */
static struct list_head free_blocks[MAX_ORDER + 1];

static void arena_init(void)
{
	char *raw = sys_reserve((ARENA_PAGES + (1UL << MAX_ORDER)) * PAGE_SIZE);

	mem_map = sys_reserve(ARENA_PAGES * sizeof(struct page));
	BUG_UNLESS(raw && mem_map);
	arena = (char *)ALIGN_UP((unsigned long)raw, PAGE_SIZE << MAX_ORDER);
	for (unsigned int i = 0; i <= MAX_ORDER; i++)
		INIT_LIST_HEAD(&free_blocks[i]);
}
void *page_address(const struct page *p) { return arena + page_to_pfn(p) * PAGE_SIZE; }
u64 page_to_phys(const struct page *p) { return page_to_pfn(p) * PAGE_SIZE; }
struct page *virt_to_page(const void *va)
{
	unsigned long off = (unsigned long)((const char *)va - arena);

	BUG_UNLESS(off < ARENA_PAGES * PAGE_SIZE);
	return &mem_map[off / PAGE_SIZE];
}
struct page *virt_to_head_page(const void *va)
{
	struct page *p = virt_to_page(va);

	return p->flags & PG_TAIL ? p->head : p;
}
static struct page *take_block(unsigned int order)
{
	struct page *p;

	__raw_spin_lock(&arena_lock);
	if (!list_empty(&free_blocks[order])) {
		p = list_first_entry(&free_blocks[order], struct page, lru);
		list_del(&p->lru);
	} else {
		arena_next = ALIGN_UP(arena_next, 1UL << order);
		p = arena_next + (1UL << order) > ARENA_PAGES ? NULL : &mem_map[arena_next];
		arena_next += p ? 1UL << order : 0;
	}
	host_live_pages += p ? 1UL << order : 0;
	__raw_spin_unlock(&arena_lock);
	return p;
}
struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *p;

	if (host_alloc_is_unlucky() || order > MAX_ORDER || !(p = take_block(order)))
		return NULL;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		memset(&p[i], 0, sizeof(p[i]));
		p[i].flags = !order ? 0 : i ? PG_TAIL : PG_HEAD;
		if (i)
			p[i].head = p;
	}
	p->order = (u8)order;
	atomic_set(&p->_refcount, 1);
	sys_unpoison(page_address(p), PAGE_SIZE << order);
	if (gfp & __GFP_ZERO || HOST_CHECKED)
		memset(page_address(p), gfp & __GFP_ZERO ? 0 : 0xa5, PAGE_SIZE << order);
	return p;
}
static void give_block(struct page *p)
{
	sys_poison(page_address(p), PAGE_SIZE << p->order);
	p->flags = PG_BUDDY;
	__raw_spin_lock(&arena_lock);
	host_live_pages -= 1UL << p->order;
	list_add_tail(&p->lru, &free_blocks[p->order]);
	__raw_spin_unlock(&arena_lock);
}
void put_page(struct page *p)
{
	if (p->flags & PG_TAIL)
		p = p->head;
	BUG_UNLESS(atomic_read(&p->_refcount) > 0);
	if (atomic_dec_and_test(&p->_refcount))
		give_block(p);
}
void __free_pages(struct page *p, unsigned int order)
{
	BUG_UNLESS(p->order == order);
	put_page(p);
}
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *p = alloc_pages(gfp, order);

	return p ? (unsigned long)page_address(p) : 0;
}
void free_pages(unsigned long va, unsigned int order) { __free_pages(virt_to_page((void *)va), order); }
void mem_stats(struct mem_stats *out)
{
	*out = (struct mem_stats){ .total = ARENA_PAGES, .free = ARENA_PAGES - host_live_pages };
}
void register_shrinker(struct shrinker *s) { (void)s; }

void host_memory_init(void) { arena_init(); }
