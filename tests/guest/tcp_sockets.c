/* tests/guest/tcp_sockets.c - TCP over loopback: connections, their ends, messages, readiness, ports */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/uio.h>

static char buf[70000];

static void opening(void)
{
	int l = listening(5), c = socket(AF_INET, SOCK_STREAM, 0), a, dead;
	struct sockaddr_in name, peer;
	socklen_t len = sizeof(name);

	CHECK("listen", l >= 0 && get_int(l, SOL_SOCKET, SO_ACCEPTCONN) == 1);
	CHECK("send before connect", ERR(send(c, "x", 1, MSG_NOSIGNAL), EPIPE));
	CHECK("recv before connect", ERR(recv(c, buf, 1, 0), ENOTCONN));
	CHECK("no peer", ERR(getpeername(c, SA(&name), &len), ENOTCONN));
	CHECK("accept of none", ERR(accept(c, NULL, NULL), EINVAL));
	CHECK("shutdown", ERR(shutdown(socket(AF_INET, SOCK_STREAM, 0), SHUT_RDWR), ENOTCONN));
	CHECK("poll before connect", events(c, POLLIN | POLLOUT, 0) == (POLLOUT | POLLHUP));
	CHECK("connect a listener", ERR(connect_to(l, port_of(l)), EISCONN));
	CHECK("nothing to accept", fcntl(l, F_SETFL, O_NONBLOCK) == 0 && ERR(accept(l, NULL, NULL), EAGAIN));
	CHECK("not readable", events(l, POLLIN, 0) == 0);
	CHECK("connect", connect_to(c, port_of(l)) == 0);
	CHECK("readable", events(l, POLLIN, 1000) == POLLIN);
	len = sizeof(peer);
	a = accept4(l, SA(&peer), &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK("accept4", a >= 0 && len == sizeof(peer));
	CHECK("its flags", (fcntl(a, F_GETFL) & O_NONBLOCK) && (fcntl(a, F_GETFD) & FD_CLOEXEC));
	CHECK("its peer", ntohs(peer.sin_port) == port_of(c) && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	CHECK("its port", port_of(a) == port_of(l));
	len = sizeof(name);
	CHECK("getpeername", getpeername(c, SA(&name), &len) == 0 && ntohs(name.sin_port) == port_of(l));
	CHECK("EISCONN", ERR(connect_to(c, port_of(l)), EISCONN));
	CHECK("listen connected", ERR(listen(c, 1), EINVAL));
	CHECK("bind connected", ERR(bind(c, SA(&name), sizeof(name)), EINVAL));
	CHECK("address on a stream is ignored", sendto(c, "hi", 2, 0, SA(&name), sizeof(name)) == 2);
	CHECK("arrives", (events(a, POLLIN, 1000) & POLLIN) && recv(a, buf, 10, 0) == 2);
	CHECK("empty", ERR(recv(a, buf, 10, 0), EAGAIN));
	CHECK("ready both ways", events(c, POLLIN | POLLOUT, 0) == POLLOUT);
	close(a);
	close(c);
	dead = bound(SOCK_STREAM, 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("ECONNREFUSED", ERR(connect_to(c, port_of(dead)), ECONNREFUSED));
	CHECK("and once more", ERR(connect_to(c, port_of(dead)), ECONNREFUSED));
	CHECK("then it works", connect_to(c, port_of(l)) == 0);
	close(c);
	close(dead);
	close(l);
	name = lo_port(1);
	name.sin_family = AF_INET6;
	c = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("other family", ERR(connect(c, SA(&name), sizeof(name)), EAFNOSUPPORT));
	name.sin_family = AF_INET;
	CHECK("short name", ERR(connect(c, SA(&name), 7), EINVAL));
	name.sin_addr.s_addr = htonl(0xe0000001);
	CHECK("a group", ERR(connect(c, SA(&name), sizeof(name)), ENETUNREACH));
	close(c);
}

static void nonblocking(void)
{
	int l = listening(5), c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), dead = bound(SOCK_STREAM, 0);

	CHECK("in progress", ERR(connect_to(c, port_of(l)), EINPROGRESS));
	CHECK("writable when done", events(c, POLLOUT, 1000) == POLLOUT && get_int(c, SOL_SOCKET, SO_ERROR) == 0);
	CHECK("again: done", connect_to(c, port_of(l)) == 0);
	CHECK("again: EISCONN", ERR(connect_to(c, port_of(l)), EISCONN));
	close(c);
	c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect_to(c, port_of(dead));
	CHECK("refused shows in poll", events(c, POLLOUT | POLLIN, 1000) == (POLLOUT | POLLIN | POLLERR | POLLHUP));
	CHECK("SO_ERROR, once",
	      get_int(c, SOL_SOCKET, SO_ERROR) == ECONNREFUSED && get_int(c, SOL_SOCKET, SO_ERROR) == 0);
	CHECK("still not connected", ERR(recv(c, buf, 1, 0), ENOTCONN) || errno == 0);
	close(c);
	close(dead);
	close(l);
}

/* A full accept queue leaves the next one knocking: EALREADY, and time for a signal or a time-out. */
static void alarmed(int sig) { (void)sig; }
static void backlog(void)
{
	int l = listening(0), c[6], done = 0;
	struct sigaction sa = { .sa_handler = alarmed };
	struct timeval tv = { 0, 100000 };

	for (int i = 0; i < 3; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect_to(c[i], port_of(l));
		done += (events(c[i], POLLOUT, 100) & POLLOUT) != 0;
	}
	CHECK("backlog 0 takes one", done == 1);
	CHECK("EALREADY", ERR(connect_to(c[2], port_of(l)), EALREADY));
	c[3] = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c[3], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	CHECK("SNDTIMEO of connect", ERR(connect_to(c[3], port_of(l)), EINPROGRESS));
	sigaction(SIGALRM, &sa, NULL);
	c[4] = socket(AF_INET, SOCK_STREAM, 0);
	ualarm(50000, 0);
	CHECK("interrupted", ERR(connect_to(c[4], port_of(l)), EINTR));
	for (int i = 0; i < 5; i++)
		close(c[i]);
	close(l);
}

static void messages(void)
{
	int c[2], n;
	struct timeval tv = { 0, 60000 };
	struct iovec iov[2] = { { buf, 2 }, { buf + 2, 3 } };
	long t;

	pair(c);
	CHECK("send", send(c[0], "hello", 5, 0) == 5 && send(c[0], "world", 5, 0) == 5);
	CHECK("peek",
	      (events(c[1], POLLIN, 1000) & POLLIN) && recv(c[1], buf, 5, MSG_PEEK) == 5 && !memcmp(buf, "hello", 5));
	CHECK("WAITALL", recv(c[1], buf, 10, MSG_WAITALL) == 10 && !memcmp(buf, "helloworld", 10));
	CHECK("DONTWAIT", ERR(recv(c[1], buf, 1, MSG_DONTWAIT), EAGAIN));
	CHECK("writev, readv",
	      writev(c[0], (struct iovec[]){ { "ab", 2 }, { "cde", 3 } }, 2) == 5 && readv(c[1], iov, 2) == 5 &&
		      !memcmp(buf, "abcde", 5));
	send(c[0], "discard", 7, 0);
	usleep(10000);
	CHECK("FIONREAD", ioctl(c[1], FIONREAD, &n) == 0 && n == 7);
	CHECK("TRUNC throws away",
	      recv(c[1], NULL, 7, MSG_TRUNC) == 7 && ERR(recv(c[1], buf, 1, MSG_DONTWAIT), EAGAIN));
	CHECK("SIOCOUTQ", ioctl(c[0], TIOCOUTQ, &n) == 0 && n == 0);
	CHECK("nothing is nothing", send(c[0], "", 0, 0) == 0 && read(c[1], buf, 0) == 0);
	CHECK("but recv waits for it", ERR(recv(c[1], buf, 0, MSG_DONTWAIT), EAGAIN));
	setsockopt(c[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	t = now_ms();
	CHECK("RCVTIMEO", ERR(recv(c[1], buf, 1, 0), EAGAIN) && now_ms() - t >= 55);
	send(c[0], "abc", 3, 0);
	CHECK("WAITALL until then", recv(c[1], buf, 10, MSG_WAITALL) == 3);
	CHECK("RCVLOWAT",
	      set_int(c[1], SOL_SOCKET, SO_RCVLOWAT, 4) == 0 && get_int(c[1], SOL_SOCKET, SO_RCVLOWAT) == 4);
	send(c[0], "abc", 3, 0);
	CHECK("less is not readable", events(c[1], POLLIN, 30) == 0);
	send(c[0], "d", 1, 0);
	CHECK("that much is", events(c[1], POLLIN, 1000) == POLLIN && recv(c[1], buf, 10, 0) == 4);
	CHECK("send EFAULT", ERR(send(c[0], (void *)8, 10, 0), EFAULT));
	send(c[0], "xy", 2, 0);
	CHECK("recv EFAULT", ERR(recv(c[1], (void *)8, 2, 0), EFAULT));
	CHECK("loses nothing", recv(c[1], buf, 2, 0) == 2 && !memcmp(buf, "xy", 2));
	CHECK("ERRQUEUE of none", ERR(recv(c[1], buf, 2, MSG_ERRQUEUE), EAGAIN));
	both(c);
}

static void urgent(void)
{
	int c[2], mark = -1;

	pair(c);
	CHECK("OOB of none", ERR(recv(c[1], buf, 1, MSG_OOB), EINVAL));
	send(c[0], "ab", 2, 0);
	CHECK("send OOB", send(c[0], "cd!", 3, MSG_OOB) == 3);
	send(c[0], "ef", 2, 0);
	CHECK("POLLPRI", (events(c[1], POLLPRI, 1000) & POLLPRI));
	usleep(10000);
	CHECK("not yet at the mark", ioctl(c[1], SIOCATMARK, &mark) == 0 && mark == 0);
	CHECK("the byte", recv(c[1], buf, 5, MSG_OOB) == 1 && buf[0] == '!');
	CHECK("stops at the mark", recv(c[1], buf, 100, 0) == 4 && !memcmp(buf, "abcd", 4));
	CHECK("SIOCATMARK", ioctl(c[1], SIOCATMARK, &mark) == 0 && mark == 1);
	CHECK("beyond it", recv(c[1], buf, 100, 0) == 2 && !memcmp(buf, "ef", 2));
	CHECK("OOBINLINE", set_int(c[1], SOL_SOCKET, SO_OOBINLINE, 1) == 0);
	send(c[0], "x", 1, MSG_OOB);
	CHECK("in line", (events(c[1], POLLIN, 1000) & POLLIN) && recv(c[1], buf, 5, 0) == 1 && buf[0] == 'x');
	CHECK("not out of it", ERR(recv(c[1], buf, 1, MSG_OOB), EINVAL));
	both(c);
}

static void ends(void)
{
	int c[2], ep = epoll_create1(0), n = 0;
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP };
	struct linger hard = { 1, 0 };
	pid_t p;

	signal(SIGPIPE, SIG_DFL);
	pair(c);
	epoll_ctl(ep, EPOLL_CTL_ADD, c[1], &e);
	CHECK("epoll: writable", epoll_wait(ep, &e, 1, 0) == 1 && e.events == EPOLLOUT);
	CHECK("half close", shutdown(c[0], SHUT_WR) == 0 && recv(c[1], buf, 1, 0) == 0);
	CHECK("epoll: RDHUP", epoll_wait(ep, &e, 1, 1000) == 1 && e.events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP));
	CHECK("the other half lives", send(c[1], "still", 5, 0) == 5 && recv(c[0], buf, 10, 0) == 5);
	CHECK("EPIPE", ERR(send(c[0], "x", 1, MSG_NOSIGNAL), EPIPE));
	p = fork();
	if (!p) {
		send(c[0], "x", 1, 0);
		_exit(0);
	}
	waitpid(p, &n, 0);
	CHECK("SIGPIPE", WIFSIGNALED(n) && WTERMSIG(n) == SIGPIPE);
	shutdown(c[1], SHUT_WR);
	usleep(20000);
	CHECK("both shut: HUP",
	      epoll_wait(ep, &e, 1, 1000) == 1 && e.events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP));
	CHECK("and again no peer", ERR(send(c[1], "x", 1, MSG_NOSIGNAL), EPIPE));
	both(c);
	pair(c);
	CHECK("shutdown for reading", shutdown(c[0], SHUT_RD) == 0 && recv(c[0], buf, 1, 0) == 0);
	CHECK("still sends", send(c[0], "x", 1, 0) == 1 && recv(c[1], buf, 1, 0) == 1);
	CHECK("bad how", ERR(shutdown(c[0], 3), EINVAL));
	both(c);
	pair(c);
	send(c[0], "unread", 6, 0);
	events(c[1], POLLIN, 1000);
	close(c[1]);
	usleep(20000);
	CHECK("closed with data unread: reset", events(c[0], POLLIN, 1000) & POLLERR);
	CHECK("ECONNRESET", ERR(recv(c[0], buf, 1, 0), ECONNRESET));
	CHECK("then the end", recv(c[0], buf, 1, 0) == 0 && ERR(send(c[0], "x", 1, MSG_NOSIGNAL), EPIPE));
	close(c[0]);
	pair(c);
	CHECK("SO_LINGER", setsockopt(c[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
	close(c[0]);
	CHECK("of 0 resets", ERR(recv(c[1], buf, 1, 0), ECONNRESET));
	close(c[1]);
	pair(c);
	hard.l_linger = 2;
	setsockopt(c[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	send(c[0], "last", 4, 0);
	CHECK("of 2 is polite", close(c[0]) == 0 && recv(c[1], buf, 10, 0) == 4 && recv(c[1], buf, 10, 0) == 0);
	CHECK("send to the closed", send(c[1], "x", 1, MSG_NOSIGNAL) == 1);
	usleep(20000);
	CHECK("is answered by a reset", ERR(send(c[1], "x", 1, MSG_NOSIGNAL), EPIPE));
	close(c[1]);
	close(ep);
}

static void flow(void)
{
	int c[2];
	long sent = 0, n;
	struct timeval tv = { 0, 60000 };

	pair(c);
	fcntl(c[0], F_SETFL, O_NONBLOCK);
	while ((n = send(c[0], buf, sizeof(buf), 0)) > 0)
		sent += n;
	CHECK("a full pipe", ERR(send(c[0], buf, 1, 0), EAGAIN) && sent > 100000);
	CHECK("is not writable", events(c[0], POLLOUT, 0) == 0);
	fcntl(c[0], F_SETFL, 0);
	setsockopt(c[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	CHECK("SNDTIMEO", ERR(send(c[0], buf, 65536, 0), EAGAIN));
	while (sent > 0 && (n = recv(c[1], buf, sizeof(buf), 0)) > 0)
		sent -= n;
	CHECK("all of it arrives", sent == 0);
	CHECK("writable again", events(c[0], POLLOUT, 1000) == POLLOUT);
	both(c);
}

static void ports(void)
{
	int l = listening(5), s = socket(AF_INET, SOCK_STREAM, 0), t, c, a;
	struct sockaddr_in name = lo_port(port_of(l));
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sizeof(name);

	CHECK("port taken", ERR(bind(s, SA(&name), sizeof(name)), EADDRINUSE));
	set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK("a listener shares with none", ERR(bind(s, SA(&name), sizeof(name)), EADDRINUSE));
	name.sin_addr.s_addr = htonl(0x7f000009);
	CHECK("another address", bind(s, SA(&name), sizeof(name)) == 0 && listen(s, 1) == 0);
	close(s);
	/* TIME_WAIT at the server's port */
	close(l);
	l = socket(AF_INET, SOCK_STREAM, 0);
	set_int(l, SOL_SOCKET, SO_REUSEADDR, 1);
	name = lo_port(0);
	CHECK("bind and listen", bind(l, SA(&name), sizeof(name)) == 0 && listen(l, 5) == 0);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_to(c, port_of(l));
	a = accept(l, NULL, NULL);
	name = lo_port(port_of(l));
	close(l);
	close(a);
	recv(c, buf, 1, 0);
	close(c);
	usleep(20000);
	s = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("TIME_WAIT holds the port", ERR(bind(s, SA(&name), sizeof(name)), EADDRINUSE));
	set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK("not against REUSEADDR", bind(s, SA(&name), sizeof(name)) == 0 && listen(s, 5) == 0);
	t = socket(AF_INET, SOCK_STREAM, 0);
	set_int(t, SOL_SOCKET, SO_REUSEADDR, 1);
	name = lo_port(0);
	bind(t, SA(&name), sizeof(name));
	name = lo_port(port_of(s));
	CHECK("EADDRNOTAVAIL",
	      (name.sin_addr.s_addr = htonl(0xc0000201)) &&
		      ERR(bind(socket(AF_INET, SOCK_STREAM, 0), SA(&name), len), EADDRNOTAVAIL));
	close(t);
	close(s);
	s = socket(AF_INET, SOCK_STREAM, 0);
	t = socket(AF_INET, SOCK_STREAM, 0);
	set_int(s, SOL_SOCKET, SO_REUSEPORT, 1);
	set_int(t, SOL_SOCKET, SO_REUSEPORT, 1);
	name = lo_port(8123);
	CHECK("REUSEPORT",
	      bind(s, SA(&name), len) == 0 && bind(t, SA(&name), len) == 0 && listen(s, 64) == 0 && listen(t, 64) == 0);
	int got[2] = { 0, 0 };
	for (int i = 0; i < 32; i++) {
		c = socket(AF_INET, SOCK_STREAM, 0);
		connect_to(c, 8123);
		struct pollfd p[2] = { { s, POLLIN, 0 }, { t, POLLIN, 0 } };
		poll(p, 2, 1000);
		for (int k = 0; k < 2; k++)
			if (p[k].revents & POLLIN) {
				close(accept(p[k].fd, NULL, NULL));
				got[k]++;
			}
		close(c);
	}
	CHECK("shares the load", got[0] + got[1] == 32 && got[0] > 1 && got[1] > 1);
	close(s);
	close(t);
	s = listening(5);
	c = socket(AF_INET, SOCK_STREAM, 0);
	connect_to(c, port_of(s));
	CHECK("AF_UNSPEC disconnects",
	      connect(c, &none, sizeof(none)) == 0 && ERR(getpeername(c, SA(&name), &len), ENOTCONN));
	a = accept(s, NULL, NULL);
	CHECK("the peer sees a reset", ERR(recv(a, buf, 1, 0), ECONNRESET));
	CHECK("and it may connect anew", connect_to(c, port_of(s)) == 0);
	close(a);
	close(c);
	close(s);
}

/* Eight ports in all: the ninth socket gets none, and a connection to another place may share one. None of them is in
 * the default range, from which what came before had its ports. */
static void exhaustion(void)
{
	int f = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDWR), s[9], l = listening(64), ok = 0, n;
	char old[64];

	n = (int)read(f, old, sizeof(old));
	CHECK("port range", n > 4 && pwrite(f, "20000 20007", 11, 0) == 11);
	for (int i = 0; i < 8; i++) {
		struct sockaddr_in a = lo_port(0);

		s[i] = socket(AF_INET, SOCK_STREAM, 0);
		ok += bind(s[i], SA(&a), sizeof(a)) == 0 && port_of(s[i]) >= 20000 && port_of(s[i]) <= 20007;
	}
	CHECK("every port is found", ok == 8);
	struct sockaddr_in a = lo_port(0);
	s[8] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("no more", ERR(bind(s[8], SA(&a), sizeof(a)), EADDRINUSE));
	CHECK("nor for connect", ERR(connect_to(s[8], port_of(l)), EADDRNOTAVAIL));
	for (int i = 0; i < 8; i++)
		close(s[i]);
	ok = 0;
	for (int i = 0; i < 8; i++) {
		s[i] = socket(AF_INET, SOCK_STREAM, 0);
		ok += connect_to(s[i], port_of(l)) == 0;
	}
	CHECK("eight connections", ok == 8);
	CHECK("a ninth", ERR(connect_to(s[8], port_of(l)), EADDRNOTAVAIL));
	for (int i = 0; i < 9; i++)
		close(s[i]);
	close(l);
	pwrite(f, old, (size_t)n, 0);
	close(f);
}

int main(void)
{
	opening();
	nonblocking();
	backlog();
	messages();
	urgent();
	ends();
	flow();
	ports();
	exhaustion();
	return verdict();
}
