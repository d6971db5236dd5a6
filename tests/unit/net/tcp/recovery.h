/* tests/unit/net/tcp/recovery.h - what the tests of loss recovery share: a flight of segments, ten milliseconds away */
#pragma once
#include "tests/unit/net/tcp/bench.h"

static u32 seg_size = 1460;	/* 1448 with timestamps */
#define SEG seg_size
#define AT(n) (1 + (n) * SEG)	/* the first byte of segment n */
#define BLOCK(a, b) { AT(a), AT(b) } /* segments a to b - 1 */
#define NOW_MS ((u32)(ktime_get_ns() / NSEC_PER_MSEC))

static inline struct tcp_sock *tp_of(struct tcp_bench *b) { return tcp_sk(b->s->sk); }
static inline u64 mib_of(struct tcp_bench *b, enum net_mib_item i) { return net_mib_sum(b->net, i); }
#define MIB(b, item) mib_of(b, MIB_TCPEXT_##item)

struct bench_counts { u32 packets, sacked, lost, retrans; };
static inline void count_tree(const struct rb_root_cached *tree, bool sacked, struct bench_counts *c)
{
	u32 end = 0;

	for (struct rb_node *n = rb_first_cached(tree); n; n = rb_next(n)) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(rb_to_skb(n));

		EXPECT_EQ(!!(cb->sacked & TCPCB_SACKED), sacked);
		EXPECT_TRUE(n == rb_first_cached(tree) || !seq_before(cb->seq, end));
		end = cb->end_seq;
		c->packets += cb->gso_segs;
		c->sacked += cb->sacked & TCPCB_SACKED ? cb->gso_segs : 0;
		c->lost += cb->sacked & TCPCB_LOST ? cb->gso_segs : 0;
		c->retrans += cb->sacked & TCPCB_RETRANS ? cb->gso_segs : 0;
	}
}
/* The accounts say what the queues hold. Without SACK sacked_out is an estimate. */
static inline void check_accounts(struct tcp_sock *tp)
{
	struct bench_counts c = { 0 };

	count_tree(&tp->rtx_queue, false, &c);
	count_tree(&tp->sacked_queue, true, &c);
	EXPECT_EQ(tp->packets_out, c.packets);
	EXPECT_EQ(tp->lost_out, c.lost);
	EXPECT_EQ(tp->retrans_out, c.retrans);
	if (tcp_is_sack(tp))
		EXPECT_EQ(tp->sacked_out, c.sacked);
	EXPECT_GE(tp->packets_out, tcp_left_out(tp));
}

/* n segments are on their way; ten milliseconds pass, the round trip of the handshake. */
static inline void write_flight(struct tcp_bench *b, u32 first, u32 n)
{
	EXPECT_EQ(bench_write(b, n * SEG), n * SEG);
	for (u32 i = first; i < first + n; i++)
		expect_sent(b, .flags = ACK, .seq = AT(i), .len = SEG);
	host_pass(MS(10));
}
static inline struct tcp_bench flight(u32 n)
{
	struct tcp_bench b = bench_sack(0);

	write_flight(&b, 0, n);
	return b;
}
