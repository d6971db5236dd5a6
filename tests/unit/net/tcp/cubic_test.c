/* tests/unit/net/tcp/cubic_test.c - CUBIC against RFC 9438's own function, HyStart++ against RFC 9406's rules */
#include "tests/unit/net/tcp/bench.h"

/* The reference, in floating point. */
static double cbrt_of(double x)
{
	double y = x > 1 ? x : 1;

	for (int i = 0; i < 200; i++)
		y -= (y * y * y - x) / (3 * y * y);
	return y;
}
static double w_cubic(double w_max, double cwnd_epoch, double t)
{
	double k = cbrt_of((w_max - cwnd_epoch) / 0.4);

	return 0.4 * (t - k) * (t - k) * (t - k) + w_max;
}

/* A connection in congestion avoidance whose window was w_max when something was lost. */
static struct tcp_sock *after_loss(struct tcp_bench *b, u32 w_max, u32 rtt_ms)
{
	struct tcp_sock *tp;

	*b = bench_established();
	tp = tcp_sk(b->s->sk);
	EXPECT_STREQ(tp->ca_ops->name, "cubic");
	tp->snd_cwnd = w_max;
	tp->snd_ssthresh = tp->snd_cwnd = tp->ca_ops->ssthresh(tp);
	tp->srtt_us = rtt_ms * 1000 << 3;
	tp->is_cwnd_limited = true;
	return tp;
}
/* A round trip: each segment of the window is acknowledged, evenly spread. */
static void round_trip(struct tcp_sock *tp, u64 rtt_ns)
{
	u64 end = tp->now_ns + rtt_ns, step = rtt_ns / tp->snd_cwnd;

	while (tp->now_ns < end) {
		tp->now_ns += step;
		tp->ca_ops->cong_avoid(tp, 0, 1);
	}
}
/* The window stays within 3 % and one segment of the curve: it lags by less than a round trip. */
static void follows_the_curve(u32 w_max, u32 rtt_ms, double seconds)
{
	struct tcp_bench b;
	struct tcp_sock *tp = after_loss(&b, w_max, rtt_ms);
	double cwnd_epoch = tp->snd_cwnd, worst = 0;
	u64 start;

	tp->ca_ops->cong_avoid(tp, 0, 1);
	start = tp->now_ns;
	while (tp->now_ns - start < (u64)(seconds * 1e9)) {
		double want, off;

		round_trip(tp, MS((u64)rtt_ms));
		want = w_cubic(w_max, cwnd_epoch, (double)(tp->now_ns - start) / 1e9);
		off = tp->snd_cwnd > want ? tp->snd_cwnd - want : want - tp->snd_cwnd;
		off = off <= 1 ? 0 : (off - 1) / want;
		worst = max(worst, off);
	}
	if (worst > 0.03)
		test_fail(__FILE__, __LINE__, false, "w_max %u rtt %u: off by %d per mille", w_max, rtt_ms,
			  (int)(worst * 1000));
	bench_stop(&b);
}
TEST(the_window_follows_the_cubic_curve)
{
	follows_the_curve(1000, 100, 15);
	follows_the_curve(5000, 50, 20);
	follows_the_curve(300, 200, 12);
	follows_the_curve(100000, 100, 45);
}
/* 9438 4.2: time counts, not round trips: the same window at the same time. */
TEST(long_and_short_round_trips_grow_alike)
{
	u32 window[2];

	for (int i = 0; i < 2; i++) {
		struct tcp_bench b;
		struct tcp_sock *tp = after_loss(&b, 2000, i ? 160 : 40);
		u64 start = tp->now_ns;

		while (tp->now_ns - start < 18 * NSEC_PER_SEC)
			round_trip(tp, MS(i ? 160ull : 40ull));
		window[i] = tp->snd_cwnd;
		bench_stop(&b);
	}
	EXPECT_GT(window[0], 2000);
	EXPECT_LT(window[0] * 100, window[1] * 103);
	EXPECT_LT(window[1] * 100, window[0] * 103);
}
/* 4.3: with a short round trip and a small window the cubic curve is the slower one; then do as Reno, 9/17 a round. */
TEST(a_small_window_grows_as_renos)
{
	struct tcp_bench b;
	struct tcp_sock *tp = after_loss(&b, 40, 10);
	u32 from = tp->snd_cwnd;

	for (int i = 0; i < 20; i++)
		round_trip(tp, MS(10));
	EXPECT_GE(tp->snd_cwnd, from + 20 * 9 / 17 - 2);
	EXPECT_LE(tp->snd_cwnd, from + 20 * 9 / 17 + 1);
	for (int i = 0; i < 20; i++) /* past the old window: one a round trip */
		round_trip(tp, MS(10));
	EXPECT_GE(tp->snd_cwnd, 40 + 13);
	bench_stop(&b);
}
TEST(a_loss_below_the_plateau_makes_room)
{
	struct tcp_bench b;
	struct tcp_sock *tp = after_loss(&b, 1000, 100);
	u32 plateau = 0;

	EXPECT_EQ(tp->snd_cwnd, 700);
	for (int i = 0; i < 10; i++)
		round_trip(tp, MS(100));
	EXPECT_LT(tp->snd_cwnd, 1000);
	plateau = tp->snd_cwnd * 1741 / 2048; /* (1 + beta) / 2 */
	tp->snd_ssthresh = tp->snd_cwnd = tp->ca_ops->ssthresh(tp);
	tp->ca_ops->cong_avoid(tp, 0, 1);
	for (int i = 0; i < 200 && tp->snd_cwnd < plateau - 1; i++)
		round_trip(tp, MS(100));
	round_trip(tp, MS(100));
	EXPECT_LE(tp->snd_cwnd, plateau + 3); /* it lingers there */
	bench_stop(&b);
}
TEST(an_undone_loss_returns_to_the_curve)
{
	struct tcp_bench b;
	struct tcp_sock *tp = after_loss(&b, 1000, 100);
	u32 before, after;

	for (int i = 0; i < 30; i++)
		round_trip(tp, MS(100));
	before = tp->prior_cwnd = tp->snd_cwnd;
	tp->snd_cwnd = tp->ca_ops->ssthresh(tp);
	tp->snd_cwnd = tp->ca_ops->undo_cwnd(tp);
	EXPECT_EQ(tp->snd_cwnd, before);
	for (int i = 0; i < 60; i++)
		round_trip(tp, MS(100));
	after = (u32)w_cubic(1000, 700, 9.0);
	EXPECT_GT(tp->snd_cwnd, after - 10);
	EXPECT_LT(tp->snd_cwnd, after + 10);
	bench_stop(&b);
}
/* 5.8: ten silent seconds are not ten seconds of growth. */
TEST(silence_does_not_grow_the_window)
{
	struct tcp_bench b;
	struct tcp_sock *tp = after_loss(&b, 1000, 100);
	u32 before;

	for (int i = 0; i < 20; i++)
		round_trip(tp, MS(100));
	before = tp->snd_cwnd;
	tp->lsndtime_ns = tp->now_ns;
	tp->now_ns += 20 * NSEC_PER_SEC;
	tp->ca_ops->cwnd_event(tp, CA_EVENT_TX_START);
	round_trip(tp, MS(100));
	EXPECT_LE(tp->snd_cwnd, before + 30);
	bench_stop(&b);
}

