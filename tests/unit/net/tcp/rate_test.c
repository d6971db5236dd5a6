/* tests/unit/net/tcp/rate_test.c - samples of the delivery rate against what the link really does */
#include "tests/unit/net/tcp/path.h"

static u64 rate(struct tcp_sock *tp)
{
	struct tcp_info_whole w;

	tcp_get_info(tp, &w);
	return w.i.tcpi_delivery_rate;
}
TEST(a_full_pipe_tells_the_links_rate)
{
	static u8 data[100000];
	struct path p;
	struct tcp_sock *tp = path_start(&p, 1250000, NULL);
	u64 truth = 1250000ull * 1448 / 1514;

	for (u32 i = 0; i < 30; i++)
		ASSERT_EQ(sock_write(p.c, data, sizeof(data), 0), sizeof(data));
	EXPECT_FALSE(tp->rate.sample_app_limited);
	EXPECT_GE(rate(tp) * 100, truth * 97);
	EXPECT_LE(rate(tp) * 100, truth * 103);
	path_stop(&p);
}
/* A program that says a little now and then: its samples know that they tell nothing of the path. */
TEST(a_quiet_program_is_not_a_slow_path)
{
	static u8 data[100000];
	struct path p;
	struct tcp_sock *tp = path_start(&p, 1250000, NULL);
	u64 full;

	for (u32 i = 0; i < 20; i++)
		sock_write(p.c, data, sizeof(data), 0);
	host_pass(MS(1000));
	full = rate(tp);
	for (u32 i = 0; i < 20; i++) {
		sock_write(p.c, data, 1000, 0);
		EXPECT_NE(tp->rate.app_limited, 0);
		host_pass(MS(50));
	}
	EXPECT_GE(rate(tp), full); /* what is remembered is the path's */
	path_stop(&p);
}
TEST(before_any_sample_there_is_no_rate)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(rate(tcp_sk(b.s->sk)), 0);
	bench_stop(&b);
}
