/* tests/guest/itimers.c - setitimer, alarm, POSIX timers, CPU-time timers, times and getrusage */
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t hits;
static siginfo_t last;

static void count(int sig) { (void)sig, hits++; }
static void with_info(int sig, siginfo_t *si, void *ctx) { (void)sig, (void)ctx, last = *si, hits++; }

static void install(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigaction(sig, &sa, NULL);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void test_real(void)
{
	struct itimerval it = { { 0, 10000 }, { 0, 30000 } }, cur;
	long long t0 = now_ms();

	install(SIGALRM, count);
	CHECK("setitimer", setitimer(ITIMER_REAL, &it, NULL) == 0);
	getitimer(ITIMER_REAL, &cur);
	CHECK("getitimer",
	      cur.it_interval.tv_usec == 10000 && cur.it_value.tv_sec == 0 && cur.it_value.tv_usec <= 30000);
	while (hits < 5)
		pause();
	CHECK("five_ticks_take_70ms", now_ms() - t0 >= 69);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, &cur);
	CHECK("old_value", cur.it_interval.tv_usec == 10000);
	hits = 0;
	usleep(30000);
	CHECK("stopped", hits == 0);
	it.it_value.tv_usec = 1000000;
	CHECK("bad_usec", setitimer(ITIMER_REAL, &it, NULL) == -1 && errno == EINVAL);
	CHECK("bad_which", getitimer(7, &cur) == -1 && errno == EINVAL);
}

static void test_alarm(void)
{
	install(SIGALRM, count);
	CHECK("alarm_first", alarm(100) == 0);
	CHECK("alarm_left", alarm(1) == 100);
	hits = 0;
	long long t0 = now_ms();
	while (!hits)
		pause();
	CHECK("alarm_fires", now_ms() - t0 >= 950);
	pid_t pid = fork();
	if (!pid) {
		alarm(1);
		execl("/proc/self/exe", "itimers", "wait", (char *)NULL);
		_exit(1);
	}
	int st;
	waitpid(pid, &st, 0);
	CHECK("alarm_survives_exec", WIFSIGNALED(st) && WTERMSIG(st) == SIGALRM);
}

static void test_cpu(void)
{
	struct itimerval it = { { 0, 0 }, { 0, 50000 } };
	volatile unsigned long spin = 0;

	install(SIGPROF, count);
	install(SIGVTALRM, count);
	hits = 0;
	setitimer(ITIMER_PROF, &it, NULL);
	while (!hits)
		spin++;
	CHECK("itimer_prof", hits == 1);
	hits = 0;
	setitimer(ITIMER_VIRTUAL, &it, NULL);
	while (!hits)
		spin++;
	CHECK("itimer_virtual", hits == 1);
	struct rusage ru;
	getrusage(RUSAGE_SELF, &ru);
	CHECK("getrusage_counts", ru.ru_utime.tv_sec * 1000000L + ru.ru_utime.tv_usec >= 50000 && ru.ru_maxrss > 0);
	struct tms t;
	CHECK("times_counts", times(&t) > 0 && t.tms_utime >= 5);
	pid_t pid = fork();
	if (!pid) {
		long long t0 = now_ms();

		while (now_ms() - t0 < 100)
			spin++;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &ru);
	CHECK("children_counted", ru.ru_utime.tv_usec + ru.ru_stime.tv_usec + ru.ru_utime.tv_sec * 1000000L > 0);
}

static void test_posix(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 1234 };
	struct itimerspec it = { { 0, 10000000 }, { 0, 20000000 } }, cur;
	struct sigaction sa = { .sa_sigaction = with_info, .sa_flags = SA_SIGINFO };
	timer_t id;

	sigaction(SIGRTMIN, &sa, NULL);
	hits = 0;
	CHECK("timer_create", timer_create(CLOCK_MONOTONIC, &ev, &id) == 0);
	CHECK("timer_settime", timer_settime(id, 0, &it, NULL) == 0);
	while (hits < 3)
		pause();
	CHECK("timer_siginfo", last.si_code == SI_TIMER && last.si_value.sival_int == 1234);
	sigset_t s, old;
	sigemptyset(&s);
	sigaddset(&s, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &s, &old);
	struct timespec ts = { 0, 100000000 };
	nanosleep(&ts, NULL);
	hits = 0;
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK("timer_overruns", hits >= 1 && timer_getoverrun(id) >= 5);
	timer_gettime(id, &cur);
	CHECK("timer_gettime", cur.it_interval.tv_nsec == 10000000 && cur.it_value.tv_nsec > 0);
	CHECK("timer_delete", timer_delete(id) == 0 && timer_gettime(id, &cur) == -1 && errno == EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &it.it_value);
	it.it_interval.tv_nsec = 0;
	hits = 0;
	timer_create(CLOCK_MONOTONIC, &ev, &id);
	timer_settime(id, TIMER_ABSTIME, &it, NULL);
	for (int i = 0; i < 100 && !hits; i++)
		usleep(1000);
	CHECK("timer_absolute_past", hits == 1);
	timer_delete(id);
	CHECK("timer_bad_clock", timer_create(99, &ev, &id) == -1 && errno == EINVAL);
}

static void test_limits(void)
{
	struct rlimit r, back;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = 100;
	CHECK("setrlimit",
	      setrlimit(RLIMIT_NOFILE, &r) == 0 && getrlimit(RLIMIT_NOFILE, &back) == 0 && back.rlim_cur == 100);
	CHECK("limit_has_effect", dup2(0, 100) == -1 && errno == EBADF);
	r.rlim_cur = r.rlim_max + 1;
	CHECK("soft_above_hard",
	      r.rlim_max == RLIM_INFINITY || (setrlimit(RLIMIT_NOFILE, &r) == -1 && errno == EINVAL));
	CHECK("nice", setpriority(PRIO_PROCESS, 0, 5) == 0 && getpriority(PRIO_PROCESS, 0) == 5);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		for (;;)
			pause();
	test_real();
	test_alarm();
	test_cpu();
	test_posix();
	test_limits();
	return verdict();
}
