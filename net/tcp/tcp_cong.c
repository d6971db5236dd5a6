/* net/tcp/tcp_cong.c - which algorithm decides how fast to send, and what all of them share
 *
 * What:   the registry behind TCP_CONGESTION and its sysctl; slow start; when the window was really used.
 * Called: tcp_ack.c and tcp_recovery.c; tcp_sockopt.c.
 * Locks:  the registry is filled at start only. The rest: the caller owns the socket.
 */
#include "kernel/process/capability.h"
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_cong_state_set);

static LIST_HEAD(algorithms);

/* --- the registry --- */

struct tcp_congestion_ops *tcp_ca_find(const char *name)
{
	struct tcp_congestion_ops *ca;

	list_for_each_entry(ca, &algorithms, list)
		if (!strcmp(ca->name, name))
			return ca;
	return NULL;
}
int tcp_register_congestion_control(struct tcp_congestion_ops *ca)
{
	if (!ca->name || !ca->ssthresh || !ca->undo_cwnd || !(ca->cong_avoid || ca->cong_control))
		return -EINVAL;
	if (tcp_ca_find(ca->name))
		return -EEXIST;
	if (!list_empty(&algorithms))
		ca->index = list_last_entry(&algorithms, struct tcp_congestion_ops, list)->index + 1;
	if (ca->index >= 64)
		return -ENOSPC;
	list_add_tail(&ca->list, &algorithms);
	return 0;
}
void tcp_ca_list(char *buf, size_t size, u64 mask)
{
	struct tcp_congestion_ops *ca;
	size_t n = 0;

	buf[0] = 0;
	list_for_each_entry(ca, &algorithms, list) {
		if (!(mask & BIT(ca->index)))
			continue;
		if (n && n + 1 < size)
			buf[n++] = ' ';
		n += (size_t)max(strscpy(buf + n, ca->name, size - n), (ssize_t)0);
	}
}
u64 tcp_ca_unrestricted(void)
{
	struct tcp_congestion_ops *ca;
	u64 mask = 0;

	list_for_each_entry(ca, &algorithms, list)
		if (ca->flags & TCP_CONG_NON_RESTRICTED)
			mask |= BIT(ca->index);
	return mask;
}
int tcp_ca_mask(char *names, u64 *mask)
{
	struct tcp_congestion_ops *ca;
	char *name;

	*mask = 0;
	while ((name = strsep(&names, " \t\n"))) {
		if (!*name)
			continue;
		ca = tcp_ca_find(name);
		if (!ca)
			return -ENOENT;
		*mask |= BIT(ca->index);
	}
	return 0;
}

/* --- a socket's choice --- */

static void assign(struct tcp_sock *tp, const struct tcp_congestion_ops *ca)
{
	tp->ca_ops = ca;
	memset(tp->ca_priv, 0, sizeof(tp->ca_priv));
}
/* At birth: the stack's default. An accepted connection has what its listener's program chose, if it did. */
void tcp_assign_congestion_control(struct tcp_sock *tp)
{
	const struct tcp_congestion_ops *ca = tp->ca_ops;
	const char *usual = tcp_sysctl(tcp_sock_sk(tp))->congestion_control;

	if (!ca || (!tp->ca_chosen && strcmp(ca->name, usual)))
		ca = tcp_ca_find(usual);
	assign(tp, ca ? ca : &tcp_reno);
}
/* The connection has found its way; the route may name an algorithm (RTAX_CC_ALGO). */
void tcp_ca_dst_init(struct tcp_sock *tp)
{
	u32 key = dst_metric(tp->inet.sk.sk_dst_cache, RTAX_CC_ALGO);
	struct tcp_congestion_ops *ca;

	if (likely(!key))
		return;
	list_for_each_entry(ca, &algorithms, list)
		if (ca->index + 1 == key)
			assign(tp, ca);
}
static u32 cc_key(const char *name)
{
	const struct tcp_congestion_ops *ca = tcp_ca_find(name);

	return ca ? ca->index + 1 : 0;
}
static const char *cc_name(u32 key)
{
	struct tcp_congestion_ops *ca;

	list_for_each_entry(ca, &algorithms, list)
		if (ca->index + 1 == key)
			return ca->name;
	return "";
}
const struct ip_cc_names tcp_cc_names = { cc_key, cc_name };
u32 tcp_init_cwnd(const struct tcp_sock *tp)
{
	u32 route = dst_metric(tp->inet.sk.sk_dst_cache, RTAX_INITCWND);

	return route ? route : TCP_INIT_CWND;
}
/* The connection is established: the first window, and the algorithm's first word. */
void tcp_init_congestion(struct tcp_sock *tp)
{
	/* RFC 6298 5.7, RFC 5681 3.1: a SYN was lost */
	tp->snd_cwnd = tp->total_retrans > 1 ? 1 : tcp_init_cwnd(tp);
	tp->cwnd_stamp_ns = tp->now_ns;
	if (tp->ca_ops->init)
		tp->ca_ops->init(tp);
}
void tcp_cleanup_congestion(struct tcp_sock *tp)
{
	if (tp->ca_ops && tp->ca_ops->release)
		tp->ca_ops->release(tp);
	tp->ca_ops = NULL;
}
/* -ENOENT: no such algorithm; -EPERM: the administrator keeps it for the privileged. */
int tcp_set_congestion_control(struct tcp_sock *tp, const char *name)
{
	struct tcp_congestion_ops *ca = tcp_ca_find(name);
	struct sock *sk = tcp_sock_sk(tp);

	if (!ca)
		return -ENOENT;
	if (ca != tp->ca_ops && !(READ_ONCE(sk->sk_net->tcp->ca_allowed) & BIT(ca->index)) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	tp->ca_chosen = true;
	if (ca == tp->ca_ops)
		return 0;
	tcp_cleanup_congestion(tp);
	assign(tp, ca);
	if (!tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV) && ca->init)
		ca->init(tp);
	return 0;
}
void tcp_set_ca_state(struct tcp_sock *tp, u8 state)
{
	struct sock *sk = tcp_sock_sk(tp);

	TRACE(tcp_cong_state_set, TCP_TRACE_ENDS " cong_state=%u", TCP_TRACE_ENDS_OF(sk), state);
	if (tp->ca_ops->set_state)
		tp->ca_ops->set_state(tp, state);
	tp->ca_state = state;
}
void tcp_ca_event(struct tcp_sock *tp, enum tcp_ca_event ev)
{
	if (tp->ca_ops->cwnd_event)
		tp->ca_ops->cwnd_event(tp, ev);
}

