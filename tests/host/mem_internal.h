/* tests/host/mem_internal.h - what mem.c and mem_fast.c each do their own way, below mem_caches.c */
#pragma once
#include "kernel/mm/slab.h"
#include "lib/list.h"

struct host_pool { struct free_object *free; char *fresh, *end; size_t stride, front, align; };
struct kmem_cache {
	char name[32];
	size_t size, align, inuse;
	void (*ctor)(void *);
	struct list_head list;
	bool pooled;		/* net/core keeps spare ones in magazines and counts those in use itself */
	struct host_pool pool;	/* mem_fast.c's */
};

/* The caller is who gets the blame for a leak. NULL where there is no memory, or by host_fail_alloc()'s will. */
void *host_kmalloc(size_t n, gfp_t gfp, void *caller);
void *host_cache_get(struct kmem_cache *c, gfp_t gfp, void *caller);
void host_cache_put(struct kmem_cache *c, void *p);
