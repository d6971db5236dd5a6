/* tests/unit/net/core/options_test.c - socket options: each reads back what was set, and refuses what Linux refuses
 */
#include "kernel/process/process.h"
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <asm/fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

static int inet_fd(int type) { return (int)sys_socket(AF_INET, type, 0); }

/* level, option, value given, result of the call, value read back */
struct row { int level, opt, give, result, read; };
static void check_rows(int fd, const struct row *r, size_t n)
{
	for (; n--; r++) {
		int err = set_opt(fd, r->level, r->opt, r->give), got = get_opt(fd, r->level, r->opt);

		if (err != r->result || got != r->read)
			test_fail(__FILE__, __LINE__, false, "level %d option %d value %d: %d, read %d; not %d, %d",
				  r->level, r->opt, r->give, err, got, r->result, r->read);
	}
}
#define S(opt, ...) { SOL_SOCKET, opt, __VA_ARGS__ }
#define I(opt, ...) { SOL_IP, opt, __VA_ARGS__ }

TEST(options_of_the_socket_level)
{
	static const struct row rows[] = {
		S(SO_DEBUG, 1, 0, 1), S(SO_REUSEADDR, 7, 0, 1), S(SO_REUSEADDR, 0, 0, 0), S(SO_REUSEPORT, 1, 0, 1),
		S(SO_DONTROUTE, 1, 0, 1), S(SO_BROADCAST, 1, 0, 1), S(SO_KEEPALIVE, 1, 0, 1), S(SO_OOBINLINE, 1, 0, 1),
		S(SO_NO_CHECK, 1, 0, 1), S(SO_PRIORITY, 6, 0, 6), S(SO_RCVLOWAT, 0, 0, 1), S(SO_RCVLOWAT, 9, 0, 9),
		S(SO_RCVLOWAT, -1, 0, INT_MAX), S(SO_SNDLOWAT, 2, -ENOPROTOOPT, 1), S(SO_MARK, 77, 0, 77),
		S(SO_RXQ_OVFL, 1, 0, 1), S(SO_INCOMING_CPU, 2, 0, 2), S(SO_PASSCRED, 1, 0, 1),
		S(SO_SNDBUF, 10000, 0, 20000), S(SO_RCVBUF, 10000, 0, 20000), S(SO_SNDBUF, 1, 0, 4608),
		S(SO_RCVBUF, 1, 0, 2304), S(SO_RCVBUF, 1 << 30, 0, 2 * 212992),
		S(SO_RCVBUFFORCE, 300000, 0, -ENOPROTOOPT), S(SO_RCVBUF, 0, 0, 2304),
		S(SO_TYPE, 1, -ENOPROTOOPT, SOCK_DGRAM),
		S(SO_DOMAIN, 1, -ENOPROTOOPT, AF_INET), S(SO_PROTOCOL, 1, -ENOPROTOOPT, IPPROTO_UDP),
		S(SO_ACCEPTCONN, 1, -ENOPROTOOPT, 0), S(SO_ERROR, 1, -ENOPROTOOPT, 0),
		S(SO_TIMESTAMP_OLD, 1, 0, 1), S(SO_TIMESTAMPNS_OLD, 1, 0, 1), S(SO_TIMESTAMP_OLD, 0, 0, 0),
		S(SO_TIMESTAMPNS_NEW, 1, 0, 1), S(SO_TIMESTAMP_NEW, 1, 0, 1), S(SO_TIMESTAMP_NEW, 0, 0, 0),
		S(SO_BINDTOIFINDEX, -1, -EINVAL, 0), S(SO_BINDTOIFINDEX, 99, -ENODEV, 0), S(SO_BINDTOIFINDEX, 1, 0, 1),
		S(SO_BINDTOIFINDEX, 0, 0, 0), S(SO_LOCK_FILTER, 0, 0, 0),
		S(9999, 1, -ENOPROTOOPT, -ENOPROTOOPT),
	};
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_DGRAM);

	check_rows(fd, rows, ARRAY_SIZE(rows));
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(options_that_need_a_privilege)
{
	static const struct row rows[] = {
		S(SO_DEBUG, 1, -EACCES, 0), S(SO_PRIORITY, 7, -EPERM, 0), S(SO_PRIORITY, 6, 0, 6),
		S(SO_MARK, 1, -EPERM, 0),
		S(SO_SNDBUFFORCE, 1, -EPERM, -ENOPROTOOPT), S(SO_RCVBUFFORCE, 1, -EPERM, -ENOPROTOOPT),
		I(IP_TRANSPARENT, 1, -EPERM, 0), S(SO_BINDTOIFINDEX, 2, 0, 2), S(SO_BINDTOIFINDEX, 1, -EPERM, 2),
	};
	struct bench b = bench_up();
	const struct cred *root = current->cred;
	struct cred plain = *root;
	int fd = inet_fd(SOCK_DGRAM);

	plain.cap_effective = 0;
	current->cred = &plain;
	check_rows(fd, rows, ARRAY_SIZE(rows));
	EXPECT_EQ(sys_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), -EPERM);
	current->cred = root;
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(options_whose_value_is_no_integer)
{
	struct { int onoff, linger; } l = { 1, 5 }, l2;
	struct { s64 sec, usec; } tv = { 2, 500000 }, tv2;
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_STREAM), len = sizeof(l2);
	char dev[16] = "eth0";
	u64 rate = 1ull << 33, cookie[2] = { 0 };
	u32 mem[SK_MEMINFO_VARS];

	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4), -EINVAL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)), 0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_LINGER, (char *)&l2, &len), 0);
	EXPECT_TRUE(len == 8 && l2.onoff == 1 && l2.linger == 5);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), 0);
	len = sizeof(tv2);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_NEW, (char *)&tv2, &len), 0);
	EXPECT_TRUE(len == 16 && tv2.sec == 2 && tv2.usec == 500000);
	tv.usec = 1000000;
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, &tv, sizeof(tv)), -EDOM);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, &tv, 8), -EINVAL);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, (char *)&tv2, &len), 0);
	EXPECT_TRUE(!tv2.sec && !tv2.usec); /* none */
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nope", 4), -ENODEV);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, sizeof(dev)), 0);
	len = sizeof(dev);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, &len), 0);
	EXPECT_TRUE(len == 5 && !strcmp(dev, "eth0"));
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, 0), 0);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_BINDTOIFINDEX), 0);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, 8), 0);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_MAX_PACING_RATE), -1); /* 32 bits are told what fits */
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, 1000), 0);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_MAX_PACING_RATE), 1000);
	for (int i = 0; i < 2; i++) {
		len = 8;
		EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, (char *)&cookie[i], &len), 0);
	}
	EXPECT_TRUE(cookie[0] && cookie[0] == cookie[1]);
	len = 4;
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_COOKIE, (char *)cookie, &len), -EINVAL);
	len = sizeof(mem);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_MEMINFO, (char *)mem, &len), 0);
	EXPECT_EQ(mem[SK_MEMINFO_RCVBUF], (u32)get_opt(fd, SOL_SOCKET, SO_RCVBUF));
	len = -1;
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, (char *)mem, &len), -EINVAL);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, (char *)mem, NULL), -EFAULT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_DEBUG, NULL, 4), -EFAULT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_DEBUG, mem, 3), -EINVAL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_DEBUG, mem, -1), -EINVAL);
	EXPECT_EQ(sys_setsockopt(99, SOL_SOCKET, SO_DEBUG, mem, 4), -EBADF);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_receive_time_out_ends_a_wait)
{
	struct { s64 sec, usec; } tv = { 2, 500000 };
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_DGRAM);
	u64 before;
	char c;

	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO_OLD, &tv, sizeof(tv)), 0);
	before = ktime_get_ns();
	EXPECT_EQ(sys_recvfrom(fd, &c, 1, 0, NULL, NULL), -EAGAIN);
	EXPECT_EQ(ktime_get_ns() - before, 2500 * NSEC_PER_MSEC);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(options_of_the_ip_level)
{
	static const struct row rows[] = {
		I(IP_TTL, 0, -EINVAL, 64), I(IP_TTL, 256, -EINVAL, 64), I(IP_TTL, 7, 0, 7), I(IP_TTL, -1, 0, 64),
		I(IP_TOS, 0x10, 0, 0x10), I(IP_HDRINCL, 1, -ENOPROTOOPT, 0), I(IP_MTU_DISCOVER, 6, -EINVAL, 1),
		I(IP_MTU_DISCOVER, IP_PMTUDISC_DO, 0, IP_PMTUDISC_DO), I(IP_RECVERR, 1, 0, 1), I(IP_RECVERR, 0, 0, 0),
		I(IP_MULTICAST_TTL, 256, -EINVAL, 1), I(IP_MULTICAST_TTL, 9, 0, 9), I(IP_MULTICAST_TTL, -1, 0, 1),
		I(IP_MULTICAST_LOOP, 0, 0, 0), I(IP_FREEBIND, 1, 0, 1), I(IP_TRANSPARENT, 1, 0, 1),
		I(IP_BIND_ADDRESS_NO_PORT, 1, 0, 1), I(IP_MINTTL, 256, -EINVAL, 0), I(IP_MINTTL, 255, 0, 255),
		I(IP_PKTINFO, 1, 0, 1), I(IP_RECVTTL, 1, 0, 1), I(IP_RECVTOS, 1, 0, 1), I(IP_RECVOPTS, 1, 0, 1),
		I(IP_RETOPTS, 1, 0, 1), I(IP_RECVORIGDSTADDR, 1, 0, 1), I(IP_PKTINFO, 0, 0, 0),
		I(IP_LOCAL_PORT_RANGE, 10 << 16 | 20, -EINVAL, 0),
		I(IP_LOCAL_PORT_RANGE, 20 << 16 | 10, 0, 20 << 16 | 10),
		I(IP_MTU, 1, -ENOPROTOOPT, -ENOTCONN), I(77, 1, -ENOPROTOOPT, -ENOPROTOOPT),
	};
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = PEER };
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_DGRAM), len = 1, stream = inet_fd(SOCK_STREAM);
	u8 byte = 0x28;

	check_rows(fd, rows, ARRAY_SIZE(rows));
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_TOS, &byte, 1), 0); /* a byte will do, both ways */
	byte = 0;
	EXPECT_EQ(sys_getsockopt(fd, SOL_IP, IP_TOS, (char *)&byte, &len), 0);
	EXPECT_TRUE(len == 1 && byte == 0x28);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_TOS, &byte, 0), -EINVAL);
	EXPECT_EQ(set_opt(stream, SOL_IP, IP_TOS, 0x13), 0);
	EXPECT_EQ(get_opt(stream, SOL_IP, IP_TOS), 0x10); /* the ECN bits are TCP's own */
	EXPECT_EQ(set_opt(stream, SOL_IP, IP_MULTICAST_TTL, 1), -EINVAL);
	EXPECT_EQ(sys_connect(fd, &peer, sizeof(peer)), 0);
	EXPECT_EQ(get_opt(fd, SOL_IP, IP_MTU), 1500);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)stream);
	bench_down(&b);
}
/* What is set is seen on the wire. */
TEST(ttl_tos_and_options_of_a_datagram)
{
	static const u8 route[8] = { IPOPT_RR, 7, 4, 0, 0, 0, 0, IPOPT_END };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = PEER };
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_DGRAM), len = 40;
	struct iphdr *iph;
	u8 got[40];

	set_opt(fd, SOL_IP, IP_TTL, 7);
	set_opt(fd, SOL_IP, IP_TOS, 0x10);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_OPTIONS, (void *)route, 41), -EINVAL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_OPTIONS, (void *)route, sizeof(route)), 0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_IP, IP_OPTIONS, (char *)got, &len), 0);
	EXPECT_EQ(len, 8);
	EXPECT_EQ(memcmp(got, route, 7), 0);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), 1);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_TRUE(iph->ttl == 7 && iph->tos == 0x10 && iph->ihl == 7);
	EXPECT_EQ(memcmp(iph + 1, route, 2), 0);
	EXPECT_EQ(((u8 *)(iph + 1))[2], 8); /* our own address is the first that the route records */
	EXPECT_EQ(memcmp((u8 *)(iph + 1) + 3, &iph->saddr, 4), 0);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_OPTIONS, NULL, 0), 0);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), 1);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_TRUE(iph->ihl == 5);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_filter_is_told_replaced_and_locked)
{
	struct sock_filter none[] = { { BPF_RET | BPF_K, 0, 0, 0 } }, back[4];
	struct sock_fprog p = { 1, none }, bad = { 0, none };
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_DGRAM), len = 0;

	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &bad, sizeof(bad)), -EINVAL);
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_DETACH_FILTER, 0), -ENOENT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)), 0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, (char *)back, &len), 0);
	EXPECT_EQ(len, 1); /* instructions, not bytes */
	EXPECT_EQ(sys_getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, (char *)back, &len), 0);
	EXPECT_EQ(memcmp(back, none, sizeof(none)), 0);
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_LOCK_FILTER, 1), 0);
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_LOCK_FILTER, 0), -EPERM);
	EXPECT_EQ(set_opt(fd, SOL_SOCKET, SO_DETACH_FILTER, 0), -EPERM);
	EXPECT_EQ(sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)), -EPERM);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
