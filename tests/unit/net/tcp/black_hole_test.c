/* tests/unit/net/tcp/black_hole_test.c - a link that drops long frames and tells nobody (RFC 4821, tcp_mtu_probing) */
#include "tests/unit/net/tcp/bench.h"

#define BYTES 20000

static int reader(void *arg)
{
	static u8 buf[BYTES];
	size_t done = 0;
	ssize_t n;

	while ((n = sock_read(arg, buf, sizeof(buf), 0)) > 0)
		done += (size_t)n;
	EXPECT_EQ(done, BYTES);
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
	w.net[0]->tcp->sysctl.mtu_probing = 1;
	l = tcp_listener(w.net[1], 80, 5);
	c = tcp_socket(w.net[0]);
	EXPECT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	EXPECT_EQ(l->ops->accept(l, a, 0), 0);
	EXPECT_EQ(tcp_sk(c->sk)->mss_cache, 1448);
	t = host_spawn(reader, a, "reader");
	EXPECT_EQ(sock_write(c, bytes, BYTES, 0), BYTES);
	c->ops->shutdown(c, SHUT_WR);
	host_join(t);
	mss = tcp_sk(c->sk)->mss_cache;
	EXPECT_LE(net_mib_sum(w.net[0], MIB_TCPEXT_TCPTIMEOUTS), 10);
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
