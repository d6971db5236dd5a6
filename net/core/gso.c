/* net/core/gso.c - segmentation offload: whether a device takes a packet whole, and cutting it when it does not
 *
 * What:   the registry of those who know how to cut (by EtherType; they ask their own), and netif_skb_features().
 * Called: dev_tx.c before a packet goes to its driver, ip_output.c where the link is narrower than a segment.
 * Calls:  packet_offload.callbacks.
 * Locks:  the registry is filled at start and only read afterwards.
 * Absent: tunnels, VLAN tags, UDP (a datagram is never larger than one here).
 */
#include "net/core/gso.h"
#include <linux/tcp.h>
#include <linux/udp.h>

static struct list_head offload_protocols = LIST_HEAD_INIT(offload_protocols);

void dev_add_offload(struct packet_offload *po) { list_add_tail(&po->list, &offload_protocols); }

struct packet_offload *dev_find_offload(__be16 type)
{
	struct packet_offload *po;

	list_for_each_entry(po, &offload_protocols, list)
		if (po->type == type)
			return po;
	return NULL;
}

struct sk_buff *skb_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	u32 mac_len = skb->network_header - skb->mac_header;
	const struct packet_offload *po = dev_find_offload(skb->protocol);

	if (unlikely(!po || skb->mac_header == U16_MAX || skb->network_header < skb->mac_header ||
		     skb_cow_head(skb, 0) || !skb_pull(skb, mac_len)))
		return ERR_PTR(-EPROTONOSUPPORT);
	return po->callbacks.gso_segment(skb, features);
}

/* SKB_GSO_* bits, and the feature that each needs. DODGY: its headers came from a program and are yet to be checked. */
static netdev_features_t gso_needs(u16 type)
{
	return (type & SKB_GSO_TCPV4 ? NETIF_F_TSO : 0) | (type & SKB_GSO_DODGY ? NETIF_F_GSO_ROBUST : 0) |
	       (type & SKB_GSO_TCP_ECN ? NETIF_F_TSO_ECN : 0) |
	       (type & SKB_GSO_TCP_FIXEDID ? NETIF_F_TSO_MANGLEID : 0);
}

bool skb_gso_ok(const struct sk_buff *skb, netdev_features_t features)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	netdev_features_t need = gso_needs(sh->gso_type);

	if (sh->gso_type & (SKB_GSO_TCPV6 | SKB_GSO_UDP_L4) || !(sh->gso_type & SKB_GSO_TCPV4))
		return false;
	return (features & need) == need && (!sh->frag_list || features & NETIF_F_FRAGLIST);
}

netdev_features_t netif_skb_features(const struct sk_buff *skb)
{
	const struct net_device *dev = skb->dev;
	netdev_features_t features = dev->features;

	if (skb_is_gso(skb) && (skb_shinfo(skb)->gso_segs > dev->gso_max_segs || skb->len >= dev->gso_max_size))
		features &= ~NETIF_F_ALL_TSO;
	return features;
}

/* A TCP header that is not whole makes it too long for every link. */
u32 skb_gso_network_seglen(const struct sk_buff *skb)
{
	u32 hlen = skb->transport_header - skb->network_header, thlen = sizeof(struct udphdr);

	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4)) {
		const struct tcphdr *th = skb_transport_header(skb);

		if (unlikely((unsigned char *)(th + 1) > skb_tail_pointer(skb)))
			return U32_MAX;
		thlen = th->doff * 4u;
	}
	return hlen + thlen + skb_shinfo(skb)->gso_size;
}
