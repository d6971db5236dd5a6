/* kernel/mm/vmalloc.h - the inside of vmalloc, shared with kstack.c and remap_vmalloc_range() */
#pragma once
#include "kernel/mm/internal.h"

struct vmap_area {
	struct rb_node node;	/* in used or holes */
	unsigned long start;
	size_t span;		/* bytes with the guard page */
	unsigned long nr_pages; /* mapped */
	struct page **pages;	/* NULL for ioremap */
	struct page *few[4];	/* pages, when they are few: a kernel stack needs no second allocation */
	const void *caller;
	struct vmap_area *next; /* waiting to be freed */
};
void *vmap_alloc(unsigned long pages, const void *caller);
struct page *vmalloc_to_page(const void *p); /* NULL when p is not in a vmalloc'd page */
