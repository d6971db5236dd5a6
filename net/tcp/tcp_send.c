/* net/tcp/tcp_send.c - bytes from the program into segments
 *
 * What:   sendmsg(): fills the last segment, makes new ones, pushes, waits for room.
 * Called: inet_sendmsg() in process context; takes the socket's lock.
 * Calls:  tcp_xmit.c.
 * Absent: zero copy.
 */
#include "kernel/process/process.h"
#include "net/tcp/tcp_internal.h"
#include <linux/net_tstamp.h>

bool tcp_stream_memory_free(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->write_seq - READ_ONCE(tp->snd_nxt) < tcp_notsent_lowat(tp);
}
static bool has_room(const struct sock *sk) { return sk_stream_memory_free(sk) && tcp_stream_memory_free(sk); }

static void mark_push(struct tcp_sock *tp, struct sk_buff *skb)
{
	TCP_SKB_CB(skb)->tcp_flags |= TCPHDR_PSH;
	tp->pushed_seq = tp->write_seq;
}
/* Half a window since the last PSH: the receiver may wait for one. */
static bool forced_push(const struct tcp_sock *tp)
{
	return seq_after(tp->write_seq, tp->pushed_seq + (tp->max_window >> 1));
}
/* Autocorking: a small tail waits for what the program writes next, while a packet of ours is in a queue below:
 * its destructor goes on (tcp_wfree()), so nothing waits for longer than the device needs. */
static bool autocorked(struct tcp_sock *tp, const struct sk_buff *tail, u32 goal)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (tail->len >= goal || !tp->packets_out || sk_wmem_alloc_get(sk) < (int)tail->truesize ||
	    !tcp_sysctl(sk)->autocorking || TCP_SKB_CB(tail)->eor)
		return false;
	if (!READ_ONCE(tp->tsq_throttled)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPAUTOCORKING);
		__atomic_store_n(&tp->tsq_throttled, true, __ATOMIC_SEQ_CST);
	}
	/* It may have been freed just now: the flag first, then the question again. */
	return sk_wmem_alloc_get(sk) >= (int)tail->truesize;
}
static void push(struct tcp_sock *tp, int flags, u32 mss, int nonagle, u32 goal)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!tail)
		return;
	if (!(flags & MSG_MORE) || forced_push(tp))
		mark_push(tp, tail);
	if (flags & MSG_OOB) {
		tp->urg_mode = true;
		tp->snd_up = tp->write_seq;
	}
	if (autocorked(tp, tail, goal))
		return;
	__tcp_push_pending_frames(tp, mss, flags & MSG_MORE ? TCP_NAGLE_CORK : nonagle);
}

static struct sk_buff *new_segment(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb = tcp_stream_alloc_skb(tp, 0, sk->sk_allocation);

	if (!skb)
		return NULL;
	if (!tcp_wmem_schedule(sk, skb->truesize)) {
		consume_skb(skb);
		return NULL;
	}
	TCP_SKB_CB(skb)->seq = TCP_SKB_CB(skb)->end_seq = tp->write_seq;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	tcp_chrono_start(tp, TCP_CHRONO_BUSY);
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + skb->truesize);
	tp->nonagle &= ~TCP_NAGLE_PUSH;
	return skb;
}
static void remove_empty_tail(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);

	if (!tail || tail->len || (TCP_SKB_CB(tail)->tcp_flags & TCPHDR_FIN))
		return;
	__skb_unlink(tail, &sk->sk_write_queue);
	tcp_wmem_free_skb(sk, tail);
}
/* Small writes go where the headers are: one stretch of memory for the device. -EFAULT when not all could be read. */
static ssize_t copy_to_head(struct sk_buff *skb, struct iov_iter *from, u32 n)
{
	if (copy_from_iter(skb_tail_pointer(skb), n, from) != n)
		return -EFAULT;
	skb_put(skb, n);
	return n;
}
/* The others into pages, of which segments get shares. -ENOMEM, -EFAULT. */
static ssize_t copy_to_page(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, u32 n)
{
	skb_frag_t f;

	if (!tcp_wmem_schedule(sk, n) || !skb_page_space(n, sk->sk_allocation, &f))
		return -ENOMEM;
	n = f.size;
	if (copy_from_iter(skb_frag_address(&f), n, from) != n || !skb_append_frag(skb, &f, n)) {
		put_page(f.page);
		return -EFAULT;
	}
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + n);
	return n;
}
/* The tail may take more: it is not full, and has a slot. */
static bool tail_takes(const struct sk_buff *skb, u32 goal)
{
	return skb && skb->len < goal && skb_shinfo(skb)->nr_frags < MAX_SKB_FRAGS && !TCP_SKB_CB(skb)->eor;
}
/* Bytes taken into the tail (a new one when it is full), 0 when there is no room, -EFAULT, -ENOMEM. */
static ssize_t fill_tail(struct tcp_sock *tp, struct iov_iter *from, u32 goal)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb = skb_peek_tail(&sk->sk_write_queue);
	ssize_t n;

	if (!tail_takes(skb, goal)) {
		if (!has_room(sk))
			return 0;
		skb = new_segment(tp);
		if (!skb)
			return -ENOMEM;
	}
	n = (ssize_t)min(goal - skb->len, iov_iter_count(from));
	n = (u32)n <= skb_tailroom(skb) ? copy_to_head(skb, from, (u32)n) : copy_to_page(sk, skb, from, (u32)n);
	if (n < 0) {
		remove_empty_tail(tp);
		return n;
	}
	skb_count_copy(SKB_COPY_USER_TO_SKB, (u32)n);
	tp->write_seq += (u32)n;
	TCP_SKB_CB(skb)->end_seq += (u32)n;
	TCP_SKB_CB(skb)->tcp_flags &= ~TCPHDR_PSH;
	TCP_SKB_CB(skb)->gso_segs = 0; /* counted when it leaves */
	return n;
}

