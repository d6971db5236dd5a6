/* net/ipv4/ip_forward.c - a packet for somebody else passes through (RFC 1812 5.2, 5.3)
 *
 * Called: as dst.input of forwarding routes, in softirq.
 * Calls:  FORWARD hook, dst.output; icmp.c for time exceeded, fragmentation needed, unreachable.
 * Locks:  RCU.
 * Absent: redirects to the sender (the route may lead back where the packet came from: it is forwarded silently).
 */
#include "net/ipv4/internal.h"
#include "net/netfilter/netfilter.h"

static int drop(struct sk_buff *skb, enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
	return NET_RX_DROP;
}

static int ip_forward_finish(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	NET_INC_STATS(net, IP_FORWDATAGRAMS);
	if (unlikely(ip_hdr(skb)->ihl > 5))
		ip_forward_options(skb);
	skb->tstamp_ns = 0;
	return dst_output(net, sk, skb);
}

static bool too_big(const struct sk_buff *skb, u32 mtu)
{
	if (skb->len <= mtu || !(ip_hdr(skb)->frag_off & htons(0x4000)) || skb->ignore_df)
		return false;
	return !skb_is_gso(skb) || !skb_gso_validate_network_len(skb, mtu);
}

int ip_forward(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;
	struct rtable *rt = skb_rtable(skb);
	u32 mtu;

	if (skb->pkt_type != PACKET_HOST)
		return drop(skb, SKB_DROP_REASON_OTHERHOST);
	if (ip_hdr(skb)->ttl <= 1) { /* RFC 1812 5.3.1 */
		NET_INC_STATS(net, IP_INHDRERRORS);
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return drop(skb, SKB_DROP_REASON_IP_TTL);
	}
	mtu = net->ipv4->sysctl.ip_forward_use_pmtu ? dst_mtu(&rt->dst) : rt->dst.dev->mtu;
	if (unlikely(too_big(skb, mtu))) {
		NET_INC_STATS(net, IP_FRAGFAILS);
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		return drop(skb, SKB_DROP_REASON_FRAG_NEEDED);
	}
	if (skb_ensure_writable(skb, ip_hdrlen(skb)) || skb_cow_head(skb, rt->dst.dev->hard_header_len)) {
		NET_INC_STATS(net, IP_INDISCARDS);
		return drop(skb, SKB_DROP_REASON_NOMEM);
	}
	skb_orphan(skb);
	csum_replace2(&ip_hdr(skb)->check, htons((u16)(ip_hdr(skb)->ttl << 8)),
		      htons((u16)((ip_hdr(skb)->ttl - 1) << 8)));
	ip_hdr(skb)->ttl--;
	IPCB(skb)->flags |= IPSKB_FORWARDED;
	return NF_HOOK(NF_INET_FORWARD, net, NULL, skb, skb->dev, rt->dst.dev, ip_forward_finish);
}

/* The input function of a route that leads nowhere: says why (RFC 1812 5.2.7.1). The errno travels in rt_pmtu. */
int ip_error(struct sk_buff *skb)
{
	int err = (int)skb_rtable(skb)->rt_pmtu;
	u8 code = err == EHOSTUNREACH ? ICMP_HOST_UNREACH : err == EACCES ? ICMP_PKT_FILTERED : ICMP_NET_UNREACH;

	icmp_send(skb, ICMP_DEST_UNREACH, code, 0);
	return drop(skb, SKB_DROP_REASON_IP_INNOROUTES);
}
