/* tests/unit/net/tcp/attack_test.c - strangers who guess, floods, and options that make no sense (RFC 5961, 4987) */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static struct tcp_bench with_options(u32 tsval, bool sack)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1, .tsval = tsval,
		   .tsecr = tsval ? bench_options(&b).rcv_tsval : 0, .sack_ok = sack);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
TEST(guesses_in_the_window_are_challenged_at_a_bounded_rate)
{
	struct tcp_bench b = bench_established();

	for (u32 i = 0; i < 1000; i++)
		peer_sends(&b, .flags = RST, .seq = 2 + i);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_nothing_sent(&b);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPCHALLENGEACK), 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPACKSKIPPEDCHALLENGE), 999);
	bench_stop(&b);
}
TEST(challenges_of_the_stack_have_a_limit_that_is_drawn)
{
	struct tcp_bench b = bench_established();

	b.net->tcp->sysctl.challenge_ack_limit = 10;
	b.net->tcp->sysctl.invalid_ratelimit_ms = 0;
	for (u32 i = 0; i < 100; i++)
		peer_sends(&b, .flags = RST, .seq = 2 + i);
	skb_queue_consume(&b.nic->sent);
	EXPECT_GE(net_mib_sum(b.net, MIB_TCPEXT_TCPCHALLENGEACK), 5);
	EXPECT_LE(net_mib_sum(b.net, MIB_TCPEXT_TCPCHALLENGEACK), 15);
	bench_stop(&b);
}
TEST(a_reset_behind_the_last_sack_block_is_exact)
{
	struct tcp_bench b = with_options(0, true);

	peer_sends(&b, .flags = ACK, .seq = 101, .ack = 1, .len = 100);
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = RST, .seq = 150);
	expect_state(&b, TCP_ESTABLISHED);
	peer_sends(&b, .flags = RST, .seq = 201);
	expect_state(&b, TCP_CLOSE);
	bench_stop(&b);
}
TEST(a_reset_with_the_number_of_the_fin_counts)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_CLOSE_WAIT);
	peer_sends(&b, .flags = RST, .seq = 1);
	expect_state(&b, TCP_CLOSE);
	EXPECT_EQ(b.s->sk->sk_err, EPIPE);
	bench_stop(&b);
}
TEST(a_segment_without_any_flag_is_dropped_unanswered)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = 0, .seq = 1, .len = 10);
	peer_sends(&b, .flags = 0, .seq = 99999, .len = 10);
	expect_nothing_sent(&b);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_nxt - b.peer_isn, 1);
	bench_stop(&b);
}
TEST(a_timestamp_one_older_is_no_replay)
{
	struct tcp_bench b = with_options(1000, false);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .tsval = 1005, .tsecr = 1);
	peer_sends(&b, .flags = ACK, .seq = 11, .ack = 1, .len = 10, .tsval = 1004, .tsecr = 1);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_nxt - b.peer_isn, 21);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_PAWSESTAB), 0);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(a_timestamp_from_the_future_locks_the_peer_out_for_24_days_at_most)
{
	struct tcp_bench b = with_options(1000, false);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .tsval = 0x7fffff00, .tsecr = 1);
	peer_sends(&b, .flags = ACK, .seq = 11, .ack = 1, .len = 10, .tsval = 1010, .tsecr = 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_PAWSESTAB), 1);
	host_pass(25ull * 24 * 3600 * NSEC_PER_SEC);
	peer_sends(&b, .flags = ACK, .seq = 11, .ack = 1, .len = 10, .tsval = 1020, .tsecr = 1);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_nxt - b.peer_isn, 21);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(confused_acks_are_answered_twice_a_second)
{
	struct tcp_bench b = bench_established();

	for (u32 i = 0; i < 500; i++)
		peer_sends(&b, .flags = ACK, .seq = 1000000, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_nothing_sent(&b);
	host_pass(MS(510));
	peer_sends(&b, .flags = ACK, .seq = 1000000, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPACKSKIPPEDSEQ), 499);
	bench_stop(&b);
}
/* Cookies with timestamps lose nothing: the options come back in the echo of our clock. */
TEST(a_cookie_remembers_scale_and_sack_in_the_timestamp)
{
	struct tcp_bench b;
	struct tcp_options_received o;

	bench_start(&b);
	b.net->tcp->sysctl.syncookies = 2;
	b.listener = tcp_listener(b.net, 80, 5);
	host_pass(MS(1000000));
	peer_sends(&b, .flags = SYN, .wscale = 6, .sack_ok = true, .tsval = 700);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	o = bench_options(&b);
	EXPECT_TRUE(o.sack_ok && o.wscale_ok && o.saw_tstamp);
	host_pass(MS(300));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .tsval = 1000, .tsecr = o.rcv_tsval);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	EXPECT_TRUE(tcp_sk(b.s->sk)->rx_opt.sack_ok);
	EXPECT_EQ(tcp_sk(b.s->sk)->rx_opt.snd_wscale, 5);
	EXPECT_EQ(tcp_sk(b.s->sk)->rx_opt.rcv_wscale, 7);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_SYNCOOKIESRECV), 1);
	bench_stop(&b);
}
TEST(a_cookie_without_timestamps_has_neither)
{
	struct tcp_bench b;

	bench_start(&b);
	b.net->tcp->sysctl.syncookies = 2;
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .wscale = 6, .sack_ok = true);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_FALSE(bench_options(&b).sack_ok || bench_options(&b).wscale_ok);
	bench_stop(&b);
}
TEST(an_ack_to_a_listener_that_sent_no_cookie_is_reset_and_no_failure)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 77);
	expect_sent(&b, .flags = RST);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_SYNCOOKIESFAILED), 0);
	bench_stop(&b);
}
/* A peer that says "no window" for ever holds memory only as long as its program and tcp_retries2 allow. */
TEST(sockstress_a_window_that_stays_closed_ends_with_the_orphan)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	bench_write(&b, 1000);
	sock_release(b.s);
	b.s = NULL;
	for (int i = 0; i < 400 && atomic_read(&b.net->tcp->orphans); i++) {
		host_pass(10 * NSEC_PER_SEC);
		if (skb_queue_empty(&b.nic->sent))
			continue;
		skb_queue_consume(&b.nic->sent);
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
		skb_queue_consume(&b.nic->sent);
	}
	EXPECT_EQ(atomic_read(&b.net->tcp->orphans), 0);
	bench_stop(&b);
}
