/* net/core/sock_options.c - setsockopt at SOL_SOCKET
 *
 * What:   the options that every protocol shares. Those that are accepted have their effect; the rest answer
 *         ENOPROTOOPT.
 * Called: net/socket, process context.
 * Calls:  user copies; the protocol's keepalive hook.
 * Locks:  takes the socket lock. What the options read is in sock_options_get.c.
 * Absent: SO_BUSY_POLL (no busy polling), SO_ATTACH_BPF, SO_ZEROCOPY, SO_TXTIME.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "net/core/core.h"
#include "net/core/sock_filter.h"
#include <linux/capability.h>
#include <linux/sock_diag.h>
#include <linux/time_types.h>

int copy_from_sockptr(void *dst, sockptr_t src, size_t n)
{
	if (!src.is_kernel)
		return copy_from_user(dst, (__force const void __user *)src.ptr, n) ? -EFAULT : 0;
	memcpy(dst, src.ptr, n);
	return 0;
}

/* Linux doubles what the program asks, for the overhead of its bookkeeping; getsockopt shows the doubled value. */
static int doubled(int val, int max, int floor)
{
	val = min(max(val, 0), max);
	return max(val > INT_MAX / 2 ? INT_MAX : val * 2, floor);
}

static int set_rcvbuf(struct sock *sk, int val, int max)
{
	sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sk->sk_rcvbuf, doubled(val, max, SOCK_MIN_RCVBUF));
	return 0;
}

static int set_sndbuf(struct sock *sk, int val, int max)
{
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, doubled(val, max, SOCK_MIN_SNDBUF));
	sk->sk_write_space(sk);
	return 0;
}

static int set_timestamps(struct sock *sk, bool on, bool nsec, bool new)
{
	if (on && !sock_flag(sk, SOCK_TIMESTAMP))
		net_enable_timestamp(sk->sk_net);
	if (!on && sock_flag(sk, SOCK_TIMESTAMP))
		net_disable_timestamp(sk->sk_net);
	sock_valbool_flag(sk, SOCK_TIMESTAMP, on);
	sock_valbool_flag(sk, SOCK_RCVTSTAMPNS, on && nsec);
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW, on && new);
	return 0;
}

static int set_bound_if(struct sock *sk, int ifindex)
{
	if (sk->sk_bound_dev_if && !capable(CAP_NET_RAW))
		return -EPERM;
	if (ifindex < 0)
		return -EINVAL;
	if (ifindex) {
		struct net_device *dev;

		rcu_read_lock();
		dev = dev_get_by_index(sk->sk_net, (u32)ifindex);
		rcu_read_unlock();
		if (!dev)
			return -ENODEV;
	}
	WRITE_ONCE(sk->sk_bound_dev_if, ifindex);
	sk_dst_reset(sk);
	return 0;
}

static int set_bind_to_device(struct sock *sk, sockptr_t val, unsigned int len)
{
	char name[IFNAMSIZ] = "";
	struct net_device *dev;
	int ifindex = 0;

	if (copy_from_sockptr(name, val, min(len, (unsigned int)IFNAMSIZ - 1)))
		return -EFAULT;
	if (name[0]) {
		rcu_read_lock();
		dev = dev_get_by_name(sk->sk_net, name);
		ifindex = dev ? (int)dev->ifindex : -1;
		rcu_read_unlock();
		if (ifindex < 0)
			return -ENODEV;
	}
	return set_bound_if(sk, ifindex);
}

static int set_linger(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct { int l_onoff, l_linger; } l;

	if (len < sizeof(l))
		return -EINVAL;
	if (copy_from_sockptr(&l, val, sizeof(l)))
		return -EFAULT;
	if (l.l_onoff)
		sk->sk_lingertime_ns = (u32)l.l_linger * NSEC_PER_SEC;
	sock_valbool_flag(sk, SOCK_LINGER, l.l_onoff);
	return 0;
}

/* Old and new struct timeval are both two 64-bit words here. 0: no limit; negative seconds: do not wait at all. */
static int set_timeo(s64 *timeo_ns, sockptr_t val, unsigned int len)
{
	struct { s64 sec, usec; } tv;
	s64 ns = MAX_SCHEDULE_TIMEOUT;

	if (len < sizeof(tv))
		return -EINVAL;
	if (copy_from_sockptr(&tv, val, sizeof(tv)))
		return -EFAULT;
	if (tv.usec < 0 || tv.usec >= (s64)USEC_PER_SEC)
		return -EDOM;
	if (tv.sec < 0)
		ns = 0;
	else if ((tv.sec || tv.usec) && tv.sec < S64_MAX / (s64)NSEC_PER_SEC - 1)
		ns = tv.sec * (s64)NSEC_PER_SEC + tv.usec * (s64)NSEC_PER_USEC;
	WRITE_ONCE(*timeo_ns, ns);
	return 0;
}

