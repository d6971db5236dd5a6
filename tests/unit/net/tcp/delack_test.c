/* tests/unit/net/tcp/delack_test.c - now or later: quick ACKs, delayed ones, dialogues, and ACKs about a hole */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static void data(struct tcp_bench *b, u32 seq, u32 len)
{
	peer_sends(b, .flags = ACK, .seq = seq, .ack = 1, .len = len);
}
static struct tcp_bench with_sack(void)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1, .sack_ok = true);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
TEST(the_first_segments_are_acknowledged_one_by_one)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(tcp_sk(b.s->sk)->ack.rcv_mss, 536);
	for (u32 i = 0; i < 8; i++) {
		data(&b, 1 + i * 1000, 1000);
		expect_sent(&b, .flags = ACK, .ack = 1001 + i * 1000);
	}
	bench_stop(&b);
}
TEST(quick_acks_are_counted_against_the_window)
{
	struct tcp_bench b = bench_established();

	data(&b, 1, 100);
	EXPECT_EQ(tcp_sk(b.s->sk)->ack.quick, 15); /* 64240 / (2 * 536), 16 at most, one is spent */
	bench_stop(&b);
}
TEST(a_dialogue_lets_acks_ride)
{
	struct tcp_bench b = bench_established();
	u8 buf[100];

	data(&b, 1, 50);
	expect_sent(&b, .flags = ACK, .ack = 51);
	EXPECT_EQ(sock_read(b.s, buf, 100, 0), 50);
	EXPECT_EQ(bench_write(&b, 50), 50); /* within the delay: a reply */
	expect_sent(&b, .flags = ACK, .len = 50);
	EXPECT_EQ(tcp_sk(b.s->sk)->ack.pingpong, 1);
	peer_sends(&b, .flags = ACK, .seq = 51, .ack = 51, .len = 50);
	expect_nothing_sent(&b);
	EXPECT_EQ(bench_write(&b, 50), 50);
	expect_sent(&b, .flags = ACK, .ack = 101, .len = 50);
	bench_stop(&b);
}
TEST(no_reply_ends_the_dialogue)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_QUICKACK, 0), 0);
	data(&b, 1, 50);
	expect_nothing_sent(&b);
	host_pass(MS(45));
	expect_sent(&b, .flags = ACK, .ack = 51);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_DELAYEDACKS), 1);
	EXPECT_EQ(tcp_sk(b.s->sk)->ack.pingpong, 0);
	bench_stop(&b);
}
TEST(pingpong_thresh_is_a_sysctl)
{
	struct tcp_bench b = bench_established();

	b.net->tcp->sysctl.pingpong_thresh = 3;
	data(&b, 1, 50);
	expect_sent(&b, .flags = ACK, .ack = 51);
	bench_write(&b, 50);
	expect_sent(&b, .flags = ACK, .len = 50);
	peer_sends(&b, .flags = ACK, .seq = 51, .ack = 51, .len = 50);
	expect_sent(&b, .flags = ACK, .ack = 101); /* one reply is not a dialogue yet */
	bench_stop(&b);
}
TEST(tcp_quickack_sends_what_waits)
{
	struct tcp_bench b = bench_established();
	u8 buf[64];

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_QUICKACK, 0), 0);
	data(&b, 1, 50);
	EXPECT_EQ(sock_read(b.s, buf, 64, 0), 50);
	expect_nothing_sent(&b);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_QUICKACK, 1), 0);
	expect_sent(&b, .flags = ACK, .ack = 51);
	bench_stop(&b);
}
TEST(two_full_segments_are_acknowledged_at_once)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	data(&b, 1, 1460);
	expect_sent(&b, .flags = ACK, .ack = 1461);
	tp->ack.quick = 0;
	tp->rcv_ssthresh = 40000; /* a window that does not grow any more */
	tp->window_clamp = 40000;
	data(&b, 1461, 1460);
	expect_nothing_sent(&b);
	data(&b, 2921, 1460);
	host_pass(MS(45));
	expect_sent(&b, .flags = ACK, .ack = 4381);
	bench_stop(&b);
}
TEST(a_read_that_empties_the_buffer_acknowledges_a_small_segment)
{
	struct tcp_bench b = bench_established();
	u8 buf[3000];

	data(&b, 1, 1460);
	expect_sent(&b, .flags = ACK, .ack = 1461);
	tcp_sk(b.s->sk)->ack.quick = 0;
	data(&b, 1461, 100);
	expect_nothing_sent(&b);
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 1560);
	expect_sent(&b, .flags = ACK, .ack = 1561);
	bench_stop(&b);
}
TEST(acks_about_one_hole_are_compressed_after_three)
{
	struct tcp_bench b = with_sack();

	data(&b, 1, 1000);
	expect_sent(&b, .flags = ACK, .ack = 1001);
	tcp_sk(b.s->sk)->ack.quick = 0;
	for (u32 i = 0; i < 3; i++) {
		tcp_sk(b.s->sk)->ack.quick = 0;
		data(&b, 2001 + i * 1000, 500);
		expect_sent(&b, .flags = ACK, .ack = 1001);
	}
	tcp_sk(b.s->sk)->rcv_rtt_est.rtt_us8 = 8 * 100000;
	tcp_sk(b.s->sk)->srtt_us = 8 * 100000;
	for (u32 i = 3; i < 9; i++) {
		tcp_sk(b.s->sk)->ack.quick = 0;
		data(&b, 2001 + i * 1000, 500);
	}
	expect_nothing_sent(&b);
	host_pass(MS(3));
	expect_sent(&b, .flags = ACK, .ack = 1001);
	expect_nothing_sent(&b);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPACKCOMPRESSED), 5);
	bench_stop(&b);
}
TEST(a_filled_hole_is_told_at_once)
{
	struct tcp_bench b = with_sack();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_QUICKACK, 0), 0);
	data(&b, 501, 500);
	expect_sent(&b, .flags = ACK, .ack = 1);
	data(&b, 1, 500);
	expect_sent(&b, .flags = ACK, .ack = 1001);
	bench_stop(&b);
}
TEST(an_old_segment_brings_quick_acks_back)
{
	struct tcp_bench b = bench_established();

	data(&b, 1, 500);
	expect_sent(&b, .flags = ACK, .ack = 501);
	tcp_sk(b.s->sk)->ack.quick = 0;
	tcp_sk(b.s->sk)->ack.pingpong = 1;
	data(&b, 1, 500);
	expect_sent(&b, .flags = ACK, .ack = 501);
	EXPECT_GT(tcp_sk(b.s->sk)->ack.quick, 10);
	EXPECT_EQ(tcp_sk(b.s->sk)->ack.pingpong, 0);
	bench_stop(&b);
}
/* A writer that waits for the handshake will carry the last ACK of it. */
static int write_early(void *arg)
{
	struct tcp_bench *b = arg;

	EXPECT_EQ(sock_write(b->s, "hello", 5, 0), 5);
	return 0;
}
TEST(data_carries_the_ack_of_the_handshake)
{
	struct tcp_bench b;
	struct task_struct *t;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	t = host_spawn(write_early, &b, "writer");
	host_settle();
	peer_sends(&b, .flags = SYN | ACK, .ack = 1);
	expect_sent(&b, .flags = ACK, .ack = 1, .len = 5);
	expect_nothing_sent(&b);
	host_join(t);
	bench_stop(&b);
}
/* What waited while a program owned the socket is acknowledged once, or segment by segment as before Linux 6.7. */
static void burst_while_owned(struct tcp_bench *b, u32 seq, int defer)
{
	b->net->tcp->sysctl.backlog_ack_defer = defer;
	lock_sock(b->s->sk);
	for (u32 i = 0; i < 4; i++)
		data(b, seq + i * 1000, 1000);
	expect_nothing_sent(b);
	release_sock(b->s->sk);
	host_settle();
}
TEST(a_backlog_is_acknowledged_once)
{
	struct tcp_bench b = bench_established();

	burst_while_owned(&b, 1, 1);
	expect_sent(&b, .flags = ACK, .ack = 4001);
	expect_nothing_sent(&b);
	burst_while_owned(&b, 4001, 0);
	for (u32 i = 0; i < 4; i++)
		expect_sent(&b, .flags = ACK, .ack = 5001 + i * 1000);
	b.net->tcp->sysctl.backlog_ack_defer = 1;
	lock_sock(b.s->sk); /* one that closes the connection takes the ACK with it */
	data(&b, 8001, 1000);
	peer_sends(&b, .flags = RST, .seq = 9001);
	release_sock(b.s->sk);
	host_settle();
	expect_nothing_sent(&b);
	bench_stop(&b);
}
