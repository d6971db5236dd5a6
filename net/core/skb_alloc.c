/* net/core/skb_alloc.c - birth and death of packets
 *
 * What:   struct sk_buffs and heads from slabs of fixed sizes. A packet that dies alone with a common head goes into a
 *         magazine of its CPU as it is, and the next one is born from it: no lock, no slab, one step for both.
 * Called: drivers, protocols, sockets; any context.
 * Calls:  kernel/mm, skb_stats.c.
 * Locks:  none. A magazine belongs to its CPU; an interrupt that comes while it is being changed sees `busy` and goes
 *         to the slab instead, so interrupts stay on. The kernel is not preempted, so nobody changes CPU in between.
 * Absent: heads cut from shared pages (Linux's page_frag): an Ethernet frame has a slab of its own here.
 */
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "lib/bitmap.h"
#include "net/core/dst.h"
#include "net/core/netdevice.h"
#include "net/core/skb_birth.h"
#include "net/core/sock.h"

DEFINE_TRACE(skb, kfree_skb);
DEFINE_TRACE(skb, consume_skb);

#define MAGAZINE_BATCH 32 /* objects that move between a magazine and the slabs at a time */

static const u32 class_room[NR_SKB_HEAD_CLASSES] = { [SKB_HEAD_SMALL] = SKB_SMALL_ROOM, [SKB_HEAD_RX] = SKB_RX_ROOM };

/* [C] after skb_init() */
static struct kmem_cache *skb_slab;
static struct kmem_cache *head_slabs[NR_SKB_HEAD_CLASSES];
struct skb_cpu *skb_cpus;
static u32 magazine_floor; /* index of each magazine's floor */
static atomic64_t kmalloc_heads; /* live large heads, for leak checks */

/* --- magazines --- */

/* n fresh structs, each with a head of its class unless that is KMALLOC; how many. */
static u32 bulk_make(u8 class, u32 n, struct sk_buff **skbs)
{
	const gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	void *heads[MAGAZINE_BATCH];
	u32 have, i;

	have = (u32)kmem_cache_alloc_bulk(skb_slab, gfp, n, (void **)skbs);
	if (class == SKB_HEAD_KMALLOC || !have)
		return have;
	n = (u32)kmem_cache_alloc_bulk(head_slabs[class], gfp, have, heads);
	for (i = 0; i < n; i++) {
		skbs[i]->head = heads[i];
		skbs[i]->end = class_room[class];
		skbs[i]->head_cache = class;
	}
	if (n < have)
		kmem_cache_free_bulk(skb_slab, have - n, (void **)&skbs[n]);
	return n;
}
static void bulk_free(u8 class, u32 n, struct sk_buff **skbs)
{
	void *heads[MAGAZINE_BATCH];

	if (class != SKB_HEAD_KMALLOC) {
		for (u32 i = 0; i < n; i++)
			heads[i] = skbs[i]->head;
		kmem_cache_free_bulk(head_slabs[class], n, heads);
	}
	kmem_cache_free_bulk(skb_slab, n, (void **)skbs);
}

/* The same, but an empty magazine is filled first; NULL without memory for a batch, too. */
static struct sk_buff *magazine_refill(u8 class)
{
	struct magazine *m = magazine(class);

	if (MAGAZINE_SIZE == 0 || m->busy)
		return NULL;
	m->busy = true;
	barrier();
	if (!*m->top)
		m->top += bulk_make(class, MAGAZINE_BATCH, m->top + 1);
	barrier();
	m->busy = false;
	return magazine_get(class);
}
static noinline void magazine_drain(struct magazine *m, u8 class)
{
	m->top -= MAGAZINE_BATCH;
	bulk_free(class, MAGAZINE_BATCH, m->top + 1);
}
static inline bool magazine_put(u8 class, struct sk_buff *skb)
{
	struct magazine *m = magazine(class);

	if (MAGAZINE_SIZE == 0 || unlikely(m->busy))
		return false;
	m->busy = true;
	barrier();
	if (unlikely(m->top == &m->skbs[MAGAZINE_SIZE]))
		magazine_drain(m, class);
	*++m->top = skb;
	barrier();
	m->busy = false;
	return true;
}

