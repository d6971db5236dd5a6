/* net/ipv4/raw.c - raw sockets: packets of one IP protocol as they came, and as a program makes them (RFC 1122 4)
 *
 * What:   SOCK_RAW of AF_INET. Each socket gets a copy of the packets of its protocol, IP header included; what it
 *         sends gets a header, or brings one (IP_HDRINCL, IPPROTO_RAW).
 * Called: ip_input.c in softirq; af_inet.c in process context.
 * Locks:  raw_lock for the hash by protocol, RCU for delivery.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/ipv4/internal.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

struct raw_sock { struct inet_sock inet; struct icmp_filter filter; };
static struct raw_sock *raw_sk(const struct sock *sk) { return (struct raw_sock *)sk; }

static int raw_hash(struct sock *sk)
{
	struct netns_raw *r = sk->sk_net->raw;

	spin_lock_bh(&r->lock);
	hlist_add_head_rcu(&sk->sk_node, &r->hash[sk->sk_num & 255]);
	spin_unlock_bh(&r->lock);
	return 0;
}

static void raw_unhash(struct sock *sk)
{
	struct netns_raw *r = sk->sk_net->raw;

	spin_lock_bh(&r->lock);
	if (!hlist_unhashed(&sk->sk_node))
		hlist_del_rcu(&sk->sk_node);
	spin_unlock_bh(&r->lock);
}

static bool raw_match(const struct sock *sk, u8 protocol, __be32 remote, __be32 local, int dif)
{
	return sk->sk_num == protocol && (!sk->sk_daddr || sk->sk_daddr == remote) &&
	       (!sk->sk_rcv_saddr || sk->sk_rcv_saddr == local) && (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif);
}

/* ICMP_FILTER: a bit set for each type that the program does not want. */
static bool filtered(const struct sock *sk, const struct sk_buff *skb)
{
	u8 buf, *type;

	if (sk->sk_num != IPPROTO_ICMP || !raw_sk(sk)->filter.data)
		return false;
	type = skb_header_pointer(skb, 0, 1, &buf);
	return !type || (*type < 32 && raw_sk(sk)->filter.data >> *type & 1);
}

static void raw_deliver_one(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff *copy = skb_clone(skb, GFP_ATOMIC);
	enum skb_drop_reason reason;

	if (!copy) {
		atomic_inc(&sk->sk_drops);
		return;
	}
	skb_dst_drop(copy);
	skb_push(copy, copy->transport_header - copy->network_header);
	if (sock_queue_rcv_skb_reason(sk, copy, &reason))
		kfree_skb_reason(copy, reason);
}

/* skb->data is the transport header; skb stays the caller's. */
bool raw_deliver(struct sk_buff *skb, u8 protocol)
{
	struct hlist_head *h = &skb->dev->net->raw->hash[protocol];
	const struct iphdr *iph = ip_hdr(skb);
	bool any = false;
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, h, sk_node) {
		if (!raw_match(sk, protocol, iph->saddr, iph->daddr, IPCB(skb)->iif))
			continue;
		any = true;
		if (!filtered(sk, skb) &&
		    (!ipv4_is_multicast(iph->daddr) || ip_mc_sf_allow(sk, iph->daddr, IPCB(skb)->iif)))
			raw_deliver_one(sk, skb);
	}
	return any;
}

static int raw_errno(const struct icmphdr *icmp, const struct sock *sk, bool *hard)
{
	*hard = icmp->type == ICMP_PARAMETERPROB;
	if (icmp->type == ICMP_PARAMETERPROB)
		return EPROTO;
	if (icmp->type != ICMP_DEST_UNREACH || icmp->code >= ARRAY_SIZE(icmp_err_convert))
		return EHOSTUNREACH;
	*hard = icmp_err_convert[icmp->code].fatal;
	if (icmp->code == ICMP_FRAG_NEEDED) {
		*hard = inet_sk(sk)->pmtudisc != IP_PMTUDISC_DONT;
		return EMSGSIZE;
	}
	return icmp_err_convert[icmp->code].errno_;
}

