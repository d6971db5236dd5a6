/* net/core/vnet_hdr.c - a virtio header from and to the facts of a packet
 *
 * What:   the two directions of struct virtio_net_hdr. What a program says is hostile until the packet's own headers
 *         bear it out.
 * Called: the TUN driver, packet sockets; process context.
 * Locks:  none: the caller owns skb.
 * Absent: UDP segments (VIRTIO_NET_HDR_GSO_UDP_L4), IPv6, tunnels.
 */
#include "net/core/vnet_hdr.h"
#include "lib/byteorder.h"
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define IP_FRAGMENT_BITS 0x3fffu /* of frag_off: the offset, and whether more follow */

static int set_partial_csum(struct sk_buff *skb, u32 start, u32 offset)
{
	if (start >= skb->len || offset > skb->len || start + offset + 2 > skb->len ||
	    !pskb_may_pull(skb, start + offset + 2))
		return -EINVAL;
	if (skb_headroom(skb) + start > U16_MAX)
		return -EINVAL;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + start);
	skb->csum_offset = (u16)offset;
	return 0;
}

/* Where TCP's payload begins, when skb is one whole TCP segment over IPv4; else 0. */
static u32 tcp4_headers(struct sk_buff *skb, u32 at, u32 *tcp_at)
{
	const struct iphdr *iph;
	const struct tcphdr *th;
	u32 ihl;

	if (!pskb_may_pull(skb, at + sizeof(*iph)))
		return 0;
	iph = (const struct iphdr *)(skb->data + at);
	ihl = iph->ihl * 4u;
	if (iph->version != 4 || ihl < sizeof(*iph) || iph->protocol != IPPROTO_TCP ||
	    iph->frag_off & htons(IP_FRAGMENT_BITS) || !pskb_may_pull(skb, at + ihl + sizeof(*th)))
		return 0;
	th = (const struct tcphdr *)(skb->data + at + ihl);
	*tcp_at = at + ihl;
	if (th->doff < 5 || at + ihl + th->doff * 4u > skb->len)
		return 0;
	return at + ihl + th->doff * 4u;
}

static bool is_ipv4_frame(struct sk_buff *skb)
{
	return pskb_may_pull(skb, ETH_HLEN) && ((const struct ethhdr *)skb->data)->h_proto == htons(ETH_P_IP);
}

/* Segments of gso_size bytes each: the checksum must be left open at TCP's own place, for each will need its own. */
static int set_gso(struct sk_buff *skb, const struct virtio_net_hdr *h, bool ethernet)
{
	u32 at = ethernet ? ETH_HLEN : 0, tcp_at, payload;
	u16 gso_size = vnet16(h->gso_size);

	if ((h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) != VIRTIO_NET_HDR_GSO_TCPV4 || !gso_size)
		return -EINVAL;
	if (skb->ip_summed != CHECKSUM_PARTIAL || (ethernet && !is_ipv4_frame(skb)))
		return -EINVAL;
	payload = tcp4_headers(skb, at, &tcp_at);
	if (!payload || skb->csum_start != skb_headroom(skb) + tcp_at ||
	    skb->csum_offset != offsetof(struct tcphdr, check))
		return -EINVAL;
	if (skb->len - payload <= gso_size)
		return 0; /* one segment is no train */
	skb_shinfo(skb)->gso_size = gso_size;
	skb_shinfo(skb)->gso_type =
		(u16)(SKB_GSO_TCPV4 | SKB_GSO_DODGY | (h->gso_type & VIRTIO_NET_HDR_GSO_ECN ? SKB_GSO_TCP_ECN : 0));
	skb_shinfo(skb)->gso_segs = (u16)DIV_ROUND_UP(skb->len - payload, (u32)gso_size);
	return 0;
}

int vnet_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *h, bool ethernet)
{
	int err = 0;

	/* DATA_VALID is a device's word; a program's counts for nothing, as on Linux: the checksum is verified. */
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		err = set_partial_csum(skb, vnet16(h->csum_start), vnet16(h->csum_offset));
	if (!err && h->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		err = set_gso(skb, h, ethernet);
	return err;
}

void vnet_hdr_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *h)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);

	*h = (struct virtio_net_hdr){ .gso_type = VIRTIO_NET_HDR_GSO_NONE };
	if (sh->gso_size) {
		h->hdr_len = to_vnet16(skb_headlen(skb));
		h->gso_size = to_vnet16(sh->gso_size);
		h->gso_type =
			(u8)(VIRTIO_NET_HDR_GSO_TCPV4 | (sh->gso_type & SKB_GSO_TCP_ECN ? VIRTIO_NET_HDR_GSO_ECN : 0));
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->csum_start = to_vnet16(skb->csum_start - skb_headroom(skb));
		h->csum_offset = to_vnet16(skb->csum_offset);
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		h->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
}
