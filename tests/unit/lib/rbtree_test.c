/* tests/unit/lib/rbtree_test.c - order and balance under random insertions and removals */
#include "lib/rbtree.h"
#include "tests/unit/test.h"

struct item { struct rb_node node; u32 key; bool in; };

static void insert(struct rb_root *root, struct item *it)
{
	struct rb_node **link = &root->node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < rb_entry(parent, struct item, node)->key ? &parent->left : &parent->right;
	}
	rb_link_node(&it->node, parent, link);
	rb_insert_color(&it->node, root);
	it->in = true;
}
/* Black height, or -1 when a rule of red-black trees is broken. */
static int black_height(struct rb_node *n)
{
	int l, r;

	if (!n)
		return 0;
	if (n->red && ((n->left && n->left->red) || (n->right && n->right->red)))
		return -1;
	l = black_height(n->left);
	r = black_height(n->right);
	return l < 0 || l != r ? -1 : l + !n->red;
}
static size_t count_in_order(struct rb_root *root)
{
	size_t n = 0;
	u32 last = 0;

	for (struct rb_node *p = rb_first(root); p; p = rb_next(p), n++) {
		EXPECT_LE(last, rb_entry(p, struct item, node)->key);
		last = rb_entry(p, struct item, node)->key;
	}
	return n;
}

TEST(stays_sorted_and_balanced)
{
	static struct item items[200];
	struct rb_root root = RB_ROOT;
	size_t live = 0;

	for (int round = 0; round < 4000; round++) {
		struct item *it = &items[host_random() % ARRAY_SIZE(items)];

		if (it->in) {
			rb_erase(&it->node, &root);
			it->in = false;
			live--;
		} else {
			it->key = (u32)host_random() % 1000;
			insert(&root, it);
			live++;
		}
		if (round % 50)
			continue;
		ASSERT_GE(black_height(root.node), 0);
		ASSERT_EQ(count_in_order(&root), live);
	}
}
