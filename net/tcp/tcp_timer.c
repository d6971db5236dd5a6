/* net/tcp/tcp_timer.c - what happens when nothing happens
 *
 * What:   one timer for the RTO, the loss probe, RACK's window and the probe of a closed window, which exclude each
 *         other; and keepalive.
 * Called: the timer softirq; release_sock() for those that found the socket owned by a process.
 * Locks:  takes the slock. A pending timer holds a reference to its socket.
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp_internal.h"

u64 tcp_keepalive_time_ns(const struct tcp_sock *tp)
{
	return (u64)(tp->keepalive_time_s ? tp->keepalive_time_s : (u32)tcp_sysctl(&tp->inet.sk)->keepalive_time) *
		NSEC_PER_SEC;
}
u64 tcp_keepalive_intvl_ns(const struct tcp_sock *tp)
{
	return (u64)(tp->keepalive_intvl_s ? tp->keepalive_intvl_s : (u32)tcp_sysctl(&tp->inet.sk)->keepalive_intvl) *
		NSEC_PER_SEC;
}
u64 tcp_fin_time_ns(const struct tcp_sock *tp)
{
	u64 t = (u64)(tp->linger2_s > 0 ? tp->linger2_s : tcp_sysctl(&tp->inet.sk)->fin_timeout) * NSEC_PER_SEC;
	u64 rto = (u64)tp->rto_us * NSEC_PER_USEC;

	return max(t, (rto << 2) - (rto >> 1));
}

void tcp_reset_write_timer(struct tcp_sock *tp, enum tcp_timer_event ev, u64 after_us)
{
	tp->write_event = (u8)ev;
	tp->write_timeout_ns = tp->now_ns + min(after_us, (u64)tp->rto_max_us) * NSEC_PER_USEC;
	sk_reset_timer_lazily(tcp_sock_sk(tp), &tp->write_timer, tp->write_timeout_ns);
}
/* The timer is left to run out: most are armed again before. */
void tcp_clear_write_timer(struct tcp_sock *tp) { tp->write_event = TCP_TIME_NONE; }
/* A new series of probes. What was retransmitted before has been acknowledged: were its backing off counted again, an
 * orphan would be given up at the first probe, just after its peer was heard of. */
void tcp_check_probe_timer(struct tcp_sock *tp)
{
	if (tp->packets_out || tp->write_event != TCP_TIME_NONE)
		return;
	tp->backoff = 0;
	tcp_reset_write_timer(tp, TCP_TIME_PROBE0, max((u64)tp->rto_us, TCP_RTO_MIN_US));
}
void tcp_reset_keepalive_timer(struct sock *sk, u64 after_ns)
{
	sk_reset_timer(sk, &sk->sk_timer, ktime_get_ns() + after_ns);
}
void tcp_delete_keepalive_timer(struct sock *sk) { sk_stop_timer(sk, &sk->sk_timer); }
void tcp_set_keepalive(struct sock *sk, bool on)
{
	if (tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return;
	if (on && !sock_flag(sk, SOCK_KEEPOPEN))
		tcp_reset_keepalive_timer(sk, tcp_keepalive_time_ns(tcp_sk(sk)));
	else if (!on)
		tcp_delete_keepalive_timer(sk);
}

/* --- the timers --- */

static void probe_timer(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 most = (u32)tcp_sysctl(sk)->retries2;
	bool alive = true;

	if (tp->packets_out || skb_queue_empty(&sk->sk_write_queue)) {
		tp->probes_out = 0;
		return;
	}
	if (!tp->probes_tstamp_ns)
		tp->probes_tstamp_ns = tp->now_ns;
	if (sock_flag(sk, SOCK_DEAD)) {
		alive = (u64)tp->rto_us << min(tp->backoff, (u8)20) < tp->rto_max_us;
		most = tcp_orphan_retries(tp, alive);
	}
	if (tp->probes_out >= most || (!alive && tp->backoff >= most) ||
	    (tp->user_timeout_ms && (tp->now_ns - tp->probes_tstamp_ns) / NSEC_PER_MSEC >= tp->user_timeout_ms))
		tcp_write_err(tp);
	else
		tcp_send_probe0(tp);
}
static void (*const on_write_timer[])(struct tcp_sock *tp) = {
	[TCP_TIME_RETRANS] = tcp_retransmit_timer,
	[TCP_TIME_PROBE0] = probe_timer,
	[TCP_TIME_LOSS_PROBE] = tcp_send_loss_probe,
	[TCP_TIME_REO_TIMEOUT] = tcp_rack_reo_timeout,
};
static void write_timer_work(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u8 ev = tp->write_event;

	if (tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN) || ev == TCP_TIME_NONE)
		return;
	tcp_refresh_now(tp);
	if (tp->write_timeout_ns > tp->now_ns) {
		sk_reset_timer(sk, &tp->write_timer, tp->write_timeout_ns);
		return;
	}
	if (ev == TCP_TIME_RETRANS || ev == TCP_TIME_PROBE0) /* the others leave the RTO what they took of it */
		tp->write_event = TCP_TIME_NONE;
	on_write_timer[ev](tp);
}
/* RFC 1122 4.2.3.6. Also the end of FIN_WAIT2 for an orphan that kept its socket. */
static void keepalive_work(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 most = tp->keepalive_probes ? tp->keepalive_probes : (u32)tcp_sysctl(sk)->keepalive_probes;
	u64 idle_ns, wait_ns = tcp_keepalive_time_ns(tp);

	tcp_refresh_now(tp);
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DEAD)) {
		u64 rest = tcp_fin_time_ns(tp);

		if (tp->linger2_s >= 0 && rest > TCP_TIMEWAIT_NS) {
			tcp_time_wait(sk, TCP_FIN_WAIT2, rest - TCP_TIMEWAIT_NS);
			return;
		}
		tcp_send_active_reset(tp, GFP_ATOMIC);
		tcp_done(sk);
		return;
	}
	if (!sock_flag(sk, SOCK_KEEPOPEN) || tcp_in(sk, TCPF_CLOSE | TCPF_SYN_SENT | TCPF_LISTEN))
		return;
	idle_ns = tp->now_ns - max(tp->rcv_tstamp_ns, tp->ack.lrcvtime_ns);
	if (tp->packets_out || !skb_queue_empty(&sk->sk_write_queue))
		goto again; /* the other timers watch it */
	if (idle_ns < wait_ns) {
		wait_ns -= idle_ns;
		goto again;
	}
	if (tp->user_timeout_ms ? idle_ns >= tp->user_timeout_ms * NSEC_PER_MSEC && tp->probes_out
				: tp->probes_out >= most) {
		tcp_send_active_reset(tp, GFP_ATOMIC);
		tcp_write_err(tp);
		return;
	}
	wait_ns = tcp_keepalive_intvl_ns(tp);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPKEEPALIVE);
	if (tcp_write_wakeup(tp) <= 0)
		tp->probes_out++;
	else
		wait_ns = NSEC_PER_SEC / 2;
