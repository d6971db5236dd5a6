/* tests/host/log.c - printk, panic, tracepoints, random numbers, user copies */
#include "kernel/arch/arch.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/random.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

static char log_text[1 << 16];
static size_t log_len;
static spinlock_t log_lock; /* raw, as in pages.c */
static u64 stack_rng, test_rng;
struct host_wants host_wants;

void host_log_init(void)
{
	host_wants.verbose = sys_env_number("VERBOSE", 0);
	host_wants.wire = sys_env_number("WIRE", 0);
	host_wants.trace = sys_env("TRACE");
	if (host_wants.trace)
		trace_set(sys_env("TRACE"), true);
}

const char *host_log(void) { return log_text; }
void host_say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sys_write(line, strlen(line));
}
int printk(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt[0] == 1 ? fmt + 2 : fmt, ap);
	va_end(ap);
	__raw_spin_lock(&log_lock);
	n = min(strlen(line), sizeof(log_text) - 1 - log_len);
	memcpy(log_text + log_len, line, n);
	log_len += n;
	__raw_spin_unlock(&log_lock);
	if (host_wants.verbose)
		sys_write(line, strlen(line));
	return (int)n;
}
void panic(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	host_say("    panic: %s\n", line);
	sys_abort();
}
void warn_at(const char *what, const char *file, int line) { panic("warning: %s at %s:%d", what, file, line); }

extern struct tracepoint __start___tracepoints[], __stop___tracepoints[];
struct tracepoint __tracepoint_host __section("__tracepoints") __aligned(32) = { .system = "host", .name = "host" };
static const char *watched;
static char watched_line[512];
void host_trace_watch(const char *event)
{
	watched = event;
	watched_line[0] = 0;
	if (event)
		host_trace_hits(event); /* switches it on */
}
const char *host_trace_line(void) { return watched_line; }
void trace_print(struct tracepoint *tp, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	tp->hits++;
	if (!host_wants.trace && !(watched && !strcmp(tp->name, watched)))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (watched && !strcmp(tp->name, watched))
		strscpy(watched_line, line, sizeof(watched_line));
	if (host_wants.trace)
		host_say("    %llu.%06llu %s: %s\n", host_now_ns / NSEC_PER_SEC, host_now_ns / 1000 % 1000000, tp->name,
			 line);
}
/* Each is padded by ASan, so walk in steps of its alignment and look for a name. */
static struct tracepoint *next_tracepoint(char **at)
{
	while (*at + sizeof(struct tracepoint) <= (char *)__stop___tracepoints) {
		struct tracepoint *tp = (struct tracepoint *)*at;

		*at += 32;
		if (tp->system && tp->name)
			return tp;
	}
	return NULL;
}
void trace_for_each(void (*fn)(void *, struct tracepoint *), void *ctx)
{
	char *at = (char *)__start___tracepoints;
	struct tracepoint *tp;

	while ((tp = next_tracepoint(&at)))
		fn(ctx, tp);
}
struct match { const char *pattern; bool on; int n; u64 hits; };
static void set_one(void *ctx, struct tracepoint *tp)
{
	struct match *m = ctx;
	size_t n = strlen(m->pattern);
	bool star = n && m->pattern[n - 1] == '*';

	if (star ? strncmp(tp->name, m->pattern, n - 1) : strcmp(tp->name, m->pattern))
		return;
	tp->enabled = m->on;
	m->n++;
	m->hits += tp->hits;
}
int trace_set(const char *pattern, bool on)
{
	struct match m = { pattern, on, 0, 0 };

	trace_for_each(set_one, &m);
	return m.n;
}
size_t host_trace_hits(const char *event)
{
	struct match m = { event, true, 0, 0 };

	trace_for_each(set_one, &m);
	return m.hits;
}

/* SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed. Threads may draw at once (tests/tsan). */
u64 host_draw(u64 *state)
{
	u64 z = __atomic_add_fetch(state, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}
void host_seed(u64 seed)
{
	stack_rng = seed * 2 + 1;
	test_rng = ~seed;
	host_cpu_seed(seed);
}
u64 host_random(void) { return host_draw(&test_rng); }
u64 get_random_u64(void) { return host_draw(&stack_rng); }
u32 get_random_u32(void) { return (u32)get_random_u64(); }
u32 get_random_u32_below(u32 ceil) { return (u32)((get_random_u64() >> 32) * ceil >> 32); }
void get_random_bytes(void *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((u8 *)buf)[i] = (u8)get_random_u64();
}
void random_init(void) {}

static size_t copy_fails_at;
void host_fail_user_copy(size_t nth) { copy_fails_at = nth; }
size_t host_fail_user_copy_left(void) { return copy_fails_at; }

/* "User" memory is the test's own; the first page and the upper half are bad addresses. */
static bool user_ok(const void __user *p, size_t n)
{
	unsigned long a = (unsigned long)p;

	return a >= PAGE_SIZE && a < 1UL << 47 && n < (1UL << 47) - a;
}
/* The same, unless this is the copy that shall find its page missing. */
static bool can_copy(const void __user *p, size_t n)
{
	if (copy_fails_at && !--copy_fails_at)
		return false;
	return user_ok(p, n);
}
bool access_ok(const void __user *p, size_t n) { return user_ok(p, n); }
size_t copy_from_user(void *dst, const void __user *src, size_t n)
{
	if (!can_copy(src, n))
		return n;
	memcpy(dst, (__force const void *)src, n);
	return 0;
}
size_t copy_to_user(void __user *dst, const void *src, size_t n)
{
	if (!can_copy(dst, n))
		return n;
	memcpy((__force void *)dst, src, n);
	return 0;
}
size_t clear_user(void __user *dst, size_t n)
{
	if (!can_copy(dst, n))
		return n;
	memset((__force void *)dst, 0, n);
	return 0;
}
ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n)
{
	size_t len;

	if (!can_copy(src, 1))
		return -EFAULT;
	len = strnlen((__force const char *)src, n);
	memcpy(dst, (__force const void *)src, len < n ? len + 1 : n);
	return (ssize_t)len;
}
