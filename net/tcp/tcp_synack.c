/* net/tcp/tcp_synack.c - the answer to a SYN
 *
 * What:   the way back to who asks, the window and the MSS that follow from it, and the SYN-ACK itself.
 * Called: tcp_request.c for each request, and its timer; tcp_cookie.c; tcp_listen.c for the child's route. Softirq.
 * Calls:  ip_build_and_send_pkt().
 * Locks:  none: a request's facts are constant once it is in the hash, but for what its timer and a repeated SYN count.
 */
#include "net/tcp/tcp_internal.h"

/* One question serves the MSS, the SYN-ACK and the child, unless the tables change meanwhile. */
struct rtable *tcp_req_route(const struct tcp_request_sock *req)
{
	const struct sock *lsk = req->listener;
	struct flowi4 fl;

	if (likely(req->rt && rt_is_valid(req->rt))) {
		dst_hold(&req->rt->dst);
		return req->rt;
	}
	fl = (struct flowi4){ .daddr = req->h.daddr, .saddr = req->h.rcv_saddr, .proto = IPPROTO_TCP,
			      .oif = req->h.bound_dev_if, .mark = lsk->sk_mark, .tos = req->tos & IPTOS_RT_MASK,
			      .dport = req->h.dport, .sport = htons(req->h.num), .uid = lsk->sk_uid };
	return ip_route_output_key(req->h.net, &fl);
}
/* What we announce. */
static u16 our_mss(const struct tcp_request_sock *req, const struct rtable *rt)
{
	u16 mss = (u16)tcp_route_mss(&rt->dst), user = tcp_sk(req->listener)->rx_opt.user_mss;

	return user && user < mss ? user : mss;
}

/* What the SYN-ACK announces: a multiple of what the peer's segments will hold. */
void tcp_req_select_window(struct tcp_request_sock *req, const struct sock *lsk)
{
	struct tcp_initial_window w = { .clamp = tcp_clamp_for_buffer(lsk) };
	u32 space = tcp_full_space(lsk), mss;
	struct rtable *rt = req->rt ? req->rt : tcp_req_route(req);

	if (IS_ERR(rt))
		return; /* no way back to who asks: tcp_send_synack() will say so */
	req->rt = rt;
	req->advmss = our_mss(req, rt);
	w.segs = dst_metric(&rt->dst, RTAX_INITRWND);
	mss = req->advmss - (req->opt.tstamp_ok ? 12u : 0);
	/* The route may want more than the buffer's share; where the program chose the buffer, its choice holds. */
	if (unlikely(w.segs) && !(lsk->sk_userlocks & SOCK_RCVBUF_LOCK))
		space = max(space, w.segs * mss);
	tcp_select_initial_window(lsk, space, mss, &w, req->opt.wscale_ok);
	req->rcv_wnd = w.rcv_wnd;
	req->window_clamp = w.clamp;
	req->opt.rcv_wscale = w.wscale;
}

/* The option facts of our SYN-ACK. */
static struct tcp_out_options synack_options(const struct tcp_request_sock *req, u16 advmss, u64 now_ns)
{
	return (struct tcp_out_options){
		.mss = advmss, .ts = req->opt.tstamp_ok, .sack_ok = req->opt.sack_ok,
		.wscale = req->opt.wscale_ok ? req->opt.rcv_wscale : 0xff,
		.tsval = req->tsoffset + (req->cookie_ts ? tcp_cookie_timestamp(&req->opt, req->ecn_ok) :
							   (u32)(now_ns / NSEC_PER_MSEC)),
		.tsecr = req->opt.ts_recent, .tfo = req->num_timeout || req->tfo.len < 0 ? NULL : &req->tfo,
	};
}
/* 0, or -errno: no route, no memory. */
int tcp_send_synack(struct tcp_request_sock *req, u64 now_ns)
{
	bool first = !req->num_timeout && !req->num_retrans;
	struct rtable *rt = req->rt ? tcp_req_route(req) : ERR_PTR(-EHOSTUNREACH);
	struct tcp_out_options opt;
	struct sk_buff *skb;
	struct tcphdr *th;
	u32 size;

	if (IS_ERR(rt))
		return -EHOSTUNREACH;
	opt = synack_options(req, first ? req->advmss : our_mss(req, rt), now_ns); /* later it may differ */
	size = sizeof(struct tcphdr) + tcp_options_size(&opt);
	skb = alloc_skb(TCP_HEADROOM + size, GFP_ATOMIC);
	if (!skb) {
		dst_release(&rt->dst);
		return -ENOMEM;
	}
	skb_dst_set(skb, &rt->dst);
	skb_reserve(skb, TCP_HEADROOM);
	th = skb_put_zero(skb, size);
	skb_reset_transport_header(skb);
	th->source = htons(req->h.num);
	th->dest = req->h.dport;
	th->seq = htonl(req->snt_isn);
	th->ack_seq = htonl(req->rcv_nxt);
	th->doff = size / 4;
	th->syn = th->ack = 1;
	th->ece = req->ecn_ok;
	th->window = htons((u16)min(req->rcv_wnd, 65535u));
	req->last_tsval = opt.tsval;
	if (first)
		req->first_tsval = opt.tsval;
	tcp_options_write(th + 1, &opt);
	th->check = csum_tcpudp_magic(req->h.rcv_saddr, req->h.daddr, size, IPPROTO_TCP, csum_partial(th, size, 0));
	if (!req->num_timeout)
		req->snt_synack_ns = now_ns;
	NET_INC_STATS(req->h.net, TCP_OUTSEGS);
	return ip_build_and_send_pkt(skb, req->listener, req->h.rcv_saddr, req->h.daddr, req->tos);
}
