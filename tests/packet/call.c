/* tests/packet/call.c - socket calls: each runs in a task of its own, so one that blocks is seen
 *
 * Called: run.c. The calls themselves are call_socket.c's, call_message.c's and call_option.c's.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "net/core/sock.h"
#include "tests/packet/call.h"
#include <linux/in.h>

#define MAX_FD 1024
static struct call *pending;
static struct fd_state fds[MAX_FD];

struct fd_state *fd_state(s64 fd) { return &fds[fd >= 0 && fd < MAX_FD ? fd : 0]; }

void wrong(const struct call *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fail(c->event->line, "%s: %s", c->event->expr->text, text);
}

/* --- arguments --- */

const struct expr *arg_or_null(const struct call *c, u32 i)
{
	const struct expr *e = c->event->expr->first;

	while (e && i--)
		e = e->next;
	return e;
}
const struct expr *arg(const struct call *c, u32 i)
{
	const struct expr *e = arg_or_null(c, i);

	if (!e)
		wrong(c, "argument %u is missing", i + 1);
	return e;
}
s64 value(const struct call *c, const struct expr *e)
{
	if (e->kind == X_ANY)
		return 0;
	if (e->kind == X_LIST && e->first)
		return value(c, e->first);
	if (e->kind == X_CALL && !strcmp(e->text, "htons") && e->first)
		return value(c, e->first);
	if (e->kind != X_NUMBER && e->kind != X_UNARY && e->kind != X_BINARY)
		wrong(c, "a number is needed%s%s", e->kind == X_NAME ? ", not " : "", e->kind == X_NAME ? e->text : "");
	return condition_value(e, -1);
}
s64 number_arg(const struct call *c, u32 i) { return value(c, arg(c, i)); }
const struct expr *member(const struct expr *e, const char *name, u32 i)
{
	u32 n = 0;

	for (const struct expr *m = e->first; m; m = m->next) {
		if (m->kind == X_FIELD && !strcmp(m->text, name))
			return m->first;
		if (m->kind != X_FIELD && n++ == i)
			return m;
	}
	return NULL;
}
static u32 text_addr(const struct expr *e)
{
	const char *s = e->text;
	u32 v = 0;

	for (int i = 0; i < 4; i++) {
		char *end;

		v = v << 8 | (u32)simple_strtoull(s, &end, 10);
		s = *end ? end + 1 : end;
	}
	return v;
}
int address(const struct call *c, const struct expr *e, u32 any_addr, u16 any_port, void *out)
{
	struct sockaddr_in *a = out;
	const struct expr *m;

	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(any_addr);
	a->sin_port = htons(any_port);
	if (e->kind == X_NUMBER)
		return 0;
	if (e->kind == X_ADDR) {
		a->sin_addr.s_addr = htonl(e->addr);
		a->sin_port = htons(e->port);
	}
	if (e->kind != X_STRUCT)
		return sizeof(*a);
	m = member(e, "sa_family", 0);
	m = m ? m : member(e, "sin_family", 0);
	if (m)
		a->sin_family = (u16)value(c, m);
	m = member(e, "sin_port", 1);
	if (m)
		a->sin_port = htons((u16)value(c, m));
	m = member(e, "sin_addr", 2);
	if (m && m->kind == X_ADDR)
		a->sin_addr.s_addr = htonl(m->addr);
	if (m && m->kind == X_CALL && m->first && m->first->kind == X_STRING)
		a->sin_addr.s_addr = htonl(text_addr(m->first));
	return sizeof(*a);
}
void check_address(const struct call *c, const struct expr *want, const void *got)
{
	const struct sockaddr_in *g = got;
	struct sockaddr_in w;

	if (want->kind != X_ADDR && want->kind != X_STRUCT)
		return;
	address(c, want, 0, 0, &w);
	if (w.sin_addr.s_addr != g->sin_addr.s_addr || (w.sin_port && w.sin_port != g->sin_port))
		wrong(c, "the address is %pI4:%u, not %pI4:%u", &g->sin_addr.s_addr, ntohs(g->sin_port),
		      &w.sin_addr.s_addr, ntohs(w.sin_port));
}

/* What a call sends is the text it names, or the next bytes of the pattern on this socket. */
void make_payload(struct call *c, const struct expr *e, u32 len, bool sending)
{
	const struct fd_state *fd = fd_state(number_arg(c, 0));

	c->len = len;
	c->buf = pkt_alloc(len + 1);
	c->literal = e->kind == X_STRING;
	if (e->kind == X_NUMBER) {
		c->buf = (u8 *)e->number; /* a bad address, as asked */
		return;
	}
	for (u32 i = 0; sending && i < len; i++)
		c->buf[i] = c->literal ? (i < e->len ? (u8)e->text[i] : 0) : pattern(fd->stream ? fd->written + i : i);
}
void check_payload(struct call *c, const u8 *got, u32 n, bool peek)
{
	struct fd_state *fd = fd_state(number_arg(c, 0));
	const struct expr *e = arg(c, 1);

	for (u32 i = 0; i < n; i++) {
		u8 want = c->literal ? (u8)e->text[i] : pattern(fd->stream ? fd->read + i : i);

		if (c->literal && i >= e->len)
			break;
		if (got[i] != want && (c->literal || rig.payload))
			wrong(c, "byte %u is %02x, not %02x", i, got[i], want);
	}
	if (!peek)
		fd->read += n;
}

