/* tests/guest/socket_calls.c - the socket calls themselves: argument errors, names, options, batches */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
#define BAD ((void *)8)

static void arguments(void)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int s = socket(AF_UNIX, SOCK_STREAM, 0), f = open("/dev/null", O_RDWR), v;

	CHECK("family", ERR(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT));
	CHECK("type", ERR(socket(AF_UNIX, 77, 0), EINVAL));
	CHECK("type of the family", ERR(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT));
	CHECK("protocol", ERR(socket(AF_UNIX, SOCK_STREAM, 77), EPROTONOSUPPORT));
	CHECK("EBADF", ERR(bind(999, (void *)&a, len), EBADF));
	CHECK("ENOTSOCK", ERR(bind(f, (void *)&a, len), ENOTSOCK));
	CHECK("bind EFAULT", ERR(bind(s, BAD, 10), EFAULT));
	CHECK("bind too long", ERR(bind(s, (void *)&a, 200), EINVAL));
	CHECK("bind negative", ERR(bind(s, (void *)&a, (socklen_t)-1), EINVAL));
	CHECK("name EFAULT", ERR(getsockname(s, (void *)&a, BAD), EFAULT));
	len = (socklen_t)-1;
	CHECK("name negative", ERR(getsockname(s, (void *)&a, &len), EINVAL));
	len = 1;
	CHECK("name cut", getsockname(s, (void *)&a, &len) == 0 && len == 2);
	CHECK("no peer", ERR(getpeername(s, (void *)&a, &len), ENOTCONN));
	CHECK("shutdown unconnected", shutdown(s, SHUT_RD) == 0);
	CHECK("shutdown how", ERR(shutdown(s, 9), EINVAL));
	CHECK("accept flags", ERR(accept4(s, NULL, NULL, 1), EINVAL));
	CHECK("accept not listening", ERR(accept(s, NULL, NULL), EINVAL));
	CHECK("send EFAULT order", ERR(sendto(999, (void *)-4096L, 4096, 0, NULL, 0), EFAULT) || errno == EBADF);
	CHECK("send unconnected", ERR(send(s, "x", 1, MSG_NOSIGNAL), ENOTCONN));
	len = sizeof(v);
	CHECK("getsockopt level", ERR(getsockopt(s, 77, 1, &v, &len), EOPNOTSUPP));
	CHECK("getsockopt option", ERR(getsockopt(s, SOL_SOCKET, 7777, &v, &len), ENOPROTOOPT));
	CHECK("setsockopt short", ERR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &v, 2), EINVAL));
	CHECK("setsockopt EFAULT", ERR(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, BAD, 4), EFAULT));
	CHECK("socketpair EFAULT", ERR(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), EFAULT));
	CHECK("seek", ERR(lseek(s, 0, SEEK_SET), ESPIPE));
	close(s);
	close(f);
}

