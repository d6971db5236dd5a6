/* tests/guest/stress.c - processes, threads, signals, pipes, futexes, polls and timers, all at once, on all CPUs
 *
 * stress [SECONDS [SEED [NAME]...]]: several workers run the named stressors (default: all) in an order that the seed
 * decides, until the time is over; without SECONDS each runs once. A stressor that takes longer than 100 s hangs: that
 * is said, its processes are left for the debugger, and the status is 3.
 */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HANG_S 100
#define NEED(c) do { if (!(c)) die(#c, __LINE__); } while (0)

static uint32_t seed = 1;
static char *self;

static void die(const char *what, int line)
{
	int e = errno;

	printf("FAILED line %d: %s (errno %d %s)\n", line, what, e, strerror(e));
	fflush(stdout);
	_exit(1);
}

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void reap(pid_t p, int want)
{
	int st;
	pid_t r;

	do
		r = waitpid(p, &st, 0);
	while (r < 0 && errno == EINTR);
	NEED(r == p);
	if (want >= 0 && st != want) {
		printf("status %#x, not %#x\n", st, want);
		die("child's status", __LINE__);
	}
}

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

/* --- processes --- */

static void tree(int depth)
{
	pid_t kids[3];
	int n = depth ? 3 : 0;

	for (int i = 0; i < n; i++) {
		kids[i] = fork();
		NEED(kids[i] >= 0);
		if (!kids[i]) {
			tree(depth - 1);
			_exit(depth);
		}
	}
	for (int i = 0; i < n; i++)
		reap(kids[i], depth << 8);
}

static void forks(void) { tree(3); }

static void execs(void)
{
	for (int i = 0; i < 20; i++) {
		char *argv[] = { self, "--exit", "7", NULL };
		pid_t p = fork();

		NEED(p >= 0);
		if (!p) {
			execv(self, argv);
			_exit(9);
		}
		reap(p, 7 << 8);
		NEED(!posix_spawn(&p, self, NULL, NULL, argv, NULL)); /* vfork, or clone with CLONE_VFORK */
		reap(p, 7 << 8);
	}
}

/* Orphans go to process 1, in the middle of whatever they and their parents do. */
static void orphans(void)
{
	for (int i = 0; i < 8; i++) {
		pid_t p = fork();

		NEED(p >= 0);
		if (!p) {
			for (int k = 0; k < 3; k++)
				if (!fork()) {
					usleep(rnd(2000));
					_exit(0);
				}
			_exit(0);
		}
		reap(p, 0);
	}
}

/* --- threads --- */

static pthread_mutex_t mu;
static pthread_cond_t cv;
static volatile long turn, total;

static void *ping_pong(void *arg)
{
	long me = (long)arg;

	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&mu);
		while (turn % 4 != me)
			pthread_cond_wait(&cv, &mu);
		turn++;
		pthread_cond_broadcast(&cv);
		pthread_mutex_unlock(&mu);
	}
	return arg;
}

static void threads(void)
{
	pthread_t t[4];

	turn = 0;
	for (long i = 0; i < 4; i++)
		NEED(!pthread_create(&t[i], NULL, ping_pong, (void *)i));
	for (long i = 0; i < 4; i++)
		NEED(!pthread_join(t[i], NULL));
	NEED(turn == 400);
}

static void *add_up(void *arg)
{
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mu);
		total++;
		if (!(i % 64))
			sched_yield();
		pthread_mutex_unlock(&mu);
	}
	return arg;
}

static void mutexes(void)
{
	pthread_t t[6];

	total = 0;
	for (long i = 0; i < 6; i++)
		NEED(!pthread_create(&t[i], NULL, add_up, NULL));
	for (long i = 0; i < 6; i++)
		NEED(!pthread_join(t[i], NULL));
	NEED(total == 12000);
}

static void *nothing(void *arg) { return arg; }

static void many_threads(void)
{
	for (int k = 0; k < 10; k++) {
		pthread_t t[10];

		for (int i = 0; i < 10; i++)
			NEED(!pthread_create(&t[i], NULL, nothing, NULL));
		for (int i = 0; i < 10; i++)
			NEED(!pthread_join(t[i], NULL));
	}
}

static void *idle_or_spin(void *arg)
{
	int p[2];
	char c;

	switch ((long)arg % 4) {
	case 0: for (;;) pause();
	case 1: for (;;) total++;
	case 2: for (;;) getppid();
	default: NEED(!pipe(p)); for (;;) if (read(p[0], &c, 1) == 1) return arg;
	}
}

