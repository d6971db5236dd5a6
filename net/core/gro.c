/* net/core/gro.c - generic receive offload: segments of one flow that come together go up as one packet
 *
 * What:   a poll's packets are gone through together when it is over. Some are held back, in a few buckets by flow. One
 *         that continues a held one is hung behind it (frag_list): no byte is copied, and what comes out can be cut
 *         into the very frames again (skb_segment.c). Most packets of a bulk transfer are the next segment of the flow
 *         at hand and are known by one comparison (joins_last()); the layers judge all others. What ends the holding:
 *         a packet of the flow that does not continue it, one that says so (PSH, FIN, a short segment), a bucket that
 *         is full, the poll's last packet.
 * Called: napi.c at the end of a poll, in softirq.
 * Calls:  the protocols' gro_receive() and gro_complete(), which know what "continues" means.
 * Locks:  none: a NAPI is polled by one CPU at a time.
 * Absent: UDP (a program would have to ask: UDP_GRO), tunnels, VLAN tags, holding packets beyond a poll.
 */
#include "net/core/gro.h"
#include "lib/byteorder.h"

/* Whom a packet may belong to, from what lies where addresses and ports are in most packets: only a hint. */
static u32 bucket_of(const struct sk_buff *skb)
{
	u32 h;

	if (unlikely(skb_headlen(skb) < 24))
		return 0;
	h = get_unaligned_be32(skb->data + 12) ^ get_unaligned_be32(skb->data + 20);
	h ^= h >> 16;
	return (h ^ h >> 8) % GRO_HASH_BUCKETS;
}

static void gro_unlink(struct gro_bucket *b, struct sk_buff *skb)
{
	struct sk_buff **link = &b->list;

	while (*link != skb)
		link = &(*link)->next;
	*link = skb->next;
	skb->next = NULL;
	b->count--;
}

/* skb leaves as what it has become. */
static void gro_complete(struct napi_struct *n, struct sk_buff *skb)
{
	const struct packet_offload *po;

	if (n->gro_last == skb)
		n->gro_last = NULL;
	if (NAPI_GRO_CB(skb)->count > 1) {
		po = dev_find_offload(skb->protocol);
		skb->network_header = (u16)(skb->data - skb->head);
		po->callbacks.gro_complete(skb, 0);
		n->gro_packets++;
		n->gro_segments += NAPI_GRO_CB(skb)->count;
	} else {
		skb_shinfo(skb)->gso_size = 0;
	}
	napi_batch_add(n, skb);
}

static void flush_bucket(struct napi_struct *n, u32 i)
{
	struct gro_bucket *b = &n->gro_hash[i];
	struct sk_buff *list = NULL, *skb;

	while ((skb = b->list)) { /* the latest stands first; the oldest leaves first */
		b->list = skb->next;
		skb->next = list;
		list = skb;
	}
	b->count = 0;
	n->gro_bitmask &= (u8)~BIT(i);
	while ((skb = list)) {
		list = skb->next;
		skb->next = NULL;
		gro_complete(n, skb);
	}
}

static void flush_oldest(struct napi_struct *n, struct gro_bucket *b)
{
	struct sk_buff *oldest = b->list;

	while (oldest->next)
		oldest = oldest->next;
	gro_unlink(b, oldest);
	gro_complete(n, oldest);
}

/* Both came by the same device, from and to the same stations. Of Ethernet headers two words that overlap are compared,
 * instead of a call for fourteen bytes. */
