/* tests/unit/net/netlink/socket_test.c - sockets of AF_NETLINK: names, messages to programs, options, answers */
#include "kernel/process/process.h"
#include "lib/printf.h"
#include "tests/unit/net/calls.h"
#include "tests/unit/net/netlink/nl.h"
#include <linux/if_addr.h>

u64 sock_i_ino(const struct sock *sk);

static struct cred plain;
static const struct cred *root;
static void drop_privilege(bool drop)
{
	root = root ? root : current->cred;
	plain = *root;
	plain.cap_effective = 0;
	current->cred = drop ? &plain : root;
}

/* --- names --- */

static int open_fd(int protocol)
{
	int fd = (int)sys_socket(AF_NETLINK, SOCK_RAW, protocol);

	ASSERT_TRUE(fd >= 0);
	return fd;
}
static struct sockaddr_nl at(u32 portid, u32 groups)
{
	return (struct sockaddr_nl){ .nl_family = AF_NETLINK, .nl_pid = portid, .nl_groups = groups };
}
static long bind_fd(int fd, u32 portid, u32 groups)
{
	struct sockaddr_nl a = at(portid, groups);

	return sys_bind(fd, &a, sizeof(a));
}
static struct sockaddr_nl name_of(int fd, bool peer)
{
	struct sockaddr_nl a;
	int len = sizeof(a);

	EXPECT_EQ(peer ? sys_getpeername(fd, &a, &len) : sys_getsockname(fd, &a, &len), 0);
	EXPECT_EQ(len, (int)sizeof(a));
	EXPECT_EQ(a.nl_family, AF_NETLINK);
	return a;
}
TEST(kinds_of_sockets)
{
	test_net();
	EXPECT_EQ(sys_socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), -ESOCKTNOSUPPORT);
	EXPECT_EQ(sys_socket(AF_NETLINK, SOCK_RAW, 31), -EPROTONOSUPPORT);
	close_fd((unsigned int)open_fd(NETLINK_SOCK_DIAG));
}
TEST(a_socket_takes_its_process_number_and_the_next_takes_another)
{
	int a, b, c;
	u32 mine = (u32)current->tgid, others;

	test_net();
	a = open_fd(NETLINK_ROUTE), b = open_fd(NETLINK_ROUTE), c = open_fd(NETLINK_SOCK_DIAG);
	EXPECT_EQ(name_of(a, false).nl_pid, 0u);
	EXPECT_EQ(bind_fd(a, 0, 0), 0);
	EXPECT_EQ(name_of(a, false).nl_pid, mine);
	EXPECT_EQ(bind_fd(b, mine, 0), -EADDRINUSE);
	EXPECT_EQ(bind_fd(b, 0, 0), 0);
	others = name_of(b, false).nl_pid;
	EXPECT_GE(others, 0x80000000u);
	EXPECT_EQ(bind_fd(b, 0, 0), 0); /* as it is */
	EXPECT_EQ(bind_fd(b, others, 0), 0);
	EXPECT_EQ(bind_fd(b, others + 1, 0), -EINVAL); /* a name for life */
	EXPECT_EQ(bind_fd(c, mine, 0), 0); /* each protocol has its own */
	close_fd((unsigned int)a);
	a = open_fd(NETLINK_ROUTE);
	EXPECT_EQ(bind_fd(a, mine, 0), 0);
	close_fd((unsigned int)a);
	close_fd((unsigned int)b);
	close_fd((unsigned int)c);
}
TEST(names_that_are_none)
{
	struct sockaddr_nl a = at(5, 0);
	int fd;

	test_net();
	fd = open_fd(NETLINK_ROUTE);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a) - 1), -EINVAL);
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a) - 1), -EINVAL);
	a.nl_family = AF_INET;
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), -EINVAL);
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), -EINVAL);
	EXPECT_EQ(sys_listen(fd, 1), -EOPNOTSUPP);
	EXPECT_EQ(sys_shutdown(fd, 1), -EOPNOTSUPP);
	close_fd((unsigned int)fd);
}

/* --- messages to other programs --- */

