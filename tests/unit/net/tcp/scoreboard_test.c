/* tests/unit/net/tcp/scoreboard_test.c - the peer's SACK blocks: what they mark, what they cost, what is refused */
#include "tests/unit/net/tcp/bench.h"

#define SEG 1460u
#define AT(n) (1 + (n) * SEG)	/* the first byte of segment n */
#define BLOCK(a, b) { AT(a), AT(b) }

static struct tcp_sock *tp_of(struct tcp_bench *b) { return tcp_sk(b->s->sk); }
/* n segments are on their way. */
static struct tcp_bench sent(u32 n)
{
	struct tcp_bench b = bench_sack(0);

	EXPECT_EQ(bench_write(&b, n * SEG), n * SEG);
	for (u32 i = 0; i < n; i++)
		expect_sent(&b, .flags = ACK, .seq = AT(i), .len = SEG);
	host_pass(MS(10));
	return b;
}
static u64 mib(struct tcp_bench *b, enum net_mib_item i) { return net_mib_sum(b->net, i); }

TEST(a_block_marks_what_it_covers)
{
	struct tcp_bench b = sent(6);

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
	struct tcp_bench b = sent(6);

	for (int i = 0; i < 5; i++)
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(4, 5) });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Disorder);
	bench_stop(&b);
}
TEST(a_block_that_covers_half_a_segment_marks_nothing)
{
	struct tcp_bench b = sent(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(2) + 10, AT(3) } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(2) + 10, AT(4) + 10 } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 1);
	bench_stop(&b);
}
TEST(three_sacked_segments_begin_a_recovery)
{
	struct tcp_bench b = sent(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 3) });
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	expect_sent(&b, .flags = ACK, .seq = 1, .len = SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	EXPECT_EQ(tp_of(&b)->lost_out, 1);
	EXPECT_EQ(mib(&b, MIB_TCPEXT_TCPSACKRECOVERY), 1);
	EXPECT_EQ(mib(&b, MIB_TCPEXT_TCPFASTRETRANS), 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6));
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_EQ(tp_of(&b)->packets_out, 0);
	bench_stop(&b);
}
TEST(only_the_holes_are_sent_again)
{
	struct tcp_bench b = sent(10);

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
	EXPECT_EQ(mib(&b, MIB_TCP_RETRANSSEGS), 4);
	bench_stop(&b);
}
TEST(blocks_beyond_what_was_sent_are_refused)
{
	struct tcp_bench b = sent(4);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 9) });
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { { AT(3), AT(2) } });
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	EXPECT_EQ(mib(&b, MIB_TCPEXT_TCPSACKDISCARD), 2);
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
