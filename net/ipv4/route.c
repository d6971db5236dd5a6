/* net/ipv4/route.c - where does this packet go?
 *
 * What:   turns a question (struct flowi4) into a struct rtable; route_input.c does so for received headers. Answers
 *         are kept at the route that gave them (fib_route.cache), a few per route, and by sockets; a generation number
 *         outdates them all.
 * Called: ip_output.c, icmp.c, transports.
 * Calls:  fib_trie.c, devinet.c, pmtu.c.
 * Locks:  RCU for lookups; the slots of the cache change by atomic exchange; rt_lock for the list of all.
 * Absent: policy rules, multiple next hops, redirects (RFC 1812 5.2.7.2) in both directions.
 */
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"
#include <linux/in_route.h>

static struct kmem_cache *rt_cache;

void rt_cache_flush(struct net *net) { __atomic_add_fetch(&net->rt_genid, 1, __ATOMIC_RELEASE); }

/* Where the route or the path says less than the device. */
u32 dst_narrow_mtu(const struct dst_entry *dst)
{
	const struct rtable *rt = (const struct rtable *)dst;
	u32 mtu = READ_ONCE(dst->dev)->mtu;

	if (dst->mtu && dst->mtu < mtu)
		mtu = dst->mtu;
	if (unlikely(rt->rt_pmtu) && rt->rt_pmtu < mtu && ktime_get_ns() < rt->rt_pmtu_expires_ns)
		mtu = rt->rt_pmtu;
	return min(mtu, 65535u);
}

/* Called by dst_release after a grace period. */
static void rt_destroy(struct dst_entry *dst)
{
	struct rtable *rt = (struct rtable *)dst;
	struct netns_ipv4 *v4 = rt->net->ipv4;

	spin_lock_bh(&v4->rt_lock);
	list_del(&rt->rt_list);
	spin_unlock_bh(&v4->rt_lock);
	if (dst->neigh)
		neigh_release(dst->neigh);
	dev_put(dst->dev);
	kmem_cache_free(rt_cache, rt);
}

static struct rtable *rt_alloc(struct net *net, struct net_device *dev, u8 type, u32 genid)
{
	struct rtable *rt = kmem_cache_zalloc(rt_cache, GFP_ATOMIC);

	if (!rt)
		return NULL;
	refcount_set(&rt->dst.refcnt, 1);
	rt->dst.dev = dev;
	rt->dst.destroy = rt_destroy;
	rt->dst.output = ip_output;
	rt->dst.input = ip_local_deliver;
	rt->rt_type = type;
	rt->genid = genid;
	rt->net = net;
	dev_hold(dev);
	spin_lock_bh(&net->ipv4->rt_lock);
	list_add(&rt->rt_list, &net->ipv4->rt_all);
	spin_unlock_bh(&net->ipv4->rt_lock);
	return rt;
}

void fib_route_cache_drop(struct fib_route *r)
{
	for (u32 i = 0; i < FIB_CACHE_SLOTS; i++)
		dst_release((struct dst_entry *)__atomic_exchange_n(&r->cache[i], NULL, __ATOMIC_ACQ_REL));
}

/* dev is about to go: whoever still holds a route over it shall not touch it. */
void rt_flush_dev(struct net *net, struct net_device *dev)
{
	struct net_device *lo = net->loopback_dev;
	struct rtable *rt;

	rt_cache_flush(net);
	spin_lock_bh(&net->ipv4->rt_lock);
	list_for_each_entry(rt, &net->ipv4->rt_all, rt_list) {
		if (rt->dst.dev != dev || dev == lo)
			continue;
		WRITE_ONCE(rt->dst.obsolete, 1);
		dev_hold(lo);
		WRITE_ONCE(rt->dst.dev, lo);
		dev_put(dev);
	}
	spin_unlock_bh(&net->ipv4->rt_lock);
}

/* --- answers from a route's cache ------------------------------------------------------------------------------- */

/* One answer does for all that a gateway is asked for, but where a path has an MTU of its own. */
static struct rtable **cache_slot(struct fib_route *r, __be32 daddr, u32 pmtu)
{
	return &r->cache[r->gw && !pmtu ? 0 : hash_32((__force u32)daddr, 3)];
}

