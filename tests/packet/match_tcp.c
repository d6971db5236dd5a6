/* tests/packet/match_tcp.c - a segment of the stack against the script's, in the script's numbers
 *
 * The stack's first number and first timestamp are learned here; from then on all must agree with them.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/packet/engine.h"

static u32 get16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u32 get32(const u8 *p) { return get16(p) << 16 | get16(p + 2); }
#define F_SYN 2
#define F_RST 4
#define F_ACK 16

static void learn(const struct pkt *k, struct flow *f, const u8 *th)
{
	u32 flags = th[13];

	if (!(flags & F_SYN) || !f->fresh || get16(th + 2) != f->peer_port)
		return;
	if (!(flags & F_ACK) && !k->to.set)
		f->local_port = (u16)get16(th); /* connect() chose it */
	f->local_off = get32(th + 4) - k->range.seq;
	f->local_known = true;
	f->fresh = false;
	f->ts_known = false;
}

/* --- options --- */

static u32 size_at(const u8 *p, const u8 *end) { return *p <= OPT_NOP ? 1 : end - p < 2 ? 2 : p[1]; }

static void match_tstamp(const struct tcp_opt *o, const u8 *p, struct flow *f, struct difference *d)
{
	u32 val = get32(p + 2), tolerance = (u32)((rig.tolerance_ns + rig_lateness(rig_now())) / NSEC_PER_MSEC);

	flow_ts_seen(f, val);
	if (!f->ts_known && !o->any_a) {
		f->ts_off = val - o->a;
		f->ts_known = true;
	}
	if (!o->any_a && val - f->ts_off - o->a + tolerance > 2 * tolerance)
		differs(d, "TS val", "expected %u, came %u", o->a, val - f->ts_off);
	if (!o->any_b && get32(p + 6) != o->b)
		differs(d, "TS ecr", "expected %u, came %u", o->b, get32(p + 6));
}
static void match_sack(const struct tcp_opt *o, const u8 *p, const struct flow *f, struct difference *d)
{
	u32 n = (p[1] - 2u) / 8;

	if (o->any)
		return;
	if (n != o->n)
		differs(d, "SACK", "expected %u blocks, came %u", o->n, n);
	for (u32 i = 0; i < n && i < o->n; i++) {
		u32 from = get32(p + 2 + 8 * i) - f->peer_off, to = get32(p + 6 + 8 * i) - f->peer_off;

		if (from != o->sack[i].from || to != o->sack[i].to)
			differs(d, "SACK", "block %u: expected %u:%u, came %u:%u", i, o->sack[i].from, o->sack[i].to,
				from, to);
	}
}
static void match_fast_open(const struct tcp_opt *o, const u8 *p, struct flow *f, struct difference *d)
{
	u32 n = p[1] - 2u;
	const u8 *want = o->cookie ? f->cookie : o->bytes;
	u32 want_n = o->cookie ? f->cookie_len : o->n;

	if (o->any && n <= sizeof(f->cookie)) {
		memcpy(f->cookie, p + 2, n);
		f->cookie_len = (u8)n;
	} else if (!o->any && (n != want_n || memcmp(p + 2, want, n)))
		differs(d, "FO", "the cookie is another (%u bytes, expected %u)", n, want_n);
}
static void match_option(const struct tcp_opt *o, const u8 *p, struct flow *f, struct difference *d)
{
	if (o->kind == OPT_MSS && !o->any_a)
		compare(d, "mss", &(struct num){ true, o->a }, get16(p + 2));
	else if (o->kind == OPT_WSCALE && !o->any_a)
		compare(d, "wscale", &(struct num){ true, o->a }, p[2]);
	else if (o->kind == OPT_TIMESTAMP)
		match_tstamp(o, p, f, d);
	else if (o->kind == OPT_SACK)
		match_sack(o, p, f, d);
	else if (o->kind == OPT_FASTOPEN)
		match_fast_open(o, p, f, d);
	else if (o->n && memcmp(p + 1, o->bytes, o->n))
		differs(d, "option", "%u has another value", o->kind);
}
/* In order and complete, with the padding. */
static void match_options(const struct pkt *k, const u8 *p, const u8 *end, struct flow *f, struct difference *d)
{
	u32 i;

	for (i = 0; p < end && i < k->nr_opts; i++) {
		u32 size = size_at(p, end);

		if (size < 1 || size > end - p) {
			differs(d, "options", "option %u has length %u", *p, size);
			return;
		}
		if (*p != k->opts[i].kind) {
			differs(d, "options", "number %u: expected kind %u, came %u", i + 1, k->opts[i].kind, *p);
			return;
		}
		match_option(&k->opts[i], p, f, d);
		p += size;
	}
	if (i < k->nr_opts)
		differs(d, "options", "expected %u, came %u", k->nr_opts, i);
	else if (p < end)
		differs(d, "options", "more than expected, first kind %u", *p);
}
/* Options whose value the script wants to use later are looked at even under <...>. */
static void glance(const u8 *p, const u8 *end, struct flow *f)
{
	for (; p < end && size_at(p, end) && size_at(p, end) <= end - p; p += size_at(p, end)) {
		if (*p == OPT_TIMESTAMP && p[1] == 10)
			flow_ts_seen(f, get32(p + 2));
		if (*p == OPT_FASTOPEN && p[1] >= 2 && p[1] - 2u <= sizeof(f->cookie)) {
			f->cookie_len = (u8)(p[1] - 2);
			memcpy(f->cookie, p + 2, f->cookie_len);
		}
	}
}

