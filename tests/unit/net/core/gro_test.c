/* tests/unit/net/core/gro_test.c - what GRO makes of received segments, cut again, is what came
 *
 * Frames go into a device within one poll; a tap sees what goes up. Whatever was merged must give back, when it is cut,
 * the very bytes that came, each flow in its order. Then each rule by itself: what may be merged, and what ends it.
 */
#include "net/core/gso.h"
#include "net/ipv4/internal.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"
#include <linux/tcp.h>

#define MAX_FRAMES 4096
struct frame { u32 len; u8 bytes[1600]; };
static struct frame sent_frames[MAX_FRAMES], seen_frames[MAX_FRAMES];
static u32 nr_sent, nr_seen, nr_packets, largest;
static u8 summed[8]; /* the latest packets: CHECKSUM_NONE where GRO did not look at them */

struct seg { /* what one frame says */
	u32 seq, ack, len;
	u16 sport, id, win;
	u8 flags, ttl, tos, options; /* options: bytes, filled with tsval */
	bool no_df, bad_csum, bad_ip_csum, pad, empty;
	u8 tsval, src;
};
/* What is not said: port 1000, window 500, TTL 64, ACK, 100 bytes. */
static struct seg whole(struct seg s)
{
	s.sport = s.sport ? s.sport : 1000;
	s.win = s.win ? s.win : 500;
	s.ttl = s.ttl ? s.ttl : 64;
	s.flags = s.flags ? s.flags : 0x10;
	s.len = s.empty ? 0 : s.len ? s.len : 100;
	return s;
}
#define SEG(...) whole((struct seg){ __VA_ARGS__ })

static u32 build(const struct seg *s, u8 *f)
{
	struct iphdr *ip = (struct iphdr *)(f + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);
	u32 thlen = 20u + s->options;

	memset(f, 0, 54);
	memcpy(f, "\2\0\0\0\0\1\2\0\0\0\0\x99\x8\0", 14);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = s->ttl, .tos = s->tos, .protocol = IPPROTO_TCP,
			      .id = htons(s->id), .frag_off = s->no_df ? 0 : htons(0x4000),
			      .saddr = htonl(0x0a000063u + s->src), .daddr = HOST_A,
			      .tot_len = htons((u16)(20 + thlen + s->len)) };
	ip->check = ip_fast_csum(ip, 5);
	if (s->bad_ip_csum)
		ip->check ^= 1;
	th->source = htons(s->sport);
	th->dest = htons(80);
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	th->doff = (u8)(thlen / 4);
	((u8 *)th)[13] = s->flags;
	th->window = htons(s->win);
	memset(th + 1, s->tsval + 1, s->options);
	for (u32 i = 0; i < s->len; i++)
		((u8 *)th)[thlen + i] = (u8)((s->seq + i) * 7);
	th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, thlen + s->len, IPPROTO_TCP,
				      csum_partial(th, thlen + s->len, 0));
	if (s->bad_csum)
		th->check ^= 1;
	if (s->pad)
		memset((u8 *)th + thlen + s->len, 0, 10);
	return 34 + thlen + s->len + (s->pad ? 10 : 0);
}

/* The tap: keeps the frames that skb is made of. */
static int see(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig)
{
	struct sk_buff *list = skb;

	skb_push(skb, 14);
	skb_reset_mac_header(skb);
	summed[nr_packets++ % 8] = skb->ip_summed;
	largest = max(largest, skb->len);
	if (skb_is_gso(skb)) {
		list = skb_gso_segment(skb, NETIF_F_SG | NETIF_F_HW_CSUM);
		EXPECT_FALSE(IS_ERR(list));
		if (IS_ERR(list))
			return 0;
		consume_skb(skb);
	}
	while (list) {
		struct sk_buff *next = list->next;
		struct frame *f = &seen_frames[nr_seen++];

		list->next = NULL;
		EXPECT_EQ(list->ip_summed == CHECKSUM_PARTIAL ? skb_checksum_help(list) : 0, 0);
		f->len = list->len;
		ASSERT_LE(f->len, sizeof(f->bytes));
		skb_copy_bits(list, 0, f->bytes, f->len);
		consume_skb(list);
		list = next;
	}
	return 0;
}

