/* tests/guest/leaks.c - takes a thousand of one kind of thing and gives them all back
 *
 * leaks KIND...: for tests/guest/test_leaks.py, which looks at the kernel's counts before and after. Without an
 * argument each kind comes once, a few times.
 */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *self;

static int forks(void)
{
	int st;
	pid_t p = fork();

	if (!p)
		_exit(3);
	return waitpid(p, &st, 0) == p && WEXITSTATUS(st) == 3;
}

static int execs(void)
{
	char *argv[] = { self, "--exit", NULL };
	pid_t p = fork();
	int st;

	if (!p) {
		execv(self, argv);
		_exit(9);
	}
	return waitpid(p, &st, 0) == p && !st;
}

static void *nothing(void *arg) { return arg; }

static int threads(void)
{
	pthread_t t;

	return !pthread_create(&t, NULL, nothing, NULL) && !pthread_join(t, NULL);
}

static int mmaps(void)
{
	int fd = open(self, O_RDONLY);
	char *p = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *f = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (fd < 0 || p == MAP_FAILED || s == MAP_FAILED || f == MAP_FAILED)
		return 0;
	memset(p, 1, 16 * 4096);
	*s = *f = 1;
	if (mprotect(p + 4096, 4096, PROT_READ) || munmap(p + 8 * 4096, 4096))
		return 0;
	close(fd);
	return !munmap(p, 16 * 4096) && !munmap(s, 4096) && !munmap(f, 8192);
}

static int pipes(void)
{
	char buf[5000] = { 0 };
	int p[2];

	if (pipe(p) || write(p[1], buf, sizeof(buf)) != sizeof(buf))
		return 0;
	return !close(p[0]) && !close(p[1]);
}

/* Closed in an order that leaves watchers on dead files, and files with dead watchers. */
static int epolls(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0), outer = epoll_create1(0), e = eventfd(1, 0), t = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec its = { .it_value.tv_sec = 100 };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev) || epoll_ctl(ep, EPOLL_CTL_ADD, t, &ev) ||
	    epoll_ctl(outer, EPOLL_CTL_ADD, ep, &ev) || epoll_wait(outer, &ev, 1, 0) != 1 ||
	    timerfd_settime(t, 0, &its, NULL))
		return 0;
	return !close(e) && !close(ep) && !close(outer) && !close(t);
}

static int ptys(void)
{
	int m = posix_openpt(O_RDWR | O_NOCTTY), s;
	char name[64];

	if (m < 0 || grantpt(m) || unlockpt(m) || ptsname_r(m, name, sizeof(name)))
		return 0;
	s = open(name, O_RDWR | O_NOCTTY);
	return s >= 0 && write(m, "hello\n", 6) == 6 && !close(m) && !close(s);
}

/* A descriptor travels in a message that nobody reads. */
static int sockets(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int s[2], u = socket(AF_INET, SOCK_DGRAM, 0), t = socket(AF_INET, SOCK_STREAM, 0);

	if (u < 0 || t < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return 0;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &u, sizeof(int));
	if (sendmsg(s[0], &m, 0) != 1)
		return 0;
	return !close(u) && !close(t) && !close(s[0]) && !close(s[1]);
}

static int files(void)
{
	char name[] = "leaks.XXXXXX", buf[10000] = { 0 };
	int fd = mkstemp(name), dup_fd = dup(fd);

	if (fd < 0 || write(fd, buf, sizeof(buf)) != sizeof(buf) || ftruncate(fd, 5000) || unlink(name))
		return 0;
	return !close(fd) && !close(dup_fd);
}

/* Signals that are pending when their process dies, and a timer that never fires. */
static int signals(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec its = { .it_value.tv_sec = 100 };
	pid_t p = fork();
	sigset_t all;
	timer_t t;
	int st;

	if (!p) {
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		signalfd(-1, &all, 0);
		for (int i = 0; i < 5; i++)
			sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = i });
		_exit(timer_create(CLOCK_MONOTONIC, &ev, &t) || timer_settime(t, 0, &its, NULL));
	}
	return waitpid(p, &st, 0) == p && !st;
}

static const struct { const char *name; int (*once)(void); } kinds[] = {
	{ "forks", forks }, { "execs", execs }, { "threads", threads }, { "mmaps", mmaps }, { "pipes", pipes },
	{ "epolls", epolls }, { "ptys", ptys }, { "sockets", sockets }, { "files", files }, { "signals", signals },
};
#define NR (sizeof(kinds) / sizeof(*kinds))

static int times(int (*once)(void), int n)
{
	while (n && once())
		n--;
	return !n;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	self = argv[0][0] == '/' ? argv[0] : realpath(argv[0], NULL);
	for (size_t k = 0; k < NR; k++) {
		int wanted = argc < 2;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], kinds[k].name);
		if (wanted)
			CHECK(kinds[k].name, times(kinds[k].once, argc < 2 ? 10 : 1000));
	}
	return verdict();
}
