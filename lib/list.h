/* lib/list.h - circular doubly linked lists, and hash chains whose head is one pointer
 *
 * The _rcu forms order their stores so that a reader inside rcu_read_lock() sees a whole entry.
 */
#pragma once
#include "lib/types.h"

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *l) { l->next = l->prev = l; }
static inline bool list_empty(const struct list_head *l) { return READ_ONCE(l->next) == l; }
static inline bool list_is_singular(const struct list_head *l) { return !list_empty(l) && l->next == l->prev; }

static inline void __list_add(struct list_head *n, struct list_head *prev, struct list_head *next)
{
	n->next = next;
	n->prev = prev;
	next->prev = n;
	smp_store_release(&prev->next, n);
}

static inline void list_add(struct list_head *n, struct list_head *head) { __list_add(n, head, head->next); }
static inline void list_add_tail(struct list_head *n, struct list_head *head) { __list_add(n, head->prev, head); }
#define list_add_rcu list_add
#define list_add_tail_rcu list_add_tail

static inline void __list_del_entry(struct list_head *e)
{
	e->next->prev = e->prev;
	WRITE_ONCE(e->prev->next, e->next);
}

static inline void list_del(struct list_head *e)
{
	__list_del_entry(e);
	e->next = e->prev = NULL;
}

/* Leaves e->next in place, so that a reader standing on e can go on. */
static inline void list_del_rcu(struct list_head *e)
{
	__list_del_entry(e);
	e->prev = NULL;
}

static inline void list_del_init(struct list_head *e)
{
	__list_del_entry(e);
	INIT_LIST_HEAD(e);
}

static inline void list_move(struct list_head *e, struct list_head *head)
{
	__list_del_entry(e);
	list_add(e, head);
}

static inline void list_move_tail(struct list_head *e, struct list_head *head)
{
	__list_del_entry(e);
	list_add_tail(e, head);
}

/* Moves all of from to the end of head; from is empty afterwards. */
static inline void list_splice_tail_init(struct list_head *from, struct list_head *head)
{
	if (list_empty(from))
		return;
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	INIT_LIST_HEAD(from);
}

/* Moves all of from to the front of head; from is empty afterwards. */
static inline void list_splice_init(struct list_head *from, struct list_head *head)
{
	if (list_empty(from))
		return;
	from->prev->next = head->next;
	head->next->prev = from->prev;
	head->next = from->next;
	from->next->prev = head;
	INIT_LIST_HEAD(from);
}

#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry(h, type, member) list_entry((h)->next, type, member)
#define list_last_entry(h, type, member) list_entry((h)->prev, type, member)
#define list_first_entry_or_null(h, type, member) (list_empty(h) ? NULL : list_first_entry(h, type, member))
#define list_next_entry(p, member) list_entry((p)->member.next, __typeof__(*(p)), member)
#define list_prev_entry(p, member) list_entry((p)->member.prev, __typeof__(*(p)), member)
#define list_for_each(p, h) for (p = (h)->next; p != (h); p = p->next)
#define list_for_each_safe(p, n, h) for (p = (h)->next, n = p->next; p != (h); p = n, n = p->next)
#define list_for_each_entry(p, h, member)                                                                              \
	for (p = list_entry((h)->next, __typeof__(*p), member); &p->member != (h); p = list_next_entry(p, member))
#define list_for_each_entry_reverse(p, h, member)                                                                      \
	for (p = list_entry((h)->prev, __typeof__(*p), member); &p->member != (h); p = list_prev_entry(p, member))
#define list_for_each_entry_safe(p, n, h, member)                                                                      \
	for (p = list_entry((h)->next, __typeof__(*p), member), n = list_next_entry(p, member); &p->member != (h);     \
	     p = n, n = list_next_entry(n, member))
#define list_for_each_entry_rcu(p, h, member)                                                                          \
	for (p = list_entry(smp_load_acquire(&(h)->next), __typeof__(*p), member); &p->member != (h);                  \
	     p = list_entry(smp_load_acquire(&p->member.next), __typeof__(*p), member))

/* pprev tells whether a node is on a chain, and may be asked without the chain's lock (timer_pending()): it is stored
 * marked. */
static inline void INIT_HLIST_NODE(struct hlist_node *n)
{
	n->next = NULL;
	n->pprev = NULL;
}
static inline bool hlist_unhashed(const struct hlist_node *n) { return !READ_ONCE(n->pprev); }
static inline bool hlist_empty(const struct hlist_head *h) { return !READ_ONCE(h->first); }

static inline void hlist_add_head(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	WRITE_ONCE(n->next, first); /* a reader may still stand on n, on the chain that it comes from */
	if (first)
		WRITE_ONCE(first->pprev, &n->next);
	WRITE_ONCE(n->pprev, &h->first);
	smp_store_release(&h->first, n);
}
#define hlist_add_head_rcu hlist_add_head

/* Leaves n->next in place for readers under RCU. */
static inline void hlist_del_rcu(struct hlist_node *n)
{
	struct hlist_node *next = n->next;

	WRITE_ONCE(*n->pprev, next);
	if (next)
		WRITE_ONCE(next->pprev, n->pprev);
	WRITE_ONCE(n->pprev, NULL);
}

static inline void hlist_del_init(struct hlist_node *n)
{
	if (hlist_unhashed(n))
		return;
	hlist_del_rcu(n);
	n->next = NULL;
}

#define hlist_entry(p, type, member) container_of(p, type, member)
#define hlist_entry_safe(p, type, member)                                                                              \
	({                                                                                                             \
		__typeof__(p) _p = (p);                                                                                \
		_p ? hlist_entry(_p, type, member) : NULL;                                                             \
	})
#define hlist_for_each_entry(p, h, member)                                                                             \
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), member); p;                                              \
	     p = hlist_entry_safe(p->member.next, __typeof__(*p), member))
#define hlist_for_each_entry_rcu(p, h, member)                                                                         \
	for (p = hlist_entry_safe(smp_load_acquire(&(h)->first), __typeof__(*p), member); p;                           \
	     p = hlist_entry_safe(smp_load_acquire(&p->member.next), __typeof__(*p), member))
#define hlist_for_each_entry_safe(p, n, h, member)                                                                     \
	for (p = hlist_entry_safe((h)->first, __typeof__(*p), member); p && ({ n = p->member.next; 1; });              \
	     p = hlist_entry_safe(n, __typeof__(*p), member))
