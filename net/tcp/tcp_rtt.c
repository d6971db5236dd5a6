/* net/tcp/tcp_rtt.c - how long a round trip takes, and so when to send again (RFC 6298), in microseconds
 *
 * Called: tcp_ack.c and tcp_listen.c, the socket owned.
 * Karn's rule is kept by the caller: a segment that was sent twice gives no sample.
 */
#include "net/tcp/tcp_internal.h"

/* RTO = SRTT + max(G, 4 * RTTVAR), with Linux's floor of 200 ms below the variance term. */
void tcp_set_rto(struct tcp_sock *tp)
{
	u64 rto = (tp->srtt_us >> 3) + (u64)tp->rttvar_us;

	tp->rto_us = (u32)min(rto, TCP_RTO_MAX_US);
}
void tcp_rtt_estimator(struct tcp_sock *tp, u32 rtt_us)
{
	s64 err;

	rtt_us = max(rtt_us, 1u);
	tp->rtt_min_us = tp->rtt_min_us ? min(tp->rtt_min_us, rtt_us) : rtt_us;
	if (!tp->srtt_us) { /* RFC 6298 2.2 */
		tp->srtt_us = rtt_us << 3;
		tp->mdev_us = rtt_us << 1; /* four times the deviation, R/2 */
	} else {		   /* 2.3 */
		err = (s64)rtt_us - (tp->srtt_us >> 3);
		tp->srtt_us = (u32)((s64)tp->srtt_us + err);
		err = err < 0 ? -err : err;
		tp->mdev_us = (u32)((s64)tp->mdev_us + err - (tp->mdev_us >> 2));
	}
	tp->rttvar_us = max(tp->mdev_us, (u32)TCP_RTO_MIN_US);
}
