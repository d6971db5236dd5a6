/* net/tcp/tcp_fastopen.c - TCP Fast Open (RFC 7413), the server: a SYN with a valid cookie makes a socket at once
 *
 * What:   cookies are a keyed hash of the addresses; the child of a valid one stands in SYN_RECV with the SYN's data,
 *         its SYN-ACK in its own retransmit queue, and may be accepted, read and written before the third segment.
 * Called: tcp_request.c in softirq; tcp_sockopt.c, tcp_listen.c and the sysctl for keys and queue length.
 * Calls:  tcp_listen.c for the child, tcp_output.c for the SYN-ACK.
 * Absent: the list of reset children that RFC 7413 5.1 suggests; the queue limit alone bounds what an attacker gets.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/random.h"
#include "kernel/sched/task.h"
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"

enum { OPT_NOP = 1, OPT_FASTOPEN = 34, OPT_EXPERIMENT = 254 };
#define EXPERIMENT_MAGIC 0xf989
#define BASE(c) ((c)->exp ? 4u : 2u)

/* --- the option --- */

static void take(struct tcp_fastopen_cookie *c, const u8 *val, u32 len, bool exp)
{
	if (len & 1)
		return;
	if (len && (len < TCP_FASTOPEN_COOKIE_MIN || len > TCP_FASTOPEN_COOKIE_MAX))
		return;
	memcpy(c->val, val, len);
	c->len = (s8)len;
	c->exp = exp;
}
void tcp_fastopen_parse(const struct tcphdr *th, struct tcp_fastopen_cookie *c)
{
	c->len = -1;
	for (const u8 *p = NULL; (p = tcp_next_option(th, p));) {
		if (*p == OPT_FASTOPEN)
			take(c, p + 2, p[1] - 2u, false);
		else if (*p == OPT_EXPERIMENT && p[1] >= 4 && get_unaligned_be16(p + 2) == EXPERIMENT_MAGIC)
			take(c, p + 4, p[1] - 4u, true);
	}
}
u32 tcp_fastopen_option_size(const struct tcp_fastopen_cookie *c)
{
	return c && c->len >= 0 ? ALIGN_UP(BASE(c) + (u32)c->len, 4u) : 0;
}
void *tcp_fastopen_option_write(void *at, const struct tcp_fastopen_cookie *c)
{
	u32 size = tcp_fastopen_option_size(c);
	u8 *p = at;

	if (!size)
		return p;
	memset(p, OPT_NOP, size);
	p[0] = c->exp ? OPT_EXPERIMENT : OPT_FASTOPEN;
	p[1] = (u8)(BASE(c) + (u32)c->len);
	if (c->exp)
		put_unaligned_be16(EXPERIMENT_MAGIC, p + 2);
	memcpy(p + BASE(c), c->val, (size_t)c->len);
	return p + size;
}

/* --- keys and cookies --- */

/* len 16, or 32 with a second key that is still accepted. 0 or -EINVAL. */
int tcp_fastopen_set_keys(struct tcp_fastopen_keys *keys, const void *bytes, u32 len)
{
	if (len != TCP_FASTOPEN_KEY_LENGTH && len != 2 * TCP_FASTOPEN_KEY_LENGTH)
		return -EINVAL;
	memcpy(keys->key, bytes, len);
	keys->n = (u8)(len / TCP_FASTOPEN_KEY_LENGTH);
	return 0;
}
/* The stack's key is drawn when it is first needed. */
static void init_key_once(struct netns_tcp *t)
{
	if (t->tfo_keys.n)
		return;
	get_random_bytes(t->tfo_keys.key[0], TCP_FASTOPEN_KEY_LENGTH);
	t->tfo_keys.n = 1;
}
static void make_cookie(const struct tcp_fastopen_keys *keys, u32 i, const struct sk_buff *skb,
			struct tcp_fastopen_cookie *c)
{
	u32 addresses[2] = { (__force u32)ip_hdr(skb)->saddr, (__force u32)ip_hdr(skb)->daddr };
	siphash_key_t key;
	u64 hash;

