/* tests/unit/net/tcp/pacing_test.c - segments evenly spread, no faster than asked; a short queue below the socket */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

#define MOST 4000u

/* When data left host 0. */
static struct departures {
	u64 at_ns[MOST];
	u32 bytes[MOST], n;
} *dep;
static bool watch(struct sim_link *l, int from, struct sk_buff *skb)
{
	u32 len = get_unaligned_be16(skb->data + 16) - 20u - (skb->data[46] >> 4) * 4u;

	(void)l;
	if (from == 0 && skb->data[23] == IPPROTO_TCP && len && dep->n < MOST) {
		dep->at_ns[dep->n] = ktime_get_ns();
		dep->bytes[dep->n++] = len;
	}
	return false;
}
static int drain(void *arg)
{
	static u8 buf[65536];

	while (sock_read(arg, buf, sizeof(buf), 0) > 0)
		;
	return 0;
}
static int set_rate(struct socket *s, const void *rate, unsigned int len)
{
	return sock_setsockopt(s, SOL_SOCKET, SO_MAX_PACING_RATE, KERNEL_SOCKPTR((void *)rate), len);
}
/* bytes from A to B over a link with a round trip of 20 ms, at most rate bytes a second. */
static void paced_transfer(size_t bytes, u64 rate)
{
	static u8 data[100000];
	struct two_hosts w;
	struct socket *l, *c, *a = sock_alloc();
	struct task_struct *reader;

	dep = kzalloc(sizeof(*dep), GFP_KERNEL);
	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	w.link.delay_ns = MS(10);
	w.link.filter = watch;
	l = tcp_listener(w.net[1], 80, 5);
	c = tcp_socket(w.net[0]);
	EXPECT_EQ(set_rate(c, &rate, sizeof(rate)), 0);
	ASSERT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	ASSERT_EQ(l->ops->accept(l, a, 0), 0);
	reader = host_spawn(drain, a, "reader");
	while (bytes) {
		ssize_t n = sock_write(c, data, min(bytes, sizeof(data)), 0);

		ASSERT_GT(n, 0);
		bytes -= (size_t)n;
	}
	sock_release(c);
	host_join(reader);
	sock_release(a);
	sock_release(l);
	two_hosts_stop(&w);
}
TEST(so_max_pacing_rate_holds)
{
	static const u64 rates[] = { 200000, 1000000, 2500000 };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		u64 bytes = 0, ns, rate;

		paced_transfer(2000000, rates[i]);
		for (u32 k = 10; k + 1 < dep->n; k++) /* the first ten are free */
			bytes += dep->bytes[k];
		ns = dep->at_ns[dep->n - 1] - dep->at_ns[10];
		rate = bytes * NSEC_PER_SEC / ns;
		EXPECT_GE(rate * 100, rates[i] * 98);
		EXPECT_LE(rate * 100, rates[i] * 102);
		kfree(dep);
	}
}
/* Segments go down the stack by the pair at least: those that left at the same time are one packet. */
TEST(paced_packets_leave_evenly)
{
	u64 sum = 0, packets = 0, last = 0, bytes = 0;

	paced_transfer(1000000, 1000000);
	for (u32 k = 12; k + 1 < dep->n; k++) {
		u64 want = bytes * 1000, gap = dep->at_ns[k] - last, off = gap > want ? gap - want : want - gap;

		if (dep->at_ns[k] == last) {
			bytes += dep->bytes[k];
			continue;
		}
		if (last) {
			EXPECT_LE(bytes, 2 * 1460);
			sum += off * 1000 / want * (off * 1000 / want);
			packets++;
		}
		last = dep->at_ns[k];
		bytes = dep->bytes[k];
	}
	EXPECT_GT(packets, 300);
	EXPECT_LT(sum / packets, 20 * 20); /* the deviation is below 2 % of the gap */
	kfree(dep);
}
TEST(the_option_has_two_sizes)
{
	struct tcp_bench b = bench_established();
	u32 narrow = 123456;
	u64 wide = 10000000000ull;

	EXPECT_EQ(b.s->sk->sk_pacing_status, SK_PACING_NONE);
	EXPECT_EQ(set_rate(b.s, &narrow, 4), 0);
	EXPECT_EQ(b.s->sk->sk_max_pacing_rate, 123456);
	EXPECT_EQ(b.s->sk->sk_pacing_rate, 123456);
	EXPECT_EQ(b.s->sk->sk_pacing_status, SK_PACING_NEEDED);
	EXPECT_EQ(set_rate(b.s, &wide, 8), 0);
	EXPECT_EQ(b.s->sk->sk_max_pacing_rate, wide);
	narrow = U32_MAX;
	EXPECT_EQ(set_rate(b.s, &narrow, 4), 0);
	EXPECT_EQ(b.s->sk->sk_max_pacing_rate, U64_MAX);
	EXPECT_EQ(set_rate(b.s, &narrow, 2), -EINVAL);
	bench_stop(&b);
}
TEST(the_rate_is_a_window_in_a_round_trip_and_a_bit)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	tp->snd_cwnd = 100;
	tp->packets_out = 0;
	tp->srtt_us = 100000 << 3;
	tp->snd_ssthresh = 100;
	tcp_update_pacing_rate(tp);
	EXPECT_EQ(b.s->sk->sk_pacing_rate, 100 * 1460 * 10 * 12 / 10);
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tcp_update_pacing_rate(tp);
	EXPECT_EQ(b.s->sk->sk_pacing_rate, 100 * 1460 * 10 * 2);
	bench_stop(&b);
}
/* A device that takes nothing: what the socket gave it stays bounded, the rest goes when it takes again. */
TEST(the_queue_below_the_socket_is_short)
{
	struct tcp_bench b = bench_established();
	struct sock *sk = b.s->sk;

	bench_write(&b, 1460);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1460);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1461);
	tcp_sk(sk)->rtt_min_us = 100000; /* or packets would be large */
	netif_stop_queue(b.nic->dev);
	WRITE_ONCE(sk->sk_pacing_rate, 1000000);
	EXPECT_EQ(bench_write(&b, 10 * 1460), 10 * 1460);
	expect_nothing_sent(&b);
	EXPECT_LE(tcp_sk(sk)->packets_out, 6);
	EXPECT_GE(tcp_sk(sk)->packets_out, 2);
	EXPECT_TRUE(tcp_sk(sk)->tsq_throttled);
	netif_wake_queue(b.nic->dev);
	for (u32 i = 1; i <= 10; i++)
		expect_sent(&b, .flags = ACK, .seq = 1460 * i + 1, .len = 1460);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 11 * 1460 + 1);
	bench_stop(&b);
}
/* Small writes while the device is busy with the one before: they leave together, as soon as it is free. */
static void crumbs(int autocorking, u32 together)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	b.net->tcp->sysctl.autocorking = autocorking;
	tp->nonagle = TCP_NAGLE_OFF;
	netif_stop_queue(b.nic->dev);
	for (u32 i = 0; i < 5; i++)
		EXPECT_EQ(bench_write(&b, 10), 10);
	EXPECT_EQ(tp->packets_out, autocorking ? 1 : 5);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPAUTOCORKING), autocorking);
	netif_wake_queue(b.nic->dev);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 10);
	for (u32 done = 10; done < 50; done += together)
		expect_sent(&b, .flags = ACK, .seq = done + 1, .len = together);
	expect_nothing_sent(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 51);
	bench_stop(&b);
}
TEST(autocorking_joins_what_the_device_cannot_take_yet) { crumbs(1, 40); }
TEST(without_autocorking_each_write_is_a_packet) { crumbs(0, 10); }
/* What autocorking must not hold back: the end of a record, what is as long as a packet may be, and what follows on
 * data that was acknowledged although the device still has a copy.
 */
