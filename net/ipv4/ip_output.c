/* net/ipv4/ip_output.c - an IPv4 packet leaves
 *
 * What:   headers for those who send, LOCAL_OUT, the route's output function, POST_ROUTING, fragmentation when it does
 *         not fit, and the neighbour.
 * Called: transports (ip_queue_xmit and its kin), ip_forward.c through dst.output. Process or softirq.
 * Calls:  route.c, ip_fragment_out.c, neighbour, dev_queue_xmit().
 * Locks:  RCU around a cached route; no lock of its own.
 */
#include "kernel/random.h"
#include "net/ipv4/internal.h"
#include "net/netfilter/netfilter.h"
#include <linux/if_arp.h>

/* --- down to the device ------------------------------------------------------------------------------------------ */

static int fail(struct sk_buff *skb, enum skb_drop_reason reason, int err)
{
	kfree_skb_reason(skb, reason);
	return err;
}

/* RFC 1112 6.4: the low 23 bits of a group go into its Ethernet address. */
static void group_to_mac(__be32 group, u8 *mac)
{
	u32 g = ntohl(group);

	mac[0] = 0x01;
	mac[1] = 0x00;
	mac[2] = 0x5e;
	mac[3] = g >> 16 & 0x7f;
	mac[4] = (u8)(g >> 8);
	mac[5] = (u8)g;
}

/* Broadcast, multicast, and devices without neighbours: the link address needs no question. */
static noinline int output_no_neighbour(struct sk_buff *skb, struct net_device *dev, u8 type)
{
	u8 mac[MAX_ADDR_LEN] = { 0 };

	if (unlikely(skb_headroom(skb) < dev->hard_header_len) && pskb_expand_head(skb, 64, 0, GFP_ATOMIC))
		return fail(skb, SKB_DROP_REASON_NOMEM, -ENOMEM);
	if (type == RTN_MULTICAST && !(dev->flags & (IFF_LOOPBACK | IFF_NOARP)))
		group_to_mac(ip_hdr(skb)->daddr, mac);
	else
		memcpy(mac, type == RTN_LOCAL ? dev->dev_addr : dev->broadcast, dev->addr_len);
	if (dev_hard_header(skb, dev, ETH_P_IP, mac, NULL, skb->len) < 0)
		return fail(skb, SKB_DROP_REASON_DEV_HDR, -EINVAL);
	return dev_queue_xmit(skb);
}

/* The next hop's neighbour, kept at the route from now on. NULL without memory. RCU. */
static noinline struct neighbour *bind_neighbour(struct net *net, struct rtable *rt, __be32 daddr)
{
	__be32 hop = rt->rt_uses_gateway ? rt->rt_gateway : daddr;
	struct neighbour *n = neigh_lookup(&net->ipv4->arp_tbl, &hop, rt->dst.dev, true), *old;

	if (!n)
		return NULL;
	old = __atomic_exchange_n(&rt->dst.neigh, n, __ATOMIC_ACQ_REL);
	if (old)
		neigh_release(old);
	return n;
}

/* Eats skb. skb->dev, skb->dst and skb->protocol are set. */
static inline __attribute__((always_inline)) int to_neighbour(struct net *net, struct sk_buff *skb)
{
	struct rtable *rt = skb_rtable(skb);
	struct net_device *dev = skb->dev;
	struct neighbour *n;
	int ret;

	if (unlikely(rt->rt_type != RTN_UNICAST || dev->flags & (IFF_LOOPBACK | IFF_NOARP)))
		return output_no_neighbour(skb, dev, rt->rt_type);
	rcu_read_lock();
	n = rcu_dereference(rt->dst.neigh);
	if (unlikely(!n || READ_ONCE(n->dead)))
		n = bind_neighbour(net, rt, ip_hdr(skb)->daddr);
	if (unlikely(!n)) {
		rcu_read_unlock();
		return fail(skb, SKB_DROP_REASON_NEIGH_CREATEFAIL, -ENOBUFS);
	}
	ret = neigh_output(n, skb);
	rcu_read_unlock();
	return ret;
}

int ip_finish_output2(struct net *net, struct sock *sk, struct sk_buff *skb) { return to_neighbour(net, skb); }

/* The largest packet that may leave unfragmented. */
static u32 output_mtu(const struct net *net, const struct sock *sk, const struct sk_buff *skb)
{
	struct net_device *dev = skb->dst->dev;

	if (IPCB(skb)->flags & IPSKB_FORWARDED && !net->ipv4->sysctl.ip_forward_use_pmtu)
		return min(dev->mtu, 65535u);
	if (sk && sk->sk_family == AF_INET && inet_sk(sk)->pmtudisc >= IP_PMTUDISC_PROBE)
		return min(dev->mtu, 65535u);
	return dst_mtu(skb->dst);
}

