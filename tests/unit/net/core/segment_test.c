/* tests/unit/net/core/segment_test.c - a packet of many segments is cut into what one would have sent one by one
 *
 * Every cut of every layout (bytes in the head, in fragments, in a frag_list) must give the same bytes again, with
 * headers that are right by themselves: length, identification, sequence number, flags, both checksums as summed here.
 */
#include "net/core/gso.h"
#include "net/ipv4/inet.h"
#include "net/tcp/tcp_seq.h"
#include "tests/unit/test.h"
#include <linux/tcp.h>

#define SEQ 0xfffffff0u /* wraps within the first segment */
#define ID 0xfffe
#define HEADERS(options) (14u + 20u + 20u + (options))

static u8 pattern(u32 i) { return (u8)(i * 7 + (i >> 8)); }

static void put_headers(struct sk_buff *skb, u32 payload, u32 options, u8 flags)
{
	struct iphdr *ip;
	struct tcphdr *th;

	skb_reset_mac_header(skb);
	memcpy(skb_put_zero(skb, 14), "\2\0\0\0\0\2\2\0\0\0\0\1\x8\0", 14);
	skb->network_header = (u16)(skb->tail);
	ip = skb_put_zero(skb, 20);
	skb->transport_header = (u16)(skb->tail);
	th = skb_put_zero(skb, 20 + options);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .id = htons(ID),
			      .frag_off = htons(0x4000), .saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002),
			      .tot_len = htons((u16)(40 + options + payload)) };
	ip->check = ip_fast_csum(ip, 5);
	th->source = htons(1);
	th->dest = htons(2);
	th->seq = htonl(SEQ);
	th->doff = (u8)(5 + options / 4);
	((u8 *)th)[13] = flags;
	memset(th + 1, 1, options);
}
static void append_frags(struct sk_buff *skb, u32 n, u32 piece)
{
	for (int i = 0; n; i++) {
		u32 size = min(n, piece);

		skb_add_rx_frag(skb, i, alloc_pages(GFP_KERNEL, ilog2(max(piece, 4096u)) - PAGE_SHIFT + 1), 0, size,
				size);
		n -= size;
	}
}
static void fill(struct sk_buff *skb, u32 from)
{
	for (u32 i = from; i < skb->len; i++) {
		u8 b = pattern(i - from);

		EXPECT_EQ(skb_store_bits(skb, i, &b, 1), 0);
	}
}
static void make_gso(struct sk_buff *skb, u32 mss, u32 payload)
{
	skb->protocol = htons(ETH_P_IP);
	skb_shinfo(skb)->gso_size = (u16)mss;
	skb_shinfo(skb)->gso_segs = (u16)DIV_ROUND_UP(payload, mss);
	skb_shinfo(skb)->gso_type = SKB_GSO_TCPV4;
	skb->ip_summed = CHECKSUM_PARTIAL;
}
/* head bytes of payload behind the headers, frags in fragments of piece bytes. */
static struct sk_buff *packet(u32 head, u32 frags, u32 piece, u32 mss, u32 options, u8 flags)
{
	struct sk_buff *skb = alloc_skb(100 + HEADERS(options) + head, GFP_KERNEL);

	skb_reserve(skb, 100);
	put_headers(skb, head + frags, options, flags);
	skb_put(skb, head);
	append_frags(skb, frags, piece);
	fill(skb, HEADERS(options));
	make_gso(skb, mss, head + frags);
	return skb;
}
/* What GRO makes: the first segment's payload in the head, each other one a packet of its own. */
static struct sk_buff *gro_packet(u32 payload, u32 mss)
{
	struct sk_buff *skb = packet(min(payload, mss), 0, 4096, mss, 12, 0x18), **link = &skb_shinfo(skb)->frag_list;

	for (u32 at = mss; at < payload; at += mss) {
		u32 n = min(mss, payload - at);
		struct sk_buff *f = alloc_skb(64 + HEADERS(12) + n, GFP_KERNEL);

		skb_reserve(f, 64 + HEADERS(12));
		for (u32 i = 0; i < n; i++)
			*(u8 *)skb_put(f, 1) = pattern(at + i);
		*link = f;
		link = &f->next;
		skb->len += n;
		skb->data_len += n;
		skb->truesize += f->truesize;
	}
	make_gso(skb, mss, payload);
	return skb;
}

