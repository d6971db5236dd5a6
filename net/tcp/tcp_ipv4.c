/* net/tcp/tcp_ipv4.c - a segment comes up from IP: is it one, and whose is it
 *
 * What:   header and checksum checks, lookup, and the choice between process context's backlog and now.
 * Called: ip_local_deliver in softirq under RCU; release_sock() for the backlog.
 * Calls:  tcp_hash.c, tcp_request.c, tcp_timewait.c, tcp_fastpath.c, tcp_input.c.
 * Locks:  takes the socket's slock; where a process owns the socket, the segment waits in its backlog.
 * Absent: early demultiplexing.
 */
#include "kernel/trace/trace.h"
#include "net/core/gso.h"
#include "net/core/sock_filter.h"
#include "net/tcp/tcp_internal.h"

#define BACKLOG_SLACK (64u << 10)
#define LOOKUPS_MAX 8u

/* While the backlog drains, what is in the receive queue by now still counts as backlog (else a fast sender could keep
 * the drain busy for ever): hence twice the receive buffer. */
static u32 backlog_limit(const struct sock *sk)
{
	u64 limit = 2ull * (u32)READ_ONCE(sk->sk_rcvbuf) + (u32)READ_ONCE(sk->sk_sndbuf) / 2 + BACKLOG_SLACK;

	return (u32)min(limit, (u64)U32_MAX);
}

static bool checksum_ok(struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	__wsum sum;

	if (skb->ip_summed == CHECKSUM_UNNECESSARY || skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	sum = csum_tcpudp_nofold(iph->saddr, iph->daddr, skb->len, IPPROTO_TCP, 0);
	if (skb->ip_summed == CHECKSUM_COMPLETE && !csum_fold(csum_add(skb->csum, sum)))
		return true;
	return !csum_fold(skb_checksum(skb, 0, skb->len, sum));
}

/* What every segment must be. Leaves its facts in skb->cb. */
static enum skb_drop_reason admit(struct sk_buff *skb, struct net *net)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	const struct tcphdr *th;

	if (!pskb_may_pull(skb, sizeof(*th)))
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	th = (const struct tcphdr *)skb->data;
	if (th->doff < sizeof(*th) / 4)
		return SKB_DROP_REASON_TCP_MALFORMED;
	if (!pskb_may_pull(skb, th->doff * 4u))
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	if (!checksum_ok(skb)) {
		NET_INC_STATS(net, TCP_INCSUMERRORS);
		return SKB_DROP_REASON_TCP_CSUM;
	}
	th = (const struct tcphdr *)skb->data;
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - th->doff * 4u;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = ((const u8 *)th)[13];
	cb->sacked = 0;
	cb->tw_isn = 0;
	return SKB_NOT_DROPPED_YET;
}

/* The first segment of a child, which comes locked and referenced; then its listener has something to accept. */
static void child_rcv(struct sock *lsk, struct sock *child, struct sk_buff *skb)
{
	tcp_v4_do_rcv(child, skb);
	if (child->sk_state != TCP_SYN_RECV)
		lsk->sk_data_ready(lsk);
	bh_unlock_sock(child);
	sock_put(child);
}

/* An ACK for a listener: a cookie comes back, or it is out of place. False: look again whose it is. */
static bool listen_ack(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct sock *child = th->syn ? NULL : tcp_cookie_check(sk, skb);

	if (PTR_ERR(child) == -EEXIST)
		return false;
	if (IS_ERR(child)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_LISTENOVERFLOWS);
		NET_INC_STATS(sk->sk_net, TCPEXT_LISTENDROPS);
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_LISTEN_OVERFLOW);
	} else if (child) {
		child_rcv(sk, child, skb);
	} else {
		tcp_v4_send_reset(skb, sk->sk_net);
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_FLAGS);
	}
	return true;
}
/* LISTEN (RFC 9293 3.10.7.2). No lock: a listener's queues have their own. Eats skb, unless it says to look again. */
static bool listen_rcv(struct sock *sk, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;

	if (th->rst)
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_RESET);
	else if (th->ack)
		return listen_ack(sk, skb);
	else if (!th->syn || th->fin)
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_FLAGS);
	else
		tcp_v4_conn_request(sk, skb);
	return true;
}

static void tcp_count_segs_in(struct tcp_sock *tp, const struct sk_buff *skb)
{
	u32 n = skb_gso_segs(skb);

	tp->segs_in += n;
	if (skb->len > ((const struct tcphdr *)skb->data)->doff * 4u)
		tp->data_segs_in += n;
}
int tcp_v4_do_rcv(struct sock *sk, struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_refresh_now(tp);
	tcp_count_segs_in(tp, skb);
	if (sk->sk_state == TCP_ESTABLISHED && tcp_rcv_established(tp, skb))
		return 0;
	if (likely(sk->sk_state != TCP_LISTEN))
		tcp_segment_arrives(tp, skb);
	else if (!listen_rcv(sk, skb))
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_FLAGS);
	return 0;
}

/* IP_MINTTL (RFC 5082): true when skb crossed too many routers for sk; then it is eaten. */
static bool too_far(const struct sock *sk, struct sk_buff *skb)
{
	if (likely(inet_sk(sk)->min_ttl <= ip_hdr(skb)->ttl))
		return false;
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPMINTTLDROP);
	kfree_skb_reason(skb, SKB_DROP_REASON_TCP_MINTTL);
	return true;
}

