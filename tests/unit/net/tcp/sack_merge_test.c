/* tests/unit/net/tcp/sack_merge_test.c - neighbours that are SACKed become one: which must not, and what it keeps */
#include "tests/unit/net/tcp/recovery.h"

static struct sk_buff *sacked(struct tcp_bench *b, u32 i)
{
	struct rb_node *n = rb_first_cached(&tp_of(b)->sacked_queue);

	while (n && i--)
		n = rb_next(n);
	return n ? rb_to_skb(n) : NULL;
}
/* n segments, each an skb of its own and the last one pushed, ten milliseconds away. */
static struct tcp_bench singles(u32 n)
{
	struct tcp_bench b = flight(0);
	static u8 data[2000];

	tp_of(&b)->nonagle = TCP_NAGLE_OFF;
	for (u32 i = 0; i < n; i++) {
		EXPECT_EQ(sock_write(b.s, data, SEG, MSG_DONTWAIT | (i < n - 1 ? MSG_MORE : 0)), SEG);
		expect_sent(&b, .flags = ACK, .seq = AT(i), .len = SEG);
	}
	host_pass(MS(10));
	return b;
}
static void all_but_the_first(struct tcp_bench *b, u32 n)
{
	peer_sends(b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, n) });
	skb_queue_consume(&b->nic->sent);
	check_accounts(tp_of(b));
}

TEST(the_one_keeps_the_push_and_the_memory_of_both)
{
	struct tcp_bench b = singles(4);

	all_but_the_first(&b, 4);
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 2);
	ASSERT_TRUE(sacked(&b, 0) && !sacked(&b, 1));
	EXPECT_FALSE(TCP_SKB_CB(tcp_rtx_first(tp_of(&b)))->tcp_flags & PSH);
	EXPECT_EQ(sacked(&b, 0)->len, 3 * SEG);
	EXPECT_TRUE(TCP_SKB_CB(sacked(&b, 0))->tcp_flags & PSH);
	EXPECT_GE(sacked(&b, 0)->truesize, sacked(&b, 0)->len + sizeof(struct sk_buff));
	bench_stop(&b);
}
/* MSG_EOR: the messages before and behind it stay apart, also when all of it has to go again. */
TEST(the_end_of_a_record_is_kept_and_not_joined_over)
{
	struct tcp_bench b = flight(0);
	static u8 data[2000];

	tp_of(&b)->nonagle = TCP_NAGLE_OFF;
	for (u32 i = 0; i < 4; i++) {
		EXPECT_EQ(sock_write(b.s, data, SEG, MSG_DONTWAIT | (i == 2 ? MSG_EOR : 0)), SEG);
		expect_sent(&b, .flags = ACK, .seq = AT(i), .len = SEG);
	}
	host_pass(MS(10));
	all_but_the_first(&b, 4);
	ASSERT_TRUE(sacked(&b, 0) && sacked(&b, 1) && !sacked(&b, 2));
	EXPECT_EQ(TCP_SKB_CB(sacked(&b, 0))->end_seq - b.our_isn, AT(3));
	EXPECT_TRUE(TCP_SKB_CB(sacked(&b, 0))->eor);
	EXPECT_FALSE(TCP_SKB_CB(sacked(&b, 1))->eor);
	bench_stop(&b);
}
TEST(what_a_device_still_holds_or_a_stamp_waits_for_stays_alone)
{
	struct tcp_bench b = singles(6);
	struct sk_buff *skb[6] = { tcp_rtx_first(tp_of(&b)) }, *copy;

	for (u32 i = 1; i < 6; i++)
		skb[i] = skb_rb_next(skb[i - 1]);
	copy = skb_clone(skb[2], GFP_ATOMIC);
	TCP_SKB_CB(skb[4])->txstamp_ack = true;
	all_but_the_first(&b, 6);
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 0);
	EXPECT_EQ(MIB(&b, TCPSACKSHIFTFALLBACK), 4);
	for (u32 i = 0; i < 5; i++)
		EXPECT_TRUE(sacked(&b, i) == skb[i + 1]);
	TCP_SKB_CB(skb[4])->txstamp_ack = false;
	consume_skb(copy);
	bench_stop(&b);
}
TEST(the_one_is_never_longer_than_a_packet_may_be)
{
	struct tcp_bench b = flight(0);
	u32 bytes = 0;

	tp_of(&b)->snd_wnd = tp_of(&b)->max_window = 400000;
	tp_of(&b)->snd_cwnd = 150;
	b.s->sk->sk_sndbuf = 1 << 20;
	EXPECT_EQ(bench_write(&b, 60 * SEG), 60 * SEG);
	EXPECT_EQ(bench_write(&b, 60 * SEG), 60 * SEG);
	host_pass(MS(10));
	skb_queue_consume(&b.nic->sent);
	EXPECT_EQ(tp_of(&b)->packets_out, 120);
	all_but_the_first(&b, 120);
	EXPECT_GT(MIB(&b, TCPSACKMERGED) + MIB(&b, TCPSACKSHIFTED), 0);
	for (u32 i = 0; sacked(&b, i); i++) {
		EXPECT_LE(sacked(&b, i)->len, 65535);
		bytes += sacked(&b, i)->len;
	}
	EXPECT_EQ(bytes, 119 * SEG);
	bench_stop(&b);
}
/* CVE-2019-11477: the smallest segments, merged by hostile blocks: the count of segments in an skb stays true. */
TEST(the_smallest_segments_are_counted_right)
{
	for (u64 seed = 1; seed <= 4; seed++) {
		struct tcp_bench b = flight(0);
		struct tcp_sock *tp = tp_of(&b);
		u32 una = 1, mss;

		host_seed(seed);
		tp->rx_opt.mss_clamp = 1; /* what its SYN asked for */
		tcp_sync_mss(tp, tp->pmtu_cookie);
		mss = tp->mss_cache;
		EXPECT_EQ(mss, 48); /* tcp_min_snd_mss */
		tp->snd_wnd = tp->max_window = 400000;
		tp->snd_cwnd = 4000;
		b.s->sk->sk_sndbuf = 1 << 20;
		EXPECT_EQ(bench_write(&b, 99984), 99984);
		for (int i = 0; i < 200 && una < 99985; i++) {
			u32 from = una + mss * (u32)(host_random() % 1500);
			u32 to = from + mss * (1 + (u32)(host_random() % 700));

			peer_sends(&b, .flags = ACK, .seq = 1, .ack = una,
				   .sack = { { min(from, 99937u), min(to, 99985u) } });
			host_pass(MS(host_random() % 20));
			check_accounts(tp);
			for (struct sk_buff *skb = sacked(&b, 0); skb; skb = skb_rb_next(skb)) {
				EXPECT_LE(skb->len, 65535);
				EXPECT_EQ(TCP_SKB_CB(skb)->gso_segs, DIV_ROUND_UP(skb->len, mss));
			}
			if (i % 10 == 9) {
				una += mss * (u32)(host_random() % 20);
				una = min(una, 99985u);
			}
			skb_queue_consume(&b.nic->sent);
		}
		EXPECT_GT(MIB(&b, TCPSACKMERGED) + MIB(&b, TCPSACKSHIFTED), 10);
		bench_stop(&b);
	}
}
