/* kernel/trace/trace.h - tracepoints: named places that a person can switch on and watch
 *
 *	TRACE_EVENT(kfree_skb, "skbaddr=%px protocol=%u location=%pS reason: %s", ...)
 *
 * A tracepoint that is off costs one predictable branch on one byte. On, it prints one line into a ring of this CPU,
 * read at /sys/kernel/tracing/trace (and /proc/trace). The last events also stand in a panic's report.
 */
#pragma once
#include "lib/types.h"

struct tracepoint {
	const char *system; /* "skb", "tcp", "net", "sched" ... as Linux groups them */
	const char *name;
	u8 enabled;
	u64 hits; /* counted while enabled */
};
/* In one .c file; placed in the section that the trace room walks. */
#define DEFINE_TRACE(sys, ev)                                                                                          \
	struct tracepoint __tracepoint_##ev __section("__tracepoints") __aligned(32) = { .system = #sys, .name = #ev }
#define DECLARE_TRACE(ev) extern struct tracepoint __tracepoint_##ev
#define trace_enabled(ev) unlikely(READ_ONCE(__tracepoint_##ev.enabled))
/* Emits "name: text" when the tracepoint is on. Any context. */
#define TRACE(ev, fmt, ...)                                                                                            \
	do {                                                                                                           \
		if (trace_enabled(ev))                                                                                 \
			trace_print(&__tracepoint_##ev, fmt, ##__VA_ARGS__);                                           \
	} while (0)
void trace_print(struct tracepoint *tp, const char *fmt, ...) __printf(2, 3);
/* Turns every event whose name (or "system:name", "*" at the end is a wildcard) matches on or off; how many did. */
int trace_set(const char *pattern, bool on);
void trace_for_each(void (*fn)(void *ctx, struct tracepoint *tp), void *ctx);
/* Copies formatted lines, oldest first, into buf from line number *pos up to, not including, end; moves *pos. */
size_t trace_read(u64 *pos, u64 end, char *buf, size_t n);
u64 trace_end(void); /* the number that the next line will have */
void trace_init(void);
