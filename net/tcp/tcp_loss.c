/* net/tcp/tcp_loss.c - the retransmission timer ran out: is everything lost, or was it only late? (F-RTO, RFC 5682)
 *
 * What:   the window falls to one, and what left long enough ago counts as lost. The first segment goes again; if the
 *         next ACK shows that originals arrive, new data is sent instead of old, and a second such ACK proves that the
 *         time-out was spurious: the window comes back. SACK shows it sooner.
 * Called: tcp_rto.c, tcp_recovery.c; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

/* The peer SACKed the very first segment and yet does not acknowledge it: it has thrown data away (RFC 2018 8), and its
 * blocks mean nothing any more. */
static bool check_reneging(struct tcp_sock *tp)
{
	struct sk_buff *skb = tcp_sacked_first(tp);

	if (!skb || skb != tcp_rtx_head(tp))
		return false;
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPSACKRENEGING);
	tp->is_sack_reneg = true;
	while ((skb = tcp_sacked_first(tp))) {
		TCP_SKB_CB(skb)->sacked &= ~TCPCB_SACKED;
		tcp_rtx_move(tp, skb);
	}
	tp->sacked_out = 0;
	return true;
}
/* All, but for those that RACK would still wait for: they left only lately. */
static void mark_lost(struct tcp_sock *tp)
{
	bool reneged = check_reneging(tp);
	struct sk_buff *head;

	if (tcp_is_reno(tp))
		tcp_reset_reno_sack(tp);
	head = tcp_rtx_first(tp);
	for (struct sk_buff *skb = head; skb; skb = skb_rb_next(skb)) {
		if (reneged || skb == head || !tcp_is_rack(tp) || tcp_rack_skb_timeout_us(tp, skb, 0) <= 0)
			tcp_mark_skb_lost(tp, skb);
	}
	tp->retransmit_hint = NULL;
}
void tcp_enter_loss(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	bool new_recovery = tp->ca_state < TCP_CA_Recovery;

	mark_lost(tp);
	/* A second time-out for the same data halves nothing more (RFC 5681 3.1, equation 4's note). */
	if (tp->ca_state <= TCP_CA_Disorder || !seq_after(tp->high_seq, tp->snd_una) ||
	    (tp->ca_state == TCP_CA_Loss && !tp->retransmits)) {
		tp->prior_ssthresh = tcp_current_ssthresh(tp);
		tp->prior_cwnd = tp->snd_cwnd;
		tp->snd_ssthresh = tp->ca_ops->ssthresh(tp);
		tcp_ca_event(tp, CA_EVENT_LOSS);
		tcp_init_undo(tp);
	}
	tp->snd_cwnd = tcp_packets_in_flight(tp) + 1;
	tp->snd_cwnd_cnt = 0;
	tp->cwnd_stamp_ns = tp->now_ns;
	/* Many duplicates came and did not start a recovery: reordering was overestimated. */
	if (tp->ca_state <= TCP_CA_Disorder && tp->sacked_out >= (u32)s->reordering)
		tp->reordering = min(tp->reordering, (u32)s->reordering);
	tcp_set_ca_state(tp, TCP_CA_Loss);
	tp->high_seq = tp->snd_nxt;
	tcp_ecn_queue_cwr(tp);
	/* RFC 5682 3.1 step 1; not when a recovery was under way, unless the same data timed out again (3.2). */
	tp->frto = s->frto && (new_recovery || tp->retransmits);
}

/* True when F-RTO has decided, or takes its next step. */
static bool frto_step(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack)
{
	bool recovered = !seq_before(tp->snd_una, tp->high_seq);

	/* Step 3.b: something that was sent once only has arrived. */
	if ((a->flags & FLAG_ORIG_SACK_ACKED) && tcp_try_undo_loss(tp, true))
		return true;
	if (seq_after(tp->snd_nxt, tp->high_seq)) {
		if ((a->flags & FLAG_DATA_SACKED) || num_dupack)
			tp->frto = false; /* step 3.a: the loss was real */
	} else if ((a->flags & FLAG_SND_UNA_ADVANCED) && !recovered) {
		tp->high_seq = tp->snd_nxt;
		/* Step 2.b: new data, if there is any, asks the question again. */
		if (!skb_queue_empty(&tcp_sock_sk(tp)->sk_write_queue) && seq_after(tcp_wnd_end(tp), tp->snd_nxt)) {
			a->rexmit = REXMIT_NEW;
			return true;
		}
		tp->frto = false;
	}
	return false;
}
/* An ACK in the Loss state. */
void tcp_process_loss(struct tcp_sock *tp, struct tcp_ack_state *a, u32 num_dupack)
{
	bool recovered = !seq_before(tp->snd_una, tp->high_seq);

	if ((a->flags & FLAG_SND_UNA_ADVANCED) && tcp_try_undo_loss(tp, false))
		return;
	if (tp->frto && frto_step(tp, a, num_dupack))
		return;
	if (recovered) {
		tcp_try_undo_recovery(tp);
		return;
	}
	if (tcp_is_reno(tp)) {
		/* Duplicates that new data of step 2.b caused: what they stand for is no longer in flight. */
		if (seq_after(tp->snd_nxt, tp->high_seq) && num_dupack)
			tcp_add_reno_sack(tp, num_dupack, a->flags & FLAG_ECE);
		else if (a->flags & FLAG_SND_UNA_ADVANCED)
			tcp_reset_reno_sack(tp);
	}
	a->rexmit = REXMIT_LOST;
}
