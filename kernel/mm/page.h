/* kernel/mm/page.h - physical pages: the buddy allocator, and the structure that describes each page */
#pragma once
#include "kernel/arch/cpu.h"
#include "lib/atomic.h"
#include "lib/list.h"

/* How an allocation may behave. Softirq and interrupt context must use GFP_ATOMIC. */
#define GFP_ATOMIC 0x01u  /* never sleeps; may dip into the reserve */
#define GFP_KERNEL 0x02u  /* may sleep and reclaim */
#define GFP_USER GFP_KERNEL
#define __GFP_ZERO 0x10u
#define __GFP_NOWARN 0x20u
#define __GFP_NORETRY 0x40u /* rather fail than kill a process for it */

#define MAX_ORDER 10 /* largest block: 2^10 pages, 4 MiB */

struct kmem_cache;
struct address_space;

/* 32 bytes: a machine with 24 MiB spends 192 KiB on them. What the unions mean follows from flags. */
struct page {
	u16 flags;	    /* PG_* */
	u8 order;	    /* of a free block, or of an allocated compound block's head */
	u8 zone;	    /* [C] which free lists it belongs to */
	atomic_t _refcount; /* 0 when free */
	union {
		atomic_t _mapcount;		      /* user page-table entries that map it */
		struct { u32 slab_next, slab_prev; }; /* slab: neighbours in the partial list, as frame numbers */
	};
	union {
		struct list_head lru; /* buddy free list */
		struct {	      /* slab */
			struct kmem_cache *slab_cache;
			u32 slab_free;	/* offset of the first free object in the page, U32_MAX when full */
			u32 slab_inuse; /* objects handed out, those in per-CPU lists included */
		};
		struct { /* page cache */
			struct address_space *mapping;
			unsigned long index; /* in pages */
		};
		struct page *head; /* tail of a compound block */
	};
};
#define PG_BUDDY BIT(0)
#define PG_SLAB BIT(1)
#define PG_RESERVED BIT(2)
#define PG_HEAD BIT(3)
#define PG_TAIL BIT(4)

extern struct page *mem_map; /* one for each page frame from 0 to max_pfn */
extern unsigned long max_pfn;

static inline unsigned long page_to_pfn(const struct page *p) { return (unsigned long)(p - mem_map); }
static inline struct page *pfn_to_page(unsigned long pfn) { return &mem_map[pfn]; }
u64 page_to_phys(const struct page *p);
void *page_address(const struct page *p);
struct page *virt_to_page(const void *va); /* va inside the direct map */
struct page *virt_to_head_page(const void *va);

/* 2^order pages, reference count 1, or NULL. Any context with GFP_ATOMIC. */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
void __free_pages(struct page *p, unsigned int order);
static inline struct page *alloc_page(gfp_t gfp) { return alloc_pages(gfp, 0); }
unsigned long __get_free_pages(gfp_t gfp, unsigned int order); /* address in the direct map, 0 on failure */
void free_pages(unsigned long va, unsigned int order);
#define __get_free_page(gfp) __get_free_pages(gfp, 0)
#define free_page(va) free_pages(va, 0)

/* References: the last put_page frees. All pages of a compound block share the head's count. */
static inline void get_page(struct page *p) { atomic_inc(&(p->flags & PG_TAIL ? p->head : p)->_refcount); }
void put_page(struct page *p);

/* Gives physical bytes [start, end) that were kept out of the buddy allocator (the initrd) to it; whole pages only. */
void free_reserved_range(u64 start, u64 end);

struct mem_stats { /* pages */
	unsigned long total, free, reserve, slab, pagecache, pagetables, kernel_stacks;
};
void mem_stats(struct mem_stats *out);

/* Called when memory is short (process context, may sleep): frees what it can, returns pages freed. */
struct shrinker { unsigned long (*shrink)(unsigned long want_pages); struct list_head list; };
void register_shrinker(struct shrinker *s);
