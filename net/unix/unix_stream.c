/* net/unix/unix_stream.c - SOCK_STREAM: bytes in order, in pieces of up to 64 KiB
 *
 * What:   send puts skbs, charged to the sender, into the peer's receive queue; receive copies from its front.
 * Called: net/socket.
 * Locks:  the peer's lock while queueing, so that it cannot die meanwhile; u->iolock over a receive.
 */
#include "net/unix/af_unix.h"

#define HEAD_BYTES 3584u /* with the shared info behind it, one page */
#define PIECE_BYTES 65536u

static ssize_t broken_pipe(ssize_t sent, unsigned int flags)
{
	if (sent)
		return sent;
	if (!(flags & MSG_NOSIGNAL))
		send_signal(SIGPIPE, NULL, current, false);
	return -EPIPE;
}

/* One piece of len bytes from the program, with what scm carries. NULL with *err. */
static struct sk_buff *make_piece(struct sock *sk, struct msghdr_kern *msg, size_t len, struct unix_scm *scm, int *err)
{
	u32 header = (u32)min(len, (size_t)HEAD_BYTES);
	struct sk_buff *skb;

	skb = sock_alloc_send_pskb(sk, header, len - header, msg->msg_flags & MSG_DONTWAIT, err);
	if (!skb)
		return NULL;
	*err = unix_scm_attach(sk, skb, scm);
	if (!*err)
		*err = unix_copy_to_skb(skb, header, (u32)len, &msg->msg_iter);
	if (!*err)
		return skb;
	consume_skb(skb);
	return NULL;
}

/* Eats skb. False: the peer does not listen any more. */
static bool deliver(struct sock *peer, struct sk_buff *skb)
{
	bool gone;

	spin_lock(&unix_sk(peer)->lock);
	gone = sock_flag(peer, SOCK_DEAD) || (peer->sk_shutdown & RCV_SHUTDOWN);
	if (!gone)
		skb_queue_tail(&peer->sk_receive_queue, skb);
	spin_unlock(&unix_sk(peer)->lock);
	if (gone)
		consume_skb(skb);
	else
		peer->sk_data_ready(peer);
	return !gone;
}

static ssize_t send_pieces(struct sock *sk, struct sock *peer, struct msghdr_kern *msg, size_t len,
			   struct unix_scm *scm)
{
	size_t limit = max((size_t)READ_ONCE(sk->sk_sndbuf) / 2 - 64, (size_t)1024);
	size_t sent = 0, n;
	struct sk_buff *skb;
	int err;

	while (sent < len) {
		n = min(min(len - sent, (size_t)PIECE_BYTES), limit);
		skb = make_piece(sk, msg, n, scm, &err);
		if (!skb)
			return err == -EPIPE ? broken_pipe((ssize_t)sent, msg->msg_flags) : sent ? (ssize_t)sent : err;
		if (!deliver(peer, skb))
			return broken_pipe((ssize_t)sent, msg->msg_flags);
		sent += n;
	}
	return (ssize_t)sent;
}

ssize_t unix_stream_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	struct sock *sk = sock->sk, *peer;
	struct unix_scm scm;
	ssize_t ret;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	ret = unix_scm_send(msg, &scm);
	if (ret)
		return ret;
	peer = unix_peer_get(sk);
	if (msg->msg_namelen)
		ret = sk->sk_state == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
	else if (!peer)
		ret = -ENOTCONN;
	else if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		ret = broken_pipe(0, msg->msg_flags);
	else
		ret = send_pieces(sk, peer, msg, len, &scm);
	if (peer)
		sock_put(peer);
	unix_scm_drop(&scm);
	return ret;
}

/* --- receive --- */

/* Where a receive stands; the iolock is held but while waiting. */
struct stream_read {
	struct sock *sk;
	struct msghdr_kern *msg;
	struct unix_scm scm;
	bool peek, have_creds;
	struct sk_buff *last;	/* peek: the piece looked at last */
};

static struct sk_buff *next_piece(struct stream_read *r)
{
	struct sk_buff_head *q = &r->sk->sk_receive_queue;
	struct sk_buff *skb;
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	skb = r->last ? r->last->next : q->next;
	spin_unlock_irqrestore(&q->lock, irq);
	return skb == (struct sk_buff *)q ? NULL : skb;
}

