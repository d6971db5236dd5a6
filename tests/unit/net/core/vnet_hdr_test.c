/* tests/unit/net/core/vnet_hdr_test.c - the virtio header (virtio 1.1, 5.1.6): what of a program's is believed, and
 * what a program is told
 */
#include "net/core/vnet_hdr.h"
#include "tests/unit/test.h"
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define HEADROOM 16
#define PAYLOAD 2500
/* Where TCP begins in a frame with a link header; its payload begins 20 bytes behind. */
#define TCP_AT (ETH_HLEN + 20)

/* A frame: Ethernet, IP, TCP and PAYLOAD bytes; the first head of them in the head. */
static struct sk_buff *frame(u32 head)
{
	struct ethhdr eth = { .h_proto = htons(ETH_P_IP) };
	struct iphdr ip = { .version = 4, .ihl = 5, .protocol = IPPROTO_TCP };
	struct tcphdr tcp = { .doff = 5 };
	struct sk_buff *skb = alloc_skb(HEADROOM + head, GFP_KERNEL);

	ASSERT_TRUE(skb != NULL);
	skb_reserve(skb, HEADROOM);
	skb_put_zero(skb, head);
	ASSERT_EQ(skb_append_pages(skb, TCP_AT + 20 + PAYLOAD - head, GFP_KERNEL), 0);
	skb_store_bits(skb, 0, &eth, sizeof(eth));
	skb_store_bits(skb, ETH_HLEN, &ip, sizeof(ip));
	skb_store_bits(skb, TCP_AT, &tcp, sizeof(tcp));
	return skb;
}
static struct virtio_net_hdr header(u8 flags, u8 gso_type, u16 gso_size, u16 start, u16 offset)
{
	return (struct virtio_net_hdr){ .flags = flags, .gso_type = gso_type, .gso_size = to_vnet16(gso_size),
					.csum_start = to_vnet16(start), .csum_offset = to_vnet16(offset) };
}
#define CSUM VIRTIO_NET_HDR_F_NEEDS_CSUM
#define NONE VIRTIO_NET_HDR_GSO_NONE
#define TCP4 VIRTIO_NET_HDR_GSO_TCPV4
#define ECN VIRTIO_NET_HDR_GSO_ECN
#define LEN (TCP_AT + 20 + PAYLOAD)

