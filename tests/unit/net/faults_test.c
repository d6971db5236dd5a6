/* tests/unit/net/faults_test.c - each allocation and each user copy of a scenario fails once, in turn
 *
 * A scenario may end early or do less; it may not crash, hang, leak (the harness looks) or leave the stack unusable:
 * after each failure the same stack must serve the scenario whole once more, which tells by returning true.
 */
#include "net/netlink/netlink.h"
#include "net/socket/socket.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"
#include <asm/fcntl.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/rtnetlink.h>

static u8 buf[20000];

typedef bool scenario(struct two_hosts *w);

/* n: the fault that is armed; they are counted down by arm's service. */
static void each_fails(scenario *run, void (*arm)(size_t nth), size_t (*armed)(void))
{
	struct two_hosts w;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	EXPECT_TRUE(run(&w));
	for (size_t n = 1; n < 2000 && !test_has_failed(); n++) {
		bool used_up;

		arm(n);
		run(&w);
		used_up = !armed();
		arm(0);
		host_pass(20 * NSEC_PER_SEC); /* what the failure delayed */
		if (!run(&w))
			test_fail(__FILE__, __LINE__, false, "after fault %lu nothing works", (unsigned long)n);
		if (!used_up)
			break; /* the scenario has no nth */
	}
	two_hosts_stop(&w);
}
static void fail_alloc(size_t nth) { host_fail_alloc(nth, false); }
static void allocations(scenario *run) { each_fails(run, fail_alloc, host_fail_alloc_left); }
static void user_copies(scenario *run) { each_fails(run, host_fail_user_copy, host_fail_user_copy_left); }

static struct socket *open(struct net *net, int family, int type, int protocol)
{
	struct socket *s;

	return sock_create_kern(net, family, type, protocol, &s) ? NULL : s;
}
static void close(struct socket *s)
{
	if (s)
		sock_release(s);
}
static ssize_t user_write(struct socket *s, size_t n)
{
	struct msghdr_kern m = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };

	iov_iter_ubuf(&m.msg_iter, true, (void __user *)buf, n);
	return s->ops->sendmsg(s, &m, n);
}
static ssize_t user_read(struct socket *s, size_t n)
{
	struct msghdr_kern m = { 0 };

	iov_iter_ubuf(&m.msg_iter, false, (void __user *)buf, n);
	return s->ops->recvmsg(s, &m, n, MSG_DONTWAIT);
}

/* A datagram in pieces over the link, and the answer. */
static bool datagrams(struct two_hosts *w)
{
	struct socket *a = open(w->net[0], AF_INET, SOCK_DGRAM, 0), *b = open(w->net[1], AF_INET, SOCK_DGRAM, 0);
	bool ok = a && b && !sock_bind_to(b, 0, 9) && !sock_connect_to(a, HOST_B, 9, 0);

	ok = ok && user_write(a, 9000) == 9000;
	host_pass(40 * NSEC_PER_SEC); /* a lost piece is given up */
	ok = ok && user_read(b, sizeof(buf)) == 9000;
	close(a);
	close(b);
	return ok;
}
static bool stream(struct two_hosts *w)
{
	struct socket *l = open(w->net[1], AF_INET, SOCK_STREAM, 0), *s = NULL;
	struct socket *c = open(w->net[0], AF_INET, SOCK_STREAM, 0);
	bool ok = l && c && !sock_bind_to(l, 0, 80) && !l->ops->listen(l, 4);
	size_t got = 0;
	ssize_t n;

	if (ok) {
		sock_connect_to(c, HOST_B, 80, O_NONBLOCK);
		host_pass(10 * NSEC_PER_SEC);
		ok = !kernel_accept(l, &s, O_NONBLOCK) && user_write(c, 8000) == 8000;
		host_pass(10 * NSEC_PER_SEC);
		while (ok && (n = user_read(s, sizeof(buf))) > 0)
			got += (size_t)n;
		ok = ok && got == 8000;
	}
	close(s);
	close(c);
	close(l);
	host_pass(200 * NSEC_PER_SEC);
	return ok;
}
static bool local(struct two_hosts *w)
{
	struct socket *a = open(w->net[0], AF_UNIX, SOCK_STREAM, 0), *b = open(w->net[0], AF_UNIX, SOCK_STREAM, 0);
	bool ok = a && b && !a->ops->socketpair(a, b);

	ok = ok && user_write(a, 3000) == 3000 && user_read(b, sizeof(buf)) == 3000;
	close(a);
	close(b);
	return ok;
}
static bool ping(struct two_hosts *w)
{
	struct socket *s = open(w->net[0], AF_INET, SOCK_RAW, IPPROTO_ICMP);
	bool ok = s && !sock_connect_to(s, HOST_B, 0, 0);

	memcpy(buf, "\x08\0\xf7\xff\0\0\0\0", 8);
	ok = ok && user_write(s, 8) == 8;
	host_pass(NSEC_PER_SEC);
	ok = ok && user_read(s, sizeof(buf)) == 28;
	close(s);
	return ok;
}
static bool capture(struct two_hosts *w)
{
	struct socket *p = open(w->net[1], AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	bool ok = p && ping(w) && user_read(p, sizeof(buf)) > 0;

	close(p);
	return ok;
}
static bool routes(struct two_hosts *w)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; } rq = {
		{ sizeof(rq), RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { AF_INET }
	};
	struct socket *s = open(w->net[0], AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	bool ok = s && sock_write(s, &rq, sizeof(rq), 0) == sizeof(rq) && user_read(s, sizeof(buf)) > 0;

	close(s);
	return ok;
}

TEST(allocations_of_datagrams) { allocations(datagrams); }
TEST(allocations_of_a_stream) { allocations(stream); }
TEST(allocations_of_a_socketpair) { allocations(local); }
TEST(allocations_of_a_ping) { allocations(ping); }
TEST(allocations_of_a_capture) { allocations(capture); }
TEST(allocations_of_a_route_dump) { allocations(routes); }
TEST(user_copies_of_datagrams) { user_copies(datagrams); }
TEST(user_copies_of_a_stream) { user_copies(stream); }
TEST(user_copies_of_a_socketpair) { user_copies(local); }
TEST(user_copies_of_a_ping) { user_copies(ping); }
TEST(user_copies_of_a_capture) { user_copies(capture); }
TEST(user_copies_of_a_route_dump) { user_copies(routes); }

/* A stack that cannot be made whole is taken down again, at whatever step memory ran out. */
TEST(allocations_of_a_stack)
{
	size_t n, left = 0;

	for (n = 1; !left && n < 2000; n++) {
		struct net *net;

		host_fail_alloc(n, false);
		net = net_create();
		left = host_fail_alloc_left();
		host_fail_alloc(0, false);
		if (!IS_ERR_OR_NULL(net))
			put_net(net);
		host_quiesce();
	}
	EXPECT_GT(n, 20ul);
	EXPECT_TRUE(left);
}
