/* net/core/dst.c - references on routing decisions
 *
 * What:   release, and turning a borrowed dst into a referenced one.
 * Called: whoever holds a dst; any context.
 * Calls:  the dst's own destroy, after a grace period: receive paths borrow under RCU.
 * Locks:  none; refcnt is atomic.
 * Absent: dst ops tables, garbage collection; routes are few and owned by their tables.
 */
#include "net/core/dst.h"
#include "net/core/neighbour.h"

struct dst_metrics *dst_metrics_get(struct dst_metrics *m)
{
	if (m)
		refcount_inc(&m->refcnt);
	return m;
}
void dst_metrics_put(struct dst_metrics *m)
{
	if (m && refcount_dec_and_test(&m->refcnt))
		kfree(m);
}

static void dst_free_rcu(struct rcu_head *head)
{
	struct dst_entry *d = container_of(head, struct dst_entry, rcu);

	if (d->neigh)
		neigh_release(d->neigh);
	d->neigh = NULL;
	dst_metrics_put(d->metrics);
	d->destroy(d);
}

/* The last reference calls destroy(), which frees the object; the neighbour's reference is given back before. */
void dst_gone(struct dst_entry *d) { call_rcu(&d->rcu, dst_free_rcu); }

bool skb_dst_force(struct sk_buff *skb)
{
	if (skb->dst && skb->dst_noref && !dst_hold_safe(skb->dst))
		skb->dst = NULL;
	skb->dst_noref = false;
	return skb->dst != NULL;
}
