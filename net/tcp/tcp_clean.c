/* net/tcp/tcp_clean.c - what a cumulative ACK takes off the retransmit queue, and what that tells
 *
 * Called: tcp_ack.c; the socket is owned.
 * Calls:  tcp_rtt.c, tcp_rate.c, tcp_rack.c, tcp_reordering.c.
 */
#include "net/tcp/tcp_internal.h"
#include <linux/time.h>
#include <linux/errqueue.h>

/* Segments of skb that snd_una has passed; where it is not the whole, they are cut off. 0: none, or no memory. */
static u32 segs_acked(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 segs = cb->gso_segs;

	if (!seq_after(cb->end_seq, tp->snd_una))
		return segs;
	if (segs == 1 || !seq_after(tp->snd_una, cb->seq) || tcp_trim_head(tp, skb, tp->snd_una - cb->seq))
		return 0;
	return segs - cb->gso_segs;
}
/* The ACK at hand answers what left before this retransmission: it was sent in vain. */
static bool spurious_retrans(const struct tcp_sock *tp, const struct tcp_skb_cb *cb)
{
	return (cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS)) && tcp_tsecr_before(tp, cb->sent_ns);
}
static void note_original(const struct tcp_sock *tp, const struct tcp_skb_cb *cb, u32 seq, u32 *reord,
			  struct tcp_ack_state *a)
{
	a->last_acked_ns = cb->sent_ns;
	if (!a->first_acked_ns)
		a->first_acked_ns = cb->sent_ns;
	if (seq_before(seq, *reord))
		*reord = seq;
	if (!seq_after(cb->end_seq, tp->high_seq))
		a->flags |= FLAG_ORIG_SACK_ACKED;
}
/* segs segments of skb, which began at seq, leave the accounts. */
static void account(struct tcp_sock *tp, struct sk_buff *skb, u32 seq, u32 segs, u32 *reord, struct tcp_ack_state *a)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS))
		a->flags |= FLAG_RETRANS_DATA_ACKED;
	else if (!(cb->sacked & TCPCB_SACKED))
		note_original(tp, cb, seq, reord, a);
	if (cb->sacked & TCPCB_RETRANS)
		tp->retrans_out -= segs;
	if (cb->sacked & TCPCB_SACKED) {
		tp->sacked_out -= segs;
	} else if (tcp_is_sack(tp)) {
		tcp_count_delivered(tp, segs, a->flags & FLAG_ECE);
		if (!spurious_retrans(tp, cb))
			tcp_rack_advance(tp, cb);
	}
	if (cb->sacked & TCPCB_LOST)
		tp->lost_out -= segs;
	tp->packets_out -= segs;
	a->pkts_acked += segs;
	tcp_rate_skb_delivered(tp, skb, &a->rs);
	if (cb->tcp_flags & TCPHDR_SYN) {
		a->flags |= FLAG_SYN_ACKED;
		tp->retrans_stamp_ns = 0;
	} else {
		a->flags |= FLAG_DATA_ACKED;
	}
}
/* SO_TIMESTAMPING: is the byte that was asked about acknowledged now? */
static void tell_acked(struct tcp_sock *tp, struct sk_buff *skb, u32 prior_una)
{
	u32 key;

	if (likely(!TCP_SKB_CB(skb)->txstamp_ack))
		return;
	key = skb_shinfo(skb)->tskey;
	if (!seq_before(key, prior_una) && seq_before(key, tp->snd_una))
		__skb_tstamp_tx(skb, tcp_sock_sk(tp), SCM_TSTAMP_ACK);
}
/* Returns the lowest sequence that was sent once and not SACKed before. */
static u32 take_acked(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	u32 reord = tp->snd_nxt, segs;
	struct sk_buff *skb;

	while ((skb = tcp_rtx_head(tp))) {
		u32 seq = TCP_SKB_CB(skb)->seq;

		tell_acked(tp, skb, a->prior_una);
		segs = segs_acked(tp, skb);
		if (!segs)
			break;
		account(tp, skb, seq, segs, &reord, a);
		if (seq_after(TCP_SKB_CB(skb)->end_seq, tp->snd_una))
			break;
		tcp_rtx_unlink_and_free(tp, skb);
	}
	if (skb && (TCP_SKB_CB(skb)->sacked & TCPCB_SACKED))
		a->flags |= FLAG_SACK_RENEGING;
	return reord;
}
/* A small lone segment, with nothing else to report: its ACK may have waited for a second segment. */
static bool maybe_delayed(const struct tcp_sock *tp, const struct tcp_ack_state *a, u32 prior_sacked)
{
	return a->first_acked_ns && a->pkts_acked == 1 && !prior_sacked && tp->snd_una - a->prior_una < tp->mss_cache &&
	       a->rs.prior_delivered + 1 == tp->delivered &&
	       !(a->flags & (FLAG_CA_ALERT | FLAG_SYN_ACKED | FLAG_RETRANS_DATA_ACKED));
}
/* Only once the timer's own segment has had its time: else SACKs could put the time-out off for ever. */
static bool sacked_after_head(const struct tcp_sock *tp, const struct tcp_ack_state *a)
{
	const struct sk_buff *head = tcp_rtx_head(tp);

	return head && a->first_sacked_ns && a->first_sacked_ns < TCP_SKB_CB(head)->sent_ns;
}
static void progress(struct tcp_sock *tp, u32 reord, struct tcp_ack_state *a)
{
	a->flags |= FLAG_SET_XMIT_TIMER;
	if (unlikely(tp->mtup.probe_size))
		tcp_mtup_acked(tp);
	if (tcp_is_reno(tp)) {
		tcp_remove_reno_sacks(tp, a->pkts_acked, a->flags & FLAG_ECE);
		if (a->flags & FLAG_RETRANS_DATA_ACKED) /* nothing tells which copy it was */
			a->flags &= ~FLAG_ORIG_SACK_ACKED;
	} else if (seq_before(reord, a->prior_fack)) {
		tcp_check_sack_reordering(tp, reord, false); /* a hole was filled without a retransmission */
	}
}
void tcp_clean_rtx_queue(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	u32 prior_sacked = tp->sacked_out, reord = take_acked(tp, a);
	bool sampled;

	if (maybe_delayed(tp, a, prior_sacked))
		a->flags |= FLAG_ACK_MAYBE_DELAYED;
	sampled = tcp_ack_update_rtt(tp, a);
	if (a->flags & FLAG_ACKED)
		progress(tp, reord, a);
	else if (sampled && sacked_after_head(tp, a))
		a->flags |= FLAG_SET_XMIT_TIMER;
	if (tp->ca_ops->pkts_acked)
		tp->ca_ops->pkts_acked(tp, &(struct ack_sample){ a->pkts_acked, (s32)a->rs.rtt_us,
								 a->rs.prior_in_flight });
}
