/* net/tcp/tcp_delack.c - now or later: when a received segment is acknowledged
 *
 * What:   the peer's segment size as we see it; the delayed ACK's time-out, which follows the rhythm of arriving data;
 *         quick-ACK mode (each segment at once, while the peer's window is small) and its opposite, interactive mode
 *         (the ACK waits for a reply to ride on); ACKs about a hole, of which a burst becomes few.
 * Called: tcp_input.c and tcp_fastpath.c for arriving data, tcp_output.c for each ACK that leaves, tcp_recv.c; timers.
 * Locks:  the caller owns the socket.
 * Source: RFC 1122 4.2.3.2, RFC 5681 4.2; the numbers are Linux's, for programs and tests know them.
 */
#include "net/tcp/tcp_internal.h"

#define FLAGS_WITHOUT_PSH (TCP_FLAG_URG | TCP_FLAG_RST | TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_PSH)

/* --- the two modes --- */

bool tcp_in_pingpong_mode(const struct tcp_sock *tp)
{
	return tp->ack.pingpong >= tcp_sysctl(&tp->inet.sk)->pingpong_thresh;
}
void tcp_enter_pingpong_mode(struct tcp_sock *tp) { tp->ack.pingpong = (u8)tcp_sysctl(&tp->inet.sk)->pingpong_thresh; }
static bool in_quickack_mode(const struct tcp_sock *tp)
{
	return (tp->ack.quick && !tcp_in_pingpong_mode(tp)) || tp->ack.always_quick;
}

/* So many that half of our window is acknowledged one by one. */
static void more_quickacks(struct tcp_sock *tp, u32 most)
{
	u32 n = tp->rcv_wnd / (2u * tp->ack.rcv_mss);

	tp->ack.quick = (u8)max((u32)tp->ack.quick, min(n ? n : 2u, most));
}
void tcp_enter_quickack_mode(struct tcp_sock *tp, u32 most)
{
	more_quickacks(tp, most);
	tp->ack.pingpong = 0;
	tp->ack.ato_us = TCP_DELACK_MIN_US;
}
/* An ACK leaves. Only those that were due count against the mode. */
void tcp_event_ack_sent(struct tcp_sock *tp)
{
	u8 due = !!(tp->ack.pending & TCP_ACK_SCHED);

	if (unlikely(tp->ack.compressed)) {
		NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPACKCOMPRESSED, tp->ack.compressed);
		tp->ack.compressed = 0;
		sk_stop_timer(tcp_sock_sk(tp), &tp->comp_timer);
	}
	if (due < tp->ack.quick) {
		tp->ack.quick -= due;
	} else if (tp->ack.quick) {
		tp->ack.quick = 0;
		tp->ack.ato_us = TCP_DELACK_MIN_US;
	}
	tp->ack.pending = 0;
}
/* Data leaves soon after data came: a dialogue. */
void tcp_event_reply_sent(struct tcp_sock *tp)
{
	if (tp->now_ns - tp->ack.lrcvtime_ns < (u64)tp->ack.ato_us * NSEC_PER_USEC && tp->ack.pingpong < U8_MAX)
		tp->ack.pingpong++;
}

/* --- what arriving data teaches --- */

