/* net/core/skb_alloc.c - birth and death of packets
 *
 * What:   struct sk_buffs and heads from slabs of fixed sizes, through a magazine of each for every CPU, so that the
 *         common packet is born and dies without a lock and without touching the slab.
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
#include "net/core/skb_internal.h"

DEFINE_TRACE(skb, kfree_skb);
DEFINE_TRACE(skb, consume_skb);

/* The debug build caches nothing, so that the slab's poison and red zones see every use after free. */
#ifdef DEBUG
#define MAGAZINE_SIZE 0
#else
#define MAGAZINE_SIZE 64
#endif
#define MAGAZINE_BATCH 32 /* objects that move between a magazine and its slab at a time */

struct magazine { u32 n; void *objs[MAGAZINE_SIZE + 1]; };
struct skb_cpu { /* [P] */
	bool busy;
	struct magazine skbs;
	struct magazine heads[NR_SKB_HEAD_CLASSES]; /* KMALLOC's stays empty */
};

/* [C] after skb_init() */
static struct kmem_cache *skb_slab;
static struct kmem_cache *head_slabs[NR_SKB_HEAD_CLASSES];
static struct skb_cpu *skb_cpus;
static atomic64_t kmalloc_heads; /* live large heads, for leak checks */

static void *magazine_get(struct skb_cpu *c, struct magazine *m, struct kmem_cache *slab, gfp_t gfp)
{
	void *obj = NULL;

	if (MAGAZINE_SIZE == 0 || c->busy)
		return kmem_cache_alloc(slab, gfp);
	c->busy = true;
	barrier();
	if (!m->n)
		m->n = (u32)kmem_cache_alloc_bulk(slab, GFP_ATOMIC | __GFP_NOWARN, MAGAZINE_BATCH, m->objs);
	if (m->n)
		obj = m->objs[--m->n];
	barrier();
	c->busy = false;
	return likely(obj) ? obj : kmem_cache_alloc(slab, gfp);
}

static void magazine_put(struct skb_cpu *c, struct magazine *m, struct kmem_cache *slab, void *obj)
{
	if (MAGAZINE_SIZE == 0 || c->busy) {
		kmem_cache_free(slab, obj);
		return;
	}
	c->busy = true;
	barrier();
	if (m->n == MAGAZINE_SIZE) {
		m->n -= MAGAZINE_BATCH;
		kmem_cache_free_bulk(slab, MAGAZINE_BATCH, &m->objs[m->n]);
	}
	m->objs[m->n++] = obj;
	barrier();
	c->busy = false;
}

struct sk_buff *skb_struct_alloc(gfp_t gfp)
{
	struct skb_cpu *c = this_cpu_ptr(skb_cpus);

	return magazine_get(c, &c->skbs, skb_slab, gfp);
}

void skb_struct_free(struct sk_buff *skb)
{
	struct skb_cpu *c = this_cpu_ptr(skb_cpus);

	magazine_put(c, &c->skbs, skb_slab, skb);
}

static void *class_alloc(u8 class, gfp_t gfp)
{
	struct skb_cpu *c = this_cpu_ptr(skb_cpus);

	return magazine_get(c, &c->heads[class], head_slabs[class], gfp);
}

void *skb_head_alloc(u32 *size, u8 *class, gfp_t gfp)
{
	void *head;

	if (likely(*size <= SKB_RX_ROOM)) {
		*class = *size <= SKB_SMALL_ROOM ? SKB_HEAD_SMALL : SKB_HEAD_RX;
		*size = *class == SKB_HEAD_SMALL ? SKB_SMALL_ROOM : SKB_RX_ROOM;
		return class_alloc(*class, gfp);
	}
	if (*size > U32_MAX / 2)
		return NULL;
	*class = SKB_HEAD_KMALLOC;
	*size = (u32)SKB_DATA_ALIGN(*size);
	head = kmalloc(*size + SKB_SHINFO_SIZE, gfp);
	if (head)
		atomic64_inc(&kmalloc_heads);
	return head;
}

void skb_head_free(void *head, u8 class)
{
	struct skb_cpu *c = this_cpu_ptr(skb_cpus);

	if (class == SKB_HEAD_KMALLOC) {
		atomic64_dec(&kmalloc_heads);
		kfree(head);
		return;
	}
	magazine_put(c, &c->heads[class], head_slabs[class], head);
}

/* The frags array stays as it was: nr_frags says how much of it counts. */
void skb_shinfo_init(struct sk_buff *skb)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	memset(sh, 0, offsetof(struct skb_shared_info, frags));
	atomic_set(&sh->dataref, 1);
}

