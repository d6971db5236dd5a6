/* net/ipv4/ip_append.c - a program's bytes become a datagram: in one go, or piece by piece (UDP_CORK, MSG_MORE)
 *
 * What:   ip_make_skb() for the usual call; ip_cork_*() for a datagram under construction, which hangs from inet->cork.
 *         Up to a page lies in the head, more in pages behind it.
 * Called: udp, raw, ping sockets, in process context.
 * Locks:  ip_make_skb: none. ip_cork_*: the caller owns the socket.
 */
#include "net/ipv4/internal.h"

#define LINEAR_MAX 3072u /* larger payloads go to page fragments */

static u32 head_room(const struct rtable *rt, const struct ipcm_cookie *ipc, u32 transhdrlen)
{
	return ALIGN_UP(rt->dst.dev->hard_header_len + 16u + 20u + (ipc->opt ? ipc->opt->optlen : 0) + transhdrlen,
			16u);
}

static int too_long(struct sock *sk, const struct flowi4 *fl, const struct ipcm_cookie *ipc, struct rtable *rt,
		    size_t len)
{
	u32 optlen = ipc->opt ? ipc->opt->optlen : 0, most = 0xffff - 20 - optlen, mtu = dst_mtu(&rt->dst);

	if (inet_sk(sk)->pmtudisc >= IP_PMTUDISC_PROBE)
		mtu = rt->dst.dev->mtu;
	if (inet_sk(sk)->pmtudisc == IP_PMTUDISC_DO || inet_sk(sk)->pmtudisc == IP_PMTUDISC_PROBE)
		most = min(most, mtu - 20 - optlen);
	if (len <= most)
		return 0;
	ip_local_error(sk, EMSGSIZE, fl->daddr, sk->sk_dport, mtu); /* the port of a connected socket alone, as Linux */
	return -EMSGSIZE;
}

/* Each makes room for headers, of which the transport's is skb's first bytes, and copies the program's behind it. 0 or
 * -EFAULT. */
static inline int fill_head(struct sk_buff *skb, u32 room, u32 transhdrlen, u32 len, struct iov_iter *from)
{
	skb_reserve(skb, room - transhdrlen);
	return copy_from_iter_full((char *)__skb_put(skb, transhdrlen + len) + transhdrlen, len, from) ? 0 : -EFAULT;
}
static int fill_frags(struct sk_buff *skb, u32 room, u32 transhdrlen, struct iov_iter *from)
{
	skb_reserve(skb, room);
	skb_push(skb, transhdrlen);
	for (int i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		skb_frag_t *f = &skb_shinfo(skb)->frags[i];

		if (!copy_from_iter_full(skb_frag_address(f), f->size, from))
			return -EFAULT;
	}
	return 0;
}

/* from holds len bytes behind a transport header of transhdrlen. Eats the caller's reference to rt, also on failure.
 * The skb has its transport header's room at skb_transport_header() and a finished IP header but for length and
 * checksum. flags: MSG_DONTWAIT. ERR_PTR(-EMSGSIZE, -EAGAIN, -EFAULT, -EPIPE ...). */
struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl, struct iov_iter *from, size_t len, u32 transhdrlen,
			    struct ipcm_cookie *ipc, struct rtable *rt, unsigned int flags)
{
	u32 room = head_room(rt, ipc, transhdrlen);
	bool linear = len <= LINEAR_MAX;
	struct sk_buff *skb = NULL;
	int err = 0;

	if (unlikely(!dst_fits(&rt->dst, (u32)min(len, (size_t)U16_MAX) + transhdrlen + 60))) /* the longest header */
		err = too_long(sk, fl, ipc, rt, len + transhdrlen);
	if (likely(!err))
		skb = linear ? sock_alloc_send_skb(sk, room + len, flags & MSG_DONTWAIT, &err)
			     : sock_alloc_send_pskb(sk, room, len, flags & MSG_DONTWAIT, &err);
	if (unlikely(!skb)) {
		dst_release(&rt->dst);
		return ERR_PTR(err);
	}
	skb_dst_set(skb, &rt->dst);
	err = linear ? fill_head(skb, room, transhdrlen, (u32)len, from) : fill_frags(skb, room, transhdrlen, from);
	if (unlikely(err)) {
		consume_skb(skb);
		return ERR_PTR(err);
	}
	skb_count_copy(SKB_COPY_USER_TO_SKB, (u32)len);
	sock_tx_timestamp(sk, skb, ipc->tsflags);
	skb_reset_transport_header(skb);
	ip_set_hdr(sk->sk_net, sk, skb, fl, ipc, ipc->ttl ? ipc->ttl : ip_sk_ttl(sk->sk_net, sk, fl->daddr));
	return skb;
}

