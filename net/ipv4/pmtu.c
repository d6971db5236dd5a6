/* net/ipv4/pmtu.c - what path MTU discovery learned (RFC 1191), destination by destination
 *
 * What:   a hash of destinations whose path is narrower than the first link; entries expire (mtu_expires), and go with
 *         the route that they were learned on.
 * Called: icmp.c and the transports' err_handler through ipv4_update_pmtu(); route.c when it makes an answer.
 * Locks:  changes under rt_lock, readers under RCU.
 * Absent: probing without ICMP (RFC 4821), which TCP does for itself (tcp_mtu_probe.c).
 */
#include "net/ipv4/internal.h"
#include "kernel/random.h"

#define PMTU_BITS 8
#define PMTU_MAX 4096 /* entries; the oldest of a bucket makes room */

struct pmtu_exception {
	struct hlist_node node;
	__be32 daddr;
	u32 mtu;
	u64 expires_ns;
	struct rcu_head rcu;
};

static struct hlist_head *bucket(struct net *net, __be32 daddr)
{
	return &net->ipv4->pmtu_hash[hsiphash_3u32((__force u32)daddr, 0, 0, &net->ipv4->hash_key) >> (32 - PMTU_BITS)];
}

static struct pmtu_exception *find(struct net *net, __be32 daddr)
{
	struct pmtu_exception *e;

	hlist_for_each_entry_rcu(e, bucket(net, daddr), node)
		if (e->daddr == daddr)
			return e;
	return NULL;
}

u32 pmtu_lookup(struct net *net, __be32 daddr, u64 *expires_ns)
{
	struct pmtu_exception *e = find(net, daddr);

	if (!e || ktime_get_ns() >= e->expires_ns)
		return 0;
	*expires_ns = e->expires_ns;
	return e->mtu;
}

static void drop(struct net *net, struct pmtu_exception *e)
{
	hlist_del_rcu(&e->node);
	net->ipv4->pmtu_count--;
	kfree_rcu(e, rcu);
}

/* Expired entries of a bucket go, and one more when the table is full. rt_lock held. */
static void make_room(struct net *net, struct hlist_head *h, u64 now_ns)
{
	struct pmtu_exception *e, *last = NULL;
	struct hlist_node *n;

	hlist_for_each_entry_safe(e, n, h, node) {
		last = e;
		if (now_ns >= e->expires_ns) {
			drop(net, e);
			last = NULL;
		}
	}
	if (net->ipv4->pmtu_count >= PMTU_MAX && last)
		drop(net, last);
}

/* True when something changed. rt_lock held. */
static bool record(struct net *net, __be32 daddr, u32 mtu, u64 now_ns)
{
	struct pmtu_exception *e = find(net, daddr);
	u64 expires = now_ns + (u64)net->ipv4->sysctl.mtu_expires_s * NSEC_PER_SEC;

	if (e && now_ns < e->expires_ns && mtu >= e->mtu)
		return false; /* a path never grows by what a router says */
	if (e)
		drop(net, e);
	make_room(net, bucket(net, daddr), now_ns);
	e = net->ipv4->pmtu_count < PMTU_MAX ? kzalloc(sizeof(*e), GFP_ATOMIC) : NULL;
	if (!e)
		return true;
	e->daddr = daddr;
	e->mtu = mtu;
	e->expires_ns = expires;
	hlist_add_head_rcu(&e->node, bucket(net, daddr));
	net->ipv4->pmtu_count++;
	return true;
}

/* A router (or we ourselves) found that packets of more than mtu bytes do not reach daddr. Softirq or process. The
 * caller has checked that the message answers something that we sent. */
void ipv4_update_pmtu(struct net *net, __be32 daddr, u32 mtu, int oif)
{
	bool changed;

	(void)oif;
	mtu = max(mtu, (u32)net->ipv4->sysctl.min_pmtu);
	spin_lock_bh(&net->ipv4->rt_lock);
	changed = record(net, daddr, mtu, ktime_get_ns());
	spin_unlock_bh(&net->ipv4->rt_lock);
	if (changed)
		rt_cache_flush(net);
}

/* A route to key/plen (host order) left its table: what was learned on that way is no fact of the next one. */
void pmtu_forget(struct net *net, u32 key, u32 plen)
{
	__be32 mask = inet_make_mask(plen);
	struct pmtu_exception *e;
	struct hlist_node *n;

	if (!READ_ONCE(net->ipv4->pmtu_count))
		return;
	spin_lock_bh(&net->ipv4->rt_lock);
	for (u32 i = 0; i < 1u << PMTU_BITS; i++)
		hlist_for_each_entry_safe(e, n, &net->ipv4->pmtu_hash[i], node)
			if (!((e->daddr ^ htonl(key)) & mask))
				drop(net, e);
	spin_unlock_bh(&net->ipv4->rt_lock);
}

int pmtu_init(struct net *net)
{
	net->ipv4->pmtu_hash = kcalloc(1u << PMTU_BITS, sizeof(struct hlist_head), GFP_KERNEL);
	return net->ipv4->pmtu_hash ? 0 : -ENOMEM;
}

void pmtu_exit(struct net *net)
{
	struct pmtu_exception *e;
	struct hlist_node *n;

	for (u32 i = 0; net->ipv4->pmtu_hash && i < 1u << PMTU_BITS; i++)
		hlist_for_each_entry_safe(e, n, &net->ipv4->pmtu_hash[i], node)
			drop(net, e);
	kfree(net->ipv4->pmtu_hash);
}