struct gro_bench { struct net *net; struct sim_nic *nic; struct packet_type tap; };
static void start(struct gro_bench *b)
{
	*b = (struct gro_bench){ .net = test_net() };
	b->nic = sim_nic_create(b->net, 1, NETIF_F_SG | NETIF_F_HW_CSUM);
	b->tap = (struct packet_type){ .type = htons(ETH_P_ALL), .func = see, .net = b->net, .dev = b->nic->dev };
	dev_add_pack(&b->tap);
	nr_sent = nr_seen = nr_packets = largest = 0;
}
static void stop(struct gro_bench *b)
{
	dev_remove_pack(&b->tap);
	host_settle();
	sim_nic_destroy(b->nic);
}
/* Everything between goes through one poll. */
static void burst_start(void) { local_bh_disable(); }
static void burst_end(void)
{
	local_bh_enable();
	host_settle();
}
static void put(struct gro_bench *b, struct seg s)
{
	struct frame *f = &sent_frames[nr_sent++];

	f->len = build(&s, f->bytes);
	sim_nic_inject(b->nic, f->bytes, f->len);
}
static bool same_flow(const struct frame *a, const struct frame *b)
{
	return !memcmp(a->bytes + 26, b->bytes + 26, 8) && !memcmp(a->bytes + 34, b->bytes + 34, 4);
}
/* What was seen is what was sent, and each flow in its order. */
static void expect_the_same(void)
{
	static bool used[MAX_FRAMES];

	memset(used, 0, sizeof(used));
	ASSERT_EQ(nr_seen, nr_sent);
	for (u32 i = 0; i < nr_sent; i++) {
		u32 k = 0;

		while (k < nr_seen && (used[k] || !same_flow(&sent_frames[i], &seen_frames[k])))
			k++;
		ASSERT_LT(k, nr_seen);
		used[k] = true;
		ASSERT_EQ(seen_frames[k].len, sent_frames[i].len);
		for (u32 at = 0; at < sent_frames[i].len; at++)
			if (seen_frames[k].bytes[at] != sent_frames[i].bytes[at])
				test_fail(__FILE__, __LINE__, true, "frame %u, byte %u: %02x, not %02x", i, at,
					  seen_frames[k].bytes[at], sent_frames[i].bytes[at]);
	}
}

