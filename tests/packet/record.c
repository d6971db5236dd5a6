/* tests/packet/record.c - what a stack does with a script, written down instead of judged: to lay two side by side
 *
 *	P TIME PACKET			the stack sent it
 *	C LINE TIME CALL = RESULT	a call was over then, and what it left behind
 *	I LINE FD FIELD VALUE		TCP_INFO, where the script says expect, and of all sockets at the end (line 0)
 *	M COUNTER INCREASE		counters that moved
 *
 * Called: run.c with --record. '>' packets of the script are not looked at, nor what it says that calls return.
 * Numbers are learned from whatever SYN the stack sends.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/sys.h"
#include "tests/packet/call.h"
#include <linux/in.h>
#include <linux/poll.h>

static u32 get16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u32 get32(const u8 *p) { return get16(p) << 16 | get16(p + 2); }
static void say_time(u64 ns) { say("%llu.%03llu ", ns / NSEC_PER_SEC, ns / NSEC_PER_MSEC % 1000); }

/* --- packets --- */

static struct flow *flow_for(const u8 *ip, const u8 *th)
{
	u32 peer = get32(ip + 16), from = get16(th), to = get16(th + 2);
	struct pkt k = { .out = true, .dst = { true, peer }, .src = { true, get32(ip + 12) }, .port = { true, to } };

	for (struct flow *f = rig.flows; f; f = f->next)
		if (f->peer == peer && f->peer_port == to && (f->to ? f->to == from : !f->local_known || f->fresh ||
							       f->local_port == from || !(th[13] & 16)))
			return f;
	return flow_of(&k);
}
static void learn(const u8 *ip, const u8 *th, u32 len)
{
	struct flow *f = flow_for(ip, th);
	const u8 *p = th + 20, *end = th + min((th[12] >> 4) * 4u, len);

	if (th[13] & 2) {
		if (!f->local_known || f->local_off != get32(th + 4))
			f->ts_known = false;
		f->local_off = get32(th + 4);
		f->local_port = (u16)get16(th);
		f->local_known = true;
		f->fresh = false;
	}
	for (u32 size; p + 1 < end; p += size) {
		size = *p <= OPT_NOP ? 1 : p[1];
		if (!size || size > (u32)(end - p))
			break;
		if (*p == OPT_TIMESTAMP && size == 10 && !f->ts_known) {
			f->ts_off = get32(p + 2) - (u32)(rig.head->ns / NSEC_PER_MSEC) - 1000;
			f->ts_known = true;
		} else if (*p == OPT_FASTOPEN && size - 2 <= sizeof(f->cookie)) {
			f->cookie_len = (u8)(size - 2);
			memcpy(f->cookie, p + 2, f->cookie_len);
		}
	}
}
static void record_frames(void)
{
	for (; rig.head; rig_take()) {
		const u8 *ip = rig.head->bytes + 14;
		char text[1024];

		if (rig.head->len >= 54 && get16(ip - 2) == 0x800 && ip[0] == 0x45 && ip[9] == IPPROTO_TCP)
			learn(ip, ip + 20, get16(ip + 2) - 20);
		pkt_show(rig.head->bytes, rig.head->len, text, sizeof(text));
		say("P ");
		say_time(rig.head->ns);
		say("%s\n", text);
	}
}

/* --- calls --- */

static void say_control(const struct message_view *m)
{
	say(" flags %#x control", m->flags);
	for (size_t at = 0; at + 16 <= m->control_len;) {
		const u8 *h = m->control + at;
		size_t len = *(const size_t *)h;

		say(" [%d %d %zu: %d]", *(const int *)(h + 8), *(const int *)(h + 12), len, *(const int *)(h + 16));
		at += (len + 7) & ~7ul;
	}
}
void record_call(const struct call *c)
{
	const char *name = c->def->name, *text = c->event->text;
	struct message_view m;

	say("C %u ", c->event->line);
	say_time(c->ended_ns);
	say("%s = %lld%s%s", pkt_strndup(text, c->event->text_len), c->ret < 0 ? -1 : c->ret, c->ret < 0 ? " " : "",
	    c->ret < 0 ? pkt_errno_name((int)-c->ret) : "");
	if (c->ret >= 0 && !strcmp(name, "recvmsg") && message_look(c, &m))
		say_control(&m);
	else if (c->ret >= 0 && !strcmp(name, "poll"))
		say(" revents %#x", (u16)((const struct pollfd *)c->image)->revents);
	else if (c->ret >= 0 && (!strcmp(name, "getsockopt") || !strcmp(name, "ioctl")))
		say(" value %d", *(const int *)c->image);
	if (!strcmp(name, "getsockopt") && c->ret >= 0)
		say(" length %d", *(const int *)c->buf);
	say("\n");
}

/* --- TCP_INFO, counters --- */

void record_info(u32 line, int fd)
{
	char text[8192];

	if (!info_list(fd, text, sizeof(text)))
		return;
	for (char *rest = text, *field; (field = strsep(&rest, "\n")) && *field;)
		say("I %u %d %s\n", line, fd, field);
}
static char *counters[2];
static const char *const counter_files[] = { "net/snmp", "net/netstat" };
static void read_counters(u32 i, char *out)
{
	ssize_t n = rig.stack->read_proc(counter_files[i], out, 1 << 15);

	out[n > 0 ? n : 0] = 0;
}
/* The values of that group, or NULL: some groups come with their first event. */
static char *find_group(char *text, const char *group)
{
	char *names, *values;

	while ((names = strsep(&text, "\n")) && (values = strsep(&text, "\n")))
		if (!strcmp(strsep(&names, ":"), group))
			return values;
	return NULL;
}
static void say_moved(const char *before, char *after)
{
	char *names, *is;

	while ((names = strsep(&after, "\n")) && (is = strsep(&after, "\n"))) {
		char *group = strsep(&names, ":"), *name, *b;
		char *was = find_group(pkt_strndup(before, strlen(before)), group);

		strsep(&was, ":");
		strsep(&is, ":");
		while ((name = strsep(&names, " ")) && (b = strsep(&is, " "))) {
			const char *a = strsep(&was, " ");
			s64 from = 0, to = 0;

			if (*name && (!a || !kstrtos64(a, 10, &from)) && !kstrtos64(b, 10, &to) && from != to)
				say("M %s%s %lld\n", group, name, to - from);
		}
	}
}

/* --- the whole --- */

void record_now(void)
{
	record_frames();
	call_record_over();
}
void record_start(void)
{
	for (u32 i = 0; i < 2; i++) {
		counters[i] = pkt_alloc(1 << 15);
		read_counters(i, counters[i]);
	}
}
void record_end(void)
{
	rig_run_until(rig.last_ns + 20 * NSEC_PER_MSEC);
	record_now();
	call_record_never();
	for (int fd = 3; fd < 12; fd++)
		record_info(0, fd);
	for (u32 i = 0; i < 2; i++) {
		char *now = pkt_alloc(1 << 15);

		read_counters(i, now);
		say_moved(counters[i], now);
	}
}
