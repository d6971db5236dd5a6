/* net/ipv4/ip_sockglue.c - setsockopt and getsockopt of level SOL_IP
 *
 * Called: the transports' setsockopt hooks, in process context.
 * Locks:  lock_sock() around what other threads read.
 * Absent: IP_MSFILTER and source-specific membership (ENOPROTOOPT), IP_ROUTER_ALERT, IP_XFRM_POLICY, IP_MULTICAST_ALL
 *         1's delivery of groups that other sockets joined, IP_NODEFRAG (nothing reassembles what is sent).
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/capability.h"
#include "net/ipv4/internal.h"

/* Programs may give an int or a single byte. 0, -EINVAL or -EFAULT. */
int ip_opt_get_int(sockptr_t val, unsigned int len, int *out)
{
	u8 b;

	if (len >= sizeof(int))
		return copy_from_sockptr(out, val, sizeof(int)) ? -EFAULT : 0;
	if (!len)
		return -EINVAL;
	if (copy_from_sockptr(&b, val, 1))
		return -EFAULT;
	*out = b;
	return 0;
}

/* Options that are a bit of cmsg_flags. 0: no such. */
static u16 cmsg_bit(int opt)
{
	switch (opt) {
	case IP_PKTINFO: return IP_CMSG_PKTINFO;
	case IP_RECVTTL: return IP_CMSG_TTL;
	case IP_RECVTOS: return IP_CMSG_TOS;
	case IP_RECVOPTS: return IP_CMSG_RECVOPTS;
	case IP_RETOPTS: return IP_CMSG_RETOPTS;
	case IP_RECVORIGDSTADDR: return IP_CMSG_ORIGDSTADDR;
	default: return 0;
	}
}

static int set_options(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct ip_options *opt, *old;
	int err = ip_options_get(sk->sk_net, &opt, val, len);

	if (err)
		return err;
	if (opt && opt->srr && !capable(CAP_NET_RAW)) {
		kfree(opt);
		return -EPERM;
	}
	old = inet_sk(sk)->inet_opt;
	inet_sk(sk)->inet_opt = opt;
	sk_dst_reset(sk);
	if (old) {
		synchronize_rcu(); /* a datagram may be on its way with them */
		kfree(old);
	}
	return 0;
}

static int set_tos(struct sock *sk, int v)
{
	static const u8 tos2prio[16] = { 0, 0, 0, 0, 2, 2, 2, 2, 6, 6, 6, 6, 4, 4, 4, 4 };
	u8 tos = (u8)v;

	if (sk->sk_type == SOCK_STREAM)
		tos = (u8)((tos & ~3u) | (inet_sk(sk)->tos & 3u)); /* the ECN bits are TCP's own */
	if (inet_sk(sk)->tos == tos)
		return 0;
	inet_sk(sk)->tos = tos;
	sk->sk_priority = tos2prio[(tos & 0x1e) >> 1];
	sk_dst_reset(sk);
	return 0;
}

