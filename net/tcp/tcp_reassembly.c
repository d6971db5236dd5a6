/* net/tcp/tcp_reassembly.c - text into the receive queue, in order; what comes too early waits in a tree
 *
 * Called: tcp_input.c, tcp_fastpath.c; the socket is owned.
 * Locks:  the socket's. The queue's own lock is not needed: nobody touches TCP's receive queue without the socket.
 */
#include "net/tcp/tcp_internal.h"

/* Appends from to to when their bytes can lie together. Eats from on true. */
static bool coalesce(struct tcp_sock *tp, struct sk_buff *to, struct sk_buff *from)
{
	struct sock *sk = tcp_sock_sk(tp);
	bool stolen;
	int delta;

	if (TCP_SKB_CB(from)->seq != TCP_SKB_CB(to)->end_seq || (TCP_SKB_CB(to)->tcp_flags & TCPHDR_FIN) ||
	    !skb_try_coalesce(to, from, &stolen, &delta))
		return false;
	atomic_add(delta, &sk->sk_rmem_alloc);
	TCP_SKB_CB(to)->end_seq = TCP_SKB_CB(from)->end_seq;
	TCP_SKB_CB(to)->tcp_flags |= TCP_SKB_CB(from)->tcp_flags;
	if (from->tstamp_ns)
		to->tstamp_ns = from->tstamp_ns;
	skb_orphan(from);
	kfree_skb_partial(from, stolen);
	return true;
}

/* bytes_received follows the numbers, and so a FIN is a byte in it. */
static void advance(struct tcp_sock *tp, u32 end_seq)
{
	tp->bytes_received += end_seq - tp->rcv_nxt;
	WRITE_ONCE(tp->rcv_nxt, end_seq);
}
/* Straight to the program that waits: nothing is there to read, and nobody else need hear of it. */
static void handed_over(struct tcp_sock *tp, struct sk_buff *skb, u32 end_seq)
{
	advance(tp, end_seq);
	WRITE_ONCE(tp->copied_seq, end_seq);
	consume_skb(skb);
}
/* skb starts at rcv_nxt, header pulled. Eats it; true when a reader that waits has got it already. */
bool tcp_queue_in_order(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);
	u8 flags = TCP_SKB_CB(skb)->tcp_flags;
	u32 end_seq = TCP_SKB_CB(skb)->end_seq;

	if (tcp_hand_over(tp, skb)) {
		handed_over(tp, skb, end_seq);
		return true;
	}
	advance(tp, end_seq);
	if (flags & TCPHDR_FIN)
		tp->peer_fin = true;
	if (!skb->len) { /* a FIN alone has nothing to read */
		consume_skb(skb);
		return false;
	}
	if (tail && coalesce(tp, tail, skb)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPRCVCOALESCE);
		return false;
	}
	skb_set_owner_r(skb, sk);
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	return false;
}

/* --- the tree --- */

static struct sk_buff *rb_skb(struct rb_node *n) { return rb_entry_safe(n, struct sk_buff, rbnode); }
struct sk_buff *tcp_ooo_first(const struct tcp_sock *tp) { return rb_skb(rb_first(&tp->ooo_queue)); }
struct sk_buff *tcp_ooo_next(const struct sk_buff *skb) { return rb_skb(rb_next(&skb->rbnode)); }

void tcp_ooo_unlink(struct tcp_sock *tp, struct sk_buff *skb)
{
	if (tp->ooo_last == skb)
		tp->ooo_last = rb_skb(rb_prev(&skb->rbnode));
	rb_erase(&skb->rbnode, &tp->ooo_queue);
	skb->next = skb->prev = NULL;
}
static void ooo_drop(struct tcp_sock *tp, struct sk_buff *skb, enum skb_drop_reason why)
{
	tcp_ooo_unlink(tp, skb);
	kfree_skb_reason(skb, why);
}
void tcp_ooo_purge(struct tcp_sock *tp)
{
	struct rb_node *n;

	while ((n = rb_first(&tp->ooo_queue)))
		ooo_drop(tp, rb_skb(n), SKB_DROP_REASON_TCP_OLD_DATA);
	tp->ooo_last = NULL;
	tcp_sack_reset(tp);
}
void tcp_ooo_link(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct rb_node **link = &tp->ooo_queue.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = seq_before(TCP_SKB_CB(skb)->seq, TCP_SKB_CB(rb_skb(parent))->seq) ? &parent->left
											 : &parent->right;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &tp->ooo_queue);
	if (!rb_next(&skb->rbnode))
		tp->ooo_last = skb;
}

