/* net/tcp/tcp_offload.c - TCP's part in packets that stand for many segments: cutting them
 *
 * What:   each segment gets its sequence number, its flags and a checksum that is still to be finished.
 * Called: net/ipv4/ip_offload.c, with BHs off.
 * Calls:  skb_segment().
 * Locks:  none: no socket is looked at, the packet may be another host's.
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp_internal.h"

/* The sum over the pseudo header, which the device (or skb_checksum_help) completes over header and payload. */
static void partial_checksum(struct sk_buff *skb, struct tcphdr *th)
{
	const struct iphdr *iph = ip_hdr(skb);
	u32 len = skb->len - (u32)((unsigned char *)th - skb->data);

	th->check = (__force __sum16) ~(__force u16)csum_tcpudp_magic(iph->saddr, iph->daddr, len, IPPROTO_TCP, 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)((unsigned char *)th - skb->head);
	skb->csum_offset = offsetof(struct tcphdr, check);
}

/* CWR is said once, in the first (RFC 3168 6.1.2); FIN and PSH belong to the last byte. */
static void finish_segment(struct sk_buff *seg, u32 seq, bool first)
{
	struct tcphdr *th = skb_transport_header(seg);

	th->seq = htonl(seq);
	if (!first)
		th->cwr = 0;
	if (seg->next)
		th->fin = th->psh = 0;
	partial_checksum(seg, th);
	skb_shinfo(seg)->gso_size = skb_shinfo(seg)->gso_segs = skb_shinfo(seg)->gso_type = 0;
}

/* data at the TCP header. */
static struct sk_buff *tcp_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	u32 mss = skb_shinfo(skb)->gso_size, seq, thlen;
	struct sk_buff *segs, *seg;

	if (unlikely(!(skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4) || !pskb_may_pull(skb, sizeof(struct tcphdr))))
		return ERR_PTR(-EINVAL);
	thlen = ((const struct tcphdr *)skb->data)->doff * 4u;
	if (unlikely(thlen < sizeof(struct tcphdr) || !pskb_may_pull(skb, thlen) || skb->len <= thlen))
		return ERR_PTR(-EINVAL);
	seq = ntohl(((const struct tcphdr *)skb->data)->seq);
	__skb_pull(skb, thlen);
	segs = skb_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	for (seg = segs; seg; seg = seg->next) {
		finish_segment(seg, seq, seg == segs);
		seq += mss;
	}
	return segs;
}

static const struct net_offload tcp_offload = { .callbacks = { .gso_segment = tcp_gso_segment } };

void tcp_offload_init(void) { BUG_ON(inet_add_offload(&tcp_offload, IPPROTO_TCP)); }
