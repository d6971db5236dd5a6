/* net/tcp/tcp_request.c - connections that others have begun: the SYN queue
 *
 * What:   a SYN makes a small request, which answers with SYN-ACK (tcp_synack.c) and repeats it; the third segment
 *         makes the socket.
 * Called: tcp_ipv4.c in softirq; the request's timer.
 * Calls:  tcp_listen.c for the accept queue, tcp_cookie.c when the SYN queue is full.
 * Locks:  the listener's accept_lock guards its queues; a request lives by references (hash, timer, lookup).
 */
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

static void req_free(struct rcu_head *head)
{
	kmem_cache_free(tcp_req_cache, container_of(head, struct tcp_request_sock, rcu));
}
void tcp_req_put(struct tcp_request_sock *req)
{
	if (!refcount_dec_and_test(&req->h.refcnt))
		return;
	consume_skb(req->saved_syn);
	if (req->rt)
		dst_release(&req->rt->dst);
	sock_put(req->listener);
	call_rcu(&req->rcu, req_free);
}
static void leave_syn_queue(struct tcp_request_sock *req)
{
	struct tcp_sock *ltp = tcp_sk(req->listener);

	spin_lock_bh(&ltp->accept_lock);
	if (!list_empty(&req->list)) {
		list_del_init(&req->list);
		WRITE_ONCE(ltp->syn_qlen, ltp->syn_qlen - 1);
	}
	spin_unlock_bh(&ltp->accept_lock);
}
static void req_stop_timer(struct tcp_request_sock *req)
{
	if (timer_delete(&req->timer))
		tcp_req_put(req);
}
/* The hash's reference goes with it; the caller has its own. */
void tcp_req_drop(struct tcp_request_sock *req)
{
	leave_syn_queue(req);
	req_stop_timer(req);
	if (tcp_ehash_remove(&req->h))
		tcp_req_put(req);
}

static u64 synack_timeout_ns(const struct tcp_request_sock *req)
{
	u64 us = TCP_TIMEOUT_INIT_US << min(req->num_timeout, (u8)20);

	return min(us, (u64)tcp_sk(req->listener)->rto_max_us) * NSEC_PER_USEC;
}
/* False when it is no longer in the SYN queue. Who takes it out stops the timer after that: asked under the same lock,
 * a timer that runs meanwhile does not outlive the request. The pending timer's reference is the one that just ran out.
 */
static bool rearm(struct tcp_request_sock *req, u64 now_ns)
{
	struct tcp_sock *ltp = tcp_sk(req->listener);
	bool alive;

	spin_lock_bh(&ltp->accept_lock);
	alive = !list_empty(&req->list) && READ_ONCE(req->listener->sk_state) == TCP_LISTEN;
	if (alive)
		mod_timer(&req->timer, now_ns + synack_timeout_ns(req));
	spin_unlock_bh(&ltp->accept_lock);
	return alive;
}
static void req_timer(struct timer_list *t)
{
	struct tcp_request_sock *req = container_of(t, struct tcp_request_sock, timer);
	struct sock *lsk = req->listener;
	u32 max_tries = tcp_sk(lsk)->syn_retries ? tcp_sk(lsk)->syn_retries : (u32)tcp_sysctl(lsk)->synack_retries;
	u32 defer = tcp_sk(lsk)->defer_accept;
	u64 now_ns = ktime_get_ns();

	req->num_timeout++;
	NET_INC_STATS(req->h.net, TCPEXT_TCPTIMEOUTS);
	if (req->num_timeout > max(max_tries, req->acked ? defer : 0) || !rearm(req, now_ns)) {
		tcp_req_drop(req);
		tcp_req_put(req);
		return;
	}
	if (!req->acked || req->num_timeout >= defer) {
		tcp_send_synack(req, now_ns);
		req->num_retrans++;
		NET_INC_STATS(req->h.net, TCP_RETRANSSEGS);
		NET_INC_STATS(req->h.net, TCPEXT_TCPSYNRETRANS);
	}
}

static void req_take_options(struct tcp_request_sock *req, const struct sk_buff *skb, struct sock *lsk, u64 now_ns)
{
	const struct tcp_sysctls *s = tcp_sysctl(lsk);
	u16 user = tcp_sk(lsk)->rx_opt.user_mss;

	req->opt.mss_clamp = TCP_MSS_DEFAULT;
	tcp_parse_options((const struct tcphdr *)skb->data, &req->opt, true);
	req->opt.tstamp_ok = req->opt.saw_tstamp && s->timestamps;
	req->opt.wscale_ok &= s->window_scaling != 0;
	req->opt.sack_ok &= s->sack != 0;
	if (!req->opt.wscale_ok)
		req->opt.snd_wscale = 0;
	if (req->opt.tstamp_ok) {
		req->opt.ts_recent = req->opt.rcv_tsval;
		req->opt.ts_recent_ns = now_ns;
	}
	req->mss = req->opt.mss_clamp;
	if (user)
		req->mss = min(req->mss, user);
}

