/* tests/unit/net/tcp/prr_test.c - the window while it shrinks (RFC 6937) */
#include "tests/unit/net/tcp/recovery.h"

static void reduce(struct tcp_sock *tp, u32 cwnd, u32 ssthresh, u32 out)
{
	tp->snd_cwnd = cwnd;
	tcp_init_cwnd_reduction(tp);
	tp->snd_ssthresh = ssthresh;
	tp->packets_out = out;
}
/* 20 in flight, to become 10: one for every two that arrive. */
TEST(above_the_threshold_sending_is_proportional)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);
	u32 sent = 0;

	reduce(tp, 20, 10, 20);
	for (u32 i = 0; i < 10; i++) {
		tp->packets_out--;
		tcp_cwnd_reduction(tp, 1, 0, FLAG_SND_UNA_ADVANCED);
		while (tcp_packets_in_flight(tp) < tp->snd_cwnd) {
			tp->packets_out++;
			tp->prr_out++;
			sent++;
		}
	}
	EXPECT_EQ(sent, 5);
	EXPECT_EQ(tp->packets_out, 15);
	tp->packets_out = 0;
	bench_stop(&b);
}
TEST(below_the_threshold_a_safe_ack_lets_one_more_go)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	reduce(tp, 20, 10, 4);
	tcp_cwnd_reduction(tp, 1, 0, FLAG_SND_UNA_ADVANCED);
	EXPECT_EQ(tp->snd_cwnd, 4 + 2);
	reduce(tp, 20, 10, 4);
	tcp_cwnd_reduction(tp, 1, 1, FLAG_SND_UNA_ADVANCED);
	EXPECT_EQ(tp->snd_cwnd, 4 + 1); /* a new loss: only as much as arrived */
	reduce(tp, 20, 10, 9);
	tcp_cwnd_reduction(tp, 5, 0, FLAG_SND_UNA_ADVANCED);
	EXPECT_EQ(tp->snd_cwnd, 10);	/* and not above the threshold */
	tp->packets_out = 0;
	bench_stop(&b);
}
TEST(the_first_retransmission_goes_in_any_case)
{
	struct tcp_bench b = bench_sack(0);
	struct tcp_sock *tp = tp_of(&b);

	reduce(tp, 100, 10, 90);
	tcp_cwnd_reduction(tp, 1, 1, 0);
	EXPECT_EQ(tp->snd_cwnd, 91);
	tp->packets_out = 0;
	bench_stop(&b);
}
TEST(cwr_once_a_round_trip)
{
	struct tcp_bench b = flight(10);
	struct tcp_sock *tp = tp_of(&b);

	tcp_enter_cwr(tp);
	EXPECT_EQ(tp->ca_state, TCP_CA_CWR);
	EXPECT_EQ(tp->snd_ssthresh, 7);
	tcp_enter_cwr(tp);
	EXPECT_EQ(tp->snd_ssthresh, 7);
	EXPECT_EQ(tp->undo_marker, 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(10));
	EXPECT_EQ(tp->ca_state, TCP_CA_CWR); /* the peer must see our CWR first */
	write_flight(&b, 10, 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(11));
	EXPECT_EQ(tp->ca_state, TCP_CA_Open);
	EXPECT_EQ(tp->snd_cwnd, 7);
	bench_stop(&b);
}
/* An algorithm that sets its window itself is not disturbed by PRR. */
static void hold_still(struct tcp_sock *tp, const struct rate_sample *rs)
{
	EXPECT_EQ(rs->prior_in_flight, 10);
	EXPECT_EQ(rs->losses, 1);
	EXPECT_EQ(rs->acked_sacked, 3);
	tp->snd_cwnd = 12;
}
TEST(cong_control_replaces_prr)
{
	struct tcp_bench b = flight(10);
	struct tcp_congestion_ops ops = *tp_of(&b)->ca_ops;
	const struct tcp_congestion_ops *was = tp_of(&b)->ca_ops;

	ops.cong_control = hold_still;
	tp_of(&b)->ca_ops = &ops;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	EXPECT_EQ(tp_of(&b)->snd_cwnd, 12);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	tp_of(&b)->ca_ops = was;
	bench_stop(&b);
}
