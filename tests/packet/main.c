/* tests/packet/main.c - finds the scripts, runs each in a child process, and counts
 *
 *	packet [--linux] [-l] [-v] [-1] [PART-OF-A-NAME]...
 *	packet --record FOLDER [--linux]
 *
 * --linux runs them on the machine's own Linux, many at once; what fails is tried twice more among fewer.
 * --record runs the scripts of a folder without judging: what the stack did goes into files beside them (record.c).
 * -l lists, -v shows what happened in scripts that pass too, -1 runs in this process (for a debugger). A script with a
 * line 'expected-failure: why' waits for the stack to get better; one with 'must-fail: why' tries the engine itself.
 * Both have to fail.
 */
#define _GNU_SOURCE
#include "tests/host/runner.h"
#include "tests/packet/bridge.h"
#include <ftw.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char **paths;
static size_t nr_paths;
static int on_linux, last_try;
static const char *record;
static sem_t *lock;	/* who says something */

int bridge_verbose(void) { return runner.verbose; }
int bridge_record(void) { return record != NULL; }
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

enum outcome { PASSED, FAILED, AS_EXPECTED, SKIPPED, OUTCOMES };
static enum outcome report(const char *path, const struct packet_job *job, int status)
{
	const char *why = strstr(job->text, "\nexpected-failure:");
	int must_fail = strstr(job->text, "\nmust-fail:") != NULL;

	if (status == PACKET_SKIPPED) {
		printf("skip  %s: ", path);
		return SKIPPED;
	}
	if (on_linux && why) /* of our stack */
		why = NULL;
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
/* Beside the script: NAME.pkt.ours, NAME.pkt.linux. */
static void keep_record(const char *path, const char *output, int status)
{
	char name[512];
	FILE *f;

	snprintf(name, sizeof(name), "%s.%s", path, on_linux ? "linux" : "ours");
	f = fopen(name, "w");
	if (!f)
		return;
	fputs(output ? output : "", f);
	if (status)
		fprintf(f, "FAIL %d\n", status);
	fclose(f);
}
static enum outcome run(const char *path)
{
	struct packet_job job = { path, slurp(path) };
	enum outcome outcome;
	char *output;
	int status;

	status = runner_run(on_linux ? packet_run_live : packet_run, &job, &output);
	if (record) {
		keep_record(path, output, status);
		free(output);
		free(job.text);
		return PASSED;
	}
	if (on_linux && status == PACKET_FAILED && !last_try) {
		free(output);
		free(job.text);
		return FAILED;
	}
	if (lock)
		sem_wait(lock);
	outcome = report(path, &job, status);
	if (output && (outcome == FAILED || outcome == SKIPPED || runner.verbose))
		fputs(output, stdout);
	free(output);
	free(job.text);
	fflush(stdout);
	if (lock)
		sem_post(lock);
	return outcome;
}

/* --- on Linux: most of the time they sleep, so many run at once --- */

struct shared { sem_t lock; atomic_uint next, count[OUTCOMES]; unsigned char done[]; };

static int wanted(size_t i) { return !strstr(paths[i], "/engine/") && runner_wants(paths[i]); }
static void work(struct shared *s)
{
	unsigned i;

	while ((i = atomic_fetch_add(&s->next, 1)) < nr_paths) {
		enum outcome o;

		if (s->done[i] || !wanted(i))
			continue;
		o = run(paths[i]);
		s->done[i] = o != FAILED || last_try;
		if (s->done[i])
			s->count[o]++;
	}
}
static void try_with(struct shared *s, int workers)
{
	s->next = 0;
	fflush(NULL);
	for (int i = 0; i < workers; i++)
		if (!fork()) {
			work(s);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
}
static int run_on_linux(void)
{
	struct shared *s = mmap(NULL, sizeof(*s) + nr_paths, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	sem_init(&s->lock, 1, 1);
	lock = &s->lock;
	if (runner.list) {
		work(s);
		return 0;
	}
	try_with(s, 12);
	if (record)
		return 0;
	try_with(s, 6);
	last_try = 1;
	try_with(s, 3);
	printf("%u passed, %u failed, %u skipped\n", s->count[PASSED], s->count[FAILED], s->count[SKIPPED]);
	return s->count[FAILED] || !(s->count[PASSED] + s->count[SKIPPED]);
}
int main(int argc, char **argv)
{
	unsigned count[OUTCOMES] = { 0 };

	if (argc > 2 && !strcmp(argv[1], "--record")) {
		record = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc > 1 && !strcmp(argv[1], "--linux")) {
		on_linux = 1;
		argv++;
		argc--;
	}
	if (!runner_options(argc, argv))
		return 2;
	nftw(record ? record : "tests/packet", found, 16, FTW_PHYS);
	qsort(paths, nr_paths, sizeof(*paths), by_name);
	if (on_linux)
		return run_on_linux();
	packet_world_start();
	for (size_t i = 0; i < nr_paths; i++)
		if (runner_wants(paths[i]))
			count[run(paths[i])]++;
	return runner_sum(count[PASSED], count[FAILED], count[AS_EXPECTED]);
}
