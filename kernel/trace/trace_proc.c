/* kernel/trace/trace_proc.c - tracing for people: /proc/trace and /proc/trace_events
 *
 * What:   read the lines; read the events with their state; write NAME or !NAME to turn one on or off.
 * Called: kernel/main.c, after procfs is there; reads and writes in process context.
 * Locks:  none: read_end is one word.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/init.h"
#include "kernel/mm/slab.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "lib/string.h"

#define CHUNK 4096

/* One chunk of lines at a time: the position is the order number of the line to begin with, next that of the line
 * after. */
struct chunk { u64 next; size_t n; char text[CHUNK]; };

/* Reading makes events too: a reader gets what was there when one last began, or it would never come to an end. */
static u64 read_end; /* atomic */

static void *fill(struct chunk *c, loff_t pos)
{
	if (!pos)
		WRITE_ONCE(read_end, trace_end());
	c->next = (u64)pos;
	c->n = trace_read(&c->next, READ_ONCE(read_end), c->text, sizeof(c->text));
	return c->n ? c : NULL;
}

static void *trace_start(struct seq_file *m, loff_t *pos)
{
	struct chunk *c = kmalloc(sizeof(*c), GFP_KERNEL);

	m->private = c;
	return c ? fill(c, *pos) : NULL;
}

static void *trace_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct chunk *c = v;

	*pos = (loff_t)c->next;
	return fill(c, *pos);
}

static void trace_stop(struct seq_file *m, void *v)
{
	kfree(m->private);
	m->private = NULL;
}

static int trace_show(struct seq_file *m, void *v)
{
	struct chunk *c = v;

	seq_write(m, c->text, c->n);
	return 0;
}

static const struct seq_operations trace_ops = {
	.start = trace_start, .next = trace_next, .stop = trace_stop, .show = trace_show,
};

static void show_event(void *ctx, struct tracepoint *tp)
{
	seq_printf(ctx, "%c %s:%s %llu\n", tp->enabled ? '+' : '-', tp->system, tp->name, (unsigned long long)tp->hits);
}

static int events_show(struct seq_file *m, void *data)
{
	trace_for_each(show_event, m);
	return 0;
}

/* Words: "NAME" on, "!NAME" off. -EINVAL at the first that names no event. */
static ssize_t events_write(const char *text, size_t n, void *data)
{
	char *copy = kstrdup(text, GFP_KERNEL), *s = copy, *word;
	ssize_t ret = (ssize_t)n;

	if (!copy)
		return -ENOMEM;
	while (ret >= 0 && (word = strsep(&s, " \t\n,"))) {
		bool off = *word == '!';

		if (*word && !trace_set(word + off, !off))
			ret = -EINVAL;
	}
	kfree(copy);
	return ret;
}

void trace_proc_init(void)
{
	if (proc_create_seq("trace", 0444, &trace_ops, NULL) ||
	    proc_create_rw("trace_events", 0644, events_show, events_write, NULL))
		pr_warn("trace: no memory for /proc/trace\n");
}
