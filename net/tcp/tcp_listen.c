/* net/tcp/tcp_listen.c - listen(), the accept queue, and the birth of an accepted connection
 *
 * Called: the socket calls; tcp_request.c in softirq for tcp_create_child().
 * Locks:  accept_lock of the listener guards its queues: neither SYN nor ACK needs the listener's own lock.
 */
#include "kernel/process/process.h"
#include "net/tcp/tcp_internal.h"

bool tcp_acceptq_full(const struct sock *sk)
{
	return READ_ONCE(sk->sk_ack_backlog) > READ_ONCE(sk->sk_max_ack_backlog);
}

/* [S] CLOSE to LISTEN, or a new backlog for a listener. */
int tcp_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	int err = 0;

	lock_sock(sk);
	if (sock->state != SS_UNCONNECTED || sock->type != SOCK_STREAM || !tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN)) {
		release_sock(sk);
		return -EINVAL;
	}
	WRITE_ONCE(sk->sk_max_ack_backlog, (u32)min((unsigned int)backlog, (unsigned int)SOMAXCONN));
	if (sk->sk_state == TCP_LISTEN)
		goto out;
	tcp_set_state(sk, TCP_LISTEN);
	err = tcp_get_port(sk, sk->sk_num); /* looks for conflicts once more: two may share a port, not a listener */
	if (err) {
		WRITE_ONCE(sk->sk_state, TCP_CLOSE);
		goto out;
	}
	if ((tcp_sysctl(sk)->fastopen & TFO_SERVER_WO_SOCKOPT1) && (tcp_sysctl(sk)->fastopen & TFO_SERVER_ENABLE) &&
	    !tcp_sk(sk)->tfo_max_qlen)
		tcp_fastopen_listen(sk, backlog);
	inet_sk(sk)->inet_sport = htons(sk->sk_num);
	sk_dst_reset(sk);
	tcp_v4_hash(sk);
out:
	release_sock(sk);
	return err;
}

bool tcp_accept_enqueue(struct sock *lsk, struct sock *child)
{
	struct tcp_sock *ltp = tcp_sk(lsk);
	bool ok;

	spin_lock_bh(&ltp->accept_lock);
	ok = READ_ONCE(lsk->sk_state) == TCP_LISTEN;
	if (ok) {
		list_add_tail(&tcp_sk(child)->accept_node, &ltp->accept_queue);
		WRITE_ONCE(lsk->sk_ack_backlog, lsk->sk_ack_backlog + 1);
	}
	spin_unlock_bh(&ltp->accept_lock);
	return ok;
}
static struct sock *accept_dequeue(struct sock *lsk)
{
	struct tcp_sock *ltp = tcp_sk(lsk), *child;

	spin_lock_bh(&ltp->accept_lock);
	child = list_first_entry_or_null(&ltp->accept_queue, struct tcp_sock, accept_node);
	if (child) {
		list_del_init(&child->accept_node);
		WRITE_ONCE(lsk->sk_ack_backlog, lsk->sk_ack_backlog - 1);
	}
	spin_unlock_bh(&ltp->accept_lock);
	return child ? tcp_sock_sk(child) : NULL;
}

/* [S], released while it sleeps. Exclusive: one connection wakes one acceptor. */
static int wait_for_connection(struct sock *sk, s64 timeo)
{
	struct tcp_sock *tp = tcp_sk(sk);
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;
	int err = 0;

	init_wait(&w);
	for (;;) {
		prepare_to_wait_exclusive(wq, &w, TASK_INTERRUPTIBLE);
		release_sock(sk);
		if (list_empty(&tp->accept_queue))
			timeo = schedule_timeout(timeo);
		lock_sock(sk);
		if (!list_empty(&tp->accept_queue))
			break;
		err = sk->sk_state != TCP_LISTEN ? -EINVAL : signal_pending_current() ? sock_intr_errno(timeo) :
		      !timeo ? -EAGAIN : 0;
		if (err)
			break;
	}
	finish_wait(wq, &w);
	return err;
}

