/* tests/unit/net/core/gro_test.c - what GRO makes of received segments, cut again, is what came
 *
 * Frames go into a device within one poll; a tap sees what goes up. Whatever was merged must give back, when it is cut,
 * the very bytes that came, each flow in its order. Then each rule by itself: what may be merged, and what ends it.
 */
#include "net/core/gso.h"
#include "net/ipv4/internal.h"
#include "tests/unit/net/core/gro_frames.h"

#define MAX_FRAMES 4096
static struct frame sent_frames[MAX_FRAMES], seen_frames[MAX_FRAMES];
static u32 nr_sent, nr_seen, nr_packets, largest;
static u8 summed[8]; /* the latest packets: CHECKSUM_NONE where GRO did not look at them */

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
static void put(struct gro_bench *b, struct seg s)
{
	struct frame *f = &sent_frames[nr_sent++];

	f->len = build(&s, f->bytes);
	sim_nic_inject(b->nic, f->bytes, f->len);
}
static bool same_flow(const struct frame *a, const struct frame *b)
{
	return !memcmp(a->bytes, b->bytes, 14) && a->bytes[23] == b->bytes[23] && /* stations, protocol */
	       !memcmp(a->bytes + 26, b->bytes + 26, 12);			  /* addresses, ports */
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
static void expect_apart_behind(u16 others, struct seg s, u32 packets)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u16 i = 0; i < others; i++)
		put(&b, SEG(.seq = i * 100u, .id = (u16)(1 + i), .options = s.options));
	s.seq += (others - 1) * 100u;
	s.id += (u16)(others - 1);
	put(&b, whole(s));
	burst_end();
	EXPECT_EQ(nr_packets, packets);
	expect_the_same();
	stop(&b);
}
static void expect_apart(struct seg s, u32 packets)
{
	expect_apart_behind(1, s, packets);
	expect_apart_behind(2, s, packets);
	expect_apart_behind(5, s, packets);
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
	expect_apart_behind(1, VARY(id, 1), 1); /* with DF, all the same will do */
	expect_apart_behind(2, VARY(id, 1), 2); /* but then they count */
	expect_apart_behind(2, VARY(id, 0), 2);
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
TEST(identifications_keep_their_way_and_cwr_its_place)
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
	for (u32 i = 0; i < 6; i++) /* CWR is said once: the first; the second with the rest */
		put(&b, SEG(.sport = 3, .seq = i * 100, .id = (u16)i, .flags = i < 2 ? 0x90 : 0x10));
	burst_end();
	EXPECT_EQ(nr_packets, 6u);
	expect_the_same();
	stop(&b);
}

/* In the fourth of six segments each bit of the headers is another one, the sums wrong by it or made right again:
 * whatever is merged gives back what came. */
static void with_a_bit_flipped(u32 bit, u8 options, u16 id, bool right_sums)
{
	struct gro_bench b;

	start(&b);
	burst_start();
	for (u32 i = 0; i < 6; i++) {
		struct seg s = SEG(.seq = i * 100, .id = (u16)(id + i), .options = options);
		struct frame *f = &sent_frames[nr_sent++];

		f->len = build(&s, f->bytes);
		if (i == 3)
			f->bytes[bit / 8] ^= (u8)(1u << bit % 8);
		if (i == 3 && right_sums)
			set_sums(f);
		sim_nic_inject(b.nic, f->bytes, f->len);
	}
	burst_end();
	expect_the_same();
	EXPECT_LE(nr_packets, 3u);
	stop(&b);
}
TEST(every_bit_of_a_header_comes_through)
{
	for (u32 bit = 0; bit < (14 + 20 + 20 + 12) * 8; bit++) {
		if (bit / 16 == 52 / 2) /* the urgent pointer: without URG nobody looks, nor does Linux's GRO */
			continue;
		with_a_bit_flipped(bit, 12, 7, false);
		with_a_bit_flipped(bit, 12, 7, true);
		if (bit < (14 + 20 + 20) * 8)
			with_a_bit_flipped(bit, 0, 0xfffd, true);
	}
}
/* Every identification, so every checksum of the header: where it wraps, and where it is 0. */
TEST(a_train_of_any_identification_is_one_packet)
{
	for (u32 first = 0; first <= 0xffff; first += 45) {
		struct gro_bench b;

		start(&b);
		burst_start();
		for (u32 i = 0; i < 46; i++)
			put(&b, SEG(.seq = i * 8, .len = 8, .id = (u16)(first + i), .no_df = first % 2));
		burst_end();
		EXPECT_EQ(nr_packets, 1u);
		expect_the_same();
		stop(&b);
	}
}
/* Devices without a NAPI of their own share one. */
static void arrive_by(struct net_device *dev, u32 i)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, 1600);
	struct seg s = SEG(.seq = i * 100, .id = (u16)i);
	static u8 f[1600];
	u32 len = build(&s, f);

	skb_put_data(skb, f + 14, len - 14);
	skb_reset_mac_header(skb);
	skb->protocol = htons(ETH_P_IP);
	netif_rx(skb);
}
TEST(what_came_by_another_device_is_another_flow)
{
	struct gro_bench b;
	struct sim_nic *other;

	start(&b);
	other = sim_nic_create(b.net, 2, NETIF_F_SG | NETIF_F_HW_CSUM);
	burst_start();
	for (u32 i = 0; i < 4; i++)
		arrive_by(i < 2 ? b.nic->dev : other->dev, i);
	burst_end();
	EXPECT_EQ(nr_packets, 1u); /* the tap listens to one of them */
	EXPECT_EQ(largest, 14u + 40 + 200);
	sim_nic_destroy(other);
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
			for (u32 n = (u32)(host_random() % 64), who = 0; n; n--) {
				if (host_random() % 4 == 0)
					who = (u32)(host_random() % ARRAY_SIZE(flow));
				put(&b, random_step(&flow[who]));
			}
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
