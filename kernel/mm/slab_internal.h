/* kernel/mm/slab_internal.h - what a cache is made of; for slab*.c and kmalloc.c */
#pragma once
#include "kernel/mm/internal.h"
#include "kernel/sync/spinlock.h"

/* [P] Objects that this CPU has at hand, linked through their free pointers. Only its CPU touches it (but for
 * kmem_cache_destroy): an interrupt that finds it busy uses the slabs instead. */
struct kmem_cache_cpu {
	void *free;
	u32 count;
	bool busy;
} __cacheline_aligned;

struct kmem_cache {
	char name[32];			      /* [C] as are all sizes */
	u32 object_size;		      /* what the user asked for */
	u32 size;			      /* from one object to the next */
	u32 free_offset;		      /* of the free pointer in an object */
	u32 cpu_batch, cpu_limit;	      /* objects moved at once, and kept at most, per CPU */
	u8 order, min_order;		      /* pages of a slab, and of one when memory is in pieces */
	bool poison;			      /* debug build: content may be overwritten while free */
	void (*ctor)(void *);
	struct kmem_cache_cpu *cpu[NR_CPUS];  /* made on first use; then constant */
	spinlock_t lock;
	u32 partial;			      /* under lock: ring of slabs with free objects, 0 when empty */
	u32 nr_slabs, nr_empty;		      /* under lock */
	unsigned long inuse, total;	      /* under lock: objects out of slabs, objects in all */
	struct list_head list;		      /* under slab_mutex */
};

static inline void *get_free_pointer(const struct kmem_cache *c, void *obj)
{
	return *(void **)((char *)obj + c->free_offset);
}
static inline void set_free_pointer(const struct kmem_cache *c, void *obj, void *next)
{
	*(void **)((char *)obj + c->free_offset) = next;
}

#ifdef DEBUG
/* Behind the object: red zone, free pointer, who allocated it, who freed it. */
struct slab_track { u64 zone; void *next; unsigned long allocated_by, freed_by; };
#define SLAB_TRACK_SIZE sizeof(struct slab_track)
void slab_debug_new(struct kmem_cache *c, void *obj);
void slab_debug_alloc(struct kmem_cache *c, void *obj, unsigned long caller);
void slab_debug_free(struct kmem_cache *c, void *obj, unsigned long caller);
unsigned long slab_debug_owner(struct kmem_cache *c, void *obj); /* who allocated it; 0 when it is free */
/* caller 0: more callers than the table holds. 0 or -ENOMEM. Process context. */
int slab_for_each_owner(void (*fn)(void *ctx, const char *cache, unsigned long caller, unsigned long count), void *ctx);
#else
#define SLAB_TRACK_SIZE 0
static inline void slab_debug_new(struct kmem_cache *c, void *obj) {}
static inline void slab_debug_alloc(struct kmem_cache *c, void *obj, unsigned long caller) {}
static inline void slab_debug_free(struct kmem_cache *c, void *obj, unsigned long caller) {}
#endif

void *slab_alloc(struct kmem_cache *c, gfp_t gfp, unsigned long caller);
void slab_free(struct kmem_cache *c, void *obj, unsigned long caller);
#define CALLER ((unsigned long)__builtin_return_address(0))
static inline u32 slab_objects(const struct kmem_cache *c, unsigned int order)
{
	return (u32)((PAGE_SIZE << order) / c->size);
}
/* Returns up to n objects of a chain to their slabs; the rest of the chain. */
void *slab_return_chain(struct kmem_cache *c, void *obj, u32 n);
unsigned long slab_shrink(struct kmem_cache *c); /* gives empty slabs back; how many pages */
extern struct kmem_cache slab_cpu_chains;	 /* of struct kmem_cache_cpu */