/* A guess until data comes; careful, for too large a guess would hold ACKs back. */
void tcp_initialize_rcv_mss(struct tcp_sock *tp)
{
	u32 hint = min(min((u32)tp->advmss, (u32)tp->mss_cache), tp->rcv_wnd / 2);

	tp->ack.rcv_mss = (u16)max(min(hint, TCP_MSS_DEFAULT), TCP_MIN_MSS);
}
static void short_segment(struct tcp_sock *tp, const struct sk_buff *skb, u32 len, u32 last)
{
	const struct tcphdr *th = skb_transport_header(skb);

	/* Without its options a segment of the same size twice in a row is what the peer calls full. */
	len += (u32)(skb->data - (u8 *)th);
	if (len >= TCP_MSS_DEFAULT + sizeof(*th) ||
	    (len >= TCP_MIN_MSS + sizeof(*th) && !(tcp_flag_word(th) & FLAGS_WITHOUT_PSH))) {
		len -= tp->tcp_header_len;
		tp->ack.last_seg_size = len;
		if (len == last) {
			tp->ack.rcv_mss = (u16)len;
			return;
		}
	}
	if (tp->ack.pending & TCP_ACK_PUSHED)
		tp->ack.pending |= TCP_ACK_PUSHED2;
	tp->ack.pending |= TCP_ACK_PUSHED;
}
/* skb: payload only. */
void tcp_measure_rcv_mss(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 last = tp->ack.last_seg_size, len = skb_shinfo(skb)->gso_size ? skb_shinfo(skb)->gso_size : skb->len;

	tp->ack.last_seg_size = 0;
	if (len < tp->ack.rcv_mss) {
		short_segment(tp, skb, len, last);
		return;
	}
	if (len != tp->ack.rcv_mss)
		tcp_scaling_ratio_learn(tp, skb);
	tp->ack.rcv_mss = (u16)min(len, (u32)tp->advmss);
	/* A full segment that ends a write may be the last for now. */
	if (skb->len == len && (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH))
		tp->ack.pending |= TCP_ACK_PUSHED;
}
/* skb: payload only. */
void tcp_event_data_recv(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 since_us = (u32)min((tp->now_ns - tp->ack.lrcvtime_ns) / NSEC_PER_USEC, (u64)U32_MAX);

	tp->ack.pending |= TCP_ACK_SCHED;
	tcp_measure_rcv_mss(tp, skb);
	tcp_rcv_rtt_measure(tp);
	if (!tp->ack.ato_us) { /* the first data: the peer is in slow start */
		more_quickacks(tp, TCP_MAX_QUICKACKS);
		tp->ack.ato_us = TCP_DELACK_MIN_US;
	} else if (since_us <= TCP_DELACK_MIN_US / 2) {
		tp->ack.ato_us = (tp->ack.ato_us >> 1) + TCP_DELACK_MIN_US / 2;
	} else if (since_us < tp->ack.ato_us) {
		tp->ack.ato_us = min((tp->ack.ato_us >> 1) + since_us, tp->rto_us);
	} else if (since_us > tp->rto_us) { /* a pause: the peer starts slowly again */
		more_quickacks(tp, TCP_MAX_QUICKACKS);
	}
	tp->ack.lrcvtime_ns = tp->now_ns;
	tcp_ecn_check_ce(tp, skb);
	if (skb->len >= 128)
		tcp_grow_window(tp, skb, true);
}

/* --- the decision --- */

/* False: the ACK goes now. Many ACKs about one hole tell little; behind the third they wait for a twentieth of the
 * round trip, and one speaks for all. */
static bool compress(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	u64 rtt_us = tp->rcv_rtt_est.rtt_us8, delay_ns;

	if (!tp->rx_opt.sack_ok || tp->ack.compressed >= s->comp_sack_nr)
		return false;
	if (tp->ack.compressed_rcv_nxt != tp->rcv_nxt) {
		tp->ack.compressed_rcv_nxt = tp->rcv_nxt;
		tp->ack.dup_acks = 0;
	}
	if (tp->ack.dup_acks < TCP_DUPACK_THRESHOLD) {
		tp->ack.dup_acks++;
		return false;
	}
	tp->ack.compressed++;
	if (timer_pending(&tp->comp_timer))
		return true;
	if (tp->srtt_us && tp->srtt_us < rtt_us)
		rtt_us = tp->srtt_us;
	delay_ns = min((u64)s->comp_sack_delay_ns, rtt_us * (NSEC_PER_USEC / 8) / 20);
	sk_reset_timer(tcp_sock_sk(tp), &tp->comp_timer, tp->now_ns + delay_ns);
	return true;
}
/* Two segments, and the window may move with them (else the reader's ACK will say so). */
static bool two_segments(struct tcp_sock *tp)
{
	if (tp->rcv_nxt - tp->rcv_wup <= tp->ack.rcv_mss)
		return false;
	return tp->rcv_nxt - tp->copied_seq < (u32)tcp_sock_sk(tp)->sk_rcvlowat ||
	       __tcp_select_window(tp) >= tp->rcv_wnd;
}
/* Segments that waited while a program owned the socket are gone through in one go: one ACK, of the last, is enough
 * (tcp_release_cb()). */
