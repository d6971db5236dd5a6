/* net/tcp/tcp_recovery.c - something was lost: fast retransmit, fast recovery, and the way back after a time-out
 *
 * What:   NewReno (RFC 5681, RFC 6582) told as an account of segments (RFC 6675's pipe): each duplicate ACK says that
 *         one more segment has left the network; what may be sent is the window minus what is still in it.
 * Called: tcp_ack.c and tcp_timer.c; the socket is owned.
 * Absent: SACK, RACK, PRR, undo.
 */
#include "net/tcp/tcp_internal.h"

static void mark_lost(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (cb->sacked & TCPCB_RETRANS) {
		tp->retrans_out -= cb->gso_segs;
		cb->sacked &= ~TCPCB_RETRANS;
	}
	if (!(cb->sacked & TCPCB_LOST)) {
		cb->sacked |= TCPCB_LOST;
		tp->lost_out += cb->gso_segs;
	}
	if (tp->sacked_out + tp->lost_out > tp->packets_out)
		tp->sacked_out = tp->packets_out - tp->lost_out;
}
static void mark_head_lost(struct tcp_sock *tp)
{
	struct sk_buff *head = tcp_rtx_first(tp);

	if (!head || (TCP_SKB_CB(head)->sacked & TCPCB_LOST))
		return;
	/* What is known to be lost is one segment; without memory, all that left with it counts as lost. */
	if (TCP_SKB_CB(head)->gso_segs > 1)
		tcp_fragment(tp, NULL, head, TCP_SKB_CB(head)->gso_size, TCP_SKB_CB(head)->gso_size, GFP_ATOMIC);
	mark_lost(tp, head);
}

static void enter_recovery(struct tcp_sock *tp)
{
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPRENORECOVERY);
	tp->prior_cwnd = tp->snd_cwnd;
	tp->prior_ssthresh = tp->snd_ssthresh;
	tp->snd_ssthresh = tp->ca_ops->ssthresh(tp);
	tp->snd_cwnd = tp->snd_ssthresh;
	tp->snd_cwnd_cnt = 0;
	tp->high_seq = tp->snd_nxt;
	tcp_set_ca_state(tp, TCP_CA_Recovery);
	mark_head_lost(tp);
}
static void leave(struct tcp_sock *tp)
{
	tp->sacked_out = 0;
	tp->snd_cwnd = min(tp->snd_cwnd, max(tp->snd_ssthresh, 2u));
	tp->snd_cwnd_cnt = 0;
	tp->retrans_stamp_ns = 0;
	tcp_set_ca_state(tp, TCP_CA_Open);
}

/* One more left the network; the first missing one cannot be among them. */
static void count_dupack(struct tcp_sock *tp)
{
	u32 most = tp->packets_out - max(tp->lost_out, 1u);

	if (tp->sacked_out < most)
		tp->sacked_out++;
}
/* acked segments: one of them was missing, the others had been counted by duplicates. */
static void uncount_dupacks(struct tcp_sock *tp, u32 acked)
{
	tp->sacked_out -= min(tp->sacked_out, acked - 1);
}

static void in_open(struct tcp_sock *tp, u32 acked, bool dupack)
{
	if (acked) {
		tp->sacked_out = 0;
		tcp_set_ca_state(tp, TCP_CA_Open);
	}
	if (!dupack)
		return;
	count_dupack(tp);
	tcp_set_ca_state(tp, TCP_CA_Disorder);
	if (tp->sacked_out >= TCP_DUPACK_THRESHOLD)
		enter_recovery(tp);
}
/* RFC 6582 3.2: a partial ACK means that the next hole is lost too. */
static void in_recovery(struct tcp_sock *tp, u32 acked, bool dupack)
{
	if (acked && !seq_before(tp->snd_una, tp->high_seq)) {
		leave(tp);
		return;
	}
	if (dupack)
		count_dupack(tp);
	if (!acked)
		return;
	uncount_dupacks(tp, acked);
	mark_head_lost(tp);
}
void tcp_fastretrans_alert(struct tcp_sock *tp, u32 acked, bool dupack)
{
	switch (tp->ca_state) {
	case TCP_CA_Recovery:
		in_recovery(tp, acked, dupack);
		break;
	case TCP_CA_Loss:
		if (!seq_before(tp->snd_una, tp->high_seq))
			leave(tp);
		break;
	default:
		in_open(tp, acked, dupack);
	}
	if (tp->lost_out > 0 && tp->ca_state >= TCP_CA_Recovery)
		tcp_xmit_retransmit_queue(tp);
}

/* The retransmission timer ran out: nothing in flight is believed in any more. */
void tcp_enter_loss(struct tcp_sock *tp)
{
	struct sk_buff *skb;

	/* A second time-out for the same data halves nothing more (RFC 5681 3.1, equation 4's note). */
	if (tp->ca_state <= TCP_CA_Disorder || !seq_after(tp->high_seq, tp->snd_una)) {
		tp->prior_cwnd = tp->snd_cwnd;
		tp->prior_ssthresh = tp->snd_ssthresh;
		tp->snd_ssthresh = tp->ca_ops->ssthresh(tp);
	}
	tp->snd_cwnd = 1;
	tp->snd_cwnd_cnt = 0;
	tp->sacked_out = 0;
	for (skb = tcp_rtx_first(tp); skb; skb = skb_rb_next(skb))
		mark_lost(tp, skb);
	tp->high_seq = tp->snd_nxt;
	tcp_set_ca_state(tp, TCP_CA_Loss);
	tcp_fast_path_off(tp);
	tcp_fast_path_check(tp);
}

/* Sends what is marked lost, as far as the window allows; in recovery the first always goes (RFC 5681 3.2 step 2). */
void tcp_xmit_retransmit_queue(struct tcp_sock *tp)
{
	struct sk_buff *skb;
	bool first = true;

	for (skb = tcp_rtx_first(tp); skb; skb = skb_rb_next(skb)) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		if (!tp->lost_out || tp->retrans_out >= tp->lost_out)
			return;
		if (!(cb->sacked & TCPCB_LOST) || (cb->sacked & TCPCB_RETRANS)) {
			first = false;
			continue;
		}
		if (!(first && tp->ca_state == TCP_CA_Recovery) && tcp_packets_in_flight(tp) >= tp->snd_cwnd)
			return;
		if (tcp_retransmit_skb(tp, skb))
			return;
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPFASTRETRANS);
		if (first)
			tcp_rearm_rto(tp);
		first = false;
	}
}
