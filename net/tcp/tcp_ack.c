/* net/tcp/tcp_ack.c - what an acknowledgement tells: data that arrived, the peer's window, the round trip
 *
 * What:   tcp_ack() is the list of what one ACK can mean, in the order in which it must be asked.
 * Called: tcp_input.c, tcp_fastpath.c, tcp_handshake.c; the socket is owned.
 * Calls:  tcp_sacktag.c, tcp_clean.c, tcp_recovery.c when there is more to it, the congestion control's hooks.
 */
#include "net/tcp/tcp_internal.h"

void tcp_count_delivered(struct tcp_sock *tp, u32 segs, bool ece)
{
	tp->delivered += segs;
	if (unlikely(ece)) {
		tp->delivered_ce += segs;
		NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPDELIVEREDCE, segs);
	}
}

/* --- the window --- */

/* RFC 9293 3.10.7.4, fifth check: SND.WL1 and the newer of two windows. */
static bool may_update_window(const struct tcp_sock *tp, const struct tcp_segment *seg, u32 wnd)
{
	return seq_after(seg->ack, tp->snd_una) || seq_after(seg->seq, tp->snd_wl1) ||
	       (seg->seq == tp->snd_wl1 && (wnd > tp->snd_wnd || !wnd));
}
/* True when the ACK is one that may change it: then it is no mere duplicate. */
static bool update_window(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 wnd = seg->wnd << ((seg->flags & TCPHDR_SYN) ? 0 : tp->rx_opt.snd_wscale);

	if (!may_update_window(tp, seg, wnd))
		return false;
	tp->snd_wl1 = seg->seq;
	if (tp->snd_wnd == wnd)
		return true;
	tp->snd_wnd = wnd;
	tp->pred_flags = 0;
	tcp_fast_path_check(tp);
	if (wnd > tp->max_window) {
		tp->max_window = wnd;
		tcp_sync_mss(tp, tp->pmtu_cookie);
	}
	return true;
}

/* Nothing of ours is on its way: only the window is of interest. */
static void ack_probe(struct tcp_sock *tp)
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
		tcp_reset_write_timer(tp, TCP_TIME_PROBE0, (u64)tp->rto_us << min(tp->backoff, (u8)20));
	}
}

/* --- the steps of tcp_ack() --- */

/* Progress is proof that the next hop is there: ARP need not ask it (RFC 4861 7.3.1). */
static void confirm_neighbour(const struct tcp_sock *tp)
{
	const struct dst_entry *dst = tp->inet.sk.sk_dst_cache;

	if (dst && dst->neigh)
		neigh_confirm(dst->neigh, tp->now_ns);
}
static void advance_una(struct tcp_sock *tp, struct tcp_segment *seg, struct tcp_ack_state *a)
{
	seg->ack_was_new = true;
	a->flags |= FLAG_SND_UNA_ADVANCED;
	tp->bytes_acked += seg->ack - tp->snd_una;
	tp->snd_up = seq_max(tp->snd_up, seg->ack);
	tp->snd_una = seg->ack;
	tp->retransmits = 0;
	confirm_neighbour(tp);
}
static void take_sacks(struct tcp_sock *tp, const struct tcp_segment *seg, struct tcp_ack_state *a)
{
	struct tcp_sack_block wire[TCP_NUM_SACKS];
	u32 n;

	if (likely(seg->th->doff == tp->tcp_header_len / 4) || !tcp_is_sack(tp))
		return;
	n = tcp_parse_sack(seg->th, wire);
	if (n)
		tcp_sacktag_write_queue(tp, wire, n, a);
}
static void take_in(struct tcp_sock *tp, struct tcp_segment *seg, struct tcp_ack_state *a)
{
	if (tp->rx_opt.saw_tstamp && !seq_after(seg->seq, tp->rcv_wup) && !(seg->flags & TCPHDR_SYN))
		tcp_store_ts_recent(tp);
	if (update_window(tp, seg))
		a->flags |= FLAG_WIN_UPDATE;
	if (tcp_ecn_rcv_ecn_echo(tp, seg->flags))
		a->flags |= FLAG_ECE;
	if (seg->seq != seg->end_seq)
		a->flags |= FLAG_DATA;
	else if (seg->ack == tp->snd_una)
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPPUREACKS);
	if (seg->ack != tp->snd_una)
		advance_una(tp, seg, a);
	take_sacks(tp, seg, a);
	WRITE_ONCE(tcp_sock_sk(tp)->sk_err_soft, 0);
	tp->probes_out = 0;
	tp->rcv_tstamp_ns = tp->now_ns;
}
/* More than an expected ACK: a duplicate, a block, an echo of congestion, or something is under way. */
static bool dubious(const struct tcp_sock *tp, u32 flags)
{
	return !(flags & FLAG_NOT_DUP) || (flags & FLAG_CA_ALERT) || tp->ca_state != TCP_CA_Open;
}
static u32 num_dupack(u32 flags) { return !(flags & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DSACKING_ACK)); }

