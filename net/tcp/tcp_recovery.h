/* net/tcp/tcp_recovery.h - what was acknowledged, what was lost, what goes again
 *
 * Locks: the caller owns the socket; nothing here sleeps.
 */
#pragma once
#include "net/tcp/tcp_sock.h"

struct tcp_out_options;

/* --- one ACK --- */

enum {
	FLAG_DATA = BIT(0),		/* it carried data */
	FLAG_WIN_UPDATE = BIT(1),	/* it changed the peer's window */
	FLAG_DATA_ACKED = BIT(2),	/* it acknowledged data */
	FLAG_RETRANS_DATA_ACKED = BIT(3), /* that had been sent twice, some of it */
	FLAG_SYN_ACKED = BIT(4),
	FLAG_DATA_SACKED = BIT(5),	/* a block told something new */
	FLAG_ECE = BIT(6),
	FLAG_LOST_RETRANS = BIT(7),	/* a retransmission was found lost */
	FLAG_ORIG_SACK_ACKED = BIT(8),	/* what was sent once, before the recovery began, has arrived */
	FLAG_SND_UNA_ADVANCED = BIT(9),
	FLAG_DSACKING_ACK = BIT(10),	/* it reported a duplicate */
	FLAG_SET_XMIT_TIMER = BIT(11),	/* the probe or retransmission timer starts anew */
	FLAG_SACK_RENEGING = BIT(12),	/* the peer SACKed what it does not acknowledge */
	FLAG_ACK_MAYBE_DELAYED = BIT(13), /* a lone segment: the peer may have waited for a second */
	FLAG_DSACK_TLP = BIT(14),	/* the duplicate was our loss probe */
};
#define FLAG_ACKED (FLAG_DATA_ACKED | FLAG_SYN_ACKED)
#define FLAG_NOT_DUP (FLAG_DATA | FLAG_WIN_UPDATE | FLAG_ACKED)
#define FLAG_CA_ALERT (FLAG_DATA_SACKED | FLAG_ECE | FLAG_DSACKING_ACK)
#define FLAG_FORWARD_PROGRESS (FLAG_ACKED | FLAG_DATA_SACKED)

enum tcp_rexmit { REXMIT_NONE, REXMIT_LOST, REXMIT_NEW };

/* What one ACK told, gathered as tcp_ack() goes through it; lives on its stack. */
struct tcp_ack_state {
	u32 flags;			/* FLAG_* */
	u32 ack;			/* its acknowledgement number */
	u32 prior_una;			/* snd_una before it */
	u32 prior_fack;			/* end of the highest SACKed segment before it */
	u32 prior_delivered, prior_lost; /* tp->delivered and tp->lost before it */
	u32 reord;			/* lowest sequence SACKed that came behind later ones; snd_nxt: none */
	u64 first_sacked_ns, last_sacked_ns; /* when the first and last newly SACKed, sent once, left; 0: none */
	u64 first_acked_ns, last_acked_ns; /* the same for those acknowledged */
	u32 pkts_acked;			/* segments acknowledged */
	enum tcp_rexmit rexmit;		/* what may be sent now */
	struct rate_sample rs;
};

/* 1: fine; 0: old; -1: it acknowledges what was never sent. tcp_ack.c */
int tcp_ack(struct tcp_sock *tp, struct tcp_segment *seg);
void tcp_count_delivered(struct tcp_sock *tp, u32 segs, bool ece);
/* Takes what snd_una has passed off the queue. tcp_clean.c */
void tcp_clean_rtx_queue(struct tcp_sock *tp, struct tcp_ack_state *a);

/* --- the accounts --- */

static inline bool tcp_is_sack(const struct tcp_sock *tp) { return tp->rx_opt.sack_ok; }
static inline bool tcp_is_reno(const struct tcp_sock *tp) { return !tcp_is_sack(tp); }
static inline u32 tcp_left_out(const struct tcp_sock *tp) { return tp->sacked_out + tp->lost_out; }
static inline u32 tcp_packets_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - tcp_left_out(tp) + tp->retrans_out;
}
static inline bool tcp_in_cwnd_reduction(const struct tcp_sock *tp)
{
	return (TCPF_CA_CWR | TCPF_CA_Recovery) & BIT(tp->ca_state);
}
/* True when the segment (sent_ns, end_seq) left after the other one. */
static inline bool tcp_sent_after(u64 sent_ns, u32 end_seq, u64 other_ns, u32 other_end_seq)
{
	return sent_ns > other_ns || (sent_ns == other_ns && seq_after(end_seq, other_end_seq));
}

