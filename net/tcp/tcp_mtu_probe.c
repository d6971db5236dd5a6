/* net/tcp/tcp_mtu_probe.c - how long may a packet be, if no router tells? The path is asked itself (RFC 4821)
 *
 * What:   the search for the path's MTU between a size that passes and one that does not. A probe is a segment of real
 *         data, longer than the others. When it is acknowledged all segments may be as long; when it alone is lost, it
 *         was too long, and that is no congestion. And the way down: when segments time out again and again, the path
 *         may swallow long ones (a black hole), and the size that passes is taken to be less.
 * Called: tcp_xmit.c before it sends, tcp_clean.c, tcp_recovery.c, tcp_retransmit.c as they learn what became of the
 *         probe, tcp_rto.c; the socket is owned.
 * Calls:  tcp_mss.c, tcp_output.c.
 */
#include "net/tcp/tcp_internal.h"

#define PROBE_MIN_CWND 11u	/* smaller windows are not risked */

/* Bytes of a packet around its payload. */
static u32 headers(const struct tcp_sock *tp) { return (u32)sizeof(struct iphdr) + tp->tcp_header_len; }
static u32 payload(const struct tcp_sock *tp, u32 mtu) { return tcp_mtu_to_mss(tp, mtu) + 20u - tp->tcp_header_len; }
/* A packet of the peer's MSS. */
static u16 longest(const struct tcp_sock *tp)
{
	u32 clamp = tp->rx_opt.mss_clamp ? tp->rx_opt.mss_clamp : 65535u;

	return (u16)min(clamp + (u32)(sizeof(struct iphdr) + sizeof(struct tcphdr)), 65535u);
}
/* The handshake is over. */
void tcp_mtup_init(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));

	tp->mtup_enabled = s->mtu_probing > 1;
	tp->mtup.search_high = longest(tp);
	tp->mtup.search_low = (u16)min((u32)s->base_mss + headers(tp), 65535u);
	tp->mtup.probe_size = 0;
	tp->mtup.since_ns = tp->now_ns;
}
u32 tcp_mtup_bound(struct tcp_sock *tp, u32 mss, u32 pmtu)
{
	tp->mtup.search_high = (u16)min((u32)tp->mtup.search_high, pmtu);
	return tp->mtup_enabled ? min(mss, payload(tp, tp->mtup.search_low)) : mss;
}
/* RFC 4821 7.7: segments time out again and again. The first time they shrink to tcp_base_mss, then by half each time,
 * not below tcp_mtu_probe_floor. */
void tcp_mtu_black_hole(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	u32 mss;

	if (!s->mtu_probing)
		return;
	if (!tp->mtup_enabled) {
		tp->mtup_enabled = true;
		tp->mtup.since_ns = tp->now_ns;
	} else {
		mss = min(payload(tp, tp->mtup.search_low) / 2, (u32)s->base_mss);
		tp->mtup.search_low = (u16)(max(mss, (u32)max(s->mtu_probe_floor, s->min_snd_mss)) + headers(tp));
	}
	tcp_sync_mss(tp, tp->pmtu_cookie);
}

/* --- what became of it --- */

/* The window counts segments, which are longer now: fewer of them are as many bytes. */
void tcp_mtup_acked(struct tcp_sock *tp)
{
	u64 bytes = (u64)tp->snd_cwnd * (tp->mss_cache + headers(tp));

	if (seq_after(tp->mtup.end_seq, tp->snd_una))
		return;
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPMTUPSUCCESS);
	tp->prior_ssthresh = tcp_current_ssthresh(tp);
	tp->snd_cwnd = max((u32)(bytes / tp->mtup.probe_size), 1u);
	tp->snd_cwnd_cnt = 0;
	tp->cwnd_stamp_ns = tp->now_ns;
	tp->snd_ssthresh = tcp_current_ssthresh(tp);
	tp->mtup.search_low = tp->mtup.probe_size;
	tp->mtup.probe_size = 0;
	tcp_sync_mss(tp, tp->pmtu_cookie);
}
/* Something is lost. True when it is the probe and nothing before it: it goes again as segments of the present size,
 * and the window stays as it is (RFC 4821 7.5). */
bool tcp_mtup_lost(struct tcp_sock *tp)
{
	if (tp->ca_state >= TCP_CA_CWR || tp->snd_una != tp->mtup.seq)
		return false;
	NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPMTUPFAIL);
	tp->mtup.search_high = tp->mtup.probe_size - 1;
	tp->mtup.probe_size = 0;
	tp->snd_cwnd++; /* what tcp_mtu_probe() took */
	tcp_simple_retransmit(tp);
	return true;
}

/* --- asking --- */

