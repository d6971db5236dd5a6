/* net/tcp/tcp_options.c - options on the wire (RFC 9293 3.2, RFC 7323, RFC 2018)
 *
 * Called: tcp_ipv4.c as a segment arrives, tcp_output.c as one leaves.
 * Absent: MD5, AO, user timeout. Fast open's are in tcp_fastopen.c.
 */
#include "lib/byteorder.h"
#include "net/tcp/tcp_internal.h"

enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_PERM, OPT_SACK, OPT_TIMESTAMP = 8 };
#define SACK_ALIGNED(n) htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK << 8 | (2 + 8 * (n)))

static void take_tstamp(struct tcp_options_received *o, const u8 *p)
{
	o->saw_tstamp = true;
	o->rcv_tsval = get_unaligned_be32(p);
	o->rcv_tsecr = get_unaligned_be32(p + 4);
}
static void take_wscale(struct tcp_options_received *o, u8 shift)
{
	o->wscale_ok = true;
	o->snd_wscale = shift > TCP_MAX_WSCALE ? TCP_MAX_WSCALE : shift; /* RFC 7323 2.3 */
}
static void take_one(struct tcp_options_received *o, const u8 *p, u32 size, bool syn)
{
	if (p[0] == OPT_TIMESTAMP && size == 10)
		take_tstamp(o, p + 2);
	else if (syn && p[0] == OPT_MSS && size == 4 && get_unaligned_be16(p + 2)) /* 0 says nothing */
		o->mss_clamp = get_unaligned_be16(p + 2);
	else if (syn && p[0] == OPT_WSCALE && size == 3)
		take_wscale(o, p[2]);
	else if (syn && p[0] == OPT_SACK_PERM && size == 2)
		o->sack_ok = true;
	else
		o->saw_other = true;
}

/* A length that makes no sense ends the walk: what came before it counts, as Linux has it. */
const u8 *tcp_next_option(const struct tcphdr *th, const u8 *last)
{
	const u8 *p = last ? last + last[1] : (const u8 *)(th + 1), *end = (const u8 *)th + th->doff * 4;

	while (p < end && *p == OPT_NOP)
		p++;
	return end - p < 2 || *p == OPT_EOL || p[1] < 2 || p[1] > end - p ? NULL : p;
}

/* Nothing but timestamps, where everybody puts them (RFC 7323 A): nearly all segments. */
static bool take_lone_tstamp(const struct tcphdr *th, struct tcp_options_received *o)
{
	const __be32 *w = (const __be32 *)(th + 1);

	if (th->doff != 8 || get_unaligned(w) != TCP_TSTAMP_OPTION)
		return false;
	o->saw_tstamp = true;
	o->rcv_tsval = ntohl(w[1]);
	o->rcv_tsecr = ntohl(w[2]);
	return true;
}
void tcp_parse_options(const struct tcphdr *th, struct tcp_options_received *o, bool syn)
{
	o->saw_tstamp = o->saw_other = false;
	if (take_lone_tstamp(th, o))
		return;
	for (const u8 *p = NULL; (p = tcp_next_option(th, p));)
		take_one(o, p, p[1], syn);
}

const u8 *tcp_find_option(const struct tcphdr *th, u8 kind)
{
	const u8 *p = NULL;

	while ((p = tcp_next_option(th, p)) && *p != kind)
		;
	return p;
}

bool tcp_fast_parse_options(const struct tcphdr *th, struct tcp_sock *tp)
{
	if (likely(tp->rx_opt.tstamp_ok && take_lone_tstamp(th, &tp->rx_opt)))
		return true;
	if (th->doff == 5)
		tp->rx_opt.saw_tstamp = false;
	else
		tcp_parse_options(th, &tp->rx_opt, false);
	if (tp->rx_opt.saw_tstamp && !tp->rx_opt.tstamp_ok)
		tp->rx_opt.saw_tstamp = false;
	return tp->rx_opt.saw_tstamp;
}

u32 tcp_options_size(const struct tcp_out_options *o)
{
	return (o->mss ? 4u : 0u) + (o->ts ? 12u : 0u) + (o->wscale != 0xff ? 4u : 0u) +
		(o->sack_ok && !o->ts ? 4u : 0u) +
		(o->num_sacks ? 4u + 8u * o->num_sacks : 0u) + tcp_fastopen_option_size(o->tfo);
}

/* SACK-permitted takes the place of the two NOPs before the timestamps. wscale 0xff: none. */
void tcp_options_write(void *at, const struct tcp_out_options *o)
{
	__be32 *p = at;

	if (o->mss)
		*p++ = htonl(OPT_MSS << 24 | 4 << 16 | o->mss);
	if (o->ts) {
		*p++ = o->sack_ok ? htonl(OPT_SACK_PERM << 24 | 2 << 16 | OPT_TIMESTAMP << 8 | 10) : TCP_TSTAMP_OPTION;
		*p++ = htonl(o->tsval);
		*p++ = htonl(o->tsecr);
	} else if (o->sack_ok) {
		*p++ = htonl(OPT_NOP << 24 | OPT_NOP << 16 | OPT_SACK_PERM << 8 | 2);
	}
	if (o->wscale != 0xff)
		*p++ = htonl(OPT_NOP << 24 | OPT_WSCALE << 16 | 3 << 8 | o->wscale);
	if (o->num_sacks)
		*p++ = SACK_ALIGNED(o->num_sacks);
	for (u32 i = 0; i < o->num_sacks; i++) {
		*p++ = htonl(o->sack[i].start);
		*p++ = htonl(o->sack[i].end);
	}
	if (o->tfo)
		tcp_fastopen_option_write(p, o->tfo);
}
