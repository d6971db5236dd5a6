/* tests/tsan/memory.c - object memory over malloc, below tests/host/mem_caches.c
 *
 * Each object is one of malloc's, so that TSan sees its birth and its end: an access that nothing orders with kfree()
 * is a report. Pages are overwritten when they are freed, to the same end.
 */
#include "lib/string.h"
#include "tests/host/mem_internal.h"
#include "tests/host/sys.h"

static void *get(size_t n, size_t align, gfp_t gfp)
{
	void *p = n > 1UL << 30 ? NULL : sys_malloc(n, align);

	return p ? memset(p, gfp & __GFP_ZERO ? 0 : 0xa5, n) : NULL;
}
static size_t align_of(size_t n) { return n >= 4096 ? 4096 : n >= 64 ? 64 : 16; }
void *host_kmalloc(size_t n, gfp_t gfp, void *caller) { return n ? get(n, align_of(n), gfp) : NULL; }
void kfree(const void *p) { sys_free((void *)p); }
size_t ksize(const void *p) { return p ? sys_usable((void *)p) : 0; }
void *host_cache_get(struct kmem_cache *c, gfp_t gfp, void *caller)
{
	return get(c->size, max(c->align, align_of(min(c->size, (size_t)64))), gfp);
}
void host_cache_put(struct kmem_cache *c, void *p) { sys_free(p); }
/* A copy that TSan does not see; tsan.mk says for whom. */
void *copy_unseen(void *dst, const void *src, size_t n);
__attribute__((no_sanitize("thread"))) void *copy_unseen(void *dst, const void *src, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile u8 *)dst)[i] = ((const volatile u8 *)src)[i];
	return dst;
}
void sys_poison(void *p, size_t n) { memset(p, 0xa5, n); }
void sys_unpoison(void *p, size_t n) {}
