/* net/tcp/tcp_bbr.c - BBR: send as fast as the path delivers, and no more than fits into it
 *
 * What:   BBR does not wait for a loss. From its model of the path (tcp_bbr_model.c) follow the pace, which is the main
 *         control, and the window, which bounds what a wrong model can do. Four modes: STARTUP doubles, DRAIN empties
 *         the queue that made, PROBE_BW cycles through gains around one, PROBE_RTT looks at the empty path every ten
 *         seconds. Its first version, as in Linux: it does not share well with Reno on short queues.
 * Called: tcp_ack.c through cong_control; the socket is owned.
 * Source: draft-cardwell-iccrg-bbr-congestion-control-00.
 * Absent: the long-term bandwidth of paths with a token-bucket policer.
 */
#include "kernel/random.h"
#include "net/tcp/tcp_bbr.h"
#include <linux/inet_diag.h>

#define HIGH_GAIN (BBR_UNIT * 2885 / 1000 + 1) /* 2/ln 2: the smallest that lets the rate double each round trip */
#define DRAIN_GAIN (BBR_UNIT * 1000 / 2885)
#define CWND_GAIN (BBR_UNIT * 2)	       /* ACKs may be late by a round trip */
#define CYCLE_LEN 8u
#define CYCLE_RANDOM 7u
#define PROBE_RTT_NS (200 * NSEC_PER_MSEC)
#define PACING_MARGIN_PERCENT 1u	       /* a little slower than believed, so that queues drain */

/* PROBE_BW: a round trip with a quarter more, one with a quarter less to let it go, six as it is. */
static const u16 cycle_gain[CYCLE_LEN] = { BBR_UNIT * 5 / 4, BBR_UNIT * 3 / 4, BBR_UNIT, BBR_UNIT, BBR_UNIT, BBR_UNIT,
					   BBR_UNIT, BBR_UNIT };

/* --- pace --- */

static u64 pacing_rate(const struct tcp_sock *tp, u64 bw, u32 gain)
{
	u64 rate = bbr_bytes_per_second(tp, bw, gain) / 100 * (100 - PACING_MARGIN_PERCENT);

	return min(rate, tp->inet.sk.sk_max_pacing_rate);
}
/* Before anything is known of the path: the first window in a round trip, at STARTUP's gain. */
static void pace_from_rtt(struct tcp_sock *tp)
{
	u32 rtt_us = tp->srtt_us ? max(tp->srtt_us >> 3, 1u) : USEC_PER_MSEC;

	bbr_of(tp)->has_seen_rtt = tp->srtt_us != 0;
	WRITE_ONCE(tcp_sock_sk(tp)->sk_pacing_rate, pacing_rate(tp, tp->snd_cwnd * BW_UNIT / rtt_us, HIGH_GAIN));
}
static void set_pace(struct tcp_sock *tp, u32 bw, u32 gain)
{
	u64 rate = pacing_rate(tp, bw, gain);

	if (!bbr_of(tp)->has_seen_rtt && tp->srtt_us)
		pace_from_rtt(tp);
	if (bbr_of(tp)->full_bw_reached || rate > tcp_sock_sk(tp)->sk_pacing_rate)
		WRITE_ONCE(tcp_sock_sk(tp)->sk_pacing_rate, rate);
}

/* --- modes --- */

static void next_phase(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	b->cycle_idx = (b->cycle_idx + 1) % CYCLE_LEN;
	b->cycle_ns = tp->rate.delivered_ns;
}
/* Any phase but the one with less may be the first, so that flows that began together do not probe together. */
static void enter_probe_bw(struct tcp_sock *tp)
{
	bbr_of(tp)->mode = BBR_PROBE_BW;
	bbr_of(tp)->cycle_idx = (u8)(CYCLE_LEN - 1 - get_random_u32() % CYCLE_RANDOM);
	next_phase(tp);
}
static void leave_probe_rtt(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	if (!b->probe_rtt_done_ns || tp->now_ns <= b->probe_rtt_done_ns)
		return;
	b->min_rtt_ns = tp->now_ns;
	tp->snd_cwnd = max(tp->snd_cwnd, b->prior_cwnd);
	if (b->full_bw_reached)
		enter_probe_bw(tp);
	else
		b->mode = BBR_STARTUP;
}
/* In flight when the next paced packet leaves, from what is in flight now. */
static u32 inflight_then(struct tcp_sock *tp, u32 inflight)
{
	u64 wait_us = tp->wstamp_ns > tp->now_ns ? (tp->wstamp_ns - tp->now_ns) / NSEC_PER_USEC : 0;
	u64 delivered = bbr_bw(tp) * wait_us >> BW_SCALE;

	if (bbr_of(tp)->pacing_gain > BBR_UNIT)
		inflight += bbr_tso_segs_goal(tp);
	return delivered >= inflight ? 0 : inflight - (u32)delivered;
}
/* A phase lasts a round trip; with more, until the flight is that much larger or something is lost; with less, not
 * longer than until the queue is gone. */
