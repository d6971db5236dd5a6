/* net/ipv4/route_input.c - where does a received packet go?
 *
 * What:   for us (the usual packet: two probes of the address hash, no allocation), on to somebody else, or nowhere;
 *         and whether it may have come from where it says.
 * Called: ip_input.c for each packet that has no route yet. Softirq, RCU.
 * Calls:  route.c, fib_trie.c, devinet.c.
 * Locks:  RCU; each CPU's hint is its own.
 */
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"

/* Would a packet to saddr leave by dev? rp_filter 1 demands it, 2 only that some way exists (RFC 3704 2.2, 2.4). */
static int reverse_path_ok(struct net *net, __be32 saddr, u8 tos, struct net_device *dev, int mode)
{
	struct flowi4 fl = { .daddr = saddr, .tos = tos };
	struct fib_route *r;

	if (fib_lookup(net, &fl, &r))
		return -EXDEV;
	if (r->type != RTN_UNICAST)
		return -EINVAL;
	return mode == 1 && r->dev != dev ? -EXDEV : 0;
}

static bool is_broadcast_of(const struct in_device *in, __be32 addr)
{
	for (const struct in_ifaddr *ifa = rcu_dereference(in->ifa_list); ifa; ifa = rcu_dereference(ifa->next))
		if (unlikely(addr == ifa->ifa_broadcast))
			return true;
	return false;
}

/* No packet comes from everybody (RFC 1122 3.2.1.3 (d)). Linux lets it pass unless rp_filter is on. */
static int validate_source(struct net *net, struct in_device *in, __be32 saddr, u8 tos)
{
	int rp = IN_DEV_MAX(net, in, rp_filter);

	if (in->dev->flags & IFF_LOOPBACK)
		return 0;
	if (ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr))
		return -EINVAL;
	if (ipv4_is_loopback(saddr) && !IN_DEV_OR(net, in, route_localnet))
		return -EINVAL;
	if (unlikely(rp))
		return reverse_path_ok(net, saddr, tos, in->dev, rp);
	if (unlikely(is_broadcast_of(in, saddr)) ||
	    (inet_lookup_ifaddr_rcu(net, saddr) && !in->cnf.accept_local))
		return -EINVAL;
	if (unlikely(net->ipv4->custom_local_routes) && inet_addr_type(net, saddr) == RTN_LOCAL)
		return -EINVAL;
	return 0;
}

static int refuse(struct net *net, struct in_device *in, __be32 daddr, __be32 saddr, int err,
		  enum skb_drop_reason *reason)
{
	*reason = err == -EXDEV				      ? SKB_DROP_REASON_IP_RPFILTER
		: err == -ENETUNREACH || err == -EHOSTUNREACH ? SKB_DROP_REASON_IP_INNOROUTES
							      : SKB_DROP_REASON_IP_INADDRERRORS;
	if (IN_DEV_OR(net, in, log_martians) && err == -EINVAL)
		pr_warn("martian source %pI4 for %pI4 on %s\n", &saddr, &daddr, in->dev->name);
	return err;
}

static int deliver(struct net *net, struct sk_buff *skb, u8 type)
{
	skb_dst_set_noref(skb, &net->ipv4->rt_deliver[type]->dst);
	return 0;
}

/* Who cannot be reached through us gets told by ip_error(), which runs as the input function of this route. */
static int route_error(struct net *net, struct sk_buff *skb, struct net_device *dev, int err)
{
	struct rtable *rt = rt_special(net, dev, RTN_UNREACHABLE, ip_hdr(skb)->daddr, rt_genid(net));

	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	rt->dst.input = ip_error;
	rt->rt_pmtu = (u32)-err; /* the errno travels here: such a route has no MTU */
	skb_dst_set(skb, &rt->dst);
	return 0;
}