static int output_too_big(struct net *net, struct sock *sk, struct sk_buff *skb, u32 mtu)
{
	u32 seen = IPCB(skb)->frag_max_size;

	if (likely(!(ip_hdr(skb)->frag_off & htons(0x4000))) || skb->ignore_df) {
		/* Reassembled here from fragments that said DF: no larger than those were. */
		return ip_do_fragment(net, sk, skb, seen && seen < mtu ? seen : mtu);
	}
	NET_INC_STATS(net, IP_FRAGFAILS);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
	return fail(skb, SKB_DROP_REASON_FRAG_NEEDED, -EMSGSIZE);
}

static int output_fits_or_not(struct net *net, struct sock *sk, struct sk_buff *skb, u32 mtu)
{
	return skb->len > mtu ? output_too_big(net, sk, skb, mtu) : ip_finish_output2(net, sk, skb);
}

/* Segments that are larger than the link takes: cut first, so that fragmentation sees ordinary packets. */
static int output_narrow_gso(struct net *net, struct sock *sk, struct sk_buff *skb, u32 mtu)
{
	struct sk_buff *segs;
	int ret = 0;

	skb_reset_mac_header(skb);
	segs = skb_gso_segment(skb, skb->dev->features & ~(NETIF_F_ALL_TSO | NETIF_F_GSO));
	if (IS_ERR(segs))
		return fail(skb, SKB_DROP_REASON_SKB_GSO_SEG, (int)PTR_ERR(segs));
	consume_skb(skb);
	while (segs) {
		struct sk_buff *next = segs->next;
		int err;

		segs->next = NULL;
		err = output_fits_or_not(net, sk, segs, mtu);
		if (err && !ret)
			ret = err;
		segs = next;
	}
	return ret;
}

static int ip_finish_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	u32 mtu;

	if (likely(dst_fits(skb->dst, skb->len)))
		return to_neighbour(net, skb); /* nearly all: inline, 9 instructions */
	mtu = output_mtu(net, sk, skb);
	if (skb_is_gso(skb))
		return likely(skb_gso_validate_network_len(skb, mtu)) ? ip_finish_output2(net, sk, skb)
								      : output_narrow_gso(net, sk, skb, mtu);
	if (unlikely(skb->len > mtu))
		return output_too_big(net, sk, skb, mtu);
	return ip_finish_output2(net, sk, skb);
}

/* dst.output of unicast routes. Eats skb. */
int ip_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct net_device *in = skb->dev, *dev = skb->dst->dev;

	NET_ADD_STATS(net, IPEXT_OUTOCTETS, skb->len);
	skb->dev = dev;
	return NF_HOOK(NF_INET_POST_ROUTING, net, sk, skb, in, dev, ip_finish_output);
}

/* A copy for the listeners on this host (RFC 1112 7.2, IP_MULTICAST_LOOP). */
static void loop_back(struct net *net, struct sk_buff *skb, u8 type)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);

	if (!copy)
		return;
	skb_orphan(copy);
	skb_dst_drop(copy);
	skb_dst_set_noref(copy, &net->ipv4->rt_deliver[type]->dst);
	skb_reset_mac_header(copy);
	copy->pkt_type = PACKET_LOOPBACK;
	if (copy->ip_summed != CHECKSUM_PARTIAL)
		copy->ip_summed = CHECKSUM_UNNECESSARY;
	netif_rx(copy);
}

static bool wants_loop(const struct sock *sk, const struct sk_buff *skb, const struct net_device *dev, u8 type)
{
	struct in_device *in = in_dev_get_rcu(dev);

	if (dev->flags & IFF_LOOPBACK || IPCB(skb)->flags & IPSKB_FORWARDED)
		return false;
	if (type == RTN_BROADCAST)
		return true;
	if (sk && sk->sk_family == AF_INET && !inet_sk(sk)->mc_loop)
		return false;
	return in && ip_check_mc_rcu(in, ip_hdr(skb)->daddr);
}

/* dst.output of multicast and broadcast routes. Eats skb. */
int ip_mc_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct net_device *dev = skb->dst->dev;
	u8 type = skb_rtable(skb)->rt_type;

	NET_ADD_STATS(net, IPEXT_OUTOCTETS, skb->len);
	if (type == RTN_MULTICAST)
		NET_INC_STATS(net, IPEXT_OUTMCASTPKTS);
	else
		NET_INC_STATS(net, IPEXT_OUTBCASTPKTS);
	skb->dev = dev;
	rcu_read_lock();
	if (wants_loop(sk, skb, dev, type))
		loop_back(net, skb, type);
	rcu_read_unlock();
	if (type == RTN_MULTICAST && !ip_hdr(skb)->ttl) { /* RFC 1112 6.1: never beyond this host */
		consume_skb(skb);
		return 0;
	}
	return NF_HOOK(NF_INET_POST_ROUTING, net, sk, skb, NULL, dev, ip_finish_output);
}