static void ack_now(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (!sock_owned_by_user(sk) || !tcp_sysctl(sk)->backlog_ack_defer) {
		tcp_send_ack(tp);
	} else if (!(tp->ack.pending & TCP_ACK_RELEASE)) {
		tp->ack.pending |= TCP_ACK_RELEASE;
		sock_put_off(sk, TCP_WORK_ACK);
	}
}
/* holes: early data may be waiting, which an ACK must tell soon. */
void tcp_ack_snd_check(struct tcp_sock *tp, bool holes)
{
	if (!(tp->ack.pending & TCP_ACK_SCHED))
		return;
	if (two_segments(tp) || in_quickack_mode(tp) || (tp->ack.pending & TCP_ACK_NOW))
		ack_now(tp);
	else if (!holes || RB_EMPTY_ROOT(&tp->ooo_queue))
		tcp_send_delayed_ack(tp);
	else if (!compress(tp))
		tcp_send_ack(tp);
}
void tcp_send_delayed_ack(struct tcp_sock *tp)
{
	u64 ato_us = tp->ack.ato_us, most_us = USEC_PER_SEC / 2, at;

	if (ato_us > TCP_DELACK_MIN_US) {
		if (tcp_in_pingpong_mode(tp) || (tp->ack.pending & TCP_ACK_PUSHED))
			most_us = TCP_DELACK_MAX_US;
		if (tp->srtt_us)
			most_us = min(most_us, max((u64)tp->srtt_us >> 3, TCP_DELACK_MIN_US));
		ato_us = min(ato_us, most_us);
	}
	ato_us = min(ato_us, TCP_DELACK_MAX_US);
	at = tp->now_ns + ato_us * NSEC_PER_USEC;
	if (tp->ack.pending & TCP_ACK_TIMER) {
		if (tp->ack.timeout_ns <= tp->now_ns + (ato_us >> 2) * NSEC_PER_USEC) { /* nearly due as it is */
			tcp_send_ack(tp);
			return;
		}
		at = min(at, tp->ack.timeout_ns);
	}
	tp->ack.pending |= TCP_ACK_SCHED;
	tcp_reset_delack_timer(tp, at);
}

/* --- the timers. Each ends with the reference that the pending timer held --- */

void tcp_reset_delack_timer(struct tcp_sock *tp, u64 at_ns)
{
	tp->ack.pending |= TCP_ACK_TIMER;
	tp->ack.timeout_ns = at_ns;
	sk_reset_timer_lazily(tcp_sock_sk(tp), &tp->delack_timer, at_ns);
}
void tcp_delack_timer_work(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	tcp_refresh_now(tp);
	if (tp->ack.compressed && !timer_pending(&tp->comp_timer)) {
		tp->ack.compressed--; /* this one is sent, the others were spared */
		tcp_send_ack(tp);
		return;
	}
	if (!(tp->ack.pending & TCP_ACK_TIMER))
		return;
	if (tp->ack.timeout_ns > tp->now_ns) {
		sk_reset_timer(sk, &tp->delack_timer, tp->ack.timeout_ns);
		return;
	}
	tp->ack.pending &= ~TCP_ACK_TIMER;
	if (!(tp->ack.pending & TCP_ACK_SCHED))
		return;
	if (tcp_in_pingpong_mode(tp)) { /* no reply came for it to ride on: stop waiting for one */
		tp->ack.pingpong = 0;
		tp->ack.ato_us = TCP_DELACK_MIN_US;
	} else {
		tp->ack.ato_us = (u32)min((u64)tp->ack.ato_us << 1, (u64)tp->rto_us);
	}
	tcp_send_ack(tp);
	NET_INC_STATS(sk->sk_net, TCPEXT_DELAYEDACKS);
}
static void fire(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_DELAYEDACKLOCKED);
		sock_put_off(sk, TCP_WORK_DELACK_TIMER);
	} else {
		tcp_prequeue_run(sk);
		tcp_delack_timer_work(tp);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}
void tcp_delack_timer(struct timer_list *t) { fire(container_of(t, struct tcp_sock, delack_timer)); }
void tcp_comp_timer(struct timer_list *t) { fire(container_of(t, struct tcp_sock, comp_timer)); }
