/* net/udp/udp_output.c - a program sends a datagram
 *
 * What:   sendmsg to a given or the connected peer, in one call without the socket's lock, or piece by piece under it
 *         (UDP_CORK, MSG_MORE); the header and its checksum.
 * Called: net/socket/ in process context.
 * Calls:  route.c, ip_append.c, ip_output.c.
 * Locks:  the usual send takes none: what it reads of the socket is single words.
 * Absent: UDP_SEGMENT.
 */
#include "net/udp/internal.h"

/* One checksum for the whole datagram. The device fills it in when it goes out in one piece. */
static void fill_checksum(struct sk_buff *skb, struct udphdr *uh, __be32 saddr, __be32 daddr, u32 len)
{
	if (likely(dst_fits(skb->dst, skb->len))) {
		uh->check = (__force __sum16)~csum_tcpudp_magic(saddr, daddr, len, IPPROTO_UDP, 0);
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb->transport_header;
		skb->csum_offset = offsetof(struct udphdr, check);
		return;
	}
	uh->check = 0;
	uh->check = csum_fold(skb_checksum(skb, skb->transport_header - skb->network_header, len,
					   csum_tcpudp_nofold(saddr, daddr, len, IPPROTO_UDP, 0)));
	if (!uh->check)
		uh->check = (__force __sum16)0xffff; /* 0 on the wire means: no checksum (RFC 768) */
	skb->ip_summed = CHECKSUM_NONE;
}

/* skb has its IP header. Eats it. */
static int udp_send_skb(struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl)
{
	u32 len = skb->len - (skb->transport_header - skb->network_header);
	struct udphdr *uh = skb_transport_header(skb);
	struct net *net = sk->sk_net;
	int err;

	uh->source = inet_sk(sk)->inet_sport;
	uh->dest = fl->dport;
	uh->len = htons((u16)len);
	if (likely(!sk->sk_no_check_tx))
		fill_checksum(skb, uh, fl->saddr, fl->daddr, len);
	else
		uh->check = 0;
	err = ip_send_skb(net, skb);
	if (!err)
		NET_INC_STATS(net, UDP_OUTDATAGRAMS);
	else if (err == -ENOBUFS)
		NET_INC_STATS(net, UDP_SNDBUFERRORS);
	return err;
}

int udp_push_pending(struct sock *sk)
{
	struct flowi4 fl;

	if (!inet_sk(sk)->cork)
		return 0;
	fl = inet_sk(sk)->cork->fl;
	return udp_send_skb(sk, ip_cork_finish(sk), &fl);
}

/* The destination of this call. 0, or -errno. */
static int destination(const struct sock *sk, const struct msghdr_kern *msg, struct flowi4 *fl, bool *connected)
{
	const struct sockaddr_in *a = msg->msg_name;

	*connected = false;
	if (!a) {
		if (sk->sk_state != TCP_ESTABLISHED)
			return -EDESTADDRREQ;
		fl->daddr = sk->sk_daddr;
		fl->dport = sk->sk_dport;
		*connected = true;
		return 0;
	}
	if (msg->msg_namelen < (int)sizeof(*a))
		return -EINVAL;
	if (a->sin_family != AF_INET && a->sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	fl->daddr = a->sin_addr.s_addr;
	fl->dport = a->sin_port;
	return fl->dport ? 0 : -EINVAL;
}

/* Groups leave by the interface and address chosen for them (IP_MULTICAST_IF), others by IP_UNICAST_IF. */
static void choose_interface(const struct inet_sock *inet, struct flowi4 *fl)
{
	if (ipv4_is_multicast(fl->daddr)) {
		if (!fl->oif)
			fl->oif = inet->mc_index;
		if (!fl->saddr)
			fl->saddr = inet->mc_addr;
	} else if (!fl->oif) {
		fl->oif = inet->uc_index;
	}
}

static struct rtable *connected_route(struct sock *sk)
{
	struct rtable *rt = (struct rtable *)rcu_dereference(sk->sk_dst_cache);

	return rt && rt_is_valid(rt) && dst_hold_safe(&rt->dst) ? rt : NULL;
}

/* Asks the tables, for which the question is completed. Referenced, or ERR_PTR. */
static noinline struct rtable *look_up_route(struct sock *sk, struct flowi4 *fl, const struct ipcm_cookie *ipc)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct rtable *rt;

	fl->oif = ipc->oif;
	fl->tos = (ipc->tos >= 0 ? (u8)ipc->tos : inet->tos) & IPTOS_RT_MASK;
	fl->mark = sk->sk_mark;
	fl->sport = inet->inet_sport;
	fl->flags = inet_sk_flowi_flags(sk) ? FLOWI_FLAG_ANYSRC : 0;
	choose_interface(inet, fl);
	rt = ip_route_output_key(sk->sk_net, fl);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			NET_INC_STATS(sk->sk_net, IP_OUTNOROUTES);
		return rt;
	}
	if (rt->rt_type == RTN_BROADCAST && !sock_flag(sk, SOCK_BROADCAST)) {
		dst_release(&rt->dst);
		return ERR_PTR(-EACCES);
	}
	return rt;
}

