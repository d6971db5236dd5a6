/* net/tcp/tcp_rate.c - how fast the network delivers (draft-cheng-iccrg-delivery-rate-estimation)
 *
 * What:   each segment remembers how much had been delivered when it left; its ACK then tells how much came in between,
 *         and in which time. The longer of the sending and the acknowledging interval counts, so that neither a burst
 *         of sending nor ACKs that arrive squeezed together make the path look faster than it is.
 * Called: tcp_output.c for each data segment that left, tcp_ack.c for each that arrived and once for each ACK,
 *         tcp_send.c before the program adds data. The socket is owned.
 */
#include "net/tcp/tcp_internal.h"

void tcp_rate_init(struct tcp_sock *tp)
{
	memset(&tp->rate, 0, sizeof(tp->rate));
	tp->rate.app_limited = U32_MAX; /* until the first ACK the pipe has a bubble */
	tp->rate.sample_app_limited = true;
	tp->lost = tp->delivered_ce = 0;
}

/* skb, in the retransmit queue or about to enter it, was sent; sent_ns is set, packets_out does not count it yet. */
void tcp_rate_skb_sent(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!tp->packets_out) /* an idle pipe: the clocks start with this segment */
		tp->rate.first_tx_ns = tp->rate.delivered_ns = cb->sent_ns;
	cb->tx.first_tx_ns = tp->rate.first_tx_ns;
	cb->tx.delivered_ns = tp->rate.delivered_ns;
	cb->tx.delivered = tp->delivered;
	cb->tx.app_limited = tp->rate.app_limited != 0;
}

/* skb is acknowledged or SACKed by the ACK at hand: the one that was sent last makes the sample. Once for each skb:
 * one that was SACKed before has nothing to say when it is acknowledged. */
void tcp_rate_skb_delivered(struct tcp_sock *tp, struct sk_buff *skb, struct rate_sample *rs)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!cb->tx.delivered_ns)
		return;
	if (!rs->prior_ns || tcp_sent_after(cb->sent_ns, cb->end_seq, tp->rate.first_tx_ns, rs->last_end_seq)) {
		rs->prior_delivered = cb->tx.delivered;
		rs->prior_ns = cb->tx.delivered_ns;
		rs->is_app_limited = cb->tx.app_limited;
		rs->is_retrans = (cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS)) != 0;
		rs->last_end_seq = cb->end_seq;
		tp->rate.first_tx_ns = cb->sent_ns; /* the next flight's sending interval begins here */
		rs->interval_us = (s64)((cb->sent_ns - cb->tx.first_tx_ns) / NSEC_PER_USEC);
	}
	cb->tx.delivered_ns = 0;
}

/* What TCP_INFO shows: the last sample that the network limited, or an application-limited one that is better. */
static void remember(struct tcp_sock *tp, const struct rate_sample *rs)
{
	bool better = (u64)rs->delivered * tp->rate.sample_interval_us >=
		      (u64)tp->rate.sample_delivered * (u64)rs->interval_us;

	if (rs->is_app_limited && !better)
		return;
	tp->rate.sample_delivered = (u32)rs->delivered;
	tp->rate.sample_interval_us = (u32)min(rs->interval_us, (s64)U32_MAX);
	tp->rate.sample_app_limited = rs->is_app_limited;
}

/* The end of an ACK's work, tp->delivered up to date: delivered and lost segments by this ACK alone. */
void tcp_rate_gen(struct tcp_sock *tp, u32 delivered, u32 lost, bool is_sack_reneg, struct rate_sample *rs)
{
	if (tp->rate.app_limited && (s32)(tp->delivered - tp->rate.app_limited) > 0)
		tp->rate.app_limited = 0; /* the bubble has passed */
	if (delivered)
		tp->rate.delivered_ns = tp->now_ns;
	rs->acked_sacked = delivered;
	rs->losses = lost;
	if (!rs->prior_ns || is_sack_reneg) {
		rs->delivered = -1;
		rs->interval_us = -1;
		return;
	}
	rs->delivered = (s32)(tp->delivered - rs->prior_delivered);
	rs->snd_interval_us = (u32)rs->interval_us;
	rs->rcv_interval_us = (u32)((tp->now_ns - rs->prior_ns) / NSEC_PER_USEC);
	rs->interval_us = max(rs->snd_interval_us, rs->rcv_interval_us);
	/* Shorter than any round trip: a retransmission whose original was acknowledged. It says nothing. */
	if (unlikely(rs->interval_us < (s64)tp->rtt_min_us)) {
		rs->interval_us = -1;
		return;
	}
	remember(tp, rs);
}

/* Before the program adds data: when all that it gave is sent and the window is not full, what is sampled until the
 * present flight has arrived tells how fast the program is, not the path. */
void tcp_rate_check_app_limited(struct tcp_sock *tp)
{
	u32 in_flight = tcp_packets_in_flight(tp);

	if (tp->write_seq - tp->snd_nxt < tp->mss_cache && in_flight < tp->snd_cwnd &&
	    sk_wmem_alloc_get(tcp_sock_sk(tp)) < (int)SKB_TRUESIZE(1) && tp->lost_out <= tp->retrans_out)
		tp->rate.app_limited = max(tp->delivered + in_flight, 1u);
}
