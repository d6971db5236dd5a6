/* tests/unit/net/tcp/memory_test.c - buffers: collapse, prune, refuse; tcp_mem and its pressure; right-sizing */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static void data(struct tcp_bench *b, u32 seq, u32 len)
{
	peer_sends(b, .flags = ACK, .seq = seq, .ack = 1, .len = len);
}
static void expect_bytes(struct tcp_bench *b, u32 n)
{
	static u8 buf[100000];
	ssize_t got = sock_read(b->s, buf, sizeof(buf), MSG_DONTWAIT);

	EXPECT_EQ(got, n);
	for (ssize_t i = 0; i < got; i++)
		ASSERT_EQ(buf[i], (u8)(1 + i));
}
static struct tcp_bench small_buffer(int bytes)
{
	struct tcp_bench b = bench_established();

	b.s->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	b.s->sk->sk_rcvbuf = bytes;
	return b;
}
/* Early segments do not merge on arrival: each starts behind a hole of its own. */
static void early(struct tcp_bench *b, u32 n, u32 len)
{
	for (u32 i = n; i-- > 0;)
		data(b, 1 + len + i * len, len);
	skb_queue_consume(&b->nic->sent);
}
TEST(early_segments_collapse_and_lose_nothing)
{
	struct tcp_bench b = small_buffer(30000);

	early(&b, 60, 40);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_PRUNECALLED), 0);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_TCPRCVCOLLAPSED), 20);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_OFOPRUNED), 0);
	data(&b, 1, 40);
	expect_bytes(&b, 61 * 40);
	bench_stop(&b);
}
TEST(what_does_not_fit_is_pruned_the_latest_first)
{
	struct tcp_bench b = small_buffer(6000);
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	tp->rcv_wnd = 60000; /* a window that the buffer cannot keep */
	for (u32 i = 6; i-- > 0;)
		data(&b, 4001 + i * 3000, 1400);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_OFOPRUNED), 0);
	EXPECT_LE(atomic_read(&b.s->sk->sk_rmem_alloc), 6000 + 4000);
	EXPECT_EQ(TCP_SKB_CB(tcp_ooo_first(tp))->seq - b.peer_isn, 4001);
	bench_stop(&b);
}
TEST(an_empty_queue_always_takes_one)
{
	struct tcp_bench b = small_buffer(SOCK_MIN_RCVBUF);

	data(&b, 1, 1460);
	expect_bytes(&b, 1460);
	bench_stop(&b);
}
TEST(a_full_buffer_refuses_and_closes_the_window)
{
	struct tcp_bench b = small_buffer(4000);
	u32 at = 1;

	tcp_sk(b.s->sk)->rcv_wnd = 60000;
	for (; at < 30000; at += 1400)
		data(&b, at, 1400);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_RCVPRUNED), 0);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_TCPRCVQDROP), 0);
	EXPECT_LT(atomic_read(&b.s->sk->sk_rmem_alloc), 12000);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_wnd, 0); /* ICSK_ACK_NOMEM: nothing more, until there is room */
	bench_stop(&b);
}
TEST(memory_of_the_stack_is_charged_and_given_back)
{
	struct tcp_bench b = bench_established();
	atomic_t *pages = &b.net->tcp->memory_pages;

	EXPECT_EQ(atomic_read(pages), 0);
	for (u32 i = 0; i < 10; i++)
		data(&b, 1 + i * 1400, 1400);
	EXPECT_GE(atomic_read(pages) * (int)PAGE_SIZE, atomic_read(&b.s->sk->sk_rmem_alloc));
	expect_bytes(&b, 14000);
	EXPECT_EQ(atomic_read(pages), 0);
	bench_write(&b, 20000);
	EXPECT_GE(atomic_read(pages), 5);
	bench_stop(&b);
	EXPECT_EQ(atomic_read(pages), 0);
}
TEST(pressure_begins_and_ends)
{
	struct tcp_bench b = bench_established();
	struct netns_tcp *t = b.net->tcp;

	t->sysctl.mem[0] = 3;
	t->sysctl.mem[1] = 6;
	t->sysctl.mem[2] = 60;
	for (u32 i = 0; i < 20; i++)
		data(&b, 1 + i * 1400, 1400);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPMEMORYPRESSURES), 1);
	EXPECT_TRUE(tcp_under_memory_pressure(b.s->sk));
	host_pass(MS(50));
	skb_queue_consume(&b.nic->sent);
	expect_bytes(&b, 20 * 1400);
	EXPECT_FALSE(tcp_under_memory_pressure(b.s->sk));
	EXPECT_GE(net_mib_sum(b.net, MIB_TCPEXT_TCPMEMORYPRESSURESCHRONO), 49);
	bench_stop(&b);
}
TEST(the_hard_limit_refuses_early_data_and_spares_the_guaranteed_minimum)
{
	struct tcp_bench b = bench_established();
	struct netns_tcp *t = b.net->tcp;

	t->sysctl.mem[0] = 1;
	t->sysctl.mem[1] = 2;
	t->sysctl.mem[2] = 4;
	for (u32 i = 1; i < 20; i++)
		data(&b, 1 + i * 1400, 1400);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_TCPOFODROP), 5);
	EXPECT_LE(atomic_read(&t->memory_pages), 5);
	bench_stop(&b);
}
/* The buffer grows with what the program takes in a round trip, as it does on a path that gets faster. */
TEST(the_receive_buffer_follows_the_reader)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);
	static u8 buf[100000];
	u32 at = 1, n = 10, was = (u32)b.s->sk->sk_rcvbuf;

	tp->rcv_rtt_est.rtt_us8 = 8 * 10000;
	for (int round = 0; round < 8; round++, n = min(n * 2, 40u)) {
		for (u32 i = 0; i < n && tcp_receive_window(tp) >= 1400; i++, at += 1400)
			data(&b, at, 1400);
		host_pass(MS(11));
		while (sock_read(b.s, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
	skb_queue_consume(&b.nic->sent);
	EXPECT_GT(b.s->sk->sk_rcvbuf, was);
	EXPECT_EQ(tp->window_clamp, tcp_full_space(b.s->sk));
	bench_stop(&b);
}
TEST(a_chosen_receive_buffer_stays)
{
	struct tcp_bench b = bench_established();
	static u8 buf[100000];
	u32 at = 1;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVBUF, 60000), 0);
	tcp_sk(b.s->sk)->rcv_rtt_est.rtt_us8 = 8 * 1000;
	for (int i = 0; i < 40; i++, at += 1400) {
		data(&b, at, 1400);
		host_pass(MS(2));
		sock_read(b.s, buf, sizeof(buf), MSG_DONTWAIT);
	}
	EXPECT_EQ(b.s->sk->sk_rcvbuf, 120000);
	bench_stop(&b);
}
