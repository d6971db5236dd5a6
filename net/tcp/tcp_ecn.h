/* net/tcp/tcp_ecn.h - explicit congestion notification: a router marks instead of dropping (RFC 3168)
 *
 * Locks: the socket is owned.
 */
#pragma once
#include "net/tcp/tcp_sock.h"

enum { INET_ECN_NOT_ECT, INET_ECN_ECT_1, INET_ECN_ECT_0, INET_ECN_CE, INET_ECN_MASK = 3 }; /* in IP's TOS byte */

/* tcp_sock.ecn_flags */
enum {
	TCP_ECN_OK = 1,		/* both sides agreed */
	TCP_ECN_QUEUE_CWR = 2,	/* the window has shrunk: the next new segment says so */
	TCP_ECN_DEMAND_CWR = 4,	/* a mark has arrived: echo it until the peer says that its window has shrunk */
	TCP_ECN_SEEN = 8	/* the peer does send ECT */
};

/* --- the handshake --- */
u8 tcp_ecn_syn_flags(struct tcp_sock *tp);			/* our SYN: ECE|CWR, or 0 */
void tcp_ecn_clear_syn(struct tcp_sock *tp, struct sk_buff *skb); /* before it goes again: the flags may be to blame */
void tcp_ecn_rcv_synack(struct tcp_sock *tp, u8 flags);
void tcp_ecn_rcv_syn(struct tcp_sock *tp, u8 flags);		/* simultaneous open */
bool tcp_ecn_accepts(const struct sock *lsk, u8 flags, u8 tos);	/* a SYN asks for it, and we agree */

/* --- the receiver --- */
void tcp_ecn_check_ce(struct tcp_sock *tp, const struct sk_buff *skb); /* data; skb knows its IP header */
void tcp_ecn_accept_cwr(struct tcp_sock *tp, u8 flags, bool has_data);

/* --- the sender --- */
static inline bool tcp_ecn_rcv_ecn_echo(const struct tcp_sock *tp, u8 flags)
{
	return unlikely(flags & TCPHDR_ECE) && !(flags & TCPHDR_SYN) && (tp->ecn_flags & TCP_ECN_OK);
}
static inline void tcp_ecn_queue_cwr(struct tcp_sock *tp)
{
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
}
static inline void tcp_ecn_withdraw_cwr(struct tcp_sock *tp) { tp->ecn_flags &= ~TCP_ECN_QUEUE_CWR; }
/* ECT for a segment of len bytes at seq; the flags to add to its header. gso: where CWR is to be in the first alone. */
u8 __tcp_ecn_send(struct tcp_sock *tp, struct sk_buff *skb, u32 seq, u32 len);
static inline u8 tcp_ecn_send(struct tcp_sock *tp, struct sk_buff *skb, u32 seq, u32 len)
{
	return unlikely(tp->ecn_flags & TCP_ECN_OK) ? __tcp_ecn_send(tp, skb, seq, len) : 0;
}