static struct tcp_request_sock *req_alloc(struct sock *lsk, struct sk_buff *skb, u64 now_ns)
{
	struct tcp_request_sock *req = kmem_cache_zalloc(tcp_req_cache, GFP_ATOMIC);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct iphdr *iph = ip_hdr(skb);
	struct net *net = lsk->sk_net;
	struct tcp_secrets secrets;

	if (!req)
		return NULL;
	req->h.daddr = iph->saddr;
	req->h.rcv_saddr = iph->daddr;
	req->h.dport = th->source;
	req->h.num = ntohs(th->dest);
	req->h.family = AF_INET;
	req->h.state = TCP_NEW_SYN_RECV;
	req->h.net = net;
	req->h.bound_dev_if = lsk->sk_bound_dev_if;
	refcount_set(&req->h.refcnt, 1);
	sock_hold(lsk);
	req->listener = lsk;
	INIT_LIST_HEAD(&req->list);
	timer_setup(&req->timer, req_timer);
	req->tfo.len = -1;
	req->rcv_isn = TCP_SKB_CB(skb)->seq;
	req->rcv_nxt = req->rcv_isn + 1;
	req->tos = tcp_reflected_tos(lsk, iph->tos);
	req->ecn_ok = tcp_ecn_accepts(lsk, TCP_SKB_CB(skb)->tcp_flags, iph->tos);
	req_take_options(req, skb, lsk, now_ns);
	secrets = tcp_secrets(net, iph->daddr, iph->saddr, th->dest, th->source);
	req->tsoffset = secrets.ts_off;
	req->snt_isn = TCP_SKB_CB(skb)->tw_isn ? TCP_SKB_CB(skb)->tw_isn : secrets.seq;
	tcp_req_select_window(req, lsk);
	return req;
}

static bool enter_syn_queue(struct tcp_request_sock *req)
{
	struct tcp_sock *ltp = tcp_sk(req->listener);
	bool ok;

	spin_lock_bh(&ltp->accept_lock);
	ok = READ_ONCE(req->listener->sk_state) == TCP_LISTEN;
	if (ok) {
		list_add_tail(&req->list, &ltp->syn_queue);
		WRITE_ONCE(ltp->syn_qlen, ltp->syn_qlen + 1);
	}
	spin_unlock_bh(&ltp->accept_lock);
	return ok;
}
static bool syn_queue_full(const struct sock *lsk)
{
	return READ_ONCE(tcp_sk(lsk)->syn_qlen) >= lsk->sk_max_ack_backlog;
}
/* Without cookies the last quarter of tcp_max_syn_backlog is kept. */
static bool syn_backlog_short(const struct sock *lsk)
{
	int limit = tcp_sysctl(lsk)->max_syn_backlog;

	return limit - (int)READ_ONCE(tcp_sk(lsk)->syn_qlen) < limit >> 2;
}
/* TCP_SAVE_SYN: the headers as they came, from IP on, or from the link on. Without memory there is nothing to tell. */
static struct sk_buff *save_syn(const struct sock *lsk, const struct sk_buff *skb)
{
	const u8 *from = tcp_sk(lsk)->save_syn == 2 && skb->mac_header != U16_MAX ? skb->head + skb->mac_header
										  : (const u8 *)ip_hdr(skb);
	u32 n = (u32)(skb->data - from) + ((const struct tcphdr *)skb->data)->doff * 4u;
	struct sk_buff *copy = tcp_sk(lsk)->save_syn ? alloc_skb(n, GFP_ATOMIC | __GFP_NOWARN) : NULL;

	if (copy)
		memcpy(skb_put(copy, n), from, n);
	return copy;
}
static void syn_dropped(struct sk_buff *skb, struct net *net, enum skb_drop_reason why)
{
	NET_INC_STATS(net, TCPEXT_LISTENDROPS);
	kfree_skb_reason(skb, why);
}
/* Nothing is kept: all that must be known later is in the sequence number. */
static void answer_with_cookie(struct tcp_request_sock *req, struct sk_buff *skb, u64 now_ns)
{
	if (!req->opt.tstamp_ok) { /* they are what carries the other options */
		req->opt.wscale_ok = req->opt.sack_ok = req->ecn_ok = false;
		tcp_req_select_window(req, req->listener);
	}
	req->cookie_ts = req->opt.tstamp_ok;
	req->snt_isn = tcp_cookie_make(req->h.net, skb, &req->mss);
	WRITE_ONCE(tcp_sk(req->listener)->synq_overflow_ns, now_ns);
	NET_INC_STATS(req->h.net, TCPEXT_SYNCOOKIESSENT);
	tcp_send_synack(req, now_ns);
	tcp_req_put(req);
	consume_skb(skb);
}

