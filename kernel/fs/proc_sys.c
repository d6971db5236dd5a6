/* kernel/fs/proc_sys.c - /proc/sys: knobs as files
 *
 * What:   tables of knobs become files; the handlers here read and print integers and strings. A room with a value of
 *         its own kind, or one for each namespace, brings its own handler.
 * Called: register_sysctl_table() from any room; reads and writes through procfs.
 * Locks:  integers are single words: a reader sees the old or the new one. Strings change under string_lock.
 */
#include "kernel/fs/proc_internal.h"
#include <linux/limits.h>

static DEFINE_MUTEX(string_lock);

int sysctl_show(struct seq_file *m, void *table)
{
	struct ctl_table *t = table;
	size_t room = m->size - m->count, len = room;
	int err = t->handler(t, false, m->buf + m->count, &len);

	if (err)
		return err;
	m->count = len < room ? m->count + len : m->size;
	return 0;
}

ssize_t sysctl_write(const char *text, size_t n, void *table)
{
	struct ctl_table *t = table;
	size_t len = n;
	int err = t->handler(t, true, (char *)text, &len);

	return err ? err : (ssize_t)n;
}

static bool in_range(const struct ctl_table *t, s64 v)
{
	return v >= t->min && v <= t->max;
}

/* The next integer of the text; *p moves behind it. False at the end; *bad when it is not one. */
static bool next_int(char **p, s64 *out, bool *bad)
{
	bool neg = false;
	char *s = *p, *end;

	while (isspace(*s))
		s++;
	if (!*s)
		return false;
	if (*s == '-') {
		neg = true;
		s++;
	}
	*bad = !isdigit(*s);
	if (*bad)
		return false;
	*out = (s64)simple_strtoull(s, &end, 0);
	*bad = (*end && !isspace(*end)) || *out < 0 || *out > UINT_MAX;
	if (neg)
		*out = -*out;
	*p = end;
	return !*bad;
}

/* All of the text is checked before any of it takes effect. */
static int write_ints(struct ctl_table *t, char *buf, bool check)
{
	size_t n = 0, max_n = min(t->maxlen / sizeof(int), (size_t)32);
	int vals[32], *data = t->data;
	bool bad = false;
	s64 v;

	while (n < max_n && next_int(&buf, &v, &bad)) {
		if (v < -(s64)INT_MAX - 1 || v > (s64)UINT_MAX || (check && !in_range(t, v)))
			return -EINVAL;
		vals[n++] = (int)v;
	}
	if (bad || !n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		WRITE_ONCE(data[i], vals[i]);
	return 0;
}

static int read_ints(struct ctl_table *t, char *buf, size_t *len)
{
	const int *data = t->data;
	size_t at = 0;

	for (size_t i = 0; i < t->maxlen / sizeof(int) && at < *len; i++)
		at += snprintf(buf + at, *len - at, i ? "\t%d" : "%d", READ_ONCE(data[i]));
	if (at < *len)
		at += snprintf(buf + at, *len - at, "\n");
	*len = min(at, *len);
	return 0;
}

int proc_dointvec(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	return write ? write_ints(t, buf, false) : read_ints(t, buf, len);
}

int proc_dointvec_minmax(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	return write ? write_ints(t, buf, true) : read_ints(t, buf, len);
}

/* The text up to the first newline; longer than the field: cut, as Linux does. */
int proc_dostring(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	size_t n;

	mutex_lock(&string_lock);
	if (write) {
		char *nl = strchr(buf, '\n');

		n = min(nl ? (size_t)(nl - buf) : strlen(buf), t->maxlen - 1);
		memcpy(t->data, buf, n);
		((char *)t->data)[n] = '\0';
	} else {
		n = snprintf(buf, *len, "%s\n", (const char *)t->data);
		*len = min(n, *len);
	}
	mutex_unlock(&string_lock);
	return 0;
}

int register_sysctl_table(struct ctl_table *t, size_t n)
{
	char path[128];

	for (size_t i = 0; i < n; i++) {
		struct proc_dir_entry *e;

		if (!t[i].handler || snprintf(path, sizeof(path), "sys/%s", t[i].path) >= (int)sizeof(path))
			return -EINVAL;
		e = proc_add(path, t[i].mode, PROC_SYSCTL, &t[i]);
		if (IS_ERR(e))
			return PTR_ERR(e);
	}
	return 0;
}

/* --- knobs that belong to no other room, all of them facts --- */
static int ngroups_max = NGROUPS_MAX, overcommit, entropy_avail = 256, randomize_va_space, cap_last_cap = CAP_LAST_CAP;
static int nr_open = 1 << 20, file_max = INT_MAX;

#define FACT(p, v) { .path = p, .data = &(v), .maxlen = sizeof(v), .mode = 0444, .handler = proc_dointvec }
static struct ctl_table knobs[] = {
	FACT("kernel/ngroups_max", ngroups_max),
	FACT("kernel/cap_last_cap", cap_last_cap),
	FACT("kernel/randomize_va_space", randomize_va_space),
	FACT("kernel/random/entropy_avail", entropy_avail),
	FACT("kernel/random/poolsize", entropy_avail),
	FACT("vm/overcommit_memory", overcommit),
	FACT("fs/nr_open", nr_open),
	FACT("fs/file-max", file_max),
	{ .path = "debug/exception-trace",
	  .data = &show_unhandled_signals,
	  .maxlen = sizeof(show_unhandled_signals),
	  .mode = 0644,
	  .handler = proc_dointvec },
};

void proc_sys_init(void)
{
	BUG_ON(register_sysctl_table(knobs, ARRAY_SIZE(knobs)));
}
