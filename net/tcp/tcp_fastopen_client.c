/* net/tcp/tcp_fastopen_client.c - TCP Fast Open (RFC 7413), the client: the cookies of servers, and a SYN with data
 *
 * What:   sendmsg(MSG_FASTOPEN) connects and sends at once; TCP_FASTOPEN_CONNECT lets an unchanged program do so. What
 *         a SYN-ACK says is kept by the server's address: its cookie, its MSS, and whether the experimental option is
 *         to be tried. After a black hole was met, no SYN carries data for a while.
 * Called: tcp_connect.c, tcp_send.c, tcp_handshake.c; tcp_input.c and tcp_timer.c for the black hole.
 * Locks:  the socket's owner; the cache has a lock of its own.
 */
#include "net/tcp/tcp_internal.h"
#include <asm/fcntl.h>

#define MAX_OPTION_SPACE 40u
#define CHAIN_MAX 16u		/* servers that share a chain; the one used longest ago gives way */

struct remembered {
	struct hlist_node node;
	__be32 daddr, saddr;
	u16 mss;
	u8 try_exp;		/* 1: the experimental option next time; 2: it did not help */
	struct tcp_fastopen_cookie cookie;
};

void tcp_fastopen_cache_init(struct tcp_fastopen_cache *c) { spin_lock_init(&c->lock); }
void tcp_fastopen_cache_free(struct tcp_fastopen_cache *c)
{
	for (u32 i = 0; i < TFO_CACHE_SIZE; i++)
		while (c->chain[i].first) {
			struct remembered *r = container_of(c->chain[i].first, struct remembered, node);

			hlist_del_init(&r->node);
			kfree(r);
		}
}
static struct hlist_head *chain_of(const struct sock *sk)
{
	return &sk->sk_net->tcp->tfo_cache.chain[hash_32((__force u32)sk->sk_daddr, 6)];
}
/* The lock is held. Found, it moves to the front; NULL. */
static struct remembered *find(const struct sock *sk)
{
	struct hlist_head *head = chain_of(sk);
	struct hlist_node *n;

	for (n = head->first; n; n = n->next) {
		struct remembered *r = container_of(n, struct remembered, node);

		if (r->daddr != sk->sk_daddr || r->saddr != sk->sk_rcv_saddr)
			continue;
		hlist_del_init(&r->node);
		hlist_add_head(&r->node, head);
		return r;
	}
	return NULL;
}
/* A new entry, or the oldest of its chain. The lock is held; NULL without memory. */
static struct remembered *make(const struct sock *sk)
{
	struct hlist_head *head = chain_of(sk);
	struct remembered *r = NULL;
	u32 n = 0;

	for (struct hlist_node *p = head->first; p; p = p->next, n++)
		r = container_of(p, struct remembered, node);
	if (n < CHAIN_MAX)
		r = kzalloc(sizeof(*r), GFP_ATOMIC);
	else
		hlist_del_init(&r->node);
	if (!r)
		return NULL;
	*r = (struct remembered){ .daddr = sk->sk_daddr, .saddr = sk->sk_rcv_saddr, .cookie.len = -1 };
	hlist_add_head(&r->node, head);
	return r;
}
static void cache_set(struct tcp_sock *tp, u16 mss, const struct tcp_fastopen_cookie *c, bool syn_lost, u8 try_exp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_fastopen_cache *cache = &sk->sk_net->tcp->tfo_cache;
	struct remembered *r;

	spin_lock_bh(&cache->lock);
	r = find(sk);
	if (!r)
		r = make(sk);
	if (r) {
		r->mss = mss ? mss : r->mss;
		if (c->len > 0)
			r->cookie = *c;
		else if (try_exp > r->try_exp && r->cookie.len <= 0)
			r->try_exp = r->cookie.exp ? 2 : try_exp;
		if (syn_lost)
			r->cookie.len = 0;
	}
	spin_unlock_bh(&cache->lock);
}
/* What the SYN may carry: fills *c and lowers *mss to the server's. True when data may go. */
static bool cookie_check(struct tcp_sock *tp, u16 *mss, struct tcp_fastopen_cookie *c)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct netns_tcp *t = sk->sk_net->tcp;
	struct remembered *r;

	spin_lock_bh(&t->tfo_cache.lock);
	r = find(sk);
	if (r) {
		if (r->mss)
			*mss = r->mss;
		*c = r->cookie;
		if (c->len <= 0) {
			c->len = 0;
			c->exp = r->try_exp == 1;
		}
	}
	spin_unlock_bh(&t->tfo_cache.lock);
	if (t->tfo_disabled_until_ns > tp->now_ns) {
		c->len = -1;
		return false;
	}
	if ((t->sysctl.fastopen & TFO_CLIENT_NO_COOKIE) || tp->tfo_no_cookie ||
	    dst_metric(tcp_sock_sk(tp)->sk_dst_cache, RTAX_FASTOPEN_NO_COOKIE)) {
		c->len = -1;
		return true;
	}
	return c->len > 0;
}

