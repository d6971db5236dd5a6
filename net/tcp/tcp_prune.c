/* net/tcp/tcp_prune.c - a receive buffer that is full although its window was kept
 *
 * What:   small segments cost more memory than the window counted. First their bytes move together (collapse), which
 *         loses nothing; then early data goes (prune), the latest first, for the peer still has it; at last the
 *         newcomer is refused. A peer may mean it (CVE-2018-5390): bytes are copied only where that gives back a
 *         quarter of their memory, so that each is copied a few times at most, and the look for such ends early.
 * Called: tcp_reassembly.c for each segment with text; the socket is owned.
 * Calls:  tcp_mem.c.
 */
#include "net/tcp/tcp_internal.h"

#define COLLAPSED_ROOM ((u32)(PAGE_SIZE - SKB_DATA_ALIGN(sizeof(struct skb_shared_info))))

static bool can_ingest(const struct sock *sk) { return atomic_read(&sk->sk_rmem_alloc) <= sk->sk_rcvbuf; }

/* --- collapse --- */

static bool wasteful(const struct sock *sk, const struct sk_buff *skb)
{
	return tcp_win_from_space(sk, (int)skb->truesize) > skb->len;
}
/* An empty skb at seq, in q before skb, with room for what is left of q. NULL without memory. */
static struct sk_buff *collapse_into(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, u32 seq)
{
	u32 left = TCP_SKB_CB(skb_peek_tail(q))->end_seq - seq;
	struct sk_buff *into = alloc_skb(min(left, COLLAPSED_ROOM), GFP_ATOMIC | __GFP_NOWARN);

	if (!into)
		return NULL;
	memcpy(into->cb, skb->cb, sizeof(skb->cb));
	into->tstamp_ns = skb->tstamp_ns;
	TCP_SKB_CB(into)->seq = TCP_SKB_CB(into)->end_seq = seq;
	skb_set_owner_r(into, tcp_sock_sk(tp));
	__skb_queue_after(q, skb->prev, into);
	return into;
}
/* Moves the bytes of skb behind *into's, into new skbs as needed; skb dies. False without memory. */
static bool collapse_one(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, struct sk_buff **into)
{
	u32 seq = *into ? TCP_SKB_CB(*into)->end_seq : TCP_SKB_CB(skb)->seq, off = seq - TCP_SKB_CB(skb)->seq, n;

	while (seq_before(seq, TCP_SKB_CB(skb)->end_seq)) {
		if (!*into || !skb_tailroom(*into))
			*into = collapse_into(tp, q, skb, seq);
		if (!*into)
			return false;
		n = min(skb_tailroom(*into), skb->len - off);
		if (skb_copy_bits(skb, off, skb_put(*into, n), n))
			return false;
		off += n;
		seq += n;
		TCP_SKB_CB(*into)->end_seq = seq;
	}
	__skb_unlink(skb, q);
	consume_skb(skb);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPRCVCOLLAPSED);
	return true;
}
/* From skb on all of q is copied together, text without a hole; a FIN stays as it is. */
static void collapse(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb)
{
	struct sk_buff *next, *into = NULL;

	for (; skb && !(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN); skb = next) {
		next = skb_peek_next(skb, q);
		if (!collapse_one(tp, q, skb, &into))
			return;
	}
}
static bool worth_copying(u32 truesize, u32 len)
{
	u32 whole = len / COLLAPSED_ROOM, rest = len % COLLAPSED_ROOM;
	u32 needed = whole * skb_truesize_for(COLLAPSED_ROOM) + (rest ? skb_truesize_for(rest) : 0);

	return needed <= truesize - truesize / 4;
}
/* What the program has not read yet, from the first skb that wastes memory on. */
static void collapse_received(struct tcp_sock *tp)
{
	struct sk_buff_head *q = &tcp_sock_sk(tp)->sk_receive_queue;
	struct sk_buff *from = skb_peek(q);
	u32 truesize = 0;

	while (from && !wasteful(tcp_sock_sk(tp), from))
		from = skb_peek_next(from, q);
	for (struct sk_buff *skb = from; skb; skb = skb_peek_next(skb, q))
		truesize += skb->truesize;
	if (from && worth_copying(truesize, TCP_SKB_CB(skb_peek_tail(q))->end_seq - TCP_SKB_CB(from)->seq))
		collapse(tp, q, from);
}

/* What lies together in the tree: from the first that wastes memory (NULL: none does) up to behind. */
struct ooo_run { struct sk_buff *from, *behind; u32 truesize, from_truesize, end; };

static struct ooo_run ooo_run(const struct sock *sk, struct sk_buff *skb)
{
	struct ooo_run r = { .end = TCP_SKB_CB(skb)->seq };

