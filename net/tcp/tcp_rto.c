/* net/tcp/tcp_rto.c - the retransmission timer: when it is set, what it does, and when a connection is given up
 *
 * Called: tcp_timer.c as it runs out, everywhere that something is sent or acknowledged; the socket is owned.
 * Calls:  tcp_loss.c, tcp_retransmit.c.
 */
#include "net/tcp/tcp_internal.h"

#define RESOURCE_PROBE_US (500 * USEC_PER_MSEC)
#define THIN_SEGS 4u		/* fewer in flight can never make three duplicates */
#define THIN_LINEAR_RETRIES 6

/* Until the first segment's RTO has passed since it was sent last; not above 0: it has. */
s64 tcp_rto_delta_us(const struct tcp_sock *tp)
{
	const struct sk_buff *head = tcp_rtx_head(tp);

	if (!head)
		return tp->rto_us;
	return (s64)tp->rto_us - (s64)((tp->now_ns - TCP_SKB_CB(head)->sent_ns) / NSEC_PER_USEC);
}
/* RFC 6298 5.1, 5.3. A probe's or a reordering window's time is not added to the RTO's. */
void tcp_rearm_rto(struct tcp_sock *tp)
{
	u64 after_us = tp->rto_us;

	if (!tp->packets_out) {
		tcp_clear_write_timer(tp);
		return;
	}
	if (tp->write_event == TCP_TIME_LOSS_PROBE || tp->write_event == TCP_TIME_REO_TIMEOUT)
		after_us = (u64)max(tcp_rto_delta_us(tp), (s64)1);
	tcp_reset_write_timer(tp, TCP_TIME_RETRANS, after_us);
}

/* --- giving up --- */

void tcp_write_err(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	WRITE_ONCE(sk->sk_err, sk->sk_err_soft ? sk->sk_err_soft : ETIMEDOUT);
	sk->sk_error_report(sk);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONTIMEOUT);
	tcp_write_queue_purge(tp);
	tcp_done(sk);
}
/* How long that many retries take whose time-outs double from base up to the limit. */
static u64 model_timeout_us(const struct tcp_sock *tp, u64 base_us, u32 retries)
{
	u64 total = 0, step = base_us;

	for (u32 i = 0; i <= retries; i++) {
		total += step;
		step = min(step * 2, (u64)tp->rto_max_us);
	}
	return total;
}
/* timeout_us 0: what retries retries would take. */
static bool timed_out(const struct tcp_sock *tp, u32 retries, u64 timeout_us)
{
	bool syn = tcp_in(&tp->inet.sk, TCPF_SYN_SENT | TCPF_SYN_RECV);

	if (!tp->retransmits)
		return false;
	if (!timeout_us)
		timeout_us = model_timeout_us(tp, syn ? TCP_TIMEOUT_INIT_US : tcp_rto_min_us(tp), retries);
	return (tp->now_ns - tp->retrans_stamp_ns) / NSEC_PER_USEC >= timeout_us;
}
u32 tcp_orphan_retries(struct tcp_sock *tp, bool alive)
{
	const struct sock *sk = tcp_sock_sk(tp);
	u32 n = (u32)tcp_sysctl(sk)->orphan_retries;

	if (sk->sk_err_soft && !alive) /* an ICMP has said that something is wrong */
		return 0;
	return n || !alive ? n : 8; /* over 100 seconds of a 200 ms RTO */
}
bool tcp_too_many_orphans(struct sock *sk)
{
	return atomic_read(&sk->sk_net->tcp->orphans) > tcp_sysctl(sk)->max_orphans;
}
static bool syn_expired(const struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(&tp->inet.sk);
	u32 most = tp->syn_retries ? tp->syn_retries : (u32)s->syn_retries;

	if (tp->inet.sk.sk_state == TCP_SYN_SENT)
		most += (u32)s->syn_linear_timeouts;
	return tp->retransmits >= most;
}
/* An orphan has nobody who waits: fewer retries, and none where there are too many like it. */
static bool orphan_expired(struct tcp_sock *tp, u32 *retries)
{
	bool alive = tp->rto_us < tp->rto_max_us;

	*retries = tcp_orphan_retries(tp, alive);
	return tcp_too_many_orphans(tcp_sock_sk(tp));
}
/* True when the connection was given up. */
static bool write_timeout(struct tcp_sock *tp)
{
	u64 user_us = (u64)tp->user_timeout_ms * USEC_PER_MSEC;
	struct sock *sk = tcp_sock_sk(tp);
	u32 retries = (u32)tcp_sysctl(sk)->retries2;
	bool expired = false;

	if (tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV)) {
		expired = syn_expired(tp) || (user_us && timed_out(tp, 0, user_us));
	} else {
		if (timed_out(tp, (u32)tcp_sysctl(sk)->retries1, 0)) {
			tcp_mtu_black_hole(tp);
			sk_dst_reset(sk); /* RFC 1122 4.2.3.5: the route may be what is wrong */
		}
		if (sock_flag(sk, SOCK_DEAD))
			expired = orphan_expired(tp, &retries);
		expired |= timed_out(tp, retries, user_us);
	}
	if (unlikely(tp->syn_fastopen || tp->syn_data || tp->syn_data_acked))
		tcp_fastopen_active_detect_blackhole(tp, expired);
	if (expired)
		tcp_write_err(tp);
	return expired;
}

