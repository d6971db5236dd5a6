/* tests/unit/net/proc_test.c - the files of /proc/net against what sockets, routes and counters really are */
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/world.h"
#include "tests/unit/net/ipv4/bench.h"

static char text[16384];
static const char *file(struct net *net, const char *path)
{
	ssize_t n = host_proc_read(net, path, text, sizeof(text));

	ASSERT_GE(n, 0);
	ASSERT_LT(n, (ssize_t)sizeof(text) - 1);
	text[n] = 0;
	return text;
}
static void datagram(struct bench *b, u16 dport, bool good)
{
	u8 f[128], udp[32];
	size_t n = make_udp(udp, 5, dport, "x", 1);

	udp[8] ^= !good;
	inject(b, f, make_ip(f, IPPROTO_UDP, udp, n, 0, 1));
}

/* --- sockets --- */

/* The line of the socket bound to port, from its local address on. Each line has 127 columns. */
static const char *udp_line(struct net *net, u16 port)
{
	const char *at = file(net, "net/udp");
	char key[16];

	EXPECT_EQ(strncmp(at, "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "
			      "timeout inode ref pointer drops            \n", 128), 0);
	EXPECT_EQ(strlen(at) % 128, 0u);
	snprintf(key, sizeof(key), ":%04X ", port);
	for (at += 128; *at; at += 128) {
		EXPECT_EQ(at[127], '\n');
		if (!strncmp(at + 15, key, 6))
			return at + 7;
	}
	return "";
}
static void expect_start(const char *line, const char *want)
{
	if (strncmp(line, want, strlen(want)))
		test_fail(__FILE__, __LINE__, false, "'%.120s' does not start with '%s'", line, want);
}
TEST(proc_net_udp)
{
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 53), *c = open_udp(&b, 0);
	char want[128];
	const char *drops;

	s->sk->sk_uid = 7;
	datagram(&b, 53, true);
	atomic_set(&s->sk->sk_drops, 12);
	snprintf(want, sizeof(want),
		 "00000000:0035 00000000:0000 07 00000000:%08X 00:00000000 00000000     7        0 ",
		 (u32)sk_rmem_alloc_get(s->sk));
	expect_start(udp_line(b.net, 53), want);
	drops = strstr(udp_line(b.net, 53), " 12 ");
	EXPECT_TRUE(drops && drops < udp_line(b.net, 53) + 120);
	EXPECT_EQ(sock_connect_to(c, PEER, 9, 0), 0);
	snprintf(want, sizeof(want), "0100000A:%04X 0200000A:0009 01 00000000:00000000 00:00000000 ", c->sk->sk_num);
	expect_start(udp_line(b.net, c->sk->sk_num), want);
	sock_release(s);
	EXPECT_STREQ(udp_line(b.net, 53), "");
	sock_release(c);
	bench_down(&b);
}
/* Counts of sockets and the pages that their queues fill; the order is Linux's. */
TEST(proc_net_sockstat)
{
	struct bench b = bench_up();
	struct socket *s, *l, *r;

	EXPECT_STREQ(file(b.net, "net/sockstat"),
		     "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\nRAW: inuse 0\n"
		     "FRAG: inuse 0 memory 0\n");
	s = open_udp(&b, 53);
	l = tcp_listener(b.net, 80, 5);
	ASSERT_EQ(sock_create_kern(b.net, AF_INET, SOCK_RAW, IPPROTO_ICMP, &r), 0);
	datagram(&b, 53, true);
	EXPECT_STREQ(file(b.net, "net/sockstat"),
		     "sockets: used 3\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 0\nUDP: inuse 1 mem 1\nRAW: inuse 1\n"
		     "FRAG: inuse 0 memory 0\n");
	sock_release(s);
	sock_release(l);
	sock_release(r);
	bench_down(&b);
}
TEST(proc_net_sockstat_of_connections)
{
	struct two_hosts w;
	struct socket *l, *c, *a;
	static u8 data[5000];

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	l = tcp_listener(w.net[1], 80, 5);
	c = tcp_socket(w.net[0]);
	EXPECT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	EXPECT_EQ(kernel_accept(l, &a, 0), 0);
	EXPECT_EQ(sock_write(c, data, sizeof(data), 0), (ssize_t)sizeof(data));
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(sock_read(a, data, 1, MSG_DONTWAIT), 1); /* the rest waits */
	EXPECT_TRUE(strstr(file(w.net[1], "net/sockstat"), "TCP: inuse 2 orphan 0 tw 0 alloc 2 mem "));
	EXPECT_FALSE(strstr(text, " mem 0\nUDP"));
	EXPECT_EQ(sock_read(a, data, sizeof(data), MSG_DONTWAIT), (ssize_t)sizeof(data) - 1);
	w.link.cut = true;
	sock_release(c); /* nobody's, but alive until its FIN is acknowledged */
	EXPECT_TRUE(strstr(file(w.net[0], "net/sockstat"), "TCP: inuse 1 orphan 1 tw 0 alloc 1 mem "));
	w.link.cut = false;
	host_pass(5 * NSEC_PER_SEC);
	EXPECT_TRUE(strstr(file(w.net[0], "net/sockstat"), "TCP: inuse 0 orphan 0 tw 1 alloc 0 mem 0\n"));
	sock_release(a);
	c = tcp_socket(w.net[1]); /* in no table yet */
	host_pass(NSEC_PER_SEC);
	EXPECT_TRUE(strstr(file(w.net[1], "net/sockstat"), "TCP: inuse 1 orphan 0 tw 0 alloc 2 mem 0\n"));
	sock_release(c);
	sock_release(l);
	two_hosts_stop(&w);
}

