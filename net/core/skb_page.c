/* net/core/skb_page.c - memory for what programs write: pages that fill up, shared by the packets that lie in them
 *
 * What:   each CPU has one block of pages, from which payload gets the next bytes. What one program writes bit by bit
 *         lies in one stretch, and becomes one fragment.
 * Called: a transport's sendmsg(), in process context.
 * Calls:  kernel/mm.
 * Locks:  none: the block belongs to its CPU, only process context comes here, and the kernel is not preempted. Bytes
 *         are given out before they are copied into, for a copy may sleep.
 */
#include "kernel/trace/printk.h"
#include "net/core/skb_internal.h"

#define BLOCK_ORDER 3 /* 32 KiB */

struct page_block { struct page *page; u32 used, size; };
static struct page_block *page_blocks; /* [P] */

static struct page *block_alloc(unsigned int order, gfp_t gfp)
{
	return alloc_pages(order ? ((gfp & ~GFP_KERNEL) | GFP_ATOMIC | __GFP_NORETRY | __GFP_NOWARN) : gfp, order);
}

/* A block with room in it; the old one is used again when nobody else has a part of it. */
static bool block_refill(struct page_block *b, gfp_t gfp)
{
	unsigned int order = BLOCK_ORDER;
	struct page *page;

	if (b->page && atomic_read(&b->page->_refcount) == 1) {
		b->used = 0;
		return true;
	}
	page = block_alloc(order, gfp);
	if (!page)
		page = block_alloc(order = 0, gfp);
	if (!page)
		return false;
	b = this_cpu_ptr(page_blocks); /* the allocation may have slept */
	if (b->page)
		put_page(b->page);
	*b = (struct page_block){ page, 0, (u32)PAGE_SIZE << order };
	return true;
}

bool skb_page_space(u32 want, gfp_t gfp, skb_frag_t *out)
{
	struct page_block *b = this_cpu_ptr(page_blocks);

	if (unlikely(b->used == b->size) && !block_refill(b, gfp))
		return false;
	b = this_cpu_ptr(page_blocks);
	*out = (skb_frag_t){ b->page, b->used, min(want, b->size - b->used) };
	get_page(b->page);
	b->used += out->size;
	return true;
}

void skb_page_init(void)
{
	page_blocks = alloc_percpu(struct page_block);
	BUG_UNLESS(page_blocks);
}