static long send_to(int fd, u32 portid, u32 groups, const void *data, size_t n)
{
	struct sockaddr_nl a = at(portid, groups);

	return sys_sendto(fd, (void *)data, n, 0, &a, sizeof(a));
}
TEST(a_message_to_another_program)
{
	struct sockaddr_nl from, short_name = at(0, 0);
	static u8 big[300000];
	int a, b, len = sizeof(from);
	char in[16];

	test_net();
	a = open_fd(NETLINK_ROUTE), b = open_fd(NETLINK_ROUTE);
	EXPECT_EQ(bind_fd(a, 700, 0), 0);
	EXPECT_EQ(bind_fd(b, 800, 0), 0);
	EXPECT_EQ(send_to(a, 800, 0, "hello", 5), 5);
	EXPECT_EQ(sys_recvfrom(b, in, sizeof(in), MSG_DONTWAIT, &from, &len), 5);
	EXPECT_EQ(memcmp(in, "hello", 5), 0);
	EXPECT_EQ(from.nl_pid, 700u);
	EXPECT_EQ(from.nl_groups, 0u);
	EXPECT_EQ(send_to(a, 900, 0, "x", 1), -ECONNREFUSED);
	EXPECT_EQ(send_to(a, 0, 1, "x", 1), -EOPNOTSUPP); /* to groups of programs: absent */
	EXPECT_EQ(sys_sendto(a, in, 1, 0, &short_name, 8), -EINVAL);
	EXPECT_EQ(sys_sendto(a, in, 1, MSG_OOB, NULL, 0), -EOPNOTSUPP);
	EXPECT_EQ(recv_fd(a, in, 1, MSG_OOB), -EOPNOTSUPP);
	EXPECT_EQ(send_to(a, 800, 0, big, sizeof(big)), -EMSGSIZE);
	EXPECT_EQ(set_opt(b, SOL_SOCKET, SO_RCVBUF, 0), 0); /* the least there is */
	for (len = 0; len < 100 && send_to(a, 800, 0, "x", 1) == 1; len++)
		;
	EXPECT_GT(len, 0);
	EXPECT_EQ(send_to(a, 800, 0, "x", 1), -EAGAIN);
	drop_privilege(true);
	EXPECT_EQ(send_to(a, 800, 0, "x", 1), -EPERM);
	EXPECT_EQ(send_to(a, 0, 1, "x", 1), -EPERM);
	drop_privilege(false);
	close_fd((unsigned int)a);
	close_fd((unsigned int)b);
}
TEST(a_socket_connected_to_a_program)
{
	struct sockaddr_nl to = at(800, 0), none = { .nl_family = AF_UNSPEC };
	int a, b;
	char in[16];

	test_net();
	a = open_fd(NETLINK_ROUTE), b = open_fd(NETLINK_ROUTE);
	EXPECT_EQ(bind_fd(b, 800, 0), 0);
	EXPECT_EQ(sys_connect(a, &to, sizeof(to)), 0);
	EXPECT_EQ(name_of(a, false).nl_pid, (u32)current->tgid); /* it has a name now */
	EXPECT_EQ(name_of(a, true).nl_pid, 800u);
	EXPECT_EQ(send_fd(a, "x", 1, 0), 1);
	EXPECT_EQ(recv_fd(b, in, sizeof(in), 0), 1);
	EXPECT_EQ(sys_connect(a, &none, sizeof(none)), 0);
	EXPECT_EQ(name_of(a, true).nl_pid, 0u);
	drop_privilege(true);
	EXPECT_EQ(sys_connect(a, &to, sizeof(to)), -EPERM);
	to.nl_pid = 0; /* the kernel is for everybody */
	EXPECT_EQ(sys_connect(a, &to, sizeof(to)), 0);
	drop_privilege(false);
	close_fd((unsigned int)a);
	close_fd((unsigned int)b);
}

/* --- options --- */

