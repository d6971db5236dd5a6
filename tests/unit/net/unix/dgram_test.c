/* tests/unit/net/unix/dgram_test.c - AF_UNIX datagrams and messages: peers that change, full queues, ends
 *
 * What is expected was asked of Linux 6.18 where the manual leaves it open.
 */
#include "tests/unit/net/unix/bench.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

/* Its peer is another now: what the old one sent is void, and the old one is told. */
TEST(a_new_peer_makes_the_old_ones_messages_void)
{
	int fd[2], third;
	char buf[8];

	test_net();
	third = open_unix(SOCK_DGRAM);
	ASSERT_EQ(bind_name(third, "third"), 0);
	pair(SOCK_DGRAM, fd);
	EXPECT_EQ(send_fd(fd[1], "old", 3, 0), 3);
	EXPECT_EQ(connect_name(fd[0], "third"), 0);
	EXPECT_EQ(recv_fd(fd[0], buf, 8, 0), -EAGAIN);
	EXPECT_EQ(poll_fd(fd[1]) & EPOLLERR, EPOLLERR);
	EXPECT_EQ(get_opt(fd[1], SOL_SOCKET, SO_ERROR), ECONNRESET);
	EXPECT_EQ(send_fd(fd[1], "new", 3, 0), -EPERM); /* fd[0] hears its peer alone */
	EXPECT_EQ(send_fd(fd[0], "new", 3, 0), 3);
	EXPECT_EQ(recv_fd(third, buf, 8, 0), 3);
	close_both(fd);
	pair(SOCK_DGRAM, fd); /* with nothing queued nobody is told */
	EXPECT_EQ(connect_name(fd[0], "third"), 0);
	EXPECT_EQ(get_opt(fd[1], SOL_SOCKET, SO_ERROR), 0);
	close_both(fd);
	close_fd((unsigned int)third);
}
struct sender { int fd; long sent; };
static int send_patiently(void *arg)
{
	struct sender *s = arg;
	struct sockaddr_un a;
	int n = name(&a, "rx");

	s->sent = sys_sendto(s->fd, "z", 1, MSG_NOSIGNAL, &a, n);
	return 0;
}
static int fill(int tx)
{
	struct sockaddr_un a;
	int n = name(&a, "rx"), sent = 0;

	while (sys_sendto(tx, "x", 1, MSG_DONTWAIT, &a, n) == 1)
		sent++;
	return sent;
}
/* Who waits for room is woken by a reader, by a signal, by the receiver's end (as on Linux not by its SHUT_RD). */
TEST(a_sender_waits_for_room)
{
	int tx = 0, rx = 0;
	char c;

	test_net();
	for (int how = 0; how < 3; how++) {
		struct sender s = { (int)sys_socket(AF_UNIX, SOCK_DGRAM, 0), 77 };
		struct task_struct *t;

		rx = open_unix(SOCK_DGRAM);
		tx = open_unix(SOCK_DGRAM);
		ASSERT_EQ(bind_name(rx, "rx"), 0);
		EXPECT_EQ(fill(tx), 11);
		t = host_spawn(send_patiently, &s, "sender");
		host_settle();
		EXPECT_EQ(s.sent, 77);
		if (how == 0)
			EXPECT_EQ(recv_fd(rx, &c, 1, 0), 1);
		else if (how == 1)
			host_signal(t, SIGINT);
		else
			close_fd((unsigned int)rx);
		host_join(t);
		EXPECT_EQ(s.sent, ((long[]){ 1, -ERESTARTSYS, -ECONNREFUSED })[how]);
		if (how == 0)
			EXPECT_EQ(fill(tx), 0); /* it took the one place */
		if (how != 2)
			close_fd((unsigned int)rx);
		close_fd((unsigned int)tx);
		close_fd((unsigned int)s.fd);
	}
}
/* A poller that waits for room at one peer, and then has another. */
TEST(room_at_a_new_peer_is_what_counts)
{
	int tx, rx, other;
	char c;

	test_net();
	rx = open_unix(SOCK_DGRAM);
	other = open_unix(SOCK_DGRAM);
	tx = open_unix(SOCK_DGRAM);
	ASSERT_EQ(bind_name(rx, "rx"), 0);
	ASSERT_EQ(bind_name(other, "other"), 0);
	EXPECT_EQ(fill(tx), 11);
	EXPECT_EQ(connect_name(tx, "rx"), 0);
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, 0);
	EXPECT_EQ(connect_name(tx, "other"), 0);
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, EPOLLOUT);
	for (int i = 0; i < 11; i++)
		EXPECT_EQ(send_fd(tx, "y", 1, MSG_DONTWAIT), 1);
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, 0);
	EXPECT_EQ(recv_fd(rx, &c, 1, 0), 1); /* the old peer's room is not ours */
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, 0);
	EXPECT_EQ(recv_fd(other, &c, 1, 0), 1);
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, EPOLLOUT);
	close_fd((unsigned int)rx);
	close_fd((unsigned int)other);
	close_fd((unsigned int)tx);
}
/* Shut down for reading, on all three types: what its own reader, its poller and its peer are told. */
TEST(an_end_is_told_by_type)
{
	static const struct { int type; long read, to_it, after_wr, to_dead; bool sigpipe; } rows[] = {
		{ SOCK_DGRAM, -EAGAIN, -EPIPE, -EPIPE, -ECONNREFUSED, false },
		{ SOCK_SEQPACKET, 0, -EPIPE, -EPIPE, -EPIPE, false },
		{ SOCK_STREAM, 0, -EPIPE, -EPIPE, -EPIPE, true },
	};
	char c;

	test_net();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 signal = rows[i].sigpipe ? 1ull << (SIGPIPE - 1) : 0;
		int fd[2];

		pair(rows[i].type, fd);
		host_signals_taken();
		EXPECT_EQ(sys_shutdown(fd[0], SHUT_RD), 0);
		EXPECT_EQ(recv_fd(fd[0], &c, 1, 0), rows[i].read);
		EXPECT_EQ(poll_fd(fd[0]), EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
		EXPECT_EQ(sys_sendto(fd[1], "x", 1, 0, NULL, 0), rows[i].to_it);
		EXPECT_EQ(host_signals_taken(), signal);
		EXPECT_EQ(sys_shutdown(fd[1], SHUT_WR), 0);
		EXPECT_EQ(sys_sendto(fd[1], "x", 1, 0, NULL, 0), rows[i].after_wr);
		EXPECT_EQ(host_signals_taken(), signal);
		EXPECT_EQ(sys_shutdown(fd[0], SHUT_WR), 0);
		EXPECT_EQ(poll_fd(fd[0]) & EPOLLHUP, EPOLLHUP);
		close_fd((unsigned int)fd[0]);
		close_fd((unsigned int)fd[1]);
		pair(rows[i].type, fd);
		close_fd((unsigned int)fd[0]);
		EXPECT_EQ(sys_sendto(fd[1], "x", 1, 0, NULL, 0), rows[i].to_dead);
		host_signals_taken();
		close_fd((unsigned int)fd[1]);
	}
}
TEST(small_calls)
{
	int fd[2], s, n = 0;
	struct sockaddr_un a;
	int len = name(&a, "nobody");
	char c;

	test_net();
	s = open_unix(SOCK_RAW);
	EXPECT_EQ(get_opt(s, SOL_SOCKET, SO_TYPE), SOCK_DGRAM); /* an old name for it */
	EXPECT_EQ(sys_listen(s, 1), -EOPNOTSUPP);
	EXPECT_EQ(sys_accept(s, NULL, NULL), -EOPNOTSUPP);
	EXPECT_EQ(set_opt(s, 99, 1, 1), -EOPNOTSUPP);
	EXPECT_EQ(get_opt(s, 99, 1), -EOPNOTSUPP);
	EXPECT_EQ(recv_fd(s, &c, 1, MSG_OOB), -EOPNOTSUPP);
	a.sun_family = AF_INET;
	EXPECT_EQ(sys_sendto(s, "x", 1, 0, &a, len), -EINVAL);
	EXPECT_EQ(sys_connect(s, &a, 1), -EINVAL);
	close_fd((unsigned int)s);
	a.sun_family = AF_UNIX;
	s = open_unix(SOCK_SEQPACKET);
	EXPECT_EQ(poll_fd(s), EPOLLHUP | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND); /* not yet connected */
	EXPECT_EQ(recv_fd(s, &c, 1, 0), -ENOTCONN);
	EXPECT_EQ(send_fd(s, "x", 1, 0), -ENOTCONN);
	close_fd((unsigned int)s);
	s = open_unix(SOCK_STREAM);
	EXPECT_EQ(sys_sendto(s, "x", 1, 0, &a, len), -EOPNOTSUPP);
	close_fd((unsigned int)s);
	pair(SOCK_STREAM, fd);
	EXPECT_EQ(sys_sendto(fd[0], "x", 1, 0, &a, len), -EISCONN);
	EXPECT_EQ(ioctl_fd(fd[0], SIOCOUTQ, &n), 0);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(send_fd(fd[0], "x", 1, 0), 1);
	EXPECT_EQ(ioctl_fd(fd[0], SIOCOUTQ, &n), 0);
	EXPECT_TRUE(n >= 1); /* memory, not bytes: Linux says 768 here */
	EXPECT_EQ(recv_fd(fd[1], &c, 1, 0), 1);
	EXPECT_EQ(ioctl_fd(fd[0], SIOCOUTQ, &n), 0);
	EXPECT_EQ(n, 0);
	close_both(fd);
	s = listener(SOCK_STREAM, "l", 1);
	EXPECT_EQ(ioctl_fd(s, SIOCINQ, &n), -EINVAL);
	close_fd((unsigned int)s);
}
/* Who wants to be told credentials is given a name, so that answers find it: by connect and by sendto. */
TEST(passcred_gives_a_name)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM, SOCK_DGRAM };
	struct sockaddr_un a;

	test_net();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int rx = open_unix(types[i]), s = open_unix(types[i]), len = sizeof(a), n = name(&a, "rx");

		ASSERT_EQ(sys_bind(rx, &a, n), 0);
		if (types[i] != SOCK_DGRAM)
			ASSERT_EQ(sys_listen(rx, 1), 0);
		EXPECT_EQ(set_opt(s, SOL_SOCKET, SO_PASSCRED, 1), 0);
		if (i < 3)
			EXPECT_EQ(sys_connect(s, &a, n), 0);
		else
			EXPECT_EQ(sys_sendto(s, "x", 1, 0, &a, n), 1);
		EXPECT_EQ(sys_getsockname(s, &a, &len), 0);
		EXPECT_EQ(len, (int)UNIX_PATH_AT + 6);
		close_fd((unsigned int)s);
		close_fd((unsigned int)rx);
	}
}
static int read_patiently(void *arg)
{
	struct sender *s = arg;
	char c;

	s->sent = sys_recvfrom(s->fd, &c, 1, 0, NULL, NULL);
	return 0;
}
/* A reader of a stream sleeps until there is data, an end or a signal. */
TEST(a_reader_waits)
{
	test_net();
	for (int how = 0; how < 3; how++) {
		struct task_struct *t;
		struct sender s;
		int fd[2];

		ASSERT_EQ(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		s = (struct sender){ fd[0], 77 };
		t = host_spawn(read_patiently, &s, "reader");
		host_settle();
		EXPECT_EQ(s.sent, 77);
		if (how == 0)
			EXPECT_EQ(send_fd(fd[1], "x", 1, 0), 1);
		else if (how == 1)
			EXPECT_EQ(sys_shutdown(fd[1], SHUT_WR), 0);
		else
			host_signal(t, SIGINT);
		host_join(t);
		EXPECT_EQ(s.sent, ((long[]){ 1, 0, -ERESTARTSYS })[how]);
		close_both(fd);
	}
}
