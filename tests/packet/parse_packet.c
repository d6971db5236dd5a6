/* tests/packet/parse_packet.c - one packet of a script
 *
 *	< [attributes] S 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,sackOK>
 *	> [attributes] udp (100) | icmp echo_reply id 1 seq 2 (56) | arp 10.0.0.1 is-at us | ip proto 47 (20)
 *	< raw 45 00 ... | < frame ff ff ...
 */
#include "lib/string.h"
#include "tests/packet/parse_packet.h"

#define FIELD(name) { #name, offsetof(struct pkt, name) }
struct field_name { const char *name; size_t offset; };

static struct num *field(struct pkt *k, size_t offset) { return (struct num *)((u8 *)k + offset); }
static void set(struct num *n, u64 v) { *n = (struct num){ true, v }; }

/* "name 5" for one of the names; false when no such name is here. */
static bool parse_field(struct parser *p, struct pkt *k, const struct field_name *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (accept(p, names[i].name)) {
			set(field(k, names[i].offset), need_number(p));
			return true;
		}
	return false;
}

u32 parse_hex(struct parser *p, const u8 **bytes)
{
	const char *s = p->t->text;
	u8 *out = pkt_alloc(4096);
	u32 n = 0;

	for (; n < 8192 && *s && *s != '\n' && *s != '#' && *s != ']' && *s != ',' && *s != '>'; s++) {
		int c = tolower(*s);
		int digit = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0 && !isspace(c))
			syntax_error(p, "hexadecimal digits");
		if (digit >= 0) {
			out[n / 2] |= (u8)(n & 1 ? digit : digit << 4);
			n++;
		}
	}
	while (p->t->kind != TOK_END && p->t->text < s && p->t->kind != TOK_LINE)
		p->t++;
	if (n & 1)
		syntax_error(p, "pairs of hexadecimal digits");
	*bytes = out;
	return n / 2;
}

/* us, peer, broadcast, or six bytes */
static void parse_mac(struct parser *p, u8 mac[6])
{
	static const u8 us[6] = { 2, 0, 0, 0, 0, 1 }, peer[6] = { 2, 0, 0, 0, 0, 0x99 };

	if (accept(p, "us"))
		memcpy(mac, us, 6);
	else if (accept(p, "peer"))
		memcpy(mac, peer, 6);
	else if (accept(p, "broadcast"))
		memset(mac, 0xff, 6);
	else if (p->t->kind == TOK_MAC)
		memcpy(mac, p->t++->mac, 6);
	else
		syntax_error(p, "a link address");
}

/* --- [attributes] --- */

static bool parse_flag_attribute(struct parser *p, struct pkt *k)
{
	static const char *const ecn[] = { "noecn", "ect1", "ect0", "ce" };

	for (u64 i = 0; i < 4; i++)
		if (accept(p, ecn[i])) {
			set(&k->ecn, i);
			return true;
		}
	if (accept(p, "ect01"))
		set(&k->ecn, 1);
	else if (accept(p, "df"))
		set(&k->df, 1);
	else if (accept(p, "nodf"))
		set(&k->df, 0);
	else if (accept(p, "mf"))
		set(&k->mf, 1);
	else if (accept(p, "nomf"))
		set(&k->mf, 0);
	else
		return false;
	return true;
}
static void parse_attribute(struct parser *p, struct pkt *k)
{
	static const struct field_name names[] = {
		FIELD(ttl), FIELD(tos), FIELD(id), FIELD(ihl), FIELD(version), FIELD(proto), FIELD(src), FIELD(dst),
		FIELD(port), FIELD(to), FIELD(check), FIELD(pad), FIELD(ethertype),
		{ "len", offsetof(struct pkt, tot_len) },
	};

	if (parse_flag_attribute(p, k) || parse_field(p, k, names, ARRAY_SIZE(names)))
		return;
	if (accept(p, "frag")) { /* its offset in bytes; '+': more follow */
		set(&k->frag, need_number(p));
		set(&k->mf, accept(p, "+"));
	} else if (accept(p, "dev")) {
		const char *name = need_name(p);

		set(&k->dev, (u64)(name[strlen(name) - 1] - '0'));
	} else if (accept(p, "ether")) {
		k->has_ether = true;
		parse_mac(p, k->ether);
	} else if (accept(p, "from")) {
		k->has_from = true;
		parse_mac(p, k->from);
	} else if (accept(p, "options")) {
		const u8 *bytes;

		k->ip_options_len = parse_hex(p, &bytes);
		k->ip_options = (u8 *)bytes;
	} else
		syntax_error(p, "an attribute");
}

/* --- payloads --- */

/* (n), (...), "text", data N: the pattern from byte N on */
static bool parse_payload(struct parser *p, struct pkt *k)
{
	if (p->t->kind == TOK_STRING) {
		struct expr *e = pkt_parse_expr(p);

		k->bytes = (const u8 *)e->text;
		k->len = e->len;
	} else if (accept(p, "hex"))
		k->len = parse_hex(p, &k->bytes);
	else if (accept(p, "data"))
		set(&k->data, need_number(p));
	else if (at(p, "(")) {
		p->t++;
		k->any_len = accept(p, "...");
		if (!k->any_len)
			k->len = (u32)need_number(p);
		need(p, ")");
	} else if (accept(p, "badsum"))
		k->badsum = true;
	else if (accept(p, "nosum"))
		k->nosum = true;
	else
		return false;
	return true;
}

/* --- protocols --- */