static int set_priority(struct sock *sk, int val)
{
	if ((val < 0 || val > 6) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	sk->sk_priority = (u32)val;
	return 0;
}

static int set_mark(struct sock *sk, int val)
{
	if (!capable(CAP_NET_ADMIN) && !capable(CAP_NET_RAW))
		return -EPERM;
	if (sk->sk_mark != (u32)val)
		sk_dst_reset(sk);
	sk->sk_mark = (u32)val;
	return 0;
}

static int set_keepalive(struct sock *sk, bool on)
{
	if (sk->sk_prot->keepalive)
		sk->sk_prot->keepalive(sk, on);
	sock_valbool_flag(sk, SOCK_KEEPOPEN, on);
	return 0;
}

static int set_flag(struct sock *sk, int flag, bool on)
{
	sock_valbool_flag(sk, flag, on);
	return 0;
}

static int set_forced(struct sock *sk, int val, int (*set)(struct sock *sk, int val, int max))
{
	return capable(CAP_NET_ADMIN) ? set(sk, val, INT_MAX / 2) : -EPERM;
}

/* [S] The options whose value is one int. */
static int set_int(struct sock *sk, int opt, int val)
{
	const struct netns_core *core = sk->sk_net->core;

	switch (opt) {
	case SO_DEBUG:
		return val && !capable(CAP_NET_ADMIN) ? -EACCES : set_flag(sk, SOCK_DEBUG, val);
	case SO_REUSEADDR:
		sk->sk_reuse = val ? 1 : 0;
		return 0;
	case SO_REUSEPORT:
		sk->sk_reuseport = val ? 1 : 0;
		return 0;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
	case SO_ACCEPTCONN:
		return -ENOPROTOOPT;
	case SO_DONTROUTE:
		sk_dst_reset(sk);
		return set_flag(sk, SOCK_LOCALROUTE, val);
	case SO_BROADCAST:
		return set_flag(sk, SOCK_BROADCAST, val);
	case SO_SNDBUF:
		return set_sndbuf(sk, val, core->wmem_max);
	case SO_SNDBUFFORCE:
		return set_forced(sk, val, set_sndbuf);
	case SO_RCVBUF:
		return set_rcvbuf(sk, val, core->rmem_max);
	case SO_RCVBUFFORCE:
		return set_forced(sk, val, set_rcvbuf);
	case SO_KEEPALIVE:
		return set_keepalive(sk, val);
	case SO_OOBINLINE:
		return set_flag(sk, SOCK_URGINLINE, val);
	case SO_NO_CHECK:
		sk->sk_no_check_tx = val ? 1 : 0;
		return 0;
	case SO_PRIORITY:
		return set_priority(sk, val);
	case SO_PASSCRED:
		return set_flag(sk, SOCK_PASSCRED, val);
	case SO_RCVLOWAT:
		val = val < 0 ? INT_MAX : max(val, 1);
		if (sk->sk_prot->set_rcvlowat)
			return sk->sk_prot->set_rcvlowat(sk, val);
		WRITE_ONCE(sk->sk_rcvlowat, val);
		return 0;
	case SO_PEEK_OFF:
		if (!sk->sk_prot->peek_off)
			return -EOPNOTSUPP;
		WRITE_ONCE(sk->sk_peek_off, val);
		return 0;
	case SO_TIMESTAMP_OLD:
		return set_timestamps(sk, val, false, false);
	case SO_TIMESTAMP_NEW:
		return set_timestamps(sk, val, false, true);
	case SO_TIMESTAMPNS_OLD:
		return set_timestamps(sk, val, true, false);
	case SO_TIMESTAMPNS_NEW:
		return set_timestamps(sk, val, true, true);
	case SO_TIMESTAMPING_OLD:
		return sock_set_timestamping(sk, (u32)val, false);
	case SO_TIMESTAMPING_NEW:
		return sock_set_timestamping(sk, (u32)val, true);
	case SO_BINDTOIFINDEX:
		return set_bound_if(sk, val);
	case SO_MARK:
		return set_mark(sk, val);
	case SO_RXQ_OVFL:
		return set_flag(sk, SOCK_RXQ_OVFL, val);
	case SO_INCOMING_CPU:
		sk->sk_incoming_cpu = (u32)val;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* 32 or 64 bits of bytes a second; all ones: no limit. */
static int set_max_pacing_rate(struct sock *sk, sockptr_t val, unsigned int len)
{
	u64 rate = 0;
	u32 narrow;

	if (copy_from_sockptr(&rate, val, len >= sizeof(rate) ? sizeof(rate) : sizeof(narrow)))
		return -EFAULT;
	if (len < sizeof(rate) && rate == U32_MAX)
		rate = U64_MAX;
	if (rate != U64_MAX && sk->sk_pacing_status == SK_PACING_NONE)
		sk->sk_pacing_status = SK_PACING_NEEDED;
	WRITE_ONCE(sk->sk_max_pacing_rate, rate);
	WRITE_ONCE(sk->sk_pacing_rate, min(sk->sk_pacing_rate, rate));
	return 0;
}

static int set_option(struct sock *sk, int opt, sockptr_t val, unsigned int len, int i)
{
	switch (opt) {
	case SO_LINGER:
		return set_linger(sk, val, len);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeo(&sk->sk_rcvtimeo_ns, val, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeo(&sk->sk_sndtimeo_ns, val, len);
	case SO_MAX_PACING_RATE:
		return set_max_pacing_rate(sk, val, len);
	case SO_ATTACH_FILTER:
		return sk_attach_filter(sk, val, len);
	case SO_DETACH_FILTER:
		return sk_detach_filter(sk);
	case SO_LOCK_FILTER:
		return sk_lock_filter(sk, i);
	default:
		return set_int(sk, opt, i);
	}
}

int sock_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len)
{
	struct sock *sk = sock->sk;
	int i, r;

	if (opt == SO_BINDTODEVICE) {
		lock_sock(sk);
		r = set_bind_to_device(sk, val, len);
		release_sock(sk);
		return r;
	}
	if (len < sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&i, val, sizeof(i)))
		return -EFAULT;
	lock_sock(sk);
	r = set_option(sk, opt, val, len, i);
	release_sock(sk);
	return r;
}
