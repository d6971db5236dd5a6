/* tests/packet/main.c - finds the scripts, runs each in a child process, and counts
 *
 *	packet [-l] [-v] [-1] [PART-OF-A-NAME]...
 *
 * -l lists, -v shows what happened in scripts that pass too, -1 runs in this process (for a debugger). A script with a
 * line 'expected-failure: why' waits for the stack to get better; one with 'must-fail: why' tries the engine itself.
 * Both have to fail.
 */
#define _GNU_SOURCE
#include "tests/host/runner.h"
#include "tests/packet/bridge.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char **paths;
static size_t nr_paths;

int bridge_verbose(void) { return runner.verbose; }
void bridge_write_file(const char *path, const void *data, size_t n)
{
	FILE *f;

	mkdir("build/packet", 0777);
	f = fopen(path, "w");
	if (!f)
		return;
	fwrite(data, 1, n, f);
	fclose(f);
}
static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0;

	if (!f || getdelim(&text, &n, 0, f) < 0)
		text = strdup("");
	if (f)
		fclose(f);
	return text;
}
static int found(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t n = strlen(path);

	(void)st, (void)ftw;
	if (type == FTW_F && n > 4 && !strcmp(path + n - 4, ".pkt")) {
		paths = realloc(paths, (nr_paths + 1) * sizeof(*paths));
		paths[nr_paths++] = strdup(path);
	}
	return 0;
}
static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

enum outcome { PASSED, FAILED, AS_EXPECTED };
static enum outcome report(const char *path, const struct packet_job *job, int status)
{
	const char *why = strstr(job->text, "\nexpected-failure:");
	int must_fail = strstr(job->text, "\nmust-fail:") != NULL;

	if (why && status == PACKET_FAILED) {
		why += strlen("\nexpected-failure:");
		printf("xfail %s:%.*s\n", path, (int)strcspn(why, "\n"), why);
		return AS_EXPECTED;
	}
	if (must_fail ? status == PACKET_FAILED : !status && !why) {
		printf("ok    %s\n", path);
		return PASSED;
	}
	printf("FAIL  %s\n", path);
	if (!status)
		printf("    passes, although it says '%s'\n", why ? "expected-failure:" : "must-fail:");
	if (status < 0)
		printf("    ended by signal %d%s\n", -status, status == -14 ? " (time-out)" : "");
	return FAILED;
}
static enum outcome run(const char *path)
{
	struct packet_job job = { path, slurp(path) };
	enum outcome outcome;
	char *output;

	outcome = report(path, &job, runner_run(packet_run, &job, &output));
	if (output && (outcome == FAILED || runner.verbose))
		fputs(output, stdout);
	free(output);
	free(job.text);
	fflush(stdout);
	return outcome;
}
int main(int argc, char **argv)
{
	unsigned count[3] = { 0 };

	if (!runner_options(argc, argv))
		return 2;
	nftw("tests/packet", found, 16, FTW_PHYS);
	qsort(paths, nr_paths, sizeof(*paths), by_name);
	packet_world_start();
	for (size_t i = 0; i < nr_paths; i++)
		if (runner_wants(paths[i]))
			count[run(paths[i])]++;
	return runner_sum(count[PASSED], count[FAILED], count[AS_EXPECTED]);
}
