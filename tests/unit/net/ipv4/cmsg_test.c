/* tests/unit/net/ipv4/cmsg_test.c - control messages of level SOL_IP both ways, lost datagrams told, local errors
 *
 * What is expected was asked of Linux 6.18.
 */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/time.h>
#include <linux/errqueue.h>

static struct bench b;
static u8 frame[256], buf[2048];
static char control[256] __aligned(8);
static struct cmsghdr_kern *cmsg = (struct cmsghdr_kern *)control;

static int udp_at(u16 port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_TRUE(fd >= 0);
	if (port)
		ASSERT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
static long receive_control(int fd, struct sockaddr_in *from, unsigned int *flags)
{
	struct iovec v = { buf, sizeof(buf) };
	struct user_msghdr m = { .msg_name = from, .msg_namelen = from ? sizeof(*from) : 0, .msg_iov = &v,
				 .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	long r;

	memset(control, 0, sizeof(control));
	r = sys_recvmsg(fd, &m, *flags | MSG_DONTWAIT);
	*flags = m.msg_flags;
	return r;
}
/* The control message of that type in what was received, of length n; NULL: none. */
static const void *told(int level, int type, size_t n)
{
	for (struct cmsghdr_kern *c = cmsg; c->cmsg_len; c = (void *)((char *)c + CMSG_ALIGN_KERN(c->cmsg_len)))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return c->cmsg_len == sizeof(*c) + n ? CMSG_DATA_KERN(c) : NULL;
	return NULL;
}
static long send_control(int fd, int type, const void *data, size_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = PEER };
	struct iovec v = { buf, 1 };
	struct user_msghdr m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1,
				 .msg_control = control, .msg_controllen = CMSG_ALIGN_KERN(sizeof(*cmsg) + n) };
	long r;

	*cmsg = (struct cmsghdr_kern){ sizeof(*cmsg) + n, SOL_IP, type };
	memcpy(CMSG_DATA_KERN(cmsg), data, n);
	r = sys_sendmsg(fd, &m, 0);
	host_settle();
	return r;
}

TEST(ttl_and_tos_of_one_message)
{
	static const struct { int type, value; size_t len; long result; } rows[] = {
		{ IP_TTL, 7, 1, -EINVAL },  { IP_TTL, 7, 4, 1 },	   { IP_TTL, 0, 4, -EINVAL },
		{ IP_TTL, 256, 4, -EINVAL }, { IP_TOS, 8, 1, 1 },	   { IP_TOS, 8, 4, 1 },
		{ IP_TOS, 8, 2, -EINVAL },  { IP_TOS, 256, 4, -EINVAL },   { IP_TOS, -1, 4, -EINVAL },
		{ 77, 0, 4, -EINVAL },	    { IP_PKTINFO, 0, 8, -EINVAL },
	};
	struct iphdr *ip;
	int fd;

	b = bench_up();
	fd = udp_at(0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u8 data[8] = { 0 };
		long r;

		memcpy(data, &rows[i].value, 4);
		r = send_control(fd, rows[i].type, data, rows[i].len);
		ip = sent(&b);
		if (r != rows[i].result || (ip != NULL) != (r == 1))
			test_fail(__FILE__, __LINE__, false, "row %zu: %ld", i, r);
		if (ip)
			EXPECT_EQ(rows[i].type == IP_TTL ? ip->ttl : ip->tos, rows[i].value);
	}
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_source_and_a_device_of_one_message)
{
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(0x0a000007) };
	struct iphdr *ip;
	int fd;

	b = bench_up();
	ASSERT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a000007), 24), 0);
	fd = udp_at(0);
	info.ipi_ifindex = (int)b.nic->dev->ifindex;
	EXPECT_EQ(send_control(fd, IP_PKTINFO, &info, sizeof(info)), 1);
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(ip->saddr, htonl(0x0a000007));
	EXPECT_EQ(csum_tcpudp_magic(ip->saddr, ip->daddr, 9, IPPROTO_UDP, csum_partial(ip + 1, 9, 0)), 0);
	info.ipi_spec_dst.s_addr = 0;
	EXPECT_EQ(send_control(fd, IP_PKTINFO, &info, sizeof(info)), 1);
	EXPECT_EQ(sent(&b)->saddr, US);
	info.ipi_ifindex = (int)b.net->loopback_dev->ifindex; /* no way to the peer */
	EXPECT_EQ(send_control(fd, IP_PKTINFO, &info, sizeof(info)) == 1 && sent(&b) != NULL, false);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* Everything that can be asked for, of a datagram whose options record its route: ours is added on its way in. */
