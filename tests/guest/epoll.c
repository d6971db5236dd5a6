/* tests/guest/epoll.c - poll, select and epoll in all their modes */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
static struct epoll_event ev[16];

static int ctl(int ep, int op, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, op, fd, &e);
}

static void arguments(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), p[2], file;

	pipe(p);
	CHECK("create", ep >= 0 && (fcntl(ep, F_GETFD) & FD_CLOEXEC));
	CHECK("create(0)", ERR(syscall(SYS_epoll_create, 0L), EINVAL));
	CHECK("create1 flags", ERR(epoll_create1(1), EINVAL));
	CHECK("bad fd", ERR(ctl(ep, EPOLL_CTL_ADD, 999, EPOLLIN), EBADF));
	CHECK("itself", ERR(ctl(ep, EPOLL_CTL_ADD, ep, EPOLLIN), EINVAL));
	CHECK("not an epoll", ERR(ctl(p[0], EPOLL_CTL_ADD, p[1], EPOLLIN), EINVAL));
	CHECK("add", ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN) == 0);
	CHECK("twice", ERR(ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN), EEXIST));
	CHECK("mod of a stranger", ERR(ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLIN), ENOENT));
	CHECK("del of a stranger", ERR(ctl(ep, EPOLL_CTL_DEL, p[1], 0), ENOENT));
	CHECK("unknown op", ERR(ctl(ep, 9, p[0], EPOLLIN), EINVAL));
	file = open("/proc/self/exe", O_RDONLY);
	CHECK("regular file", ERR(ctl(ep, EPOLL_CTL_ADD, file, EPOLLIN), EPERM));
	CHECK("maxevents 0", ERR(epoll_wait(ep, ev, 0, 0), EINVAL));
	CHECK("exclusive with oneshot",
	      ERR(ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL));
	CHECK("exclusive", ctl(ep, EPOLL_CTL_ADD, p[1], EPOLLOUT | EPOLLEXCLUSIVE) == 0);
	CHECK("no mod of it", ERR(ctl(ep, EPOLL_CTL_MOD, p[1], EPOLLOUT), EINVAL));
	close(file);
	close(p[0]);
	close(p[1]);
	close(ep);
}

static void modes(void)
{
	int ep = epoll_create1(0), p[2];
	char c;

	pipe(p);
	ctl(ep, EPOLL_CTL_ADD, p[0], EPOLLIN);
	CHECK("nothing yet", epoll_wait(ep, ev, 16, 0) == 0);
	write(p[1], "ab", 2);
	CHECK("level", epoll_wait(ep, ev, 16, 0) == 1 && ev[0].events == EPOLLIN && ev[0].data.fd == p[0]);
	CHECK("level again", epoll_wait(ep, ev, 16, 0) == 1);
	ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLET);
	CHECK("edge tells what is there", epoll_wait(ep, ev, 16, 0) == 1);
	CHECK("but once", epoll_wait(ep, ev, 16, 0) == 0);
	write(p[1], "c", 1);
	CHECK("and each change", epoll_wait(ep, ev, 16, 0) == 1);
	ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT);
	CHECK("one-shot", epoll_wait(ep, ev, 16, 0) == 1);
	write(p[1], "d", 1);
	CHECK("is spent", epoll_wait(ep, ev, 16, 0) == 0);
	ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN | EPOLLONESHOT);
	CHECK("until armed again", epoll_wait(ep, ev, 16, 0) == 1);
	ctl(ep, EPOLL_CTL_MOD, p[0], EPOLLIN);
	for (int i = 0; i < 4; i++)
		read(p[0], &c, 1);
	CHECK("drained", epoll_wait(ep, ev, 16, 0) == 0);
	close(p[1]);
	CHECK("hang-up unasked", epoll_wait(ep, ev, 16, 0) == 1 && ev[0].events == EPOLLHUP);
	close(p[0]);
	CHECK("close removes", epoll_wait(ep, ev, 16, 0) == 0);
	close(ep);
}

static void rdhup(void)
{
	int ep = epoll_create1(0), s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	ctl(ep, EPOLL_CTL_ADD, s[0], EPOLLIN | EPOLLRDHUP);
	shutdown(s[1], SHUT_WR);
	CHECK("RDHUP", epoll_wait(ep, ev, 16, 0) == 1 && ev[0].events == (EPOLLIN | EPOLLRDHUP));
	close(s[0]);
	close(s[1]);
	close(ep);
}

