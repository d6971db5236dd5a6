/* net/tcp/tcp_rtt.c - how long a round trip takes, and so when to send again (RFC 6298), in microseconds
 *
 * What:   which sample an ACK gives, if any; the smoothed round trip and its variance, from which the RTO; the shortest
 *         round trip of the last minutes.
 * Called: tcp_clean.c for each ACK, tcp_listen.c for the handshake's; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

u32 tcp_rto_min_us(const struct tcp_sock *tp) { return (u32)tcp_sysctl(&tp->inet.sk)->rto_min_us; }

/* RTO = SRTT + 4 * RTTVAR; the floor lies below the variance, so that a steady path keeps 200 ms of patience for
 * delayed ACKs. */
void tcp_set_rto(struct tcp_sock *tp)
{
	tp->rto_us = (u32)min((tp->srtt_us >> 3) + (u64)tp->rttvar_us, (u64)tp->rto_max_us);
}

/* The deviation follows the samples at once upwards, slowly down: what counts is its maximum within each round trip. A
 * shorter round trip is no reason for a longer time-out: there the deviation grows at an eighth of the pace. */
static void take_deviation(struct tcp_sock *tp, s64 err)
{
	s64 d = (err < 0 ? -err : err) - (tp->mdev_us >> 2);

	if (err < 0 && d > 0)
		d >>= 3;
	tp->mdev_us = (u32)((s64)tp->mdev_us + d);
	if (tp->mdev_us > tp->mdev_max_us) {
		tp->mdev_max_us = tp->mdev_us;
		tp->rttvar_us = max(tp->rttvar_us, tp->mdev_max_us);
	}
	if (!seq_after(tp->snd_una, tp->rtt_seq))
		return;
	if (tp->mdev_max_us < tp->rttvar_us)
		tp->rttvar_us -= (tp->rttvar_us - tp->mdev_max_us) >> 2;
	tp->rtt_seq = tp->snd_nxt;
	tp->mdev_max_us = tcp_rto_min_us(tp);
}
void tcp_rtt_estimator(struct tcp_sock *tp, u32 rtt_us)
{
	s64 err;

	if (!tp->srtt_us) { /* RFC 6298 2.2; mdev is four times the deviation, R/2 */
		tp->srtt_us = max(rtt_us << 3, 1u);
		tp->mdev_us = rtt_us << 1;
		tp->rttvar_us = tp->mdev_max_us = max(tp->mdev_us, tcp_rto_min_us(tp));
		tp->rtt_seq = tp->snd_nxt;
		return;
	}
	err = (s64)rtt_us - (tp->srtt_us >> 3); /* 2.3 */
	tp->srtt_us = (u32)max((s64)tp->srtt_us + err, (s64)1);
	take_deviation(tp, err);
}

/* A lone segment's ACK may have been held back; it must not make the path look longer. */
static void take_min(struct tcp_sock *tp, u32 rtt_us, u32 flags)
{
	u32 window_ms = (u32)tcp_sysctl(tcp_sock_sk(tp))->min_rtt_wlen * MSEC_PER_SEC;

	if ((flags & FLAG_ACK_MAYBE_DELAYED) && rtt_us > tcp_min_rtt(tp))
		return;
	rtt_us = max(rtt_us, 1u);
	if (!tp->rtt_min_us)
		minmax_reset(&tp->rtt_filter, (u32)(tp->now_ns / NSEC_PER_MSEC), rtt_us);
	tp->rtt_min_us = minmax_running_min(&tp->rtt_filter, window_ms, (u32)(tp->now_ns / NSEC_PER_MSEC), rtt_us);
}
void tcp_synack_rtt_meas(struct tcp_sock *tp, u32 rtt_us)
{
	take_min(tp, rtt_us, 0);
	tcp_rtt_estimator(tp, rtt_us);
	tcp_set_rto(tp);
}
/* Data is about to flow. Where the SYN had to be sent again, nothing was measured, and the RTO begins anew. */
void tcp_init_rto(struct tcp_sock *tp)
{
	if (tp->srtt_us)
		return;
	tp->rttvar_us = tp->mdev_us = tp->mdev_max_us = TCP_TIMEOUT_FALLBACK_US;
	tp->rto_us = TCP_TIMEOUT_FALLBACK_US;
}
/* What the echoed timestamp says, in its milliseconds; -1: nothing. */
static s64 rtt_by_timestamp(const struct tcp_sock *tp)
{
	u32 ms = tcp_time_stamp(tp) - tp->rx_opt.rcv_tsecr;

	return ms < INT_MAX / USEC_PER_MSEC ? (s64)max(ms, 1u) * (s64)USEC_PER_MSEC : -1;
}
static s64 since_us(const struct tcp_sock *tp, u64 ns) { return ns ? (s64)((tp->now_ns - ns) / NSEC_PER_USEC) : -1; }

/* Karn's rule: what was sent twice gives no sample, unless a timestamp tells the two apart (RFC 7323 4). What was
 * SACKed counts too. The estimator takes the oldest of this ACK, the congestion control the latest. */
bool tcp_ack_update_rtt(struct tcp_sock *tp, struct tcp_ack_state *a)
{
	bool clean = !(a->flags & FLAG_RETRANS_DATA_ACKED);
	s64 seq_us = clean ? since_us(tp, a->first_acked_ns) : -1;
	s64 last_us = clean ? since_us(tp, a->last_acked_ns) : -1;

	if (a->first_sacked_ns)
		last_us = since_us(tp, a->last_sacked_ns);
	if (seq_us < 0)
		seq_us = since_us(tp, a->first_sacked_ns);
	if (seq_us < 0 && (a->flags & FLAG_ACKED) && tp->rx_opt.saw_tstamp && tp->rx_opt.rcv_tsecr)
		seq_us = last_us = rtt_by_timestamp(tp);
	a->rs.rtt_us = last_us;
	if (seq_us < 0)
		return false;
	take_min(tp, (u32)min((u64)last_us, TCP_RTO_MAX_US), a->flags);
	tcp_rtt_estimator(tp, (u32)min((u64)seq_us, TCP_RTO_MAX_US));
	tcp_set_rto(tp);
	tp->backoff = 0; /* RFC 6298 5.7: only a real sample ends it */
	return true;
}