/* --- what the algorithms share --- */

u32 tcp_slow_start(struct tcp_sock *tp, u32 acked)
{
	u32 cwnd = min(tp->snd_cwnd + acked, tp->snd_ssthresh);

	acked -= cwnd - tp->snd_cwnd;
	tp->snd_cwnd = cwnd;
	return acked;
}
/* One segment for each w acknowledged. */
void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)
{
	if (tp->snd_cwnd_cnt >= w) { /* w has shrunk: what was saved up for the larger one is worth one segment */
		tp->snd_cwnd_cnt = 0;
		tp->snd_cwnd++;
	}
	tp->snd_cwnd_cnt += acked;
	if (tp->snd_cwnd_cnt < w)
		return;
	tp->snd_cwnd += tp->snd_cwnd_cnt / w;
	tp->snd_cwnd_cnt %= w;
}
/* The threshold that a restart keeps: three quarters of a window that was proven are worth remembering. */
u32 tcp_current_ssthresh(const struct tcp_sock *tp)
{
	if (tp->ca_state == TCP_CA_CWR || tp->ca_state == TCP_CA_Recovery)
		return tp->snd_ssthresh;
	return max(tp->snd_ssthresh, (tp->snd_cwnd >> 1) + (tp->snd_cwnd >> 2));
}

/* --- a window that is not used is not known to be right (RFC 7661; RFC 5681 4.1) --- */

/* In slow start a window counts as used when half of it was. */
bool tcp_is_cwnd_limited(const struct tcp_sock *tp)
{
	if (tp->is_cwnd_limited)
		return true;
	return tp->snd_cwnd < tp->snd_ssthresh && tp->snd_cwnd < 2 * tp->max_packets_out;
}
/* The program sent less than the window for a whole time-out: the window moves half the way to what was used. */
static void application_limited(struct tcp_sock *tp)
{
	const struct sock *sk = tcp_sock_sk(tp);
	u32 used = max(tp->snd_cwnd_used, tcp_init_cwnd(tp));

	if (tp->ca_state == TCP_CA_Open && sk->sk_socket && !test_bit(SOCK_NOSPACE, &sk->sk_socket->flags) &&
	    used < tp->snd_cwnd) {
		tp->snd_ssthresh = tcp_current_ssthresh(tp);
		tp->snd_cwnd = (tp->snd_cwnd + used) >> 1;
	}
	tp->snd_cwnd_used = 0;
	tp->cwnd_stamp_ns = tp->now_ns;
}
/* After each burst of sending; limited: the window was what ended it. Remembered for the rest of this window. */
void tcp_cwnd_validate(struct tcp_sock *tp, bool limited)
{
	if (limited || !seq_before(tp->snd_una, tp->cwnd_usage_seq) ||
	    (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
		tp->is_cwnd_limited = limited;
		tp->max_packets_out = tp->packets_out;
		tp->cwnd_usage_seq = tp->snd_nxt;
	}
	if (tcp_is_cwnd_limited(tp)) {
		tp->snd_cwnd_used = 0;
		tp->cwnd_stamp_ns = tp->now_ns;
		return;
	}
	tp->snd_cwnd_used = max(tp->snd_cwnd_used, tp->packets_out);
	if (tcp_sysctl(tcp_sock_sk(tp))->slow_start_after_idle && !tp->ca_ops->cong_control &&
	    tp->now_ns - tp->cwnd_stamp_ns >= (u64)tp->rto_us * NSEC_PER_USEC)
		application_limited(tp);
}
/* Nothing was sent for longer than a time-out: the window halves for each time-out, down to the initial one. */
void tcp_slow_start_after_idle(struct tcp_sock *tp)
{
	s64 idle_us = (s64)((tp->now_ns - tp->lsndtime_ns) / NSEC_PER_USEC);
	u32 restart = min(tp->snd_cwnd, tcp_init_cwnd(tp)), cwnd = tp->snd_cwnd;

	if (!tcp_sysctl(tcp_sock_sk(tp))->slow_start_after_idle || tp->ca_ops->cong_control)
		return;
	tcp_ca_event(tp, CA_EVENT_CWND_RESTART);
	tp->snd_ssthresh = tcp_current_ssthresh(tp);
	while ((idle_us -= tp->rto_us) > 0 && cwnd > restart)
		cwnd >>= 1;
	tp->snd_cwnd = max(cwnd, restart);
	tp->cwnd_usage_seq = tp->snd_nxt;
	tp->cwnd_stamp_ns = tp->now_ns;
	tp->snd_cwnd_used = 0;
}
