/* tests/unit/lib/list_test.c - lists keep their order through splices */
#include "lib/list.h"
#include "tests/unit/test.h"

struct entry { struct list_head list; int n; };

TEST(splice_tail_keeps_order)
{
	LIST_HEAD(a);
	LIST_HEAD(b);
	struct entry e[6], *p;
	int want = 0;

	for (int i = 0; i < 6; i++) {
		e[i].n = i;
		list_add_tail(&e[i].list, i < 3 ? &a : &b);
	}
	list_splice_tail_init(&b, &a);
	EXPECT_TRUE(list_empty(&b));
	list_for_each_entry(p, &a, list)
		EXPECT_EQ(p->n, want++);
	EXPECT_EQ(want, 6);
}
