/* net/tcp/tcp_output.c - one segment gets its header and leaves
 *
 * What:   tcp_transmit_skb(), and the segments that carry no new data: ACK, SYN, FIN, RST, probes.
 * Called: tcp_xmit.c, tcp_timer.c, tcp_input.c, the program's side; the socket is owned.
 * Calls:  ip_queue_xmit().
 */
#include "kernel/sched/task.h"
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

struct sk_buff *tcp_stream_alloc_skb(struct tcp_sock *tp, u32 size, gfp_t gfp)
{
	struct sk_buff *skb = alloc_skb(TCP_HEADROOM + size, gfp);

	(void)tp;
	if (!skb)
		return NULL;
	skb_reserve(skb, TCP_HEADROOM);
	skb->ip_summed = CHECKSUM_PARTIAL;
	memset(skb->cb, 0, sizeof(skb->cb));
	TCP_SKB_CB(skb)->gso_segs = 1;
	INIT_LIST_HEAD(&TCP_SKB_CB(skb)->by_time);
	return skb;
}
void tcp_wmem_free_skb(struct sock *sk, struct sk_buff *skb)
{
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued - skb->truesize);
	consume_skb(skb);
	tcp_mem_reclaim(sk);
}
void tcp_write_queue_purge(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_write_queue)))
		tcp_wmem_free_skb(sk, skb);
	while ((skb = tcp_rtx_head(tp)))
		tcp_rtx_unlink_and_free(tp, skb);
	tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
	tp->backoff = 0;
	tcp_clear_write_timer(tp);
}

static const struct tcp_fastopen_cookie *fastopen_option(struct tcp_sock *tp)
{
	const struct tcp_fastopen_cookie *c = tp->fastopen_req ? &tp->fastopen_req->cookie : NULL;

	if (!c || c->len < 0)
		return NULL;
	tp->syn_fastopen = true;
	tp->syn_fastopen_exp = c->exp;
	return c;
}
/* Nothing but timestamps, if those: nearly all segments. */
static bool options_are_plain(const struct tcp_sock *tp, u8 flags)
{
	return likely(!(flags & TCPHDR_SYN) && !tp->sack.n && !tp->sack.has_dup);
}
/* The options of any other segment; their size. len: payload of each segment. SACK blocks ride where a full segment
 * leaves them room. */
