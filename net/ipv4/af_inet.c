/* net/ipv4/af_inet.c - AF_INET sockets: how they are made, bound and named, and the start of the room
 *
 * What:   the protocol switch (which struct proto serves a type and protocol), bind, autobind, names, ioctl, the tables
 *         of operations; inet_init().
 * Called: net/socket/ through struct proto_ops, in process context.
 * Calls:  the transports through sk->sk_prot; devinet_ioctl.c, fib_frontend.c, arp.c for ioctls.
 * Locks:  lock_sock() where a socket's address changes.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/capability.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"
#include <linux/sockios.h>

static LIST_HEAD(protosw_list); /* filled at start only */
struct inet_stream_hooks inet_stream_hooks;

void inet_register_protosw(struct inet_protosw *p) { list_add_tail(&p->list, &protosw_list); }

/* The exact protocol first; a wild card entry takes what nobody else does; protocol 0 asks for the type's default. */
static const struct inet_protosw *find_protosw(int type, int protocol, int *err)
{
	struct inet_protosw *p;

	*err = -ESOCKTNOSUPPORT;
	list_for_each_entry(p, &protosw_list, list) {
		if (p->type != type)
			continue;
		if (protocol ? p->protocol == protocol || p->protocol == IPPROTO_IP : p->is_default)
			return p;
		*err = -EPROTONOSUPPORT;
	}
	return NULL;
}

static void inet_sock_destruct(struct sock *sk)
{
	if (sk->sk_prot->destroy && sk->sk_type != SOCK_STREAM)
		sk->sk_prot->destroy(sk);
	kfree(inet_sk(sk)->inet_opt);
}

static void put_rcu(struct rcu_head *h) { sock_put(container_of(h, struct sock, sk_rcu)); }
void sk_put_after_rcu(struct sock *sk) { call_rcu(&sk->sk_rcu, put_rcu); }

static void inet_sock_defaults(struct inet_sock *inet, int type, int protocol)
{
	inet->uc_ttl = -1;
	inet->mc_ttl = 1;
	inet->mc_loop = 1;
	inet->pmtudisc = inet->sk.sk_net->ipv4->sysctl.ip_no_pmtu_disc ? IP_PMTUDISC_DONT : IP_PMTUDISC_WANT;
	inet->inet_id = (u16)get_random_u32();
	inet->sk.sk_protocol = (u16)protocol;
	inet->sk.sk_family = AF_INET;
	inet->sk.sk_destruct = inet_sock_destruct;
	if (type != SOCK_RAW)
		return;
	inet->sk.sk_num = (u16)protocol;
	inet->hdrincl = protocol == IPPROTO_RAW;
	inet->inet_sport = htons((u16)protocol);
}

static int inet_create(struct net *net, struct socket *sock, int protocol, bool kern)
{
	const struct inet_protosw *p;
	struct sock *sk;
	int err;

	if (protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	p = find_protosw(sock->type, protocol, &err);
	if (!p)
		return err;
	if (p->needs_cap_net_raw && !kern && !capable(CAP_NET_RAW))
		return -EPERM;
	sk = sk_alloc(net, AF_INET, p->prot, GFP_KERNEL);
	if (!sk)
		return -ENOBUFS;
	sock->ops = p->ops;
	sock_init_data(sock, sk);
	inet_sock_defaults(inet_sk(sk), sock->type, protocol ? protocol : p->protocol);
	if (sk->sk_type == SOCK_RAW && sk->sk_num && p->prot->hash)
		err = p->prot->hash(sk);
	else
		err = 0;
	if (!err && p->prot->init)
		err = p->prot->init(sk);
	if (err) {
		sock->sk = NULL;
		sock_orphan(sk);
		if (p->prot->unhash)
			p->prot->unhash(sk);
		sock_put(sk);
	}
	return err;
}

/* --- life and names ----------------------------------------------------------------------------------------------- */

int inet_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	s64 timeout = 0;

	if (!sk)
		return 0;
	if (unlikely(inet_sk(sk)->mc_list)) { /* whoever could join was through before the last reference went */
		lock_sock(sk);
		ip_mc_drop_socket(sk);
		release_sock(sk);
	}
	if (sock_flag(sk, SOCK_LINGER))
		timeout = (s64)min(sk->sk_lingertime_ns, (u64)MAX_SCHEDULE_TIMEOUT);
	sock->sk = NULL;
	sk->sk_prot->close(sk, timeout);
	return 0;
}

void inet_get_local_port_range(const struct sock *sk, int *lo, int *hi)
{
	const struct ipv4_sysctl *s = &sk->sk_net->ipv4->sysctl;
	const struct inet_sock *inet = inet_sk(sk);

	*lo = READ_ONCE(s->ip_local_port_range[0]);
	*hi = READ_ONCE(s->ip_local_port_range[1]);
	if (inet->local_port_range.lo > *lo)
		*lo = inet->local_port_range.lo;
	if (inet->local_port_range.hi && inet->local_port_range.hi < *hi)
		*hi = inet->local_port_range.hi;
	if (*lo > *hi) {
		*lo = READ_ONCE(s->ip_local_port_range[0]);
		*hi = READ_ONCE(s->ip_local_port_range[1]);
	}
}

