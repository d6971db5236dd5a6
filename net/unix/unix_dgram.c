/* net/unix/unix_dgram.c - SOCK_DGRAM and SOCK_SEQPACKET: whole messages
 *
 * What:   a message is one skb in the receiver's queue; a full queue makes senders wait at the receiver's peer_wait.
 * Called: net/socket.
 * Locks:  the receiver's lock while queueing.
 */
#include "net/unix/af_unix.h"

#define HEAD_BYTES 3584u

/* --- who is the peer --- */

/* sk's peer is other no more: what the old peer sent is void (Linux's rule). */
void unix_dgram_disconnected(struct sock *sk, struct sock *other)
{
	unix_forget_peer_wake(sk);
	if (skb_queue_empty(&sk->sk_receive_queue))
		return;
	skb_queue_consume(&sk->sk_receive_queue);
	wake_up_interruptible_all(&unix_sk(sk)->peer_wait);
	if (!sock_flag(other, SOCK_DEAD) && unix_sk(other)->peer == sk) {
		WRITE_ONCE(other->sk_err, ECONNRESET);
		other->sk_error_report(other);
	}
}

static bool may_send(const struct sock *sk, const struct sock *other)
{
	const struct sock *peer = READ_ONCE(unix_sk(other)->peer);

	return !peer || peer == sk;
}

/* Puts other (a reference, or NULL) in the peer's place. */
static int set_peer(struct socket *sock, struct sock *other)
{
	struct sock *sk = sock->sk, *old;
	int err = 0;

	unix_lock_two(sk, other ? other : sk);
	old = unix_sk(sk)->peer;
	if (other && !may_send(sk, other)) {
		err = -EPERM;
		old = other;
	} else {
		unix_sk(sk)->peer = other;
		sk->sk_state = other ? TCP_ESTABLISHED : TCP_CLOSE;
		sock->state = other ? SS_CONNECTED : SS_UNCONNECTED;
	}
	unix_unlock_two(sk, other ? other : sk);
	if (!old)
		return err;
	if (!err && old != other)
		unix_dgram_disconnected(sk, old);
	sock_put(old);
	return err;
}

int unix_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk, *other;
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	if (addr->sa_family == AF_UNSPEC)
		return set_peer(sock, NULL);
	err = unix_check_name(addr, len);
	if (!err && sock_flag(sk, SOCK_PASSCRED))
		err = unix_autobind(sk);
	if (err)
		return err;
	other = unix_find_other(sk->sk_net, (struct sockaddr_un *)addr, len, sk->sk_type);
	return IS_ERR(other) ? (int)PTR_ERR(other) : set_peer(sock, other);
}

/* --- send --- */

/* The receiver of this message, referenced. */
static struct sock *find_receiver(struct sock *sk, struct msghdr_kern *msg)
{
	struct sock *other;
	int err;

	if (!msg->msg_namelen) {
		other = unix_peer_get(sk);
		return other ? other : ERR_PTR(-ENOTCONN);
	}
	err = unix_check_name(msg->msg_name, msg->msg_namelen);
	if (err)
		return ERR_PTR(err);
	return unix_find_other(sk->sk_net, msg->msg_name, msg->msg_namelen, sk->sk_type);
}

static int receiver_died(struct sock *sk, struct sock *other)
{
	bool mine;

	spin_lock(&unix_sk(sk)->lock);
	mine = unix_sk(sk)->peer == other && sk->sk_type == SOCK_DGRAM;
	if (mine) {
		unix_sk(sk)->peer = NULL;
		sk->sk_state = TCP_CLOSE;
	}
	spin_unlock(&unix_sk(sk)->lock);
	if (mine) {
		unix_dgram_disconnected(sk, other);
		sock_put(other);
	}
	return sk->sk_type == SOCK_SEQPACKET ? -EPIPE : -ECONNREFUSED;
}

