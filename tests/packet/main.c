/* tests/packet/main.c - finds the scripts, runs each in a child process, and counts
 *
 *	packet [-l] [-v] [-1] [PART-OF-A-NAME]...
 *
 * -l lists, -v shows what happened in scripts that pass too, -1 runs in this process (for a debugger). A script with a
 * line 'expected-failure: why' waits for the stack to get better; one with 'must-fail: why' tries the engine itself.
 * Both have to fail.
 */
#define _GNU_SOURCE
#include "tests/host/sys.h"
#include "tests/packet/bridge.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int verbose, list, in_process;
static char **paths;
static size_t nr_paths;

int bridge_verbose(void) { return verbose; }
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
static int wanted(const char *name, char **parts)
{
	if (!*parts)
		return 1;
	for (; *parts; parts++)
		if (strstr(name, *parts))
			return 1;
	return 0;
}

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
	char *output = NULL;
	int status;

	if (in_process)
		status = packet_run(&job);
	else
		status = sys_run_child(packet_run, &job, (unsigned)sys_env_number("TEST_TIMEOUT", 60), &output);
	outcome = report(path, &job, status);
	if (output && (outcome == FAILED || verbose))
		fputs(output, stdout);
	free(output);
	free(job.text);
	fflush(stdout);
	return outcome;
}
int main(int argc, char **argv)
{
	unsigned count[3] = { 0 };
	int c;

	while ((c = getopt(argc, argv, "lv1")) != -1)
		switch (c) {
		case 'l': list = 1; break;
		case 'v': verbose = 1; break;
		case '1': in_process = 1; break;
		default: return 2;
		}
	nftw("tests/packet", found, 16, FTW_PHYS);
	qsort(paths, nr_paths, sizeof(*paths), by_name);
	packet_world_start();
	for (size_t i = 0; i < nr_paths; i++) {
		if (!wanted(paths[i], argv + optind))
			continue;
		if (list)
			puts(paths[i]);
		else
			count[run(paths[i])]++;
	}
	if (list)
		return 0;
	if (count[AS_EXPECTED])
		printf("%u failed as expected\n", count[AS_EXPECTED]);
	printf("%u passed, %u failed\n", count[PASSED], count[FAILED]);
	return count[FAILED] || !(count[PASSED] + count[AS_EXPECTED]);
}
