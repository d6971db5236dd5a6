/* net/tcp/tcp_sackmerge.c - neighbours that the peer has SACKed become one
 *
 * What:   behind a hole that stays open a whole window of skbs may wait, each with a head and an account of its own,
 *         and pieces that blocks have cut off. The bytes of one move behind those of its neighbour, by reference, and
 *         it is freed. Each skb is tried twice in its life, as it is tagged, so this costs no walk.
 * Called: tcp_sacktag.c; the socket is owned.
 * Calls:  skb_shift().
 * Absent: segments that went twice stay alone, for a D-SACK must find each of them; so do those that lie in heads.
 */
#include "net/tcp/tcp_internal.h"

#define MERGED_MAX 65535u	/* bytes; as much as one packet could be, should the peer renege */

static u32 seg_len(const struct sk_buff *skb)
{
	return TCP_SKB_CB(skb)->gso_segs > 1 ? TCP_SKB_CB(skb)->gso_size : skb->len;
}
/* Segments have one size, but for the last one: the sum counts as many as the two. */
static bool segments_agree(const struct sk_buff *to, const struct sk_buff *skb)
{
	u32 mss = seg_len(to);

	return mss && seg_len(skb) == mss && to->len % mss == 0 && to->len + skb->len <= MERGED_MAX;
}
static bool plain(const struct tcp_skb_cb *cb)
{
	return cb->sacked == TCPCB_SACKED && !(cb->tcp_flags & (TCPHDR_SYN | TCPHDR_FIN)) && !cb->txstamp_ack;
}
static bool bytes_can_move(const struct sk_buff *to, const struct sk_buff *skb)
{
	return !skb_headlen(skb) && !skb_cloned(skb) && !skb_cloned(to) &&
	       skb_shinfo(to)->nr_frags + skb_shinfo(skb)->nr_frags <= MAX_SKB_FRAGS;
}
static void join(struct tcp_sock *tp, struct sk_buff *to, struct sk_buff *skb)
{
	struct tcp_skb_cb *a = TCP_SKB_CB(to), *b = TCP_SKB_CB(skb);
	u32 mss = seg_len(to), len = skb->len;

	skb_shift(to, skb, len);
	to->truesize += len;
	skb->truesize -= len;
	a->end_seq = b->end_seq;
	a->tcp_flags |= b->tcp_flags;
	a->eor = b->eor;
	tcp_set_skb_segs(to, mss);
	tcp_rtx_unlink_and_free(tp, skb);
}
/* True: skb, of the sacked_queue, is gone, for to took its bytes. */
static bool try_join(struct tcp_sock *tp, struct sk_buff *to, struct sk_buff *skb, bool was_cut)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (!to || !skb || TCP_SKB_CB(to)->end_seq != TCP_SKB_CB(skb)->seq)
		return false;
	if (!plain(TCP_SKB_CB(to)) || !plain(TCP_SKB_CB(skb)) || TCP_SKB_CB(to)->eor || !segments_agree(to, skb) ||
	    !bytes_can_move(to, skb)) {
		NET_INC_STATS(net, TCPEXT_TCPSACKSHIFTFALLBACK);
		return false;
	}
	join(tp, to, skb);
	if (was_cut)
		NET_INC_STATS(net, TCPEXT_TCPSACKSHIFTED);
	else
		NET_INC_STATS(net, TCPEXT_TCPSACKMERGED);
	return true;
}
void tcp_sack_merge(struct tcp_sock *tp, struct sk_buff *skb, bool was_cut)
{
	struct sk_buff *prev = skb_rb_prev(skb), *next = skb_rb_next(skb);

	if (try_join(tp, prev, skb, was_cut))
		skb = prev;
	try_join(tp, skb, next, false); /* a hole is filled */
}
