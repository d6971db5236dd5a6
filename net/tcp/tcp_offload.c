/* net/tcp/tcp_offload.c - TCP's part in packets that stand for many segments: cutting them, and making them of received
 * ones
 *
 * What:   each segment that is cut gets its sequence number, its flags and a checksum that is still to be finished.
 *         Received ones become one packet where a cut would give them back bit by bit.
 * Called: net/ipv4/ip_offload.c, with BHs off.
 * Calls:  skb_segment(), skb_gro_receive().
 * Locks:  none: no socket is looked at, the packet may be another host's.
 */
#include "kernel/trace/printk.h"
#include "net/ipv4/ip_gro.h"
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

/* --- receiving --- */

#define FLAGS_LAST (TCP_FLAG_FIN | TCP_FLAG_PSH)	   /* may come with the last segment of a packet */
#define FLAGS_FLUSH (TCP_FLAG_URG | TCP_FLAG_PSH | TCP_FLAG_RST | TCP_FLAG_SYN | TCP_FLAG_FIN) /* nothing follows */

static inline bool checksum_right(struct sk_buff *skb, u32 off, __wsum pseudo)
{
	if (skb_csum_unnecessary(skb))
		return true;
	if (csum_fold(skb_checksum(skb, off, skb->len - off, pseudo)))
		return false;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	return true;
}
/* TCP's header of a packet that IP found fit for merging; NULL: too short, or its checksum is wrong. */
static const struct tcphdr *gro_header(struct sk_buff *skb, u32 off)
{
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + off);
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	__wsum pseudo;

	if (skb_headlen(skb) < off + sizeof(*th) || th->doff < 5 || skb_headlen(skb) < off + th->doff * 4u)
		return NULL;
	pseudo = csum_tcpudp_nofold(iph->saddr, iph->daddr, skb->len - off, IPPROTO_TCP, 0);
	return checksum_right(skb, off, pseudo) ? th : NULL;
}
static inline bool ports_equal(const struct tcphdr *a, const struct tcphdr *b)
{
	return get_unaligned((const u32 *)a) == get_unaligned((const u32 *)b);
}
/* Of headers that are hlen bytes long, both. */
static inline bool options_equal(const struct tcphdr *a, const struct tcphdr *b, u32 hlen)
{
	const u32 *x = (const u32 *)(a + 1), *y = (const u32 *)(b + 1), *end = (const u32 *)((const u8 *)a + hlen);

	for (; end - x >= 2; x += 2, y += 2) /* mostly three words: a timestamp */
		if (get_unaligned((const u64 *)x) != get_unaligned((const u64 *)y))
			return false;
	return x == end || *x == *y;
}
/* Whether th with len bytes is the next segment of p: all the header says the same (the window, too), the next sequence
 * number, not longer than the others. CWR stands in the first alone. */
static bool continues(const struct sk_buff *p, const struct tcphdr *held, const struct tcphdr *th, u32 len)
{
	u32 hlen = NAPI_GRO_CB(p)->data_offset;

	return !NAPI_GRO_CB(p)->flush && !(tcp_flag_word(th) & TCP_FLAG_CWR) &&
	       !((tcp_flag_word(th) ^ tcp_flag_word(held)) & ~(TCP_FLAG_CWR | FLAGS_LAST)) &&
	       th->ack_seq == held->ack_seq && options_equal(held, th, held->doff * 4u) &&
	       len && len <= skb_shinfo(p)->gso_size &&
	       ntohl(held->seq) + (p->len - hlen) == ntohl(th->seq);
}
/* The next segment of a bulk transfer, known by one look at its headers: IP's is the one that is expected, of TCP's
 * every word is the same but the sequence number, which follows, and the sum. What differs in anything (the last one of
 * a write: PSH) is for inet_gro_receive() and tcp_gro_receive() to judge. */