TEST(options_of_level_netlink)
{
	static const int flags[] = { NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS, NETLINK_CAP_ACK,
				     NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK };
	int fd, v = 1, len = 2;

	test_net();
	fd = open_fd(NETLINK_ROUTE);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(get_opt(fd, SOL_NETLINK, flags[i]), 0);
		EXPECT_EQ(set_opt(fd, SOL_NETLINK, flags[i], 77), 0);
		for (size_t j = 0; j < ARRAY_SIZE(flags); j++)
			EXPECT_EQ(get_opt(fd, SOL_NETLINK, flags[j]), j <= i); /* each has a place of its own */
	}
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 0), 0);
	EXPECT_EQ(get_opt(fd, SOL_NETLINK, NETLINK_CAP_ACK), 0);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, 99, 1), -ENOPROTOOPT);
	EXPECT_EQ(get_opt(fd, SOL_NETLINK, 99), -ENOPROTOOPT);
	EXPECT_EQ(get_opt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP), -ENOPROTOOPT);
	EXPECT_EQ(set_opt(fd, SOL_TCP, NETLINK_CAP_ACK, 1), -ENOPROTOOPT);
	EXPECT_EQ(get_opt(fd, SOL_TCP, NETLINK_CAP_ACK), -ENOPROTOOPT);
	EXPECT_EQ(sys_setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &v, 3), -EINVAL);
	EXPECT_EQ(sys_getsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, (char *)&v, &len), -EINVAL);
	len = -1;
	EXPECT_EQ(sys_getsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, (char *)&v, &len), -EINVAL);
	len = 4;
	host_fail_user_copy(1);
	EXPECT_EQ(sys_setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &v, 4), -EFAULT);
	for (size_t n = 1; n <= 3; n++) { /* the length in, the value, the length out */
		host_fail_user_copy(n);
		EXPECT_EQ(sys_getsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, (char *)&v, &len), -EFAULT);
	}
	host_fail_user_copy(0);
	close_fd((unsigned int)fd);
}
static u64 memberships(int fd, int room, int *len)
{
	u64 v = 0;

	*len = room;
	EXPECT_EQ(sys_getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, (char *)&v, len), 0);
	return v;
}
/* bind() sets the first 32 groups and leaves the others; the options change one. */
TEST(groups_are_joined_and_left)
{
	int fd, len;

	test_net();
	fd = open_fd(NETLINK_ROUTE);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 0), -EINVAL);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 65), -EINVAL);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 33), 0);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH), 0);
	EXPECT_EQ(memberships(fd, 8, &len), 0x100000004ull);
	EXPECT_EQ(len, 8);
	EXPECT_EQ(bind_fd(fd, 0, RTMGRP_LINK), 0);
	EXPECT_EQ(memberships(fd, 8, &len), 0x100000001ull);
	EXPECT_EQ(name_of(fd, false).nl_groups, RTMGRP_LINK);
	EXPECT_EQ(memberships(fd, 6, &len), 1u); /* whole words, as they fit */
	EXPECT_EQ(len, 8); /* how much there would be */
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, 33), 0);
	EXPECT_EQ(set_opt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, 33), 0);
	EXPECT_EQ(memberships(fd, 8, &len), 1u);
	close_fd((unsigned int)fd);
}
/* A group is told in the address while it has a bit there, and by NETLINK_PKTINFO as a number. */
TEST(the_group_of_a_notification)
{
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);
	struct { struct cmsghdr_kern h; struct nl_pktinfo info; } c = { 0 };
	struct sockaddr_storage name;
	struct msghdr_kern m = { .msg_name = &name, .msg_control = &c, .msg_controllen = sizeof(c) };
	struct kvec v = { nl_in, sizeof(nl_in) };

	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_ROUTE), 0);
	EXPECT_EQ(nl_set(s, NETLINK_PKTINFO, 1), 0);
	EXPECT_EQ(inet_route_add(b.net, htonl(0x0a090000), 16, PEER, NULL, 0), 0);
	iov_iter_kvec(&m.msg_iter, false, &v, 1, sizeof(nl_in));
	EXPECT_GT(s->ops->recvmsg(s, &m, sizeof(nl_in), MSG_DONTWAIT), 0);
	EXPECT_EQ(((struct sockaddr_nl *)&name)->nl_pid, 0u);
	EXPECT_EQ(((struct sockaddr_nl *)&name)->nl_groups, RTMGRP_IPV4_ROUTE);
	EXPECT_EQ(c.h.cmsg_level, SOL_NETLINK);
	EXPECT_EQ(c.h.cmsg_type, NETLINK_PKTINFO);
	EXPECT_EQ(c.info.group, (u32)RTNLGRP_IPV4_ROUTE);
	sock_release(s);
	bench_down(&b);
}
TEST(a_listener_that_does_not_want_to_hear_of_its_loss)
{
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);

	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_IFADDR), 0);
	EXPECT_EQ(nl_set(s, NETLINK_NO_ENOBUFS, 1), 0);
	s->sk->sk_rcvbuf = SOCK_MIN_RCVBUF;
	for (u32 i = 0; i < 20; i++)
		inet_addr_add(b.nic->dev, htonl(0x0a100000 + (i << 8) + 1), 24);
	EXPECT_GT(atomic_read(&s->sk->sk_drops), 0);
	EXPECT_TRUE(nl_next(s) != NULL);
	sock_release(s);
	bench_down(&b);
}

/* --- acknowledgements and requests --- */

