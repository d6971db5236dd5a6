/* net/tcp/tcp_recovery.h - what was acknowledged, what was lost, what goes again
 *
 * Locks: the caller owns the socket; nothing here sleeps.
 */
#pragma once
#include "net/tcp/tcp_sock.h"

struct tcp_out_options;

/* --- tcp_ack.c, tcp_recovery.c, tcp_rtt.c, tcp_retransmit.c --- */
/* 1: fine; 0: old; -1: it acknowledges what was never sent. */
int tcp_ack(struct tcp_sock *tp, struct tcp_segment *seg);
void tcp_enter_loss(struct tcp_sock *tp);
/* acked: segments newly acknowledged; dupack: this ACK was a duplicate. */
void tcp_fastretrans_alert(struct tcp_sock *tp, u32 acked, bool dupack);
void tcp_xmit_retransmit_queue(struct tcp_sock *tp);
int tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb); /* 0, -EAGAIN (window), -ENOMEM, route errors */
void tcp_rtt_estimator(struct tcp_sock *tp, u32 rtt_us);
void tcp_set_rto(struct tcp_sock *tp);
static inline u32 tcp_packets_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - (tp->sacked_out + tp->lost_out) + tp->retrans_out;
}

/* --- tcp_sack.c --- */
void tcp_sack_new_ofo(struct tcp_sock *tp, u32 start, u32 end);
void tcp_sack_advance(struct tcp_sock *tp);
void tcp_dsack_set(struct tcp_sock *tp, u32 start, u32 end);
void tcp_dsack_extend(struct tcp_sock *tp, u32 start, u32 end);
u32 tcp_sack_options_size(const struct tcp_sock *tp);
void tcp_sack_options(struct tcp_sock *tp, struct tcp_out_options *o, u32 room);
static inline void tcp_sack_reset(struct tcp_sock *tp) { tp->sack.n = tp->sack.has_dup = 0; }
