/* tests/unit/net/tcp/isn_test.c - initial sequence numbers: a clock between two ends, a secret for others (RFC 6528) */
#include "tests/unit/net/tcp/bench.h"
#include "tests/host/world.h"
#include <asm/fcntl.h>

#define TICK_NS 64u /* as Linux's */

static u32 isn(struct net *net, u16 port)
{
	return tcp_secrets(net, HOST_A, HOST_B, htons(5000), htons(port)).seq;
}
/* Section 3: segments of an earlier connection between the same ends are older than the new one's first. */
TEST(between_the_same_ends_numbers_follow_a_clock)
{
	struct net *net = test_net();
	u32 first = isn(net, 80);

	EXPECT_EQ(isn(net, 80), first);
	host_pass(NSEC_PER_MSEC);
	EXPECT_EQ(isn(net, 80) - first, NSEC_PER_MSEC / TICK_NS);
}
/* Who sees the numbers of his own connections learns nothing about those of others: no run, no common step. */
TEST(other_ends_have_unrelated_numbers)
{
	struct net *net = test_net(), *other = test_net();
	u32 near = 0, steps = 0, step = 0;

	for (u16 port = 1; port < 2000; port++) {
		u32 d = isn(net, port + 1) - isn(net, port);

		near += d + (1u << 20) < 1u << 21; /* one in 2,048 by chance */
		steps += d == step;
		step = d;
	}
	EXPECT_LT(near, 10);
	EXPECT_LT(steps, 3);
	EXPECT_NE(isn(net, 80), isn(other, 80)); /* each stack has a key of its own */
	EXPECT_NE(isn(net, 80), tcp_secrets(net, HOST_B, HOST_B, htons(5000), htons(80)).seq);
	EXPECT_NE(isn(net, 80), tcp_secrets(net, HOST_A, HOST_A, htons(5000), htons(80)).seq);
	EXPECT_NE(isn(net, 80), tcp_secrets(net, HOST_A, HOST_B, htons(5001), htons(80)).seq);
}
/* Both come out of one hash: who knows the one (a clock and a timestamp tell it) does not know the other. */
TEST(the_offset_of_timestamps_is_a_secret_of_its_own)
{
	struct net *net = test_net();
	u32 near = 0, equal = 0;

	for (u16 port = 1; port < 2000; port++) {
		struct tcp_secrets a = tcp_secrets(net, HOST_A, HOST_B, htons(5000), htons(port));
		struct tcp_secrets b = tcp_secrets(net, HOST_A, HOST_B, htons(5000), htons(port + 1));

		near += b.ts_off - a.ts_off + (1u << 20) < 1u << 21; /* one in 2,048 by chance */
		equal += a.ts_off == a.seq;
	}
	EXPECT_LT(near, 10);
	EXPECT_LT(equal, 2);
	/* the same ends, later: it holds */
	near = tcp_secrets(net, HOST_A, HOST_B, htons(5000), htons(80)).ts_off;
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(tcp_secrets(net, HOST_A, HOST_B, htons(5000), htons(80)).ts_off, near);
}
/* The SYN bears it, and so does the SYN-ACK. */
TEST(handshakes_begin_with_it)
{
	struct socket *l, *s;
	struct two_hosts w;
	struct tcp_sock *tp;
	u32 theirs;

	two_hosts_start(&w, 0);
	l = tcp_listener(w.net[1], 80, 1);
	s = tcp_socket(w.net[0]);
	sock_connect_to(s, HOST_B, 80, O_NONBLOCK);
	tp = tcp_sk(s->sk);
	EXPECT_EQ(tp->snd_una, tcp_secrets(w.net[0], HOST_A, HOST_B, tp->inet.inet_sport, htons(80)).seq);
	host_pass(NSEC_PER_SEC);
	theirs = tcp_secrets(w.net[1], HOST_B, HOST_A, htons(80), tp->inet.inet_sport).seq;
	EXPECT_LT(theirs - (tp->rcv_nxt - 1), 2 * NSEC_PER_SEC / TICK_NS);
	sock_release(s);
	sock_release(l);
	two_hosts_stop(&w);
}