static bool cached_for(const struct rtable *rt, __be32 daddr)
{
	return (!rt->rt_daddr || rt->rt_daddr == daddr) && rt_is_valid(rt);
}

/* Puts rt into r's slot; the reference that the slot held before is given back. Where r left the table meanwhile,
 * either fib_route_cache_drop() comes to this slot after the exchange, or r is seen dead here: nobody else would look
 * again. */
static void cache_store(struct fib_route *r, struct rtable **slot, struct rtable *rt)
{
	dst_hold(&rt->dst);
	dst_release((struct dst_entry *)__atomic_exchange_n(slot, rt, __ATOMIC_ACQ_REL));
	if (unlikely(READ_ONCE(r->dead)))
		fib_route_cache_drop(r);
}

/* All that rt_of_route() may have to do: some path has an MTU of its own, or nobody asked yet. */
static noinline struct rtable *make_rt_of_route(struct net *net, struct fib_route *r, __be32 daddr, u32 genid, bool ref)
{
	u32 pmtu = 0;
	struct rtable **slot, *rt;
	u64 expires_ns = 0;

	if (READ_ONCE(net->ipv4->pmtu_count))
		pmtu = pmtu_lookup(net, daddr, &expires_ns);
	slot = cache_slot(r, daddr, pmtu);
	rt = rcu_dereference(*slot);
	if (rt && cached_for(rt, daddr) && !pmtu && (!ref || dst_hold_safe(&rt->dst)))
		return rt;
	if (rt && rt->rt_daddr == daddr && rt_is_valid(rt) && rt->rt_pmtu == pmtu &&
	    rt->rt_pmtu_expires_ns == expires_ns && (!ref || dst_hold_safe(&rt->dst)))
		return rt;
	rt = rt_alloc(net, r->dev, RTN_UNICAST, genid);
	if (!rt)
		return NULL;
	rt->dst.input = ip_forward;
	rt->rt_gateway = r->gw;
	rt->rt_uses_gateway = r->gw != 0;
	rt->rt_prefsrc = r->prefsrc;
	rt->rt_daddr = r->gw && !pmtu ? 0 : daddr;
	rt->dst.mtu = r->mtu;
	rt->dst.metrics = dst_metrics_get(r->metrics);
	rt->rt_pmtu = pmtu;
	rt->rt_pmtu_expires_ns = expires_ns;
	cache_store(r, slot, rt);
	if (!ref)
		dst_release(&rt->dst); /* the slot keeps it; RCU keeps it for this packet if the slot is overwritten */
	return rt;
}

struct rtable *rt_of_route(struct net *net, struct fib_route *r, __be32 daddr, u32 genid, bool ref)
{
	struct rtable *rt = rcu_dereference(*cache_slot(r, daddr, 0));

	if (likely(rt && !READ_ONCE(net->ipv4->pmtu_count) && cached_for(rt, daddr)) &&
	    (!ref || dst_hold_safe(&rt->dst)))
		return rt;
	return make_rt_of_route(net, r, daddr, genid, ref);
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

struct rtable *rt_special(struct net *net, struct net_device *dev, u8 type, __be32 daddr, u32 genid)
{
	struct rtable *rt = rt_alloc(net, dev, type, genid);

