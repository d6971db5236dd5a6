/* tests/unit/net/ipv4/fragment_test.c - datagrams that come in pieces: any order, overlaps, limits, time */
#include "tests/unit/net/ipv4/bench.h"

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

/* Datagrams whose ends disagree, or that grow beyond what their last fragment said, are nobody's (RFC 791 3.2). */
TEST(ends_that_disagree_kill_the_queue)
{
	struct bench b = bench_up();
	u8 data[64] = { 0 }, f[256];

	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 4, 1)); /* the last: 32 to 64 */
	EXPECT_EQ(ip_frag_nqueues(b.net), 1);
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 0x2000 | 8, 1)); /* 64 to 96, and more to come */
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 4, 2));
	inject(&b, f, make_ip(f, IPPROTO_UDP, data, 32, 8, 2)); /* another end */
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	EXPECT_EQ(ip_frag_mem(b.net), 0);
	bench_down(&b);
}

/* A flood of first fragments stays below ipfrag_high_thresh, and time frees all of it. */
TEST(memory_is_bounded)
{
	struct bench b = bench_up();
	u8 data[1400] = { 0 }, f[1600];
	u32 most = 0;

	b.net->ipv4->sysctl.ipfrag_high_thresh = 64 << 10;
	for (u16 id = 1; id < 300; id++) {
		inject(&b, f, make_ip(f, IPPROTO_UDP, data, 1400, 0x2000, id));
		most = max(most, ip_frag_mem(b.net));
	}
	EXPECT_LE(most, (64 << 10) + 8192);
	EXPECT_GT(most, 32 << 10);
	EXPECT_GT(drops(&b, SKB_DROP_REASON_FRAG_MEM), 0);
	host_pass(31 * NSEC_PER_SEC);
	EXPECT_EQ(ip_frag_nqueues(b.net), 0);
	EXPECT_EQ(ip_frag_mem(b.net), 0);
	bench_down(&b);
}

/* What we send and is larger than the MTU comes back together at the other end: here, by lo with a small MTU. */
TEST(what_is_sent_in_pieces_arrives_whole)
{
	struct bench b = bench_up();
	struct socket *rx = open_udp(&b, 7000), *tx = open_udp(&b, 0);
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(7000),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	u8 *out = kmalloc(20000, GFP_KERNEL), *in = kmalloc(20000, GFP_KERNEL);
	struct kvec v = { out, 20000 };
	struct msghdr_kern m = { .msg_name = &a, .msg_namelen = sizeof(a) };

	for (int i = 0; i < 20000; i++)
		out[i] = (u8)(i * 5 + i / 256);
	b.net->loopback_dev->mtu = 1000;
	iov_iter_kvec(&m.msg_iter, true, &v, 1, 20000);
	ASSERT_EQ(tx->ops->sendmsg(tx, &m, 20000), 20000);
	host_settle();
	ASSERT_EQ(receive(rx, in, 20000, NULL), 20000);
	EXPECT_EQ(memcmp(in, out, 20000), 0);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IP_FRAGOKS), 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IP_REASMOKS), 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IP_FRAGCREATES), net_mib_sum(b.net, MIB_IP_REASMREQDS));
	kfree(in);
	kfree(out);
	sock_release(rx);
	sock_release(tx);
	bench_down(&b);
}