	for (; skb && !seq_after(TCP_SKB_CB(skb)->seq, r.end); skb = tcp_ooo_next(skb)) {
		if (!r.from && wasteful(sk, skb))
			r.from = skb;
		r.truesize += skb->truesize;
		r.from_truesize += r.from ? skb->truesize : 0;
		r.end = seq_max(r.end, TCP_SKB_CB(skb)->end_seq);
	}
	r.behind = skb;
	return r;
}
/* It leaves the tree, collapses, and comes back. */
static void collapse_run(struct tcp_sock *tp, const struct ooo_run *r)
{
	struct sk_buff *skb = r->from, *next;
	struct sk_buff_head q;

	skb_queue_head_init(&q);
	for (; skb != r->behind; skb = next) {
		next = tcp_ooo_next(skb);
		tcp_ooo_unlink(tp, skb);
		__skb_queue_tail(&q, skb);
	}
	collapse(tp, &q, skb_peek(&q));
	while ((skb = __skb_dequeue(&q)))
		tcp_ooo_link(tp, skb);
}
static void collapse_ooo(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 in_vain = 0, most = (u32)sk->sk_rcvbuf >> 3; /* of an honest peer's text there is more in one piece */
	struct ooo_run r;

	for (struct sk_buff *skb = tcp_ooo_first(tp); skb && in_vain <= most; skb = r.behind) {
		r = ooo_run(sk, skb);
		if (r.from && worth_copying(r.from_truesize, r.end - TCP_SKB_CB(r.from)->seq))
			collapse_run(tp, &r);
		else
			in_vain += r.truesize;
	}
}

/* --- prune --- */

/* Early data makes room for skb, an eighth of the buffer at a time; not for what would lie behind all of it. True when
 * some went. */
static bool prune_ooo(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	int goal = sk->sk_rcvbuf >> 3;
	struct sk_buff *last;
	bool pruned = false;

	while ((last = tp->ooo_last) && !seq_after(TCP_SKB_CB(skb)->seq, TCP_SKB_CB(last)->seq)) {
		pruned = true;
		goal -= (int)last->truesize;
		tcp_ooo_unlink(tp, last);
		kfree_skb_reason(last, SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE);
		tcp_mem_reclaim(sk);
		if (goal > 0 && tp->ooo_last)
			continue;
		if (can_ingest(sk) && !tcp_under_memory_pressure(sk))
			break;
		goal = sk->sk_rcvbuf >> 3;
	}
	if (!pruned)
		return false;
	NET_INC_STATS(sk->sk_net, TCPEXT_OFOPRUNED);
	tcp_sack_reset(tp); /* what was reported may be gone: RFC 2018 8 lets us; what stays is told when it changes */
	return true;
}
/* The window was kept and the buffer is full nevertheless: more buffer, where the program did not choose its size. */
static void clamp_window(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	int most = tcp_sysctl(sk)->rmem[2], used = atomic_read(&sk->sk_rmem_alloc);

	tp->ack.quick = 0;
	if (sk->sk_rcvbuf < most && !(sk->sk_userlocks & SOCK_RCVBUF_LOCK) && !tcp_under_memory_pressure(sk) &&
	    tcp_mem_is_low(sk))
		WRITE_ONCE(sk->sk_rcvbuf, min(used, most));
	if (used > sk->sk_rcvbuf)
		tp->rcv_ssthresh = min(tp->window_clamp, 2u * tp->advmss);
}
/* True when skb may come in. */
static bool prune(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);

	NET_INC_STATS(sk->sk_net, TCPEXT_PRUNECALLED);
	if (atomic_read(&sk->sk_rmem_alloc) >= sk->sk_rcvbuf)
		clamp_window(tp);
	else if (tcp_under_memory_pressure(sk))
		tcp_adjust_rcv_ssthresh(tp);
	if (can_ingest(sk))
		return true;
	collapse_ooo(tp);
	collapse_received(tp);
	tcp_mem_reclaim(sk);
	if (can_ingest(sk))
		return true;
	prune_ooo(tp, skb);
	if (can_ingest(sk))
		return true;
	NET_INC_STATS(sk->sk_net, TCPEXT_RCVPRUNED);
	tp->pred_flags = 0;
	return false;
}

bool tcp_try_rmem_schedule(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (can_ingest(sk) && tcp_rmem_schedule(sk, skb->truesize))
		return true;
	if (!prune(tp, skb))
		return false;
	while (!tcp_rmem_schedule(sk, skb->truesize))
		if (!prune_ooo(tp, skb))
			return false;
	return true;
}
