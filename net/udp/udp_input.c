/* net/udp/udp_input.c - a datagram arrives, and a program takes it
 *
 * What:   checks of RFC 768 and RFC 1122 4.1.3, lookup, the receive queue; recvmsg, poll, FIONREAD; ICMP errors.
 * Called: udp_rcv, udp_err: IP, in softirq. The others: net/socket/, process context.
 * Locks:  sk_receive_queue.lock between softirq and readers; readers take the whole queue at once into reader_queue
 *         (its own lock, BH on), so that both sides seldom meet.
 * Absent: UDP_GRO, encapsulation.
 */
#include "kernel/mm/uaccess.h"
#include "lib/bitmap.h"
#include "net/core/core.h"
#include "net/core/sock_filter.h"
#include "net/udp/internal.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

DEFINE_TRACE(udp, udp_fail_queue_rcv_skb);
#define SKB_DROPCOUNT(skb) (*(u32 *)&(skb)->cb[sizeof((skb)->cb) - sizeof(u32)]) /* as sock_recv_cmsgs() reads it */

static int drop(struct sk_buff *skb, enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
	return 0;
}

static int queue_failed(struct sock *sk, struct sk_buff *skb)
{
	struct net *net = sk->sk_net;

	atomic_inc(&sk->sk_drops);
	NET_INC_STATS(net, UDP_RCVBUFERRORS);
	NET_INC_STATS(net, UDP_INERRORS);
	TRACE(udp_fail_queue_rcv_skb, "rc=%d port=%u", -ENOMEM, sk->sk_num);
	return drop(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

/* A filter sees the datagram from its UDP header on, and cannot cut that away. */
static bool filter_takes(struct sock *sk, struct sk_buff *skb)
{
	bool takes;

	skb_push(skb, sizeof(struct udphdr));
	takes = !sk_filter_trim_cap(sk, skb, sizeof(struct udphdr));
	__skb_pull(skb, sizeof(struct udphdr));
	return takes;
}

static int filter_refused(struct sock *sk, struct sk_buff *skb)
{
	atomic_inc(&sk->sk_drops);
	NET_INC_STATS(sk->sk_net, UDP_INERRORS);
	return drop(skb, SKB_DROP_REASON_SOCKET_FILTER);
}

/* Eats skb, whose data is the payload. Softirq. As on Linux the packet that crosses the limit is still taken. */
static __always_inline int udp_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;

	if (READ_ONCE(sk->sk_daddr))
		sk_incoming_cpu_update(sk);
	if (unlikely(READ_ONCE(sk->sk_filter)) && !filter_takes(sk, skb))
		return filter_refused(sk, skb);
	if (unlikely(atomic_read(&sk->sk_rmem_alloc) > READ_ONCE(sk->sk_rcvbuf)))
		return queue_failed(sk, skb);
	skb_dst_drop(skb);
	skb->dev = NULL;
	skb_set_owner_r(skb, sk);
	SKB_DROPCOUNT(skb) = (u32)atomic_read(&sk->sk_drops);
	spin_lock(&q->lock);
	__skb_queue_tail(q, skb);
	spin_unlock(&q->lock);
	sk->sk_data_ready(sk);
	return 0;
}

/* True when the checksum is right, absent, or was verified by the device. len: of the datagram, bytes. */
static bool checksum_ok(struct sk_buff *skb, const struct udphdr *uh, __be32 saddr, __be32 daddr, u32 len)
{
	if (!uh->check || skb->ip_summed == CHECKSUM_UNNECESSARY || skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	if (skb->ip_summed == CHECKSUM_COMPLETE && !csum_tcpudp_magic(saddr, daddr, len, IPPROTO_UDP, skb->csum))
		return true;
	return !csum_fold(skb_checksum(skb, 0, len, csum_tcpudp_nofold(saddr, daddr, len, IPPROTO_UDP, 0)));
}

static noinline int queue_of_group(struct sock *sk, struct sk_buff *skb) { return udp_queue_rcv_skb(sk, skb); }

struct group { struct sk_buff *skb; struct sock *last; u32 n; };

/* One behind: the packet itself goes to the last member, clones to those before. */
static void deliver_to_member(struct sock *sk, void *ctx)
{
	struct group *g = ctx;

	if (g->last) {
		struct sk_buff *copy = skb_clone(g->skb, GFP_ATOMIC);

		if (copy)
			queue_of_group(g->last, copy);
		else
			atomic_inc(&g->last->sk_drops);
	}
	g->last = sk;
	g->n++;
}

static int deliver_to_group(struct net *net, struct sk_buff *skb, const struct iphdr *iph, const struct udphdr *uh)
{
	struct group g = { .skb = skb };

	udp_for_each_group_member(net, iph->saddr, uh->source, iph->daddr, uh->dest, IPCB(skb)->iif, deliver_to_member,
				  &g);
	if (g.last) {
		NET_INC_STATS(net, UDP_INDATAGRAMS);
		return queue_of_group(g.last, skb);
	}
	NET_INC_STATS(net, UDP_IGNOREDMULTI);
	return drop(skb, SKB_DROP_REASON_NO_SOCKET);
}

static int bad_length(struct net *net, struct sk_buff *skb)
{
	NET_INC_STATS(net, UDP_INERRORS);
	return drop(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
}

static int bad_checksum(struct net *net, struct sk_buff *skb)
{
	NET_INC_STATS(net, UDP_INCSUMERRORS);
	NET_INC_STATS(net, UDP_INERRORS);
	return drop(skb, SKB_DROP_REASON_UDP_CSUM);
}

/* skb->data is the UDP header. Eats skb. */
int udp_rcv(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;
	const struct iphdr *iph;
	const struct udphdr *uh;
	struct sock *sk;
	u32 len;

	if (unlikely(!pskb_may_pull(skb, sizeof(*uh))))
		return bad_length(net, skb);
	iph = ip_hdr(skb);
	uh = (const struct udphdr *)skb->data;
	len = ntohs(uh->len);
	if (unlikely(len != skb->len) && (len > skb->len || len < sizeof(*uh) || pskb_trim(skb, len)))
		return bad_length(net, skb);
	uh = (const struct udphdr *)skb->data;
	iph = ip_hdr(skb);
	if (unlikely(!checksum_ok(skb, uh, iph->saddr, iph->daddr, len)))
		return bad_checksum(net, skb);
	__skb_pull(skb, sizeof(*uh));
	if (unlikely(skb_rtable(skb) && skb_rtable(skb)->rt_type != RTN_LOCAL))
		return deliver_to_group(net, skb, iph, uh);
	sk = udp4_lookup_skb(net, iph, uh, IPCB(skb)->iif);
	if (likely(sk)) {
		NET_INC_STATS(net, UDP_INDATAGRAMS);
		return udp_queue_rcv_skb(sk, skb);
	}
	NET_INC_STATS(net, UDP_NOPORTS);
	icmp_send(skb, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0);
	return drop(skb, SKB_DROP_REASON_NO_SOCKET);
}

/* --- ICMP errors (RFC 1122 4.1.3.3) ------------------------------------------------------------------------------- */

/* errno of an ICMP error; *hard: connected sockets hear of it without asking. 0: nobody need know. */
static int icmp_errno(struct sock *sk, u8 type, u8 code, bool *hard)
{
	*hard = false;
	switch (type) {
	case ICMP_TIME_EXCEEDED: return EHOSTUNREACH;
	case ICMP_PARAMETERPROB: *hard = true; return EPROTO;
	case ICMP_DEST_UNREACH: break;
	default: return 0;
	}
	if (code == ICMP_FRAG_NEEDED) {
		*hard = true;
		return inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT ? 0 : EMSGSIZE;
	}
	if (code >= ARRAY_SIZE(icmp_err_convert))
		return EHOSTUNREACH;
	*hard = icmp_err_convert[code].fatal;
	return icmp_err_convert[code].errno_;
}

/* skb->data is our own packet's IP header as the error quotes it: at least 8 bytes follow it. Does not eat skb. */
int udp_err(struct sk_buff *skb, u32 info)
{
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct udphdr *uh = (struct udphdr *)(skb->data + iph->ihl * 4);
	const struct icmphdr *icmp = skb_transport_header(skb);
	struct net *net = skb->dev->net;
	struct sock *sk = udp4_lib_lookup(net, iph->daddr, uh->dest, iph->saddr, uh->source, (int)skb->dev->ifindex);
	bool hard;
	int err;

	if (!sk) {
		NET_INC_STATS(net, ICMP_INERRORS);
		return -ENOENT;
	}
	if (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED &&
	    inet_sk(sk)->pmtudisc < IP_PMTUDISC_PROBE)
		ipv4_update_pmtu(net, iph->daddr, info, sk->sk_bound_dev_if);
	err = icmp_errno(sk, icmp->type, icmp->code, &hard);
	if (!err)
		return 0;
	if (inet_sk(sk)->recverr)
		ip_icmp_error(sk, skb, err, uh->dest, info, (u8 *)(uh + 1));
	else if (!hard || sk->sk_state != TCP_ESTABLISHED)
		return 0;
	WRITE_ONCE(sk->sk_err, err);
	sk->sk_error_report(sk);
	return 0;
}

/* --- the program's side ------------------------------------------------------------------------------------------- */

/* Takes over what softirq queued. reader_queue.lock held. */
static void refill(struct sock *sk, struct sk_buff_head *mine)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;

	if (skb_queue_empty(q))
		return;
	spin_lock_bh(&q->lock);
	mine->next = q->next;
	mine->prev = q->prev;
	mine->next->prev = mine->prev->next = (struct sk_buff *)mine;
	WRITE_ONCE(mine->qlen, q->qlen);
	__skb_queue_head_init(q);
	spin_unlock_bh(&q->lock);
}

static struct sk_buff *take(struct sock *sk, int flags)
{
	struct sk_buff_head *mine = &udp_sk(sk)->reader_queue;
	struct sk_buff *skb;

	spin_lock(&mine->lock);
	skb = skb_peek(mine);
	if (!skb) {
		refill(sk, mine);
		skb = skb_peek(mine);
	}
	if (skb && unlikely(flags & MSG_PEEK)) {
		skb->peeked = 1;
		skb_get(skb);
	} else if (skb) {
		__skb_unlink(skb, mine);
	}
	spin_unlock(&mine->lock);
	return skb;
}

static bool nothing_queued(const struct sock *sk)
{
	return skb_queue_empty(&sk->sk_receive_queue) && skb_queue_empty(&udp_sk(sk)->reader_queue);
}

/* 0: look again. 1: the end. Negative errno. */
static int wait_for_datagram(struct sock *sk, s64 *timeo)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int r = 0;

	if (!wq)
		return -EBADF;
	init_wait(&w);
	prepare_to_wait_exclusive(wq, &w, TASK_INTERRUPTIBLE);
	if (nothing_queued(sk) && !(r = sock_error(sk))) {
		if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
			r = 1;
		else if (signal_pending_current())
			r = sock_intr_errno(*timeo);
		else
			*timeo = schedule_timeout(*timeo);
	}
	finish_wait(wq, &w);
	return r;
}

/* NULL with *err; *err 0: shut down, nothing left. */
static struct sk_buff *next_datagram(struct sock *sk, int flags, int *err)
{
	s64 timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);

	*err = sock_error(sk);
	while (!*err) {
		struct sk_buff *skb = take(sk, flags);

		if (likely(skb))
			return skb;
		/* Who does not wait hears of no end, as on Linux. */
		*err = timeo ? wait_for_datagram(sk, &timeo) : -EAGAIN;
	}
	if (*err > 0)
		*err = 0;
	return NULL;
}

