/* kernel/mm/slab.h - small objects: caches of one size with per-CPU free lists, and kmalloc on top
 *
 * Context: all but kmem_cache_create/destroy and vmalloc may be called anywhere with GFP_ATOMIC. Freed objects must
 * not be touched; the debug build poisons and red-zones them and names the culprit.
 */
#pragma once
#include "kernel/arch/arch.h"
#include "kernel/mm/page.h"

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN 0x1u
/* align 0: natural. ctor may be NULL; it runs each time a slab page is cut, not on each allocation. */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags, void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *c);
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
void *kmem_cache_zalloc(struct kmem_cache *c, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);
/* Up to n objects at once into objs; returns how many came. Bulk free takes them back. */
size_t kmem_cache_alloc_bulk(struct kmem_cache *c, gfp_t gfp, size_t n, void **objs);
void kmem_cache_free_bulk(struct kmem_cache *c, size_t n, void **objs);
size_t kmem_cache_size(const struct kmem_cache *c); /* bytes an object really takes, for truesize */
size_t kmem_cache_inuse(const struct kmem_cache *c); /* live objects, for leak checks and /proc/slabinfo */
void kmem_cache_for_each(void (*fn)(void *ctx, const char *name, size_t size, size_t inuse, size_t total), void *ctx);

void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp); /* NULL when n * size overflows */
void *krealloc(void *p, size_t size, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kstrdup(const char *s, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
void kfree(const void *p); /* NULL is fine */
size_t ksize(const void *p);

/* Large, virtually contiguous, process context. kvmalloc tries kmalloc first. */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(const void *p);
void *kvmalloc(size_t size, gfp_t gfp);
void *kvzalloc(size_t size, gfp_t gfp);
void kvfree(const void *p);

/* A device's registers at physical address pa (any alignment), uncached; NULL without memory. Process context. */
void *ioremap(u64 pa, size_t size);
void iounmap(volatile void *va);

/* A kernel stack: KSTACK_SIZE bytes with an unmapped guard page below; the lowest address, or NULL. kstack_alloc is for
 * process context; kstack_free for any. Each CPU keeps a few at hand, so that fork is cheap. */
void *kstack_alloc(void);
void kstack_free(void *stack);

/* One zeroed copy for each possible CPU, a cache line apart at least. size: up to PERCPU_UNIT. Process context. */
void *__alloc_percpu(size_t size);
void free_percpu(void *p);
#define alloc_percpu(type) ((type *)__alloc_percpu(sizeof(type)))
#define per_cpu_ptr(p, cpu) ((__typeof__(p))((char *)(p) + PERCPU_STRIDE(sizeof(*(p))) * (cpu)))
#define this_cpu_ptr(p) ((__typeof__(p))((char *)(p) + this_cpu_offset(sizeof(*(p)))))
#define for_each_possible_cpu(cpu) for (u32 cpu = 0; cpu < nr_cpus; cpu++)

/* DMA memory: physically contiguous, below 4 GiB, coherent. */
void *dma_alloc_coherent(size_t size, dma_addr_t *handle, gfp_t gfp);
void dma_free_coherent(size_t size, void *va, dma_addr_t handle);
/* What a device calls memory of the direct map. */
static inline dma_addr_t dma_map_single(const void *va) { return (u64)va - PAGE_OFFSET; }
