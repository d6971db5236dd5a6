/* net/tcp/tcp_tso.c - how many segments go down the stack as one packet
 *
 * What:   an sk_buff in the write or retransmit queue holds up to size_goal bytes, many MSS. How large it may leave
 *         follows from the device, from the pace (a packet a millisecond at least), from the windows, and from whether
 *         waiting a little would make it larger.
 * Called: tcp_send.c as it fills, tcp_xmit.c before it sends; the socket is owned.
 * Locks:  the socket's.
 */
#include "net/tcp/tcp_internal.h"

#define PACING_SHIFT 10		/* of the pacing rate in bytes a second: about a millisecond's worth */
#define MAX_GSO_SIZE (GSO_LEGACY_MAX_SIZE - TCP_HEADROOM - 1)

/* --- counting --- */

/* How many segments of mss bytes skb is, before its first transmission: counted where it is not known yet, or known for
 * another MSS. */
u32 tcp_init_tso_segs(struct sk_buff *skb, u32 mss)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!cb->gso_segs || (cb->gso_segs > 1 ? cb->gso_size != mss : skb->len > mss))
		tcp_set_skb_segs(skb, mss);
	return cb->gso_segs;
}
/* --- sizes --- */

/* Bytes of payload that may go down as one packet: the device's limit, 0 where none may. */
static u32 gso_max_size(const struct tcp_sock *tp, u32 *max_segs)
{
	const struct dst_entry *dst = tp->inet.sk.sk_dst_cache;
	const struct net_device *dev = dst ? dst->dev : NULL;

	if (!dev || !(dev->features & (NETIF_F_TSO | NETIF_F_GSO)))
		return 0;
	*max_segs = dev->gso_max_segs;
	return min(dev->gso_max_size - TCP_HEADROOM - 1, MAX_GSO_SIZE);
}
/* What sendmsg() fills an sk_buff up to: whole segments, not more than half of the peer's largest window. */
u32 tcp_xmit_size_goal(struct tcp_sock *tp, u32 mss, bool large)
{
	u32 max_segs = 1, most = large ? gso_max_size(tp, &max_segs) : 0, goal = tp->size_goal_segs * mss;

	if (!most)
		return mss;
	most = tcp_bound_to_half_wnd(tp, most);
	if (most < goal || most >= goal + mss) { /* seldom: the division is kept */
		tp->size_goal_segs = (u16)min(most / mss, max_segs);
		goal = tp->size_goal_segs * mss;
	}
	return max(goal, mss);
}
/* How many segments may leave as one packet now: a millisecond at the pace of the connection, more where the round
 * trip is short (there bursts hurt nobody), at least what congestion control wants. */
u32 tcp_tso_segs(const struct tcp_sock *tp, u32 mss)
{
	const struct tcp_sysctls *s = tcp_sysctl(&tp->inet.sk);
	u32 least = tp->ca_ops->min_tso_segs ? tp->ca_ops->min_tso_segs((struct tcp_sock *)tp)
					      : (u32)s->min_tso_segs,
	    max_segs = 1;
	u32 most = gso_max_size(tp, &max_segs), shift = s->tso_rtt_log ? tp->rtt_min_us >> s->tso_rtt_log : 32;
	u64 bytes = tp->inet.sk.sk_pacing_rate >> PACING_SHIFT;

	if (!most)
		return 1;
	if (shift < 32)
		bytes += most >> shift;
	return min(max((u32)min(bytes, (u64)most) / mss, least), max_segs);
}
/* Bytes of skb, which is several segments, that the limits let leave as one packet: whole segments, unless the rest of
 * skb may leave with them by Nagle's rule. */
u32 tcp_mss_split_point(const struct tcp_sock *tp, const struct sk_buff *skb, u32 mss, u32 max_segs, int nonagle)
{
	u32 window = tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq, most = mss * max_segs, needed, partial;

	if (most <= window && skb != skb_peek_tail(&tp->inet.sk.sk_write_queue))
		return most;
	needed = min(skb->len, window);
	if (most <= needed)
		return most;
	partial = needed % mss;
	return partial && !tcp_nagle_allows_small(tp, nonagle) ? needed - partial : needed;
}

/* --- waiting for more --- */

/* True when skb had better wait for the next ACK, which will let more of it go at once. Then *cwnd_limited is set when
 * it is the congestion window that it waits for. */
bool tcp_tso_should_defer(const struct tcp_sock *tp, const struct sk_buff *skb, u32 max_segs, bool *cwnd_limited)
{
	const struct sk_buff *head = tcp_rtx_first(tp);
	u32 send_win = tcp_wnd_end(tp) - TCP_SKB_CB(skb)->seq;
	u32 divisor = (u32)tcp_sysctl(&tp->inet.sk)->tso_win_divisor; /* a packet of that part is large enough */
	u32 cong_win = (tp->snd_cwnd - tcp_packets_in_flight(tp)) * tp->mss_cache, limit = min(send_win, cong_win);

	if (tp->ca_state >= TCP_CA_Recovery || tp->now_ns - tp->lsndtime_ns > NSEC_PER_MSEC)
		return false;
	if (limit >= max_segs * tp->mss_cache)
		return false;
	if (skb != skb_peek_tail(&tp->inet.sk.sk_write_queue) && limit >= skb->len)
		return false;
	if (limit >= (divisor ? min(tp->snd_wnd, tp->snd_cwnd * tp->mss_cache) / divisor : 3u * tp->mss_cache))
		return false;
	/* An ACK that is more than half a round trip away is too far. */
	if (!head || tp->now_ns - TCP_SKB_CB(head)->sent_ns < (u64)(tp->srtt_us >> 4) * NSEC_PER_USEC)
		return false;
	if (limit <= skb->len) {
		*cwnd_limited |= cong_win < send_win;
		return true;
	}
	return !(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN); /* it is the program that it waits for */
}
