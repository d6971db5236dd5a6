/* net/tcp/tcp_xmit.c - which segments may go now
 *
 * What:   the sender's three limits (congestion window, peer's window, Nagle).
 * Called: the program's side, and input as ACKs open the windows; the socket is owned.
 * Calls:  tcp_tso.c for how many segments leave as one packet, tcp_mtu_probe.c for whether a longer one is tried.
 */
#include "net/tcp/tcp_internal.h"

/* --- the limits --- */

/* Segments that the congestion window still takes. */
static u32 cwnd_room(const struct tcp_sock *tp)
{
	u32 in_flight = tcp_packets_in_flight(tp);

	/* Not more than half a window at once, so that the ACKs for it do not come at once either. */
	return in_flight >= tp->snd_cwnd ? 0 : min(tp->snd_cwnd - in_flight, max(tp->snd_cwnd >> 1, 1u));
}
static bool fits_window(const struct tcp_sock *tp, const struct sk_buff *skb, u32 mss)
{
	u32 end = TCP_SKB_CB(skb)->end_seq;

	if (skb->len > mss)
		end = TCP_SKB_CB(skb)->seq + mss;
	return !seq_after(end, tcp_wnd_end(tp));
}
/* RFC 1122 4.2.3.4 with Minshall's change: a small segment waits only for an unacknowledged small one. */
bool tcp_nagle_allows_small(const struct tcp_sock *tp, int nonagle)
{
	bool small_out = seq_after(tp->snd_sml, tp->snd_una) && !seq_after(tp->snd_sml, tp->snd_nxt);

	return !(nonagle & TCP_NAGLE_CORK) && (nonagle || !tp->packets_out || !small_out);
}
static bool nagle_allows(const struct tcp_sock *tp, const struct sk_buff *skb, u32 mss, int nonagle)
{
	if (nonagle & TCP_NAGLE_PUSH)
		return true;
	if ((TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN) || (tp->urg_mode && tp->snd_una != tp->snd_up))
		return true;
	return skb->len >= mss || tcp_nagle_allows_small(tp, nonagle);
}

bool tcp_event_new_data_sent(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 prior = tp->packets_out;

	WRITE_ONCE(tp->snd_nxt, TCP_SKB_CB(skb)->end_seq);
	__skb_unlink(skb, &sk->sk_write_queue);
	tcp_rtx_insert(tp, skb);
	tp->packets_out += TCP_SKB_CB(skb)->gso_segs;
	NET_ADD_STATS(sk->sk_net, TCPEXT_TCPORIGDATASENT, TCP_SKB_CB(skb)->gso_segs);
	return !prior || tp->write_event == TCP_TIME_LOSS_PROBE;
}

/* Bytes of skb that may leave now as one packet, 0: none. *cwnd_limited is set when the congestion window says so. */
static u32 may_send(struct tcp_sock *tp, struct sk_buff *skb, u32 mss, int nonagle, int push_one, bool *cwnd_limited)
{
	u32 room = cwnd_room(tp), segs = tcp_init_tso_segs(skb, mss), max_segs;
	bool last = skb == skb_peek_tail(&tcp_sock_sk(tp)->sk_write_queue);

	if (!room && push_one != 2) {
		*cwnd_limited = true;
		return 0;
	}
	if (push_one == 2)
		mss = min(mss, tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq);
	if (!fits_window(tp, skb, mss)) {
		tcp_chrono_start(tp, TCP_CHRONO_RWND_LIMITED);
		return 0;
	}
	if (unlikely(tp->chrono.type == TCP_CHRONO_RWND_LIMITED))
		tcp_chrono_stop(tp, TCP_CHRONO_RWND_LIMITED);
	/* Only the last may be small: what stands before others is whole by itself. */
	if (segs == 1 || push_one == 2)
		return nagle_allows(tp, skb, mss, last ? nonagle : TCP_NAGLE_PUSH) ? mss : 0;
	if (unlikely(tp->urg_mode))
		return mss;
	max_segs = tcp_tso_segs(tp, mss);
	if (!push_one && tcp_tso_should_defer(tp, skb, max_segs, cwnd_limited))
		return 0;
	return tcp_mss_split_point(tp, skb, mss, min(room, max_segs), nonagle);
}

/* push_one 1: at most one packet; 2: one segment, even against the congestion window, and no more than the peer's
 * window takes of it. True when nothing is on its way and nothing could go: the window must be probed. */
bool tcp_write_xmit(struct tcp_sock *tp, u32 mss_now, int nonagle, int push_one)
{
	struct sock *sk = tcp_sock_sk(tp);
	bool cwnd_limited = false, rearm = false;
	struct sk_buff *skb;
	u32 sent = 0, limit;

	if (unlikely(!tp->packets_out && tp->now_ns - tp->lsndtime_ns > (u64)tp->rto_us * NSEC_PER_USEC))
		tcp_slow_start_after_idle(tp);
	if (unlikely(tp->mtup_enabled) && !push_one && !skb_queue_empty(&sk->sk_write_queue)) {
		int probe = tcp_mtu_probe(tp);

		if (!probe)
			return false;
		sent = probe > 0;
	}
	while ((skb = skb_peek(&sk->sk_write_queue))) {
		if (tcp_pacing_check(tp))
			break;
		limit = may_send(tp, skb, mss_now, nonagle, push_one, &cwnd_limited);
		if (!limit)
			break;
		if (skb->len > limit && tcp_fragment(tp, &sk->sk_write_queue, skb, limit, mss_now, GFP_ATOMIC))
			break;
		if (tcp_small_queue_check(tp, skb))
			break;
		if (tcp_transmit_skb(tp, skb, true))
			break;
		rearm |= tcp_event_new_data_sent(tp, skb);
		if (skb->len < TCP_SKB_CB(skb)->gso_segs * mss_now)
			tp->snd_sml = TCP_SKB_CB(skb)->end_seq;
		sent += TCP_SKB_CB(skb)->gso_segs;
		if (push_one)
			break;
	}
	if (sent && tcp_in_cwnd_reduction(tp))
		tp->prr_out += sent;
	/* The one timer serves both: a probe comes before the RTO, if one is to come. */
	if (!(sent && push_one != 2 && tcp_schedule_loss_probe(tp, false)) && rearm)
		tcp_rearm_rto(tp);
	cwnd_limited |= tcp_packets_in_flight(tp) >= tp->snd_cwnd;
	if (sent || cwnd_limited)
		tcp_cwnd_validate(tp, cwnd_limited);
	return !tp->packets_out && !skb_queue_empty(&sk->sk_write_queue);
}
void __tcp_push_pending_frames(struct tcp_sock *tp, u32 mss_now, int nonagle)
{
	if (tcp_sock_sk(tp)->sk_state == TCP_CLOSE)
		return;
	if (tcp_write_xmit(tp, mss_now, nonagle, 0))
		tcp_check_probe_timer(tp);
}
void tcp_push_one(struct tcp_sock *tp, u32 mss_now) { tcp_write_xmit(tp, mss_now, TCP_NAGLE_PUSH, 1); }
