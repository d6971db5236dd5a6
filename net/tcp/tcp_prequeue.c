/* net/tcp/tcp_prequeue.c - a reader that waits gets its bytes without the receive queue
 *
 * What:   who finds nothing to read leaves its buffer with the socket (tp->reading) and sleeps. The next data in order
 *         is not taken in softirq, which cannot touch a program's memory: it goes to the socket's backlog, as if a
 *         process owned the socket, and the reader is woken. With the socket its own it takes what waits there through
 *         the usual way in, at whose end tcp_queue_in_order() copies to the buffer instead of queueing.
 *         The backlog that nobody owns is what Linux called the prequeue, until 4.13. Whoever owns the socket meanwhile
 *         empties it on release, so order needs no thought; who looks at the connection in softirq empties it first.
 * Called: tcp_recv.c to wait; tcp_ipv4.c for each segment; tcp_reassembly.c; timers and ICMP.
 * Locks:  tp->reading changes with the socket owned, or under its slock while nobody owns it.
 * Absent: copying and summing in one pass, as Linux did: sums are known before the socket is.
 */
#include "kernel/sched/task.h"
#include "net/tcp/tcp_internal.h"

#define UNUSUAL (TCPHDR_FIN | TCPHDR_SYN | TCPHDR_RST | TCPHDR_URG)

/* Is it what the reader waits for? All else is better dealt with at once. */
static bool worth_waiting(const struct tcp_sock *tp, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	return tp->inet.sk.sk_state == TCP_ESTABLISHED && cb->seq == tp->rcv_nxt && cb->end_seq != cb->seq &&
	       !(cb->tcp_flags & UNUSUAL) && !tp->urg_data;
}
/* A reader that gets no CPU must not hold up the peer's clock: the time-out of a delayed ACK bounds the wait, and half
 * of the receive buffer what waits. */
bool __tcp_prequeue(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	bool first = !sk->sk_backlog.tail;

	if (first && !worth_waiting(tp, skb))
		return false;
	if (!sk_add_backlog(sk, skb, (u32)READ_ONCE(sk->sk_rcvbuf) / 2)) {
		tcp_prequeue_run(sk);
		return false;
	}
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPPREQUEUED);
	if (!first)
		return true;
	try_to_wake_up(tp->reading->task, TASK_INTERRUPTIBLE);
	if (!timer_pending(&tp->delack_timer))
		sk_reset_timer(sk, &tp->delack_timer, ktime_get_ns() + TCP_DELACK_MIN_US * NSEC_PER_USEC);
	return true;
}
/* The reader loses its place, for it came too late once: what follows goes the usual way until it waits anew. */
void __tcp_prequeue_run(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	tp->reading = NULL;
	while ((skb = sk_take_backlog(sk))) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPPREQUEUEDROPPED);
		tcp_v4_do_rcv(sk, skb);
	}
}

/* What cannot be copied goes to the queue, where the reader meets its fault. */
static bool copy(struct tcp_reading *r, const struct sk_buff *skb)
{
	struct iov_iter before = r->msg->msg_iter;

	if (likely(!skb_copy_datagram_iter(skb, 0, &r->msg->msg_iter, skb->len)))
		return true;
	r->msg->msg_iter = before;
	return false;
}
bool __tcp_hand_over(struct tcp_sock *tp, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_reading *r = tp->reading;

	if (r->task != current || !sock_owned_by_user(sk) || tp->copied_seq != tp->rcv_nxt || skb->len > r->len ||
	    cb->end_seq - cb->seq != skb->len || tp->urg_data)
		return false;
	__set_current_state_running(); /* it may be about to sleep; a page fault may, too */
	if (!copy(r, skb))
		return false;
	r->copied += skb->len;
	r->len -= skb->len;
	if (skb->tstamp_ns)
		r->stamp_ns = skb->tstamp_ns;
	this_cpu_ptr(sk->sk_net->mib)->v[r->from] += skb->len;
	return true;
}

void tcp_wait_for_data(struct tcp_sock *tp, struct tcp_reading *r)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	if (tp->reading || !r->len || (r->flags & (MSG_PEEK | MSG_TRUNC)) || tcp_sysctl(sk)->low_latency) {
		sk_wait_data(sk, &r->timeo, tail);
		return;
	}
	r->task = current;
	r->from = MIB_TCPEXT_TCPDIRECTCOPYFROMBACKLOG;
	tp->reading = r;
	sk_wait_data(sk, &r->timeo, tail);
	if (tp->reading != r)
		return;
	r->from = MIB_TCPEXT_TCPDIRECTCOPYFROMPREQUEUE;
	sk_flush_backlog(sk);
	tp->reading = NULL;
}
