/* net/tcp/tcp_recovery.c - the states of a sender: Open, Disorder, CWR, Recovery, Loss
 *
 * What:   an account of segments (RFC 6675's pipe): packets_out were sent and not acknowledged; sacked_out of them
 *         have arrived, lost_out are believed lost, retrans_out were sent again. What is left is in flight. An ACK that
 *         is more than expected comes here: it may end a state, begin one, mark segments lost, or prove an alarm false.
 * Called: tcp_ack.c; the socket is owned.
 * Calls:  tcp_rack.c, tcp_undo.c, tcp_loss.c, tcp_prr.c, tcp_reordering.c.
 */
#include "net/tcp/tcp_internal.h"

/* A new connection. */
void tcp_recovery_init(struct tcp_sock *tp)
{
	tp->reordering = (u32)tcp_sysctl(tcp_sock_sk(tp))->reordering;
	tp->reord_seen = tp->highest_sack = tp->high_seq = 0;
	tp->prr_delivered = tp->prr_out = 0;
	tp->prior_cwnd = tp->prior_ssthresh = 0;
	tp->tlp_high_seq = tp->undo_marker = tp->dsack_dups = tp->total_rto = 0;
	tp->total_rto_ms = tp->total_rto_recoveries = 0;
	tp->rto_stamp_ns = 0;
	tp->undo_retrans = 0;
	tp->tlp_retrans = tp->frto = tp->is_sack_reneg = tp->saw_dsack = false;
	memset(&tp->rack, 0, sizeof(tp->rack));
	tp->rack.reo_wnd_steps = 1;
}

/* --- marks --- */

/* Where tcp_xmit_retransmit_queue() begins: not behind skb, the first that is to go again. */
static void move_hint(struct tcp_sock *tp, struct sk_buff *skb)
{
	const struct sk_buff *hint = tp->retransmit_hint;

	if (hint ? seq_before(TCP_SKB_CB(skb)->seq, TCP_SKB_CB(hint)->seq) : tp->retrans_out >= tp->lost_out)
		tp->retransmit_hint = skb;
}
/* A retransmission may be lost too, and is then to go a third time. */
void tcp_mark_skb_lost(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 segs = cb->gso_segs;

	if (cb->sacked & TCPCB_SACKED)
		return;
	move_hint(tp, skb);
	if (!(cb->sacked & TCPCB_LOST)) {
		cb->sacked |= TCPCB_LOST;
		tp->lost_out += segs;
		tp->lost += segs;
	} else if (cb->sacked & TCPCB_RETRANS) {
		cb->sacked &= ~TCPCB_RETRANS;
		tp->retrans_out -= segs;
		NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPLOSTRETRANSMIT, segs);
		tp->lost += segs;
	}
	list_del_init(&cb->by_time);
}
static u32 segment_len(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->gso_segs > 1 ? TCP_SKB_CB(skb)->gso_size : skb->len;
}
void tcp_simple_retransmit(struct tcp_sock *tp)
{
	u32 mss = tcp_current_mss(tp);

	for (struct sk_buff *skb = tcp_rtx_first(tp); skb; skb = skb_rb_next(skb))
		if (segment_len(skb) > mss)
			tcp_mark_skb_lost(tp, skb);
	if (!tp->lost_out)
		return;
	if (tcp_is_reno(tp))
		tcp_limit_reno_sacked(tp);
	tcp_non_congestion_loss_retransmit(tp);
}
void tcp_non_congestion_loss_retransmit(struct tcp_sock *tp)
{
	if (tp->ca_state != TCP_CA_Loss) { /* no congestion was seen: the window stays, and there is nothing to undo */
		tp->high_seq = tp->snd_nxt;
		tp->snd_ssthresh = tcp_current_ssthresh(tp);
		tp->prior_ssthresh = 0;
		tp->undo_marker = 0;
		tcp_set_ca_state(tp, TCP_CA_Loss);
	}
	tcp_xmit_retransmit_queue(tp);
}