TEST(segments_in_order_become_one_and_are_cut_as_they_came)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u32 i = 0; i < 30; i++)
		put(&b, SEG(.seq = 0xffffff00u + i * 1448, .len = 1448, .id = (u16)(0xfff0 + i), .options = 12));
	burst_end();
	EXPECT_EQ(nr_packets, 1u);
	expect_the_same();
	stop(&b);
}
TEST(not_more_than_an_ip_packet_holds)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u32 i = 0; i < 60; i++)
		put(&b, SEG(.seq = i * 1448, .len = 1448, .id = (u16)i));
	burst_end();
	EXPECT_EQ(nr_packets, 2u);
	EXPECT_LE(largest, 65535u + 14);
	expect_the_same();
	stop(&b);
}
TEST(a_short_segment_and_push_end_it)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	put(&b, SEG(.seq = 0, .id = 1));
	put(&b, SEG(.seq = 100, .id = 2, .len = 50)); /* joins, and ends */
	put(&b, SEG(.seq = 150, .id = 3));
	put(&b, SEG(.seq = 250, .id = 4, .flags = 0x18)); /* PSH joins, and ends */
	put(&b, SEG(.seq = 350, .id = 5));
	put(&b, SEG(.seq = 450, .id = 6, .flags = 0x11)); /* FIN likewise */
	burst_end();
	EXPECT_EQ(nr_packets, 3u);
	expect_the_same();
	stop(&b);
}
TEST(what_nothing_can_follow_is_looked_at_only_behind_others)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	put(&b, SEG(.seq = 0, .id = 1, .empty = true));
	put(&b, SEG(.seq = 0, .id = 2, .flags = 0x18, .len = 1));
	put(&b, SEG(.seq = 1, .id = 3));
	put(&b, SEG(.seq = 101, .id = 4, .empty = true));	   /* must not overtake the one before */
	put(&b, SEG(.seq = 101, .id = 5, .flags = 0x18, .len = 1)); /* nobody is left to be overtaken */
	burst_end();
	EXPECT_EQ(nr_packets, 5u);
	for (u32 i = 0; i < 5; i++)
		EXPECT_EQ(summed[i], i == 2 || i == 3 ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE);
	expect_the_same();
	stop(&b);
}
TEST(without_gro_each_goes_by_itself)
{
	struct gro_bench b;

	start(&b);
	b.nic->dev->wanted_features &= ~NETIF_F_GRO;
	netdev_update_features(b.nic->dev);
	burst_start();
	for (u32 i = 0; i < 5; i++)
		put(&b, SEG(.seq = i * 100, .id = (u16)i));
	burst_end();
	EXPECT_EQ(nr_packets, 5u);
	expect_the_same();
	stop(&b);
}
TEST(polls_do_not_hold_packets_back)
{
	struct gro_bench b;

	start(&b);
	put(&b, SEG(.seq = 0, .id = 1));
	EXPECT_EQ(nr_packets, 1u);
	put(&b, SEG(.seq = 100, .id = 2));
	EXPECT_EQ(nr_packets, 2u);
	stop(&b);
}
TEST(held_packets_are_bounded)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u32 i = 0; i < 60; i++)
		put(&b, SEG(.sport = (u16)(1000 + i * 256), .seq = 5, .id = (u16)i)); /* many in one bucket */
	for (u32 i = 0; i < GRO_HASH_BUCKETS; i++)
		EXPECT_LE(b.nic->napi.gro_hash[i].count, 8u);
	burst_end();
	EXPECT_EQ(nr_packets, 60u);
	expect_the_same();
	stop(&b);
}

/* Each difference that keeps the second of two segments from joining the first. */
static const struct seg second = { .seq = 100, .id = 2 };
static void expect_apart(struct seg s, u32 packets)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	put(&b, SEG(.seq = 0, .id = 1, .options = s.options, .no_df = false));
	put(&b, whole(s));
	burst_end();
	EXPECT_EQ(nr_packets, packets);
	expect_the_same();
	stop(&b);
}
#define VARY(field, value) ({ struct seg _s = second; _s.field = (value); _s; })
TEST(rule_by_rule)
{
	expect_apart(second, 1);
	expect_apart(VARY(seq, 101), 2);
	expect_apart(VARY(seq, 99), 2);
	expect_apart(VARY(ack, 1), 2);
	expect_apart(VARY(win, 501), 2);
	expect_apart(VARY(ttl, 63), 2);
	expect_apart(VARY(tos, 4), 2);
	expect_apart(VARY(tos, 3), 2); /* ECN CE */
	expect_apart(VARY(id, 3), 2);
	expect_apart(VARY(id, 1), 1); /* with DF, all the same will do */
	expect_apart(VARY(no_df, true), 2);
	expect_apart(VARY(len, 101), 2);
	expect_apart(VARY(empty, true), 2);
	expect_apart(VARY(flags, 0x18), 1);
	expect_apart(VARY(flags, 0x90), 2); /* CWR */
	expect_apart(VARY(flags, 0x50), 2); /* ECE */
	expect_apart(VARY(flags, 0x14), 2); /* RST */
	expect_apart(VARY(flags, 0x30), 2); /* URG */
	expect_apart(VARY(flags, 0x12), 2); /* SYN */
	expect_apart(VARY(sport, 1001), 2);
	expect_apart(VARY(src, 1), 2);
	expect_apart(VARY(bad_csum, true), 2);
	expect_apart(VARY(bad_ip_csum, true), 2);
	expect_apart(VARY(pad, true), 2);
	expect_apart(VARY(options, 12), 1);
	expect_apart((struct seg){ .seq = 100, .id = 2, .options = 12, .tsval = 1 }, 2);
}
TEST(identifications_keep_their_way)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u32 i = 0; i < 4; i++)
		put(&b, SEG(.seq = i * 100, .id = 7)); /* all the same */
	put(&b, SEG(.seq = 400, .id = 8));	       /* no longer */
	for (u32 i = 0; i < 4; i++)
		put(&b, SEG(.sport = 2, .seq = i * 100, .id = (u16)(9 + i)));
	put(&b, SEG(.sport = 2, .seq = 400, .id = 9));
	burst_end();
	EXPECT_EQ(nr_packets, 4u);
	expect_the_same();
	stop(&b);
}

