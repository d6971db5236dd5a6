/* net/tcp/tcp_connect.c - connect() and its undoing
 *
 * Called: inet_stream_connect() with the socket locked; it waits for the answer.
 */
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "net/tcp/tcp_internal.h"
#include <linux/rtnetlink.h>

static struct rtable *route_to(struct sock *sk, __be32 daddr, __be16 dport, __be32 saddr, struct flowi4 *fl)
{
	*fl = (struct flowi4){ .oif = sk->sk_bound_dev_if, .daddr = daddr, .saddr = saddr, .proto = IPPROTO_TCP,
			       .tos = inet_sk(sk)->tos, .mark = sk->sk_mark, .dport = dport,
			       .sport = inet_sk(sk)->inet_sport, .uid = sk->sk_uid };
	return ip_route_output_key(sk->sk_net, fl);
}

/* Window, MSS and numbers that the SYN announces. */
static void connect_init(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct tcp_initial_window w;

	tp->tcp_header_len = sizeof(struct tcphdr) + (tcp_sysctl(sk)->timestamps ? 12 : 0);
	tp->rx_opt.mss_clamp = tp->rx_opt.user_mss ? tp->rx_opt.user_mss : TCP_MSS_DEFAULT;
	tp->max_window = 0;
	tcp_sync_mss(tp, dst_mtu(sk->sk_dst_cache));
	tp->advmss = tcp_advertise_mss(tp);
	tcp_initialize_rcv_mss(tp);
	tcp_ca_dst_init(tp);
	w = (struct tcp_initial_window){ .clamp = tcp_clamp_for_buffer(sk),
					 .segs = dst_metric(sk->sk_dst_cache, RTAX_INITRWND) };
	tcp_select_initial_window(sk, tcp_full_space(sk), tp->advmss - (tp->rx_opt.ts_recent_ns ? 12 : 0), &w,
				  tcp_sysctl(sk)->window_scaling);
	tp->rcv_wnd = w.rcv_wnd;
	tp->window_clamp = w.clamp;
	tp->rx_opt.rcv_wscale = w.wscale;
	tp->rcv_ssthresh = tp->rcv_wnd;
	tp->snd_wnd = 0;
	tp->rcv_nxt = tp->rcv_wup = tp->copied_seq = 0;
	tp->snd_una = tp->snd_nxt = tp->snd_sml = tp->snd_up = tp->iss = tp->write_seq;
	tp->rto_us = TCP_TIMEOUT_INIT_US;
	tp->retransmits = 0;
	tp->rcv_tstamp_ns = tp->now_ns;
	sock_reset_flag(sk, SOCK_DONE);
}
static int send_syn(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);
	struct sk_buff *skb = tcp_stream_alloc_skb(tp, 0, GFP_KERNEL);
	int err;

	if (!skb)
		return -ENOBUFS;
	TCP_SKB_CB(skb)->seq = tp->write_seq++;
	TCP_SKB_CB(skb)->end_seq = tp->write_seq;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_SYN | tcp_ecn_syn_flags(tp);
	WRITE_ONCE(sk->sk_wmem_queued, sk->sk_wmem_queued + skb->truesize);
	tcp_rtx_insert(tp, skb);
	tp->packets_out = 1;
	tp->snd_nxt = tp->pushed_seq = tp->write_seq;
	err = tp->fastopen_req ? tcp_fastopen_send_syn(tp, skb) : tcp_transmit_skb(tp, skb, true);
	if (err == -ECONNREFUSED)
		return err;
	NET_INC_STATS(sk->sk_net, TCP_ACTIVEOPENS);
	tcp_reset_write_timer(tp, TCP_TIME_RETRANS, tp->rto_us);
	return 0;
}
static void forget_peer(struct sock *sk)
{
	WRITE_ONCE(sk->sk_dport, 0);
	WRITE_ONCE(sk->sk_daddr, 0);
	if (!(sk->sk_userlocks & SOCK_BINDADDR_LOCK)) {
		WRITE_ONCE(sk->sk_rcv_saddr, 0);
		inet_sk(sk)->inet_saddr = 0;
	}
}

