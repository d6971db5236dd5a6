/* tests/unit/kernel/mm/page_alloc_test.c - buddy allocator and slab caches over a small piece of pretended RAM
 *
 * The kernel's own files are compiled here under other names, because tests/host has its own allocator.
 */
#define mem_map t_mem_map
#define max_pfn t_max_pfn
#define page_to_phys t_page_to_phys
#define page_address t_page_address
#define virt_to_page t_virt_to_page
#define virt_to_head_page t_virt_to_head_page
#define alloc_pages t_alloc_pages
#define __free_pages t___free_pages
#define __get_free_pages t___get_free_pages
#define free_pages t_free_pages
#define put_page t_put_page
#define free_reserved_range t_free_reserved_range
#define mem_stats t_mem_stats
#define kmem_cache t_kmem_cache
#define kmem_cache_create t_kmem_cache_create
#define kmem_cache_destroy t_kmem_cache_destroy
#define kmem_cache_alloc t_kmem_cache_alloc
#define kmem_cache_zalloc t_kmem_cache_zalloc
#define kmem_cache_free t_kmem_cache_free
#define kmem_cache_alloc_bulk t_kmem_cache_alloc_bulk
#define kmem_cache_free_bulk t_kmem_cache_free_bulk
#define kmem_cache_size t_kmem_cache_size
#define kmem_cache_inuse t_kmem_cache_inuse
#define kmem_cache_for_each t_kmem_cache_for_each
#define kmalloc t_kmalloc
#define kzalloc t_kzalloc
#define kcalloc t_kcalloc
#define krealloc t_krealloc
#define kmemdup t_kmemdup
#define kstrdup t_kstrdup
#define kasprintf t_kasprintf
#define kfree t_kfree
#define ksize t_ksize
#define vmalloc t_vmalloc
#define vzalloc t_vzalloc
#define vfree t_vfree
#define kvmalloc t_kvmalloc
#define kvzalloc t_kvzalloc
#define kvfree t_kvfree

#include "kernel/arch/arch.h"
#include "kernel/process/process.h"
#include "tests/unit/test.h"

#define RAM_BYTES (24UL << 20)
static char ram[RAM_BYTES] __aligned(PAGE_SIZE << 10);
static struct boot_info test_boot_info;
static char image[2 * PAGE_SIZE] __aligned(PAGE_SIZE);

#define phys_to_virt(pa) ((void *)(ram + (pa)))
#define virt_to_phys(va) ((u64)((const char *)(va) - ram))
#define boot_info test_boot_info
#define __kernel_start (ram + (1 << 20))
#define __kernel_end (ram + (2 << 20) + 5)
#define smp_call_function(fn, arg) ((void)0)
#define arch_pagetable_pages() 0UL
#include "kernel/mm/page_alloc.c"
#include "kernel/mm/slab.c"
#include "kernel/mm/slab_cache.c"
#include "kernel/mm/slab_debug.c"
#include "kernel/mm/kmalloc.c"

DECLARE_WAIT_QUEUE_HEAD(memory_wait);

/* No reclaim here. */
struct page *alloc_pages_slow(gfp_t gfp, unsigned int order)
{
	return take_block(gfp, order, gfp & GFP_KERNEL ? ALLOC_NORMAL : ALLOC_RESERVE);
}

void *t_vmalloc(size_t size) { return NULL; }
void *t_vzalloc(size_t size) { return NULL; }
void t_vfree(const void *p) {}

static void start(void)
{
	(void)image;
	test_boot_info.nr_ranges = 2;
	test_boot_info.ranges[0] = (struct memory_range){ 0, 0x9fc00, true };
	test_boot_info.ranges[1] = (struct memory_range){ 1 << 20, RAM_BYTES, true };
	test_boot_info.initrd_start = (5 << 20) + 7;
	test_boot_info.initrd_end = (7 << 20) + 9;
	buddy_init();
	slab_init();
}

static unsigned long free_now(void)
{
	struct mem_stats s;

	mem_stats(&s);
	return s.free;
}

TEST(buddy_gives_all_and_takes_all_back)
{
	static struct page *got[RAM_BYTES / PAGE_SIZE];
	size_t n = 0;
	unsigned long before;

	start();
	drain_all_pages();
	before = zones[0].free_pages;
	for (int i = 0; i < 20000; i++) {
		unsigned int order = host_random() % 5;

		if (host_random() % 3 && n < ARRAY_SIZE(got)) {
			struct page *p = alloc_pages(GFP_KERNEL, order);

			if (!p)
				continue;
			ASSERT_EQ(page_to_pfn(p) & ((1UL << order) - 1), 0UL);
			memset(page_address(p), 0x11, PAGE_SIZE << order);
			got[n++] = p;
		} else if (n) {
			size_t k = host_random() % n;

			put_page(got[k]);
			got[k] = got[--n];
		}
	}
	while (n)
		put_page(got[--n]);
	drain_all_pages();
	EXPECT_EQ(zones[0].free_pages, before);
	EXPECT_GT(zones[0].nr_free[MAX_ORDER], 2UL); /* joined again */
}

