/* tests/unit/net/tcp/undo_test.c - false alarms: the window comes back (RFC 3522, 3708, 4015, 5682) */
#include "tests/unit/net/tcp/recovery.h"

/* Segment 0 is late; it has been sent again, and the window is shrinking. */
static struct tcp_bench false_alarm(u32 tsval, u32 *cwnd)
{
	struct tcp_bench b = bench_sack(tsval);

	seg_size = tp_of(&b)->mss_cache;
	write_flight(&b, 0, 6);
	*cwnd = tp_of(&b)->snd_cwnd;
	return b;
}
TEST(a_dsack_for_every_retransmission_undoes_the_recovery)
{
	u32 cwnd;
	struct tcp_bench b = false_alarm(0, &cwnd);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_LT(tp_of(&b)->snd_ssthresh, cwnd);
	EXPECT_EQ(tp_of(&b)->undo_retrans, 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(4)); /* the original */
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(4), .sack = { BLOCK(0, 1) }); /* the copy */
	EXPECT_EQ(MIB(&b, TCPDSACKUNDO), 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_GE(tp_of(&b)->snd_cwnd, cwnd);
	EXPECT_GE(tp_of(&b)->snd_ssthresh, cwnd * 3 / 4);
	bench_stop(&b);
}
TEST(a_dsack_for_something_else_undoes_nothing)
{
	u32 cwnd;
	struct tcp_bench b = false_alarm(0, &cwnd);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2), .sack = { BLOCK(3, 6) });
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2), .sack = { BLOCK(0, 1), BLOCK(3, 6) });
	EXPECT_EQ(MIB(&b, TCPDSACKIGNOREDOLD), 1);
	EXPECT_EQ(MIB(&b, TCPDSACKUNDO), 0);
	EXPECT_EQ(tp_of(&b)->undo_retrans, 1);
	bench_stop(&b);
}
TEST(dsacks_of_more_than_was_retransmitted_are_dubious)
{
	struct tcp_bench b = flight(4);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2), .sack = { BLOCK(0, 1) });
	EXPECT_EQ(MIB(&b, TCPDSACKRECV), 1);
	EXPECT_EQ(MIB(&b, TCPDSACKIGNOREDDUBIOUS), 1);
	EXPECT_FALSE(tp_of(&b)->saw_dsack);
	bench_stop(&b);
}

static u32 ts_now(struct tcp_bench *b)
{
	tcp_refresh_now(tp_of(b));
	return tcp_time_stamp(tp_of(b));
}
TEST(an_older_timestamp_undoes_the_recovery)
{
	u32 cwnd, before;
	struct tcp_bench b = false_alarm(1000, &cwnd);

	before = ts_now(&b) - 10; /* when the flight left */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) }, .tsval = 1010, .tsecr = before);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	host_pass(MS(1));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6), .tsval = 1011, .tsecr = before);
	EXPECT_EQ(MIB(&b, TCPFULLUNDO), 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_GE(tp_of(&b)->snd_cwnd, cwnd);
	bench_stop(&b);
}
TEST(a_timestamp_of_the_retransmission_undoes_nothing)
{
	u32 cwnd, before;
	struct tcp_bench b = false_alarm(1000, &cwnd);

	before = ts_now(&b) - 10;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) }, .tsval = 1010, .tsecr = before);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	host_pass(MS(10));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6), .tsval = 1020, .tsecr = before + 10);
	EXPECT_EQ(MIB(&b, TCPFULLUNDO), 0);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_LT(tp_of(&b)->snd_cwnd, cwnd);
	bench_stop(&b);
}
TEST(a_partial_ack_of_a_late_original_holds_fire)
{
	u32 cwnd, before;
	struct tcp_bench b = false_alarm(1000, &cwnd);

	before = ts_now(&b) - 10;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 5) }, .tsval = 1010, .tsecr = before);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	host_pass(MS(1));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1), .sack = { BLOCK(2, 5) }, .tsval = 1011, .tsecr = before);
	EXPECT_EQ(MIB(&b, TCPTSREORDER), 1);
	EXPECT_EQ(MIB(&b, TCPPARTIALUNDO), 0); /* one copy is still out */
	expect_nothing_sent(&b);
	bench_stop(&b);
}

/* --- time-outs --- */

static struct tcp_bench timed_out(u32 n)
{
	struct tcp_bench b = bench_sack(0);

	b.net->tcp->sysctl.early_retrans = 0;
	write_flight(&b, 0, n);
	host_pass(MS(220));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Loss);
	EXPECT_EQ(tp_of(&b)->snd_cwnd, 1);
	check_accounts(tp_of(&b));
	return b;
}
TEST(a_timeout_believes_nothing_in_flight)
{
	struct tcp_bench b = timed_out(5);

	EXPECT_EQ(tp_of(&b)->lost_out, 5);
	EXPECT_EQ(MIB(&b, TCPTIMEOUTS), 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1));
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPSLOWSTARTRETRANS), 2);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
TEST(a_sacked_original_shows_that_the_timeout_was_spurious)
{
	struct tcp_bench b = timed_out(5);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 3) });
	EXPECT_EQ(MIB(&b, TCPSPURIOUSRTOS), 1);
	EXPECT_EQ(MIB(&b, TCPLOSSUNDO), 1);
	EXPECT_GE(tp_of(&b)->snd_cwnd, TCP_INIT_CWND);
	EXPECT_EQ(tp_of(&b)->snd_ssthresh, TCP_INFINITE_SSTHRESH);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
TEST(new_data_asks_whether_the_timeout_was_spurious)
{
	struct tcp_bench b = timed_out(5);

	EXPECT_EQ(bench_write(&b, 4 * SEG), 4 * SEG);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1)); /* of the copy, or of the original? */
	expect_sent(&b, .flags = ACK, .seq = AT(5), .len = SEG); /* step 2.b: two new ones */
	expect_sent(&b, .flags = ACK, .seq = AT(6), .len = SEG);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(3)); /* what was sent once: an original */
	EXPECT_EQ(MIB(&b, TCPSPURIOUSRTOS), 1);
	EXPECT_GE(tp_of(&b)->snd_cwnd, TCP_INIT_CWND);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
TEST(a_duplicate_after_new_data_means_that_the_loss_was_real)
{
	struct tcp_bench b = timed_out(5);

	EXPECT_EQ(bench_write(&b, 4 * SEG), 4 * SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1));
	expect_sent(&b, .flags = ACK, .seq = AT(5), .len = SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(6), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1), .sack = { BLOCK(5, 6) });
	EXPECT_FALSE(tp_of(&b)->frto);
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPSPURIOUSRTOS), 0);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
TEST(tcp_frto_turns_it_off)
{
	struct tcp_bench b = bench_sack(0);

	b.net->tcp->sysctl.early_retrans = b.net->tcp->sysctl.frto = 0;
	write_flight(&b, 0, 5);
	host_pass(MS(220));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(2, 3) });
	EXPECT_EQ(MIB(&b, TCPSPURIOUSRTOS), 0);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Loss);
	bench_stop(&b);
}
TEST(a_peer_that_reneges_gets_everything_again)
{
	struct tcp_bench b = flight(6);

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .sack = { BLOCK(1, 4) });
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1)); /* and 1 to 3, which it had? */
	host_pass(MS(20));
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPSACKRENEGING), 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Loss);
	EXPECT_EQ(tp_of(&b)->sacked_out, 0);
	EXPECT_EQ(tp_of(&b)->lost_out, 5);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