/* --- piece by piece ----------------------------------------------------------------------------------------------- */

/* Room behind the last fragment's bytes in its page. */
static u32 last_page_room(const struct sk_buff *skb)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	const skb_frag_t *f = sh->nr_frags ? &sh->frags[sh->nr_frags - 1] : NULL;

	return f ? (u32)PAGE_SIZE - (f->offset + f->size) : 0;
}

static int add_page(struct sock *sk, struct sk_buff *skb)
{
	struct page *p;

	if (skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS)
		return -EMSGSIZE;
	p = alloc_page(GFP_KERNEL);
	if (!p)
		return -ENOBUFS;
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, p, 0, 0, PAGE_SIZE);
	if (skb->sk)
		atomic_add((int)PAGE_SIZE, &sk->sk_wmem_alloc);
	return 0;
}

int ip_append_pages(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len)
{
	while (len) {
		u32 room = last_page_room(skb), n;
		skb_frag_t *f;

		if (!room) {
			int err = add_page(sk, skb);

			if (err)
				return err;
			continue;
		}
		f = &skb_shinfo(skb)->frags[skb_shinfo(skb)->nr_frags - 1];
		n = (u32)min((size_t)room, len);
		if (!copy_from_iter_full((char *)skb_frag_address(f) + f->size, n, from))
			return -EFAULT;
		f->size += n;
		skb->len += n;
		skb->data_len += n;
		len -= n;
	}
	return 0;
}

int ip_cork_start(struct sock *sk, struct flowi4 *fl, struct ipcm_cookie *ipc, struct rtable *rt, u32 transhdrlen)
{
	u32 room = head_room(rt, ipc, transhdrlen);
	struct inet_cork *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err = -ENOBUFS;

	if (!c)
		return err;
	if (ipc->opt) {
		c->ipc.opt = kmemdup(ipc->opt, sizeof(*ipc->opt), GFP_KERNEL);
		if (!c->ipc.opt)
			goto free_cork;
	}
	c->skb = sock_alloc_send_skb(sk, room, false, &err);
	if (!c->skb)
		goto free_cork;
	skb_reserve(c->skb, room);
	sock_tx_timestamp(sk, c->skb, ipc->tsflags);
	dst_hold(&rt->dst);
	skb_dst_set(c->skb, &rt->dst);
	c->fl = *fl;
	ipc = memcpy(&c->ipc, &(struct ipcm_cookie){ ipc->addr, ipc->oif, ipc->ttl, ipc->tos, ipc->mark, ipc->priority,
						    c->ipc.opt, ipc->tsflags }, sizeof(*ipc));
	c->ttl = ipc->ttl ? ipc->ttl : ip_sk_ttl(sk->sk_net, sk, fl->daddr);
	c->length = transhdrlen;
	inet_sk(sk)->cork = c;
	return 0;
free_cork:
	kfree(c->ipc.opt);
	kfree(c);
	return err;
}

/* On failure what was there before stays. */
int ip_cork_append(struct sock *sk, struct iov_iter *from, size_t len)
{
	struct inet_cork *c = inet_sk(sk)->cork;
	int err = too_long(sk, &c->fl, &c->ipc, skb_rtable(c->skb), c->length + len);
	u32 was = c->skb->len;

	if (err)
		return err;
	err = ip_append_pages(sk, c->skb, from, len);
	if (err) {
		ip_cork_flush(sk); /* a half-copied piece must not be sent as if it were whole */
		return err;
	}
	skb_count_copy(SKB_COPY_USER_TO_SKB, c->skb->len - was);
	c->length += len;
	return 0;
}

/* The datagram, with its IP header; the caller fills the transport's. The cork is gone. */
struct sk_buff *ip_cork_finish(struct sock *sk)
{
	struct inet_cork *c = inet_sk(sk)->cork;
	struct sk_buff *skb = c->skb;

	skb_push(skb, (u32)(c->length - skb->len));
	skb_reset_transport_header(skb);
	ip_set_hdr(sk->sk_net, sk, skb, &c->fl, &c->ipc, c->ttl);
	c->skb = NULL;
	ip_cork_flush(sk);
	return skb;
}

void ip_cork_flush(struct sock *sk)
{
	struct inet_cork *c = inet_sk(sk)->cork;

	if (!c)
		return;
	inet_sk(sk)->cork = NULL;
	if (c->skb)
		consume_skb(c->skb);
	kfree(c->ipc.opt);
	kfree(c);
}