/* --- structs and heads by themselves --- */

static struct sk_buff *skb_struct_alloc(gfp_t gfp)
{
	struct sk_buff *skb = magazine_get(SKB_HEAD_KMALLOC) ?: magazine_refill(SKB_HEAD_KMALLOC);

	return likely(skb) ? skb : kmem_cache_alloc(skb_slab, gfp);
}
static void skb_struct_free(struct sk_buff *skb)
{
	if (!magazine_put(SKB_HEAD_KMALLOC, skb))
		kmem_cache_free(skb_slab, skb);
}

u32 skb_truesize_for(u32 size)
{
	u8 class = class_for(size);

	return (u32)SKB_TRUESIZE(class == SKB_HEAD_KMALLOC ? SKB_DATA_ALIGN(size) : class_room[class]);
}
void *skb_head_alloc(u32 *size, u8 *class, gfp_t gfp)
{
	void *head;

	*class = class_for(*size);
	if (*class != SKB_HEAD_KMALLOC) {
		*size = class_room[*class];
		return kmem_cache_alloc(head_slabs[*class], gfp);
	}
	if (*size > U32_MAX / 2)
		return NULL;
	*size = (u32)SKB_DATA_ALIGN(*size);
	head = kmalloc(*size + SKB_SHINFO_SIZE, gfp);
	if (head)
		atomic64_inc(&kmalloc_heads);
	return head;
}
void skb_head_free(void *head, u8 class)
{
	if (class == SKB_HEAD_KMALLOC) {
		atomic64_dec(&kmalloc_heads);
		kfree(head);
		return;
	}
	kmem_cache_free(head_slabs[class], head);
}

/* --- birth --- */

/* From a fresh batch, or struct and head each by itself. */
static noinline struct sk_buff *alloc_slow(u32 size, u8 class, gfp_t gfp)
{
	struct sk_buff *skb = class == SKB_HEAD_KMALLOC ? NULL : magazine_refill(class);

	if (likely(skb))
		return skb_begin(skb, 0);
	skb = skb_struct_alloc(gfp);
	if (unlikely(!skb))
		return NULL;
	skb->head = skb_head_alloc(&size, &skb->head_cache, gfp);
	skb->end = size;
	if (likely(skb->head))
		return skb_begin(skb, 0);
	skb_struct_free(skb);
	return NULL;
}
struct sk_buff *alloc_skb(u32 size, gfp_t gfp)
{
	u8 class = class_for(size);
	struct sk_buff *skb = class == SKB_HEAD_KMALLOC ? NULL : magazine_get(class);

	return likely(skb) ? skb_begin(skb, 0) : alloc_slow(size, class, gfp);
}

struct sk_buff *netdev_alloc_skb(struct net_device *dev, u32 len)
{
	struct sk_buff *skb = len <= U32_MAX / 4 ? alloc_skb(len + NET_SKB_PAD, GFP_ATOMIC) : NULL;

	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb->dev = dev;
	return skb;
}

/* The largest block up to 32 KiB that is not more than half wasted, smaller ones when memory is in pieces. */
static struct page *frag_page_alloc(u32 want, gfp_t gfp, unsigned int *order)
{
	unsigned int o = want > PAGE_SIZE ? ilog2(want) - PAGE_SHIFT : 0;

	for (*order = min(o, 3u); *order; --*order) {
		struct page *p = alloc_pages((gfp & ~GFP_KERNEL) | GFP_ATOMIC | __GFP_NORETRY | __GFP_NOWARN, *order);

		if (p)
			return p;
	}
	return alloc_page(gfp);
}