/* [S] Until the handshake is over. */
static int wait_connected(struct sock *sk, s64 *timeo)
{
	if (tcp_in(sk, TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) || tcp_sk(sk)->tfo_listener)
		return 0;
	return sk_stream_wait_connect(sk, timeo);
}
static bool send_closed(const struct sock *sk) { return sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN); }

/* A full tail goes while the next is being filled. */
static void send_full_tail(struct tcp_sock *tp, u32 mss, u32 goal, bool more)
{
	struct sk_buff *tail = skb_peek_tail(&tcp_sock_sk(tp)->sk_write_queue);

	if (tail_takes(tail, goal))
		return;
	if (forced_push(tp)) {
		mark_push(tp, tail);
		__tcp_push_pending_frames(tp, mss, TCP_NAGLE_PUSH);
	} else if (more && tail == skb_peek(&tcp_sock_sk(tp)->sk_write_queue)) {
		tcp_push_one(tp, mss);
	}
}
/* The stamps that this call asks for are those of its last byte. */
static void mark_for_stamps(struct tcp_sock *tp, u32 tsflags)
{
	struct sk_buff *tail = skb_peek_tail(&tcp_sock_sk(tp)->sk_write_queue);

	if (likely(!(tsflags & SOF_TIMESTAMPING_TX_RECORD_MASK)) || !tail)
		return;
	skb_shinfo(tail)->tx_flags |= sock_tx_flags(tsflags);
	TCP_SKB_CB(tail)->txstamp_ack |= (tsflags & SOF_TIMESTAMPING_TX_ACK) != 0;
	skb_shinfo(tail)->tskey = TCP_SKB_CB(tail)->seq + tail->len - 1;
}
/* proto.tskey_start */
int tcp_tskey_start(struct sock *sk, u32 *key)
{
	if (tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return -EINVAL;
	*key = tcp_sk(sk)->snd_una;
	return 0;
}
static ssize_t send_locked(struct tcp_sock *tp, struct msghdr_kern *msg)
{
	struct sock *sk = tcp_sock_sk(tp);
	int flags = (int)msg->msg_flags;
	s64 timeo = sock_sndtimeo(sk, flags & MSG_DONTWAIT);
	size_t copied = 0;
	ssize_t n = wait_connected(sk, &timeo);
	u32 mss, goal, tsflags;

	if (n)
		return sk_stream_error(sk, flags, (int)n);
	if (unlikely(sock_tsflags_of(sk, msg, &tsflags)))
		return -EINVAL;
	tcp_refresh_now(tp);
	tcp_rate_check_app_limited(tp);
	mss = tcp_current_mss(tp);
	goal = tcp_xmit_size_goal(tp, mss, !(flags & MSG_OOB));
	n = -EPIPE;
	while (iov_iter_count(&msg->msg_iter) && !send_closed(sk)) {
		n = fill_tail(tp, &msg->msg_iter, goal);
		if (n < 0 && n != -ENOMEM)
			goto out;
		if (n > 0) {
			copied += (size_t)n;
			send_full_tail(tp, mss, goal, iov_iter_count(&msg->msg_iter));
			continue;
		}
		if (copied)
			push(tp, flags & ~MSG_MORE, mss, TCP_NAGLE_PUSH, goal);
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (skb_queue_empty(&sk->sk_write_queue))
			tcp_chrono_start(tp, TCP_CHRONO_SNDBUF_LIMITED);
		n = sk_stream_wait_memory(sk, &timeo);
		if (n)
			goto out;
		tcp_refresh_now(tp);
		mss = tcp_current_mss(tp);
		goal = tcp_xmit_size_goal(tp, mss, !(flags & MSG_OOB));
		n = -EPIPE;
	}
	if (!iov_iter_count(&msg->msg_iter) && (copied || !send_closed(sk)))
		n = 0;
out:
	if (copied) {
		if ((flags & MSG_EOR) && !iov_iter_count(&msg->msg_iter) && skb_peek_tail(&sk->sk_write_queue))
			TCP_SKB_CB(skb_peek_tail(&sk->sk_write_queue))->eor = true;
		mark_for_stamps(tp, tsflags);
		push(tp, flags, mss, tp->nonagle, goal);
		return (ssize_t)copied;
	}
	if (n >= 0)
		return 0;
	n = sk_stream_error(sk, flags, (int)n);
	if (n == -EAGAIN)
		sk->sk_write_space(sk);
	return n;
}
/* MSG_FASTOPEN, or a connect() that was put off: the SYN takes what it can, the rest follows the handshake. */
static ssize_t send_and_connect(struct tcp_sock *tp, struct msghdr_kern *msg)
{
	size_t in_syn = 0;
	ssize_t n;

	if (likely(!(msg->msg_flags & MSG_FASTOPEN) && !inet_sk(tcp_sock_sk(tp))->defer_connect))
		return send_locked(tp, msg);
	n = tcp_sendmsg_fastopen(tp, msg, &in_syn);
	if (!n && iov_iter_count(&msg->msg_iter))
		n = send_locked(tp, msg);
	else if (n && n != -EINPROGRESS)
		n = sk_stream_error(tcp_sock_sk(tp), (int)msg->msg_flags, (int)n);
	if (!in_syn)
		return n;
	return n > 0 ? n + (ssize_t)in_syn : (ssize_t)in_syn;
}
ssize_t tcp_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len)
{
	ssize_t n;

	(void)len;
	lock_sock(sk);
	n = send_and_connect(tcp_sk(sk), msg);
	release_sock(sk);
	return n;
}