static void expect_segment(struct sk_buff *s, u32 at, u32 n, u32 options, u8 flags, u16 id)
{
	const struct iphdr *ip = (const struct iphdr *)(s->data + 14);
	const struct tcphdr *th = (const struct tcphdr *)(s->data + 34);
	u32 hlen = HEADERS(options);
	__wsum sum;

	EXPECT_EQ(s->len, hlen + n);
	EXPECT_EQ(ntohs(ip->tot_len), 40 + options + n);
	EXPECT_EQ(ip_fast_csum(ip, 5), 0);
	EXPECT_EQ(ntohs(ip->id), id);
	EXPECT_EQ(ntohl(th->seq), SEQ + at);
	EXPECT_EQ(((const u8 *)th)[13], flags);
	EXPECT_EQ(skb_shinfo(s)->gso_size, 0);
	for (u32 i = 0; i < n; i++) {
		u8 b;

		ASSERT_EQ(skb_copy_bits(s, hlen + i, &b, 1), 0);
		ASSERT_EQ(b, pattern(at + i));
	}
	EXPECT_TRUE(s->ip_summed == CHECKSUM_PARTIAL);
	EXPECT_EQ(skb_checksum_help(s), 0);
	ip = (const struct iphdr *)(s->data + 14);
	sum = skb_checksum(s, 34, s->len - 34, 0);
	EXPECT_EQ(csum_tcpudp_magic(ip->saddr, ip->daddr, s->len - 34, IPPROTO_TCP, sum), 0);
}
/* Cuts and eats skb. flags: of a segment in the middle; PSH and FIN come last, CWR first. */
static void expect_cut(struct sk_buff *skb, netdev_features_t features, u32 payload, u32 mss, u32 options, u8 flags)
{
	struct sk_buff *segs = skb_gso_segment(skb, features);
	u16 id = ID;

	ASSERT_FALSE(IS_ERR(segs));
	consume_skb(skb);
	for (u32 at = 0; at < payload; at += mss) {
		struct sk_buff *s = segs;
		bool last = at + mss >= payload;

		ASSERT_TRUE(s);
		segs = s->next;
		s->next = NULL;
		if (!(features & NETIF_F_SG))
			EXPECT_EQ(s->data_len, 0u);
		expect_segment(s, at, min(mss, payload - at), options, flags & (u8)~((last ? 0 : 9) | (at ? 0x80 : 0)),
			       id++);
		consume_skb(s);
	}
	EXPECT_TRUE(!segs);
}
#define SG (NETIF_F_SG | NETIF_F_HW_CSUM)

