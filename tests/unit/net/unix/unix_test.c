/* tests/unit/net/unix/unix_test.c - AF_UNIX by abstract names: connections, messages, descriptors, credentials
 *
 * The calls are the program's own. Names in the file system: path_test.c; datagrams among several: dgram_test.c;
 * descriptors that nobody takes out of their message: inflight_test.c.
 */
#include "tests/unit/net/unix/bench.h"
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/sockios.h>

TEST(a_connection_by_an_abstract_name)
{
	int l, c, s, len = sizeof(struct sockaddr_un);
	struct sockaddr_un a;
	char buf[16];

	test_net();
	l = listener(SOCK_STREAM, "here", 5);
	c = open_unix(SOCK_STREAM);
	EXPECT_EQ(sys_accept4(l, NULL, NULL, 0), -EAGAIN);
	EXPECT_EQ(connect_name(c, "there"), -ECONNREFUSED);
	ASSERT_EQ(connect_name(c, "here"), 0);
	EXPECT_EQ(connect_name(c, "here"), -EISCONN);
	EXPECT_EQ(poll_fd(l) & EPOLLIN, EPOLLIN);
	s = (int)sys_accept4(l, &a, &len, SOCK_NONBLOCK);
	ASSERT_TRUE(s >= 0);
	EXPECT_EQ(len, 2); /* the client has no name */
	EXPECT_EQ(send_fd(c, "hello", 5, 0), 5);
	EXPECT_EQ(recv_fd(s, buf, sizeof(buf), 0), 5);
	EXPECT_EQ(memcmp(buf, "hello", 5), 0);
	len = sizeof(a);
	EXPECT_EQ(sys_getpeername(c, &a, &len), 0);
	EXPECT_EQ(len, UNIX_PATH_AT + 5);
	EXPECT_EQ(memcmp(a.sun_path, "\0here", 5), 0);
	len = sizeof(a);
	EXPECT_EQ(sys_getsockname(s, &a, &len), 0); /* the accepted end bears its listener's name */
	EXPECT_EQ(len, UNIX_PATH_AT + 5);
	close_fd((unsigned int)c);
	EXPECT_EQ(recv_fd(s, buf, sizeof(buf), 0), 0);
	close_fd((unsigned int)s);
	close_fd((unsigned int)l);
}
TEST(what_cannot_be_named_connected_or_accepted)
{
	struct { struct sockaddr_un a; char more; } long_name;
	struct sockaddr_un a;
	int l, s, other, n;

	test_net();
	l = listener(SOCK_STREAM, "x", 1);
	s = open_unix(SOCK_STREAM);
	other = open_unix(SOCK_SEQPACKET);
	n = name(&a, "x");
	EXPECT_EQ(sys_bind(s, &a, n), -EADDRINUSE);
	long_name.a = a;
	EXPECT_EQ(sys_bind(s, &long_name, sizeof(a) + 1), -EINVAL);
	a.sun_family = AF_INET;
	EXPECT_EQ(sys_bind(s, &a, n), -EINVAL);
	EXPECT_EQ(sys_connect(s, &a, n), -EINVAL);
	EXPECT_EQ(sys_listen(s, 1), -EINVAL); /* without a name */
	EXPECT_EQ(sys_accept(s, NULL, NULL), -EINVAL);
	EXPECT_EQ(connect_name(other, "x"), -ECONNREFUSED); /* a name is of one type */
	EXPECT_EQ(bind_name(other, "x"), 0);
	EXPECT_EQ(bind_name(other, "y"), -EINVAL);
	EXPECT_EQ(connect_name(l, "x"), -EINVAL);
	EXPECT_EQ(send_fd(s, "a", 1, 0), -ENOTCONN);
	EXPECT_EQ(recv_fd(s, &a, 1, 0), -EINVAL);
	EXPECT_EQ(sys_socket(AF_UNIX, SOCK_STREAM, 7), -EPROTONOSUPPORT);
	EXPECT_EQ(sys_socket(AF_UNIX, SOCK_RDM, 0), -ESOCKTNOSUPPORT);
	close_fd((unsigned int)l);
	EXPECT_EQ(connect_name(s, "x"), -ECONNREFUSED); /* free again */
	EXPECT_EQ(bind_name(s, "x"), 0);
	close_fd((unsigned int)s);
	close_fd((unsigned int)other);
}
TEST(a_socket_without_a_name_is_given_one)
{
	sa_family_t none = AF_UNIX;
	struct sockaddr_un a;
	int s, len = sizeof(a);

	test_net();
	s = open_unix(SOCK_DGRAM);
	EXPECT_EQ(sys_bind(s, &none, sizeof(none)), 0);
	EXPECT_EQ(sys_getsockname(s, &a, &len), 0);
	EXPECT_EQ(len, UNIX_PATH_AT + 6);
	EXPECT_EQ(a.sun_path[0], 0);
	for (int i = 1; i < 6; i++)
		EXPECT_TRUE(strchr("0123456789abcdef", a.sun_path[i]) != NULL);
	EXPECT_EQ(sys_bind(s, &none, sizeof(none)), 0); /* it has one: nothing to do */
	close_fd((unsigned int)s);
}
static int connect_patiently(void *arg)
{
	int fd = (int)sys_socket(AF_UNIX, SOCK_STREAM, 0);

	*(long *)arg = connect_name(fd, "narrow");
	close_fd((unsigned int)fd);
	return 0;
}
TEST(a_full_backlog_makes_wait_or_refuses)
{
	struct task_struct *t;
	long waited = 1;
	int l, a, b, s;

	test_net();
	l = listener(SOCK_STREAM, "narrow", 0); /* Linux: one more than was asked for */
	a = open_unix(SOCK_STREAM);
	b = open_unix(SOCK_STREAM);
	EXPECT_EQ(connect_name(a, "narrow"), 0);
	EXPECT_EQ(connect_name(b, "narrow"), -EAGAIN);
	t = host_spawn(connect_patiently, &waited, "client");
	host_settle();
	EXPECT_EQ(waited, 1);
	s = (int)sys_accept(l, NULL, NULL);
	EXPECT_TRUE(s >= 0);
	host_join(t);
	EXPECT_EQ(waited, 0);
	close_fd((unsigned int)l);
	EXPECT_EQ(connect_name(b, "narrow"), -ECONNREFUSED);
	close_fd((unsigned int)a);
	close_fd((unsigned int)b);
	close_fd((unsigned int)s);
}
TEST(who_was_never_accepted_is_reset)
{
	char c;
	int l, s;

	test_net();
	l = listener(SOCK_STREAM, "l", 3);
	s = open_unix(SOCK_STREAM);
	ASSERT_EQ(connect_name(s, "l"), 0);
	EXPECT_EQ(send_fd(s, "abc", 3, 0), 3);
	close_fd((unsigned int)l);
	EXPECT_EQ(poll_fd(s) & (EPOLLHUP | EPOLLERR), EPOLLHUP | EPOLLERR);
	EXPECT_EQ(recv_fd(s, &c, 1, 0), -ECONNRESET);
	EXPECT_EQ(recv_fd(s, &c, 1, 0), 0);
	close_fd((unsigned int)s);
}