	if (!rt)
		return ERR_PTR(-ENOBUFS);
	rt->rt_daddr = daddr;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		rt->dst.output = ip_mc_output;
	return rt;
}

/* As rt_special, kept at the fib_route r, whose device or type it stands for. */
static struct rtable *rt_special_cached(struct net *net, struct fib_route *r, struct net_device *dev, u8 type,
					__be32 daddr, u32 genid)
{
	struct rtable **slot = &r->cache[hash_32((__force u32)daddr, 3)], *rt = rcu_dereference(*slot);

	if (rt && rt->rt_daddr == daddr && rt->rt_type == type && rt->dst.dev == dev && rt_is_valid(rt) &&
	    dst_hold_safe(&rt->dst))
		return rt;
	rt = rt_special(net, dev, type, daddr, genid);
	if (!IS_ERR(rt))
		cache_store(r, slot, rt);
	return rt;
}

/* The sender named its source address: it must be one of ours, unless it may lie. */
static int check_source(struct net *net, const struct flowi4 *fl)
{
	if (fl->flags & FLOWI_FLAG_ANYSRC)
		return 0;
	if (ipv4_is_multicast(fl->saddr) || ipv4_is_lbcast(fl->saddr) || ipv4_is_zeronet(fl->saddr))
		return -EINVAL;
	if (inet_lookup_ifaddr_rcu(net, fl->saddr) || inet_addr_type(net, fl->saddr) == RTN_LOCAL)
		return 0;
	return -ENETUNREACH;
}

/* Multicast and limited broadcast need no table when the device is told by index or by source address. */
static struct net_device *device_for_group(struct net *net, struct flowi4 *fl, struct net_device *out)
{
	struct in_ifaddr *ifa;

	if (out || !fl->saddr || !(ipv4_is_multicast(fl->daddr) || ipv4_is_lbcast(fl->daddr)))
		return out;
	ifa = inet_lookup_ifaddr_rcu(net, fl->saddr);
	return ifa ? ifa->in_dev->dev : NULL;
}

static struct rtable *output_no_table(struct net *net, struct flowi4 *fl, struct net_device *out, u32 genid)
{
	u8 type = ipv4_is_multicast(fl->daddr) ? RTN_MULTICAST
		: ipv4_is_lbcast(fl->daddr)    ? RTN_BROADCAST
					       : RTN_UNICAST;

	if (!fl->saddr)
		fl->saddr = inet_select_addr(net, out, 0, type == RTN_MULTICAST ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
	return rt_special(net, out, type, fl->daddr, genid);
}

static struct rtable *output_to_self(struct net *net, struct flowi4 *fl, struct fib_route *r, u32 genid)
{
	if (!fl->saddr)
		fl->saddr = r->prefsrc && !ipv4_is_loopback(fl->daddr) ? r->prefsrc : fl->daddr;
	return rt_special_cached(net, r, net->loopback_dev, RTN_LOCAL, fl->daddr, genid);
}

static bool in_dev_route_localnet(const struct net *net, const struct net_device *dev)
{
	const struct in_device *in = in_dev_get_rcu(dev);

	return in && IN_DEV_OR(net, in, route_localnet);
}

static struct rtable *output_by_table(struct net *net, struct flowi4 *fl, struct net_device *out, u32 genid)
{
	struct fib_route *r;
	struct rtable *rt;
	int err = fib_lookup(net, fl, &r);

	if (err)
		return out && err == -ENETUNREACH ? output_no_table(net, fl, out, genid) : ERR_PTR(err);
	if (r->type == RTN_LOCAL)
		return output_to_self(net, fl, r, genid);
	if (!fl->saddr)
		fl->saddr =
			r->prefsrc ? r->prefsrc : inet_select_addr(net, r->dev, r->gw ? r->gw : fl->daddr, r->scope);
	if (r->type == RTN_BROADCAST)
		return rt_special_cached(net, r, r->dev, RTN_BROADCAST, fl->daddr, genid);
	if (ipv4_is_multicast(fl->daddr))
		return rt_special_cached(net, r, r->dev, RTN_MULTICAST, fl->daddr, genid);
	if (ipv4_is_lbcast(fl->daddr))
		return rt_special_cached(net, r, r->dev, RTN_BROADCAST, fl->daddr, genid);
	if (ipv4_is_loopback(fl->saddr) && !(r->dev->flags & IFF_LOOPBACK) && !in_dev_route_localnet(net, r->dev))
		return ERR_PTR(-EINVAL); /* 127/8 never appears outside a host (RFC 1122 3.2.1.3) */
	rt = rt_of_route(net, r, fl->daddr, genid, true);
	return rt ? rt : ERR_PTR(-ENOBUFS);
}

static struct rtable *route_output_rcu(struct net *net, struct flowi4 *fl)
{
	u32 genid = rt_genid(net);
	struct net_device *out = NULL;
	int err;

