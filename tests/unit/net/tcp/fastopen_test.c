/* tests/unit/net/tcp/fastopen_test.c - data in the SYN (RFC 7413), both sides, against a peer by hand */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

/* The option of the last segment. */
static struct tcp_fastopen_cookie cookie_of(const struct tcp_bench *b)
{
	struct tcp_fastopen_cookie c;

	tcp_fastopen_parse((const struct tcphdr *)(b->last->data + 34), &c);
	return c;
}
static ssize_t send_to_peer(struct tcp_bench *b, const void *data, size_t n, int flags)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5000), .sin_addr.s_addr = HOST_B };
	struct kvec v = { (void *)data, n };
	struct msghdr_kern m = { .msg_name = &to, .msg_namelen = sizeof(to),
				 .msg_flags = (unsigned int)flags | MSG_DONTWAIT | MSG_NOSIGNAL };

	iov_iter_kvec(&m.msg_iter, true, &v, 1, n);
	return b->s->ops->sendmsg(b->s, &m, n);
}
static void server(struct tcp_bench *b, int bits, int queue)
{
	bench_start(b);
	b->net->tcp->sysctl.fastopen = bits;
	b->listener = tcp_listener(b->net, 80, 5);
	EXPECT_EQ(sock_set_int(b->listener, SOL_TCP, TCP_FASTOPEN, queue), 0);
}
static void accept_one(struct tcp_bench *b)
{
	b->s = sock_alloc();
	b->s->type = SOCK_STREAM;
	b->s->ops = b->listener->ops;
	ASSERT_EQ(b->listener->ops->accept(b->listener, b->s, O_NONBLOCK), 0);
}
static struct tcp_fastopen_cookie ask_for_cookie(struct tcp_bench *b, bool exp)
{
	struct tcp_fastopen_cookie none = { .len = 0, .exp = exp };

