/* tests/unit/net/tcp/data_test.c - retransmission, reassembly, windows, Nagle, delayed ACK */
#include "tests/unit/net/tcp/bench.h"

TEST(a_lost_segment_is_sent_again_with_growing_patience)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(bench_write(&b, 100), 100);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 100);
	host_pass(MS(199));
	expect_nothing_sent(&b);
	host_pass(MS(20));
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 100);
	host_pass(MS(380));
	expect_nothing_sent(&b);
	host_pass(MS(60));
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 100);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 101);
	host_pass(MS(5000));
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(three_duplicates_retransmit_at_once)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(bench_write(&b, 6 * 1460), 6 * 1460);
	for (u32 i = 0; i < 6; i++)
		expect_sent(&b, .flags = ACK, .seq = 1 + i * 1460, .len = 1460);
	for (int i = 0; i < 3; i++) /* the first updates the window that the SYN had told */
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1460);
	EXPECT_EQ(tcp_sk(b.s->sk)->ca_state, TCP_CA_Recovery);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1 + 6 * 1460);
	EXPECT_EQ(tcp_sk(b.s->sk)->ca_state, TCP_CA_Recovery); /* RFC 6582: until something above it is acknowledged */
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	bench_write(&b, 100);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 101 + 6 * 1460);
	EXPECT_EQ(tcp_sk(b.s->sk)->ca_state, TCP_CA_Open);
	bench_stop(&b);
}
TEST(nagle_holds_the_second_small_segment)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 10);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 10);
	bench_write(&b, 10);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 11);
	expect_sent(&b, .flags = ACK, .seq = 11, .len = 10);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_NODELAY, 1), 0);
	bench_write(&b, 10);
	expect_sent(&b, .flags = ACK, .seq = 21, .len = 10);
	bench_stop(&b);
}
TEST(a_closed_window_is_probed)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	bench_write(&b, 10);
	expect_nothing_sent(&b);
	host_pass(MS(250));
	expect_sent(&b, .flags = ACK, .len = 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 10);
	bench_stop(&b);
}
TEST(out_of_order_is_put_together)
{
	struct tcp_bench b = bench_established();
	u8 buf[100];

	peer_sends(&b, .flags = ACK, .seq = 41, .ack = 1, .len = 20);
	expect_sent(&b, .flags = ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 21, .ack = 1, .len = 30);
	expect_sent(&b, .flags = ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 25);
	expect_sent(&b, .flags = ACK, .ack = 61);
	ASSERT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 60);
	for (int i = 0; i < 60; i++)
		ASSERT_EQ(buf[i], i + 1);
	bench_stop(&b);
}
TEST(random_pieces_against_a_byte_map)
{
	struct tcp_bench b = bench_established();
	static u8 buf[2000];
	u32 done = 0;

	for (int i = 0; i < 3000 && done < 1500; i++) {
		u32 at = (u32)host_random() % 1500, n = 1 + (u32)host_random() % 100;
		ssize_t r;

		peer_sends(&b, .flags = ACK, .seq = 1 + at, .ack = 1, .len = min(n, 1500 - at));
		skb_queue_consume(&b.nic->sent);
		r = sock_read(b.s, buf, sizeof(buf), MSG_DONTWAIT);
		for (ssize_t k = 0; k < r; k++)
			ASSERT_EQ(buf[k], (u8)(1 + done + (u32)k));
		done += r > 0 ? (u32)r : 0;
	}
	EXPECT_EQ(done, 1500);
	bench_stop(&b);
}
/* What one poll brings of one flow is one packet, and gets one ACK. */
TEST(a_train_of_segments_gets_one_ack)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	local_bh_disable();
	for (u32 i = 0; i < 12; i++)
		peer_sends(&b, .flags = ACK, .seq = 1 + i * 1000, .ack = 1, .len = 1000);
	local_bh_enable();
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 12001);
	expect_nothing_sent(&b);
	EXPECT_EQ(tp->data_segs_in, 12u);
	EXPECT_EQ(tp->ack.rcv_mss, 1000);
	EXPECT_EQ(b.nic->napi.gro_packets, 1u);
	bench_stop(&b);
}
