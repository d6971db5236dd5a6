/* net/tcp/tcp_sacktag.c - the peer tells what it has beyond a hole: the scoreboard (RFC 2018, 6675), duplicates (2883)
 *
 * What:   blocks from the wire are checked, sorted, and each segment that one covers moves to the tree of the SACKed. A
 *         walk meets only segments that were not SACKed before, so a block that is repeated costs one search, and all
 *         walks together cost what the segments cost to send (CVE-2019-11477 and the SegmentSmack kind).
 * Called: tcp_ack.c, before the cumulative ACK takes its part; the socket is owned.
 * Calls:  tcp_rack.c, tcp_reordering.c, tcp_fragment.c, tcp_sackmerge.c.
 */
#include "lib/byteorder.h"
#include "net/tcp/tcp_internal.h"

/* A D-SACK: below the cumulative ACK, or part of the second block (RFC 2883 4). */
static bool is_dsack(const struct tcp_sack_block *b, u32 n, u32 ack, struct net *net)
{
	if (seq_before(b[0].start, ack)) {
		NET_INC_STATS(net, TCPEXT_TCPDSACKRECV);
		return true;
	}
	if (n < 2 || seq_after(b[0].end, b[1].end) || seq_before(b[0].start, b[1].start))
		return false;
	NET_INC_STATS(net, TCPEXT_TCPDSACKOFORECV);
	return true;
}
/* How many segments it reports; 0: it cannot be true, for we did not send so much twice. That also bounds what walks
 * over duplicates can cost. */
static u32 dsack_segs(struct tcp_sock *tp, const struct tcp_sack_block *b, struct tcp_ack_state *a)
{
	u32 len = b->end - b->start, segs = 1;

	if (!seq_before(b->start, b->end) || len > tp->max_window)
		return 0;
	if (len > tp->mss_cache)
		segs = (len + tp->mss_cache - 1) / tp->mss_cache;
	else if (tp->tlp_high_seq && tp->tlp_high_seq == b->end)
		a->flags |= FLAG_DSACK_TLP;
	tp->dsack_dups += segs;
	if (tp->dsack_dups > tp->total_retrans)
		return 0;
	return segs;
}
/* True: the first block reports a duplicate, and is noted. */
static bool take_dsack(struct tcp_sock *tp, const struct tcp_sack_block *b, u32 n, struct tcp_ack_state *a)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	u32 segs;

	if (!is_dsack(b, n, a->ack, net))
		return false;
	segs = dsack_segs(tp, b, a);
	if (!segs) {
		NET_INC_STATS(net, TCPEXT_TCPDSACKIGNOREDDUBIOUS);
		return false;
	}
	NET_ADD_STATS(net, TCPEXT_TCPDSACKRECVSEGS, segs);
	tp->saw_dsack = true;
	if (tp->reord_seen && !(a->flags & FLAG_DSACK_TLP))
		tp->rack.dsack_seen = true; /* RACK was too impatient */
	a->flags |= FLAG_DSACKING_ACK;
	tcp_count_delivered(tp, segs, a->flags & FLAG_ECE);
	/* What it reports is off the queue: count it by its length. */
	if (tp->undo_marker && tp->undo_retrans > 0 && !seq_after(b->end, a->prior_una) &&
	    seq_after(b->end, tp->undo_marker))
		tp->undo_retrans = max(tp->undo_retrans - (int)segs, 0);
	return true;
}

/* Nothing beyond what was sent, nothing empty or turned round. Below snd_una only a duplicate may lie, and only one of
 * this recovery's: an older one says nothing about the retransmissions that undo_retrans counts. */