void tcp_fastopen_request_free(struct tcp_sock *tp)
{
	if (!tp->fastopen_req)
		return;
	if (tp->fastopen_req->more)
		tcp_sock_sk(tp)->sk_write_pending--;
	kfree(tp->fastopen_req);
	tp->fastopen_req = NULL;
}
bool tcp_fastopen_defer_connect(struct sock *sk, int *err)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct tcp_fastopen_cookie c = { 0 };
	u16 mss = 0;

	if (!tp->fastopen_connect || tp->fastopen_req)
		return false;
	if (cookie_check(tp, &mss, &c)) {
		inet_sk(sk)->defer_connect = true;
		return true;
	}
	tp->fastopen_req = kzalloc(sizeof(*tp->fastopen_req), GFP_KERNEL);
	if (tp->fastopen_req)
		tp->fastopen_req->cookie = c; /* the SYN asks for one */
	else
		*err = -ENOBUFS;
	return false;
}

/* --- the SYN --- */

/* An skb with as much of the program's data as a SYN takes beside all options; NULL: none. */
static struct sk_buff *syn_data(struct tcp_sock *tp, struct tcp_fastopen_request *fo)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 space = tcp_mtu_to_mss(tp, tp->pmtu_cookie), n;
	struct sk_buff *skb;

	if (!fo->data || space <= MAX_OPTION_SPACE)
		return NULL;
	space -= MAX_OPTION_SPACE;
	n = (u32)min((size_t)space, iov_iter_count(&fo->data->msg_iter));
	skb = tcp_stream_alloc_skb(tp, n, sk->sk_allocation);
	if (!skb)
		return NULL;
	if (copy_from_iter(skb_put(skb, n), n, &fo->data->msg_iter) != n) {
		consume_skb(skb);
		return NULL;
	}
	fo->copied = n;
	fo->more = iov_iter_count(&fo->data->msg_iter);
	sk->sk_write_pending += fo->more;
	return skb;
}
/* The SYN and its data leave as one; they are remembered as two, for a SYN that is repeated carries none. */
static int send_with_data(struct tcp_sock *tp, struct sk_buff *syn, struct sk_buff *data)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_skb_cb *cb = TCP_SKB_CB(data);
	int err;

	cb->seq = TCP_SKB_CB(syn)->seq;
	cb->end_seq = TCP_SKB_CB(syn)->end_seq + data->len;
	cb->tcp_flags = TCPHDR_SYN;
	cb->gso_segs = 1;
	INIT_LIST_HEAD(&cb->by_time);
	tcp_mem_force(sk, data->truesize);
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + data->truesize);
	err = tcp_transmit_skb(tp, data, true);
	cb->seq++;
	cb->tcp_flags = TCPHDR_ACK | TCPHDR_PSH;
	tp->write_seq = tp->pushed_seq = cb->end_seq;
	TCP_SKB_CB(syn)->tx = cb->tx;
	TCP_SKB_CB(syn)->sent_ns = cb->sent_ns;
	if (err || !data->len) {
		list_del_init(&cb->by_time);
		if (data->len)
			__skb_queue_tail(&sk->sk_write_queue, data);
		else
			tcp_wmem_free_skb(sk, data);
		return err;
	}
	list_move_tail(&TCP_SKB_CB(syn)->by_time, &tp->tsorted);
	list_move_tail(&cb->by_time, &tp->tsorted);
	tcp_rtx_insert(tp, data);
	tp->packets_out++;
	tp->snd_nxt = cb->end_seq;
	tp->syn_data = true;
	tcp_chrono_start(tp, TCP_CHRONO_BUSY);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPORIGDATASENT);
	return 0;
}
int tcp_fastopen_send_syn(struct tcp_sock *tp, struct sk_buff *syn)
{
	struct tcp_fastopen_request *fo = tp->fastopen_req;
	struct sk_buff *data = NULL;
	u16 mss = tp->advmss;
	int err;

	tp->rx_opt.mss_clamp = mss;
	if (cookie_check(tp, &mss, &fo->cookie)) {
		tp->rx_opt.mss_clamp = tp->rx_opt.user_mss ? min(mss, tp->rx_opt.user_mss) : mss;
		tcp_sync_mss(tp, tp->pmtu_cookie);
		data = syn_data(tp, fo);
	} else if (fo->cookie.len > 0) {
		fo->cookie.len = 0;
	}
	err = data ? send_with_data(tp, syn, data) : tcp_transmit_skb(tp, syn, true);
	fo->cookie.len = -1; /* a repeated SYN is a plain one */
	return err;
}