/* --- HyStart++ --- */

struct slow_start { struct tcp_bench b; struct tcp_sock *tp; };
static struct slow_start slow_start(void)
{
	struct slow_start s = { bench_established(), NULL };

	s.tp = tcp_sk(s.b.s->sk);
	s.tp->is_cwnd_limited = true;
	return s;
}
/* A round in which n segments are acknowledged one by one, with that round trip. */
static void slow_round(struct tcp_sock *tp, u32 n, s32 rtt_us)
{
	struct ack_sample a = { 1, rtt_us, n };

	tp->snd_una = tp->snd_nxt;
	tp->snd_nxt += n;
	for (u32 i = 0; i < n; i++) {
		tp->snd_una++;
		if (i == n - 1)
			tp->snd_una--; /* the round ends with the first ACK of the next */
		tp->ca_ops->cong_avoid(tp, 0, 1);
		tp->ca_ops->pkts_acked(tp, &a);
	}
}
TEST(a_steady_round_trip_doubles_the_window)
{
	struct slow_start s = slow_start();

	slow_round(s.tp, 10, 50000);
	slow_round(s.tp, 20, 51000);
	slow_round(s.tp, 40, 52000);
	EXPECT_EQ(s.tp->snd_cwnd, 80);
	EXPECT_EQ(s.tp->snd_ssthresh, TCP_INFINITE_SSTHRESH);
	s.tp->snd_una = s.tp->snd_nxt = s.tp->write_seq;
	bench_stop(&s.b);
}
/* 9406 4.2: an eighth more than in the round before: a quarter of the growth, and after five rounds no slow start. */
TEST(a_growing_round_trip_ends_slow_start)
{
	struct slow_start s = slow_start();
	u32 cwnd;

	slow_round(s.tp, 10, 80000);
	slow_round(s.tp, 20, 80000);
	slow_round(s.tp, 20, 91000); /* the eighth sample tells */
	cwnd = s.tp->snd_cwnd;
	slow_round(s.tp, 40, 92000);
	EXPECT_EQ(s.tp->snd_cwnd, cwnd + 10);
	for (int i = 0; i < 3; i++)
		slow_round(s.tp, 40, 92000);
	EXPECT_EQ(s.tp->snd_ssthresh, TCP_INFINITE_SSTHRESH);
	slow_round(s.tp, 40, 92000);
	EXPECT_LE(s.tp->snd_ssthresh, s.tp->snd_cwnd);
	EXPECT_EQ(net_mib_sum(s.b.net, MIB_TCPEXT_TCPHYSTARTDELAYDETECT), 1);
	s.tp->snd_una = s.tp->snd_nxt = s.tp->write_seq;
	bench_stop(&s.b);
}
TEST(a_round_trip_that_shrinks_again_was_jitter)
{
	struct slow_start s = slow_start();
	u32 cwnd;

	slow_round(s.tp, 10, 80000);
	slow_round(s.tp, 20, 80000);
	slow_round(s.tp, 20, 91000);
	slow_round(s.tp, 20, 80000);
	cwnd = s.tp->snd_cwnd;
	slow_round(s.tp, 40, 80000);
	EXPECT_EQ(s.tp->snd_cwnd, cwnd + 40);
	s.tp->snd_una = s.tp->snd_nxt = s.tp->write_seq;
	bench_stop(&s.b);
}
