/* tests/unit/net/tcp/sack_test.c - the receiver's half of RFC 2018 and 2883: which blocks each ACK carries */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

/* Options agreed on as asked. */
static struct tcp_bench with(bool sack_ok, u32 tsval)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.comp_sack_nr = 0; /* each ACK at once */
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	EXPECT_TRUE(bench_options(&b).sack_ok);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1, .sack_ok = sack_ok, .tsval = tsval,
		   .tsecr = tsval ? bench_options(&b).rcv_tsval : 0);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
static void data(struct tcp_bench *b, u32 from, u32 to)
{
	peer_sends(b, .flags = ACK, .seq = from, .ack = 1, .len = to - from);
}
/* An ACK of that number, whose blocks are those (pairs). */
#define expect_blocks(b, acked, ...)                                                                                   \
	do {                                                                                                           \
		const u32 _want[] = { __VA_ARGS__ };                                                                   \
		struct tcp_sack_block _got[4];                                                                         \
                                                                                                                       \
		expect_sent(b, .flags = ACK, .ack = (acked));                                                          \
		ASSERT_EQ(bench_sacks(b, _got), ARRAY_SIZE(_want) / 2);                                                \
		for (u32 _i = 0; _i < ARRAY_SIZE(_want); _i++)                                                         \
			EXPECT_EQ(_i & 1 ? _got[_i / 2].end : _got[_i / 2].start, _want[_i]);                          \
	} while (0)
static void expect_no_blocks(struct tcp_bench *b, u32 acked)
{
	struct tcp_sack_block got[4];

	expect_sent(b, .flags = ACK, .ack = acked);
	EXPECT_EQ(bench_sacks(b, got), 0);
}

TEST(a_hole_is_reported_and_forgotten_when_it_is_filled)
{
	struct tcp_bench b = with(true, 0);

	data(&b, 101, 201);
	expect_blocks(&b, 1, 101, 201);
	data(&b, 201, 301);
	expect_blocks(&b, 1, 101, 301);
	data(&b, 1, 101);
	expect_no_blocks(&b, 301);
	bench_stop(&b);
}
TEST(without_permission_no_blocks)
{
	struct tcp_bench b = with(false, 0);

	data(&b, 101, 201);
	expect_no_blocks(&b, 1);
	data(&b, 101, 201);
	expect_no_blocks(&b, 1);
	bench_stop(&b);
}
TEST(the_latest_block_comes_first)
{
	struct tcp_bench b = with(true, 0);

	data(&b, 101, 201);
	expect_blocks(&b, 1, 101, 201);
	data(&b, 301, 401);
	expect_blocks(&b, 1, 301, 401, 101, 201);
	data(&b, 501, 601);
	expect_blocks(&b, 1, 501, 601, 301, 401, 101, 201);
	data(&b, 201, 251); /* a block that grows moves to the front */
	expect_blocks(&b, 1, 101, 251, 501, 601, 301, 401);
	data(&b, 251, 301); /* and two that meet become one */
	expect_blocks(&b, 1, 101, 401, 501, 601);
	data(&b, 1, 101);
	expect_blocks(&b, 401, 501, 601);
	bench_stop(&b);
}
TEST(four_blocks_at_most_and_three_beside_timestamps)
{
	struct tcp_bench b = with(true, 0);

	for (u32 i = 1; i <= 4; i++) {
		data(&b, i * 200, i * 200 + 100);
		expect_sent(&b, .flags = ACK, .ack = 1);
	}
	data(&b, 1000, 1100);
	expect_blocks(&b, 1, 1000, 1100, 800, 900, 600, 700, 400, 500);
	bench_stop(&b);
}
TEST(three_blocks_beside_timestamps)
{
	struct tcp_bench b = with(true, 1000);

	for (u32 i = 1; i <= 3; i++) {
		peer_sends(&b, .flags = ACK, .seq = i * 200, .ack = 1, .len = 100, .tsval = 1001, .tsecr = 1);
		expect_sent(&b, .flags = ACK, .ack = 1);
	}
	peer_sends(&b, .flags = ACK, .seq = 800, .ack = 1, .len = 100, .tsval = 1001, .tsecr = 1);
	expect_blocks(&b, 1, 800, 900, 600, 700, 400, 500);
	EXPECT_TRUE(bench_options(&b).saw_tstamp);
	EXPECT_EQ(b.last->data[34 + 12] >> 4, 15);
	bench_stop(&b);
}
TEST(an_old_segment_is_reported_once_as_a_duplicate)
{
	struct tcp_bench b = with(true, 0);

	data(&b, 1, 101);
	expect_no_blocks(&b, 101);
	data(&b, 1, 101);
	expect_blocks(&b, 101, 1, 101);
	data(&b, 301, 401);
	expect_blocks(&b, 101, 301, 401);
	data(&b, 51, 151); /* half of it is new */
	expect_blocks(&b, 151, 51, 101, 301, 401);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPDSACKOLDSENT), 2);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_DELAYEDACKLOST), 1);
	bench_stop(&b);
}
TEST(a_duplicate_beyond_the_hole_is_reported_before_its_block)
{
	struct tcp_bench b = with(true, 0);

	data(&b, 101, 301);
	expect_blocks(&b, 1, 101, 301);
	data(&b, 151, 201); /* RFC 2883 4.1: a subset of the block behind it */
	expect_blocks(&b, 1, 151, 201, 101, 301);
	data(&b, 251, 351);
	expect_blocks(&b, 1, 251, 301, 101, 351);
	data(&b, 51, 151);
	expect_blocks(&b, 1, 101, 151, 51, 351);
	data(&b, 1, 61); /* fills the hole, and ten bytes too many */
	expect_blocks(&b, 351, 51, 61);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPDSACKOFOSENT), 3);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPDSACKOLDSENT), 1);
	bench_stop(&b);
}
TEST(a_segment_that_covers_several_reports_them_as_one)
{
	struct tcp_bench b = with(true, 0);

	data(&b, 101, 151);
	expect_blocks(&b, 1, 101, 151);
	data(&b, 201, 251);
	expect_blocks(&b, 1, 201, 251, 101, 151);
	data(&b, 101, 301);
	expect_blocks(&b, 1, 101, 151, 101, 301);
	bench_stop(&b);
}
TEST(segments_shrink_so_that_the_blocks_ride_along)
{
	struct tcp_bench b = with(true, 0);
	struct tcp_sack_block got[4];

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_NODELAY, 1), 0);
	EXPECT_EQ(bench_write(&b, 11 * 1460), 11 * 1460);
	for (int i = 0; i < 10; i++)
		expect_sent(&b, .flags = ACK, .len = 1460);
	expect_nothing_sent(&b);
	/* Its ACK lets the last segment go, its data makes a hole. */
	peer_sends(&b, .flags = ACK, .seq = 101, .ack = 1 + 10 * 1460, .len = 10);
	expect_sent(&b, .flags = ACK, .seq = 1 + 10 * 1460, .len = 1460 - 12);
	EXPECT_EQ(bench_sacks(&b, got), 1);
	expect_sent(&b, .flags = ACK, .seq = 1 + 11 * 1460 - 12, .len = 12);
	EXPECT_EQ(bench_sacks(&b, got), 1);
	bench_stop(&b);
}
