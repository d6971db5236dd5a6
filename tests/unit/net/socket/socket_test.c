/* tests/unit/net/socket/socket_test.c - the socket calls themselves: descriptors, addresses, files; what fails leaves
 * nothing behind
 */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <linux/un.h>

static struct sockaddr_in lo_port(u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}
static int udp_at(u16 port)
{
	struct sockaddr_in a = lo_port(port);
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	ASSERT_TRUE(fd >= 0);
	if (port)
		ASSERT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
/* The next descriptor: as long as it is the same, none was leaked. */
static int next_fd(void)
{
	int fd = get_unused_fd_flags(0);

	put_unused_fd((unsigned int)fd);
	return fd;
}

TEST(every_call_on_what_is_no_socket)
{
	static const struct file_operations plain_ops;
	static const long want[2] = { -EBADF, -ENOTSOCK };
	struct file *f = alloc_file_anon(0, "plain", &plain_ops, NULL, 0);
	struct sockaddr_in a = lo_port(9);
	struct user_mmsghdr mm = { 0 };
	struct user_msghdr m = { 0 };
	int len = sizeof(a), v = 1, plain;
	char c;

	test_net();
	plain = get_unused_fd_flags(0);
	fd_install((unsigned int)plain, f);
	for (int i = 0; i < 2; i++) {
		int fd = i ? plain : 99;
		const long got[] = {
			sys_bind(fd, &a, sizeof(a)), sys_listen(fd, 1), sys_accept(fd, NULL, NULL),
			sys_connect(fd, &a, sizeof(a)), sys_getsockname(fd, &a, &len), sys_getpeername(fd, &a, &len),
			sys_shutdown(fd, SHUT_WR), sys_setsockopt(fd, SOL_SOCKET, SO_DEBUG, &v, sizeof(v)),
			sys_getsockopt(fd, SOL_SOCKET, SO_DEBUG, &c, &len), sys_sendto(fd, &c, 1, 0, NULL, 0),
			sys_recvfrom(fd, &c, 1, 0, NULL, NULL), sys_sendmsg(fd, &m, 0), sys_recvmsg(fd, &m, 0),
			sys_sendmmsg(fd, &mm, 1, 0), sys_recvmmsg(fd, &mm, 1, 0, NULL),
		};

		for (size_t k = 0; k < ARRAY_SIZE(got); k++)
			if (got[k] != want[i])
				test_fail(__FILE__, __LINE__, false, "call %zu: %ld, not %ld", k, got[k], want[i]);
	}
	close_fd((unsigned int)plain);
}
TEST(families_types_and_flags)
{
	static const struct { int family, type; long result; } rows[] = {
		{ -1, SOCK_STREAM, -EAFNOSUPPORT }, { 999, SOCK_STREAM, -EAFNOSUPPORT },
		{ 3, SOCK_STREAM, -EAFNOSUPPORT },
		{ AF_INET, SOCK_MAX, -EINVAL }, { AF_INET, SOCK_STREAM | 0x10000, -EINVAL },
		{ AF_INET, SOCK_SEQPACKET, -ESOCKTNOSUPPORT }, { AF_UNIX, SOCK_RDM, -ESOCKTNOSUPPORT },
		{ AF_INET, SOCK_PACKET, -ESOCKTNOSUPPORT }, /* AF_PACKET's old name: absent there */
	};
	int fd[2], free_fd;

	test_net();
	free_fd = next_fd();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(sys_socket(rows[i].family, rows[i].type, 0), rows[i].result);
		EXPECT_EQ(sys_socketpair(rows[i].family, rows[i].type, 0, fd), rows[i].result);
	}
	EXPECT_EQ(sys_socketpair(AF_INET, SOCK_STREAM, 0, fd), -EOPNOTSUPP);
	EXPECT_EQ(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, NULL), -EFAULT);
	EXPECT_EQ(sys_accept4(0, NULL, NULL, 1), -EINVAL);
	EXPECT_EQ(next_fd(), free_fd);
}
/* Each allocation of a call fails once; so does the last free descriptor. */
TEST(a_socket_that_cannot_be_made_leaves_nothing)
{
	int fd[2], free_fd, held[4097], n = 0;
	size_t nth;
	long r;

	test_net();
	free_fd = next_fd();
	for (nth = 1, r = -1; r < 0; nth++) {
		host_fail_alloc(nth, false);
		r = sys_socket(AF_INET, SOCK_STREAM, 0);
		EXPECT_TRUE(r >= 0 || r == -ENFILE || r == -ENOBUFS || r == -ENOMEM);
		EXPECT_TRUE(r >= 0 || next_fd() == free_fd);
	}
	EXPECT_GE(nth, 4u); /* socket, sock, file */
	close_fd((unsigned int)r);
	for (nth = 1, r = -1; r < 0; nth++) {
		host_fail_alloc(nth, false);
		r = sys_socketpair(AF_UNIX, SOCK_DGRAM, 0, fd);
		EXPECT_TRUE(!r || r == -ENFILE || r == -ENOMEM);
		EXPECT_TRUE(!r || next_fd() == free_fd);
	}
	EXPECT_GE(nth, 7u);
	host_fail_alloc(0, false);
	close_fd((unsigned int)fd[0]);
	close_fd((unsigned int)fd[1]);
	while ((held[n] = get_unused_fd_flags(0)) >= 0)
		n++;
	EXPECT_EQ(sys_socket(AF_INET, SOCK_STREAM, 0), -EMFILE);
	EXPECT_EQ(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fd), -EMFILE);
	put_unused_fd((unsigned int)held[--n]);
	EXPECT_EQ(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fd), -EMFILE); /* one is not two */
	EXPECT_EQ(next_fd(), held[n]);
	while (n)
		put_unused_fd((unsigned int)held[--n]);
}
TEST(a_connection_that_cannot_be_accepted)
{
	struct sockaddr_un a = { AF_UNIX, "\0l" };
	int l, c, free_fd, len = sizeof(a), held[4097], n = 0;
	long r = -1;
	char byte;

	test_net();
	l = (int)sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	c = (int)sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(sys_bind(l, &a, 4), 0);
	ASSERT_EQ(sys_listen(l, 5), 0);
	free_fd = next_fd();
	EXPECT_EQ(sys_accept(l, NULL, NULL), -EAGAIN);
	EXPECT_EQ(next_fd(), free_fd);
	ASSERT_EQ(sys_connect(c, &a, 4), 0);
	while ((held[n] = get_unused_fd_flags(0)) >= 0)
		n++;
	EXPECT_EQ(sys_accept(l, NULL, NULL), -EMFILE);
	while (n)
		put_unused_fd((unsigned int)held[--n]);
	host_fail_alloc(1, false); /* of the struct socket: nothing was taken from the queue yet */
	EXPECT_EQ(sys_accept(l, NULL, NULL), -ENFILE);
	host_fail_alloc(2, false); /* of the file: the connection ends */
	EXPECT_EQ(sys_accept(l, NULL, NULL), -ENFILE);
	EXPECT_EQ(recv_fd(c, &byte, 1, 0), 0);
	EXPECT_EQ(next_fd(), free_fd);
	close_fd((unsigned int)c);
	c = (int)sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(sys_connect(c, &a, 4), 0);
	EXPECT_EQ(sys_accept(l, &a, NULL), -EFAULT); /* so does one whose name cannot be told */
	EXPECT_EQ(recv_fd(c, &byte, 1, 0), 0);
	close_fd((unsigned int)c);
	c = (int)sys_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ASSERT_EQ(sys_connect(c, &(struct sockaddr_un){ AF_UNIX, "\0l" }, 4), 0);
	r = sys_accept4(l, &a, &len, SOCK_NONBLOCK);
	EXPECT_TRUE(r >= 0);
	EXPECT_EQ(recv_fd((int)r, &byte, 1, 0), -EAGAIN);
	close_fd((unsigned int)r);
	close_fd((unsigned int)c);
	close_fd((unsigned int)l);
}
/* An address is cut to the program's room, and its true length told; lengths that make no sense are refused. */
TEST(addresses_in_and_out)
{
	struct sockaddr_in a = lo_port(7000), got;
	struct bench b = bench_up();
	int fd = udp_at(7000), len;

	memset(&got, 0x55, sizeof(got));
	len = 4;
	EXPECT_EQ(sys_getsockname(fd, &got, &len), 0);
	EXPECT_EQ(len, 16);
	EXPECT_TRUE(got.sin_port == htons(7000) && got.sin_addr.s_addr == 0x55555555);
	len = 0;
	EXPECT_EQ(sys_getsockname(fd, NULL, &len), 0);
	EXPECT_EQ(len, 16);
	len = -1;
	EXPECT_EQ(sys_getsockname(fd, &got, &len), -EINVAL);
	EXPECT_EQ(sys_getsockname(fd, &got, NULL), -EFAULT);
	len = 16;
	EXPECT_EQ(sys_getsockname(fd, NULL, &len), -EFAULT);
	EXPECT_EQ(sys_getpeername(fd, &got, &len), -ENOTCONN);
	EXPECT_EQ(sys_bind(fd, &a, -1), -EINVAL);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(struct sockaddr_storage) + 1), -EINVAL);
	EXPECT_EQ(sys_connect(fd, NULL, sizeof(a)), -EFAULT);
	EXPECT_EQ(sys_connect(fd, &a, -1), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, &a, 1, 0, NULL, 99), -EDESTADDRREQ); /* no address: its length is nothing */
	EXPECT_EQ(sys_sendto(fd, &a, 1, 0, &a, -1), -EINVAL);
	EXPECT_EQ(sys_sendto(fd, NULL, 1, 0, &a, sizeof(a)), -EFAULT);
	EXPECT_EQ(sys_recvfrom(fd, NULL, 1, 0, NULL, NULL), -EFAULT);
	close_fd((unsigned int)fd);
	bench_down(&b);
}

