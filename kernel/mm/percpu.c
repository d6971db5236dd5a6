/* kernel/mm/percpu.c - one copy of a structure for each CPU, and memory for devices
 *
 * What:   alloc_percpu() lays the copies a whole number of cache lines apart in one block. dma_*: devices here see
 *         physical memory as the CPU does, and coherently, so a block of pages below 4 GiB is all they need.
 * Called: process context for per-CPU memory; dma as gfp says.
 * Absent: an IOMMU, bounce buffers.
 */
#include "kernel/mm/internal.h"
#include "kernel/mm/vmalloc.h"
#include "lib/bitmap.h"
#include "lib/string.h"

u32 nr_possible_cpus = NR_CPUS;

void *__alloc_percpu(size_t size)
{
	size_t stride = ALIGN_UP(size, 64UL), bytes;

	if (!size || __builtin_mul_overflow(stride, max(nr_possible_cpus, nr_cpus), &bytes))
		return NULL;
	return kvzalloc(max(bytes, (size_t)64), GFP_KERNEL);
}

void free_percpu(void *p) { kvfree(p); }

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

dma_addr_t dma_map_single(const void *va) { return virt_to_phys(va); }
