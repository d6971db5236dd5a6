/* tests/unit/net/core/sock_filter_test.c - what a filter's loads mean for a packet: its bytes, wherever they lie, and
 * the facts that Linux gives negative offsets to (SKF_AD_*). The machine itself: tests/unit/kernel/bpf/classic_test.c.
 */
#include "net/core/sock_filter.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/tcp.h>

static struct bench b;
static struct socket *s;

static void start(void)
{
	b = bench_up();
	s = open_udp(&b, 0);
}
static void stop(void)
{
	sock_release(s);
	bench_down(&b);
}
static int attach(const struct sock_filter *f, u16 n)
{
	struct sock_fprog p = { n, (struct sock_filter *)f };

	return sock_setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, KERNEL_SOCKPTR(&p), sizeof(p));
}
/* A packet of these bytes, the first head of them in the head and the others in pages; headers: a link header of 14. */
static struct sk_buff *packet(const void *bytes, u32 n, u32 head, bool headers)
{
	struct sk_buff *skb = alloc_skb(head + 32, GFP_KERNEL);

	ASSERT_TRUE(skb != NULL);
	skb_reserve(skb, 32);
	skb_put(skb, head);
	ASSERT_EQ(skb_append_pages(skb, n - head, GFP_KERNEL), 0);
	ASSERT_EQ(skb_store_bits(skb, 0, bytes, n), 0);
	skb->mac_header = headers ? 32 : U16_MAX;
	skb->network_header = headers ? 32 + 14 : 32;
	return skb;
}
/* What the filter answers that loads from offset, with A and X set before. */
static u32 ask(struct sk_buff *skb, u16 size, u16 mode, s32 offset, u32 a, u32 x)
{
	const struct sock_filter f[] = { BPF_STMT(BPF_LDX | BPF_IMM, x), BPF_STMT(BPF_LD | BPF_IMM, a),
					 BPF_STMT(BPF_LD | size | mode, (u32)offset), BPF_STMT(BPF_RET | BPF_A, 0) };
	u32 r;

	ASSERT_EQ(attach(f, ARRAY_SIZE(f)), 0);
	rcu_read_lock();
	r = sk_filter_run(s->sk, skb);
	rcu_read_unlock();
	return r;
}
static u32 fact(struct sk_buff *skb, s32 which, u32 a, u32 x)
{
	return ask(skb, BPF_W, BPF_ABS, SKF_AD_OFF + which, a, x);
}

TEST(what_is_known_about_a_packet_and_not_in_it)
{
	static const struct { s32 which; u32 a, x, want; } rows[] = {
		{ SKF_AD_PROTOCOL, 1, 2, ETH_P_IP },	 { SKF_AD_PKTTYPE, 1, 2, PACKET_OTHERHOST },
		{ SKF_AD_HATYPE, 1, 2, ARPHRD_ETHER },	 { SKF_AD_MARK, 1, 2, 0x12345678 },
		{ SKF_AD_QUEUE, 1, 2, 7 },		 { SKF_AD_RXHASH, 1, 2, 0xcafe0001 },
		{ SKF_AD_VLAN_TAG, 1, 2, 0x2064 },	 { SKF_AD_VLAN_TAG_PRESENT, 1, 2, 1 },
		{ SKF_AD_VLAN_TPID, 1, 2, ETH_P_8021Q }, { SKF_AD_ALU_XOR_X, 0xf0f0, 0xff00, 0x0ff0 },
	};
	u8 bytes[34] = { 0 };
	struct sk_buff *skb;

	start();
	skb = packet(bytes, sizeof(bytes), sizeof(bytes), true);
	skb->dev = b.nic->dev;
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_OTHERHOST;
	skb->mark = 0x12345678;
	skb->queue_mapping = 7;
	skb->hash = 0xcafe0001;
	skb->vlan_tci = 0x2064;
	skb->vlan_present = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (fact(skb, rows[i].which, rows[i].a, rows[i].x) != rows[i].want)
			test_fail(__FILE__, __LINE__, false, "SKF_AD %d: %#x, not %#x", rows[i].which,
				  fact(skb, rows[i].which, rows[i].a, rows[i].x), rows[i].want);
	EXPECT_EQ(fact(skb, SKF_AD_IFINDEX, 1, 2), b.nic->dev->ifindex);
	EXPECT_EQ(fact(skb, SKF_AD_CPU, 1, 2), (u32)smp_processor_id());
	EXPECT_NE(fact(skb, SKF_AD_RANDOM, 0, 0), fact(skb, SKF_AD_RANDOM, 0, 0)); /* the seed says so */
	skb->vlan_present = false;
	EXPECT_EQ(fact(skb, SKF_AD_VLAN_TAG_PRESENT, 1, 2), 0u);
	EXPECT_EQ(fact(skb, SKF_AD_VLAN_TPID, 1, 2), 0u);
	skb->dev = NULL; /* no device, no answer: the program ends and keeps nothing */
	EXPECT_EQ(fact(skb, SKF_AD_IFINDEX, 1, 2), 0u);
	EXPECT_EQ(fact(skb, SKF_AD_HATYPE, 1, 2), 0u);
	consume_skb(skb);
	stop();
}

