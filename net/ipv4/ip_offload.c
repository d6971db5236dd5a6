/* net/ipv4/ip_offload.c - IPv4's part in packets that stand for many segments
 *
 * What:   inet_gso_segment(): the transport cuts, then each segment gets its length, identification and checksum.
 * Called: net/core/gso.c through the packet_offload of ETH_P_IP.
 * Calls:  inet_offloads[], by protocol.
 * Locks:  none: the table is filled at start.
 * Absent: tunnels.
 */
#include "net/ipv4/internal.h"

const struct net_offload *inet_offloads[256];

int inet_add_offload(const struct net_offload *o, u8 protocol)
{
	const struct net_offload *none = NULL;

	return __atomic_compare_exchange_n(&inet_offloads[protocol], &none, o, false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED)
		? 0
		: -EBUSY;
}

/* Identifications count up, as a device that cuts lets them; or all are the same, where they came that way. */
static void finish_segment(struct sk_buff *seg, u32 nhoff, u16 id)
{
	struct iphdr *iph = (struct iphdr *)(seg->data + nhoff);

	iph->tot_len = htons((u16)(seg->len - nhoff));
	iph->id = htons(id);
	ip_send_check(iph);
}

/* data at the IP header, which lies in a head of our own. */
static struct sk_buff *inet_gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	u32 nhoff = (u32)(skb->data - (unsigned char *)skb_mac_header(skb)), ihl;
	bool same_id = skb_shinfo(skb)->gso_type & SKB_GSO_TCP_FIXEDID;
	const struct net_offload *o;
	struct sk_buff *segs;
	u16 id;

	if (unlikely(!pskb_may_pull(skb, sizeof(struct iphdr))))
		return ERR_PTR(-EINVAL);
	ihl = ((const struct iphdr *)skb->data)->ihl * 4u;
	if (unlikely(ihl < sizeof(struct iphdr) || !pskb_may_pull(skb, ihl)))
		return ERR_PTR(-EINVAL);
	skb_reset_network_header(skb);
	o = inet_offloads[ip_hdr(skb)->protocol];
	if (unlikely(!o || !o->callbacks.gso_segment || ip_hdr(skb)->frag_off & htons(0x3fff)))
		return ERR_PTR(-EPROTONOSUPPORT);
	id = ntohs(ip_hdr(skb)->id);
	__skb_pull(skb, ihl);
	skb_reset_transport_header(skb);
	segs = o->callbacks.gso_segment(skb, features);
	if (IS_ERR(segs))
		return segs;
	for (struct sk_buff *seg = segs; seg; seg = seg->next) {
		finish_segment(seg, nhoff, id);
		id += !same_id;
	}
	return segs;
}

static struct packet_offload ip_packet_offload = {
	.type = htons(ETH_P_IP),
	.callbacks = { .gso_segment = inet_gso_segment },
};

void ip_offload_register(void) { dev_add_offload(&ip_packet_offload); }
