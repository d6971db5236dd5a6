/* tests/guest/stress.h - several workers run stressors, all at once, on all CPUs
 *
 * PROGRAM [SECONDS [SEED [NAME]...]]: the workers run the named stressors (default: all) in an order that the seed
 * decides, until the time is over; without SECONDS each runs once. A stressor that takes longer than 100 s hangs: that
 * is said, its processes are left for the debugger, and the status is 3.
 */
#pragma once
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A program has these, and its main() calls conduct(). */
struct stressor { const char *name; void (*run)(void); };
extern const struct stressor stressors[];
extern const unsigned int nr_stressors;

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

static uint32_t __attribute__((unused)) rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static void __attribute__((unused)) reap(pid_t p, int want)
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
		return &stressors[i < nr_stressors ? i : rnd(nr_stressors)];
	for (unsigned int k = 0; k < nr_stressors; k++)
		if (!strcmp(stressors[k].name, argv[3 + i % (argc - 3)]))
			return &stressors[k];
	printf("no stressor %s\n", argv[3 + i % (argc - 3)]);
	exit(2);
}

static int conduct(int argc, char **argv)
{
	struct slot slots[WORKERS] = { 0 };
	double end = now() + (argc > 1 ? atof(argv[1]) : 0);
	unsigned int i = 0, busy = 0;

	if (argc == 3 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	self = argv[0][0] == '/' ? argv[0] : realpath(argv[0], NULL);
	seed = argc > 2 ? (uint32_t)atol(argv[2]) : 1;
	while (busy || i < nr_stressors || now() < end) {
		int free_slot = -1;

		for (int k = 0; k < WORKERS; k++)
			if (!slots[k].pid)
				free_slot = k;
		if (free_slot >= 0 && (i < nr_stressors || now() < end)) {
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
