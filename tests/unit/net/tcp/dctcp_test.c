/* tests/unit/net/tcp/dctcp_test.c - Data Center TCP, number by number (RFC 8257) */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>
#include <linux/inet_diag.h>

#define ECE TCPHDR_ECE
#define CWR TCPHDR_CWR
#define SEG 1460u

/* A connection that asks for DCTCP, to a peer that has ECN or has not. */
static struct tcp_bench dctcp(bool ecn)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(b.s->ops->setsockopt(b.s, SOL_TCP, TCP_CONGESTION, KERNEL_SOCKPTR("dctcp"), 5), 0);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -EINPROGRESS);
	expect_sent(&b, .flags = SYN | ECE | CWR);
	peer_sends(&b, .flags = SYN | ACK | (ecn ? ECE : 0), .seq = 0, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
static struct tcp_sock *tp_of(struct tcp_bench *b) { return tcp_sk(b->s->sk); }
static struct tcp_dctcp_info info(struct tcp_bench *b)
{
	union tcp_cc_info i = { 0 };

	tcp_dctcp.get_info(tp_of(b), &i);
	return i.dctcp;
}
/* Ten segments from the byte at on, of which marked are echoed as such. Nothing was out before: the first ACK ends the
 * window before it, the last one its own, so alpha is reckoned twice.
 */
static void window(struct tcp_bench *b, u32 at, u32 marked)
{
	EXPECT_EQ(bench_write(b, 10 * SEG), 10 * SEG);
	host_pass(MS(10));
	skb_queue_consume(&b->nic->sent);
	for (u32 i = 1; i <= 10; i++)
		peer_sends(b, .flags = ACK | (i <= marked ? ECE : 0), .seq = 1, .ack = at + i * SEG);
	skb_queue_consume(&b->nic->sent);
}

/* 3.3: alpha begins at 1, keeps 15/16 of itself each window, and gains 1/16 of the part that was marked. */
TEST(alpha_follows_the_marks_window_by_window)
{
	struct tcp_bench b = dctcp(true);

	EXPECT_EQ(info(&b).dctcp_alpha, 1024);
	window(&b, 1, 0);
	EXPECT_EQ(info(&b).dctcp_alpha, 1024 - 64 - 60);
	window(&b, 1 + 10 * SEG, 0);
	EXPECT_EQ(info(&b).dctcp_alpha, 900 - 56 - 52);
	for (u32 i = 2; i < 100; i++)
		window(&b, 1 + 10 * i * SEG, 0);
	EXPECT_EQ(info(&b).dctcp_alpha, 0);
	bench_stop(&b);
}
/* 3.4: the window loses alpha / 2 of itself, once for a window of data. */
TEST(the_window_shrinks_by_half_of_alpha)
{
	struct tcp_bench b = dctcp(true);
	u32 alpha;

	for (u32 i = 0; i < 8; i++)
		window(&b, 1 + 10 * i * SEG, 0);
	alpha = info(&b).dctcp_alpha;
	EXPECT_GT(alpha, 300);
	EXPECT_LT(alpha, 500);
	tp_of(&b)->snd_cwnd = 100;
	window(&b, 1 + 80 * SEG, 5);
	alpha = alpha - alpha / 16 + 64; /* one of one was marked */
	EXPECT_EQ(tp_of(&b)->snd_ssthresh, 100 - 100 * alpha / 2048);
	EXPECT_EQ(info(&b).dctcp_alpha, alpha - alpha / 16 + 4 * 64 / 9);
	bench_stop(&b);
}
/* 3.5: a loss is answered as by Reno, whatever alpha says; and taken back when it was none. */
TEST(a_loss_halves_the_window)
{
	struct tcp_bench b = dctcp(true);

	for (u32 i = 0; i < 100; i++)
		window(&b, 1 + 10 * i * SEG, 0);
	EXPECT_EQ(info(&b).dctcp_alpha, 0);
	tp_of(&b)->snd_cwnd = 40;
	EXPECT_EQ(bench_write(&b, 10 * SEG), 10 * SEG);
	skb_queue_consume(&b.nic->sent);
	for (u32 i = 0; i < 4; i++)
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1 + 1000 * SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	EXPECT_EQ(tp_of(&b)->snd_ssthresh, 20);
	EXPECT_EQ(tcp_dctcp.undo_cwnd(tp_of(&b)), 40);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(a_timeout_halves_the_window)
{
	struct tcp_bench b = dctcp(true);

	for (u32 i = 0; i < 100; i++)
		window(&b, 1 + 10 * i * SEG, 0);
	tp_of(&b)->snd_cwnd = 40;
	EXPECT_EQ(bench_write(&b, SEG), SEG);
	host_pass(10 * NSEC_PER_SEC);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Loss);
	EXPECT_LE(tp_of(&b)->snd_ssthresh, 20);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
/* 3.2: a change of marks is told at once, in both directions; what is alike waits for a second segment. */
TEST(marks_are_echoed_as_they_are)
{
	static const u8 tos[] = { INET_ECN_CE, INET_ECN_CE, INET_ECN_ECT_0, INET_ECN_ECT_0, INET_ECN_CE };
	struct tcp_bench b = dctcp(true);

	for (u32 i = 0; i < ARRAY_SIZE(tos); i++) {
		tp_of(&b)->ack.quick = 0;
		tp_of(&b)->ack.pingpong = 10;
		peer_sends(&b, .flags = ACK, .seq = 1 + i * 100, .ack = 1, .len = 100, .tos = tos[i]);
		if (i && tos[i] == tos[i - 1]) {
			expect_nothing_sent(&b);
			host_pass(MS(300)); /* so that nothing waits when it changes */
		}
		expect_sent(&b, .flags = ACK | (tos[i] == INET_ECN_CE ? ECE : 0), .ack = 101 + i * 100);
		expect_nothing_sent(&b);
	}
	bench_stop(&b);
}
static void data(struct tcp_bench *b, u32 i, u8 tos)
{
	peer_sends(b, .flags = ACK, .seq = 1 + i * 100, .ack = 1, .len = 100, .tos = tos);
}
/* No ACK speaks for marked and unmarked bytes: at a change what waited goes as it was, and the new one at once. */
TEST(a_change_of_marks_is_told_at_once)
{
	struct tcp_bench b = dctcp(true);
	u32 i = 0;

	for (; i < 40; i++) /* past the quick ACKs of the beginning */
		data(&b, i, INET_ECN_ECT_0);
	host_pass(MS(300));
	skb_queue_consume(&b.nic->sent);
	tp_of(&b)->ack.quick = 0;
	tp_of(&b)->ack.pingpong = 10;
	data(&b, i++, INET_ECN_ECT_0);
	expect_nothing_sent(&b); /* it waits for a second one */
	data(&b, i++, INET_ECN_CE);
	expect_sent(&b, .flags = ACK, .ack = 1 + (i - 1) * 100);
	expect_sent(&b, .flags = ACK | ECE, .ack = 1 + i * 100);
	tp_of(&b)->ack.quick = 0;
	tp_of(&b)->ack.pingpong = 10;
	data(&b, i++, INET_ECN_CE);
	expect_nothing_sent(&b);
	data(&b, i++, INET_ECN_ECT_0);
	expect_sent(&b, .flags = ACK | ECE, .ack = 1 + (i - 1) * 100);
	expect_sent(&b, .flags = ACK, .ack = 1 + i * 100);
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(without_ecn_it_is_reno_and_sends_nothing_that_may_be_marked)
{
	struct tcp_bench b = dctcp(false);

	EXPECT_EQ(strcmp(tp_of(&b)->ca_ops->name, "dctcp-reno"), 0);
	bench_write(&b, 100);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 100);
	EXPECT_EQ(b.last->data[15] & INET_ECN_MASK, INET_ECN_NOT_ECT);
	tp_of(&b)->snd_cwnd = 40;
	EXPECT_EQ(tp_of(&b)->ca_ops->ssthresh(tp_of(&b)), 20);
	bench_stop(&b);
}
/* 3.2: no ACK speaks for marked and unmarked segments. At a change, what waited is acknowledged as it was. */
TEST(the_echo_changes_with_the_mark)
{
	struct tcp_bench b = dctcp(true);
	struct tcp_sock *tp = tp_of(&b);
	u32 before = tp->rcv_nxt;

	tcp_dctcp.cwnd_event(tp, CA_EVENT_ECN_NO_CE);
	EXPECT_EQ(tp->ecn_flags & TCP_ECN_DEMAND_CWR, 0);
	tcp_dctcp.cwnd_event(tp, CA_EVENT_ECN_NO_CE); /* one more, whose ACK waits, and then a marked one */
	tp->rcv_nxt += 100;
	tp->ack.pending |= TCP_ACK_TIMER;
	tcp_dctcp.cwnd_event(tp, CA_EVENT_ECN_IS_CE); /* its bytes are not queued yet */
	expect_sent(&b, .flags = ACK, .ack = 101); /* without ECE, and not of the marked one */
	EXPECT_TRUE(tp->ecn_flags & TCP_ECN_DEMAND_CWR);
	EXPECT_TRUE(tp->ack.pending & TCP_ACK_NOW);
	tp->ack.pending = 0;
	tcp_dctcp.cwnd_event(tp, CA_EVENT_ECN_IS_CE); /* nothing changes */
	EXPECT_EQ(tp->ack.pending & TCP_ACK_NOW, 0);
	tcp_dctcp.cwnd_event(tp, CA_EVENT_ECN_NO_CE);
	EXPECT_EQ(tp->ecn_flags & TCP_ECN_DEMAND_CWR, 0);
	expect_nothing_sent(&b); /* nobody waited */
	tp->rcv_nxt = before;
	bench_stop(&b);
}
