/* tests/unit/net/ipv4/raw_test.c - raw sockets and ping sockets: what they are given, what they may send, errors
 */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <asm/ioctls.h>
#include <linux/icmp.h>
#include <linux/sockios.h>

#define NOBODY htonl(0x0a000063)
static struct bench b;
static u8 frame[2048], buf[2048];

static struct sockaddr_in at(__be32 a) { return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = a }; }
static int open_raw(int protocol)
{
	int fd = (int)sys_socket(AF_INET, SOCK_RAW, protocol);

	ASSERT_TRUE(fd >= 0);
	return fd;
}
static int open_ping(void)
{
	int fd;

	b.net->ipv4->sysctl.ping_group_range[0] = b.net->ipv4->sysctl.ping_group_range[1] = 0;
	fd = (int)sys_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	ASSERT_TRUE(fd >= 0);
	return fd;
}
static long send_to(int fd, __be32 to, const void *data, size_t n)
{
	struct sockaddr_in a = at(to);
	long r = sys_sendto(fd, (void *)data, n, 0, &a, sizeof(a));

	host_settle();
	return r;
}
static size_t icmp(u8 *out, u8 type, u8 code, u32 rest, const void *data, size_t n)
{
	struct icmphdr *h = (struct icmphdr *)out;

	*h = (struct icmphdr){ .type = type, .code = code, .un.gateway = rest };
	memcpy(h + 1, data, n);
	h->checksum = csum_fold(csum_partial(h, 8 + n, 0));
	return 8 + n;
}
static void peer_sends_icmp(u8 type, u8 code, u32 rest, const void *data, size_t n)
{
	u8 m[600];
	size_t len = icmp(m, type, code, rest, data, n);

	inject(&b, frame, make_ip(frame, IPPROTO_ICMP, m, len, 0, 1));
}