/* --- the file --- */

static ssize_t read_file(int fd, void *buf, size_t n)
{
	struct file *f = fget((unsigned int)fd);
	struct iov_iter i;
	ssize_t r;

	iov_iter_ubuf(&i, false, buf, n);
	r = f->f_op->read_iter(f, &i, &f->f_pos);
	EXPECT_EQ(iov_iter_count(&i), n - (size_t)max(r, 0l)); /* the vector is used up by what was moved */
	fput(f);
	return r;
}
static ssize_t write_file(int fd, const char *text)
{
	struct file *f = fget((unsigned int)fd);
	struct iov_iter i;
	ssize_t r;

	iov_iter_ubuf(&i, true, (void *)text, strlen(text));
	r = f->f_op->write_iter(f, &i, &f->f_pos);
	fput(f);
	return r;
}
TEST(read_and_write_are_recv_and_send)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	struct file *f;
	char buf[8];
	int fd[2];

	test_net();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(sys_socketpair(AF_UNIX, types[i] | SOCK_NONBLOCK, 0, fd), 0);
		EXPECT_EQ(read_file(fd[0], buf, 8), -EAGAIN);
		EXPECT_EQ(read_file(fd[0], buf, 0), 0); /* asks nobody */
		EXPECT_EQ(write_file(fd[1], "text"), 4);
		EXPECT_EQ(write_file(fd[1], "more"), 4);
		EXPECT_EQ(read_file(fd[0], buf, 0), 0);
		EXPECT_EQ(read_file(fd[0], buf, 8), types[i] == SOCK_STREAM ? 8 : 4);
		EXPECT_EQ(memcmp(buf, "text", 4), 0);
		EXPECT_EQ(read_file(fd[0], buf, 8), types[i] == SOCK_STREAM ? -EAGAIN : 4);
		close_fd((unsigned int)fd[0]);
		EXPECT_EQ(write_file(fd[1], "x"), types[i] == SOCK_DGRAM ? -ECONNREFUSED : -EPIPE);
		close_fd((unsigned int)fd[1]);
	}
	fd[0] = udp_at(0);
	f = fget((unsigned int)fd[0]);
	EXPECT_EQ(f->f_op->llseek(f, 0, 0), -ESPIPE);
	EXPECT_EQ(f->f_op->mmap(f, NULL), -ENODEV);
	EXPECT_EQ(f->f_op->fasync(fd[0], f, true), 0);
	fput(f);
	close_fd((unsigned int)fd[0]);
}
TEST(an_owner_is_told_back)
{
	static const unsigned int set[] = { FIOSETOWN, SIOCSPGRP }, get[] = { FIOGETOWN, SIOCGPGRP };
	int fd, pid;

	test_net();
	fd = udp_at(0);
	for (int i = 0; i < 2; i++) {
		pid = i ? -current->tgid : current->tgid; /* a group */
		EXPECT_EQ(ioctl_fd(fd, set[i], &pid), 0);
		for (int k = 0; k < 2; k++) {
			pid = 0;
			EXPECT_EQ(ioctl_fd(fd, get[k], &pid), 0);
			EXPECT_EQ(pid, i ? -current->tgid : current->tgid);
		}
	}
	EXPECT_EQ(ioctl_fd(fd, FIOSETOWN, NULL), -EFAULT);
	EXPECT_EQ(ioctl_fd(fd, FIOGETOWN, NULL), -EFAULT);
	close_fd((unsigned int)fd);
}
/* When the last packet that the program took came in; asking the first time begins the measuring. */
TEST(the_last_packets_time)
{
	static const struct { unsigned int cmd; s64 unit; } rows[] = {
		{ SIOCGSTAMPNS_OLD, 1 }, { SIOCGSTAMPNS_NEW, 1 }, { SIOCGSTAMP_OLD, 1000 }, { SIOCGSTAMP_NEW, 1000 },
	};
	struct sockaddr_in a = lo_port(7000);
	struct { s64 sec, frac; } t;
	struct bench b = bench_up();
	int fd = udp_at(7000);
	u64 arrived;
	char c;

	EXPECT_EQ(ioctl_fd(fd, SIOCGSTAMP_OLD, &t), -ENOENT);
	host_pass(1234567 * NSEC_PER_USEC);
	EXPECT_EQ(sys_sendto(fd, "x", 1, 0, &a, sizeof(a)), 1);
	host_settle();
	arrived = ktime_get_real_ns();
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(recv_fd(fd, &c, 1, 0), 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(ioctl_fd(fd, rows[i].cmd, &t), 0);
		EXPECT_EQ(t.sec, (s64)(arrived / NSEC_PER_SEC));
		EXPECT_EQ(t.frac, (s64)(arrived % NSEC_PER_SEC) / rows[i].unit);
	}
	EXPECT_EQ(ioctl_fd(fd, SIOCGSTAMP_OLD, NULL), -EFAULT);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
