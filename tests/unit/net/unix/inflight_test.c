/* tests/unit/net/unix/inflight_test.c - descriptors that are on their way: counted, bounded, and collected when nobody
 * can take them out of their message any more. What is not collected, the leak check sees.
 */
#include "kernel/process/process.h"
#include "tests/unit/net/unix/bench.h"
#include <linux/capability.h>

static long give(int through, int fd) { return send_control(through, SCM_RIGHTS, &fd, sizeof(fd)); }
/* A descriptor from the next message, or -errno. */
static int taken(int from)
{
	size_t room = sizeof(control);
	long r = recv_control(from, &room, 0);

	return r < 0 ? (int)r : got_fd(0);
}
static void close_one(int fd) { close_fd((unsigned int)fd); }
/* A collection takes place. */
static void collect(void)
{
	close_one(open_unix(SOCK_DGRAM));
	host_quiesce();
}

/* Two sockets that hold each other in their queues are reached by nobody. */
TEST(a_ring_of_sockets_in_flight_is_collected)
{
	int fd[2], alive[2];

	test_net();
	pair(SOCK_DGRAM, fd);
	pair(SOCK_DGRAM, alive);
	ASSERT_EQ(send_control(fd[0], SCM_RIGHTS, &fd[0], 4), 1);
	ASSERT_EQ(send_control(fd[1], SCM_RIGHTS, &fd[1], 4), 1);
	ASSERT_EQ(send_control(alive[0], SCM_RIGHTS, &alive[0], 4), 1); /* held by alive[1], which is open */
	close_both(fd);
	close_fd((unsigned int)alive[0]);
	host_quiesce();
	EXPECT_EQ(poll_fd(alive[1]) & EPOLLIN, EPOLLIN);
	close_fd((unsigned int)alive[1]);
}
/* Held by a message of a socket that is open is alive, and so is all that lies in its own messages, however deep. */
TEST(what_a_living_queue_holds_is_alive)
{
	int a[2], b[2], c[2], a0, b0;
	char buf[4];

	test_net();
	pair(SOCK_DGRAM, a);
	pair(SOCK_DGRAM, b);
	pair(SOCK_DGRAM, c);
	ASSERT_EQ(give(c[1], a[0]), 1); /* a[0] lies in c[0] ... */
	ASSERT_EQ(give(a[1], b[0]), 1); /* ... and b[0] in a[0] ... */
	ASSERT_EQ(give(b[1], c[1]), 1); /* ... and c[1] in b[0] */
	close_one(a[0]);
	close_one(b[0]);
	close_one(c[1]);
	collect();
	a0 = taken(c[0]);
	ASSERT_TRUE(a0 >= 0);
	collect();
	b0 = taken(a0);
	ASSERT_TRUE(b0 >= 0);
	EXPECT_EQ(send_fd(b[1], "hi", 2, 0), 2);
	c[1] = taken(b0);
	ASSERT_TRUE(c[1] >= 0);
	EXPECT_EQ(recv_fd(b0, buf, 4, 0), 2);
	EXPECT_EQ(send_fd(c[1], "x", 1, 0), 1);
	EXPECT_EQ(recv_fd(c[0], buf, 4, 0), 1);
	close_one(a0);
	close_one(b0);
	close_one(a[1]);
	close_one(b[1]);
	close_both(c);
}
/* The connection was never accepted, and what came over it holds the listener: both go. */
TEST(a_listener_in_its_own_queue_is_collected)
{
	int l, c, alive, d, s;

	test_net();
	l = listener(SOCK_STREAM, "l", 3);
	c = open_unix(SOCK_STREAM);
	ASSERT_EQ(connect_name(c, "l"), 0);
	ASSERT_EQ(give(c, l), 1);
	alive = listener(SOCK_STREAM, "alive", 3);
	d = open_unix(SOCK_STREAM);
	ASSERT_EQ(connect_name(d, "alive"), 0);
	ASSERT_EQ(give(d, alive), 1);
	close_one(l);
	close_one(c);
	collect();
	c = open_unix(SOCK_STREAM);
	EXPECT_EQ(connect_name(c, "l"), -ECONNREFUSED); /* gone, and its name */
	close_one(c);
	s = (int)sys_accept4(alive, NULL, NULL, SOCK_NONBLOCK);
	ASSERT_TRUE(s >= 0);
	close_one(alive);
	alive = taken(s); /* it was open: its message is still there */
	ASSERT_TRUE(alive >= 0);
	close_one(alive);
	close_one(s);
	close_one(d);
}
/* Only descriptors of AF_UNIX can make rings; others travel and are closed with their message. */
TEST(other_descriptors_are_no_sockets_in_flight)
{
	struct net *net = test_net();
	int fd[2], u = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	pair(SOCK_STREAM, fd);
	ASSERT_EQ(give(fd[0], u), 1);
	EXPECT_EQ(net->unx->nr_inflight, 0u);
	ASSERT_EQ(give(fd[0], fd[0]), 1);
	EXPECT_EQ(net->unx->nr_inflight, 1u);
	close_one(u);
	u = taken(fd[1]);
	EXPECT_EQ(get_opt(u, SOL_SOCKET, SO_DOMAIN), AF_INET);
	close_one(u);
	close_both(fd); /* with the second message unread */
	host_quiesce();
	EXPECT_EQ(net->unx->nr_inflight, 0u);
}
/* A user may have no more on their way than it may have open, and one message's worth; who is privileged may. */
TEST(descriptors_in_flight_are_bounded_by_user)
{
	const struct cred *root = current->cred;
	struct cred plain = *root;
	int fd[2], many[8];

	test_net();
	pair(SOCK_DGRAM, fd);
	for (int i = 0; i < 8; i++)
		many[i] = fd[0];
	plain.uid = 1000;
	plain.cap_effective = 0;
	host_set_rlimit(10);
	current->cred = &plain;
	for (int i = 0; i < 2; i++) /* Linux: what is there counts, not what comes */
		EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, many, sizeof(many)), 1);
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, many, 4), -ETOOMANYREFS);
	current->cred = root;
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, many, 4), 1); /* another user */
	current->cred = &plain;
	plain.cap_effective = BIT(CAP_SYS_RESOURCE);
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, many, 4), 1);
	plain.cap_effective = 0;
	close_one(taken(fd[1]));
	for (int i = 1; i < 8; i++)
		close_one(got_fd(i));
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, many, 4), 1); /* eight fewer */
	current->cred = root;
	host_set_rlimit(1 << 20);
	close_both(fd);
	host_quiesce();
}
/* What does not reach the program is closed: memory that faults, an allocation that fails. */
TEST(descriptors_that_cannot_be_told)
{
	size_t room = sizeof(control);
	int fd[2], gift[2];
	char c;

	test_net();
	pair(SOCK_DGRAM, fd);
	pair(SOCK_STREAM, gift);
	ASSERT_EQ(give(fd[0], gift[0]), 1);
	close_one(gift[0]);
	host_fail_alloc(1, false);
	EXPECT_EQ(recv_control(fd[1], &room, MSG_PEEK), -ENOMEM); /* a copy for the peek */
	room = sizeof(control);
	host_fail_user_copy(4); /* header, vector, the byte; the control data's own header is the fourth */
	recv_control(fd[1], &room, 0);
	EXPECT_EQ(host_fail_user_copy_left(), 0u);
	EXPECT_EQ(recv_fd(gift[1], &c, 1, 0), 0); /* nobody has it */
	EXPECT_EQ((int)sys_socket(AF_UNIX, SOCK_STREAM, 0), gift[0]); /* the number is free again */
	close_both(gift);
	close_both(fd);
}
/* Control data that is no control data, as Linux 6.18 answers it. */
TEST(control_data_that_is_unsound)
{
	static const struct { size_t controllen, len; int level; long result; } rows[] = {
		{ 4, 4, SOL_SOCKET, 1 },	 /* too short for a header: none */
		{ 24, 8, SOL_SOCKET, -EINVAL },	 /* shorter than its own header */
		{ 24, 16, SOL_SOCKET, 1 },	 /* no descriptors */
		{ 24, 100, SOL_SOCKET, -EINVAL }, /* longer than what is there */
		{ 24, 20, 77, 1 },		 /* another level's */
	};
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int fd[2];

	test_net();
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		pair(types[t], fd);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct iovec v = { (void *)"c", 1 };
			struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
						 .msg_controllen = rows[i].controllen };

			*cmsg = (struct cmsghdr_kern){ rows[i].len, rows[i].level, SCM_RIGHTS };
			EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), rows[i].result);
		}
		close_both(fd);
	}
}
