/* net/tcp/tcp_mss.c - how many bytes a segment takes: the peer's limit, the path's, the program's
 *
 * Called: everywhere a segment is made; the socket is owned.
 */
#include "net/tcp/tcp_internal.h"

#define HEADERS (sizeof(struct iphdr) + sizeof(struct tcphdr))

/* Payload of a packet of pmtu bytes without TCP options. */
u32 tcp_mtu_to_mss(const struct tcp_sock *tp, u32 pmtu)
{
	u32 mss = pmtu > HEADERS ? pmtu - HEADERS : 0;

	if (tp->rx_opt.mss_clamp)
		mss = min(mss, (u32)tp->rx_opt.mss_clamp);
	return max(mss, (u32)tcp_sysctl(&tp->inet.sk)->min_snd_mss);
}
/* What fits the route, unless its RTAX_ADVMSS says less. */
u32 tcp_route_mss(const struct dst_entry *dst)
{
	u32 mss = clamp(dst_mtu(dst), 256u + (u32)HEADERS, 65535u) - HEADERS, route = dst_metric(dst, RTAX_ADVMSS);

	return route ? min(mss, route) : mss;
}
u16 tcp_advertise_mss(const struct tcp_sock *tp)
{
	struct dst_entry *dst = __sk_dst_check((struct sock *)&tp->inet.sk);
	u32 mss = dst ? tcp_route_mss(dst) : 1500 - HEADERS;

	return (u16)(tp->rx_opt.user_mss ? min(mss, (u32)tp->rx_opt.user_mss) : mss);
}
/* RFC 9293 3.8.6.2.1: not more than half of the largest window the peer ever offered. */
u32 tcp_bound_to_half_wnd(const struct tcp_sock *tp, u32 size)
{
	u32 most = tp->max_window > TCP_MSS_DEFAULT ? tp->max_window >> 1 : tp->max_window;

	return most && size > most ? max(most, 68u - (u32)tp->tcp_header_len) : size;
}
u32 tcp_sync_mss(struct tcp_sock *tp, u32 pmtu)
{
	u32 mss = tcp_mtu_to_mss(tp, pmtu) - (tp->tcp_header_len - (u32)sizeof(struct tcphdr));

	mss = tcp_mtup_bound(tp, tcp_bound_to_half_wnd(tp, mss), pmtu);
	tp->pmtu_cookie = pmtu;
	tp->mss_cache = (u16)max(mss, 8u);
	return tp->mss_cache;
}
u32 tcp_current_mss(struct tcp_sock *tp)
{
	struct dst_entry *dst = __sk_dst_check(tcp_sock_sk(tp));

	/* A route that is no longer valid knows nothing of a smaller path: ip_queue_xmit() will look for another. */
	if (dst && rt_is_valid((const struct rtable *)dst)) {
		u32 mtu = dst_mtu(dst);

		if (unlikely(mtu != tp->pmtu_cookie))
			tcp_sync_mss(tp, mtu);
	}
	return tp->mss_cache - tcp_sack_options_size(tp);
}
