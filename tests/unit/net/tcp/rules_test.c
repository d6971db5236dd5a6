/* tests/unit/net/tcp/rules_test.c - PAWS, challenge ACKs, delayed ACKs, keepalive, urgent data, listeners that close */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static struct tcp_bench with_timestamps(void)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .seq = 0, .ack = 1, .tsval = 1000, .tsecr = bench_options(&b).rcv_tsval);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
TEST(an_old_timestamp_is_refused)
{
	struct tcp_bench b = with_timestamps();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .tsval = 1001, .tsecr = 1);
	expect_sent(&b, .flags = ACK, .ack = 11);
	peer_sends(&b, .flags = ACK, .seq = 11, .ack = 1, .len = 10, .tsval = 900, .tsecr = 1);
	expect_sent(&b, .flags = ACK, .ack = 11);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_PAWSESTAB), 1);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_nxt - b.peer_isn, 11);
	bench_stop(&b);
}
TEST(a_syn_in_a_connection_is_challenged)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = SYN, .seq = 500);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	bench_stop(&b);
}
TEST(an_ack_of_what_was_never_sent_is_challenged)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 5000);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	bench_stop(&b);
}
TEST(acks_are_delayed_once_the_first_are_out)
{
	struct tcp_bench b = bench_established();

	tcp_sk(b.s->sk)->ack.quick = 0;
	tcp_sk(b.s->sk)->ack.ato_us = 40000;
	tcp_sk(b.s->sk)->ack.lrcvtime_ns = ktime_get_ns();
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	host_pass(MS(30));
	expect_nothing_sent(&b);
	host_pass(MS(200));
	expect_sent(&b, .flags = ACK, .ack = 101);
	bench_stop(&b);
}
TEST(keepalive_asks_and_then_gives_up)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPIDLE, 10), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPINTVL, 1), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPCNT, 2), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	host_pass(MS(9900));
	expect_nothing_sent(&b);
	host_pass(MS(200));
	expect_sent(&b, .flags = ACK, .len = 0);
	host_pass(MS(1000));
	expect_sent(&b, .flags = ACK, .len = 0);
	host_pass(MS(1000));
	expect_sent(&b, .flags = RST | ACK);
	expect_state(&b, TCP_CLOSE);
	EXPECT_EQ(b.s->sk->sk_err, ETIMEDOUT);
	bench_stop(&b);
}
TEST(a_listener_that_closes_resets_who_waits)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(sock_poll(b.listener) & POLLIN, POLLIN);
	sock_release(b.listener);
	b.listener = NULL;
	expect_sent(&b, .flags = RST | ACK);
	bench_stop(&b);
}
TEST(a_syn_ack_is_repeated)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	host_pass(MS(1010));
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	host_pass(MS(2010));
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	bench_stop(&b);
}
TEST(a_cookie_makes_a_connection)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.syncookies = 2;
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 5);
	expect_sent(&b, .flags = ACK, .ack = 6);
	bench_stop(&b);
}
TEST(a_bad_cookie_is_reset)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.syncookies = 2;
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 77);
	expect_sent(&b, .flags = RST);
	bench_stop(&b);
}
TEST(the_proc_file_shows_the_connection)
{
	struct tcp_bench b = bench_accepted();
	static char text[20000];

	ASSERT_GT(host_proc_read(b.net, "net/tcp", text, sizeof(text)), 0);
	EXPECT_TRUE(strstr(text, " 00000000:0050 00000000:0000 0A"));
	EXPECT_TRUE(strstr(text, " 0100000A:0050 0200000A:1388 01"));
	bench_stop(&b);
}
TEST(loopback_connects_to_itself)
{
	struct net *net = test_net();
	struct socket *l, *c, *a = sock_alloc();
	char buf[10];

	host_address(net, NULL, 0);
	l = tcp_listener(net, 99, 3);
	c = tcp_socket(net);
	ASSERT_EQ(sock_connect_to(c, htonl(0x7f000001), 99, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	ASSERT_EQ(l->ops->accept(l, a, 0), 0);
	EXPECT_EQ(sock_write(c, "hello", 5, 0), 5);
	EXPECT_EQ(sock_read(a, buf, sizeof(buf), 0), 5);
	sock_release(c);
	EXPECT_EQ(sock_read(a, buf, sizeof(buf), 0), 0);
	sock_release(a);
	sock_release(l);
	host_pass(100 * NSEC_PER_SEC);
}