/* Cuts what was received before off the front. */
static void trim_front(struct sk_buff *skb, u32 seq)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 n = seq - cb->seq;

	cb->seq = seq;
	if (n > skb_headlen(skb) && !__pskb_pull_tail(skb, n - skb_headlen(skb)))
		return; /* no memory: the reader skips by sequence number */
	__skb_pull(skb, n);
}

/* Those that the newcomer covers whole are not needed any more. */
static void drop_covered(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sk_buff *next;

	while ((next = rb_skb(rb_next(&skb->rbnode)))) {
		if (seq_before(TCP_SKB_CB(skb)->end_seq, TCP_SKB_CB(next)->end_seq))
			return;
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPOFOMERGE);
		tcp_dsack_extend(tp, TCP_SKB_CB(next)->seq, TCP_SKB_CB(next)->end_seq);
		ooo_drop(tp, next, SKB_DROP_REASON_TCP_OFOMERGE);
	}
}
/* The link under which skb belongs; NULL when one in the tree holds all of it. Equal starts: the longer goes behind. */
static struct rb_node **ooo_find(struct tcp_sock *tp, const struct tcp_skb_cb *cb, struct rb_node **parent)
{
	struct rb_node **link = &tp->ooo_queue.node;

	*parent = NULL;
	while (*link) {
		const struct tcp_skb_cb *at = TCP_SKB_CB(rb_skb(*link));

		if (!seq_before(cb->seq, at->seq) && !seq_after(cb->end_seq, at->end_seq))
			return NULL;
		*parent = *link;
		link = seq_before(cb->seq, at->seq) ? &(*link)->left : &(*link)->right;
	}
	return link;
}
/* skb is in the tree: what its neighbours hold of it came twice. */
static void report_overlap_before(struct tcp_sock *tp, const struct sk_buff *prev, const struct tcp_skb_cb *cb)
{
	if (prev && seq_before(cb->seq, TCP_SKB_CB(prev)->end_seq))
		tcp_dsack_extend(tp, cb->seq, TCP_SKB_CB(prev)->end_seq);
}
static void report_overlap_behind(struct tcp_sock *tp, const struct sk_buff *next, const struct tcp_skb_cb *cb)
{
	if (next && seq_before(TCP_SKB_CB(next)->seq, cb->end_seq))
		tcp_dsack_extend(tp, TCP_SKB_CB(next)->seq, cb->end_seq);
}
/* Keeps skb, or drops it as a duplicate. */
static void ooo_insert(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct rb_node **link, *parent;
	struct sk_buff *prev;

	if (tp->ooo_last && coalesce(tp, tp->ooo_last, skb)) /* the usual case: behind one hole, in order */
		return;
	link = ooo_find(tp, cb, &parent);
	if (!link) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPOFOMERGE);
		tcp_dsack_set(tp, cb->seq, cb->end_seq);
		kfree_skb_reason(skb, SKB_DROP_REASON_TCP_OFOMERGE);
		return;
	}
	skb_set_owner_r(skb, sk);
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &tp->ooo_queue);
	prev = rb_skb(rb_prev(&skb->rbnode));
	report_overlap_before(tp, prev, cb);
	drop_covered(tp, skb);
	report_overlap_behind(tp, rb_skb(rb_next(&skb->rbnode)), cb);
	if (!rb_next(&skb->rbnode))
		tp->ooo_last = skb;
}
/* A hole was filled: what follows it moves to the receive queue. */
static void ooo_drain(struct tcp_sock *tp)
{
	u32 high = tp->rcv_nxt;
	struct sk_buff *skb;

	while ((skb = rb_skb(rb_first(&tp->ooo_queue))) && !seq_after(TCP_SKB_CB(skb)->seq, tp->rcv_nxt)) {
		const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		if (seq_before(cb->seq, high))
			tcp_dsack_extend(tp, cb->seq, seq_before(cb->end_seq, high) ? cb->end_seq : high);
		tcp_ooo_unlink(tp, skb);
		if (!seq_after(cb->end_seq, tp->rcv_nxt)) {
			kfree_skb_reason(skb, SKB_DROP_REASON_TCP_OFOMERGE);
			continue;
		}
		if (seq_before(cb->seq, tp->rcv_nxt))
			trim_front(skb, tp->rcv_nxt);
		tcp_queue_in_order(tp, skb);
		if (tp->peer_fin) {
			tcp_ooo_purge(tp);
			return;
		}
	}
}

/* --- a segment with text or FIN --- */

