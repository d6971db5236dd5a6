/* tests/unit/net/tcp/rtt_test.c - the estimator and the time-out, in numbers (RFC 6298, Linux's variance) */
#include "tests/unit/net/tcp/recovery.h"

TEST(the_first_sample_is_the_round_trip)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	EXPECT_EQ(tp->srtt_us >> 3, 10000);
	EXPECT_EQ(tp->mdev_us, 20000);
	EXPECT_EQ(tp->rttvar_us, 200000);
	EXPECT_EQ(tp->rto_us, 210000);
	EXPECT_EQ(tcp_min_rtt(tp), 10000);
	bench_stop(&b);
}
TEST(a_longer_round_trip_raises_the_variance_at_once)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	tcp_rtt_estimator(tp, 410000);	/* the error is 400 ms: a quarter of it becomes deviation */
	EXPECT_EQ(tp->srtt_us >> 3, 60000);
	EXPECT_EQ(tp->mdev_us, 20000 - 5000 + 400000);
	EXPECT_EQ(tp->rttvar_us, 415000);
	tcp_set_rto(tp);
	EXPECT_EQ(tp->rto_us, 475000);
	bench_stop(&b);
}
TEST(a_shorter_round_trip_hardly_raises_it)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	tp->srtt_us = 800000;
	tp->mdev_us = 4000;
	tcp_rtt_estimator(tp, 20000);	/* 80 ms below: an eighth of what the other direction would add */
	EXPECT_EQ(tp->mdev_us, 4000 + (80000 - 1000) / 8);
	bench_stop(&b);
}
TEST(the_variance_falls_by_a_quarter_a_round_trip)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	tp->rttvar_us = 600000;
	tp->mdev_max_us = tp->mdev_us = 200000;
	tp->rtt_seq = tp->snd_una;	/* the round trip is not over */
	tcp_rtt_estimator(tp, 10000);
	EXPECT_EQ(tp->rttvar_us, 600000);
	tp->rtt_seq = tp->snd_una - 1;
	tcp_rtt_estimator(tp, 10000);
	EXPECT_EQ(tp->rttvar_us, 600000 - (600000 - 200000) / 4);
	EXPECT_EQ(tp->mdev_max_us, 200000);
	bench_stop(&b);
}
TEST(the_timeout_has_a_ceiling)
{
	struct tcp_bench b = bench_sack(0);

	tcp_rtt_estimator(tp_of(&b), 100000000);
	tp_of(&b)->rttvar_us = 200000000;
	tcp_set_rto(tp_of(&b));
	EXPECT_EQ(tp_of(&b)->rto_us, TCP_RTO_MAX_US);
	bench_stop(&b);
}
TEST(tcp_rto_min_us_is_the_floor)
{
	struct tcp_bench b = bench_sack(0);

	b.net->tcp->sysctl.rto_min_us = 5000;
	tp_of(&b)->srtt_us = 0;
	tcp_rtt_estimator(tp_of(&b), 1000);
	tcp_set_rto(tp_of(&b));
	EXPECT_EQ(tp_of(&b)->rto_us, 6000);
	bench_stop(&b);
}
TEST(a_sacked_segment_gives_a_sample)
{
	struct tcp_bench b = flight(4);

	host_pass(MS(5));
	tp_of(&b)->srtt_us = 0;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 2) });
	EXPECT_EQ(tp_of(&b)->srtt_us >> 3, 15000);
	bench_stop(&b);
}
