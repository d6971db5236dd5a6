/* tests/packet/parse_tcp.c - a TCP segment: S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,nop,wscale 7> */
#include "lib/string.h"
#include "tests/packet/parse_packet.h"

struct pkt_range parse_range(struct parser *p)
{
	struct pkt_range r;

	r.seq = (u32)need_number(p);
	need(p, ":");
	r.end = (u32)need_number(p);
	need(p, "(");
	r.len = (u32)need_number(p);
	need(p, ")");
	return r;
}

/* Letters as tcpdump has them, '.' for ACK; '-' for none. They stand without blanks between. */
static void parse_flags(struct parser *p, struct pkt *k)
{
	static const char letters[] = "FSRP.UEWA"; /* in the order of the bits; the last is AccECN's AE */
	bool first = true;

	if (accept(p, "-"))
		return;
	for (; first || p->t->glued; first = false, p->t++) {
		if (p->t->kind != TOK_NAME && !at(p, "."))
			break;
		for (u32 i = 0; i < p->t->len; i++) {
			const char *at_letter = strchr(letters, p->t->text[i]);

			if (!at_letter)
				syntax_error(p, "flags of TCP, or udp, icmp, arp, ip, raw, frame");
			k->flags |= (u16)(1u << (at_letter - letters));
		}
	}
	if (first)
		syntax_error(p, "flags of TCP");
}

static u32 number_or_any(struct parser *p, bool *any)
{
	*any = accept(p, "...");
	return *any ? 0 : (u32)need_number(p);
}
static void parse_sack(struct parser *p, struct tcp_opt *o)
{
	o->kind = OPT_SACK;
	o->any = accept(p, "...");
	while (p->t->kind == TOK_NUMBER && o->n < 4) {
		o->sack[o->n].from = (u32)need_number(p);
		need(p, ":");
		o->sack[o->n++].to = (u32)need_number(p);
	}
}
static void parse_fast_open(struct parser *p, struct tcp_opt *o)
{
	const u8 *bytes;

	o->kind = OPT_FASTOPEN;
	o->any = accept(p, "...");
	o->cookie = !o->any && accept(p, "cookie");
	if (o->any || o->cookie || at(p, ",") || at(p, ">"))
		return;
	o->n = (u8)parse_hex(p, &bytes);
	memcpy(o->bytes, bytes, min((size_t)o->n, sizeof(o->bytes)));
}
static void parse_option(struct parser *p, struct tcp_opt *o)
{
	const u8 *bytes;

	if (accept(p, "nop"))
		o->kind = OPT_NOP;
	else if (accept(p, "eol"))
		o->kind = OPT_EOL;
	else if (accept(p, "mss")) {
		o->kind = OPT_MSS;
		o->a = number_or_any(p, &o->any_a);
	} else if (accept(p, "wscale")) {
		o->kind = OPT_WSCALE;
		o->a = number_or_any(p, &o->any_a);
	} else if (accept(p, "sackOK"))
		o->kind = OPT_SACK_PERM;
	else if (accept(p, "sack"))
		parse_sack(p, o);
	else if (accept(p, "TS")) {
		o->kind = OPT_TIMESTAMP;
		need(p, "val");
		o->a = number_or_any(p, &o->any_a);
		need(p, "ecr");
		o->b = number_or_any(p, &o->any_b);
	} else if (accept(p, "FO"))
		parse_fast_open(p, o);
	else if (accept(p, "opt")) { /* opt KIND BYTES: as they are; its length byte is among them */
		o->kind = (u8)need_number(p);
		o->n = (u8)parse_hex(p, &bytes);
		memcpy(o->bytes, bytes, min((size_t)o->n, sizeof(o->bytes)));
	} else
		syntax_error(p, "an option of TCP");
}
static void parse_options(struct parser *p, struct pkt *k)
{
	k->any_options = accept(p, "...");
	while (!accept(p, ">")) {
		if (k->nr_opts == ARRAY_SIZE(k->opts))
			syntax_error(p, "fewer options");
		parse_option(p, &k->opts[k->nr_opts++]);
		if (!at(p, ">"))
			need(p, ",");
	}
}

static void need_field(struct parser *p, struct num *n) { *n = (struct num){ true, need_number(p) }; }
void parse_tcp(struct parser *p, struct pkt *k)
{
	k->kind = PKT_TCP;
	parse_flags(p, k);
	k->range = parse_range(p);
	k->len = k->range.len;
	for (;;) {
		if (accept(p, "ack"))
			need_field(p, &k->ack);
		else if (accept(p, "win"))
			need_field(p, &k->win);
		else if (accept(p, "urg"))
			need_field(p, &k->urg);
		else if (accept(p, "doff"))
			need_field(p, &k->doff);
		else if (accept(p, "res"))
			need_field(p, &k->reserved);
		else if (accept(p, "<"))
			parse_options(p, k);
		else
			return;
	}
}
