/* net/core/sock_wait.c - who sleeps on a socket, and what wakes them
 *
 * What:   the default wake-ups (data, room, error, state) and the waits of stream sockets.
 * Called: wake-ups from softirq or process; waits from process context with the socket owned, released meanwhile.
 * Calls:  wait queues; SIGIO through the file.
 * Locks:  struct socket is read under RCU, for close() may take it away at any time.
 * Absent: busy polling.
 */
#include "kernel/fs/file.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/sched/task.h"
#include "lib/bitmap.h"
#include "net/core/core.h"

/* Nobody asleep: no lock is taken. band: POLL_IN and so on, for SIGIO. As in Linux no SIGIO tells of data that a reader
 * waits for. */
static void sock_wake(struct sock *sk, u32 events, int band)
{
	struct socket *sock;
	struct file *f;

	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (sock) {
		if (wq_has_sleeper(&sock->wq))
			wake_up_interruptible_poll(&sock->wq, events);
		f = READ_ONCE(sock->file);
		if (f && unlikely(f->f_flags & FASYNC) && !(band == POLL_IN && test_bit(SOCK_WAITDATA, &sock->flags)))
			kill_fasync_file(f, band);
	}
	rcu_read_unlock();
}

void sock_def_readable(struct sock *sk) { sock_wake(sk, POLLIN | POLLRDNORM | POLLPRI | POLLRDBAND, POLL_IN); }
void sock_def_error_report(struct sock *sk) { sock_wake(sk, POLLERR, POLL_ERR); }

void sock_def_wakeup(struct sock *sk)
{
	wait_queue_head_t *wq;

	rcu_read_lock();
	wq = sk_sleep(sk);
	if (wq && wq_has_sleeper(wq))
		wake_up_interruptible_all(wq);
	rcu_read_unlock();
}

/* Datagram sockets: woken when half of the buffer is free, lest they wake for each packet. */
void sock_def_write_space(struct sock *sk)
{
	if (sock_writeable(sk))
		sock_wake(sk, POLLOUT | POLLWRNORM | POLLWRBAND, POLL_OUT);
}

void sk_stream_write_space(struct sock *sk)
{
	struct socket *sock = READ_ONCE(sk->sk_socket);

	if (!sock || !sk_stream_is_writeable(sk) || !test_bit(SOCK_NOSPACE, &sock->flags))
		return;
	clear_bit(SOCK_NOSPACE, &sock->flags);
	sock_wake(sk, POLLOUT | POLLWRNORM | POLLWRBAND, POLL_OUT);
}

/* Evaluates cond with the socket owned; between evaluations it is released. Leaves with it owned. */
#define sk_wait_event(sk, timeo_ns, wait, cond)                                                                        \
	({                                                                                                             \
		bool _done;                                                                                            \
		release_sock(sk);                                                                                      \
		_done = (cond);                                                                                        \
		if (!_done)                                                                                            \
			*(timeo_ns) = schedule_timeout(*(timeo_ns));                                                   \
		lock_sock(sk);                                                                                         \
		_done = (cond);                                                                                        \
		_done;                                                                                                 \
	})

static bool data_wait_over(const struct sock *sk, const struct sk_buff *tail)
{
	return skb_peek_tail(&sk->sk_receive_queue) != tail || READ_ONCE(sk->sk_backlog.tail) ||
	       READ_ONCE(sk->sk_err) || (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) || signal_pending_current();
}

/* 1 when there is something, 0 otherwise (time, signal: the caller looks). A backlog that nobody owns is something:
 * TCP leaves it to a reader that waits. */
int sk_wait_data(struct sock *sk, s64 *timeo_ns, const struct sk_buff *skb)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int r;

	if (!wq)
		return 1;
	init_wait(&w);
	set_bit(SOCK_WAITDATA, &sk->sk_socket->flags);
	prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
	r = sk_wait_event(sk, timeo_ns, &w, data_wait_over(sk, skb));
	clear_bit(SOCK_WAITDATA, &sk->sk_socket->flags);
	finish_wait(wq, &w);
	return r;
}

static bool stream_has_room(const struct sock *sk)
{
	if (!sk_stream_memory_free(sk))
		return false;
	return !sk->sk_prot->stream_memory_free || sk->sk_prot->stream_memory_free(sk);
}

static bool stream_wait_over(const struct sock *sk)
{
	return READ_ONCE(sk->sk_err) || (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) || stream_has_room(sk);
}

static int stream_wait_result(struct sock *sk, s64 timeo_ns)
{
	if (sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return -EPIPE;
	if (!timeo_ns)
		return -EAGAIN;
	return signal_pending_current() ? sock_intr_errno(timeo_ns) : 0;
}

/* There was room, but no memory: a short sleep, for nobody will say when there is. */
static void wait_for_pages(struct sock *sk)
{
	s64 ns = (s64)(2 + get_random_u32_below(198)) * (s64)NSEC_PER_MSEC;

	sk->sk_write_pending++;
	sk_wait_event(sk, &ns, &w, READ_ONCE(sk->sk_err) || (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN));
	sk->sk_write_pending--;
}
/* 0 when there is room; who found room asks for memory, and waits a moment. Wakes: sk_stream_write_space(). */
int sk_stream_wait_memory(struct sock *sk, s64 *timeo_ns)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	bool had_room = stream_has_room(sk);
	struct wait_queue_entry w;
	int r = 0;

	if (!wq)
		return -EPIPE;
	init_wait(&w);
	for (;;) {
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
		r = stream_wait_result(sk, *timeo_ns);
		if (!r && had_room)
			wait_for_pages(sk);
		if (r || stream_has_room(sk))
			break;
		sk->sk_write_pending++;
		sk_wait_event(sk, timeo_ns, &w, stream_wait_over(sk));
		sk->sk_write_pending--;
	}
	finish_wait(wq, &w);
	if (!r)
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	return r;
}

#define SK_STATES_CONNECTING (TCPF_SYN_SENT | TCPF_SYN_RECV)
#define SK_STATES_CONNECTED (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) /* the latter: connected, and half closed already */

/* Until the handshake is over. 0, or -EPIPE when there is none under way, the socket's error, -EAGAIN, -EINTR. */
int sk_stream_wait_connect(struct sock *sk, s64 *timeo_ns)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int r = 0;

	if (!wq)
		return -EPIPE;
	init_wait(&w);
	while (!(BIT(sk->sk_state) & SK_STATES_CONNECTED)) {
		prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
		r = sock_error(sk);
		if (!r && !(BIT(sk->sk_state) & SK_STATES_CONNECTING))
			r = -EPIPE;
		if (!r && !*timeo_ns)
			r = -EAGAIN;
		if (!r && signal_pending_current())
			r = sock_intr_errno(*timeo_ns);
		if (r)
			break;
		sk->sk_write_pending++;
		sk_wait_event(sk, timeo_ns, &w, READ_ONCE(sk->sk_err) ||
			      !(BIT(READ_ONCE(sk->sk_state)) & SK_STATES_CONNECTING));
		sk->sk_write_pending--;
	}
	finish_wait(wq, &w);
	return r;
}

/* What a stream's send returns for err: the pending error first, and the signal that EPIPE carries. */
int sk_stream_error(struct sock *sk, int flags, int err)
{
	if (err == -EPIPE) {
		int pending = sock_error(sk);

		if (pending)
			err = pending;
	}
	if (err == -EPIPE && !(flags & MSG_NOSIGNAL))
		send_signal(SIGPIPE, NULL, current, false);
	return err;
}
