/* kernel/mm/vmalloc.c - memory that is contiguous only in virtual addresses: vmalloc, ioremap
 *
 * What:   address ranges between VMALLOC_START and VMALLOC_END, each followed by an unmapped guard page.
 * Called: process context, but for vfree, which an interrupt may call: then a work item does it.
 * Calls:  arch_kernel_map/unmap (the latter flushes every CPU's TLB), page_alloc.c, slab.c.
 * Locks:  vmap_lock guards both trees. It is never held across a mapping change.
 * Absent: lazy TLB flushing and huge mappings.
 */
#include "kernel/mm/vmalloc.h"
#include "kernel/sched/softirq.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

static DEFINE_SPINLOCK(vmap_lock);
static struct rb_root used, holes; /* under vmap_lock, by start */
static struct vmap_area *deferred; /* list of areas to free, pushed with cmpxchg */
static struct work_struct deferred_work;

static void tree_add(struct rb_root *root, struct vmap_area *a)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = a->start < rb_entry(parent, struct vmap_area, node)->start ? &parent->left : &parent->right;
	}
	rb_link_node(&a->node, parent, link);
	rb_insert_color(&a->node, root);
}

static struct vmap_area *find_used(unsigned long start)
{
	struct rb_node *n = used.node;

	while (n) {
		struct vmap_area *a = rb_entry(n, struct vmap_area, node);

		if (a->start == start)
			return a;
		n = start < a->start ? n->left : n->right;
	}
	return NULL;
}

/* First fit from below, so that the top of the region and its page tables stay unused. vmap_lock held. */
static bool take_hole(struct vmap_area *a, size_t span, struct vmap_area **spent)
{
	for (struct rb_node *n = rb_first(&holes); n; n = rb_next(n)) {
		struct vmap_area *h = rb_entry(n, struct vmap_area, node);

		if (h->span < span)
			continue;
		a->start = h->start;
		a->span = span;
		h->start += span;
		h->span -= span;
		if (!h->span) {
			rb_erase(&h->node, &holes);
			*spent = h;
		}
		tree_add(&used, a);
		return true;
	}
	return false;
}

/* An address range for pages pages and guard pages behind them; nothing is mapped yet. NULL without memory. */
static struct vmap_area *area_alloc(unsigned long pages, const void *caller)
{
	struct vmap_area *a = kzalloc(sizeof(*a), GFP_KERNEL), *spent = NULL;
	bool found;

	if (!a)
		return NULL;
	a->nr_pages = pages;
	a->caller = caller;
	spin_lock_bh(&vmap_lock);
	found = take_hole(a, (pages + 1) << PAGE_SHIFT, &spent);
	spin_unlock_bh(&vmap_lock);
	kfree(spent);
	if (found)
		return a;
	kfree(a);
	return NULL;
}

/* Joins h with the hole behind it; frees that one through *spent. */
static void join_next(struct vmap_area *h, struct vmap_area **spent)
{
	struct rb_node *n = rb_next(&h->node);
	struct vmap_area *next = rb_entry_safe(n, struct vmap_area, node);

	if (!next || h->start + h->span != next->start)
		return;
	h->span += next->span;
	rb_erase(&next->node, &holes);
	*spent = next;
}

/* The range becomes a hole again. a is in no tree and unmapped. */
static void area_free(struct vmap_area *a)
{
	struct vmap_area *spent[2] = { NULL, NULL };
	struct rb_node *prev;

	if (a->pages != a->few)
		kvfree(a->pages);
	a->pages = NULL;
	spin_lock_bh(&vmap_lock);
	tree_add(&holes, a);
	join_next(a, &spent[0]);
	prev = rb_prev(&a->node);
	if (prev)
		join_next(rb_entry(prev, struct vmap_area, node), &spent[1]);
	spin_unlock_bh(&vmap_lock);
	kfree(spent[0]);
	kfree(spent[1]);
}

/* No CPU translates the area any more. */
static void free_unmapped(struct vmap_area *a)
{
	for (unsigned long i = 0; a->pages && i < a->nr_pages; i++)
		if (a->pages[i])
			put_page(a->pages[i]);
	area_free(a);
}

static void unmap_and_free(struct vmap_area *a)
{
	arch_kernel_unmap(a->start, a->nr_pages);
	free_unmapped(a);
}

static struct vmap_area *remove_used(unsigned long start)
{
	struct vmap_area *a;

	spin_lock_bh(&vmap_lock);
	a = find_used(start);
	if (a)
		rb_erase(&a->node, &used);
	spin_unlock_bh(&vmap_lock);
	return a;
}

static bool map_pages(struct vmap_area *a)
{
	for (unsigned long i = 0; i < a->nr_pages; i++) {
		a->pages[i] = alloc_page(GFP_KERNEL);
		if (!a->pages[i] || arch_kernel_map(a->start + (i << PAGE_SHIFT), page_to_phys(a->pages[i]),
						    PTE_PRESENT | PTE_WRITE | PTE_NX))
			return false;
	}
	return true;
}

