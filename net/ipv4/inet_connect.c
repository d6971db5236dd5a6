/* net/ipv4/inet_connect.c - connect, accept and shutdown on AF_INET sockets
 *
 * What:   the states of struct socket (unconnected, connecting, connected) around the transport's own.
 * Called: net/socket/, in process context.
 * Calls:  sk->sk_prot->connect, accept, shutdown, disconnect.
 * Locks:  lock_sock().
 */
#include "net/ipv4/internal.h"
#include <asm/fcntl.h>

int inet_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	if (addr->sa_family == AF_UNSPEC) {
		if (!sk->sk_prot->disconnect)
			return -EOPNOTSUPP;
		lock_sock(sk);
		err = sk->sk_prot->disconnect(sk, flags);
		release_sock(sk);
		return err;
	}
	if (!sk->sk_num && sk->sk_type != SOCK_RAW) {
		err = inet_autobind(sk);
		if (err)
			return err;
	}
	lock_sock(sk);
	err = sk->sk_prot->connect(sk, addr, len);
	release_sock(sk);
	return err;
}

static bool in_handshake(const struct sock *sk)
{
	return sk->sk_state == TCP_SYN_SENT || sk->sk_state == TCP_SYN_RECV;
}

/* Sleeps until the handshake is over, however it ends; errors stay pending. 0, -EINPROGRESS when SO_SNDTIMEO ran out,
 * or what a signal gives. [S], released while it sleeps. */
static int sleep_through_handshake(struct sock *sk, s64 timeo)
{
	struct wait_queue_entry w;
	int err = 0;

	init_wait(&w);
	while (in_handshake(sk)) {
		prepare_to_wait(sk_sleep(sk), &w, TASK_INTERRUPTIBLE);
		if (!timeo)
			err = -EINPROGRESS;
		else if (signal_pending_current())
			err = sock_intr_errno(timeo);
		if (err)
			break;
		release_sock(sk); /* the answer may wait in the backlog */
		if (in_handshake(sk))
			timeo = schedule_timeout(timeo);
		lock_sock(sk);
	}
	finish_wait(sk_sleep(sk), &w);
	return err;
}

/* The handshake has begun: waits for its end as long as the socket may. [S] */
static int wait_for_handshake(struct socket *sock, struct sock *sk, int flags, int pending_err)
{
	s64 timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	int err = 0;

	if (in_handshake(sk)) {
		err = timeo ? sleep_through_handshake(sk, timeo) : pending_err;
		if (err)
			return err;
	}
	if (sk->sk_state == TCP_CLOSE) { /* refused, reset, timed out */
		err = sock_error(sk);
		sock->state = SS_UNCONNECTED;
		if (sk->sk_prot->disconnect(sk, flags))
			sock->state = SS_DISCONNECTING;
		return err ? err : -ECONNABORTED;
	}
	sock->state = SS_CONNECTED; /* a pending error is left to SO_ERROR */
	return 0;
}

int __inet_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags, bool sending)
{
	struct sock *sk = sock->sk;
	int err;

	if (addr && len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	if (addr && addr->sa_family == AF_UNSPEC) {
		err = sk->sk_prot->disconnect(sk, flags);
		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
		return err;
	}
	switch (sock->state) {
	case SS_CONNECTED: return -EISCONN;
	case SS_CONNECTING:
		if (inet_sk(sk)->defer_connect && !sending)
			return -EISCONN;
		return wait_for_handshake(sock, sk, flags, sending ? -EINPROGRESS : -EALREADY);
	case SS_UNCONNECTED: break;
	default: return -EINVAL;
	}
	if (sk->sk_state != TCP_CLOSE)
		return -EISCONN;
	if (!addr)
		return -EDESTADDRREQ;
	err = sk->sk_prot->connect(sk, addr, len);
	if (err < 0)
		return err;
	sock->state = SS_CONNECTING;
	if (inet_sk(sk)->defer_connect)
		return 0;
	return wait_for_handshake(sock, sk, flags, -EINPROGRESS);
}

int inet_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int err;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	lock_sock(sk);
	err = __inet_stream_connect(sock, addr, len, flags, false);
	release_sock(sk);
	return err;
}

int inet_accept(struct socket *sock, struct socket *newsock, int flags)
{
	int err = -EINVAL;
	struct sock *child = sock->sk->sk_prot->accept(sock->sk, flags, &err);

	if (!child)
		return err;
	lock_sock(child);
	sock_graft(child, newsock);
	newsock->state = SS_CONNECTED;
	release_sock(child);
	return 0;
}

static int shutdown_locked(struct socket *sock, struct sock *sk, int how)
{
	if (sock->state == SS_CONNECTING) {
		if (in_handshake(sk) || sk->sk_state == TCP_CLOSE)
			sock->state = SS_DISCONNECTING;
		else
			sock->state = SS_CONNECTED;
	}
	switch (sk->sk_state) {
	case TCP_CLOSE: /* poll() shall still see the end (POLLHUP) */
		sk->sk_shutdown |= (u8)how;
		if (sk->sk_prot->shutdown)
			sk->sk_prot->shutdown(sk, how);
		return -ENOTCONN;
	case TCP_LISTEN:
		if (!(how & RCV_SHUTDOWN))
			return 0;
		fallthrough;
	case TCP_SYN_SENT: {
		int err = sk->sk_prot->disconnect ? sk->sk_prot->disconnect(sk, 0) : -EOPNOTSUPP;

		sock->state = err ? SS_DISCONNECTING : SS_UNCONNECTED;
		return err;
	}
	default:
		sk->sk_shutdown |= (u8)how;
		if (sk->sk_prot->shutdown)
			sk->sk_prot->shutdown(sk, how);
		return 0;
	}
}

int inet_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk;
	int err;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	lock_sock(sk);
	err = shutdown_locked(sock, sk, how + 1);
	sk->sk_state_change(sk);
	release_sock(sk);
	return err;
}
