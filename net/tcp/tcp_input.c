/* net/tcp/tcp_input.c - a segment arrives on a connection
 *
 * What:   the checks of RFC 9293 3.10.7.4, in the RFC's own order, one small function each.
 * Called: tcp_ipv4.c in softirq, and release_sock() as it drains the backlog.
 * Calls:  tcp_ack.c, tcp_reassembly.c, tcp_urgent.c, tcp_timewait.c, tcp_output.c.
 * Locks:  the caller owns the socket; nothing here sleeps.
 */
#include "kernel/random.h"
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_receive_reset);
DEFINE_TRACE(tcp, tcp_probe);

/* A segment has come, by the fast path or the steps: the window and the round trip as they were before it. */
void tcp_trace_probe(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	TRACE(tcp_probe,
	      "family=AF_INET src=%pI4:%hu dest=%pI4:%hu mark=%#x data_len=%u snd_nxt=%#x snd_una=%#x snd_cwnd=%u "
	      "ssthresh=%u snd_wnd=%u srtt=%u rcv_wnd=%u sock_cookie=%llx skbaddr=%p skaddr=%p",
	      &sk->sk_rcv_saddr, sk->sk_num, &sk->sk_daddr, ntohs(sk->sk_dport), sk->sk_mark, seg->len, tp->snd_nxt,
	      tp->snd_una, tp->snd_cwnd, tcp_current_ssthresh(tp), tp->snd_wnd, tp->srtt_us >> 3, tp->rcv_wnd,
	      (unsigned long long)sock_gen_cookie(sk), (void *)seg->skb, (void *)sk);
}

/* --- first: the sequence number --- */

void tcp_store_ts_recent(struct tcp_sock *tp)
{
	tp->rx_opt.ts_recent = tp->rx_opt.rcv_tsval;
	tp->rx_opt.ts_recent_ns = tp->now_ns;
}
/* At most one in invalid_ratelimit for what should not have come: two confused peers must not shout at each other. */
bool tcp_oow_limited(struct net *net, u64 *last_ns, u64 now_ns, enum net_mib_item mib)
{
	u64 limit = (u64)net->tcp->sysctl.invalid_ratelimit_ms * NSEC_PER_MSEC;

	if (*last_ns && now_ns - *last_ns < limit) {
		this_cpu_ptr(net->mib)->v[mib]++;
		return true;
	}
	*last_ns = now_ns;
	return false;
}
/* Data is no part of an exchange of ACKs without end: it is always answered. */
static bool oow_limited(struct tcp_sock *tp, const struct tcp_segment *seg, enum net_mib_item mib)
{
	if (seg->seq != seg->end_seq && !(seg->flags & TCPHDR_SYN))
		return false;
	return tcp_oow_limited(tcp_sock_sk(tp)->sk_net, &tp->challenge_ns, tp->now_ns, mib);
}
/* What we have seen before, or what does not fit: the ACK tells where we stand. */
void tcp_send_dupack(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	if (seg->seq != seg->end_seq && seq_before(seg->seq, tp->rcv_nxt)) { /* our ACK may have been lost */
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_DELAYEDACKLOST);
		tcp_enter_quickack_mode(tp, TCP_MAX_QUICKACKS);
		tcp_dsack_set(tp, seg->seq, seq_before(seg->end_seq, tp->rcv_nxt) ? seg->end_seq : tp->rcv_nxt);
	}
	tcp_send_ack(tp);
}

/* RFC 5961 7: a bounded rate for each connection, and where the sysctl says so a bounded number for the whole stack
 * each second; how many exactly is drawn anew, for a fixed number would tell strangers about our other connections. */
