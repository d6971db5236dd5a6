/* net/tcp/tcp_fastpath.c - header prediction (Jacobson): the segment that everyone expected
 *
 * What:   on an established connection nearly every segment is the next data in order, or an ACK with an unchanged
 *         window. One comparison of the header's fourth word finds them; all others go through tcp_input.c's steps.
 * Called: tcp_ipv4.c; the socket is owned and in ESTABLISHED.
 */
#include "net/tcp/tcp_internal.h"

#define HP_BITS (~(TCP_RESERVED_BITS | TCP_FLAG_PSH))

/* Data offset, ACK and the peer's unchanged window are what we expect; not while something unusual is under way. */
void tcp_fast_path_check(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	if (!RB_EMPTY_ROOT(&tp->ooo_queue) || !tp->rcv_wnd || tp->urg_data ||
	    atomic_read(&sk->sk_rmem_alloc) >= sk->sk_rcvbuf)
		return;
	tp->pred_flags =
		htonl((u32)tp->tcp_header_len << 26) | TCP_FLAG_ACK | htonl(tp->snd_wnd >> tp->rx_opt.snd_wscale);
}

/* False: not as predicted. Only called with an unusual length for timestamps on the wire when they were agreed on. */
static bool timestamp_fine(struct tcp_sock *tp, const struct tcphdr *th)
{
	if (tp->tcp_header_len == sizeof(*th))
		return true;
	return tcp_fast_parse_options(th, tp) && (s32)(tp->rx_opt.rcv_tsval - tp->rx_opt.ts_recent) >= 0;
}
static void pure_ack(struct tcp_sock *tp, struct tcp_segment *seg)
{
	tcp_trace_probe(tp, seg);
	if (tp->rx_opt.saw_tstamp && tp->rcv_nxt == tp->rcv_wup)
		tcp_store_ts_recent(tp);
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPHPACKS);
	tcp_ack(tp, seg);
	consume_skb(seg->skb);
	tcp_send_what_is_due(tp);
}
static void in_order_data(struct tcp_sock *tp, struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);

	tcp_trace_probe(tp, seg);
	if (tp->rx_opt.saw_tstamp && tp->rcv_nxt == tp->rcv_wup)
		tcp_store_ts_recent(tp);
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPHPHITS);
	tcp_rcv_rtt_measure_ts(tp, TCP_SKB_CB(seg->skb));
	__skb_pull(seg->skb, tp->tcp_header_len);
	skb_dst_drop(seg->skb);
	tcp_event_data_recv(tp, seg->skb);
	if (seg->ack != tp->snd_una)
		tcp_ack(tp, seg);
	if (tcp_queue_in_order(tp, seg->skb))
		NET_INC_STATS(sk->sk_net, TCPEXT_TCPHPHITSTOUSER);
	tcp_send_what_is_due(tp);
	tcp_data_ready(sk);
}

bool tcp_rcv_established(struct tcp_sock *tp, struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_segment seg;

	if ((tcp_flag_word(th) & HP_BITS) != tp->pred_flags || cb->seq != tp->rcv_nxt ||
	    !seq_between(cb->ack_seq, tp->snd_una, tp->snd_nxt) || !timestamp_fine(tp, th))
		return false;
	seg = (struct tcp_segment){ .skb = skb,
				    .th = th,
				    .seq = cb->seq,
				    .end_seq = cb->end_seq,
				    .ack = cb->ack_seq,
				    .len = skb->len - tp->tcp_header_len,
				    .wnd = ntohs(th->window),
				    .flags = cb->tcp_flags };
	if (!seg.len) {
		pure_ack(tp, &seg);
		return true;
	}
	if (seq_after(cb->end_seq, tp->rcv_nxt + tcp_receive_window(tp)) ||
	    atomic_read(&sk->sk_rmem_alloc) > sk->sk_rcvbuf || !tcp_rmem_schedule(sk, skb->truesize))
		return false;
	in_order_data(tp, &seg);
	return true;
}
