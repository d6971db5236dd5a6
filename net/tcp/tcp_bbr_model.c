/* net/tcp/tcp_bbr_model.c - what BBR believes of the path: how fast it delivers, how long it is, how its ACKs come
 *
 * What:   two numbers describe a path: the bandwidth of its narrowest link and the round trip without queues. They
 *         cannot be measured at the same time, as the first needs a full pipe and the second an empty queue; so each is
 *         the best of a window of samples. Their product is what should be in flight.
 * Called: tcp_bbr.c, once for each ACK.
 * Source: draft-cardwell-iccrg-bbr-congestion-control-00, which is BBR's first version, with Linux's numbers.
 */
#include "net/tcp/tcp_bbr.h"

#define BW_ROUNDS 10u			/* of PROBE_BW's cycle of eight, and two */
#define MIN_RTT_WINDOW_NS (10 * NSEC_PER_SEC)
#define FULL_BW_GROWTH (BBR_UNIT * 5 / 4)
#define FULL_BW_ROUNDS 3u
#define EXTRA_ACKED_ROUNDS 5u
#define EXTRA_ACKED_MAX_US (100 * USEC_PER_MSEC)
#define ACK_EPOCH_MOST (1u << 20)
#define MIN_TSO_RATE (1200000u / 8)	/* bytes/s: below it one segment at a time */
#define PACING_SHIFT 10
#define MOST_TSO_SEGS 127u

/* --- bandwidth --- */

/* A round trip is over when something is acknowledged that was sent after the last one ended. */
static void count_round(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	b->round_start = (s32)(rs->prior_delivered - b->next_round_delivered) >= 0;
	if (!b->round_start)
		return;
	b->next_round_delivered = tp->delivered;
	b->round_count++;
	b->packet_conservation = false;
}
void bbr_update_bw(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	u64 bw;

	b->round_start = false;
	if (rs->delivered < 0 || rs->interval_us <= 0)
		return;
	count_round(tp, rs);
	bw = (u64)rs->delivered * BW_UNIT / (u64)rs->interval_us;
	/* A program that had nothing to say tells nothing of the path, unless it was faster than what we know. */
	if (!rs->is_app_limited || bw >= bbr_bw(tp))
		minmax_running_max(&b->bw, BW_ROUNDS, b->round_count, (u32)min(bw, (u64)U32_MAX));
}
/* STARTUP has filled the pipe when three rounds brought less than a quarter more. */
void bbr_check_full_bw(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);

	if (b->full_bw_reached || !b->round_start || rs->is_app_limited)
		return;
	if (bbr_bw(tp) >= (u64)b->full_bw * FULL_BW_GROWTH >> BBR_SCALE) {
		b->full_bw = bbr_bw(tp);
		b->full_bw_rounds = 0;
		return;
	}
	b->full_bw_reached = ++b->full_bw_rounds >= FULL_BW_ROUNDS;
}

/* --- the round trip --- */

bool bbr_update_min_rtt(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	bool expired = tp->now_ns > b->min_rtt_ns + MIN_RTT_WINDOW_NS;

	if (rs->rtt_us >= 0 && (rs->rtt_us < b->min_rtt_us || (expired && !rs->is_ack_delayed))) {
		b->min_rtt_us = (u32)rs->rtt_us;
		b->min_rtt_ns = tp->now_ns;
	}
	return expired;
}

/* --- ACKs that come in lumps (Wi-Fi, cable): what must be in flight so that the path does not run dry between --- */

static void new_aggregation_window(struct bbr *b)
{
	if (b->extra_acked_rounds < 31)
		b->extra_acked_rounds++;
	if (b->extra_acked_rounds < EXTRA_ACKED_ROUNDS)
		return;
	b->extra_acked_rounds = 0;
	b->extra_acked_idx = !b->extra_acked_idx;
	b->extra_acked[b->extra_acked_idx] = 0;
}
/* How many more came since the epoch began than the bandwidth explains. */
void bbr_update_aggregation(struct tcp_sock *tp, const struct rate_sample *rs)
{
	struct bbr *b = bbr_of(tp);
	u64 expected;
	u32 extra;

	if (!rs->acked_sacked || rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (b->round_start)
		new_aggregation_window(b);
	expected = (u64)bbr_bw(tp) * ((tp->rate.delivered_ns - b->ack_epoch_ns) / NSEC_PER_USEC) >> BW_SCALE;
	if (b->ack_epoch_acked <= expected || b->ack_epoch_acked + rs->acked_sacked >= ACK_EPOCH_MOST) {
		b->ack_epoch_acked = 0;
		b->ack_epoch_ns = tp->rate.delivered_ns;
		expected = 0;
	}
	b->ack_epoch_acked = min(b->ack_epoch_acked + rs->acked_sacked, ACK_EPOCH_MOST - 1);
	extra = (u32)min(b->ack_epoch_acked - expected, (u64)min(tp->snd_cwnd, (u32)U16_MAX));
	b->extra_acked[b->extra_acked_idx] = (u16)max(extra, (u32)b->extra_acked[b->extra_acked_idx]);
}
u32 bbr_aggregation_cwnd(const struct tcp_sock *tp)
{
	const struct bbr *b = bbr_of(tp);
	u32 extra = max(b->extra_acked[0], b->extra_acked[1]);

	if (!b->full_bw_reached)
		return 0;
	return (u32)min((u64)extra, (u64)bbr_bw(tp) * EXTRA_ACKED_MAX_US >> BW_SCALE);
}

/* --- what follows --- */

u64 bbr_bytes_per_second(const struct tcp_sock *tp, u64 bw, u32 gain)
{
	u64 rate = bw * tp->mss_cache * gain >> BBR_SCALE;

	return rate * USEC_PER_SEC >> BW_SCALE;
}
u32 bbr_min_tso_segs(struct tcp_sock *tp) { return tcp_sock_sk(tp)->sk_pacing_rate < MIN_TSO_RATE ? 1 : 2; }
/* Segments in one packet at the pace of now: a millisecond's worth. */
u32 bbr_tso_segs_goal(struct tcp_sock *tp)
{
	u64 bytes = min(tcp_sock_sk(tp)->sk_pacing_rate >> PACING_SHIFT, 65535ull - TCP_HEADROOM);

	return min(max((u32)bytes / tp->mss_cache, bbr_min_tso_segs(tp)), MOST_TSO_SEGS);
}
u32 bbr_bdp(const struct tcp_sock *tp, u32 bw, u32 gain)
{
	const struct bbr *b = bbr_of(tp);

	if (b->min_rtt_us == U32_MAX) /* no sample yet: something was wrong with the handshake's */
		return TCP_INIT_CWND;
	return (u32)((((u64)bw * b->min_rtt_us * gain >> BBR_SCALE) + BW_UNIT - 1) / BW_UNIT);
}
/* Room for packets of several segments in the sender, the queue and the receiver, and for delayed ACKs: an even number;
 * two more while probing for bandwidth, lest a small path never sees the quarter more. */
u32 bbr_quantize(struct tcp_sock *tp, u32 cwnd)
{
	const struct bbr *b = bbr_of(tp);

	cwnd = ALIGN_UP(cwnd + 3 * bbr_tso_segs_goal(tp), 2u);
	return b->mode == BBR_PROBE_BW && b->cycle_idx == 0 ? cwnd + 2 : cwnd;
}
u32 bbr_inflight(struct tcp_sock *tp, u32 bw, u32 gain) { return bbr_quantize(tp, bbr_bdp(tp, bw, gain)); }
