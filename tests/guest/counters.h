/* tests/guest/counters.h - what /proc says: a file's text, a counter by its name */
#pragma once
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[65536];

static inline const char *slurp_path(const char *path)
{
	int f = open(path, O_RDONLY);
	ssize_t n, total = 0;

	while (f >= 0 && (n = read(f, text + total, sizeof(text) - 1 - (size_t)total)) > 0)
		total += n;
	text[total] = 0;
	if (f >= 0)
		close(f);
	return text;
}

static inline const char *slurp(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/net/%s", name);
	return slurp_path(path);
}

/* The value under this name in the two lines of a group, as in snmp and netstat; -1 when it is not there. */
static inline long long counter(const char *file, const char *group, const char *name)
{
	char key[32], *names, *values, *n, *v, *ns, *vs;

	slurp(file);
	snprintf(key, sizeof(key), "%s:", group);
	names = !strncmp(text, key, strlen(key)) ? text
						 : strstr(text, (snprintf(key, sizeof(key), "\n%s:", group), key));
	if (!names)
		return -1;
	names += *names == '\n';
	values = strchr(names, '\n') + 1;
	*strchr(values, '\n') = 0;
	values[-1] = 0;
	for (n = strtok_r(names, " ", &ns), v = strtok_r(values, " ", &vs); n && v;
	     n = strtok_r(NULL, " ", &ns), v = strtok_r(NULL, " ", &vs))
		if (!strcmp(n, name))
			return atoll(v);
	return -1;
}
