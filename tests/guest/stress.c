/* tests/guest/stress.c - processes, threads, signals, futexes, memory and CPUs, all at once (stress.h says how) */
#include "stress.h"
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>

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

const struct stressor stressors[] = {
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
	{ "memory", memory },
	{ "affinity", affinity },
};
const unsigned int nr_stressors = sizeof(stressors) / sizeof(*stressors);

int main(int argc, char **argv) { return conduct(argc, argv); }
