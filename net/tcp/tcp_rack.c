/* net/tcp/tcp_rack.c - losses told by time (RACK, RFC 8985 6)
 *
 * What:   when a segment is known to have arrived, everything that left before it, and a little patience ago, is lost:
 *         first transmissions and retransmissions alike. The patience is the reordering window: none until the path has
 *         been seen to reorder and three segments are SACKed, else a quarter of the shortest round trip, more for each
 *         round trip in which D-SACKs show that it was too little.
 * Called: tcp_sacktag.c and tcp_clean.c as segments arrive, tcp_recovery.c once for each ACK, the reordering timer; the
 *         socket is owned.
 */
#include "net/tcp/tcp_internal.h"

#define REO_WND_STEPS_MAX 255
#define REO_WND_PERSIST 16	/* recoveries for which a widened window is kept */
#define TIMEOUT_MIN_US (2 * USEC_PER_MSEC)

static u32 reo_wnd_us(const struct tcp_sock *tp)
{
	if (!tp->reord_seen) {
		if (tp->ca_state >= TCP_CA_Recovery)
			return 0;
		if (tp->sacked_out >= tp->reordering &&
		    !(tcp_sysctl(&tp->inet.sk)->recovery & TCP_RACK_NO_DUPTHRESH))
			return 0;
	}
	return (u32)min((u64)(tcp_min_rtt(tp) >> 2) * tp->rack.reo_wnd_steps, (u64)tp->srtt_us >> 3);
}
s64 tcp_rack_skb_timeout_us(const struct tcp_sock *tp, const struct sk_buff *skb, u32 reo_wnd)
{
	return (s64)tp->rack.rtt_us + reo_wnd - (s64)((tp->now_ns - TCP_SKB_CB(skb)->sent_ns) / NSEC_PER_USEC);
}

/* The clock alone does not tell: retransmissions and new data may leave within one tick of it, in any order. */
static bool left_after(const struct tcp_departure *a, const struct tcp_departure *b)
{
	if (a->ns != b->ns)
		return a->ns > b->ns;
	return a->order != b->order ? (s16)(a->order - b->order) > 0 : seq_after(a->end_seq, b->end_seq);
}
static struct tcp_departure departure(const struct tcp_skb_cb *cb)
{
	return (struct tcp_departure){ cb->sent_ns, cb->end_seq, cb->tx.order };
}

/* Returns how long until the next one counts as lost, microseconds; 0: nothing to wait for. tsorted has the order of
 * transmission, so the walk ends at the first that left after the latest that is known to have arrived. */
static u32 detect_loss(struct tcp_sock *tp)
{
	struct tcp_skb_cb *cb, *n;
	u32 wnd = reo_wnd_us(tp);
	s64 wait = 0;

	list_for_each_entry_safe(cb, n, &tp->tsorted, by_time) {
		struct tcp_departure left = departure(cb);
		struct sk_buff *skb = tcp_cb_skb(cb);
		s64 rest;

		if (!left_after(&tp->rack.latest, &left))
			break;
		rest = tcp_rack_skb_timeout_us(tp, skb, wnd);
		if (rest <= 0)
			tcp_mark_skb_lost(tp, skb);
		else
			wait = max(wait, rest);
	}
	return (u32)wait;
}
bool tcp_rack_mark_lost(struct tcp_sock *tp)
{
	u32 wait_us;

	if (!tp->rack.advanced)
		return false;
	tp->rack.advanced = false;
	wait_us = detect_loss(tp);
	if (wait_us)
		tcp_reset_write_timer(tp, TCP_TIME_REO_TIMEOUT, min(wait_us + TIMEOUT_MIN_US, (u64)tp->rto_us));
	return wait_us;
}

void tcp_rack_advance(struct tcp_sock *tp, const struct tcp_skb_cb *cb)
{
	u32 rtt_us = (u32)((tp->now_ns - cb->sent_ns) / NSEC_PER_USEC);
	struct tcp_departure left = departure(cb);

	/* Faster than any round trip: it was the original, not the retransmission, whose time sent_ns is. */
	if (rtt_us < tcp_min_rtt(tp) && (cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS)))
		return;
	tp->rack.advanced = true;
	tp->rack.rtt_us = rtt_us;
	if (left_after(&left, &tp->rack.latest))
		tp->rack.latest = left;
}

/* The window has passed without word from those that it was kept open for. */
void tcp_rack_reo_timeout(struct tcp_sock *tp)
{
	u32 in_flight = tcp_packets_in_flight(tp), lost = tp->lost;

	detect_loss(tp);
	if (tcp_packets_in_flight(tp) != in_flight) {
		if (tp->ca_state != TCP_CA_Recovery) {
			tcp_enter_recovery(tp, false);
			if (!tp->ca_ops->cong_control)
				tcp_cwnd_reduction(tp, 1, tp->lost - lost, 0);
		}
		tcp_xmit_retransmit_queue(tp);
	}
	if (tp->write_event != TCP_TIME_RETRANS)
		tcp_rearm_rto(tp);
}

/* RFC 8985 6.2 step 4: a round trip with a D-SACK widens the window by one step; sixteen recoveries without one take
 * that back. */
void tcp_rack_update_reo_wnd(struct tcp_sock *tp, const struct rate_sample *rs)
{
	if ((tcp_sysctl(tcp_sock_sk(tp))->recovery & TCP_RACK_STATIC_REO_WND) || !rs->prior_delivered)
		return;
	if (seq_before(rs->prior_delivered, tp->rack.last_delivered))
		tp->rack.dsack_seen = false;
	if (tp->rack.dsack_seen) {
		tp->rack.reo_wnd_steps = (u8)min(REO_WND_STEPS_MAX, tp->rack.reo_wnd_steps + 1);
		tp->rack.dsack_seen = false;
		tp->rack.last_delivered = tp->delivered;
		tp->rack.reo_wnd_persist = REO_WND_PERSIST;
	} else if (!tp->rack.reo_wnd_persist) {
		tp->rack.reo_wnd_steps = 1;
	}
}

/* Without SACK: three duplicates, or a partial ACK in recovery, say that the first is lost (RFC 5681, 6582). Only one
 * segment of it, for no more is known. */
void tcp_newreno_mark_lost(struct tcp_sock *tp, bool una_advanced)
{
	struct sk_buff *skb = tcp_rtx_first(tp);
	bool dupacks = tp->ca_state < TCP_CA_Recovery && tp->sacked_out >= tp->reordering;
	u32 mss;

	if (!skb || (TCP_SKB_CB(skb)->sacked & TCPCB_LOST) ||
	    !(dupacks || (tp->ca_state == TCP_CA_Recovery && una_advanced)))
		return;
	mss = TCP_SKB_CB(skb)->gso_size;
	if (TCP_SKB_CB(skb)->gso_segs > 1 && skb->len > mss)
		tcp_fragment(tp, NULL, skb, mss, mss, GFP_ATOMIC);
	tcp_mark_skb_lost(tp, skb);
}
