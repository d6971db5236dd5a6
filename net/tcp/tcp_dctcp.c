/* net/tcp/tcp_dctcp.c - Data Center TCP (RFC 8257): a window that shrinks by how much was marked, not by half
 *
 * What:   routers mark packets as soon as a short queue waits (ECN). The receiver echoes the marks exactly, and the
 *         sender keeps a running estimate, alpha, of the part of its segments that was marked. Once a round trip with
 *         marks the window loses alpha / 2 of itself: a little when little was marked, half when all was.
 * Called: tcp_ack.c, tcp_clean.c, tcp_ecn.c and tcp_recovery.c through struct tcp_congestion_ops; the socket is owned.
 * Absent: where the peer or the path has no ECN, it is Reno.
 */
#include "net/tcp/tcp_internal.h"
#include <linux/inet_diag.h>

#define ALPHA_SHIFT 10u		/* alpha is a fraction of 1024 */
#define ALPHA_MAX (1u << ALPHA_SHIFT)
#define G_SHIFT 4u		/* weight of a round trip in alpha: 1/16 (RFC 8257 3.3) */

struct dctcp {
	u32 alpha;
	u32 delivered, delivered_ce; /* tp's, when the window of data began that ends at window_end */
	u32 window_end;
	u32 loss_cwnd;		/* the window before the last loss */
	bool ce;		/* the segment before was marked */
};
static struct dctcp *dctcp_of(struct tcp_sock *tp) { return (struct dctcp *)tp->ca_priv; }

static void begin_window(struct tcp_sock *tp, struct dctcp *d)
{
	d->window_end = tp->snd_nxt;
	d->delivered = tp->delivered;
	d->delivered_ce = tp->delivered_ce;
}
static const struct tcp_congestion_ops dctcp_reno = { /* the same, where marks do not come through */
	.name = "dctcp-reno",
	.ssthresh = tcp_reno_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = tcp_reno_undo_cwnd,
};
static void dctcp_init(struct tcp_sock *tp)
{
	struct dctcp *d = dctcp_of(tp);

	if (!(tp->ecn_flags & TCP_ECN_OK)) {
		tp->ca_ops = &dctcp_reno;
		tp->inet.tos &= (u8)~INET_ECN_MASK;
		return;
	}
	*d = (struct dctcp){ .alpha = ALPHA_MAX };
	begin_window(tp, d);
}

/* --- the sender --- */

/* RFC 8257 3.3, once a window of data: alpha = (1 - g) alpha + g (marked / delivered). */
static void update_alpha(struct tcp_sock *tp, const struct ack_sample *s)
{
	struct dctcp *d = dctcp_of(tp);
	u32 delivered = tp->delivered - d->delivered, marked = tp->delivered_ce - d->delivered_ce, decay;

	(void)s;
	if (seq_before(tp->snd_una, d->window_end))
		return;
	decay = d->alpha >> G_SHIFT;
	d->alpha -= min(d->alpha, max(decay, 1u));
	d->alpha += (u32)((u64)marked * (ALPHA_MAX >> G_SHIFT) / max(delivered, 1u));
	d->alpha = min(d->alpha, ALPHA_MAX);
	begin_window(tp, d);
}
/* 3.4: what ECE asks for. A loss is answered as by Reno before (3.5), in dctcp_set_state(). */
static u32 dctcp_ssthresh(struct tcp_sock *tp)
{
	struct dctcp *d = dctcp_of(tp);

	d->loss_cwnd = tp->snd_cwnd;
	return max(tp->snd_cwnd - (u32)(((u64)tp->snd_cwnd * d->alpha) >> (ALPHA_SHIFT + 1)), 2u);
}
static void react_to_loss(struct tcp_sock *tp)
{
	dctcp_of(tp)->loss_cwnd = tp->snd_cwnd;
	tp->snd_ssthresh = tcp_reno_ssthresh(tp);
}
static void dctcp_set_state(struct tcp_sock *tp, u8 state)
{
	if (state == TCP_CA_Recovery && state != tp->ca_state)
		react_to_loss(tp);
}
static u32 dctcp_undo_cwnd(struct tcp_sock *tp) { return max(tp->snd_cwnd, dctcp_of(tp)->loss_cwnd); }

/* --- the receiver (3.2) --- */

static void echo(struct tcp_sock *tp, bool ce)
{
	if (ce)
		tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
	else
		tp->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
}
/* The sender counts bytes: no ACK may speak for marked and unmarked ones. At a change, what waited for its ACK is
 * acknowledged as it was, and the new segment at once. */
static void note_mark(struct tcp_sock *tp, bool ce)
{
	struct dctcp *d = dctcp_of(tp);

	if (d->ce != ce) {
		if (tp->ack.pending & TCP_ACK_TIMER) {
			echo(tp, d->ce);
			__tcp_send_ack(tp, tp->rcv_nxt); /* the new segment is not in it yet */
		}
		tp->ack.pending |= TCP_ACK_SCHED | TCP_ACK_NOW; /* sending has cleared it */
	}
	d->ce = ce;
	echo(tp, ce);
}
static void dctcp_cwnd_event(struct tcp_sock *tp, enum tcp_ca_event ev)
{
	if (ev == CA_EVENT_ECN_IS_CE || ev == CA_EVENT_ECN_NO_CE)
		note_mark(tp, ev == CA_EVENT_ECN_IS_CE);
	else if (ev == CA_EVENT_LOSS)
		react_to_loss(tp);
}

static size_t dctcp_get_info(struct tcp_sock *tp, union tcp_cc_info *info)
{
	const struct dctcp *d = dctcp_of(tp);

	info->dctcp = (struct tcp_dctcp_info){ .dctcp_enabled = 1, .dctcp_ce_state = d->ce, .dctcp_alpha = d->alpha,
					       .dctcp_ab_ecn = tp->mss_cache * (tp->delivered_ce - d->delivered_ce),
					       .dctcp_ab_tot = tp->mss_cache * (tp->delivered - d->delivered) };
	return sizeof(info->dctcp);
}
struct tcp_congestion_ops tcp_dctcp = {
	.name = "dctcp",
	.flags = TCP_CONG_NEEDS_ECN,
	.init = dctcp_init,
	.ssthresh = dctcp_ssthresh,
	.cong_avoid = tcp_reno_cong_avoid,
	.undo_cwnd = dctcp_undo_cwnd,
	.set_state = dctcp_set_state,
	.cwnd_event = dctcp_cwnd_event,
	.pkts_acked = update_alpha,
	.get_info = dctcp_get_info,
};
