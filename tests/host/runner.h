/* tests/host/runner.h - what the programs that run tests have in common: options, choosing by name, a child for each
 *
 * Called: by main.c of tests/unit and of tests/packet, which know the C library.
 */
#pragma once
#include "tests/host/sys.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct { bool verbose, list, in_process; char **parts; } runner;

/* False: an option that there is not. */
static bool runner_options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "lv1")) != -1)
		switch (c) {
		case 'l': runner.list = true; break;
		case 'v': runner.verbose = true; break;
		case '1': runner.in_process = true; break;
		default: return false;
		}
	runner.parts = argv + optind;
	return true;
}

/* True: to be run. With -l only its name is said. */
static bool runner_wants(const char *name)
{
	char **part = runner.parts;

	while (*part && !strstr(name, *part))
		part++;
	if (*runner.parts && !*part)
		return false;
	if (runner.list)
		puts(name);
	return !runner.list;
}

/* The status of fn(arg), or -signal. *output is NULL or to be freed. */
static int runner_run(int (*fn)(void *), void *arg, char **output)
{
	*output = NULL;
	return runner.in_process ? fn(arg)
				 : sys_run_child(fn, arg, (unsigned)sys_env_number("TEST_TIMEOUT", 60), output);
}

/* The status to exit with: 0 when something passed and nothing failed. */
static int runner_sum(unsigned passed, unsigned failed, unsigned as_expected)
{
	if (runner.list)
		return 0;
	if (as_expected)
		printf("%u failed as expected\n", as_expected);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !(passed + as_expected);
}