static int input_forward(struct net *net, struct sk_buff *skb, struct fib_route *r, __be32 daddr, u32 genid)
{
	struct rtable *rt = rt_of_route(net, r, daddr, genid, false);

	if (!rt)
		return -ENOBUFS;
	skb_dst_set_noref(skb, &rt->dst);
	return 0;
}

static int input_by_table(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos, struct in_device *in,
			  enum skb_drop_reason *reason)
{
	struct flowi4 fl = { .daddr = daddr, .saddr = saddr, .tos = tos, .iif = (int)in->dev->ifindex };
	struct net *net = in->dev->net;
	u32 genid = rt_genid(net);
	struct fib_route *r;
	int err = fib_lookup(net, &fl, &r), forward = net->ipv4->sysctl.ip_forward || in->cnf.forwarding;

	if (!err && r->type == RTN_BROADCAST)
		return deliver(net, skb, RTN_BROADCAST);
	if (!err && r->type == RTN_LOCAL)
		return deliver(net, skb, RTN_LOCAL);
	if (!forward || skb->pkt_type != PACKET_HOST) {
		*reason = SKB_DROP_REASON_IP_INADDRERRORS;
		return -EHOSTUNREACH;
	}
	if (err) {
		*reason = SKB_DROP_REASON_IP_INNOROUTES;
		NET_INC_STATS(net, IPEXT_INNOROUTES);
		return err == -EINVAL ? err : route_error(net, skb, in->dev, err);
	}
	if (r->type != RTN_UNICAST) {
		*reason = SKB_DROP_REASON_IP_INADDRERRORS;
		return -EINVAL;
	}
	*reason = SKB_DROP_REASON_NOMEM;
	return input_forward(net, skb, r, daddr, genid);
}

/* The usual packet, for one of our addresses, costs two probes of the address hash and no allocation. */
int ip_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos, struct net_device *dev,
		   enum skb_drop_reason *reason)
{
	struct in_device *in = in_dev_get_rcu(dev);
	struct net *net = dev->net;
	u32 genid;
	int err;

	*reason = SKB_DROP_REASON_IP_INADDRERRORS;
	if (unlikely(!in))
		return -EINVAL;
	if (ipv4_is_multicast(daddr)) {
		if (!ip_check_mc_rcu(in, daddr))
			return -EHOSTUNREACH;
		if (ipv4_is_multicast(saddr) || ipv4_is_lbcast(saddr) ||
		    (ipv4_is_loopback(saddr) && !(dev->flags & IFF_LOOPBACK)))
			return refuse(net, in, daddr, saddr, -EINVAL, reason);
		return deliver(net, skb, RTN_MULTICAST);
	}
	if (unlikely(ipv4_is_lbcast(daddr) || (!saddr && !daddr))) {
		err = saddr ? validate_source(net, in, saddr, tos) : 0;
		return err ? refuse(net, in, daddr, saddr, err, reason) : deliver(net, skb, RTN_BROADCAST);
	}
	if (unlikely(ipv4_is_zeronet(saddr) || ipv4_is_zeronet(daddr)))
		return refuse(net, in, daddr, saddr, -EINVAL, reason);
	if (unlikely(ipv4_is_loopback(daddr) && !(dev->flags & IFF_LOOPBACK) && !IN_DEV_OR(net, in, route_localnet)))
		return refuse(net, in, daddr, saddr, -EINVAL, reason);
	genid = rt_genid(net);
	err = validate_source(net, in, saddr, tos);
	if (unlikely(err))
		return refuse(net, in, daddr, saddr, err, reason);
	if (likely(inet_lookup_ifaddr_rcu(net, daddr))) {
		if (!IN_DEV_MAX(net, in, rp_filter)) /* whose answer depends on more than this pair */
			*this_cpu_ptr(net->ipv4->rt_hint) = (struct rt_hint){ genid, daddr, saddr, dev };
		return deliver(net, skb, RTN_LOCAL);
	}
	return input_by_table(skb, daddr, saddr, tos, in, reason);
}