/* skb->data is the quoted IP header. */
void raw_icmp_error(struct sk_buff *skb, u8 protocol, u32 info)
{
	struct net *net = skb->dev->net;
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *icmp = skb_transport_header(skb);
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, &net->raw->hash[protocol], sk_node) {
		bool hard;
		int err;

		if (!raw_match(sk, protocol, iph->daddr, iph->saddr, (int)skb->dev->ifindex) ||
		    icmp->type == ICMP_SOURCE_QUENCH)
			continue;
		if (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED)
			ipv4_update_pmtu(net, iph->daddr, info, 0);
		err = raw_errno(icmp, sk, &hard);
		if (inet_sk(sk)->recverr)
			ip_icmp_error(sk, skb, err, 0, info, skb->data + (inet_sk(sk)->hdrincl ? 0 : iph->ihl * 4));
		if (inet_sk(sk)->recverr || hard) {
			WRITE_ONCE(sk->sk_err, err);
			sk->sk_error_report(sk);
		}
	}
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

/* The program's own header: version, length and checksum are ours to fill, id and source when they are 0. */
static int finish_own_header(struct net *net, struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl)
{
	struct iphdr *iph = (struct iphdr *)skb->data;

	if (!pskb_may_pull(skb, sizeof(*iph)) || !pskb_may_pull(skb, ((struct iphdr *)skb->data)->ihl * 4u))
		return -EINVAL;
	iph = (struct iphdr *)skb->data;
	if (iph->ihl < 5)
		return -EINVAL;
	skb_reset_network_header(skb);
	skb->transport_header = (u16)(skb->network_header + iph->ihl * 4u);
	if (!iph->saddr)
		iph->saddr = fl->saddr;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	if (!iph->id)
		ip_select_ident(net, skb, NULL);
	return 0;
}

static int send_own_header(struct sock *sk, struct msghdr_kern *msg, size_t len, const struct flowi4 *fl,
			   struct rtable *rt)
{
	u32 room = ALIGN_UP(rt->dst.dev->hard_header_len + 16u, 16u);
	struct sk_buff *skb;
	int err;

	if (len > rt->dst.dev->mtu) {
		ip_local_error(sk, EMSGSIZE, fl->daddr, 0, rt->dst.dev->mtu);
		return -EMSGSIZE;
	}
	if (len < sizeof(struct iphdr))
		return -EINVAL;
	skb = sock_alloc_send_skb(sk, room + len, msg->msg_flags & MSG_DONTWAIT, &err);
	if (!skb)
		return err;
	skb_reserve(skb, room);
	err = copy_from_iter_full(skb_put(skb, (u32)len), len, &msg->msg_iter) ? 0 : -EFAULT;
	if (!err)
		err = finish_own_header(sk->sk_net, sk, skb, fl);
	if (err) {
		consume_skb(skb);
		return err;
	}
	skb->priority = sk->sk_priority;
	skb->mark = sk->sk_mark;
	dst_hold(&rt->dst);
	skb_dst_set(skb, &rt->dst);
	return ip_send_skb(sk->sk_net, skb);
}

static int send_payload(struct sock *sk, struct msghdr_kern *msg, size_t len, struct flowi4 *fl, struct rtable *rt,
			struct ipcm_cookie *ipc)
{
	struct sk_buff *skb;

	dst_hold(&rt->dst);
	skb = ip_make_skb(sk, fl, &msg->msg_iter, len, 0, ipc, rt, msg->msg_flags);
	if (IS_ERR(skb))
		return (int)PTR_ERR(skb);
	if (sk->sk_num == IPPROTO_ICMP && skb_headlen(skb) > skb->transport_header - skb->network_header)
		icmp_out_count(sk->sk_net, *(u8 *)skb_transport_header(skb));
	return ip_send_skb(sk->sk_net, skb);
}

