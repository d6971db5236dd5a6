/* tests/packet/call_option.c - options, readiness, and what else one asks a descriptor */
#include "lib/string.h"
#include "net/core/sock.h"
#include "tests/packet/call.h"

static int fd_arg(const struct call *c) { return (int)number_arg(c, 0); }

/* --- setsockopt, getsockopt --- */

static bool is_time(const struct call *c)
{
	s64 opt = number_arg(c, 2);

	return number_arg(c, 1) == SOL_SOCKET && (opt == SO_RCVTIMEO || opt == SO_SNDTIMEO);
}
static void put_number(struct call *c, s64 v, int size)
{
	memcpy((u8 *)c->image + c->image_len, &v, (size_t)size);
	c->image_len += size;
}
static void put_member(struct call *c, const struct expr *e)
{
	if (e->kind == X_FIELD)
		e = e->first;
	if (e->kind == X_ADDR)
		put_number(c, (s64)(__force u32)htonl(e->addr), 4);
	else
		put_number(c, value(c, e), is_time(c) ? 8 : 4);
}
/* [1]; {onoff=1, linger=5}, {tv_sec=1, tv_usec=0}, {10.0.0.1, 239.1.1.1}; "reno"; a number alone is an int as well */
static void option_image(struct call *c, const struct expr *e)
{
	c->image = pkt_alloc(4096);
	c->image_len = 0;
	if (e->kind == X_STRING) {
		memcpy(c->image, e->text, min(e->len, 4095u));
		c->image_len = (int)e->len;
	} else if (e->kind == X_STRUCT) {
		for (const struct expr *m = e->first; m; m = m->next)
			put_member(c, m);
	} else if (e->kind == X_LIST && e->first && e->first->kind == X_STRUCT) {
		for (const struct expr *m = e->first->first; m; m = m->next)
			put_member(c, m);
	} else
		put_number(c, value(c, e), 4);
}
static s64 do_setsockopt(struct call *c)
{
	const struct expr *len = arg_or_null(c, 4);

	option_image(c, arg(c, 3));
	return stack_call(setsockopt, (u64)fd_arg(c), (u64)number_arg(c, 1), (u64)number_arg(c, 2), PTR(c->image),
			  len && len->kind != X_ANY ? (u64)value(c, len) : (u64)c->image_len);
}
static s64 do_getsockopt(struct call *c)
{
	int *len = pkt_alloc(sizeof(*len));

	c->image = pkt_alloc(4096);
	*len = arg(c, 4)->kind == X_ANY ? 4096 : (int)number_arg(c, 4);
	c->buf = (u8 *)len;
	return stack_call(getsockopt, (u64)fd_arg(c), (u64)number_arg(c, 1), (u64)number_arg(c, 2), PTR(c->image),
			  PTR(len));
}
static void after_getsockopt(struct call *c)
{
	const struct expr *want = arg(c, 3);
	const u8 *got = c->image;
	int len = *(const int *)c->buf, v = 0;

	if (c->ret < 0 || want->kind == X_ANY)
		return;
	memcpy(&v, got, (size_t)min(len, 4));
	if (want->kind == X_LIST && want->first && want->first->kind != X_ANY && v != (int)value(c, want->first))
		wrong(c, "the value is %d, not %lld", v, value(c, want->first));
	if (want->kind != X_STRING && want->kind != X_STRUCT)
		return;
	option_image(c, want);
	if (memcmp(got, c->image, (size_t)c->image_len))
		wrong(c, "the value is another%s%s", want->kind == X_STRING ? ": " : "",
		      want->kind == X_STRING ? (const char *)got : "");
}

/* --- poll --- */

#define MAX_POLL 16
/* poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) = 1 */
static s64 do_poll(struct call *c)
{
	struct pollfd *p = pkt_alloc(MAX_POLL * sizeof(*p));
	u32 n = 0;

	for (const struct expr *e = arg(c, 0)->first; e && n < MAX_POLL; e = e->next, n++) {
		p[n].fd = (int)value(c, member(e, "fd", 0));
		p[n].events = (short)value(c, member(e, "events", 1));
	}
	c->image = p;
	return stack_call(poll, PTR(p), n, (u64)number_arg(c, 2));
}
static void after_poll(struct call *c)
{
	const struct pollfd *p = c->image;

	for (const struct expr *e = arg(c, 0)->first; e; e = e->next, p++) {
		const struct expr *want = member(e, "revents", 2);

		if (want && want->kind != X_ANY && p->revents != (short)value(c, want))
			wrong(c, "descriptor %d: revents is %#x, not %#llx", p->fd, (u16)p->revents, value(c, want));
	}
}

/* --- fcntl, ioctl --- */

static s64 do_fcntl(struct call *c)
{
	return stack_call(fcntl, (u64)fd_arg(c), (u64)number_arg(c, 1),
			  arg_or_null(c, 2) ? (u64)number_arg(c, 2) : 0);
}
/* ioctl(4, SIOCINQ, [1000]) = 0 */
static s64 do_ioctl(struct call *c)
{
	option_image(c, arg(c, 2));
	return stack_call(ioctl, (u64)fd_arg(c), (u64)number_arg(c, 1), PTR(c->image));
}
static void after_ioctl(struct call *c)
{
	const struct expr *want = arg(c, 2);
	int got;

	memcpy(&got, c->image, sizeof(got));
	if (c->ret >= 0 && want->kind == X_LIST && want->first->kind != X_ANY && got != (int)value(c, want))
		wrong(c, "the value is %d, not %lld", got, value(c, want));
}

const struct call_def option_calls[] = {
	{ "setsockopt", do_setsockopt, NULL }, { "getsockopt", do_getsockopt, after_getsockopt },
	{ "poll", do_poll, after_poll }, { "fcntl", do_fcntl, NULL }, { "ioctl", do_ioctl, after_ioctl },
};
const size_t nr_option_calls = ARRAY_SIZE(option_calls);