static noinline u32 options_for(struct tcp_sock *tp, u8 flags, u32 len, struct tcp_out_options *o)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	bool first = (flags & (TCPHDR_SYN | TCPHDR_ACK)) == TCPHDR_SYN;

	*o = (struct tcp_out_options){ .wscale = 0xff, .tsval = tcp_time_stamp(tp), .tsecr = tp->rx_opt.ts_recent };
	if (!(flags & TCPHDR_SYN)) {
		o->ts = tp->rx_opt.tstamp_ok;
		if (len < tp->mss_cache)
			tcp_sack_options(tp, o, tp->mss_cache - len);
		return tcp_options_size(o);
	}
	o->mss = tp->advmss;
	o->ts = first ? s->timestamps != 0 : tp->rx_opt.tstamp_ok;
	o->sack_ok = first ? s->sack != 0 : tp->rx_opt.sack_ok;
	o->tfo = first ? fastopen_option(tp) : tp->synack_cookie;
	if (first ? s->window_scaling != 0 : tp->rx_opt.wscale_ok)
		o->wscale = tp->rx_opt.rcv_wscale;
	return tcp_options_size(o);
}
/* All but the options, which end size bytes from the header's start. */
static struct tcphdr *write_header(struct tcp_sock *tp, struct sk_buff *skb, u32 size, u16 window)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct skb_shared_info *sh = skb_shinfo(skb);
	struct inet_sock *inet = &tp->inet;
	struct tcphdr *th = skb_push(skb, size);

	skb_reset_transport_header(skb);
	th->source = inet->inet_sport;
	th->dest = inet->sk.sk_dport;
	th->seq = htonl(cb->seq);
	th->ack_seq = htonl(cb->tcp_flags & TCPHDR_ACK ? tp->rcv_nxt : 0);
	/* Several segments: what reads them at the other end had better not wait for the next packet (GRO). */
	((__be16 *)th)[6] = htons((u16)(size << 10 | cb->tcp_flags | (cb->gso_segs > 1 ? TCPHDR_PSH : 0)));
	th->window = htons(window);
	th->urg_ptr = 0;
	if (unlikely(tp->urg_mode) && seq_before(cb->seq, tp->snd_up) && !(cb->tcp_flags & TCPHDR_SYN)) {
		u32 ptr = tp->snd_up - cb->seq;

		if (ptr < 0x10000) {
			th->urg_ptr = htons((u16)ptr);
			th->urg = 1;
		} else if (seq_after(cb->seq + 0xffff, tp->snd_nxt)) {
			th->urg_ptr = htons(0xffff);
			th->urg = 1;
		}
	}
	/* Always: it may have been more segments when it left last. */
	sh->gso_size = cb->gso_segs > 1 ? cb->gso_size : 0;
	sh->gso_segs = cb->gso_segs;
	sh->gso_type = SKB_GSO_TCPV4;
	if (!(cb->tcp_flags & TCPHDR_SYN))
		((u8 *)th)[13] |= tcp_ecn_send(tp, skb, cb->seq, skb->len - size);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb->data - skb->head);
	skb->csum_offset = offsetof(struct tcphdr, check);
	th->check = (__force __sum16) ~(__force u16)csum_tcpudp_magic(inet->inet_saddr, inet->sk.sk_daddr, skb->len,
								      IPPROTO_TCP, 0);
	return th;
}
static void put_header(struct tcp_sock *tp, struct sk_buff *skb, u8 flags, u32 len)
{
	struct tcp_out_options o;
	bool plain = options_are_plain(tp, flags);
	u32 size = tp->rx_opt.tstamp_ok ? TCPOLEN_TSTAMP_ALIGNED : 0;
	u16 window = unlikely(flags & TCPHDR_SYN) ? (u16)min(tp->rcv_wnd, 65535u) : tcp_select_window(tp);
	void *options;

	if (unlikely(!plain))
		size = options_for(tp, flags, len, &o);
	options = write_header(tp, skb, sizeof(struct tcphdr) + size, window) + 1;
	if (unlikely(!plain))
		tcp_options_write(options, &o);
	else if (likely(size))
		tcp_tstamp_write(options, tcp_time_stamp(tp), tp->rx_opt.ts_recent);
}

/* What this segment means for the timers of the other direction. */
/* OutSegs leaves out what was sent before (RFC 4022). */
static bool is_new(const struct tcp_sock *tp, const struct tcp_skb_cb *cb)
{
	if (cb->tcp_flags & TCPHDR_SYN)
		return !tp->retransmits;
	return seq_after(cb->end_seq, tp->snd_nxt) || cb->seq == cb->end_seq;
}
static void note_sent(struct tcp_sock *tp, u8 flags, u32 len, u32 segs, bool new)
{
	if (flags & TCPHDR_ACK)
		tcp_event_ack_sent(tp);
	tp->segs_out += segs;
	if (new)
		NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCP_OUTSEGS, segs);
	if (!len)
		return;
	if (!tcp_packets_in_flight(tp))
		tcp_ca_event(tp, CA_EVENT_TX_START);
	tp->data_segs_out += segs;
	tp->bytes_sent += len;
	tcp_event_reply_sent(tp);
	tp->lsndtime_ns = tp->now_ns;
}
/* The copy that travels. The bytes are shared unless an earlier copy of them is still on its way, with its header. */
static struct sk_buff *travelling_copy(struct sk_buff *skb, gfp_t gfp)
{
	if (unlikely(skb_cloned(skb)))
		return pskb_copy(skb, TCP_HEADROOM, gfp);
	skb_header_release(skb);
	return skb_clone(skb, gfp);
}
int tcp_transmit_skb(struct tcp_sock *tp, struct sk_buff *skb, bool keep)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *original = skb;
	u8 flags = TCP_SKB_CB(skb)->tcp_flags;
	u32 len = skb->len, segs = TCP_SKB_CB(skb)->gso_segs;
	bool new = is_new(tp, TCP_SKB_CB(skb));
	int err;

	TCP_SKB_CB(skb)->sent_ns = tp->now_ns;
	if (keep) {
		skb = travelling_copy(skb, GFP_ATOMIC);
		if (!skb)
			return -ENOBUFS;
		skb_set_owner_w(skb, sk);
		skb->destructor = tcp_wfree;
	}
	put_header(tp, skb, flags, segs > 1 ? TCP_SKB_CB(original)->gso_size : len);
	err = ip_queue_xmit(sk, skb);
	/* A full queue is congestion, not a failure: the segment counts as sent, and as lost if it is. */
	if (err < 0 && err != -ENOBUFS)
		return err;
	if (unlikely(err == -ENOBUFS) && keep)
		tcp_enter_cwr(tp);
	note_sent(tp, flags, len, segs, new);
	if (keep) {
		TCP_SKB_CB(original)->tx.order = tp->sent_order++;
		list_move_tail(&TCP_SKB_CB(original)->by_time, &tp->tsorted);
		tcp_pacing_sent(tp, original->len);
		tcp_rate_skb_sent(tp, original);
	}
	return 0;
}