/* --- tcp_recovery.c: the state machine --- */
/* num_dupack: how many duplicates this ACK stands for. */
void tcp_fastretrans_alert(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack);
void tcp_recovery_init(struct tcp_sock *tp);
void tcp_enter_recovery(struct tcp_sock *tp, bool ece);
void tcp_mark_skb_lost(struct tcp_sock *tp, struct sk_buff *skb);
bool tcp_any_retrans_done(const struct tcp_sock *tp);
void tcp_try_keep_open(struct tcp_sock *tp); /* Open, or Disorder while something is missing */
void tcp_try_to_open(struct tcp_sock *tp, u32 flags);
/* The MTU was too large: what does not fit goes again, cut, without a smaller window. */
void tcp_simple_retransmit(struct tcp_sock *tp);
/* What is marked lost goes again, without a smaller window: no congestion took it. */
void tcp_non_congestion_loss_retransmit(struct tcp_sock *tp);

/* --- tcp_loss.c --- */
void tcp_enter_loss(struct tcp_sock *tp); /* the retransmission timer ran out */
void tcp_process_loss(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack);

/* --- tcp_prr.c: the window while it shrinks (RFC 6937) --- */
void tcp_init_cwnd_reduction(struct tcp_sock *tp);
void tcp_cwnd_reduction(struct tcp_sock *tp, u32 delivered, u32 lost, u32 flags);
void tcp_end_cwnd_reduction(struct tcp_sock *tp);
void tcp_enter_cwr(struct tcp_sock *tp); /* congestion without a loss: ECE, or the local queue is full */

/* --- tcp_undo.c: it was a false alarm (RFC 3522, 4015, 3708) --- */
void tcp_init_undo(struct tcp_sock *tp);
bool tcp_try_undo_recovery(struct tcp_sock *tp); /* true: the state must be held on */
bool tcp_try_undo_dsack(struct tcp_sock *tp);
bool tcp_try_undo_loss(struct tcp_sock *tp, bool frto);
bool tcp_try_undo_partial(struct tcp_sock *tp, const struct tcp_ack_state *a); /* true: mark and send nothing more */

/* --- tcp_reordering.c --- */
/* low_seq came behind what is SACKed; by_ts: a timestamp told. */
void tcp_check_sack_reordering(struct tcp_sock *tp, u32 low_seq, bool by_ts);
void tcp_add_reno_sack(struct tcp_sock *tp, u32 num_dupack, bool ece);
bool tcp_limit_reno_sacked(struct tcp_sock *tp);
void tcp_remove_reno_sacks(struct tcp_sock *tp, u32 acked, bool ece);
static inline void tcp_reset_reno_sack(struct tcp_sock *tp) { tp->sacked_out = 0; }

/* --- tcp_rack.c (RFC 8985) --- */
void tcp_rack_advance(struct tcp_sock *tp, const struct tcp_skb_cb *cb); /* it has arrived */
bool tcp_rack_mark_lost(struct tcp_sock *tp); /* true: the reordering timer was set */
void tcp_rack_update_reo_wnd(struct tcp_sock *tp, const struct rate_sample *rs);
void tcp_rack_reo_timeout(struct tcp_sock *tp);
/* Until skb counts as lost, with that reordering window; not above 0: it does now. */
s64 tcp_rack_skb_timeout_us(const struct tcp_sock *tp, const struct sk_buff *skb, u32 reo_wnd_us);
void tcp_newreno_mark_lost(struct tcp_sock *tp, bool una_advanced);
enum { TCP_RACK_LOSS_DETECTION = 1, TCP_RACK_STATIC_REO_WND = 2, TCP_RACK_NO_DUPTHRESH = 4 }; /* sysctl tcp_recovery */
static inline bool tcp_is_rack(const struct tcp_sock *tp)
{
	return tcp_sysctl(&tp->inet.sk)->recovery & TCP_RACK_LOSS_DETECTION;
}

