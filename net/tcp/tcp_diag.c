/* net/tcp/tcp_diag.c - TCP's sockets as ss(8) asks for them (NETLINK_SOCK_DIAG)
 *
 * Called: net/netlink for a dump, process context.
 * Calls:  inet_diag.c; tcp_info.c.
 * Locks:  a socket's slock while its facts are read; requests and TIME_WAITs are read as they are.
 * Absent: asking for one socket, killing one.
 */
#include "net/ipv4/inet_diag.h"
#include "net/tcp/tcp_internal.h"

struct walk {
	struct nl_dump *d;
	const struct inet_diag_req_v2 *r;
};

static u32 ms_until(u64 at_ns)
{
	u64 now = ktime_get_ns();

	return at_ns > now ? (u32)((at_ns - now) / NSEC_PER_MSEC) : 0;
}

/* Linux's numbers: 1 retransmission, 2 keepalive, 4 probes of a closed window. */
static void put_timer(const struct sock *sk, struct inet_diag_msg *h)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->write_event == TCP_TIME_PROBE0) {
		h->idiag_timer = 4;
		h->idiag_retrans = tp->probes_out;
		h->idiag_expires = ms_until(tp->write_timeout_ns);
	} else if (tp->write_event) {
		h->idiag_timer = 1;
		h->idiag_retrans = tp->retransmits;
		h->idiag_expires = ms_until(tp->write_timeout_ns);
	} else if (timer_pending(&sk->sk_timer)) {
		h->idiag_timer = 2;
		h->idiag_retrans = tp->probes_out;
		h->idiag_expires = ms_until(sk->sk_timer.expires_ns);
	}
}

static void put_details(struct nl_msg *m, struct sock *sk, const struct inet_diag_req_v2 *r)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_info_whole info;
	union tcp_cc_info cc;
	size_t n;

	inet_diag_put(m, sk, r);
	if (inet_diag_asks(r, INET_DIAG_INFO)) {
		tcp_get_info(tp, &info);
		nla_put(m, INET_DIAG_INFO, &info, sizeof(info));
	}
	if (inet_diag_asks(r, INET_DIAG_CONG) && tp->ca_ops)
		nla_put_string(m, INET_DIAG_CONG, tp->ca_ops->name);
	if (inet_diag_asks(r, INET_DIAG_VEGASINFO) && tp->ca_ops && tp->ca_ops->get_info) {
		n = tp->ca_ops->get_info(tp, &cc);
		if (n)
			nla_put(m, INET_DIAG_BBRINFO, &cc, (u32)n);
	}
}

/* False: stop. */
static bool tell_sock(struct sock *sk, struct walk *w)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct inet_diag_msg h;
	bool more = true;

	spin_lock_bh(&sk->sk_lock.slock);
	if (inet_diag_wants(w->r, sk->sk_state, inet_sk(sk)->inet_sport, sk->sk_dport) && nl_dump_next(w->d)) {
		u32 start;

		h = inet_diag_head(sk);
		put_timer(sk, &h);
		h.idiag_rqueue = sk->sk_state == TCP_LISTEN ? sk->sk_ack_backlog : tp->rcv_nxt - tp->copied_seq;
		h.idiag_wqueue = sk->sk_state == TCP_LISTEN ? sk->sk_max_ack_backlog : tp->write_seq - tp->snd_una;
		start = nl_dump_begin(w->d, w->d->nlh->nlmsg_type, &h, sizeof(h));
		put_details(&w->d->msg, sk, w->r);
		more = nl_dump_end(w->d, start);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	return more;
}

/* A TIME_WAIT or a request: its addresses and its timer are all there is. */
static void tell_small(const struct tcp_hashed *t, u8 state, u8 timer, u64 expires_ns, u8 tries, struct walk *w)
{
	struct inet_diag_msg h = { .idiag_family = AF_INET,
				   .idiag_state = state,
				   .idiag_timer = timer,
				   .idiag_retrans = tries,
				   .idiag_expires = ms_until(expires_ns) };

	if (!inet_diag_wants(w->r, state, htons(t->num), t->dport) || !nl_dump_next(w->d))
		return;
	h.id.idiag_sport = htons(t->num);
	h.id.idiag_dport = t->dport;
	h.id.idiag_src[0] = t->rcv_saddr;
	h.id.idiag_dst[0] = t->daddr;
	h.id.idiag_if = (u32)t->bound_dev_if;
	h.id.idiag_cookie[0] = h.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	nl_dump_end(w->d, nl_dump_begin(w->d, w->d->nlh->nlmsg_type, &h, sizeof(h)));
}

static void tell_hashed(struct tcp_hashed *t, void *ctx)
{
	struct walk *w = ctx;

	if (w->d->full)
		return;
	if (t->state == TCP_TIME_WAIT) {
		const struct tcp_timewait_sock *tw = (const struct tcp_timewait_sock *)t;

		tell_small(t, tw->substate, 3, tw->timer.expires_ns, 0, w);
	} else if (t->state == TCP_NEW_SYN_RECV) {
		const struct tcp_request_sock *req = (const struct tcp_request_sock *)t;

		tell_small(t, TCP_SYN_RECV, 1, req->timer.expires_ns, req->num_timeout, w);
	} else {
		tell_sock((struct sock *)t, w);
	}
}

static void tell_listeners(struct walk *w)
{
	bool more = true;

	rcu_read_lock();
	for (u32 b = 0; b < TCP_LHASH_SIZE && more; b++)
		for (struct hlist_node *n = rcu_dereference(w->d->net->tcp->lhash[b].first); n && more;
		     n = rcu_dereference(n->next))
			more = tell_sock(container_of(n, struct sock, sk_node), w);
	rcu_read_unlock();
}

static int tcp_diag_dump(struct nl_dump *d)
{
	struct walk w = { .d = d, .r = inet_diag_request(d) };

	d->msg.gfp = GFP_ATOMIC; /* records are built under locks */
	tell_listeners(&w);
	if (!d->full)
		tcp_ehash_for_each(d->net, tell_hashed, &w);
	return 0;
}

static struct sock_diag_handler tcp_diag_ops = {
	.family = AF_INET, .protocol = IPPROTO_TCP, .request_len = sizeof(struct inet_diag_req_v2),
	.dump = tcp_diag_dump
};
static struct sock_diag_handler tcp6_diag_ops = {
	.family = AF_INET6, .protocol = IPPROTO_TCP, .request_len = sizeof(struct inet_diag_req_v2),
	.dump = inet_diag_no_sockets
};

void tcp_diag_init(void)
{
	sock_diag_register(&tcp_diag_ops);
	sock_diag_register(&tcp6_diag_ops);
}