TEST(what_is_kept_is_never_given)
{
	unsigned long lowest = ULONG_MAX;
	struct page *p;

	start();
	while ((p = alloc_page(GFP_ATOMIC))) {
		u64 pa = page_to_phys(p);

		lowest = min(lowest, page_to_pfn(p));
		ASSERT_FALSE(pa < 1 << 20);
		ASSERT_FALSE(pa >= keep[1].start && pa < keep[1].end);
		ASSERT_FALSE(pa >= (5 << 20) && pa < (7 << 20) + 4096);
		ASSERT_FALSE(pa >= keep[3].start && pa < keep[3].end);
	}
	EXPECT_LE(free_now(), reserved_for_atomic / 4 + 1);
	free_reserved_range(5 << 20, 7 << 20);
	EXPECT_GE(free_now(), 500UL);
}

TEST(reserve_is_for_atomic)
{
	start();
	while (alloc_page(GFP_KERNEL))
		;
	EXPECT_GE(free_page_count(), reserved_for_atomic);
	EXPECT_TRUE(alloc_page(GFP_ATOMIC) != NULL);
}

TEST(compound_pages_share_a_count)
{
	struct page *p;
	unsigned long before;

	start();
	drain_all_pages();
	before = free_now();
	p = alloc_pages(GFP_KERNEL, 3);
	get_page(p + 5);
	EXPECT_EQ(atomic_read(&p->_refcount), 2);
	EXPECT_TRUE(virt_to_head_page((char *)page_address(p) + 7 * PAGE_SIZE + 3) == p);
	put_page(p);
	EXPECT_EQ(free_now(), before - 8);
	put_page(p + 7);
	EXPECT_EQ(free_now(), before);
}

TEST(slab_counts_are_exact)
{
	static void *objs[5000];
	struct kmem_cache *c;
	size_t n = 0;

	start();
	c = kmem_cache_create("test", 200, 0, 0, NULL);
	ASSERT_TRUE(c != NULL);
	for (int i = 0; i < 60000; i++) {
		if (n < ARRAY_SIZE(objs) && host_random() % 5 > 1) {
			objs[n] = kmem_cache_alloc(c, GFP_KERNEL);
			ASSERT_TRUE(objs[n] != NULL);
			memset(objs[n], (int)n, 200);
			n++;
		} else if (n) {
			size_t k = host_random() % n;

			kmem_cache_free(c, objs[k]);
			objs[k] = objs[--n];
		}
		if (i % 1000 == 0)
			ASSERT_EQ(kmem_cache_inuse(c), n);
	}
	kmem_cache_free_bulk(c, n, objs);
	EXPECT_EQ(kmem_cache_inuse(c), (size_t)0);
	EXPECT_LE(c->nr_slabs, c->cpu_limit + MAX_EMPTY_SLABS); /* each object in the chain may pin one */
	kmem_cache_destroy(c);
}

static int made;
static void ctor(void *p)
{
	made++;
	*(u64 *)p = 0xc0de;
}

TEST(constructed_objects_keep_their_content)
{
	struct kmem_cache *c;

	start();
	c = kmem_cache_create("ctor", 64, 0, SLAB_HWCACHE_ALIGN, ctor);
	for (int i = 0; i < 500; i++) {
		u64 *p = kmem_cache_alloc(c, GFP_KERNEL);

		ASSERT_EQ(*p, 0xc0deUL);
		ASSERT_TRUE(IS_ALIGNED((unsigned long)p, 64UL));
		kmem_cache_free(c, p);
	}
	EXPECT_LE(made, 200);
}

TEST(kmalloc_classes_fit)
{
	unsigned long before;

	start();
	before = free_now();
	for (size_t size = 0; size < 40000; size += 1 + size / 16) {
		char *p = kmalloc(size, GFP_KERNEL);

		ASSERT_TRUE(p != NULL);
		ASSERT_GE(ksize(p), size);
		ASSERT_TRUE(size < 32 || ksize(p) < 2 * size + 1);
		memset(p, 0x77, ksize(p));
		kfree(p);
	}
	EXPECT_TRUE(kcalloc(SIZE_MAX / 2, 3, GFP_KERNEL) == NULL);
	EXPECT_TRUE(kmalloc(SIZE_MAX, GFP_KERNEL) == NULL);
	EXPECT_TRUE(kmem_cache_create("bad", 0, 0, 0, NULL) == NULL);
	EXPECT_TRUE(kmem_cache_create("bad", 64, 24, 0, NULL) == NULL);
	slab_shrink_all();
	EXPECT_GE(free_now() + 8, before);
}

/* --- against shadow models: who owns each page, what each object holds --- */

#define PAGES (RAM_BYTES / PAGE_SIZE)
static u16 owner[PAGES];	/* 0: free */
struct block { struct page *p; unsigned int order; u32 refs; };
static struct block blocks[1000];