TEST(each_raw_socket_of_the_protocol_gets_a_copy_with_its_header)
{
	int fd[2], other, n, len = sizeof(struct sockaddr_in);
	struct sockaddr_in from, a = at(NOBODY);

	b = bench_up();
	fd[0] = open_raw(99);
	fd[1] = open_raw(99);
	other = open_raw(98);
	EXPECT_EQ(sys_connect(other, &a, sizeof(a)), 0); /* hears that host alone */
	inject(&b, frame, make_ip(frame, 99, "payload", 7, 0, 1));
	EXPECT_EQ(ioctl_fd(fd[0], SIOCINQ, &n), 0);
	EXPECT_EQ(n, 27);
	EXPECT_EQ(sys_recvfrom(fd[0], buf, sizeof(buf), 0, &from, &len), 27);
	EXPECT_EQ(memcmp(buf, frame + 14, 27), 0);
	EXPECT_EQ(from.sin_addr.s_addr, PEER);
	EXPECT_EQ(recv_fd(fd[1], buf, 5, MSG_TRUNC), 27);
	EXPECT_EQ(recv_fd(fd[1], buf, 5, 0), -EAGAIN);
	EXPECT_EQ(recv_fd(fd[1], buf, 5, MSG_OOB), -EOPNOTSUPP);
	inject(&b, frame, make_ip(frame, 98, "x", 1, 0, 1));
	EXPECT_EQ(recv_fd(other, buf, sizeof(buf), 0), -EAGAIN);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_IP_NOPROTO), 1u); /* and the sender is told: nobody speaks it */
	EXPECT_TRUE(sent(&b) != NULL);
	for (int i = 0; i < 2; i++)
		close_fd((unsigned int)fd[i]);
	close_fd((unsigned int)other);
	bench_down(&b);
}
TEST(a_filter_by_icmp_type)
{
	struct icmp_filter f = { .data = ~(1u << ICMP_ECHOREPLY) }, g = { 0 };
	int fd, tcp, len = sizeof(g);

	b = bench_up();
	fd = open_raw(IPPROTO_ICMP);
	tcp = open_raw(99);
	EXPECT_EQ(sys_setsockopt(tcp, SOL_RAW, ICMP_FILTER, &f, sizeof(f)), -EOPNOTSUPP);
	EXPECT_EQ(sys_getsockopt(tcp, SOL_RAW, ICMP_FILTER, (char *)&g, &len), -EOPNOTSUPP);
	EXPECT_EQ(sys_setsockopt(fd, SOL_RAW, 99, &f, sizeof(f)), -ENOPROTOOPT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_RAW, ICMP_FILTER, &f, sizeof(f)), 0);
	EXPECT_EQ(sys_getsockopt(fd, SOL_RAW, ICMP_FILTER, (char *)&g, &len), 0);
	EXPECT_EQ(g.data, f.data);
	peer_sends_icmp(ICMP_ECHO, 0, 1, "hi", 2);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EAGAIN);
	peer_sends_icmp(ICMP_ECHOREPLY, 0, 1, "hi", 2);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 30);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)tcp);
	bench_down(&b);
}
TEST(a_raw_socket_sends_a_payload_or_a_whole_packet)
{
	struct iphdr own = { .version = 4, .ihl = 5, .ttl = 9, .protocol = 77, .daddr = PEER }, *iph;
	struct sockaddr_in a = at(PEER), broken = a, broadcast = at(htonl(0x0a0000ff));
	int fd, own_fd;

	b = bench_up();
	fd = open_raw(99);
	own_fd = open_raw(IPPROTO_RAW); /* brings its header: IP_HDRINCL is on */
	EXPECT_EQ(get_opt(own_fd, SOL_IP, IP_HDRINCL), 1);
	EXPECT_EQ(send_to(fd, PEER, "abc", 3), 3);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_TRUE(iph->protocol == 99 && iph->ttl == 64 && ntohs(iph->tot_len) == 23);
	EXPECT_EQ(memcmp(iph + 1, "abc", 3), 0);
	EXPECT_EQ(send_to(own_fd, PEER, &own, sizeof(own)), 20);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_TRUE(iph->protocol == 77 && iph->ttl == 9 && iph->saddr == US && iph->id && ntohs(iph->tot_len) == 20);
	EXPECT_EQ(ip_fast_csum(iph, 5), 0);
	EXPECT_EQ(send_to(own_fd, PEER, &own, 19), -EINVAL);
	own.ihl = 4;
	EXPECT_EQ(send_to(own_fd, PEER, &own, 20), -EINVAL);
	own.ihl = 6;
	EXPECT_EQ(send_to(own_fd, PEER, &own, 20), -EINVAL); /* the options are not there */
	EXPECT_EQ(send_to(own_fd, PEER, frame, 1501), -EMSGSIZE);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), -EDESTADDRREQ);
	broken.sin_family = AF_UNIX;
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &broken, sizeof(broken)), -EAFNOSUPPORT);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &a, 8), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, "x", 1, MSG_OOB, &a, sizeof(a)), -EOPNOTSUPP);
	EXPECT_EQ(send_to(fd, htonl(0x09090909), "x", 1), -ENETUNREACH);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &broadcast, sizeof(broadcast)), -EACCES);
	EXPECT_EQ(sys_connect(fd, &broadcast, sizeof(broadcast)), -EACCES);
	set_opt(fd, SOL_SOCKET, SO_BROADCAST, 1);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &broadcast, sizeof(broadcast)), 1);
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), 1);
	a.sin_family = AF_UNSPEC;
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), -EDESTADDRREQ);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)own_fd);
	bench_down(&b);
}
TEST(a_raw_socket_is_bound_to_an_address_of_ours)
{
	struct sockaddr_in a = at(NOBODY), us = at(US);
	static char text[2048];
	int fd;

	b = bench_up();
	fd = open_raw(99);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), -EADDRNOTAVAIL);
	EXPECT_EQ(sys_bind(fd, &us, 8), -EINVAL);
	EXPECT_EQ(sys_bind(fd, &us, sizeof(us)), 0);
	inject(&b, frame, make_ip(frame, 99, "x", 1, 0, 1));
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 21);
	ASSERT_TRUE(host_proc_read(b.net, "net/raw", text, sizeof(text)) > 0);
	EXPECT_TRUE(strstr(text, "\n  99: 0100000A:0063 00000000:0000 07 ") != NULL);
	set_opt(fd, SOL_IP, IP_FREEBIND, 1);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	inject(&b, frame, make_ip(frame, 99, "x", 1, 0, 1));
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EAGAIN);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* An ICMP error quotes what we sent: header and eight bytes. */
static void peer_refuses(u8 type, u8 code, u32 rest, const struct iphdr *about)
{
	u8 quote[28];

	memcpy(quote, about, sizeof(quote));
	peer_sends_icmp(type, code, rest, quote, sizeof(quote));
}
TEST(icmp_errors_reach_raw_sockets)
{
	struct iphdr *iph;
	int fd;

	b = bench_up();
	fd = open_raw(99);
	ASSERT_EQ(send_to(fd, PEER, "12345678", 8), 8);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	peer_refuses(ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), 0); /* may pass: not told without IP_RECVERR */
	peer_refuses(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), ENOPROTOOPT);
	peer_refuses(ICMP_PARAMETERPROB, 0, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), EPROTO);
	peer_refuses(ICMP_SOURCE_QUENCH, 0, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), 0);
	set_opt(fd, SOL_IP, IP_RECVERR, 1);
	peer_refuses(ICMP_TIME_EXCEEDED, 0, 0, iph);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EHOSTUNREACH);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), MSG_ERRQUEUE), 8); /* what was sent, as far as it was quoted */
	EXPECT_EQ(memcmp(buf, "12345678", 8), 0);
	peer_refuses(ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(1000), iph);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EMSGSIZE);
	close_fd((unsigned int)fd);
	bench_down(&b);
}

