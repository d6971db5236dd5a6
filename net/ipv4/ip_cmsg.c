/* net/ipv4/ip_cmsg.c - control messages of level SOL_IP, and the error queue (IP_RECVERR)
 *
 * Called: sendmsg and recvmsg of UDP, raw and ping sockets, in process context; errors come in softirq.
 * Locks:  the error queue's own.
 */
#include "net/ipv4/internal.h"
#include <linux/time.h>
#include <linux/errqueue.h>

/* --- sending ------------------------------------------------------------------------------------------------------ */

/* An int, or where byte says so a byte. */
static int take_int(const struct cmsghdr_kern *c, bool byte, int lo, int hi, int *out)
{
	size_t len = c->cmsg_len - sizeof(*c);

	if (len == sizeof(int))
		memcpy(out, CMSG_DATA_KERN(c), sizeof(int));
	else if (byte && len == 1)
		*out = *(const u8 *)CMSG_DATA_KERN(c);
	else
		return -EINVAL;
	return *out < lo || *out > hi ? -EINVAL : 0;
}

static int take_one(struct cmsghdr_kern *c, struct ipcm_cookie *ipc)
{
	struct in_pktinfo info;
	int v, err;

	switch (c->cmsg_type) {
	case IP_PKTINFO:
		if (c->cmsg_len != sizeof(*c) + sizeof(info))
			return -EINVAL;
		memcpy(&info, CMSG_DATA_KERN(c), sizeof(info));
		if (info.ipi_ifindex)
			ipc->oif = info.ipi_ifindex;
		ipc->addr = info.ipi_spec_dst.s_addr;
		return 0;
	case IP_TTL:
		err = take_int(c, false, 1, 255, &v);
		if (!err)
			ipc->ttl = (u8)v;
		return err;
	case IP_TOS:
		err = take_int(c, true, 0, 255, &v);
		if (!err)
			ipc->tos = (s16)v;
		return err;
	default: return -EINVAL;
	}
}

int ip_cmsg_send(struct sock *sk, struct msghdr_kern *msg, struct ipcm_cookie *ipc)
{
	for (struct cmsghdr_kern *c = cmsg_first(msg); c; c = cmsg_next(msg, c)) {
		int err;

		if (!cmsg_ok(msg, c))
			return -EINVAL;
		if (c->cmsg_level != SOL_IP)
			continue;
		err = take_one(c, ipc);
		if (err)
			return err;
	}
	return 0;
}

/* --- receiving ---------------------------------------------------------------------------------------------------- */

/* The local address that the packet came for: its destination, or for groups and broadcasts the interface's. */
static __be32 spec_dst(struct net *net, const struct sk_buff *skb)
{
	__be32 d = ip_hdr(skb)->daddr;
	struct net_device *dev;

	if (inet_confirm_local(net, d))
		return d;
	rcu_read_lock();
	dev = dev_get_by_index(net, (u32)IPCB(skb)->iif);
	d = dev ? inet_select_addr(net, dev, ip_hdr(skb)->saddr, RT_SCOPE_LINK) : 0;
	rcu_read_unlock();
	return d;
}

static void put_pktinfo(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	struct in_pktinfo info = { .ipi_ifindex = IPCB(skb)->iif, .ipi_addr.s_addr = ip_hdr(skb)->daddr };

	info.ipi_spec_dst.s_addr = spec_dst(skb->sk->sk_net, skb);
	put_cmsg(msg, SOL_IP, IP_PKTINFO, sizeof(info), &info);
}

static void put_origdst(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = ip_hdr(skb)->daddr };
	const __be16 *ports = skb_transport_header(skb);

	if ((const u8 *)(ports + 2) <= skb_tail_pointer(skb))
		a.sin_port = ports[1];
	put_cmsg(msg, SOL_IP, IP_ORIGDSTADDR, sizeof(a), &a);
}

static void put_options(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	u32 len = ip_hdrlen(skb) - 20;

	if (len)
		put_cmsg(msg, SOL_IP, IP_RECVOPTS, (int)len, ip_hdr(skb) + 1);
}
static void put_return_options(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	u8 opts[40];
	int len;

	if (ip_hdrlen(skb) == 20)
		return;
	len = ip_options_return(skb, opts);
	if (len < 0)
		msg->msg_flags |= MSG_CTRUNC;
	else
		put_cmsg(msg, SOL_IP, IP_RETOPTS, len, opts);
}

