/* tests/packet/match.c - is this frame what the script expects? Field by field, and what must hold for every frame
 *
 * What the script leaves out is not looked at, but for what no frame may get wrong: lengths, checksums, addresses of
 * the connection, link addresses, the payload, and that an ICMP error quotes a packet that was really received.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "net/core/skbuff.h"
#include "tests/packet/engine.h"
#include <linux/if_ether.h>
#include <linux/in.h>

static u32 get16(const u8 *p) { return (u32)p[0] << 8 | p[1]; }
static u32 get32(const u8 *p) { return get16(p) << 16 | get16(p + 2); }

void differs(struct difference *d, const char *field, const char *fmt, ...)
{
	va_list ap;

	d->n += (size_t)scnprintf(d->text + d->n, d->size - d->n, "        %-14s ", field);
	va_start(ap, fmt);
	vsnprintf(d->text + d->n, d->size - d->n, fmt, ap);
	va_end(ap);
	d->n += strlen(d->text + d->n);
	d->n += (size_t)scnprintf(d->text + d->n, d->size - d->n, "\n");
}
void compare(struct difference *d, const char *field, const struct num *want, u64 got)
{
	if (want->set && want->v != got)
		differs(d, field, "expected %llu, came %llu", want->v, got);
}
static void compare_addr(struct difference *d, const char *field, u32 want, u32 got)
{
	__be32 w = htonl(want), g = htonl(got);

	if (want != got)
		differs(d, field, "expected %pI4, came %pI4", &w, &g);
}
static void compare_mac(struct difference *d, const char *field, const u8 *want, const u8 *got)
{
	if (memcmp(want, got, 6))
		differs(d, field, "expected %pM, came %pM", want, got);
}

void match_payload(const struct pkt *k, const u8 *got, u32 len, u64 offset, struct difference *d)
{
	if (!k->any_len && k->len != len) {
		differs(d, "payload", "expected %u bytes, came %u", k->len, len);
		return;
	}
	if (!rig.payload && !k->bytes)
		return;
	for (u32 i = 0; i < len; i++) {
		u8 want = k->bytes ? k->bytes[i] : pattern((k->data.set ? k->data.v : offset) + i);

		if (got[i] == want)
			continue;
		differs(d, "payload", "byte %u: expected %02x, came %02x", i, want, got[i]);
		return;
	}
}

static void match_udp(const struct pkt *k, const u8 *l4, u32 len, struct difference *d)
{
	struct flow *f = flow_of(k);

	if (len < 8) {
		differs(d, "UDP header", "%u bytes are none", len);
		return;
	}
	if (!f->local_known && !k->to.set && get16(l4 + 2) == f->peer_port) {
		f->local_port = (u16)get16(l4); /* chosen by the stack */
		f->local_known = true;
	}
	compare(d, "source port", &(struct num){ true, f->local_port }, get16(l4));
	compare(d, "dest. port", &(struct num){ true, f->peer_port }, get16(l4 + 2));
	if (k->udp_len.set)
		compare(d, "length", &k->udp_len, get16(l4 + 4));
	else if (!k->mf.set)
		compare(d, "length", &(struct num){ true, len }, get16(l4 + 4));
	if (k->nosum && get16(l4 + 6))
		differs(d, "checksum", "expected none, came %04x", get16(l4 + 6));
	match_payload(k, l4 + 8, len - 8, 0, d);
}

static bool is_error(u8 type) { return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; }
/* RFC 1122 3.2.2: the IP header and at least 8 bytes of the packet that caused the error, as it came. Whoever forwards
 * has changed TTL and checksum before. */