/* --- ping sockets --- */

TEST(a_ping_socket_needs_a_group_that_may)
{
	int *range;

	b = bench_up();
	range = b.net->ipv4->sysctl.ping_group_range;
	range[0] = 1;
	range[1] = 0;
	EXPECT_EQ(sys_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), -EACCES);
	close_fd((unsigned int)open_ping());
	bench_down(&b);
}
TEST(a_ping_socket_owns_its_identifier)
{
	u8 echo[64], reply[64];
	size_t n = icmp(echo, ICMP_ECHO, 0, htonl(0x0fff0001), "data", 4);
	struct sockaddr_in any = at(0), from;
	int fd, second, len = sizeof(from);
	struct icmphdr *h;
	struct iphdr *iph;

	b = bench_up();
	fd = open_ping();
	second = open_ping();
	any.sin_port = htons(700);
	EXPECT_EQ(sys_bind(fd, &any, sizeof(any)), 0);
	EXPECT_EQ(sys_bind(second, &any, sizeof(any)), -EADDRINUSE);
	EXPECT_EQ(send_to(fd, PEER, echo, n), (long)n);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	h = (struct icmphdr *)(iph + 1);
	EXPECT_EQ(ntohs(h->un.echo.id), 700); /* whatever the program wrote there */
	EXPECT_EQ(ntohs(h->un.echo.sequence), 1);
	EXPECT_EQ(csum_fold(csum_partial(h, n, 0)), 0);
	memcpy(reply, h, n);
	peer_sends_icmp(ICMP_ECHOREPLY, 0, h->un.gateway, "data", 4);
	EXPECT_EQ(sys_recvfrom(fd, buf, sizeof(buf), 0, &from, &len), (long)n); /* no IP header */
	EXPECT_EQ(buf[0], ICMP_ECHOREPLY);
	EXPECT_EQ(from.sin_addr.s_addr, PEER);
	peer_sends_icmp(ICMP_ECHOREPLY, 0, htonl(701u << 16), "data", 4);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EAGAIN);
	EXPECT_EQ(send_to(second, PEER, echo, n), (long)n); /* is given an identifier */
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	h = (struct icmphdr *)(iph + 1);
	EXPECT_TRUE(h->un.echo.id && h->un.echo.id != htons(700));
	close_fd((unsigned int)fd);
	close_fd((unsigned int)second);
	bench_down(&b);
}
TEST(what_a_ping_socket_may_not_send)
{
	struct sockaddr_in a = at(PEER), broadcast = at(htonl(0x0a0000ff));
	u8 m[64];
	int fd;

	b = bench_up();
	fd = open_ping();
	EXPECT_EQ(send_to(fd, PEER, m, icmp(m, ICMP_ECHOREPLY, 0, 0, "", 0)), -EINVAL);
	EXPECT_EQ(send_to(fd, PEER, m, icmp(m, ICMP_ECHO, 1, 0, "", 0)), -EINVAL);
	icmp(m, ICMP_ECHO, 0, 0, "", 0);
	EXPECT_EQ(send_to(fd, PEER, m, 7), -EINVAL);
	EXPECT_EQ(send_fd(fd, m, 8, 0), -EDESTADDRREQ);
	EXPECT_EQ(sys_sendto(fd, m, 8, MSG_OOB, &a, sizeof(a)), -EOPNOTSUPP);
	EXPECT_EQ(sys_sendto(fd, m, 8, 0, &a, 8), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, m, 8, 0, &broadcast, sizeof(broadcast)), -EACCES);
	a.sin_family = AF_UNIX;
	EXPECT_EQ(sys_sendto(fd, m, 8, 0, &a, sizeof(a)), -EAFNOSUPPORT);
	EXPECT_TRUE(sent(&b) == NULL);
	a.sin_family = AF_INET;
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
	EXPECT_EQ(send_fd(fd, m, 8, 0), 8);
	EXPECT_TRUE(sent(&b) != NULL);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(icmp_errors_reach_ping_sockets)
{
	struct sockaddr_in a = at(PEER);
	struct iphdr *iph;
	u8 m[64];
	int fd;

	b = bench_up();
	fd = open_ping();
	ASSERT_EQ(send_to(fd, PEER, m, icmp(m, ICMP_ECHO, 0, 0, "", 0)), 8);
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	peer_refuses(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), 0); /* not connected: not told without IP_RECVERR */
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), 0);
	peer_refuses(ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), ENOPROTOOPT);
	peer_refuses(ICMP_TIME_EXCEEDED, 0, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), 0);
	set_opt(fd, SOL_IP, IP_RECVERR, 1);
	peer_refuses(ICMP_TIME_EXCEEDED, 0, 0, iph);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), EHOSTUNREACH);
	EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), MSG_ERRQUEUE), 8);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