TEST(all_that_is_told_of_a_datagram)
{
	static const int opts[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, IP_RECVOPTS, IP_RETOPTS, IP_RECVORIGDSTADDR };
	static const u8 recorded[12] = { IPOPT_RR, 11, 8, 10, 0, 0, 1 };
	struct iphdr *ip = (struct iphdr *)(frame + 14);
	const struct sockaddr_in *dst;
	const struct in_pktinfo *info;
	u8 payload[64] = { IPOPT_RR, 11, 4 };
	unsigned int flags = 0;
	size_t n;
	int fd;

	b = bench_up();
	fd = udp_at(9);
	for (size_t i = 0; i < ARRAY_SIZE(opts); i++)
		EXPECT_EQ(set_opt(fd, SOL_IP, opts[i], 1), 0);
	n = make_udp(payload + 12, 5, 9, "abc", 3);
	n = make_ip(frame, IPPROTO_UDP, payload, 12 + n, 0, 1);
	ip->ihl = 8;
	ip->ttl = 33;
	ip->tos = 0x28;
	ip_send_check(ip);
	inject(&b, frame, n);
	EXPECT_EQ(receive_control(fd, NULL, &flags), 3);
	info = told(SOL_IP, IP_PKTINFO, sizeof(*info));
	ASSERT_TRUE(info != NULL);
	EXPECT_TRUE(info->ipi_ifindex == (int)b.nic->dev->ifindex && info->ipi_addr.s_addr == US &&
		    info->ipi_spec_dst.s_addr == US);
	ASSERT_TRUE(told(SOL_IP, IP_TTL, 4) && told(SOL_IP, IP_TOS, 1));
	EXPECT_EQ(*(const int *)told(SOL_IP, IP_TTL, 4), 33);
	EXPECT_EQ(*(const u8 *)told(SOL_IP, IP_TOS, 1), 0x28);
	ASSERT_TRUE(told(SOL_IP, IP_RECVOPTS, 12) && told(SOL_IP, IP_RETOPTS, 12));
	EXPECT_EQ(memcmp(told(SOL_IP, IP_RECVOPTS, 12), recorded, 12), 0);
	EXPECT_EQ(memcmp(told(SOL_IP, IP_RETOPTS, 12), recorded, 12), 0);
	dst = told(SOL_IP, IP_ORIGDSTADDR, sizeof(*dst));
	ASSERT_TRUE(dst != NULL);
	EXPECT_TRUE(dst->sin_family == AF_INET && dst->sin_addr.s_addr == US && dst->sin_port == htons(9));
	inject(&b, frame, make_ip(frame, IPPROTO_UDP, payload + 12, 11, 0, 1)); /* one without options */
	EXPECT_EQ(receive_control(fd, NULL, &flags), 3);
	EXPECT_TRUE(told(SOL_IP, IP_TTL, 4) && !told(SOL_IP, IP_RECVOPTS, 12) && !told(SOL_IP, IP_RETOPTS, 12));
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* What an answer would carry. Linux 6.18 gave these. */
#define A(n) 10, 1, 1, n
#define FROM 10, 0, 0, 2
TEST(options_for_the_way_back)
{
	static const struct { u8 in[28], back[28]; u8 n, want; } rows[] = {
		{ { IPOPT_LSRR, 11, 12, A(1), A(2) }, { IPOPT_LSRR, 11, 4, A(2), A(1) }, 12, 12 },
		{ { IPOPT_LSRR, 11, 12, FROM, A(2) }, { IPOPT_LSRR, 7, 4, A(2) }, 12, 8 },
		{ { IPOPT_LSRR, 7, 8, FROM }, { 0 }, 8, 0 },
		{ { IPOPT_SSRR, 7, 8, A(1) }, { IPOPT_SSRR, 7, 4, A(1) }, 8, 8 },
		{ { IPOPT_LSRR, 3, 4 }, { 0 }, 4, 0 },
		{ { 1, IPOPT_LSRR, 15, 16, A(1), A(2), A(3) }, { IPOPT_LSRR, 15, 4, A(3), A(2), A(1) }, 16, 16 },
		{ { IPOPT_LSRR, 11, 12, A(1), A(2), IPOPT_RR, 11, 4 },
		  { IPOPT_RR, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0, IPOPT_LSRR, 11, 4, A(2), A(1) }, 24, 24 },
		{ { IPOPT_RR, 15, 4, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 },
		  { IPOPT_RR, 15, 8, 10, 0, 0, 1, 0, 0, 0, 0, 9, 9, 9, 9 }, 16, 16 },
		{ { 200, 4, 1, 2, IPOPT_RA, 4, 0, 0 }, { 0 }, 8, 0 },
	};
	int fd;

	b = bench_up();
	in_dev_get_rcu(b.nic->dev)->cnf.accept_source_route = b.net->ipv4->conf_all.accept_source_route = 1;
	fd = udp_at(9);
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_RETOPTS, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct iphdr *ip = (struct iphdr *)(frame + 14);
		u8 payload[64] = { 0 };
		unsigned int flags = 0;
		const u8 *back;
		size_t n = rows[i].n;

		memcpy(payload, rows[i].in, n);
		n += make_udp(payload + n, 5, 9, "abc", 3);
		n = make_ip(frame, IPPROTO_UDP, payload, n, 0, 1);
		ip->ihl = (u8)(5 + rows[i].n / 4) & 15;
		ip_send_check(ip);
		inject(&b, frame, n);
		if (receive_control(fd, NULL, &flags) != 3 || flags & MSG_CTRUNC)
			test_fail(__FILE__, __LINE__, true, "row %zu did not come", i);
		back = told(SOL_IP, IP_RETOPTS, rows[i].want);
		if (!back || memcmp(back, rows[i].back, rows[i].want))
			test_fail(__FILE__, __LINE__, false, "row %zu is wrong", i);
	}
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* How many were lost before this one; those that were queued before the loss do not know. */
TEST(lost_datagrams_are_told)
{
	u8 udp[16];
	size_t n = make_udp(udp, 5, 9, "x", 1);
	unsigned int flags = 0;
	u32 queued = 0;
	int fd;

	b = bench_up();
	fd = udp_at(9);
	set_opt(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	set_opt(fd, SOL_SOCKET, SO_RCVBUF, 1);
	n = make_ip(frame, IPPROTO_UDP, udp, n, 0, 1);
	for (int i = 0; i < 50; i++)
		inject(&b, frame, n);
	while (receive_control(fd, NULL, &flags) == 1) {
		EXPECT_TRUE(!told(SOL_SOCKET, SO_RXQ_OVFL, 4));
		queued++;
	}
	EXPECT_TRUE(queued > 0 && queued < 50);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_SOCKET_RCVBUFF), 50u - queued);
	inject(&b, frame, n);
	EXPECT_EQ(receive_control(fd, NULL, &flags), 1);
	ASSERT_TRUE(told(SOL_SOCKET, SO_RXQ_OVFL, 4) != NULL);
	EXPECT_EQ(*(const u32 *)told(SOL_SOCKET, SO_RXQ_OVFL, 4), 50 - queued);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* Too long for the path, and not to be cut: found here, told at once and in the error queue. */
TEST(a_local_error_is_queued)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = PEER }, name;
	unsigned int flags = MSG_ERRQUEUE;
	const struct sock_extended_err *e;
	int fd;

	b = bench_up();
	fd = udp_at(0);
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO), 0);
	EXPECT_EQ(sys_sendto(fd, buf, 2000, 0, &to, sizeof(to)), -EMSGSIZE);
	EXPECT_EQ(receive_control(fd, &name, &flags), -EAGAIN); /* nobody asked */
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_RECVERR, 1), 0);
	for (int connected = 0; connected < 2; connected++) {
		if (connected)
			EXPECT_EQ(sys_connect(fd, &to, sizeof(to)), 0);
		EXPECT_EQ(sys_sendto(fd, buf, 2000, 0, connected ? NULL : &to, sizeof(to)), -EMSGSIZE);
		EXPECT_EQ(poll_fd(fd) & EPOLLERR, EPOLLERR);
		flags = MSG_ERRQUEUE;
		EXPECT_EQ(receive_control(fd, &name, &flags), 0);
		EXPECT_EQ(flags, (unsigned int)MSG_ERRQUEUE);
		EXPECT_EQ(name.sin_addr.s_addr, PEER);
		EXPECT_EQ(name.sin_port, connected ? htons(9) : 0); /* the connected peer's, as Linux */
		e = told(SOL_IP, IP_RECVERR, sizeof(*e) + sizeof(struct sockaddr_in));
		ASSERT_TRUE(e != NULL);
		EXPECT_TRUE(e->ee_errno == EMSGSIZE && e->ee_origin == SO_EE_ORIGIN_LOCAL && e->ee_info == 1500);
		EXPECT_EQ(recv_fd(fd, buf, 1, 0), -EAGAIN); /* it is no pending error any more */
	}
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
