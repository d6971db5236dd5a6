/* tests/unit/net/tcp/tlp_test.c - the tail loss probe (RFC 8985 7) */
#include "tests/unit/net/tcp/recovery.h"

TEST(the_last_segment_is_the_probe)
{
	struct tcp_bench b = flight(4);

	host_pass(MS(11));
	expect_nothing_sent(&b);
	host_pass(MS(4)); /* two round trips and 2 ms */
	expect_sent(&b, .flags = ACK, .seq = AT(3), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPLOSSPROBES), 1);
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Open);
	EXPECT_EQ(tp_of(&b)->retrans_out, 0);
	host_pass(MS(100));
	expect_nothing_sent(&b); /* one probe; then the RTO */
	EXPECT_EQ(tp_of(&b)->write_event, TCP_TIME_RETRANS);
	bench_stop(&b);
}
TEST(new_data_is_the_better_probe)
{
	struct tcp_bench b = bench_sack(0);

	tp_of(&b)->snd_cwnd = 2;
	EXPECT_EQ(bench_write(&b, 4 * SEG), 4 * SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	host_pass(MS(25));
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPLOSSPROBES), 1);
	bench_stop(&b);
}
TEST(a_lone_segment_is_given_the_time_of_a_delayed_ack)
{
	struct tcp_bench b = flight(1);

	host_pass(MS(195)); /* the RTO comes first here: srtt + 200 ms */
	expect_nothing_sent(&b);
	host_pass(MS(10));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	bench_stop(&b);
}
TEST(the_probes_sack_finds_what_the_tail_lost)
{
	struct tcp_bench b = flight(4);

	host_pass(MS(15));
	expect_sent(&b, .flags = ACK, .seq = AT(3), .len = SEG);
	host_pass(MS(10));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(1), .sack = { BLOCK(3, 4) });
	host_pass(MS(6)); /* the reordering window */
	expect_sent(&b, .flags = ACK, .seq = AT(1), .len = SEG);
	EXPECT_EQ(tp_of(&b)->lost_out, 2); /* the other waits for an ACK (PRR) */
	EXPECT_EQ(tp_of(&b)->ca_state, TCP_CA_Recovery);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(2), .sack = { BLOCK(3, 4) });
	expect_sent(&b, .flags = ACK, .seq = AT(2), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPTIMEOUTS), 0);
	check_accounts(tp_of(&b));
	bench_stop(&b);
}
/* The probe repaired the loss of the last segment: the window must still shrink. */
TEST(a_loss_that_the_probe_repairs_counts)
{
	struct tcp_bench b = flight(4);
	u32 cwnd = tp_of(&b)->snd_cwnd;

	host_pass(MS(15));
	expect_sent(&b, .flags = ACK, .seq = AT(3), .len = SEG);
	host_pass(MS(10));
	write_flight(&b, 4, 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(5));
	EXPECT_EQ(MIB(&b, TCPLOSSPROBERECOVERY), 1);
	EXPECT_LT(tp_of(&b)->snd_cwnd, cwnd);
	EXPECT_EQ(tp_of(&b)->tlp_high_seq, 0);
	bench_stop(&b);
}
TEST(a_probe_in_vain_costs_nothing)
{
	struct tcp_bench b = flight(4);
	u32 cwnd = tp_of(&b)->snd_cwnd;

	host_pass(MS(15));
	expect_sent(&b, .flags = ACK, .seq = AT(3), .len = SEG);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(4));
	EXPECT_EQ(tp_of(&b)->packets_out, 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = AT(4), .sack = { BLOCK(3, 4) });
	EXPECT_EQ(tp_of(&b)->tlp_high_seq, 0);
	EXPECT_EQ(MIB(&b, TCPLOSSPROBERECOVERY), 0);
	EXPECT_GE(tp_of(&b)->snd_cwnd, cwnd);
	bench_stop(&b);
}
TEST(tcp_early_retrans_turns_it_off)
{
	struct tcp_bench b = bench_sack(0);

	b.net->tcp->sysctl.early_retrans = 0;
	write_flight(&b, 0, 4);
	host_pass(MS(100));
	expect_nothing_sent(&b);
	host_pass(MS(120));
	expect_sent(&b, .flags = ACK, .seq = AT(0), .len = SEG);
	EXPECT_EQ(MIB(&b, TCPTIMEOUTS), 1);
	bench_stop(&b);
}
TEST(without_sack_there_is_no_probe)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 2 * SEG);
	EXPECT_EQ(tp_of(&b)->write_event, TCP_TIME_RETRANS);
	bench_stop(&b);
}
