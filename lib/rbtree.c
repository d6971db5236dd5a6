/* lib/rbtree.c - red-black trees
 *
 * What:   the balancing of Guibas and Sedgewick (1978) as Cormen et al. tell it: no red node has a red child, and every
 *         way down passes the same number of black nodes.
 * Called: timers, run queues, address spaces, TCP queues; the caller holds whatever lock guards the tree.
 */
#include "lib/rbtree.h"

/* Puts n where old hangs. */
static void replace_child(struct rb_root *root, struct rb_node *old, struct rb_node *n)
{
	struct rb_node *p = old->parent;

	if (!p)
		root->node = n;
	else if (p->left == old)
		p->left = n;
	else
		p->right = n;
}

static void rotate_left(struct rb_root *root, struct rb_node *x)
{
	struct rb_node *y = x->right;

	x->right = y->left;
	if (y->left)
		y->left->parent = x;
	replace_child(root, x, y);
	y->parent = x->parent;
	y->left = x;
	x->parent = y;
}

static void rotate_right(struct rb_root *root, struct rb_node *x)
{
	struct rb_node *y = x->left;

	x->left = y->right;
	if (y->right)
		y->right->parent = x;
	replace_child(root, x, y);
	y->parent = x->parent;
	y->right = x;
	x->parent = y;
}

static bool is_red(const struct rb_node *n) { return n && n->red; }

/* n is red and so may be its parent p, a left child (or, mirrored, a right one) of g. Returns where to go on. */
static struct rb_node *fix_insert(struct rb_root *root, struct rb_node *n, struct rb_node *p, struct rb_node *g,
				  bool left)
{
	struct rb_node *uncle = left ? g->right : g->left;

	if (is_red(uncle)) {
		p->red = uncle->red = false;
		g->red = true;
		return g;
	}
	if (n == (left ? p->right : p->left)) {
		if (left)
			rotate_left(root, p);
		else
			rotate_right(root, p);
		n = p;
		p = n->parent;
	}
	p->red = false;
	g->red = true;
	if (left)
		rotate_right(root, g);
	else
		rotate_left(root, g);
	return n;
}

void rb_insert_color(struct rb_node *n, struct rb_root *root)
{
	while (is_red(n->parent)) {
		struct rb_node *p = n->parent, *g = p->parent;

		n = fix_insert(root, n, p, g, p == g->left);
	}
	root->node->red = false;
}

/* n (may be NULL), child of p, is one black short. Returns the node to go on with, or NULL when all is well. */
static struct rb_node *fix_erase(struct rb_root *root, struct rb_node *p, bool left)
{
	struct rb_node *s = left ? p->right : p->left, *near, *far;

	if (s->red) {
		s->red = false;
		p->red = true;
		if (left)
			rotate_left(root, p);
		else
			rotate_right(root, p);
		s = left ? p->right : p->left;
	}
	near = left ? s->left : s->right;
	far = left ? s->right : s->left;
	if (!is_red(near) && !is_red(far)) {
		s->red = true;
		return p;
	}
	if (!is_red(far)) {
		near->red = false;
		s->red = true;
		if (left)
			rotate_right(root, s);
		else
			rotate_left(root, s);
		s = left ? p->right : p->left;
		far = left ? s->right : s->left;
	}
	s->red = p->red;
	p->red = false;
	far->red = false;
	if (left)
		rotate_left(root, p);
	else
		rotate_right(root, p);
	return NULL;
}

static void rebalance_after_erase(struct rb_root *root, struct rb_node *n, struct rb_node *p)
{
	while (n != root->node && !is_red(n)) {
		struct rb_node *up = fix_erase(root, p, n == p->left);

		if (!up)
			return;
		n = up;
		p = n->parent;
	}
	if (n)
		n->red = false;
}

/* Unhooks a node with at most one child. */
static void unhook(struct rb_root *root, struct rb_node *n)
{
	struct rb_node *child = n->left ? n->left : n->right, *p = n->parent;

	replace_child(root, n, child);
	if (child)
		child->parent = p;
	if (!n->red)
		rebalance_after_erase(root, child, p);
}

void rb_replace_node(struct rb_node *old, struct rb_node *n, struct rb_root *root)
{
	*n = *old;
	replace_child(root, old, n);
	if (n->left)
		n->left->parent = n;
	if (n->right)
		n->right->parent = n;
}

void rb_erase(struct rb_node *n, struct rb_root *root)
{
	struct rb_node *next;

	if (!n->left || !n->right) {
		unhook(root, n);
		return;
	}
	/* Two children: the next in order has no left child; it goes from its place and takes n's. */
	for (next = n->right; next->left; next = next->left)
		;
	unhook(root, next);
	rb_replace_node(n, next, root);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->left)
		n = n->left;
	return n;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *n = root->node;

	while (n && n->right)
		n = n->right;
	return n;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->right) {
		for (n = n->right; n->left; n = n->left)
			;
		return (struct rb_node *)n;
	}
	for (p = n->parent; p && n == p->right; p = p->parent)
		n = p;
	return p;
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	struct rb_node *p;

	if (n->left) {
		for (n = n->left; n->right; n = n->right)
			;
		return (struct rb_node *)n;
	}
	for (p = n->parent; p && n == p->left; p = p->parent)
		n = p;
	return p;
}

void rb_insert_color_cached(struct rb_node *n, struct rb_root_cached *root, bool leftmost)
{
	if (leftmost)
		root->leftmost = n;
	rb_insert_color(n, &root->root);
}

void rb_erase_cached(struct rb_node *n, struct rb_root_cached *root)
{
	if (root->leftmost == n)
		root->leftmost = rb_next(n);
	rb_erase(n, &root->root);
}

void rb_add_cached(struct rb_node *n, struct rb_root_cached *root,
		   bool (*less)(const struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &root->root.node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(n, parent)) {
			link = &parent->left;
		} else {
			link = &parent->right;
			leftmost = false;
		}
	}
	rb_link_node(n, parent, link);
	rb_insert_color_cached(n, root, leftmost);
}
