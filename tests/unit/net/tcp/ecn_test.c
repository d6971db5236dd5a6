/* tests/unit/net/tcp/ecn_test.c - explicit congestion notification, segment by segment (RFC 3168) */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

#define ECE TCPHDR_ECE
#define CWR TCPHDR_CWR

/* The ECN bits in the IP header of the segment that was looked at last. */
static u8 sent_ecn(const struct tcp_bench *b) { return b->last->data[15] & INET_ECN_MASK; }
/* Our SYN, answered with those flags; sysctl tcp_ecn is ecn. */
static struct tcp_bench connected(int ecn, u8 synack_flags)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.ecn = ecn;
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -EINPROGRESS);
	expect_sent(&b, .flags = SYN | (ecn == 1 ? ECE | CWR : 0));
	EXPECT_EQ(sent_ecn(&b), INET_ECN_NOT_ECT);
	peer_sends(&b, .flags = SYN | ACK | synack_flags, .seq = 0, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_NOT_ECT);
	return b;
}
static u8 agreed(const struct tcp_bench *b) { return tcp_sk(b->s->sk)->ecn_flags & TCP_ECN_OK; }

/* --- the handshake --- */

TEST(we_ask_when_told_to)
{
	struct tcp_bench b = connected(1, ECE);

	EXPECT_TRUE(agreed(&b));
	bench_stop(&b);
	b = connected(2, 0);
	EXPECT_FALSE(agreed(&b));
	bench_stop(&b);
}
TEST(an_answer_without_ece_or_with_both_is_no)
{
	struct tcp_bench b = connected(1, 0);

	EXPECT_FALSE(agreed(&b));
	bench_write(&b, 100);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 100);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_NOT_ECT);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 101);
	bench_stop(&b);
	b = connected(1, ECE | CWR);
	EXPECT_FALSE(agreed(&b));
	bench_stop(&b);
}
static void asked(int ecn, u8 flags, u8 tos, bool yes)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.ecn = ecn;
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN | flags, .seq = 0, .tos = tos);
	expect_sent(&b, .flags = SYN | ACK | (yes ? ECE : 0), .ack = 1);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_NOT_ECT);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	EXPECT_EQ(agreed(&b) != 0, yes);
	bench_stop(&b);
}
TEST(we_agree_when_asked_by_default)
{
	asked(2, ECE | CWR, 0, true);
	asked(1, ECE | CWR, 0, true);
	asked(0, ECE | CWR, 0, false);
	asked(2, ECE, 0, false);
	asked(2, CWR, 0, false);
	asked(2, ECE | CWR, INET_ECN_ECT_0, false); /* a SYN is never ECN-capable */
}

/* --- the receiver: a mark is echoed until the sender has heard --- */

TEST(a_mark_is_echoed_until_cwr)
{
	struct tcp_bench b = connected(1, ECE);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 1000, .tos = INET_ECN_ECT_0);
	expect_sent(&b, .flags = ACK, .ack = 1001);
	EXPECT_TRUE(tcp_sk(b.s->sk)->ecn_flags & TCP_ECN_SEEN);
	peer_sends(&b, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000, .tos = INET_ECN_CE);
	expect_sent(&b, .flags = ACK | ECE, .ack = 2001);
	peer_sends(&b, .flags = ACK, .seq = 2001, .ack = 1, .len = 1000, .tos = INET_ECN_ECT_0);
	expect_sent(&b, .flags = ACK | ECE, .ack = 3001);
	peer_sends(&b, .flags = ACK | CWR, .seq = 3001, .ack = 1, .len = 1000, .tos = INET_ECN_ECT_0);
	expect_sent(&b, .flags = ACK, .ack = 4001);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IPEXT_INCEPKTS), 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IPEXT_INECT0PKTS), 3);
	bench_stop(&b);
}
/* Marked beyond a hole, and on the segment that says CWR itself: a new mark is a new question. */
TEST(a_mark_out_of_order_counts)
{
	struct tcp_bench b = connected(1, ECE);

	peer_sends(&b, .flags = ACK, .seq = 1001, .ack = 1, .len = 1000, .tos = INET_ECN_CE);
	expect_sent(&b, .flags = ACK | ECE, .ack = 1);
	peer_sends(&b, .flags = ACK | CWR, .seq = 1, .ack = 1, .len = 1000, .tos = INET_ECN_CE);
	expect_sent(&b, .flags = ACK | ECE, .ack = 2001);
	bench_stop(&b);
}
TEST(a_mark_means_nothing_without_agreement)
{
	struct tcp_bench b = connected(2, 0);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 1000, .tos = INET_ECN_CE);
	expect_sent(&b, .flags = ACK, .ack = 1001);
	bench_stop(&b);
}

/* --- the sender --- */

TEST(new_data_is_capable_and_repeated_is_not)
{
	struct tcp_bench b = connected(1, ECE);

	bench_write(&b, 1000);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1000);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_ECT_0);
	host_pass(MS(1100));
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1000);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_NOT_ECT);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1001);
	bench_stop(&b);
}
/* An echo shrinks the window once a round trip, as a loss would; the next new segment says so. */
TEST(an_echo_shrinks_the_window_once_a_round_trip)
{
	struct tcp_bench b = connected(1, ECE);
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	EXPECT_EQ(tp->snd_cwnd, 10);
	bench_write(&b, 1000);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1000);
	bench_write(&b, 9 * 1460);
	for (u32 i = 0; i < 9; i++)
		expect_sent(&b, .flags = ACK, .seq = 1001 + i * 1460, .len = 1460);
	peer_sends(&b, .flags = ACK | ECE, .seq = 1, .ack = 1001);
	EXPECT_EQ(tp->ca_state, TCP_CA_CWR);
	EXPECT_EQ(tp->snd_ssthresh, 7);
	peer_sends(&b, .flags = ACK | ECE, .seq = 1, .ack = 1001 + 1460);
	peer_sends(&b, .flags = ACK | ECE, .seq = 1, .ack = 1001 + 9 * 1460);
	EXPECT_EQ(tp->snd_ssthresh, 7);
	EXPECT_LE(tp->snd_cwnd, 7);
	bench_write(&b, 100);
	expect_sent(&b, .flags = ACK | CWR, .len = 100);
	EXPECT_EQ(sent_ecn(&b), INET_ECN_ECT_0);
	bench_write(&b, 100);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1101 + 9 * 1460);
	expect_sent(&b, .flags = ACK, .len = 100);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1201 + 9 * 1460);
	EXPECT_EQ(tp->ca_state, TCP_CA_Open);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_TCPDELIVEREDCE), 5);
	bench_stop(&b);
}
TEST(a_syn_that_goes_again_asks_no_more)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.ecn = 1;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN | ECE | CWR);
	host_pass(MS(1100));
	expect_sent(&b, .flags = SYN);
	bench_stop(&b);
}
TEST(without_fallback_it_asks_again)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.ecn = 1;
	b.net->tcp->sysctl.ecn_fallback = 0;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN | ECE | CWR);
	host_pass(MS(1100));
	expect_sent(&b, .flags = SYN | ECE | CWR);
	bench_stop(&b);
}
