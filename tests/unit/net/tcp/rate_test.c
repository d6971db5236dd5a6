/* tests/unit/net/tcp/rate_test.c - samples of the delivery rate against what the link really does */
#include "tests/unit/net/tcp/bench.h"

static int drain(void *arg)
{
	static u8 buf[65536];

	while (sock_read(arg, buf, sizeof(buf), 0) > 0)
		;
	return 0;
}
struct path { struct two_hosts w; struct socket *l, *c, *a; struct task_struct *reader; };
static struct tcp_sock *path_start(struct path *p, u64 bytes_per_second)
{
	memset(p, 0, sizeof(*p));
	two_hosts_start(&p->w, NETIF_F_SG | NETIF_F_HW_CSUM);
	p->w.link.delay_ns = MS(10);
	p->w.link.bytes_per_second = bytes_per_second;
	p->a = sock_alloc();
	p->l = tcp_listener(p->w.net[1], 80, 5);
	p->c = tcp_socket(p->w.net[0]);
	ASSERT_EQ(sock_connect_to(p->c, HOST_B, 80, 0), 0);
	p->a->type = SOCK_STREAM;
	p->a->ops = p->l->ops;
	ASSERT_EQ(p->l->ops->accept(p->l, p->a, 0), 0);
	p->reader = host_spawn(drain, p->a, "reader");
	return tcp_sk(p->c->sk);
}
static void path_stop(struct path *p)
{
	sock_release(p->c);
	host_join(p->reader);
	sock_release(p->a);
	sock_release(p->l);
	two_hosts_stop(&p->w);
}
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
	struct tcp_sock *tp = path_start(&p, 1250000);
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
	struct tcp_sock *tp = path_start(&p, 1250000);
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
