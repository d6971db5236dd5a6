/* tests/tsan/main.c - threads, and what the tests came to; ends with 'N passed, N failed'
 *
 * A race that TSan sees ends the process with its report: TSAN_OPTIONS=halt_on_error=1, set by tsan.mk.
 */
#include "tests/tsan/threads.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>

static int passed, failed;

static void *start(void *arg)
{
	void **call = arg;

	((void (*)(int))call[0])((int)(intptr_t)call[1]);
	return NULL;
}
void in_threads(void (*fn)(int thread))
{
	pthread_t t[THREADS];
	void *call[THREADS][2];

	for (int i = 0; i < THREADS; i++) {
		call[i][0] = (void *)fn;
		call[i][1] = (void *)(intptr_t)i;
		pthread_create(&t[i], NULL, start, call[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
}
void thread_yield(void) { sched_yield(); }
void report(const char *name, int ok)
{
	printf("%s tsan:%s\n", ok ? "ok  " : "FAIL", name);
	passed += ok;
	failed += !ok;
}
int main(void)
{
	tsan_tests();
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