static int check_address(struct sock *sk, const struct sockaddr_in *in, int len)
{
	u8 type;

	if (len < (int)sizeof(*in))
		return -EINVAL;
	if (in->sin_family != AF_INET)
		return -EAFNOSUPPORT;
	type = inet_addr_type(sk->sk_net, in->sin_addr.s_addr);
	return type == RTN_BROADCAST || type == RTN_MULTICAST ? -ENETUNREACH : 0;
}
static int start(struct tcp_sock *tp)
{
	connect_init(tp);
	return send_syn(tp);
}
static void give_up(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_write_queue_purge(tp);
	tcp_set_state(sk, TCP_CLOSE);
	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK) && tp->bind_bucket)
		tcp_put_port(sk);
	sk_dst_reset(sk);
	forget_peer(sk);
}
/* proto.connect [S]: sends the SYN. 0 or -errno. */
int tcp_v4_connect(struct sock *sk, struct sockaddr *addr, int len)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	struct tcp_sock *tp = tcp_sk(sk);
	struct inet_sock *inet = inet_sk(sk);
	struct flowi4 fl;
	struct rtable *rt;
	struct tcp_secrets secrets;
	int err = check_address(sk, in, len);
	__be32 daddr;

	if (err)
		return err;
	daddr = in->sin_addr.s_addr ? in->sin_addr.s_addr : htonl(INADDR_LOOPBACK);
	rt = route_to(sk, daddr, in->sin_port, inet->inet_saddr, &fl);
	if (IS_ERR(rt)) {
		if (PTR_ERR(rt) == -ENETUNREACH)
			NET_INC_STATS(sk->sk_net, IP_OUTNOROUTES);
		return (int)PTR_ERR(rt);
	}
	tcp_refresh_now(tp);
	if (!inet->inet_saddr)
		inet->inet_saddr = fl.saddr;
	WRITE_ONCE(sk->sk_rcv_saddr, inet->inet_saddr);
	WRITE_ONCE(sk->sk_daddr, daddr);
	WRITE_ONCE(sk->sk_dport, in->sin_port);
	tp->rx_opt.ts_recent = 0;
	tp->rx_opt.ts_recent_ns = 0;
	tp->rx_opt.tstamp_ok = tp->rx_opt.saw_tstamp = false;
	tp->write_seq = 0;
	tcp_set_state(sk, TCP_SYN_SENT);
	err = tcp_hash_connect(sk);
	if (err) {
		dst_release(&rt->dst);
		goto failed;
	}
	inet->inet_sport = htons(sk->sk_num);
	sk_dst_set(sk, &rt->dst);
	secrets = tcp_secrets(sk->sk_net, inet->inet_saddr, daddr, inet->inet_sport, sk->sk_dport);
	if (!tp->write_seq)
		tp->write_seq = secrets.seq;
	tp->tsoffset = secrets.ts_off;
	inet->inet_id = (u16)get_random_u32();
	if (tcp_fastopen_defer_connect(sk, &err))
		return 0;
	if (!err)
		err = start(tp);
	if (!err)
		return 0;
failed:
	give_up(sk);
	return err;
}
int tcp_connect_deferred(struct sock *sk)
{
	int err = start(tcp_sk(sk));

	if (err)
		give_up(sk);
	return err;
}

/* proto.disconnect [S]: back to a fresh socket, with a reset for the peer where RFC 9293 3.10.5 wants one. */
int tcp_disconnect(struct sock *sk, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 was = sk->sk_state;

	(void)flags;
	tcp_refresh_now(tp);
	if (was != TCP_CLOSE)
		tcp_set_state(sk, TCP_CLOSE);
	if (was == TCP_LISTEN)
		tcp_listen_stop(sk);
	else if (TCPF(was) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_SYN_RECV)) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
		tcp_send_active_reset(tp, GFP_KERNEL);
	} else if (was == TCP_SYN_SENT) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
	}
	tcp_clear_timers(tp);
	skb_queue_consume(&sk->sk_receive_queue);
	tcp_write_queue_purge(tp);
	tcp_ooo_purge(tp);
	sk_dst_reset(sk);
	if (tp->bind_bucket && !(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		tcp_put_port(sk);
	forget_peer(sk);
	WRITE_ONCE(sk->sk_shutdown, 0);
	sock_reset_flag(sk, SOCK_DONE);
	tcp_cleanup_congestion(tp);
	tcp_fastopen_request_free(tp);
	tcp_fastopen_release(tp);
	inet_sk(sk)->defer_connect = false;
	consume_skb(tp->saved_syn);
	tcp_init_fields(tp);
	sk->sk_error_report(sk);
	return 0;
}
