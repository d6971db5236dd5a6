/* tests/guest/stress_io.c - pipes, polls, eventfds and timers, all at once (stress.h says how) */
#include "stress.h"
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/* --- a chain of cats; now and then the last one leaves early, so that SIGPIPE travels up --- */

static void stage(int in, int out, long take)
{
	char buf[4096];
	long n;

	while (take > 0 && (n = read(in, buf, sizeof(buf))) > 0) {
		take -= n;
		for (long at = 0, w; at < n; at += w) {
			w = out >= 0 ? write(out, buf + at, n - at) : n - at;
			if (w < 0)
				_exit(1);
		}
	}
	_exit(0);
}

static void pipeline(void)
{
	int n = 2 + rnd(4), in = open("/dev/zero", O_RDONLY), early = rnd(2);
	pid_t pids[8];

	NEED(in >= 0);
	for (int i = 0; i < n; i++) {
		int p[2] = { -1, -1 };

		if (i < n - 1)
			NEED(!pipe(p));
		pids[i] = fork();
		NEED(pids[i] >= 0);
		if (!pids[i]) {
			if (p[0] >= 0)
				close(p[0]);
			stage(in, p[1], i == n - 1 && early ? 1000 : i ? 1L << 40 : 300000);
		}
		close(in);
		if (p[1] >= 0)
			close(p[1]);
		in = p[0];
	}
	for (int i = 0; i < n; i++)
		reap(pids[i], -1);
}

/* --- polls --- */

static void *echo_bytes(void *arg)
{
	int fd = (int)(long)arg;
	char c;

	while (read(fd, &c, 1) == 1)
		if (write(fd, &c, 1) != 1)
			break;
	close(fd);
	return NULL;
}

static void epolls(void)
{
	int ep = epoll_create1(0), fds[6];
	struct epoll_event ev[6];
	pthread_t t[6];

	NEED(ep >= 0);
	for (long i = 0; i < 6; i++) {
		struct epoll_event e = { .events = EPOLLIN | (i & 1 ? EPOLLET : 0), .data.u32 = i };
		int s[2];

		NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, s));
		fds[i] = s[0];
		NEED(!epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &e));
		NEED(!pthread_create(&t[i], NULL, echo_bytes, (void *)(long)s[1]));
		NEED(write(s[0], "x", 1) == 1);
	}
	for (int left = 600; left > 0;) {
		int n = epoll_wait(ep, ev, 6, 50000);
		char c;

		NEED(n > 0 || (n < 0 && errno == EINTR));
		for (int i = 0; i < n; i++, left--) {
			NEED(read(fds[ev[i].data.u32], &c, 1) == 1);
			NEED(write(fds[ev[i].data.u32], &c, 1) == 1);
		}
	}
	for (int i = 0; i < 6; i++) {
		shutdown(fds[i], SHUT_WR);
		pthread_join(t[i], NULL);
		close(fds[i]);
	}
	close(ep);
}

static void polls(void)
{
	int a[2], b[2];
	pid_t p;

	NEED(!pipe(a) && !pipe(b));
	p = fork();
	NEED(p >= 0);
	for (int i = 0; i < 200; i++) {
		struct pollfd f = { .fd = p ? b[0] : a[0], .events = POLLIN };
		char c = 'x';

		if (p)
			NEED(write(a[1], &c, 1) == 1);
		NEED(poll(&f, 1, 50000) == 1);
		NEED(read(f.fd, &c, 1) == 1);
		if (!p)
			NEED(write(b[1], &c, 1) == 1);
	}
	if (!p)
		_exit(0);
	reap(p, 0);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static int evfd;
static void *give(void *arg)
{
	uint64_t one = 1;

	for (int i = 0; i < 200; i++)
		NEED(write(evfd, &one, 8) == 8);
	return arg;
}

static void eventfds(void)
{
	uint64_t sum = 0, v;
	pthread_t t[4];

	evfd = eventfd(0, 0);
	NEED(evfd >= 0);
	for (int i = 0; i < 4; i++)
		NEED(!pthread_create(&t[i], NULL, give, NULL));
	while (sum < 800) {
		NEED(read(evfd, &v, 8) == 8);
		sum += v;
	}
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	close(evfd);
}

/* --- time --- */

static void timers(void)
{
	struct itimerspec its = { .it_value.tv_nsec = 300000, .it_interval.tv_nsec = 300000 };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n, sum = 0;

	NEED(fd >= 0 && !timerfd_settime(fd, 0, &its, NULL));
	while (sum < 30) {
		NEED(read(fd, &n, 8) == 8);
		sum += n;
	}
	for (int i = 0; i < 20; i++) { /* armed again just as it fires */
		its.it_value.tv_nsec = 1 + rnd(200000);
		NEED(!timerfd_settime(fd, 0, &its, NULL));
		usleep(rnd(200));
	}
	close(fd);
}

static volatile sig_atomic_t got;
static void on_signal(int sig) { got += sig != 0; }

static void itimers(void)
{
	struct itimerval it = { .it_value.tv_usec = 500, .it_interval.tv_usec = 500 }, zero = { 0 };
	struct timespec nap = { 0, 200000 };

	signal(SIGALRM, on_signal);
	got = 0;
	NEED(!setitimer(ITIMER_REAL, &it, NULL));
	while (got < 20)
		nanosleep(&nap, NULL);
	NEED(!setitimer(ITIMER_REAL, &zero, NULL));
	signal(SIGALRM, SIG_DFL);
}

const struct stressor stressors[] = {
	{ "pipeline", pipeline },
	{ "epolls", epolls },
	{ "polls", polls },
	{ "eventfds", eventfds },
	{ "timers", timers },
	{ "itimers", itimers },
};
const unsigned int nr_stressors = sizeof(stressors) / sizeof(*stressors);

int main(int argc, char **argv) { return conduct(argc, argv); }