static int raw_destination(struct sock *sk, const struct msghdr_kern *msg, __be32 *daddr)
{
	const struct sockaddr_in *a = msg->msg_name;

	if (!a) {
		*daddr = sk->sk_daddr;
		return sk->sk_state == TCP_ESTABLISHED ? 0 : -EDESTADDRREQ;
	}
	if (msg->msg_namelen < (int)sizeof(*a))
		return -EINVAL;
	if (a->sin_family != AF_INET && a->sin_family != AF_UNSPEC)
		return -EAFNOSUPPORT;
	*daddr = a->sin_addr.s_addr;
	return 0;
}

static ssize_t raw_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ipcm_cookie ipc = { .oif = sk->sk_bound_dev_if,
				   .tos = -1,
				   .mark = sk->sk_mark,
				   .priority = sk->sk_priority,
				   .opt = inet->hdrincl ? NULL : inet->inet_opt,
				   .tsflags = sk->sk_tsflags };
	struct flowi4 fl = { .saddr = inet->inet_saddr, .proto = inet->hdrincl ? IPPROTO_RAW : (u8)sk->sk_num,
			     .tos = inet->tos & IPTOS_RT_MASK, .mark = sk->sk_mark,
			     .flags = inet_sk_flowi_flags(sk) ? FLOWI_FLAG_ANYSRC : 0 };
	struct rtable *rt;
	int err;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = raw_destination(sk, msg, &fl.daddr);
	if (!err && msg->msg_controllen)
		err = ip_cmsg_send(sk, msg, &ipc);
	if (err)
		return err;
	fl.saddr = ipc.addr ? ipc.addr : fl.saddr;
	ipc.addr = fl.daddr;
	fl.oif = ipc.oif;
	if (ipv4_is_multicast(fl.daddr)) {
		fl.oif = fl.oif ? fl.oif : inet->mc_index;
		fl.saddr = fl.saddr ? fl.saddr : inet->mc_addr;
	} else if (!fl.oif) {
		fl.oif = inet->uc_index;
	}
	if (ipc.opt && ipc.opt->srr)
		fl.daddr = ipc.opt->faddr;
	rt = ip_route_output_key(sk->sk_net, &fl);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_type == RTN_BROADCAST && !sock_flag(sk, SOCK_BROADCAST))
		err = -EACCES;
	else if (inet->hdrincl)
		err = send_own_header(sk, msg, len, &fl, rt);
	else
		err = send_payload(sk, msg, len, &fl, rt, &ipc);
	dst_release(&rt->dst);
	return err ? err : (ssize_t)len;
}

/* Also of ping sockets. */
ssize_t raw_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags)
{
	struct sk_buff *skb;
	ssize_t ret;
	int err, off;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return ip_recv_error(sk, msg, (int)min(len, (size_t)INT_MAX));
	skb = skb_recv_datagram(sk, (unsigned int)flags, &off, &err);
	if (!skb)
		return err;
	ret = skb_copy_datagram_msg(skb, msg, len, flags);
	if (ret >= 0) {
		if (msg->msg_name) {
			*(struct sockaddr_in *)msg->msg_name = (struct sockaddr_in){
				.sin_family = AF_INET, .sin_addr.s_addr = ip_hdr(skb)->saddr };
			msg->msg_namelen = sizeof(struct sockaddr_in);
		}
		sock_recv_cmsgs(msg, sk, skb);
		if (inet_sk(sk)->cmsg_flags)
			ip_cmsg_recv(msg, skb, 0);
	}
	skb_free_datagram(sk, skb);
	return ret;
}

/* --- the socket --------------------------------------------------------------------------------------------------- */

