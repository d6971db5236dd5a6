/* net/tcp/tcp_cookie.c - SYN cookies (Bernstein 1996): a connection whose SYN was not remembered
 *
 * What:   our initial sequence number carries a keyed hash of the 4-tuple and the minute, and the peer's MSS as an
 *         index; our timestamp's last bits carry window scale, SACK and ECN. The third segment brings both back.
 * Called: tcp_request.c when the SYN queue is full; tcp_ipv4.c when an ACK comes to a listener.
 */
#include "net/tcp/tcp_internal.h"

#define COOKIE_MSS_BITS 2
#define COOKIE_MINUTES 2	/* accepted age */
static const u16 mss_table[1 << COOKIE_MSS_BITS] = { 536, 1300, 1440, 1460 };

#define COOKIE_VALID_NS (2ull * 60 * NSEC_PER_SEC) /* none is accepted when none was sent for so long */
enum { TS_WSCALE = 0xf, TS_SACK = 0x10, TS_ECN = 0x20, TS_BITS = 6 };

/* Milliseconds, never ahead of the clock, whose last bits are the options; what it loses in precision nobody sees. */
u32 tcp_cookie_timestamp(const struct tcp_options_received *o, bool ecn)
{
	u32 now = (u32)(ktime_get_ns() / NSEC_PER_MSEC), bits = o->wscale_ok ? o->snd_wscale : TS_WSCALE, ts;

	if (o->sack_ok)
		bits |= TS_SACK;
	if (ecn)
		bits |= TS_ECN;
	ts = (now & ~((1u << TS_BITS) - 1)) | bits;
	return ts > now ? ts - (1u << TS_BITS) : ts;
}
/* False: not one of ours, or about options that are switched off meanwhile. */
static bool take_timestamp(struct tcp_request_sock *req, const struct tcphdr *th)
{
	const struct tcp_sysctls *s = &req->h.net->tcp->sysctl;
	struct tcp_options_received *o = &req->opt;
	u32 bits;

	tcp_parse_options(th, o, false);
	if (!o->saw_tstamp)
		return true;
	if (!s->timestamps)
		return false;
	bits = o->rcv_tsecr - req->tsoffset;
	o->tstamp_ok = true;
	o->ts_recent = o->rcv_tsval;
	o->ts_recent_ns = ktime_get_ns();
	o->sack_ok = bits & TS_SACK;
	req->ecn_ok = (bits & TS_ECN) && s->ecn;
	o->wscale_ok = (bits & TS_WSCALE) != TS_WSCALE;
	o->snd_wscale = o->wscale_ok ? bits & TS_WSCALE : 0;
	return (!o->sack_ok || s->sack) && (!o->wscale_ok || s->window_scaling);
}

static u32 minutes(void) { return (u32)(ktime_get_ns() / (60 * NSEC_PER_SEC)); }
static u32 cookie_hash(struct net *net, const struct sk_buff *skb, u32 irs, u32 minute)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	u32 in[5] = { (__force u32)ip_hdr(skb)->saddr, (__force u32)ip_hdr(skb)->daddr,
		      (u32)(__force u16)th->source << 16 | (__force u16)th->dest, irs, minute };

	return (u32)siphash(in, sizeof(in), &net->tcp->cookie_key);
}

/* *mss in: the peer's; out: what the cookie can say. */
u32 tcp_cookie_make(struct net *net, const struct sk_buff *skb, u16 *mss)
{
	u32 i = ARRAY_SIZE(mss_table) - 1, hash = cookie_hash(net, skb, TCP_SKB_CB(skb)->seq, minutes());

	while (i && mss_table[i] > *mss)
		i--;
	*mss = mss_table[i];
	return (hash & ~(u32)((1 << COOKIE_MSS_BITS) - 1)) | i;
}
static u16 cookie_mss(struct net *net, const struct sk_buff *skb)
{
	u32 cookie = TCP_SKB_CB(skb)->ack_seq - 1, mask = (1 << COOKIE_MSS_BITS) - 1;

	for (u32 age = 0; age < COOKIE_MINUTES; age++)
		if (((cookie_hash(net, skb, TCP_SKB_CB(skb)->seq - 1, minutes() - age) ^ cookie) & ~mask) == 0)
			return mss_table[cookie & mask];
	return 0;
}

static bool cookies_are_out(const struct sock *lsk)
{
	u64 last = READ_ONCE(tcp_sk(lsk)->synq_overflow_ns);

	return last && ktime_get_ns() - last <= COOKIE_VALID_NS;
}
/* An ACK came to a listener: the child it proves, locked and referenced; NULL when it proves nothing, ERR_PTR when it
 * does but there is no room or no memory, or when another CPU was faster (-EEXIST). */
struct sock *tcp_cookie_check(struct sock *lsk, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct tcp_request_sock *req;
	struct sock *child;
	u16 mss;

	if (!tcp_sysctl(lsk)->syncookies || th->rst || !cookies_are_out(lsk))
		return NULL;
	mss = cookie_mss(lsk->sk_net, skb);
	if (!mss) {
		NET_INC_STATS(lsk->sk_net, TCPEXT_SYNCOOKIESFAILED);
		return NULL;
	}
	NET_INC_STATS(lsk->sk_net, TCPEXT_SYNCOOKIESRECV);
	if (tcp_acceptq_full(lsk))
		return ERR_PTR(-ENOBUFS);
	req = kmem_cache_zalloc(tcp_req_cache, GFP_ATOMIC);
	if (!req)
		return ERR_PTR(-ENOMEM);
	req->h = (struct tcp_hashed){ .daddr = ip_hdr(skb)->saddr, .rcv_saddr = ip_hdr(skb)->daddr, .dport = th->source,
				      .num = ntohs(th->dest), .family = AF_INET, .state = TCP_NEW_SYN_RECV,
				      .net = lsk->sk_net, .bound_dev_if = lsk->sk_bound_dev_if };
	refcount_set(&req->h.refcnt, 2); /* one for the hash, which tcp_create_child() takes away */
	sock_hold(lsk);
	req->listener = lsk;
	INIT_LIST_HEAD(&req->list);
	req->tfo.len = -1;
	timer_setup(&req->timer, NULL);
	req->rcv_isn = TCP_SKB_CB(skb)->seq - 1;
	req->rcv_nxt = req->rcv_isn + 1;
	req->snt_isn = TCP_SKB_CB(skb)->ack_seq - 1;
	req->mss = mss;
	req->tos = tcp_reflected_tos(lsk, ip_hdr(skb)->tos);
	req->tsoffset = tcp_secrets(lsk->sk_net, req->h.rcv_saddr, req->h.daddr, th->dest, th->source).ts_off;
	if (!take_timestamp(req, th)) {
		tcp_req_put(req);
		tcp_req_put(req);
		return NULL;
	}
	tcp_req_select_window(req, lsk);
	if (!tcp_ehash_insert(&req->h)) {
		tcp_req_put(req);
		tcp_req_put(req);
		return ERR_PTR(-EEXIST);
	}
	child = tcp_create_child(lsk, req);
	if (IS_ERR_OR_NULL(child))
		tcp_req_drop(req);
	tcp_req_put(req);
	return child ? child : ERR_PTR(-ENOMEM);
}