	b->peer_port = 4000;
	peer_sends(b, .flags = SYN, .tfo = &none);
	expect_sent(b, .flags = SYN | ACK, .ack = 1);
	peer_sends(b, .flags = RST, .seq = 1);
	b->peer_port = 5000;
	return cookie_of(b);
}
TEST(a_client_that_asks_gets_a_cookie)
{
	struct tcp_bench b;

	server(&b, TFO_SERVER_ENABLE, 5);
	EXPECT_EQ(ask_for_cookie(&b, false).len, 8);
	EXPECT_FALSE(cookie_of(&b).exp);
	ask_for_cookie(&b, true);
	EXPECT_TRUE(cookie_of(&b).exp);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENCOOKIEREQD), 2);
	bench_stop(&b);
}
TEST(the_cookie_is_siphash_of_the_addresses)
{
	struct tcp_bench b;
	u32 addr[2] = { (__force u32)HOST_B, (__force u32)HOST_A };
	siphash_key_t key = { 0xb2b2b2b2a1a1a1a1, 0xd4d4d4d4c3c3c3c3 };
	u64 want = siphash(addr, sizeof(addr), &key);
	struct tcp_fastopen_cookie c;
	char text[100];

	server(&b, TFO_SERVER_ENABLE, 5);
	current->net = b.net;
	EXPECT_GE(host_proc_write("sys/net/ipv4/tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4\n"), 0);
	EXPECT_GT(host_proc_read(b.net, "sys/net/ipv4/tcp_fastopen_key", text, sizeof(text)), 0);
	EXPECT_EQ(strcmp(text, "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4\n"), 0);
	c = ask_for_cookie(&b, false);
	EXPECT_EQ(memcmp(c.val, &want, 8), 0);
	bench_stop(&b);
}
TEST(a_valid_cookie_delivers_data_before_the_handshake_ends)
{
	struct tcp_bench b;
	struct tcp_fastopen_cookie c;
	u8 buf[100];

	server(&b, TFO_SERVER_ENABLE, 5);
	c = ask_for_cookie(&b, false);
	peer_sends(&b, .flags = SYN, .len = 50, .tfo = &c);
	expect_sent(&b, .flags = SYN | ACK, .ack = 51);
	accept_one(&b);
	expect_state(&b, TCP_SYN_RECV);
	EXPECT_EQ(atomic_read(&tcp_sk(b.listener->sk)->tfo_qlen), 1);
	EXPECT_TRUE(sock_poll(b.s) & POLLIN);
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), MSG_DONTWAIT), 50);
	EXPECT_EQ(bench_write(&b, 70), 70); /* and the answer need not wait either */
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 70, .ack = 51);
	peer_sends(&b, .flags = ACK, .seq = 51, .ack = 71);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	EXPECT_EQ(atomic_read(&tcp_sk(b.listener->sk)->tfo_qlen), 0);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENPASSIVE), 1);
	host_pass(MS(5000));
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(a_wrong_cookie_is_answered_with_the_right_one)
{
	struct tcp_bench b;
	struct tcp_fastopen_cookie c = { .len = 8, .val = "badbadba" };

	server(&b, TFO_SERVER_ENABLE, 5);
	peer_sends(&b, .flags = SYN, .len = 50, .tfo = &c);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_EQ(cookie_of(&b).len, 8);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENPASSIVEFAIL), 1);
	bench_stop(&b);
}
TEST(the_synack_of_a_child_is_repeated)
{
	struct tcp_bench b;

	server(&b, TFO_SERVER_ENABLE | TFO_SERVER_COOKIE_NOT_REQD, 5);
	peer_sends(&b, .flags = SYN, .len = 50);
	expect_sent(&b, .flags = SYN | ACK, .ack = 51);
	accept_one(&b);
	host_pass(MS(1010));
	expect_sent(&b, .flags = SYN | ACK, .ack = 51);
	peer_sends(&b, .flags = ACK, .seq = 51, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	bench_stop(&b);
}
TEST(the_queue_of_children_has_its_limit)
{
	struct tcp_bench b;

	server(&b, TFO_SERVER_ENABLE | TFO_SERVER_COOKIE_NOT_REQD, 1);
	peer_sends(&b, .flags = SYN, .len = 50);
	expect_sent(&b, .flags = SYN | ACK, .ack = 51);
	b.peer_port = 5001;
	peer_sends(&b, .flags = SYN, .len = 50);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENLISTENOVERFLOW), 1);
	b.peer_port = 5000;
	peer_sends(&b, .flags = RST, .seq = 51);
	EXPECT_EQ(atomic_read(&tcp_sk(b.listener->sk)->tfo_qlen), 0);
	bench_stop(&b);
}
TEST(without_the_sysctl_or_the_option_nothing_is_early)
{
	struct tcp_bench b;

	server(&b, 0, 5);
	peer_sends(&b, .flags = SYN, .len = 50, .tfo = &(struct tcp_fastopen_cookie){ .len = 0 });
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_EQ(cookie_of(&b).len, -1);
	bench_stop(&b);
}

/* --- the client --- */