static bool challenge_allowed(struct netns_tcp *t, u64 second)
{
	u32 limit = (u32)t->sysctl.challenge_ack_limit, half = (limit + 1) / 2;

	if (limit == INT_MAX)
		return true;
	if (t->challenge_second != second) {
		t->challenge_second = second;
		t->challenge_count = limit ? half + get_random_u32_below(limit) : 0;
	}
	if (!t->challenge_count)
		return false;
	t->challenge_count--;
	return true;
}
void tcp_send_challenge_ack(struct tcp_sock *tp)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (tcp_oow_limited(net, &tp->challenge_ns, tp->now_ns, MIB_TCPEXT_TCPACKSKIPPEDCHALLENGE) ||
	    !challenge_allowed(net->tcp, tp->now_ns / NSEC_PER_SEC))
		return;
	NET_INC_STATS(net, TCPEXT_TCPCHALLENGEACK);
	tcp_send_ack(tp);
}

/* RFC 7323 5.3: older than what we know, unless what we know is itself too old to say anything. */
static bool paws_rejects(const struct tcp_sock *tp)
{
	const struct tcp_options_received *o = &tp->rx_opt;

	if ((s32)(o->ts_recent - o->rcv_tsval) <= TCP_PAWS_WINDOW || !o->ts_recent_ns)
		return false;
	return tp->now_ns - o->ts_recent_ns < TCP_PAWS_WINDOW_NS;
}
/* A pure ACK that tells nothing, from a path that reorders: not worth an answer. */
static bool disordered_ack(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	const struct tcp_options_received *o = &tp->rx_opt;

	return (seg->flags & TCPHDR_ACK) && seg->seq == seg->end_seq && seg->seq == tp->rcv_nxt &&
	       seg->ack == tp->snd_una && seg->wnd << o->snd_wscale == tp->snd_wnd &&
	       (s32)(o->ts_recent - o->rcv_tsval) <= (s32)(tp->rto_us * 12 / 10 / USEC_PER_MSEC);
}
/* True, and why. Data that begins within the window and ends beyond it is taken only by a reader that has nothing else;
 * a FIN needs no room. */
static bool sequence_refused(struct tcp_sock *tp, struct tcp_segment *seg)
{
	u32 end = tp->rcv_nxt + tcp_receive_window(tp), fin = seg->flags & TCPHDR_FIN ? 1 : 0;
	struct sock *sk = tcp_sock_sk(tp);

	if (likely(!seq_before(seg->end_seq, tp->rcv_wup) && !seq_after(seg->end_seq, end)))
		return false;
	seg->why = SKB_DROP_REASON_TCP_INVALID_SEQUENCE;
	if (seq_before(seg->end_seq, tp->rcv_wup))
		return true;
	if (!seq_after(seg->seq, end)) {
		if (!seq_after(seg->end_seq - fin, end) || skb_queue_empty(&sk->sk_receive_queue))
			return false;
		seg->why = SKB_DROP_REASON_TCP_INVALID_END_SEQUENCE;
	}
	if (!(seg->flags & (TCPHDR_RST | TCPHDR_SYN)))
		NET_INC_STATS(sk->sk_net, TCPEXT_BEYONDWINDOW);
	return true;
}
/* Some peers close with a FIN and then reset, with the FIN's own number. */
static bool reset_behind_fin(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	return seg->seq == tp->rcv_nxt - 1 && tcp_in(&tp->inet.sk, TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING);
}
/* As on Linux an error only where all is open. */
static void syn_challenge(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (sk->sk_state == TCP_ESTABLISHED)
		NET_INC_STATS(sk->sk_net, TCP_INERRS);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPSYNCHALLENGE);
	tcp_send_challenge_ack(tp);
}
enum tcp_step_result tcp_step_sequence(struct tcp_sock *tp, struct tcp_segment *seg)
{
	bool rst = seg->flags & TCPHDR_RST;

