/* tests/tsan/main.c - threads, and what the tests came to; ends with 'N passed, N failed'
 *
 * A race that TSan sees ends the process with its report: TSAN_OPTIONS=halt_on_error=1, set by tsan.mk. So does a
 * thread that waits for ever: SIGALRM.
 */
#include "tests/tsan/threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TOO_LONG_S 300

static int passed, failed;
static pthread_barrier_t all_there;

static void *start(void *arg)
{
	void **call = arg;

	cpu_begin((unsigned int)(intptr_t)call[1]);
	pthread_barrier_wait(&all_there);
	((void (*)(int))call[0])((int)(intptr_t)call[1]);
	cpu_end();
	return NULL;
}
void in_threads(void (*fn)(int thread))
{
	pthread_t t[THREADS];
	void *call[THREADS][2];

	cpus_are_threads(1);
	pthread_barrier_init(&all_there, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		call[i][0] = (void *)fn;
		call[i][1] = (void *)(intptr_t)i;
		pthread_create(&t[i], NULL, start, call[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	cpus_are_threads(0);
}
static void *start_one(void *fn)
{
	((void (*)(void))fn)();
	return NULL;
}
void thread_spawn(void (*fn)(void))
{
	pthread_t t;

	pthread_create(&t, NULL, start_one, (void *)fn);
	pthread_detach(t);
}
void thread_yield(void) { sched_yield(); }
void thread_sleep_us(unsigned int us) { usleep(us); }
unsigned long long thread_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000u + (unsigned long long)t.tv_nsec;
}
void report(const char *name, int ok)
{
	printf("%s tsan:%s\n", ok ? "ok  " : "FAIL", name);
	fflush(stdout);
	passed += ok;
	failed += !ok;
}
int main(void)
{
	alarm(TOO_LONG_S);
	tsan_tests();
	printf("%d passed, %d failed\n", passed, failed);
	fflush(stdout);
	_exit(failed != 0);
}