static void claim(const struct block *k, u16 who, u16 was)
{
	for (unsigned long i = 0; i < 1UL << k->order; i++) {
		ASSERT_EQ(owner[page_to_pfn(k->p) + i], was);
		owner[page_to_pfn(k->p) + i] = who;
	}
}

TEST(no_page_has_two_owners)
{
	unsigned long before, owned = 0;

	start();
	drain_all_pages();
	before = zones[0].free_pages;
	for (u32 round = 0; round < 40000; round++) {
		u16 who = (u16)(host_random() % ARRAY_SIZE(blocks));
		struct block *k = &blocks[who];
		unsigned int order = host_random() % 8 ? host_random() % 3 : host_random() % (MAX_ORDER + 1);

		if (!k->p) {
			*k = (struct block){ alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, order), order, 1 };
			if (!k->p)
				continue;
			ASSERT_EQ(page_to_pfn(k->p) & ((1UL << order) - 1), 0UL);
			claim(k, who + 1, 0);
			owned += 1UL << order;
			memset(page_address(k->p), who, PAGE_SIZE << order);
		} else if (host_random() % 4 == 0) {
			get_page(k->p + host_random() % (1UL << k->order)); /* any page of it holds the whole */
			k->refs++;
		} else {
			const u8 *at = page_address(k->p);

			ASSERT_EQ(at[host_random() % (PAGE_SIZE << k->order)], (u8)who);
			put_page(k->p + host_random() % (1UL << k->order));
			if (--k->refs)
				continue;
			claim(k, 0, who + 1);
			owned -= 1UL << k->order;
			k->p = NULL;
		}
		if (round % 500)
			continue;
		drain_all_pages();
		ASSERT_EQ(zones[0].free_pages, before - owned);
	}
	for (u16 who = 0; who < ARRAY_SIZE(blocks); who++)
		while (blocks[who].p && blocks[who].refs--)
			put_page(blocks[who].p);
	drain_all_pages();
	EXPECT_EQ(zones[0].free_pages, before);
}

struct object { u8 *p; size_t size; u8 cache, fill; };
static struct object objects[3000];

static void check_object(const struct object *o)
{
	for (size_t i = 0; i < o->size; i++)
		ASSERT_EQ(o->p[i], o->fill);
}

TEST(no_object_overlaps_another)
{
	static const size_t sizes[] = { 8, 24, 64, 200, 700, 2048, 5000 };
	struct kmem_cache *caches[ARRAY_SIZE(sizes)];
	size_t inuse[ARRAY_SIZE(sizes)] = { 0 };

	start();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		caches[i] = kmem_cache_create("shadow", sizes[i], i & 1 ? 64 : 0, 0, NULL);
		ASSERT_TRUE(caches[i] != NULL);
	}
	for (u32 round = 0; round < 150000; round++) {
		struct object *o = &objects[host_random() % ARRAY_SIZE(objects)];
		u8 c = (u8)(host_random() % ARRAY_SIZE(sizes));
		bool zero = host_random() & 1;

		if (o->p) {
			check_object(o);
			memset(o->p, 0, o->size);
			kmem_cache_free(caches[o->cache], o->p);
			inuse[o->cache]--;
			o->p = NULL;
			continue;
		}
		o->p = zero ? kmem_cache_zalloc(caches[c], GFP_KERNEL | __GFP_NOWARN) :
			      kmem_cache_alloc(caches[c], GFP_KERNEL | __GFP_NOWARN);
		if (!o->p)
			continue;
		*o = (struct object){ o->p, sizes[c], c, 0 };
		ASSERT_TRUE(!(c & 1) || IS_ALIGNED((unsigned long)o->p, 64UL));
		if (zero)
			check_object(o);
		o->fill = (u8)(1 + host_random() % 255);
		memset(o->p, o->fill, o->size);
		inuse[c]++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(objects); i++)
		if (objects[i].p) {
			check_object(&objects[i]);
			kmem_cache_free(caches[objects[i].cache], objects[i].p);
			inuse[objects[i].cache]--;
		}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(inuse[i], 0u);
		ASSERT_EQ(kmem_cache_inuse(caches[i]), 0u);
		kmem_cache_destroy(caches[i]);
	}
}

TEST(kmalloc_and_krealloc_keep_every_byte)
{
	start();
	memset(objects, 0, sizeof(objects));
	for (u32 round = 0; round < 60000; round++) {
		struct object *o = &objects[host_random() % 400];
		size_t size = 1 + host_random() % (host_random() % 10 ? 600 : 20000);
		u8 *p;

		if (o->p && host_random() % 3 == 0) {
			check_object(o);
			kfree(o->p);
			o->p = NULL;
			continue;
		}
		if (o->p)
			check_object(o);
		p = krealloc(o->p, size, GFP_KERNEL | __GFP_NOWARN);
		if (!p)
			continue;
		o->size = o->p ? min(o->size, size) : 0;
		o->p = p;
		check_object(o); /* what was there is there still */
		*o = (struct object){ p, size, 0, (u8)(1 + host_random() % 255) };
		memset(p, o->fill, size);
	}
	for (size_t i = 0; i < 400; i++)
		kfree(objects[i].p);
}
