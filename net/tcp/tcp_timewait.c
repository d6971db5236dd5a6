/* net/tcp/tcp_timewait.c - the end of a connection, in little memory: FIN_WAIT2 of an orphan, and TIME_WAIT
 *
 * What:   what must be remembered so that a late segment is answered as RFC 9293 3.10.7.4 says, and the 4-tuple is not
 *         used again too early; and when it may be (RFC 6191).
 * Called: tcp_input.c and tcp_close.c as a socket ends; tcp_ipv4.c for segments; a timer.
 * Locks:  its own lock for what segments change. References: one for its life, one while the timer runs.
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp_internal.h"

static void tw_free(struct rcu_head *head)
{
	kmem_cache_free(tcp_tw_cache, container_of(head, struct tcp_timewait_sock, rcu));
}
void tcp_tw_put(struct tcp_timewait_sock *tw)
{
	if (refcount_dec_and_test(&tw->h.refcnt))
		call_rcu(&tw->rcu, tw_free);
}
/* Any context with BH off or on; the second call finds nothing to do. The caller has a reference of its own. */
void tcp_tw_kill(struct tcp_timewait_sock *tw)
{
	if (__atomic_exchange_n(&tw->dead, 1, __ATOMIC_ACQ_REL))
		return;
	if (timer_delete(&tw->timer))
		tcp_tw_put(tw);
	tcp_ehash_remove(&tw->h);
	tcp_bind_release(tw->h.net, &tw->bind_bucket, &tw->h.bind_node);
	atomic_dec(&tw->h.net->tcp->tw_count);
	tcp_tw_put(tw);
}
static void tw_timer(struct timer_list *t)
{
	struct tcp_timewait_sock *tw = container_of(t, struct tcp_timewait_sock, timer);

	tcp_tw_kill(tw);
	tcp_tw_put(tw);
}
static void tw_schedule(struct tcp_timewait_sock *tw, u64 timeout_ns)
{
	refcount_inc(&tw->h.refcnt); /* before it can fire */
	if (mod_timer(&tw->timer, ktime_get_ns() + timeout_ns))
		tcp_tw_put(tw);
}

static struct tcp_timewait_sock *tw_alloc(struct sock *sk)
{
	struct netns_tcp *t = sk->sk_net->tcp;

	if (atomic_read(&t->tw_count) >= t->sysctl.max_tw_buckets)
		return NULL;
	return kmem_cache_zalloc(tcp_tw_cache, GFP_ATOMIC);
}
static void tw_fill(struct tcp_timewait_sock *tw, struct sock *sk, enum tcp_state substate)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tw->h = (struct tcp_hashed){ .daddr = sk->sk_daddr,
				     .rcv_saddr = sk->sk_rcv_saddr,
				     .dport = sk->sk_dport,
				     .num = sk->sk_num,
				     .family = AF_INET,
				     .state = TCP_TIME_WAIT,
				     .reuse = sk->sk_reuse,
				     .reuseport = sk->sk_reuseport,
				     .bound_dev_if = sk->sk_bound_dev_if,
				     .net = sk->sk_net };
	refcount_set(&tw->h.refcnt, 2); /* its life, and ours until it is set up */
	spin_lock_init(&tw->lock);
	timer_setup(&tw->timer, tw_timer);
	tw->substate = (u8)substate;
	tw->tos = inet_sk(sk)->tos;
	tw->rcv_wscale = tp->rx_opt.rcv_wscale;
	tw->rcv_nxt = tp->rcv_nxt;
	tw->snd_nxt = tp->snd_nxt;
	tw->rcv_wnd = tcp_receive_window(tp);
	tw->tstamp_ok = tp->rx_opt.tstamp_ok;
	tw->ts_recent = tp->rx_opt.ts_recent;
	tw->ts_recent_ns = tp->rx_opt.ts_recent_ns;
	tw->tsoffset = tp->tsoffset;
}

/* The socket's duty passes to a TIME_WAIT (substate FIN_WAIT2: the peer's FIN is yet to come); the socket closes.
 * Without memory, or with too many of them, it just closes. [S], BH off. */
void tcp_time_wait(struct sock *sk, enum tcp_state substate, u64 timeout_ns)
{
	struct tcp_timewait_sock *tw = tw_alloc(sk);

	if (tw) {
		tw_fill(tw, sk, substate);
		tcp_bind_to_timewait(sk, tw);
		atomic_inc(&sk->sk_net->tcp->tw_count);
		tw_schedule(tw, substate == TCP_TIME_WAIT ? TCP_TIMEWAIT_NS : timeout_ns);
		NET_INC_STATS(sk->sk_net, TCPEXT_TW);
		if (!tcp_ehash_replace((struct tcp_hashed *)sk, &tw->h))
			tcp_tw_kill(tw);
		tcp_tw_put(tw);
	}
	tcp_done(sk);
}

static bool in_window(u32 seq, u32 end_seq, u32 win_start, u32 win_end)
{
	if (seq == win_start)
		return true;
	if (seq_after(end_seq, win_start) && seq_before(seq, win_end))
		return true;
	return seq == win_end && seq == end_seq;
}
static enum tcp_tw_status oow(struct tcp_timewait_sock *tw, const struct tcphdr *th, const struct tcp_skb_cb *cb)
{
	enum net_mib_item mib = tw->substate == TCP_FIN_WAIT2 ? MIB_TCPEXT_TCPACKSKIPPEDFINWAIT2
							      : MIB_TCPEXT_TCPACKSKIPPEDTIMEWAIT;

