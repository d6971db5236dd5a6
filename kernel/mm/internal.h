/* kernel/mm/internal.h - what the files of this room share and nobody else sees */
#pragma once
#include "kernel/mm/mm.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"

/* --- page_alloc.c --- */
#define __GFP_DMA32 0x80u /* below 4 GiB */

/* How far below the watermark an allocation may go. */
enum alloc_depth { ALLOC_NORMAL, ALLOC_RESERVE, ALLOC_ALL };
/* One try, no reclaim; the page is not yet prepared for its owner. NULL when the watermark forbids it. */
struct page *take_block(gfp_t gfp, unsigned int order, enum alloc_depth depth);
unsigned long free_page_count(void);
unsigned long reserve_pages(void);
void drain_all_pages(void); /* the per-CPU lists go back; process context, interrupts on */
void buddyinfo_for_each(void (*fn)(void *ctx, const char *zone, const unsigned long *nr_free), void *ctx);

/* Counters behind mem_stats(). */
extern atomic64_t nr_slab_pages, nr_cache_pages, nr_kstack_pages;

/* --- reclaim.c --- */
struct page *alloc_pages_slow(gfp_t gfp, unsigned int order);
extern wait_queue_head_t memory_wait; /* tasks that want pages; woken by each free while there are any */
/* Sleeps until a page can be had, or somebody should look for a victim again. For a larger block nothing tells when it
 * is there: until the time is over. Process context. */
void wait_for_pages(unsigned int order);

/* --- slab_cache.c, kmalloc.c --- */
void slab_init(void);
void kmalloc_init(void);
unsigned long slab_shrink_all(void); /* pages given back */
#define KMALLOC_MAX_CACHE 8192UL

/* --- vmalloc.c, kstack.c --- */
void vmalloc_init(void);
void vmalloc_for_each(void (*fn)(void *ctx, unsigned long start, size_t size, const void *caller), void *ctx);
unsigned long kstack_shrink(void);
void vfree_deferred(void); /* areas that were freed in atomic context, now; process context */

/* --- the two halves of mm_init() --- */
void buddy_init(void);
void vma_init(void);
void page_cache_init(void);

/* --- page-table entries: two bits that the hardware leaves to us --- */
#define PTE_PROTNONE BIT(9) /* PROT_NONE: the frame is kept, the hardware sees nothing */
#define PTE_SPECIAL BIT(10) /* no struct page counting: the zero page, raw frames */
static inline bool pte_in_use(pte_t e) { return e & (PTE_PRESENT | PTE_PROTNONE); }
static inline struct page *pte_page(pte_t e) { return pfn_to_page((e & PTE_PFN_MASK) >> PAGE_SHIFT); }
pte_t vma_prot(const struct vm_area_struct *vma); /* without WRITE where a write must first fault */
bool vma_wants_cow(const struct vm_area_struct *vma);

extern struct page *zero_page;

/* --- vma.c: areas; the caller holds mmap_lock --- */
struct vm_area_struct *vma_alloc(struct mm_struct *mm, unsigned long start, unsigned long end, u32 flags);
struct vm_area_struct *vma_find_intersection(struct mm_struct *mm, unsigned long start, unsigned long end);
static inline struct vm_area_struct *vma_prev(struct vm_area_struct *v)
{
	return v->vm_list.prev == &v->vm_mm->mmap ? NULL : list_prev_entry(v, vm_list);
}
static inline struct vm_area_struct *vma_next(struct vm_area_struct *v)
{
	return v->vm_list.next == &v->vm_mm->mmap ? NULL : list_next_entry(v, vm_list);
}
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void vma_unlink(struct vm_area_struct *vma);
int vma_split(struct vm_area_struct *vma, unsigned long addr); /* vma keeps the lower part */
/* Copy of old for [start, end), with its own references; not linked. NULL without memory. */
struct vm_area_struct *vma_copy(struct vm_area_struct *old, struct mm_struct *mm, unsigned long start,
				unsigned long end);
struct vm_area_struct *vma_merge(struct vm_area_struct *vma); /* with both neighbours; the survivor */
void vma_free(struct vm_area_struct *vma);		      /* drops the file: never under mmap_lock */
void vma_free_list(struct list_head *dead);
unsigned long vma_pages(const struct vm_area_struct *vma);

/* --- mmap.c --- */
unsigned long find_free_area(struct mm_struct *mm, size_t len);
int munmap_locked(struct mm_struct *mm, unsigned long addr, size_t len, struct list_head *dead);
bool may_expand(struct mm_struct *mm, unsigned long pages); /* RLIMIT_AS */
bool may_lock(struct mm_struct *mm, unsigned long pages);   /* RLIMIT_MEMLOCK */
int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end);

/* --- memory.c: pages in and out of page tables --- */
void zap_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
int copy_page_range(struct mm_struct *dst, struct vm_area_struct *vma);
void protect_range(struct vm_area_struct *vma, unsigned long start, unsigned long end);
int move_page_range(struct vm_area_struct *from, unsigned long old, struct vm_area_struct *to, unsigned long new,
		    size_t len);
void unmap_mapping_pages(struct address_space *m, unsigned long from_index);
/* Steps over tables that do not exist: the slot at or after *addr, before end. */
pte_t *next_pte(struct mm_struct *mm, unsigned long *addr, unsigned long end);

/* --- fault.c --- */
/* Makes addr present for the access. 0, -EFAULT (no area or no right), -ENOMEM, or -EIO (SIGBUS). mmap_lock held. */
int handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, bool write);
bool expand_stack(struct vm_area_struct *vma, unsigned long addr);

/* --- mapping.c --- */
u32 prot_to_vm(unsigned long prot);
int create_area(struct mm_struct *mm, unsigned long start, size_t len, u32 flags); /* anonymous, merged */

/* --- syscalls --- */
void mmap_syscalls(void);
void advice_syscalls(void);