TEST(a_stream_has_no_boundaries_and_ends_by_halves)
{
	char buf[32];
	int fd[2], n;

	test_net();
	pair(SOCK_STREAM, fd);
	EXPECT_EQ(recv_fd(fd[1], buf, 8, 0), -EAGAIN);
	send_fd(fd[0], "one", 3, 0);
	send_fd(fd[0], "two", 3, 0);
	EXPECT_EQ(ioctl_fd(fd[1], SIOCINQ, &n), 0);
	EXPECT_EQ(n, 6);
	EXPECT_EQ(recv_fd(fd[1], buf, 4, MSG_PEEK), 4);
	EXPECT_EQ(recv_fd(fd[1], buf, sizeof(buf), 0), 6);
	EXPECT_EQ(memcmp(buf, "onetwo", 6), 0);
	send_fd(fd[1], "left", 4, 0);
	EXPECT_EQ(sys_shutdown(fd[0], SHUT_WR), 0);
	EXPECT_EQ(sys_shutdown(fd[0], 3), -EINVAL);
	EXPECT_EQ(recv_fd(fd[1], buf, 1, 0), 0);
	EXPECT_EQ(poll_fd(fd[1]) & (EPOLLIN | EPOLLRDHUP | EPOLLHUP), EPOLLIN | EPOLLRDHUP);
	EXPECT_EQ(send_fd(fd[0], "x", 1, 0), -EPIPE);
	host_signals_taken();
	EXPECT_EQ(sys_sendto(fd[0], buf, 1, 0, NULL, 0), -EPIPE);
	EXPECT_EQ(host_signals_taken(), 1ull << (SIGPIPE - 1));
	EXPECT_EQ(recv_fd(fd[0], buf, 8, 0), 4); /* the other half lives */
	send_fd(fd[1], "unread", 6, 0);
	close_fd((unsigned int)fd[0]);
	EXPECT_EQ(recv_fd(fd[1], buf, 1, 0), -ECONNRESET);
	EXPECT_EQ(send_fd(fd[1], "x", 1, 0), -EPIPE);
	close_fd((unsigned int)fd[1]);
}
TEST(a_slow_reader_stops_the_writer)
{
	u8 *block = kzalloc(65536, GFP_KERNEL);
	long all = 0, n;
	int fd[2];

	test_net();
	pair(SOCK_STREAM, fd);
	while ((n = send_fd(fd[0], block, 65536, MSG_DONTWAIT)) > 0)
		all += n;
	EXPECT_EQ(n, -EAGAIN);
	EXPECT_EQ(poll_fd(fd[0]) & EPOLLOUT, 0);
	EXPECT_TRUE(all >= 65536);
	while ((n = recv_fd(fd[1], block, 65536, 0)) > 0)
		all -= n;
	EXPECT_EQ(all, 0);
	EXPECT_EQ(poll_fd(fd[0]) & EPOLLOUT, EPOLLOUT);
	kfree(block);
	close_both(fd);
}
TEST(messages_keep_their_boundaries)
{
	char buf[32];
	int fd[2], n;

	test_net();
	pair(SOCK_SEQPACKET, fd);
	send_fd(fd[0], "longer", 6, 0);
	send_fd(fd[0], "", 0, 0);
	send_fd(fd[0], "b", 1, 0);
	EXPECT_EQ(ioctl_fd(fd[1], SIOCINQ, &n), 0);
	EXPECT_EQ(recv_fd(fd[1], buf, 3, MSG_PEEK | MSG_TRUNC), 6);
	EXPECT_EQ(recv_fd(fd[1], buf, 3, 0), 3); /* the rest is lost */
	EXPECT_EQ(recv_fd(fd[1], buf, 3, 0), 0);
	EXPECT_EQ(recv_fd(fd[1], buf, 3, 0), 1);
	EXPECT_EQ(sys_sendto(fd[0], buf, 1, MSG_OOB, NULL, 0), -EOPNOTSUPP);
	close_fd((unsigned int)fd[1]);
	EXPECT_EQ(send_fd(fd[0], "x", 1, 0), -EPIPE);
	close_fd((unsigned int)fd[0]);
}
TEST(datagrams_find_their_receiver_by_name)
{
	struct sockaddr_un a, from;
	int rx, tx, third, n = name(&a, "rx"), len = sizeof(from), sent = 0;
	char buf[8];

	test_net();
	rx = open_unix(SOCK_DGRAM);
	tx = open_unix(SOCK_DGRAM);
	third = open_unix(SOCK_DGRAM);
	EXPECT_EQ(sys_sendto(tx, "a", 1, 0, &a, n), -ECONNREFUSED);
	ASSERT_EQ(sys_bind(rx, &a, n), 0);
	ASSERT_EQ(bind_name(tx, "tx"), 0);
	EXPECT_EQ(sys_sendto(tx, "a", 1, 0, &a, n), 1);
	EXPECT_EQ(sys_recvfrom(rx, buf, sizeof(buf), 0, &from, &len), 1);
	EXPECT_EQ(len, UNIX_PATH_AT + 3);
	EXPECT_EQ(memcmp(from.sun_path, "\0tx", 3), 0);
	while (sys_sendto(tx, "b", 1, 0, &a, n) == 1)
		sent++;
	EXPECT_EQ(sent, 11); /* net.unix.max_dgram_qlen is 10; one more */
	EXPECT_EQ(connect_name(tx, "rx"), 0);
	EXPECT_EQ(poll_fd(tx) & EPOLLOUT, 0); /* the peer's queue is full */
	EXPECT_EQ(recv_fd(rx, buf, 1, 0), 1);
	EXPECT_EQ(connect_name(rx, "tx"), 0);
	EXPECT_EQ(sys_sendto(third, "c", 1, 0, &a, n), -EPERM); /* rx hears its peer alone */
	close_fd((unsigned int)rx);
	EXPECT_EQ(send_fd(tx, "d", 1, 0), -ECONNREFUSED);
	EXPECT_EQ(send_fd(tx, "d", 1, 0), -ENOTCONN);
	a.sun_family = AF_UNSPEC;
	EXPECT_EQ(sys_connect(tx, &a, n), 0);
	close_fd((unsigned int)tx);
	close_fd((unsigned int)third);
}

