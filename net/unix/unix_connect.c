/* net/unix/unix_connect.c - connections: listen, connect, accept, socketpair
 *
 * What:   connect makes the server's end itself and queues it, inside an empty skb, at the listener; accept takes it.
 * Called: net/socket.
 * Locks:  the locks of both sockets, lower address first, over the moment when they become a pair.
 */
#include "net/unix/af_unix.h"

int unix_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	int err = 0;

	if (!u->addr)
		return -EINVAL;
	spin_lock(&u->lock);
	if (sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN) {
		err = -EINVAL;
	} else {
		sk->sk_max_ack_backlog = (u32)backlog;
		sk->sk_state = TCP_LISTEN;
		unix_set_creds(sk);
	}
	spin_unlock(&u->lock);
	if (!err)
		wake_up_interruptible_all(&u->peer_wait);
	return err;
}

/* The listener that name stands for, referenced and locked, with room in its queue. */
static struct sock *find_listener(struct sock *sk, struct sockaddr_un *name, int len, s64 timeo)
{
	struct sock *other;
	int err;

	for (;;) {
		other = unix_find_other(sk->sk_net, name, len, sk->sk_type);
		if (IS_ERR(other))
			return other;
		spin_lock(&unix_sk(other)->lock);
		if (sock_flag(other, SOCK_DEAD)) { /* died since it was found: its name leads elsewhere by now */
			spin_unlock(&unix_sk(other)->lock);
			sock_put(other);
			continue;
		}
		err = other->sk_state != TCP_LISTEN || (other->sk_shutdown & RCV_SHUTDOWN) ? -ECONNREFUSED : 0;
		if (!err && !unix_recvq_full(other))
			return other;
		if (!err && !timeo)
			err = -EAGAIN;
		if (err)
			spin_unlock(&unix_sk(other)->lock);
		else
			err = unix_wait_for_room(other, &timeo);
		sock_put(other);
		if (err)
			return ERR_PTR(err);
	}
}

static int may_connect(const struct sock *sk)
{
	if (sk->sk_state == TCP_CLOSE)
		return 0;
	return sk->sk_state == TCP_ESTABLISHED ? -EISCONN : -EINVAL;
}

/* sk and newsk become a pair; both locked or known to nobody else. */
static void join(struct sock *sk, struct sock *newsk, struct sock *listener)
{
	struct unix_address *a = unix_sk(listener)->addr;

	sock_hold(sk);
	unix_sk(newsk)->peer = sk;
	newsk->sk_state = TCP_ESTABLISHED;
	unix_set_creds(newsk);
	if (a) {
		refcount_inc(&a->refs);
		smp_store_release(&unix_sk(newsk)->addr, a);
	}
	sk->sk_peer_cred = listener->sk_peer_cred;
	sk->sk_socket->state = SS_CONNECTED;
	sk->sk_state = TCP_ESTABLISHED;
	sock_hold(newsk);
	unix_sk(sk)->peer = newsk;
}

/* Pairs sk with newsk, which the listener finds in skb. 0, or -errno with nothing done. */
static int connect_to(struct sock *sk, struct sock *newsk, struct sk_buff *skb, struct sockaddr_un *name, int len,
		      s64 timeo)
{
	struct sock *listener = find_listener(sk, name, len, timeo);
	int err;

	if (IS_ERR(listener))
		return (int)PTR_ERR(listener);
	spin_unlock(&unix_sk(listener)->lock);
	unix_lock_two(sk, listener);
	err = may_connect(sk);
	if (!err && (sock_flag(listener, SOCK_DEAD) || listener->sk_state != TCP_LISTEN))
		err = -ECONNREFUSED;
	if (!err) {
		join(sk, newsk, listener);
		skb_queue_tail(&listener->sk_receive_queue, skb);
	}
	unix_unlock_two(sk, listener);
	if (!err)
		listener->sk_data_ready(listener);
	sock_put(listener);
	return err;
}

int unix_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk, *newsk;
	struct sk_buff *skb;
	int err = unix_check_name(addr, len);

	if (err)
		return err;
	err = may_connect(sk);
	if (!err && sock_flag(sk, SOCK_PASSCRED))
		err = unix_autobind(sk);
	if (err)
		return err;
	newsk = unix_create1(sk->sk_net, NULL, sock->type);
	if (!newsk)
		return -ENOMEM;
	skb = sock_wmalloc(newsk, 1, true, GFP_KERNEL);
	err = skb ? connect_to(sk, newsk, skb, (struct sockaddr_un *)addr, len, sock_sndtimeo(sk, flags & O_NONBLOCK)) :
		    -ENOMEM;
	if (!err)
		return 0;
	if (skb)
		consume_skb(skb);
	unix_release_sock(newsk, false);
	return err;
}

int unix_accept(struct socket *sock, struct socket *newsock, int flags)
{
	struct sock *sk = sock->sk, *newsk;
	struct sk_buff *skb;
	int err;

	if (sk->sk_state != TCP_LISTEN)
		return -EINVAL;
	skb = skb_recv_datagram(sk, flags & O_NONBLOCK ? MSG_DONTWAIT : 0, NULL, &err);
	if (!skb)
		return err ? err : -EINVAL; /* shut down */
	newsk = skb->sk;
	consume_skb(skb);
	if (wq_has_sleeper(&unix_sk(sk)->peer_wait))
		wake_up_interruptible(&unix_sk(sk)->peer_wait);
	spin_lock(&unix_sk(newsk)->lock);
	newsock->state = SS_CONNECTED;
	sock_graft(newsk, newsock);
	spin_unlock(&unix_sk(newsk)->lock);
	return 0;
}

int unix_socketpair(struct socket *a, struct socket *b)
{
	sock_hold(a->sk);
	sock_hold(b->sk);
	unix_sk(a->sk)->peer = b->sk;
	unix_sk(b->sk)->peer = a->sk;
	unix_set_creds(a->sk);
	unix_set_creds(b->sk);
	if (a->type == SOCK_DGRAM)
		return 0;
	a->sk->sk_state = b->sk->sk_state = TCP_ESTABLISHED;
	a->state = b->state = SS_CONNECTED;
	return 0;
}