/* On a path that reorders, whatever arrives lets the window grow; else only what arrives in order (RFC 5681). */
static bool may_raise_cwnd(const struct tcp_sock *tp, u32 flags)
{
	if (tp->reordering > (u32)tcp_sysctl(&tp->inet.sk)->reordering)
		return flags & FLAG_FORWARD_PROGRESS;
	return flags & FLAG_DATA_ACKED;
}
static void cong_control(struct tcp_sock *tp, const struct tcp_ack_state *a)
{
	if (tp->ca_ops->cong_control) {
		tp->ca_ops->cong_control(tp, &a->rs);
		return;
	}
	if (tcp_in_cwnd_reduction(tp))
		tcp_cwnd_reduction(tp, a->rs.acked_sacked, a->rs.losses, a->flags);
	else if (may_raise_cwnd(tp, a->flags))
		tp->ca_ops->cong_avoid(tp, a->ack, a->rs.acked_sacked);
	tcp_update_pacing_rate(tp);
}
static void count_newly_delivered(struct tcp_sock *tp, const struct tcp_ack_state *a)
{
	NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPDELIVERED, tp->delivered - a->prior_delivered);
}
/* What recovery found out may be sent now that the window is known. */
static void xmit_recovery(struct tcp_sock *tp, const struct tcp_ack_state *a)
{
	if (a->rexmit == REXMIT_NONE || tcp_sock_sk(tp)->sk_state == TCP_SYN_SENT)
		return;
	if (a->rexmit == REXMIT_NEW) {
		__tcp_push_pending_frames(tp, tcp_current_mss(tp), TCP_NAGLE_OFF);
		if (seq_after(tp->snd_nxt, tp->high_seq))
			return;
		tp->frto = false;
	}
	tcp_xmit_retransmit_queue(tp);
}
/* An ACK that was overtaken: its blocks may still be news. */
static int old_ack(struct tcp_sock *tp, const struct tcp_segment *seg, struct tcp_ack_state *a)
{
	u32 most = (u32)min((u64)tp->max_window, tp->bytes_acked);

	if (seq_before(seg->ack, tp->snd_una - most)) /* RFC 5961 5.2: too old, and its data is not taken either */
		return -1;
	take_sacks(tp, seg, a);
	if (!(a->flags & FLAG_CA_ALERT))
		return 0;
	tcp_fastretrans_alert(tp, a, 0);
	count_newly_delivered(tp, a);
	xmit_recovery(tp, a);
	return 0;
}
static void nothing_was_out(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	if (a->flags & FLAG_DSACKING_ACK) {
		tcp_fastretrans_alert(tp, a, 0);
		count_newly_delivered(tp, a);
	}
	ack_probe(tp);
	if (tp->tlp_high_seq)
		tcp_process_tlp_ack(tp, a->ack, a->flags);
}

int tcp_ack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct tcp_ack_state a = { .ack = seg->ack, .prior_una = tp->snd_una, .prior_fack = tcp_highest_sack_seq(tp),
				   .prior_delivered = tp->delivered, .prior_lost = tp->lost, .reord = tp->snd_nxt,
				   .rs.prior_in_flight = tcp_packets_in_flight(tp) };
	bool had_data_out = tp->packets_out;

	if (unlikely(seq_before(seg->ack, tp->snd_una)))
		return old_ack(tp, seg, &a);
	if (unlikely(seq_after(seg->ack, tp->snd_nxt)))
		return -1;
	take_in(tp, seg, &a);
	if (!had_data_out) {
		nothing_was_out(tp, &a);
		return 1;
	}
	tcp_clean_rtx_queue(tp, &a);
	if (!tp->packets_out)
		tcp_chrono_stop(tp, TCP_CHRONO_BUSY);
	tcp_rack_update_reo_wnd(tp, &a.rs);
	if (tp->tlp_high_seq)
		tcp_process_tlp_ack(tp, a.ack, a.flags);
	if (dubious(tp, a.flags))
		tcp_fastretrans_alert(tp, &a, num_dupack(a.flags));
	if ((a.flags & FLAG_SET_XMIT_TIMER) && (!tp->packets_out || !tcp_schedule_loss_probe(tp, true)))
		tcp_rearm_rto(tp);
	count_newly_delivered(tp, &a);
	a.rs.is_ece = a.flags & FLAG_ECE;
	a.rs.is_ack_delayed = a.flags & FLAG_ACK_MAYBE_DELAYED;
	tcp_rate_gen(tp, tp->delivered - a.prior_delivered, tp->lost - a.prior_lost, tp->is_sack_reneg, &a.rs);
	cong_control(tp, &a);
	xmit_recovery(tp, &a);
	return 1;
}
