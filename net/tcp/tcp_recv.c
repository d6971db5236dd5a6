/* net/tcp/tcp_recv.c - bytes from the receive queue to the program
 *
 * Called: inet_recvmsg() in process context; takes the socket's lock.
 * Calls:  tcp_urgent.c, tcp_prequeue.c, and tcp_output.c for the window update that reading makes worth sending.
 */
#include "kernel/process/process.h"
#include "net/tcp/tcp_internal.h"

/* All is read and a small segment was among it: nothing larger may follow soon. In a dialogue it takes two. */
static bool small_was_read(const struct tcp_sock *tp)
{
	if (atomic_read(&tp->inet.sk.sk_rmem_alloc))
		return false;
	return (tp->ack.pending & TCP_ACK_PUSHED2) ||
	       ((tp->ack.pending & TCP_ACK_PUSHED) && !tcp_in_pingpong_mode(tp));
}
/* After reading: an ACK that was waiting, or a window that opened by enough to be worth a segment (RFC 1122
 * 4.2.3.3). */
void tcp_cleanup_rbuf(struct tcp_sock *tp, u32 copied)
{
	struct sock *sk = tcp_sock_sk(tp);
	bool now = false;
	u32 window, fresh;

	if (tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN | TCPF_SYN_SENT))
		return;
	tcp_mem_reclaim(sk);
	if (tp->ack.pending & TCP_ACK_SCHED)
		now = tp->rcv_nxt - tp->rcv_wup > tp->ack.rcv_mss || (copied && small_was_read(tp));
	if (copied && !now && !(sk->sk_shutdown & RCV_SHUTDOWN)) {
		window = tcp_receive_window(tp);
		if (2 * window <= tp->window_clamp) {
			fresh = __tcp_select_window(tp);
			now = fresh && fresh >= 2 * window;
		}
	}
	if (now)
		tcp_send_ack(tp);
}

/* How much may be taken before the urgent byte; skips it when it stands first. */
static u32 stop_at_urgent(struct tcp_sock *tp, struct tcp_reading *r, u32 *used)
{
	u32 ahead;

	if (likely(!tp->urg_data))
		return 0;
	ahead = tp->urg_seq - *r->seq;
	if (ahead >= *used)
		return 0;
	if (ahead) {
		*used = ahead;
		return 0;
	}
	if (sock_flag(tcp_sock_sk(tp), SOCK_URGINLINE))
		return 0;
	return 1;
}
/* Takes from skb at *seq. Bytes, 0 when only the urgent byte was stepped over, -EFAULT. */
static ssize_t take(struct tcp_sock *tp, struct tcp_reading *r, struct sk_buff *skb, u32 offset)
{
	u32 used = (u32)min((size_t)(skb->len - offset), r->len);

	if (stop_at_urgent(tp, r, &used)) {
		++*r->seq;
		return 0;
	}
	if (!(r->flags & MSG_TRUNC) && skb_copy_datagram_iter(skb, offset, &r->msg->msg_iter, used))
		return -EFAULT;
	WRITE_ONCE(*r->seq, *r->seq + used);
	if (skb->tstamp_ns)
		r->stamp_ns = skb->tstamp_ns;
	r->copied += used;
	r->len -= used;
	return used;
}
/* The first skb that holds *seq; its offset. */
static struct sk_buff *find(struct sock *sk, u32 seq, u32 *offset)
{
	struct sk_buff *skb;