void *vmap_alloc(unsigned long pages, const void *caller)
{
	struct vmap_area *a;

	if (!pages || pages > (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT)
		return NULL;
	a = area_alloc(pages, caller);
	if (!a)
		return NULL;
	a->pages = pages <= ARRAY_SIZE(a->few) ? a->few : kvzalloc(pages * sizeof(*a->pages), GFP_KERNEL);
	if (a->pages && map_pages(a))
		return (void *)a->start;
	remove_used(a->start);
	unmap_and_free(a);
	return NULL;
}

void *vmalloc(size_t size) { return vmap_alloc(DIV_ROUND_UP(size, PAGE_SIZE), __builtin_return_address(0)); }

void *vzalloc(size_t size)
{
	unsigned long pages = DIV_ROUND_UP(size, PAGE_SIZE);
	void *p = vmap_alloc(pages, __builtin_return_address(0));

	return p ? memset(p, 0, pages << PAGE_SHIFT) : NULL;
}

/* One flush for all of them: each waits for every CPU, and a process may leave thousands of stacks. */
void vfree_deferred(void)
{
	struct vmap_area *a, *all = __atomic_exchange_n(&deferred, NULL, __ATOMIC_ACQ_REL);
	unsigned long start = VMALLOC_END, end = VMALLOC_START;

	for (a = all; a; a = a->next) {
		arch_kernel_clear(a->start, a->nr_pages);
		start = min(start, a->start);
		end = max(end, a->start + (a->nr_pages << PAGE_SHIFT));
	}
	if (all)
		flush_tlb_range(NULL, start, end);
	while (all) {
		a = all;
		all = a->next;
		free_unmapped(a);
	}
}

static void free_deferred(struct work_struct *w) { vfree_deferred(); }

static void defer(struct vmap_area *a)
{
	a->next = READ_ONCE(deferred);
	while (!__atomic_compare_exchange_n(&deferred, &a->next, a, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
	schedule_work(&deferred_work);
}

void vfree(const void *p)
{
	struct vmap_area *a;

	if (!p)
		return;
	a = remove_used((unsigned long)p);
	if (!a)
		panic("vfree: %lx was not allocated by vmalloc", (unsigned long)p);
	if (in_atomic() || irqs_disabled())
		defer(a);
	else
		unmap_and_free(a);
}

struct page *vmalloc_to_page(const void *p)
{
	unsigned long va = ALIGN_DOWN((unsigned long)p, PAGE_SIZE);
	struct page *page = NULL;
	struct rb_node *n;

	spin_lock_bh(&vmap_lock);
	for (n = used.node; n;) {
		struct vmap_area *a = rb_entry(n, struct vmap_area, node);
		unsigned long index = (va - a->start) >> PAGE_SHIFT;

		if (va >= a->start && va - a->start < a->span) {
			page = a->pages && index < a->nr_pages ? a->pages[index] : NULL;
			break;
		}
		n = va < a->start ? n->left : n->right;
	}
	spin_unlock_bh(&vmap_lock);
	return page;
}

void *ioremap(u64 pa, size_t size)
{
	unsigned long offset = pa & ~PAGE_MASK, pages = DIV_ROUND_UP(offset + size, PAGE_SIZE);
	struct vmap_area *a = size ? area_alloc(pages, __builtin_return_address(0)) : NULL;

	if (!a)
		return NULL;
	for (unsigned long i = 0; i < pages; i++)
		if (arch_kernel_map(a->start + (i << PAGE_SHIFT), (pa & PAGE_MASK) + (i << PAGE_SHIFT),
				    PTE_PRESENT | PTE_WRITE | PTE_NOCACHE | PTE_NX)) {
			remove_used(a->start);
			unmap_and_free(a);
			return NULL;
		}
	return (void *)(a->start + offset);
}

void iounmap(volatile void *va)
{
	struct vmap_area *a = va ? remove_used((unsigned long)va & PAGE_MASK) : NULL;

	if (a)
		unmap_and_free(a);
}

void vmalloc_for_each(void (*fn)(void *ctx, unsigned long start, size_t size, const void *caller), void *ctx)
{
	unsigned long next = 0;

	for (;;) { /* one at a time: fn may sleep */
		struct vmap_area *a = NULL, *best = NULL, copy;

		spin_lock_bh(&vmap_lock);
		for (struct rb_node *n = used.node; n;) {
			a = rb_entry(n, struct vmap_area, node);
			best = a->start >= next ? a : best;
			n = a->start >= next ? n->left : n->right;
		}
		if (!best) {
			spin_unlock_bh(&vmap_lock);
			return;
		}
		copy = *best;
		spin_unlock_bh(&vmap_lock);
		fn(ctx, copy.start, copy.nr_pages << PAGE_SHIFT, copy.caller);
		next = copy.start + 1;
	}
}

void vmalloc_init(void)
{
	struct vmap_area *all = kzalloc(sizeof(*all), GFP_KERNEL);

	BUG_ON(!all);
	all->start = VMALLOC_START + PAGE_SIZE; /* the first area, too, has a guard page below */
	all->span = VMALLOC_END - all->start;
	tree_add(&holes, all);
	INIT_WORK(&deferred_work, free_deferred);
}
