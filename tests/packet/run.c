/* tests/packet/run.c - the events of a script in their order, at their times
 *
 * What:   before each event time passes to its moment; what the stack sent until then must have been expected by then.
 * Called: main.c, in the process that runs this one script.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"
#include "tests/packet/engine.h"

#define LOOK_ON_NS (10 * NSEC_PER_SEC)		/* how far a failure looks for what comes instead */

static char *transcript;
static size_t used, room;

void say(const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	n = strlen(line);
	if (used + n >= room) {
		char *bigger = pkt_alloc(room * 2 + 65536);

		if (used)
			memcpy(bigger, transcript, used);
		transcript = bigger;
		room = room * 2 + 65536;
	}
	memcpy(transcript + used, line, n + 1);
	used += n;
}
void fail(u32 line, const char *fmt, ...)
{
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pcap_write(rig.script->path);
	sys_write(transcript, used);
	if (line)
		host_say("  %s:%u: ", rig.script->path, line);
	else
		host_say("  %s: ", rig.script->path);
	sys_write(text, strlen(text));
	sys_write("\n", 1);
	sys_exit(PACKET_FAILED);
}
void skip(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	host_say("%s\n", text);
	sys_exit(PACKET_SKIPPED);
}
static void stamp(u64 ns, char mark) { say("%5llu.%06llu %c ", ns / NSEC_PER_SEC, ns / 1000 % 1000000, mark); }
static void say_frame(const struct frame *f)
{
	char text[1024];

	pkt_show(f->bytes, f->len, text, sizeof(text));
	stamp(f->ns, '>');
	say("%s\n", text);
}
static void say_event(const struct event *e)
{
	if (rig.record)
		return;
	stamp(rig_now(), e->kind == EV_PACKET ? '<' : ' ');
	say("%4u: ", e->line);
	for (u32 i = 0; i < e->text_len; i++)
		say("%c", e->text[i]);
	say("\n");
}

/* --- packets --- */

static void refuse_unexpected(const struct event *e)
{
	struct frame *f = rig_take();
	char text[1024];

	if (!f)
		return;
	pkt_show(f->bytes, f->len, text, sizeof(text));
	fail(e ? e->line : 0, "%s the stack sent, at %llu.%06llu, what nobody expects:\n        %s",
	     e ? "before this" : "at the end", f->ns / NSEC_PER_SEC, f->ns / 1000 % 1000000, text);
}
static void inject(const struct event *e)
{
	static u8 bytes[70000];
	struct flow *f = flow_of(e->pkt);
	u32 len = pkt_build(e->pkt, bytes, f);

	say_event(e);
	if (e->pkt->dev.set && e->pkt->dev.v >= rig.nics)
		fail(e->line, "eth%llu is not there; --nics=2?", e->pkt->dev.v);
	rig_inject(e->pkt->dev.set ? (u32)e->pkt->dev.v : 0, bytes, len);
}
static void nothing_came(const struct event *e, u64 from, u64 to)
{
	char text[1024];
	u64 now = rig_now();

	if (!rig_wait_frame(now + LOOK_ON_NS))
		fail(e->line, "expected at %llu.%06llu; nothing was sent by then, nor in the %llu seconds after it",
		     from / NSEC_PER_SEC, from / 1000 % 1000000, LOOK_ON_NS / NSEC_PER_SEC);
	pkt_show(rig.head->bytes, rig.head->len, text, sizeof(text));
	fail(e->line, "expected by %llu.%06llu; the next came at %llu.%06llu:\n        %s", to / NSEC_PER_SEC,
	     to / 1000 % 1000000, rig.head->ns / NSEC_PER_SEC, rig.head->ns / 1000 % 1000000, text);
}
static void expect_packet(const struct event *e, u64 from, u64 to)
{
	char diff[4096], text[1024];
	struct frame *f;

	if (!rig_wait_frame(to))
		nothing_came(e, from, to);
	f = rig_take();
	if (!pkt_match(e->pkt, f, diff, sizeof(diff))) {
		pkt_show(f->bytes, f->len, text, sizeof(text));
		fail(e->line, "expected: %s\n        came:     %s\n%s", pkt_strndup(e->text, e->text_len), text, diff);
	}
	say_frame(f);
	if (f->ns < from || f->ns > to)
		fail(e->line, "came at %llu.%06llu, expected between %llu.%06llu and %llu.%06llu", f->ns / NSEC_PER_SEC,
		     f->ns / 1000 % 1000000, from / NSEC_PER_SEC, from / 1000 % 1000000, to / NSEC_PER_SEC,
		     to / 1000 % 1000000);
	rig.last_ns = f->ns;
}

