/* tests/unit/net/netlink/netlink_test.c - requests of programs that mean no good, and dumps */
#include "net/netlink/internal.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

static struct socket *open_route(struct net *net)
{
	struct socket *s = NULL;

	ASSERT_EQ(sock_create_kern(net, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &s), 0);
	return s;
}

static ssize_t tell(struct socket *s, const void *data, size_t len)
{
	struct kvec v = { (void *)data, len };
	struct msghdr_kern m = { 0 };

	iov_iter_kvec(&m.msg_iter, true, &v, 1, len);
	return s->ops->sendmsg(s, &m, len);
}

static ssize_t hear(struct socket *s, void *buf, size_t len) { return receive(s, buf, len, NULL); }

/* Reads all that waits; how many messages of the type, the end of a dump counted as seen. */
static int count(struct socket *s, u16 type, bool *done)
{
	static u8 buf[65536];
	ssize_t n;
	int found = 0;

	*done = false;
	while ((n = hear(s, buf, sizeof(buf))) > 0)
		for (struct nlmsghdr *h = (struct nlmsghdr *)buf; NLMSG_OK(h, (u32)n); h = NLMSG_NEXT(h, n)) {
			found += h->nlmsg_type == type;
			*done |= h->nlmsg_type == NLMSG_DONE;
		}
	return found;
}

static struct nlmsghdr header(u32 len, u16 type, u16 flags)
{
	return (struct nlmsghdr){ .nlmsg_len = len, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags };
}

TEST(links_are_dumped)
{
	struct bench b = bench_up();
	struct socket *s = open_route(b.net);
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} rq = { header(NLMSG_LENGTH(1), RTM_GETLINK, NLM_F_DUMP), { 0 } };
	bool done;

	EXPECT_EQ(tell(s, &rq, sizeof(rq)), (ssize_t)sizeof(rq));
	EXPECT_EQ(count(s, RTM_NEWLINK, &done), 2);
	EXPECT_TRUE(done);
	sock_release(s);
	bench_down(&b);
}

/* 300 addresses do not fit into one part: each is told once, and the program may stop reading in between. */
TEST(a_long_dump_comes_in_parts)
{
	struct bench b = bench_up();
	struct socket *s = open_route(b.net), *lazy = open_route(b.net);
	struct {
		struct nlmsghdr h;
		struct rtgenmsg g;
	} rq = { header(NLMSG_LENGTH(1), RTM_GETADDR, NLM_F_DUMP), { AF_INET } };
	u8 some[100];
	bool done;

	for (u32 i = 0; i < 300; i++)
		ASSERT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a100000 + (i << 8) + 1), 24), 0);
	tell(s, &rq, sizeof(rq));
	EXPECT_LT(s->sk->sk_receive_queue.next->len, 4096u);
	EXPECT_EQ(count(s, RTM_NEWADDR, &done), 302);
	EXPECT_TRUE(done);
	tell(lazy, &rq, sizeof(rq));
	EXPECT_EQ(hear(lazy, some, sizeof(some)), 100);
	sock_release(s);
	sock_release(lazy);
	bench_down(&b);
}

static u32 ack_error(struct socket *s)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		u8 rest[4096];
	} a;
	ssize_t n = hear(s, &a, sizeof(a));

	return n < (ssize_t)NLMSG_LENGTH(sizeof(a.e)) || a.h.nlmsg_type != NLMSG_ERROR ? 9999 : (u32)-a.e.error;
}

TEST(lengths_that_lie)
{
	struct bench b = bench_up();
	struct socket *s = open_route(b.net);
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
		struct nlattr a;
		u8 v[4];
	} rq = { header(sizeof(rq), RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE),
		 { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = b.nic->dev->ifindex },
		 { 8, IFA_LOCAL },
		 { 10, 0, 7, 1 } };

	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), 0u);
	rq.a.nla_len = 9;
	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), (u32)EINVAL);
	rq.a.nla_len = 3;
	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), (u32)EINVAL);
	rq.a.nla_len = 6; /* two bytes of an address */
	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), (u32)ERANGE);
	rq.a.nla_len = 8;
	rq.h.nlmsg_len = sizeof(rq) + 1;
	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), 9999u);
	rq.h.nlmsg_len = NLMSG_HDRLEN + 4; /* the header of an address ends before its index */
	tell(s, &rq, sizeof(rq));
	EXPECT_EQ(ack_error(s), (u32)EINVAL);
	sock_release(s);
	bench_down(&b);
}

/* Whatever bytes come, they are answered or passed over; the sanitizers watch. */
TEST(random_messages_do_no_harm)
{
	struct bench b = bench_up();
	struct socket *s = open_route(b.net);
	static const u16 types[] = { RTM_NEWLINK,  RTM_GETLINK,	 RTM_SETLINK,  RTM_NEWADDR,  RTM_DELADDR,
				     RTM_GETADDR,  RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE, RTM_NEWNEIGH,
				     RTM_DELNEIGH, RTM_GETNEIGH, RTM_GETRULE };
	static u8 msg[400], in[65536];

	for (int i = 0; i < 5000; i++) {
		struct nlmsghdr *h = (struct nlmsghdr *)msg;
		u32 len = NLMSG_HDRLEN + (u32)(host_random() % 300);

		for (u32 j = 0; j < sizeof(msg); j++)
			msg[j] = host_random() % 3 ? (u8)(host_random() % 9) : (u8)host_random();
		*h = header(len, types[host_random() % ARRAY_SIZE(types)], (u16)(host_random() & 0x0f04));
		msg[NLMSG_HDRLEN] = host_random() & 1 ? AF_INET : 0;
		tell(s, msg, len);
		while (hear(s, in, sizeof(in)) > 0)
			;
	}
	sock_release(s);
	bench_down(&b);
}

TEST(a_listener_that_does_not_read_hears_of_its_loss)
{
	struct bench b = bench_up();
	struct socket *s = open_route(b.net);
	u8 buf[4096];
	ssize_t n;

	netlink_set_groups(nlk_sk(s->sk), BIT(RTNLGRP_IPV4_IFADDR - 1));
	s->sk->sk_rcvbuf = SOCK_MIN_RCVBUF;
	for (u32 i = 0; i < 20; i++)
		inet_addr_add(b.nic->dev, htonl(0x0a100000 + (i << 8) + 1), 24);
	EXPECT_EQ(hear(s, buf, sizeof(buf)), -ENOBUFS);
	EXPECT_GT(atomic_read(&s->sk->sk_drops), 0);
	n = hear(s, buf, sizeof(buf));
	EXPECT_GT(n, 0);
	EXPECT_EQ(((struct nlmsghdr *)buf)->nlmsg_type, RTM_NEWADDR);
	sock_release(s);
	bench_down(&b);
}
