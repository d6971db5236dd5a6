/* net/core/datagram.c - the receive queue of datagram sockets
 *
 * What:   a packet arrives and is charged; a program takes or peeks at it; the error queue; poll.
 * Called: protocols, from softirq (queue) and process context (receive).
 * Calls:  sock_wait.c.
 * Locks:  the receive queue's own lock; the socket need not be owned.
 * Absent: SO_PEEK_OFF of datagrams.
 */
#include "kernel/fs/file.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "lib/bitmap.h"
#include "net/core/core.h"
#include "net/core/sock_filter.h"
#include <linux/errqueue.h>

/* The last bytes of cb belong to the queue: how many packets were lost before this one. */
#define SKB_DROPCOUNT(skb) (*(u32 *)&(skb)->cb[sizeof((skb)->cb) - sizeof(u32)])

/* The socket's buffer limit is met by the packet that crosses it, as on Linux: an empty buffer takes any one packet. */
int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason *reason)
{
	if (atomic_read(&sk->sk_rmem_alloc) >= READ_ONCE(sk->sk_rcvbuf)) {
		atomic_inc(&sk->sk_drops);
		*reason = SKB_DROP_REASON_SOCKET_RCVBUFF;
		return -ENOMEM;
	}
	if (sk_filter_trim_cap(sk, skb, 1)) {
		atomic_inc(&sk->sk_drops);
		*reason = SKB_DROP_REASON_SOCKET_FILTER;
		return -EPERM;
	}
	return __sock_queue_rcv_skb(sk, skb);
}

/* Without a limit. Eats skb. */
int __sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb)
{
	skb->dev = NULL;
	skb_set_owner_r(skb, sk);
	skb_dst_force(skb);
	SKB_DROPCOUNT(skb) = (u32)atomic_read(&sk->sk_drops);
	skb_queue_tail(&sk->sk_receive_queue, skb);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
	return 0;
}

static struct sk_buff *take_or_peek(struct sock *sk, unsigned int flags)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;
	struct sk_buff *skb;
	unsigned long irq;

	if (skb_queue_empty(q))
		return NULL;
	spin_lock_irqsave(&q->lock, irq);
	skb = skb_peek(q);
	if (skb && (flags & MSG_PEEK)) {
		skb->peeked = 1;
		skb_get(skb);
	} else if (skb) {
		__skb_unlink(skb, q);
	}
	spin_unlock_irqrestore(&q->lock, irq);
	return skb;
}

static bool connection_based(const struct sock *sk)
{
	return sk->sk_type == SOCK_SEQPACKET || sk->sk_type == SOCK_STREAM;
}

/* 1: nothing will come, without an error. 0: look again. Negative: the error. */
static int wait_for_packet(struct sock *sk, s64 *timeo)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int r = 0;

	if (!wq)
		return -EBADF;
	init_wait(&w);
	prepare_to_wait_exclusive(wq, &w, TASK_INTERRUPTIBLE);
	if (!skb_queue_empty(&sk->sk_receive_queue))
		r = 0;
	else if ((r = sock_error(sk)))
		;
	else if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		r = 1;
	else if (connection_based(sk) && sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_LISTEN)
		r = -ENOTCONN;
	else if (signal_pending_current())
		r = sock_intr_errno(*timeo);
	else
		*timeo = schedule_timeout(*timeo);
	finish_wait(wq, &w);
	return r;
}

/* *off is for peeking at an offset and starts at 0 here. NULL with *err 0: the end (shut down). */
struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *off, int *err)
{
	s64 timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct sk_buff *skb;
	int r = sock_error(sk);

	if (off)
		*off = 0;
	while (!r) {
		skb = take_or_peek(sk, flags);
		if (skb) {
			*err = 0;
			return skb;
		}
		r = timeo ? wait_for_packet(sk, &timeo) : -EAGAIN;
	}
	*err = r > 0 ? 0 : r;
	return NULL;
}

void skb_free_datagram(struct sock *sk, struct sk_buff *skb) { consume_skb(skb); }

