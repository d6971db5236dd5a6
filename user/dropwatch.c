/* user/dropwatch.c - which packets died since the last look, and why
 *
 * dropwatch [SECONDS [TIMES]]: reads /proc/net/drop_reasons ("NAME COUNT SENTENCE") every so often and prints what
 * grew.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REASONS 256

struct row { char name[32], text[128]; unsigned long long count; };

static size_t read_rows(struct row *rows)
{
	FILE *f = fopen("/proc/net/drop_reasons", "r");
	char line[256];
	size_t n = 0;

	if (!f) {
		perror("/proc/net/drop_reasons");
		exit(1);
	}
	while (n < REASONS && fgets(line, sizeof(line), f))
		if (sscanf(line, "%31s %llu %127[^\n]", rows[n].name, &rows[n].count, rows[n].text) == 3)
			n++;
	fclose(f);
	return n;
}

static unsigned long long count_of(const struct row *rows, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].count;
	return 0;
}

int main(int argc, char **argv)
{
	static struct row before[REASONS], now[REASONS];
	int seconds = argc > 1 ? atoi(argv[1]) : 1, times = argc > 2 ? atoi(argv[2]) : -1;
	size_t had = read_rows(before);

	while (times < 0 || times-- > 0) {
		size_t have;

		sleep((unsigned)seconds);
		have = read_rows(now);
		for (size_t i = 0; i < have; i++) {
			unsigned long long more = now[i].count - count_of(before, had, now[i].name);

			if (more)
				printf("%10llu  %-24s %s\n", more, now[i].name, now[i].text);
		}
		fflush(stdout);
		memcpy(before, now, sizeof(now));
		had = have;
	}
	return 0;
}