/* skb is charged to its socket (skb->sk); both headers are still in its head. */
void ip_cmsg_recv(struct msghdr_kern *msg, struct sk_buff *skb, int tlen)
{
	u16 flags = inet_sk(skb->sk)->cmsg_flags;

	(void)tlen;
	if (flags & IP_CMSG_PKTINFO)
		put_pktinfo(msg, skb);
	if (flags & IP_CMSG_TTL) {
		int ttl = ip_hdr(skb)->ttl;

		put_cmsg(msg, SOL_IP, IP_TTL, sizeof(ttl), &ttl);
	}
	if (flags & IP_CMSG_TOS)
		put_cmsg(msg, SOL_IP, IP_TOS, 1, &ip_hdr(skb)->tos);
	if (flags & IP_CMSG_RECVOPTS)
		put_options(msg, skb);
	if (flags & IP_CMSG_RETOPTS)
		put_return_options(msg, skb);
	if (flags & IP_CMSG_ORIGDSTADDR)
		put_origdst(msg, skb);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

struct sock_exterr_skb { /* skb->cb of an entry in the error queue */
	struct sock_extended_err ee;
	__be32 addr, offender;	/* where our packet went; who complained */
	__be16 port;
	int iif;
};
#define EXTERR(skb) ((struct sock_exterr_skb *)(skb)->cb)

static void enqueue(struct sock *sk, struct sk_buff *skb)
{
	if (sock_queue_err_skb(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

/* Softirq. skb->data is the quoted IP header, payload the bytes in it that the program had sent. Does not eat skb.
 * Whether the program asked (IP_RECVERR) is the caller's question.
 */
void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info, u8 *payload)
{
	const struct icmphdr *icmp = skb_transport_header(skb);
	u32 off = (u32)(payload - skb->data);
	struct sk_buff *e;

	if (payload < skb->data || off > skb->len)
		return;
	e = skb_clone(skb, GFP_ATOMIC);
	if (!e)
		return;
	skb_dst_drop(e);
	memset(EXTERR(e), 0, sizeof(*EXTERR(e)));
	*EXTERR(e) = (struct sock_exterr_skb){ .ee = { .ee_errno = (u32)err,
						       .ee_origin = SO_EE_ORIGIN_ICMP,
						       .ee_type = icmp->type,
						       .ee_code = icmp->code,
						       .ee_info = info },
					       .addr = ((const struct iphdr *)skb->data)->daddr,
					       .offender = ip_hdr(skb)->saddr,
					       .port = port,
					       .iif = (int)skb->dev->ifindex };
	if (!pskb_may_pull(e, off)) {
		consume_skb(e);
		return;
	}
	__skb_pull(e, off);
	e->dev = NULL;
	enqueue(sk, e);
}

/* An error found here, before any packet left (EMSGSIZE). Process context. */
void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 dport, u32 info)
{
	struct sk_buff *e;

	if (!inet_sk(sk)->recverr)
		return;
	e = alloc_skb(0, GFP_KERNEL);
	if (!e)
		return;
	*EXTERR(e) = (struct sock_exterr_skb){
		.ee = { .ee_errno = (u32)err, .ee_origin = SO_EE_ORIGIN_LOCAL, .ee_info = info },
		.addr = daddr,
		.port = dport
	};
	enqueue(sk, e);
}

/* recvmsg(MSG_ERRQUEUE): payload of our packet, msg_name its destination, IP_RECVERR with the error and who sent it. */
int ip_recv_error(struct sock *sk, struct msghdr_kern *msg, int len)
{
	struct { struct sock_extended_err ee; struct sockaddr_in offender; } info;
	struct sk_buff *skb = skb_dequeue(&sk->sk_error_queue);
	bool was_error;
	int ret;

	if (!skb)
		return -EAGAIN;
	was_error = EXTERR(skb)->ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING;
	ret = (int)skb_copy_datagram_msg(skb, msg, (size_t)max(len, 0), 0);
	if (ret >= 0) {
		const struct sock_exterr_skb *x = EXTERR(skb);

		if (msg->msg_name && x->ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) {
			*(struct sockaddr_in *)msg->msg_name = (struct sockaddr_in){
				.sin_family = AF_INET, .sin_addr.s_addr = x->addr, .sin_port = x->port };
			msg->msg_namelen = sizeof(struct sockaddr_in);
		}
		sock_recv_cmsgs(msg, sk, skb);
		memset(&info, 0, sizeof(info));
		info.ee = x->ee;
		if (x->ee.ee_origin == SO_EE_ORIGIN_ICMP) {
			info.offender.sin_family = AF_INET;
			info.offender.sin_addr.s_addr = x->offender;
		}
		put_cmsg(msg, SOL_IP, IP_RECVERR, sizeof(info), &info);
		msg->msg_flags |= MSG_ERRQUEUE;
	}
	consume_skb(skb);
	/* The next waiting error becomes the socket's pending one, and the last clears it. A stamp is no error. */
	skb = skb_peek(&sk->sk_error_queue);
	if (skb && EXTERR(skb)->ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING)
		WRITE_ONCE(sk->sk_err, (int)EXTERR(skb)->ee.ee_errno);
	else if (was_error)
		WRITE_ONCE(sk->sk_err, 0);
	return ret;
}
