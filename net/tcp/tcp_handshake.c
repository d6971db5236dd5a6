/* net/tcp/tcp_handshake.c - the answer to our SYN, and the start of an established connection
 *
 * What:   SYN_SENT (RFC 9293 3.10.7.3), simultaneous open included.
 * Called: tcp_input.c, with the socket owned.
 */
#include "net/tcp/tcp_internal.h"

#define TIMEOUT_MIN_US (2 * USEC_PER_MSEC)

/* Everything that begins when data may flow, in both directions of opening. */
void tcp_established(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	tcp_mtup_init(tp);
	tp->ack.always_quick = dst_metric(sk->sk_dst_cache, RTAX_QUICKACK);
	tcp_sync_mss(tp, tp->pmtu_cookie);
	tcp_initialize_rcv_mss(tp);
	tcp_init_rto(tp);
	tcp_init_congestion(tp);
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH; /* a SYN that was lost says nothing of congestion */
	if (!tp->ca_ops->cong_control) /* no data was acknowledged yet: the round trip of the SYN says enough */
		tcp_update_pacing_rate(tp);
	tp->lsndtime_ns = tp->rcv_tstamp_ns = tp->ack.lrcvtime_ns = tp->now_ns;
	tcp_init_buffer_space(tp);
	if (sock_flag(sk, SOCK_KEEPOPEN))
		tcp_reset_keepalive_timer(sk, tcp_keepalive_time_ns(tp));
	tcp_fast_path_check(tp);
}

static void take_options(struct tcp_sock *tp)
{
	struct tcp_options_received *o = &tp->rx_opt;

	if (!o->wscale_ok) {
		o->snd_wscale = o->rcv_wscale = 0;
		tp->window_clamp = min(tp->window_clamp, 65535u);
	}
	o->tstamp_ok = o->saw_tstamp && tcp_sysctl(tcp_sock_sk(tp))->timestamps;
	if (o->tstamp_ok) {
		tcp_store_ts_recent(tp);
		tp->tcp_header_len = sizeof(struct tcphdr) + 12;
		tp->advmss -= 12;
	} else {
		tp->tcp_header_len = sizeof(struct tcphdr);
		o->saw_tstamp = false;
	}
	if (o->user_mss)
		o->mss_clamp = min(o->mss_clamp, o->user_mss);
}
static void take_sequence(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	tp->irs = seg->seq;
	tp->rcv_nxt = tp->copied_seq = tp->rcv_wup = seg->seq + 1;
	tp->snd_wnd = seg->wnd; /* the window of a SYN is never scaled */
	tp->snd_wl1 = seg->seq;
	tp->max_window = tp->snd_wnd;
}

/* SYN and ACK: established. The ACK may wait a moment for data to ride on when the program is known to send first. */
static void connected(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	take_options(tp);
	take_sequence(tp, seg);
	tcp_ecn_rcv_synack(tp, seg->flags);
	tcp_ack(tp, seg);
	tcp_set_state(sk, TCP_ESTABLISHED);
	tcp_established(tp);
	sk->sk_state_change(sk);
	if (tcp_fastopen_synack(tp, seg))
		return;
	if (sk->sk_write_pending || tp->defer_accept || tcp_in_pingpong_mode(tp)) {
		tp->ack.pending |= TCP_ACK_SCHED;
		tcp_enter_quickack_mode(tp, TCP_MAX_QUICKACKS);
		tcp_reset_delack_timer(tp, tp->now_ns + TCP_DELACK_MAX_US * NSEC_PER_USEC);
		return;
	}
	tcp_send_ack(tp);
}
/* Both began at once: our SYN becomes a SYN-ACK. */
static void simultaneous_open(struct tcp_sock *tp, struct tcp_segment *seg)
{
	take_options(tp);
	take_sequence(tp, seg);
	tcp_ecn_rcv_syn(tp, seg->flags);
	tcp_set_state(tcp_sock_sk(tp), TCP_SYN_RECV);
	tcp_sync_mss(tp, tp->pmtu_cookie);
	tcp_send_synack_again(tp);
}

static void parse_syn_options(struct tcp_sock *tp, const struct tcphdr *th)
{
	struct tcp_options_received *o = &tp->rx_opt;
	u8 offered = o->rcv_wscale;

	o->wscale_ok = o->sack_ok = false;
	o->mss_clamp = TCP_MSS_DEFAULT;
	tcp_parse_options(th, o, true);
	o->wscale_ok &= tcp_sysctl(tcp_sock_sk(tp))->window_scaling != 0;
	o->sack_ok &= tcp_sysctl(tcp_sock_sk(tp))->sack != 0;
	o->rcv_wscale = offered;
}

/* RFC 7323 5.2 for the first segment: an answer to one of our SYNs echoes the time of one of them. */
static bool echoes_no_syn(const struct tcp_sock *tp, const struct tcphdr *th)
{
	u32 first = (u32)(tp->rcv_tstamp_ns / NSEC_PER_MSEC) + tp->tsoffset; /* connect_init() */
	struct tcp_options_received o = { 0 };

	tcp_parse_options(th, &o, false);
	return o.saw_tstamp && o.rcv_tsecr && !seq_between(o.rcv_tsecr, first, tcp_time_stamp(tp));
}

enum tcp_step_result tcp_syn_sent_step(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);
	bool ack = seg->flags & TCPHDR_ACK;

	if (ack && (!seq_after(seg->ack, tp->iss) || seq_after(seg->ack, tp->snd_nxt))) {
		if (!tp->retransmits) /* the reset ends an old connection there: the SYN goes again */
			tcp_reset_write_timer(tp, TCP_TIME_RETRANS, TIMEOUT_MIN_US);
		tcp_v4_send_reset(seg->skb, sk->sk_net);
		seg->why = SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE;
		return STEP_DONE;
	}
	if (ack && unlikely(echoes_no_syn(tp, seg->th))) {
		NET_INC_STATS(sk->sk_net, TCPEXT_PAWSACTIVE);
		tcp_v4_send_reset(seg->skb, sk->sk_net);
		seg->why = SKB_DROP_REASON_TCP_RFC7323_PAWS;
		return STEP_DONE;
	}
	if (seg->flags & TCPHDR_RST) {
		seg->why = SKB_DROP_REASON_TCP_RESET;
		if (ack)
			tcp_reset(sk, ECONNREFUSED);
		return STEP_DONE;
	}
	if (!(seg->flags & TCPHDR_SYN)) {
		seg->why = SKB_DROP_REASON_TCP_FLAGS;
		return STEP_DONE;
	}
	parse_syn_options(tp, seg->th);
	if (ack)
		connected(tp, seg);
	else
		simultaneous_open(tp, seg);
	return STEP_DONE;
}