/* --- the timer --- */

/* A recovery that ends in a time-out has failed; which kind? */
static void count_failure(struct tcp_sock *tp)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	bool sack = tcp_is_sack(tp);

	if (tp->retransmits)
		return;
	if (tp->ca_state == TCP_CA_Loss) {
		NET_INC_STATS(net, TCPEXT_TCPLOSSFAILURES);
	} else if (tp->ca_state == TCP_CA_Recovery) {
		NET_ADD_STATS(net, TCPEXT_TCPSACKRECOVERYFAIL, sack);
		NET_ADD_STATS(net, TCPEXT_TCPRENORECOVERYFAIL, !sack);
	} else if (tp->ca_state == TCP_CA_Disorder || tp->sacked_out) {
		NET_ADD_STATS(net, TCPEXT_TCPSACKFAILURES, sack);
		NET_ADD_STATS(net, TCPEXT_TCPRENOFAILURES, !sack);
	}
}
static bool is_thin(const struct tcp_sock *tp)
{
	return (tp->thin_lto || tcp_sysctl(&tp->inet.sk)->thin_linear_timeouts) &&
	       tp->inet.sk.sk_state == TCP_ESTABLISHED && tp->packets_out < THIN_SEGS &&
	       tp->snd_ssthresh < TCP_INFINITE_SSTHRESH &&
	       tp->retransmits <= THIN_LINEAR_RETRIES;
}
/* RFC 6298 5.5. A stream too thin for fast recovery, and the first few SYNs, are not made to wait twice as long. */
static void back_off(struct tcp_sock *tp)
{
	if (is_thin(tp)) {
		tp->backoff = 0;
		tcp_set_rto(tp);
	} else if (tp->inet.sk.sk_state != TCP_SYN_SENT ||
		   tp->total_rto > (u32)tcp_sysctl(&tp->inet.sk)->syn_linear_timeouts) {
		tp->backoff++;
		tp->rto_us = (u32)min((u64)tp->rto_us << 1, (u64)tp->rto_max_us);
	}
}
/* Not later than the program's patience ends (TCP_USER_TIMEOUT). */
static u64 clamp_to_user_timeout(const struct tcp_sock *tp)
{
	u64 limit_us = (u64)tp->user_timeout_ms * USEC_PER_MSEC;
	u64 gone_us = (tp->now_ns - tp->retrans_stamp_ns) / NSEC_PER_USEC;

	if (!limit_us)
		return tp->rto_us;
	return gone_us >= limit_us ? USEC_PER_MSEC : min((u64)tp->rto_us, limit_us - gone_us);
}
static void again(struct tcp_sock *tp)
{
	back_off(tp);
	tcp_reset_write_timer(tp, TCP_TIME_RETRANS, clamp_to_user_timeout(tp));
}

/* The peer took its window back while data was on its way: what goes again are probes, and they never time out, as long
 * as it answers. */
static bool window_was_withdrawn(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;

	return !tp->snd_wnd && !sock_flag(sk, SOCK_DEAD) && !tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV);
}
static void probe_withdrawn_window(struct tcp_sock *tp)
{
	u64 limit_us = 2ull * tp->rto_max_us, now_us = tp->now_ns / NSEC_PER_USEC;

	if (tp->user_timeout_ms)
		limit_us = (u64)tp->user_timeout_ms * USEC_PER_MSEC;
	/* The peer has been silent for longer than any back-off explains. */
	if (now_us - tp->rcv_tstamp_ns / NSEC_PER_USEC > limit_us && tp->retransmits &&
	    (tp->now_ns - tp->retrans_stamp_ns) / NSEC_PER_USEC > limit_us) {
		tcp_write_err(tp);
		return;
	}
	tcp_enter_loss(tp);
	tcp_retransmit_skb(tp, tcp_rtx_head(tp), 1);
	tp->retransmits = (u8)min(tp->retransmits + 1, 255);
	sk_dst_reset(tcp_sock_sk(tp));
	again(tp);
}
void tcp_retransmit_timer(struct tcp_sock *tp)
{
	int err;

	if (!tp->packets_out || tcp_rtx_empty(tp))
		return;
	if (window_was_withdrawn(tp)) {
		probe_withdrawn_window(tp);
		return;
	}
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPTIMEOUTS);
	if (write_timeout(tp))
		return;
	count_failure(tp);
	tcp_enter_loss(tp);
	if (!tp->retransmits) {
		tp->total_rto_recoveries++;
		tp->rto_stamp_ns = tp->now_ns;
	}
	tp->retransmits = (u8)min(tp->retransmits + 1, 255);
	tp->total_rto++;
	err = tcp_retransmit_skb(tp, tcp_rtx_head(tp), 1);
	if (err == -ENOMEM || err == -ENOBUFS) { /* this machine refused: soon again, without backing off */
		tcp_reset_write_timer(tp, TCP_TIME_RETRANS, min((u64)tp->rto_us, RESOURCE_PROBE_US));
		return;
	}
	again(tp);
	if (timed_out(tp, (u32)tcp_sysctl(tcp_sock_sk(tp))->retries1 + 1, 0))
		sk_dst_reset(tcp_sock_sk(tp));
}