static int set_transparent(struct sock *sk, int v)
{
	if (v && !capable(CAP_NET_RAW) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	inet_sk(sk)->transparent = v != 0;
	return 0;
}

static int set_unicast_if(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct net_device *dev;
	__be32 index;

	if (len != sizeof(int))
		return -EINVAL;
	if (copy_from_sockptr(&index, val, sizeof(index)))
		return -EFAULT;
	if (!index) {
		inet_sk(sk)->uc_index = 0;
		return 0;
	}
	rcu_read_lock();
	dev = dev_get_by_index(sk->sk_net, ntohl(index));
	rcu_read_unlock();
	if (!dev)
		return -EADDRNOTAVAIL;
	if (sk->sk_bound_dev_if && (u32)sk->sk_bound_dev_if != ntohl(index))
		return -EINVAL;
	inet_sk(sk)->uc_index = (int)ntohl(index);
	return 0;
}

/* A struct in_addr, ip_mreq or ip_mreqn, told apart by size. */
static int get_mreqn(sockptr_t val, unsigned int len, struct ip_mreqn *m, bool addr_alone)
{
	memset(m, 0, sizeof(*m));
	if (len >= sizeof(*m))
		return copy_from_sockptr(m, val, sizeof(*m)) ? -EFAULT : 0;
	if (len >= sizeof(struct ip_mreq))
		return copy_from_sockptr(m, val, sizeof(struct ip_mreq)) ? -EFAULT : 0;
	if (addr_alone && len >= sizeof(struct in_addr))
		return copy_from_sockptr(&m->imr_address, val, sizeof(struct in_addr)) ? -EFAULT : 0;
	return -EINVAL;
}

static int set_multicast_if(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct net_device *dev = NULL;
	struct in_ifaddr *ifa;
	struct ip_mreqn m;
	int err = sk->sk_type == SOCK_STREAM ? -EINVAL : get_mreqn(val, len, &m, true);

	if (err)
		return err;
	if (!m.imr_ifindex && !m.imr_address.s_addr) {
		inet_sk(sk)->mc_index = 0;
		inet_sk(sk)->mc_addr = 0;
		return 0;
	}
	rcu_read_lock();
	ifa = m.imr_ifindex ? NULL : inet_lookup_ifaddr_rcu(sk->sk_net, m.imr_address.s_addr);
	dev = m.imr_ifindex ? dev_get_by_index(sk->sk_net, (u32)m.imr_ifindex) : ifa ? ifa->in_dev->dev : NULL;
	if (dev) {
		inet_sk(sk)->mc_index = (int)dev->ifindex;
		inet_sk(sk)->mc_addr = m.imr_address.s_addr;
	}
	rcu_read_unlock();
	return dev ? 0 : -EADDRNOTAVAIL;
}

static int change_membership(struct sock *sk, int opt, sockptr_t val, unsigned int len)
{
	struct ip_mreqn m;
	int err = sk->sk_type == SOCK_STREAM ? -EPROTO : get_mreqn(val, len, &m, false);

	if (err)
		return err;
	return opt == IP_ADD_MEMBERSHIP ? ip_mc_join_group(sk, &m) : ip_mc_leave_group(sk, &m);
}

static int set_port_range(struct inet_sock *inet, int v)
{
	u16 lo = (u16)v, hi = (u16)((u32)v >> 16);

	if (lo && hi && lo > hi)
		return -EINVAL;
	inet->local_port_range.lo = lo;
	inet->local_port_range.hi = hi;
	return 0;
}

static int set_pmtudisc(struct sock *sk, int v)
{
	if (v < IP_PMTUDISC_DONT || v > IP_PMTUDISC_OMIT)
		return -EINVAL;
	inet_sk(sk)->pmtudisc = (u8)v;
	return 0;
}

static int set_recverr(struct sock *sk, int v)
{
	inet_sk(sk)->recverr = v != 0;
	if (!v)
		skb_queue_consume(&sk->sk_error_queue);
	return 0;
}

/* Options with an integer value. */
static int set_int(struct sock *sk, int opt, int v)
{
	struct inet_sock *inet = inet_sk(sk);
	u16 bit = cmsg_bit(opt);

	if (bit) {
		inet->cmsg_flags = v ? inet->cmsg_flags | bit : inet->cmsg_flags & (u16)~bit;
		return 0;
	}
	switch (opt) {
	case IP_TOS: return set_tos(sk, v);
	case IP_TTL:
		if (v != -1 && (v < 1 || v > 255))
			return -EINVAL;
		inet->uc_ttl = (s16)v;
		return 0;
	case IP_HDRINCL:
		if (sk->sk_type != SOCK_RAW)
			return -ENOPROTOOPT;
		inet->hdrincl = v != 0;
		return 0;
	case IP_MTU_DISCOVER: return set_pmtudisc(sk, v);
	case IP_RECVERR: return set_recverr(sk, v);
	case IP_MULTICAST_TTL:
		if (sk->sk_type == SOCK_STREAM || v < -1 || v > 255)
			return -EINVAL;
		inet->mc_ttl = v == -1 ? 1 : (u8)v;
		return 0;
	case IP_MULTICAST_LOOP: inet->mc_loop = v != 0; return 0;
	case IP_FREEBIND: inet->freebind = v != 0; return 0;
	case IP_TRANSPARENT: return set_transparent(sk, v);
	case IP_BIND_ADDRESS_NO_PORT: inet->bind_address_no_port = v != 0; return 0;
	case IP_MINTTL:
		if (v < 0 || v > 255)
			return -EINVAL;
		inet->min_ttl = (u8)v;
		return 0;
	case IP_LOCAL_PORT_RANGE: return set_port_range(inet, v);
	default: return -ENOPROTOOPT;
	}
}

static int set_locked(struct sock *sk, int opt, sockptr_t val, unsigned int len)
{
	int v, err;

	switch (opt) {
	case IP_OPTIONS: return set_options(sk, val, len);
	case IP_UNICAST_IF: return set_unicast_if(sk, val, len);
	case IP_MULTICAST_IF: return set_multicast_if(sk, val, len);
	case IP_ADD_MEMBERSHIP:
	case IP_DROP_MEMBERSHIP: return change_membership(sk, opt, val, len);
	default: break;
	}
	err = ip_opt_get_int(val, len, &v);
	return err ? err : set_int(sk, opt, v);
}

int ip_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len)
{
	int err;

	if (level != SOL_IP)
		return -ENOPROTOOPT;
	lock_sock(sk);
	err = set_locked(sk, opt, val, len);
	release_sock(sk);
	return err;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static int path_mtu(struct sock *sk, int *v)
{
	struct dst_entry *d;
	int err = -ENOTCONN;

	lock_sock(sk);
	d = sk->sk_dst_cache;
	if (d) {
		struct rtable *rt = (struct rtable *)d;

		if (!rt_is_valid(rt)) { /* what was learned since counts */
			struct flowi4 fl = { .oif = sk->sk_bound_dev_if,
					     .daddr = sk->sk_daddr,
					     .saddr = inet_sk(sk)->inet_saddr,
					     .proto = (u8)sk->sk_protocol };

			rt = ip_route_output_key(sk->sk_net, &fl);
			if (!IS_ERR(rt))
				sk_dst_set(sk, &rt->dst);
		}
		if (!IS_ERR(rt)) {
			*v = (int)dst_mtu(&rt->dst);
			err = 0;
		}
	}
	release_sock(sk);
	return err;
}

static int get_int(struct sock *sk, int opt, int *v)
{
	struct inet_sock *inet = inet_sk(sk);
	u16 bit = cmsg_bit(opt);

	if (bit) {
		*v = (inet->cmsg_flags & bit) != 0;
		return 0;
	}
	switch (opt) {
	case IP_TOS: *v = inet->tos; return 0;
	case IP_TTL: *v = inet->uc_ttl < 0 ? sk->sk_net->ipv4->sysctl.ip_default_ttl : inet->uc_ttl; return 0;
	case IP_HDRINCL: *v = inet->hdrincl; return 0;
	case IP_MTU_DISCOVER: *v = inet->pmtudisc; return 0;
	case IP_MTU: return path_mtu(sk, v);
	case IP_RECVERR: *v = inet->recverr; return 0;
	case IP_MULTICAST_TTL: *v = inet->mc_ttl; return 0;
	case IP_MULTICAST_LOOP: *v = inet->mc_loop; return 0;
	case IP_MULTICAST_IF: *v = (int)(__force u32)inet->mc_addr; return 0;
	case IP_UNICAST_IF: *v = (int)(__force u32)htonl((u32)inet->uc_index); return 0;
	case IP_FREEBIND: *v = inet->freebind; return 0;
	case IP_TRANSPARENT: *v = inet->transparent; return 0;
	case IP_BIND_ADDRESS_NO_PORT: *v = inet->bind_address_no_port; return 0;
	case IP_MINTTL: *v = inet->min_ttl; return 0;
	case IP_LOCAL_PORT_RANGE: *v = inet->local_port_range.hi << 16 | inet->local_port_range.lo; return 0;
	default: return -ENOPROTOOPT;
	}
}

static int get_options(struct sock *sk, char __user *val, int __user *ulen, int len)
{
	struct ip_options copy = { 0 };

	lock_sock(sk);
	if (inet_sk(sk)->inet_opt)
		copy = *inet_sk(sk)->inet_opt;
	release_sock(sk);
	len = min(len, (int)copy.optlen);
	return put_user(len, ulen) || (len && copy_to_user(val, copy.data, (size_t)len)) ? -EFAULT : 0;
}

int ip_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *ulen)
{
	int v = 0, len, err;

	if (level != SOL_IP)
		return -EOPNOTSUPP;
	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (opt == IP_OPTIONS)
		return get_options(sk, val, ulen, len);
	err = get_int(sk, opt, &v);
	if (err)
		return err;
	if (len < (int)sizeof(int) && len > 0 && v >= 0 && v <= 255) { /* a program that asks for one byte gets one */
		u8 b = (u8)v;

		len = 1;
		return put_user(len, ulen) || copy_to_user(val, &b, 1) ? -EFAULT : 0;
	}
	len = min(len, (int)sizeof(int));
	return put_user(len, ulen) || copy_to_user(val, &v, (size_t)len) ? -EFAULT : 0;
}