static int raw_bind(struct sock *sk, struct sockaddr *addr, int len)
{
	struct sockaddr_in *a = (struct sockaddr_in *)addr;
	u8 type;

	if (len < (int)sizeof(*a) || sk->sk_state != TCP_CLOSE)
		return -EINVAL;
	type = inet_addr_type(sk->sk_net, a->sin_addr.s_addr);
	if (a->sin_addr.s_addr && type != RTN_LOCAL && type != RTN_MULTICAST && type != RTN_BROADCAST &&
	    !inet_sk(sk)->freebind && !inet_sk(sk)->transparent && !sk->sk_net->ipv4->sysctl.ip_nonlocal_bind)
		return -EADDRNOTAVAIL;
	lock_sock(sk);
	sk->sk_rcv_saddr = inet_sk(sk)->inet_saddr = a->sin_addr.s_addr;
	if (type == RTN_MULTICAST || type == RTN_BROADCAST)
		inet_sk(sk)->inet_saddr = 0;
	if (a->sin_addr.s_addr)
		sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	sk_dst_reset(sk);
	release_sock(sk);
	return 0;
}

static void set_addresses(struct sock *sk, __be32 local, __be32 peer, __be16 peer_port)
{
	if (sk->sk_prot->rehash)
		sk->sk_prot->rehash(sk, local, peer, peer_port);
	else
		ip4_datagram_store(sk, local, peer, peer_port);
}

/* [S] Also of UDP and ping sockets. */
int ip4_datagram_connect(struct sock *sk, struct sockaddr *addr, int len)
{
	struct sockaddr_in *a = (struct sockaddr_in *)addr;
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl = { .oif = sk->sk_bound_dev_if, .saddr = inet->inet_saddr, .proto = (u8)sk->sk_protocol,
			     .tos = inet->tos & IPTOS_RT_MASK, .mark = sk->sk_mark, .sport = inet->inet_sport,
			     .flags = inet_sk_flowi_flags(sk) ? FLOWI_FLAG_ANYSRC : 0 };
	struct rtable *rt;

	if (len < (int)sizeof(*a))
		return -EINVAL;
	if (a->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	sk_dst_reset(sk);
	fl.daddr = a->sin_addr.s_addr;
	fl.dport = a->sin_port;
	if (ipv4_is_multicast(fl.daddr)) {
		fl.oif = fl.oif ? fl.oif : inet->mc_index;
		fl.saddr = fl.saddr ? fl.saddr : inet->mc_addr;
	} else if (!fl.oif) {
		fl.oif = inet->uc_index;
	}
	rt = ip_route_output_key(sk->sk_net, &fl);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			NET_INC_STATS(sk->sk_net, IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	if (rt->rt_type == RTN_BROADCAST && !sock_flag(sk, SOCK_BROADCAST)) {
		dst_release(&rt->dst);
		return -EACCES;
	}
	if (!inet->inet_saddr)
		inet->inet_saddr = fl.saddr;
	set_addresses(sk, sk->sk_rcv_saddr ? sk->sk_rcv_saddr : fl.saddr, fl.daddr, a->sin_port);
	WRITE_ONCE(sk->sk_state, TCP_ESTABLISHED);
	sk_dst_set(sk, &rt->dst);
	return 0;
}

/* [S] */
int ip4_datagram_disconnect(struct sock *sk, int flags)
{
	WRITE_ONCE(sk->sk_state, TCP_CLOSE);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK))
		inet_sk(sk)->inet_saddr = 0;
	set_addresses(sk, sk->sk_userlocks & SOCK_BINDADDR_LOCK ? sk->sk_rcv_saddr : 0, 0, 0);
	sk_dst_reset(sk);
	return 0;
}

static void raw_close(struct sock *sk, s64 timeout)
{
	raw_unhash(sk);
	sock_orphan(sk);
	sk_put_after_rcu(sk);
}

static int raw_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len)
{
	if (level != SOL_RAW)
		return ip_setsockopt(sk, level, opt, val, len);
	if (opt != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	return copy_from_sockptr(&raw_sk(sk)->filter, val, min((size_t)len, sizeof(struct icmp_filter))) ? -EFAULT : 0;
}

static int raw_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *ulen)
{
	int len;

	if (level != SOL_RAW)
		return ip_getsockopt(sk, level, opt, val, ulen);
	if (opt != ICMP_FILTER)
		return -ENOPROTOOPT;
	if (sk->sk_num != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, (int)sizeof(struct icmp_filter));
	return put_user(len, ulen) || copy_to_user(val, &raw_sk(sk)->filter, (size_t)len) ? -EFAULT : 0;
}