/* A frame: a link header, an IP header of ihl words, then 60 bytes of which the 13th is doff in TCP's way. */
static struct sk_buff *ip_frame(u8 proto, u32 ihl, u8 doff, u16 frag_off, u32 head)
{
	struct iphdr ip = { .version = 4, .ihl = (u8)ihl & 15, .protocol = proto, .frag_off = htons(frag_off) };
	u8 bytes[14 + 60 + 60] = { 0 };
	struct sk_buff *skb;

	memcpy(bytes + 14, &ip, sizeof(ip));
	bytes[14 + ihl * 4 + 12] = (u8)(doff << 4);
	skb = packet(bytes, sizeof(bytes), head, true);
	skb->protocol = htons(ETH_P_IP);
	return skb;
}
TEST(where_the_payload_begins)
{
	static const struct { u8 proto, ihl, doff; u16 frag_off; u32 want; } rows[] = {
		{ IPPROTO_TCP, 5, 5, 0, 14 + 20 + 20 },
		{ IPPROTO_TCP, 5, 8, 0, 14 + 20 + 32 },
		{ IPPROTO_TCP, 15, 15, 0, 14 + 60 + 60 },
		{ IPPROTO_TCP, 5, 4, 0, 14 + 20 + 20 },	       /* Linux: never less than the header */
		{ IPPROTO_UDP, 6, 0, 0, 14 + 24 + 8 },
		{ IPPROTO_UDPLITE, 5, 0, 0, 14 + 20 + 8 },
		{ IPPROTO_ICMP, 5, 0, 0, 14 + 20 + 8 },
		{ IPPROTO_IGMP, 5, 0, 0, 14 + 20 + 8 },
		{ IPPROTO_SCTP, 5, 0, 0, 14 + 20 + 12 },
		{ IPPROTO_RAW, 5, 0, 0, 14 + 20 },
		{ IPPROTO_UDP, 5, 0, 0x2000, 14 + 20 + 8 },    /* the first fragment has the header */
		{ IPPROTO_UDP, 5, 0, 0x0001, 14 + 20 },	       /* a later one is payload at once */
		{ IPPROTO_TCP, 5, 8, 0x2001, 14 + 20 },
		{ IPPROTO_UDP, 4, 0, 0, 0 },		       /* no IP header */
	};
	struct sk_buff *skb;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (u32 head = 14; head <= 134; head += 120) { /* all in pages but the link header; all in the head */
			u32 got;

			skb = ip_frame(rows[i].proto, rows[i].ihl, rows[i].doff, rows[i].frag_off, head);
			got = fact(skb, SKF_AD_PAY_OFFSET, 1, 2);
			if (got != rows[i].want)
				test_fail(__FILE__, __LINE__, false, "row %zu: %u, not %u", i, got, rows[i].want);
			consume_skb(skb);
		}
	skb = ip_frame(IPPROTO_TCP, 5, 5, 0, 134);
	skb->protocol = htons(ETH_P_ARP);
	EXPECT_EQ(fact(skb, SKF_AD_PAY_OFFSET, 1, 2), 0u); /* nothing is known of it */
	skb->protocol = htons(ETH_P_IP);
	skb_trim_linear(skb, 14 + 19);
	EXPECT_EQ(fact(skb, SKF_AD_PAY_OFFSET, 1, 2), 0u);
	skb_trim_linear(skb, 14 + 20 + 12); /* TCP's offset lies beyond */
	EXPECT_EQ(fact(skb, SKF_AD_PAY_OFFSET, 1, 2), 34u);
	consume_skb(skb);
	stop();
}