static bool quotes_a_packet(const u8 *quote, u32 len)
{
	for (const struct frame *f = rig.injected; f; f = f->next) {
		const u8 *ip = f->bytes + 14;
		u32 n = min(len, f->len - 14);

		if (f->len < 34 || n < min(f->len - 14, 28u))
			continue;
		if (!memcmp(quote, ip, 8) && quote[9] == ip[9] && !memcmp(quote + 12, ip + 12, n - 12))
			return true;
	}
	return false;
}
static void match_icmp(const struct pkt *k, const u8 *l4, u32 len, struct difference *d)
{
	if (len < 8) {
		differs(d, "ICMP header", "%u bytes are none", len);
		return;
	}
	if (csum_fold(csum_partial(l4, len, 0)))
		differs(d, "ICMP checksum", "is wrong");
	compare(d, "type", &k->type, l4[0]);
	compare(d, "code", &k->code, l4[1]);
	compare(d, "id", &k->icmp_id, get16(l4 + 4));
	compare(d, "seq", &k->icmp_seq, get16(l4 + 6));
	compare(d, "mtu", &k->mtu, get16(l4 + 6));
	compare(d, "gateway", &k->gateway, get32(l4 + 4));
	compare(d, "pointer", &k->pointer, l4[4]);
	compare(d, "quote", &k->quote_len, len - 8);
	if (!is_error(l4[0]))
		match_payload(k, l4 + 8, len - 8, 0, d);
	else if (!quotes_a_packet(l4 + 8, len - 8))
		differs(d, "quote", "is of no packet that was received");
	if (is_error(l4[0]) && len > 576 - 20)
		differs(d, "quote", "makes the error longer than 576 bytes (RFC 1812 4.3.2.3)");
}

/* --- layers --- */

