/* net/tcp/tcp_prr.c - the window while it shrinks: proportional rate reduction (PRR, RFC 6937 and its successor)
 *
 * What:   in CWR and Recovery a little is sent for each segment that arrives, so that sending neither stops nor bursts
 *         while the flight shrinks to ssthresh. Where losses have already made it smaller, it grows back as arrivals
 *         allow; one faster where the ACK brings progress and no new loss (the safe ACK of the successor).
 * Called: tcp_ack.c, tcp_recovery.c, tcp_tlp.c; tcp_enter_cwr() also by whoever sees congestion without a loss.
 *         The socket is owned.
 */
#include "net/tcp/tcp_internal.h"

void tcp_init_cwnd_reduction(struct tcp_sock *tp)
{
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->snd_cwnd_cnt = 0;
	tp->prior_cwnd = tp->snd_cwnd;
	tp->prr_delivered = tp->prr_out = 0;
	tp->snd_ssthresh = tp->ca_ops->ssthresh(tp);
	tcp_ecn_queue_cwr(tp);
}

/* One ACK told that delivered segments arrived and lost were lost. */
void tcp_cwnd_reduction(struct tcp_sock *tp, u32 delivered, u32 lost, u32 flags)
{
	s32 room = (s32)(tp->snd_ssthresh - tcp_packets_in_flight(tp)), send;

	if (!delivered || !tp->prior_cwnd)
		return;
	tp->prr_delivered += delivered;
	if (room < 0) {
		u64 share = (u64)tp->snd_ssthresh * tp->prr_delivered + tp->prior_cwnd - 1;

		send = (s32)(share / tp->prior_cwnd) - (s32)tp->prr_out;
	} else {
		send = max((s32)(tp->prr_delivered - tp->prr_out), (s32)delivered);
		if ((flags & FLAG_SND_UNA_ADVANCED) && !lost)
			send++;
		send = min(room, send);
	}
	send = max(send, tp->prr_out ? 0 : 1); /* the first retransmission goes in any case */
	tp->snd_cwnd = (u32)max((s32)tcp_packets_in_flight(tp) + send, 1);
}
void tcp_end_cwnd_reduction(struct tcp_sock *tp)
{
	if (tp->ca_ops->cong_control)
		return;
	/* Not when it was undone: then the window is already what it was. */
	if (tp->snd_ssthresh < TCP_INFINITE_SSTHRESH && (tp->ca_state == TCP_CA_CWR || tp->undo_marker)) {
		tp->snd_cwnd = tp->snd_ssthresh;
		tp->cwnd_stamp_ns = tp->now_ns;
	}
	tcp_ca_event(tp, CA_EVENT_COMPLETE_CWR);
}
/* Once a round trip, and not during a recovery, which has reduced already. It cannot be undone. */
void tcp_enter_cwr(struct tcp_sock *tp)
{
	tp->prior_ssthresh = 0;
	if (tp->ca_state >= TCP_CA_CWR)
		return;
	tp->undo_marker = 0;
	tcp_init_cwnd_reduction(tp);
	tcp_set_ca_state(tp, TCP_CA_CWR);
}