TEST(netlink_attributes_are_found)
{
	static const struct { u16 len, type; } attrs[] = {
		{ 6, 1 },		     /* at 4: two bytes and a pad */
		{ 20, 2 | NLA_F_NESTED },    /* at 12: holds ... */
		{ 8, 5 }, { 0, 0 },	     /* ... at 16 */
		{ 8, 6 }, { 0, 0 },	     /* ... at 24 */
		{ 12, 3 },		     /* at 32: longer than the message */
		{ 4, 7 },		     /* at 36: never reached */
	};
	static const struct { s32 which; u32 a, x, want; } rows[] = {
		{ SKF_AD_NLATTR, 4, 1, 4 },	   { SKF_AD_NLATTR, 4, 2, 12 },	    { SKF_AD_NLATTR, 12, 1, 0 },
		{ SKF_AD_NLATTR, 4, 5, 0 },	   { SKF_AD_NLATTR, 4, 3, 0 },	    { SKF_AD_NLATTR, 4, 7, 0 },
		{ SKF_AD_NLATTR, 36, 7, 36 },	   { SKF_AD_NLATTR, 37, 7, 0 },	    { SKF_AD_NLATTR, 40, 7, 0 },
		{ SKF_AD_NLATTR, 0x80000000, 7, 0 }, { SKF_AD_NLATTR, U32_MAX, 0, 0 }, { SKF_AD_NLATTR, 20, 0, 0 },
		{ SKF_AD_NLATTR_NEST, 12, 5, 16 }, { SKF_AD_NLATTR_NEST, 12, 6, 24 }, { SKF_AD_NLATTR_NEST, 12, 3, 0 },
		{ SKF_AD_NLATTR_NEST, 12, 1, 0 },  { SKF_AD_NLATTR_NEST, 32, 7, 0 }, { SKF_AD_NLATTR_NEST, 36, 7, 0 },
		{ SKF_AD_NLATTR_NEST, 20, 0, 0 },  { SKF_AD_NLATTR_NEST, 38, 0, 0 },
		{ SKF_AD_NLATTR_NEST, U32_MAX, 0, 0 },
	};
	u8 bytes[40] = { 0 };
	u32 at = 4;

	start();
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		memcpy(bytes + at, &attrs[i], 4);
		at += i ? 4 : 8;
	}
	ASSERT_EQ(at, sizeof(bytes));
	for (u32 head = 10; head <= 40; head += 30) {
		struct sk_buff *skb = packet(bytes, sizeof(bytes), head, false);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			u32 got = fact(skb, rows[i].which, rows[i].a, rows[i].x);

			if (got != rows[i].want)
				test_fail(__FILE__, __LINE__, false, "row %zu: %u, not %u", i, got, rows[i].want);
		}
		consume_skb(skb);
	}
	stop();
}

/* Offsets from the packet's start reach into pages, those from its headers as far as the head. A load that misses ends
 * the program with 0; no byte of the packet is 0 here. */
TEST(a_load_finds_what_is_there_and_nothing_else)
{
	static const struct { u16 size, mode; s32 k; u32 x, want; } rows[] = {
		{ BPF_B, BPF_ABS, 29, 0, 30 },		      { BPF_H, BPF_ABS, 28, 0, 0x1d1e },
		{ BPF_W, BPF_ABS, 26, 0, 0x1b1c1d1e },	      { BPF_W, BPF_ABS, 18, 0, 0x13141516 }, /* across */
		{ BPF_H, BPF_ABS, 19, 0, 0x1415 },	      { BPF_H, BPF_ABS, 29, 0, 0 },
		{ BPF_W, BPF_ABS, 27, 0, 0 },		      { BPF_B, BPF_IND, 20, 9, 30 },
		{ BPF_B, BPF_IND, 20, 10, 0 },		      { BPF_B, BPF_IND, -1, 1, 1 },
		{ BPF_B, BPF_IND, 0, U32_MAX, 0 },	      { BPF_B, BPF_ABS, SKF_LL_OFF, 0, 1 },
		{ BPF_B, BPF_ABS, SKF_LL_OFF + 19, 0, 20 },   { BPF_B, BPF_ABS, SKF_LL_OFF + 20, 0, 0 },
		{ BPF_H, BPF_ABS, SKF_LL_OFF + 19, 0, 0 },    { BPF_W, BPF_ABS, SKF_NET_OFF, 0, 0x0f101112 },
		{ BPF_H, BPF_ABS, SKF_NET_OFF + 4, 0, 0x1314 }, { BPF_W, BPF_ABS, SKF_NET_OFF + 3, 0, 0 },
		{ BPF_B, BPF_IND, SKF_LL_OFF, 2, 3 },	      { BPF_B, BPF_IND, SKF_NET_OFF, 5, 20 },
		{ BPF_B, BPF_IND, SKF_LL_OFF - 2, 1, 0 },     { BPF_B, BPF_IND, SKF_NET_OFF - 1, 0, 0 },
		{ BPF_B, BPF_IND, SKF_AD_OFF, SKF_AD_PROTOCOL, 0 }, /* facts have their place in absolute loads alone */
	};
	u8 bytes[30];
	struct sk_buff *skb;

	start();
	for (u8 i = 0; i < sizeof(bytes); i++)
		bytes[i] = i + 1;
	skb = packet(bytes, sizeof(bytes), 20, true);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 got = ask(skb, rows[i].size, rows[i].mode, rows[i].k, 77, rows[i].x);

		if (got != rows[i].want)
			test_fail(__FILE__, __LINE__, false, "row %zu: %#x, not %#x", i, got, rows[i].want);
	}
	skb->mac_header = U16_MAX; /* a packet that never had one */
	EXPECT_EQ(ask(skb, BPF_B, BPF_ABS, SKF_LL_OFF, 77, 0), 0u);
	EXPECT_EQ(ask(skb, BPF_B, BPF_ABS, SKF_NET_OFF, 77, 0), 15u);
	consume_skb(skb);
	stop();
}

