/* net/tcp/tcp_cong.c - which algorithm decides how fast to send, and what all of them share
 *
 * What:   the registry behind TCP_CONGESTION and its sysctl; slow start; when the window was really used.
 * Called: tcp_ack.c and tcp_recovery.c; tcp_sockopt.c.
 * Locks:  the registry is filled at start only. The rest: the caller owns the socket.
 */
#include "net/tcp/tcp_internal.h"

static LIST_HEAD(algorithms);

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
	list_add_tail(&ca->list, &algorithms);
	return 0;
}
void tcp_ca_list(char *buf, size_t size)
{
	struct tcp_congestion_ops *ca;
	size_t n = 0;

	buf[0] = 0;
	list_for_each_entry(ca, &algorithms, list) {
		if (n && n + 1 < size)
			buf[n++] = ' ';
		n += (size_t)max(strscpy(buf + n, ca->name, size - n), (ssize_t)0);
	}
}

static void assign(struct tcp_sock *tp, const struct tcp_congestion_ops *ca)
{
	tp->ca_ops = ca;
	memset(tp->ca_priv, 0, sizeof(tp->ca_priv));
}
/* At birth: the stack's default; an accepted connection has its listener's. */
void tcp_assign_congestion_control(struct tcp_sock *tp)
{
	const struct tcp_congestion_ops *ca = tp->ca_ops;

	if (!ca)
		ca = tcp_ca_find(tcp_sysctl(tcp_sock_sk(tp))->congestion_control);
	assign(tp, ca ? ca : &tcp_reno);
}
void tcp_init_congestion(struct tcp_sock *tp)
{
	if (tp->ca_ops->init)
		tp->ca_ops->init(tp);
}
void tcp_cleanup_congestion(struct tcp_sock *tp)
{
	if (tp->ca_ops && tp->ca_ops->release)
		tp->ca_ops->release(tp);
	tp->ca_ops = NULL;
}
int tcp_set_congestion_control(struct tcp_sock *tp, const char *name)
{
	struct tcp_congestion_ops *ca = tcp_ca_find(name);

	if (!ca)
		return -ENOENT;
	if (ca == tp->ca_ops)
		return 0;
	tcp_cleanup_congestion(tp);
	assign(tp, ca);
	if (!tcp_in(tcp_sock_sk(tp), TCPF_CLOSE | TCPF_LISTEN) && ca->init)
		ca->init(tp);
	return 0;
}
void tcp_set_ca_state(struct tcp_sock *tp, u8 state)
{
	if (tp->ca_ops->set_state)
		tp->ca_ops->set_state(tp, state);
	tp->ca_state = state;
}

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
	tp->snd_cwnd_cnt += acked;
	if (tp->snd_cwnd_cnt < w)
		return;
	tp->snd_cwnd += tp->snd_cwnd_cnt / w;
	tp->snd_cwnd_cnt %= w;
}
/* A window that the program does not fill must not grow (RFC 7661 in spirit). After each burst of sending. */
void tcp_cwnd_validate(struct tcp_sock *tp, bool limited)
{
	if (limited || !seq_before(tp->snd_una, tp->cwnd_usage_seq)) {
		tp->is_cwnd_limited = limited;
		tp->cwnd_usage_seq = tp->snd_nxt;
		tp->snd_cwnd_used = tp->packets_out;
	} else {
		tp->snd_cwnd_used = max(tp->snd_cwnd_used, tp->packets_out);
	}
}