static struct tcp_bench busy_device(void)
{
	struct tcp_bench b = bench_established();

	tcp_sk(b.s->sk)->nonagle = TCP_NAGLE_OFF;
	netif_stop_queue(b.nic->dev);
	EXPECT_EQ(bench_write(&b, 10), 10);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 1);
	return b;
}
static void goes_on(struct tcp_bench *b, u32 bytes)
{
	EXPECT_EQ(net_mib_sum(b->net, MIB_TCPEXT_TCPAUTOCORKING), 0);
	netif_wake_queue(b->nic->dev);
	host_settle();
	skb_queue_consume(&b->nic->sent);
	peer_sends(b, .flags = ACK, .seq = 1, .ack = 1 + bytes);
	EXPECT_EQ(tcp_sk(b->s->sk)->packets_out, 0);
	bench_stop(b);
}
TEST(the_end_of_a_record_is_not_corked)
{
	struct tcp_bench b = busy_device();

	EXPECT_EQ(sock_write(b.s, "end of it", 10, MSG_DONTWAIT | MSG_EOR), 10);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 2);
	goes_on(&b, 20);
}
TEST(a_full_packet_is_not_corked)
{
	struct tcp_bench b = busy_device();
	struct tcp_sock *tp = tcp_sk(b.s->sk);
	u32 n;

	tp->snd_cwnd = 100;
	n = tcp_xmit_size_goal(tp, tp->mss_cache, true);
	for (u32 i = 0; i < 2; i++) /* for the second one the device has more of ours than it is large itself */
		EXPECT_EQ(bench_write(&b, n), n);
	EXPECT_EQ(tp->packets_out, 1 + 2 * n / tp->mss_cache);
	goes_on(&b, 2 * n + 10);
}
TEST(nothing_is_corked_when_all_is_acknowledged)
{
	struct tcp_bench b = busy_device();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 11); /* a copy of it came another way */
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	EXPECT_EQ(bench_write(&b, 10), 10);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 1);
	goes_on(&b, 20);
}
/* The socket closes while its timer is armed: the rest is sent at the same pace, and nothing leaks. */
TEST(a_paced_connection_may_close_with_data_unsent)
{
	paced_transfer(100000, 50000);
	EXPECT_GT(dep->at_ns[dep->n - 1] - dep->at_ns[0], 15 * NSEC_PER_SEC / 10);
	kfree(dep);
}
TEST(a_paced_connection_may_be_reset)
{
	struct tcp_bench b = bench_established();
	u32 rate = 10000;

	set_rate(b.s, &rate, 4);
	tcp_sk(b.s->sk)->data_segs_out = 10;
	tcp_sk(b.s->sk)->rtt_min_us = 100000;
	bench_write(&b, 14600);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 1460);
	expect_sent(&b, .flags = ACK, .seq = 1461, .len = 1460);
	expect_nothing_sent(&b);
	EXPECT_TRUE(hrtimer_active(&tcp_sk(b.s->sk)->pacing_timer));
	peer_sends(&b, .flags = RST, .seq = 1);
	EXPECT_FALSE(hrtimer_active(&tcp_sk(b.s->sk)->pacing_timer));
	bench_stop(&b);
}
