/* net/core/skb_birth.h - how a packet is born from a magazine, for skb_alloc.c and the loops of drivers
 *
 * Locks:  none. A magazine belongs to its CPU; see skb_alloc.c.
 */
#pragma once
#include "net/core/skb_internal.h"

/* The debug build caches nothing, so that the slab's poison and red zones see every use after free. */
#ifdef DEBUG
#define MAGAZINE_SIZE 0
#define CB_FILL 0xa5 /* who reads what no layer has written shows */
#else
#define CB_FILL 0
/* Eight polls' worth but three: so far does the receive queue of a bulk transfer swing, and a packet that goes through
 * the slabs costs 120 instructions. At most 1.4 MB of received frames, less where memory is small (skb_init()). 4 KiB a
 * magazine: to find one is a shift. */
#define MAGAZINE_SIZE 509
#endif

/* The floor, below which nothing lies, is NULL. */
struct magazine { struct sk_buff **top; bool busy; struct sk_buff *skbs[MAGAZINE_SIZE + 1]; };
struct skb_cpu { /* [P] */
	/* By the class of the head that hangs at each; KMALLOC's are without one, for clones and large heads. */
	struct magazine mags[NR_SKB_HEAD_CLASSES];
};
extern struct skb_cpu *skb_cpus; /* [C] */

static inline u8 class_for(u32 size)
{
	return size <= SKB_SMALL_ROOM ? SKB_HEAD_SMALL : size <= SKB_RX_ROOM ? SKB_HEAD_RX : SKB_HEAD_KMALLOC;
}
static inline struct magazine *magazine(u8 class) { return &this_cpu_ptr(skb_cpus)->mags[class]; }

/* NULL: the magazine is empty, or is being changed below this interrupt. */
static inline struct sk_buff *magazine_get(u8 class)
{
	struct magazine *m = magazine(class);
	struct sk_buff *skb;

	if (MAGAZINE_SIZE == 0 || unlikely(m->busy))
		return NULL;
	m->busy = true;
	barrier();
	skb = *m->top;
	if (likely(skb))
		m->top--;
	barrier();
	m->busy = false;
	return skb;
}

/* The frags array stays as it was: nr_frags says how much of it counts. */
static inline void shinfo_init(struct skb_shared_info *sh)
{
	memset(sh, 0, offsetof(struct skb_shared_info, frags));
	sh->dataref.v = 1; /* nobody else knows it yet: part of a word that is written anyway */
}
/* A packet without bytes, behind room for some in the head that hangs at skb. */
static inline struct sk_buff *skb_begin(struct sk_buff *skb, u32 headroom)
{
	unsigned char *head = skb->head, *zero = (unsigned char *)skb;
	u32 end = skb->end;

	memset(zero, 0, 40); /* in pieces so short that they become moves, each of a word */
	memset(zero + 40, 0, 40);
	memset(zero + 80, 0, offsetof(struct sk_buff, data) - 80);
	skb->data = head + headroom;
	skb->tail = headroom;
	skb->truesize = (u32)SKB_TRUESIZE(end);
	skb->mac_header = skb->network_header = skb->transport_header = U16_MAX;
	skb->protocol = 0;
	refcount_set(&skb->users, 1);
	if (CB_FILL)
		memset(skb->cb, CB_FILL, sizeof(skb->cb));
	shinfo_init((struct skb_shared_info *)(head + end));
	return skb;
}

/* For receive in softirq: NET_SKB_PAD reserved, dev set, head from this CPU's cache. Inline: the loop of a driver need
 * not save what it holds in registers (50 instructions a packet with the call). */
static inline struct sk_buff *napi_alloc_skb(struct net_device *dev, u32 len)
{
	struct sk_buff *skb = len <= SKB_RX_ROOM - NET_SKB_PAD ? magazine_get(class_for(len + NET_SKB_PAD)) : NULL;

	if (unlikely(!skb))
		return netdev_alloc_skb(dev, len);
	skb_begin(skb, NET_SKB_PAD);
	skb->dev = dev;
	return skb;
}
