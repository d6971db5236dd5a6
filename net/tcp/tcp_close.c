/* net/tcp/tcp_close.c - shutdown(), close(), and what lives on after them
 *
 * What:   half close, orderly close, linger, the reset for data that nobody read; orphans until their state is over.
 * Called: inet_shutdown(), inet_release() in process context; tcp_done() for tcp_orphan_done().
 * Locks:  lock_sock(); then, with the program gone, slock and BH off.
 */
#include "kernel/process/process.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_destroy_sock);

/* Where a close of our direction leads, and whether a FIN goes with it. */
static const struct { u8 next; bool fin; } on_close[TCP_MAX_STATES] = {
	[TCP_ESTABLISHED] = { TCP_FIN_WAIT1, true },
	[TCP_SYN_SENT] = { TCP_CLOSE, false },
	[TCP_SYN_RECV] = { TCP_FIN_WAIT1, true },
	[TCP_CLOSE_WAIT] = { TCP_LAST_ACK, true },
	[TCP_LISTEN] = { TCP_CLOSE, false },
};
static bool close_state(struct sock *sk)
{
	u8 was = sk->sk_state;

	if (on_close[was].next)
		tcp_set_state(sk, on_close[was].next);
	return on_close[was].fin;
}

/* proto.shutdown [S]; how: RCV_SHUTDOWN, SEND_SHUTDOWN bits. */
void tcp_shutdown(struct sock *sk, int how)
{
	if (!(how & SEND_SHUTDOWN) || !tcp_in(sk, TCPF_ESTABLISHED | TCPF_SYN_RECV | TCPF_CLOSE_WAIT))
		return;
	tcp_refresh_now(tcp_sk(sk));
	if (close_state(sk))
		tcp_send_fin(tcp_sk(sk));
}

/* Gives back what the program did not read; true when there was any. */
static bool discard_unread(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	bool unread = false;

	while ((skb = __skb_dequeue(&sk->sk_receive_queue))) {
		if (seq_after(TCP_SKB_CB(skb)->seq + skb->len, tp->copied_seq))
			unread = true;
		consume_skb(skb);
	}
	return unread;
}

/* SO_LINGER: until our FIN is acknowledged, or the time is over. [S], released while it sleeps. */
static void wait_close(struct sock *sk, s64 timeo)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	const u32 closing = TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK;

	if (!wq || timeo <= 0)
		return;
	init_wait(&w);
	while (timeo > 0 && tcp_in(sk, closing) && !signal_pending_current()) {
		prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (tcp_in(sk, closing))
			timeo = schedule_timeout(timeo);
		lock_sock(sk);
	}
	finish_wait(wq, &w);
}

static void abort_connection(struct sock *sk)
{
	tcp_set_state(sk, TCP_CLOSE);
	tcp_send_active_reset(tcp_sk(sk), GFP_KERNEL);
	tcp_write_queue_purge(tcp_sk(sk));
	tcp_clear_timers(tcp_sk(sk));
}
/* [S] The first part: what the peer is told. */
static void close_locked(struct sock *sk, s64 timeout_ns)
{
	bool unread;

	tcp_refresh_now(tcp_sk(sk));
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sk->sk_state == TCP_LISTEN) {
		tcp_set_state(sk, TCP_CLOSE);
		tcp_listen_stop(sk);
		return;
	}
	unread = discard_unread(sk);
	if (sk->sk_state == TCP_CLOSE)
		return;
	if (unread && !tcp_in(sk, TCPF_SYN_SENT)) { /* RFC 2525 2.17: the peer must learn that data was lost */
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONCLOSE);
		abort_connection(sk);
	} else if (sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime_ns) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONDATA);
		tcp_disconnect(sk, 0);
	} else if (close_state(sk)) {
		tcp_send_fin(tcp_sk(sk));
	}
	wait_close(sk, timeout_ns);
}

/* FIN_WAIT2 without a program: a time limit. BH off, slock held. */
static void orphan_fin_wait2(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 timeout = tcp_fin_time_ns(tp);

	if (tp->linger2_s < 0) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONLINGER);
		tcp_send_active_reset(tp, GFP_ATOMIC);
		tcp_done(sk);
	} else if (timeout > TCP_TIMEWAIT_NS) {
		tcp_reset_keepalive_timer(sk, timeout - TCP_TIMEWAIT_NS);
	} else {
		tcp_time_wait(sk, TCP_FIN_WAIT2, timeout);
	}
}
/* The second part: the program is gone. */
static void adjudge_to_death(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (sk->sk_state == TCP_FIN_WAIT2)
		orphan_fin_wait2(sk);
	if (sk->sk_state != TCP_CLOSE && tcp_too_many_orphans(sk)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPABORTONMEMORY);
		tcp_send_active_reset(tp, GFP_ATOMIC);
		tcp_write_queue_purge(tp);
		tcp_done(sk);
	}
}

/* proto.close: eats the program's reference. timeout_ns: how long to linger. */
void tcp_close(struct sock *sk, s64 timeout_ns)
{
	u8 state;

	lock_sock(sk);
	close_locked(sk, timeout_ns);
	sock_hold(sk);
	state = sk->sk_state;
	sock_orphan(sk);
	atomic_inc(&sk->sk_net->tcp->orphans); /* tcp_orphan_done() counts it out */
	release_sock(sk); /* the backlog may end it */
	local_bh_disable();
	bh_lock_sock(sk);
	if (state == TCP_CLOSE || sk->sk_state != TCP_CLOSE) {
		if (sk->sk_state == TCP_CLOSE)
			tcp_orphan_done(sk);
		else
			adjudge_to_death(sk);
	}
	bh_unlock_sock(sk);
	local_bh_enable();
	sock_put(sk);
}

void tcp_destroy_sock(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	TRACE(tcp_destroy_sock, TCP_TRACE_ENDS " sock_cookie=%llx", TCP_TRACE_ENDS_OF(sk),
	      (unsigned long long)sock_gen_cookie(sk));
	tcp_clear_timers(tp);
	tcp_cleanup_congestion(tp);
	tcp_write_queue_purge(tp);
	tcp_ooo_purge(tp);
	consume_skb(tp->saved_syn);
	tp->saved_syn = NULL;
	tcp_fastopen_request_free(tp);
	tcp_fastopen_release(tp);
	tcp_mem_reclaim(sk);
	if (tp->bind_bucket)
		tcp_put_port(sk);
}
void tcp_orphan_done(struct sock *sk)
{
	BUG_UNLESS(sk->sk_state == TCP_CLOSE && sock_flag(sk, SOCK_DEAD));
	tcp_destroy_sock(sk);
	atomic_dec(&sk->sk_net->tcp->orphans);
	sock_put(sk);
}