static inline bool same_link(const struct sk_buff *p, const struct sk_buff *skb)
{
	const u8 *a = skb_mac_header(p), *b = skb_mac_header(skb);
	long len = skb->data - b;

	if (unlikely(p->dev != skb->dev || p->protocol != skb->protocol || p->data - a != len))
		return false;
	if (unlikely(len != ETH_HLEN))
		return !memcmp(a, b, (size_t)len);
	return get_unaligned((const u64 *)a) == get_unaligned((const u64 *)b) &&
	       get_unaligned((const u64 *)(a + 6)) == get_unaligned((const u64 *)(b + 6));
}
/* Which of the held packets skb may belong to, as far as the link's header says. */
static void compare_link(struct gro_bucket *b, const struct sk_buff *skb)
{
	for (struct sk_buff *p = b->list; p; p = p->next) {
		NAPI_GRO_CB(p)->same_flow = same_link(p, skb);
		NAPI_GRO_CB(p)->flush = 0;
	}
}

static void hold(struct napi_struct *n, u32 i, struct sk_buff *skb)
{
	struct gro_bucket *b = &n->gro_hash[i];

	if (unlikely(b->count >= MAX_GRO_SKBS))
		flush_oldest(n, b);
	skb_shinfo(skb)->gso_size = (u16)(skb->len - NAPI_GRO_CB(skb)->data_offset);
	skb->next = b->list;
	b->list = skb;
	b->count++;
	n->gro_bitmask |= (u8)BIT(i);
	if (NAPI_GRO_CB(skb)->gro_next)
		n->gro_last = skb;
}

/* One packet that came for this host and that nobody else looks at. */
static inline bool may_merge(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST && !skb_is_gso(skb) && !skb_shinfo(skb)->frag_list &&
	       skb_mac_header_was_set(skb) && !skb_shared(skb) && !skb_cloned(skb);
}

/* The next segment of the flow that the one before belonged to, as in a bulk transfer: part of that packet now. */
static inline bool joins_last(const struct napi_struct *n, struct sk_buff *skb)
{
	struct sk_buff *p = n->gro_last;

	return p && likely(may_merge(skb)) && same_link(p, skb) && NAPI_GRO_CB(p)->gro_next(p, skb);
}

/* Merged, held, or passed. */
static noinline void gro_try(struct napi_struct *n, struct sk_buff *skb, const struct packet_offload *po)
{
	u32 i = bucket_of(skb);
	struct gro_bucket *b = &n->gro_hash[i];
	struct sk_buff *done;

	skb->next = NULL;
	*NAPI_GRO_CB(skb) = (struct napi_gro_cb){ .count = 1, .tail = &skb_shinfo(skb)->frag_list };
	compare_link(b, skb);
	done = po->callbacks.gro_receive(b, skb);
	if (unlikely(done)) {
		gro_unlink(b, done);
		if (!b->count)
			n->gro_bitmask &= (u8)~BIT(i);
		gro_complete(n, done);
	}
	if (NAPI_GRO_CB(skb)->same_flow)
		return; /* it hangs behind another now */
	if (NAPI_GRO_CB(skb)->flush == GRO_PASS_LAST && b->count)
		flush_bucket(n, i);
	if (NAPI_GRO_CB(skb)->flush)
		napi_batch_add(n, skb);
	else
		hold(n, i, skb);
}

/* One poll's packets in order: who knows how to merge is looked up once for a run of one EtherType. */
void napi_gro_merge(struct napi_struct *n)
{
	const struct packet_offload *po = NULL;
	struct sk_buff *skb = n->rx_list, *next;
	__be16 type = 0;

	n->rx_list = n->rx_tail = NULL;
	for (; skb; skb = next) {
		next = skb->next;
		if (joins_last(n, skb))
			continue;
		if (unlikely(skb->protocol != type)) {
			type = skb->protocol;
			po = dev_find_offload(type);
			if (po && !po->callbacks.gro_receive)
				po = NULL;
		}
		if (po && po->callbacks.gro_wants(skb, n->gro_bitmask) &&
		    skb->dev->features & NETIF_F_GRO && likely(may_merge(skb)))
			gro_try(n, skb, po);
		else
			napi_batch_add(n, skb);
	}
	while (n->gro_bitmask)
		flush_bucket(n, (u32)__builtin_ctz(n->gro_bitmask));
}
