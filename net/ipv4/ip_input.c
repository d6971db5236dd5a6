/* net/ipv4/ip_input.c - an IPv4 packet arrives
 *
 * What:   the checks of RFC 791 and RFC 1122 3.2.1, trimming, the PRE_ROUTING hook, the route, then for packets to this
 *         host reassembly, the LOCAL_IN hook, raw sockets and the transport.
 * Called: net/core through the packet_type of ETH_P_IP, in NET_RX softirq.
 * Calls:  route.c, ip_options.c, ip_fragment.c, raw.c, and inet_protos[].
 * Locks:  RCU, which softirq holds.
 */
#include "net/ipv4/internal.h"
#include "net/netfilter/netfilter.h"

const struct net_protocol *inet_protos[256];

int inet_add_protocol(const struct net_protocol *p, u8 protocol)
{
	const struct net_protocol *none = NULL;

	return __atomic_compare_exchange_n(&inet_protos[protocol], &none, p, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)
		? 0
		: -EBUSY;
}

static int drop(struct sk_buff *skb, enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

/* Nobody took it: RFC 1122 3.2.2.1 wants a Protocol Unreachable. */
static int no_protocol(struct net *net, struct sk_buff *skb)
{
	NET_INC_STATS(net, IP_INUNKNOWNPROTOS);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0);
	return drop(skb, SKB_DROP_REASON_IP_NOPROTO);
}

static int ip_local_deliver_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	u8 protocol = iph->protocol;
	const struct net_protocol *p = rcu_dereference(inet_protos[protocol]);
	bool raw;

	__skb_pull(skb, iph->ihl * 4u);
	skb_reset_transport_header(skb);
	raw = raw_local_deliver(net, skb, protocol);
	if (likely(p)) {
		NET_INC_STATS(net, IP_INDELIVERS);
		return p->handler(skb);
	}
	if (!raw)
		return no_protocol(net, skb);
	NET_INC_STATS(net, IP_INDELIVERS);
	consume_skb(skb);
	return 0;
}

int ip_local_deliver(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;

	if (unlikely(ip_hdr(skb)->frag_off & htons(0x3fff)) && ip_defrag(net, &skb))
		return 0;
	return NF_HOOK(NF_INET_LOCAL_IN, net, NULL, skb, skb->dev, NULL, ip_local_deliver_finish);
}

static void count_groups(struct net *net, const struct sk_buff *skb)
{
	u8 type = skb_rtable(skb)->rt_type;

	if (type == RTN_MULTICAST)
		NET_INC_STATS(net, IPEXT_INMCASTPKTS);
	else if (type == RTN_BROADCAST)
		NET_INC_STATS(net, IPEXT_INBCASTPKTS);
}

/* RFC 1122 3.3.6: a link-layer broadcast must not carry a unicast address. */
static bool unicast_in_broadcast(const struct sk_buff *skb)
{
	return (skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST) &&
	       skb_rtable(skb)->rt_type == RTN_UNICAST;
}

static int ip_rcv_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct net_device *dev = skb->dev;
	enum skb_drop_reason reason;

	if (!skb->dst && !rt_hinted(net, skb, dev, iph) &&
	    unlikely(ip_route_input(skb, iph->daddr, iph->saddr, iph->tos & IPTOS_RT_MASK, dev, &reason))) {
		if (reason == SKB_DROP_REASON_IP_INADDRERRORS)
			NET_INC_STATS(net, IP_INADDRERRORS);
		return drop(skb, reason);
	}
	if (unlikely(iph->ihl > 5) && ip_options_rcv(skb, dev)) {
		NET_INC_STATS(net, IP_INHDRERRORS);
		return drop(skb, SKB_DROP_REASON_IP_OPTIONS);
	}
	if (unlikely(skb->pkt_type != PACKET_HOST)) {
		count_groups(net, skb);
		if (unicast_in_broadcast(skb))
			return drop(skb, SKB_DROP_REASON_IP_INADDRERRORS);
	}
	return dst_input(skb);
}