/* --- one call --- */

static const struct call_def *find(const char *name)
{
	for (size_t i = 0; i < nr_message_calls; i++)
		if (!strcmp(message_calls[i].name, name))
			return &message_calls[i];
	for (size_t i = 0; i < nr_option_calls; i++)
		if (!strcmp(option_calls[i].name, name))
			return &option_calls[i];
	return NULL;
}
static int body(void *arg)
{
	struct call *c = arg;

	c->ret = c->def->run(c);
	if (c->ret == -ERESTARTSYS || c->ret == -ERESTART_RESTARTBLOCK)
		c->ret = -EINTR;
	c->ended_ns = rig_now();
	smp_store_release(&c->over, true);
	return 0;
}
static void check_result(struct call *c)
{
	const struct expr *r = c->event->result;
	s64 want;

	if (!r || r->kind == X_ANY)
		return;
	want = value(c, r);
	if (want >= 0 && c->ret < 0)
		wrong(c, "returned -1 %s, not %lld", pkt_errno_name((int)-c->ret), want);
	if (want >= 0 && want != c->ret)
		wrong(c, "returned %lld, not %lld", c->ret, want);
	if (want < 0 && c->ret >= 0)
		wrong(c, "returned %lld, not -1 %s", c->ret, c->event->error ? pkt_errno_name(c->event->error) : "");
	if (want < 0 && c->event->error && c->event->error != -c->ret)
		wrong(c, "failed with %s, not %s", pkt_errno_name((int)-c->ret), pkt_errno_name(c->event->error));
}
static void finish(struct call *c)
{
	rig.stack->join(c->task);
	c->task = NULL;
	if (rig.record)
		record_call(c);
	else
		check_result(c);
	if (c->def->check)
		c->def->check(c);
}

void call_start(const struct event *e, u64 due_ns)
{
	struct call *c = pkt_alloc(sizeof(*c));

	*c = (struct call){ .event = e, .def = find(e->expr->text), .began_ns = rig_now(), .due_ns = due_ns };
	if (!c->def)
		wrong(c, "no such call");
	c->task = rig.stack->begin(body, c);
	rig.stack->let_run(c->task, &c->over, e->when.blocking || rig.record);
	if (e->when.blocking || (rig.record && !c->over)) {
		c->next = pending;
		pending = c;
		return;
	}
	if (!c->over)
		wrong(c, "blocks");
	finish(c);
}
static void check_one(struct call *c)
{
	u64 off = c->ended_ns > c->due_ns ? c->ended_ns - c->due_ns : c->due_ns - c->ended_ns;

	if (!c->over)
		wrong(c, "blocks still at %llu.%06llu", rig_now() / NSEC_PER_SEC, rig_now() / 1000 % 1000000);
	if (off > rig.tolerance_ns + rig_lateness(c->due_ns - c->began_ns))
		wrong(c, "was over at %llu.%06llu, not at %llu.%06llu", c->ended_ns / NSEC_PER_SEC,
		      c->ended_ns / 1000 % 1000000, c->due_ns / NSEC_PER_SEC, c->due_ns / 1000 % 1000000);
	finish(c);
}
void call_check_blocking(u64 now_ns)
{
	struct call **link = &pending;

	while (*link) {
		struct call *c = *link;

		if (!c->over && c->due_ns + rig.tolerance_ns + rig_lateness(c->due_ns - c->began_ns) >= now_ns) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		check_one(c);
	}
}
void call_record_over(void)
{
	struct call **link = &pending;

	while (*link) {
		struct call *c = *link;

		if (!smp_load_acquire(&c->over)) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		finish(c);
	}
}
void call_record_never(void)
{
	for (struct call *c = pending; c; c = c->next)
		say("C %u 0.000 %s blocks\n", c->event->line, pkt_strndup(c->event->text, c->event->text_len));
}
void call_finish_all(void)
{
	u64 last = rig_now();

	for (struct call *c = pending; c; c = c->next)
		last = max(last, c->due_ns + rig_lateness(c->due_ns - c->began_ns));
	rig_run_until(last);
	for (u32 i = 0; pending && i < 100; i++) /* in real time they may be a little late */
		rig_run_until(rig_now() + (pending->over ? 0 : rig.tolerance_ns / 100));
	call_check_blocking(last + rig.tolerance_ns + 1);
}
void calls_stop(void)
{
	for (u64 fd = 3; fd < MAX_FD; fd++)
		stack_call(close, fd);
}