int skb_append_pages(struct sk_buff *skb, u32 data_len, gfp_t gfp)
{
	int i = skb_shinfo(skb)->nr_frags;

	while (data_len) {
		unsigned int order;
		struct page *p = i < MAX_SKB_FRAGS ? frag_page_alloc(data_len, gfp, &order) : NULL;
		u32 n;

		if (!p)
			return -ENOBUFS;
		n = min(data_len, (u32)PAGE_SIZE << order);
		skb_add_rx_frag(skb, i++, p, 0, n, (u32)PAGE_SIZE << order);
		data_len -= n;
	}
	return 0;
}

struct sk_buff *alloc_skb_with_frags(u32 header_len, u32 data_len, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(header_len, gfp);

	if (!skb)
		return NULL;
	if (!skb_append_pages(skb, data_len, gfp))
		return skb;
	consume_skb(skb);
	return NULL;
}

/* --- death --- */

static noinline void free_pieces(struct skb_shared_info *sh)
{
	for (int i = 0; i < sh->nr_frags; i++)
		put_page(sh->frags[i].page);
	kfree_skb_list_reason(sh->frag_list, SKB_CONSUMED);
}
/* True when this was the data area's last holder: fragments are gone, the head is the caller's to free. */
static inline bool data_unref(struct sk_buff *skb)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	if (skb->cloned && atomic_sub_return(skb->nohdr ? 1 + (1 << SKB_DATAREF_SHIFT) : 1, &sh->dataref))
		return false;
	if (sh->nr_frags || sh->frag_list)
		free_pieces(sh);
	return true;
}
void skb_release_data(struct sk_buff *skb)
{
	if (data_unref(skb))
		skb_head_free(skb->head, skb->head_cache);
}

/* All that skb refers to, and skb. */
static inline __attribute__((always_inline)) void skb_free(struct sk_buff *skb)
{
	if (skb->dst && !skb->dst_noref)
		dst_release(skb->dst);
	if (skb->destructor)
		skb->destructor(skb);
	if (likely(data_unref(skb))) {
		if (likely(skb->head_cache != SKB_HEAD_KMALLOC && magazine_put(skb->head_cache, skb)))
			return;
		skb_head_free(skb->head, skb->head_cache);
	}
	skb_struct_free(skb);
}

/* True when this was the last reference. */
static inline bool skb_unref(struct sk_buff *skb)
{
	if (likely(smp_load_acquire(&skb->users.refs.v) == 1)) /* what the others did comes before */
		return true;
	return refcount_dec_and_test(&skb->users);
}

/* Under reason, in the net of its device or socket. */
static inline void count_drop(const struct sk_buff *skb, enum skb_drop_reason reason)
{
	struct net *net = skb->dev ? skb->dev->net : skb->sk ? skb->sk->sk_net : init_net;

	if (likely(net && net->mib))
		this_cpu_ptr(net->mib)->drops[reason]++;
}

void consume_skb(struct sk_buff *skb)
{
	if (unlikely(!skb) || !skb_unref(skb))
		return;
	TRACE(consume_skb, "skbaddr=%p len=%u", skb, skb->len);
	skb_free(skb);
}

static inline __attribute__((always_inline)) void free_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	if (!skb_unref(skb))
		return;
	if (reason <= SKB_CONSUMED) {
		TRACE(consume_skb, "skbaddr=%p len=%u", skb, skb->len);
	} else {
		TRACE(kfree_skb, "skbaddr=%p protocol=%u location=%pS reason: %s", skb, ntohs(skb->protocol),
		      __builtin_return_address(0), skb_drop_reason_name(reason));
		count_drop(skb, reason);
	}
	skb_free(skb);
}
noinline void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	if (likely(skb))
		free_reason(skb, reason);
}

void kfree_skb_list_reason(struct sk_buff *list, enum skb_drop_reason reason)
{
	while (list) {
		struct sk_buff *next = list->next; /* stays: whoever else holds this packet has it in the same list */

		free_reason(list, reason);
		list = next;
	}
}

