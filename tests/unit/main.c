/* tests/unit/main.c - runs the tests, each in a child process, and counts
 *
 *	unit [-l] [-v] [-1] [PART-OF-A-NAME]...
 *
 * -l lists, -v shows the output of tests that pass too, -1 runs in this process (for a debugger).
 */
#include "tests/host/sys.h"
#include "tests/unit/runner.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int verbose, list, in_process;

static int wanted(const char *name, char **parts)
{
	if (!*parts)
		return 1;
	for (; *parts; parts++)
		if (strstr(name, *parts))
			return 1;
	return 0;
}
/* True when it passed. */
static int run(struct test_case *t, const char *name)
{
	char *output = NULL;
	int status;

	if (in_process)
		status = test_run_one(t);
	else
		status = sys_run_child(test_run_one, t, (unsigned)sys_env_number("TEST_TIMEOUT", 60), &output);
	printf("%s %s\n", status ? "FAIL" : "ok  ", name);
	if (status < 0)
		printf("    ended by signal %d%s\n", -status,
		       status == -SIGPROF || status == -SIGALRM ? " (time-out)" : "");
	if (output && *output && (status || verbose))
		fputs(output, stdout);
	free(output);
	fflush(stdout);
	return !status;
}
int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	char name[256];
	int c;

	while ((c = getopt(argc, argv, "lv1")) != -1)
		switch (c) {
		case 'l': list = 1; break;
		case 'v': verbose = 1; break;
		case '1': in_process = 1; break;
		default: return 2;
		}
	test_world_start();
	for (struct test_case *t = test_first(); t; t = test_next(t)) {
		test_full_name(t, name, sizeof(name));
		if (!wanted(name, argv + optind))
			continue;
		if (list)
			puts(name);
		else if (run(t, name))
			passed++;
		else
			failed++;
	}
	if (!list)
		printf("%u passed, %u failed\n", passed, failed);
	return failed || (!list && !passed);
}
