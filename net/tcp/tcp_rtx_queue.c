/* net/tcp/tcp_rtx_queue.c - the trees and the list of tcp_rtx_queue.h
 *
 * Called: whoever sends, acknowledges, marks; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

void tcp_rtx_init(struct tcp_sock *tp)
{
	tp->rtx_queue = tp->sacked_queue = RB_ROOT_CACHED;
	INIT_LIST_HEAD(&tp->tsorted);
	tp->retransmit_hint = NULL;
}
static struct rb_root_cached *tree_of(struct tcp_sock *tp, const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->sacked & TCPCB_SACKED ? &tp->sacked_queue : &tp->rtx_queue;
}
static bool by_seq(const struct rb_node *a, const struct rb_node *b)
{
	return seq_before(TCP_SKB_CB(rb_entry(a, struct sk_buff, rbnode))->seq,
			  TCP_SKB_CB(rb_entry(b, struct sk_buff, rbnode))->seq);
}
void tcp_rtx_insert(struct tcp_sock *tp, struct sk_buff *skb)
{
	rb_add_cached(&skb->rbnode, tree_of(tp, skb), by_seq);
}
/* Whoever walks what is lost begins behind skb, which leaves the tree. */
static void pass_hint(struct tcp_sock *tp, struct sk_buff *skb)
{
	if (tp->retransmit_hint == skb)
		tp->retransmit_hint = skb_rb_next(skb);
}
void tcp_rtx_move(struct tcp_sock *tp, struct sk_buff *skb)
{
	bool sacked = TCP_SKB_CB(skb)->sacked & TCPCB_SACKED;

	pass_hint(tp, skb);
	rb_erase_cached(&skb->rbnode, sacked ? &tp->rtx_queue : &tp->sacked_queue);
	list_del_init(&TCP_SKB_CB(skb)->by_time);
	tcp_rtx_insert(tp, skb);
}
void tcp_rtx_unlink(struct tcp_sock *tp, struct sk_buff *skb)
{
	pass_hint(tp, skb);
	rb_erase_cached(&skb->rbnode, tree_of(tp, skb));
	list_del_init(&TCP_SKB_CB(skb)->by_time);
	skb->next = skb->prev = NULL;
}
void tcp_rtx_unlink_and_free(struct tcp_sock *tp, struct sk_buff *skb)
{
	tcp_rtx_unlink(tp, skb);
	tcp_wmem_free_skb(tcp_sock_sk(tp), skb);
}

struct sk_buff *tcp_rtx_find(const struct rb_root_cached *tree, u32 seq)
{
	struct rb_node *n = tree->root.node;
	struct sk_buff *best = NULL;

	while (n) {
		struct sk_buff *skb = rb_to_skb(n);

		if (seq_after(TCP_SKB_CB(skb)->end_seq, seq)) {
			best = skb;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}
