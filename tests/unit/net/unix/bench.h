/* tests/unit/net/unix/bench.h - sockets of AF_UNIX as programs make and use them */
#pragma once
#include "net/unix/af_unix.h"
#include "tests/unit/net/calls.h"

/* An abstract name: its length. */
static __maybe_unused int name(struct sockaddr_un *a, const char *s)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->sun_path + 1, s, strlen(s));
	return (int)(UNIX_PATH_AT + 1 + strlen(s));
}
static __maybe_unused int open_unix(int type)
{
	int fd = (int)sys_socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	ASSERT_TRUE(fd >= 0);
	return fd;
}
static __maybe_unused long bind_name(int fd, const char *s)
{
	struct sockaddr_un a;
	int n = name(&a, s);

	return sys_bind(fd, &a, n);
}
static __maybe_unused long connect_name(int fd, const char *s)
{
	struct sockaddr_un a;
	int n = name(&a, s);

	return sys_connect(fd, &a, n);
}
static __maybe_unused int listener(int type, const char *s, int backlog)
{
	int fd = open_unix(type);

	ASSERT_EQ(bind_name(fd, s), 0);
	ASSERT_EQ(sys_listen(fd, backlog), 0);
	return fd;
}
static __maybe_unused void pair(int type, int fd[2])
{
	ASSERT_EQ(sys_socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd), 0);
}
static __maybe_unused void close_both(const int fd[2])
{
	close_fd((unsigned int)fd[0]);
	close_fd((unsigned int)fd[1]);
}

/* --- what travels beside the data --- */

static char control[256];
static struct cmsghdr_kern *cmsg = (struct cmsghdr_kern *)control;
/* One byte with control data of that type; 0 bytes of it: none. */
static __maybe_unused long send_control(int fd, int type, const void *data, size_t len)
{
	struct iovec v = { (void *)"c", 1 };
	struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
				 .msg_controllen = len ? CMSG_ALIGN_KERN(sizeof(*cmsg) + len) : 0 };

	*cmsg = (struct cmsghdr_kern){ .cmsg_len = sizeof(*cmsg) + len, .cmsg_level = SOL_SOCKET, .cmsg_type = type };
	memcpy(CMSG_DATA_KERN(cmsg), data, len);
	return sys_sendmsg(fd, &m, MSG_NOSIGNAL);
}
/* The flags that came back, or -errno; *room becomes what was used of control. */
static __maybe_unused long recv_control(int fd, size_t *room, unsigned int flags)
{
	char c;
	struct iovec v = { &c, 1 };
	struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = *room };
	long r = sys_recvmsg(fd, &m, flags | MSG_DONTWAIT);

	*room = m.msg_controllen;
	return r < 0 ? r : m.msg_flags & ~(unsigned int)MSG_CMSG_CLOEXEC;
}
static __maybe_unused int got_fd(int i) { return ((int *)CMSG_DATA_KERN(cmsg))[i]; }
