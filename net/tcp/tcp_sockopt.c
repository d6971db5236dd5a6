/* net/tcp/tcp_sockopt.c - the options of level IPPROTO_TCP; each has its effect, or answers ENOPROTOOPT
 *
 * Called: sock_common_setsockopt() and its twin, in process context.
 */
#include "kernel/mm/uaccess.h"
#include "net/tcp/tcp_internal.h"
#include <linux/inet_diag.h>

#define MAX_KEEPIDLE 32767
#define MAX_KEEPCNT 127
#define MAX_SYNCNT 127

static int set_congestion(struct sock *sk, sockptr_t val, unsigned int len)
{
	char name[16] = "";
	int err;

	if (len < 1)
		return -EINVAL;
	if (copy_from_sockptr(name, val, min(len, (unsigned int)sizeof(name) - 1)))
		return -EFAULT;
	lock_sock(sk);
	err = tcp_set_congestion_control(tcp_sk(sk), name);
	release_sock(sk);
	return err;
}
/* TCP_CORK off and TCP_NODELAY on both let go what waits. */
static void set_nagle(struct tcp_sock *tp, u8 bit, bool on)
{
	if (on)
		tp->nonagle |= bit;
	else
		tp->nonagle &= ~bit;
	if (bit == TCP_NAGLE_OFF ? !on : on)
		return;
	tp->nonagle |= TCP_NAGLE_PUSH;
	tcp_refresh_now(tp);
	if (!skb_queue_empty(&tcp_sock_sk(tp)->sk_write_queue))
		__tcp_push_pending_frames(tp, tcp_current_mss(tp), tp->nonagle);
}
static void set_quickack(struct tcp_sock *tp, int v)
{
	if (!v) {
		tcp_enter_pingpong_mode(tp);
		return;
	}
	tp->ack.pingpong = 0;
	if (!tcp_in(tcp_sock_sk(tp), TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) || !(tp->ack.pending & TCP_ACK_SCHED))
		return;
	tcp_refresh_now(tp);
	tp->ack.pending |= TCP_ACK_PUSHED;
	tcp_cleanup_rbuf(tp, 1);
	if (!(v & 1))
		tcp_enter_pingpong_mode(tp);
}
static int set_keepidle(struct tcp_sock *tp, int v)
{
	struct sock *sk = tcp_sock_sk(tp);
	u64 idle;

	if (v < 1 || v > MAX_KEEPIDLE)
		return -EINVAL;
	tp->keepalive_time_s = (u32)v;
	if (!sock_flag(sk, SOCK_KEEPOPEN) || tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return 0;
	idle = ktime_get_ns() - max(tp->rcv_tstamp_ns, tp->ack.lrcvtime_ns);
	tcp_reset_keepalive_timer(sk, tcp_keepalive_time_ns(tp) > idle ? tcp_keepalive_time_ns(tp) - idle : 0);
	return 0;
}
/* Seconds to SYN-ACK repetitions and back. */
static u8 secs_to_retrans(int seconds)
{
	u8 n = 0;

	for (s64 period = 1, step = 1; seconds > 0 && n < 255; period += step) {
		n++;
		if (seconds <= period)
			break;
		step = min(step * 2, (s64)120);
	}
	return n;
}
static int retrans_to_secs(u8 n)
{
	int period = 0, step = 1;

	while (n--) {
		period += step;
		step = min(step * 2, 120);
	}
	return period;
}
static int in_range(int v, int lo, int hi) { return v < lo || v > hi ? -EINVAL : 0; }

static int set_fastopen(struct tcp_sock *tp, int opt, int v)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (opt == TCP_FASTOPEN)
		return tcp_fastopen_listen(sk, v);
	if (v < 0 || v > 1)
		return -EINVAL;
	if (opt == TCP_FASTOPEN_NO_COOKIE) {
		if (!tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
			return -EINVAL;
		tp->tfo_no_cookie = v;
		return 0;
	}
	if (!(tcp_sysctl(sk)->fastopen & TFO_CLIENT_ENABLE))
		return -EOPNOTSUPP;
	if (sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	tp->fastopen_connect = v;
	return 0;
}
/* How long, and how often. */
static int set_patience(struct tcp_sock *tp, int opt, int v)
{
	int err = 0;

	switch (opt) {
	case TCP_KEEPIDLE:
		return set_keepidle(tp, v);
	case TCP_KEEPINTVL:
		err = in_range(v, 1, MAX_KEEPIDLE);
		if (!err)
			tp->keepalive_intvl_s = (u32)v;
		return err;
	case TCP_KEEPCNT:
		err = in_range(v, 1, MAX_KEEPCNT);
		if (!err)
			tp->keepalive_probes = (u8)v;
		return err;
	case TCP_SYNCNT:
		err = in_range(v, 1, MAX_SYNCNT);
		if (!err)
			tp->syn_retries = (u8)v;
		return err;
	case TCP_RTO_MAX_MS:
		err = in_range(v, MSEC_PER_SEC, (int)(TCP_RTO_MAX_US / USEC_PER_MSEC));
		if (!err)
			tp->rto_max_us = (u32)v * (u32)USEC_PER_MSEC;
		return err;
	case TCP_LINGER2:
		tp->linger2_s = v < 0 ? -1 : min(v, 120);
		return 0;
	case TCP_USER_TIMEOUT:
		err = v < 0 ? -EINVAL : 0;
		if (!err)
			tp->user_timeout_ms = (u32)v;
		return err;
	default:
		return -ENOPROTOOPT;
	}
}
/* [S] */
static int set_locked(struct tcp_sock *tp, int opt, int v)
{
	int err = 0;

	switch (opt) {
	case TCP_MAXSEG:
		err = v ? in_range(v, TCP_MIN_MSS, 32767) : 0;
		if (!err)
			tp->rx_opt.user_mss = (u16)v;
		return err;
	case TCP_NODELAY:
		set_nagle(tp, TCP_NAGLE_OFF, v);
		return 0;
	case TCP_CORK:
		set_nagle(tp, TCP_NAGLE_CORK, v);
		return 0;
	case TCP_DEFER_ACCEPT:
		tp->defer_accept = secs_to_retrans(v);
		return 0;
	case TCP_WINDOW_CLAMP:
		return tcp_set_window_clamp(tp, v);
	case TCP_QUICKACK:
		set_quickack(tp, v);
		return 0;
	case TCP_NOTSENT_LOWAT:
		tp->notsent_lowat = (u32)v;
		tcp_sock_sk(tp)->sk_write_space(tcp_sock_sk(tp));
		return 0;
	case TCP_FASTOPEN:
	case TCP_FASTOPEN_CONNECT:
	case TCP_FASTOPEN_NO_COOKIE:
		return set_fastopen(tp, opt, v);
	case TCP_SAVE_SYN:
		err = in_range(v, 0, 2);
		if (!err)
			tp->save_syn = (u8)v;
		return err;
	case TCP_INQ:
		err = in_range(v, 0, 1);
		if (!err)
			tp->recvmsg_inq = v;
		return err;
	case TCP_THIN_LINEAR_TIMEOUTS:
		err = in_range(v, 0, 1);
		if (!err)
			tp->thin_lto = v;
		return err;
	case TCP_THIN_DUPACK: /* RACK and TLP do what it did: checked and forgotten, as by Linux */
		return in_range(v, 0, 1);
	case TCP_TIMESTAMP:
		return -EPERM; /* only of a socket under repair */
	default:
		return set_patience(tp, opt, v);
	}
}
static int set_fastopen_key(struct sock *sk, sockptr_t val, unsigned int len)
{
	u8 key[TCP_FASTOPEN_KEYS * TCP_FASTOPEN_KEY_LENGTH];
	int err;

	if (len > sizeof(key))
		return -EINVAL;
	if (copy_from_sockptr(key, val, len))
		return -EFAULT;
	lock_sock(sk);
	err = tcp_fastopen_set_keys(&tcp_sk(sk)->tfo_keys, key, len);
	release_sock(sk);
	return err;
}
int tcp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len)
{
	int v, err;

	if (level != IPPROTO_TCP)
		return ip_setsockopt(sk, level, opt, val, len);
	if (opt == TCP_FASTOPEN_KEY)
		return set_fastopen_key(sk, val, len);
	if (opt == TCP_CONGESTION)
		return set_congestion(sk, val, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	lock_sock(sk);
	err = set_locked(tcp_sk(sk), opt, v);
	release_sock(sk);
	return err;
}

/* The value of an int option, or -ENOPROTOOPT. */
static int get_int(struct tcp_sock *tp, int opt, int *v)
{
	struct sock *sk = tcp_sock_sk(tp);

	switch (opt) {
	case TCP_MAXSEG:
		*v = tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN) && tp->rx_opt.user_mss ? tp->rx_opt.user_mss : tp->mss_cache;
		return 0;
	case TCP_NODELAY:
		*v = !!(tp->nonagle & TCP_NAGLE_OFF);
		return 0;
	case TCP_CORK:
		*v = !!(tp->nonagle & TCP_NAGLE_CORK);
		return 0;
	case TCP_KEEPIDLE:
		*v = (int)(tcp_keepalive_time_ns(tp) / NSEC_PER_SEC);
		return 0;
	case TCP_KEEPINTVL:
		*v = (int)(tcp_keepalive_intvl_ns(tp) / NSEC_PER_SEC);
		return 0;
	case TCP_KEEPCNT:
		*v = tp->keepalive_probes ? tp->keepalive_probes : tcp_sysctl(sk)->keepalive_probes;
		return 0;
	case TCP_SYNCNT:
		*v = tp->syn_retries ? tp->syn_retries : tcp_sysctl(sk)->syn_retries;
		return 0;
	case TCP_RTO_MAX_MS:
		*v = (int)(tp->rto_max_us / USEC_PER_MSEC);
		return 0;
	case TCP_LINGER2:
		*v = tp->linger2_s ? tp->linger2_s : tcp_sysctl(sk)->fin_timeout;
		return 0;
	case TCP_DEFER_ACCEPT:
		*v = retrans_to_secs(tp->defer_accept);
		return 0;
	case TCP_WINDOW_CLAMP:
		*v = (int)tp->window_clamp;
		return 0;
	case TCP_QUICKACK:
		*v = !tcp_in_pingpong_mode(tp);
		return 0;
	case TCP_USER_TIMEOUT:
		*v = (int)tp->user_timeout_ms;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*v = (int)tp->notsent_lowat;
		return 0;
	case TCP_FASTOPEN:
		*v = tp->tfo_max_qlen;
		return 0;
	case TCP_FASTOPEN_CONNECT:
		*v = tp->fastopen_connect;
		return 0;
	case TCP_FASTOPEN_NO_COOKIE:
		*v = tp->tfo_no_cookie;
		return 0;
	case TCP_SAVE_SYN:
		*v = tp->save_syn;
		return 0;
	case TCP_INQ:
		*v = tp->recvmsg_inq;
		return 0;
	case TCP_THIN_LINEAR_TIMEOUTS:
		*v = tp->thin_lto;
		return 0;
	case TCP_THIN_DUPACK:
		*v = 0;
		return 0;
	case TCP_TIMESTAMP:
		*v = (int)((u32)(ktime_get_ns() / NSEC_PER_MSEC) + tp->tsoffset);
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}
static int give(const void *value, int size, char __user *val, int __user *len, int want)
{
	int n = min(want, size);

	if (put_user(n, len) || copy_to_user(val, value, (size_t)n))
		return -EFAULT;
	return 0;
}
/* Once: what was asked for is not kept. Too little room: its size, and it stays. */
static int get_saved_syn(struct tcp_sock *tp, char __user *val, int __user *len, int want)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *syn;
	int err;

	lock_sock(sk);
	syn = tp->saved_syn;
	if (syn && want < (int)syn->len) {
		err = put_user((int)syn->len, len) ? -EFAULT : -EINVAL;
	} else if (syn) {
		tp->saved_syn = NULL;
		err = give(syn->data, (int)syn->len, val, len, want);
		consume_skb(syn);
	} else {
		err = put_user(0, len);
	}
	release_sock(sk);
	return err;
}
static int get_cc_info(struct tcp_sock *tp, char __user *val, int __user *len, int want)
{
	union tcp_cc_info info;
	size_t n = 0;

	memset(&info, 0, sizeof(info));
	lock_sock(tcp_sock_sk(tp));
	if (tp->ca_ops && tp->ca_ops->get_info)
		n = tp->ca_ops->get_info(tp, &info);
	release_sock(tcp_sock_sk(tp));
	return give(&info, (int)n, val, len, want);
}
int tcp_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *len)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_info_whole info;
	char name[16] = "";
	int want, v, err;

	if (level != IPPROTO_TCP)
		return ip_getsockopt(sk, level, opt, val, len);
	if (get_user(want, len))
		return -EFAULT;
	if (want < 0)
		return -EINVAL;
	switch (opt) {
	case TCP_SAVED_SYN:
		return get_saved_syn(tp, val, len, want);
	case TCP_FASTOPEN_KEY: {
		const struct tcp_fastopen_keys *k = tp->tfo_keys.n ? &tp->tfo_keys : &sk->sk_net->tcp->tfo_keys;

		return give(k->key, k->n * TCP_FASTOPEN_KEY_LENGTH, val, len, want);
	}
	case TCP_CC_INFO:
		return get_cc_info(tp, val, len, want);
	case TCP_INFO:
		lock_sock(sk);
		tcp_get_info(tp, &info);
		release_sock(sk);
		return give(&info, sizeof(info), val, len, want);
	case TCP_CONGESTION:
		lock_sock(sk);
		strscpy(name, tp->ca_ops ? tp->ca_ops->name : tcp_sysctl(sk)->congestion_control, sizeof(name));
		release_sock(sk);
		return give(name, sizeof(name), val, len, want);
	}
	lock_sock(sk);
	err = get_int(tp, opt, &v);
	release_sock(sk);
	return err ? err : give(&v, sizeof(v), val, len, want);
}
