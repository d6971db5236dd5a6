/* tests/unit/net/socket/message_test.c - sendmsg and recvmsg: headers, control data, many messages in one call */
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/time_types.h>

static char control[512] __aligned(8), text[16];
static struct iovec v = { text, sizeof(text) };
static struct cmsghdr_kern *cmsg = (struct cmsghdr_kern *)control;

static struct sockaddr_in lo_port(u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}
/* Two that are connected to each other; what one sends the other gets at once. */
static void udp_pair(int fd[2])
{
	struct sockaddr_in a = lo_port(7000), z = lo_port(7001);

	fd[0] = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);
	fd[1] = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);
	EXPECT_EQ(sys_bind(fd[0], &a, sizeof(a)), 0);
	EXPECT_EQ(sys_bind(fd[1], &z, sizeof(z)), 0);
	EXPECT_EQ(sys_connect(fd[0], &z, sizeof(z)), 0);
	EXPECT_EQ(sys_connect(fd[1], &a, sizeof(a)), 0);
}
static void send_all(int fd, const char *words)
{
	for (; *words; words++)
		EXPECT_EQ(send_fd(fd, words, 1, 0), 1);
	host_settle();
}
static void close_both(const int fd[2])
{
	close_fd((unsigned int)fd[0]);
	close_fd((unsigned int)fd[1]);
}

TEST(headers_that_make_no_sense)
{
	struct sockaddr_in a = lo_port(7000);
	const struct user_msghdr good = { .msg_iov = &v, .msg_iovlen = 1 };
	struct user_msghdr m = good;
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	EXPECT_EQ(sys_sendmsg(fd[0], NULL, 0), -EFAULT);
	EXPECT_EQ(sys_recvmsg(fd[0], NULL, MSG_DONTWAIT), -EFAULT);
	m.msg_iovlen = 1025;
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -EMSGSIZE);
	m = good;
	m.msg_iov = NULL;
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -EFAULT);
	m = good;
	m.msg_name = &a;
	m.msg_namelen = -1;
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -EINVAL);
	m.msg_name = (void *)1;
	m.msg_namelen = sizeof(a);
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -EFAULT);
	m = good;
	m.msg_control = control;
	m.msg_controllen = 131073;
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -ENOBUFS);
	m.msg_controllen = 131072;
	m.msg_control = (void *)1;
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -EFAULT);
	host_fail_alloc(1, false); /* where long control data is kept */
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), -ENOBUFS);
	m = good;
	m.msg_namelen = 99; /* of no name */
	EXPECT_EQ(sys_sendmsg(fd[0], &m, 0), (long)sizeof(text));
	close_both(fd);
	bench_down(&b);
}
/* Control data longer than what the call keeps on its stack: the last of twenty counts. */
TEST(long_control_data_is_read_to_its_end)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = PEER };
	struct user_msghdr m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_iov = &v, .msg_iovlen = 1,
				 .msg_control = control, .msg_controllen = 20 * 24 };
	struct bench b = bench_up();
	int fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);

	for (int i = 0; i < 20; i++) {
		struct cmsghdr_kern *c = (struct cmsghdr_kern *)(control + i * 24);

		*c = (struct cmsghdr_kern){ sizeof(*c) + 4, SOL_IP, IP_TTL };
		*(int *)CMSG_DATA_KERN(c) = 100 + i;
	}
	EXPECT_EQ(sys_sendmsg(fd, &m, 0), (long)sizeof(text));
	host_settle();
	EXPECT_EQ(sent(&b)->ttl, 119);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* Two headers, the second of which has that length, in control data of that length; as Linux 6.18 answers. Neither is
 * for anybody: what is unsound is refused all the same. */