/* Length and checksum go in, LOCAL_OUT looks, then the route's output. Eats skb; 0 or -errno. */
int ip_local_out(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	struct iphdr *iph = ip_hdr(skb);
	int err;

	NET_INC_STATS(net, IP_OUTREQUESTS);
	iph->tot_len = htons((u16)skb->len);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	err = NF_HOOK(NF_INET_LOCAL_OUT, net, sk, skb, NULL, skb->dst->dev, dst_output);
	return err > 0 ? (err == NET_XMIT_CN ? 0 : -ENOBUFS) : err;
}

/* As ip_local_out, for datagrams: a full queue is not the program's fault unless it asked (IP_RECVERR). */
int ip_send_skb(struct net *net, struct sk_buff *skb)
{
	struct sock *sk = skb->sk; /* whose program is in this call, so that it outlives skb */
	int err = ip_local_out(net, sk, skb);

	if (likely(!err))
		return 0;
	NET_INC_STATS(net, IP_OUTDISCARDS);
	return err == -ENOBUFS && !(sk && inet_sk(sk)->recverr) ? 0 : err;
}

/* --- identification (RFC 6864) ----------------------------------------------------------------------------------- */

/* Out of line: hardly any packet comes here, and the others need not save registers for it (20 instructions). */
static noinline u32 new_ident_hash(struct net *net, u32 daddr, u32 saddr, u32 proto)
{
	u32 hash = hsiphash_3u32(daddr, saddr, proto, &net->ipv4->hash_key);

	local_bh_disable();
	*this_cpu_ptr(net->ipv4->ident_hint) = (struct ident_hint){ daddr, saddr, proto, hash };
	local_bh_enable();
	return hash;
}
/* The keyed hash of where the packet comes from and goes to; the last one of this CPU is known. A softirq may replace
 * it between two of our instructions: then the hash differs. */
static u32 ident_hash(struct net *net, const struct iphdr *iph)
{
	struct ident_hint *h = this_cpu_ptr(net->ipv4->ident_hint);
	u32 daddr = (__force u32)iph->daddr, saddr = (__force u32)iph->saddr, hash = READ_ONCE(h->hash);

	barrier();
	if (likely(h->daddr == daddr && h->saddr == saddr && h->proto == iph->protocol)) {
		barrier();
		if (likely(READ_ONCE(h->hash) == hash))
			return hash;
	}
	return new_ident_hash(net, daddr, saddr, iph->protocol);
}

u16 ip_draw_ident(struct net *net, const struct iphdr *iph, u32 segs)
{
	u32 h = ident_hash(net, iph);

	return (u16)((u32)atomic_add_return((int)segs, &net->ipv4->ip_id[h % IP_ID_BUCKETS]) - segs + 1 + (h >> 16));
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

static inline struct iphdr *push_header(struct sk_buff *skb, u32 optlen, u8 tos, u8 ttl, u8 proto, __be32 saddr,
					__be32 daddr, bool df)
{
	struct iphdr *iph = skb_push(skb, (u32)sizeof(*iph) + optlen);

	skb_reset_network_header(skb);
	*(__be16 *)iph = htons((u16)(4 << 12 | (5 + (optlen >> 2)) << 8 | tos));
	iph->frag_off = df ? htons(0x4000) : 0;
	iph->ttl = ttl;
	iph->protocol = proto;
	iph->saddr = saddr;
	iph->daddr = daddr;
	return iph;
}

static void connected_flow(const struct sock *sk, struct flowi4 *fl)
{
	const struct inet_sock *inet = inet_sk(sk);

	*fl = (struct flowi4){ .oif = sk->sk_bound_dev_if, .daddr = sk->sk_daddr, .saddr = inet->inet_saddr,
			       .proto = (u8)sk->sk_protocol, .tos = inet->tos & IPTOS_RT_MASK, .mark = sk->sk_mark,
			       .sport = inet->inet_sport, .dport = sk->sk_dport, .uid = sk->sk_uid,
			       .flags = inet_sk_flowi_flags(sk) ? FLOWI_FLAG_ANYSRC : 0 };
	if (inet->inet_opt && inet->inet_opt->srr)
		fl->daddr = inet->inet_opt->faddr;
}

/* The socket's route, renewed when outdated. Referenced through the socket, which the caller owns. ERR_PTR. */
static struct rtable *socket_route(struct sock *sk)
{
	struct rtable *rt = (struct rtable *)sk->sk_dst_cache;
	struct flowi4 fl;

	if (likely(rt && rt_is_valid(rt)))
		return rt;
	connected_flow(sk, &fl);
	rt = ip_route_output_key(sk->sk_net, &fl);
	if (!IS_ERR(rt))
		sk_dst_set(sk, &rt->dst);
	return rt;
}

int ip_queue_xmit(struct sock *sk, struct sk_buff *skb)
{
	struct inet_sock *inet = inet_sk(sk);
	const struct ip_options *opt = inet->inet_opt;
	struct net *net = sk->sk_net;
	struct rtable *rt = socket_route(sk);

	if (IS_ERR(rt)) {
		NET_INC_STATS(net, IP_OUTNOROUTES);
		return fail(skb, SKB_DROP_REASON_IP_OUTNOROUTES, -EHOSTUNREACH);
	}
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, &rt->dst); /* the socket has a reference, and RCU keeps it if another takes its place */
	push_header(skb, opt ? opt->optlen : 0, inet->tos, ip_sk_ttl(net, sk, sk->sk_daddr), (u8)sk->sk_protocol,
		    inet->inet_saddr, sk->sk_daddr, ip_sk_dont_fragment(sk) && !skb->ignore_df);
	if (unlikely(opt))
		ip_options_build(skb, opt, sk->sk_daddr, inet->inet_saddr);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(net, skb, sk);
	skb->priority = sk->sk_priority;
	skb->mark = sk->sk_mark;
	return ip_local_out(net, sk, skb);
}

