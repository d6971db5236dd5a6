/* net/tcp/tcp_retransmit.c - a segment goes again
 *
 * Called: tcp_recovery.c and tcp_timer.c; the socket is owned.
 * Calls:  tcp_output.c.
 */
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_retransmit_skb);

static int trim_acked(struct tcp_sock *tp, struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!seq_before(cb->seq, tp->snd_una) || (cb->tcp_flags & TCPHDR_SYN))
		return 0;
	return tcp_trim_head(tp, skb, tp->snd_una - cb->seq);
}
int tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = tcp_sock_sk(tp);
	u32 cur_mss = tcp_current_mss(tp), mss = cur_mss, room;
	int err;

	if (trim_acked(tp, skb))
		return -ENOMEM;
	/* Beyond a window that shrank: only the head goes, as a probe of it. */
	if (!seq_before(cb->seq, tcp_wnd_end(tp)) && cb->seq != tp->snd_una)
		return -EAGAIN;
	room = tcp_wnd_end(tp) - cb->seq;
	mss = room && room < mss && seq_after(tcp_wnd_end(tp), cb->seq) ? room : mss;
	if (skb->len > mss && tcp_fragment(tp, NULL, skb, mss, cur_mss, GFP_ATOMIC))
		return -ENOMEM;
	err = tcp_transmit_skb(tp, skb, true);
	TRACE(tcp_retransmit_skb, "skbaddr=%p sport=%hu dport=%hu saddr=%pI4 daddr=%pI4 state=TCP_%s err=%d",
	      (void *)skb, sk->sk_num, ntohs(sk->sk_dport), &sk->sk_rcv_saddr, &sk->sk_daddr,
	      tcp_state_names[sk->sk_state], err);
	if (err)
		return err;
	NET_INC_STATS(sk->sk_net, TCP_RETRANSSEGS);
	if (cb->tcp_flags & TCPHDR_SYN)
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPSYNRETRANS);
	tp->total_retrans++;
	tp->bytes_retrans += skb->len;
	if (!(cb->sacked & TCPCB_RETRANS))
		tp->retrans_out += cb->gso_segs;
	else
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPLOSTRETRANSMIT);
	cb->sacked |= TCPCB_RETRANS | TCPCB_EVER_RETRANS;
	if (!tp->retrans_stamp_ns)
		tp->retrans_stamp_ns = tp->now_ns;
	return 0;
}