int ip4_datagram_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int __user *p = (int __user *)arg;
	struct sk_buff *skb;
	int n;

	switch (cmd) {
	case SIOCOUTQ: return put_user(sk_wmem_alloc_get(sk), p);
	case SIOCINQ:
		spin_lock_bh(&sk->sk_receive_queue.lock);
		skb = skb_peek(&sk->sk_receive_queue);
		n = skb ? (int)skb->len : 0;
		spin_unlock_bh(&sk->sk_receive_queue.lock);
		return put_user(n, p);
	default: return -ENOIOCTLCMD;
	}
}

int ip4_no_backlog(struct sock *sk, struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return 0;
}

struct proto raw_prot = {
	.name = "RAW", .obj_size = sizeof(struct raw_sock), .close = raw_close, .connect = ip4_datagram_connect,
	.disconnect = ip4_datagram_disconnect, .ioctl = ip4_datagram_ioctl, .setsockopt = raw_setsockopt,
	.getsockopt = raw_getsockopt, .sendmsg = raw_sendmsg, .recvmsg = raw_recvmsg, .bind = raw_bind,
	.backlog_rcv = ip4_no_backlog, .hash = raw_hash, .unhash = raw_unhash,
};

static int raw_show(struct seq_file *m, void *data)
{
	struct netns_raw *r = m->net->raw;
	struct sock *sk;

	seq_puts(m,
		 "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref "
		 "pointer drops\n");
	for (u32 i = 0; i < 256; i++) {
		spin_lock_bh(&r->lock);
		hlist_for_each_entry(sk, &r->hash[i], sk_node)
			seq_printf(m, "%4u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08X %08X %5u %8d %llu %d %px %u\n",
				   i, (__force u32)sk->sk_rcv_saddr, sk->sk_num, (__force u32)sk->sk_daddr, 0,
				   sk->sk_state, (u32)sk_wmem_alloc_get(sk), (u32)sk_rmem_alloc_get(sk), 0, 0, 0,
				   sk->sk_uid, 0, (unsigned long long)sock_i_ino(sk), refcount_read(&sk->sk_refcnt),
				   (void *)0, (u32)atomic_read(&sk->sk_drops));
		spin_unlock_bh(&r->lock);
	}
	return 0;
}

static int raw_net_init(struct net *net)
{
	net->raw = kzalloc(sizeof(*net->raw), GFP_KERNEL);
	if (!net->raw)
		return -ENOMEM;
	spin_lock_init(&net->raw->lock);
	return 0;
}

static void raw_net_exit(struct net *net)
{
	kfree(net->raw);
	net->raw = NULL;
}

static void raw_sockstat(struct seq_file *m, struct net *net)
{
	seq_printf(m, "RAW: inuse %d\nFRAG: inuse %u memory %u\n", sock_prot_inuse(net, &raw_prot),
		   ip_frag_nqueues(net), ip_frag_mem(net));
}

static struct pernet_operations raw_net_ops = { .init = raw_net_init, .exit = raw_net_exit };
static struct inet_protosw raw_protosw = {
	.type = SOCK_RAW, .protocol = IPPROTO_IP, .prot = &raw_prot, .ops = &inet_sockraw_ops, .needs_cap_net_raw = true
};

void raw_register(void)
{
	register_pernet_subsys(&raw_net_ops);
	BUG_ON(proto_register(&raw_prot));
	inet_register_protosw(&raw_protosw);
	proc_create_single("net/raw", 0444, raw_show, NULL);
	sockstat_register(SOCKSTAT_RAW, raw_sockstat);
}
