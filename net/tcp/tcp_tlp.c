/* net/tcp/tcp_tlp.c - the tail loss probe (TLP, RFC 8985 7)
 *
 * What:   when the last segments of a flight are lost, no SACK ever tells. After two round trips of silence one segment
 *         is sent, new data if there is any, else the last again: its SACK lets RACK find what is missing, long before
 *         the RTO would shrink the window to one.
 * Called: tcp_xmit.c and tcp_ack.c, which set the timer; tcp_timer.c as it runs out; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

#define TIMEOUT_MIN_US (2 * USEC_PER_MSEC)

/* Two round trips; a lone segment's ACK may be held back for a while. */
static u64 probe_timeout_us(const struct tcp_sock *tp)
{
	if (!tp->srtt_us)
		return TCP_TIMEOUT_INIT_US;
	return (tp->srtt_us >> 2) + (tp->packets_out == 1 ? tcp_rto_min_us(tp) : TIMEOUT_MIN_US);
}
/* advancing_rto: an ACK came, and the RTO would start anew; else it runs already. */
bool tcp_schedule_loss_probe(struct tcp_sock *tp, bool advancing_rto)
{
	int mode = tcp_sysctl(tcp_sock_sk(tp))->early_retrans;
	u64 after_us;
	s64 rto_us;

	if ((mode != 3 && mode != 4) || !tp->packets_out || !tcp_is_sack(tp) ||
	    (tp->ca_state != TCP_CA_Open && tp->ca_state != TCP_CA_CWR))
		return false;
	after_us = probe_timeout_us(tp);
	rto_us = advancing_rto ? (s64)tp->rto_us : tcp_rto_delta_us(tp);
	if (rto_us > 0)
		after_us = min(after_us, (u64)rto_us);
	tcp_reset_write_timer(tp, TCP_TIME_LOSS_PROBE, after_us);
	return true;
}

/* The last segment again. False: it could not be sent. */
static bool probe_with_last(struct tcp_sock *tp)
{
	struct sk_buff *skb = tcp_rtx_last(tp);
	u32 mss = tcp_current_mss(tp), segs;

	if (!skb)
		return false;
	segs = TCP_SKB_CB(skb)->gso_segs;
	if (segs > 1 && skb->len > (segs - 1) * mss) {
		if (tcp_fragment(tp, NULL, skb, (segs - 1) * mss, mss, GFP_ATOMIC))
			return false;
		skb = skb_rb_next(skb);
	}
	if (__tcp_retransmit_skb(tp, skb, 1))
		return false;
	tp->tlp_retrans = true;
	return true;
}
static bool probe_with_new(struct tcp_sock *tp)
{
	u32 prior = tp->packets_out;

	tcp_write_xmit(tp, tcp_current_mss(tp), TCP_NAGLE_PUSH, 2);
	return tp->packets_out > prior;
}
static bool new_data_fits(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 end = TCP_SKB_CB(skb)->seq + min(skb->len, (u32)tp->mss_cache);

	return !seq_after(end, tcp_wnd_end(tp));
}
/* The timer ran out. At most one probe at a time. */
void tcp_send_loss_probe(struct tcp_sock *tp)
{
	struct sk_buff *head = skb_peek(&tcp_sock_sk(tp)->sk_write_queue);

	if (!tp->tlp_high_seq) {
		tp->tlp_retrans = false;
		if (head && new_data_fits(tp, head) ? probe_with_new(tp) : probe_with_last(tp)) {
			tp->tlp_high_seq = tp->snd_nxt;
			NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPLOSSPROBES);
			tp->write_event = TCP_TIME_NONE; /* the RTO starts from now */
		}
	}
	tcp_rearm_rto(tp);
}

/* RFC 8985 7.4: what became of the probe? If it was a retransmission and its original did not arrive too, it has
 * repaired a loss that nobody saw, and congestion control must hear of it. */
void tcp_process_tlp_ack(struct tcp_sock *tp, u32 ack, u32 flags)
{
	if (seq_before(ack, tp->tlp_high_seq))
		return;
	if (!tp->tlp_retrans || (flags & FLAG_DSACK_TLP)) {
		tp->tlp_high_seq = 0;
	} else if (seq_after(ack, tp->tlp_high_seq)) {
		tcp_init_cwnd_reduction(tp);
		tcp_set_ca_state(tp, TCP_CA_CWR);
		tcp_end_cwnd_reduction(tp);
		tcp_try_keep_open(tp);
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPLOSSPROBERECOVERY);
	} else if (!(flags & (FLAG_SND_UNA_ADVANCED | FLAG_NOT_DUP | FLAG_DATA_SACKED))) {
		tp->tlp_high_seq = 0; /* a plain duplicate: both arrived */
	}
}
