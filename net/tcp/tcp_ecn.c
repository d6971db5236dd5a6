/* net/tcp/tcp_ecn.c - explicit congestion notification (RFC 3168): congestion is told, not inferred
 *
 * What:   both sides agree in the handshake. Then new data says in its IP header that it may be marked (ECT); a router
 *         whose queue grows marks it (CE); the receiver echoes that in its ACKs (ECE), until the sender says that its
 *         window has shrunk (CWR), which it does once a window, as for a loss.
 * Called: where segments are made and where they arrive; the socket is owned.
 * Absent: AccECN, ECN of routes (RTAX_FEATURE_ECN).
 */
#include "net/tcp/tcp_ecn.h"
#include "net/tcp/tcp_internal.h"

#define ASKS (TCPHDR_ECE | TCPHDR_CWR)

static bool needs_ecn(const struct tcp_sock *tp) { return tp->ca_ops && (tp->ca_ops->flags & TCP_CONG_NEEDS_ECN); }

/* --- the handshake (RFC 3168 6.1.1) --- */

u8 tcp_ecn_syn_flags(struct tcp_sock *tp)
{
	tp->ecn_flags = 0;
	if (tcp_sysctl(tcp_sock_sk(tp))->ecn != 1 && !needs_ecn(tp))
		return 0;
	tp->ecn_flags = TCP_ECN_OK;
	if (needs_ecn(tp)) /* all that such a connection sends may be marked */
		tp->inet.tos = (u8)((tp->inet.tos & ~INET_ECN_MASK) | INET_ECN_ECT_0);
	return ASKS;
}
/* 6.1.1.1: middleboxes that drop such SYNs exist. The flag stays, should the answer to the first come after all. */
void tcp_ecn_clear_syn(struct tcp_sock *tp, struct sk_buff *skb)
{
	u8 *flags = &TCP_SKB_CB(skb)->tcp_flags;

	if ((*flags & ASKS) == ASKS && tcp_sysctl(tcp_sock_sk(tp))->ecn_fallback)
		*flags &= (u8)~ASKS;
}
/* ECE alone says yes; both are what a broken host that mirrors its input would say. */
void tcp_ecn_rcv_synack(struct tcp_sock *tp, u8 flags)
{
	if ((flags & ASKS) != TCPHDR_ECE)
		tp->ecn_flags &= (u8)~TCP_ECN_OK;
}
void tcp_ecn_rcv_syn(struct tcp_sock *tp, u8 flags)
{
	if ((flags & ASKS) != ASKS)
		tp->ecn_flags &= (u8)~TCP_ECN_OK;
}
/* A SYN whose own IP header is marked comes from a host that does not do as RFC 3168 says. */
bool tcp_ecn_accepts(const struct sock *lsk, u8 flags, u8 tos)
{
	if ((flags & ASKS) != ASKS)
		return false;
	return (tcp_sysctl(lsk)->ecn && (tos & INET_ECN_MASK) == INET_ECN_NOT_ECT) || needs_ecn(tcp_sk(lsk));
}

/* --- the receiver (6.1.3) --- */

static void marked(struct tcp_sock *tp)
{
	if (needs_ecn(tp))
		tcp_ca_event(tp, CA_EVENT_ECN_IS_CE);
	if (tp->ecn_flags & TCP_ECN_DEMAND_CWR)
		return;
	tcp_enter_quickack_mode(tp, 2); /* the sender should know soon */
	tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
}
void tcp_ecn_check_ce(struct tcp_sock *tp, const struct sk_buff *skb)
{
	if (!(tp->ecn_flags & TCP_ECN_OK))
		return;
	switch (ip_hdr(skb)->tos & INET_ECN_MASK) {
	case INET_ECN_NOT_ECT: /* from one that does mark: a retransmission, so something was lost */
		if (tp->ecn_flags & TCP_ECN_SEEN)
			tcp_enter_quickack_mode(tp, 2);
		return;
	case INET_ECN_CE:
		marked(tp);
		break;
	default:
		if (needs_ecn(tp))
			tcp_ca_event(tp, CA_EVENT_ECN_NO_CE);
	}
	tp->ecn_flags |= TCP_ECN_SEEN;
}
void tcp_ecn_accept_cwr(struct tcp_sock *tp, u8 flags, bool has_data)
{
	if (likely(!(flags & TCPHDR_CWR)))
		return;
	tp->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
	if (has_data) /* the peer's window may be one segment: it waits for this ACK */
		tp->ack.pending |= TCP_ACK_NOW;
}

/* --- the sender (6.1.2, 6.1.5) --- */

u8 __tcp_ecn_send(struct tcp_sock *tp, struct sk_buff *skb, u32 seq, u32 len)
{
	u8 *tos = &tp->inet.tos, flags = 0;

	if (len && !seq_before(seq, tp->snd_nxt)) { /* new data: neither retransmissions nor probes nor bare ACKs */
		*tos = (u8)((*tos & ~INET_ECN_MASK) | INET_ECN_ECT_0);
		if (tp->ecn_flags & TCP_ECN_QUEUE_CWR) {
			tcp_ecn_withdraw_cwr(tp);
			flags |= TCPHDR_CWR;
			if (skb_is_gso(skb))
				skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_ECN;
		}
	} else if (!needs_ecn(tp)) {
		*tos &= (u8)~INET_ECN_MASK;
	}
	if (tp->ecn_flags & TCP_ECN_DEMAND_CWR)
		flags |= TCPHDR_ECE;
	return flags;
}
