/* net/tcp/tcp_rcvbuf.c - buffers and the windows that follow from them
 *
 * What:   what window to announce (with silly-window avoidance, RFC 9293 3.8.6.2.2), how much of a buffer is payload,
 *         and how both buffers grow with the connection: the receiver's with what the program takes in a round trip
 *         (dynamic right-sizing, Fisk and Feng 2001), the sender's with the congestion window.
 * Called: input and output; the socket is owned.
 */
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_rcv_space_adjust);

#define WINDOW_WITHOUT_CLAMP (65535u << TCP_MAX_WSCALE)

/* For a SYN or SYN-ACK. space: payload bytes of the buffer; mss: what windows are multiples of; *clamp: in 0 for none,
 * out the largest window of this connection. *rcv_wnd is not scaled yet. */
void tcp_select_initial_window(const struct sock *sk, u32 space, u32 mss, struct tcp_initial_window *w, bool wscale_ok)
{
	u32 clamp = w->clamp ? w->clamp : WINDOW_WITHOUT_CLAMP;

	space = min(space, clamp);
	if (space > mss)
		space -= space % mss;
	w->rcv_wnd = tcp_sysctl(sk)->workaround_signed_windows ? min(space, TCP_MAX_WINDOW) : space;
	if (w->segs)
		w->rcv_wnd = min(w->rcv_wnd, w->segs * mss);
	w->wscale = 0;
	if (wscale_ok) {
		space = max(space, (u32)tcp_sysctl(sk)->rmem[2]);
		space = min(max(space, (u32)sk->sk_net->core->rmem_max), clamp);
		w->wscale = (u8)min(max(ilog2(space), 15u) - 15u, (u32)TCP_MAX_WSCALE);
	}
	w->clamp = min(65535u << w->wscale, clamp);
	w->rcv_wnd = min(w->rcv_wnd, w->clamp);
}
/* A program that chose its buffer chose its window. */
u32 tcp_clamp_for_buffer(const struct sock *sk)
{
	u32 clamp = tcp_sk(sk)->window_clamp, full = tcp_full_space(sk);

	return (sk->sk_userlocks & SOCK_RCVBUF_LOCK) && (!clamp || clamp > full) ? full : clamp;
}

/* --- the window of a segment --- */

/* By whole segments, unless half of the buffer opened up: what is not scaled is announced exactly. */
static noinline u32 unscaled_window(const struct tcp_sock *tp, s64 space, s64 mss, s64 full)
{
	s64 window = tp->rcv_wnd;

	if (window <= space - mss || window > space)
		window = space - space % mss;
	else if (mss == full && space > window + full / 2)
		window = space;
	return (u32)window;
}
/* The window that the buffer allows; the caller keeps it from shrinking. */
/* The window may go back where the buffer does (RFC 7323 2.4): what the memory has room for, in steps of the scale. */
static bool may_shrink(const struct tcp_sock *tp)
{
	return tcp_sysctl(&tp->inet.sk)->shrink_window && tp->rx_opt.rcv_wscale;
}
static u32 shrinking_window(struct tcp_sock *tp, u32 space, u32 mss, u32 full, u32 allowed)
{
	u32 scale = 1u << tp->rx_opt.rcv_wscale;

	space -= space % scale;
	if (space < full / 2) {
		tp->ack.quick = 0;
		if (tcp_under_memory_pressure(tcp_sock_sk(tp)))
			tcp_adjust_rcv_ssthresh(tp);
		if (space < allowed / 16 || space < mss || space < scale)
			return 0;
	}
	return space > tp->rcv_ssthresh ? ALIGN_UP(tp->rcv_ssthresh, scale) : space;
}
/* From the room in the buffer to a multiple of what the window field counts in. */
static u32 window_of(const struct tcp_sock *tp, u32 space, u32 mss, u32 full)
{
	space = min(space, tp->rcv_ssthresh);
	if (likely(tp->rx_opt.rcv_wscale))
		return ALIGN_UP(space, 1u << tp->rx_opt.rcv_wscale);
	return unscaled_window(tp, space, mss, full);
}
/* Less than half of the buffer is free, or the window may shrink. */
static noinline u32 scarce_window(struct tcp_sock *tp, u32 space, u32 mss, u32 full)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 allowed = tcp_full_space(sk);

	if (!mss)
		return 0;
	if (may_shrink(tp))
		return shrinking_window(tp, space, mss, full, allowed);
	tp->ack.quick = 0;
	if (tcp_under_memory_pressure(sk))
		tcp_adjust_rcv_ssthresh(tp);
	space -= space % (1u << tp->rx_opt.rcv_wscale);
	if (space < allowed / 16 || space < mss)
		return 0;
	return window_of(tp, space, mss, full);
}
u32 __tcp_select_window(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 full = min(tp->window_clamp, (u32)tcp_full_space(sk)), space = tcp_space(sk);
	u32 mss = min((u32)tp->ack.rcv_mss, full);

	if (unlikely(!mss || space < full / 2 || may_shrink(tp)))
		return scarce_window(tp, space, mss, full);
	return window_of(tp, space, mss, full);
}
/* What the segment says, and what the peer may then send; the right edge never moves back (RFC 9293 3.8.6), unless
 * tcp_shrink_window lets it. */
