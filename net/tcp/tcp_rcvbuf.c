/* net/tcp/tcp_rcvbuf.c - buffers and the windows that follow from them
 *
 * What:   what window to announce (with silly-window avoidance, RFC 9293 3.8.6.2.2), how buffers grow with the
 *         connection, and how the receiver learns the peer's segment size and the round trip.
 * Called: input and output; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

/* For a SYN or SYN-ACK: window (unscaled), its upper bound, and the scale that we will ask for. */
void tcp_select_initial_window(const struct sock *sk, u32 mss, u32 *rcv_wnd, u32 *clamp, bool wscale_ok, u8 *wscale)
{
	u32 space = tcp_full_space(sk), most = space;

	*wscale = 0;
	if (wscale_ok) {
		if (!(sk->sk_userlocks & SOCK_RCVBUF_LOCK))
			most = max(space, (u32)tcp_sysctl(sk)->rmem[2]);
		while (most > 65535u && *wscale < TCP_MAX_WSCALE) {
			most >>= 1;
			(*wscale)++;
		}
	}
	*clamp = wscale_ok ? 65535u << *wscale : 65535u;
	if (tcp_sk(sk)->window_clamp)
		*clamp = min(*clamp, tcp_sk(sk)->window_clamp);
	space = min(space, *clamp);
	if (space > mss)
		space -= space % mss;
	*rcv_wnd = min(space, 65535u);
}

/* The window that the buffer allows; the caller keeps it from shrinking. */
u32 __tcp_select_window(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 mss = tp->ack.rcv_mss, full = min(tp->window_clamp, tcp_full_space(sk)),
	    space = min(tcp_space(sk), tp->window_clamp);
	u32 window;

	mss = min(mss, full);
	if (!mss)
		return 0;
	if (space < full / 2) {
		tp->ack.quick = 0;
		if (space < full / 16 || space < mss)
			return 0;
	}
	space = min(space, tp->rcv_ssthresh);
	if (tp->rx_opt.rcv_wscale)
		return ALIGN_UP(space, 1u << tp->rx_opt.rcv_wscale);
	window = tp->rcv_wnd; /* by whole segments, unless half of the buffer opened up */
	if (window <= space - min(space, mss) || window > space)
		window = space - space % mss;
	else if (mss == full && space > window + full / 2)
		window = space;
	return window;
}

/* The announced window may grow with segments that are mostly payload. */
void tcp_grow_window(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 most = min(tp->window_clamp, tcp_space(sk));

	if (tp->rcv_ssthresh >= most)
		return;
	if (tcp_win_from_space(sk, (int)skb->truesize) <= skb->len)
		tp->rcv_ssthresh = min(tp->rcv_ssthresh + 2u * tp->advmss, tp->window_clamp);
	else
		tp->rcv_ssthresh = min(tp->rcv_ssthresh + skb->len, tp->window_clamp);
}
void tcp_init_buffer_space(struct tcp_sock *tp)
{
	if (!(tcp_sock_sk(tp)->sk_userlocks & SOCK_SNDBUF_LOCK))
		tcp_sndbuf_expand(tp);
	tp->rcvq_space.space = min(tp->rcv_wnd, TCP_INIT_CWND * tp->advmss);
	tp->rcvq_space.time_ns = tp->now_ns;
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcv_ssthresh = min(max(tp->rcv_ssthresh, 4u * tp->advmss), tp->window_clamp);
}

/* Room for twice the window, so that there is always something to send while the ACKs are under way. */
void tcp_sndbuf_expand(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 per_segment = SKB_TRUESIZE((u64)tp->mss_cache + TCP_HEADROOM);
	u64 want = 2 * per_segment * max(max(tp->snd_cwnd, TCP_INIT_CWND), 10u);

	if (sk->sk_userlocks & SOCK_SNDBUF_LOCK)
		return;
	if ((u64)sk->sk_sndbuf < want)
		WRITE_ONCE(sk->sk_sndbuf, (int)min(want, (u64)tcp_sysctl(sk)->wmem[2]));
}