/* For MSG_ERRQUEUE: skb->cb starts with a struct sock_exterr_skb, data is the packet the error is about. */
int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb)
{
	if (atomic_read(&sk->sk_rmem_alloc) + (int)skb->truesize >= READ_ONCE(sk->sk_rcvbuf))
		return -ENOMEM;
	skb_set_owner_r(skb, sk);
	skb_dst_force(skb);
	skb_queue_tail(&sk->sk_error_queue, skb);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_error_report(sk);
	return 0;
}

void sock_recv_timestamp(struct msghdr_kern *msg, struct sock *sk, u64 ns)
{
	bool nsec = sock_flag(sk, SOCK_RCVTSTAMPNS), new = sock_flag(sk, SOCK_TSTAMP_NEW);
	/* On a 64-bit machine the old and the new layouts are the same two words. */
	struct { s64 sec, frac; } t = { (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC) };
	int type =
		new ? (nsec ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMP_NEW) : (nsec ? SO_TIMESTAMPNS_OLD : SO_TIMESTAMP_OLD);

	if (!nsec)
		t.frac /= NSEC_PER_USEC;
	put_cmsg(msg, SOL_SOCKET, type, sizeof(t), &t);
}

int sock_gettstamp(struct sock *sk, void __user *arg, bool nsec)
{
	struct { s64 sec, frac; } t;

	if (!sock_flag(sk, SOCK_STAMPED)) {
		net_enable_timestamp(sk->sk_net);
		sock_set_flag(sk, SOCK_STAMPED);
	}
	if (!sk->sk_stamp_ns)
		return -ENOENT;
	if (sk->sk_stamp_ns == U64_MAX)
		sk->sk_stamp_ns = ktime_get_real_ns();
	t.sec = (s64)(sk->sk_stamp_ns / NSEC_PER_SEC);
	t.frac = (s64)(sk->sk_stamp_ns % NSEC_PER_SEC / (nsec ? 1 : NSEC_PER_USEC));
	return copy_to_user(arg, &t, sizeof(t)) ? -EFAULT : 0;
}

void __sock_recv_cmsgs(struct msghdr_kern *msg, struct sock *sk, struct sk_buff *skb)
{
	u64 ns = skb->tstamp_ns;
	u32 lost;

	if (sock_flag(sk, SOCK_TIMESTAMP)) {
		if (!ns)
			ns = ktime_get_real_ns();
		sock_recv_timestamp(msg, sk, ns);
	}
	sock_recv_timestamping(msg, sk, ns);
	sk->sk_stamp_ns = ns ? ns : U64_MAX;
	lost = SKB_DROPCOUNT(skb);
	if (sock_flag(sk, SOCK_RXQ_OVFL) && lost)
		put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, sizeof(lost), &lost);
}

__poll_t datagram_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	struct sock *sk = sock->sk;
	u8 shut;
	__poll_t mask = 0;

	poll_wait(f, &sock->wq, pt);
	shut = READ_ONCE(sk->sk_shutdown);
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty(&sk->sk_error_queue))
		mask |= POLLERR;
	if (shut & RCV_SHUTDOWN)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (shut == SHUTDOWN_MASK)
		mask |= POLLHUP;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= POLLIN | POLLRDNORM;
	if (connection_based(sk) && sk->sk_state == TCP_CLOSE)
		mask |= POLLHUP;
	if (sock_writeable(sk))
		mask |= POLLOUT | POLLWRNORM | POLLWRBAND;
	else
		set_bit(SOCK_NOSPACE, &sock->flags);
	return mask;
}

int sock_common_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len)
{
	struct proto *p = sock->sk->sk_prot;

	return p->setsockopt ? p->setsockopt(sock->sk, level, opt, val, len) : -ENOPROTOOPT;
}

int sock_common_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len)
{
	struct proto *p = sock->sk->sk_prot;

	return p->getsockopt ? p->getsockopt(sock->sk, level, opt, val, len) : -ENOPROTOOPT;
}
