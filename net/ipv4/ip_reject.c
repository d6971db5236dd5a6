/* net/ipv4/ip_reject.c - how netfilter's rules refuse a packet so that its sender learns of it
 *
 * What:   a TCP segment is answered by a reset (RFC 9293 3.10.7.1), all else by ICMP port unreachable (RFC 1122
 *         3.2.2.1).
 * Called: nf_reject_hook, from a hook of any of the five points; softirq or BH off.
 * Calls:  icmp_send(), ip_send_unicast_skb().
 * Absent: other ICMP codes.
 */
#include "net/ipv4/internal.h"
#include "net/netfilter/netfilter.h"
#include <linux/tcp.h>

#define RESET_ROOM (64u + sizeof(struct iphdr))

/* Bytes of TCP payload and flags that the segment takes from the sequence space. */
static u32 segment_length(const struct sk_buff *skb, u32 offset, const struct tcphdr *th)
{
	return skb->len - min(skb->len, offset + th->doff * 4u) + th->syn + th->fin;
}

static void send_reset(struct net *net, const struct sk_buff *in)
{
	const struct iphdr *iph = ip_hdr(in);
	u32 offset = (u32)((const u8 *)iph - in->data) + iph->ihl * 4u;
	struct tcphdr buf, *was = skb_header_pointer(in, offset, sizeof(buf), &buf), *th;
	struct sk_buff *skb;

	if (!was || was->rst || iph->frag_off & htons(0x1fff))
		return;
	skb = alloc_skb(RESET_ROOM + sizeof(*th), GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, RESET_ROOM);
	th = skb_put_zero(skb, sizeof(*th));
	skb_reset_transport_header(skb);
	th->source = was->dest;
	th->dest = was->source;
	th->doff = sizeof(*th) / 4;
	th->rst = 1;
	th->ack = !was->ack;
	if (was->ack)
		th->seq = was->ack_seq;
	else
		th->ack_seq = htonl(ntohl(was->seq) + segment_length(in, offset, was));
	th->check =
		csum_tcpudp_magic(iph->daddr, iph->saddr, sizeof(*th), IPPROTO_TCP, csum_partial(th, sizeof(*th), 0));
	NET_INC_STATS(net, TCP_OUTRSTS);
	ip_send_unicast_skb(net, skb, iph->daddr, iph->saddr, IPPROTO_TCP, iph->tos, in->mark, 0);
}

/* skb->data stands at the IP header, or behind it with the header in front. */
static void ip_reject(struct net *net, struct sk_buff *skb, u8 hook)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_OUTGOING)
		return;
	if (iph->protocol == IPPROTO_TCP)
		send_reset(net, skb);
	else
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
}

void ip_reject_register(void) { nf_reject_hook = ip_reject; }