	if (tcp_fast_parse_options(seg->th, tp) && paws_rejects(tp) && !disordered_ack(tp, seg) && !rst) {
		if (seg->flags & TCPHDR_SYN) {
			syn_challenge(tp);
			seg->why = SKB_DROP_REASON_TCP_INVALID_SYN;
			return STEP_DONE;
		}
		seg->why = SKB_DROP_REASON_TCP_RFC7323_PAWS;
		if ((seg->flags & TCPHDR_ACK) && seg->seq == seg->end_seq && seq_before(seg->seq, tp->rcv_nxt)) {
			NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_PAWSOLDACK); /* late, and common: no answer */
			return STEP_DONE;
		}
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_PAWSESTAB);
		if (!oow_limited(tp, seg, MIB_TCPEXT_TCPACKSKIPPEDPAWS))
			tcp_send_dupack(tp, seg);
		return STEP_DONE;
	}
	if (!sequence_refused(tp, seg) || (rst && reset_behind_fin(tp, seg)))
		return STEP_NEXT;
	if (rst)
		return STEP_DONE;
	if (seg->flags & TCPHDR_SYN) {
		syn_challenge(tp);
	} else if (!oow_limited(tp, seg, MIB_TCPEXT_TCPACKSKIPPEDSEQ)) {
		tcp_send_dupack(tp, seg);
	}
	return STEP_DONE;
}

/* --- second: RST. RFC 5961 3.2: only the very next number counts --- */

static int reset_errno(const struct sock *sk)
{
	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		return ECONNREFUSED;
	case TCP_CLOSE_WAIT:
		return EPIPE;
	default:
		return ECONNRESET;
	}
}
/* The next number, or with SACK the end of what came early: the peer's own next. */
static bool reset_is_exact(const struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 end = tp->sack.n ? tp->sack.block[0].end : tp->rcv_nxt;

	for (u32 i = 1; i < tp->sack.n; i++)
		end = seq_max(end, tp->sack.block[i].end);
	return seg->seq == tp->rcv_nxt || seg->seq == end || reset_behind_fin(tp, seg);
}
enum tcp_step_result tcp_step_reset(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (!(seg->flags & TCPHDR_RST))
		return STEP_NEXT;
	seg->why = SKB_DROP_REASON_TCP_RESET;
	if (reset_is_exact(tp, seg)) {
		TRACE(tcp_receive_reset, TCP_TRACE_ENDS " sock_cookie=%llx", TCP_TRACE_ENDS_OF(sk),
		      (unsigned long long)sock_gen_cookie(sk));
		tcp_reset(sk, reset_errno(sk));
	} else {
		if (tp->syn_fastopen && !tp->data_segs_in && sk->sk_state == TCP_ESTABLISHED)
			tcp_fastopen_active_disable(tp);
		tcp_send_challenge_ack(tp);
	}
	return STEP_DONE;
}

/* --- fourth (third, security, is no more): SYN. RFC 5961 4.2 --- */

enum tcp_step_result tcp_step_syn(struct tcp_sock *tp, struct tcp_segment *seg)
{
	if (!(seg->flags & TCPHDR_SYN))
		return STEP_NEXT;
	/* The second half of a simultaneous open. */
	if (tcp_sock_sk(tp)->sk_state == TCP_SYN_RECV && (seg->flags & TCPHDR_ACK) && seg->seq + 1 == tp->rcv_nxt &&
	    seg->end_seq == tp->rcv_nxt && seg->ack == tp->snd_nxt)
		return STEP_NEXT;
	syn_challenge(tp);
	seg->why = SKB_DROP_REASON_TCP_INVALID_SYN;
	return STEP_DONE;
}

/* --- fifth: ACK --- */

/* SYN_RECV to ESTABLISHED: the ACK of our SYN. */
static void handshake_done(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	bool early = tp->tfo_listener; /* by fast open: all is set up */

	if (tcp_rtx_empty(tp)) { /* nobody sent the SYN-ACK but the request */
		tp->snd_una = seg->ack;
		tp->delivered++;
	}
	tp->snd_wnd = seg->wnd << ((seg->flags & TCPHDR_SYN) ? 0 : tp->rx_opt.snd_wscale);
	tp->snd_wl1 = seg->seq;
	tp->max_window = max(tp->max_window, tp->snd_wnd);
	tcp_set_state(sk, TCP_ESTABLISHED);
	tcp_fastopen_release(tp);
	if (tp->rx_opt.tstamp_ok)
		tp->advmss -= 12;
	if (!early)
		tcp_established(tp);
	tcp_fast_path_check(tp);
	sk->sk_state_change(sk);
}