/* Sleeps until there is data, an end or an error. 1: look again, 0: end of file, or -errno. */
static int wait_for_data(struct stream_read *r, s64 *timeo)
{
	struct sock *sk = r->sk;
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int err = sock_error(sk);

	if (err)
		return err;
	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		return next_piece(r) != NULL;
	if (!*timeo)
		return -EAGAIN;
	mutex_unlock(&unix_sk(sk)->iolock);
	init_wait(&w);
	prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
	if (!next_piece(r) && !READ_ONCE(sk->sk_err) && !(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) &&
	    !signal_pending_current())
		*timeo = schedule_timeout(*timeo);
	finish_wait(wq, &w);
	err = signal_pending_current() ? sock_intr_errno(*timeo) : 1;
	mutex_lock(&unix_sk(sk)->iolock);
	r->last = NULL;
	return err;
}

static bool other_sender(const struct stream_read *r, const struct sk_buff *skb)
{
	return r->have_creds && sock_flag(r->sk, SOCK_PASSCRED) &&
	       memcmp(&r->scm.creds, &UNIXCB(skb)->creds, sizeof(r->scm.creds));
}

/* Copies up to max bytes of skb and removes what is used up. Bytes or -EFAULT; *fds: descriptors came along. */
static ssize_t take_from(struct stream_read *r, struct sk_buff *skb, size_t max, bool *fds)
{
	u32 n = (u32)min((size_t)(skb->len - UNIXCB(skb)->consumed), max);
	int err;

	if (!r->have_creds) {
		r->scm.creds = UNIXCB(skb)->creds;
		r->have_creds = true;
		unix_copy_addr(r->msg, skb->sk);
	}
	if (skb_copy_datagram_iter(skb, UNIXCB(skb)->consumed, &r->msg->msg_iter, n))
		return -EFAULT;
	*fds = UNIXCB(skb)->fds != NULL;
	err = *fds ? unix_scm_take(r->sk, skb, &r->scm, r->peek) : 0;
	if (err)
		return err;
	if (r->peek) {
		r->last = skb;
		return n;
	}
	UNIXCB(skb)->consumed += n;
	if (UNIXCB(skb)->consumed == skb->len) {
		skb_unlink(skb, &r->sk->sk_receive_queue);
		consume_skb(skb);
	}
	return n;
}

static ssize_t read_locked(struct stream_read *r, size_t len, int flags)
{
	size_t target = flags & MSG_WAITALL ? len : min((size_t)READ_ONCE(r->sk->sk_rcvlowat), len);
	s64 timeo = sock_rcvtimeo(r->sk, flags & MSG_DONTWAIT);
	size_t copied = 0;
	bool fds = false;
	ssize_t n;

	while (copied < len && !fds) {
		struct sk_buff *skb = next_piece(r);

		if (!skb) {
			if (copied >= target || (r->peek && copied))
				break;
			n = wait_for_data(r, &timeo);
			if (n <= 0)
				return copied ? (ssize_t)copied : n;
			continue;
		}
		if (other_sender(r, skb))
			break;
		n = take_from(r, skb, len - copied, &fds);
		if (n < 0)
			return copied ? (ssize_t)copied : n;
		copied += (size_t)n;
	}
	return (ssize_t)copied;
}

ssize_t unix_stream_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	struct stream_read r = { .sk = sock->sk, .msg = msg, .peek = flags & MSG_PEEK };
	ssize_t ret;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (sock->sk->sk_state != TCP_ESTABLISHED)
		return -EINVAL;
	if (!len)
		return 0;
	mutex_lock(&unix_sk(r.sk)->iolock);
	ret = read_locked(&r, len, flags);
	mutex_unlock(&unix_sk(r.sk)->iolock);
	if (ret > 0)
		unix_scm_receive(msg, r.sk, &r.scm);
	unix_scm_drop(&r.scm);
	return ret;
}

__poll_t unix_stream_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	u8 shut, state;

	poll_wait(f, &sock->wq, pt);
	shut = READ_ONCE(sk->sk_shutdown);
	state = READ_ONCE(sk->sk_state);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (shut == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (shut & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (state != TCP_LISTEN && unix_writable(sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}