TEST(each_header_of_control_data_must_be_sound)
{
	static const struct { size_t len, room; long result; } rows[] = {
		{ 0, 48, -EINVAL }, { 15, 48, -EINVAL }, { 16, 48, 1 }, { 20, 48, 1 }, { 24, 48, 1 },
		{ 25, 48, -EINVAL }, { SIZE_MAX, 48, -EINVAL }, { 20, 44, 1 }, { 20, 43, -EINVAL },
		{ 20, 40, -EINVAL }, /* its header is there, and no more */
		{ 20, 39, 1 }, { 20, 24, 1 }, { 20, 20, 1 }, { 20, 15, 1 }, /* not even that: the end */
		{ 20, 19, -EINVAL }, { 20, 16, -EINVAL }, /* the first one's data is cut */
	};
	static const int families[] = { AF_INET, AF_UNIX };
	struct bench b = bench_up();
	int fd[2];

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		if (families[f] == AF_INET)
			udp_pair(fd);
		else
			ASSERT_EQ(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			struct iovec one = { text, 1 };
			struct user_msghdr m = { .msg_iov = &one, .msg_iovlen = 1, .msg_control = control,
						 .msg_controllen = rows[i].room };
			long r;

			*cmsg = (struct cmsghdr_kern){ 20, 77, 1 };
			*(struct cmsghdr_kern *)(control + 24) = (struct cmsghdr_kern){ rows[i].len, 77, 1 };
			r = sys_sendmsg(fd[0], &m, 0);
			if (r != rows[i].result)
				test_fail(__FILE__, __LINE__, false, "family %d row %zu: %ld", families[f], i, r);
		}
		close_both(fd);
	}
	bench_down(&b);
}
/* What does not fit is cut and flagged; what there is no room for at all is flagged alone (Linux's put_cmsg()). */
TEST(control_data_is_cut_to_its_room)
{
	static const struct { size_t room, used, len; bool cut; } rows[] = {
		{ 64, 32, 28, false }, { 32, 32, 28, false }, { 28, 28, 28, false }, { 27, 27, 27, true },
		{ 16, 16, 16, true },  { 15, 0, 0, true },    { 0, 0, 0, true },
	};
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	EXPECT_EQ(set_opt(fd[1], SOL_IP, IP_PKTINFO, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
					 .msg_controllen = rows[i].room };

		memset(control, 0, sizeof(control));
		control[max(rows[i].room, sizeof(*cmsg))] = 0x77;
		send_all(fd[0], "x");
		EXPECT_EQ(sys_recvmsg(fd[1], &m, MSG_DONTWAIT), 1);
		if (m.msg_controllen != rows[i].used || cmsg->cmsg_len != rows[i].len ||
		    !(m.msg_flags & MSG_CTRUNC) == rows[i].cut || control[max(rows[i].room, sizeof(*cmsg))] != 0x77)
			test_fail(__FILE__, __LINE__, false, "room %zu: used %zu, length %zu, flags %#x", rows[i].room,
				  m.msg_controllen, rows[i].room ? cmsg->cmsg_len : 0, m.msg_flags);
	}
	close_both(fd);
	bench_down(&b);
}
/* The results cannot be written: the message is gone, and the program knows. */
TEST(results_that_fault)
{
	struct sockaddr_in from;
	struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof(from) };
	struct bench b = bench_up();
	int fd[2], len = -1;
	char c;

	udp_pair(fd);
	send_all(fd[0], "abcd");
	EXPECT_EQ(sys_recvfrom(fd[1], &c, 1, MSG_DONTWAIT, &from, &len), -EINVAL);
	len = sizeof(from);
	EXPECT_EQ(sys_recvfrom(fd[1], &c, 1, MSG_DONTWAIT, (void *)1, &len), -EFAULT);
	m.msg_name = (void *)1;
	EXPECT_EQ(sys_recvmsg(fd[1], &m, MSG_DONTWAIT), -EFAULT);
	m.msg_name = &from;
	EXPECT_EQ(sys_recvmsg(fd[1], &m, MSG_DONTWAIT), 1);
	EXPECT_EQ(text[0], 'd');
	EXPECT_TRUE(m.msg_namelen == sizeof(from) && from.sin_port == htons(7000));
	send_all(fd[0], "e");
	m.msg_name = NULL;
	host_fail_user_copy(4); /* header, vector, data; then the results */
	EXPECT_EQ(sys_recvmsg(fd[1], &m, MSG_DONTWAIT), -EFAULT);
	EXPECT_EQ(host_fail_user_copy_left(), 0u);
	close_both(fd);
	bench_down(&b);
}

/* --- many --- */