/* Our FIN is acknowledged in FIN_WAIT1. An orphan needs no socket for what is left. True when the socket is gone. */
static bool fin_wait1_acked(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 timeout = tcp_fin_time_ns(tp);

	if (tp->snd_una != tp->write_seq)
		return false;
	tcp_set_state(sk, TCP_FIN_WAIT2);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		return false;
	}
	if (tp->linger2_s < 0 || (seg->len && seq_after(seg->seq + seg->len, tp->rcv_nxt))) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONDATA);
		tcp_v4_send_reset(seg->skb, sk->sk_net);
		tcp_done(sk);
		return true;
	}
	if (timeout > TCP_TIMEWAIT_NS || (seg->flags & TCPHDR_FIN) || sock_owned_by_user(sk)) {
		tcp_reset_keepalive_timer(sk, min(timeout, TCP_TIMEWAIT_NS));
		return false;
	}
	tcp_time_wait(sk, TCP_FIN_WAIT2, timeout);
	return true;
}
enum tcp_step_result tcp_step_ack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);
	int ok;

	seg->why = SKB_DROP_REASON_TCP_FLAGS;
	if (!(seg->flags & TCPHDR_ACK))
		return STEP_DONE;
	if (sk->sk_state == TCP_SYN_RECV && !(seq_after(seg->ack, tp->iss) && !seq_after(seg->ack, tp->snd_nxt))) {
		tcp_v4_send_reset(seg->skb, sk->sk_net);
		seg->why = SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE;
		return STEP_DONE;
	}
	if (sk->sk_state == TCP_SYN_RECV)
		handshake_done(tp, seg);
	ok = tcp_ack(tp, seg);
	if (ok < 0) {
		tcp_send_challenge_ack(tp);
		seg->why = SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE;
		return STEP_DONE;
	}
	seg->why = SKB_NOT_DROPPED_YET;
	if (sk->sk_state == TCP_FIN_WAIT1 && fin_wait1_acked(tp, seg))
		return STEP_DONE;
	if (tp->snd_una != tp->write_seq)
		return STEP_NEXT;
	if (sk->sk_state == TCP_CLOSING) {
		tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		return STEP_DONE;
	}
	if (sk->sk_state == TCP_LAST_ACK) {
		tcp_done(sk);
		return STEP_DONE;
	}
	return STEP_NEXT;
}

/* --- sixth, seventh, eighth: urgent, text, FIN --- */