/* The first attempt asks for a cookie, and its data follows the handshake. */
static void learn_cookie(struct tcp_bench *b, const struct tcp_fastopen_cookie *c)
{
	bench_start(b);
	b->s = tcp_socket(b->net);
	EXPECT_EQ(send_to_peer(b, "hello", 5, MSG_FASTOPEN), -EINPROGRESS);
	expect_sent(b, .flags = SYN, .len = 0);
	EXPECT_EQ(cookie_of(b).len, 0);
	peer_sends(b, .flags = SYN | ACK, .ack = 1, .tfo = c);
	expect_sent(b, .flags = ACK, .seq = 1, .ack = 1);
	sock_release(b->s);
	b->s = NULL;
	skb_queue_consume(&b->nic->sent);
	peer_sends(b, .flags = RST | ACK, .seq = 1, .ack = 2);
	b->s = tcp_socket(b->net);
}
static const struct tcp_fastopen_cookie theirs = { .len = 8, .val = "COOKIEOK" };
TEST(with_a_cookie_the_syn_carries_data)
{
	struct tcp_bench b;

	learn_cookie(&b, &theirs);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), 5);
	expect_sent(&b, .flags = SYN, .len = 5);
	EXPECT_EQ(memcmp(cookie_of(&b).val, "COOKIEOK", 8), 0);
	peer_sends(&b, .flags = SYN | ACK, .ack = 6);
	expect_sent(&b, .flags = ACK, .seq = 6, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_TRUE(tcp_sk(b.s->sk)->syn_data_acked);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENACTIVE), 1);
	bench_stop(&b);
}
TEST(data_that_the_server_did_not_take_goes_again_and_carries_the_ack)
{
	struct tcp_bench b;

	learn_cookie(&b, &theirs);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), 5);
	expect_sent(&b, .flags = SYN, .len = 5);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 5);
	expect_nothing_sent(&b);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENACTIVEFAIL), 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 6);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	bench_stop(&b);
}
TEST(a_syn_that_is_repeated_is_a_plain_one)
{
	struct tcp_bench b;

	learn_cookie(&b, &theirs);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), 5);
	expect_sent(&b, .flags = SYN, .len = 5);
	host_pass(MS(1010));
	expect_sent(&b, .flags = SYN, .len = 0);
	EXPECT_EQ(cookie_of(&b).len, -1);
	bench_stop(&b);
}
TEST(a_syn_takes_no_more_than_fits_beside_all_options)
{
	struct tcp_bench b;
	static u8 big[3000];

	learn_cookie(&b, &theirs);
	EXPECT_EQ(send_to_peer(&b, big, sizeof(big), MSG_FASTOPEN), 1420);
	expect_sent(&b, .flags = SYN, .len = 1420);
	bench_stop(&b);
}
TEST(tcp_fastopen_connect_puts_the_syn_off)
{
	struct tcp_bench b;

	learn_cookie(&b, &theirs);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), 0);
	expect_nothing_sent(&b);
	EXPECT_TRUE(sock_poll(b.s) & POLLOUT);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -EISCONN);
	EXPECT_EQ(bench_write(&b, 10), 10);
	expect_sent(&b, .flags = SYN, .len = 10);
	peer_sends(&b, .flags = SYN | ACK, .ack = 11);
	expect_sent(&b, .flags = ACK, .seq = 11);
	bench_stop(&b);
}
TEST(no_cookie_option_tries_the_experimental_one_next)
{
	struct tcp_bench b;

	learn_cookie(&b, NULL);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), -EINPROGRESS);
	expect_sent(&b, .flags = SYN, .len = 0);
	EXPECT_TRUE(cookie_of(&b).exp);
	bench_stop(&b);
}
TEST(a_program_may_do_without_cookies)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1), 0);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), 5);
	expect_sent(&b, .flags = SYN, .len = 5);
	EXPECT_EQ(cookie_of(&b).len, -1);
	bench_stop(&b);
}
TEST(a_black_hole_ends_data_in_syns_for_a_while)
{
	struct tcp_bench b;

	learn_cookie(&b, &theirs);
	b.net->tcp->sysctl.fastopen_blackhole_timeout = 3600;
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), 5);
	expect_sent(&b, .flags = SYN, .len = 5);
	peer_sends(&b, .flags = SYN | ACK, .ack = 6);
	expect_sent(&b, .flags = ACK);
	peer_sends(&b, .flags = RST, .seq = 500); /* a middlebox that guesses */
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPFASTOPENBLACKHOLE), 1);
	EXPECT_GT(b.net->tcp->tfo_disabled_until_ns, ktime_get_ns());
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(switched_off_it_answers_eopnotsupp)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.fastopen = 0;
	b.s = tcp_socket(b.net);
	EXPECT_EQ(send_to_peer(&b, "hello", 5, MSG_FASTOPEN), -EOPNOTSUPP);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_FASTOPEN_CONNECT, 1), -EOPNOTSUPP);
	bench_stop(&b);
}