static struct user_mmsghdr many[8];
static void fresh(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct user_mmsghdr){ .msg_hdr = { .msg_iov = &v, .msg_iovlen = 1 } };
}
struct reader { int fd; unsigned int n, flags; struct __kernel_timespec *limit; long got; };
static int read_many(void *arg)
{
	struct reader *r = arg;

	r->got = sys_recvmmsg(r->fd, many, r->n, r->flags, r->limit);
	return 0;
}
TEST(a_limit_that_makes_no_sense)
{
	static const struct __kernel_timespec bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000000 } };
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	fresh();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(sys_recvmmsg(fd[0], many, 1, MSG_DONTWAIT, (void *)&bad[i]), -EINVAL);
	EXPECT_EQ(sys_recvmmsg(fd[0], many, 1, MSG_DONTWAIT, (void *)1), -EFAULT);
	close_both(fd);
	bench_down(&b);
}
/* The limit is looked at after each message, and what is left of it is told; it wakes nobody (recvmmsg(2), BUGS). */
TEST(a_limit_is_looked_at_after_each_message)
{
	struct __kernel_timespec limit = { 0, 500000000 };
	struct reader r;
	struct task_struct *t;
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	fresh();
	r = (struct reader){ fd[1], 8, 0, &limit, 77 };
	t = host_spawn(read_many, &r, "reader");
	host_pass(200 * NSEC_PER_MSEC);
	send_all(fd[0], "ab");
	host_pass(200 * NSEC_PER_MSEC);
	EXPECT_EQ(r.got, 77); /* 400 ms: two of eight */
	host_pass(300 * NSEC_PER_MSEC);
	EXPECT_EQ(r.got, 77); /* it is over, and nobody came */
	send_all(fd[0], "cd");
	host_join(t);
	EXPECT_EQ(r.got, 3);
	EXPECT_TRUE(!limit.tv_sec && !limit.tv_nsec);
	limit = (struct __kernel_timespec){ 5, 0 };
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, &limit), 1); /* the fourth */
	EXPECT_TRUE(limit.tv_sec == 5 && !limit.tv_nsec);
	limit = (struct __kernel_timespec){ S64_MAX, 0 }; /* no limit that a clock knows */
	send_all(fd[0], "e");
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, &limit), 1);
	EXPECT_EQ(limit.tv_sec, S64_MAX);
	send_all(fd[0], "f");
	limit = (struct __kernel_timespec){ 1, 0 };
	host_fail_user_copy(6); /* the limit, header, vector, data, results; then what is left */
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 1, 0, &limit), -EFAULT);
	close_both(fd);
	bench_down(&b);
}
/* MSG_WAITFORONE waits for the first and takes what else is there. */
TEST(waiting_for_one_of_many)
{
	struct reader r;
	struct task_struct *t;
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	fresh();
	r = (struct reader){ fd[1], 8, MSG_WAITFORONE, NULL, 77 };
	t = host_spawn(read_many, &r, "reader");
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(r.got, 77);
	send_all(fd[0], "a");
	host_join(t);
	EXPECT_EQ(r.got, 1);
	send_all(fd[0], "bcd");
	r.n = 2;
	read_many(&r);
	EXPECT_EQ(r.got, 2);
	close_both(fd);
	bench_down(&b);
}
/* An error behind some messages is told by the next call; one of the first is told at once. */
TEST(an_error_among_many)
{
	struct bench b = bench_up();
	int fd[2];

	udp_pair(fd);
	fresh();
	many[1].msg_hdr.msg_iovlen = 1025;
	send_all(fd[0], "abc");
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, NULL), 1);
	fresh();
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, NULL), -EMSGSIZE);
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, NULL), 2); /* nothing was lost */
	EXPECT_EQ(sys_recvmmsg(fd[1], many, 8, MSG_DONTWAIT, NULL), -EAGAIN);
	EXPECT_EQ(get_opt(fd[1], SOL_SOCKET, SO_ERROR), 0);
	fresh();
	host_fail_user_copy(4); /* header, vector, data; then the length: sent, but not told */
	EXPECT_EQ(sys_sendmmsg(fd[0], many, 2, 0), -EFAULT);
	close_both(fd);
	bench_down(&b);
}