/* A SYN for a listener. Eats skb. */
void tcp_v4_conn_request(struct sock *sk, struct sk_buff *skb)
{
	int cookies = tcp_sysctl(sk)->syncookies;
	bool proven = TCP_SKB_CB(skb)->tw_isn; /* a TIME_WAIT knows the peer: it is real */
	bool full = !proven && (cookies == 2 || syn_queue_full(sk));
	struct net *net = sk->sk_net;
	struct tcp_request_sock *req;
	u64 now_ns = ktime_get_ns();

	if (full && cookies)
		NET_INC_STATS(net, TCPEXT_TCPREQQFULLDOCOOKIES);
	if (!cookies && !proven && (full || syn_backlog_short(sk))) {
		if (full)
			NET_INC_STATS(net, TCPEXT_TCPREQQFULLDROP);
		syn_dropped(skb, net, SKB_DROP_REASON_TCP_REQQ_FULL);
		return;
	}
	if (tcp_acceptq_full(sk)) {
		NET_INC_STATS(net, TCPEXT_LISTENOVERFLOWS);
		syn_dropped(skb, net, SKB_DROP_REASON_TCP_LISTEN_OVERFLOW);
		return;
	}
	req = req_alloc(sk, skb, now_ns);
	if (!req) {
		syn_dropped(skb, net, SKB_DROP_REASON_NOMEM);
		return;
	}
	if (!full && tcp_fastopen_try(sk, req, skb, &req->tfo)) {
		tcp_req_put(req);
		consume_skb(skb);
		return;
	}
	if (full) {
		answer_with_cookie(req, skb, now_ns);
		return;
	}
	req->saved_syn = save_syn(sk, skb);
	if (!enter_syn_queue(req)) {
		tcp_req_put(req);
		syn_dropped(skb, net, SKB_DROP_REASON_NO_SOCKET);
		return;
	}
	refcount_inc(&req->h.refcnt); /* the timer's */
	refcount_inc(&req->h.refcnt); /* ours */
	if (!tcp_ehash_insert(&req->h)) {
		tcp_req_put(req); /* there will be no timer */
		tcp_req_drop(req);
		tcp_req_put(req);
		tcp_req_put(req);
		syn_dropped(skb, net, SKB_DROP_REASON_TCP_FLAGS);
		return;
	}
	if (!rearm(req, now_ns)) { /* the listener closed meanwhile */
		tcp_req_drop(req);
		tcp_req_put(req);
	} else if (tcp_send_synack(req, now_ns)) {
		tcp_req_drop(req);
	}
	tcp_req_put(req);
	consume_skb(skb);
}

/* --- a segment for a request --- */

