/* tests/packet/condition.c - expect EXPRESSION: names stand for TCP_INFO, MIB counters and drop reasons
 *
 *	tcpi_snd_cwnd		a field of struct tcp_info, of the socket in expect(4) or of the latest one
 *	TcpExtTCPTimeouts	a column of /proc/net/snmp or netstat, as nstat names them
 *	drop_NO_SOCKET		packets that died for that reason
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "net/core/sock.h"
#include "tests/packet/engine.h"
#include <linux/in.h>
#include <linux/tcp.h>

/* --- TCP_INFO --- */

/* The header's structure and what Linux has added behind it since 6.1. */
struct info_now {
	struct tcp_info known;
	u32 tcpi_rcv_wnd, tcpi_rehash;
	u16 tcpi_total_rto, tcpi_total_rto_recoveries;
	u32 tcpi_total_rto_time;
};
#define F(name) { #name, offsetof(struct tcp_info, name), sizeof(((struct tcp_info *)0)->name) }
#define N(name) { #name, offsetof(struct info_now, name), sizeof(((struct info_now *)0)->name) }
static const struct info_field { const char *name; size_t offset, size; } info_fields[] = {
	F(tcpi_state), F(tcpi_ca_state), F(tcpi_retransmits), F(tcpi_probes), F(tcpi_backoff), F(tcpi_options),
	F(tcpi_rto), F(tcpi_ato), F(tcpi_snd_mss), F(tcpi_rcv_mss), F(tcpi_unacked), F(tcpi_sacked), F(tcpi_lost),
	F(tcpi_retrans), F(tcpi_fackets), F(tcpi_last_data_sent), F(tcpi_last_data_recv), F(tcpi_last_ack_recv),
	F(tcpi_pmtu), F(tcpi_rcv_ssthresh), F(tcpi_rtt), F(tcpi_rttvar), F(tcpi_snd_ssthresh), F(tcpi_snd_cwnd),
	F(tcpi_advmss), F(tcpi_reordering), F(tcpi_rcv_rtt), F(tcpi_rcv_space), F(tcpi_total_retrans),
	F(tcpi_pacing_rate), F(tcpi_max_pacing_rate), F(tcpi_bytes_acked), F(tcpi_bytes_received), F(tcpi_segs_out),
	F(tcpi_segs_in), F(tcpi_notsent_bytes), F(tcpi_min_rtt), F(tcpi_data_segs_in), F(tcpi_data_segs_out),
	F(tcpi_delivery_rate), F(tcpi_busy_time), F(tcpi_rwnd_limited), F(tcpi_sndbuf_limited), F(tcpi_delivered),
	F(tcpi_delivered_ce), F(tcpi_bytes_sent), F(tcpi_bytes_retrans), F(tcpi_dsack_dups), F(tcpi_reord_seen),
	F(tcpi_rcv_ooopack), F(tcpi_snd_wnd), N(tcpi_rcv_wnd), N(tcpi_rehash), N(tcpi_total_rto),
	N(tcpi_total_rto_recoveries), N(tcpi_total_rto_time),
};
static bool info_value(const char *name, int fd, s64 *v)
{
	struct info_now info = { 0 };
	int len = sizeof(info);

	if (strncmp(name, "tcpi_", 5))
		return false;
	if (stack_call(getsockopt, (u64)fd, IPPROTO_TCP, TCP_INFO, PTR(&info), PTR(&len)))
		fail(0, "%s: descriptor %d is no TCP socket", name, fd);
	if (!strcmp(name, "tcpi_snd_wscale") || !strcmp(name, "tcpi_rcv_wscale")) {
		*v = name[5] == 's' ? info.known.tcpi_snd_wscale : info.known.tcpi_rcv_wscale;
		return true;
	}
	if (!strcmp(name, "tcpi_delivery_rate_app_limited")) {
		*v = info.known.tcpi_delivery_rate_app_limited;
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(info_fields); i++)
		if (!strcmp(info_fields[i].name, name)) {
			u64 raw = 0;

			memcpy(&raw, (u8 *)&info + info_fields[i].offset, info_fields[i].size);
			*v = (s64)raw;
			return true;
		}
	return false;
}

bool info_list(int fd, char *buf, size_t size)
{
	struct info_now info = { 0 };
	int len = sizeof(info);
	size_t n = 0;

	if (stack_call(getsockopt, (u64)fd, IPPROTO_TCP, TCP_INFO, PTR(&info), PTR(&len)))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(info_fields); i++) {
		u64 raw = 0;

		memcpy(&raw, (u8 *)&info + info_fields[i].offset, info_fields[i].size);
		n += (size_t)scnprintf(buf + n, size - n, "%s %lld\n", info_fields[i].name, (s64)raw);
	}
	return true;
}

/* --- counters --- */