static void options(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), v = -1, p[2];
	socklen_t len = sizeof(v);
	struct timeval tv = { 0, 50000 };
	char c;

	CHECK("flags of socket()", (fcntl(s, F_GETFL) & O_NONBLOCK) && (fcntl(s, F_GETFD) & FD_CLOEXEC));
	CHECK("SO_TYPE", getsockopt(s, SOL_SOCKET, SO_TYPE, &v, &len) == 0 && v == SOCK_STREAM);
	CHECK("SO_DOMAIN", getsockopt(s, SOL_SOCKET, SO_DOMAIN, &v, &len) == 0 && v == AF_UNIX);
	CHECK("SO_ERROR", getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &len) == 0 && v == 0);
	CHECK("SO_ACCEPTCONN", getsockopt(s, SOL_SOCKET, SO_ACCEPTCONN, &v, &len) == 0 && v == 0);
	v = 10000;
	CHECK("SO_SNDBUF", setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, sizeof(v)) == 0 &&
				   getsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, &len) == 0 && v == 20000);
	v = 0;
	CHECK("FIONBIO", ioctl(s, FIONBIO, &v) == 0 && !(fcntl(s, F_GETFL) & O_NONBLOCK));
	socketpair(AF_UNIX, SOCK_STREAM, 0, p);
	CHECK("SO_RCVTIMEO", setsockopt(p[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	CHECK("has its effect", ERR(read(p[0], &c, 1), EAGAIN));
	close(p[0]);
	close(p[1]);
	close(s);
}

static void messages(void)
{
	char a[4], b[4], text[4][8] = { "m0", "m11", "m222", "m3333" };
	struct iovec iov[2] = { { a, 4 }, { b, 4 } }, out[4], in[4];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	struct mmsghdr v[4];
	char got[4][16];
	struct timespec ts = { 0, 0 };
	int p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	write(p[0], "abcdefg", 7);
	CHECK("scatter", recvmsg(p[1], &m, 0) == 7 && !memcmp(a, "abcd", 4) && !memcmp(b, "efg", 3));
	CHECK("flags out", m.msg_flags == 0);
	write(p[0], "abcdefghi", 9);
	CHECK("MSG_TRUNC out", recvmsg(p[1], &m, 0) == 8 && (m.msg_flags & MSG_TRUNC));
	m.msg_iovlen = 2000;
	CHECK("too many vectors", ERR(syscall(SYS_recvmsg, p[1], &m, 0), EMSGSIZE));
	CHECK("message EFAULT", ERR(syscall(SYS_sendmsg, p[1], BAD, 0), EFAULT));
	memset(v, 0, sizeof(v));
	for (int i = 0; i < 4; i++) {
		out[i] = (struct iovec){ text[i], strlen(text[i]) };
		in[i] = (struct iovec){ got[i], sizeof(got[i]) };
		v[i].msg_hdr.msg_iov = &out[i];
		v[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK("sendmmsg", sendmmsg(p[0], v, 4, 0) == 4 && v[3].msg_len == 5);
	for (int i = 0; i < 4; i++)
		v[i].msg_hdr.msg_iov = &in[i];
	CHECK("recvmmsg", recvmmsg(p[1], v, 3, 0, NULL) == 3 && v[2].msg_len == 4 && !memcmp(got[2], "m222", 4));
	CHECK("WAITFORONE", recvmmsg(p[1], v, 4, MSG_WAITFORONE, NULL) == 1 && v[0].msg_len == 5);
	CHECK("recvmmsg empty", ERR(recvmmsg(p[1], v, 4, MSG_DONTWAIT, &ts), EAGAIN));
	CHECK("writev", writev(p[0], out, 2) == 5 && readv(p[1], in, 2) == 5);
	close(p[0]);
	close(p[1]);
}

static struct mmsghdr *blank_at(void *at, struct iovec *iov)
{
	struct mmsghdr *m = at;

	memset(m, 0, offsetof(struct mmsghdr, msg_len));
	m->msg_hdr.msg_iov = iov;
	m->msg_hdr.msg_iovlen = 1;
	m->msg_hdr.msg_controllen = 99;
	memset(&m->msg_hdr.msg_flags, 0x5a, sizeof(m->msg_hdr) - offsetof(struct msghdr, msg_flags));
	return m;
}

/* What a receiver tells is written where it belongs and nowhere else, and as far as there is memory. */
static void what_is_told(void)
{
	const size_t flags_end = offsetof(struct msghdr, msg_flags) + 4, hole = sizeof(struct msghdr) - flags_end;
	char got[8], *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { got, sizeof(got) };
	struct mmsghdr *m = blank_at(page, &iov);
	int p[2];

	socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	for (char c = 'a'; c < 'f'; c++)
		write(p[0], &c, 1);
	m->msg_len = 77;
	CHECK("told by recvmsg", syscall(SYS_recvmsg, p[1], m, 0) == 1 && !m->msg_hdr.msg_controllen &&
					 !m->msg_hdr.msg_flags && m->msg_len == 77);
	CHECK("told by recvmmsg", syscall(SYS_recvmmsg, p[1], blank_at(page, &iov), 1, 0, NULL) == 1 &&
					  !m->msg_hdr.msg_controllen && !m->msg_hdr.msg_flags && m->msg_len == 1);
	CHECK("padding is not", hole == 4 && !memcmp(page + flags_end, "\x5a\x5a\x5a\x5a", hole));
	mprotect(page + 4096, 4096, PROT_NONE);
	m = blank_at(page + 4096 - sizeof(struct msghdr), &iov);
	CHECK("no room for the length", ERR(syscall(SYS_recvmmsg, p[1], m, 1, 0, NULL), EFAULT) && got[0] == 'c' &&
						!m->msg_hdr.msg_controllen && !m->msg_hdr.msg_flags);
	CHECK("but for recvmsg's", syscall(SYS_recvmsg, p[1], blank_at(m, &iov), 0) == 1 && got[0] == 'd');
	mprotect(page, 4096, PROT_READ);
	CHECK("read only", ERR(syscall(SYS_recvmsg, p[1], m, 0), EFAULT) && got[0] == 'e');
	munmap(page, 8192);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	arguments();
	options();
	messages();
	what_is_told();
	return verdict();
}
