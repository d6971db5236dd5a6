/* kernel/mm/kmalloc.c - memory by size: classes at 2^n and 3 * 2^(n-1) bytes, whole pages above
 *
 * What:   kmalloc and kin. The class of an address is found through its page, so kfree needs no size.
 * Called: everywhere; with GFP_ATOMIC from any context.
 * Calls:  slab.c up to KMALLOC_MAX_CACHE, page_alloc.c above.
 */
#include "kernel/mm/slab_internal.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/printf.h"
#include "lib/string.h"

#define SMALLEST_LOG 4			     /* 16 bytes */
#define CLASSES (2 * (13 - SMALLEST_LOG) + 1) /* up to 8192 */
static struct kmem_cache *classes[CLASSES]; /* [C]: 16, 24, 32, 48, 64 ... */

static unsigned int class_of(size_t size)
{
	unsigned int log = size <= 16 ? SMALLEST_LOG : (unsigned int)fls64(size - 1);

	if (log == SMALLEST_LOG)
		return 0;
	return 2 * (log - SMALLEST_LOG) - (size <= 3UL << (log - 2));
}

static unsigned int order_of(size_t size)
{
	return size <= PAGE_SIZE ? 0 : (unsigned int)fls64((size - 1) >> PAGE_SHIFT);
}

static void *kmalloc_pages(size_t size, gfp_t gfp)
{
	struct page *p = size > PAGE_SIZE << MAX_ORDER ? NULL : alloc_pages(gfp, order_of(size));

	return p ? page_address(p) : NULL;
}

static inline void *do_kmalloc(size_t size, gfp_t gfp, unsigned long caller)
{
	if (unlikely(size > KMALLOC_MAX_CACHE))
		return kmalloc_pages(size, gfp);
	return slab_alloc(classes[class_of(size)], gfp, caller);
}

void *kmalloc(size_t size, gfp_t gfp) { return do_kmalloc(size, gfp, CALLER); }
void *kzalloc(size_t size, gfp_t gfp) { return do_kmalloc(size, gfp | __GFP_ZERO, CALLER); }

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return do_kmalloc(bytes, gfp | __GFP_ZERO, CALLER);
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_head_page(p);
	if (likely(page->flags & PG_SLAB)) {
		slab_free(page->slab_cache, (void *)p, CALLER);
		return;
	}
	if (!(page->flags & PG_HEAD) || page_address(page) != p)
		panic("kfree: %lx was not allocated by kmalloc", (unsigned long)p);
	put_page(page);
}

size_t ksize(const void *p)
{
	struct page *page = virt_to_head_page(p);

	return page->flags & PG_SLAB ? page->slab_cache->object_size : PAGE_SIZE << page->order;
}

void *krealloc(void *p, size_t size, gfp_t gfp)
{
	size_t old = p ? ksize(p) : 0;
	void *new;

	if (p && size && size <= old)
		return p;
	new = do_kmalloc(size, gfp, CALLER);
	if (!new || !p)
		return new;
	memcpy(new, p, min(old, size));
	kfree(p);
	return new;
}

static void *do_kmemdup(const void *src, size_t len, gfp_t gfp, unsigned long caller)
{
	void *p = do_kmalloc(len, gfp, caller);

	return p ? memcpy(p, src, len) : NULL;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp) { return do_kmemdup(src, len, gfp, CALLER); }
char *kstrdup(const char *s, gfp_t gfp) { return do_kmemdup(s, strlen(s) + 1, gfp, CALLER); }

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	int len;
	char *s;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = do_kmalloc((size_t)len + 1, gfp, CALLER);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return s;
}

static void *do_kvmalloc(size_t size, gfp_t gfp, unsigned long caller)
{
	void *p = do_kmalloc(size, size > PAGE_SIZE ? gfp | __GFP_NOWARN | __GFP_NORETRY : gfp, caller);

	return p || size <= PAGE_SIZE ? p : gfp & __GFP_ZERO ? vzalloc(size) : vmalloc(size);
}

void *kvmalloc(size_t size, gfp_t gfp) { return do_kvmalloc(size, gfp, CALLER); }
void *kvzalloc(size_t size, gfp_t gfp) { return do_kvmalloc(size, gfp | __GFP_ZERO, CALLER); }

void kvfree(const void *p)
{
	unsigned long va = (unsigned long)p;

	if (va >= VMALLOC_START && va < VMALLOC_END)
		vfree(p);
	else
		kfree(p);
}

void kmalloc_init(void)
{
	for (unsigned int i = 0; i < CLASSES; i++) {
		unsigned int log = SMALLEST_LOG + (i + 1) / 2;
		size_t size = i & 1 ? 3UL << (log - 2) : 1UL << log;
		char name[24];

		snprintf(name, sizeof(name), "kmalloc-%zu", size);
		classes[i] = kmem_cache_create(name, size, is_power_of_2(size) ? min(size, 64UL) : 8, 0, NULL);
		if (!classes[i])
			panic("no memory for %s", name);
	}
}