/* A process full of threads ends: by exit, by execve from any thread, by SIGKILL. */
static void group_exit(void)
{
	for (int i = 0; i < 9; i++) {
		pid_t p = fork();

		NEED(p >= 0);
		if (!p) {
			char *argv[] = { self, "--exit", "5", NULL };
			pthread_t t;

			for (long k = 0; k < 6; k++)
				NEED(!pthread_create(&t, NULL, idle_or_spin, (void *)k));
			usleep(rnd(3000));
			if (i % 3 == 0)
				_exit(5);
			if (i % 3 == 1)
				execv(self, argv);
			raise(SIGKILL);
		}
		reap(p, i % 3 == 2 ? SIGKILL : 5 << 8);
	}
}

/* --- signals --- */

static volatile sig_atomic_t got;
static void on_signal(int s) { got += s != 0; }

static void signals(void)
{
	sigset_t block, old;
	pid_t p, me = getpid();
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	sigemptyset(&block);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_BLOCK, &block, &old);
	got = 0;
	p = fork();
	NEED(p >= 0);
	for (int i = 0; i < 200; i++) {
		if (!p)
			NEED(!kill(me, SIGUSR1));
		while (got <= i)
			sigsuspend(&old);
		if (p)
			kill(p, SIGUSR1);
	}
	if (!p)
		_exit(0);
	reap(p, 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
}

static void sigwaits(void)
{
	struct timespec five = { 50, 0 };
	siginfo_t info;
	sigset_t s;
	pid_t p, me = getpid();

	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &s, NULL);
	p = fork();
	NEED(p >= 0);
	if (!p) {
		union sigval v = { 0 };

		for (v.sival_int = 0; v.sival_int < 200; v.sival_int++) {
			while (sigqueue(me, SIGRTMIN + 3, v) < 0)
				sched_yield();
			if (!rnd(20))
				usleep(100);
		}
		_exit(0);
	}
	for (int i = 0; i < 200; i++) {
		while (sigtimedwait(&s, &info, &five) < 0)
			NEED(errno == EINTR);
		NEED(info.si_value.sival_int == i && info.si_pid == p);
	}
	reap(p, 0);
}