/* --- counters --- */

static const char *word_end(const char *s)
{
	while (*s && *s != ' ' && *s != '\n')
		s++;
	return s;
}
/* A value by its group and name, as programs look for it; -1: no such. */
static s64 value(const char *at, const char *group, const char *name)
{
	const char *names = strstr(at, group), *values = names ? strstr(names + 1, group) : NULL;
	size_t n = strlen(name);

	for (; values && *names != '\n'; names++, values++) {
		if (*names == ' ' && !strncmp(names + 1, name, n) && (names[n + 1] == ' ' || names[n + 1] == '\n'))
			return (s64)simple_strtoull(values + 1, NULL, 10);
		names = word_end(names + 1) - 1;
		values = word_end(values + 1) - 1;
	}
	return -1;
}
TEST(proc_net_snmp_and_netstat)
{
	static const struct { const char *file, *group, *name; s64 want; } rows[] = {
		{ "net/snmp", "Ip:", "Forwarding", 2 }, { "net/snmp", "Ip:", "DefaultTTL", 64 },
		{ "net/snmp", "Ip:", "InReceives", 4 }, { "net/snmp", "Ip:", "InDelivers", 4 },
		{ "net/snmp", "Ip:", "OutRequests", 1 }, { "net/snmp", "Ip:", "InHdrErrors", 0 },
		{ "net/snmp", "Icmp:", "OutDestUnreachs", 1 }, { "net/snmp", "Icmp:", "OutMsgs", 1 },
		{ "net/snmp", "Icmp:", "InMsgs", 0 }, { "net/snmp", "Tcp:", "RtoMin", 200 },
		{ "net/snmp", "Tcp:", "RtoMax", 120000 }, { "net/snmp", "Tcp:", "InSegs", 0 },
		{ "net/snmp", "Udp:", "InDatagrams", 2 }, { "net/snmp", "Udp:", "NoPorts", 1 },
		{ "net/snmp", "Udp:", "InErrors", 1 }, { "net/snmp", "Udp:", "InCsumErrors", 1 },
		{ "net/snmp", "Udp:", "OutDatagrams", 0 }, { "net/netstat", "IpExt:", "InOctets", 4 * 29 },
		{ "net/netstat", "IpExt:", "OutOctets", 20 + 8 + 29 }, { "net/netstat", "IpExt:", "InNoECTPkts", 4 },
		{ "net/netstat", "TcpExt:", "SyncookiesSent", 0 }, { "net/netstat", "TcpExt:", "nope", -1 },
	};
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 53);
	char in[4];

	datagram(&b, 53, true);
	datagram(&b, 53, true);
	datagram(&b, 54, true);
	datagram(&b, 53, false);
	while (receive(s, in, sizeof(in), NULL) > 0)
		;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		s64 got = value(file(b.net, rows[i].file), rows[i].group, rows[i].name);

		if (got != rows[i].want)
			test_fail(__FILE__, __LINE__, false, "%s %s is %lld, not %lld", rows[i].group, rows[i].name,
				  got, rows[i].want);
	}
	sock_release(s);
	bench_down(&b);
}
/* Only what happened, with its sentence; and the names that traces use. */
TEST(proc_net_drop_reasons)
{
	struct bench b = bench_up();
	char want[128];

	EXPECT_STREQ(file(b.net, "net/drop_reasons"), "");
	datagram(&b, 54, true);
	datagram(&b, 54, true);
	snprintf(want, sizeof(want), "%-24s %10d  %s\n", "NO_SOCKET", 2,
		 skb_drop_reason_text(SKB_DROP_REASON_NO_SOCKET));
	EXPECT_STREQ(file(b.net, "net/drop_reasons"), want);
	EXPECT_STREQ(skb_drop_reason_name(SKB_DROP_REASON_NO_SOCKET), "NO_SOCKET");
	EXPECT_STREQ(skb_drop_reason_name(SKB_DROP_REASON_MAX), "INVALID");
	EXPECT_STREQ(skb_drop_reason_text(SKB_DROP_REASON_MAX), "no such reason");
	bench_down(&b);
}
static u64 copied(struct net *net, const char *site, u64 *calls)
{
	char key[16];
	const char *at;
	char *end;

	snprintf(key, sizeof(key), "\n%-14s ", site);
	at = strstr(file(net, "net/copies"), key);
	ASSERT_TRUE(at != NULL);
	for (at += 15; *at == ' '; at++)
		;
	*calls = simple_strtoull(at, &end, 10);
	while (*end == ' ')
		end++;
	return simple_strtoull(end, NULL, 10);
}
TEST(proc_net_copies_and_skbuff)
{
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 53);
	u64 calls, calls_before, bytes = copied(b.net, "SKB_TO_KERNEL", &calls_before);
	s64 skbs, heads;
	char in[4], want[96];

	datagram(&b, 53, true);
	skb_live_counts(&skbs, &heads);
	EXPECT_GT(skbs, 0);
	snprintf(want, sizeof(want), "skbs %lld\nheads %lld\nsockets 1\n", skbs, heads);
	EXPECT_STREQ(file(b.net, "net/skbuff"), want);
	EXPECT_EQ(receive(s, in, sizeof(in), NULL), 1);
	EXPECT_EQ(copied(b.net, "SKB_TO_KERNEL", &calls), bytes + 1);
	EXPECT_EQ(calls, calls_before + 1);
	EXPECT_EQ(strncmp(file(b.net, "net/copies"), "site                 calls           bytes\n", 43), 0);
	sock_release(s);
	bench_down(&b);
}