	if (fl->saddr) {
		err = check_source(net, fl);
		if (err)
			return ERR_PTR(err);
	}
	if (fl->oif) {
		out = dev_get_by_index(net, (u32)fl->oif);
		if (!out)
			return ERR_PTR(-ENODEV);
		if (!(out->flags & IFF_UP) || !out->ip_ptr)
			return ERR_PTR(-ENETUNREACH);
	}
	if (!fl->daddr) { /* this host (RFC 1122 3.2.1.3 forbids it on the wire; BSD means oneself) */
		fl->daddr = fl->saddr ? fl->saddr : htonl(INADDR_LOOPBACK);
		if (!fl->saddr)
			fl->saddr = fl->daddr;
	}
	out = device_for_group(net, fl, out);
	if (out && (ipv4_is_local_multicast(fl->daddr) || ipv4_is_lbcast(fl->daddr) || ipv4_is_multicast(fl->daddr)))
		return output_no_table(net, fl, out, genid);
	return output_by_table(net, fl, out, genid);
}

struct rtable *ip_route_output_key(struct net *net, struct flowi4 *fl)
{
	struct rtable *rt;

	rcu_read_lock();
	rt = route_output_rcu(net, fl);
	rcu_read_unlock();
	return rt;
}

u8 inet_addr_type(struct net *net, __be32 addr)
{
	struct flowi4 fl = { .daddr = addr };
	struct fib_route *r;
	u8 type = RTN_UNICAST;

	if (ipv4_is_zeronet(addr) || ipv4_is_lbcast(addr))
		return RTN_BROADCAST;
	if (ipv4_is_multicast(addr))
		return RTN_MULTICAST;
	rcu_read_lock();
	if (inet_lookup_ifaddr_rcu(net, addr))
		type = RTN_LOCAL;
	else if (!fib_table_lookup(&net->ipv4->local, &fl, &r))
		type = r->type;
	rcu_read_unlock();
	return type;
}

/* --- start ------------------------------------------------------------------------------------------------------ */

void ip_rt_cache_init(void)
{
	rt_cache = kmem_cache_create("ip_dst_cache", sizeof(struct rtable), 0, SLAB_HWCACHE_ALIGN, NULL);
	BUG_UNLESS(rt_cache);
}

int ip_rt_init(struct net *net)
{
	static const u8 types[] = { RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST };
	struct netns_ipv4 *v4 = net->ipv4;

	spin_lock_init(&v4->rt_lock);
	INIT_LIST_HEAD(&v4->rt_all);
	v4->local.id = RT_TABLE_LOCAL;
	v4->main.id = RT_TABLE_MAIN;
	v4->rt_hint = alloc_percpu(struct rt_hint); /* zeroed: no device is NULL */
	v4->fib_hint = alloc_percpu(struct fib_hint);
	v4->ident_hint = alloc_percpu(struct ident_hint);
	if (!v4->rt_hint || !v4->fib_hint || !v4->ident_hint)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct rtable *rt = kmem_cache_zalloc(rt_cache, GFP_KERNEL);

		if (!rt)
			return -ENOMEM;
		refcount_set(&rt->dst.refcnt, 1);
		rt->dst.input = ip_local_deliver;
		rt->dst.output = ip_output;
		rt->rt_type = types[i];
		rt->rt_is_input = true;
		rt->net = net;
		v4->rt_deliver[types[i]] = rt;
	}
	return pmtu_init(net);
}

void ip_rt_exit(struct net *net)
{
	fib_table_free(net, &net->ipv4->local);
	fib_table_free(net, &net->ipv4->main);
	pmtu_exit(net);
	free_percpu(net->ipv4->rt_hint);
	free_percpu(net->ipv4->ident_hint);
	free_percpu(net->ipv4->fib_hint);
	for (u32 i = 0; i <= RTN_MULTICAST; i++)
		if (net->ipv4->rt_deliver[i])
			kmem_cache_free(rt_cache, net->ipv4->rt_deliver[i]);
}