/* The second struct sk_buff on the same bytes: the socket's charge stays with the first. */
struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *n = skb_struct_alloc(gfp);

	if (unlikely(!n))
		return NULL;
	memcpy(__builtin_assume_aligned(n, 8), __builtin_assume_aligned(skb, 8), sizeof(*n));
	n->next = n->prev = NULL;
	n->sk = NULL;
	n->destructor = NULL;
	n->peeked = 0;
	n->nohdr = 0;
	if (n->dst)
		skb_dst_copy(n, skb);
	refcount_set(&n->users, 1);
	skb->cloned = n->cloned = 1;
	atomic_inc(&skb_shinfo(skb)->dataref);
	return n;
}

void kfree_skb_partial(struct sk_buff *skb, bool head_stolen)
{
	BUG_ON(head_stolen); /* heads come from slabs and are never stolen here */
	consume_skb(skb);
}

void __noreturn skb_over_panic(const struct sk_buff *skb, u32 n, const char *what)
{
	panic("%s: no room for %u bytes: len %u headroom %u tailroom %u dev %s", what, n, skb->len, skb_headroom(skb),
	      skb_tailroom(skb), skb->dev ? skb->dev->name : "-");
}

/* Exact while nothing is in flight between a magazine and its slab. */
void skb_live_counts(s64 *skbs, s64 *heads)
{
	s64 s = (s64)kmem_cache_inuse(skb_slab), h = atomic64_read(&kmalloc_heads);

	for (int i = SKB_HEAD_SMALL; i < NR_SKB_HEAD_CLASSES; i++)
		h += (s64)kmem_cache_inuse(head_slabs[i]);
	for_each_possible_cpu(cpu) {
		const struct skb_cpu *c = per_cpu_ptr(skb_cpus, cpu);

		for (int i = 0; i < NR_SKB_HEAD_CLASSES; i++) {
			s64 n = READ_ONCE(c->mags[i].top) - &c->mags[i].skbs[magazine_floor];

			s -= n;
			h -= i == SKB_HEAD_KMALLOC ? 0 : n;
		}
	}
	*skbs = s;
	*heads = h;
}

/* What may lie in magazines cannot be given back when memory is short: a 32nd of it, for all CPUs together. */
static u32 magazine_room(void)
{
	struct mem_stats m;

	mem_stats(&m);
	return (u32)clamp(m.total / 32 / nr_cpus, 2ul * MAGAZINE_BATCH, (unsigned long)MAGAZINE_SIZE);
}

void skb_init(void)
{
	skb_slab = kmem_cache_create("skbuff_head_cache", sizeof(struct sk_buff), 64, SLAB_HWCACHE_ALIGN, NULL);
	head_slabs[SKB_HEAD_SMALL] = kmem_cache_create("skbuff_small_head", SKB_SMALL_ROOM + SKB_SHINFO_SIZE, 64,
						       SLAB_HWCACHE_ALIGN, NULL);
	head_slabs[SKB_HEAD_RX] = kmem_cache_create("skbuff_rx_buffer", SKB_RX_ROOM + SKB_SHINFO_SIZE, 64,
						    SLAB_HWCACHE_ALIGN, NULL);
	skb_cpus = alloc_percpu(struct skb_cpu);
	BUG_UNLESS(skb_slab && head_slabs[SKB_HEAD_SMALL] && head_slabs[SKB_HEAD_RX] && skb_cpus);
	if (MAGAZINE_SIZE)
		magazine_floor = MAGAZINE_SIZE - magazine_room();
	for_each_possible_cpu(cpu)
		for (int i = 0; i < NR_SKB_HEAD_CLASSES; i++) {
			struct magazine *m = &per_cpu_ptr(skb_cpus, cpu)->mags[i];

			m->top = &m->skbs[magazine_floor];
		}
	skb_stats_init();
	skb_page_init();
}