/* Refused: the peer is told at once where we stand. */
static void refuse(struct tcp_sock *tp, struct tcp_segment *seg, enum skb_drop_reason why)
{
	seg->why = why;
	tcp_enter_quickack_mode(tp, TCP_MAX_QUICKACKS);
	tp->ack.pending |= TCP_ACK_SCHED;
}
/* There is no memory for what comes next in order: the window closes, and the reader is woken to make room. An empty
 * queue takes one in any case, or both sides would wait for ever. */
static bool in_order_without_memory(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	tp->ack.pending |= TCP_ACK_NOMEM | TCP_ACK_NOW | TCP_ACK_SCHED;
	sk->sk_data_ready(sk);
	if (!skb_queue_empty(&sk->sk_receive_queue) && seg->len) {
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPRCVQDROP);
		seg->why = SKB_DROP_REASON_PROTO_MEM;
		return false;
	}
	tcp_mem_force(sk, seg->skb->truesize);
	return true;
}
static void take_in_order(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sk_buff *skb = seg->skb;
	bool had_hole = !RB_EMPTY_ROOT(&tp->ooo_queue);

	tcp_queue_in_order(tp, skb);
	seg->skb = NULL;
	if (had_hole && !tp->peer_fin) { /* behind a FIN there is nothing; tcp_fin() throws it away */
		ooo_drain(tp);
		tcp_sack_advance(tp);
		if (RB_EMPTY_ROOT(&tp->ooo_queue)) /* RFC 5681 4.2: at once when a gap is filled */
			tp->ack.pending |= TCP_ACK_NOW;
	}
	tcp_fast_path_check(tp);
	tcp_data_ready(tcp_sock_sk(tp));
}
static void take_out_of_order(struct tcp_sock *tp, struct tcp_segment *seg)
{
	tcp_measure_rcv_mss(tp, seg->skb);
	tcp_ecn_check_ce(tp, seg->skb);
	tcp_fast_path_off(tp);
	tp->ack.pending |= TCP_ACK_SCHED;
	tp->rcv_ooopack += max((u16)1, skb_shinfo(seg->skb)->gso_segs);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPOFOQUEUE);
	if (tp->rx_opt.sack_ok) /* without SACK only an unchanged window makes a duplicate ACK */
		tcp_grow_window(tp, seg->skb, false);
	tcp_sack_new_ofo(tp, seg->seq, seg->end_seq);
	ooo_insert(tp, seg->skb);
	seg->skb = NULL;
}
static bool early_fits(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (likely(tcp_try_rmem_schedule(tp, seg->skb)))
		return true;
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPOFODROP);
	sk->sk_data_ready(sk);
	seg->why = SKB_DROP_REASON_PROTO_MEM;
	return false;
}
static void pull_header(struct tcp_segment *seg)
{
	__skb_pull(seg->skb, seg->th->doff * 4u);
	skb_dst_drop(seg->skb);
}

/* Keeps seg->skb (then NULL), or leaves it with the reason. */
void tcp_data_queue(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	struct sk_buff *skb = seg->skb;

	tcp_ecn_accept_cwr(tp, seg->flags, true);
	if (!seq_after(seg->end_seq, tp->rcv_nxt)) {
		NET_INC_STATS(net, TCPEXT_DELAYEDACKLOST);
		tcp_dsack_set(tp, seg->seq, seg->end_seq);
		refuse(tp, seg, SKB_DROP_REASON_TCP_OLD_DATA);
		return;
	}
	if (seg->len && !tcp_receive_window(tp) && !seq_after(seg->seq, tp->rcv_nxt)) {
		NET_INC_STATS(net, TCPEXT_TCPZEROWINDOWDROP);
		if (seg->seq != tp->rcv_nxt)
			tcp_dsack_set(tp, seg->seq, tp->rcv_nxt);
		refuse(tp, seg, SKB_DROP_REASON_TCP_ZEROWINDOW);
		return;
	}
	if (seg->len && !seq_before(seg->seq, tp->rcv_nxt + tcp_receive_window(tp))) {
		refuse(tp, seg, SKB_DROP_REASON_TCP_OVERWINDOW);
		return;
	}
	if (seq_after(seg->seq, tp->rcv_nxt)) {
		if (!early_fits(tp, seg))
			return;
		pull_header(seg);
		take_out_of_order(tp, seg);
		return;
	}
	if (!tcp_try_rmem_schedule(tp, skb) && !in_order_without_memory(tp, seg))
		return;
	pull_header(seg);
	if (seg->len)
		tcp_event_data_recv(tp, skb); /* as it came: what we have of it already does not make it small */
	if (seg->seq != tp->rcv_nxt) {
		tcp_dsack_set(tp, seg->seq, tp->rcv_nxt);
		trim_front(skb, tp->rcv_nxt);
	}
	take_in_order(tp, seg);
}