/* SO_ATTACH_FILTER: true when sk does not want skb; then it is eaten. What it cuts off never arrived. */
static bool filter_refuses(struct sock *sk, struct sk_buff *skb)
{
	u32 was = skb->len;

	if (likely(!READ_ONCE(sk->sk_filter)))
		return false;
	if (sk_filter_trim_cap(sk, skb, ((const struct tcphdr *)skb->data)->doff * 4u)) {
		atomic_inc(&sk->sk_drops);
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_FILTER);
		return true;
	}
	TCP_SKB_CB(skb)->end_seq -= was - skb->len;
	return false;
}

/* Eats skb, unless false: look again whose it is. The state is read without the lock: a listener that closes meanwhile
 * takes nothing into its queues any more. */
static bool sock_rcv(struct sock *sk, struct sk_buff *skb)
{
	if (unlikely(too_far(sk, skb)) || filter_refuses(sk, skb))
		return true;
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return listen_rcv(sk, skb);
	sk_incoming_cpu_update(sk);
	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk)) {
		if (!tcp_prequeue(tcp_sk(sk), skb))
			tcp_v4_do_rcv(sk, skb);
	} else if (!sk_add_backlog(sk, skb, backlog_limit(sk))) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPBACKLOGDROP);
		kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_BACKLOG);
	}
	bh_unlock_sock(sk);
	return true;
}

/* As sock_rcv(). */
static bool request_rcv(struct tcp_request_sock *req, struct sk_buff *skb)
{
	enum skb_drop_reason why = SKB_DROP_REASON_TCP_FLAGS;
	bool eaten = false;
	struct sock *child;

	if (unlikely(too_far(req->listener, skb)) || filter_refuses(req->listener, skb))
		return true;
	child = tcp_check_req(req, skb, &eaten, &why);
	if (IS_ERR(child))
		return false;
	if (child)
		child_rcv(req->listener, child, skb);
	else if (!eaten)
		kfree_skb_reason(skb, why);
	return true;
}

/* Eats skb. A SYN that may take the place of the old connection goes to the listener. */
static void timewait_rcv(struct tcp_timewait_sock *tw, struct sk_buff *skb, struct net *net)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	struct sock *lsk;
	u32 isn = 0;

	switch (tcp_timewait_process(tw, skb, &isn)) {
	case TCP_TW_SYN:
		lsk = tcp_lookup_listener(net, iph->saddr, th->source, iph->daddr, ntohs(th->dest),
					  (int)skb->dev->ifindex);
		if (lsk) {
			tcp_tw_kill(tw);
			TCP_SKB_CB(skb)->tw_isn = isn;
			if (!sock_rcv(lsk, skb))
				kfree_skb_reason(skb, SKB_DROP_REASON_TCP_TIMEWAIT);
			sock_put(lsk);
			return;
		}
		fallthrough;
	case TCP_TW_ACK:
		tcp_v4_timewait_ack(tw, skb);
		break;
	case TCP_TW_RST:
		tcp_v4_send_reset(skb, net);
		tcp_tw_kill(tw);
		break;
	case TCP_TW_DONE:
		break;
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_TCP_TIMEWAIT);
}

/* Eats skb, unless false: what was found went away meanwhile. */
static bool deliver(struct sk_buff *skb, struct net *net)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	int dif = (int)skb->dev->ifindex;
	u16 hnum = ntohs(th->dest);
	struct tcp_hashed *h;
	bool done = true;
	u8 state;

	h = tcp_lookup_established(net, iph->saddr, th->source, iph->daddr, hnum, dif);
	if (unlikely(!h))
		h = (struct tcp_hashed *)tcp_lookup_listener(net, iph->saddr, th->source, iph->daddr, hnum, dif);
	if (unlikely(!h)) {
		tcp_v4_send_reset(skb, net);
		kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
		return true;
	}
	state = READ_ONCE(h->state);
	if (likely(state != TCP_TIME_WAIT && state != TCP_NEW_SYN_RECV)) {
		done = sock_rcv((struct sock *)h, skb);
		sock_put((struct sock *)h);
		return done;
	}
	if (state == TCP_TIME_WAIT)
		timewait_rcv((struct tcp_timewait_sock *)h, skb, net);
	else
		done = request_rcv((struct tcp_request_sock *)h, skb);
	tcp_hashed_put(h);
	return done;
}

/* net_protocol.handler. Eats skb. */
int tcp_v4_rcv(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;
	enum skb_drop_reason why;

	if (skb->pkt_type != PACKET_HOST) {
		kfree_skb_reason(skb, SKB_DROP_REASON_OTHERHOST);
		return 0;
	}
	NET_INC_STATS(net, TCP_INSEGS);
	why = admit(skb, net);
	if (unlikely(why)) {
		if (why != SKB_DROP_REASON_PKT_TOO_SMALL) /* IP's business, says Linux */
			NET_INC_STATS(net, TCP_INERRS);
		kfree_skb_reason(skb, why);
		return 0;
	}
	rcu_read_lock();
	for (u32 again = 0; !deliver(skb, net); again++)
		if (again == LOOKUPS_MAX) { /* each time something else had changed: the peer will ask again */
			kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
			break;
		}
	rcu_read_unlock();
	return 0;
}

/* RFC 6528: a secret hash of the 4-tuple, plus a clock of 64 ns. Never 0 by luck alone: callers do not care. The hash's
 * other half moves timestamps, so that they do not tell how long this machine has been up. */
struct tcp_secrets tcp_secrets(struct net *net, __be32 saddr, __be32 daddr, __be16 sport, __be16 dport)
{
	u64 a = (u64)(__force u32)saddr << 32 | (__force u32)daddr;
	u64 b = (u64)(__force u16)sport << 16 | (__force u16)dport;
	u64 hash = siphash_2u64(a, b, &net->tcp->isn_key);

	return (struct tcp_secrets){ .seq = (u32)hash + (u32)(ktime_get_ns() >> 6), .ts_off = (u32)(hash >> 32) };
}
