/* kernel/trace/trace.c - tracepoints: the registry, and a ring of lines for each CPU
 *
 * What:   turning events on and off by name, writing a line into this CPU's ring, reading all rings merged by order.
 * Called: TRACE() in any context but NMI; readers in process context; panic().
 * Locks:  ring->lock (raw, interrupts off) guards one ring against its reader; a writer finds it free nearly always.
 * Note:   a ring keeps the newest 64 KiB of its CPU. Readers number lines by seq, which is global, so that lines of
 *         different CPUs merge in the order in which they were made.
 * Absent: binary records, filters, triggers. Text is what people read.
 */
#include "kernel/trace/trace.h"
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/task.h"
#include "kernel/sync/spinlock.h"
#include "kernel/time/clock.h"
#include "kernel/trace/internal.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"

#define RING_SIZE (64 * 1024)
#define TEXT_MAX 320

struct record { u64 seq, ns; s32 pid; u16 len; char comm[TASK_COMM_LEN]; const char *event; };
struct trace_ring {
	spinlock_t lock;
	u64 head, tail; /* bytes ever written, and ever dropped; records lie between */
	char data[RING_SIZE];
};

extern struct tracepoint __start___tracepoints[], __stop___tracepoints[];
static struct trace_ring *rings[NR_CPUS]; /* [C] after trace_init */
static u64 next_seq = 1;		  /* atomic */

/* --- ring bytes wrap --- */

static void ring_write(struct trace_ring *r, u64 at, const void *src, size_t n)
{
	size_t off = at % RING_SIZE, first = min(n, RING_SIZE - off);

	memcpy(r->data + off, src, first);
	memcpy(r->data, (const char *)src + first, n - first);
}

static void ring_copy(const struct trace_ring *r, u64 at, void *dst, size_t n)
{
	size_t off = at % RING_SIZE, first = min(n, RING_SIZE - off);

	memcpy(dst, r->data + off, first);
	memcpy((char *)dst + first, r->data, n - first);
}

/* Lock held: drops the oldest records until n bytes are free. */
static void ring_make_room(struct trace_ring *r, size_t n)
{
	struct record old;

	while (r->head + n - r->tail > RING_SIZE) {
		ring_copy(r, r->tail, &old, sizeof(old));
		r->tail += sizeof(old) + old.len;
	}
}

void trace_print(struct tracepoint *tp, const char *fmt, ...)
{
	struct trace_ring *r = rings[smp_processor_id()];
	struct task_struct *t = current;
	struct record rec = { .ns = ktime_get_ns(), .pid = t ? t->pid : 0, .event = tp->name };
	char text[TEXT_MAX];
	unsigned long flags;
	va_list ap;

	__atomic_fetch_add(&tp->hits, 1, __ATOMIC_RELAXED);
	if (!r)
		return;
	va_start(ap, fmt);
	rec.len = (u16)clamp(vsnprintf(text, sizeof(text), fmt, ap), 0, TEXT_MAX - 1);
	va_end(ap);
	if (t)
		get_task_comm(rec.comm, t);
	flags = local_irq_save();
	r = rings[smp_processor_id()];
	__raw_spin_lock(&r->lock);
	rec.seq = __atomic_fetch_add(&next_seq, 1, __ATOMIC_RELAXED);
	ring_make_room(r, sizeof(rec) + rec.len);
	ring_write(r, r->head, &rec, sizeof(rec));
	ring_write(r, r->head + sizeof(rec), text, rec.len);
	r->head += sizeof(rec) + rec.len;
	__raw_spin_unlock(&r->lock);
	local_irq_restore(flags);
}

/* --- reading --- */

/* Moves *at to the first record of r with seq >= want and copies its head. False when there is none. */
static bool ring_seek(struct trace_ring *r, u64 *at, u64 want, struct record *rec)
{
	if (*at < r->tail)
		*at = r->tail;
	while (*at < r->head) {
		ring_copy(r, *at, rec, sizeof(*rec));
		if (rec->seq >= want)
			return true;
		*at += sizeof(*rec) + rec->len;
	}
	return false;
}

struct cursor { u64 at[NR_CPUS]; };