/* --- the answer --- */

static void data_goes_again(struct tcp_sock *tp)
{
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPFASTOPENACTIVEFAIL);
	tp->client_fail = tp->total_retrans ? TFO_SYN_RETRANSMITTED : TFO_DATA_NOT_ACKED;
	for (struct sk_buff *skb = tcp_rtx_first(tp); skb; skb = skb_rb_next(skb))
		tcp_mark_skb_lost(tp, skb);
	tcp_non_congestion_loss_retransmit(tp);
}
bool tcp_fastopen_synack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	bool unacked = tp->syn_data && tp->packets_out, lost = false;
	struct tcp_options_received own = { 0 };
	struct tcp_fastopen_cookie c;
	u8 try_exp = 0;

	if (!tp->syn_fastopen && !tp->syn_data)
		return false;
	tcp_parse_options(seg->th, &own, true);
	tcp_fastopen_parse(seg->th, &c);
	if (!tp->syn_fastopen)
		c.len = -1; /* nobody asked */
	else if (tp->total_retrans)
		lost = c.len < 0 && unacked;
	else if (c.len < 0 && !tp->syn_data)
		try_exp = tp->syn_fastopen_exp ? 2 : 1;
	cache_set(tp, own.mss_clamp, &c, lost, try_exp);
	if (unacked) {
		data_goes_again(tp);
		return true;
	}
	tp->syn_data_acked = tp->syn_data;
	if (tp->syn_data_acked) {
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPFASTOPENACTIVE);
		if (tp->delivered > 1)
			tp->delivered--; /* one segment that is remembered as two */
	}
	return false;
}

/* No SYN carries data for tcp_fastopen_blackhole_timeout_sec, and twice as long each time, up to 64 times. */
void tcp_fastopen_active_disable(struct tcp_sock *tp)
{
	struct netns_tcp *t = tcp_sock_sk(tp)->sk_net->tcp;
	u64 seconds = (u64)t->sysctl.fastopen_blackhole_timeout;

	if (!seconds)
		return;
	t->tfo_disabled_until_ns = tp->now_ns + (seconds << min(t->tfo_disabled_times++, 6u)) * NSEC_PER_SEC;
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPFASTOPENBLACKHOLE);
}

/* A connection that began with Fast Open times out: some middlebox may swallow all that follows on such a SYN. Three
 * time-outs in a row, or the end of the connection before that, are taken for one. */
void tcp_fastopen_active_detect_blackhole(struct tcp_sock *tp, bool expired)
{
	if (tp->retransmits != 2 && !(tp->retransmits < 2 && expired))
		return;
	tcp_fastopen_active_disable(tp);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPFASTOPENACTIVEFAIL);
}

/* sendmsg() that connects [S]. *copied: what the SYN took. 0, -EINPROGRESS, -EOPNOTSUPP, -EALREADY ... */
int tcp_sendmsg_fastopen(struct tcp_sock *tp, struct msghdr_kern *msg, size_t *copied)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sockaddr *addr = msg->msg_name;
	int err = 0, flags = msg->msg_flags & MSG_DONTWAIT ? O_NONBLOCK : 0;

	if (!(tcp_sysctl(sk)->fastopen & TFO_CLIENT_ENABLE) ||
	    (addr && msg->msg_namelen >= (int)sizeof(addr->sa_family) && addr->sa_family == AF_UNSPEC))
		return -EOPNOTSUPP;
	if (tp->fastopen_req)
		return -EALREADY;
	tp->fastopen_req = kzalloc(sizeof(*tp->fastopen_req), GFP_KERNEL);
	if (!tp->fastopen_req)
		return -ENOBUFS;
	tp->fastopen_req->data = msg;
	tcp_refresh_now(tp);
	if (inet_sk(sk)->defer_connect)
		err = tcp_connect_deferred(sk);
	if (!err)
		err = __inet_stream_connect(sk->sk_socket, addr, msg->msg_namelen, flags, true);
	if (tp->fastopen_req)
		*copied = tp->fastopen_req->copied;
	tcp_fastopen_request_free(tp);
	inet_sk(sk)->defer_connect = false;
	return err;
}
