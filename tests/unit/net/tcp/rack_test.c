/* tests/unit/net/tcp/rack_test.c - losses told by time (RFC 8985 6) */
#include "tests/unit/net/tcp/recovery.h"

static void sack(struct tcp_bench *b, u32 ack, u32 from, u32 to)
{
	peer_sends(b, .flags = ACK, .seq = 1, .ack = AT(ack), .sack = { BLOCK(from, to) });
	check_accounts(tp_of(b));
}
TEST(one_sacked_segment_starts_the_reordering_timer)
{
	struct tcp_bench b = flight(4);

	sack(&b, 0, 1, 2);
	EXPECT_EQ(tp_of(&b)->write_event, TCP_TIME_REO_TIMEOUT);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Disorder);
	host_pass(MS(2)); /* a quarter of 10 ms, and 2 ms */
	expect_nothing_sent(&b);
	host_pass(MS(5));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	EXPECT_EQ(MIB(&b, TCPSACKRECOVERY), 1);
	EXPECT_EQ(MIB(&b, TCPTIMEOUTS), 0);
	bench_stop(&b);
}
TEST(what_comes_within_the_window_is_no_loss)
{
	struct tcp_bench b = flight(4);

	sack(&b, 0, 1, 2);
	host_pass(MS(2));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2));
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_EQ(tp_of(&b)->reord_seen, 1);
	EXPECT_EQ(MIB(&b, TCPSACKREORDER), 1);
	host_pass(MS(10));
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(on_a_path_that_reorders_three_duplicates_are_not_enough)
{
	struct tcp_bench b = flight(8);

	sack(&b, 0, 1, 2);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2)); /* reordering was seen */
	sack(&b, 2, 3, 6);
	expect_nothing_sent(&b);
	EXPECT_EQ(tp_of(&b)->lost_out, 0);
	host_pass(MS(8));
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	bench_stop(&b);
}
TEST(a_lost_retransmission_is_sent_a_third_time)
{
	struct tcp_bench b = flight(5);

	sack(&b, 0, 1, 4);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	write_flight(&b, 5, 2);	/* these leave after the retransmission ... */
	sack(&b, 0, 1, 7);	/* ... and arrive; it does not */
	host_pass(MS(8));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPLOSTRETRANSMIT), 1);
	EXPECT_EQ(MIB(&b, TCPTIMEOUTS), 0);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
TEST(without_rack_duplicates_are_counted)
{
	struct tcp_bench b = flight(8);

	b.net->tcp->sysctl.recovery = 0;
	sack(&b, 0, 1, 2);
	sack(&b, 0, 1, 3);
	host_pass(MS(8));
	expect_nothing_sent(&b);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Disorder);
	sack(&b, 0, 1, 4);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	bench_stop(&b);
}
TEST(a_dsack_widens_the_window_by_a_step)
{
	struct tcp_bench b = flight(6);

	sack(&b, 0, 1, 2);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2));
	sack(&b, 2, 3, 6);
	host_pass(MS(8));
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6)); /* the original came late ... */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(6), .sack = { BLOCK(2, 3) }); /* ... and the copy too */
	EXPECT_EQ(MIB(&b, TCPDSACKRECV), 1);
	EXPECT_TRUE(tp_of(&b)->rack.dsack_seen);
	write_flight(&b, 6, 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(7));
	EXPECT_EQ(tp_of(&b)->rack.reo_wnd_steps, 2);
	bench_stop(&b);
}
/* A retransmission and the new data before it leave within one tick; the SACK of that data says nothing. */
TEST(what_left_in_the_same_tick_is_told_apart_by_its_turn)
{
	struct tcp_bench b = flight(10);

	EXPECT_EQ(bench_write(&b, 4 * SEG), 4 * SEG);
	sack(&b, 0, 1, 2);
	expect_sent(&b, .flags = ACK, .seq = AT(10), .len = SEG); /* limited transmit ... */
	sack(&b, 0, 1, 5);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG); /* ... and the retransmission */
	host_pass(MS(10));
	sack(&b, 0, 1, 11);
	EXPECT_EQ(MIB(&b, TCPLOSTRETRANSMIT), 0);
	bench_stop(&b);
}
