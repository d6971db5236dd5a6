/* net/core/sock_options_get.c - getsockopt at SOL_SOCKET
 *
 * Called: net/socket, process context; sk_get_meminfo() also by those who describe sockets over netlink.
 * Locks:  none: single words are read.
 * Absent: as in sock_options.c.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "net/core/core.h"
#include "net/core/sock_filter.h"
#include <linux/sock_diag.h>

union sock_value {
	int i;
	u64 u64;
	struct { int onoff, linger; } linger;
	struct { s64 sec, usec; } tv;
	struct { pid_t pid; uid_t uid; gid_t gid; } cred;
	u32 meminfo[SK_MEMINFO_VARS];
	struct { u32 flags, bind_phc; } timestamping;
	char name[IFNAMSIZ];
};

static void get_timeo(s64 ns, union sock_value *v)
{
	v->tv.sec = v->tv.usec = 0;
	if (ns == MAX_SCHEDULE_TIMEOUT)
		return;
	v->tv.sec = ns / (s64)NSEC_PER_SEC;
	v->tv.usec = ns % (s64)NSEC_PER_SEC / (s64)NSEC_PER_USEC;
}

void sk_get_meminfo(struct sock *sk, u32 *m)
{
	memset(m, 0, SK_MEMINFO_VARS * sizeof(*m));
	m[SK_MEMINFO_RMEM_ALLOC] = (u32)sk_rmem_alloc_get(sk);
	m[SK_MEMINFO_RCVBUF] = (u32)READ_ONCE(sk->sk_rcvbuf);
	m[SK_MEMINFO_WMEM_ALLOC] = (u32)sk_wmem_alloc_get(sk);
	m[SK_MEMINFO_SNDBUF] = (u32)READ_ONCE(sk->sk_sndbuf);
	m[SK_MEMINFO_FWD_ALLOC] = (u32)sk_forward_alloc(sk);
	m[SK_MEMINFO_WMEM_QUEUED] = READ_ONCE(sk->sk_wmem_queued);
	m[SK_MEMINFO_BACKLOG] = READ_ONCE(sk->sk_backlog.len);
	m[SK_MEMINFO_DROPS] = (u32)atomic_read(&sk->sk_drops);
}

static int get_device(struct sock *sk, union sock_value *v)
{
	struct net_device *dev = NULL;

	if (!sk->sk_bound_dev_if)
		return 0;
	rcu_read_lock();
	dev = dev_get_by_index(sk->sk_net, (u32)sk->sk_bound_dev_if);
	if (dev)
		strscpy(v->name, dev->name, sizeof(v->name));
	rcu_read_unlock();
	return dev ? (int)strlen(v->name) + 1 : -ENODEV;
}

/* Options with a value that is not an int: its size, or -ENOPROTOOPT. */
static int get_wide(struct sock *sk, int opt, union sock_value *v)
{
	switch (opt) {
	case SO_LINGER:
		v->linger.onoff = sock_flag(sk, SOCK_LINGER);
		v->linger.linger = (int)(sk->sk_lingertime_ns / NSEC_PER_SEC);
		return sizeof(v->linger);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		get_timeo(sk->sk_rcvtimeo_ns, v);
		return sizeof(v->tv);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		get_timeo(sk->sk_sndtimeo_ns, v);
		return sizeof(v->tv);
	case SO_PEERCRED:
		v->cred.pid = sk->sk_peer_cred.pid;
		v->cred.uid = sk->sk_peer_cred.uid;
		v->cred.gid = sk->sk_peer_cred.gid;
		return sizeof(v->cred);
	case SO_COOKIE:
		v->u64 = sock_gen_cookie(sk);
		return sizeof(v->u64);
	case SO_TIMESTAMPING_OLD:
	case SO_TIMESTAMPING_NEW:
		memset(&v->timestamping, 0, sizeof(v->timestamping));
		if (sock_flag(sk, SOCK_TSTAMP_NEW) == (opt == SO_TIMESTAMPING_NEW))
			v->timestamping.flags = sk->sk_tsflags;
		return sizeof(v->timestamping);
	case SO_MEMINFO:
		sk_get_meminfo(sk, v->meminfo);
		return sizeof(v->meminfo);
	case SO_BINDTODEVICE:
		return get_device(sk, v);
	default:
		return -ENOPROTOOPT;
	}
}