static void parse_udp(struct parser *p, struct pkt *k)
{
	static const struct field_name names[] = { { "len", offsetof(struct pkt, udp_len) } };

	k->kind = PKT_UDP;
	while (parse_payload(p, k) || parse_field(p, k, names, 1))
		;
}
static void parse_ip(struct parser *p, struct pkt *k)
{
	static const struct field_name names[] = { FIELD(proto) };

	k->kind = PKT_IP;
	while (parse_payload(p, k) || parse_field(p, k, names, 1))
		;
}

static const struct { const char *name; u8 type; } icmp_types[] = {
	{ "echo_reply", 0 }, { "unreachable", 3 }, { "source_quench", 4 }, { "redirect", 5 }, { "echo_request", 8 },
	{ "time_exceeded", 11 }, { "parameter_problem", 12 }, { "timestamp", 13 }, { "timestamp_reply", 14 },
	{ "information_request", 15 }, { "information_reply", 16 }, { "mask_request", 17 }, { "mask_reply", 18 },
};
static const struct { const char *name; u8 type, code; } icmp_codes[] = {
	{ "net_unreachable", 3, 0 }, { "host_unreachable", 3, 1 }, { "protocol_unreachable", 3, 2 },
	{ "port_unreachable", 3, 3 }, { "frag_needed", 3, 4 }, { "source_route_failed", 3, 5 },
	{ "net_unknown", 3, 6 }, { "host_unknown", 3, 7 }, { "source_host_isolated", 3, 8 },
	{ "net_prohibited", 3, 9 }, { "host_prohibited", 3, 10 }, { "net_unreachable_for_tos", 3, 11 },
	{ "host_unreachable_for_tos", 3, 12 }, { "admin_prohibited", 3, 13 }, { "precedence_violation", 3, 14 },
	{ "ttl", 11, 0 }, { "reassembly", 11, 1 }, { "for_net", 5, 0 }, { "for_host", 5, 1 },
};
static bool parse_icmp_word(struct parser *p, struct pkt *k)
{
	static const struct field_name names[] = {
		{ "id", offsetof(struct pkt, icmp_id) }, { "seq", offsetof(struct pkt, icmp_seq) }, FIELD(mtu),
		FIELD(gateway), FIELD(pointer), FIELD(type), FIELD(code), { "quote", offsetof(struct pkt, quote_len) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(icmp_codes); i++)
		if (k->type.set && k->type.v == icmp_codes[i].type && accept(p, icmp_codes[i].name)) {
			set(&k->code, icmp_codes[i].code);
			return true;
		}
	if (accept(p, "[")) {
		k->has_quote = true;
		k->quote = parse_range(p);
		need(p, "]");
		return true;
	}
	return parse_payload(p, k) || parse_field(p, k, names, ARRAY_SIZE(names));
}
static void parse_icmp(struct parser *p, struct pkt *k)
{
	k->kind = PKT_ICMP;
	for (size_t i = 0; i < ARRAY_SIZE(icmp_types); i++)
		if (accept(p, icmp_types[i].name)) {
			set(&k->type, icmp_types[i].type);
			break;
		}
	while (parse_icmp_word(p, k))
		;
}

static void parse_address(struct parser *p, struct num *n)
{
	if (p->t->kind != TOK_ADDR)
		syntax_error(p, "an address");
	set(n, p->t++->number);
}
/* arp who-has A tell B | arp A is-at MAC | and any field by its name in RFC 826's order */
static void parse_arp(struct parser *p, struct pkt *k)
{
	static const struct field_name names[] = {
		FIELD(op), FIELD(htype), FIELD(ptype), FIELD(hlen), FIELD(plen), FIELD(spa), FIELD(tpa),
	};

	k->kind = PKT_ARP;
	if (accept(p, "who")) {
		need(p, "-");
		need(p, "has");
		set(&k->op, 1);
		parse_address(p, &k->tpa);
		need(p, "tell");
		parse_address(p, &k->spa);
	} else if (p->t->kind == TOK_ADDR) {
		set(&k->op, 2);
		parse_address(p, &k->spa);
		need(p, "is");
		need(p, "-");
		need(p, "at");
		k->has_sha = true;
		parse_mac(p, k->sha);
	}
	for (;;) {
		if (accept(p, "sha")) {
			k->has_sha = true;
			parse_mac(p, k->sha);
		} else if (accept(p, "tha")) {
			k->has_tha = true;
			parse_mac(p, k->tha);
		} else if (!parse_field(p, k, names, ARRAY_SIZE(names)) && !parse_payload(p, k))
			return;
	}
}

struct pkt *pkt_parse_packet(struct parser *p)
{
	struct pkt *k = pkt_alloc(sizeof(*k));

	k->line = p->t->line;
	k->out = at(p, ">");
	p->t++;
	if (accept(p, "["))
		while (!accept(p, "]")) {
			parse_attribute(p, k);
			accept(p, ",");
		}
	if (accept(p, "udp"))
		parse_udp(p, k);
	else if (accept(p, "icmp"))
		parse_icmp(p, k);
	else if (accept(p, "arp"))
		parse_arp(p, k);
	else if (accept(p, "ip"))
		parse_ip(p, k);
	else if (accept(p, "raw")) {
		k->kind = PKT_RAW;
		k->len = parse_hex(p, &k->bytes);
	} else if (accept(p, "frame")) {
		k->kind = PKT_FRAME;
		k->len = parse_hex(p, &k->bytes);
	} else
		parse_tcp(p, k);
	while (parse_payload(p, k))
		;
	return k;
}