/* --- routes --- */

TEST(proc_net_fib_trie)
{
	struct bench b = bench_up();

	EXPECT_EQ(inet_route_add(b.net, 0, 0, PEER, NULL, 0), 0);
	EXPECT_EQ(inet_route_add(b.net, htonl(0x0a000080), 25, PEER, NULL, 7), 0);
	EXPECT_STREQ(file(b.net, "net/fib_trie"),
		     "Main: 3 routes, 3 nodes\n"
		     "|-- 0.0.0.0/0\n"
		     "   /0 universe UNICAST via 10.0.0.2 dev eth0 metric 0\n"
		     "   |-- 10.0.0.0/24\n"
		     "      /24 link UNICAST dev eth0 metric 0\n"
		     "      |-- 10.0.0.128/25\n"
		     "         /25 universe UNICAST via 10.0.0.2 dev eth0 metric 7\n"
		     "Local: 5 routes, 7 nodes\n"
		     "+-- 0.0.0.0/1\n"
		     "   +-- 10.0.0.0/24\n"
		     "      |-- 10.0.0.1/32\n"
		     "         /32 host LOCAL dev eth0 metric 0\n"
		     "      |-- 10.0.0.255/32\n"
		     "         /32 link BROADCAST dev eth0 metric 0\n"
		     "   |-- 127.0.0.0/8\n"
		     "      /8 host LOCAL dev lo metric 0\n"
		     "      |-- 127.0.0.1/32\n"
		     "         /32 host LOCAL dev lo metric 0\n"
		     "      |-- 127.255.255.255/32\n"
		     "         /32 link BROADCAST dev lo metric 0\n");
	bench_down(&b);
}