struct claim { u8 flags, gso_type; u16 gso_size, start, offset; int err; };
static void expect_noted(const struct sk_buff *skb, const struct claim *c)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	bool train = c->gso_type != NONE && c->gso_size < PAYLOAD;
	int type = SKB_GSO_TCPV4 | SKB_GSO_DODGY | (c->gso_type & ECN ? SKB_GSO_TCP_ECN : 0);

	EXPECT_EQ((int)skb->ip_summed, c->flags & CSUM ? CHECKSUM_PARTIAL : CHECKSUM_NONE);
	if (c->flags & CSUM) {
		EXPECT_EQ(skb->csum_start, skb_headroom(skb) + c->start);
		EXPECT_EQ(skb->csum_offset, c->offset);
	}
	EXPECT_EQ(sh->gso_size, train ? c->gso_size : 0);
	EXPECT_EQ(sh->gso_type, train ? type : 0);
	EXPECT_EQ(sh->gso_segs, train ? (PAYLOAD + c->gso_size - 1) / c->gso_size : 0);
}
TEST(what_a_header_says_of_a_sound_frame)
{
	static const struct claim rows[] = {
		{ 0, NONE, 0, 0, 0, 0 },
		{ 0, NONE, 999, 999, 999, 0 },	       /* fields that nothing asks for */
		{ CSUM, NONE, 0, TCP_AT, 16, 0 },
		{ CSUM, NONE, 0, 0, LEN - 2, 0 },      /* anywhere inside */
		{ CSUM, NONE, 0, 0, LEN - 1, -EINVAL },
		{ CSUM, NONE, 0, LEN - 2, 0, 0 },
		{ CSUM, NONE, 0, LEN - 1, 0, -EINVAL },
		{ CSUM, NONE, 0, LEN, 0, -EINVAL },
		{ CSUM, NONE, 0, 0xffff, 0xffff, -EINVAL },
		{ CSUM, NONE, 0, 2, 0xfffe, -EINVAL }, /* 16 bits would wrap */
		{ CSUM, TCP4, 1000, TCP_AT, 16, 0 },
		{ CSUM, TCP4 | ECN, 1000, TCP_AT, 16, 0 },
		{ CSUM, TCP4, PAYLOAD - 1, TCP_AT, 16, 0 },
		{ CSUM, TCP4, PAYLOAD, TCP_AT, 16, 0 }, /* one segment */
		{ CSUM, TCP4, 0, TCP_AT, 16, -EINVAL },
		{ CSUM, TCP4, 1000, TCP_AT + 1, 16, -EINVAL },
		{ CSUM, TCP4, 1000, TCP_AT, 6, -EINVAL },
		{ 0, TCP4, 1000, TCP_AT, 16, -EINVAL },	   /* each segment needs a checksum of its own */
		{ CSUM, VIRTIO_NET_HDR_GSO_UDP, 1000, TCP_AT, 16, -EINVAL },
		{ CSUM, VIRTIO_NET_HDR_GSO_TCPV6, 1000, TCP_AT, 16, -EINVAL },
		{ CSUM, ECN, 1000, TCP_AT, 16, -EINVAL },
		{ CSUM, 0x7f, 1000, TCP_AT, 16, -EINVAL },
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (u32 head = ETH_HLEN; head <= TCP_AT + 20; head += 40) { /* headers in pages; in the head */
			const struct claim *c = &rows[i];
			struct virtio_net_hdr h = header(c->flags, c->gso_type, c->gso_size, c->start, c->offset);
			struct sk_buff *skb = frame(head);
			int err = vnet_hdr_to_skb(skb, &h, true);

			if (err != c->err || skb->len != LEN || (err && skb_is_gso(skb)))
				test_fail(__FILE__, __LINE__, false, "row %zu: %d, length %u", i, err, skb->len);
			if (!err)
				expect_noted(skb, c);
			consume_skb(skb);
		}
}
/* Linux verifies the checksum of a packet that a program calls valid: only a device may say so. */
TEST(a_programs_word_is_no_checksum)
{
	struct virtio_net_hdr h = header(VIRTIO_NET_HDR_F_DATA_VALID, NONE, 0, 0, 0);
	struct sk_buff *skb = frame(TCP_AT + 20);

	EXPECT_EQ(vnet_hdr_to_skb(skb, &h, true), 0);
	EXPECT_EQ((int)skb->ip_summed, CHECKSUM_NONE);
	consume_skb(skb);
}
/* The header is right, and the frame is not what it says: one byte of it is another. */
TEST(segments_that_the_frame_does_not_bear_out)
{
	static const struct { u32 at; u8 byte; int err; } rows[] = {
		{ 0, 9, 0 },				   /* somebody's address */
		{ 12, 0x86, -EINVAL },			   /* the EtherType */
		{ ETH_HLEN, 0x65, -EINVAL },		   /* the version */
		{ ETH_HLEN, 0x44, -EINVAL },		   /* shorter than an IP header */
		{ ETH_HLEN, 0x46, -EINVAL },		   /* with options: TCP is not where the checksum begins */
		{ ETH_HLEN + 9, IPPROTO_UDP, -EINVAL },
		{ ETH_HLEN + 6, 0x20, -EINVAL },	   /* more fragments follow */
		{ ETH_HLEN + 7, 1, -EINVAL },		   /* a later fragment */
		{ ETH_HLEN + 6, 0x40, 0 },		   /* don't fragment */
		{ TCP_AT + 12, 0x40, -EINVAL },		   /* shorter than a TCP header */
		{ TCP_AT + 12, 0x80, 0 },
	};
	struct virtio_net_hdr h = header(CSUM, TCP4, 1000, TCP_AT, 16);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sk_buff *skb = frame(TCP_AT + 20);
		int err;

		skb_store_bits(skb, rows[i].at, &rows[i].byte, 1);
		err = vnet_hdr_to_skb(skb, &h, true);
		if (err != rows[i].err || !skb_shinfo(skb)->gso_size != !!err)
			test_fail(__FILE__, __LINE__, false, "row %zu: %d, gso_size %u", i, err,
				  skb_shinfo(skb)->gso_size);
		consume_skb(skb);
	}
}
TEST(a_frame_that_ends_within_its_headers)
{
	static const struct { u32 len; u16 start; int err; } rows[] = {
		{ ETH_HLEN - 1, 0, -EINVAL }, { ETH_HLEN + 19, 0, -EINVAL }, { TCP_AT + 19, TCP_AT, -EINVAL },
		{ TCP_AT + 31, TCP_AT, -EINVAL }, { TCP_AT + 32, TCP_AT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		/* the checksum is inside in each case, so that it is the headers that are looked for */
		struct virtio_net_hdr h = header(CSUM, TCP4, 1000, rows[i].start, rows[i].start ? 16 : 2);
		struct sk_buff *skb = frame(TCP_AT + 20);
		u8 twelve_more = 0x80;
		int err;

		skb_store_bits(skb, TCP_AT + 12, &twelve_more, 1);
		ASSERT_EQ(pskb_trim(skb, rows[i].len), 0);
		err = vnet_hdr_to_skb(skb, &h, true);
		if (err != rows[i].err)
			test_fail(__FILE__, __LINE__, false, "%u bytes: %d", rows[i].len, err);
		consume_skb(skb);
	}
}
/* TUN without a link header. */
TEST(a_packet_that_begins_with_ip)
{
	struct virtio_net_hdr h = header(CSUM, TCP4, 1000, 20, 16);
	struct sk_buff *skb = frame(TCP_AT + 20);

	skb_pull(skb, ETH_HLEN);
	EXPECT_EQ(vnet_hdr_to_skb(skb, &h, true), -EINVAL); /* there is no EtherType where a frame has one */
	EXPECT_EQ(vnet_hdr_to_skb(skb, &h, false), 0);
	EXPECT_EQ(skb_shinfo(skb)->gso_segs, 3);
	consume_skb(skb);
}
/* What was said of a packet is told of it again; a checksum that is right is DATA_VALID. */
TEST(a_header_from_a_packet)
{
	static const u8 types[] = { TCP4, TCP4 | ECN };
	struct virtio_net_hdr h, back;
	struct sk_buff *skb;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		skb = frame(TCP_AT + 20);
		h = header(CSUM, types[i], 1000, TCP_AT, 16);
		ASSERT_EQ(vnet_hdr_to_skb(skb, &h, true), 0);
		h.hdr_len = to_vnet16(TCP_AT + 20); /* what lies in the head */
		memset(&back, 0xff, sizeof(back));
		vnet_hdr_from_skb(skb, &back);
		EXPECT_EQ(memcmp(&h, &back, sizeof(h)), 0);
		skb_push(skb, 4); /* places are counted from the packet's start, wherever that is */
		vnet_hdr_from_skb(skb, &back);
		EXPECT_EQ(vnet16(back.csum_start), TCP_AT + 4);
		consume_skb(skb);
	}
	skb = frame(TCP_AT + 20);
	h = header(0, NONE, 0, 0, 0);
	vnet_hdr_from_skb(skb, &back);
	EXPECT_EQ(memcmp(&h, &back, sizeof(h)), 0);
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	h.flags = VIRTIO_NET_HDR_F_DATA_VALID;
	vnet_hdr_from_skb(skb, &back);
	EXPECT_EQ(memcmp(&h, &back, sizeof(h)), 0);
	skb->ip_summed = CHECKSUM_COMPLETE; /* a sum is not yet a verdict */
	h.flags = 0;
	vnet_hdr_from_skb(skb, &back);
	EXPECT_EQ(memcmp(&h, &back, sizeof(h)), 0);
	consume_skb(skb);
}
