/* net/tcp/tcp_reno.c - the classic answer to congestion (RFC 5681): halve on loss, grow one segment a round trip
 *
 * Called: tcp_cong.c through struct tcp_congestion_ops, the socket owned.
 */
#include "net/tcp/tcp_internal.h"

u32 tcp_reno_ssthresh(struct tcp_sock *tp) { return max(tp->snd_cwnd >> 1, 2u); }
u32 tcp_reno_undo_cwnd(struct tcp_sock *tp) { return max(tp->snd_cwnd, tp->prior_cwnd); }

void tcp_reno_cong_avoid(struct tcp_sock *tp, u32 ack, u32 acked)
{
	(void)ack;
	if (!tcp_is_cwnd_limited(tp))
		return;
	if (tp->snd_cwnd < tp->snd_ssthresh)
		acked = tcp_slow_start(tp, acked);
	if (acked)
		tcp_cong_avoid_ai(tp, tp->snd_cwnd, acked);
}
struct tcp_congestion_ops tcp_reno = {
	.name = "reno",
	.flags = TCP_CONG_NON_RESTRICTED,
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
};
