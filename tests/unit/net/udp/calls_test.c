/* tests/unit/net/udp/calls_test.c - what programs ask of UDP sockets beside sending and receiving, and what the
 * wire shows
 *
 * What is expected was asked of Linux 6.18 where no RFC says it.
 */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <asm/ioctls.h>
#include <asm/signal.h>
#include <linux/filter.h>
#include <linux/sockios.h>

static struct bench b;
static u8 frame[3000], buf[3000];

static struct sockaddr_in at(__be32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = addr };
}
static int open_at(u16 port)
{
	struct sockaddr_in a = at(0, port);
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_TRUE(fd >= 0);
	if (port)
		ASSERT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
static long send_at(int fd, __be32 addr, u16 port, const void *data, size_t n, unsigned int flags)
{
	struct sockaddr_in a = at(addr, port);
	long r = sys_sendto(fd, (void *)data, n, flags, &a, sizeof(a));

	host_settle();
	return r;
}
static void peer_sends(u16 sport, u16 dport, const char *text)
{
	u8 udp[64];
	size_t n = make_udp(udp, sport, dport, text, strlen(text));

	inject(&b, frame, make_ip(frame, IPPROTO_UDP, udp, n, 0, 1));
}
static int asked(int fd, unsigned int cmd)
{
	int n = -1;

	EXPECT_EQ(ioctl_fd(fd, cmd, &n), 0);
	return n;
}

TEST(the_next_datagrams_length)
{
	int fd;

	b = bench_up();
	fd = open_at(9);
	EXPECT_EQ(asked(fd, SIOCINQ), 0);
	EXPECT_EQ(poll_fd(fd) & EPOLLIN, 0u);
	peer_sends(5, 9, "abc");
	peer_sends(5, 9, "defgh");
	EXPECT_EQ(asked(fd, SIOCINQ), 3); /* of the next one alone */
	EXPECT_EQ(poll_fd(fd) & EPOLLIN, EPOLLIN);
	EXPECT_EQ(recv_fd(fd, buf, 2, MSG_PEEK | MSG_TRUNC), 3);
	EXPECT_EQ(asked(fd, SIOCINQ), 3);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 3);
	EXPECT_EQ(poll_fd(fd) & EPOLLIN, EPOLLIN); /* the reader's queue has the other */
	EXPECT_EQ(asked(fd, SIOCINQ), 5);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 5);
	EXPECT_EQ(memcmp(buf, "defgh", 5), 0);
	EXPECT_EQ(asked(fd, SIOCINQ), 0);
	EXPECT_EQ(asked(fd, SIOCOUTQ), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* A filter keeps no less than the UDP header; what it refuses is a drop. */
TEST(a_filter_cuts_and_refuses)
{
	static const struct { u32 keep; long got; } rows[] = {
		{ 0, -EAGAIN }, { 3, 0 }, { 9, 1 }, { 13, 5 }, { 99, 5 },
	};
	int fd;

	b = bench_up();
	fd = open_at(9);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sock_filter f = BPF_STMT(BPF_RET | BPF_K, rows[i].keep);
		struct sock_fprog p = { 1, &f };

		EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)), 0);
		peer_sends(5, 9, "abcde");
		EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), rows[i].got);
	}
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_SOCKET_FILTER), 1u);
	EXPECT_EQ(net_mib_sum(b.net, MIB_UDP_INERRORS), 1u);
	{ /* it sees the ports */
		struct sock_filter f[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_A, 0) };
		struct sock_fprog p = { 2, f };

		EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)), 0);
		peer_sends(10, 9, "abcde");
		EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 2);
	}
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(options_of_the_udp_level)
{
	int fd, v = -1, len = 4;

	b = bench_up();
	fd = open_at(0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_UDP, UDP_CORK, (char *)&v, &len), 0);
	EXPECT_TRUE(v == 0 && len == 4);
	EXPECT_EQ(set_opt(fd, SOL_UDP, UDP_CORK, 7), 0);
	v = -1;
	len = 2;
	EXPECT_EQ(sys_getsockopt(fd, SOL_UDP, UDP_CORK, (char *)&v, &len), 0);
	EXPECT_TRUE((u32)v == 0xffff0001 && len == 2); /* no more than there is room for */
	len = -1;
	EXPECT_EQ(sys_getsockopt(fd, SOL_UDP, UDP_CORK, (char *)&v, &len), -EINVAL);
	EXPECT_EQ(sys_getsockopt(fd, SOL_UDP, UDP_CORK, (char *)&v, NULL), -EFAULT);
	EXPECT_EQ(get_opt(fd, SOL_UDP, 99), -ENOPROTOOPT);
	EXPECT_EQ(set_opt(fd, SOL_UDP, 99, 1), -ENOPROTOOPT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_UDP, UDP_CORK, &v, 3), -EINVAL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_UDP, UDP_CORK, NULL, 4), -EFAULT);
	EXPECT_EQ(get_opt(fd, 99, 1), -EOPNOTSUPP);
	EXPECT_EQ(set_opt(fd, 99, 1, 1), -ENOPROTOOPT);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_corked_datagram_leaves_in_one_piece)
{
	struct iphdr *ip;
	int fd;

	b = bench_up();
	fd = open_at(0);
	EXPECT_EQ(set_opt(fd, SOL_UDP, UDP_CORK, 1), 0);
	EXPECT_EQ(send_at(fd, PEER, 9, "ab", 2, 0), 2);
	EXPECT_EQ(send_fd(fd, "cd", 2, 0), 2); /* where to is known */
	EXPECT_TRUE(sent(&b) == NULL);
	EXPECT_EQ(set_opt(fd, SOL_UDP, UDP_CORK, 0), 0);
	host_settle();
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(memcmp((u8 *)(ip + 1) + 8, "abcd", 4), 0);
	EXPECT_EQ(ntohs(ip->tot_len), 32);
	EXPECT_EQ(send_at(fd, PEER, 9, "ab", 2, MSG_MORE), 2);
	EXPECT_EQ(send_fd(fd, "cde", 3, 0), 3); /* the last piece: no flag */
	host_settle();
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(ntohs(ip->tot_len), 33);
	EXPECT_EQ(send_at(fd, PEER, 9, "never", 5, MSG_MORE), 5);
	close_fd((unsigned int)fd); /* what was begun goes with it */
	host_settle();
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}
TEST(what_is_no_destination)
{
	struct sockaddr_in a = at(PEER, 9);
	int fd;

	b = bench_up();
	fd = open_at(0);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), -EDESTADDRREQ);
	EXPECT_EQ(send_at(fd, PEER, 0, "x", 1, 0), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &a, sizeof(a) - 1), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, "x", 1, MSG_OOB, &a, sizeof(a)), -EOPNOTSUPP);
	a.sin_family = 77;
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &a, sizeof(a)), -EAFNOSUPPORT);
	a.sin_family = AF_UNSPEC; /* taken for AF_INET */
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &a, sizeof(a)), 1);
	EXPECT_EQ(send_at(fd, PEER, 9, frame, 65536, 0), -EMSGSIZE);
	EXPECT_EQ(send_at(fd, htonl(0x0a0000ff), 9, "x", 1, 0), -EACCES); /* SO_BROADCAST */
	EXPECT_EQ(send_at(fd, htonl(0x08080808), 9, "x", 1, 0), -ENETUNREACH);
	EXPECT_EQ(net_mib_sum(b.net, MIB_IP_OUTNOROUTES), 1u);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(an_end_by_halves)
{
	struct sockaddr_in a = at(PEER, 9);
	int fd, blocking;
	char c;

	b = bench_up();
	fd = open_at(0);
	EXPECT_EQ(sys_shutdown(fd, SHUT_RD), -ENOTCONN);
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
	EXPECT_EQ(sys_shutdown(fd, 3), -EINVAL);
	EXPECT_EQ(sys_shutdown(fd, SHUT_RD), 0);
	EXPECT_EQ(recv_fd(fd, &c, 1, 0), -EAGAIN);
	EXPECT_EQ(sys_recvfrom(fd, &c, 1, 0, NULL, NULL), 0); /* only who would wait is told of the end */
	EXPECT_EQ(poll_fd(fd), EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), 1);
	EXPECT_EQ(sys_shutdown(fd, SHUT_WR), 0);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), -EPIPE);
	EXPECT_EQ(poll_fd(fd) & EPOLLHUP, EPOLLHUP);
	close_fd((unsigned int)fd);
	blocking = open_at(0);
	EXPECT_EQ(sys_listen(blocking, 1), -EOPNOTSUPP);
	EXPECT_EQ(sys_accept(blocking, NULL, NULL), -EOPNOTSUPP);
	EXPECT_EQ(sys_socketpair(AF_INET, SOCK_DGRAM, 0, (int[2]){ 0 }), -EOPNOTSUPP);
	close_fd((unsigned int)blocking);
	bench_down(&b);
}
static int read_one(void *arg)
{
	int *fd = arg;
	char c;

	*fd = (int)sys_recvfrom(*fd, &c, 1, 0, NULL, NULL);
	return 0;
}
TEST(a_reader_waits_for_a_datagram_an_end_or_a_signal)
{
	struct sockaddr_in a = at(PEER, 5);

	b = bench_up();
	for (int how = 0; how < 3; how++) {
		int fd = open_at(9), result = fd;
		struct task_struct *t;

		EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
		t = host_spawn(read_one, &result, "reader");
		host_settle();
		EXPECT_EQ(result, fd);
		if (how == 0)
			peer_sends(5, 9, "x");
		else if (how == 1)
			EXPECT_EQ(sys_shutdown(fd, SHUT_RD), 0);
		else
			host_signal(t, SIGINT);
		host_join(t);
		EXPECT_EQ(result, ((int[]){ 1, 0, -ERESTARTSYS })[how]);
		close_fd((unsigned int)fd);
	}
	bench_down(&b);
}
/* RFC 768: a checksum that computes to zero is sent as all ones, for zero says that there is none. */
TEST(a_checksum_of_zero_is_sent_as_ones)
{
	static const size_t sizes[] = { 100, 2500 }; /* left to the device; of a datagram in pieces */
	int fd;

	b = bench_up();
	fd = open_at(7000);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct udphdr *uh;
		__sum16 check;

		memset(buf, 0, sizes[i]);
		EXPECT_EQ(send_at(fd, PEER, 9, buf, sizes[i], 0), (long)sizes[i]);
		uh = (struct udphdr *)(sent(&b) + 1);
		check = uh->check;
		memcpy(buf, &check, 2); /* what was missing to all ones */
		while (sent(&b))
			;
		EXPECT_EQ(send_at(fd, PEER, 9, buf, sizes[i], 0), (long)sizes[i]);
		uh = (struct udphdr *)(sent(&b) + 1);
		EXPECT_TRUE(uh->check == (__force __sum16)0xffff);
		while (sent(&b))
			;
	}
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_NO_CHECK, 1), 0);
	EXPECT_EQ(send_at(fd, PEER, 9, buf, 100, 0), 100);
	EXPECT_TRUE(((struct udphdr *)(sent(&b) + 1))->check == 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* A loose source route: the wire's destination is the first hop, the last one travels in the option (RFC 791 3.1). */
TEST(a_source_route_is_taken)
{
	static const u8 route[] = { IPOPT_LSRR, 7, 4, 10, 0, 0, 2, IPOPT_END };
	struct iphdr *ip;
	int fd;

	b = bench_up();
	fd = open_at(0);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_OPTIONS, (void *)route, sizeof(route)), 0);
	EXPECT_EQ(send_at(fd, htonl(0x08080808), 9, "x", 1, 0), 1); /* no route leads there, but one to the hop */
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(ip->daddr, PEER);
	EXPECT_EQ(memcmp((u8 *)(ip + 1) + 3, (const u8[]){ 8, 8, 8, 8 }, 4), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* Who knows that the peer is alive says so, and the neighbour need not be asked. */
TEST(msg_confirm_and_a_tos_of_one_message)
{
	static char control[CMSG_ALIGN_KERN(sizeof(struct cmsghdr_kern) + 4)] __aligned(8);
	struct cmsghdr_kern *c = (struct cmsghdr_kern *)control;
	struct sockaddr_in a = at(PEER, 9);
	struct iovec v = { (void *)"x", 1 };
	struct user_msghdr m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1,
				 .msg_control = control, .msg_controllen = sizeof(control) };
	__be32 peer = PEER;
	struct neighbour *n;
	struct iphdr *ip;
	int fd;

	b = bench_up();
	fd = open_at(0);
	n = neigh_lookup(&b.net->ipv4->arp_tbl, &peer, b.nic->dev, false);
	ASSERT_TRUE(n != NULL);
	host_pass(100 * NSEC_PER_SEC);
	EXPECT_EQ(send_at(fd, PEER, 9, "x", 1, 0), 1);
	EXPECT_NE(n->confirmed_ns, ktime_get_ns());
	EXPECT_EQ(send_at(fd, PEER, 9, "x", 1, MSG_CONFIRM), 1);
	EXPECT_EQ(n->confirmed_ns, ktime_get_ns());
	neigh_release(n);
	while (sent(&b))
		;
	*c = (struct cmsghdr_kern){ sizeof(*c) + 4, SOL_IP, IP_TOS };
	*(int *)CMSG_DATA_KERN(c) = 0x28;
	EXPECT_EQ(sys_sendmsg(fd, &m, 0), 1);
	host_settle();
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(ip->tos, 0x28);
	EXPECT_EQ(send_at(fd, PEER, 9, "x", 1, 0), 1);
	EXPECT_EQ(sent(&b)->tos, 0); /* of one message, not of the socket */
	close_fd((unsigned int)fd);
	bench_down(&b);
}
