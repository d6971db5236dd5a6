/* net/tcp/tcp_undo.c - it was a false alarm: the window comes back
 *
 * What:   two proofs that nothing was lost. All retransmissions were in vain: each has been reported by a D-SACK (RFC
 *         3708). Or the ACK that ends it was caused by the original: its timestamp is older than the first
 *         retransmission (Eifel, RFC 3522 and 4015). undo_marker is where the recovery began; 0: no undo.
 * Called: tcp_recovery.c, tcp_loss.c; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

void tcp_init_undo(struct tcp_sock *tp)
{
	tp->undo_marker = tp->snd_una;
	tp->undo_retrans = (int)tp->retrans_out;
	if (tp->tlp_high_seq && tp->tlp_retrans)
		tp->undo_retrans++;
	if (!tp->undo_retrans) /* 0 would say that all were in vain */
		tp->undo_retrans = -1;
}

/* The ACK at hand was caused by a segment that left before the first retransmission. Where none has left yet, so was
 * any ACK; but for the two places that forget the time although one has: a SYN's ACK, and reno_holds_on(). */
static bool packet_delayed(const struct tcp_sock *tp)
{
	if (tp->retrans_stamp_ns)
		return tcp_tsecr_before(tp, tp->retrans_stamp_ns);
	if (tcp_is_reno(tp) && !seq_before(tp->snd_una, tp->high_seq))
		return false;
	return tp->inet.sk.sk_state != TCP_SYN_SENT;
}
static bool may_undo(const struct tcp_sock *tp)
{
	return tp->undo_marker && (!tp->undo_retrans || packet_delayed(tp));
}

/* What was marked may be on its way after all. It left before all that is in the list. */
static void unmark_lost(struct tcp_sock *tp)
{
	for (struct sk_buff *skb = tcp_rtx_last(tp); skb; skb = skb_rb_prev(skb)) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		cb->sacked &= ~TCPCB_LOST;
		if (list_empty(&cb->by_time))
			list_add(&cb->by_time, &tp->tsorted);
	}
	tp->lost_out = 0;
	tp->retransmit_hint = NULL;
}
static void undo_cwnd_reduction(struct tcp_sock *tp, bool unmark)
{
	if (unmark)
		unmark_lost(tp);
	if (tp->prior_ssthresh) {
		tp->snd_cwnd = tp->ca_ops->undo_cwnd(tp);
		if (tp->prior_ssthresh > tp->snd_ssthresh) {
			tp->snd_ssthresh = tp->prior_ssthresh;
			tcp_ecn_withdraw_cwr(tp);
		}
	}
	tp->cwnd_stamp_ns = tp->now_ns;
	tp->undo_marker = 0;
	tp->rack.advanced = true; /* look again */
}
/* RFC 6582: without SACK the state is held until something above high_seq is acknowledged, or duplicates of what the
 * recovery sent would begin another. */
static bool reno_holds_on(struct tcp_sock *tp)
{
	if (tp->snd_una != tp->high_seq || !tcp_is_reno(tp))
		return false;
	if (!tcp_any_retrans_done(tp))
		tp->retrans_stamp_ns = 0;
	return true;
}

bool tcp_try_undo_recovery(struct tcp_sock *tp)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (may_undo(tp)) {
		bool loss = tp->ca_state == TCP_CA_Loss;

		undo_cwnd_reduction(tp, false);
		if (loss)
			NET_INC_STATS(net, TCPEXT_TCPLOSSUNDO);
		else
			NET_INC_STATS(net, TCPEXT_TCPFULLUNDO);
	} else if (tp->rack.reo_wnd_persist) {
		tp->rack.reo_wnd_persist--;
	}
	if (reno_holds_on(tp))
		return true;
	tcp_set_ca_state(tp, TCP_CA_Open);
	tp->is_sack_reneg = false;
	return false;
}
bool tcp_try_undo_dsack(struct tcp_sock *tp)
{
	if (!tp->undo_marker || tp->undo_retrans)
		return false;
	undo_cwnd_reduction(tp, false);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPDSACKUNDO);
	return true;
}
bool tcp_try_undo_loss(struct tcp_sock *tp, bool frto)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (!frto && !may_undo(tp))
		return false;
	undo_cwnd_reduction(tp, true);
	NET_INC_STATS(net, TCPEXT_TCPLOSSUNDO);
	if (frto)
		NET_INC_STATS(net, TCPEXT_TCPSPURIOUSRTOS);
	tp->retransmits = 0;
	if (reno_holds_on(tp))
		return true;
	if (frto || tcp_is_sack(tp)) {
		tcp_set_ca_state(tp, TCP_CA_Open);
		tp->is_sack_reneg = false;
	}
	return true;
}
/* A partial ACK that a delayed original caused: the hole was reordering. With retransmissions still out, only new data
 * may be sent, and nothing more is marked; without, all is as before. */
bool tcp_try_undo_partial(struct tcp_sock *tp, const struct tcp_ack_state *a)
{
	if (!tp->undo_marker || !packet_delayed(tp))
		return false;
	tcp_check_sack_reordering(tp, a->prior_una, true);
	if (tp->retrans_out)
		return true;
	if (!tcp_any_retrans_done(tp))
		tp->retrans_stamp_ns = 0;
	undo_cwnd_reduction(tp, true);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPPARTIALUNDO);
	tcp_try_keep_open(tp);
	return false;
}
