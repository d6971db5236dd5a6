/* tests/guest/segments.c - segment registers: who loads his own takes nobody else's thread pointer */
#define _GNU_SOURCE
#include "check.h"
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Loading a selector sets the base: 0 for the null one, the descriptor's for another. No library call after it. */
static void load(uint32_t selector)
{
	for (;;)
		asm volatile("movl %0, %%fs\n\tmovl %0, %%gs" ::"r"(selector));
}

static uint64_t thread_pointer(void)
{
	uint64_t v;

	asm volatile("movq %%fs:0, %0" : "=r"(v));
	return v;
}

/* With the loader's base this faults. */
static void watch(void)
{
	uint64_t mine = thread_pointer();
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		for (int i = 0; i < 1000; i++)
			if (thread_pointer() != mine)
				_exit(1);
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 1);
	_exit(0);
}

/* Both are forks of one program, so their thread pointers are equal. */
static int beside_a_loader(uint32_t selector)
{
	cpu_set_t first;
	pid_t loader, watcher;
	int status = -1;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	loader = fork();
	if (!loader)
		load(selector);
	watcher = fork();
	if (!watcher)
		watch();
	waitpid(watcher, &status, 0);
	kill(loader, SIGKILL);
	waitpid(loader, NULL, 0);
	return status;
}

int main(void)
{
	CHECK("null_selector", beside_a_loader(0) == 0);
	CHECK("data_selector", beside_a_loader(0x2b) == 0);
	return verdict();
}
