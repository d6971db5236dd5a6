/* net/ipv4/ip_fragment_out.c - a packet that is larger than the link takes is cut (RFC 791 3.2)
 *
 * Called: ip_output.c, after POST_ROUTING.
 * Calls:  ip_finish_output2() for each fragment.
 */
#include "net/ipv4/internal.h"

/* A fragment of len payload bytes from offset off, with the header hdr of hlen bytes before them. NULL: no memory. */
static struct sk_buff *make_fragment(struct sk_buff *skb, u32 hlen, u32 off, u32 len)
{
	u32 room = ALIGN_UP(skb->dev->hard_header_len + 16u, 16u);
	struct sk_buff *f = alloc_skb(room + hlen + len, GFP_ATOMIC);

	if (!f)
		return NULL;
	skb_reserve(f, room);
	skb_reset_network_header(f);
	memcpy(skb_put(f, hlen), ip_hdr(skb), hlen);
	f->transport_header = (u16)(f->network_header + hlen);
	if (skb_copy_bits(skb, hlen + off, skb_put(f, len), len)) {
		consume_skb(f);
		return NULL;
	}
	skb_count_copy(SKB_COPY_FRAGMENT, len);
	f->dev = skb->dev;
	f->protocol = skb->protocol;
	f->pkt_type = skb->pkt_type;
	f->priority = skb->priority;
	f->mark = skb->mark;
	f->hash = skb->hash;
	memcpy(f->cb, skb->cb, sizeof(f->cb));
	dst_hold(skb->dst);
	skb_dst_set(f, skb->dst);
	if (skb->sk)
		skb_set_owner_w(f, skb->sk);
	return f;
}

/* Sends the piece at off; the last one carries MF only where the whole packet did (it was a fragment itself). */
static int send_fragment(struct net *net, struct sock *sk, struct sk_buff *skb, u32 hlen, u32 off, u32 len, bool last)
{
	struct sk_buff *f = make_fragment(skb, hlen, off, len);
	u16 was = ntohs(ip_hdr(skb)->frag_off);
	struct iphdr *iph;

	if (!f)
		return -ENOMEM;
	iph = ip_hdr(f);
	iph->frag_off = htons((u16)((was & 0xe000) + (((was & 0x1fff) << 3) + off) / 8));
	if (!last)
		iph->frag_off |= htons(0x2000);
	if (off)
		ip_options_fragment(iph);
	else /* the datagram's stamp is the first fragment's */
		skb_shinfo(f)->tx_flags = skb_shinfo(skb)->tx_flags;
	skb_shinfo(f)->tskey = skb_shinfo(skb)->tskey;
	iph->tot_len = htons((u16)(hlen + len));
	ip_send_check(iph);
	NET_INC_STATS(net, IP_FRAGCREATES);
	return ip_finish_output2(net, sk, f);
}

/* Eats skb. */
int ip_do_fragment(struct net *net, struct sock *sk, struct sk_buff *skb, u32 mtu)
{
	u32 hlen = ip_hdrlen(skb), left = skb->len - hlen, off = 0, piece = (mtu - hlen) & ~7u;
	int err = mtu < hlen + 8 ? -EMSGSIZE : 0;

	if (!err && skb->ip_summed == CHECKSUM_PARTIAL)
		err = skb_checksum_help(skb);
	while (!err && left) {
		u32 len = min(left, piece);

		if (left <= mtu - hlen)
			len = left;
		err = send_fragment(net, sk, skb, hlen, off, len, len == left);
		if (err > 0)
			err = err == NET_XMIT_CN ? 0 : -ENOBUFS;
		off += len;
		left -= len;
	}
	if (err) {
		NET_INC_STATS(net, IP_FRAGFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return err;
	}
	NET_INC_STATS(net, IP_FRAGOKS);
	consume_skb(skb);
	return 0;
}
