/* tests/unit/kernel/mm/filemap_test.c - the page cache's tree against a plain array, over the host's pages */
#include "kernel/fs/fs.h"
#include "tests/unit/test.h"

#define nr_cache_pages filemap_test_pages
#include "kernel/mm/filemap.c"

/* Nothing maps these pages. */
atomic64_t nr_cache_pages;
void unmap_mapping_pages(struct address_space *m, unsigned long from_index) {}

static const unsigned long indices[] = {
	0, 1, 63, 64, 65, 4095, 4096, 262143, 262144, 1UL << 30, (1UL << 30) + 1, 1UL << 51, ULONG_MAX >> 12, ULONG_MAX,
};

TEST(tree_finds_what_was_put)
{
	struct address_space m = { 0 };

	page_cache_init();
	address_space_init(&m, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		struct page *p = find_or_create_page(&m, indices[i], GFP_KERNEL);

		ASSERT_TRUE(p != NULL);
		EXPECT_EQ(p->index, indices[i]);
		put_page(p);
	}
	EXPECT_EQ(m.nrpages, ARRAY_SIZE(indices));
	for (size_t i = 0; i < ARRAY_SIZE(indices); i++) {
		struct page *p = find_get_page(&m, indices[i]);

		ASSERT_TRUE(p != NULL);
		EXPECT_EQ(p->index, indices[i]);
		put_page(p);
	}
	EXPECT_TRUE(find_get_page(&m, 2) == NULL);
	EXPECT_TRUE(find_get_page(&m, 1UL << 40) == NULL);
	truncate_inode_pages(&m, 65);
	EXPECT_EQ(m.nrpages, 4UL);
	truncate_inode_pages(&m, 0);
	EXPECT_EQ(m.nrpages, 0UL);
	EXPECT_TRUE(m.root == NULL);
	kmem_cache_destroy(node_cache);
}

TEST(random_fill_and_truncate)
{
	static bool there[3000];
	struct address_space m = { 0 };

	page_cache_init();
	address_space_init(&m, NULL);
	for (int i = 0; i < 4000; i++) {
		unsigned long index = host_random() % ARRAY_SIZE(there);

		if (i % 100 == 99) {
			truncate_inode_pages(&m, index);
			for (; index < ARRAY_SIZE(there); index++)
				there[index] = false;
			continue;
		}
		put_page(find_or_create_page(&m, index, GFP_KERNEL));
		there[index] = true;
		index = host_random() % ARRAY_SIZE(there);
		struct page *p = find_get_page(&m, index);
		ASSERT_EQ(p != NULL, there[index]);
		if (p)
			put_page(p);
	}
	truncate_inode_pages(&m, 0);
	EXPECT_EQ(m.nrpages, 0UL);
	kmem_cache_destroy(node_cache);
}