static bool block_valid(const struct tcp_sock *tp, const struct tcp_sack_block *b, bool dsack)
{
	if (seq_after(b->end, tp->snd_nxt) || !seq_before(b->start, b->end) || !seq_before(b->start, tp->snd_nxt))
		return false;
	if (seq_after(b->start, tp->snd_una))
		return true;
	if (!dsack || !tp->undo_marker || seq_after(b->end, tp->snd_una))
		return false;
	if (!seq_before(b->start, tp->undo_marker))
		return true;
	return seq_after(b->end, tp->undo_marker) && !seq_before(b->start, b->end - tp->max_window);
}
static void count_invalid(struct tcp_sock *tp, const struct tcp_sack_block *b, bool dsack, u32 ack)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (dsack && tp->undo_marker)
		NET_INC_STATS(net, TCPEXT_TCPDSACKIGNOREDOLD);
	else if (dsack)
		NET_INC_STATS(net, TCPEXT_TCPDSACKIGNOREDNOUNDO);
	else if (ack == tp->snd_una || seq_after(b->end, tp->snd_una)) /* ACKs that overtook each other are no fault */
		NET_INC_STATS(net, TCPEXT_TCPSACKDISCARD);
}

/* --- duplicates --- */

/* skb, in the range of a D-SACK, was retransmitted: in vain, that is. */
static void tag_duplicate(struct tcp_sock *tp, struct sk_buff *skb, struct tcp_ack_state *a)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	if (!(cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS)))
		return;
	if (tp->undo_marker && tp->undo_retrans > 0 && seq_after(cb->end_seq, tp->undo_marker))
		tp->undo_retrans = max(tp->undo_retrans - (int)cb->gso_segs, 0);
	if ((cb->sacked & TCPCB_SACKED) && seq_before(cb->seq, a->reord))
		a->reord = cb->seq;
	if ((cb->sacked & (TCPCB_RETRANS | TCPCB_LOST)) == TCPCB_RETRANS && seq_after(cb->end_seq, tp->snd_una)) {
		cb->sacked &= ~TCPCB_RETRANS;
		tp->retrans_out -= cb->gso_segs;
	}
}
static void walk_duplicates(struct tcp_sock *tp, struct sk_buff *skb, const struct tcp_sack_block *b,
			    struct tcp_ack_state *a)
{
	for (; skb && !seq_after(TCP_SKB_CB(skb)->end_seq, b->end); skb = skb_rb_next(skb))
		if (!seq_before(TCP_SKB_CB(skb)->seq, b->start))
			tag_duplicate(tp, skb, a);
}

/* --- what is new --- */

/* True when the block covers skb, from which parts that it does not cover have been cut. Cuts are at whole segments:
 * a peer may not make us send crumbs. */
static bool cut_to_block(struct tcp_sock *tp, struct sk_buff *skb, const struct tcp_sack_block *b)
{
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	bool starts_in = !seq_before(cb->seq, b->start);
	u32 mss = cb->gso_size, keep;

	if (starts_in && !seq_after(cb->end_seq, b->end))
		return true;
	if (cb->gso_segs < 2 || !mss)
		return false;
	if (starts_in)
		keep = (b->end - cb->seq) / mss * mss; /* its head is covered */
	else
		keep = (b->start - cb->seq + mss - 1) / mss * mss; /* its tail may be: the next to be looked at */
	if (!keep || keep >= skb->len || tcp_fragment(tp, NULL, skb, keep, mss, GFP_ATOMIC))
		return false;
	return starts_in;
}