/* Without RACK: RFC 6675's IsLost(), as a count: what lies below the highest SACKed segments but reordering of them. */
static void mark_head_lost(struct tcp_sock *tp, u32 most, bool only_head)
{
	u32 high = tcp_highest_sack_seq(tp), n = 0;

	for (struct sk_buff *skb = tcp_rtx_first(tp); skb && n < most; skb = skb_rb_next(skb)) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		if (seq_after(cb->end_seq, only_head ? tp->snd_nxt : high))
			return;
		n += cb->gso_segs;
		if (!(cb->sacked & TCPCB_LOST))
			tcp_mark_skb_lost(tp, skb);
		if (only_head)
			return;
	}
}
static void update_scoreboard(struct tcp_sock *tp, bool fast_rexmit)
{
	if (tcp_is_reno(tp))
		return;
	if (tp->sacked_out > tp->reordering)
		mark_head_lost(tp, tp->packets_out - tp->sacked_out, false);
	else if (fast_rexmit)
		mark_head_lost(tp, 1, true);
}
static bool force_fast_retransmit(const struct tcp_sock *tp)
{
	return seq_after(tcp_highest_sack_seq(tp), tp->snd_una + tp->reordering * tp->mss_cache);
}
static void identify_packet_loss(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	u32 retrans = tp->retrans_out;

	if (!tp->packets_out)
		return;
	if (tcp_is_reno(tp)) {
		tcp_newreno_mark_lost(tp, a->flags & FLAG_SND_UNA_ADVANCED);
	} else if (tcp_is_rack(tp)) {
		if (tcp_rack_mark_lost(tp))
			a->flags &= ~FLAG_SET_XMIT_TIMER;
		if (retrans > tp->retrans_out)
			a->flags |= FLAG_LOST_RETRANS;
	}
}

/* --- moves between states --- */

bool tcp_any_retrans_done(const struct tcp_sock *tp)
{
	struct sk_buff *head = tcp_rtx_head(tp);

	return tp->retrans_out || (head && (TCP_SKB_CB(head)->sacked & TCPCB_EVER_RETRANS));
}
void tcp_try_keep_open(struct tcp_sock *tp)
{
	u8 state = tcp_left_out(tp) || tcp_any_retrans_done(tp) ? TCP_CA_Disorder : TCP_CA_Open;

	if (tp->ca_state == state)
		return;
	tcp_set_ca_state(tp, state);
	tp->high_seq = tp->snd_nxt;
}
void tcp_try_to_open(struct tcp_sock *tp, u32 flags)
{
	if (!tcp_any_retrans_done(tp))
		tp->retrans_stamp_ns = 0;
	if (flags & FLAG_ECE)
		tcp_enter_cwr(tp);
	if (tp->ca_state != TCP_CA_CWR)
		tcp_try_keep_open(tp);
}
void tcp_enter_recovery(struct tcp_sock *tp, bool ece)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (!tcp_any_retrans_done(tp)) /* the clock for undo and for giving up starts with our retransmission */
		tp->retrans_stamp_ns = 0;
	if (tcp_is_reno(tp))
		NET_INC_STATS(net, TCPEXT_TCPRENORECOVERY);
	else
		NET_INC_STATS(net, TCPEXT_TCPSACKRECOVERY);
	tp->prior_ssthresh = 0;
	tcp_init_undo(tp);
	if (!tcp_in_cwnd_reduction(tp)) {
		if (!ece)
			tp->prior_ssthresh = tcp_current_ssthresh(tp);
		tcp_init_cwnd_reduction(tp);
	}
	tcp_set_ca_state(tp, TCP_CA_Recovery);
}
static bool time_to_recover(const struct tcp_sock *tp)
{
	return tp->lost_out || (!tcp_is_rack(tp) && tp->sacked_out + 1 > tp->reordering);
}
/* The peer acknowledges up to a segment that it SACKed and not that segment: it may be about to, or it has thrown it
 * away. It gets a moment; then the timer decides. */
static bool reneging(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	if (!(a->flags & FLAG_SACK_RENEGING) || !(a->flags & FLAG_SND_UNA_ADVANCED))
		return false;
	tcp_reset_write_timer(tp, TCP_TIME_RETRANS, max((u64)tp->srtt_us >> 4, 10 * USEC_PER_MSEC));
	a->flags &= ~FLAG_SET_XMIT_TIMER;
	return true;
}