/* May this socket call itself addr? */
static int check_bind_addr(struct sock *sk, __be32 addr)
{
	struct net *net = sk->sk_net;
	u8 type = inet_addr_type(net, addr);

	if (!addr || type == RTN_LOCAL || type == RTN_MULTICAST || type == RTN_BROADCAST)
		return 0;
	if (inet_sk(sk)->freebind || inet_sk(sk)->transparent || net->ipv4->sysctl.ip_nonlocal_bind)
		return 0;
	return -EADDRNOTAVAIL;
}

static int bind_locked(struct sock *sk, const struct sockaddr_in *a)
{
	struct inet_sock *inet = inet_sk(sk);
	u16 snum = ntohs(a->sin_port);
	u8 type = inet_addr_type(sk->sk_net, a->sin_addr.s_addr);
	bool no_port_yet = !snum && sk->sk_prot->get_port && inet->bind_address_no_port;
	int err;

	if (sk->sk_state != TCP_CLOSE || inet->inet_sport)
		return -EINVAL;
	sk->sk_rcv_saddr = inet->inet_saddr = a->sin_addr.s_addr;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		inet->inet_saddr = 0; /* one hears there, but does not speak from there */
	if (sk->sk_prot->get_port && !no_port_yet) {
		err = sk->sk_prot->get_port(sk, snum);
		if (err) {
			sk->sk_rcv_saddr = inet->inet_saddr = 0;
			return err;
		}
	}
	if (sk->sk_rcv_saddr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	if (snum)
		sk->sk_userlocks |= SOCK_BINDPORT_LOCK;
	inet->inet_sport = htons(sk->sk_num);
	WRITE_ONCE(sk->sk_daddr, 0);
	WRITE_ONCE(sk->sk_dport, 0);
	sk_dst_reset(sk);
	return 0;
}

int inet_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	struct sockaddr_in *a = (struct sockaddr_in *)addr;
	struct sock *sk = sock->sk;
	u16 port;
	int err;

	if (sk->sk_prot->bind)
		return sk->sk_prot->bind(sk, addr, len);
	if (len < (int)sizeof(*a))
		return -EINVAL;
	if (a->sin_family != AF_INET && (a->sin_family != AF_UNSPEC || a->sin_addr.s_addr))
		return -EAFNOSUPPORT; /* AF_UNSPEC with INADDR_ANY is taken, as in Linux */
	err = check_bind_addr(sk, a->sin_addr.s_addr);
	port = ntohs(a->sin_port);
	if (!err && port && port < sk->sk_net->ipv4->sysctl.ip_unprivileged_port_start &&
	    !capable(CAP_NET_BIND_SERVICE))
		err = -EACCES;
	if (err)
		return err;
	lock_sock(sk);
	err = bind_locked(sk, a);
	release_sock(sk);
	return err;
}

int inet_autobind(struct sock *sk)
{
	int err = 0;

	lock_sock(sk);
	if (!sk->sk_num && sk->sk_prot->get_port) {
		err = sk->sk_prot->get_port(sk, 0);
		if (!err)
			inet_sk(sk)->inet_sport = htons(sk->sk_num);
		else
			err = -EAGAIN;
	}
	release_sock(sk);
	return err;
}

int inet_getname(struct socket *sock, struct sockaddr *addr, enum sock_name who)
{
	struct sockaddr_in *a = (struct sockaddr_in *)addr;
	struct sock *sk = sock->sk;

	memset(a, 0, sizeof(*a));
	a->sin_family = AF_INET;
	if (who != NAME_OWN) {
		if (!sk->sk_dport || (who == NAME_PEER && (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_SYN_SENT)))
			return -ENOTCONN;
		a->sin_port = sk->sk_dport;
		a->sin_addr.s_addr = sk->sk_daddr;
	} else {
		a->sin_port = inet_sk(sk)->inet_sport;
		a->sin_addr.s_addr = sk->sk_rcv_saddr ? sk->sk_rcv_saddr : inet_sk(sk)->inet_saddr;
	}
	return sizeof(*a);
}

/* --- data --------------------------------------------------------------------------------------------------------- */

static noinline ssize_t send_unbound(struct sock *sk, struct msghdr_kern *msg, size_t len)
{
	int err = sk->sk_type == SOCK_STREAM ? 0 : inet_autobind(sk);

	return err ? err : sk->sk_prot->sendmsg(sk, msg, len);
}

ssize_t inet_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	struct sock *sk = sock->sk;

	return likely(sk->sk_num) ? sk->sk_prot->sendmsg(sk, msg, len) : send_unbound(sk, msg, len);
}

ssize_t inet_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	return sock->sk->sk_prot->recvmsg(sock->sk, msg, len, flags);
}

