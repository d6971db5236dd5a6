/* net/tcp/tcp_aimd.c - a congestion control to copy: additive increase, multiplicative decrease, with your own numbers
 *
 * What:   the smallest complete algorithm. Each round trip without a loss the window grows by INCREASE segments, each
 *         loss leaves DECREASE_PERCENT of it. With 1 and 50 this is Reno; other pairs are as fair to Reno as
 *         INCREASE = 3 (1 - b) / (1 + b) with b = DECREASE_PERCENT / 100 (Floyd, Handley, Padhye 2000).
 *
 *         To make one of your own: copy this file, change the names, add it to tcp_init() and to STATE in
 *         tests/check.py, and choose it with sysctl tcp_congestion_control or setsockopt(TCP_CONGESTION).
 *         docs/labs.md has an exercise that grades it, docs/congestion.md draws it.
 *
 * Called: tcp_ack.c and tcp_recovery.c through struct tcp_congestion_ops (tcp_cong.h says when); the socket is owned,
 *         so nothing here locks, sleeps or asks for the time: tp->now_ns is the time.
 */
#include "net/tcp/tcp_internal.h"

#define INCREASE 1u		/* segments a round trip */
#define DECREASE_PERCENT 50u	/* of the window, kept after a loss */
#define LEAST 2u		/* segments: less than two, and delayed ACKs stop the flow */

/* What this algorithm remembers of a connection: up to 104 bytes in tp->ca_priv, zeroed before init. */
struct aimd {
	u32 losses;
};
static struct aimd *aimd_of(struct tcp_sock *tp) { return (struct aimd *)tp->ca_priv; }

static void aimd_init(struct tcp_sock *tp) { aimd_of(tp)->losses = 0; }

/* Once for each loss, however many segments it took: the threshold, to which recovery then brings the window. */
static u32 aimd_ssthresh(struct tcp_sock *tp)
{
	aimd_of(tp)->losses++;
	return max(tp->snd_cwnd * DECREASE_PERCENT / 100, LEAST);
}

/* For each ACK outside of recovery: acked segments have newly arrived. */
static void aimd_cong_avoid(struct tcp_sock *tp, u32 ack, u32 acked)
{
	(void)ack;
	if (!tcp_is_cwnd_limited(tp)) /* a window that the program does not fill proves nothing */
		return;
	if (tp->snd_cwnd < tp->snd_ssthresh)
		acked = tcp_slow_start(tp, acked);
	if (acked) /* one more for each snd_cwnd / INCREASE that arrived: so INCREASE in a round trip */
		tcp_cong_avoid_ai(tp, max(tp->snd_cwnd / INCREASE, 1u), acked);
}

/* Const but for the link and the number that registering it sets. */
struct tcp_congestion_ops tcp_aimd = {
	.name = "aimd",
	.init = aimd_init,
	.ssthresh = aimd_ssthresh,
	.cong_avoid = aimd_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd, /* the loss was none: back to where the window was */
	/* Without TCP_CONG_NON_RESTRICTED: only the administrator may try it, until tcp_allowed_congestion_control
	 * names it. */
};