int unix_wait_for_room(struct sock *other, s64 *timeo)
{
	struct unix_sock *u = unix_sk(other);
	struct wait_queue_entry w;

	init_wait(&w);
	prepare_to_wait_exclusive(&u->peer_wait, &w, TASK_INTERRUPTIBLE);
	spin_unlock(&u->lock);
	if (unix_recvq_full(other) && !sock_flag(other, SOCK_DEAD) && !(READ_ONCE(other->sk_shutdown) & RCV_SHUTDOWN) &&
	    !signal_pending_current())
		*timeo = schedule_timeout(*timeo);
	finish_wait(&u->peer_wait, &w);
	return signal_pending_current() ? sock_intr_errno(*timeo) : 0;
}

static int refusal_locked(struct sock *sk, struct sock *other)
{
	if (!may_send(sk, other))
		return -EPERM;
	if (other->sk_shutdown & RCV_SHUTDOWN)
		return -EPIPE;
	return 0;
}

/* Queues skb at other, waiting for room. 0 (skb eaten) or -errno. */
static int deliver(struct sock *sk, struct sock *other, struct sk_buff *skb, s64 timeo)
{
	int err;

	for (;;) {
		spin_lock(&unix_sk(other)->lock);
		if (sock_flag(other, SOCK_DEAD)) {
			spin_unlock(&unix_sk(other)->lock);
			return receiver_died(sk, other);
		}
		err = refusal_locked(sk, other);
		/* Two connected to each other may fill the queue with the buffer as the only limit, as on Linux. */
		if (err || unix_sk(other)->peer == sk || other == sk || !unix_recvq_full(other))
			break;
		if (!timeo) {
			err = -EAGAIN;
			break;
		}
		err = unix_wait_for_room(other, &timeo);
		if (err)
			return err;
	}
	if (!err)
		skb_queue_tail(&other->sk_receive_queue, skb);
	spin_unlock(&unix_sk(other)->lock);
	if (!err)
		other->sk_data_ready(other);
	return err;
}

static ssize_t send_message(struct sock *sk, struct msghdr_kern *msg, size_t len, struct unix_scm *scm)
{
	struct sock *other = find_receiver(sk, msg);
	bool noblock = msg->msg_flags & MSG_DONTWAIT;
	u32 header = (u32)min(len, (size_t)HEAD_BYTES);
	struct sk_buff *skb = NULL;
	int err = -EMSGSIZE;

	if (IS_ERR(other))
		return PTR_ERR(other);
	if (len <= (size_t)max(READ_ONCE(sk->sk_sndbuf) - 32, 0))
		skb = sock_alloc_send_pskb(sk, header, len - header, noblock, &err);
	if (!skb)
		goto put;
	err = unix_scm_attach(sk, skb, scm);
	if (!err)
		err = unix_copy_to_skb(skb, header, (u32)len, &msg->msg_iter);
	if (!err)
		err = deliver(sk, other, skb, sock_sndtimeo(sk, noblock));
	if (err)
		consume_skb(skb);
put:
	sock_put(other);
	return err ? err : (ssize_t)len;
}

ssize_t unix_dgram_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	struct sock *sk = sock->sk;
	struct unix_scm scm;
	ssize_t ret;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (sock_flag(sk, SOCK_PASSCRED) && !unix_sk(sk)->addr) {
		ret = unix_autobind(sk);
		if (ret)
			return ret;
	}
	ret = unix_scm_send(msg, &scm);
	if (ret)
		return ret;
	ret = send_message(sk, msg, len, &scm);
	unix_scm_drop(&scm);
	return ret;
}

ssize_t unix_seqpacket_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	ssize_t ret = sock_error(sock->sk);

	if (ret)
		return ret;
	if (sock->sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	msg->msg_namelen = 0;
	return unix_dgram_sendmsg(sock, msg, len); /* EPIPE without SIGPIPE, as on Linux: that is a stream's */
}

/* --- receive --- */