/* Everything up to high_seq is acknowledged. True when nothing more is to be done. */
static bool end_state(struct tcp_sock *tp)
{
	if (tp->ca_state == TCP_CA_CWR) {
		if (tp->snd_una != tp->high_seq) { /* the peer has seen our CWR */
			tcp_end_cwnd_reduction(tp);
			tcp_set_ca_state(tp, TCP_CA_Open);
		}
	} else if (tp->ca_state == TCP_CA_Recovery) {
		if (tcp_is_reno(tp))
			tcp_reset_reno_sack(tp);
		if (tcp_try_undo_recovery(tp))
			return true;
		tcp_end_cwnd_reduction(tp);
	}
	return false;
}

/* Each of these: true when the ACK is dealt with, and nothing may be retransmitted for it. */
static bool in_recovery(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack, bool *do_lost)
{
	if (a->flags & FLAG_SND_UNA_ADVANCED) {
		if (tcp_try_undo_partial(tp, a))
			return true;
		*do_lost = force_fast_retransmit(tp);
	} else if (tcp_is_reno(tp)) {
		tcp_add_reno_sack(tp, num_dupack, a->flags & FLAG_ECE);
	}
	if (tcp_try_undo_dsack(tp))
		tcp_try_to_open(tp, a->flags);
	identify_packet_loss(tp, a);
	if (tp->ca_state == TCP_CA_Recovery)
		return false;
	if (!time_to_recover(tp))
		return true;
	tcp_enter_recovery(tp, a->flags & FLAG_ECE);
	return false;
}
static bool in_open(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack, bool *fast_rexmit)
{
	if (tcp_is_reno(tp)) {
		if (a->flags & FLAG_SND_UNA_ADVANCED)
			tcp_reset_reno_sack(tp);
		tcp_add_reno_sack(tp, num_dupack, a->flags & FLAG_ECE);
	}
	if (tp->ca_state <= TCP_CA_Disorder)
		tcp_try_undo_dsack(tp);
	identify_packet_loss(tp, a);
	if (!time_to_recover(tp)) {
		tcp_try_to_open(tp, a->flags);
		return true;
	}
	if (unlikely(tp->mtup.probe_size) && tcp_mtup_lost(tp))
		return true;
	tcp_enter_recovery(tp, a->flags & FLAG_ECE);
	*fast_rexmit = true;
	return false;
}
static bool in_loss(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack, bool *fast_rexmit)
{
	tcp_process_loss(tp, a, num_dupack);
	if (tp->ca_state != TCP_CA_Loss && tp->rto_stamp_ns) {
		tp->total_rto_ms += (u32)((tp->now_ns - tp->rto_stamp_ns) / NSEC_PER_MSEC);
		tp->rto_stamp_ns = 0;
	}
	identify_packet_loss(tp, a);
	if (tp->ca_state != TCP_CA_Open && !(a->flags & FLAG_LOST_RETRANS))
		return true;
	return in_open(tp, a, num_dupack, fast_rexmit); /* undone, or a retransmission was lost: look afresh */
}

void tcp_fastretrans_alert(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack)
{
	bool do_lost = num_dupack || ((a->flags & FLAG_DATA_SACKED) && force_fast_retransmit(tp));
	bool fast_rexmit = false, done;

	if (!tp->packets_out && tp->sacked_out)
		tp->sacked_out = 0;
	if (a->flags & FLAG_ECE)
		tp->prior_ssthresh = 0; /* the network said it itself: no undo */
	if (reneging(tp, a))
		return;
	if (tp->ca_state == TCP_CA_Open)
		tp->retrans_stamp_ns = 0;
	else if (!seq_before(tp->snd_una, tp->high_seq) && end_state(tp))
		return;
	if (tp->ca_state == TCP_CA_Recovery)
		done = in_recovery(tp, a, num_dupack, &do_lost);
	else if (tp->ca_state == TCP_CA_Loss)
		done = in_loss(tp, a, num_dupack, &fast_rexmit);
	else
		done = in_open(tp, a, num_dupack, &fast_rexmit);
	if (done)
		return;
	if (!tcp_is_rack(tp) && do_lost)
		update_scoreboard(tp, fast_rexmit);
	a->rexmit = REXMIT_LOST;
}
