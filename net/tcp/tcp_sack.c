/* net/tcp/tcp_sack.c - what the receiver says about data beyond a hole (RFC 2018), and about data that came twice
 * (2883)
 *
 * What:   up to four blocks, the one that changed last first, so that each is told in several ACKs and the loss of one
 *         hurts nobody; and a single report of a duplicate, which goes out once, in front of them.
 * Called: tcp_reassembly.c and tcp_input.c as data arrives, tcp_output.c for each segment that leaves; socket owned.
 */
#include "net/tcp/tcp_internal.h"

static bool touch(const struct tcp_sack_block *a, u32 start, u32 end)
{
	return !seq_before(a->end, start) && !seq_after(a->start, end);
}
static void sack_delete(struct tcp_sack *s, u32 at)
{
	s->n--;
	memmove(&s->block[at], &s->block[at + 1], (s->n - at) * sizeof(s->block[0]));
}
/* [start, end) came early. Blocks that it touches become one with it; where there are too many, the oldest is
 * forgotten: it was told before. */
void tcp_sack_new_ofo(struct tcp_sock *tp, u32 start, u32 end)
{
	struct tcp_sack *s = &tp->sack;

	if (!tp->rx_opt.sack_ok)
		return;
	for (u32 i = 0; i < s->n;) {
		if (!touch(&s->block[i], start, end)) {
			i++;
			continue;
		}
		start = seq_before(s->block[i].start, start) ? s->block[i].start : start;
		end = seq_max(s->block[i].end, end);
		sack_delete(s, i);
	}
	if (s->n == TCP_NUM_SACKS)
		s->n--;
	memmove(&s->block[1], &s->block[0], s->n * sizeof(s->block[0]));
	s->block[0] = (struct tcp_sack_block){ start, end };
	s->n++;
}
/* rcv_nxt has moved: what it has reached is no longer beyond a hole. */
void tcp_sack_advance(struct tcp_sock *tp)
{
	struct tcp_sack *s = &tp->sack;

	if (RB_EMPTY_ROOT(&tp->ooo_queue))
		s->n = 0;
	for (u32 i = 0; i < s->n;)
		if (seq_after(s->block[i].start, tp->rcv_nxt))
			i++;
		else
			sack_delete(s, i);
}

/* [start, end) came a second time; the next ACK says so. */
void tcp_dsack_set(struct tcp_sock *tp, u32 start, u32 end)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;

	if (!tp->rx_opt.sack_ok || !net->tcp->sysctl.dsack || start == end)
		return;
	if (seq_before(start, tp->rcv_nxt))
		NET_INC_STATS(net, TCPEXT_TCPDSACKOLDSENT);
	else
		NET_INC_STATS(net, TCPEXT_TCPDSACKOFOSENT);
	tp->sack.has_dup = true;
	tp->sack.dup = (struct tcp_sack_block){ start, end };
}
/* The same for one segment that met several that were there: the first report grows where it can. */
void tcp_dsack_extend(struct tcp_sock *tp, u32 start, u32 end)
{
	struct tcp_sack *s = &tp->sack;

	if (!s->has_dup) {
		tcp_dsack_set(tp, start, end);
	} else if (touch(&s->dup, start, end)) {
		s->dup.start = seq_before(start, s->dup.start) ? start : s->dup.start;
		s->dup.end = seq_max(end, s->dup.end);
	}
}

static u32 most_blocks(bool timestamps) { return ((timestamps ? 28u : 40u) - 4u) / 8u; }
/* Bytes of options that the blocks for the next segment take. */
u32 __tcp_sack_options_size(const struct tcp_sock *tp)
{
	u32 n = min(tp->sack.n + tp->sack.has_dup, most_blocks(tp->rx_opt.tstamp_ok));

	return n ? 4 + 8 * n : 0;
}
/* The blocks for a segment with room for that many bytes of options beside those of every segment. A report of a
 * duplicate comes first (RFC 2883 4), and only once. */
void tcp_sack_options(struct tcp_sock *tp, struct tcp_out_options *o, u32 room)
{
	struct tcp_sack *s = &tp->sack;
	u32 most = (min(room, o->ts ? 28u : 40u) - min(room, 4u)) / 8, n = 0;

	if (s->has_dup && most) {
		o->sack[n++] = s->dup;
		s->has_dup = false;
	}
	for (u32 i = 0; i < s->n && n < most; i++)
		o->sack[n++] = s->block[i];
	o->num_sacks = (u8)n;
}
