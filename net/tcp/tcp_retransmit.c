/* net/tcp/tcp_retransmit.c - a segment goes again
 *
 * What:   one skb, cut to the present MSS and the peer's window, or made whole with its small neighbours; and the walk
 *         over what is marked lost, as far as the window allows.
 * Called: tcp_ack.c, tcp_rack.c, tcp_tlp.c, tcp_rto.c; the socket is owned.
 * Calls:  tcp_output.c, tcp_fragment.c.
 */
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_retransmit_skb);

/* --- small ones become one (tcp_retrans_collapse) --- */

static bool may_collapse(const struct tcp_sock *tp, const struct sk_buff *to, const struct sk_buff *next)
{
	const struct tcp_skb_cb *a = TCP_SKB_CB(to), *b = TCP_SKB_CB(next);

	return b->gso_segs == 1 && !a->eor && a->end_seq == b->seq && !(a->tcp_flags & (TCPHDR_SYN | TCPHDR_FIN)) &&
	       !skb_cloned(next) && !seq_after(b->end_seq, tcp_wnd_end(tp));
}
/* Small writes lie in heads of their own size, larger ones in pages: the head of the first gets room for all, and what
 * the first has in pages, unless next is of pages alone, whose bytes join by reference. */
static void make_room(struct tcp_sock *tp, struct sk_buff *to, const struct sk_buff *next, u32 more)
{
	u32 before = to->truesize, paged = to->data_len;
	struct sock *sk = tcp_sock_sk(tp);

	if (paged && !skb_headlen(next))
		return;
	if (skb_tailroom(to) < more + paged && pskb_expand_head(to, 0, (int)(more + paged), GFP_ATOMIC))
		return;
	if (!skb_linearize(to))
		to->truesize -= paged;
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + (int)(to->truesize - before));
}
static bool collapse_one(struct tcp_sock *tp, struct sk_buff *to, struct sk_buff *next)
{
	struct tcp_skb_cb *a = TCP_SKB_CB(to), *b = TCP_SKB_CB(next);
	u32 tskey = skb_shinfo(next)->tskey;
	u8 tx_flags = skb_shinfo(next)->tx_flags;
	struct sock *sk = tcp_sock_sk(tp);
	bool stolen;
	int delta = 0;

	if (next->len && !skb_try_coalesce(to, next, &stolen, &delta))
		return false;
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + delta);
	a->end_seq = b->end_seq;
	a->eor = b->eor;
	a->tcp_flags |= b->tcp_flags;
	if (unlikely(tx_flags || b->txstamp_ack)) {
		skb_shinfo(to)->tx_flags |= tx_flags;
		skb_shinfo(to)->tskey = tskey;
		a->txstamp_ack |= b->txstamp_ack;
	}
	a->sacked |= b->sacked & TCPCB_EVER_RETRANS;
	tcp_adjust_segs(tp, next, 1);
	tcp_rtx_unlink_and_free(tp, next);
	return true;
}
/* Followers of skb join it while they fit into room bytes: what was sent in crumbs goes again as one, a FIN as well. */
static void try_collapse(struct tcp_sock *tp, struct sk_buff *skb, u32 room)
{
	struct sk_buff *next;

	if (!tcp_sysctl(tcp_sock_sk(tp))->retrans_collapse || TCP_SKB_CB(skb)->gso_segs > 1 || skb_cloned(skb))
		return;
	while ((next = skb_rb_next(skb)) && skb->len + next->len <= room && may_collapse(tp, skb, next)) {
		make_room(tp, skb, next, room - skb->len);
		if (!collapse_one(tp, skb, next))
			return;
	}
}

/* --- one --- */

/* What was acknowledged of it does not go again. 0, -ENOMEM, -EINVAL: all of it was. */
static int trim_acked(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	int segs = cb->gso_segs;

	if (seq_before(cb->seq, tp->snd_una) && (cb->tcp_flags & TCPHDR_SYN)) {
		cb->tcp_flags &= ~TCPHDR_SYN;
		cb->seq++;
	}
	if (!seq_before(cb->seq, tp->snd_una))
		return 0;
	if (!seq_after(cb->end_seq, tp->snd_una))
		return -EINVAL;
	if (tcp_trim_head(tp, skb, tp->snd_una - cb->seq))
		return -ENOMEM;
	tcp_adjust_segs(tp, skb, segs - cb->gso_segs);
	return 0;
}
/* Cut or filled to what may be sent: at most segs segments, and not beyond the peer's window. Where that shrank to
 * nothing, one segment goes as a probe of it, and only the first; the others wait: -EAGAIN. */