static void cut_layout(u32 head, u32 frags, u32 piece, u32 mss)
{
	if (frags / piece >= MAX_SKB_FRAGS || (head + frags) / mss >= 500)
		return;
	expect_cut(packet(head, frags, piece, mss, 12, 0x10), SG, head + frags, mss, 12, 0x10);
	expect_cut(packet(head, frags, piece, mss, 0, 0x10), 0, head + frags, mss, 0, 0x10);
}
TEST(every_cut_of_every_layout)
{
	static const u32 mss[] = { 1, 7, 100, 536, 1448, 3000 };

	for (size_t m = 0; m < ARRAY_SIZE(mss); m++)
		for (u32 head = 0; head < 300; head += 149)
			for (u32 frags = 1; frags < 4000; frags = frags * 3 + 1)
				for (u32 piece = 100; piece < 9000; piece *= 9)
					cut_layout(head, frags, piece, mss[m]);
}
TEST(a_whole_large_packet)
{
	expect_cut(packet(0, 64000, 32768, 1448, 12, 0x18), SG, 64000, 1448, 12, 0x18);
	expect_cut(packet(0, 65160, 4096, 1448, 12, 0x18), SG, 65160, 1448, 12, 0x18);
	expect_cut(packet(30000, 0, 4096, 1000, 12, 0x18), SG, 30000, 1000, 12, 0x18);
}
TEST(flags_go_where_they_belong)
{
	expect_cut(packet(0, 4000, 4096, 1000, 0, 0x99), SG, 4000, 1000, 0, 0x99); /* FIN PSH ACK CWR */
	expect_cut(packet(0, 500, 4096, 1000, 0, 0x99), SG, 500, 1000, 0, 0x99);
}
TEST(packets_of_gro_become_what_they_were)
{
	struct sk_buff *skb = gro_packet(7 * 1448 + 100, 1448), *second = skb_shinfo(skb)->frag_list, *segs;

	expect_cut(gro_packet(7 * 1448, 1448), SG, 7 * 1448, 1448, 12, 0x18);
	expect_cut(gro_packet(3000, 1448), 0, 3000, 1448, 12, 0x18);
	segs = skb_gso_segment(skb, SG);
	ASSERT_FALSE(IS_ERR(segs));
	EXPECT_TRUE(segs->next == second); /* it was not copied: it is the packet that came */
	consume_skb(skb);
	kfree_skb_list_reason(segs, SKB_CONSUMED);
}
TEST(a_shared_packet_of_gro_is_copied_and_stays)
{
	struct sk_buff *skb = gro_packet(5000, 1448), *tap = skb_clone(skb, GFP_KERNEL);

	expect_cut(skb, SG, 5000, 1448, 12, 0x18);
	expect_cut(tap, SG, 5000, 1448, 12, 0x18);
}
TEST(the_same_identification_where_it_came_so)
{
	struct sk_buff *skb = packet(0, 3000, 4096, 1000, 0, 0x10), *segs, *s;

	skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	segs = skb_gso_segment(skb, SG);
	ASSERT_FALSE(IS_ERR(segs));
	for (s = segs; s; s = s->next)
		EXPECT_EQ(ntohs(((struct iphdr *)(s->data + 14))->id), ID);
	consume_skb(skb);
	kfree_skb_list_reason(segs, SKB_CONSUMED);
}
static int freed;
static void count_free(struct sk_buff *skb) { freed++; }
TEST(the_owner_is_charged_until_the_last_has_left)
{
	struct sk_buff *skb = packet(0, 3000, 4096, 1000, 0, 0x10), *segs, *next;

	freed = 0;
	skb->destructor = count_free;
	segs = skb_gso_segment(skb, SG);
	ASSERT_FALSE(IS_ERR(segs));
	consume_skb(skb);
	for (; segs; segs = next) {
		EXPECT_EQ(freed, 0);
		next = segs->next;
		segs->next = NULL;
		consume_skb(segs);
	}
	EXPECT_EQ(freed, 1);
}

/* --- what must be refused: headers that say nonsense (a tun device passes on what programs write) --- */

static void expect_refused(struct sk_buff *skb)
{
	EXPECT_TRUE(IS_ERR(skb_gso_segment(skb, SG)));
	consume_skb(skb);
}
TEST(nonsense_is_refused)
{
	struct sk_buff *skb;

	for (int what = 0; what < 8; what++) {
		struct iphdr *ip;
		struct tcphdr *th;

		skb = packet(0, 3000, 4096, 1000, 0, 0x10);
		ip = skb_network_header(skb);
		th = skb_transport_header(skb);
		switch (what) {
		case 0: ip->ihl = 4; break;
		case 1: ip->ihl = 0; break;
		case 2: ip->protocol = IPPROTO_UDP; break;
		case 3: th->doff = 4; break;
		case 4: skb_shinfo(skb)->gso_type = SKB_GSO_TCPV6; break;
		case 5: ip->frag_off = htons(0x2000); break;
		case 6: skb->protocol = htons(ETH_P_ARP); break;
		case 7: skb_shinfo(skb)->gso_size = 0; break;
		}
		expect_refused(skb);
	}
	skb = packet(0, 10, 4096, 1000, 0, 0x10);
	((struct tcphdr *)skb_transport_header(skb))->doff = 15; /* longer than the packet */
	expect_refused(skb);
	skb = packet(0, 8, 4096, 1000, 0, 0x10);
	((struct tcphdr *)skb_transport_header(skb))->doff = 7; /* nothing but headers */
	expect_refused(skb);
}
TEST(each_failing_allocation_leaks_nothing)
{
	for (size_t nth = 1; nth < 20; nth++) {
		struct sk_buff *skb = packet(0, 5000, 4096, 1000, 0, 0x10), *segs;

		host_fail_alloc(nth, false);
		segs = skb_gso_segment(skb, SG);
		host_fail_alloc(0, false);
		consume_skb(skb);
		if (!IS_ERR(segs))
			kfree_skb_list_reason(segs, SKB_CONSUMED);
		else
			EXPECT_EQ(PTR_ERR(segs), -ENOMEM);
	}
}