/* "Ip: A B\nIp: 1 2\n": the value under the column, for GROUPCOLUMN. */
static bool find_column(char *text, const char *name, s64 *v)
{
	char *names, *values;

	while ((names = strsep(&text, "\n")) && (values = strsep(&text, "\n"))) {
		char *group = strsep(&names, ":"), *column, *value;

		strsep(&values, ":");
		if (strncmp(name, group, strlen(group)))
			continue;
		while ((column = strsep(&names, " ")) && (value = strsep(&values, " ")))
			if (*column && !strcmp(column, name + strlen(group)))
				return !kstrtos64(value, 10, v);
	}
	return false;
}
static bool counter_value(const char *name, s64 *v)
{
	static const char *const files[] = { "net/snmp", "net/netstat" };
	static char text[1 << 15];

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (rig.stack->read_proc(files[i], text, sizeof(text)) > 0 && find_column(text, name, v))
			return true;
	return false;
}
static bool drop_value(const char *name, s64 *v)
{
	if (strncmp(name, "drop_", 5))
		return false;
	*v = rig.stack->drops ? rig.stack->drops(name + 5) : 0;
	return *v >= 0;
}
static s64 named(const char *name, int fd)
{
	s64 v;

	if (info_value(name, fd, &v) || drop_value(name, &v) || counter_value(name, &v))
		return v;
	if (rig.stack->real_time)
		skip("Linux has no %s", name);
	fail(0, "%s: no such name", name);
}

/* --- operators --- */

static s64 unary(s64 op, s64 a) { return op == '-' ? -a : op == '!' ? !a : ~a; }
static s64 binary(s64 op, s64 a, s64 b)
{
	switch (op) {
	case '|' << 8 | '|': return a || b;
	case '&' << 8 | '&': return a && b;
	case '=' << 8 | '=': return a == b;
	case '!' << 8 | '=': return a != b;
	case '<' << 8 | '=': return a <= b;
	case '>' << 8 | '=': return a >= b;
	case '<' << 8 | '<': return a << b;
	case '|': return a | b;
	case '&': return a & b;
	case '^': return a ^ b;
	case '<': return a < b;
	case '>': return a > b;
	case '+': return a + b;
	case '-': return a - b;
	case '*': return a * b;
	case '/': return b ? a / b : 0;
	default: return b ? a % b : 0;
	}
}
/* In real time what counts time is as exact as the clock, and drop reasons are our stack's alone. */
static bool names_drop(const struct expr *e)
{
	for (const struct expr *x = e->first; x; x = x->next)
		if (names_drop(x))
			return true;
	return e->kind == X_NAME && !strncmp(e->text, "drop_", 5);
}
static s64 slack_of(const struct expr *e)
{
	static const char *const us[] = { "tcpi_rtt", "tcpi_rttvar", "tcpi_rto", "tcpi_min_rtt", "tcpi_rcv_rtt",
					  "tcpi_ato", "tcpi_busy_time", "tcpi_rwnd_limited",
					  "tcpi_sndbuf_limited" };
	static const char *const ms[] = { "tcpi_last_data_sent", "tcpi_last_data_recv", "tcpi_last_ack_recv",
					  "tcpi_total_rto_time" };
	s64 slack = 0;

	for (const struct expr *x = e->first; x; x = x->next)
		slack = max(slack, slack_of(x));
	if (e->kind != X_NAME)
		return slack;
	for (size_t i = 0; i < ARRAY_SIZE(us); i++)
		if (!strcmp(us[i], e->text))
			return (s64)(rig.tolerance_ns / 1000);
	for (size_t i = 0; i < ARRAY_SIZE(ms); i++)
		if (!strcmp(ms[i], e->text))
			return (s64)(rig.tolerance_ns / 1000000);
	return 0;
}
static s64 compare_in_real_time(const struct expr *e, s64 a, s64 b)
{
	s64 slack = slack_of(e), op = e->number;

	if (!rig.stack->drops && names_drop(e) && op != ('&' << 8 | '&') && op != ('|' << 8 | '|'))
		return 1;
	if (op == ('=' << 8 | '='))
		return a - b <= slack && b - a <= slack;
	if (op == '<' || op == ('<' << 8 | '='))
		return binary(op, a, b + slack);
	if (op == '>' || op == ('>' << 8 | '='))
		return binary(op, a + slack, b);
	return binary(op, a, b);
}
static s64 compare_values(const struct expr *e, s64 a, s64 b)
{
	return rig.stack->real_time ? compare_in_real_time(e, a, b) : binary(e->number, a, b);
}
s64 condition_value(const struct expr *e, int fd)
{
	switch (e->kind) {
	case X_NUMBER: return e->number;
	case X_NAME: return named(e->text, fd);
	case X_UNARY: return unary(e->number, condition_value(e->first, fd));
	case X_BINARY:
		return compare_values(e, condition_value(e->first, fd), condition_value(e->first->next, fd));
	default: fail(0, "a condition holds numbers, names and operators");
	}
}
/* What its names stand for. */
void condition_explain(const struct expr *e, int fd, char *buf, size_t size)
{
	size_t n = strlen(buf);

	if (e->kind == X_NAME)
		snprintf(buf + n, size - n, "        %-24s is %lld\n", e->text, named(e->text, fd));
	if (e->kind != X_UNARY && e->kind != X_BINARY)
		return;
	condition_explain(e->first, fd, buf, size);
	if (e->kind == X_BINARY)
		condition_explain(e->first->next, fd, buf, size);
}