/* --- what travels beside the data --- */

TEST(descriptors_travel_in_messages)
{
	int fd[2], gift[2], both[2];
	size_t room = sizeof(control);
	char buf[4];

	test_net();
	pair(SOCK_STREAM, fd);
	pair(SOCK_STREAM, gift);
	both[0] = both[1] = gift[0];
	ASSERT_EQ(send_control(fd[0], SCM_RIGHTS, both, sizeof(both)), 1);
	close_fd((unsigned int)gift[0]);
	EXPECT_EQ(recv_control(fd[1], &room, MSG_PEEK), 0);
	EXPECT_EQ(room, CMSG_ALIGN_KERN(sizeof(*cmsg) + 8));
	close_fd((unsigned int)got_fd(0)); /* of the peek: descriptors of their own */
	close_fd((unsigned int)got_fd(1));
	room = sizeof(*cmsg) + 4;
	EXPECT_EQ(recv_control(fd[1], &room, 0), MSG_CTRUNC); /* room for one of the two */
	EXPECT_EQ(send_fd(got_fd(0), "hi", 2, 0), 2);
	EXPECT_EQ(recv_fd(gift[1], buf, 4, 0), 2);
	close_fd((unsigned int)got_fd(0));
	EXPECT_EQ(recv_fd(gift[1], buf, 4, 0), 0); /* no other copy is left */
	gift[0] = 999;
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, gift, 4), -EBADF);
	gift[0] = -1;
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, gift, 4), -EBADF);
	EXPECT_EQ(send_control(fd[0], 99, gift, 4), -EINVAL);
	close_fd((unsigned int)gift[1]);
	close_both(fd);
}
TEST(a_stream_read_stops_at_a_message_with_descriptors)
{
	char buf[8];
	int fd[2];

	test_net();
	pair(SOCK_STREAM, fd);
	send_fd(fd[0], "ab", 2, 0);
	EXPECT_EQ(send_control(fd[0], SCM_RIGHTS, fd, 4), 1);
	send_fd(fd[0], "d", 1, 0);
	EXPECT_EQ(recv_fd(fd[1], buf, 8, 0), 3); /* up to and with it, and no further */
	EXPECT_EQ(recv_fd(fd[1], buf, 8, 0), 1);
	close_both(fd);
}
TEST(credentials_are_told_and_cannot_be_forged)
{
	struct { u32 pid, uid, gid; } c, me = { (u32)current->tgid, 0, 0 };
	struct cred plain = *current->cred;
	const struct cred *root = current->cred;
	size_t room = sizeof(control);
	int fd[2], len = sizeof(c);

	test_net();
	pair(SOCK_STREAM, fd);
	EXPECT_EQ(sys_getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, (char *)&c, &len), 0);
	EXPECT_EQ(memcmp(&c, &me, sizeof(c)), 0);
	EXPECT_EQ(set_opt(fd[1], SOL_SOCKET, SO_PASSCRED, 1), 0);
	EXPECT_EQ(get_opt(fd[1], SOL_SOCKET, SO_PASSCRED), 1);
	send_fd(fd[0], "x", 1, 0);
	EXPECT_EQ(recv_control(fd[1], &room, 0), 0);
	EXPECT_EQ(cmsg->cmsg_type, SCM_CREDENTIALS);
	EXPECT_EQ(memcmp(CMSG_DATA_KERN(cmsg), &me, sizeof(me)), 0);
	plain.cap_effective = 0;
	current->cred = &plain;
	EXPECT_EQ(send_control(fd[0], SCM_CREDENTIALS, &me, sizeof(me)), 1);
	EXPECT_EQ(send_control(fd[0], SCM_CREDENTIALS, &me, sizeof(me) - 4), -EINVAL);
	c = me;
	c.uid = 7;
	EXPECT_EQ(send_control(fd[0], SCM_CREDENTIALS, &c, sizeof(c)), -EPERM);
	c = me;
	c.gid = 7;
	EXPECT_EQ(send_control(fd[0], SCM_CREDENTIALS, &c, sizeof(c)), -EPERM);
	c = me;
	c.pid++;
	EXPECT_EQ(send_control(fd[0], SCM_CREDENTIALS, &c, sizeof(c)), -EPERM);
	current->cred = root;
	close_both(fd);
}
TEST(proc_net_unix_lists_each_socket)
{
	static char text[4096];
	struct net *net = test_net();
	int l = listener(SOCK_STREAM, "shown", 1), d = open_unix(SOCK_DGRAM);
	char *line;

	ASSERT_TRUE(host_proc_read(net, "net/unix", text, sizeof(text)) > 0);
	EXPECT_EQ(strncmp(text, "Num       RefCount Protocol Flags    Type St Inode Path\n", 56), 0);
	line = strstr(text, "@shown\n");
	ASSERT_TRUE(line != NULL);
	EXPECT_TRUE(strstr(text, " 00010000 0001 01 ") != NULL); /* listens, a stream, unconnected */
	EXPECT_TRUE(strstr(text, " 00000000 0002 01 ") != NULL);
	close_fd((unsigned int)l);
	close_fd((unsigned int)d);
	ASSERT_TRUE(host_proc_read(net, "net/unix", text, sizeof(text)) > 0);
	EXPECT_TRUE(!strstr(text, "shown"));
}