static bool phase_is_over(struct tcp_sock *tp, const struct rate_sample *rs)
{
	const struct bbr *b = bbr_of(tp);
	bool full_length = tp->rate.delivered_ns - b->cycle_ns > b->min_rtt_us * NSEC_PER_USEC;
	u32 inflight;

	if (b->pacing_gain == BBR_UNIT)
		return full_length;
	inflight = inflight_then(tp, rs->prior_in_flight);
	if (b->pacing_gain > BBR_UNIT)
		return full_length && (rs->losses || inflight >= bbr_inflight(tp, bbr_bw(tp), b->pacing_gain));
	return full_length || inflight <= bbr_inflight(tp, bbr_bw(tp), BBR_UNIT);
}
static void check_drain(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	if (b->mode == BBR_STARTUP && b->full_bw_reached) {
		b->mode = BBR_DRAIN;
		tp->snd_ssthresh = bbr_inflight(tp, bbr_bw(tp), BBR_UNIT);
	}
	if (b->mode == BBR_DRAIN &&
	    inflight_then(tp, tcp_packets_in_flight(tp)) <= bbr_inflight(tp, bbr_bw(tp), BBR_UNIT))
		enter_probe_bw(tp);
}
static void save_cwnd(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	if (b->prev_ca_state < TCP_CA_Recovery && b->mode != BBR_PROBE_RTT)
		b->prior_cwnd = tp->snd_cwnd;
	else
		b->prior_cwnd = max(b->prior_cwnd, tp->snd_cwnd);
}
/* 200 ms and a round trip with four segments in flight. */
static void probe_rtt(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	tp->rate.app_limited = max(tp->delivered + tcp_packets_in_flight(tp), 1u);
	if (!b->probe_rtt_done_ns && tcp_packets_in_flight(tp) <= BBR_MIN_CWND) {
		b->probe_rtt_done_ns = tp->now_ns + PROBE_RTT_NS;
		b->probe_rtt_round_done = false;
		b->next_round_delivered = tp->delivered;
	} else if (b->probe_rtt_done_ns) {
		b->probe_rtt_round_done |= b->round_start;
		if (b->probe_rtt_round_done)
			leave_probe_rtt(tp);
	}
}
static void check_probe_rtt(struct tcp_sock *tp, const struct rate_sample *rs, bool min_rtt_expired)
{
	struct bbr *b = bbr_of(tp);

	if (min_rtt_expired && !b->idle_restart && b->mode != BBR_PROBE_RTT) {
		save_cwnd(tp);
		b->mode = BBR_PROBE_RTT;
		b->probe_rtt_done_ns = 0;
	}
	if (b->mode == BBR_PROBE_RTT)
		probe_rtt(tp);
	if (rs->delivered > 0)
		b->idle_restart = false;
}
static void set_gains(struct bbr *b)
{
	static const struct { u16 pacing, cwnd; } gains[] = {
		[BBR_STARTUP] = { HIGH_GAIN, HIGH_GAIN },
		[BBR_DRAIN] = { DRAIN_GAIN, HIGH_GAIN },
		[BBR_PROBE_BW] = { 0, CWND_GAIN },
		[BBR_PROBE_RTT] = { BBR_UNIT, BBR_UNIT },
	};

	b->pacing_gain = b->mode == BBR_PROBE_BW ? cycle_gain[b->cycle_idx] : gains[b->mode].pacing;
	b->cwnd_gain = gains[b->mode].cwnd;
}

/* --- window --- */

/* The first round trip of a recovery sends no more than arrives; its end returns to what was. True: *cwnd is final. */
static bool recover_or_restore(struct tcp_sock *tp, const struct rate_sample *rs, u32 *cwnd)
{
	struct bbr *b = bbr_of(tp);
	u8 prev = b->prev_ca_state, state = tp->ca_state;

	if (rs->losses)
		*cwnd = (u32)max((s32)(*cwnd - rs->losses), 1);
	if (state == TCP_CA_Recovery && prev != TCP_CA_Recovery) {
		b->packet_conservation = true;
		b->next_round_delivered = tp->delivered; /* a round trip starts now */
		*cwnd = tcp_packets_in_flight(tp) + rs->acked_sacked;
	} else if (prev >= TCP_CA_Recovery && state < TCP_CA_Recovery) {
		*cwnd = max(*cwnd, b->prior_cwnd);
		b->packet_conservation = false;
	}
	b->prev_ca_state = state;
	if (b->packet_conservation)
		*cwnd = max(*cwnd, tcp_packets_in_flight(tp) + rs->acked_sacked);
	return b->packet_conservation;
}
static u32 grow(struct tcp_sock *tp, u32 cwnd, u32 acked)
{
	const struct bbr *b = bbr_of(tp);
	u32 target = bbr_quantize(tp, bbr_bdp(tp, bbr_bw(tp), b->cwnd_gain) + bbr_aggregation_cwnd(tp));

	if (b->full_bw_reached)
		cwnd = min(cwnd + acked, target);
	else if (cwnd < target || tp->delivered < TCP_INIT_CWND)
		cwnd += acked;
	return max(cwnd, BBR_MIN_CWND);
}
static void set_cwnd(struct tcp_sock *tp, const struct rate_sample *rs)
{
	u32 cwnd = tp->snd_cwnd;

	if (rs->acked_sacked && !recover_or_restore(tp, rs, &cwnd))
		cwnd = grow(tp, cwnd, rs->acked_sacked);
	tp->snd_cwnd = bbr_of(tp)->mode == BBR_PROBE_RTT ? min(cwnd, BBR_MIN_CWND) : cwnd;
}

