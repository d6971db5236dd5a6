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
u16 tcp_advertise_mss(const struct tcp_sock *tp)
{
	struct dst_entry *dst = __sk_dst_check((struct sock *)&tp->inet.sk);
	u32 mtu = dst ? dst_mtu(dst) : 1500, mss = clamp(mtu, 256u + (u32)HEADERS, 65535u) - HEADERS;

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

	if (unlikely(tp->safe_mss))
		mss = min(mss, (u32)tp->safe_mss);
	tp->pmtu_cookie = pmtu;
	tp->mss_cache = (u16)max(tcp_bound_to_half_wnd(tp, mss), 8u);
	return tp->mss_cache;
}
/* RFC 4821 7.7: segments time out again and again. Perhaps the path swallows large packets and the ICMP that should
 * tell. The first time segments shrink to tcp_base_mss, then by half each time, not below tcp_mtu_probe_floor. */
void tcp_mtu_black_hole(struct tcp_sock *tp)
{
	const struct tcp_sysctls *s = tcp_sysctl(tcp_sock_sk(tp));
	u32 mss = (u32)s->base_mss;

	if (!s->mtu_probing)
		return;
	if (tp->safe_mss)
		mss = max(min(mss, tp->safe_mss / 2u), (u32)max(s->mtu_probe_floor, s->min_snd_mss));
	tp->safe_mss = (u16)mss;
	tcp_sync_mss(tp, tp->pmtu_cookie);
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