static void match_sum(const struct pkt *k, const u8 *ip, const u8 *l4, u32 len, struct difference *d)
{
	bool fragment = get16(ip + 6) & 0x3fff;

	if (fragment || (rig.features & NETIF_F_HW_CSUM && k->kind == PKT_IP))
		return;
	if (ip[9] == IPPROTO_UDP && !get16(l4 + 6))
		return;
	if (ip[9] != IPPROTO_TCP && ip[9] != IPPROTO_UDP)
		return;
	if (csum_tcpudp_magic(*(const __be32 *)(ip + 12), *(const __be32 *)(ip + 16), len, ip[9],
			      csum_partial(l4, len, 0)))
		differs(d, "checksum", "is wrong");
}
static void match_ip_fields(const struct pkt *k, const u8 *ip, struct difference *d)
{
	const struct flow *f = flow_of(k);
	u32 frag = get16(ip + 6);

	compare(d, "ttl", &k->ttl, ip[8]);
	compare(d, "tos", &k->tos, ip[1]);
	compare(d, "ecn", &k->ecn, ip[1] & 3);
	compare(d, "id", &k->id, get16(ip + 4));
	compare(d, "df", &k->df, frag >> 14 & 1);
	compare(d, "mf", &(struct num){ true, k->mf.set && k->mf.v }, frag >> 13 & 1);
	compare(d, "frag", &(struct num){ true, k->frag.set ? k->frag.v : 0 }, (frag & 0x1fff) * 8);
	compare(d, "ihl", &k->ihl, ip[0] & 15);
	compare(d, "len", &k->tot_len, get16(ip + 2));
	compare_addr(d, "source", f->local, get32(ip + 12));
	compare_addr(d, "destination", f->peer, get32(ip + 16));
	if (k->ip_options_len && ((ip[0] & 15) * 4u - 20 < k->ip_options_len ||
				  memcmp(ip + 20, k->ip_options, k->ip_options_len)))
		differs(d, "options", "are others");
}
static u8 proto_wanted(const struct pkt *k)
{
	if (k->proto.set)
		return (u8)k->proto.v;
	return k->kind == PKT_TCP ? IPPROTO_TCP : k->kind == PKT_UDP ? IPPROTO_UDP : IPPROTO_ICMP;
}
static void match_transport(const struct pkt *k, const u8 *ip, const u8 *l4, u32 len, struct difference *d)
{
	match_sum(k, ip, l4, len, d);
	if (k->kind == PKT_TCP)
		match_tcp(k, ip, l4, len, d);
	else if (k->kind == PKT_UDP)
		match_udp(k, l4, len, d);
	else if (k->kind == PKT_ICMP)
		match_icmp(k, l4, len, d);
	else
		match_payload(k, l4, len, 0, d);
}
static void match_ip(const struct pkt *k, const u8 *ip, u32 len, struct difference *d)
{
	u32 hlen = len < 20 ? 0 : (ip[0] & 15) * 4u, total = len < 20 ? 0 : get16(ip + 2);

	if (hlen < 20 || ip[0] >> 4 != 4 || total < hlen || total > len) {
		differs(d, "IPv4 header", "%u bytes, header %u, total %u", len, hlen, total);
		return;
	}
	if (ip_fast_csum(ip, hlen / 4))
		differs(d, "IP checksum", "is wrong");
	if ((k->kind != PKT_IP || k->proto.set) && ip[9] != proto_wanted(k)) {
		differs(d, "protocol", "expected %u, came %u", proto_wanted(k), ip[9]);
		return;
	}
	match_ip_fields(k, ip, d);
	match_transport(k, ip, ip + hlen, total - hlen, d);
}
static void match_arp(const struct pkt *k, const u8 *p, u32 len, struct difference *d)
{
	if (len < 28) {
		differs(d, "ARP", "%u bytes are none", len);
		return;
	}
	compare(d, "hardware type", &(struct num){ true, k->htype.set ? k->htype.v : 1 }, get16(p));
	compare(d, "protocol type", &(struct num){ true, k->ptype.set ? k->ptype.v : ETH_P_IP }, get16(p + 2));
	compare(d, "address sizes", &(struct num){ true, 0x604 }, get16(p + 4));
	compare(d, "operation", &k->op, get16(p + 6));
	if (k->has_sha)
		compare_mac(d, "sender link", k->sha, p + 8);
	if (k->has_tha)
		compare_mac(d, "target link", k->tha, p + 18);
	if (k->spa.set)
		compare_addr(d, "sender", (u32)k->spa.v, get32(p + 14));
	if (k->tpa.set)
		compare_addr(d, "target", (u32)k->tpa.v, get32(p + 24));
}
static void match_ether(const struct pkt *k, const struct frame *got, struct difference *d)
{
	static const u8 peer[6] = { 2, 0, 0, 0, 0, 0x99 };

	compare(d, "device", &(struct num){ true, k->dev.set ? k->dev.v : 0 }, got->dev);
	if (k->has_ether)
		compare_mac(d, "link dest.", k->ether, got->bytes);
	else if (k->kind != PKT_ARP && !(got->bytes[0] & 1))
		compare_mac(d, "link dest.", peer, got->bytes);
	compare_mac(d, "link source", rig_mac(got->dev), got->bytes + 6);
}
bool pkt_match(const struct pkt *k, const struct frame *got, char *diff, size_t size)
{
	struct difference d = { .text = diff, .size = size };
	u32 type = k->kind == PKT_ARP ? ETH_P_ARP : ETH_P_IP;

	diff[0] = 0;
	if (k->kind == PKT_FRAME || k->kind == PKT_RAW) {
		u32 skip = k->kind == PKT_RAW ? 14 : 0;

		if (got->len - skip != k->len || memcmp(got->bytes + skip, k->bytes, k->len))
			differs(&d, "bytes", "are others");
		return !d.n;
	}
	match_ether(k, got, &d);
	if (get16(got->bytes + 12) != type)
		differs(&d, "EtherType", "expected %04x, came %04x", type, get16(got->bytes + 12));
	else if (k->kind == PKT_ARP)
		match_arp(k, got->bytes + 14, got->len - 14, &d);
	else
		match_ip(k, got->bytes + 14, got->len - 14, &d);
	return !d.n;
}
