/* tests/unit/net/tcp/proc_test.c - the columns of /proc/net/tcp as Linux prints them */
#include "lib/printf.h"
#include "tests/host/world.h"
#include "tests/unit/net/tcp/bench.h"

static char text[4096];

/* The line in state st (as two digits), from the local port on; NULL: there is none. Each line has one width. */
static const char *line_in_state(struct tcp_bench *b, const char *st)
{
	ssize_t n = host_proc_read(b->net, "net/tcp", text, sizeof(text) - 1);

	EXPECT_GT(n, 0);
	text[max(n, (ssize_t)0)] = 0;
	EXPECT_EQ(n % 150, 0);
	for (char *l = text + 150; *l; l += 150)
		if (!strncmp(l + 34, st, 2))
			return l + 34;
	return NULL;
}
/* Before the inode: state, queues, timer, when, retransmits, uid, probes. */
static void expect_line(struct tcp_bench *b, const char *want)
{
	const char *l = line_in_state(b, want);

	EXPECT_TRUE(l != NULL);
	if (l && strncmp(l, want, strlen(want)))
		test_fail(__FILE__, __LINE__, true, "not '%s' but '%.70s'", want, l);
}
TEST(proc_net_tcp_says_what_an_idle_connection_is)
{
	struct tcp_bench b = bench_established();
	char tail[32];
	const char *l;

	expect_line(&b, "01 00000000:00000000 00:00000000 00000000     0        0 ");
	/* rto and ato in ticks, quick and pingpong, cwnd, ssthresh: none */
	snprintf(tail, sizeof(tail), " %u %u %u %u -1", tcp_sk(b.s->sk)->rto_us / 10000,
		 tcp_sk(b.s->sk)->ack.ato_us / 10000,
		 tcp_sk(b.s->sk)->ack.quick << 1 | tcp_in_pingpong_mode(tcp_sk(b.s->sk)), tcp_sk(b.s->sk)->snd_cwnd);
	l = line_in_state(&b, "01");
	EXPECT_TRUE(l && strstr(l, tail));
	bench_stop(&b);
}
TEST(proc_net_tcp_shows_queues_and_the_retransmission_timer)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 1000);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	tcp_reset_write_timer(tcp_sk(b.s->sk), TCP_TIME_RETRANS, 200000);
	expect_line(&b, "01 000003E8:0000000A 01:00000014 00000000     0        0 ");
	tcp_reset_write_timer(tcp_sk(b.s->sk), TCP_TIME_LOSS_PROBE, 200000); /* the same timer to those outside */
	expect_line(&b, "01 000003E8:0000000A 01:00000014 00000000     0        0 ");
	skb_queue_consume(&b.nic->sent);
	host_pass(MS(250));
	EXPECT_GT(tcp_sk(b.s->sk)->write_event, 0);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
/* 2 is keepalive, 4 the probes of a closed window; the last column counts those that nobody answered. */
TEST(proc_net_tcp_shows_keepalive_and_window_probes)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPIDLE, 60), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPINTVL, 10), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	expect_line(&b, "01 00000000:00000000 02:00001770 00000000     0        0 ");
	host_pass(MS(75000ull));
	expect_line(&b, "01 00000000:00000000 02:000001F4 00000000     0        2 ");
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_KEEPALIVE, 0), 0);
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	bench_write(&b, 100);
	tcp_reset_write_timer(tcp_sk(b.s->sk), TCP_TIME_PROBE0, 400000);
	expect_line(&b, "01 00000064:00000000 04:00000028 00000000     0        0 ");
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(proc_net_tcp_shows_time_wait)
{
	struct tcp_bench b = bench_established();

	b.s->ops->shutdown(b.s, 1);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1, .ack = 1);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2);
	host_pass(MS(10000ull));
	expect_line(&b, "06 00000000:00000000 03:00001388 00000000     0        0 0 3 ");
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(proc_net_tcp_shows_listener_and_request)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	b.listener->sk->sk_uid = 7;
	expect_line(&b, "0A 00000000:00000000 00:00000000 00000000     7        0 ");
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_line(&b, "03 00000000:00000000 01:00000064 00000000     7        0 0 0 ");
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
