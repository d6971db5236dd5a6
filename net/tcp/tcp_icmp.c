/* net/tcp/tcp_icmp.c - what ICMP says about segments we sent: path MTU, hard and soft errors (RFC 5461, RFC 5927)
 *
 * Called: net/ipv4's ICMP in softirq, skb->data at the IP header of our segment.
 * Locks:  takes the socket's slock. A process that owns the socket learns of it when it releases.
 */
#include "net/tcp/tcp_internal.h"

/* [S] */
void tcp_v4_mtu_reduced(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mtu = READ_ONCE(tp->mtu_info);

	if (tcp_in(sk, TCPF_LISTEN | TCPF_CLOSE) || mtu >= tp->pmtu_cookie || inet_sk(sk)->pmtudisc == IP_PMTUDISC_DONT)
		return;
	tcp_refresh_now(tp);
	tcp_sync_mss(tp, mtu);
	tcp_simple_retransmit(tp);
}
static void too_big(struct sock *sk, u32 mtu)
{
	struct tcp_sock *tp = tcp_sk(sk);

	ipv4_update_pmtu(sk->sk_net, sk->sk_daddr, mtu, sk->sk_bound_dev_if);
	WRITE_ONCE(tp->mtu_info, mtu);
	if (sock_owned_by_user(sk))
		sock_put_off(sk, TCP_WORK_PMTU);
	else
		tcp_v4_mtu_reduced(sk);
}

/* A child of Fast Open that a program has accepted is a connection to it, though its handshake still goes on. */
static bool opening(const struct sock *sk)
{
	return tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV) && !(tcp_sk(sk)->tfo_listener && READ_ONCE(sk->sk_socket));
}
/* During the handshake an error ends the attempt, and the error queue says who complained (as on Linux without
 * IP_RECVERR, too: traceroute asks there). Later it is only remembered, for a lasting one will time out.
 */
static void report(struct sock *sk, struct sk_buff *skb, int err, u32 info)
{
	struct tcphdr *th = (struct tcphdr *)(skb->data + ((const struct iphdr *)skb->data)->ihl * 4);

	if (opening(sk))
		ip_icmp_error(sk, skb, err, th->dest, info, (u8 *)th);
	if (sock_owned_by_user(sk)) {
		WRITE_ONCE(sk->sk_err_soft, err);
		return;
	}
	if (opening(sk)) {
		WRITE_ONCE(sk->sk_err, err);
		sk->sk_error_report(sk);
		tcp_write_queue_purge(tcp_sk(sk));
		tcp_done(sk);
	} else if (inet_sk(sk)->recverr) {
		WRITE_ONCE(sk->sk_err, err);
		sk->sk_error_report(sk);
	} else {
		WRITE_ONCE(sk->sk_err_soft, err);
	}
}

/* 0: of no interest. */
static int icmp_errno(u8 type, u8 code)
{
	switch (type) {
	case ICMP_PARAMETERPROB:
		return EPROTO;
	case ICMP_TIME_EXCEEDED:
		return EHOSTUNREACH;
	case ICMP_DEST_UNREACH:
		return code < ARRAY_SIZE(icmp_err_convert) ? icmp_err_convert[code].errno_ : 0;
	}
	return 0;
}

static void sock_err(struct sock *sk, struct sk_buff *skb, u32 seq, u32 info)
{
	const struct icmphdr *icmp = skb_transport_header(skb);
	struct tcp_sock *tp = tcp_sk(sk);
	int err = icmp_errno(icmp->type, icmp->code);

	bh_lock_sock(sk);
	if (!sock_owned_by_user(sk))
		tcp_prequeue_run(sk);
	/* RFC 5927 4: only about something that is on its way. */
	if (!seq_between(seq, tp->snd_una, tp->snd_nxt)) {
		NET_INC_STATS(sk->sk_net, TCPEXT_OUTOFWINDOWICMPS);
	} else if (err && sk->sk_state != TCP_CLOSE && sk->sk_state != TCP_LISTEN) {
		if (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED)
			too_big(sk, info);
		else
			report(sk, skb, err, info);
	}
	bh_unlock_sock(sk);
}

static void request_err(struct tcp_request_sock *req, const struct icmphdr *icmp, u32 seq)
{
	if (seq != req->snt_isn || (icmp->type == ICMP_DEST_UNREACH && icmp->code == ICMP_FRAG_NEEDED))
		return;
	NET_INC_STATS(req->h.net, TCPEXT_LISTENDROPS);
	tcp_req_drop(req);
}

/* net_protocol.err_handler. Does not eat skb. */
int tcp_v4_err(struct sk_buff *skb, u32 info)
{
	const struct icmphdr *icmp = skb_transport_header(skb);
	const struct iphdr *iph = (const struct iphdr *)skb->data;
	struct net *net = skb->dev->net;
	const struct tcphdr *th;
	struct tcp_hashed *h;

	if (skb_headlen(skb) < iph->ihl * 4u + 8)
		return -EINVAL;
	th = (const struct tcphdr *)(skb->data + iph->ihl * 4u);
	rcu_read_lock();
	h = tcp_lookup_established(net, iph->daddr, th->dest, iph->saddr, ntohs(th->source), (int)skb->dev->ifindex);
	if (!h) {
		rcu_read_unlock();
		return -ENOENT;
	}
	if (h->state == TCP_NEW_SYN_RECV)
		request_err((struct tcp_request_sock *)h, icmp, ntohl(th->seq));
	else if (h->state != TCP_TIME_WAIT)
		sock_err((struct sock *)h, skb, ntohl(th->seq), info);
	tcp_hashed_put(h);
	rcu_read_unlock();
	return 0;
}