again:
	tcp_reset_keepalive_timer(sk, wait_ns);
}

/* Softirq. Each ends with the reference that the pending timer held. */
static void write_timer(struct timer_list *t)
{
	struct tcp_sock *tp = container_of(t, struct tcp_sock, write_timer);
	struct sock *sk = tcp_sock_sk(tp);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		sock_put_off(sk, TCP_WORK_WRITE_TIMER);
	} else {
		tcp_prequeue_run(sk);
		write_timer_work(tp);
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}
static void keepalive_timer(struct timer_list *t)
{
	struct sock *sk = container_of(t, struct sock, sk_timer);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		tcp_reset_keepalive_timer(sk, NSEC_PER_SEC / 20);
	} else if (sk->sk_state != TCP_LISTEN) {
		tcp_prequeue_run(sk);
		keepalive_work(tcp_sk(sk));
	}
	bh_unlock_sock(sk);
	sock_put(sk);
}
/* proto.release_cb: slock held, the process still owns. */
void tcp_release_cb(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 work = __atomic_exchange_n(&sk->sk_put_off, 0, __ATOMIC_RELAXED);

	if (tp->ack.pending & TCP_ACK_RELEASE) { /* no other ACK has gone since */
		tcp_refresh_now(tp);
		tcp_send_ack(tp);
	}
	if (work & TCP_WORK_WRITE_TIMER)
		write_timer_work(tp);
	if (work & TCP_WORK_DELACK_TIMER)
		tcp_delack_timer_work(tp);
	if (work & TCP_WORK_TSQ)
		tcp_tsq_write(tp);
	if (work & TCP_WORK_PMTU)
		tcp_v4_mtu_reduced(sk);
}

void tcp_init_timers(struct tcp_sock *tp)
{
	timer_setup(&tp->write_timer, write_timer);
	timer_setup(&tp->delack_timer, tcp_delack_timer);
	timer_setup(&tp->comp_timer, tcp_comp_timer);
	tcp_pacing_setup(tp);
	timer_setup(&tcp_sock_sk(tp)->sk_timer, keepalive_timer);
}
void tcp_clear_timers(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	tp->write_event = TCP_TIME_NONE;
	tp->ack.pending = 0;
	tp->ack.compressed = 0;
	sk_stop_timer(sk, &tp->write_timer);
	sk_stop_timer(sk, &tp->delack_timer);
	sk_stop_timer(sk, &tp->comp_timer);
	tcp_pacing_stop(tp);
	sk_stop_timer(sk, &sk->sk_timer);
}