/* Stops and continues that come as fast as they can; the parent must see each stop, and the end. */
static void stops(void)
{
	pid_t p = fork();
	int st;

	NEED(p >= 0);
	if (!p)
		for (;;)
			total++;
	for (int i = 0; i < 30; i++) {
		kill(p, SIGSTOP);
		NEED(waitpid(p, &st, WUNTRACED) == p && WIFSTOPPED(st));
		kill(p, SIGCONT);
		NEED(waitpid(p, &st, WCONTINUED) == p && WIFCONTINUED(st));
	}
	kill(p, SIGSTOP);
	kill(p, SIGKILL);
	reap(p, SIGKILL);
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

/* --- memory and CPUs --- */

static volatile int stop_now;

static void *writer(void *arg)
{
	char *m = arg;

	while (!stop_now)
		for (int i = 0; i < 16; i++)
			m[i * 4096]++;
	return NULL;
}

/* Copy on write under the feet of threads that write, mappings that come and go, rights that change. */
static void memory(void)
{
	char *m = mmap(NULL, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t t[2];

	NEED(m != MAP_FAILED);
	stop_now = 0;
	for (int i = 0; i < 2; i++)
		NEED(!pthread_create(&t[i], NULL, writer, m));
	for (int i = 0; i < 20; i++) {
		char *tmp = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pid_t p;

		NEED(tmp != MAP_FAILED);
		memset(tmp, i, 64 * 4096);
		p = fork();
		NEED(p >= 0);
		if (!p) {
			char was[16];

			for (int k = 0; k < 16; k++)
				was[k] = m[k * 4096];
			usleep(rnd(500));
			for (int k = 0; k < 16; k++)
				if (was[k] != m[k * 4096])
					_exit(1); /* the parent's writes come through */
			_exit(tmp[64 * 4096 - 1] == i ? 0 : 2);
		}
		NEED(!mprotect(tmp, 4096 * 32, PROT_READ));
		NEED(!munmap(tmp, 64 * 4096));
		reap(p, 0);
	}
	stop_now = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	munmap(m, 16 * 4096);
}

static pid_t hoppers[4];

static void *hop(void *arg)
{
	int n = (int)sysconf(_SC_NPROCESSORS_ONLN);

	for (int i = 0; i < 60; i++) {
		int cpu = rand_r((unsigned int *)arg) % n, other = rand_r((unsigned int *)arg) % 4;
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (hoppers[other])
			sched_setaffinity(hoppers[other], sizeof(set), &set); /* may be gone */
		for (volatile int k = 0; k < 2000; k++)
			;
		if (!(i % 8))
			usleep(50);
		NEED(!sched_setaffinity(0, sizeof(set), &set));
	}
	return NULL;
}

static void *hopper(void *arg)
{
	unsigned int s = (unsigned int)(long)arg;

	hoppers[s % 4] = gettid();
	hop(&s);
	hoppers[s % 4] = 0;
	return NULL;
}

static void affinity(void)
{
	pthread_t t[4];

	for (long i = 0; i < 4; i++)
		NEED(!pthread_create(&t[i], NULL, hopper, (void *)i));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

/* --- the conductor --- */

static const struct stressor { const char *name; void (*run)(void);
} stressors[] = {
	{ "pipeline", pipeline },
	{ "forks", forks },
	{ "execs", execs },
	{ "orphans", orphans },
	{ "threads", threads },
	{ "mutexes", mutexes },
	{ "many_threads", many_threads },
	{ "group_exit", group_exit },
	{ "signals", signals },
	{ "sigwaits", sigwaits },
	{ "stops", stops },
	{ "epolls", epolls },
	{ "polls", polls },
	{ "eventfds", eventfds },
	{ "timers", timers },
	{ "itimers", itimers },
	{ "memory", memory },
	{ "affinity", affinity },
};
#define NR (sizeof(stressors) / sizeof(*stressors))
#define WORKERS 4

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

struct slot { pid_t pid; const struct stressor *what; double since; };

static void start(struct slot *s, const struct stressor *what)
{
	fflush(stdout);
	*s = (struct slot){ fork(), what, now() };
	NEED(s->pid >= 0);
	if (!s->pid) {
		seed ^= (uint32_t)getpid() * 2654435761u;
		what->run();
		_exit(0);
	}
}

/* Waits for one of the workers. Returns its slot. */
static int finish_one(struct slot *slots)
{
	for (;;) {
		int st;
		pid_t p = waitpid(-1, &st, WNOHANG);

		for (int i = 0; p > 0 && i < WORKERS; i++) {
			if (slots[i].pid != p)
				continue;
			if (st) {
				printf("FAILED %s: status %#x\n", slots[i].what->name, st);
				failures++;
			}
			return i;
		}
		for (int i = 0; i < WORKERS; i++)
			if (slots[i].pid && now() - slots[i].since > HANG_S) {
				printf("HANGS: %s, process %d\n", slots[i].what->name, slots[i].pid);
				fflush(stdout);
				_exit(3);
			}
		usleep(1000);
	}
}

static const struct stressor *pick(int argc, char **argv, unsigned int i)
{
	if (argc <= 3)
		return &stressors[i < NR ? i : rnd(NR)];
	for (unsigned int k = 0; k < NR; k++)
		if (!strcmp(stressors[k].name, argv[3 + i % (argc - 3)]))
			return &stressors[k];
	printf("no stressor %s\n", argv[3 + i % (argc - 3)]);
	exit(2);
}

int main(int argc, char **argv)
{
	struct slot slots[WORKERS] = { 0 };
	double end = now() + (argc > 1 ? atof(argv[1]) : 0);
	unsigned int i = 0, busy = 0;

	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	self = argv[0][0] == '/' ? argv[0] : realpath(argv[0], NULL);
	seed = argc > 2 ? (uint32_t)atol(argv[2]) : 1;
	while (busy || i < NR || now() < end) {
		int free_slot = -1;

		for (int k = 0; k < WORKERS; k++)
			if (!slots[k].pid)
				free_slot = k;
		if (free_slot >= 0 && (i < NR || now() < end)) {
			start(&slots[free_slot], pick(argc, argv, i++));
			busy++;
			continue;
		}
		slots[finish_one(slots)].pid = 0;
		busy--;
	}
	fprintf(stderr, "%u runs\n", i);
	CHECK("stress", !failures);
	return verdict();
}