/* One window's worth of data takes one round trip: an estimate for those who only receive. */
void tcp_rcv_rtt_measure(struct tcp_sock *tp)
{
	u32 rtt_us;

	if (tp->rcv_rtt_est.time_ns && seq_before(tp->rcv_nxt, tp->rcv_rtt_est.seq))
		return;
	if (tp->rcv_rtt_est.time_ns) {
		rtt_us = (u32)min((tp->now_ns - tp->rcv_rtt_est.time_ns) / NSEC_PER_USEC, (u64)TCP_RTO_MAX_US);
		tp->rcv_rtt_est.rtt_us =
			tp->rcv_rtt_est.rtt_us ? min(tp->rcv_rtt_est.rtt_us, max(rtt_us, 1u)) : max(rtt_us, 1u);
	}
	tp->rcv_rtt_est.seq = tp->rcv_nxt + tp->rcv_wnd;
	tp->rcv_rtt_est.time_ns = tp->now_ns;
}
/* The program took more in this round trip than in the last: room for twice that, and for what may come meanwhile. */
void tcp_rcv_space_adjust(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 rtt_ns = (u64)max(tp->rcv_rtt_est.rtt_us, tp->srtt_us >> 3) * NSEC_PER_USEC, want;
	u32 copied;

	if (!rtt_ns || tp->now_ns - tp->rcvq_space.time_ns < rtt_ns)
		return;
	copied = tp->copied_seq - tp->rcvq_space.seq;
	if (copied > tp->rcvq_space.space && tcp_sysctl(sk)->moderate_rcvbuf &&
	    !(sk->sk_userlocks & SOCK_RCVBUF_LOCK)) {
		want = min(4ull * copied + 32ull * tp->advmss, (u64)tcp_sysctl(sk)->rmem[2]);
		if (want > (u64)sk->sk_rcvbuf) {
			WRITE_ONCE(sk->sk_rcvbuf, (int)want);
			tp->window_clamp = max(tp->window_clamp, tcp_win_from_space(sk, (int)want));
			tp->window_clamp = min(tp->window_clamp, 65535u << tp->rx_opt.rcv_wscale);
		}
	}
	tp->rcvq_space.space = max(tp->rcvq_space.space, copied);
	tp->rcvq_space.seq = tp->copied_seq;
	tp->rcvq_space.time_ns = tp->now_ns;
}

/* The peer's segment size as we see it: decides when two segments deserve an ACK. */
static void measure_rcv_mss(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 len = skb_shinfo(skb)->gso_size ? skb_shinfo(skb)->gso_size : skb->len;

	if (len >= tp->ack.rcv_mss)
		tp->ack.rcv_mss = (u16)min(len, (u32)tp->advmss);
	else if (len == tp->ack.last_seg_size && len >= TCP_MSS_DEFAULT)
		tp->ack.rcv_mss = (u16)len;
	tp->ack.last_seg_size = len;
}
/* Data came: what the delayed ACK and the window learn from it. skb without its header. */
void tcp_event_data_recv(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 since_us = (u32)min((tp->now_ns - tp->ack.lrcvtime_ns) / NSEC_PER_USEC, (u64)U32_MAX);

	tp->ack.pending |= TCP_ACK_SCHED;
	measure_rcv_mss(tp, skb);
	if (!tp->ack.ato_us) { /* the first data: ACK quickly, the peer is in slow start */
		tp->ack.quick = (u8)clamp(tp->rcv_wnd / (2u * tp->ack.rcv_mss), 2u, TCP_MAX_QUICKACKS);
		tp->ack.ato_us = TCP_DELACK_MIN_US;
	} else if (since_us <= TCP_DELACK_MIN_US / 2) {
		tp->ack.ato_us = (tp->ack.ato_us >> 1) + TCP_DELACK_MIN_US / 2;
	} else if (since_us < tp->ack.ato_us) {
		tp->ack.ato_us = min((tp->ack.ato_us >> 1) + since_us, tp->rto_us);
	} else if (since_us > tp->rto_us) { /* a new train: the sender restarts slowly */
		tp->ack.quick = (u8)clamp(tp->rcv_wnd / (2u * tp->ack.rcv_mss), 2u, TCP_MAX_QUICKACKS);
	}
	tp->ack.lrcvtime_ns = tp->now_ns;
	if (skb->len >= 128)
		tcp_grow_window(tp, skb);
}

/* Wakes the reader when there is what it asked for (SO_RCVLOWAT), or the buffer is so full that no more would come. */
void tcp_data_ready(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sock_flag(sk, SOCK_DEAD))
		return;
	if (tp->rcv_nxt - tp->copied_seq < (u32)sk->sk_rcvlowat && !sock_flag(sk, SOCK_DONE) && !tp->peer_fin &&
	    atomic_read(&sk->sk_rmem_alloc) < sk->sk_rcvbuf / 2)
		return;
	sk->sk_data_ready(sk);
}
