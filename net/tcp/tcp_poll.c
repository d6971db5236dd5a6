/* net/tcp/tcp_poll.c - what poll() and the queue ioctls say
 *
 * Called: poll, select and epoll, without the socket's lock; ioctl.
 */
#include "kernel/mm/uaccess.h"
#include "net/tcp/tcp_internal.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

/* Bytes that a read would give; the FIN is not one of them. */
static u32 readable(const struct tcp_sock *tp)
{
	const struct sock *sk = &tp->inet.sk;
	u32 n = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	if (tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) && !tp->tfo_listener)
		return 0;
	return n && sock_flag(sk, SOCK_DONE) ? n - 1 : n;
}
static bool is_readable(const struct tcp_sock *tp)
{
	u32 target = (u32)READ_ONCE(tp->inet.sk.sk_rcvlowat); /* as much, or all that there is room for */

	if (tp->urg_data && tp->urg_seq == tp->copied_seq && !sock_flag(&tp->inet.sk, SOCK_URGINLINE))
		target++;
	return readable(tp) && tcp_stream_is_readable(tp, target);
}
/* Room to write; when there is none, ask to be told, and look once more lest the news was missed. */
static __poll_t write_mask(struct sock *sk)
{
	if (sk->sk_shutdown & SEND_SHUTDOWN)
		return EPOLLOUT | EPOLLWRNORM;
	if (sk_stream_is_writeable(sk) && tcp_stream_memory_free(sk))
		return EPOLLOUT | EPOLLWRNORM;
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	smp_mb();
	return sk_stream_is_writeable(sk) && tcp_stream_memory_free(sk) ? EPOLLOUT | EPOLLWRNORM : 0;
}

__poll_t tcp_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	struct sock *sk = sock->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mask = 0;

	poll_wait(f, &sock->wq, pt);
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return (__force __poll_t)(list_empty(&tp->accept_queue) ? 0 : EPOLLIN | EPOLLRDNORM);
	if (sk->sk_shutdown == SHUTDOWN_MASK || sk->sk_state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (sk->sk_shutdown & RCV_SHUTDOWN)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (sk->sk_state == TCP_SYN_SENT && inet_sk(sk)->defer_connect)
		mask |= EPOLLOUT | EPOLLWRNORM; /* a write will connect */
	if (!tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) || tp->tfo_listener) {
		if (is_readable(tp))
			mask |= EPOLLIN | EPOLLRDNORM;
		mask |= write_mask(sk);
		if (tp->urg_data & TCP_URG_VALID)
			mask |= EPOLLPRI;
	}
	smp_rmb();
	if (READ_ONCE(sk->sk_err) || !skb_queue_empty(&sk->sk_error_queue))
		mask |= EPOLLERR;
	return (__force __poll_t)mask;
}

int tcp_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int answer;

	if (sk->sk_state == TCP_LISTEN && cmd != SIOCATMARK)
		return cmd == SIOCINQ || cmd == SIOCOUTQ || cmd == SIOCOUTQNSD ? -EINVAL : -ENOIOCTLCMD;
	lock_sock(sk);
	switch (cmd) {
	case SIOCINQ:
		answer = (int)readable(tp);
		if (tp->urg_data && !sock_flag(sk, SOCK_URGINLINE) &&
		    seq_between(tp->urg_seq, tp->copied_seq, tp->rcv_nxt))
			answer = (int)(tp->urg_seq - tp->copied_seq); /* up to the mark */
		break;
	case SIOCATMARK:
		answer = tp->urg_data && tp->urg_seq == tp->copied_seq;
		break;
	case SIOCOUTQ:
		answer = tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) ? 0 : (int)(tp->write_seq - tp->snd_una);
		break;
	case SIOCOUTQNSD:
		answer = tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) ? 0 : (int)(tp->write_seq - tp->snd_nxt);
		break;
	default:
		release_sock(sk);
		return -ENOIOCTLCMD;
	}
	release_sock(sk);
	return put_user(answer, (int __user *)arg);
}