/* Pushes a header without options, not to be fragmented, and sends. Eats skb, which has its route. */
static int send_plain(struct net *net, struct sock *sk, struct sk_buff *skb, u8 proto, __be32 saddr, __be32 daddr,
		      u8 tos, u8 ttl)
{
	push_header(skb, 0, tos, ttl, proto, saddr, daddr, true);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(net, skb, NULL);
	return ip_local_out(net, sk, skb);
}

int ip_build_and_send_pkt(struct sk_buff *skb, struct sock *sk, __be32 saddr, __be32 daddr, u8 tos)
{
	skb->priority = sk->sk_priority;
	skb->mark = sk->sk_mark;
	return send_plain(sk->sk_net, sk, skb, (u8)sk->sk_protocol, saddr, daddr, tos,
			  ip_sk_ttl(sk->sk_net, sk, daddr));
}

int ip_send_unicast_skb(struct net *net, struct sk_buff *skb, __be32 saddr, __be32 daddr, u8 proto, u8 tos, u32 mark,
			int oif)
{
	struct flowi4 fl = { .oif = oif, .daddr = daddr, .saddr = saddr, .proto = proto, .tos = tos & IPTOS_RT_MASK,
			     .mark = mark, .flags = FLOWI_FLAG_ANYSRC };
	struct rtable *rt = ip_route_output_key(net, &fl);

	if (IS_ERR(rt)) {
		NET_INC_STATS(net, IP_OUTNOROUTES);
		return fail(skb, SKB_DROP_REASON_IP_OUTNOROUTES, (int)PTR_ERR(rt));
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	skb->mark = mark;
	return send_plain(net, NULL, skb, proto, fl.saddr, daddr, tos, (u8)net->ipv4->sysctl.ip_default_ttl);
}

void icmp_send_prepared(struct net *net, struct sk_buff *skb, const struct flowi4 *fl, u8 tos)
{
	push_header(skb, 0, tos, (u8)net->ipv4->sysctl.ip_default_ttl, fl->proto, fl->saddr, fl->daddr, false);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(net, skb, NULL);
	skb->mark = fl->mark;
	ip_local_out(net, NULL, skb);
}

/* The IP header of a datagram whose transport header stands at skb->data. */
void ip_set_hdr(struct net *net, struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl,
		const struct ipcm_cookie *ipc, u8 ttl)
{
	const struct ip_options *opt = ipc->opt;
	u32 optlen = unlikely(opt) ? opt->optlen : 0;
	struct inet_sock *inet = inet_sk(sk);
	u8 tos = ipc->tos >= 0 ? (u8)ipc->tos : inet->tos;
	bool df = inet->pmtudisc == IP_PMTUDISC_WANT
			? dst_fits(skb->dst, skb->len + 20 + optlen)
			: inet->pmtudisc == IP_PMTUDISC_DO || inet->pmtudisc == IP_PMTUDISC_PROBE;

	if (likely(!opt)) {
		push_header(skb, 0, tos, ttl, fl->proto, fl->saddr, fl->daddr, df);
	} else {
		push_header(skb, optlen, tos, ttl, fl->proto, fl->saddr, fl->daddr, df);
		ip_options_build(skb, opt, ipc->addr, fl->saddr);
	}
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(net, skb, sk);
	skb->mark = ipc->mark;
	skb->priority = ipc->priority;
}
