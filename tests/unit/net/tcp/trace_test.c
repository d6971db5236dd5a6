/* tests/unit/net/tcp/trace_test.c - Linux's tracepoints of TCP: their names, and their fields in their order */
#include "tests/unit/net/tcp/bench.h"

#define ENDS "family sport dport saddr daddr saddrv6 daddrv6 "

/* The names of the line's fields, a blank behind each. */
static const char *fields(const char *line)
{
	static char names[512];
	size_t n = 0;

	while (*line && n < sizeof(names) - 2) {
		while (*line && *line != '=' && n < sizeof(names) - 2)
			names[n++] = *line++;
		names[n++] = ' ';
		while (*line && *line != ' ')
			line++;
		if (*line)
			line++;
	}
	names[n] = 0;
	return names;
}
static void expect_fields(const char *want)
{
	const char *got = fields(host_trace_line());

	if (strcmp(got, want))
		test_fail(__FILE__, __LINE__, true, "not '%s' but '%s' (%s)", want, got, host_trace_line());
	host_trace_watch(NULL);
}
TEST(tracepoints_of_a_retransmission)
{
	struct tcp_bench b = bench_established();

	host_trace_watch("tcp_retransmit_skb");
	bench_write(&b, 100);
	host_pass(MS(500));
	expect_fields("skbaddr skaddr " ENDS "state err ");
	skb_queue_consume(&b.nic->sent);
	host_trace_watch("tcp_cong_state_set");
	host_pass(MS(3000));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 101);
	expect_fields(ENDS "cong_state ");
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(tracepoints_of_a_segment_and_of_resets)
{
	struct tcp_bench b = bench_established();

	host_trace_watch("tcp_probe");
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	expect_fields("family src dest mark data_len snd_nxt snd_una snd_cwnd ssthresh snd_wnd srtt rcv_wnd "
		      "sock_cookie skbaddr skaddr ");
	skb_queue_consume(&b.nic->sent);
	host_trace_watch("tcp_receive_reset");
	peer_sends(&b, .flags = RST, .seq = 11);
	expect_fields(ENDS "sock_cookie ");
	host_trace_watch("tcp_send_reset");
	peer_sends(&b, .flags = ACK, .seq = 11, .ack = 1);
	expect_fields("skbaddr skaddr src dest state ");
	skb_queue_consume(&b.nic->sent);
	host_trace_watch("tcp_destroy_sock");
	bench_stop(&b);
	expect_fields(ENDS "sock_cookie ");
}
