/* net/tcp/tcp_ack.c - what an acknowledgement tells: data that arrived, the peer's window, the round trip
 *
 * Called: tcp_input.c, tcp_fastpath.c, tcp_handshake.c; the socket is owned.
 * Calls:  tcp_recovery.c when something is lost, the congestion control's hooks.
 */
#include "net/tcp/tcp_internal.h"

/* RFC 9293 3.10.7.4, fifth check: SND.WL1 and the newer of two windows. */
static bool may_update_window(const struct tcp_sock *tp, const struct tcp_segment *seg, u32 wnd)
{
	return seq_after(seg->ack, tp->snd_una) || seq_after(seg->seq, tp->snd_wl1) ||
	       (seg->seq == tp->snd_wl1 && (wnd > tp->snd_wnd || !wnd));
}
/* True when the window changed. */
static bool update_window(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 wnd = seg->wnd << ((seg->flags & TCPHDR_SYN) ? 0 : tp->rx_opt.snd_wscale);

	if (!may_update_window(tp, seg, wnd))
		return false;
	tp->snd_wl1 = seg->seq;
	if (tp->snd_wnd == wnd)
		return false;
	tp->snd_wnd = wnd;
	tp->pred_flags = 0;
	tcp_fast_path_check(tp);
	if (wnd > tp->max_window) {
		tp->max_window = wnd;
		tcp_sync_mss(tp, tp->pmtu_cookie);
	}
	return true;
}

struct cleaned { u32 acked; u64 first_sent_ns; bool retransmitted; };

static void forget_flags(struct tcp_sock *tp, const struct tcp_skb_cb *cb)
{
	if (cb->sacked & TCPCB_RETRANS)
		tp->retrans_out -= cb->gso_segs;
	if (cb->sacked & TCPCB_LOST)
		tp->lost_out -= cb->gso_segs;
	tp->packets_out -= cb->gso_segs;
}
/* The first segments of skb are acknowledged, not all: how many. */
static u32 tso_acked(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 segs = cb->gso_segs;

	if (segs == 1 || !seq_after(tp->snd_una, cb->seq) || tcp_trim_head(tp, skb, tp->snd_una - cb->seq))
		return 0;
	tcp_set_skb_segs(skb, cb->gso_size);
	tcp_adjust_segs(tp, skb, (int)(segs - cb->gso_segs));
	return segs - cb->gso_segs;
}
static void clean_rtx_queue(struct tcp_sock *tp, struct cleaned *c)
{
	struct sk_buff *skb;

	while ((skb = tcp_rtx_head(tp))) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
		bool whole = !seq_after(cb->end_seq, tp->snd_una);
		u32 segs = whole ? cb->gso_segs : tso_acked(tp, skb);

		if (!segs)
			break;
		if (cb->sacked & TCPCB_EVER_RETRANS)
			c->retransmitted = true;
		else if (!c->first_sent_ns)
			c->first_sent_ns = cb->sent_ns;
		c->acked += segs;
		if (!whole)
			break;
		forget_flags(tp, cb);
		tcp_rtx_unlink_and_free(tp, skb);
	}
	if (tp->sacked_out > tp->packets_out - tp->lost_out)
		tp->sacked_out = tp->packets_out - tp->lost_out;
}

/* A sample, in microseconds, or -1: Karn's rule, softened by timestamps, which tell the two transmissions apart. */
static s64 rtt_sample(const struct tcp_sock *tp, const struct cleaned *c)
{
	if (c->first_sent_ns && !c->retransmitted)
		return (s64)((tp->now_ns - c->first_sent_ns) / NSEC_PER_USEC);
	if (c->acked && tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr) {
		u32 ms = tcp_time_stamp(tp) - tp->rx_opt.rcv_tsecr;

		if (ms < TCP_RTO_MAX_US / USEC_PER_MSEC)
			return (s64)max(ms, 1u) * (s64)USEC_PER_MSEC;
	}
	return -1;
}
static void take_rtt(struct tcp_sock *tp, s64 rtt_us)
{
	if (rtt_us < 0)
		return;
	tcp_rtt_estimator(tp, (u32)min((u64)rtt_us, TCP_RTO_MAX_US));
	tcp_set_rto(tp);
	tp->backoff = 0;
}