/* Programs that know only 32 bits are told what fits. */
static int get_max_pacing_rate(struct sock *sk, int room, union sock_value *v)
{
	v->u64 = READ_ONCE(sk->sk_max_pacing_rate);
	if (room >= (int)sizeof(v->u64))
		return sizeof(v->u64);
	v->i = (int)min(v->u64, (u64)U32_MAX);
	return sizeof(v->i);
}

static int get_error(struct sock *sk)
{
	int err = -sock_error(sk);

	return err ? err : __atomic_exchange_n(&sk->sk_err_soft, 0, __ATOMIC_RELAXED);
}

static bool timestamps_are(const struct sock *sk, bool nsec, bool new)
{
	return sock_flag(sk, SOCK_TIMESTAMP) && sock_flag(sk, SOCK_RCVTSTAMPNS) == nsec &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == new;
}

/* Options whose value is an int, into *v. 0 or -ENOPROTOOPT. */
static int get_int(struct sock *sk, int opt, int *v)
{
	static const struct { u8 opt, flag; } flags[] = {
		{ SO_DEBUG, SOCK_DEBUG }, { SO_DONTROUTE, SOCK_LOCALROUTE }, { SO_BROADCAST, SOCK_BROADCAST },
		{ SO_KEEPALIVE, SOCK_KEEPOPEN }, { SO_OOBINLINE, SOCK_URGINLINE }, { SO_PASSCRED, SOCK_PASSCRED },
		{ SO_RXQ_OVFL, SOCK_RXQ_OVFL }, { SO_LOCK_FILTER, SOCK_FILTER_LOCKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].opt == opt) {
			*v = sock_flag(sk, flags[i].flag);
			return 0;
		}
	switch (opt) {
	case SO_REUSEADDR: *v = sk->sk_reuse; return 0;
	case SO_REUSEPORT: *v = sk->sk_reuseport; return 0;
	case SO_TYPE: *v = sk->sk_type; return 0;
	case SO_PROTOCOL: *v = sk->sk_protocol; return 0;
	case SO_DOMAIN: *v = sk->sk_family; return 0;
	case SO_ERROR: *v = get_error(sk); return 0;
	case SO_ACCEPTCONN: *v = sk->sk_state == TCP_LISTEN; return 0;
	case SO_SNDBUF: *v = sk->sk_sndbuf; return 0;
	case SO_RCVBUF: *v = sk->sk_rcvbuf; return 0;
	case SO_NO_CHECK: *v = sk->sk_no_check_tx; return 0;
	case SO_PRIORITY: *v = (int)sk->sk_priority; return 0;
	case SO_RCVLOWAT: *v = sk->sk_rcvlowat; return 0;
	case SO_SNDLOWAT: *v = 1; return 0;
	case SO_PEEK_OFF: *v = sk->sk_peek_off; return sk->sk_prot->peek_off ? 0 : -EOPNOTSUPP;
	case SO_TIMESTAMP_OLD: *v = timestamps_are(sk, false, false); return 0;
	case SO_TIMESTAMP_NEW: *v = timestamps_are(sk, false, true); return 0;
	case SO_TIMESTAMPNS_OLD: *v = timestamps_are(sk, true, false); return 0;
	case SO_TIMESTAMPNS_NEW: *v = timestamps_are(sk, true, true); return 0;
	case SO_BINDTOIFINDEX: *v = sk->sk_bound_dev_if; return 0;
	case SO_MARK: *v = (int)sk->sk_mark; return 0;
	case SO_INCOMING_CPU: *v = (int)sk->sk_incoming_cpu; return 0;
	default: return -ENOPROTOOPT;
	}
}

int sock_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len)
{
	struct sock *sk = sock->sk;
	union sock_value v;
	int room, size;

	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (opt == SO_GET_FILTER) {
		lock_sock(sk);
		size = sk_get_filter(sk, val, (unsigned int)room);
		release_sock(sk);
		return size < 0 ? size : put_user(size, len);
	}
	memset(&v, 0, sizeof(v));
	size = opt == SO_MAX_PACING_RATE ? get_max_pacing_rate(sk, room, &v) : get_wide(sk, opt, &v);
	if (size == -ENOPROTOOPT) {
		size = get_int(sk, opt, &v.i);
		size = size ? size : (int)sizeof(int);
	}
	if (size < 0)
		return size;
	if (opt == SO_COOKIE && room < size)
		return -EINVAL;
	size = min(size, room);
	if (copy_to_user(val, &v, (size_t)size))
		return -EFAULT;
	return put_user(size, len);
}
