/* tests/unit/net/ipv4/igmp_test.c - multicast groups: joined, reported, asked for, left (RFC 2236), and who hears what
 */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/igmp.h>

#define GROUP htonl(0xe0010203)
#define ALL_HOSTS htonl(0xe0000001)
#define ALL_ROUTERS htonl(0xe0000002)
static struct bench b;
static u8 frame[256], buf[256];

static int open_member(u16 port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_TRUE(fd >= 0);
	set_opt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
static long membership(int fd, int opt, __be32 group, int ifindex)
{
	struct ip_mreqn m = { .imr_multiaddr.s_addr = group, .imr_ifindex = ifindex };

	return sys_setsockopt(fd, SOL_IP, opt, &m, sizeof(m));
}
static long join(int fd) { return membership(fd, IP_ADD_MEMBERSHIP, GROUP, (int)b.nic->dev->ifindex); }
static long leave(int fd) { return membership(fd, IP_DROP_MEMBERSHIP, GROUP, (int)b.nic->dev->ifindex); }
/* The next frame must be that message to that address, as RFC 2236 2 wants it sent. */
static void expect_igmp(u8 type, __be32 to, int line)
{
	struct iphdr *iph = sent(&b);
	const struct igmphdr *ig = iph ? (const struct igmphdr *)((u8 *)iph + 24) : NULL;

	if (!iph || iph->protocol != IPPROTO_IGMP || iph->ihl != 6 || iph->ttl != 1 || iph->daddr != to ||
	    ((u8 *)iph)[20] != IPOPT_RA || ig->type != type || ig->group != GROUP || csum_fold(csum_partial(ig, 8, 0)))
		test_fail(__FILE__, line, false, "no IGMP message %x, but %s", type,
			  iph ? "another packet" : "nothing");
}
static size_t make_igmp(u8 type, u8 code, __be32 group, __be32 to)
{
	struct igmphdr ig = { .type = type, .code = code, .group = group };
	struct iphdr *iph = (struct iphdr *)(frame + 14);
	size_t n;

	ig.csum = (__force __sum16)csum_fold(csum_partial(&ig, sizeof(ig), 0));
	n = make_ip(frame, IPPROTO_IGMP, &ig, sizeof(ig), 0, 1);
	iph->daddr = to;
	ip_send_check(iph);
	memcpy(frame, (const u8[]){ 1, 0, 0x5e, 1, 2, 3 }, 6);
	return n;
}
static void peer_sends_igmp(u8 type, u8 code, __be32 group, __be32 to)
{
	inject(&b, frame, make_igmp(type, code, group, to));
}
static void forget_sent(void)
{
	while (sent(&b))
		;
}
/* The bench is up, and a socket is a member of GROUP whose reports are over. */
static int settled_member(void)
{
	int fd;

	b = bench_up();
	fd = open_member(7000);
	EXPECT_EQ(join(fd), 0);
	host_pass(20 * NSEC_PER_SEC);
	forget_sent();
	return fd;
}

TEST(joining_is_reported_twice_and_leaving_once)
{
	int fd, second;

	b = bench_up();
	fd = open_member(7000);
	second = open_member(7000);
	EXPECT_EQ(join(fd), 0);
	host_settle();
	expect_igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, GROUP, __LINE__);
	EXPECT_EQ(join(fd), -EADDRINUSE);
	EXPECT_EQ(join(second), 0); /* the device is a member already: nothing is said */
	EXPECT_TRUE(sent(&b) == NULL);
	host_pass(10 * NSEC_PER_SEC);
	expect_igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, GROUP, __LINE__); /* in case the first was lost */
	host_pass(100 * NSEC_PER_SEC);
	EXPECT_TRUE(sent(&b) == NULL);
	EXPECT_EQ(leave(fd), 0);
	EXPECT_EQ(leave(fd), -EADDRNOTAVAIL);
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)second); /* leaves, too */
	host_settle();
	expect_igmp(IGMP_HOST_LEAVE_MESSAGE, ALL_ROUTERS, __LINE__);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(what_cannot_be_joined)
{
	struct in_addr alone = { GROUP };
	int fd, stream;

	b = bench_up();
	fd = open_member(7000);
	stream = (int)sys_socket(AF_INET, SOCK_STREAM, 0);
	EXPECT_EQ(membership(fd, IP_ADD_MEMBERSHIP, PEER, 0), -EINVAL);
	EXPECT_EQ(membership(fd, IP_ADD_MEMBERSHIP, GROUP, 99), -ENODEV);
	EXPECT_EQ(membership(fd, IP_ADD_MEMBERSHIP, GROUP, 0), -ENODEV); /* no route to it */
	EXPECT_EQ(membership(fd, IP_DROP_MEMBERSHIP, GROUP, 99), -ENODEV);
	EXPECT_EQ(membership(stream, IP_ADD_MEMBERSHIP, GROUP, 2), -EPROTO);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, &alone, sizeof(alone)), -EINVAL);
	for (u32 i = 0; i < 20; i++)
		EXPECT_EQ(membership(fd, IP_ADD_MEMBERSHIP, htonl(0xe0020000 + i), (int)b.nic->dev->ifindex), 0);
	EXPECT_EQ(join(fd), -ENOBUFS); /* net.ipv4.igmp_max_memberships */
	close_fd((unsigned int)fd);
	close_fd((unsigned int)stream);
	bench_down(&b);
}
TEST(a_query_is_answered_within_its_time_unless_another_member_is_first)
{
	int fd = settled_member();

	peer_sends_igmp(IGMP_HOST_MEMBERSHIP_QUERY, 30, 0, ALL_HOSTS); /* all groups, within 3 s */
	host_pass(3 * NSEC_PER_SEC);
	expect_igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, GROUP, __LINE__);
	peer_sends_igmp(IGMP_HOST_MEMBERSHIP_QUERY, 30, htonl(0xe0010204), htonl(0xe0010204)); /* another group */
	host_pass(20 * NSEC_PER_SEC);
	EXPECT_TRUE(sent(&b) == NULL);
	peer_sends_igmp(IGMP_HOST_MEMBERSHIP_QUERY, 0, GROUP, GROUP); /* of version 1: ten seconds */
	host_pass(10 * NSEC_PER_SEC);
	expect_igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, GROUP, __LINE__);
	peer_sends_igmp(IGMP_HOST_MEMBERSHIP_QUERY, 255, GROUP, GROUP);
	peer_sends_igmp(IGMPV2_HOST_MEMBERSHIP_REPORT, 0, GROUP, GROUP);
	host_pass(30 * NSEC_PER_SEC);
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)fd); /* the last report was another's: RFC 2236 3 lets us go in silence */
	host_settle();
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}
TEST(a_damaged_query_is_dropped)
{
	struct igmphdr ig = { .type = IGMP_HOST_MEMBERSHIP_QUERY, .csum = 1 };
	int fd = settled_member();

	inject(&b, frame, make_ip(frame, IPPROTO_IGMP, &ig, sizeof(ig), 0, 1));
	inject(&b, frame, make_ip(frame, IPPROTO_IGMP, &ig, 7, 0, 1));
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_PKT_TOO_SMALL), 2u);
	host_pass(20 * NSEC_PER_SEC);
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
static void peer_sends_group_datagram(void)
{
	struct iphdr *iph = (struct iphdr *)(frame + 14);
	u8 udp[32];
	size_t n = make_udp(udp, 9, 7000, "m", 1);

	((struct udphdr *)udp)->check = 0;
	n = make_ip(frame, IPPROTO_UDP, udp, n, 0, 1);
	iph->daddr = GROUP;
	ip_send_check(iph);
	memcpy(frame, (const u8[]){ 1, 0, 0x5e, 1, 2, 3 }, 6);
	inject(&b, frame, n);
}
TEST(only_members_hear_and_each_of_them_does)
{
	int member, second, other;

	b = bench_up();
	member = open_member(7000);
	second = open_member(7000);
	other = open_member(7001);
	peer_sends_group_datagram();
	EXPECT_EQ(recv_fd(member, buf, sizeof(buf), 0), -EAGAIN); /* nobody here is a member */
	EXPECT_EQ(join(member), 0);
	EXPECT_EQ(join(second), 0);
	EXPECT_EQ(join(other), 0);
	peer_sends_group_datagram();
	EXPECT_EQ(recv_fd(member, buf, sizeof(buf), 0), 1);
	EXPECT_EQ(recv_fd(second, buf, sizeof(buf), 0), 1);
	EXPECT_EQ(recv_fd(other, buf, sizeof(buf), 0), -EAGAIN); /* another port */
	EXPECT_EQ(leave(member), 0);
	EXPECT_EQ(leave(other), 0);
	peer_sends_group_datagram();
	EXPECT_EQ(recv_fd(second, buf, sizeof(buf), 0), 1);
	close_fd((unsigned int)member);
	close_fd((unsigned int)second);
	close_fd((unsigned int)other);
	bench_down(&b);
}
TEST(where_a_datagram_to_a_group_goes)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7000), .sin_addr.s_addr = GROUP };
	struct in_addr us = { US }, nobody = { htonl(0x0a000063) };
	struct iphdr *iph;
	int fd, member;

	b = bench_up();
	fd = open_member(7002);
	member = open_member(7000);
	EXPECT_EQ(join(member), 0);
	host_settle();
	forget_sent();
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), -ENETUNREACH);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &nobody, sizeof(nobody)), -EADDRNOTAVAIL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &us, sizeof(us)), 0);
	EXPECT_EQ(get_opt(fd, SOL_IP, IP_MULTICAST_IF), (int)US);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), 1);
	host_settle();
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(iph->ttl, 1);
	EXPECT_EQ(memcmp(b.last->data, (const u8[]){ 1, 0, 0x5e, 1, 2, 3 }, 6), 0); /* RFC 1112 6.4 */
	EXPECT_EQ(recv_fd(member, buf, sizeof(buf), 0), 1); /* IP_MULTICAST_LOOP */
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_MULTICAST_LOOP, 0), 0);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), 1);
	host_settle();
	EXPECT_TRUE(sent(&b) != NULL);
	EXPECT_EQ(recv_fd(member, buf, sizeof(buf), 0), -EAGAIN);
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_MULTICAST_TTL, 0), 0); /* stays in this host */
	EXPECT_EQ(set_opt(fd, SOL_IP, IP_MULTICAST_LOOP, 1), 0);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &to, sizeof(to)), 1);
	host_settle();
	EXPECT_TRUE(sent(&b) == NULL);
	EXPECT_EQ(recv_fd(member, buf, sizeof(buf), 0), 1);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)member);
	bench_down(&b);
}
static int ask_all_the_time(void *stop)
{
	size_t n = make_igmp(IGMP_HOST_MEMBERSHIP_QUERY, 1, 0, ALL_HOSTS);

	while (!*(volatile bool *)stop) {
		sim_nic_inject(b.nic, frame, n);
		sched_yield_current();
	}
	return 0;
}
/* One CPU walks the groups and arms their timers while another takes them out of the list. */
TEST(queries_while_groups_are_left)
{
	bool stop = false;
	struct task_struct *t;

	host_set_cpus(4);
	b = bench_up();
	t = host_spawn(ask_all_the_time, &stop, "router");
	for (int round = 0; round < 500; round++) {
		int fd = open_member(7000);

		for (u32 i = 0; i < 8; i++)
			membership(fd, IP_ADD_MEMBERSHIP, htonl(0xe0020000 + i), (int)b.nic->dev->ifindex);
		sched_yield_current();
		close_fd((unsigned int)fd);
		forget_sent();
	}
	stop = true;
	host_join(t);
	host_pass(NSEC_PER_SEC);
	bench_down(&b);
}