/* --- random streams: mostly what a sender sends, sometimes not --- */

static struct seg random_step(struct seg *flow)
{
	struct seg s;

	s = *flow;
	s.len = host_random() % 8 ? 100 : (u32)(host_random() % 150);
	if (host_random() % 10 == 0)
		s.flags = (u8)(host_random() % 2 ? 0x18 : host_random());
	if (host_random() % 20 == 0)
		s.ack += 1;
	if (host_random() % 20 == 0)
		s.tsval += 1;
	if (host_random() % 30 == 0)
		s.seq -= (u32)(host_random() % 300);
	s.bad_csum = host_random() % 40 == 0;
	s.pad = host_random() % 40 == 0;
	s.ttl = host_random() % 40 ? 64 : 63;
	*flow = s;
	flow->flags = 0x10;
	flow->seq += s.len;
	flow->id += host_random() % 30 ? 1 : 2;
	return s;
}
TEST(random_streams_are_what_they_were)
{
	for (u64 seed = 1; seed <= 40; seed++) {
		struct seg flow[12];
		struct gro_bench b;

		host_seed(seed);
		start(&b);
		for (u32 i = 0; i < ARRAY_SIZE(flow); i++)
			flow[i] = SEG(.sport = (u16)(1000 + i * 37), .options = i % 2 ? 12 : 0, .no_df = i % 5 == 0,
				      .seq = (u32)host_random(), .id = (u16)host_random(), .src = (u8)(i % 3));
		while (nr_sent < 600) {
			burst_start();
			for (u32 n = (u32)(host_random() % 64); n; n--)
				put(&b, random_step(&flow[host_random() % ARRAY_SIZE(flow)]));
			burst_end();
		}
		expect_the_same();
		EXPECT_LT(nr_packets, nr_sent);
		stop(&b);
	}
}
TEST(noise_does_no_harm)
{
	struct gro_bench b;

	start(&b);
	for (u32 round = 0; round < 300; round++) {
		burst_start();
		nr_seen = nr_sent = 0;
		for (u32 n = 0; n < 40; n++) {
			static u8 f[1600];
			struct seg s = SEG(.seq = n * 100, .id = (u16)n, .options = (u8)(host_random() % 3 * 4));
			u32 len = build(&s, f), hits = (u32)(host_random() % 4);

			while (hits--)
				f[12 + host_random() % 60] ^= (u8)host_random();
			sim_nic_inject(b.nic, f, host_random() % 5 ? len : 14 + host_random() % (len - 14));
		}
		burst_end();
	}
	stop(&b);
}

/* --- a router in the middle: 10.0.1.9 lives behind its second device --- */

