/* tests/unit/net/unix/path_test.c - AF_UNIX by names in the file system (tests/host/path.c) */
#include "kernel/process/process.h"
#include "lib/printf.h"
#include "tests/unit/net/unix/bench.h"

static int path(struct sockaddr_un *a, const char *s)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path, s, min(strlen(s), sizeof(a->sun_path)));
	return (int)(UNIX_PATH_AT + strlen(s));
}
static long bind_path(int fd, const char *s)
{
	struct sockaddr_un a;
	int n = path(&a, s);

	return sys_bind(fd, &a, n);
}
static long connect_path(int fd, const char *s)
{
	struct sockaddr_un a;
	int n = path(&a, s);

	return sys_connect(fd, &a, n);
}

TEST(a_name_in_the_file_system_outlives_its_socket)
{
	struct sockaddr_un a;
	int l, c, s, len = sizeof(a);

	test_net();
	l = open_unix(SOCK_STREAM);
	c = open_unix(SOCK_STREAM);
	EXPECT_EQ(connect_path(c, "sock"), -ENOENT);
	EXPECT_EQ(bind_path(l, "sock"), 0);
	EXPECT_EQ(connect_path(c, "sock"), -ECONNREFUSED); /* does not listen */
	ASSERT_EQ(sys_listen(l, 1), 0);
	ASSERT_EQ(connect_path(c, "sock"), 0);
	EXPECT_EQ(sys_getpeername(c, &a, &len), 0);
	EXPECT_EQ(len, (int)UNIX_PATH_AT + 5); /* its NUL counts */
	EXPECT_STREQ(a.sun_path, "sock");
	s = (int)sys_accept4(l, NULL, NULL, 0);
	ASSERT_TRUE(s >= 0);
	close_fd((unsigned int)l);
	close_fd((unsigned int)s);
	close_fd((unsigned int)c);
	c = open_unix(SOCK_STREAM);
	EXPECT_EQ(connect_path(c, "sock"), -ECONNREFUSED); /* a name that nobody answers */
	EXPECT_EQ(bind_path(c, "sock"), -EADDRINUSE);
	EXPECT_EQ(host_unlink("sock"), 0);
	EXPECT_EQ(connect_path(c, "sock"), -ENOENT);
	EXPECT_EQ(bind_path(c, "sock"), 0); /* what was refused left no name behind */
	EXPECT_EQ(host_unlink("sock"), 0);
	close_fd((unsigned int)c);
}
/* The name went, the socket is found no more: another may have the name, and each answers to its own inode. */
TEST(a_name_may_be_taken_from_a_living_socket)
{
	struct sockaddr_un a;
	int first, second, c, n = path(&a, "log");
	char buf[8];

	test_net();
	first = open_unix(SOCK_DGRAM);
	second = open_unix(SOCK_DGRAM);
	c = open_unix(SOCK_DGRAM);
	ASSERT_EQ(bind_path(first, "log"), 0);
	EXPECT_EQ(host_unlink("log"), 0);
	EXPECT_EQ(sys_sendto(c, "a", 1, 0, &a, n), -ENOENT);
	ASSERT_EQ(bind_path(second, "log"), 0);
	EXPECT_EQ(sys_sendto(c, "b", 1, 0, &a, n), 1);
	EXPECT_EQ(recv_fd(first, buf, 8, 0), -EAGAIN);
	EXPECT_EQ(recv_fd(second, buf, 8, 0), 1);
	EXPECT_EQ(buf[0], 'b');
	EXPECT_EQ(host_unlink("log"), 0);
	close_fd((unsigned int)first);
	close_fd((unsigned int)second);
	close_fd((unsigned int)c);
}
/* More names than the table has buckets: each leads to its own socket. */
TEST(many_names)
{
	enum { N = 600 };
	struct sockaddr_un a;
	static int fd[N];
	int tx;

	test_net();
	tx = open_unix(SOCK_DGRAM);
	for (int i = 0; i < N; i++) {
		char s[8];

		snprintf(s, sizeof(s), "s%d", i);
		fd[i] = open_unix(SOCK_DGRAM);
		ASSERT_EQ(bind_path(fd[i], s), 0);
	}
	for (int i = 0; i < N; i++) {
		char s[8], got[8] = "";
		int n;

		snprintf(s, sizeof(s), "s%d", i);
		n = path(&a, s);
		EXPECT_EQ(sys_sendto(tx, s, strlen(s), 0, &a, n), (long)strlen(s));
		recv_fd(fd[i], got, sizeof(got), 0);
		EXPECT_STREQ(got, s);
		host_unlink(s);
	}
	for (int i = 0; i < N; i++)
		close_fd((unsigned int)fd[i]);
	close_fd((unsigned int)tx);
}
TEST(what_a_path_may_not_be)
{
	const struct cred *root = current->cred;
	struct cred plain = *root;
	int l, c, d;

	test_net();
	l = open_unix(SOCK_STREAM);
	c = open_unix(SOCK_STREAM);
	d = open_unix(SOCK_DGRAM);
	EXPECT_EQ(bind_path(l, "/none/sock"), -ENOENT);
	ASSERT_EQ(bind_path(l, "sock"), 0);
	ASSERT_EQ(sys_listen(l, 1), 0);
	EXPECT_EQ(bind_path(l, "more"), -EINVAL); /* it has a name */
	EXPECT_EQ(connect_path(d, "sock"), -EPROTOTYPE);
	host_make_file("plain", S_IFREG | 0666);
	EXPECT_EQ(connect_path(c, "plain"), -ECONNREFUSED);
	host_make_file("closed", S_IFSOCK | 0600);
	plain.fsuid = 1000;
	current->cred = &plain;
	EXPECT_EQ(connect_path(c, "closed"), -EACCES); /* who may not write may not connect */
	current->cred = root;
	EXPECT_EQ(connect_path(c, "closed"), -ECONNREFUSED);
	EXPECT_EQ(host_unlink("plain") | host_unlink("closed") | host_unlink("sock"), 0);
	host_fail_alloc(1, false);
	EXPECT_EQ(bind_path(c, "late"), -ENOMEM);
	host_fail_alloc(2, false);
	EXPECT_EQ(bind_path(c, "late"), -ENOMEM);
	EXPECT_EQ(host_unlink("late"), -ENOENT);
	close_fd((unsigned int)l);
	close_fd((unsigned int)c);
	close_fd((unsigned int)d);
}
/* A path of all 108 bytes has no NUL in the address: one is added, and told. A NUL inside ends it. */
TEST(the_longest_path_and_one_that_ends_early)
{
	char longest[109] = { 0 };
	struct { struct sockaddr_un a; char more[8]; } got;
	int s, c, len = sizeof(got);

	test_net();
	s = open_unix(SOCK_DGRAM);
	c = open_unix(SOCK_DGRAM);
	memset(longest, 'p', 108);
	EXPECT_EQ(bind_path(s, longest), 0);
	EXPECT_EQ(sys_getsockname(s, &got, &len), 0);
	EXPECT_EQ(len, (int)UNIX_PATH_AT + 109);
	EXPECT_STREQ(got.a.sun_path, longest);
	EXPECT_EQ(connect_path(c, longest), 0);
	EXPECT_EQ(host_unlink(longest), 0);
	close_fd((unsigned int)s);
	got.a = (struct sockaddr_un){ AF_UNIX, "emb\0ed" };
	s = open_unix(SOCK_DGRAM);
	EXPECT_EQ(sys_bind(s, &got.a, (int)UNIX_PATH_AT + 6), 0);
	len = sizeof(got);
	EXPECT_EQ(sys_getsockname(s, &got, &len), 0);
	EXPECT_EQ(len, (int)UNIX_PATH_AT + 4);
	EXPECT_EQ(host_unlink("emb"), 0);
	close_fd((unsigned int)s);
	close_fd((unsigned int)c);
}
TEST(proc_net_unix_shows_paths)
{
	static char text[4096];
	struct net *net = test_net();
	int s = open_unix(SOCK_SEQPACKET);

	EXPECT_EQ(bind_path(s, "run.sock"), 0);
	ASSERT_TRUE(host_proc_read(net, "net/unix", text, sizeof(text)) > 0);
	EXPECT_TRUE(strstr(text, " 0005 01 ") != NULL);
	EXPECT_TRUE(strstr(text, " run.sock\n") != NULL);
	EXPECT_EQ(host_unlink("run.sock"), 0);
	close_fd((unsigned int)s);
}