	memcpy(&key, keys->key[i], sizeof(key));
	hash = siphash(addresses, sizeof(addresses), &key);
	memcpy(c->val, &hash, sizeof(hash));
	c->len = TCP_FASTOPEN_COOKIE_SIZE;
}
static const struct tcp_fastopen_keys *keys_of(const struct sock *lsk)
{
	return tcp_sk(lsk)->tfo_keys.n ? &tcp_sk(lsk)->tfo_keys : &lsk->sk_net->tcp->tfo_keys;
}
/* Which key made *c, from 1 on; 0: none did. */
static u32 who_made(const struct sock *lsk, const struct sk_buff *skb, const struct tcp_fastopen_cookie *c)
{
	const struct tcp_fastopen_keys *keys = keys_of(lsk);
	struct tcp_fastopen_cookie ours;

	for (u32 i = 0; i < keys->n; i++) {
		make_cookie(keys, i, skb, &ours);
		if (ours.len == c->len && !memcmp(ours.val, c->val, (size_t)c->len))
			return i + 1;
	}
	return 0;
}
static int hex_digit(char c)
{
	if (isdigit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
/* "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4", or two of them with a comma between. */
static bool parse_key(const char **p, u8 *key)
{
	for (u32 word = 0; word < 4; word++) {
		u32 v = 0, digits = 0;

		for (int d; digits < 8 && (d = hex_digit(**p)) >= 0; digits++, (*p)++)
			v = v << 4 | (u32)d;
		if (!digits || (word < 3 && *(*p)++ != '-'))
			return false;
		memcpy(key + 4 * word, &v, 4);
	}
	return true;
}
int tcp_fastopen_key_sysctl(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	struct net *net = current && current->net ? current->net : init_net;
	struct tcp_fastopen_keys *keys = &net->tcp->tfo_keys, fresh = { 0 };
	const char *p = buf;
	size_t n = 0;

	(void)t;
	for (u32 i = 0; !write && i < max(keys->n, (u8)1); i++) {
		u32 w[4];

		memcpy(w, keys->key[i], sizeof(w));
		n += (size_t)scnprintf(buf + n, *len - n, "%s%08x-%08x-%08x-%08x", i ? "," : "", w[0], w[1], w[2],
				       w[3]);
	}
	if (!write) {
		*len = n + (size_t)scnprintf(buf + n, *len - n, "\n");
		return 0;
	}
	while (isspace(*p))
		p++;
	if (!parse_key(&p, fresh.key[0]) || (*p == ',' && (p++, !parse_key(&p, fresh.key[1]))))
		return -EINVAL;
	fresh.n = p > buf && strchr(buf, ',') ? 2 : 1;
	*keys = fresh;
	return 0;
}
/* TCP_FASTOPEN on a listener, or one to be. queue: children that may wait for their third segment; 0: off. */
int tcp_fastopen_listen(struct sock *sk, int queue)
{
	if (queue < 0 || !tcp_in(sk, TCPF_CLOSE | TCPF_LISTEN))
		return -EINVAL;
	init_key_once(sk->sk_net->tcp);
	tcp_sk(sk)->tfo_max_qlen = min(queue, sk->sk_net->core->somaxconn);
	return 0;
}

/* --- a SYN --- */

static bool queue_has_room(struct sock *lsk)
{
	struct tcp_sock *ltp = tcp_sk(lsk);

	if (!ltp->tfo_max_qlen)
		return false;
	if (atomic_read(&ltp->tfo_qlen) < ltp->tfo_max_qlen)
		return true;
	NET_INC_STATS(lsk->sk_net, TCPEXT_TCPFASTOPENLISTENOVERFLOW);
	return false;
}
void tcp_fastopen_release(struct tcp_sock *child)
{
	struct sock *lsk = child->tfo_listener;

	if (likely(!lsk))
		return;
	child->tfo_listener = NULL;
	atomic_dec(&tcp_sk(lsk)->tfo_qlen);
	sock_put(lsk);
}
/* The bytes of the SYN, without the SYN. */
static void take_syn_data(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sk_buff *data = skb_clone(skb, GFP_ATOMIC);
	struct tcp_skb_cb *cb;

	if (!data)
		return; /* not acknowledged: the peer sends it again */
	cb = TCP_SKB_CB(data);
	skb_dst_drop(data);
	__skb_pull(data, ((const struct tcphdr *)skb->data)->doff * 4u);
	cb->seq++;
	cb->tcp_flags &= (u8)~TCPHDR_SYN;
	if (cb->seq == cb->end_seq) {
		consume_skb(data);
		return;
	}
	tp->data_segs_in += !!data->len;
	tcp_mem_force(tcp_sock_sk(tp), data->truesize);
	tcp_queue_in_order(tp, data);
	tp->rcv_wup = tp->rcv_nxt;
	tp->syn_data_acked = true;
	if (tp->peer_fin) {
		tp->peer_fin = false;
		tcp_fin(tp);
	}
}
/* Our SYN-ACK as the first of what was sent: it is repeated, timed and acknowledged like everything else. */
static bool queue_synack(struct tcp_sock *tp, const struct tcp_fastopen_cookie *cookie)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb = tcp_stream_alloc_skb(tp, 0, GFP_ATOMIC);

	if (!skb)
		return false;
	TCP_SKB_CB(skb)->seq = tp->iss;
	TCP_SKB_CB(skb)->end_seq = tp->iss + 1;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_SYN | TCPHDR_ACK;
	TCP_SKB_CB(skb)->gso_segs = 1;
	tcp_mem_force(sk, skb->truesize);
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + skb->truesize);
	tp->snd_una = tp->snd_sml = tp->iss;
	tcp_rtx_insert(tp, skb);
	tp->packets_out = 1;
	tp->synack_cookie = cookie;
	tcp_transmit_skb(tp, skb, true);
	tp->synack_cookie = NULL;
	tcp_reset_write_timer(tp, TCP_TIME_RETRANS, tp->rto_us);
	return true;
}
static bool make_child(struct sock *lsk, struct tcp_request_sock *req, struct sk_buff *skb,
		       const struct tcp_fastopen_cookie *cookie)
{
	struct sock *child;
	struct tcp_sock *tp;

	refcount_inc(&req->h.refcnt); /* the hash's */
	if (!tcp_ehash_insert(&req->h)) {
		tcp_req_put(req);
		return false;
	}
	sock_hold(lsk);
	atomic_inc(&tcp_sk(lsk)->tfo_qlen);
	child = tcp_create_child(lsk, req);
	if (IS_ERR_OR_NULL(child)) {
		tcp_req_drop(req);
		atomic_dec(&tcp_sk(lsk)->tfo_qlen);
		sock_put(lsk);
		return false;
	}
	tp = tcp_sk(child);
	tp->tfo_listener = lsk;
	tp->snd_wnd = tp->max_window = ntohs(((const struct tcphdr *)skb->data)->window); /* a SYN's is never scaled */
	tp->snd_wl1 = TCP_SKB_CB(skb)->seq;
	tcp_established(tp);
	tp->rto_us = TCP_TIMEOUT_INIT_US; /* as for a SYN-ACK that a request sends */
	take_syn_data(tp, skb);
	queue_synack(tp, cookie);
	bh_unlock_sock(child);
	lsk->sk_data_ready(lsk);
	sock_put(child);
	return true;
}
bool tcp_fastopen_try(struct sock *lsk, struct tcp_request_sock *req, struct sk_buff *skb,
		      struct tcp_fastopen_cookie *reply)
{
	bool data = TCP_SKB_CB(skb)->end_seq != TCP_SKB_CB(skb)->seq + 1, made;
	int bits = tcp_sysctl(lsk)->fastopen;
	struct net *net = lsk->sk_net;
	struct tcp_fastopen_cookie c = { .len = -1 };
	u32 by = 0;