/* --- the hooks --- */

static void bbr_main(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	bbr_update_bw(tp, rs);
	bbr_update_aggregation(tp, rs);
	if (b->mode == BBR_PROBE_BW && phase_is_over(tp, rs))
		next_phase(tp);
	bbr_check_full_bw(tp, rs);
	check_drain(tp);
	check_probe_rtt(tp, rs, bbr_update_min_rtt(tp, rs));
	set_gains(b);
	set_pace(tp, bbr_bw(tp), b->pacing_gain);
	set_cwnd(tp, rs);
}
static void bbr_init(struct tcp_sock *tp)
{
	struct bbr *b = bbr_of(tp);

	*b = (struct bbr){ .min_rtt_us = tp->rtt_min_us ? tp->rtt_min_us : U32_MAX, .min_rtt_ns = tp->now_ns,
			   .next_round_delivered = tp->delivered, .ack_epoch_ns = tp->now_ns,
			   .cycle_ns = tp->now_ns, .prev_ca_state = TCP_CA_Open, .mode = BBR_STARTUP };
	minmax_reset(&b->bw, 0, 0);
	set_gains(b);
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	pace_from_rtt(tp);
	tcp_pacing_require(tp);
}
/* Losses do not change the model; what the window was is kept for the end of the recovery. */
static u32 bbr_ssthresh(struct tcp_sock *tp)
{
	save_cwnd(tp);
	return tp->snd_ssthresh;
}
static u32 bbr_undo_cwnd(struct tcp_sock *tp)
{
	bbr_of(tp)->full_bw = 0; /* the bandwidth may have looked full for the wrong reason */
	bbr_of(tp)->full_bw_rounds = 0;
	return tp->snd_cwnd;
}
static void bbr_set_state(struct tcp_sock *tp, u8 new_state)
{
	struct bbr *b = bbr_of(tp);

	if (new_state != TCP_CA_Loss)
		return;
	b->prev_ca_state = TCP_CA_Loss;
	b->full_bw = 0;
	b->round_start = true; /* a time-out is a round trip's end */
}
/* After a pause of the program: at the pace of the path, as the queue is empty; not in a burst. */
static void bbr_cwnd_event(struct tcp_sock *tp, enum tcp_ca_event ev)
{
	struct bbr *b = bbr_of(tp);

	if (ev != CA_EVENT_TX_START || !tp->rate.app_limited)
		return;
	b->idle_restart = true;
	b->ack_epoch_ns = tp->now_ns;
	b->ack_epoch_acked = 0;
	if (b->mode == BBR_PROBE_BW)
		set_pace(tp, bbr_bw(tp), BBR_UNIT);
	else if (b->mode == BBR_PROBE_RTT)
		leave_probe_rtt(tp);
}
/* Recovery keeps what it sent again until it is acknowledged, beside a flight of two paths. */
static u32 bbr_sndbuf_expand(struct tcp_sock *tp)
{
	(void)tp;
	return 3;
}
static size_t bbr_get_info(struct tcp_sock *tp, union tcp_cc_info *info)
{
	const struct bbr *b = bbr_of(tp);
	u64 bw = bbr_bytes_per_second(tp, bbr_bw(tp), BBR_UNIT);

	info->bbr = (struct tcp_bbr_info){ .bbr_bw_lo = (u32)bw, .bbr_bw_hi = (u32)(bw >> 32),
					   .bbr_min_rtt = b->min_rtt_us, .bbr_pacing_gain = b->pacing_gain,
					   .bbr_cwnd_gain = b->cwnd_gain };
	return sizeof(info->bbr);
}

struct tcp_congestion_ops tcp_bbr = {
	.name = "bbr",
	.flags = TCP_CONG_NON_RESTRICTED,
	.init = bbr_init,
	.cong_control = bbr_main,
	.ssthresh = bbr_ssthresh,
	.undo_cwnd = bbr_undo_cwnd,
	.set_state = bbr_set_state,
	.cwnd_event = bbr_cwnd_event,
	.min_tso_segs = bbr_min_tso_segs,
	.sndbuf_expand = bbr_sndbuf_expand,
	.get_info = bbr_get_info,
};