/* --- the others --- */

static void check_condition(const struct event *e)
{
	int fd = e->fd >= 0 ? e->fd : rig.last_fd;
	char text[2048] = "";

	say_event(e);
	for (const struct expr *x = e->expr; x; x = x->next) {
		if (condition_value(x, fd))
			continue;
		condition_explain(x, fd, text, sizeof(text));
		fail(e->line, "%s\n        does not hold:\n%s", pkt_strndup(e->text, e->text_len), text);
	}
}
static void configure(const struct event *e)
{
	int err;

	say_event(e);
	err = rig.stack->configure(e);
	if (err == -ENODEV)
		fail(e->line, "no device %s; --nics=2?", e->name);
	if (err)
		fail(e->line, "%s", pkt_errno_name(-err));
	rig.stack->settle();
}
static void set_sysctl(const struct event *e)
{
	int err = rig_sysctl(e->name, e->value);

	say_event(e);
	if (err < 0)
		fail(e->line, "%s=%s: %s", e->name, e->value, pkt_errno_name(-err));
}

/* --- time --- */

static void run_expected(const struct event *e, u64 from, u64 to)
{
	u64 slack = e->when.range && !rig.stack->real_time ? 0 : rig.tolerance_ns;

	if (e->when.any)
		expect_packet(e, 0, rig_now() + rig.forever_ns);
	else
		expect_packet(e, from > slack ? from - slack : 0, to + slack + rig_lateness(to - min(to, rig.last_ns)));
	if (slack && !e->when.any && !rig.stack->real_time)
		rig.last_ns = from; /* what follows is reckoned from the script's time, not from a tolerated one */
	call_check_blocking(rig_now());
}
static void record_event(const struct event *e)
{
	const struct when *w = &e->when;
	u64 from = (w->relative ? rig.last_ns : 0) + w->from;

	if (w->any)
		return;
	rig.last_ns = from;
	if (e->kind == EV_PACKET && e->pkt->out)
		return;
	rig_run_until(from);
	record_now();
	if (e->kind == EV_PACKET)
		inject(e);
	else if (e->kind == EV_EXPECT)
		record_info(e->line, e->fd >= 0 ? e->fd : rig.last_fd);
	else if (e->kind == EV_SYSCTL)
		set_sysctl(e);
	else if (e->kind == EV_CALL)
		call_start(e, from);
	else
		configure(e);
	record_now();
}
static void record_script(struct script *s)
{
	record_start();
	for (const struct event *e = s->events; e; e = e->next)
		record_event(e);
	record_end();
	sys_write(transcript, used);
	sys_exit(0);
}
static void run_event(const struct event *e)
{
	const struct when *w = &e->when;
	u64 base = w->relative ? rig.last_ns : 0, from = base + w->from;

	if (e->kind == EV_PACKET && e->pkt->out) {
		run_expected(e, from, base + w->to);
		return;
	}
	if (w->any)
		fail(e->line, "'*' is for packets of the stack");
	if (from < rig_now() && rig_now() - from > rig.tolerance_ns && !rig.stack->real_time)
		fail(e->line, "its time is over");
	rig_run_until(from);
	refuse_unexpected(e);
	call_check_blocking(rig_now());
	rig.last_ns = rig.stack->real_time ? rig_now() : from;
	if (e->kind == EV_PACKET)
		inject(e);
	else if (e->kind == EV_EXPECT)
		check_condition(e);
	else if (e->kind == EV_SYSCTL)
		set_sysctl(e);
	else if (e->kind == EV_CALL) {
		say_event(e);
		call_start(e, base + w->to);
	} else
		configure(e);
}
/* Until its last event, by its own times. */
static u64 duration(const struct script *s)
{
	u64 now = 0, end = 0;

	for (const struct event *e = s->events; e; e = e->next) {
		u64 base = e->when.relative ? now : 0;

		if (e->when.any)
			continue;
		now = base + e->when.from;
		end = max(end, base + max(e->when.to, e->when.from));
	}
	return end;
}
void run_script(struct script *s)
{
	u64 most = rig.stack->real_time ? sys_env_number("LONGEST", 20) * NSEC_PER_SEC : 0;

	if (most && duration(s) > most)
		skip("takes %llu s", duration(s) / NSEC_PER_SEC);
	rig_start(s);
	rig.record = bridge_record();
	if (rig.record)
		record_script(s);
	for (const struct event *e = s->events; e; e = e->next)
		run_event(e);
	call_finish_all();
	rig.stack->settle();
	refuse_unexpected(NULL);
	rig_stop();
	if (bridge_verbose())
		sys_write(transcript, used);
}
