/* tests/guest/unix_sockets.c - AF_UNIX: streams, datagrams, packets, names, descriptors and credentials */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
static char buf[70000];

static socklen_t name(struct sockaddr_un *a, const char *text)
{
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	strcpy(a->sun_path + (text[0] == '@'), text + (text[0] == '@'));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(text) + (text[0] != '@'));
}

static void pairs(void)
{
	int s[2], n;

	CHECK("socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == 0);
	CHECK("write", write(s[0], "hello", 5) == 5 && write(s[0], "world", 5) == 5);
	CHECK("FIONREAD", ioctl(s[1], FIONREAD, &n) == 0 && n == 10);
	CHECK("peek", recv(s[1], buf, 7, MSG_PEEK) == 7 && !memcmp(buf, "hellowo", 7));
	CHECK("read across writes", read(s[1], buf, sizeof(buf)) == 10 && !memcmp(buf, "helloworld", 10));
	CHECK("empty", ERR(recv(s[1], buf, 1, MSG_DONTWAIT), EAGAIN));
	CHECK("already connected", ERR(sendto(s[0], "x", 1, 0, (void *)buf, 0), 0) || errno == 0 || errno == EISCONN);
	read(s[1], buf, 1);
	if (!fork()) {
		usleep(30000);
		write(s[0], "abc", 3);
		usleep(30000);
		write(s[0], "def", 3);
		_exit(0);
	}
	CHECK("WAITALL", recv(s[1], buf, 6, MSG_WAITALL) == 6 && !memcmp(buf, "abcdef", 6));
	wait(NULL);
	CHECK("shutdown", shutdown(s[0], SHUT_WR) == 0 && read(s[1], buf, 1) == 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK("EPIPE", ERR(write(s[0], "x", 1), EPIPE));
	CHECK("other direction lives", write(s[1], "back", 4) == 4 && read(s[0], buf, 4) == 4);
	write(s[1], "unread", 6);
	close(s[0]);
	CHECK("reset for unread data", ERR(read(s[1], buf, 1), ECONNRESET));
	CHECK("then the end", read(s[1], buf, 1) == 0);
	struct pollfd pf = { s[1], POLLIN, 0 };
	CHECK("POLLHUP", poll(&pf, 1, 0) == 1 && (pf.revents & POLLHUP));
	close(s[1]);
}

static void flow(void)
{
	long total = 0, got = 0;
	int s[2], st;
	ssize_t n;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	if (!fork()) {
		close(s[1]);
		for (int i = 0; i < 100; i++) {
			memset(buf, i, sizeof(buf));
			for (size_t at = 0; at < sizeof(buf);)
				at += (size_t)write(s[0], buf + at, sizeof(buf) - at);
		}
		_exit(0);
	}
	close(s[0]);
	while ((n = read(s[1], buf, 9000)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			got += buf[i] == (char)((total + i) / (long)sizeof(buf));
		total += n;
	}
	CHECK("7 MB through", total == 100L * (long)sizeof(buf));
	CHECK("in order", got == total);
	wait(&st);
	close(s[1]);
}

static void streams(void)
{
	struct sockaddr_un a, b;
	socklen_t len = name(&a, "unix.test"), blen = sizeof(b);
	struct ucred cred;
	int l, c, d;

	unlink("unix.test");
	l = socket(AF_UNIX, SOCK_STREAM, 0);
	c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CHECK("nobody there", ERR(connect(c, (void *)&a, len), ENOENT));
	CHECK("listen before bind", ERR(listen(l, 5), EINVAL));
	CHECK("bind", bind(l, (void *)&a, len) == 0);
	blen = name(&b, "@other.test");
	CHECK("bind twice", ERR(bind(l, (void *)&b, blen), EINVAL));
	blen = sizeof(b);
	d = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK("in use", ERR(bind(d, (void *)&a, len), EADDRINUSE));
	CHECK("not listening", ERR(connect(c, (void *)&a, len), ECONNREFUSED));
	CHECK("listen", listen(l, 1) == 0);
	CHECK("accept nothing", fcntl(l, F_SETFL, O_NONBLOCK) == 0 && ERR(accept(l, NULL, NULL), EAGAIN));
	CHECK("connect", connect(c, (void *)&a, len) == 0);
	CHECK("connected", ERR(connect(c, (void *)&a, len), EISCONN));
	struct pollfd pf = { l, POLLIN, 0 };
	CHECK("listener readable", poll(&pf, 1, 0) == 1);
	CHECK("write before accept", write(c, "early", 5) == 5);
	close(d);
	d = accept(l, (void *)&b, &blen);
	CHECK("accept", d >= 0 && blen == sizeof(sa_family_t));
	CHECK("early data", read(d, buf, 10) == 5);
	blen = sizeof(b);
	CHECK("server's name", getsockname(d, (void *)&b, &blen) == 0 && !strcmp(b.sun_path, "unix.test"));
	blen = sizeof(b);
	CHECK("peer's name", getpeername(c, (void *)&b, &blen) == 0 && !strcmp(b.sun_path, "unix.test"));
	blen = sizeof(cred);
	CHECK("SO_PEERCRED", getsockopt(c, SOL_SOCKET, SO_PEERCRED, &cred, &blen) == 0 && cred.pid == getpid());
	close(c);
	CHECK("end", read(d, buf, 1) == 0);
	close(d);
	for (d = 0; d < 10; d++) {
		c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(c, (void *)&a, len))
			break;
	}
	int e = errno;
	CHECK("backlog of 1 takes 2", d == 2 && e == EAGAIN);
	close(l);
	CHECK("refused", ERR(connect(c, (void *)&a, len), ECONNREFUSED));
	close(c);
	unlink("unix.test");
}

static void datagrams(void)
{
	struct sockaddr_un a, b;
	socklen_t len = name(&a, "@abstract.test"), blen = sizeof(b);
	int r = socket(AF_UNIX, SOCK_DGRAM, 0), s = socket(AF_UNIX, SOCK_DGRAM, 0), n;

	CHECK("abstract bind", bind(r, (void *)&a, len) == 0);
	CHECK("abstract in use", ERR(bind(s, (void *)&a, len), EADDRINUSE));
	CHECK("autobind", bind(s, (void *)&a, sizeof(sa_family_t)) == 0);
	CHECK("sendto", sendto(s, "one", 3, 0, (void *)&a, len) == 3 && sendto(s, "", 0, 0, (void *)&a, len) == 0 &&
				sendto(s, "three", 5, 0, (void *)&a, len) == 5);
	CHECK("whole", recvfrom(r, buf, sizeof(buf), 0, (void *)&b, &blen) == 3);
	CHECK("sender's made-up name", blen == sizeof(sa_family_t) + 6 && b.sun_path[0] == 0);
	CHECK("empty message", recv(r, buf, sizeof(buf), 0) == 0);
	CHECK("cut", recv(r, buf, 2, MSG_TRUNC) == 5);
	CHECK("not connected", ERR(send(s, "x", 1, 0), ENOTCONN));
	CHECK("connect", connect(s, (void *)&a, len) == 0 && send(s, "x", 1, 0) == 1);
	fcntl(s, F_SETFL, O_NONBLOCK);
	for (n = 1; send(s, "y", 1, 0) == 1; n++)
		;
	int e = errno;
	CHECK("full", n >= 10 && e == EAGAIN);
	struct pollfd pf = { s, POLLOUT, 0 };
	CHECK("not writable", poll(&pf, 1, 0) == 0);
	while (recv(r, buf, 1, MSG_DONTWAIT) == 1)
		;
	CHECK("writable", poll(&pf, 1, 1000) == 1);
	close(r);
	CHECK("refused", ERR(send(s, "x", 1, 0), ECONNREFUSED));
	close(s);
	r = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK("wrong type of name", ERR(connect(r, (void *)&a, 1), EINVAL));
	close(r);
	int p[2];
	CHECK("seqpacket", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) == 0);
	write(p[0], "ab", 2);
	write(p[0], "cd", 2);
	CHECK("records", read(p[1], buf, 10) == 2 && read(p[1], buf, 1) == 1);
	close(p[0]);
	CHECK("end of packets", read(p[1], buf, 1) == 0);
	close(p[1]);
}

static ssize_t send_fd(int sock, int fd)
{
	union { char b[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = { 0 };
	struct iovec iov = { "F", 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof(u.b) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	return sendmsg(sock, &m, 0);
}

static int receive_fd(int sock, struct ucred *cred)
{
	union { char b[256]; struct cmsghdr align; } u;
	char c1;
	struct iovec iov = { &c1, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof(u.b) };
	int fd = -1;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1)
		return -2;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
		if (c->cmsg_type == SCM_CREDENTIALS && cred)
			memcpy(cred, CMSG_DATA(c), sizeof(*cred));
	}
	return fd;
}

static void ancillary(void)
{
	struct ucred cred = { 0, 0, 0 };
	int s[2], p[2], fd, on = 1;

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	pipe(p);
	CHECK("send a descriptor", send_fd(s[0], p[1]) == 1);
	close(p[1]);
	fd = receive_fd(s[1], NULL);
	CHECK("receive it", fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	CHECK("it works", write(fd, "via", 3) == 3 && read(p[0], buf, 10) == 3);
	close(fd);
	CHECK("and was the last", read(p[0], buf, 1) == 0);
	CHECK("bad descriptor", ERR(send_fd(s[0], 999), EBADF));
	CHECK("SO_PASSCRED", setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
	send_fd(s[0], p[0]);
	fd = receive_fd(s[1], &cred);
	CHECK("credentials", fd >= 0 && cred.pid == getpid() && cred.uid == getuid());
	close(fd);
	/* A message that dies unread closes what it carried. */
	close(p[0]);
	pipe(p);
	send_fd(s[0], p[1]);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	CHECK("closed with the message", read(p[0], buf, 1) == 0);
	close(p[0]);
	/* Two sockets that only each other's queues hold: the pipe inside comes free when they are collected. */
	pipe(p);
	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	send_fd(s[0], s[0]);
	send_fd(s[1], s[1]);
	send_fd(s[0], p[1]);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	close(socket(AF_UNIX, SOCK_STREAM, 0));
	struct pollfd pf = { p[0], POLLIN, 0 };
	CHECK("cycle collected", poll(&pf, 1, 5000) == 1 && read(p[0], buf, 1) == 0);
	close(p[0]);
}

int main(void)
{
	pairs();
	flow();
	streams();
	datagrams();
	ancillary();
	return verdict();
}