/* The search is over. Paths change: after tcp_probe_interval it begins anew. */
static void check_reprobe(struct tcp_sock *tp)
{
	u64 interval_ns = (u64)tcp_sysctl(tcp_sock_sk(tp))->probe_interval * NSEC_PER_SEC;

	if (tp->now_ns - tp->mtup.since_ns < interval_ns)
		return;
	tp->mtup.search_high = (u16)min((u32)longest(tp), tp->pmtu_cookie);
	tp->mtup.search_low = (u16)(tp->mss_cache + headers(tp));
	tp->mtup.since_ns = tp->now_ns;
}
/* The first len bytes of the write queue may be one segment: no mark lies on a byte within. */
static bool can_gather(struct sk_buff_head *q, u32 len)
{
	struct sk_buff *skb;

	skb_queue_walk(q, skb) {
		if ((TCP_SKB_CB(skb)->tcp_flags & TCPHDR_FIN) || skb_shinfo(skb)->tx_flags)
			return false;
		if (skb->len >= len)
			return true;
		if (TCP_SKB_CB(skb)->eor)
			return false;
		len -= skb->len;
	}
	return false;
}
/* n bytes from the front of skb, which is first in the write queue, move to the end of probe. False: no memory. */
static bool take_front(struct tcp_sock *tp, struct sk_buff *probe, struct sk_buff *skb, u32 n)
{
	struct tcp_skb_cb *from = TCP_SKB_CB(skb), *to = TCP_SKB_CB(probe);
	bool whole = n == skb->len;

	if (skb_copy_bits(skb, 0, skb_tail_pointer(probe), n) || (!whole && tcp_trim_head(tp, skb, n)))
		return false;
	skb_put(probe, n);
	skb_count_copy(SKB_COPY_COALESCE, n);
	to->end_seq += n;
	if (!whole) {
		from->gso_segs = 0; /* counted when it leaves */
		return true;
	}
	to->tcp_flags |= from->tcp_flags;
	to->eor = from->eor;
	__skb_unlink(skb, &tcp_sock_sk(tp)->sk_write_queue);
	tcp_wmem_free_skb(tcp_sock_sk(tp), skb);
	return true;
}
/* The first len bytes of the write queue as one skb before the rest. Where memory is short: less
 * than that, or NULL. */
static struct sk_buff *gather(struct tcp_sock *tp, u32 len)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff_head *q = &sk->sk_write_queue;
	struct sk_buff *probe = tcp_stream_alloc_skb(tp, len, GFP_ATOMIC);

	if (!probe)
		return NULL;
	TCP_SKB_CB(probe)->seq = TCP_SKB_CB(probe)->end_seq = TCP_SKB_CB(skb_peek(q))->seq;
	TCP_SKB_CB(probe)->tcp_flags = TCPHDR_ACK;
	while (probe->len < len)
		if (!take_front(tp, probe, skb_peek(q), min(skb_peek(q)->len, len - probe->len)))
			break;
	if (!probe->len) {
		consume_skb(probe);
		return NULL;
	}
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + (int)probe->truesize);
	__skb_queue_head(q, probe);
	return probe;
}
/* Payload of the next probe, the middle of the search; 0: none now. */
static u32 probe_len(struct tcp_sock *tp)
{
	u32 low = tp->mtup.search_low, high = tp->mtup.search_high;

	if (tp->mtup.probe_size || tp->ca_state != TCP_CA_Open || tp->snd_cwnd < PROBE_MIN_CWND || tp->sack.n ||
	    tp->sack.has_dup || tp->urg_mode)
		return 0;
	if (high < low || high - low < (u32)tcp_sysctl(tcp_sock_sk(tp))->probe_threshold) {
		check_reprobe(tp);
		return 0;
	}
	return payload(tp, (low + high) / 2);
}
/* Enough behind it that its loss is told by duplicates, not by a time-out. */
static bool enough_to_say(const struct tcp_sock *tp, u32 needed)
{
	return tp->write_seq - tp->snd_nxt >= needed && tp->snd_wnd >= needed;
}
static bool send_probe(struct tcp_sock *tp, u32 len)
{
	struct sk_buff *head = can_gather(&tcp_sock_sk(tp)->sk_write_queue, len) ? gather(tp, len) : NULL;

	if (!head || head->len < len)
		return false;
	if (tcp_transmit_skb(tp, head, true))
		return false; /* it waits, and is cut when it goes */
	tp->snd_cwnd--; /* it is worth two */
	tp->mtup.probe_size = (u16)(len + headers(tp));
	tp->mtup.seq = TCP_SKB_CB(head)->seq;
	tp->mtup.end_seq = TCP_SKB_CB(head)->end_seq;
	if (tcp_event_new_data_sent(tp, head))
		tcp_rearm_rto(tp);
	return true;
}
/* < 0: no probe, go on; 0: soon, send nothing before; 1: it was sent. */
int tcp_mtu_probe(struct tcp_sock *tp)
{
	u32 len = probe_len(tp), needed = len + (tp->reordering + 1) * tp->mss_cache;

	if (!len || !enough_to_say(tp, needed))
		return -1;
	if (seq_after(tp->snd_nxt + needed, tcp_wnd_end(tp)))
		return 0;
	if (tcp_packets_in_flight(tp) + 2 > tp->snd_cwnd)
		return tcp_packets_in_flight(tp) ? 0 : -1;
	return send_probe(tp, len) ? 1 : -1;
}
