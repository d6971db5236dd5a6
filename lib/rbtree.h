/* lib/rbtree.h - red-black trees; the caller writes the search, the tree keeps the balance
 *
 * Insert: walk down with the caller's own comparison, remember the link, then rb_link_node() and
 * rb_insert_color(). Every operation is O(log n). No locking here.
 */
#pragma once
#include "lib/types.h"

struct rb_node {
	struct rb_node *parent, *left, *right;
	bool red;
};
struct rb_root { struct rb_node *node; };
struct rb_root_cached { struct rb_root root; struct rb_node *leftmost; };

#define RB_ROOT ((struct rb_root){ NULL })
#define RB_ROOT_CACHED ((struct rb_root_cached){ { NULL }, NULL })
#define rb_entry(p, type, member) container_of(p, type, member)
#define rb_entry_safe(p, type, member)                                                                                 \
	({                                                                                                             \
		__typeof__(p) _p = (p);                                                                                \
		_p ? rb_entry(_p, type, member) : NULL;                                                                \
	})
/* A node that is in no tree points to itself. */
#define RB_CLEAR_NODE(n) ((n)->parent = (n))
#define RB_EMPTY_NODE(n) ((n)->parent == (n))
#define RB_EMPTY_ROOT(r) (!(r)->node)

static inline void rb_link_node(struct rb_node *n, struct rb_node *parent, struct rb_node **link)
{
	n->parent = parent;
	n->left = n->right = NULL;
	n->red = true;
	*link = n;
}

void rb_insert_color(struct rb_node *n, struct rb_root *root);
void rb_erase(struct rb_node *n, struct rb_root *root);
void rb_replace_node(struct rb_node *old, struct rb_node *n, struct rb_root *root);
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);

/* The cached forms also keep the leftmost node at hand, for timers and run queues. */
static inline struct rb_node *rb_first_cached(const struct rb_root_cached *r) { return r->leftmost; }
void rb_insert_color_cached(struct rb_node *n, struct rb_root_cached *root, bool leftmost);
void rb_erase_cached(struct rb_node *n, struct rb_root_cached *root);

/* Adds n by less(); true orders a before b. Equal nodes keep the order in which they came. */
void rb_add_cached(struct rb_node *n, struct rb_root_cached *root,
		   bool (*less)(const struct rb_node *a, const struct rb_node *b));