static ssize_t copy_message(struct sock *sk, struct sk_buff *skb, struct msghdr_kern *msg, size_t len, int flags)
{
	struct unix_scm scm = { UNIXCB(skb)->creds, NULL };
	u32 n = (u32)min(len, (size_t)skb->len);
	ssize_t ret = skb->len;

	unix_copy_addr(msg, skb->sk);
	if (n < skb->len)
		msg->msg_flags |= MSG_TRUNC;
	if (skb_copy_datagram_iter(skb, 0, &msg->msg_iter, n))
		return -EFAULT;
	if (UNIXCB(skb)->fds) {
		int err = unix_scm_take(sk, skb, &scm, flags & MSG_PEEK);

		if (err)
			return err;
	}
	unix_scm_receive(msg, sk, &scm);
	unix_scm_drop(&scm);
	return flags & MSG_TRUNC ? ret : (ssize_t)n;
}

ssize_t unix_dgram_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	struct sk_buff *skb;
	ssize_t ret;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	skb = skb_recv_datagram(sk, (unsigned int)flags, NULL, &err);
	if (!skb) {
		/* The end of a connection; without one there is none to tell. */
		if (err == -EAGAIN && sk->sk_type == SOCK_SEQPACKET && (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN))
			return 0;
		return err;
	}
	if (!(flags & MSG_PEEK) && wq_has_sleeper(&u->peer_wait))
		wake_up_interruptible_poll(&u->peer_wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	ret = copy_message(sk, skb, msg, len, flags);
	skb_free_datagram(sk, skb);
	return ret;
}

ssize_t unix_seqpacket_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	ssize_t ret;

	if (sock->sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	ret = unix_dgram_recvmsg(sock, msg, len, flags);
	msg->msg_namelen = 0;
	return ret;
}

/* --- poll: room at the peer is a wake-up from the peer's queue, passed on --- */

/* The peer's queue has room: once. Called with its peer_wait locked. */
int unix_peer_wake(struct wait_queue_entry *e, unsigned int mode, int flags, void *key)
{
	struct unix_sock *u = container_of(e, struct unix_sock, peer_wake);
	wait_queue_head_t *wq;

	list_del_init(&e->entry);
	rcu_read_lock();
	wq = sk_sleep(&u->sk);
	if (wq)
		wake_up_interruptible_poll(wq, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	rcu_read_unlock();
	return 0;
}

void unix_forget_peer_wake(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk), *from;

	spin_lock(&u->lock);
	from = u->wake_from;
	u->wake_from = NULL;
	spin_unlock(&u->lock);
	if (!from)
		return;
	remove_wait_queue(&from->peer_wait, &u->peer_wake);
	sock_put(&from->sk);
}

/* True: the peer's queue is full, and room there will wake our pollers. u->lock is held. */
static bool peer_full_locked(struct unix_sock *u)
{
	struct sock *peer = u->peer;

	if (!peer || unix_sk(peer)->peer == &u->sk || !unix_recvq_full(peer))
		return false;
	if (u->wake_from && u->wake_from != unix_sk(peer)) {
		remove_wait_queue(&u->wake_from->peer_wait, &u->peer_wake);
		sock_put(&u->wake_from->sk);
		u->wake_from = NULL;
	}
	if (!u->wake_from) {
		sock_hold(peer);
		u->wake_from = unix_sk(peer);
	}
	remove_wait_queue(&unix_sk(peer)->peer_wait, &u->peer_wake);
	INIT_LIST_HEAD(&u->peer_wake.entry);
	add_wait_queue(&unix_sk(peer)->peer_wait, &u->peer_wake);
	smp_mb();
	return unix_recvq_full(peer);
}

__poll_t unix_dgram_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	struct sock *sk = sock->sk;
	__poll_t mask = 0;
	bool full;
	u8 shut;

	poll_wait(f, &sock->wq, pt);
	shut = READ_ONCE(sk->sk_shutdown);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (shut & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (shut == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (!skb_queue_empty(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sk->sk_type == SOCK_SEQPACKET && sk->sk_state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (sk->sk_state == TCP_LISTEN || !(poll_requested_events(pt) & (EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND)))
		return mask;
	spin_lock(&unix_sk(sk)->lock);
	full = peer_full_locked(unix_sk(sk));
	spin_unlock(&unix_sk(sk)->lock);
	if (unix_writable(sk) && !full)
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}
