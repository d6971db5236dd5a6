/* tests/unit/net/tcp/close_test.c - opening and every way of closing (RFC 9293 figure 5) */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static void our_fin(struct tcp_bench *b) { EXPECT_EQ(b->s->ops->shutdown(b->s, SHUT_WR), 0); }

TEST(active_open) { struct tcp_bench b = bench_established(); bench_stop(&b); }
TEST(passive_open) { struct tcp_bench b = bench_accepted(); bench_stop(&b); }
TEST(simultaneous_open)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_state(&b, TCP_SYN_RECV);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = SYN | ACK, .seq = 0, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	bench_stop(&b);
}
TEST(refused)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = RST | ACK, .seq = 0, .ack = 1);
	expect_state(&b, TCP_CLOSE);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -ECONNREFUSED);
	bench_stop(&b);
}
TEST(a_closed_port_answers_with_a_reset)
{
	struct tcp_bench b;

	bench_start(&b);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_sent(&b, .flags = RST | ACK, .ack = 1);
	bench_stop(&b);
}
TEST(fin_in_established_moves_to_close_wait)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_CLOSE_WAIT);
	expect_nothing_sent(&b); /* the answer may carry the ACK */
	host_pass(MS(45));
	expect_sent(&b, .flags = ACK, .ack = 2);
	our_fin(&b);
	expect_state(&b, TCP_LAST_ACK);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1, .ack = 2);
	peer_sends(&b, .flags = ACK, .seq = 2, .ack = 2);
	expect_state(&b, TCP_CLOSE);
	bench_stop(&b);
}
TEST(active_close)
{
	struct tcp_bench b = bench_established();

	our_fin(&b);
	expect_state(&b, TCP_FIN_WAIT1);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 2);
	expect_state(&b, TCP_FIN_WAIT2);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2);
	expect_sent(&b, .flags = ACK, .seq = 2, .ack = 2);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2); /* TIME_WAIT answers a FIN that comes again */
	expect_sent(&b, .flags = ACK, .seq = 2, .ack = 2);
	bench_stop(&b);
}
TEST(simultaneous_close)
{
	struct tcp_bench b = bench_established();

	our_fin(&b);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_CLOSING);
	expect_sent(&b, .flags = ACK, .ack = 2);
	peer_sends(&b, .flags = ACK, .seq = 2, .ack = 2);
	bench_stop(&b);
}
TEST(a_reset_must_be_exact)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = RST, .seq = 100);
	expect_sent(&b, .flags = ACK, .ack = 1); /* RFC 5961: a challenge */
	expect_state(&b, TCP_ESTABLISHED);
	peer_sends(&b, .flags = RST, .seq = 1);
	expect_state(&b, TCP_CLOSE);
	bench_stop(&b);
}
TEST(close_with_unread_data_resets)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect_sent(&b, .flags = ACK, .ack = 11);
	sock_release(b.s);
	b.s = NULL;
	expect_sent(&b, .flags = RST | ACK, .seq = 1);
	bench_stop(&b);
}