/* The socket gets what the filter keeps, though never less than the caller's cap. */
TEST(a_packet_is_cut_to_what_the_filter_keeps)
{
	static const struct { u32 keep, cap, len; int err; } rows[] = {
		{ 0, 8, 30, -EPERM }, { 3, 0, 3, 0 }, { 3, 8, 8, 0 }, { 25, 8, 25, 0 }, { U32_MAX, 8, 30, 0 },
	};
	u8 bytes[30] = { 0 };

	start();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sock_filter f = BPF_STMT(BPF_RET | BPF_K, rows[i].keep);
		struct sk_buff *skb = packet(bytes, sizeof(bytes), 20, false);

		ASSERT_EQ(attach(&f, 1), 0);
		EXPECT_EQ(sk_filter_trim_cap(s->sk, skb, rows[i].cap), rows[i].err);
		EXPECT_EQ(skb->len, rows[i].len);
		consume_skb(skb);
	}
	stop();
}

TEST(programs_that_are_refused)
{
	const struct sock_filter good = BPF_STMT(BPF_RET | BPF_K, 1), bad = BPF_STMT(BPF_LD | BPF_IMM, 1);
	static struct sock_filter longest[BPF_MAXINSNS + 1];
	struct sock_fprog p = { 1, (struct sock_filter *)&good };
	struct sock_filter back[2];

	start();
	EXPECT_EQ(sk_get_filter(s->sk, (char *)back, 2), 0); /* none */
	EXPECT_EQ(sock_setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, KERNEL_SOCKPTR(&p), sizeof(p) - 1), -EINVAL);
	EXPECT_EQ(sock_setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, USER_SOCKPTR(NULL), sizeof(p)), -EFAULT);
	EXPECT_EQ(attach(NULL, 1), -EINVAL);
	EXPECT_EQ(attach(&good, 0), -EINVAL);
	EXPECT_EQ(attach(&bad, 1), -EINVAL);
	for (u32 i = 0; i <= BPF_MAXINSNS; i++)
		longest[i] = good;
	EXPECT_EQ(attach(longest, BPF_MAXINSNS + 1), -EINVAL);
	EXPECT_EQ(sk_get_filter(s->sk, (char *)back, 2), 0); /* what was refused left nothing */
	EXPECT_EQ(attach(longest, BPF_MAXINSNS), 0);
	EXPECT_EQ(sk_get_filter(s->sk, (char *)back, 2), -EINVAL); /* no room */
	host_fail_alloc(1, false);
	EXPECT_EQ(attach(&good, 1), -ENOMEM);
	host_fail_alloc(2, false);
	EXPECT_EQ(attach(&good, 1), -ENOMEM);
	EXPECT_EQ(sk_get_filter(s->sk, NULL, 0), BPF_MAXINSNS); /* the old one stays */
	EXPECT_EQ(sk_detach_filter(s->sk), 0);
	EXPECT_EQ(sk_get_filter(s->sk, NULL, 0), 0);
	EXPECT_EQ(sk_detach_filter(s->sk), -ENOENT);
	stop();
}