/* Sent once, and it came: in which order, and how long did it take? */
static void note_original(struct tcp_sock *tp, const struct tcp_skb_cb *cb, struct tcp_ack_state *a)
{
	if (seq_before(cb->seq, tcp_highest_sack_seq(tp)) && seq_before(cb->seq, a->reord))
		a->reord = cb->seq;
	if (!seq_after(cb->end_seq, tp->high_seq))
		a->flags |= FLAG_ORIG_SACK_ACKED;
	if (!a->first_sacked_ns)
		a->first_sacked_ns = cb->sent_ns;
	a->last_sacked_ns = cb->sent_ns;
}
static void tag(struct tcp_sock *tp, struct sk_buff *skb, struct tcp_ack_state *a)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u32 segs = cb->gso_segs;

	tcp_rack_advance(tp, cb);
	if (!(cb->sacked & (TCPCB_RETRANS | TCPCB_EVER_RETRANS)))
		note_original(tp, cb, a);
	if (cb->sacked & TCPCB_LOST) {
		tp->lost_out -= segs;
		if (cb->sacked & TCPCB_RETRANS)
			tp->retrans_out -= segs;
		cb->sacked &= ~(TCPCB_LOST | TCPCB_RETRANS);
	}
	cb->sacked |= TCPCB_SACKED;
	tp->highest_sack = tp->sacked_out ? seq_max(tp->highest_sack, cb->end_seq) : cb->end_seq;
	tp->sacked_out += segs;
	a->flags |= FLAG_DATA_SACKED;
	tcp_count_delivered(tp, segs, a->flags & FLAG_ECE);
	tcp_rate_skb_delivered(tp, skb, &a->rs);
	tcp_rtx_move(tp, skb);
}
static void tag_block(struct tcp_sock *tp, const struct tcp_sack_block *b, struct tcp_ack_state *a)
{
	struct sk_buff *skb = tcp_rtx_find(&tp->rtx_queue, b->start), *next;

	for (; skb && seq_before(TCP_SKB_CB(skb)->seq, b->end); skb = next) {
		u32 end = TCP_SKB_CB(skb)->end_seq;
		bool covered = cut_to_block(tp, skb, b);

		next = skb_rb_next(skb);
		if (!covered || !seq_after(TCP_SKB_CB(skb)->end_seq, tp->snd_una))
			continue;
		tag(tp, skb, a);
		tcp_sack_merge(tp, skb, TCP_SKB_CB(skb)->end_seq != end);
	}
}

/* In the order of sequence: else a later block, tagged first, would make an earlier one look reordered. */
static void insert_sorted(struct tcp_sack_block *sp, u32 n, const struct tcp_sack_block *b)
{
	while (n && seq_after(sp[n - 1].start, b->start)) {
		sp[n] = sp[n - 1];
		n--;
	}
	sp[n] = *b;
}
static u32 valid_blocks(struct tcp_sock *tp, const struct tcp_sack_block *wire, u32 n, bool dsack,
			const struct tcp_ack_state *a, struct tcp_sack_block *sp)
{
	u32 used = 0;

	for (u32 i = 0; i < n; i++) {
		if (!block_valid(tp, &wire[i], dsack && !i))
			count_invalid(tp, &wire[i], dsack && !i, a->ack);
		else if (seq_after(wire[i].end, a->prior_una))
			insert_sorted(sp, used++, &wire[i]);
	}
	return used;
}

void tcp_sacktag_write_queue(struct tcp_sock *tp, const struct tcp_sack_block *wire, u32 n, struct tcp_ack_state *a)
{
	struct tcp_sack_block sp[TCP_NUM_SACKS];
	bool dsack = take_dsack(tp, wire, n, a);
	u32 used;

	/* An ACK that is older than a window may tell of another lap of the sequence numbers. */
	if (seq_before(a->ack, a->prior_una - tp->max_window) || !tp->packets_out)
		return;
	used = valid_blocks(tp, wire, n, dsack, a, sp);
	for (u32 i = 0; i < used; i++)
		tag_block(tp, &sp[i], a);
	if (dsack && block_valid(tp, &wire[0], true)) {
		walk_duplicates(tp, tcp_rtx_find(&tp->rtx_queue, wire[0].start), &wire[0], a);
		walk_duplicates(tp, tcp_rtx_find(&tp->sacked_queue, wire[0].start), &wire[0], a);
	}
	if (tp->ca_state != TCP_CA_Loss || tp->undo_marker)
		tcp_check_sack_reordering(tp, a->reord, false);
}

/* The blocks of th's SACK option, one whose length makes no sense aside. */
u32 tcp_parse_sack(const struct tcphdr *th, struct tcp_sack_block out[TCP_NUM_SACKS])
{
	const u8 *p = tcp_find_option(th, TCPOPT_SACK);
	u32 n;

	if (!p || p[1] < 10 || (p[1] - 2) % 8)
		return 0;
	n = min((p[1] - 2u) / 8, TCP_NUM_SACKS);
	for (u32 i = 0; i < n; i++) {
		out[i].start = get_unaligned_be32(p + 2 + 8 * i);
		out[i].end = get_unaligned_be32(p + 6 + 8 * i);
	}
	return n;
}