static bool tcp4_gro_next(struct sk_buff *p, struct sk_buff *skb)
{
	const struct tcphdr *held = (const struct tcphdr *)(p->data + sizeof(struct iphdr));
	const struct tcphdr *th = (const struct tcphdr *)(skb->data + sizeof(struct iphdr));
	u32 off = NAPI_GRO_CB(p)->data_offset;

	if (skb->data_len || skb->len < off || !inet_gro_expected(p, skb) || !ports_equal(held, th) ||
	    get_unaligned((const u64 *)&th->ack_seq) != get_unaligned((const u64 *)&held->ack_seq) || /* flags, too */
	    !options_equal(held, th, off - (u32)sizeof(struct iphdr)) ||
	    ntohl(th->seq) != ntohl(held->seq) + (p->len - off) ||
	    !checksum_right(skb, sizeof(struct iphdr), NAPI_GRO_CB(p)->next_pseudo) || skb_gro_receive(p, skb, off))
		return false;
	inet_gro_joined(p);
	return true;
}
/* What nothing can follow need not be held: where no packet is, it goes up at once. That are all ACKs without data, and
 * the questions and answers that fit one segment: 200 instructions less for each. A header with IP options is read in
 * the wrong place, which does no harm: such a packet is never merged. */
static bool tcp_gro_wants(const struct sk_buff *skb, bool held)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = (const struct tcphdr *)(iph + 1);

	if (held || skb_headlen(skb) < sizeof(*iph) + sizeof(*th))
		return held;
	return !(tcp_flag_word(th) & FLAGS_FLUSH) && ntohs(iph->tot_len) > sizeof(*iph) + th->doff * 4u;
}
static struct sk_buff *tcp_gro_receive(struct gro_bucket *b, struct sk_buff *skb)
{
	u32 off = NAPI_GRO_CB(skb)->data_offset, len, full = 1;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct tcphdr *th = gro_header(skb, off);
	struct sk_buff *p;
	struct tcphdr *held = NULL;

	if (unlikely(!th)) {
		NAPI_GRO_CB(skb)->flush = GRO_PASS_LAST;
		return NULL;
	}
	NAPI_GRO_CB(skb)->data_offset = off + th->doff * 4u;
	len = skb->len - NAPI_GRO_CB(skb)->data_offset;
	for (p = b->list; p; p = p->next) {
		held = (struct tcphdr *)(p->data + off);
		if (NAPI_GRO_CB(p)->same_flow && ports_equal(held, th))
			break;
	}
	if (p && continues(p, held, th, len)) {
		full = skb_shinfo(p)->gso_size;
		if (!skb_gro_receive(p, skb, NAPI_GRO_CB(skb)->data_offset)) {
			NAPI_GRO_CB(skb)->same_flow = 1;
			inet_gro_expect(p, iph);
			tcp_flag_word(held) |= tcp_flag_word(th) & FLAGS_LAST;
		}
	}
	/* Nothing can follow a short segment, nor one that ends something; a segment without data is no start. */
	NAPI_GRO_CB(skb)->flush = len < full || tcp_flag_word(th) & FLAGS_FLUSH ? GRO_PASS : 0;
	if (!(tcp_flag_word(th) & TCP_FLAG_CWR)) { /* which stands in the first alone */
		NAPI_GRO_CB(skb)->gro_next = tcp4_gro_next;
		inet_gro_expect(skb, iph);
	}
	return p && (!NAPI_GRO_CB(skb)->same_flow || NAPI_GRO_CB(skb)->flush) ? p : NULL;
}

static void tcp_gro_complete(struct sk_buff *skb, u32 nhoff)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + nhoff);
	struct skb_shared_info *sh = skb_shinfo(skb);

	skb->network_header = (u16)(skb->data - skb->head);
	partial_checksum(skb, th);
	sh->gso_segs = NAPI_GRO_CB(skb)->count;
	sh->gso_type = SKB_GSO_TCPV4 | (th->cwr ? SKB_GSO_TCP_ECN : 0) |
		       (NAPI_GRO_CB(skb)->ids == GRO_IDS_SAME ? SKB_GSO_TCP_FIXEDID : 0);
}

static const struct net_offload tcp_offload = {
	.callbacks = { .gso_segment = tcp_gso_segment,
		       .gro_wants = tcp_gro_wants,
		       .gro_receive = tcp_gro_receive,
		       .gro_complete = tcp_gro_complete },
};

void tcp_offload_init(void) { BUG_ON(inet_add_offload(&tcp_offload, IPPROTO_TCP)); }
