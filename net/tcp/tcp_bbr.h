/* net/tcp/tcp_bbr.h - BBR's model of the path, shared by its two files
 *
 * Locks: the socket is owned.
 */
#pragma once
#include "lib/minmax.h"
#include "net/tcp/tcp_internal.h"

/* Bandwidth is in segments a microsecond, times 2^24; gains are times 256. */
#define BW_SCALE 24
#define BW_UNIT (1ull << BW_SCALE)
#define BBR_SCALE 8
#define BBR_UNIT (1u << BBR_SCALE)
#define BBR_MIN_CWND 4u

enum bbr_mode {
	BBR_STARTUP,	/* send ever faster until the bandwidth no longer grows */
	BBR_DRAIN,	/* let go what queued up meanwhile */
	BBR_PROBE_BW,	/* cruise, with a look for more now and then */
	BBR_PROBE_RTT	/* send next to nothing for a moment, to see the path without a queue of our own */
};
struct bbr {
	struct minmax bw;		/* most delivered, of the last ten round trips */
	u64 min_rtt_ns;			/* when min_rtt_us was measured */
	u64 cycle_ns;			/* when this phase of PROBE_BW began */
	u64 probe_rtt_done_ns;		/* the end of PROBE_RTT; 0: the flight is not small yet */
	u64 ack_epoch_ns;		/* since then ACKs came faster than the bandwidth */
	u32 min_rtt_us;			/* shortest of the last ten seconds */
	u32 round_count, next_round_delivered; /* a round trip ends when that much is delivered */
	u32 prior_cwnd;			/* to return to after recovery or PROBE_RTT */
	u32 full_bw;			/* what full_bw_rounds rounds did not exceed by a quarter */
	u32 ack_epoch_acked;
	u16 extra_acked[2];		/* most segments beyond expectation, of this window of rounds and the last */
	u16 pacing_gain, cwnd_gain;
	u8 mode, cycle_idx, prev_ca_state, full_bw_rounds;
	u8 extra_acked_rounds : 5, extra_acked_idx : 1;
	u8 round_start : 1, full_bw_reached : 1, packet_conservation : 1, idle_restart : 1, has_seen_rtt : 1,
		probe_rtt_round_done : 1;
};
_Static_assert(sizeof(struct bbr) <= sizeof(((struct tcp_sock *)0)->ca_priv), "ca_priv holds it");
static inline struct bbr *bbr_of(const struct tcp_sock *tp) { return (struct bbr *)tp->ca_priv; }
static inline u32 bbr_bw(const struct tcp_sock *tp) { return minmax_get(&bbr_of(tp)->bw); }

/* --- tcp_bbr_model.c --- */
void bbr_update_bw(struct tcp_sock *tp, const struct rate_sample *rs);
void bbr_update_aggregation(struct tcp_sock *tp, const struct rate_sample *rs);
void bbr_check_full_bw(struct tcp_sock *tp, const struct rate_sample *rs);
/* Takes a round trip sample. True when the shortest one known is older than ten seconds. */
bool bbr_update_min_rtt(struct tcp_sock *tp, const struct rate_sample *rs);
/* Segments that fill the path with that gain; inflight: and what bursts and delayed ACKs need besides. */
u32 bbr_bdp(const struct tcp_sock *tp, u32 bw, u32 gain);
u32 bbr_inflight(struct tcp_sock *tp, u32 bw, u32 gain);
u32 bbr_quantize(struct tcp_sock *tp, u32 cwnd);
u32 bbr_aggregation_cwnd(const struct tcp_sock *tp);
u64 bbr_bytes_per_second(const struct tcp_sock *tp, u64 bw, u32 gain);
u32 bbr_min_tso_segs(struct tcp_sock *tp);
u32 bbr_tso_segs_goal(struct tcp_sock *tp);
