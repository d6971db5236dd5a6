/* net/tcp/tcp_pacing.c - not all at once: segments spread over the round trip, and a short queue below the socket
 *
 * What:   the pacing rate; an exact timer in the socket that lets the next segment go; the limit of bytes that wait in
 *         our own queues and device (TSQ), so that what the network cannot take yet stays in the socket, where it can
 *         still be changed.
 * Called: tcp_xmit.c asks before each segment, tcp_output.c tells of each; tcp_ack.c sets the rate. The socket is
 *         owned. The timer's handler runs in hard irq, the packet's destructor anywhere: both leave the work to a
 *         tasklet, which takes the slock.
 */
#include "net/tcp/tcp_internal.h"

#define PACING_SHIFT 10		/* bytes below the socket: a 1024th of a second's worth */
#define UNPACED_SEGMENTS TCP_INIT_CWND /* the first ones: a short answer is not worth slowing down */

/* --- the rate --- */

/* Bytes of payload a second: the window in a round trip, doubled in slow start, which doubles it; and a little more
 * than that afterwards, so that pacing is never what limits. */
void tcp_update_pacing_rate(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	bool slow_start = tp->snd_cwnd < tp->snd_ssthresh / 2;
	u64 rate = (u64)tp->mss_cache * (USEC_PER_SEC / 100 << 3); /* srtt_us is times 8 */

	rate *= (u32)(slow_start ? s->pacing_ss_ratio : s->pacing_ca_ratio);
	rate *= max(tp->snd_cwnd, tp->packets_out);
	if (likely(tp->srtt_us))
		rate /= tp->srtt_us;
	WRITE_ONCE(tcp_sock_sk(tp)->sk_pacing_rate, min(rate, tcp_sock_sk(tp)->sk_max_pacing_rate));
}
void tcp_pacing_require(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (sk->sk_pacing_status == SK_PACING_NONE)
		sk->sk_pacing_status = SK_PACING_NEEDED;
}

/* --- when the next may go --- */

/* len payload bytes left: the next may follow when the pace allows. A late start gives credit, but not more than half
 * of a gap, so that a pause makes no burst. */
void tcp_pacing_sent(struct tcp_sock *tp, u32 len)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 prior = tp->wstamp_ns, rate = READ_ONCE(sk->sk_pacing_rate), gap;

	tp->wstamp_ns = max(prior, tp->now_ns);
	if (sk->sk_pacing_status == SK_PACING_NONE || !rate || rate == U64_MAX ||
	    tp->data_segs_out < UNPACED_SEGMENTS)
		return;
	gap = len * NSEC_PER_SEC / rate;
	tp->wstamp_ns += gap - min(gap / 2, tp->wstamp_ns - prior);
}
/* True when the next segment must wait; the timer will send it. */
bool tcp_pacing_check(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (sk->sk_pacing_status != SK_PACING_NEEDED || tp->wstamp_ns <= tp->now_ns)
		return false;
	if (!hrtimer_active(&tp->pacing_timer)) {
		sock_hold(sk);
		hrtimer_start(&tp->pacing_timer, tp->wstamp_ns);
	}
	return true;
}

/* --- the queue below the socket --- */

/* True when enough of this socket's packets wait below it already: the destructor of one of them will go on. */
bool tcp_small_queue_check(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 limit = max(2ull * skb->truesize, READ_ONCE(sk->sk_pacing_rate) >> PACING_SHIFT);

	if (sk->sk_pacing_status == SK_PACING_NONE)
		limit = min(limit, (u64)tcp_sysctl(sk)->limit_output_bytes);
	if (likely((u64)sk_wmem_alloc_get(sk) <= limit) || !tp->packets_out)
		return false;
	/* It may have been freed just now: the flag first, then the question again. */
	__atomic_store_n(&tp->tsq_throttled, true, __ATOMIC_SEQ_CST);
	return (u64)sk_wmem_alloc_get(sk) > limit;
}

/* --- going on --- */

/* Takes over one reference to the socket. Each scheduled run owns one: it is in a list until it begins, and on two CPUs
 * one run may end while the next waits. Where a run waits already ours is one too many; as the last holder (that run
 * has ended meanwhile) we schedule again, for a hard interrupt must not be who frees the socket. */
static void kick(struct tcp_sock *tp)
{
	while (!tasklet_schedule(&tp->tsq))
		if (refcount_dec_not_one(&tcp_sock_sk(tp)->sk_refcnt))
			return;
}
static enum hrtimer_restart pacing_timer(struct hrtimer *t)
{
	kick(container_of(t, struct tcp_sock, pacing_timer));
	return HRTIMER_NORESTART;
}
/* Destructor of what tcp_transmit_skb() sent. The packet's account keeps the memory of the socket meanwhile. */
void tcp_wfree(struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(skb->sk);

	if (unlikely(READ_ONCE(tp->tsq_throttled)) &&
	    __atomic_exchange_n(&tp->tsq_throttled, false, __ATOMIC_ACQ_REL) &&
	    refcount_inc_not_zero(&tcp_sock_sk(tp)->sk_refcnt))
		kick(tp);
	sock_wfree(skb);
}
/* [S] Lost ones first, then new ones. */
void tcp_tsq_write(struct tcp_sock *tp)
{
	if (!tcp_in(tcp_sock_sk(tp),
		    TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_CLOSE_WAIT | TCPF_LAST_ACK))
		return;
	tcp_refresh_now(tp);
	if (tp->lost_out > tp->retrans_out && tp->snd_cwnd > tcp_packets_in_flight(tp))
		tcp_xmit_retransmit_queue(tp);
	tcp_write_xmit(tp, tcp_current_mss(tp), tp->nonagle, 0);
}
static void tsq_tasklet(struct tasklet_struct *t)
{
	struct tcp_sock *tp = container_of(t, struct tcp_sock, tsq);
	struct sock *sk = tcp_sock_sk(tp);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk))
		sock_put_off(sk, TCP_WORK_TSQ);
	else
		tcp_tsq_write(tp);
	bh_unlock_sock(sk);
	sock_put(sk);
}

void tcp_pacing_setup(struct tcp_sock *tp)
{
	hrtimer_setup(&tp->pacing_timer, pacing_timer);
	tasklet_setup(&tp->tsq, tsq_tasklet);
	tp->tsq_throttled = false;
}
/* [S] The connection is over. A handler that runs now finds it closed. */
void tcp_pacing_stop(struct tcp_sock *tp)
{
	if (hrtimer_active(&tp->pacing_timer) && hrtimer_try_to_cancel(&tp->pacing_timer) == 1)
		sock_put(tcp_sock_sk(tp));
}
