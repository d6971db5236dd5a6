/* tests/unit/net/tcp/bench.h - one connection of ours, and a peer that says exactly what the test wants
 *
 * Sequence numbers are relative: each side's SYN is 0, its first byte 1. The peer's window is not scaled and it offers
 * no options but the MSS, unless the bench asks.
 */
#pragma once
#include "net/tcp/tcp_internal.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"

struct tcp_bench {
	struct net *net;
	struct sim_nic *nic;
	struct socket *s, *listener;	/* s: the connection under test */
	u32 peer_isn, our_isn;
	u16 our_port, peer_port;
	struct sk_buff *last;		/* the segment that expect_sent() looked at last */
};
struct bench_segment {
	u8 flags;
	u32 seq, ack, len, win;		/* win 0: 65535 */
	u32 tsval, tsecr;		/* tsval 0: no timestamps */
	u16 urg;
	u8 tos;				/* of the IP header: ECN */
	u8 wscale;			/* SYN: 0 none, else the shift plus one */
	bool sack_ok, zero_window;
	struct tcp_sack_block sack[4];	/* of our bytes, relative; up to the first that is empty */
	const struct tcp_fastopen_cookie *tfo;
};

void bench_start(struct tcp_bench *b);
void bench_stop(struct tcp_bench *b);	/* closes what is open, lets all time-outs pass */
struct tcp_bench bench_established(void); /* by connect(); peer's MSS 1460, window 65535 */
struct tcp_bench bench_sack(u32 tsval);	  /* 10 ms away, with SACK, and timestamps where tsval is not 0 */
struct tcp_bench bench_accepted(void);	  /* by listen() and accept() */
#define SYN TCPHDR_SYN
#define ACK TCPHDR_ACK
#define FIN TCPHDR_FIN
#define RST TCPHDR_RST
#define PSH TCPHDR_PSH

void bench_peer_sends(struct tcp_bench *b, struct bench_segment s);
void bench_expect_sent(struct tcp_bench *b, struct bench_segment s, const char *file, int line);
void bench_expect_nothing(struct tcp_bench *b, const char *file, int line);
#define peer_sends(b, ...) bench_peer_sends(b, (struct bench_segment){ __VA_ARGS__ })
/* The next segment sent: flags (PSH ignored) and length must agree; seq and ack where they are given. */
#define expect_sent(b, ...) bench_expect_sent(b, (struct bench_segment){ __VA_ARGS__ }, __FILE__, __LINE__)
#define expect_nothing_sent(b) bench_expect_nothing(b, __FILE__, __LINE__)
#define expect_state(b, state) EXPECT_EQ((b)->s->sk->sk_state, state)
ssize_t bench_write(struct tcp_bench *b, size_t n);
/* The SACK blocks of the last segment: how many, and block i relative to the peer's first number. */
u32 bench_sacks(struct tcp_bench *b, struct tcp_sack_block out[4]);
struct tcp_options_received bench_options(struct tcp_bench *b); /* of the last segment */
#define MS(n) ((n) * NSEC_PER_MSEC)
