/* net/tcp/tcp_cubic.c - CUBIC (RFC 9438): the window follows a cubic curve of the time since the last loss
 *
 * What:   W(t) = C (t - K)^3 + W_max. The curve starts at beta W_max, rises steeply, flattens near the window at which
 *         the last loss came, and then looks for more, ever faster. It depends on time and not on round trips, so that
 *         flows with long and short round trips grow alike. Where Reno would be faster, it does as Reno (W_est).
 * Called: tcp_cong.c and tcp_recovery.c through struct tcp_congestion_ops; the socket is owned.
 * Calls:  tcp_hystart.c for slow start.
 */
#include "net/tcp/tcp_internal.h"

/* RFC 9438 4.6, 5: beta 0.7, C 0.4 segments/s^3. Windows have 10 fraction bits here, times are milliseconds. */
#define FRACTION 10
#define BETA 717u		/* / 1024 */
#define C_INVERSE 2500000000ull	/* 10^9 ms^3 / C: for whole segments */
/* 3 (1 - beta) / (1 + beta) = 9/17: what Reno would gain in a round trip if it shrank to beta only (4.3). */
#define ALPHA_FRACTION 20
#define ALPHA ((9ull << ALPHA_FRACTION) / 17)
#define LONGEST_MS (1u << 20)	/* 17 minutes from the plateau: no window is that large; its cube fits */

/* One epoch: from the first ACK in congestion avoidance to the next loss. */
struct epoch {
	u64 start_ns;		/* 0: not begun */
	u32 w_max;		/* segments: the plateau */
	u32 cwnd_prior;		/* the window before the last loss */
	u32 k_ms;		/* when the plateau is reached */
};
struct cubic {
	struct epoch now, before; /* before: should the loss turn out to be none */
	u64 w_est;		/* what Reno would have, ALPHA_FRACTION bits */
	struct hystart hystart;
};
_Static_assert(sizeof(struct cubic) <= sizeof(((struct tcp_sock *)0)->ca_priv), "ca_priv holds it");
static struct cubic *cubic_of(struct tcp_sock *tp) { return (struct cubic *)tp->ca_priv; }

/* The largest y whose cube is at most x. */
static u32 cube_root(u64 x)
{
	u64 y = 0;

	for (u64 bit = 1u << 21; bit; bit >>= 1)
		if ((y | bit) * (y | bit) <= x / (y | bit))
			y |= bit;
	return (u32)y;
}

static void cubic_init(struct tcp_sock *tp)
{
	struct cubic *c = cubic_of(tp);

	memset(c, 0, sizeof(*c));
	hystart_reset(tp, &c->hystart);
}

/* K = cbrt((W_max - cwnd_epoch) / C), equation 2. */
static void begin_epoch(struct tcp_sock *tp, struct cubic *c)
{
	c->now.start_ns = tp->now_ns;
	c->w_est = (u64)tp->snd_cwnd << ALPHA_FRACTION;
	if (tp->snd_cwnd >= c->now.w_max) {
		c->now.w_max = tp->snd_cwnd;
		c->now.k_ms = 0;
	} else {
		c->now.k_ms = cube_root((c->now.w_max - tp->snd_cwnd) * C_INVERSE);
	}
}

/* W_cubic(t), equation 1, with FRACTION bits; never below one. The distance from the plateau is in whole segments,
 * rounded down, as Linux's: programs and scripts know the windows that come of it. */
static u64 w_cubic(const struct epoch *e, u64 t_ms)
{
	u64 distance = t_ms > e->k_ms ? t_ms - e->k_ms : e->k_ms - t_ms, delta, top = (u64)e->w_max << FRACTION;

	distance = min(distance, (u64)LONGEST_MS);
	delta = distance * distance * distance / C_INVERSE << FRACTION;
	if (t_ms > e->k_ms)
		return top + delta;
	return top > delta ? top - delta : 1u << FRACTION;
}