enum tcp_step_result tcp_step_urg(struct tcp_sock *tp, struct tcp_segment *seg)
{
	if (seg->flags & TCPHDR_URG)
		tcp_check_urg(tp, seg);
	if (unlikely(tp->urg_data == TCP_URG_NOTYET))
		tcp_take_urg_byte(tp, seg);
	return STEP_NEXT;
}
enum tcp_step_result tcp_step_text(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (seg->seq == seg->end_seq)
		return STEP_NEXT;
	if (tcp_in(sk, TCPF_CLOSE_WAIT | TCPF_CLOSING | TCPF_LAST_ACK) && !seq_before(seg->seq, tp->rcv_nxt)) {
		/* What lies beyond the FIN is ignored (RFC 9293 3.10.7.4, seventh). */
		seg->why = SKB_DROP_REASON_TCP_OLD_DATA;
		return STEP_NEXT;
	}
	/* RFC 1122 4.2.2.13: nobody will read it. As Linux also what reaches over the FIN from before it. */
	if (sk->sk_state != TCP_ESTABLISHED && (sk->sk_shutdown & RCV_SHUTDOWN) && seg->len &&
	    seq_after(seg->seq + seg->len, tp->rcv_nxt)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONDATA);
		tcp_v4_send_reset(seg->skb, sk->sk_net);
		tcp_reset(sk, reset_errno(sk));
		seg->why = SKB_DROP_REASON_TCP_ABORT_ON_DATA;
		return STEP_DONE;
	}
	tcp_data_queue(tp, seg);
	return STEP_NEXT;
}
enum tcp_step_result tcp_step_fin(struct tcp_sock *tp, struct tcp_segment *seg)
{
	(void)seg;
	if (!tp->peer_fin)
		return STEP_NEXT;
	tp->peer_fin = false;
	tcp_fin(tp);
	return STEP_NEXT;
}
void tcp_fin(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	tp->ack.pending |= TCP_ACK_SCHED;
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		tcp_set_state(sk, TCP_CLOSE_WAIT);
		tcp_enter_pingpong_mode(tp); /* the answer may carry the ACK */
		break;
	case TCP_FIN_WAIT1:
		tcp_send_ack(tp);
		tcp_set_state(sk, TCP_CLOSING);
		break;
	case TCP_FIN_WAIT2:
		tcp_send_ack(tp);
		tcp_ooo_purge(tp);
		if (!sock_flag(sk, SOCK_DEAD))
			sk->sk_state_change(sk);
		tcp_time_wait(sk, TCP_TIME_WAIT, 0);
		return;
	}
	tcp_ooo_purge(tp); /* the ACK may have told of it once more, and of duplicates */
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
}

/* --- after the steps --- */

/* New data that the window now allows, and room for the writer. */
static void data_snd_check(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (!skb_queue_empty(&sk->sk_write_queue))
		__tcp_push_pending_frames(tp, tcp_current_mss(tp), tp->nonagle);
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags)) {
		if (tcp_should_expand_sndbuf(tp))
			tcp_sndbuf_expand(tp);
		sk->sk_write_space(sk);
		if (!test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
			tcp_chrono_stop(tp, TCP_CHRONO_SNDBUF_LIMITED);
	}
}
/* The same, and the ACK if no data carried it. */
void tcp_send_what_is_due(struct tcp_sock *tp)
{
	data_snd_check(tp);
	tcp_ack_snd_check(tp, true);
}

static tcp_step *const steps[] = {
	tcp_step_sequence, tcp_step_reset, tcp_step_syn, tcp_step_ack, tcp_step_urg, tcp_step_text, tcp_step_fin,
};

void tcp_segment_arrives(struct tcp_sock *tp, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_segment seg = { .skb = skb, .th = th, .seq = cb->seq, .end_seq = cb->end_seq, .ack = cb->ack_seq,
				   .len = skb->len - th->doff * 4u, .wnd = ntohs(th->window), .flags = cb->tcp_flags };

	sock_assert_owned(sk);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPSLOWPATH);
	tcp_trace_probe(tp, &seg);
	if (sk->sk_state == TCP_CLOSE) {
		tcp_v4_send_reset(skb, sk->sk_net);
		seg.why = SKB_DROP_REASON_TCP_CLOSE;
	} else if (sk->sk_state == TCP_SYN_SENT) { /* which has sent its ACK, or lets it wait for data */
		tcp_syn_sent_step(tp, &seg);
		if (sk->sk_state != TCP_CLOSE)
			data_snd_check(tp);
	} else if (!(seg.flags & (TCPHDR_ACK | TCPHDR_RST | TCPHDR_SYN))) {
		seg.why = SKB_DROP_REASON_TCP_FLAGS;
	} else {
		size_t i = 0;

		while (i < ARRAY_SIZE(steps) && steps[i](tp, &seg) == STEP_NEXT)
			i++;
		if (i == ARRAY_SIZE(steps) && sk->sk_state != TCP_CLOSE) /* what is refused moves nothing */
			tcp_send_what_is_due(tp);
	}
	if (!seg.skb)
		return;
	if (seg.why == SKB_NOT_DROPPED_YET)
		consume_skb(seg.skb);
	else
		kfree_skb_reason(seg.skb, seg.why);
}
