/* tests/unit/net/udp/table_test.c - who may have a port, and which of several sockets gets a datagram */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"

static struct bench b;
static u8 frame[256], buf[64];

static struct sockaddr_in at(__be32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = addr };
}
static int open_socket(void)
{
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_TRUE(fd >= 0);
	return fd;
}
static long bind_at(int fd, __be32 addr, u16 port)
{
	struct sockaddr_in a = at(addr, port);

	return sys_bind(fd, &a, sizeof(a));
}
static size_t make_frame(u16 sport, u16 dport, __be32 to)
{
	u8 udp[16];
	struct iphdr *ip = (struct iphdr *)(frame + 14);
	size_t n = make_udp(udp, sport, dport, "x", 1);

	((struct udphdr *)udp)->check = 0;
	n = make_ip(frame, IPPROTO_UDP, udp, n, 0, 1);
	ip->daddr = to;
	ip_send_check(ip);
	return n;
}
static void frame_from(u16 sport, u16 dport, __be32 to) { inject(&b, frame, make_frame(sport, dport, to)); }
static int local_port(int fd)
{
	struct sockaddr_in a;
	int len = sizeof(a);

	EXPECT_EQ(sys_getsockname(fd, &a, &len), 0);
	return ntohs(a.sin_port);
}

/* What two sockets ask for, and whether the second may have it. */
TEST(who_may_share_a_port)
{
	enum { REUSE = 1, REUSEPORT = 2 };
	static const struct { __be32 addr[2]; u32 dev[2]; int flags[2]; bool other_user; long result; } rows[] = {
		{ { 0, 0 }, { 0, 0 }, { 0, 0 }, false, -EADDRINUSE },
		{ { US, 0 }, { 0, 0 }, { 0, 0 }, false, -EADDRINUSE },
		{ { 0, US }, { 0, 0 }, { 0, 0 }, false, -EADDRINUSE },
		{ { US, US }, { 0, 0 }, { 0, 0 }, false, -EADDRINUSE },
		{ { US, htonl(INADDR_LOOPBACK) }, { 0, 0 }, { 0, 0 }, false, 0 },
		{ { 0, 0 }, { 1, 2 }, { 0, 0 }, false, 0 },	       /* each its device */
		{ { 0, 0 }, { 1, 1 }, { 0, 0 }, false, -EADDRINUSE },
		{ { 0, 0 }, { 0, 2 }, { 0, 0 }, false, -EADDRINUSE },
		{ { 0, 0 }, { 0, 0 }, { REUSE, 0 }, false, -EADDRINUSE }, /* both must agree */
		{ { 0, 0 }, { 0, 0 }, { 0, REUSE }, false, -EADDRINUSE },
		{ { 0, 0 }, { 0, 0 }, { REUSE, REUSE }, false, 0 },
		{ { 0, 0 }, { 0, 0 }, { REUSEPORT, REUSEPORT }, false, 0 },
		{ { 0, 0 }, { 0, 0 }, { REUSEPORT, REUSEPORT }, true, -EADDRINUSE }, /* nobody steals another's */
		{ { 0, 0 }, { 0, 0 }, { REUSE, REUSEPORT }, false, -EADDRINUSE },
		{ { 0, 0 }, { 0, 0 }, { REUSE, REUSE }, true, 0 },
	};

	b = bench_up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		long r[2];
		int fd[2];

		for (int k = 0; k < 2; k++) {
			struct file *f;

			fd[k] = open_socket();
			f = fget((unsigned int)fd[k]);
			sock_from_file(f)->sk->sk_uid = k && rows[i].other_user ? 1000 : 0;
			fput(f);
			set_opt(fd[k], SOL_SOCKET, SO_REUSEADDR, !!(rows[i].flags[k] & REUSE));
			set_opt(fd[k], SOL_SOCKET, SO_REUSEPORT, !!(rows[i].flags[k] & REUSEPORT));
			if (rows[i].dev[k])
				EXPECT_EQ(set_opt(fd[k], SOL_SOCKET, SO_BINDTOIFINDEX, (int)rows[i].dev[k]), 0);
			r[k] = bind_at(fd[k], rows[i].addr[k], 7000);
		}
		if (r[0] || r[1] != rows[i].result)
			test_fail(__FILE__, __LINE__, false, "row %zu: %ld, %ld", i, r[0], r[1]);
		close_fd((unsigned int)fd[0]);
		close_fd((unsigned int)fd[1]);
	}
	bench_down(&b);
}
/* The more a socket has said of whom it wants, the better it fits. */
TEST(the_best_match_gets_the_datagram)
{
	enum { ANY, DEVICE, CONNECTED, ADDRESS, N }; /* the later bound, the earlier looked at */
	static const struct { u16 sport; __be32 to; int gets; } rows[] = {
		{ 5, US, CONNECTED }, { 6, US, DEVICE }, { 5, htonl(0x0a000007), ANY },
	};
	struct sockaddr_in peer = at(PEER, 5);
	int fd[N];

	b = bench_up();
	ASSERT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a000007), 24), 0);
	for (int i = 0; i < N; i++) {
		fd[i] = open_socket();
		set_opt(fd[i], SOL_SOCKET, SO_REUSEADDR, 1);
		if (i == DEVICE)
			set_opt(fd[i], SOL_SOCKET, SO_BINDTOIFINDEX, (int)b.nic->dev->ifindex);
		ASSERT_EQ(bind_at(fd[i], i == ANY ? 0 : US, 7000), 0);
	}
	EXPECT_EQ(sys_connect(fd[CONNECTED], &peer, sizeof(peer)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		frame_from(rows[i].sport, 7000, rows[i].to);
		for (int k = 0; k < N; k++) {
			long n = recv_fd(fd[k], buf, sizeof(buf), 0);

			if (n != (k == rows[i].gets ? 1 : -EAGAIN))
				test_fail(__FILE__, __LINE__, false, "row %zu, socket %d: %ld", i, k, n);
		}
	}
	set_opt(fd[DEVICE], SOL_SOCKET, SO_BINDTOIFINDEX, (int)b.net->loopback_dev->ifindex);
	frame_from(6, 7000, US); /* that one wants another device now */
	EXPECT_EQ(recv_fd(fd[DEVICE], buf, sizeof(buf), 0), -EAGAIN);
	EXPECT_EQ(recv_fd(fd[ADDRESS], buf, sizeof(buf), 0), 1);
	for (int i = 0; i < N; i++)
		close_fd((unsigned int)fd[i]);
	bench_down(&b);
}
/* Of many SO_REUSEPORT sockets each flow always has the same, and all have their share. */
TEST(a_group_shares_flows)
{
	enum { N = 4, FLOWS = 800 };
	int fd[N], has[N] = { 0 };
	u8 whose[FLOWS];

	b = bench_up();
	for (int i = 0; i < N; i++) {
		fd[i] = open_socket();
		set_opt(fd[i], SOL_SOCKET, SO_REUSEPORT, 1);
		ASSERT_EQ(bind_at(fd[i], 0, 7000), 0);
	}
	for (int round = 0; round < 2; round++)
		for (u16 flow = 0; flow < FLOWS; flow++) {
			int who = -1;

			frame_from(1000 + flow, 7000, US);
			for (int i = 0; i < N; i++)
				if (recv_fd(fd[i], buf, sizeof(buf), 0) == 1)
					who = i;
			ASSERT_TRUE(who >= 0);
			if (!round)
				has[who]++;
			else
				EXPECT_EQ(who, whose[flow]);
			whose[flow] = (u8)who;
		}
	for (int i = 0; i < N; i++) {
		EXPECT_GT(has[i], FLOWS / N * 3 / 4);
		EXPECT_LT(has[i], FLOWS / N * 5 / 4);
		close_fd((unsigned int)fd[i]);
	}
	bench_down(&b);
}
/* The table grows under its sockets; each is found before and after, by its port and by its address. */
TEST(more_sockets_than_the_table_was_made_for)
{
	enum { N = 1400 };
	static int fd[N];
	u32 was;

	b = bench_up();
	was = b.net->udp->table->mask;
	for (u16 i = 0; i < N; i++) {
		fd[i] = open_socket();
		ASSERT_EQ(bind_at(fd[i], i & 1 ? US : 0, 20000 + i), 0);
	}
	EXPECT_EQ(b.net->udp->count, (u32)N);
	EXPECT_EQ(b.net->udp->table->mask + 1, 4 * (was + 1));
	for (u16 i = 0; i < N; i += 7) {
		frame_from(5, 20000 + i, US);
		EXPECT_EQ(recv_fd(fd[i], buf, sizeof(buf), 0), 1);
	}
	EXPECT_EQ(bind_at(fd[1], US, 20000), -EINVAL); /* it has one */
	for (u16 i = 0; i < N; i++)
		close_fd((unsigned int)fd[i]);
	EXPECT_EQ(b.net->udp->count, 0u);
	frame_from(5, 20000, US);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NO_SOCKET), 1u);
	bench_down(&b);
}
/* A range of three: a random start, but every port of it is found, and a fourth socket has none. */
TEST(ports_of_a_small_range_are_all_found)
{
	b = bench_up();
	for (int round = 0; round < 20; round++) {
		int fd[4], seen = 0;

		for (int i = 0; i < 4; i++) {
			fd[i] = open_socket();
			EXPECT_EQ(set_opt(fd[i], SOL_IP, IP_LOCAL_PORT_RANGE, (int)(40002u << 16 | 40000)), 0);
			EXPECT_EQ(bind_at(fd[i], 0, 0), i < 3 ? 0 : -EADDRINUSE);
			if (i < 3)
				seen |= 1 << (local_port(fd[i]) - 40000);
		}
		EXPECT_EQ(seen, 7);
		for (int i = 0; i < 4; i++)
			close_fd((unsigned int)fd[i]);
	}
	bench_down(&b);
}
/* connect() gave the port, and its end takes it away; a port that bind() gave stays (Linux). */
TEST(a_disconnected_socket_keeps_what_it_bound)
{
	struct sockaddr_in peer = at(PEER, 5), none = { .sin_family = AF_UNSPEC };
	int fd;

	b = bench_up();
	for (u16 port = 0; port <= 7100; port += 7100) {
		fd = open_socket();
		if (port)
			EXPECT_EQ(bind_at(fd, 0, port), 0);
		EXPECT_EQ(sys_connect(fd, &peer, sizeof(peer)), 0);
		EXPECT_NE(local_port(fd), 0);
		frame_from(6, (u16)local_port(fd), US);
		EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), -EAGAIN); /* it hears its peer alone */
		EXPECT_EQ(sys_connect(fd, &none, sizeof(none)), 0);
		EXPECT_EQ(local_port(fd), port);
		EXPECT_EQ(b.net->udp->count, port ? 1u : 0u);
		if (port) {
			frame_from(6, port, US);
			EXPECT_EQ(recv_fd(fd, buf, sizeof(buf), 0), 1);
		}
		close_fd((unsigned int)fd);
	}
	bench_down(&b);
}
static int send_all_the_time(void *stop)
{
	size_t n = make_frame(5, 7000, US);

	while (!*(volatile bool *)stop) {
		sim_nic_inject(b.nic, frame, n);
		sched_yield_current();
	}
	return 0;
}
/* The socket moves from one chain to the other and back; its peer's datagrams find it all the while. */
TEST(datagrams_while_their_socket_is_connected)
{
	struct sockaddr_in peer = at(PEER, 5), none = { .sin_family = AF_UNSPEC };
	struct task_struct *t;
	bool stop = false;
	u32 heard = 0;
	int fd;

	host_set_cpus(4);
	b = bench_up();
	fd = open_socket();
	EXPECT_EQ(bind_at(fd, 0, 7000), 0);
	t = host_spawn(send_all_the_time, &stop, "peer");
	for (int round = 0; round < 2000; round++) {
		EXPECT_EQ(sys_connect(fd, round & 1 ? &none : &peer, sizeof(peer)), 0);
		while (recv_fd(fd, buf, sizeof(buf), 0) == 1)
			heard++;
		sched_yield_current();
	}
	stop = true;
	host_join(t);
	host_settle();
	EXPECT_GT(heard, 1000u);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NO_SOCKET), 0u);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* A broadcast goes to all that want it; who gets no copy for want of memory has a drop on its count. */