/* --- segments without new data --- */

static struct sk_buff *control_skb(struct tcp_sock *tp, u32 seq, u8 flags, gfp_t gfp)
{
	struct sk_buff *skb = tcp_stream_alloc_skb(tp, 0, gfp);
	struct tcp_skb_cb *cb;

	if (!skb)
		return NULL;
	cb = TCP_SKB_CB(skb);
	cb->seq = seq;
	cb->end_seq = seq + !!(flags & (TCPHDR_SYN | TCPHDR_FIN));
	cb->tcp_flags = flags;
	return skb;
}
/* A sequence number that the peer accepts even when its window is full: within it if possible. A little beyond its end
 * may be what the scaling of the window took. */
static u32 acceptable_seq(const struct tcp_sock *tp)
{
	u32 end = tcp_wnd_end(tp);
	bool rounded = tp->rx_opt.wscale_ok && tp->snd_nxt - end < 1u << tp->rx_opt.rcv_wscale;

	return seq_before(end, tp->snd_nxt) && !rounded ? end : tp->snd_nxt;
}
void tcp_send_ack(struct tcp_sock *tp)
{
	struct sk_buff *skb;

	if (tcp_sock_sk(tp)->sk_state == TCP_CLOSE)
		return;
	skb = control_skb(tp, acceptable_seq(tp), TCPHDR_ACK, GFP_ATOMIC);
	if (!skb) { /* later, then */
		tp->ack.pending |= TCP_ACK_SCHED;
		tp->ack.ato_us = TCP_DELACK_MIN_US;
		tcp_reset_delack_timer(tp, tp->now_ns + TCP_DELACK_MAX_US * NSEC_PER_USEC);
		return;
	}
	tcp_transmit_skb(tp, skb, false);
}
void __tcp_send_ack(struct tcp_sock *tp, u32 rcv_nxt)
{
	u32 all = tp->rcv_nxt;

	tp->rcv_nxt = rcv_nxt;
	tcp_send_ack(tp);
	tp->rcv_nxt = all;
}
#define FIN_RETRY_NS (10 * NSEC_PER_MSEC)
/* Process context. Asks for memory until there is some: a FIN that is forgotten leaves a connection that never ends.
 * The data before it may carry it. */