	reply->len = -1;
	if (unlikely(req->opt.saw_other)) /* else the walk over them is spared: 170 instructions */
		tcp_fastopen_parse((const struct tcphdr *)skb->data, &c);
	if (!c.len)
		NET_INC_STATS(net, TCPEXT_TCPFASTOPENCOOKIEREQD);
	if (!(bits & TFO_SERVER_ENABLE) || (!data && c.len < 0) || !queue_has_room(lsk))
		return false;
	if ((bits & TFO_SERVER_COOKIE_NOT_REQD) || tcp_sk(lsk)->tfo_no_cookie) {
		by = 1;
	} else if (c.len >= 0) {
		if (c.len)
			by = who_made(lsk, skb, &c);
		make_cookie(keys_of(lsk), 0, skb, reply);
		reply->exp = c.exp;
	}
	made = by && make_child(lsk, req, skb, by == 2 ? reply : NULL);
	if (made)
		NET_INC_STATS(net, TCPEXT_TCPFASTOPENPASSIVE);
	else if (c.len > 0 || by)
		NET_INC_STATS(net, TCPEXT_TCPFASTOPENPASSIVEFAIL);
	if (made && by == 2)
		NET_INC_STATS(net, TCPEXT_TCPFASTOPENPASSIVEALTKEY);
	return made;
}