TEST(a_broadcast_without_memory_for_copies)
{
	int fd[2];
	bool missed = false;

	b = bench_up();
	for (int i = 0; i < 2; i++) {
		fd[i] = open_socket();
		set_opt(fd[i], SOL_SOCKET, SO_REUSEADDR, 1);
		ASSERT_EQ(bind_at(fd[i], 0, 7000), 0);
	}
	for (size_t nth = 0; nth < 8; nth++) {
		size_t n = make_frame(5, 7000, htonl(0x0a0000ff));
		struct sk_buff *skb = netdev_alloc_skb(b.nic->dev, (u32)n);
		long a, z;

		skb_put_data(skb, frame, (u32)n);
		if (nth)
			host_fail_alloc(nth, false);
		sim_nic_inject_skb(b.nic, skb);
		host_settle();
		host_fail_alloc(0, false);
		a = recv_fd(fd[0], buf, sizeof(buf), 0);
		z = recv_fd(fd[1], buf, sizeof(buf), 0);
		if (!nth)
			EXPECT_TRUE(a == 1 && z == 1);
		if ((a == 1) != (z == 1)) {
			struct file *f = fget((unsigned int)fd[a == 1]);

			missed = true;
			EXPECT_EQ(atomic_read(&sock_from_file(f)->sk->sk_drops), 1);
			fput(f);
		}
	}
	EXPECT_TRUE(missed);
	close_fd((unsigned int)fd[0]);
	close_fd((unsigned int)fd[1]);
	bench_down(&b);
}