#define T(opt, ...) { SOL_TCP, opt, __VA_ARGS__ }
/* Each line as Linux answers it. */
TEST(options_of_the_tcp_level)
{
	static const struct row rows[] = {
		T(TCP_MAXSEG, 87, -EINVAL, 536), T(TCP_MAXSEG, 32768, -EINVAL, 536), T(TCP_MAXSEG, 1000, 0, 1000),
		T(TCP_NODELAY, 5, 0, 1), T(TCP_CORK, 1, 0, 1), T(TCP_KEEPIDLE, 0, -EINVAL, 7200),
		T(TCP_KEEPIDLE, 32768, -EINVAL, 7200), T(TCP_KEEPIDLE, 100, 0, 100), T(TCP_KEEPINTVL, 0, -EINVAL, 75),
		T(TCP_KEEPINTVL, 32767, 0, 32767), T(TCP_KEEPCNT, 128, -EINVAL, 9), T(TCP_KEEPCNT, 5, 0, 5),
		T(TCP_SYNCNT, 0, -EINVAL, 6), T(TCP_SYNCNT, 128, -EINVAL, 6), T(TCP_SYNCNT, 3, 0, 3),
		T(TCP_LINGER2, -5, 0, -1), T(TCP_LINGER2, 5, 0, 5), T(TCP_LINGER2, 121, 0, 120),
		T(TCP_DEFER_ACCEPT, 0, 0, 0), T(TCP_WINDOW_CLAMP, 0, 0, 0), T(TCP_QUICKACK, 0, 0, 0),
		T(TCP_QUICKACK, 1, 0, 1), T(TCP_USER_TIMEOUT, -1, -EINVAL, 0), T(TCP_USER_TIMEOUT, 5000, 0, 5000),
		T(TCP_NOTSENT_LOWAT, 4096, 0, 4096), T(TCP_SAVE_SYN, 3, -EINVAL, 0), T(TCP_SAVE_SYN, 1, 0, 1),
		T(TCP_INQ, 2, -EINVAL, 0), T(TCP_INQ, 1, 0, 1), T(TCP_THIN_LINEAR_TIMEOUTS, 2, -EINVAL, 0),
		T(TCP_THIN_LINEAR_TIMEOUTS, 1, 0, 1), T(TCP_THIN_DUPACK, 2, -EINVAL, 0),
		T(TCP_FASTOPEN_CONNECT, 2, -EINVAL, 0), T(TCP_FASTOPEN_CONNECT, 1, 0, 1),
		T(99, 1, -ENOPROTOOPT, -ENOPROTOOPT),
	};
	struct bench b = bench_up();
	int fd = inet_fd(SOCK_STREAM), len = 16;
	char ca[16];

	check_rows(fd, rows, ARRAY_SIZE(rows));
	EXPECT_EQ(sys_setsockopt(fd, SOL_TCP, TCP_CONGESTION, "nothing", 7), -ENOENT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_TCP, TCP_CONGESTION, "reno", 4), 0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_TCP, TCP_CONGESTION, ca, &len), 0);
	EXPECT_EQ(len, 16);
	EXPECT_EQ(strcmp(ca, "reno"), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* Several messages in one call: each keeps its boundary, and the call ends early with what it has. */
TEST(messages_by_the_dozen)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7000),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char text[4][8] = { "a", "bb", "ccc", "" }, back[4][8];
	struct iovec out[4], in[4];
	struct user_mmsghdr m[4], r[4];
	struct bench b = bench_up();
	int rx = inet_fd(SOCK_DGRAM), tx = inet_fd(SOCK_DGRAM);

	EXPECT_EQ(sys_bind(rx, &to, sizeof(to)), 0);
	for (int i = 0; i < 4; i++) {
		out[i] = (struct iovec){ text[i], strlen(text[i]) };
		in[i] = (struct iovec){ back[i], 2 };
		m[i] = (struct user_mmsghdr){ .msg_hdr = { .msg_name = &to, .msg_namelen = sizeof(to),
							   .msg_iov = &out[i], .msg_iovlen = 1 } };
		r[i] = (struct user_mmsghdr){ .msg_hdr = { .msg_iov = &in[i], .msg_iovlen = 1 } };
	}
	m[3].msg_hdr.msg_namelen = 3; /* the last is refused: the others were sent */
	EXPECT_EQ(sys_sendmmsg(tx, m, 4, 0), 3);
	EXPECT_EQ(m[2].msg_len, 3u);
	host_settle();
	EXPECT_EQ(sys_recvmmsg(rx, r, 4, MSG_DONTWAIT, NULL), 3);
	EXPECT_TRUE(r[0].msg_len == 1 && r[1].msg_len == 2 && r[2].msg_len == 2);
	EXPECT_EQ(r[1].msg_hdr.msg_flags & MSG_TRUNC, 0u);
	EXPECT_EQ(r[2].msg_hdr.msg_flags & MSG_TRUNC, (unsigned int)MSG_TRUNC);
	EXPECT_EQ(memcmp(back[2], "cc", 2), 0);
	EXPECT_EQ(sys_recvmmsg(rx, r, 4, MSG_DONTWAIT, NULL), -EAGAIN);
	EXPECT_EQ(sys_sendmmsg(tx, &m[3], 1, 0), -EINVAL);
	EXPECT_EQ(sys_sendmmsg(99, m, 1, 0), -EBADF);
	m[0].msg_hdr.msg_iovlen = 1025;
	EXPECT_EQ(sys_sendmmsg(tx, m, 1, 0), -EMSGSIZE);
	close_fd((unsigned int)rx);
	close_fd((unsigned int)tx);
	bench_down(&b);
}
