/* tests/unit/net/core/gro_frames.h - TCP segments in frames, as GRO's tests put them into a poll */
#pragma once
#include "tests/host/world.h"
#include "tests/unit/test.h"
#include <linux/tcp.h>

struct frame { u32 len; u8 bytes[1600]; };
struct seg { /* what one frame says */
	u32 seq, ack, len;
	u16 sport, id, win;
	u8 flags, ttl, tos, options; /* options: bytes, filled with tsval */
	bool no_df, bad_csum, bad_ip_csum, pad, empty;
	u8 tsval, src;
};
/* What is not said: port 1000, window 500, TTL 64, ACK, 100 bytes. */
static inline struct seg whole(struct seg s)
{
	s.sport = s.sport ? s.sport : 1000;
	s.win = s.win ? s.win : 500;
	s.ttl = s.ttl ? s.ttl : 64;
	s.flags = s.flags ? s.flags : 0x10;
	s.len = s.empty ? 0 : s.len ? s.len : 100;
	return s;
}
#define SEG(...) whole((struct seg){ __VA_ARGS__ })

static inline u32 build(const struct seg *s, u8 *f)
{
	struct iphdr *ip = (struct iphdr *)(f + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);
	u32 thlen = 20u + s->options;

	memset(f, 0, 54);
	memcpy(f, "\2\0\0\0\0\1\2\0\0\0\0\x99\x8\0", 14);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = s->ttl, .tos = s->tos, .protocol = IPPROTO_TCP,
			      .id = htons(s->id), .frag_off = s->no_df ? 0 : htons(0x4000),
			      .saddr = htonl(0x0a000063u + s->src), .daddr = HOST_A,
			      .tot_len = htons((u16)(20 + thlen + s->len)) };
	ip->check = ip_fast_csum(ip, 5);
	if (s->bad_ip_csum)
		ip->check ^= 1;
	th->source = htons(s->sport);
	th->dest = htons(80);
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	th->doff = (u8)(thlen / 4);
	((u8 *)th)[13] = s->flags;
	th->window = htons(s->win);
	memset(th + 1, s->tsval + 1, s->options);
	for (u32 i = 0; i < s->len; i++)
		((u8 *)th)[thlen + i] = (u8)((s->seq + i) * 7);
	th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, thlen + s->len, IPPROTO_TCP,
				      csum_partial(th, thlen + s->len, 0));
	if (s->bad_csum)
		th->check ^= 1;
	if (s->pad)
		memset((u8 *)th + thlen + s->len, 0, 10);
	return 34 + thlen + s->len + (s->pad ? 10 : 0);
}

/* Of a frame that was changed. */
static inline void set_sums(struct frame *f)
{
	struct iphdr *ip = (struct iphdr *)(f->bytes + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);

	ip->check = th->check = 0;
	ip->check = ip_fast_csum(ip, 5);
	th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, f->len - 34, IPPROTO_TCP, csum_partial(th, f->len - 34, 0));
}

/* Everything between goes through one poll. */
static inline void burst_start(void) { local_bh_disable(); }
static inline void burst_end(void)
{
	local_bh_enable();
	host_settle();
}
