/* net/tcp/tcp_reordering.c - how far segments overtake each other on this path
 *
 * What:   with SACK, a segment that was sent once and comes behind later ones shows it; the distance becomes
 *         tp->reordering, the number of duplicates that are no sign of a loss. Without SACK, duplicates are counted as
 *         if they were SACKs, and more of them than segments can be missing show the same.
 * Called: tcp_sacktag.c, tcp_clean.c, tcp_recovery.c, tcp_loss.c; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

static u32 bounded(const struct tcp_sock *tp, u32 segs)
{
	return min(segs, (u32)tcp_sysctl(&tp->inet.sk)->max_reordering);
}
void tcp_check_sack_reordering(struct tcp_sock *tp, u32 low_seq, bool by_ts)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	u32 fack = tcp_highest_sack_seq(tp), mss = tp->mss_cache, bytes = fack - low_seq;

	if (!seq_before(low_seq, fack))
		return;
	if (bytes > tp->reordering * mss && mss)
		tp->reordering = bounded(tp, (bytes + mss - 1) / mss);
	tp->reord_seen++;
	if (by_ts)
		NET_INC_STATS(net, TCPEXT_TCPTSREORDER);
	else
		NET_INC_STATS(net, TCPEXT_TCPSACKREORDER);
}

/* --- without SACK --- */

/* At least one, and all that are known to be lost, cannot have arrived. True when the count had to be cut. */
bool tcp_limit_reno_sacked(struct tcp_sock *tp)
{
	u32 holes = min(max(tp->lost_out, 1u), tp->packets_out);

	if (tp->sacked_out + holes <= tp->packets_out)
		return false;
	tp->sacked_out = tp->packets_out - holes;
	return true;
}
static void check_reno_reordering(struct tcp_sock *tp, u32 addend)
{
	if (!tcp_limit_reno_sacked(tp))
		return;
	tp->reordering = bounded(tp, tp->packets_out + addend);
	tp->reord_seen++;
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPRENOREORDER);
}
/* Each duplicate says that one more has left the network. */
void tcp_add_reno_sack(struct tcp_sock *tp, u32 num_dupack, bool ece)
{
	u32 prior = tp->sacked_out;

	if (!num_dupack)
		return;
	tp->sacked_out += num_dupack;
	check_reno_reordering(tp, 0);
	if (tp->sacked_out > prior)
		tcp_count_delivered(tp, tp->sacked_out - prior, ece);
}
/* acked segments: one of them was missing, the others had been counted by duplicates. */
void tcp_remove_reno_sacks(struct tcp_sock *tp, u32 acked, bool ece)
{
	if (acked) {
		tcp_count_delivered(tp, acked > tp->sacked_out + 1 ? acked - tp->sacked_out : 1, ece);
		tp->sacked_out -= min(acked - 1, tp->sacked_out);
	}
	check_reno_reordering(tp, acked);
}