u16 tcp_select_window(struct tcp_sock *tp)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	u32 old = tp->rcv_wnd, have = tcp_receive_window(tp), wnd, scale = tp->rx_opt.rcv_wscale;

	tp->rcv_wup = tp->rcv_nxt;
	if (unlikely(tp->ack.pending & TCP_ACK_NOMEM)) { /* what came could not be kept, nor could more */
		tp->pred_flags = 0;
		tp->rcv_wnd = 0;
		return 0;
	}
	wnd = __tcp_select_window(tp);
	if (wnd < have && likely(!may_shrink(tp))) {
		if (!wnd)
			NET_INC_STATS(net, TCPEXT_TCPWANTZEROWINDOWADV);
		wnd = ALIGN_UP(have, 1u << scale);
	}
	tp->rcv_wnd = wnd;
	wnd = min(wnd, !scale && tcp_sysctl(tcp_sock_sk(tp))->workaround_signed_windows ? TCP_MAX_WINDOW :
										      65535u << scale) >> scale;
	if (!wnd) {
		tcp_fast_path_off(tp);
		if (old)
			NET_INC_STATS(net, TCPEXT_TCPTOZEROWINDOWADV);
	} else if (!old) {
		NET_INC_STATS(net, TCPEXT_TCPFROMZEROWINDOWADV);
	}
	return (u16)wnd;
}

/* --- the announced window grows while segments are mostly payload --- */

/* Would such segments fit the largest buffer, with our window at its present share of it? */
static u32 growth_for_small(const struct tcp_sock *tp, const struct sk_buff *skb, u32 skb_truesize)
{
	const struct sock *sk = &tp->inet.sk;
	u32 truesize = tcp_win_from_space(sk, (int)skb_truesize) / 2;
	u32 window = tcp_win_from_space(sk, tcp_sysctl(sk)->rmem[2]) / 2;

	for (; tp->rcv_ssthresh <= window; truesize /= 2, window /= 2)
		if (truesize <= skb->len)
			return 2u * tp->ack.rcv_mss;
	return 0;
}
/* adjust: the head of an skb that keeps its payload in pages is not counted, for merging frees it. */
void tcp_grow_window(struct tcp_sock *tp, const struct sk_buff *skb, bool adjust)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 most = min(tp->window_clamp, tcp_space(sk)), truesize = skb->truesize, more;

	if (tp->rcv_ssthresh >= most)
		return;
	if (tcp_under_memory_pressure(sk)) {
		tcp_adjust_rcv_ssthresh(tp);
		return;
	}
	if (adjust && !skb_headlen(skb) && truesize >= skb->len + SKB_TRUESIZE(skb->end))
		truesize -= (u32)SKB_TRUESIZE(skb->end);
	more = tcp_win_from_space(sk, (int)truesize) <= skb->len ? 2u * tp->advmss :
								     growth_for_small(tp, skb, truesize);
	if (!more)
		return;
	tp->rcv_ssthresh += min(most - tp->rcv_ssthresh, max(more, 2u * skb->len));
	tp->ack.quick |= 1;
}
/* Memory is short: four segments are enough. */
void tcp_adjust_rcv_ssthresh(struct tcp_sock *tp) { tp->rcv_ssthresh = min(tp->rcv_ssthresh, 4u * tp->advmss); }