static void tell_sender(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	struct sockaddr_in *a = msg->msg_name;

	*a = (struct sockaddr_in){ .sin_family = AF_INET,
				   .sin_port = ((const struct udphdr *)skb_transport_header(skb))->source,
				   .sin_addr.s_addr = ip_hdr(skb)->saddr };
	msg->msg_namelen = sizeof(*a);
}

ssize_t udp_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags)
{
	struct sk_buff *skb;
	ssize_t ret;
	int err;

	if (unlikely(flags & MSG_ERRQUEUE))
		return ip_recv_error(sk, msg, (int)min(len, (size_t)INT_MAX));
	skb = next_datagram(sk, flags, &err);
	if (unlikely(!skb))
		return err;
	ret = skb_copy_datagram_msg(skb, msg, len, flags);
	if (unlikely(ret < 0)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		return ret;
	}
	if (msg->msg_name)
		tell_sender(msg, skb);
	sock_recv_cmsgs(msg, sk, skb);
	if (unlikely(inet_sk(sk)->cmsg_flags))
		ip_cmsg_recv(msg, skb, sizeof(struct udphdr));
	consume_skb(skb);
	return ret;
}

__poll_t udp_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	__poll_t m = datagram_poll(f, sock, pt);

	if (!skb_queue_empty(&udp_sk(sock->sk)->reader_queue))
		m |= (__force __poll_t)(POLLIN | POLLRDNORM);
	return m;
}

/* Bytes of the next datagram; 0 when there is none (as for an empty one: Linux cannot tell either). */
static int first_length(struct sock *sk)
{
	struct sk_buff_head *mine = &udp_sk(sk)->reader_queue;
	int n;

	spin_lock(&mine->lock);
	if (skb_queue_empty(mine))
		refill(sk, mine);
	n = skb_queue_empty(mine) ? 0 : (int)skb_peek(mine)->len;
	spin_unlock(&mine->lock);
	return n;
}

int udp_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int __user *p = (int __user *)arg;

	switch (cmd) {
	case SIOCOUTQ: return put_user(sk_wmem_alloc_get(sk), p);
	case SIOCINQ: return put_user(first_length(sk), p);
	default: return -ENOIOCTLCMD;
	}
}
