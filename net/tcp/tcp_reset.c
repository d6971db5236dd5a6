/* net/tcp/tcp_reset.c - answers that no socket sends: resets, and ACKs of TIME_WAIT and of requests
 *
 * Called: softirq. Each builds a header of its own and leaves the segment it answers alone.
 */
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(tcp, tcp_send_reset);

struct answer { u32 seq, ack; u16 window; u8 flags, tos; struct tcp_out_options opt; int oif; };

static void send_answer(struct sk_buff *to, struct net *net, const struct answer *a)
{
	const struct iphdr *iph = ip_hdr(to);
	const struct tcphdr *was = (const struct tcphdr *)to->data;
	u32 size = sizeof(struct tcphdr) + tcp_options_size(&a->opt);
	struct sk_buff *skb = alloc_skb(TCP_HEADROOM + size, GFP_ATOMIC);
	struct tcphdr *th;

	if (!skb)
		return;
	skb_reserve(skb, TCP_HEADROOM);
	th = skb_put_zero(skb, size);
	skb_reset_transport_header(skb);
	th->source = was->dest;
	th->dest = was->source;
	th->seq = htonl(a->seq);
	th->ack_seq = htonl(a->ack);
	th->doff = size / 4;
	((u8 *)th)[13] = a->flags;
	th->window = htons(a->window);
	tcp_options_write(th + 1, &a->opt);
	th->check = csum_tcpudp_magic(iph->daddr, iph->saddr, size, IPPROTO_TCP, csum_partial(th, size, 0));
	NET_INC_STATS(net, TCP_OUTSEGS);
	ip_send_unicast_skb(net, skb, iph->daddr, iph->saddr, IPPROTO_TCP, a->tos, to->mark, a->oif);
}

/* RFC 9293 3.10.7.1: never in answer to a reset, and only to what was sent to us alone. */
void tcp_v4_send_reset(struct sk_buff *skb, struct net *net)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct iphdr *iph = ip_hdr(skb);
	struct answer a = { .flags = TCPHDR_RST, .opt.wscale = 0xff, .tos = iph->tos, .oif = (int)skb->dev->ifindex };

	if (th->rst || skb->pkt_type != PACKET_HOST)
		return;
	if (th->ack) {
		a.seq = ntohl(th->ack_seq);
	} else {
		a.flags |= TCPHDR_ACK;
		a.ack = TCP_SKB_CB(skb)->end_seq;
	}
	TRACE(tcp_send_reset, "skbaddr=%p skaddr=%p src=%pI4:%hu dest=%pI4:%hu state=UNKNOWN", (void *)skb, NULL,
	      &iph->daddr, ntohs(th->dest), &iph->saddr, ntohs(th->source));
	NET_INC_STATS(net, TCP_OUTRSTS);
	send_answer(skb, net, &a);
}

/* A socket is about to send one by itself. */
void tcp_trace_active_reset(const struct sock *sk)
{
	TRACE(tcp_send_reset, "skbaddr=%p skaddr=%p src=%pI4:%hu dest=%pI4:%hu state=TCP_%s", NULL, (const void *)sk,
	      &sk->sk_rcv_saddr, sk->sk_num, &sk->sk_daddr, ntohs(sk->sk_dport), tcp_state_names[sk->sk_state]);
}

void tcp_v4_send_ack(struct sk_buff *skb, struct net *net, const struct tcp_ack_reply *r)
{
	struct answer a = { .seq = r->seq, .ack = r->ack, .window = (u16)min(r->win, 65535u), .flags = TCPHDR_ACK,
			    .tos = r->tos, .oif = r->oif,
			    .opt = { .wscale = 0xff, .ts = r->tstamp, .tsval = r->tsval, .tsecr = r->tsecr } };

	send_answer(skb, net, &a);
}