/* A wrong request comes back whole, unless the program asked for less; a good one never does (Linux). */
TEST(what_an_acknowledgement_has)
{
	struct net *net = test_net();
	struct socket *s = nl_open(net, NETLINK_ROUTE);
	u8 wrong[40] = { 1, 2, 3 };
	const struct nlmsgerr *e;
	const struct nlmsghdr *h;

	for (int capped = 0; capped <= 1; capped++) {
		EXPECT_EQ(nl_set(s, NETLINK_CAP_ACK, (u32)capped), 0);
		nl_begin(77, NLM_F_ACK, wrong, sizeof(wrong));
		nl_tell(s);
		h = nl_next(s);
		ASSERT_TRUE(h && h->nlmsg_type == NLMSG_ERROR);
		e = (const struct nlmsgerr *)(h + 1);
		EXPECT_EQ(e->error, -EOPNOTSUPP);
		EXPECT_EQ(h->nlmsg_flags, capped ? NLM_F_CAPPED : 0);
		EXPECT_EQ(h->nlmsg_len, NLMSG_HDRLEN + sizeof(*e) + (capped ? 0 : sizeof(wrong)));
		EXPECT_EQ(memcmp(&e->msg, &nl_rq.h, capped ? sizeof(e->msg) : nl_rq.h.nlmsg_len), 0);
	}
	EXPECT_EQ(nl_set(s, NETLINK_CAP_ACK, 0), 0);
	nl_begin(NLMSG_NOOP, NLM_F_ACK, wrong, sizeof(wrong)); /* nothing to do, and it is done */
	nl_tell(s);
	h = nl_next(s);
	ASSERT_TRUE(h && h->nlmsg_type == NLMSG_ERROR);
	EXPECT_EQ(((const struct nlmsgerr *)(h + 1))->error, 0);
	EXPECT_EQ(h->nlmsg_flags, NLM_F_CAPPED);
	EXPECT_EQ(h->nlmsg_len, NLMSG_HDRLEN + sizeof(*e));
	EXPECT_TRUE(!nl_next(s));
	sock_release(s);
}
/* Errnos are those of Linux 6.18. -1: not a word. */
TEST(requests_of_unusual_types)
{
	static const struct { u16 type, flags; u32 len; int err; } rows[] = {
		{ 200, 0, 16, EOPNOTSUPP }, { RTM_MAX + 1, 0, 16, EOPNOTSUPP }, { RTM_SETLINK + 4, 0, 16, EOPNOTSUPP },
		{ RTM_GETLINK, NLM_F_ACK, 0, 0 },  /* not even a family: nothing is done */
		{ RTM_NEWLINK, NLM_F_ACK, 0, 0 },  { RTM_GETRULE, 0, 16, EOPNOTSUPP },
		{ RTM_GETTFILTER, NLM_F_DUMP, 20, EOPNOTSUPP }, /* there are no such things here */
		{ NLMSG_DONE, 0, 4, -1 },
	};
	struct net *net = test_net();
	struct socket *s = nl_open(net, NETLINK_ROUTE);
	u8 body[32] = { AF_INET };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err;

		nl_begin(rows[i].type, rows[i].flags, body, rows[i].len);
		nl_in_at = nl_in_len = 0;
		nl_tell(s);
		err = nl_errno(nl_next(s));
		if (err != rows[i].err)
			test_fail(__FILE__, __LINE__, false, "row %zu: %d, not %d", i, err, rows[i].err);
	}
	nl_begin(77, 0, body, 16);
	nl_rq.h.nlmsg_flags = NLM_F_ACK; /* not a request: acknowledged, not served */
	nl_tell(s);
	EXPECT_EQ(nl_errno(nl_next(s)), 0);
	EXPECT_TRUE(!nl_next(s));
	sock_release(s);
}
TEST(who_may_change_and_who_may_only_look)
{
	static const u16 changes[] = { RTM_NEWLINK, RTM_DELLINK, RTM_SETLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE,
				       RTM_DELROUTE, RTM_NEWNEIGH, RTM_DELNEIGH, RTM_NEWRULE, RTM_DELRULE };
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);
	u8 body[32] = { AF_INET };

	drop_privilege(true);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		nl_begin(changes[i], 0, body, sizeof(body));
		EXPECT_EQ(nl_ask(s), EPERM);
	}
	nl_begin(RTM_GETADDR, 0, &(struct rtgenmsg){ AF_INET }, 1);
	EXPECT_EQ(nl_dump(s, RTM_NEWADDR, NULL), 2);
	drop_privilege(false);
	sock_release(s);
	bench_down(&b);
}
TEST(several_requests_in_one_send)
{
	struct net *net = test_net();
	struct socket *s = nl_open(net, NETLINK_ROUTE);
	u8 all[96];

	nl_begin(77, NLM_F_ACK, "123", 3); /* 19 bytes: the next begins at 20 */
	memcpy(all, &nl_rq, 20);
	nl_begin(NLMSG_NOOP, NLM_F_ACK, "", 0);
	memcpy(all + 20, &nl_rq, 16);
	memcpy(all + 36, &nl_rq, 16);
	EXPECT_EQ(nl_send(s, all, 52), 52);
	EXPECT_EQ(nl_errno(nl_next(s)), EOPNOTSUPP);
	EXPECT_EQ(nl_errno(nl_next(s)), 0);
	EXPECT_EQ(nl_errno(nl_next(s)), 0);
	EXPECT_TRUE(!nl_next(s));
	((struct nlmsghdr *)(all + 20))->nlmsg_len = 15; /* what follows a length that cannot be is nothing */
	EXPECT_EQ(nl_send(s, all, 52), 52);
	EXPECT_EQ(nl_errno(nl_next(s)), EOPNOTSUPP);
	EXPECT_TRUE(!nl_next(s));
	sock_release(s);
}

