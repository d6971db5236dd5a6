/* tests/unit/net/tcp/window_test.c - the windows that SYNs and segments announce, to the byte as Linux has them */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static u32 wire_window(const struct tcp_bench *b)
{
	return ntohs(((const struct tcphdr *)(b->last->data + 34))->window);
}
static void connect_with(struct tcp_bench *b, u32 tsval, u8 wscale)
{
	b->s = tcp_socket(b->net);
	sock_connect_to(b->s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(b, .flags = SYN);
	EXPECT_EQ(wire_window(b), 64240); /* half of 131072, in segments of 1460 */
	EXPECT_EQ(bench_options(b).snd_wscale, 7);
	peer_sends(b, .flags = SYN | ACK, .ack = 1, .wscale = wscale, .tsval = tsval,
		   .tsecr = tsval ? bench_options(b).rcv_tsval : 0);
	expect_sent(b, .flags = ACK, .seq = 1, .ack = 1);
}
TEST(a_syn_announces_whole_segments_and_a_scale_for_the_largest_buffer)
{
	struct tcp_bench b;

	bench_start(&b);
	connect_with(&b, 1000, 8);
	EXPECT_EQ(wire_window(&b), 502); /* 64240 rounded up to 128 */
	EXPECT_EQ(tcp_sk(b.s->sk)->advmss, 1448);
	bench_stop(&b);
}
TEST(without_scaling_the_window_is_exact)
{
	struct tcp_bench b;

	bench_start(&b);
	connect_with(&b, 0, 0);
	EXPECT_EQ(wire_window(&b), 64240);
	bench_stop(&b);
}
TEST(a_syn_ack_counts_in_segments_less_their_timestamps)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .wscale = 8, .tsval = 5);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_EQ(wire_window(&b), 65160); /* 45 times 1448 */
	EXPECT_EQ(bench_options(&b).snd_wscale, 7);
	bench_stop(&b);
}
TEST(the_scale_follows_tcp_rmem)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.rmem[2] = 15 << 20;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	EXPECT_EQ(bench_options(&b).snd_wscale, 8);
	bench_stop(&b);
}
TEST(a_chosen_buffer_bounds_window_and_scale)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	EXPECT_EQ(wire_window(&b), 18980); /* 13 segments in half of 40000 */
	EXPECT_EQ(bench_options(&b).snd_wscale, 0);
	bench_stop(&b);
}
TEST(tcp_window_clamp_bounds_the_syn)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_WINDOW_CLAMP, 10000), 0);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	EXPECT_EQ(wire_window(&b), 8760);
	EXPECT_EQ(bench_options(&b).snd_wscale, 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_WINDOW_CLAMP, 0), -EINVAL); /* not once it is under way */
	bench_stop(&b);
}
TEST(signed_windows_may_be_spared)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.workaround_signed_windows = 1;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	EXPECT_EQ(wire_window(&b), 32767);
	bench_stop(&b);
}
/* The send buffer at the start: ten segments twice, each as if it had memory of its own. */
TEST(the_send_buffer_starts_with_linux_87040_bytes)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(b.s->sk->sk_sndbuf, 87040);
	bench_stop(&b);
}
TEST(what_is_announced_is_never_taken_back)
{
	struct tcp_bench b = bench_established();
	u32 edge = 0, ack;

	for (u32 i = 0; i < 60; i++) { /* small segments cost far more than they hold */
		peer_sends(&b, .flags = ACK, .seq = 1 + i * 300, .ack = 1, .len = 300);
		for (struct sk_buff *skb; (skb = sim_nic_take(b.nic)); consume_skb(skb)) {
			const struct tcphdr *th = (const struct tcphdr *)(skb->data + 34);

			ack = ntohl(th->ack_seq) - b.peer_isn;
			EXPECT_GE(ack + ntohs(th->window), edge);
			edge = ack + ntohs(th->window);
		}
	}
	EXPECT_GT(edge, 64240);
	bench_stop(&b);
}
/* RFC 9293 3.8.6.2.2: the reader frees little, and the peer is not told; it frees much, and it is. */
TEST(a_window_opens_when_it_is_worth_a_segment)
{
	struct tcp_bench b;
	static u8 buf[70000];
	u32 at = 1;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1);
	expect_sent(&b, .flags = ACK);
	for (int i = 0; i < 40 && tcp_receive_window(tcp_sk(b.s->sk)) >= 1460; i++, at += 1460)
		peer_sends(&b, .flags = ACK, .seq = at, .ack = 1, .len = 1460);
	host_pass(MS(300));
	skb_queue_consume(&b.nic->sent);
	EXPECT_EQ(sock_read(b.s, buf, 100, MSG_DONTWAIT), 100);
	expect_nothing_sent(&b);
	EXPECT_GT(sock_read(b.s, buf, sizeof(buf), MSG_DONTWAIT), 5000);
	expect_sent(&b, .flags = ACK, .ack = at);
	EXPECT_GT(wire_window(&b), 1460);
	bench_stop(&b);
}