/* --- tcp_tlp.c (RFC 8985 7) --- */
bool tcp_schedule_loss_probe(struct tcp_sock *tp, bool advancing_rto); /* false: not this way, set the RTO */
void tcp_send_loss_probe(struct tcp_sock *tp);
void tcp_process_tlp_ack(struct tcp_sock *tp, u32 ack, u32 flags);

/* --- tcp_sacktag.c: the peer's SACK blocks (RFC 2018, 2883, 6675) --- */
#define TCPOPT_SACK 5
u32 tcp_parse_sack(const struct tcphdr *th, struct tcp_sack_block out[TCP_NUM_SACKS]); /* how many */
void tcp_sacktag_write_queue(struct tcp_sock *tp, const struct tcp_sack_block *wire, u32 n, struct tcp_ack_state *a);
/* skb was SACKed just now: it joins its neighbours where they are SACKed too, and may be freed. was_cut: it is a part
 * of what was one skb. tcp_sackmerge.c */
void tcp_sack_merge(struct tcp_sock *tp, struct sk_buff *skb, bool was_cut);
/* End of what is SACKed highest; snd_una where nothing is. */
static inline u32 tcp_highest_sack_seq(const struct tcp_sock *tp)
{
	return tp->sacked_out && tcp_is_sack(tp) ? tp->highest_sack : tp->snd_una;
}

/* --- tcp_retransmit.c --- */
/* Up to segs segments from skb's start. 0, -EAGAIN (beyond the window), -ENOMEM, route errors. The first also counts it
 * as a retransmission in flight. */
int tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb, u32 segs);
int __tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb, u32 segs);
void tcp_xmit_retransmit_queue(struct tcp_sock *tp);

/* --- tcp_rto.c --- */
void tcp_retransmit_timer(struct tcp_sock *tp);
void tcp_rearm_rto(struct tcp_sock *tp);
s64 tcp_rto_delta_us(const struct tcp_sock *tp);
void tcp_write_err(struct tcp_sock *tp); /* the connection has timed out */
u32 tcp_orphan_retries(struct tcp_sock *tp, bool alive);

/* --- tcp_rtt.c (RFC 6298) --- */
bool tcp_ack_update_rtt(struct tcp_sock *tp, struct tcp_ack_state *a); /* true: there was a sample */
void tcp_rtt_estimator(struct tcp_sock *tp, u32 rtt_us);
void tcp_init_rto(struct tcp_sock *tp);
void tcp_set_rto(struct tcp_sock *tp);
u32 tcp_rto_min_us(const struct tcp_sock *tp);
/* The shortest of the last tcp_min_rtt_wlen seconds; U32_MAX: no sample yet. */
static inline u32 tcp_min_rtt(const struct tcp_sock *tp) { return tp->rtt_min_us ? tp->rtt_min_us : U32_MAX; }
void tcp_synack_rtt_meas(struct tcp_sock *tp, u32 rtt_us); /* the handshake's sample */
/* The echoed timestamp of the ACK at hand is older than that time of ours. */
static inline bool tcp_tsecr_before(const struct tcp_sock *tp, u64 ns)
{
	return tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr &&
	       seq_before(tp->rx_opt.rcv_tsecr, (u32)(ns / NSEC_PER_MSEC) + tp->tsoffset);
}

/* --- tcp_sack.c: our own blocks --- */
void tcp_sack_new_ofo(struct tcp_sock *tp, u32 start, u32 end);
void tcp_sack_advance(struct tcp_sock *tp);
void tcp_dsack_set(struct tcp_sock *tp, u32 start, u32 end);
void tcp_dsack_extend(struct tcp_sock *tp, u32 start, u32 end);
u32 __tcp_sack_options_size(const struct tcp_sock *tp);
static inline u32 tcp_sack_options_size(const struct tcp_sock *tp)
{
	return likely(!tp->sack.n && !tp->sack.has_dup) ? 0 : __tcp_sack_options_size(tp);
}
void tcp_sack_options(struct tcp_sock *tp, struct tcp_out_options *o, u32 room);
static inline void tcp_sack_reset(struct tcp_sock *tp) { tp->sack.n = tp->sack.has_dup = 0; }
