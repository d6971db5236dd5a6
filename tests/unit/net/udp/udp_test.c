/* tests/unit/net/udp/udp_test.c - datagrams between sockets over lo, to and from a peer, ports */
#include "tests/unit/net/ipv4/bench.h"

static ssize_t send_to(struct socket *s, __be32 daddr, u16 port, const void *data, size_t len)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = daddr };
	struct kvec v = { (void *)data, len };
	struct msghdr_kern m = { .msg_name = port ? &a : NULL, .msg_namelen = sizeof(a) };
	ssize_t n;

	iov_iter_kvec(&m.msg_iter, true, &v, 1, len);
	n = s->ops->sendmsg(s, &m, len);
	host_settle();
	return n;
}

TEST(a_datagram_over_lo_of_every_kind_of_size)
{
	static const size_t sizes[] = { 0, 1, 18, 1472, 3000, 3072, 3073, 16384, 65507 };
	struct bench b = bench_up();
	struct socket *rx = open_udp(&b, 7000), *tx = open_udp(&b, 0);
	u8 *out = kmalloc(65507, GFP_KERNEL), *in = kmalloc(65507, GFP_KERNEL);
	struct sockaddr_in from;

	for (size_t i = 0; i < 65507; i++)
		out[i] = (u8)(i * 7 + i / 256);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(send_to(tx, htonl(INADDR_LOOPBACK), 7000, out, sizes[i]), (ssize_t)sizes[i]);
		ASSERT_EQ(receive(rx, in, 65507, &from), (ssize_t)sizes[i]);
		EXPECT_EQ(memcmp(in, out, sizes[i]), 0);
		EXPECT_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	}
	EXPECT_EQ(receive(rx, in, 65507, NULL), -EAGAIN);
	EXPECT_EQ(send_to(tx, htonl(INADDR_LOOPBACK), 7000, out, 65508), -EMSGSIZE);
	kfree(in);
	kfree(out);
	sock_release(rx);
	sock_release(tx);
	bench_down(&b);
}

TEST(a_peer_is_heard_and_answered)
{
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 9);
	struct sockaddr_in from;
	u8 udp[64], f[128], in[64];
	struct iphdr *iph;

	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "hello", 5), 0, 1));
	ASSERT_EQ(receive(s, in, sizeof(in), &from), 5);
	EXPECT_EQ(from.sin_addr.s_addr, PEER);
	EXPECT_EQ(from.sin_port, htons(5));
	ASSERT_EQ(send_to(s, PEER, 5, "world", 5), 5);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(iph->daddr, PEER);
	EXPECT_EQ(csum_tcpudp_magic(iph->saddr, iph->daddr, 13, IPPROTO_UDP, csum_partial(iph + 1, 13, 0)), 0);
	udp[10] ^= 1;
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, 13, 0, 1));
	EXPECT_EQ(receive(s, in, sizeof(in), NULL), -EAGAIN);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_UDP_CSUM), 1);
	sock_release(s);
	bench_down(&b);
}

TEST(a_refusal_reaches_the_connected_socket)
{
	struct bench b = bench_up();
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(7001),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct socket *s = open_udp(&b, 0);
	u8 in[8];

	ASSERT_EQ(s->ops->connect(s, (struct sockaddr *)&a, sizeof(a), 0), 0);
	ASSERT_EQ(send_to(s, 0, 0, "x", 1), 1);
	EXPECT_EQ(receive(s, in, sizeof(in), NULL), -ECONNREFUSED);
	EXPECT_EQ(receive(s, in, sizeof(in), NULL), -EAGAIN);
	sock_release(s);
	bench_down(&b);
}

TEST(a_port_is_taken_once)
{
	struct bench b = bench_up();
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(53) };
	struct socket *one = open_udp(&b, 53), *two = open_udp(&b, 0);

	EXPECT_EQ(two->ops->bind(two, (struct sockaddr *)&a, sizeof(a)), -EADDRINUSE);
	one->sk->sk_reuse = two->sk->sk_reuse = 1;
	EXPECT_EQ(two->ops->bind(two, (struct sockaddr *)&a, sizeof(a)), 0);
	sock_release(one);
	sock_release(two);
	bench_down(&b);
}

static void arrive(struct bench *b, u16 sport, u16 dport, char name)
{
	u8 udp[16], f[64];

	sim_nic_inject(b->nic, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, sport, dport, &name, 1), 0, 1));
}

static void expect_next(struct socket *s, char name, u16 sport)
{
	struct sockaddr_in from;
	char in = 0;

	ASSERT_EQ(receive(s, &in, 1, &from), 1);
	EXPECT_EQ(in, name);
	EXPECT_EQ(from.sin_port, htons(sport));
}

/* What came in one poll: the table is asked once for a flow, and again when another came between. */
TEST(a_batch_of_several_flows)
{
	struct bench b = bench_up();
	struct socket *nine = open_udp(&b, 9), *ten = open_udp(&b, 10);

	local_bh_disable();
	arrive(&b, 5, 9, 'a');
	arrive(&b, 5, 9, 'b');
	arrive(&b, 6, 9, 'c');
	arrive(&b, 5, 10, 'd');
	arrive(&b, 5, 9, 'e');
	arrive(&b, 5, 11, 'f'); /* nobody's, twice */
	arrive(&b, 5, 11, 'g');
	arrive(&b, 9, 5, 'h'); /* the ports of another, turned around */
	arrive(&b, 5, 9, 'i');
	local_bh_enable();
	host_settle();
	EXPECT_LE(b.nic->napi.polls, 2u); /* the second because more were announced during the first */
	expect_next(nine, 'a', 5);
	expect_next(nine, 'b', 5);
	expect_next(nine, 'c', 6);
	expect_next(nine, 'e', 5);
	expect_next(nine, 'i', 5);
	expect_next(ten, 'd', 5);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NO_SOCKET), 3);
	sock_release(nine);
	sock_release(ten);
	bench_down(&b);
}

TEST(a_batch_does_not_know_what_the_one_before_found)
{
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 9);

	arrive(&b, 5, 9, 'a');
	expect_next(s, 'a', 5);
	sock_release(s);
	arrive(&b, 5, 9, 'b');
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NO_SOCKET), 1);
	s = open_udp(&b, 9);
	arrive(&b, 5, 9, 'c');
	expect_next(s, 'c', 5);
	sock_release(s);
	bench_down(&b);
}
