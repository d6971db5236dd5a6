/* tests/unit/net/tcp/scoreboard_test.c - the peer's SACK blocks: what they mark, what they cost, what is refused */
#include "tests/unit/net/tcp/recovery.h"

TEST(a_block_marks_what_it_covers)
{
	struct tcp_bench b = flight(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 3) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Disorder);
	EXPECT_EQ(tcp_packets_in_flight(tp_of(&b)), 5);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 5), BLOCK(2, 3) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 2);
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(a_block_told_twice_marks_once)
{
	struct tcp_bench b = flight(6);

	for (int i = 0; i < 5; i++)
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 5) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Disorder);
	bench_stop(&b);
}
TEST(a_block_that_covers_half_a_segment_marks_nothing)
{
	struct tcp_bench b = flight(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(2) + 10, AT(3) } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(2) + 10, AT(4) + 10 } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	bench_stop(&b);
}
TEST(three_sacked_segments_begin_a_recovery)
{
	struct tcp_bench b = flight(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 3) });
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	expect_sent(&b, .flags = ACK, .seq = 1, .len = SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	EXPECT_EQ(tp_of(&b)->lost_out, 1);
	EXPECT_EQ(MIB(&b, TCPSACKRECOVERY), 1);
	EXPECT_EQ(MIB(&b, TCPFASTRETRANS), 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6));
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_EQ(tp_of(&b)->packets_out, 0);
	bench_stop(&b);
}
TEST(only_the_holes_are_sent_again)
{
	struct tcp_bench b = flight(10);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(9, 10), BLOCK(5, 8), BLOCK(1, 3) });
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(tp_of(&b)->lost_out, 4); /* 0, 3, 4, 8 */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(3), .sack = { BLOCK(9, 10), BLOCK(5, 8) });
	expect_sent(&b, .flags = ACK, .seq = AT(3), .len = SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(4), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(8), .sack = { BLOCK(9, 10) });
	expect_sent(&b, .flags = ACK, .seq = AT(8), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(10));
	expect_nothing_sent(&b);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_EQ(mib_of(&b, MIB_TCP_RETRANSSEGS), 4);
	bench_stop(&b);
}
TEST(blocks_beyond_what_was_sent_are_refused)
{
	struct tcp_bench b = flight(4);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 9) });
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(3), AT(2) } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	EXPECT_EQ(MIB(&b, TCPSACKDISCARD), 2);
	bench_stop(&b);
}
TEST(without_sack_permitted_blocks_mean_nothing)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 4 * SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 3) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1); /* a duplicate like any other */
	EXPECT_TRUE(RB_EMPTY_ROOT(&tp_of(&b)->sacked_queue.root));
	bench_stop(&b);
}
TEST(a_segment_of_many_is_cut_at_whole_segments)
{
	struct tcp_bench b = flight(6);
	struct sk_buff *skb;

	EXPECT_EQ(TCP_SKB_CB(tcp_rtx_first(tp_of(&b)))->gso_segs, 2); /* one packet down to the device */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(2) + 10, AT(4) + 10 } });
	check_accounts(tp_of(&b));
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	EXPECT_EQ(tp_of(&b)->packets_out, 6);
	skb = tcp_sacked_first(tp_of(&b));
	EXPECT_EQ(TCP_SKB_CB(skb)->seq - b.our_isn, AT(3));
	EXPECT_EQ(TCP_SKB_CB(skb)->end_seq - b.our_isn, AT(4));
	bench_stop(&b);
}
TEST(a_partial_ack_trims_a_segment_of_many)
{
	struct tcp_bench b = flight(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2) + 10);
	check_accounts(tp_of(&b));
	EXPECT_EQ(tp_of(&b)->packets_out, 4);
	bench_stop(&b);
}
TEST(limited_transmit_sends_new_data_for_the_first_duplicates)
{
	struct tcp_bench b = flight(10);

	EXPECT_EQ(bench_write(&b, 8 * SEG), 8 * SEG);
	expect_nothing_sent(&b); /* the window is full */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 2) });
	expect_sent(&b, .flags = ACK, .seq = AT(10), .len = SEG); /* RFC 3042 */
	host_pass(MS(2)); /* else it would wait for a second one to leave with it */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 3) });
	expect_sent(&b, .flags = ACK, .seq = AT(11), .len = SEG);
	expect_nothing_sent(&b);
	bench_stop(&b);
}
static u32 tree_size(const struct rb_root_cached *tree)
{
	u32 size = 0;

	for (struct rb_node *n = rb_first_cached(tree); n; n = rb_next(n))
		size++;
	return size;
}
/* Pairs of segments, one of them cut in two: what the peer has is one skb in the end, and less memory. */
TEST(sacked_neighbours_become_one)
{
	struct tcp_bench b = flight(10);
	int queued = b.s->sk->sk_wmem_queued;

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(8, 10) });
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 6), BLOCK(8, 10) });
	EXPECT_EQ(tree_size(&tp_of(&b)->sacked_queue), 2);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 7), BLOCK(8, 10) });
	EXPECT_EQ(MIB(&b, TCPSACKSHIFTED), 1); /* half of a pair */
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 0);
	EXPECT_EQ(tree_size(&tp_of(&b)->sacked_queue), 2);
	check_accounts(tp_of(&b));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 10) }); /* the hole between is filled */
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 2);
	EXPECT_EQ(tree_size(&tp_of(&b)->sacked_queue), 1);
	EXPECT_EQ(tp_of(&b)->sacked_out, 6);
	EXPECT_EQ(TCP_SKB_CB(tcp_sacked_first(tp_of(&b)))->gso_segs, 6);
	EXPECT_LT(b.s->sk->sk_wmem_queued, queued);
	check_accounts(tp_of(&b));
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(7) + 10, .sack = { BLOCK(9, 10) }); /* a part of it */
	check_accounts(tp_of(&b));
	EXPECT_EQ(tp_of(&b)->packets_out, 3);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(10));
	EXPECT_EQ(tp_of(&b)->packets_out, 0);
	bench_stop(&b);
}
/* What went twice stays alone: a D-SACK must find it. */
TEST(a_sacked_retransmission_stays_alone)
{
	struct tcp_bench b = flight(8);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 8) });
	skb_queue_consume(&b.nic->sent);
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 1);
	host_pass(MS(5));
	while (!(TCP_SKB_CB(tcp_rtx_last(tp_of(&b)))->sacked & TCPCB_EVER_RETRANS)) {
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 8) });
		host_pass(MS(100));
	}
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 8) });
	EXPECT_GE(MIB(&b, TCPSACKSHIFTFALLBACK), 1);
	EXPECT_GE(tree_size(&tp_of(&b)->sacked_queue), 2);
	check_accounts(tp_of(&b));
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
/* The peer has thrown away what was merged: it goes again, in segments. */
TEST(a_merged_segment_goes_again_after_reneging)
{
	struct tcp_bench b = flight(8);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 8) });
	EXPECT_EQ(MIB(&b, TCPSACKMERGED), 2);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2));
	skb_queue_consume(&b.nic->sent);
	for (u32 i = 2; i < 8; i++) {
		for (int patience = 0; patience < 20 && skb_queue_empty(&b.nic->sent); patience++)
			host_pass(MS(100));
		expect_sent(&b, .flags = ACK, .seq = AT(i), .len = SEG);
		check_accounts(tp_of(&b));
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(i + 1));
	}
	EXPECT_EQ(MIB(&b, TCPSACKRENEGING), 1);
	EXPECT_EQ(tp_of(&b)->packets_out, 0);
	bench_stop(&b);
}
/* CVE-2019-11478: each block cuts a segment in two, and each half costs memory. */
TEST(a_queue_that_sacks_have_cut_too_small_is_cut_no_more)
{
	struct tcp_bench b = flight(8);

	b.s->sk->sk_wmem_queued += 2 * (b.s->sk->sk_sndbuf + 400000);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(3, 4) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	EXPECT_EQ(MIB(&b, TCPWQUEUETOOBIG), 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(7, 8) }); /* the last may always be cut */
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	check_accounts(tp_of(&b));
	b.s->sk->sk_wmem_queued -= 2 * (b.s->sk->sk_sndbuf + 400000);
	bench_stop(&b);
}
/* Whatever a peer claims, the accounts hold, and nothing is freed that was not acknowledged. */
TEST(random_blocks_from_a_hostile_peer)
{
	for (u64 seed = 1; seed <= 20; seed++) {
		struct tcp_bench b = bench_sack(0);
		u32 una = 1;

		host_seed(seed);
		for (int i = 0; i < 400; i++) {
			struct bench_segment s = { .flags = ACK, .seq = 1, .ack = una };
			u32 n = (u32)host_random() % 4, top = 1 + tp_of(&b)->snd_nxt - b.our_isn;

			bench_write(&b, 1 + (u32)host_random() % (4 * SEG));
			for (u32 k = 0; k < n; k++) {
				s.sack[k].start = una + (u32)host_random() % (top + 100);
				s.sack[k].end = s.sack[k].start + (u32)host_random() % (5 * SEG);
				if (host_random() % 2) { /* at the edges of segments */
					s.sack[k].start = s.sack[k].start / SEG * SEG + 1;
					s.sack[k].end = s.sack[k].end / SEG * SEG + 1;
				}
			}
			if (host_random() % 4 == 0 && seq_before(una, top - 1))
				s.ack = una + (u32)host_random() % (top - una);
			una = seq_max(una, s.ack);
			bench_peer_sends(&b, s);
			check_accounts(tp_of(&b));
			EXPECT_EQ(tp_of(&b)->snd_una - b.our_isn, una);
			skb_queue_consume(&b.nic->sent);
			host_pass(MS(host_random() % 30));
			check_accounts(tp_of(&b));
			skb_queue_consume(&b.nic->sent);
		}
		bench_stop(&b);
	}
}
TEST(a_smaller_mss_makes_more_segments_of_it)
{
	struct tcp_bench b = flight(6);

	tp_of(&b)->mss_cache = 1000;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = 1000);
	EXPECT_GT(tp_of(&b)->packets_out, 6);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
