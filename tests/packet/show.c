/* tests/packet/show.c - a frame as a line of the script's notation, for the transcript */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/packet/engine.h"

static u32 get16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u32 get32(const u8 *p) { return get16(p) << 16 | get16(p + 2); }

struct text { char *buf; size_t size, n; };
static void add(struct text *t, const char *fmt, ...) __printf(2, 3);
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->buf + t->n, t->size - t->n, fmt, ap);
	va_end(ap);
	t->n += strlen(t->buf + t->n);
}

/* By the addresses on the wire: which connection of the script, or none. */
static const struct flow *flow_on_wire(const u8 *ip, const u8 *l4)
{
	for (const struct flow *f = rig.flows; f; f = f->next)
		if (f->peer == get32(ip + 16) && f->peer_port == get16(l4 + 2) &&
		    (!f->local_known || f->local_port == get16(l4)))
			return f;
	return NULL;
}
static void show_option(struct text *t, const u8 *p, u32 size, const struct flow *f)
{
	u32 off = f ? f->peer_off : 0;

	if (*p == OPT_NOP)
		add(t, "nop");
	else if (*p == OPT_EOL)
		add(t, "eol");
	else if (*p == OPT_MSS && size == 4)
		add(t, "mss %u", get16(p + 2));
	else if (*p == OPT_WSCALE && size == 3)
		add(t, "wscale %u", p[2]);
	else if (*p == OPT_SACK_PERM)
		add(t, "sackOK");
	else if (*p == OPT_TIMESTAMP && size == 10)
		add(t, "TS val %u ecr %u", get32(p + 2) - (f ? f->ts_off : 0), get32(p + 6));
	else if (*p == OPT_SACK) {
		add(t, "sack");
		for (u32 i = 2; i + 8 <= size; i += 8)
			add(t, " %u:%u", get32(p + i) - off, get32(p + i + 4) - off);
	} else {
		add(t, *p == OPT_FASTOPEN ? "FO " : "opt %u ", *p);
		for (u32 i = 2; i < size; i++)
			add(t, "%02x", p[i]);
	}
}
static void show_options(struct text *t, const u8 *p, const u8 *end, const struct flow *f)
{
	const char *sign = " <";

	while (p < end) {
		u32 size = *p <= OPT_NOP ? 1 : end - p < 2 ? 0 : p[1];

		if (!size || size > end - p)
			break;
		add(t, "%s", sign);
		show_option(t, p, size, f);
		sign = ",";
		p += size;
	}
	if (*sign == ',')
		add(t, ">");
}
static void show_tcp(struct text *t, const u8 *ip, const u8 *th, u32 len)
{
	static const char letters[] = "FSRP.UEWA";
	const struct flow *f = flow_on_wire(ip, th);
	u32 size = (th[12] >> 4) * 4u, seq = get32(th + 4) - (f ? f->local_off : 0);
	u32 flags = th[13] | (th[12] & 1u) << 8;

	if (size < 20 || size > len) {
		add(t, "TCP with a header of %u bytes", size);
		return;
	}
	if (f && f->peer_port != 5000)
		add(t, "[port %u] ", f->peer_port);
	if (!f)
		add(t, "%u > %u ", get16(th), get16(th + 2));
	if (f && !f->local_known && flags & 2)
		seq = 0;
	for (u32 i = 0; i < 9; i++)
		if (flags >> i & 1)
			add(t, "%c", letters[i]);
	add(t, "%s %u:%u(%u)", flags ? "" : "-", seq, seq + len - size, len - size);
	if (flags & 16)
		add(t, " ack %u", get32(th + 8) - (f ? f->peer_off : 0));
	add(t, " win %u", get16(th + 14));
	if (get16(th + 18))
		add(t, " urg %u", get16(th + 18));
	show_options(t, th + 20, th + size, f);
}
static void show_arp(struct text *t, const u8 *p, u32 len)
{
	if (len < 28)
		add(t, "arp of %u bytes", len);
	else if (get16(p + 6) == 1)
		add(t, "arp who-has %pI4 tell %pI4", p + 24, p + 14);
	else
		add(t, "arp %pI4 is-at %pM", p + 14, p + 8);
}
static void show_ip(struct text *t, const u8 *ip, u32 len)
{
	u32 hlen = (ip[0] & 15) * 4u, frag = get16(ip + 6), total = get16(ip + 2);
	const u8 *l4 = ip + hlen;

	if (len < 20 || hlen < 20 || total < hlen || total > len) {
		add(t, "IPv4 with a bad header");
		return;
	}
	if (ip[1] & 3)
		add(t, "[ecn %u] ", ip[1] & 3);
	if (frag & 0x3fff)
		add(t, "[frag %u%s] ", (frag & 0x1fff) * 8, frag & 0x2000 ? "+" : "");
	if (ip[9] == 6 && total >= hlen + 20 && !(frag & 0x1fff))
		show_tcp(t, ip, l4, total - hlen);
	else if (ip[9] == 17 && total >= hlen + 8 && !(frag & 0x1fff))
		add(t, "udp %u > %u (%u)", get16(l4), get16(l4 + 2), total - hlen - 8);
	else if (ip[9] == 1 && total >= hlen + 8 && !(frag & 0x1fff))
		add(t, "icmp type %u code %u id %u seq %u (%u)", l4[0], l4[1], get16(l4 + 4), get16(l4 + 6),
		    total - hlen - 8);
	else
		add(t, "ip proto %u (%u)", ip[9], total - hlen);
	add(t, "  # %pI4 > %pI4", ip + 12, ip + 16);
}
void pkt_show(const u8 *frame, u32 len, char *buf, size_t size)
{
	struct text t = { buf, size, 0 };

	buf[0] = 0;
	if (get16(frame + 12) == 0x806)
		show_arp(&t, frame + 14, len - 14);
	else if (get16(frame + 12) == 0x800 && len >= 34)
		show_ip(&t, frame + 14, len - 14);
	else
		add(&t, "frame of type %04x, %u bytes", get16(frame + 12), len);
}