static void nesting(void)
{
	int e[8], efd = eventfd(0, 0);
	uint64_t one = 1;

	for (int i = 0; i < 8; i++)
		e[i] = epoll_create1(0);
	ctl(e[0], EPOLL_CTL_ADD, efd, EPOLLIN);
	CHECK("nest", ctl(e[1], EPOLL_CTL_ADD, e[0], EPOLLIN) == 0);
	CHECK("circle", ERR(ctl(e[0], EPOLL_CTL_ADD, e[1], EPOLLIN), ELOOP));
	CHECK("inner idle", epoll_wait(e[1], ev, 16, 0) == 0);
	write(efd, &one, 8);
	CHECK("inner ready", epoll_wait(e[1], ev, 16, 0) == 1 && ev[0].data.fd == e[0]);
	struct pollfd pf = { e[1], POLLIN, 0 };
	CHECK("poll of an epoll", poll(&pf, 1, 0) == 1);
	read(efd, &one, 8);
	CHECK("idle again", epoll_wait(e[1], ev, 16, 0) == 0);
	CHECK("depth 3", ctl(e[2], EPOLL_CTL_ADD, e[1], EPOLLIN) == 0);
	CHECK("depth 4", ctl(e[3], EPOLL_CTL_ADD, e[2], EPOLLIN) == 0);
	CHECK("depth 5", ctl(e[4], EPOLL_CTL_ADD, e[3], EPOLLIN) == 0);
	CHECK("too deep", ERR(ctl(e[5], EPOLL_CTL_ADD, e[4], EPOLLIN), ELOOP));
	for (int i = 0; i < 8; i++)
		close(e[i]);
	close(efd);
}

static void *later(void *fd)
{
	uint64_t one = 1;

	usleep(50000);
	write((int)(long)fd, &one, 8);
	return NULL;
}

static void on_alarm(int s) { (void)s; }

static void waiting(void)
{
	int ep = epoll_create1(0), efd = eventfd(0, EFD_NONBLOCK);
	struct timespec a, b;
	sigset_t all;
	pthread_t t;

	ctl(ep, EPOLL_CTL_ADD, efd, EPOLLIN);
	clock_gettime(CLOCK_MONOTONIC, &a);
	CHECK("time-out", epoll_wait(ep, ev, 16, 50) == 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	CHECK("not early", (b.tv_sec - a.tv_sec) * 1000000000LL + b.tv_nsec - a.tv_nsec >= 50000000);
	pthread_create(&t, NULL, later, (void *)(long)efd);
	CHECK("woken by another thread", epoll_wait(ep, ev, 16, 5000) == 1);
	pthread_join(t, NULL);
	uint64_t n;
	read(efd, &n, 8);
	signal(SIGALRM, on_alarm);
	alarm(1);
	CHECK("a signal interrupts", ERR(epoll_wait(ep, ev, 16, 5000), EINTR));
	sigfillset(&all);
	alarm(1);
	CHECK("pwait keeps it out", epoll_pwait(ep, ev, 16, 1300, &all) == 0);
	close(ep);
	close(efd);
}

static void poll_and_select(void)
{
	int p[2], q[2];
	fd_set in, out;
	struct timeval tv = { 0, 20000 };
	struct timespec ts = { 0, 0 };

	pipe(p);
	pipe(q);
	struct pollfd pf[3] = { { p[0], POLLIN, 0 }, { 777, POLLIN, 7 }, { -1, POLLIN, 7 } };
	CHECK("POLLNVAL", poll(pf, 3, 0) == 1 && pf[1].revents == POLLNVAL && pf[2].revents == 0);
	CHECK("poll EFAULT", ERR(poll((void *)8, 1, 0), EFAULT));
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(p[0], &in);
	CHECK("select times out", select(p[0] + 1, &in, NULL, NULL, &tv) == 0 && !FD_ISSET(p[0], &in));
	FD_SET(p[0], &in);
	FD_SET(q[1], &out);
	write(p[1], "x", 1);
	CHECK("select both",
	      select(q[1] + 1, &in, &out, NULL, NULL) == 2 && FD_ISSET(p[0], &in) && FD_ISSET(q[1], &out));
	FD_ZERO(&in);
	FD_SET(30, &in);
	CHECK("select EBADF", ERR(select(31, &in, NULL, NULL, &tv), EBADF));
	CHECK("select EINVAL", ERR(select(-1, NULL, NULL, NULL, &tv), EINVAL));
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	CHECK("pselect", pselect(p[0] + 1, &in, NULL, NULL, &ts, NULL) == 1);
	CHECK("ppoll", ppoll(pf, 1, &ts, NULL) == 1);
	ts.tv_nsec = 2000000000;
	CHECK("ppoll bad time", ERR(ppoll(pf, 1, &ts, NULL), EINVAL));
	close(p[0]);
	close(p[1]);
	close(q[0]);
	close(q[1]);
}

/* Many watched, few ready: each ready one is told, none twice. */
static void many(void)
{
	enum { N = 400 };
	static int fd[N];
	int ep = epoll_create1(0), n, seen = 0;
	struct rlimit rl = { 2048, 2048 };
	uint64_t one = 1;

	setrlimit(RLIMIT_NOFILE, &rl);
	for (int i = 0; i < N; i++) {
		fd[i] = eventfd(0, 0);
		ctl(ep, EPOLL_CTL_ADD, fd[i], EPOLLIN | EPOLLET);
	}
	for (int i = 0; i < N; i += 7)
		write(fd[i], &one, 8);
	while ((n = epoll_wait(ep, ev, 16, 0)) > 0)
		seen += n;
	CHECK("all that are ready", seen == (N + 6) / 7);
	for (int i = 0; i < N; i++)
		close(fd[i]);
	CHECK("none after close", epoll_wait(ep, ev, 16, 0) == 0);
	close(ep);
}

int main(void)
{
	arguments();
	modes();
	rdhup();
	nesting();
	waiting();
	poll_and_select();
	many();
	return verdict();
}
