/* net/ipv4/ip_offload.c - IPv4's part in packets that stand for many segments
 *
 * What:   inet_gso_segment(): the transport cuts, then each segment gets its length, identification and checksum.
 *         inet_gro_receive(): whether a packet's IP header continues those of held ones, so that cutting would give it
 *         back bit by bit.
 * Called: net/core/gso.c and gro.c through the packet_offload of ETH_P_IP.
 * Calls:  inet_offloads[], by protocol.
 * Locks:  none: the table is filled at start.
 * Absent: tunnels.
 */
#include "net/core/gro.h"
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

/* A header that could stand before many segments: plain, whole, right, the frame no longer than it says. */
static bool header_may_merge(const struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;

	return skb_headlen(skb) >= sizeof(*iph) && *(const u8 *)iph == 0x45 && ntohs(iph->tot_len) == skb->len &&
	       !(iph->frag_off & htons(0xbfff)) && ip_header_sum_ok(iph);
}

/* Identifications count up by one, as a cut would make them; or, where nobody may fragment, are all the same. */
static bool id_continues(const struct iphdr *held, const struct iphdr *iph, struct napi_gro_cb *cb)
{
	u16 ahead = (u16)(ntohs(iph->id) - ntohs(held->id));
	bool counts = ahead == cb->count, same = !ahead && iph->frag_off & htons(0x4000);

	if (cb->ids == GRO_IDS_UNKNOWN)
		cb->ids = counts ? GRO_IDS_COUNT : same ? GRO_IDS_SAME : GRO_IDS_UNKNOWN;
	return cb->ids == GRO_IDS_COUNT ? counts : cb->ids == GRO_IDS_SAME && same;
}

/* Whom of the held packets it may continue: same ends and protocol; and whether it does, as far as IP can see. */
static void compare_header(struct sk_buff *p, const struct iphdr *iph)
{
	const struct iphdr *held = (const struct iphdr *)p->data;

	if (held->saddr != iph->saddr || held->daddr != iph->daddr || held->protocol != iph->protocol) {
		NAPI_GRO_CB(p)->same_flow = 0;
		return;
	}
	NAPI_GRO_CB(p)->flush = held->ttl != iph->ttl || held->tos != iph->tos || held->frag_off != iph->frag_off ||
				!id_continues(held, iph, NAPI_GRO_CB(p));
}

static bool inet_gro_wants(const struct sk_buff *skb, bool held)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct net_offload *o = skb_headlen(skb) >= sizeof(*iph) ? inet_offloads[iph->protocol] : NULL;

	return o && o->callbacks.gro_receive && o->callbacks.gro_wants(skb, held);
}

static struct sk_buff *inet_gro_receive(struct gro_bucket *b, struct sk_buff *skb)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct net_offload *o = header_may_merge(skb) ? inet_offloads[iph->protocol] : NULL;

	if (!o || !o->callbacks.gro_receive) {
		NAPI_GRO_CB(skb)->flush = GRO_PASS_LAST;
		return NULL;
	}
	for (struct sk_buff *p = b->list; p; p = p->next)
		if (NAPI_GRO_CB(p)->same_flow)
			compare_header(p, iph);
	NAPI_GRO_CB(skb)->data_offset = sizeof(*iph);
	return o->callbacks.gro_receive(b, skb);
}

static void inet_gro_complete(struct sk_buff *skb, u32 nhoff)
{
	struct iphdr *iph = (struct iphdr *)(skb->data + nhoff);

	csum_replace2(&iph->check, iph->tot_len, htons((u16)(skb->len - nhoff)));
	iph->tot_len = htons((u16)(skb->len - nhoff));
	inet_offloads[iph->protocol]->callbacks.gro_complete(skb, nhoff + (u32)sizeof(*iph));
}

static struct packet_offload ip_packet_offload = {
	.type = htons(ETH_P_IP),
	.callbacks = { .gso_segment = inet_gso_segment,
		       .gro_wants = inet_gro_wants,
		       .gro_receive = inet_gro_receive,
		       .gro_complete = inet_gro_complete },
};

void ip_offload_register(void) { dev_add_offload(&ip_packet_offload); }
