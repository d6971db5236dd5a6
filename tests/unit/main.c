/* tests/unit/main.c - runs the tests, each in a child process, and counts
 *
 *	unit [-l] [-v] [-1] [PART-OF-A-NAME]...
 *
 * -l lists, -v shows the output of tests that pass too, -1 runs in this process (for a debugger).
 */
#include "tests/host/runner.h"
#include "tests/unit/runner.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* True when it passed. */
static bool run(struct test_case *t, const char *name)
{
	char *output;
	int status = runner_run(test_run_one, t, &output);

	printf("%s %s\n", status ? "FAIL" : "ok  ", name);
	if (status < 0)
		printf("    ended by signal %d%s\n", -status,
		       status == -SIGPROF || status == -SIGALRM ? " (time-out)" : "");
	if (output && *output && (status || runner.verbose))
		fputs(output, stdout);
	free(output);
	fflush(stdout);
	return !status;
}
int main(int argc, char **argv)
{
	unsigned count[2] = { 0 };
	char name[256];

	if (!runner_options(argc, argv))
		return 2;
	test_world_start();
	for (struct test_case *t = test_first(); t; t = test_next(t)) {
		test_full_name(t, name, sizeof(name));
		if (runner_wants(name))
			count[run(t, name)]++;
	}
	return runner_sum(count[1], count[0], 0);
}