struct router { struct net *net; struct sim_nic *in, *out; };
static void router_start(struct router *r)
{
	u8 reply[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0x77, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x77,
			 10, 0, 1, 9, 2, 0, 0, 0, 0, 2, 10, 0, 1, 1 };

	r->net = test_net();
	r->in = sim_nic_create(r->net, 1, NETIF_F_SG | NETIF_F_HW_CSUM);
	r->out = sim_nic_create(r->net, 2, NETIF_F_SG | NETIF_F_HW_CSUM);
	host_address(r->net, r->in->dev, HOST_A);
	host_address(r->net, r->out->dev, htonl(0x0a000101));
	r->net->ipv4->sysctl.ip_forward = 1;
	burst_start();
	for (u32 i = 0; i < 3; i++) { /* something for it to ask about, then the answer */
		struct seg s = SEG(.seq = 1, .sport = 7, .id = (u16)i);
		static u8 f[1600];
		u32 len = build(&s, f);

		((struct iphdr *)(f + 14))->daddr = htonl(0x0a000109);
		((struct iphdr *)(f + 14))->check = 0;
		((struct iphdr *)(f + 14))->check = ip_fast_csum(f + 14, 5);
		sim_nic_inject(r->in, f, len);
	}
	burst_end();
	sim_nic_inject(r->out, reply, sizeof(reply));
	host_settle();
	skb_queue_consume(&r->out->sent);
	skb_queue_consume(&r->in->sent);
	nr_sent = 0;
}
static void router_stop(struct router *r)
{
	host_pass(300 * NSEC_PER_SEC);
	sim_nic_destroy(r->in);
	sim_nic_destroy(r->out);
}
/* 20 segments that GRO makes one packet of. */
static void router_gets_train(struct router *r, bool df)
{
	burst_start();
	for (u32 i = 0; i < 20; i++) {
		struct seg s = SEG(.seq = i * 1448, .len = i == 19 ? 99 : 1448, .id = (u16)i, .options = 12,
				   .no_df = !df);
		struct frame *f = &sent_frames[nr_sent++];
		struct iphdr *ip = (struct iphdr *)(f->bytes + 14);
		struct tcphdr *th = (struct tcphdr *)(ip + 1);

		f->len = build(&s, f->bytes);
		ip->daddr = htonl(0x0a000109);
		ip->check = 0;
		ip->check = ip_fast_csum(ip, 5);
		th->check = 0;
		th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, f->len - 34, IPPROTO_TCP,
					      csum_partial(th, f->len - 34, 0));
		sim_nic_inject(r->in, f->bytes, f->len);
	}
	burst_end();
	EXPECT_EQ(r->in->napi.gro_segments, 20u);
}
TEST(forwarded_packets_leave_as_they_came)
{
	struct router r;

	router_start(&r);
	router_gets_train(&r, true);
	for (u32 i = 0; i < nr_sent; i++) {
		struct iphdr *ip = (struct iphdr *)(sent_frames[i].bytes + 14);
		struct sk_buff *skb = sim_nic_take(r.out);

		ASSERT_TRUE(skb);
		ip->ttl--;
		ip->check = 0;
		ip->check = ip_fast_csum(ip, 5);
		EXPECT_EQ(skb->len, sent_frames[i].len);
		EXPECT_EQ(memcmp(skb->data + 14, sent_frames[i].bytes + 14, sent_frames[i].len - 14), 0);
		consume_skb(skb);
	}
	EXPECT_TRUE(!sim_nic_take(r.out));
	router_stop(&r);
}
TEST(a_narrow_link_refuses_or_fragments_each_segment)
{
	struct router r;
	struct sk_buff *skb;
	u32 fragments = 0;

	router_start(&r);
	rtnl_lock(r.net);
	EXPECT_EQ(dev_set_mtu(r.out->dev, 1000), 0);
	rtnl_unlock(r.net);
	router_gets_train(&r, true);
	EXPECT_TRUE(!sim_nic_take(r.out));
	EXPECT_EQ(net_drop_sum(r.net, SKB_DROP_REASON_FRAG_NEEDED), 1u);
	EXPECT_EQ(net_mib_sum(r.net, MIB_IP_FRAGFAILS), 1u);
	r.in->napi.gro_segments = 0;
	router_gets_train(&r, false);
	while ((skb = sim_nic_take(r.out))) {
		EXPECT_LE(skb->len, 1014u);
		fragments++;
		consume_skb(skb);
	}
	EXPECT_EQ(fragments, 19u * 2 + 1);
	router_stop(&r);
}