	skb_queue_walk(&sk->sk_receive_queue, skb) {
		*offset = seq - TCP_SKB_CB(skb)->seq;
		if (*offset < skb->len)
			return skb;
	}
	return NULL;
}
static void drop_read(struct sock *sk, struct sk_buff *skb)
{
	__skb_unlink(skb, &sk->sk_receive_queue);
	consume_skb(skb);
}
/* Everything that is there. True when the reading is over (fault, urgent mark, enough). */
static bool take_available(struct tcp_sock *tp, struct tcp_reading *r)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb;
	u32 offset = 0;
	ssize_t n;

	while (r->len && (skb = find(sk, *r->seq, &offset))) {
		if (tp->urg_data && *r->seq == tp->urg_seq && r->copied)
			return true; /* the mark ends a read (SIOCATMARK) */
		n = take(tp, r, skb, offset);
		if (n < 0) {
			if (!r->copied)
				r->copied = n;
			return true;
		}
		if (tp->urg_data && seq_after(tp->copied_seq, tp->urg_seq)) {
			tp->urg_data = 0;
			tcp_fast_path_check(tp);
		}
		if (!(r->flags & MSG_PEEK) && *r->seq - TCP_SKB_CB(skb)->seq >= skb->len)
			drop_read(sk, skb);
	}
	return !r->len && (r->copied || find(sk, *r->seq, &offset)); /* even a read of nothing waits for data */
}
/* Nothing more to wait for? Sets r->copied to the error when nothing was read. */
static bool must_stop(struct tcp_sock *tp, struct tcp_reading *r)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (r->copied)
		return sk->sk_err || sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN) || !r->timeo ||
		       signal_pending_current();
	if (sock_flag(sk, SOCK_DONE))
		return true;
	if (sk->sk_err)
		r->copied = sock_error(sk);
	else if (sk->sk_shutdown & RCV_SHUTDOWN)
		return true;
	else if (sk->sk_state == TCP_CLOSE)
		r->copied = -ENOTCONN;
	else if (!r->timeo)
		r->copied = -EAGAIN;
	else if (signal_pending_current())
		r->copied = sock_intr_errno(r->timeo);
	return r->copied;
}

static ssize_t recv_locked(struct tcp_sock *tp, struct tcp_reading *r)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (sk->sk_state == TCP_LISTEN)
		return -ENOTCONN;
	if (r->flags & MSG_OOB)
		return tcp_recv_urg(sk, r->msg, r->flags);
	if (r->flags & MSG_PEEK) {
		r->peek_seq = tp->copied_seq + (u32)max(sk->sk_peek_off, 0);
		r->seq = &r->peek_seq;
	}
	for (;;) {
		if (take_available(tp, r) || r->copied >= r->target)
			break;
		if (must_stop(tp, r))
			break;
		tcp_cleanup_rbuf(tp, r->copied > 0 ? (u32)r->copied : 0);
		tcp_wait_for_data(tp, r);
		tcp_refresh_now(tp);
		if ((r->flags & MSG_PEEK) && seq_before(r->peek_seq, tp->copied_seq))
			r->peek_seq = tp->copied_seq; /* another thread read meanwhile */
	}
	if (r->copied > 0 && sk->sk_peek_off >= 0)
		WRITE_ONCE(sk->sk_peek_off, r->flags & MSG_PEEK ? sk->sk_peek_off + (int)r->copied
								: max(sk->sk_peek_off - (int)r->copied, 0));
	if (r->copied > 0 && !(r->flags & MSG_PEEK)) {
		tcp_rcv_space_adjust(tp);
		tcp_cleanup_rbuf(tp, (u32)r->copied);
	}
	return r->copied;
}
/* What a read would give next; 1 where only the end is left, so that a program reads on and sees it. */
u32 tcp_inq_hint(const struct tcp_sock *tp)
{
	u32 n = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	return !n && sock_flag(&tp->inet.sk, SOCK_DONE) ? 1 : n;
}
static void put_cmsgs(struct tcp_sock *tp, const struct tcp_reading *r)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 inq;

	if (r->stamp_ns && sock_flag(sk, SOCK_TIMESTAMP))
		sock_recv_timestamp(r->msg, sk, r->stamp_ns);
	sock_recv_timestamping(r->msg, sk, r->stamp_ns);
	if (!tp->recvmsg_inq)
		return;
	inq = tcp_inq_hint(tp);
	put_cmsg(r->msg, SOL_TCP, TCP_CM_INQ, sizeof(inq), &inq);
}
ssize_t tcp_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_reading r = { .msg = msg, .len = min(len, (size_t)INT_MAX), .seq = &tp->copied_seq, .flags = flags };
	ssize_t n;

	if (unlikely(flags & MSG_ERRQUEUE))
		return ip_recv_error(sk, msg, (int)len);
	lock_sock(sk);
	tcp_refresh_now(tp);
	r.timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	r.target = flags & MSG_WAITALL ? (int)r.len : min(sk->sk_rcvlowat, (int)r.len);
	r.target = max(r.target, 1);
	n = recv_locked(tp, &r);
	release_sock(sk);
	if (n >= 0)
		put_cmsgs(tp, &r);
	return n;
}