static void skb_wrap(struct sk_buff *skb, void *head, u32 size, u8 class)
{
	memset(skb, 0, sizeof(*skb));
	skb->head = skb->data = head;
	skb->end = size;
	skb->truesize = (u32)SKB_TRUESIZE(size);
	skb->head_cache = class;
	skb->mac_header = skb->network_header = skb->transport_header = U16_MAX;
	refcount_set(&skb->users, 1);
	skb_shinfo_init(skb);
}

struct sk_buff *alloc_skb(u32 size, gfp_t gfp)
{
	struct sk_buff *skb = skb_struct_alloc(gfp);
	void *head;
	u8 class;

	if (unlikely(!skb))
		return NULL;
	head = skb_head_alloc(&size, &class, gfp);
	if (unlikely(!head)) {
		skb_struct_free(skb);
		return NULL;
	}
	skb_wrap(skb, head, size, class);
	return skb;
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

struct sk_buff *napi_alloc_skb(struct net_device *dev, u32 len) { return netdev_alloc_skb(dev, len); }

void *skb_rx_buffer_alloc(u32 *size)
{
	*size = SKB_RX_ROOM;
	return class_alloc(SKB_HEAD_RX, GFP_ATOMIC);
}

void skb_rx_buffer_free(void *buf) { skb_head_free(buf, SKB_HEAD_RX); }

/* The device wrote behind NET_SKB_PAD bytes: data points there, len is 0 until the driver's skb_put(). */
struct sk_buff *napi_build_skb(void *buf)
{
	struct sk_buff *skb = skb_struct_alloc(GFP_ATOMIC);

	if (unlikely(!skb))
		return NULL;
	skb_wrap(skb, buf, SKB_RX_ROOM, SKB_HEAD_RX);
	skb_reserve(skb, NET_SKB_PAD);
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

void skb_release_data(struct sk_buff *skb)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	if (skb->cloned && atomic_sub_return(skb->nohdr ? 1 + (1 << SKB_DATAREF_SHIFT) : 1, &sh->dataref))
		return;
	for (int i = 0; i < sh->nr_frags; i++)
		put_page(sh->frags[i].page);
	if (unlikely(sh->frag_list))
		kfree_skb_list_reason(sh->frag_list, SKB_CONSUMED);
	skb_head_free(skb->head, skb->head_cache);
}

/* All that skb refers to but the struct itself. */
static void skb_release_all(struct sk_buff *skb)
{
	skb_dst_drop(skb);
	if (skb->destructor)
		skb->destructor(skb);
	skb_release_data(skb);
}

/* True when this was the last reference. */
static inline bool skb_unref(struct sk_buff *skb)
{
	if (likely(refcount_read(&skb->users) == 1)) {
		smp_rmb();
		return true;
	}
	return refcount_dec_and_test(&skb->users);
}

void consume_skb(struct sk_buff *skb)
{
	if (unlikely(!skb) || !skb_unref(skb))
		return;
	TRACE(consume_skb, "skbaddr=%p len=%u", skb, skb->len);
	skb_release_all(skb);
	skb_struct_free(skb);
}

void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason)
{
	if (unlikely(!skb) || !skb_unref(skb))
		return;
	if (reason <= SKB_CONSUMED) {
		TRACE(consume_skb, "skbaddr=%p len=%u", skb, skb->len);
	} else {
		TRACE(kfree_skb, "skbaddr=%p protocol=%u location=%pS reason: %s", skb, ntohs(skb->protocol),
		      __builtin_return_address(0), skb_drop_reason_name(reason));
		skb_count_drop(skb, reason);
	}
	skb_release_all(skb);
	skb_struct_free(skb);
}

/* The magazines make every free cheap here; the name keeps the place where a driver completes in bulk. */
void napi_consume_skb(struct sk_buff *skb) { consume_skb(skb); }

void kfree_skb_list_reason(struct sk_buff *list, enum skb_drop_reason reason)
{
	while (list) {
		struct sk_buff *next = list->next; /* stays: whoever else holds this packet has it in the same list */

		kfree_skb_reason(list, reason);
		list = next;
	}
}

void skb_orphan(struct sk_buff *skb)
{
	if (skb->destructor)
		skb->destructor(skb);
	skb->destructor = NULL;
	skb->sk = NULL;
}

/* The second struct sk_buff on the same bytes: the socket's charge stays with the first. */
struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *n = skb_struct_alloc(gfp);

	if (unlikely(!n))
		return NULL;
	memcpy(n, skb, sizeof(*n));
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

		s -= READ_ONCE(c->skbs.n);
		for (int i = SKB_HEAD_SMALL; i < NR_SKB_HEAD_CLASSES; i++)
			h -= READ_ONCE(c->heads[i].n);
	}
	*skbs = s;
	*heads = h;
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
	skb_stats_init();
	skb_page_init();
}