static int fit(struct tcp_sock *tp, struct sk_buff *skb, u32 segs)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 mss = tcp_current_mss(tp), len;
	s32 room = (s32)(tcp_wnd_end(tp) - cb->seq);
	int count = cb->gso_segs;

	if (room <= 0 && cb->seq != tp->snd_una)
		return -EAGAIN;
	if (room <= 0)
		room = (s32)mss;
	len = min(mss * segs, (u32)room);
	if (len > mss)
		len -= len % mss;
	if (skb->len > len)
		return tcp_fragment(tp, NULL, skb, len, mss, GFP_ATOMIC) ? -ENOMEM : 0;
	tcp_set_skb_segs(skb, mss);
	tcp_adjust_segs(tp, skb, count - cb->gso_segs);
	if (skb->len < min((u32)room, mss))
		try_collapse(tp, skb, min((u32)room, mss));
	return 0;
}
static void count_retrans(struct tcp_sock *tp, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct net *net = tcp_sock_sk(tp)->sk_net;

	NET_ADD_STATS(net, TCP_RETRANSSEGS, cb->gso_segs);
	if (cb->tcp_flags & TCPHDR_SYN)
		NET_INC_STATS(net, TCPEXT_TCPSYNRETRANS);
	tp->total_retrans += cb->gso_segs;
	tp->bytes_retrans += skb->len;
}
int __tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb, u32 segs)
{
	struct sock *sk = tcp_sock_sk(tp);
	int err = trim_acked(tp, skb);

	tp->mtup.probe_size = 0; /* a loss while it was under way: it tells nothing */
	if (!err)
		err = fit(tp, skb, segs);
	if (err)
		return err;
	count_retrans(tp, skb);
	if (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_SYN)
		tcp_ecn_clear_syn(tp, skb);
	err = tcp_transmit_skb(tp, skb, true);
	/* Even when it did not leave: its time of transmission is no longer the original's. */
	TCP_SKB_CB(skb)->sacked |= TCPCB_EVER_RETRANS;
	TRACE(tcp_retransmit_skb, "skbaddr=%p skaddr=%p " TCP_TRACE_ENDS " state=TCP_%s err=%d", (void *)skb,
	      (void *)sk, TCP_TRACE_ENDS_OF(sk), tcp_state_names[sk->sk_state], err);
	if (err)
		NET_ADD_STATS(sk->sk_net, TCPEXT_TCPRETRANSFAIL, TCP_SKB_CB(skb)->gso_segs);
	return err;
}
int tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb, u32 segs)
{
	int err = __tcp_retransmit_skb(tp, skb, segs);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!err && !(cb->sacked & TCPCB_RETRANS)) {
		cb->sacked |= TCPCB_RETRANS;
		tp->retrans_out += cb->gso_segs;
	}
	if (!tp->retrans_stamp_ns)
		tp->retrans_stamp_ns = tp->now_ns;
	tp->undo_retrans = max(tp->undo_retrans, 0) + cb->gso_segs;
	return err;
}

/* --- all that are lost --- */

static void count_kind(struct tcp_sock *tp, u32 segs)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (tp->ca_state == TCP_CA_Loss)
		NET_ADD_STATS(net, TCPEXT_TCPSLOWSTARTRETRANS, segs);
	else
		NET_ADD_STATS(net, TCPEXT_TCPFASTRETRANS, segs);
	if (tcp_in_cwnd_reduction(tp))
		tp->prr_out += segs;
}
void tcp_xmit_retransmit_queue(struct tcp_sock *tp)
{
	struct sk_buff *head = tcp_rtx_head(tp), *skb = tp->retransmit_hint ? tp->retransmit_hint : tcp_rtx_first(tp);
	u32 most = tcp_tso_segs(tp, tcp_current_mss(tp)), flying;
	bool rearm = false;

	for (; skb && tp->retrans_out < tp->lost_out; skb = skb_rb_next(skb)) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		if ((cb->sacked & (TCPCB_LOST | TCPCB_RETRANS)) != TCPCB_LOST)
			continue;
		flying = tcp_packets_in_flight(tp);
		if (flying >= tp->snd_cwnd || tcp_pacing_check(tp) || tcp_small_queue_check(tp, skb) ||
		    tcp_retransmit_skb(tp, skb, min(tp->snd_cwnd - flying, most)))
			break;
		count_kind(tp, cb->gso_segs);
		rearm |= skb == head;
	}
	tp->retransmit_hint = skb;
	if (rearm && tp->write_event != TCP_TIME_REO_TIMEOUT)
		tcp_reset_write_timer(tp, TCP_TIME_RETRANS, tp->rto_us);
}
