/* tests/guest/threads_futex.c - threads: creation, joining, mutexes and conditions, thread-directed signals, exec and
 * exit */
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 5000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static __thread int private_value;
static volatile sig_atomic_t handled_by;
static sem_t sem;

static void *add(void *arg)
{
	private_value = (int)(long)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return (void *)(long)(private_value == (int)(long)arg);
}

static void test_mutex(void)
{
	pthread_t t[THREADS];
	long good = 0;
	void *r;

	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, add, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &r);
		good += (long)r;
	}
	CHECK("mutex_counts", counter == THREADS * ROUNDS);
	CHECK("thread_local_storage", good == THREADS);
}

static void *ping_pong(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&cond, &lock);
		turn = !me;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void test_cond(void)
{
	pthread_t a, b;

	pthread_create(&a, NULL, ping_pong, (void *)0);
	pthread_create(&b, NULL, ping_pong, (void *)1);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	CHECK("condition_ping_pong", turn == 0);
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 20000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	CHECK("condition_times_out", pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);
}

static void note_thread(int sig)
{
	(void)sig;
	handled_by = (int)syscall(SYS_gettid);
	sem_post(&sem);
}

static void *wait_for_term(void *arg)
{
	*(int *)arg = (int)syscall(SYS_gettid);
	sem_post(&sem);
	for (;;)
		pause();
	return NULL;
}

static void test_signals(void)
{
	pthread_t t;
	int tid = 0;

	sem_init(&sem, 0, 0);
	signal(SIGUSR1, note_thread);
	pthread_create(&t, NULL, wait_for_term, &tid);
	sem_wait(&sem);
	CHECK("tids_differ", tid != getpid() && syscall(SYS_gettid) == getpid());
	pthread_kill(t, SIGUSR1);
	while (sem_wait(&sem))
		;
	CHECK("pthread_kill_reaches_thread", handled_by == tid);
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &s, NULL);
	kill(getpid(), SIGUSR1);
	while (sem_wait(&sem))
		;
	CHECK("process_signal_finds_willing_thread", handled_by == tid);
	pthread_sigmask(SIG_UNBLOCK, &s, NULL);
	CHECK("tgkill_wrong_group", syscall(SYS_tgkill, 1, tid, 0) == -1 && errno == ESRCH);
	pthread_cancel(t);
	pthread_join(t, NULL);
	CHECK("cancel_and_join", 1);
}

static void *forever(void *arg)
{
	for (;;)
		if (arg)
			pause();
	return NULL;
}

static void *exec_here(void *arg)
{
	execl(arg, arg, "child", (char *)NULL);
	_exit(1);
}

static void *exit_group_here(void *arg)
{
	(void)arg;
	usleep(10000);
	_exit(21);
}

static int in_child(void (*fn)(const char *), const char *arg)
{
	pid_t pid = fork();
	int st = -1;

	if (!pid) {
		fn(arg);
		_exit(99);
	}
	waitpid(pid, &st, 0);
	return st;
}

static void exec_from_thread(const char *self)
{
	pthread_t t;

	pthread_create(&t, NULL, forever, (void *)1);
	pthread_create(&t, NULL, forever, NULL);
	pthread_create(&t, NULL, exec_here, (void *)self);
	forever((void *)1);
}

static void exit_from_thread(const char *unused)
{
	pthread_t t;

	(void)unused;
	pthread_create(&t, NULL, forever, NULL);
	pthread_create(&t, NULL, exit_group_here, NULL);
	forever((void *)1);
}

static void leader_exits_first(const char *unused)
{
	pthread_t t;

	(void)unused;
	pthread_create(&t, NULL, exit_group_here, NULL);
	syscall(SYS_exit, 3);
}

static void killed_with_threads(const char *unused)
{
	pthread_t t;

	(void)unused;
	pthread_create(&t, NULL, forever, NULL);
	pthread_create(&t, NULL, forever, (void *)1);
	kill(getpid(), SIGTERM);
	forever((void *)1);
}

static void test_group(const char *self)
{
	int st = in_child(exec_from_thread, self);

	CHECK("exec_from_thread", WIFEXITED(st) && WEXITSTATUS(st) == 11);
	st = in_child(exit_from_thread, NULL);
	CHECK("exit_group_from_thread", WIFEXITED(st) && WEXITSTATUS(st) == 21);
	st = in_child(leader_exits_first, NULL);
	CHECK("leader_exits_first", WIFEXITED(st) && WEXITSTATUS(st) == 21);
	st = in_child(killed_with_threads, NULL);
	CHECK("kill_ends_all_threads", WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
}

static void *nothing(void *arg) { return arg; }

static void test_churn(void)
{
	int good = 1;

	for (int i = 0; i < 300 && good; i++) {
		pthread_t t;
		void *r = NULL;

		good = !pthread_create(&t, NULL, nothing, (void *)(long)(i + 1)) && !pthread_join(t, &r) &&
			r == (void *)(long)(i + 1);
	}
	CHECK("create_join_churn", good);
}

int main(int argc, char **argv)
{
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (argc > 1)
		return syscall(SYS_gettid) == getpid() ? 11 : 12;
	snprintf(self + (n > 0 ? n : 0), n > 0 ? 1 : sizeof(self), "%s", n > 0 ? "" : argv[0]);
	test_mutex();
	test_cond();
	test_signals();
	test_group(self);
	test_churn();
	return verdict();
}
