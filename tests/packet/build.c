/* tests/packet/build.c - a packet of the script becomes a frame, right in every field that the script leaves out
 *
 * Called: run.c, for packets that the peer sends.
 */
#include "lib/string.h"
#include "net/core/skbuff.h"
#include "tests/packet/engine.h"
#include <linux/icmp.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

static u64 given(const struct num *n, u64 otherwise) { return n->set ? n->v : otherwise; }
static void put16(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 8);
	p[1] = (u8)v;
}
static void put32(u8 *p, u32 v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static void put_payload(const struct pkt *k, u8 *p, u64 offset)
{
	for (u32 i = 0; i < k->len; i++)
		p[i] = k->bytes ? k->bytes[i] : pattern((k->data.set ? k->data.v : offset) + i);
}

/* --- TCP --- */

/* How long an option is on the wire. Those written by "opt" bring their own length byte. */
static u32 option_size(const struct tcp_opt *o)
{
	switch (o->kind) {
	case OPT_MSS: return o->n ? 1u + o->n : 4;
	case OPT_WSCALE: return o->n ? 1u + o->n : 3;
	case OPT_SACK_PERM: return o->n ? 1u + o->n : 2;
	case OPT_TIMESTAMP: return o->n ? 1u + o->n : 10;
	case OPT_SACK: return 2 + 8u * o->n;
	case OPT_FASTOPEN: return 2u + o->n;
	default: return 1u + o->n;
	}
}
static u32 put_option(u8 *p, const struct tcp_opt *o, const struct flow *f)
{
	u32 size = option_size(o);

	p[0] = o->kind;
	if (size > 1)
		p[1] = (u8)size;
	if (o->kind == OPT_FASTOPEN) {
		const u8 *cookie = o->cookie ? f->cookie : o->bytes;

		p[1] = (u8)(2 + (o->cookie ? f->cookie_len : o->n));
		memcpy(p + 2, cookie, p[1] - 2u);
		return p[1];
	}
	if (o->kind == OPT_SACK) {
		for (u32 i = 0; i < o->n; i++) {
			put32(p + 2 + 8 * i, o->sack[i].from + f->local_off);
			put32(p + 6 + 8 * i, o->sack[i].to + f->local_off);
		}
	} else if (o->n)
		memcpy(p + 1, o->bytes, o->n);
	else if (o->kind == OPT_MSS)
		put16(p + 2, o->a);
	else if (o->kind == OPT_WSCALE)
		p[2] = (u8)o->a;
	else if (o->kind == OPT_TIMESTAMP) {
		put32(p + 2, o->a);
		put32(p + 6, o->b && f->ts_known ? flow_ts_echo(f, o->b) : o->b);
	}
	return size;
}
/* Writes the header; its size with options, which are padded with zeros. */
static u32 put_tcp_header(const struct pkt *k, const struct pkt_range *r, u8 *p, const struct flow *f)
{
	u32 n = 20;

	put16(p, f->peer_port);
	put16(p + 2, f->local_port);
	put32(p + 4, r->seq + f->peer_off);
	put32(p + 8, k->ack.set ? (u32)k->ack.v + f->local_off : 0);
	p[13] = (u8)k->flags;
	put16(p + 14, (u32)given(&k->win, 65535));
	put16(p + 18, (u32)given(&k->urg, 0));
	for (u32 i = 0; i < k->nr_opts; i++)
		n += put_option(p + n, &k->opts[i], f);
	while (n % 4)
		p[n++] = 0;
	p[12] = (u8)(given(&k->doff, n / 4) << 4 | given(&k->reserved, 0) << 1 | k->flags >> 8);
	return n;
}
static u32 put_tcp(const struct pkt *k, u8 *p, struct flow *f)
{
	u32 n = put_tcp_header(k, &k->range, p, f);

	if ((k->flags & 0x12) == 2) /* a new SYN: what the stack answers begins anew */
		f->fresh = true;
	put_payload(k, p + n, k->range.seq + (k->flags >> 1 & 1) - 1);
	return n + k->len;
}

/* --- the others --- */

static u32 put_udp(const struct pkt *k, u8 *p, const struct flow *f)
{
	put16(p, f->peer_port);
	put16(p + 2, f->local_port);
	put16(p + 4, (u32)given(&k->udp_len, 8 + k->len));
	put_payload(k, p + 8, 0);
	return 8 + k->len;
}
/* The quote of an error: a segment of the stack's by its numbers, else the packet that it sent last. */
static u32 put_quote(const struct pkt *k, u8 *p, const struct flow *f)
{
	u32 n;

	if (!k->has_quote) {
		n = rig.last_out ? min(rig.last_out->len - 14, (u32)given(&k->quote_len, 28)) : 0;
		memcpy(p, rig.last_out ? rig.last_out->bytes + 14 : p, n);
		return n;
	}
	p[0] = 0x45;
	put16(p + 2, 40 + k->quote.len);
	p[6] = 0x40;
	p[8] = 64;
	p[9] = IPPROTO_TCP;
	put32(p + 12, f->local);
	put32(p + 16, f->peer);
	put16(p + 10, 0);
	*(__sum16 *)(p + 10) = ip_fast_csum(p, 5);
	put16(p + 20, f->local_port);
	put16(p + 22, f->peer_port);
	put32(p + 24, k->quote.seq + f->local_off);
	put32(p + 28, f->peer_off + 1);
	p[32] = 0x50;
	p[33] = 0x10;
	return (u32)given(&k->quote_len, 28);
}
static bool quotes(u64 type) { return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; }
static u32 put_icmp(const struct pkt *k, u8 *p, const struct flow *f)
{
	u64 type = given(&k->type, 0);
	u32 n = 8;

	p[0] = (u8)type;
	p[1] = (u8)given(&k->code, 0);
	put16(p + 4, (u32)given(&k->icmp_id, 0));
	put16(p + 6, (u32)(k->mtu.set ? k->mtu.v : given(&k->icmp_seq, 0)));
	if (k->gateway.set)
		put32(p + 4, (u32)k->gateway.v);
	if (k->pointer.set)
		p[4] = (u8)k->pointer.v;
	if (quotes(type) && !k->len && !k->bytes)
		n += put_quote(k, p + 8, f);
	put_payload(k, p + n, 0);
	return n + k->len;
}
static u32 put_arp(const struct pkt *k, u8 *p, const u8 *from)
{
	bool question = given(&k->op, 1) == 1;

	put16(p, (u32)given(&k->htype, 1));
	put16(p + 2, (u32)given(&k->ptype, ETH_P_IP));
	p[4] = (u8)given(&k->hlen, 6);
	p[5] = (u8)given(&k->plen, 4);
	put16(p + 6, (u32)given(&k->op, 1));
	memcpy(p + 8, k->has_sha ? k->sha : from, 6);
	put32(p + 14, (u32)given(&k->spa, 0x0a000002));
	if (k->has_tha)
		memcpy(p + 18, k->tha, 6);
	else if (!question)
		memcpy(p + 18, rig_mac(0), 6);
	put32(p + 24, (u32)given(&k->tpa, 0x0a000001));
	return k->len ? k->len : 28;
}

/* --- layers --- */

static void put_sum(const struct pkt *k, const u8 *ip, u8 *l4, u32 len)
{
	u8 proto = ip[9];
	u32 at = proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
	__sum16 *sum = (__sum16 *)(l4 + at);
	bool fragment = k->frag.set && (k->frag.v || (k->mf.set && k->mf.v));

	if (at + 2 > len || k->kind == PKT_IP || k->nosum || fragment)
		return;
	*sum = 0;
	if (proto == IPPROTO_ICMP)
		*sum = csum_fold(csum_partial(l4, len, 0));
	else
		*sum = csum_tcpudp_magic(*(const __be32 *)(ip + 12), *(const __be32 *)(ip + 16), len, proto,
					 csum_partial(l4, len, 0));
	if (proto == IPPROTO_UDP && !*sum)
		*sum = (__force __sum16)0xffff;
	if (k->badsum)
		*sum = (__force __sum16)((__force u16)*sum ^ 0x5555);
}
static u8 proto_of(const struct pkt *k)
{
	u8 p = k->kind == PKT_TCP ? IPPROTO_TCP : k->kind == PKT_UDP ? IPPROTO_UDP : IPPROTO_ICMP;

	return (u8)given(&k->proto, k->kind == PKT_IP ? 253 : p);
}
static void put_ip_header(const struct pkt *k, u8 *p, u32 hlen, u32 len, const struct flow *f)
{
	p[0] = (u8)(given(&k->version, 4) << 4 | given(&k->ihl, hlen / 4));
	p[1] = (u8)(given(&k->tos, 0) | given(&k->ecn, 0));
	put16(p + 2, (u32)given(&k->tot_len, hlen + len));
	put16(p + 4, (u32)given(&k->id, 0));
	put16(p + 6, (u32)(given(&k->frag, 0) / 8 | given(&k->mf, 0) << 13 | given(&k->df, 0) << 14));
	p[8] = (u8)given(&k->ttl, 64);
	p[9] = proto_of(k);
	put32(p + 12, f->peer);
	put32(p + 16, f->local);
	if (k->ip_options_len)
		memcpy(p + 20, k->ip_options, k->ip_options_len);
	put16(p + 10, 0);
	*(__sum16 *)(p + 10) = ip_fast_csum(p, hlen / 4);
	if (k->check.set)
		put16(p + 10, (u32)k->check.v);
}
static u32 put_ip(const struct pkt *k, u8 *p, struct flow *f)
{
	u32 hlen = 20 + ALIGN_UP(k->ip_options_len, 4u), len;
	u8 *l4 = p + hlen;

	if (k->kind == PKT_RAW) {
		memcpy(p, k->bytes, k->len);
		return k->len;
	}
	if (k->kind == PKT_TCP)
		len = put_tcp(k, l4, f);
	else if (k->kind == PKT_UDP)
		len = put_udp(k, l4, f);
	else if (k->kind == PKT_ICMP)
		len = put_icmp(k, l4, f);
	else {
		put_payload(k, l4, 0);
		len = k->len;
	}
	put_ip_header(k, p, hlen, len, f);
	put_sum(k, p, l4, len);
	return hlen + len;
}
static bool to_everyone(const struct pkt *k)
{
	return k->kind == PKT_ARP ? given(&k->op, 1) == 1 : k->dst.set && (u32)k->dst.v == 0xffffffff;
}
/* Frames are as short as they are: no padding unless asked for, as a virtual wire has none. */
u32 pkt_build(const struct pkt *k, u8 *frame, struct flow *f)
{
	static const u8 peer[6] = { 2, 0, 0, 0, 0, 0x99 };
	const u8 *from = k->has_from ? k->from : peer;
	u32 len;

	memset(frame, 0, 14 + 60 + 60);
	if (k->kind == PKT_FRAME) {
		memcpy(frame, k->bytes, k->len);
		return k->len;
	}
	if (k->has_ether)
		memcpy(frame, k->ether, 6);
	else if (to_everyone(k))
		memset(frame, 0xff, 6);
	else
		memcpy(frame, rig_mac(k->dev.set ? (u32)k->dev.v : 0), 6);
	memcpy(frame + 6, from, 6);
	put16(frame + 12, (u32)given(&k->ethertype, k->kind == PKT_ARP ? ETH_P_ARP : ETH_P_IP));
	len = 14 + (k->kind == PKT_ARP ? put_arp(k, frame + 14, from) : put_ip(k, frame + 14, f));
	for (u32 i = 0; i < given(&k->pad, 0); i++)
		frame[len++] = 0x5a;
	return len;
}