/* Equation 4: Reno's window. Above the window of the last loss it grows as fast as Reno itself. */
static u64 w_est(struct tcp_sock *tp, struct cubic *c, u32 acked)
{
	u64 alpha = c->w_est >> ALPHA_FRACTION < c->now.cwnd_prior ? ALPHA : 1ull << ALPHA_FRACTION;

	c->w_est += alpha * acked / tp->snd_cwnd;
	return c->w_est >> (ALPHA_FRACTION - FRACTION);
}

/* How many acknowledged segments are worth one more in the window, so that one round trip from now it is on the curve;
 * no faster than half of the window in a round trip (4.2's limit of the target). */
static u32 segments_for_one(struct tcp_sock *tp, struct cubic *c, u32 acked)
{
	u64 t_ms = (tp->now_ns - c->now.start_ns) / NSEC_PER_MSEC, cwnd = (u64)tp->snd_cwnd << FRACTION;
	u64 target = w_cubic(&c->now, t_ms + (tp->srtt_us >> 3) / USEC_PER_MSEC), reno = w_est(tp, c, acked);

	if (w_cubic(&c->now, t_ms) < reno)
		target = max(target, reno); /* the Reno-friendly region */
	if (target <= cwnd)
		return 100 * tp->snd_cwnd;
	return max((u32)(cwnd / (target - cwnd)), 2u);
}
static void cubic_cong_avoid(struct tcp_sock *tp, u32 ack, u32 acked)
{
	struct cubic *c = cubic_of(tp);

	(void)ack;
	if (!tcp_is_cwnd_limited(tp))
		return;
	if (tp->snd_cwnd < tp->snd_ssthresh) {
		acked = hystart_slow_start(tp, &c->hystart, acked);
		if (!acked)
			return;
	}
	if (!c->now.start_ns)
		begin_epoch(tp, c);
	tcp_cong_avoid_ai(tp, segments_for_one(tp, c, acked), acked);
}

/* A loss. Fast convergence (4.7): a flow that did not get back to where it was leaves room for a new one. */
static u32 cubic_ssthresh(struct tcp_sock *tp)
{
	struct cubic *c = cubic_of(tp);

	c->before = c->now;
	c->now.w_max = tp->snd_cwnd < c->now.w_max ? tp->snd_cwnd * (1024 + BETA) / 2048 : tp->snd_cwnd;
	c->now.cwnd_prior = tp->snd_cwnd;
	c->now.start_ns = 0;
	return max(tp->snd_cwnd * BETA / 1024, 2u);
}
/* 4.9.1: back on the curve that was left. */
static u32 cubic_undo_cwnd(struct tcp_sock *tp)
{
	struct cubic *c = cubic_of(tp);

	c->now = c->before;
	return tcp_reno_undo_cwnd(tp);
}
/* 4.8: after a time-out nothing that was known of the path holds. */
static void cubic_set_state(struct tcp_sock *tp, u8 new_state)
{
	struct cubic *c = cubic_of(tp);

	if (new_state != TCP_CA_Loss)
		return;
	c->now.start_ns = 0;
	hystart_reset(tp, &c->hystart);
}
/* 5.8: the time in which the program said nothing does not count. */
static void cubic_cwnd_event(struct tcp_sock *tp, enum tcp_ca_event ev)
{
	struct cubic *c = cubic_of(tp);

	if (ev == CA_EVENT_TX_START && c->now.start_ns && tp->now_ns > tp->lsndtime_ns)
		c->now.start_ns = min(c->now.start_ns + (tp->now_ns - tp->lsndtime_ns), tp->now_ns);
}
static void cubic_pkts_acked(struct tcp_sock *tp, const struct ack_sample *s)
{
	hystart_rtt(tp, &cubic_of(tp)->hystart, s->rtt_us);
}

struct tcp_congestion_ops tcp_cubic = {
	.name = "cubic",
	.init = cubic_init,
	.ssthresh = cubic_ssthresh,
	.cong_avoid = cubic_cong_avoid,
	.undo_cwnd = cubic_undo_cwnd,
	.set_state = cubic_set_state,
	.cwnd_event = cubic_cwnd_event,
	.pkts_acked = cubic_pkts_acked,
	.flags = TCP_CONG_NON_RESTRICTED,
};