/* 0 or -EINVAL. */
int tcp_set_window_clamp(struct tcp_sock *tp, int v)
{
	u32 was = tp->window_clamp;

	if (!v) {
		if (tcp_sock_sk(tp)->sk_state != TCP_CLOSE)
			return -EINVAL;
		tp->window_clamp = 0;
		return 0;
	}
	tp->window_clamp = max((u32)v, (u32)SOCK_MIN_RCVBUF / 2);
	if (tp->window_clamp < was)
		tp->rcv_ssthresh = min(tp->rcv_ssthresh, tp->window_clamp);
	else if (tp->window_clamp > was)
		tp->rcv_ssthresh = max(min(tp->rcv_wnd, tp->window_clamp), tp->rcv_ssthresh);
	return 0;
}
/* How much of what the peer's segments cost is payload; as the peer's segments get larger, so does our window. */
void tcp_scaling_ratio_learn(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u64 ratio = ((u64)skb->len << TCP_RMEM_TO_WIN_SCALE) / skb->truesize;

	ratio = clamp(ratio, (u64)1, (u64)U8_MAX);
	if (ratio == tp->scaling_ratio)
		return;
	tp->scaling_ratio = (u8)ratio;
	tcp_set_window_clamp(tp, (int)tcp_full_space(tcp_sock_sk(tp)));
	tp->rcvq_space.space = min(tp->rcvq_space.space, tp->window_clamp);
}

/* --- at the start of data --- */

void tcp_init_buffer_space(struct tcp_sock *tp)
{
	u32 most = tcp_full_space(tcp_sock_sk(tp)), app_win = (u32)tcp_sysctl(tcp_sock_sk(tp))->app_win;

	if (!(tcp_sock_sk(tp)->sk_userlocks & SOCK_SNDBUF_LOCK))
		tcp_sndbuf_expand(tp);
	tp->rcvq_space.time_ns = tp->now_ns;
	tp->rcvq_space.seq = tp->copied_seq;
	if (tp->window_clamp >= most) {
		tp->window_clamp = most;
		if (app_win && most > 4u * tp->advmss)
			tp->window_clamp = max(most - (most >> app_win), 4u * tp->advmss);
	}
	/* One segment's worth stays in hand. */
	if (app_win && tp->window_clamp > 2u * tp->advmss && tp->window_clamp + tp->advmss > most)
		tp->window_clamp = max(2u * tp->advmss, most - tp->advmss);
	tp->rcv_ssthresh = min(tp->rcv_ssthresh, tp->window_clamp);
	tp->rcvq_space.space = min(min(tp->rcv_ssthresh, tp->rcv_wnd), TCP_INIT_CWND * tp->advmss);
}
/* Room for twice the congestion window, so that there is always something to send while the ACKs are under way. Each
 * segment is counted as if it had an skb of its own. */
void tcp_sndbuf_expand(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 segment = (u32)roundup_pow_of_two(max((u32)tp->rx_opt.mss_clamp, (u32)tp->mss_cache) + TCP_MAX_HEADER +
					      SKB_SHINFO_SIZE) + SKB_STRUCT_SIZE;
	u64 windows = tp->ca_ops->sndbuf_expand ? tp->ca_ops->sndbuf_expand(tp) : 2;
	u64 want = windows * segment * max(tp->snd_cwnd, TCP_INIT_CWND);

	if ((u64)sk->sk_sndbuf < want)
		WRITE_ONCE(sk->sk_sndbuf, (int)min(want, (u64)tcp_sysctl(sk)->wmem[2]));
}
/* The writer waits: only where memory allows, and not while the network is what holds it up. */
bool tcp_should_expand_sndbuf(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;

	return !(sk->sk_userlocks & SOCK_SNDBUF_LOCK) && !tcp_under_memory_pressure(sk) && tcp_mem_is_low(sk) &&
	       tcp_packets_in_flight(tp) < tp->snd_cwnd;
}

/* --- dynamic right-sizing --- */

/* Timed by a window of data, the least counts: a program that reads slowly makes samples longer. Timed by timestamps,
 * the average does. */