/* --- ioctl -------------------------------------------------------------------------------------------------------- */

/* Addresses, routes, neighbours: of the net, whatever the socket. */
static int net_ioctl(struct net *net, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case SIOCADDRT:
	case SIOCDELRT: return fib_ioctl(net, cmd, p);
	case SIOCDARP:
	case SIOCGARP:
	case SIOCSARP: return arp_ioctl(net, cmd, p);
	case SIOCGIFADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFDSTADDR:
	case SIOCSIFADDR:
	case SIOCSIFBRDADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFDSTADDR: return devinet_ioctl(net, cmd, p);
	case SIOCSIFFLAGS: return inet_alias_ioctl(net, p);
	case SIOCGIFCONF: return inet_gifconf(net, p);
	default: return -ENOIOCTLCMD;
	}
}

int inet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	int err = net_ioctl(sk->sk_net, cmd, arg);

	if (err == -ENOIOCTLCMD && sk->sk_prot->ioctl)
		err = sk->sk_prot->ioctl(sk, (int)cmd, arg);
	return err;
}

/* --- tables ------------------------------------------------------------------------------------------------------- */

static int stream_listen(struct socket *sock, int backlog)
{
	return inet_stream_hooks.listen ? inet_stream_hooks.listen(sock, backlog) : -EOPNOTSUPP;
}

static __poll_t stream_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	return inet_stream_hooks.poll ? inet_stream_hooks.poll(f, sock, pt) : (__force __poll_t)POLLERR;
}

#define INET_COMMON_OPS                                                                                                \
	.family = AF_INET, .release = inet_release, .bind = inet_bind, .socketpair = sock_no_socketpair,              \
	.getname = inet_getname, .ioctl = inet_ioctl, .shutdown = inet_shutdown, .setsockopt = sock_common_setsockopt, \
	.getsockopt = sock_common_getsockopt, .sendmsg = inet_sendmsg, .recvmsg = inet_recvmsg, .mmap = sock_no_mmap

const struct proto_ops inet_stream_ops = {
	INET_COMMON_OPS,     .connect = inet_stream_connect, .accept = inet_accept, .listen = stream_listen,
	.poll = stream_poll,
};
const struct proto_ops inet_dgram_ops = {
	INET_COMMON_OPS,	  .connect = inet_dgram_connect, .accept = sock_no_accept,
	.listen = sock_no_listen, .poll = datagram_poll,
};
const struct proto_ops inet_sockraw_ops = {
	INET_COMMON_OPS,	  .connect = inet_dgram_connect, .accept = sock_no_accept,
	.listen = sock_no_listen, .poll = datagram_poll,
};
static const struct net_proto_family inet_family = { .family = AF_INET, .create = inet_create };

/* --- start -------------------------------------------------------------------------------------------------------- */

static int ipv4_net_init(struct net *net)
{
	struct netns_ipv4 *v4 = kvzalloc(sizeof(*v4), GFP_KERNEL);
	int err;

	if (!v4)
		return -ENOMEM;
	net->ipv4 = v4;
	spin_lock_init(&v4->icmp_lock);
	get_random_bytes(&v4->hash_key, sizeof(v4->hash_key));
	for (u32 i = 0; i < IP_ID_BUCKETS; i++)
		atomic_set(&v4->ip_id[i], (int)get_random_u32());
	ipv4_sysctl_init(net);
	err = ip_rt_init(net);
	if (err)
		goto no_routes; /* ip_rt_exit() takes a half made one */
	err = ip_frag_init(net);
	if (err)
		goto no_routes;
	err = ping_net_init(net);
	if (err)
		goto no_ping;
	err = arp_net_init(net);
	if (err)
		goto no_arp;
	devinet_net_init(net);
	return 0;
no_arp:
	ping_net_exit(net);
no_ping:
	ip_frag_exit(net);
no_routes:
	ip_rt_exit(net);
	kvfree(v4);
	net->ipv4 = NULL;
	return err;
}

static void ipv4_net_exit(struct net *net)
{
	devinet_net_exit(net);
	arp_net_exit(net);
	ping_net_exit(net);
	ip_frag_exit(net);
	ip_rt_exit(net);
	rcu_barrier();
	kvfree(net->ipv4);
	net->ipv4 = NULL;
}

static struct pernet_operations ipv4_net_ops = { .init = ipv4_net_init, .exit = ipv4_net_exit };

void inet_init(void)
{
	ip_rt_cache_init();
	register_pernet_subsys(&ipv4_net_ops);
	devinet_register();
	arp_register();
	ip_input_register();
	ip_offload_register();
	icmp_register();
	igmp_register();
	ip_reject_register();
	raw_register();
	ping_register();
	fib_proc_init();
	rtnl_addr_init();
	rtnl_route_init();
	if (init_net)
		ipv4_sysctl_register(init_net);
	inet_ioctl_hook = net_ioctl;
	BUG_ON(sock_register(&inet_family));
}
