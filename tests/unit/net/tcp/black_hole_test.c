/* tests/unit/net/tcp/black_hole_test.c - a link that drops long frames and tells nobody (RFC 4821, tcp_mtu_probing) */
#include "tests/unit/net/tcp/bench.h"

#define BYTES 3000000
static u32 probing = 1, amount = 20000;
static u64 successes, failures;


static int reader(void *arg)
{
	static u8 buf[65536];
	size_t done = 0;
	ssize_t n;

	while ((n = sock_read(arg, buf, sizeof(buf), 0)) > 0)
		done += (size_t)n;
	EXPECT_EQ(done, amount);
	return 0;
}
/* Sends over a link for packets of mtu bytes. Returns the size of segments in the end. */
static u32 through(u32 mtu, netdev_features_t features)
{
	static u8 bytes[BYTES];
	struct two_hosts w;
	struct socket *l, *c, *a = sock_alloc();
	struct task_struct *t;
	u32 mss;

	two_hosts_start(&w, features);
	w.link.delay_ns = MS(5);
	w.link.mtu = mtu;
	w.net[0]->tcp->sysctl.mtu_probing = (int)probing;
	l = tcp_listener(w.net[1], 80, 5);
	c = tcp_socket(w.net[0]);
	EXPECT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	EXPECT_EQ(l->ops->accept(l, a, 0), 0);
	EXPECT_EQ(tcp_sk(c->sk)->mss_cache, probing > 1 ? 1024 : 1448);
	t = host_spawn(reader, a, "reader");
	EXPECT_EQ(sock_write(c, bytes, amount, 0), amount);
	c->ops->shutdown(c, SHUT_WR);
	host_join(t);
	mss = tcp_sk(c->sk)->mss_cache;
	EXPECT_LE(net_mib_sum(w.net[0], MIB_TCPEXT_TCPTIMEOUTS), 10);
	successes = net_mib_sum(w.net[0], MIB_TCPEXT_TCPMTUPSUCCESS);
	failures = net_mib_sum(w.net[0], MIB_TCPEXT_TCPMTUPFAIL);
	sock_release(c);
	sock_release(a);
	sock_release(l);
	two_hosts_stop(&w);
	return mss;
}
TEST(segments_shrink_until_they_pass)
{
	EXPECT_EQ(through(1500, NETIF_F_SG | NETIF_F_HW_CSUM), 1448);
	EXPECT_EQ(through(1200, NETIF_F_SG | NETIF_F_HW_CSUM), 1024);
	EXPECT_EQ(through(1200, 0), 1024);
	EXPECT_EQ(through(600, NETIF_F_SG | NETIF_F_HW_CSUM), 512);
	EXPECT_EQ(through(200, NETIF_F_SG | NETIF_F_HW_CSUM), 128);
}
/* tcp_mtu_probing 2: the search begins at tcp_base_mss and ends less than tcp_probe_threshold below the truth. */
TEST(probes_find_the_size_that_passes)
{
	static const u32 mtus[] = { 1500, 1200, 1400, 1100 };

	probing = 2;
	amount = BYTES;
	for (u32 i = 0; i < ARRAY_SIZE(mtus); i++) {
		u32 mss = through(mtus[i], NETIF_F_SG | NETIF_F_HW_CSUM | (i % 2 ? NETIF_F_TSO : 0)) + 52;

		EXPECT_LE(mss, mtus[i]);
		EXPECT_GT(mss, mtus[i] - 8);
		EXPECT_EQ(failures > 0, mtus[i] < 1500);
		EXPECT_GT(successes, 0);
		EXPECT_LE(successes + failures, 6); /* 476 bytes halved until 8 are left */
	}
	EXPECT_GT(through(1200, 0), 1140);
	probing = 1;
	amount = 20000;
}
/* RFC 4821 7.6.2's shape: the search ends within tcp_probe_threshold, and begins anew after tcp_probe_interval. */
TEST(the_search_ends_and_begins_anew)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	tp->mtup_enabled = true;
	tp->snd_cwnd = 20;
	tp->snd_wnd = 60000;
	tp->mss_cache = 1000;
	tp->mtup.search_low = 1040;
	tp->mtup.search_high = 1047;
	b.s->sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	for (u32 s = 0; s < 2; s++) {
		EXPECT_EQ(tcp_mtu_probe(tp), -1);
		EXPECT_EQ(tp->mtup.search_high, 1047);
		EXPECT_EQ(tp->mtup.probe_size, 0);
		host_pass(299 * NSEC_PER_SEC);
		tcp_refresh_now(tp);
	}
	host_pass(3 * NSEC_PER_SEC);
	tcp_refresh_now(tp);
	EXPECT_EQ(tcp_mtu_probe(tp), -1);
	EXPECT_EQ(tp->mtup.search_high, 1500);
	EXPECT_EQ(tp->mtup.search_low, 1040);
	EXPECT_EQ(tp->mtup.since_ns, tp->now_ns);
	bench_stop(&b);
}
/* May the first bytes of what waits be one long segment? first: of them, written with flags; rest follows. */
static bool probes(u32 first, int flags, u32 rest)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);
	static u8 bytes[20000];
	bool yes;

	tp->mtup_enabled = true;
	tp->mss_cache = 1000;
	tp->mtup.search_low = 1040;
	tp->mtup.search_high = 1500;
	tp->snd_cwnd = 0;
	EXPECT_EQ(sock_write(b.s, bytes, first, MSG_DONTWAIT | flags), first);
	EXPECT_EQ(sock_write(b.s, bytes, rest, MSG_DONTWAIT), rest);
	EXPECT_EQ(tp->packets_out, 0);
	tp->snd_cwnd = 20;
	yes = tcp_mtu_probe(tp) == 1;
	EXPECT_EQ(tp->mtup.probe_size, yes ? 1270 : 0);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
	return yes;
}
TEST(a_probe_needs_data_behind_it_and_leaves_records_apart)
{
	EXPECT_TRUE(probes(500, 0, 7000));
	EXPECT_FALSE(probes(500, MSG_EOR, 7000));
	EXPECT_FALSE(probes(500, 0, 4000)); /* its loss would be told by a time-out only */
}
TEST(unless_asked_they_stay_as_they_are)
{
	struct tcp_bench b = bench_established();

	bench_write(&b, 3000);
	host_pass(60 * NSEC_PER_SEC);
	EXPECT_EQ(tcp_sk(b.s->sk)->mss_cache, 1460);
	b.net->tcp->sysctl.mtu_probing = 1;
	host_pass(600 * NSEC_PER_SEC);
	EXPECT_LE(tcp_sk(b.s->sk)->mss_cache, 512);
	EXPECT_GE(tcp_sk(b.s->sk)->mss_cache, 48); /* tcp_mtu_probe_floor */
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