static bool req_send_ack(struct tcp_request_sock *req, struct sk_buff *skb, enum net_mib_item skipped)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u64 now = ktime_get_ns();
	struct tcp_ack_reply r = { .seq = req->snt_isn + 1,
				   .ack = req->rcv_nxt,
				   .win = req->rcv_wnd >> req->opt.rcv_wscale,
				   .tstamp = req->opt.tstamp_ok,
				   .tsval = (u32)(now / NSEC_PER_MSEC) + req->tsoffset,
				   .tsecr = req->opt.ts_recent,
				   .tos = req->tos,
				   .oif = (int)skb->dev->ifindex };

	/* Data is no part of an exchange of ACKs without end. */
	if ((cb->seq == cb->end_seq || (cb->tcp_flags & TCPHDR_SYN)) &&
	    tcp_oow_limited(req->h.net, &req->last_ack_ns, now, skipped))
		return false;
	tcp_v4_send_ack(skb, req->h.net, &r);
	return true;
}
/* RFC 5961 3.2 before the handshake is over: only the very next number counts. */
static struct sock *inexact_reset(struct tcp_request_sock *req, struct sk_buff *skb, enum skb_drop_reason *why)
{
	if (req_send_ack(req, skb, MIB_TCPEXT_TCPACKSKIPPEDCHALLENGE))
		NET_INC_STATS(req->h.net, TCPEXT_TCPCHALLENGEACK);
	*why = SKB_DROP_REASON_TCP_RESET;
	return NULL;
}
static bool paws_rejects(struct tcp_request_sock *req, const struct tcphdr *th)
{
	if (!req->opt.tstamp_ok)
		return false;
	tcp_parse_options(th, &req->opt, false);
	return req->opt.saw_tstamp && !th->rst && (s32)(req->opt.ts_recent - req->opt.rcv_tsval) > 0;
}
/* An echo of what we never sent: it is not the answer of who got our SYN-ACK. */
static bool echoes_no_synack(const struct tcp_request_sock *req)
{
	const struct tcp_options_received *o = &req->opt;

	return o->tstamp_ok && o->saw_tstamp && o->rcv_tsecr &&
	       !seq_between(o->rcv_tsecr, req->first_tsval, req->last_tsval);
}
/* Any part of it. */
static bool in_window(const struct tcp_request_sock *req, const struct tcp_skb_cb *cb)
{
	u32 end = req->rcv_nxt + req->rcv_wnd;

	return cb->seq == req->rcv_nxt || (seq_after(cb->end_seq, req->rcv_nxt) && seq_before(cb->seq, end)) ||
	       (cb->seq == end && cb->end_seq == end);
}
/* Out of its place: the ACK says where we stand. */
static struct sock *out_of_window(struct tcp_request_sock *req, struct sk_buff *skb, bool paws, bool echo,
				  enum skb_drop_reason *why)
{
	if (!((const struct tcphdr *)skb->data)->rst)
		req_send_ack(req, skb, MIB_TCPEXT_TCPACKSKIPPEDSYNRECV);
	if (paws)
		NET_INC_STATS(req->h.net, TCPEXT_PAWSESTAB);
	else if (echo)
		NET_INC_STATS(req->h.net, TCPEXT_TSECRREJECTED);
	*why = paws || echo ? SKB_DROP_REASON_TCP_RFC7323_PAWS : SKB_DROP_REASON_TCP_INVALID_SEQUENCE;
	return NULL;
}
static struct sock *embryonic_reset(struct tcp_request_sock *req, struct sk_buff *skb, bool answer,
				    enum skb_drop_reason *why)
{
	if (answer)
		tcp_v4_send_reset(skb, req->h.net);
	NET_INC_STATS(req->h.net, TCPEXT_EMBRYONICRSTS);
	NET_INC_STATS(req->h.net, TCP_ATTEMPTFAILS);
	tcp_req_drop(req);
	*why = SKB_DROP_REASON_TCP_RESET;
	return NULL;
}
/* True when it is time for the socket, or for nothing at all. */
static bool still_deferred(struct tcp_request_sock *req, const struct tcp_skb_cb *cb)
{
	if (req->num_timeout >= tcp_sk(req->listener)->defer_accept || cb->end_seq != req->rcv_isn + 1)
		return false;
	req->acked = true;
	NET_INC_STATS(req->h.net, TCPEXT_TCPDEFERACCEPTDROP);
	return true;
}

struct sock *tcp_check_req(struct tcp_request_sock *req, struct sk_buff *skb, bool *eaten, enum skb_drop_reason *why)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	bool paws = paws_rejects(req, th), echo = echoes_no_synack(req);
	struct sock *child;

	if (cb->seq == req->rcv_isn && th->syn && !th->ack && !th->rst && !paws) { /* the SYN again */
		u64 now_ns = ktime_get_ns();

		if (!tcp_oow_limited(req->h.net, &req->last_ack_ns, now_ns, MIB_TCPEXT_TCPACKSKIPPEDSYNRECV)) {
			req->num_retrans++;
			tcp_send_synack(req, now_ns);
			NET_INC_STATS(req->h.net, TCP_RETRANSSEGS);
			NET_INC_STATS(req->h.net, TCPEXT_TCPSYNRETRANS);
		}
		consume_skb(skb);
		*eaten = true;
		return NULL;
	}
	if (th->ack && !th->rst && cb->ack_seq != req->snt_isn + 1) {
		tcp_v4_send_reset(skb, req->h.net);
		*why = SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE;
		return NULL;
	}
	if (paws || echo || !in_window(req, cb))
		return out_of_window(req, skb, paws, echo, why);
	if (th->rst && cb->seq != req->rcv_nxt)
		return inexact_reset(req, skb, why);
	if (th->rst || (th->syn && cb->seq != req->rcv_isn)) /* a SYN of the handshake lies before the window */
		return embryonic_reset(req, skb, !th->rst, why);
	if (!th->ack)
		return NULL;
	if (req->opt.tstamp_ok && req->opt.saw_tstamp && !seq_after(cb->seq, req->rcv_nxt))
		req->opt.ts_recent = req->opt.rcv_tsval;
	if (still_deferred(req, cb)) {
		consume_skb(skb);
		*eaten = true;
		return NULL;
	}
	child = tcp_create_child(req->listener, req);
	if (child)
		return child;
	*why = SKB_DROP_REASON_TCP_LISTEN_OVERFLOW;
	NET_INC_STATS(req->h.net, TCPEXT_LISTENOVERFLOWS);
	NET_INC_STATS(req->h.net, TCPEXT_LISTENDROPS);
	if (tcp_sysctl(req->listener)->abort_on_overflow)
		return embryonic_reset(req, skb, true, why);
	req->acked = true;
	return NULL;
}