/* --- dumps --- */

TEST(one_dump_at_a_time)
{
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);
	const struct nlmsghdr *h;
	int n = 0, busy = 0;

	for (u32 i = 0; i < 100; i++)
		ASSERT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a100000 + (i << 8) + 1), 24), 0);
	nl_begin(RTM_GETADDR, NLM_F_DUMP, &(struct rtgenmsg){ AF_INET }, 1);
	nl_tell(s);
	nl_tell(s);
	while ((h = nl_next(s)) && h->nlmsg_type != NLMSG_DONE) {
		busy += h->nlmsg_type == NLMSG_ERROR && ((const struct nlmsgerr *)(h + 1))->error == -EBUSY;
		n += h->nlmsg_type == RTM_NEWADDR;
	}
	EXPECT_EQ(n, 102);
	EXPECT_EQ(busy, 1);
	EXPECT_TRUE(!nl_next(s));
	EXPECT_EQ(nl_dump(s, RTM_NEWADDR, NULL), 102); /* the next may begin */
	sock_release(s);
	bench_down(&b);
}
/* Of IPv6 there is nothing to tell; of no family in particular, what all have. */
TEST(dumps_by_family)
{
	static const struct { u16 ask, hear; u8 family; int n; } rows[] = {
		{ RTM_GETADDR, RTM_NEWADDR, AF_UNSPEC, 2 }, { RTM_GETADDR, RTM_NEWADDR, AF_INET6, 0 },
		{ RTM_GETNEIGH, RTM_NEWNEIGH, AF_UNSPEC, 1 }, { RTM_GETROUTE, RTM_NEWROUTE, AF_INET6, 0 },
		{ RTM_GETLINK, RTM_NEWLINK, AF_INET, 2 }, /* links have no family */
	};
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		nl_begin(rows[i].ask, 0, &(struct rtgenmsg){ rows[i].family }, 1);
		EXPECT_EQ(nl_dump(s, rows[i].hear, NULL), rows[i].n);
	}
	sock_release(s);
	bench_down(&b);
}

/* --- /proc --- */

TEST(proc_net_netlink)
{
	struct net *net = test_net();
	struct socket *s = nl_open(net, NETLINK_ROUTE), *d = nl_open(net, NETLINK_SOCK_DIAG);
	static char text[1024], want[512];

	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH), 0);
	nl_begin(NLMSG_NOOP, NLM_F_ACK, "", 0);
	nl_tell(s);
	atomic_set(&s->sk->sk_drops, 3);
	ASSERT_GT(host_proc_read(net, "net/netlink", text, sizeof(text)), 0);
	snprintf(want, sizeof(want),
		 "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
		 "%016llx 0   %-10u 00000004 %-8d 0        0     1        3        %-8llu\n"
		 "%016llx 4   0          00000000 0        0        0     1        0        %-8llu\n",
		 (unsigned long long)(uintptr_t)s->sk, (u32)current->tgid, sk_rmem_alloc_get(s->sk),
		 (unsigned long long)sock_i_ino(s->sk), (unsigned long long)(uintptr_t)d->sk,
		 (unsigned long long)sock_i_ino(d->sk));
	EXPECT_STREQ(text, want);
	EXPECT_GT(sk_rmem_alloc_get(s->sk), 36);
	sock_release(s);
	sock_release(d);
}
