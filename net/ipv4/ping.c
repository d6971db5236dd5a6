/* net/ipv4/ping.c - ping sockets: SOCK_DGRAM with IPPROTO_ICMP, echo without privilege
 *
 * What:   a socket owns an echo identifier as others own a port; what it sends must be an echo request, what it gets
 *         are the replies with its identifier.
 * Called: icmp.c in softirq; af_inet.c in process context.
 * Locks:  ping_lock of the net for the hash, RCU for delivery.
 */
#include "kernel/process/capability.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"

#define PING_HASH 64
struct netns_ping { spinlock_t lock; struct hlist_head hash[PING_HASH]; };

static struct hlist_head *chain(struct net *net, u16 ident) { return &net->ipv4->ping->hash[ident % PING_HASH]; }

/* net.ipv4.ping_group_range: "1 0", the default, allows nobody. */
static int ping_init_sock(struct sock *sk)
{
	const int *r = sk->sk_net->ipv4->sysctl.ping_group_range;

	return r[0] <= r[1] && current_in_group_range((u32)r[0], (u32)r[1]) ? 0 : -EACCES;
}

static struct sock *lookup(struct net *net, u16 ident, __be32 remote, __be32 local, int dif)
{
	struct sock *sk;

	hlist_for_each_entry_rcu(sk, chain(net, ident), sk_node) {
		if (sk->sk_num != ident || (sk->sk_rcv_saddr && sk->sk_rcv_saddr != local))
			continue;
		if (sk->sk_daddr && sk->sk_daddr != remote)
			continue;
		if (!sk->sk_bound_dev_if || sk->sk_bound_dev_if == dif)
			return sk;
	}
	return NULL;
}

static bool taken(const struct sock *sk, u16 ident)
{
	struct sock *o;

	hlist_for_each_entry(o, chain(sk->sk_net, ident), sk_node)
		if (o != sk && o->sk_num == ident &&
		    (!o->sk_rcv_saddr || !sk->sk_rcv_saddr || o->sk_rcv_saddr == sk->sk_rcv_saddr) &&
		    !(o->sk_reuse && sk->sk_reuse))
			return true;
	return false;
}

static int ping_get_port(struct sock *sk, u16 ident)
{
	struct netns_ping *p = sk->sk_net->ipv4->ping;
	u32 start = get_random_u32();
	int err = 0;

	spin_lock_bh(&p->lock);
	for (u32 i = 0; !ident && i < 0xffff; i++) {
		u16 try = (u16)(start + i);

		ident = try && !taken(sk, try) ? try : 0;
	}
	if (!ident || taken(sk, ident)) {
		err = -EADDRINUSE;
	} else {
		sk->sk_num = ident;
		inet_sk(sk)->inet_sport = htons(ident);
		if (hlist_unhashed(&sk->sk_node))
			hlist_add_head_rcu(&sk->sk_node, chain(sk->sk_net, ident));
	}
	spin_unlock_bh(&p->lock);
	return err;
}

static void ping_unhash(struct sock *sk)
{
	struct netns_ping *p = sk->sk_net->ipv4->ping;

	spin_lock_bh(&p->lock);
	if (!hlist_unhashed(&sk->sk_node))
		hlist_del_rcu(&sk->sk_node);
	spin_unlock_bh(&p->lock);
}

/* An echo reply: true when a socket has it (skb was eaten). */
bool ping_rcv(struct sk_buff *skb)
{
	const struct icmphdr *h = (const struct icmphdr *)skb->data;
	const struct iphdr *iph = ip_hdr(skb);
	struct sock *sk = lookup(skb->dev->net, ntohs(h->un.echo.id), iph->saddr, iph->daddr, IPCB(skb)->iif);
	enum skb_drop_reason reason;

	if (!sk)
		return false;
	skb_dst_drop(skb);
	if (sock_queue_rcv_skb_reason(sk, skb, &reason))
		kfree_skb_reason(skb, reason);
	return true;
}

/* An error about an echo request of ours. skb->data is the quoted IP header. */
void ping_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	const struct icmphdr *inner = (const struct icmphdr *)(skb->data + iph->ihl * 4);
	const struct icmphdr *icmp = skb_transport_header(skb);
	bool hard = false;
	struct sock *sk;
	int err = EHOSTUNREACH;

	if (inner->type != ICMP_ECHO)
		return;
	sk = lookup(skb->dev->net, ntohs(inner->un.echo.id), iph->daddr, iph->saddr, (int)skb->dev->ifindex);
	if (!sk || icmp->type == ICMP_SOURCE_QUENCH)
		return;
	if (icmp->type == ICMP_PARAMETERPROB)
		err = EPROTO;
	if (icmp->type == ICMP_DEST_UNREACH && icmp->code < ARRAY_SIZE(icmp_err_convert)) {
		err = icmp_err_convert[icmp->code].errno_;
		hard = icmp_err_convert[icmp->code].fatal;
		if (icmp->code == ICMP_FRAG_NEEDED)
			ipv4_update_pmtu(skb->dev->net, iph->daddr, info, 0);
	}
	if (inet_sk(sk)->recverr)
		ip_icmp_error(sk, skb, err, 0, info, (u8 *)inner);
	else if (!hard || sk->sk_state != TCP_ESTABLISHED)
		return;
	WRITE_ONCE(sk->sk_err, err);
	sk->sk_error_report(sk);
}

