/* net/core/dst.h - where a packet goes next: the result of a routing decision, shared by the packets that take it */
#pragma once
#include "kernel/sync/rcu.h"
#include "kernel/sync/refcount.h"
#include "net/core/skbuff.h"
#include <linux/rtnetlink.h>

struct neighbour;
/* What a route says about those who use it, by RTAX_*; 0: nothing. Unchanged once it is shared. */
struct dst_metrics { refcount_t refcnt; u32 v[RTAX_MAX + 1]; };
struct dst_entry {
	struct net_device *dev;
	int (*input)(struct sk_buff *skb);	/* eats skb: local delivery, forward, error */
	int (*output)(struct net *net, struct sock *sk, struct sk_buff *skb); /* eats skb */
	struct neighbour *neigh;		/* referenced once resolved; NULL before */
	refcount_t refcnt;
	u32 mtu;
	u16 obsolete;				/* set when the tables changed: look up again */
	u16 flags;
	struct rcu_head rcu;
	void (*destroy)(struct dst_entry *dst);
	struct dst_metrics *metrics;		/* [C] referenced; NULL: none */
};
static inline u32 dst_metric(const struct dst_entry *d, u32 which)
{
	return d && unlikely(d->metrics) ? d->metrics->v[which] : 0;
}
struct dst_metrics *dst_metrics_get(struct dst_metrics *m); /* NULL is fine, for both */
void dst_metrics_put(struct dst_metrics *m);
static inline void dst_hold(struct dst_entry *d) { refcount_inc(&d->refcnt); }
/* False: it is on its way out. RCU. */
static inline bool dst_hold_safe(struct dst_entry *d) { return refcount_inc_not_zero(&d->refcnt); }
void dst_gone(struct dst_entry *d); /* the last reference is */
/* NULL is fine; any context. */
static inline void dst_release(struct dst_entry *d)
{
	if (d && unlikely(refcount_dec_and_test(&d->refcnt)))
		dst_gone(d);
}
static inline void skb_dst_drop(struct sk_buff *skb)
{
	if (skb->dst && !skb->dst_noref)
		dst_release(skb->dst);
	skb->dst = NULL;
}
static inline void skb_dst_set(struct sk_buff *skb, struct dst_entry *d) { skb->dst = d; skb->dst_noref = false; }
static inline void skb_dst_set_noref(struct sk_buff *skb, struct dst_entry *d) { skb->dst = d; skb->dst_noref = true; }
/* clone's dst, copied from skb by memcpy, gets a reference of its own. */
static inline void skb_dst_copy(struct sk_buff *clone, const struct sk_buff *skb)
{
	if (!skb->dst_noref)
		dst_hold(clone->dst);
}
/* Before a packet outlives this RCU section (backlog, receive queue): a borrowed dst becomes a referenced one, or NULL
 * when it is on its way out. True when skb has a dst afterwards. */
bool skb_dst_force(struct sk_buff *skb);
static inline int dst_input(struct sk_buff *skb) { return skb->dst->input(skb); }