/* proto.accept: the next connection, with the queue's reference; NULL and *err. */
struct sock *tcp_accept(struct sock *sk, int flags, int *err)
{
	s64 timeo = sock_rcvtimeo(sk, flags & O_NONBLOCK);
	struct sock *child = READ_ONCE(sk->sk_state) == TCP_LISTEN ? accept_dequeue(sk) : NULL;

	if (child) /* the queue has its own lock: who need not sleep needs no other */
		return child;
	lock_sock(sk);
	*err = sk->sk_state == TCP_LISTEN ? 0 : -EINVAL;
	while (!*err && !(child = accept_dequeue(sk)))
		*err = timeo ? wait_for_connection(sk, timeo) : -EAGAIN;
	release_sock(sk);
	return child;
}

/* A connection that nobody will accept: reset, as if its program had died. */
static void abandon(struct sock *child)
{
	local_bh_disable();
	bh_lock_sock(child);
	sock_orphan(child);
	atomic_inc(&child->sk_net->tcp->orphans);
	if (child->sk_state != TCP_CLOSE) {
		tcp_refresh_now(tcp_sk(child));
		tcp_send_active_reset(tcp_sk(child), GFP_ATOMIC);
		tcp_write_queue_purge(tcp_sk(child));
		tcp_done(child);
	} else {
		tcp_orphan_done(child);
	}
	bh_unlock_sock(child);
	local_bh_enable();
}
/* [S] in CLOSE already, so neither queue grows any more. */
void tcp_listen_stop(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_request_sock *req;
	struct sock *child;

	for (;;) {
		spin_lock_bh(&tp->accept_lock);
		req = list_first_entry_or_null(&tp->syn_queue, struct tcp_request_sock, list);
		if (req)
			refcount_inc(&req->h.refcnt);
		spin_unlock_bh(&tp->accept_lock);
		if (!req)
			break;
		tcp_req_drop(req);
		tcp_req_put(req);
	}
	while ((child = accept_dequeue(sk))) {
		sock_hold(child);
		abandon(child);
		sock_put(child);
	}
}

/* --- birth --- */

static void child_addresses(struct sock *child, const struct tcp_request_sock *req)
{
	struct inet_sock *inet = inet_sk(child);

	child->sk_daddr = req->h.daddr;
	child->sk_rcv_saddr = inet->inet_saddr = req->h.rcv_saddr;
	child->sk_dport = req->h.dport;
	child->sk_num = req->h.num;
	inet->inet_sport = htons(req->h.num);
	child->sk_bound_dev_if = req->h.bound_dev_if;
	if (tcp_sysctl(child)->reflect_tos)
		inet->tos = req->tos;
	inet->inet_opt = NULL;
	inet->mc_list = NULL;
	inet->cork = NULL;
}
static void child_sequence(struct tcp_sock *tp, const struct tcp_request_sock *req)
{
	tp->iss = req->snt_isn;
	tp->ecn_flags = req->ecn_ok ? TCP_ECN_OK : 0;
	tp->irs = req->rcv_isn;
	tp->snd_una = tp->snd_nxt = tp->write_seq = tp->pushed_seq = tp->snd_sml = tp->snd_up = req->snt_isn + 1;
	tp->rcv_nxt = tp->copied_seq = tp->rcv_wup = req->rcv_nxt;
	tp->rcv_wnd = req->rcv_wnd;
	tp->window_clamp = req->window_clamp;
	tp->rcv_ssthresh = req->rcv_wnd;
	tp->rx_opt = (struct tcp_options_received){ .user_mss = tp->rx_opt.user_mss };
	tp->rx_opt.tstamp_ok = req->opt.tstamp_ok;
	tp->rx_opt.wscale_ok = req->opt.wscale_ok;
	tp->rx_opt.sack_ok = req->opt.sack_ok;
	tp->rx_opt.snd_wscale = req->opt.snd_wscale;
	tp->rx_opt.rcv_wscale = req->opt.wscale_ok ? req->opt.rcv_wscale : 0;
	tp->rx_opt.ts_recent = req->opt.ts_recent;
	tp->rx_opt.ts_recent_ns = req->opt.ts_recent_ns;
	tp->rx_opt.mss_clamp = req->mss;
	tp->tcp_header_len = sizeof(struct tcphdr) + (req->opt.tstamp_ok ? 12 : 0);
	tp->tsoffset = req->tsoffset;
	tp->total_retrans = req->num_retrans;
	tp->segs_in = 1; /* the SYN */
}
static void child_timing(struct tcp_sock *tp, const struct tcp_request_sock *req)
{
	tp->rcv_tstamp_ns = tp->lsndtime_ns = tp->now_ns;
	if (!req->num_timeout && req->snt_synack_ns)
		tcp_synack_rtt_meas(tp,
				    (u32)min((tp->now_ns - req->snt_synack_ns) / NSEC_PER_USEC, (u64)TCP_RTO_MAX_US));
	else
		tp->rto_us = TCP_TIMEOUT_INIT_US;
}
static void discard(struct sock *child)
{
	WRITE_ONCE(child->sk_state, TCP_CLOSE);
	tcp_cleanup_congestion(tcp_sk(child));
	if (tcp_sk(child)->bind_bucket)
		tcp_put_port(child);
	sock_set_flag(child, SOCK_DEAD);
	bh_unlock_sock(child);
	sock_put(child);
	sock_put(child);
}