static int send_echo(struct sock *sk, struct msghdr_kern *msg, size_t len, struct flowi4 *fl, struct ipcm_cookie *ipc,
		     struct rtable *rt)
{
	struct sk_buff *skb;
	u32 hlen;

	dst_hold(&rt->dst);
	skb = ip_make_skb(sk, fl, &msg->msg_iter, len, 0, ipc, rt, msg->msg_flags);
	if (IS_ERR(skb))
		return (int)PTR_ERR(skb);
	hlen = skb->transport_header - skb->network_header;
	if (pskb_may_pull(skb, hlen + sizeof(struct icmphdr))) {
		struct icmphdr *h = skb_transport_header(skb);

		if (h->type == ICMP_ECHO && !h->code) {
			h->un.echo.id = inet_sk(sk)->inet_sport;
			h->checksum = 0;
			h->checksum = csum_fold(skb_checksum(skb, hlen, skb->len - hlen, 0));
			icmp_out_count(sk->sk_net, ICMP_ECHO);
			return ip_send_skb(sk->sk_net, skb);
		}
	}
	consume_skb(skb);
	return -EINVAL;
}

static ssize_t ping_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len)
{
	const struct sockaddr_in *a = msg->msg_name;
	struct inet_sock *inet = inet_sk(sk);
	struct ipcm_cookie ipc = { .oif = sk->sk_bound_dev_if,
				   .tos = -1,
				   .mark = sk->sk_mark,
				   .priority = sk->sk_priority,
				   .opt = inet->inet_opt,
				   .tsflags = sk->sk_tsflags };
	struct flowi4 fl = { .saddr = inet->inet_saddr, .proto = IPPROTO_ICMP, .tos = inet->tos & IPTOS_RT_MASK,
			     .mark = sk->sk_mark, .daddr = sk->sk_daddr };
	struct rtable *rt;
	int err;

	if (len > 0xffff)
		return -EMSGSIZE;
	if (len < sizeof(struct icmphdr))
		return -EINVAL;
	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!a && sk->sk_state != TCP_ESTABLISHED)
		return -EDESTADDRREQ;
	if (a && msg->msg_namelen < (int)sizeof(*a))
		return -EINVAL;
	if (a && a->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	if (a)
		fl.daddr = a->sin_addr.s_addr;
	err = msg->msg_controllen ? ip_cmsg_send(sk, msg, &ipc) : 0;
	if (err)
		return err;
	fl.saddr = ipc.addr ? ipc.addr : fl.saddr;
	fl.oif = ipc.oif ? ipc.oif : ipv4_is_multicast(fl.daddr) ? inet->mc_index : inet->uc_index;
	ipc.addr = fl.daddr;
	if (ipc.opt && ipc.opt->srr)
		fl.daddr = ipc.opt->faddr;
	rt = ip_route_output_key(sk->sk_net, &fl);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	err = rt->rt_type == RTN_BROADCAST && !sock_flag(sk, SOCK_BROADCAST) ? -EACCES
									     : send_echo(sk, msg, len, &fl, &ipc, rt);
	dst_release(&rt->dst);
	return err ? err : (ssize_t)len;
}

static void ping_close(struct sock *sk, s64 timeout)
{
	ping_unhash(sk);
	sock_orphan(sk);
	sk_put_after_rcu(sk);
}

struct proto ping_prot = {
	.name = "PING", .obj_size = sizeof(struct inet_sock), .close = ping_close, .connect = ip4_datagram_connect,
	.disconnect = ip4_datagram_disconnect, .init = ping_init_sock, .ioctl = ip4_datagram_ioctl,
	.setsockopt = ip_setsockopt, .getsockopt = ip_getsockopt, .sendmsg = ping_sendmsg, .recvmsg = raw_recvmsg,
	.backlog_rcv = ip4_no_backlog, .unhash = ping_unhash, .get_port = ping_get_port,
};
static struct inet_protosw ping_protosw = {
	.type = SOCK_DGRAM, .protocol = IPPROTO_ICMP, .prot = &ping_prot, .ops = &inet_dgram_ops
};

int ping_net_init(struct net *net)
{
	net->ipv4->ping = kzalloc(sizeof(*net->ipv4->ping), GFP_KERNEL);
	if (!net->ipv4->ping)
		return -ENOMEM;
	spin_lock_init(&net->ipv4->ping->lock);
	return 0;
}

void ping_net_exit(struct net *net) { kfree(net->ipv4->ping); }

void ping_register(void)
{
	BUG_ON(proto_register(&ping_prot));
	inet_register_protosw(&ping_protosw);
}