static void take_rcv_rtt(struct tcp_sock *tp, u32 sample_us, bool by_window)
{
	u32 was8 = tp->rcv_rtt_est.rtt_us8;

	sample_us = min(max(sample_us, 1u), (u32)TCP_RTO_MAX_US);
	if (!was8)
		tp->rcv_rtt_est.rtt_us8 = sample_us << 3;
	else if (by_window)
		tp->rcv_rtt_est.rtt_us8 = min(was8, sample_us << 3);
	else
		tp->rcv_rtt_est.rtt_us8 = was8 + sample_us - (was8 >> 3);
}
/* One window's worth of data takes one round trip: an estimate for those who only receive. */
void tcp_rcv_rtt_measure(struct tcp_sock *tp)
{
	if (tp->rcv_rtt_est.time_ns && seq_before(tp->rcv_nxt, tp->rcv_rtt_est.seq))
		return;
	if (tp->rcv_rtt_est.time_ns)
		take_rcv_rtt(tp, (u32)min((tp->now_ns - tp->rcv_rtt_est.time_ns) / NSEC_PER_USEC, TCP_RTO_MAX_US),
			     true);
	tp->rcv_rtt_est.seq = tp->rcv_nxt + tp->rcv_wnd;
	tp->rcv_rtt_est.time_ns = tp->now_ns;
}
/* The peer returned our clock with a full segment: that took one round trip. */
void tcp_rcv_rtt_measure_ts(struct tcp_sock *tp, const struct tcp_skb_cb *cb)
{
	u32 ms;

	if (!tp->rx_opt.saw_tstamp || !tp->rx_opt.rcv_tsecr || tp->rx_opt.rcv_tsecr == tp->rcv_rtt_est.last_tsecr)
		return;
	tp->rcv_rtt_est.last_tsecr = tp->rx_opt.rcv_tsecr;
	if (cb->end_seq - cb->seq < tp->ack.rcv_mss)
		return;
	ms = tcp_time_stamp(tp) - tp->rx_opt.rcv_tsecr;
	if (ms < TCP_RTO_MAX_US / USEC_PER_MSEC)
		take_rcv_rtt(tp, max(ms, 1u) * (u32)USEC_PER_MSEC, false);
}
/* The program took more in this round trip than in any before: room for what slow start may send in the next (twice as
 * much, and as much again as it grew), and for some losses. */
static void grow_rcvbuf(struct tcp_sock *tp, u32 copied)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 window = 2ull * copied + 16ull * tp->advmss, space;

	if (!tcp_sysctl(sk)->moderate_rcvbuf || (sk->sk_userlocks & SOCK_RCVBUF_LOCK))
		return;
	window += 2 * (window * (copied - tp->rcvq_space.space) / max(tp->rcvq_space.space, 1u));
	space = min((window << TCP_RMEM_TO_WIN_SCALE) / tp->scaling_ratio, (u64)tcp_sysctl(sk)->rmem[2]);
	if (space <= (u64)sk->sk_rcvbuf)
		return;
	WRITE_ONCE(sk->sk_rcvbuf, (int)space);
	tp->window_clamp = tcp_win_from_space(sk, (int)space);
}
void tcp_rcv_space_adjust(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 rtt_ns = (u64)(tp->rcv_rtt_est.rtt_us8 >> 3) * NSEC_PER_USEC;
	u32 copied = tp->copied_seq - tp->rcvq_space.seq;

	TRACE(tcp_rcv_space_adjust, TCP_TRACE_ENDS " sock_cookie=%llx", TCP_TRACE_ENDS_OF(sk),
	      (unsigned long long)sock_gen_cookie(sk));
	if (!rtt_ns || tp->now_ns - tp->rcvq_space.time_ns < rtt_ns)
		return;
	if (copied > tp->rcvq_space.space) {
		grow_rcvbuf(tp, copied);
		tp->rcvq_space.space = copied;
	}
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time_ns = tp->now_ns;
}

/* SO_RCVLOWAT: the buffer must be able to hold what the reader waits for, and who waits may have enough already. */
int tcp_set_rcvlowat(struct sock *sk, int val)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool chosen = sk->sk_userlocks & SOCK_RCVBUF_LOCK;
	int most = (chosen ? sk->sk_rcvbuf : tcp_sysctl(sk)->rmem[2]) / 2;
	u64 space;

	WRITE_ONCE(sk->sk_rcvlowat, max(min(val, most), 1));
	tcp_data_ready(sk);
	if (chosen)
		return 0;
	space = ((u64)sk->sk_rcvlowat << TCP_RMEM_TO_WIN_SCALE) / tp->scaling_ratio;
	if (space <= (u64)sk->sk_rcvbuf)
		return 0;
	WRITE_ONCE(sk->sk_rcvbuf, (int)min(space, (u64)INT_MAX));
	if (tp->window_clamp && tp->window_clamp < (u32)sk->sk_rcvlowat)
		tp->window_clamp = (u32)sk->sk_rcvlowat;
	return 0;
}
/* Wakes the reader when there is what it asked for (SO_RCVLOWAT), or the buffer is so full that no more would come. */
bool tcp_stream_is_readable(const struct tcp_sock *tp, u32 target)
{
	const struct sock *sk = &tp->inet.sk;
	u32 avail = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	if (!avail)
		return false;
	return avail >= target || tcp_rmem_pressure(sk) || tcp_receive_window(tp) <= tp->ack.rcv_mss;
}
void tcp_data_ready(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sock_flag(sk, SOCK_DEAD))
		return;
	if (tcp_stream_is_readable(tp, (u32)sk->sk_rcvlowat) || sock_flag(sk, SOCK_DONE) || tp->peer_fin)
		sk->sk_data_ready(sk);
}