void tcp_send_fin(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue), *skb;

	if (tail) {
		TCP_SKB_CB(tail)->tcp_flags |= TCPHDR_FIN;
		TCP_SKB_CB(tail)->end_seq++;
		tp->write_seq++;
	} else {
		while (!(skb = control_skb(tp, tp->write_seq, TCPHDR_ACK | TCPHDR_FIN, GFP_KERNEL)))
			sleep_ns(FIN_RETRY_NS);
		tp->write_seq++;
		WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + skb->truesize);
		__skb_queue_tail(&sk->sk_write_queue, skb);
	}
	__tcp_push_pending_frames(tp, tcp_current_mss(tp), TCP_NAGLE_OFF);
}

/* We are done with it whatever the peer thinks. */
void tcp_send_active_reset(struct tcp_sock *tp, gfp_t gfp)
{
	struct net *net = tcp_sock_sk(tp)->sk_net;
	struct sk_buff *skb = control_skb(tp, acceptable_seq(tp), TCPHDR_ACK | TCPHDR_RST, gfp);

	NET_INC_STATS(net, TCP_OUTRSTS);
	tcp_trace_active_reset(tcp_sock_sk(tp));
	if (!skb || tcp_transmit_skb(tp, skb, false))
		NET_INC_STATS(net, TCPEXT_TCPABORTFAILED);
}

/* The SYN that waits for its ACK becomes a SYN-ACK. */
int tcp_send_synack_again(struct tcp_sock *tp)
{
	struct sk_buff *skb = tcp_rtx_head(tp);

	if (!skb || !(TCP_SKB_CB(skb)->tcp_flags & TCPHDR_SYN))
		return -EFAULT;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_SYN | TCPHDR_ACK | (tp->ecn_flags & TCP_ECN_OK ? TCPHDR_ECE : 0);
	return tcp_transmit_skb(tp, skb, true);
}

/* One byte before the window, which the peer must answer (RFC 1122 4.2.3.6 for keepalive, 9293 3.8.6.1 for the
 * rest). */
static int send_old_byte(struct tcp_sock *tp, bool urgent)
{
	struct sk_buff *skb = control_skb(tp, tp->snd_una - !urgent, TCPHDR_ACK, GFP_ATOMIC);

	return skb ? tcp_transmit_skb(tp, skb, false) : -ENOMEM;
}
/* One segment, as much as the window takes: it was held back because it is small. The peer shall hand it up, and for
 * Nagle's rule it is no small one. */
static int push_small(struct tcp_sock *tp, struct sk_buff *head)
{
	u32 mss = tcp_current_mss(tp), len = min(mss, tcp_wnd_end(tp) - TCP_SKB_CB(head)->seq), small = tp->snd_sml;

	if (head->len > len && tcp_fragment(tp, &tcp_sock_sk(tp)->sk_write_queue, head, len, mss, GFP_ATOMIC))
		return -1;
	TCP_SKB_CB(head)->tcp_flags |= TCPHDR_PSH;
	tcp_write_xmit(tp, mss, TCP_NAGLE_PUSH, 2);
	tp->snd_sml = small;
	return 0;
}
int tcp_write_wakeup(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *head = skb_peek(&sk->sk_write_queue);

	if (sk->sk_state == TCP_CLOSE)
		return -1;
	if (head && seq_before(TCP_SKB_CB(head)->seq, tcp_wnd_end(tp))) {
		return push_small(tp, head);
	}
	if (seq_between(tp->snd_up, tp->snd_una + 1, tp->snd_una + 0xffff))
		send_old_byte(tp, true);
	return send_old_byte(tp, false);
}
/* The window is closed: ask again later, twice as late each time. */
void tcp_send_probe0(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	int err = tcp_write_wakeup(tp);

	if (tp->packets_out || skb_queue_empty(&sk->sk_write_queue)) {
		tp->probes_out = tp->backoff = 0;
		tp->probes_tstamp_ns = 0;
		return;
	}
	tp->probes_out++;
	NET_INC_STATS(sk->sk_net, TCPEXT_TCPWINPROBE);
	if (err <= 0 && tp->backoff < tcp_sysctl(sk)->retries2)
		tp->backoff++;
	tcp_reset_write_timer(tp, TCP_TIME_PROBE0, (u64)tp->rto_us << min(tp->backoff, (u8)20));
}