/* The listener closed between the hash and its queue: the child ends as one that waits there does. */
static void forget(struct sock *child)
{
	sock_orphan(child);
	atomic_inc(&child->sk_net->tcp->orphans);
	tcp_done(child);
	bh_unlock_sock(child);
	sock_put(child);
}

/* The third segment came: a socket in SYN_RECV, which that segment will move on. Locked and referenced, in the ehash
 * and in the accept queue. NULL when there is no memory, no room or no route any more; ERR_PTR(-EEXIST) when the
 * request is no longer what the segment belongs to (another CPU was faster, the listener closed): look again. The
 * accept queue may pass its limit by the number of CPUs that ask at once. Softirq. */
struct sock *tcp_create_child(struct sock *lsk, struct tcp_request_sock *req)
{
	struct sock *child = tcp_acceptq_full(lsk) ? NULL : sk_clone_lock(lsk, GFP_ATOMIC);
	struct tcp_sock *tp;
	struct rtable *rt;

	if (!child)
		return NULL;
	tp = tcp_sk(child);
	inet_sk_clone(child);
	WRITE_ONCE(child->sk_state, TCP_SYN_RECV);
	tp->ca_ops = tcp_sk(lsk)->ca_ops;
	tcp_init_once(tp);
	tcp_init_fields(tp);
	child_addresses(child, req);
	child_sequence(tp, req);
	child_timing(tp, req);
	tp->bind_bucket = NULL;
	rt = tcp_req_route(req);
	if (IS_ERR(rt)) {
		discard(child);
		return NULL;
	}
	sk_dst_set(child, &rt->dst);
	tcp_ca_dst_init(tp);
	tcp_sync_mss(tp, dst_mtu(&rt->dst));
	tp->advmss = tcp_advertise_mss(tp);
	tcp_initialize_rcv_mss(tp);
	tcp_bind_inherit(child, lsk);
	if (!tp->bind_bucket) {
		discard(child);
		return NULL;
	}
	if (!tcp_ehash_replace(&req->h, (struct tcp_hashed *)child)) {
		discard(child);
		return ERR_PTR(-EEXIST);
	}
	tp->saved_syn = req->saved_syn;
	req->saved_syn = NULL;
	tcp_req_put(req); /* the hash's reference */
	tcp_req_drop(req);
	if (!tcp_accept_enqueue(lsk, child)) {
		forget(child);
		return ERR_PTR(-EEXIST);
	}
	NET_INC_STATS(child->sk_net, TCP_PASSIVEOPENS);
	if (sock_flag(child, SOCK_KEEPOPEN))
		tcp_reset_keepalive_timer(child, tcp_keepalive_time_ns(tp));
	return child;
}