/* RFC 1122 3.2.1.1 to 3.2.1.3: version, length, checksum, total length. Trims link padding. 0 or the reason. */
static inline enum skb_drop_reason check_header(struct net *net, struct sk_buff *skb)
{
	const struct iphdr *iph;
	u32 ihl = 5, len;

	if (unlikely(!pskb_may_pull(skb, sizeof(*iph))))
		return SKB_DROP_REASON_IP_INHDR;
	iph = (const struct iphdr *)skb->data;
	if (unlikely(*(const u8 *)iph != 0x45)) { /* version 4 without options: nearly all */
		ihl = iph->ihl;
		if (ihl < 5 || iph->version != 4)
			return SKB_DROP_REASON_IP_INHDR;
		if (!pskb_may_pull(skb, ihl * 4u))
			return SKB_DROP_REASON_IP_INHDR;
		iph = (const struct iphdr *)skb->data;
	}
	if (unlikely(ihl == 5 ? !ip_header_sum_ok(iph) : ip_fast_csum(iph, ihl) != 0))
		return SKB_DROP_REASON_IP_CSUM;
	len = ntohs(iph->tot_len);
	if (unlikely(skb->len < len)) {
		NET_INC_STATS(net, IPEXT_INTRUNCATEDPKTS);
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	}
	if (unlikely(len < ihl * 4u))
		return SKB_DROP_REASON_IP_INHDR;
	skb->transport_header = (u16)(skb->network_header + ihl * 4u);
	if (len == skb->len)
		return SKB_NOT_DROPPED_YET;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE; /* the sum held the padding */
	return pskb_trim(skb, len) ? SKB_DROP_REASON_NOMEM : SKB_NOT_DROPPED_YET;
}

static struct sk_buff *refuse(struct net *net, struct sk_buff *skb, enum skb_drop_reason reason)
{
	if (reason == SKB_DROP_REASON_NOMEM)
		NET_INC_STATS(net, IP_INDISCARDS);
	else if (reason != SKB_DROP_REASON_PKT_TOO_SMALL) /* that one was cut on the way: it has a count of its own */
		NET_INC_STATS(net, IP_INHDRERRORS);
	drop(skb, reason);
	return NULL;
}

/* A tap holds skb too: the stack goes on with a clone. NULL without memory. */
static struct sk_buff *own_copy(struct net *net, struct sk_buff *skb)
{
	struct sk_buff *own = skb_clone(skb, GFP_ATOMIC);

	consume_skb(skb);
	if (!own)
		NET_INC_STATS(net, IP_INDISCARDS);
	return own;
}

/* Checks a received packet and prepares its control block. NULL: it was eaten. */
static inline __attribute__((always_inline)) struct sk_buff *ip_rcv_core(struct sk_buff *skb, struct net_device *dev,
									  struct net *net, struct net_mib *mib)
{
	enum skb_drop_reason reason;

	if (unlikely(skb->pkt_type == PACKET_OTHERHOST)) {
		drop(skb, SKB_DROP_REASON_OTHERHOST);
		return NULL;
	}
	mib->v[MIB_IP_INRECEIVES]++;
	mib->v[MIB_IPEXT_INOCTETS] += skb->len;
	if (unlikely(skb_shared(skb))) {
		skb = own_copy(net, skb);
		if (!skb)
			return NULL;
	}
	reason = check_header(net, skb);
	if (unlikely(reason))
		return refuse(net, skb, reason);
	/* By RFC 3168's two bits; the counters stand in their order. */
	mib->v[MIB_IPEXT_INNOECTPKTS + (((const struct iphdr *)skb->data)->tos & 3)] +=
		max(skb_shinfo(skb)->gso_segs, (u16)1);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	IPCB(skb)->iif = (int)dev->ifindex;
	return skb;
}

int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	struct net *net = dev->net;

	skb = ip_rcv_core(skb, dev, net, this_cpu_ptr(net->mib));
	if (!skb)
		return NET_RX_DROP;
	return NF_HOOK(NF_INET_PRE_ROUTING, net, NULL, skb, dev, NULL, ip_rcv_finish);
}

/* A batch from one device: the same steps, and whoever hooks is looked up once. */
static void ip_list_rcv(struct sk_buff *list, struct packet_type *pt)
{
	struct net_device *dev = list->dev;
	struct net *net = dev->net;
	struct net_mib *mib = this_cpu_ptr(net->mib);
	const struct nf_hook_entries *hooks = rcu_dereference(net->nf->hooks_ipv4[NF_INET_PRE_ROUTING]);
	struct nf_hook_state st = { NF_INET_PRE_ROUTING, NFPROTO_IPV4, dev, NULL, NULL, net, ip_rcv_finish };

	while (list) {
		struct sk_buff *skb = list;

		list = skb->next;
		skb->next = NULL;
		skb = ip_rcv_core(skb, dev, net, mib);
		if (likely(skb) && (likely(!hooks) || nf_hook_run(skb, &st, hooks) == 1))
			ip_rcv_finish(net, NULL, skb);
	}
}

static struct packet_type ip_packet_type = { .type = htons(ETH_P_IP), .func = ip_rcv, .list_func = ip_list_rcv };
void ip_input_register(void) { dev_add_pack(&ip_packet_type); }
