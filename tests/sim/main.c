/* tests/sim/main.c - runs scenarios, each seed in a child process, and counts
 *
 *	[SCENARIO=PART-OF-A-NAME] [SEED=first] [SEEDS=how many] [JOBS=at once] [LIST=1] sim [-1]
 *
 * -1 runs one scenario in this process, for a debugger. A failure prints its output and how to run it again.
 */
#include "tests/host/sys.h"
#include "tests/sim/main.h"
#include "tests/unit/runner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_JOBS 64
static struct job { pid_t pid; FILE *output; unsigned long seed; } jobs[MAX_JOBS];
static unsigned long failed_here, limit_s;
static int show_all;
static const char *self;

static void print_output(FILE *f)
{
	char buf[4096];
	size_t n;

	rewind(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
}
static void how_again(const char *name, unsigned long seed)
{
	const char *cpus = getenv("CPUS"), *asan = strstr(self, "unit") ? " ASAN=1" : "";
	char also[32] = "";

	if (cpus && *cpus)
		snprintf(also, sizeof(also), " CPUS=%s", cpus);
	printf("    again: make sim SCENARIO=%s SEED=%lu%s%s\n", name, seed, also, asan);
	printf("    gdb:   SCENARIO=%s SEED=%lu%s gdb --args %s -1\n", name, seed, also, self);
}
/* Waits for one of the jobs; its place is free again. */
static struct job *finish_one(struct test_case *t)
{
	int status;
	pid_t pid = wait(&status);
	struct job *j = jobs;

	while (j->pid != pid)
		j++;
	if (status) {
		failed_here++;
		printf("FAIL %s, seed %lu", sim_name(t), j->seed);
		printf(WIFSIGNALED(status) ? ": ended by signal %d\n" : "\n", WTERMSIG(status));
	}
	if (status || show_all)
		print_output(j->output);
	if (status)
		how_again(sim_name(t), j->seed);
	fflush(stdout);
	fclose(j->output);
	j->pid = 0;
	return j;
}
static void start(struct job *j, struct test_case *t, unsigned long seed)
{
	char number[32];

	*j = (struct job){ .output = tmpfile(), .seed = seed };
	fflush(stdout);
	j->pid = j->output ? fork() : -1;
	if (j->pid < 0) {
		perror("sim");
		exit(2);
	}
	if (j->pid)
		return;
	dup2(fileno(j->output), 1);
	dup2(fileno(j->output), 2);
	alarm((unsigned)limit_s);
	snprintf(number, sizeof(number), "%lu", seed);
	setenv("SEED", number, 1);
	sys_exit(test_run_one(t));
}
static void run_seeds(struct test_case *t, unsigned long first, unsigned long n)
{
	unsigned long width = sys_env_number("JOBS", (unsigned long)sysconf(_SC_NPROCESSORS_ONLN)), running = 0;

	width = width < 1 ? 1 : width > MAX_JOBS ? MAX_JOBS : width;
	failed_here = 0;
	for (unsigned long seed = first; seed < first + n && failed_here < 10; seed++) {
		struct job *j = running < width ? &jobs[running++] : finish_one(t);

		start(j, t, seed);
	}
	while (running--)
		finish_one(t);
	if (!failed_here)
		printf("ok   %s, %lu seed%s\n", sim_name(t), n, n == 1 ? "" : "s");
}
/* The hash that a process of its own prints: other addresses, other memory, the same frames. */
static void hash_of(const char *scenario, unsigned long seed, char *out, size_t size)
{
	char command[512], line[512];
	FILE *f;

	snprintf(command, sizeof(command), "SCENARIO=%s SEED=%lu SEEDS= %s", scenario, seed, self);
	f = popen(command, "r");
	out[0] = 0;
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, ", hash "))
			snprintf(out, size, "%s", strstr(line, ", hash "));
	if (f)
		pclose(f);
}
static int same_seed_same_frames(void)
{
	char first[64], again[64], other[64];
	int good;

	hash_of("anything", 5, first, sizeof(first));
	hash_of("anything", 5, again, sizeof(again));
	hash_of("anything", 6, other, sizeof(other));
	good = first[0] && !strcmp(first, again) && strcmp(first, other);
	printf("%s the same seed sends the same frames at the same times\n", good ? "ok  " : "FAIL");
	return good;
}
int main(int argc, char **argv)
{
	unsigned long passed = 0, failed = 0, seed = sys_env_number("SEED", 1), seeds = sys_env_number("SEEDS", 0);
	char *want = getenv("SCENARIO");
	int exact = 0;

	self = argv[0];
	limit_s = sys_env_number("TEST_TIMEOUT", 600);
	for (char *p = want; p && (p = strchr(p, '-'));) /* names are C's; people like a hyphen */
		*p = '_';
	test_world_start();
	for (struct test_case *t = test_first(); t; t = test_next(t))
		exact |= want && !strcmp(sim_name(t), want);
	for (struct test_case *t = test_first(); t; t = test_next(t)) {
		if (want && *want && !(exact ? !strcmp(sim_name(t), want) : strstr(sim_name(t), want) != NULL))
			continue;
		if (sys_env_number("LIST", 0)) {
			printf("%-20s %s\n", sim_name(t), sim_about(t));
			continue;
		}
		if (argc > 1 && !strcmp(argv[1], "-1"))
			return test_run_one(t);
		show_all = want && *want && seeds <= 1 && (seeds || getenv("SEED"));
		run_seeds(t, seed, seeds ? seeds : getenv("SEED") ? 1 : sim_seeds(t));
		passed += !failed_here;
		failed += failed_here != 0;
	}
	if (!(want && *want) && !sys_env_number("LIST", 0)) {
		if (same_seed_same_frames())
			passed++;
		else
			failed++;
	}
	if (!sys_env_number("LIST", 0))
		printf("%lu passed, %lu failed\n", passed, failed);
	return failed || (!sys_env_number("LIST", 0) && !passed);
}
