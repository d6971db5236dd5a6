/* kernel/mm/percpu.c - one copy of a structure for each CPU, and memory for devices
 *
 * What:   alloc_percpu() cuts its memory from large chunks in which each CPU has a unit of the same layout. dma_*:
 *         devices here see physical memory as the CPU does, and coherently, so a block of pages below 4 GiB is all
 *         they need.
 * Called: process context for per-CPU memory; dma as gfp says.
 * Absent: an IOMMU, bounce buffers.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/vmalloc.h"
#include "kernel/sync/mutex.h"
#include "lib/bitmap.h"
#include "lib/string.h"

u32 nr_possible_cpus = NR_CPUS;

#define BLOCK 64u /* a cache line: what is handed out is a whole number of them */
#define BLOCKS (PERCPU_UNIT / BLOCK)

/* PERCPU_UNIT bytes for each possible CPU, one unit behind the other. */
struct chunk {
	struct chunk *next;
	char *base;
	u16 run[BLOCKS]; /* where something begins: how many blocks it has; else 0 */
};
static struct chunk *chunks; /* under percpu_lock; they stay */
static DEFINE_MUTEX(percpu_lock);

static u32 units(void) { return max(nr_possible_cpus, nr_cpus); }

static struct chunk *chunk_add(void)
{
	struct chunk *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	c->base = kvmalloc(units() * PERCPU_UNIT, GFP_KERNEL);
	if (!c->base) {
		kfree(c);
		return NULL;
	}
	c->next = chunks;
	chunks = c;
	return c;
}

/* n blocks of c, first fit; NULL: it has not so many in a row. */
static void *chunk_take(struct chunk *c, u32 n)
{
	for (u32 i = 0, free = 0; i < BLOCKS; i += max(c->run[i], (u16)1)) {
		free = c->run[i] ? 0 : free + 1;
		if (free < n)
			continue;
		i -= n - 1;
		c->run[i] = (u16)n;
		return c->base + i * BLOCK;
	}
	return NULL;
}

static void *take_locked(u32 n)
{
	void *p;

	for (struct chunk *c = chunks; c; c = c->next) {
		p = chunk_take(c, n);
		if (p)
			return p;
	}
	return chunk_add() ? chunk_take(chunks, n) : NULL;
}

void *__alloc_percpu(size_t size)
{
	char *p;

	if (!size || size > PERCPU_UNIT)
		return NULL;
	mutex_lock(&percpu_lock);
	p = take_locked((u32)DIV_ROUND_UP(size, BLOCK));
	mutex_unlock(&percpu_lock);
	for (u32 cpu = 0; p && cpu < units(); cpu++)
		memset(p + cpu * PERCPU_UNIT, 0, size);
	return p;
}

void free_percpu(void *p)
{
	mutex_lock(&percpu_lock);
	for (struct chunk *c = chunks; p && c; c = c->next)
		if ((char *)p >= c->base && (char *)p < c->base + PERCPU_UNIT)
			c->run[((char *)p - c->base) / BLOCK] = 0;
	mutex_unlock(&percpu_lock);
}

static unsigned int order_for(size_t size)
{
	return size <= PAGE_SIZE ? 0 : (unsigned int)fls64((size - 1) >> PAGE_SHIFT);
}

void *dma_alloc_coherent(size_t size, dma_addr_t *handle, gfp_t gfp)
{
	struct page *p = size && size <= PAGE_SIZE << MAX_ORDER ?
				 alloc_pages(gfp | __GFP_ZERO | __GFP_DMA32, order_for(size)) :
				 NULL;

	if (!p)
		return NULL;
	*handle = page_to_phys(p);
	return page_address(p);
}

void dma_free_coherent(size_t size, void *va, dma_addr_t handle)
{
	if (va)
		free_pages((unsigned long)va, order_for(size));
}
