/* net/tcp/tcp_rtx_queue.h - what was sent and not yet acknowledged, in three orders
 *
 * Two red-black trees by sequence number: rtx_queue holds what the peer has not told about, sacked_queue what it has
 * SACKed. A segment lies in exactly one of them, so a walk over a SACK block meets only what it changes. And one list
 * by time, tsorted, of those that may still be on their way, the oldest transmission first (RFC 8985).
 *
 * Locks: the socket is owned.
 */
#pragma once
#include "net/core/skbuff.h"
#include "net/tcp/tcp_sock.h"

static inline struct sk_buff *rb_to_skb(struct rb_node *n) { return rb_entry_safe(n, struct sk_buff, rbnode); }
static inline struct sk_buff *skb_rb_next(struct sk_buff *skb) { return rb_to_skb(rb_next(&skb->rbnode)); }
static inline struct sk_buff *skb_rb_prev(struct sk_buff *skb) { return rb_to_skb(rb_prev(&skb->rbnode)); }

/* The first and the last of what is not SACKed; NULL: none. */
static inline struct sk_buff *tcp_rtx_first(const struct tcp_sock *tp)
{
	return rb_to_skb(rb_first_cached(&tp->rtx_queue));
}
static inline struct sk_buff *tcp_rtx_last(const struct tcp_sock *tp)
{
	return rb_to_skb(rb_last(&tp->rtx_queue.root));
}
static inline struct sk_buff *tcp_sacked_first(const struct tcp_sock *tp)
{
	return rb_to_skb(rb_first_cached(&tp->sacked_queue));
}
static inline struct sk_buff *tcp_sacked_last(const struct tcp_sock *tp)
{
	return rb_to_skb(rb_last(&tp->sacked_queue.root));
}
/* The first of all, SACKed or not: what a cumulative ACK takes next. */
static inline struct sk_buff *tcp_rtx_head(const struct tcp_sock *tp)
{
	struct sk_buff *a = tcp_rtx_first(tp), *b = tcp_sacked_first(tp);

	if (!a || !b)
		return a ? a : b;
	return seq_before(TCP_SKB_CB(b)->seq, TCP_SKB_CB(a)->seq) ? b : a;
}
static inline bool tcp_rtx_empty(const struct tcp_sock *tp) { return !tcp_rtx_head(tp); }
/* The first of a tree that ends after seq; NULL: none. O(log n). */
struct sk_buff *tcp_rtx_find(const struct rb_root_cached *tree, u32 seq);
static inline struct sk_buff *tcp_cb_skb(struct tcp_skb_cb *cb)
{
	return (struct sk_buff *)((char *)cb - offsetof(struct sk_buff, cb));
}

void tcp_rtx_init(struct tcp_sock *tp);
void tcp_rtx_insert(struct tcp_sock *tp, struct sk_buff *skb);
/* From one tree to the other, by its TCPCB_SACKED bit, which the caller has just changed. Off the time list. */
void tcp_rtx_move(struct tcp_sock *tp, struct sk_buff *skb);
void tcp_rtx_unlink(struct tcp_sock *tp, struct sk_buff *skb);	/* the caller owns it again */
void tcp_rtx_unlink_and_free(struct tcp_sock *tp, struct sk_buff *skb);

/* --- tcp_fragment.c --- */
/* How many segments of mss bytes it is, and so how it counts. */
void tcp_set_skb_segs(struct sk_buff *skb, u32 mss);
/* The n segments that skb counts less than before leave every account that skb is in. */
void tcp_adjust_segs(struct tcp_sock *tp, const struct sk_buff *skb, int n);
/* skb keeps its first len bytes; the rest follows it as an skb of its own, in q, or in the retransmit queue where q is
 * NULL. Counts of both are made anew for segments of mss bytes. 0, -EINVAL, -ENOMEM (or the queue is too large). */
int tcp_fragment(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, u32 len, u32 mss, gfp_t gfp);
/* len bytes from its start are no longer needed. Its own count is made anew, the accounts are the caller's. 0 or
 * -ENOMEM. */
int tcp_trim_head(struct tcp_sock *tp, struct sk_buff *skb, u32 len);