	if (!th->syn && cb->seq != cb->end_seq) /* data: no part of a loop of ACKs */
		return TCP_TW_ACK;
	return tcp_oow_limited(tw->h.net, &tw->last_ack_ns, ktime_get_ns(), mib) ? TCP_TW_DONE : TCP_TW_ACK;
}

/* FIN_WAIT2 by proxy: nobody will read, so data means a reset; a FIN starts the real TIME_WAIT. */
static enum tcp_tw_status fin_wait2(struct tcp_timewait_sock *tw, const struct sk_buff *skb, bool paws,
				    const struct tcp_options_received *opt)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (paws || !in_window(cb->seq, cb->end_seq, tw->rcv_nxt, tw->rcv_nxt + tw->rcv_wnd))
		return th->rst ? TCP_TW_DONE : oow(tw, th, cb);
	if (th->rst)
		return TCP_TW_RST; /* send_reset() does not answer a reset: this only ends it */
	if (th->syn && !seq_before(cb->seq, tw->rcv_nxt))
		return TCP_TW_RST;
	if (!th->ack || !seq_after(cb->end_seq, tw->rcv_nxt) || cb->end_seq == cb->seq)
		return TCP_TW_DONE;
	if (!th->fin || cb->end_seq != tw->rcv_nxt + 1)
		return TCP_TW_RST;
	tw->substate = TCP_TIME_WAIT;
	tw->rcv_nxt = cb->end_seq;
	if (opt->saw_tstamp) {
		tw->ts_recent = opt->rcv_tsval;
		tw->ts_recent_ns = ktime_get_ns();
	}
	tw_schedule(tw, TCP_TIMEWAIT_NS);
	return TCP_TW_ACK;
}

/* A new SYN may take the 4-tuple when its numbers or its clock are beyond the old ones. */
static bool syn_may_succeed(const struct tcp_timewait_sock *tw, const struct sk_buff *skb, bool paws,
			    const struct tcp_options_received *opt)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	if (!th->syn || th->rst || th->ack || paws)
		return false;
	return seq_after(TCP_SKB_CB(skb)->seq, tw->rcv_nxt) ||
	       (opt->saw_tstamp && (s32)(tw->ts_recent - opt->rcv_tsval) < 0);
}
static enum tcp_tw_status time_wait(struct tcp_timewait_sock *tw, const struct sk_buff *skb, bool paws,
				    const struct tcp_options_received *opt, u32 *isn)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!paws && cb->seq == tw->rcv_nxt && (cb->seq == cb->end_seq || th->rst)) {
		if (th->rst) /* RFC 1337: assassination, unless the sysctl forbids it */
			return tw->h.net->tcp->sysctl.rfc1337 ? TCP_TW_DONE : TCP_TW_RST;
		tw_schedule(tw, TCP_TIMEWAIT_NS);
		if (opt->saw_tstamp) {
			tw->ts_recent = opt->rcv_tsval;
			tw->ts_recent_ns = ktime_get_ns();
		}
		return TCP_TW_DONE;
	}
	if (syn_may_succeed(tw, skb, paws, opt)) {
		*isn = tw->snd_nxt + 65535 + 2;
		*isn += !*isn;
		return TCP_TW_SYN;
	}
	if (paws)
		NET_INC_STATS(tw->h.net, TCPEXT_PAWSESTAB);
	if (th->rst)
		return TCP_TW_DONE;
	if (paws || th->ack) /* an old duplicate keeps the wait going */
		tw_schedule(tw, TCP_TIMEWAIT_NS);
	return oow(tw, th, cb);
}

enum tcp_tw_status tcp_timewait_process(struct tcp_timewait_sock *tw, struct sk_buff *skb, u32 *isn)
{
	struct tcp_options_received opt = { 0 };
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	enum tcp_tw_status status;
	bool paws;

	spin_lock(&tw->lock);
	if (tw->tstamp_ok)
		tcp_parse_options(th, &opt, false);
	paws = opt.saw_tstamp && !th->rst && tw->ts_recent_ns && (s32)(tw->ts_recent - opt.rcv_tsval) > 0;
	status = tw->substate == TCP_FIN_WAIT2 ? fin_wait2(tw, skb, paws, &opt) : time_wait(tw, skb, paws, &opt, isn);
	spin_unlock(&tw->lock);
	return status;
}
void tcp_v4_timewait_ack(struct tcp_timewait_sock *tw, struct sk_buff *skb)
{
	struct tcp_ack_reply r = { .seq = tw->snd_nxt,
				   .ack = tw->rcv_nxt,
				   .win = tw->rcv_wnd >> tw->rcv_wscale,
				   .tstamp = tw->tstamp_ok,
				   .tsval = (u32)(ktime_get_ns() / NSEC_PER_MSEC) + tw->tsoffset,
				   .tsecr = tw->ts_recent,
				   .tos = tw->tos,
				   .oif = (int)skb->dev->ifindex };

	tcp_v4_send_ack(skb, tw->h.net, &r);
}

/* May connect() of sk take this 4-tuple? sysctl tcp_tw_reuse: 0 never, 1 always, 2 on the loopback; and only when
 * timestamps tell old segments from new, after tcp_tw_reuse_delay milliseconds. [E] */
bool tcp_tw_reusable(const struct tcp_timewait_sock *tw, const struct sock *sk)
{
	int mode = tcp_sysctl(sk)->tw_reuse;

	if (mode == 2 && (ntohl(sk->sk_daddr) >> 24 != 127 || ntohl(sk->sk_rcv_saddr) >> 24 != 127))
		return false;
	return mode && tw->substate == TCP_TIME_WAIT && tw->ts_recent_ns &&
		ktime_get_ns() - tw->ts_recent_ns > (u64)tcp_sysctl(sk)->tw_reuse_delay * NSEC_PER_MSEC;
}