/* Referenced, or ERR_PTR. RCU lets several threads renew the socket's route at once. */
static struct rtable *find_route(struct sock *sk, struct flowi4 *fl, const struct ipcm_cookie *ipc, bool connected)
{
	struct rtable *rt;

	if (connected) {
		rcu_read_lock();
		rt = connected_route(sk);
		rcu_read_unlock();
		if (likely(rt)) {
			fl->saddr = inet_sk(sk)->inet_saddr;
			return rt;
		}
	}
	rt = look_up_route(sk, fl, ipc);
	if (connected && !IS_ERR(rt)) {
		dst_hold(&rt->dst);
		dst_release(__atomic_exchange_n(&sk->sk_dst_cache, &rt->dst, __ATOMIC_ACQ_REL));
	}
	return rt;
}

/* Adds to (or begins) the datagram under construction, and sends it unless more follows. */
static int send_corked(struct sock *sk, struct msghdr_kern *msg, size_t len, struct flowi4 *fl, struct ipcm_cookie *ipc,
		       struct rtable *rt, bool more)
{
	int err = 0;

	lock_sock(sk);
	if (!inet_sk(sk)->cork)
		err = rt ? ip_cork_start(sk, fl, ipc, rt, sizeof(struct udphdr)) : -EINVAL;
	if (!err)
		err = ip_cork_append(sk, &msg->msg_iter, len);
	if (!err && !more)
		err = udp_push_pending(sk);
	release_sock(sk);
	return err;
}

static int control_data(struct sock *sk, struct msghdr_kern *msg, struct ipcm_cookie *ipc, struct flowi4 *fl,
			bool *connected)
{
	int err;

	err = sock_tsflags_of(sk, msg, &ipc->tsflags);
	if (!err)
		err = ip_cmsg_send(sk, msg, ipc);
	fl->saddr = ipc->addr ? ipc->addr : fl->saddr;
	*connected = false;
	return err;
}

ssize_t udp_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len)
{
	struct inet_sock *inet = inet_sk(sk);
	bool more = (udp_sk(sk)->corkflag | (msg->msg_flags & MSG_MORE)) != 0, connected;
	struct flowi4 fl = { .saddr = inet->inet_saddr, .proto = IPPROTO_UDP };
	struct ipcm_cookie ipc = { .addr = 0, .oif = sk->sk_bound_dev_if, .ttl = 0, .tos = -1, .mark = sk->sk_mark,
				   .priority = sk->sk_priority, .opt = inet->inet_opt,
				   .tsflags = READ_ONCE(sk->sk_tsflags) }; /* all of it: stores, no memset */
	struct sk_buff *skb;
	struct rtable *rt;
	int err;

	if (unlikely(len > 0xffff))
		return -EMSGSIZE;
	if (unlikely(msg->msg_flags & MSG_OOB))
		return -EOPNOTSUPP;
	if (unlikely(READ_ONCE(inet->cork))) {
		err = send_corked(sk, msg, len, NULL, NULL, NULL, more);
		return err ? err : (ssize_t)len;
	}
	err = destination(sk, msg, &fl, &connected);
	if (!err && unlikely(msg->msg_controllen))
		err = control_data(sk, msg, &ipc, &fl, &connected);
	if (unlikely(err))
		return err;
	ipc.addr = fl.daddr;
	if (unlikely(ipc.opt && ipc.opt->srr))
		fl.daddr = ipc.opt->faddr;
	rt = find_route(sk, &fl, &ipc, connected && !ipc.opt);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (unlikely(msg->msg_flags & MSG_CONFIRM) && rt->dst.neigh)
		neigh_confirm(rt->dst.neigh, ktime_get_ns());
	if (unlikely(more)) {
		err = send_corked(sk, msg, len, &fl, &ipc, rt, true);
		dst_release(&rt->dst);
	} else {
		skb = ip_make_skb(sk, &fl, &msg->msg_iter, len, sizeof(struct udphdr), &ipc, rt, msg->msg_flags);
		err = IS_ERR(skb) ? (int)PTR_ERR(skb) : udp_send_skb(sk, skb, &fl);
	}
	return unlikely(err) ? err : (ssize_t)len;
}
