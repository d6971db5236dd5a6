/* tests/unit/net/tcp/cwnd_test.c - the first window, and one that is not used (RFC 6928, RFC 5681 4.1, RFC 7661) */
#include "tests/unit/net/tcp/bench.h"

/* Writes n segments that the peer acknowledges at once; the window was 40. */
static struct tcp_bench with_window_of_40(void)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	tp->snd_cwnd = 40;
	tp->snd_ssthresh = 20;
	tp->rto_us = 200000;
	return b;
}
static void one_segment(struct tcp_bench *b, u32 at)
{
	bench_write(b, 1000);
	expect_sent(b, .flags = ACK, .seq = 1 + at * 1000, .len = 1000);
	peer_sends(b, .flags = ACK, .seq = 1, .ack = 1 + (at + 1) * 1000);
}
TEST(the_first_window_is_ten_segments)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 20 * 1460);
	for (u32 i = 0; i < 10; i++)
		expect_sent(&b, .flags = ACK, .seq = 1 + i * 1460, .len = 1460);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1 + 20 * 1460);
	bench_stop(&b);
}
/* Each time-out of silence halves it, down to the first window; three quarters are remembered. */
TEST(silence_halves_the_window)
{
	struct tcp_bench b = with_window_of_40();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	one_segment(&b, 0);
	EXPECT_EQ(tp->snd_cwnd, 40);
	tp->rto_us = 200000;
	host_pass(MS(250));
	one_segment(&b, 1);
	EXPECT_EQ(tp->snd_cwnd, 20);
	EXPECT_EQ(tp->snd_ssthresh, 30);
	host_pass(MS(5000));
	one_segment(&b, 2);
	EXPECT_EQ(tp->snd_cwnd, 10);
	bench_stop(&b);
}
TEST(unless_the_administrator_says_otherwise)
{
	struct tcp_bench b = with_window_of_40();

	b.net->tcp->sysctl.slow_start_after_idle = 0;
	one_segment(&b, 0);
	host_pass(MS(5000));
	one_segment(&b, 1);
	EXPECT_EQ(tcp_sk(b.s->sk)->snd_cwnd, 40);
	bench_stop(&b);
}
/* A program that sends a little all the time: after a time-out's length the window moves half the way to what it uses,
 * and does not grow meanwhile. */
TEST(a_window_that_is_not_used_shrinks)
{
	struct tcp_bench b = with_window_of_40();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	for (u32 i = 0; i < 60; i++) {
		one_segment(&b, i);
		tp->rto_us = 200000;
		host_pass(MS(10));
	}
	EXPECT_LT(tp->snd_cwnd, 20);
	EXPECT_GE(tp->snd_cwnd, 10);
	EXPECT_GE(tp->snd_ssthresh, 30);
	bench_stop(&b);
}
/* An algorithm that sets the window from a model knows better than to forget it. */
TEST(a_model_outlives_silence)
{
	struct tcp_bench b = with_window_of_40();
	struct tcp_sock *tp = tcp_sk(b.s->sk);
	u32 before;

	EXPECT_EQ(tcp_set_congestion_control(tp, "bbr"), 0);
	one_segment(&b, 0);
	before = tp->snd_cwnd;
	host_pass(MS(5000));
	one_segment(&b, 1);
	EXPECT_GE(tp->snd_cwnd, before);
	bench_stop(&b);
}
