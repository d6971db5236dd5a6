/* net/tcp/tcp_fragment.c - a queued segment becomes two, or loses what was acknowledged; the accounts stay right
 *
 * What:   packets_out, sacked_out, lost_out and retrans_out count segments of the MSS. Whatever changes how many an skb
 *         stands for goes through tcp_adjust_segs().
 * Called: tcp_xmit.c, tcp_retransmit.c, tcp_sacktag.c, tcp_ack.c; the socket is owned.
 * Calls:  skb_split().
 */
#include "net/tcp/tcp_internal.h"

void tcp_set_skb_segs(struct sk_buff *skb, u32 mss)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	cb->gso_segs = skb->len <= mss ? 1 : (u16)((skb->len + mss - 1) / mss);
	cb->gso_size = skb->len <= mss ? 0 : (u16)mss;
}
void tcp_adjust_segs(struct tcp_sock *tp, const struct sk_buff *skb, int n)
{
	u8 sacked = TCP_SKB_CB(skb)->sacked;

	tp->packets_out -= (u32)n;
	if (sacked & TCPCB_SACKED)
		tp->sacked_out -= (u32)n;
	if (sacked & TCPCB_RETRANS)
		tp->retrans_out -= (u32)n;
	if (sacked & TCPCB_LOST)
		tp->lost_out -= (u32)n;
	if (!tp->rx_opt.sack_ok && n > 0) /* there it is an estimate */
		tp->sacked_out -= min(tp->sacked_out, (u32)n);
}

/* CVE-2019-11478: a peer whose SACKs cut our queue into pieces must not make it cost any amount of memory. The two ends
 * may always be cut: without that nothing would ever be sent again. */
static bool queue_too_large(struct tcp_sock *tp, const struct sk_buff *skb)
{
	struct sock *sk = tcp_sock_sk(tp);
	int limit = sk->sk_sndbuf + 2 * (int)SKB_TRUESIZE(65536);

	if (sk->sk_wmem_queued >> 1 <= limit || skb == tcp_rtx_first(tp) || skb == tcp_rtx_last(tp))
		return false;
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPWQUEUETOOBIG);
	return true;
}
/* The bytes, and the memory that counts for them: what lies in fragments moves with them. */
static void move_bytes(struct tcp_sock *tp, struct sk_buff *skb, struct sk_buff *rest, u32 len)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 in_frags;

	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + (int)rest->truesize);
	skb_split(skb, rest, len);
	in_frags = min(rest->data_len, skb->truesize - SKB_TRUESIZE(0));
	skb->truesize -= in_frags;
	rest->truesize += in_frags;
}
/* The part that holds the byte keeps the wish for its stamps. */
static void split_stamps(struct sk_buff *skb, struct sk_buff *rest)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(rest);

	if (seq_before(from->tskey, TCP_SKB_CB(rest)->seq)) {
		TCP_SKB_CB(rest)->txstamp_ack = false;
		return;
	}
	to->tx_flags = from->tx_flags;
	to->tskey = from->tskey;
	from->tx_flags = 0;
	TCP_SKB_CB(skb)->txstamp_ack = false;
}
static void set_control(struct sk_buff *skb, struct sk_buff *rest, u32 len)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb), *rest_cb = TCP_SKB_CB(rest);

	*rest_cb = *cb;
	INIT_LIST_HEAD(&rest_cb->by_time);
	rest_cb->seq = cb->seq + len;
	cb->end_seq = rest_cb->seq;
	cb->tcp_flags &= ~(TCPHDR_FIN | TCPHDR_PSH);
	cb->eor = false; /* the last byte's */
	split_stamps(skb, rest);
}
static void follow(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, struct sk_buff *rest)
{
	if (q) {
		__skb_queue_after(q, skb, rest);
		return;
	}
	tcp_rtx_insert(tp, rest);
	if (!list_empty(&TCP_SKB_CB(skb)->by_time))
		list_add(&TCP_SKB_CB(rest)->by_time, &TCP_SKB_CB(skb)->by_time);
}
/* Bytes may go to another skb only while no copy that travels shares them. */
static int unshare(struct tcp_sock *tp, struct sk_buff *skb, gfp_t gfp)
{
	u32 before = skb->truesize;

	if (skb_cloned(skb) && pskb_expand_head(skb, 0, 0, gfp))
		return -ENOMEM;
	tcp_sock_sk(tp)->sk_wmem_queued += (int)(skb->truesize - before);
	return 0;
}
int tcp_fragment(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, u32 len, u32 mss, gfp_t gfp)
{
	int segs = TCP_SKB_CB(skb)->gso_segs;
	struct sk_buff *rest;

	if (!len || skb->len <= len)
		return -EINVAL;
	if ((!q && queue_too_large(tp, skb)) || unshare(tp, skb, gfp))
		return -ENOMEM;
	rest = tcp_stream_alloc_skb(tp, len < skb_headlen(skb) ? skb_headlen(skb) - len : 0, gfp);
	if (!rest)
		return -ENOMEM;
	set_control(skb, rest, len);
	move_bytes(tp, skb, rest, len);
	tcp_set_skb_segs(skb, mss);
	tcp_set_skb_segs(rest, mss);
	if (!q)
		tcp_adjust_segs(tp, skb, segs - TCP_SKB_CB(skb)->gso_segs - TCP_SKB_CB(rest)->gso_segs);
	follow(tp, q, skb, rest);
	return 0;
}

int tcp_trim_head(struct tcp_sock *tp, struct sk_buff *skb, u32 len)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	u32 n = min(len, skb->len), in_frags = n > skb_headlen(skb) ? n - skb_headlen(skb) : 0;

	if (in_frags && unshare(tp, skb, GFP_ATOMIC))
		return -ENOMEM;
	skb_eat_front(skb, n);
	skb->truesize -= in_frags;
	tcp_sock_sk(tp)->sk_wmem_queued -= in_frags;
	cb->seq += len;
	if (cb->gso_segs > 1)
		tcp_set_skb_segs(skb, cb->gso_size);
	return 0;
}
