/* tests/host/proc.c - the registry behind /proc and /proc/sys, readable by tests */
#include "kernel/fs/proc_fs.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/sys.h"

struct proc_file {
	struct proc_file *next;
	char path[96];
	int (*show)(struct seq_file *m, void *data);
	ssize_t (*write)(const char *text, size_t n, void *data);
	const struct seq_operations *ops;
	struct ctl_table *ctl;
	void *data;
};
static struct proc_file *files;

static int add(const char *path, struct proc_file f)
{
	struct proc_file *p = sys_malloc(sizeof(*p), 16);

	*p = f;
	strscpy(p->path, path, sizeof(p->path));
	p->next = files;
	files = p;
	return 0;
}
static struct proc_file *find(const char *path)
{
	for (struct proc_file *p = files; p; p = p->next)
		if (!strcmp(p->path, path))
			return p;
	return NULL;
}
void proc_set_net_inum(u32 (*inum)(const struct net *net)) { (void)inum; } /* no /proc/PID here */
int proc_create_single(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data), void *data)
{
	(void)mode;
	return add(path, (struct proc_file){ .show = show, .data = data });
}
int proc_create_seq(const char *path, umode_t mode, const struct seq_operations *ops, void *data)
{
	(void)mode;
	return add(path, (struct proc_file){ .ops = ops, .data = data });
}
int proc_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *, void *),
		   ssize_t (*write)(const char *, size_t, void *), void *data)
{
	(void)mode;
	return add(path, (struct proc_file){ .show = show, .write = write, .data = data });
}
void proc_remove(const char *path)
{
	for (struct proc_file **l = &files; *l; l = &(*l)->next)
		if (!strcmp((*l)->path, path)) {
			struct proc_file *p = *l;

			*l = p->next;
			sys_free(p);
			return;
		}
}
/* Read as "/sys/...", for those below /proc have no slash in front. */
int sysfs_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data),
		    ssize_t (*write)(const char *text, size_t n, void *data), void *data)
{
	char whole[96];

	snprintf(whole, sizeof(whole), "/sys/%s", path);
	return proc_create_rw(whole, mode, show, write, data);
}
/* The file, or the directory with all that is in it. */
void sysfs_remove(const char *path)
{
	struct proc_file **l = &files;
	char whole[96];
	size_t n = (size_t)snprintf(whole, sizeof(whole), "/sys/%s", path);

	while (*l) {
		struct proc_file *p = *l;
		bool gone = !strncmp(p->path, whole, n) && (!p->path[n] || p->path[n] == '/');

		if (gone) {
			*l = p->next;
			sys_free(p);
		} else {
			l = &p->next;
		}
	}
}
int register_sysctl_table(struct ctl_table *t, size_t n)
{
	char path[96];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "sys/%s", t[i].path);
		add(path, (struct proc_file){ .ctl = &t[i] });
	}
	return 0;
}

void seq_write(struct seq_file *m, const void *data, size_t n)
{
	if (m->count + n >= m->size) {
		m->count = m->size;
		return;
	}
	memcpy(m->buf + m->count, data, n);
	m->count += n;
	m->buf[m->count] = 0;
}
void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	seq_write(m, line, strlen(line));
}
void seq_puts(struct seq_file *m, const char *s) { seq_write(m, s, strlen(s)); }
void seq_putc(struct seq_file *m, char c) { seq_write(m, &c, 1); }
void seq_pad(struct seq_file *m, size_t width)
{
	size_t column = 0;

	while (column < m->count && m->buf[m->count - 1 - column] != '\n')
		column++;
	for (; column < width; column++)
		seq_putc(m, ' ');
}

static void show_all(struct seq_file *m, const struct seq_operations *ops)
{
	loff_t pos = 0;
	void *v;

	m->op = ops;
	for (v = ops->start(m, &pos); v; v = ops->next(m, v, &pos))
		ops->show(m, v);
	ops->stop(m, v);
}
ssize_t host_proc_read(struct net *net, const char *path, char *buf, size_t size)
{
	struct proc_file *p = find(path);
	struct seq_file m = { .buf = buf, .size = size, .net = net };
	size_t n = size - 1;

	if (!p || !size)
		return -ENOENT;
	buf[0] = 0;
	m.private = p->data;
	if (p->ctl) {
		int r = p->ctl->handler(p->ctl, false, buf, &n);

		return r ? r : (ssize_t)n;
	}
	if (p->ops) {
		show_all(&m, p->ops);
	} else if (p->show) {
		int r = p->show(&m, p->data);

		if (r)
			return r;
	}
	return (ssize_t)m.count;
}
ssize_t host_proc_write(const char *path, const char *text)
{
	struct proc_file *p = find(path);
	size_t n = strlen(text);
	char copy[256];

	if (!p || n >= sizeof(copy))
		return -ENOENT;
	memcpy(copy, text, n + 1);
	if (p->ctl)
		return p->ctl->handler(p->ctl, true, copy, &n);
	return p->write ? p->write(copy, n, p->data) : -EACCES;
}

static int ints(struct ctl_table *t, bool write, char *buf, size_t *len, bool limits)
{
	size_t n = t->maxlen / sizeof(int), out = 0;
	char *s = buf, *field;
	int v;

	for (size_t i = 0; i < n; i++) {
		int *at = (int *)t->data + i;

		if (!write) {
			out += (size_t)scnprintf(buf + out, *len - out, i ? "\t%d" : "%d", *at);
			continue;
		}
		while ((field = strsep(&s, " \t\n")) && !*field)
			;
		if (!field)
			return 0;
		if (kstrtoint(field, 10, &v) || (limits && (v < t->min || v > t->max)))
			return -EINVAL;
		*at = v;
	}
	if (!write)
		*len = out + (size_t)scnprintf(buf + out, *len - out, "\n");
	return 0;
}
int proc_dointvec(struct ctl_table *t, bool write, char *buf, size_t *len) { return ints(t, write, buf, len, false); }
int proc_dointvec_minmax(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	return ints(t, write, buf, len, true);
}
int proc_dostring(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	if (!write) {
		*len = (size_t)scnprintf(buf, *len, "%s\n", (char *)t->data);
		return 0;
	}
	strscpy(t->data, buf, t->maxlen);
	return 0;
}