/* The record with the lowest seq >= want over all rings. Returns its text's length, or -1. */
static int next_record(struct cursor *c, u64 want, bool locked, struct record *best, u32 *cpu, char *text)
{
	struct record rec;
	int len = -1;

	for (u32 i = 0; i < nr_cpus; i++) {
		struct trace_ring *r = rings[i];
		unsigned long flags = local_irq_save();

		if (!r)
			continue;
		if (locked)
			__raw_spin_lock(&r->lock);
		if (ring_seek(r, &c->at[i], want, &rec) && (len < 0 || rec.seq < best->seq)) {
			*best = rec;
			*cpu = i;
			len = min((int)rec.len, TEXT_MAX - 1);
			ring_copy(r, c->at[i] + sizeof(rec), text, len);
		}
		if (locked)
			__raw_spin_unlock(&r->lock);
		local_irq_restore(flags);
	}
	return len;
}

/* "            curl-123   [001]   12.345678: tcp_probe: text\n" as Linux's trace file prints it. */
static int format_record(char *buf, size_t size, const struct record *rec, u32 cpu, const char *text, int len)
{
	u64 us = rec->ns / 1000;

	return scnprintf(buf, size, "%16.16s-%-5d [%03u] %5llu.%06llu: %s: %.*s\n", rec->comm, rec->pid, cpu,
			 (unsigned long long)(us / 1000000), (unsigned long long)(us % 1000000), rec->event, len, text);
}

u64 trace_end(void)
{
	return READ_ONCE(next_seq);
}

size_t trace_read(u64 *pos, u64 end, char *buf, size_t n)
{
	struct cursor *c = kzalloc(sizeof(*c), GFP_KERNEL);
	char text[TEXT_MAX], line[TEXT_MAX + 128];
	struct record rec;
	size_t got = 0;
	u32 cpu = 0;

	while (c) {
		int len = next_record(c, *pos, true, &rec, &cpu, text);

		if (len < 0 || rec.seq >= end)
			break;
		len = format_record(line, sizeof(line), &rec, cpu, text, len);
		if (len > n - got)
			break;
		memcpy(buf + got, line, len);
		got += len;
		*pos = rec.seq + 1;
	}
	kfree(c);
	return got;
}

void trace_dump(size_t max_lines)
{
	static struct cursor c; /* panic runs once */
	static char text[TEXT_MAX], line[TEXT_MAX + 128];
	u64 end = READ_ONCE(next_seq), want = end > max_lines ? end - max_lines : 1;
	struct record rec;
	u32 cpu = 0;
	int len;

	if (end == 1)
		return;
	printk(KERN_ERR "Last trace events:\n");
	while (max_lines-- && (len = next_record(&c, want, false, &rec, &cpu, text)) >= 0) {
		format_record(line, sizeof(line), &rec, cpu, text, len);
		printk(KERN_ERR "%s", line);
		want = rec.seq + 1;
	}
}

/* --- names --- */

/* pattern: "name", "system:name" or either with "*" at its end. */
static bool matches(const char *pattern, const struct tracepoint *tp)
{
	const char *colon = strchr(pattern, ':');
	size_t n;

	if (colon) {
		if (strncmp(pattern, tp->system, colon - pattern) || tp->system[colon - pattern])
			return false;
		pattern = colon + 1;
	}
	n = strlen(pattern);
	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, tp->name, n - 1);
	return !strcmp(pattern, tp->name);
}

int trace_set(const char *pattern, bool on)
{
	int n = 0;

	for (struct tracepoint *tp = __start___tracepoints; tp < __stop___tracepoints; tp++) {
		if (!matches(pattern, tp))
			continue;
		WRITE_ONCE(tp->enabled, on);
		n++;
	}
	return n;
}

void trace_for_each(void (*fn)(void *ctx, struct tracepoint *tp), void *ctx)
{
	for (struct tracepoint *tp = __start___tracepoints; tp < __stop___tracepoints; tp++)
		fn(ctx, tp);
}

static void enable_from_cmdline(void)
{
	char names[256], *s = names, *name;

	if (!cmdline_get("trace", names, sizeof(names)))
		return;
	while ((name = strsep(&s, ",")))
		if (*name && !trace_set(name, true))
			pr_warn("trace: no event is called %s\n", name);
}

void trace_init(void)
{
	printf_symbol = sprint_symbol;
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		rings[cpu] = vzalloc(sizeof(struct trace_ring));
	enable_from_cmdline();
}
