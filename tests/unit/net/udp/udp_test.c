/* tests/unit/net/udp/udp_test.c - datagrams between sockets over lo, to and from a peer, ports, and reassembly below */
#include "tests/unit/net/ipv4/bench.h"

static struct socket *open_udp(struct bench *b, u16 port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct socket *s = NULL;

	ASSERT_EQ(sock_create_kern(b->net, AF_INET, SOCK_DGRAM, 0, &s), 0);
	if (port)
		ASSERT_EQ(s->ops->bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	return s;
}

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

static ssize_t receive(struct socket *s, void *buf, size_t len, struct sockaddr_in *from)
{
	struct sockaddr_storage name;
	struct kvec v = { buf, len };
	struct msghdr_kern m = { .msg_name = &name, .msg_namelen = sizeof(name) };
	ssize_t n;

	iov_iter_kvec(&m.msg_iter, false, &v, 1, len);
	n = s->ops->recvmsg(s, &m, len, MSG_DONTWAIT);
	if (from)
		memcpy(from, &name, sizeof(*from));
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

/* Datagrams cut at random places, in random order, with repetitions, come out whole. */
TEST(fragments_in_any_order_make_the_datagram)
{
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 9);
	u8 *udp = kmalloc(9000, GFP_KERNEL), *data = kmalloc(9000, GFP_KERNEL), f[1600];

	for (u16 round = 1; round < 60; round++) {
		size_t len = 1 + host_random() % 8000, n, cuts[64], nr = 0;

		for (size_t i = 0; i < len; i++)
			data[i] = (u8)host_random();
		n = make_udp(udp, 5, 9, data, len);
		for (size_t at = 0; at < n; at += 8 * (1 + (n / 8 / 50) + host_random() % 100))
			cuts[nr++] = at;
		cuts[nr] = n;
		for (size_t left = nr; left; left--) {
			size_t k = host_random() % left, at = cuts[k], end = n;

			for (size_t i = 0; i <= nr; i++)
				if (cuts[i] > at && cuts[i] < end)
					end = cuts[i];
			swap(cuts[k], cuts[left - 1]);
			inject(&b, f,
			       make_ip(f, IPPROTO_UDP, udp + at, end - at, (u16)(at / 8 | (end < n ? 0x2000 : 0)),
				       round));
			if (left > 1 && host_random() % 4 == 0)
				inject(&b, f,
				       make_ip(f, IPPROTO_UDP, udp + at, end - at,
					       (u16)(at / 8 | (end < n ? 0x2000 : 0)), round));
		}
		ASSERT_EQ(receive(s, udp, 9000, NULL), (ssize_t)len);
		EXPECT_EQ(memcmp(udp, data, len), 0);
	}
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	EXPECT_EQ(ip_frag_mem(b.net), 0);
	kfree(udp);
	kfree(data);
	sock_release(s);
	bench_down(&b);
}

TEST(an_overlap_kills_and_time_runs_out)
{
	struct bench b = bench_up();
	u8 data[64] = { 0 }, f[256];
	struct iphdr *iph;

	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 0x2000, 1));
	EXPECT_EQ(ip_frag_nqueues(b.net), 1);
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 0x2000 | 2, 1));
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_FRAG_OVERLAP), 2);
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 64, 8188, 2));
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_FRAG_TOO_FAR), 1);
	host_pass(31 * NSEC_PER_SEC);
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 0x2000, 3));
	host_pass(31 * NSEC_PER_SEC);
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(((u8 *)(iph + 1))[0], ICMP_TIME_EXCEEDED);
	EXPECT_EQ(((u8 *)(iph + 1))[1], ICMP_EXC_FRAGTIME);
	bench_down(&b);
}