/* --- the header --- */

static const char *flag_text(u32 flags, char *buf)
{
	static const char letters[] = "FSRP.UEWA";
	char *p = buf;

	for (u32 i = 0; i < 9; i++)
		if (flags >> i & 1)
			*p++ = letters[i];
	if (p == buf)
		*p++ = '-';
	*p = 0;
	return buf;
}
/* A reset that answers no acknowledgement has number 0 itself (RFC 9293 3.10.7.1), whatever ours began with. */
static bool number_is(const struct pkt *k, const struct flow *f, u32 raw)
{
	if (k->flags & F_RST && raw == k->range.seq && (k->flags & F_ACK || !f->local_known))
		return true;
	return raw - f->local_off == k->range.seq;
}
static void match_numbers(const struct pkt *k, const struct flow *f, const u8 *th, u32 len, struct difference *d)
{
	u32 ack = get32(th + 8);

	if (!number_is(k, f, get32(th + 4)))
		differs(d, "seq", "expected %u, came %u", k->range.seq, get32(th + 4) - f->local_off);
	if (len != k->range.len)
		differs(d, "length", "expected %u, came %u", k->range.len, len);
	if (k->ack.set && ack - f->peer_off != (u32)k->ack.v)
		differs(d, "ack", "expected %llu, came %u", k->ack.v, ack - f->peer_off);
	if (!k->ack.set && ack)
		differs(d, "ack", "expected none, came %u", ack - f->peer_off);
}
void match_tcp(const struct pkt *k, const u8 *ip, const u8 *th, u32 len, struct difference *d)
{
	struct flow *f = flow_of(k);
	u32 size = len < 20 ? 0 : (th[12] >> 4) * 4u, flags;
	char want[12], came[12];

	if (size < 20 || size > len) {
		differs(d, "TCP header", "%u bytes, header %u", len, size);
		return;
	}
	flags = th[13] | (th[12] & 1u) << 8;
	learn(k, f, th);
	compare(d, "source port", &(struct num){ true, f->local_port }, get16(th));
	compare(d, "dest. port", &(struct num){ true, f->peer_port }, get16(th + 2));
	if (flags != k->flags)
		differs(d, "flags", "expected %s, came %s", flag_text(k->flags, want), flag_text(flags, came));
	match_numbers(k, f, th, len - size, d);
	compare(d, "win", &k->win, get16(th + 14));
	compare(d, "urg", &(struct num){ true, k->urg.set ? k->urg.v : 0 }, get16(th + 18));
	compare(d, "reserved", &(struct num){ true, 0 }, th[12] >> 1 & 7);
	if (!k->any_options || k->nr_opts)
		match_options(k, th + 20, th + size, f, d);
	else
		glance(th + 20, th + size, f);
	if (k->range.len == len - size)
		match_payload(k, th + size, len - size, (u64)(k->range.seq + (flags >> 1 & 1) - 1), d);
	if (flags & F_RST)
		f->fresh = true;
}