/* Nothing of ours is on its way: only the window is of interest. */
static void ack_without_data_out(struct tcp_sock *tp)
{
	struct sk_buff *head = skb_peek(&tcp_sock_sk(tp)->sk_write_queue);

	if (!head)
		return;
	if (!seq_after(TCP_SKB_CB(head)->end_seq, tcp_wnd_end(tp))) {
		tp->backoff = 0;
		tp->probes_tstamp_ns = 0;
		if (tp->write_event == TCP_TIME_PROBE0)
			tcp_clear_write_timer(tp);
	} else if (tp->write_event == TCP_TIME_PROBE0) {
		tcp_reset_write_timer(tp, TCP_TIME_PROBE0, min((u64)tp->rto_us << tp->backoff, TCP_RTO_MAX_US));
	}
}

static void ack_new_data(struct tcp_sock *tp, const struct cleaned *c, u32 prior_una)
{
	if (!seq_before(tp->snd_una, prior_una) && tp->ca_state <= TCP_CA_Disorder)
		tp->retrans_stamp_ns = 0;
	tp->delivered += c->acked;
	NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPDELIVERED, c->acked);
	if (tp->packets_out)
		tcp_rearm_rto(tp);
	else
		tcp_clear_write_timer(tp);
}

/* Progress is proof that the next hop is there: ARP need not ask it (RFC 4861 7.3.1). */
static void tcp_confirm_neighbour(const struct tcp_sock *tp)
{
	const struct dst_entry *dst = tp->inet.sk.sk_dst_cache;

	if (dst && dst->neigh)
		neigh_confirm(dst->neigh);
}

int tcp_ack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	u32 prior_una = tp->snd_una, ack = seg->ack, prior_in_flight = tcp_packets_in_flight(tp);
	bool window_changed, had_data_out = tp->packets_out, dupack;
	struct cleaned c = { 0 };
	s64 rtt_us;

	if (unlikely(seq_before(ack, prior_una))) /* RFC 5961 5.2: too old, and its data is not taken either */
		return seq_before(ack, prior_una - tp->max_window) ? -1 : 0;
	if (unlikely(seq_after(ack, tp->snd_nxt)))
		return -1;
	if (tp->rx_opt.saw_tstamp && !seq_after(seg->seq, tp->rcv_wup) && !(seg->flags & TCPHDR_SYN))
		tcp_store_ts_recent(tp);
	window_changed = update_window(tp, seg);
	seg->ack_was_new = ack != prior_una;
	if (seg->ack_was_new) {
		tp->bytes_acked += ack - prior_una;
		tp->snd_una = ack;
		tp->retransmits = 0;
		tcp_confirm_neighbour(tp);
		tp->snd_up = seq_max(tp->snd_up, ack);
	} else if (!seg->len) {
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPPUREACKS);
	}
	WRITE_ONCE(tcp_sock_sk(tp)->sk_err_soft, 0);
	tp->probes_out = 0;
	tp->rcv_tstamp_ns = tp->now_ns;
	if (!had_data_out) {
		ack_without_data_out(tp);
		return 1;
	}
	if (seg->ack_was_new)
		clean_rtx_queue(tp, &c);
	rtt_us = rtt_sample(tp, &c);
	take_rtt(tp, rtt_us);
	dupack = !seg->ack_was_new && !seg->len && !window_changed && !(seg->flags & (TCPHDR_SYN | TCPHDR_FIN)) &&
		 tp->packets_out;
	if (dupack || tp->ca_state != TCP_CA_Open)
		tcp_fastretrans_alert(tp, c.acked, dupack);
	if (!c.acked)
		return 1;
	if (tp->ca_state <= TCP_CA_Disorder || tp->ca_state == TCP_CA_Loss)
		tp->ca_ops->cong_avoid(tp, ack, c.acked);
	if (tp->ca_ops->pkts_acked)
		tp->ca_ops->pkts_acked(tp, &(struct ack_sample){ c.acked, (s32)rtt_us, prior_in_flight });
	ack_new_data(tp, &c, prior_una);
	tcp_update_pacing_rate(tp);
	return 1;
}
