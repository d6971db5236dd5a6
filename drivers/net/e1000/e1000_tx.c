/* drivers/net/e1000/e1000_tx.c - the transmit ring
 *
 * What:   head and fragments of a packet go out in place. TDT is written once a batch. Sent packets are reclaimed after
 *         the doorbell, in each poll, and by a timer when neither comes: no interrupt a packet. Only a full ring asks
 *         for an interrupt.
 * Called: dev_queue_xmit() under the tx lock; the poll and the timer take it.
 * Locks:  dev->tx._xmit_lock guards all of it.
 * Absent: IPv6, jumbo frames.
 */
#include "drivers/net/e1000/e1000.h"
#include "net/core/gso.h"
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#define TX_WAKE_FREE(e) max((e)->tx_count / 4, E1000_TX_WORST + 8)
#define TX_RECLAIM_NS NSEC_PER_MSEC

int e1000_tx_alloc(struct e1000 *e)
{
	e->tx_ring = dma_alloc_coherent(e->tx_count * sizeof(*e->tx_ring), &e->tx_dma, GFP_KERNEL);
	e->tx_slots = kcalloc(e->tx_count, sizeof(*e->tx_slots), GFP_KERNEL);
	if (!e->tx_ring || !e->tx_slots) {
		e1000_tx_free(e);
		return -ENOMEM;
	}
	memset(e->tx_ring, 0, e->tx_count * sizeof(*e->tx_ring));
	return 0;
}

void e1000_tx_free(struct e1000 *e)
{
	for (u32 i = 0; e->tx_slots && i < e->tx_count; i++)
		kfree_skb_reason(e->tx_slots[i].skb, SKB_DROP_REASON_DEV_READY);
	kfree(e->tx_slots);
	e->tx_slots = NULL;
	if (e->tx_ring)
		dma_free_coherent(e->tx_count * sizeof(*e->tx_ring), e->tx_ring, e->tx_dma);
	e->tx_ring = NULL;
}

/* [14.5]; the gaps are the manual's for copper. */
void e1000_tx_start(struct e1000 *e)
{
	e->tx_next = e->tx_clean = e->tx_doorbell = 0;
	e->ctx_start = e->ctx_field = 0;
	ew32(e, E1000_TDBAL, (u32)e->tx_dma);
	ew32(e, E1000_TDBAH, (u32)(e->tx_dma >> 32));
	ew32(e, E1000_TDLEN, (u32)(e->tx_count * sizeof(*e->tx_ring)));
	ew32(e, E1000_TDH, 0);
	ew32(e, E1000_TDT, 0);
	ew32(e, E1000_TIPG, 10 | 8 << 10 | 6 << 20);
	ew32(e, E1000_TIDV, 0);
	ew32(e, E1000_TCTL, TCTL_EN | TCTL_PSP | TCTL_CT(0x0fu) | TCTL_COLD(0x40u));
}

/* --- reclaiming: tx lock held --- */

static void reclaim(struct e1000 *e)
{
	while (e->tx_clean != e->tx_next) {
		struct e1000_tx_slot *s = &e->tx_slots[e->tx_clean];

		if (s->last >= e->tx_count || !(le32_to_cpu(READ_ONCE(e->tx_ring[s->last].opts)) & TXD_DD))
			break;
		dma_rmb();
		napi_consume_skb(s->skb);
		s->skb = NULL;
		e->tx_clean = ring_next(s->last, e->tx_count);
	}
	if (unlikely(netif_queue_stopped(e->dev)) && tx_free_slots(e) >= TX_WAKE_FREE(e))
		netif_wake_queue(e->dev);
}

/* Softirq. When the lock is taken its holder reclaims. */
void e1000_tx_poll(struct e1000 *e)
{
	if (READ_ONCE(e->tx_clean) == READ_ONCE(e->tx_next) || !spin_trylock(&e->dev->tx._xmit_lock))
		return;
	reclaim(e);
	spin_unlock(&e->dev->tx._xmit_lock);
}

void e1000_tx_timer(struct timer_list *t)
{
	struct e1000 *e = from_timer(e, t, tx_timer);

	spin_lock_bh(&e->dev->tx._xmit_lock);
	if (e->up) {
		reclaim(e);
		if (e->tx_clean != e->tx_next)
			mod_timer(&e->tx_timer, ktime_get_ns() + TX_RECLAIM_NS);
	}
	spin_unlock_bh(&e->dev->tx._xmit_lock);
}

/* --- sending --- */

#define TXD_LAST (TXD_EOP | TXD_RS) /* of a packet: tell when it has gone */

/* How one packet goes out: what its data descriptors say, and what the counters get. */
struct tx_plan { u32 cmd, popts, packets, bytes; };

static struct e1000_ctx_desc *next_context(struct e1000 *e)
{
	struct e1000_ctx_desc *c = (struct e1000_ctx_desc *)&e->tx_ring[e->tx_next];

	memset(c, 0, sizeof(*c));
	e->tx_slots[e->tx_next].skb = NULL;
	e->tx_next = ring_next(e->tx_next, e->tx_count);
	return c;
}
/* Tells the device where the checksum starts and where it goes, unless it knows. */
static void put_context(struct e1000 *e, u16 start, u16 field)
{
	struct e1000_ctx_desc *c;

	if (e->ctx_start == start && e->ctx_field == field)
		return;
	c = next_context(e);
	c->tucss = (u8)start;
	c->tucso = (u8)field;
	c->cmd_len = cpu_to_le32(TXD_DEXT);
	e->ctx_start = start;
	e->ctx_field = field;
}

/* [3.3.6, 3.5] The device repeats the headers, and fills lengths, identification, sequence number and checksums of each
 * segment in. So the length in the IP header is 0, and TCP's pseudo header is summed without one. False: no memory. */
static bool put_tso_context(struct e1000 *e, struct sk_buff *skb, struct tx_plan *p)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	u32 ip_at = skb_network_offset(skb), tcp_at = skb->csum_start - skb_headroom(skb), hlen;
	struct e1000_ctx_desc *c;
	struct iphdr *iph;
	struct tcphdr *th;

	if (skb_cow_head(skb, 0))
		return false;
	iph = skb_network_header(skb);
	th = (struct tcphdr *)(skb->data + tcp_at);
	hlen = tcp_at + th->doff * 4u;
	iph->tot_len = 0;
	iph->check = 0;
	th->check = (__force __sum16) ~(__force u16)csum_tcpudp_magic(iph->saddr, iph->daddr, 0, IPPROTO_TCP, 0);
	c = next_context(e);
	c->ipcss = (u8)ip_at;
	c->ipcso = (u8)(ip_at + offsetof(struct iphdr, check));
	c->ipcse = cpu_to_le16((u16)(tcp_at - 1));
	c->tucss = (u8)tcp_at;
	c->tucso = (u8)(tcp_at + offsetof(struct tcphdr, check));
	c->cmd_len = cpu_to_le32((skb->len - hlen) | TXD_DEXT | TXD_TSE | CTX_TCP | CTX_IPV4);
	c->hdrlen = (u8)hlen;
	c->mss = cpu_to_le16(sh->gso_size);
	e->ctx_start = e->ctx_field = 0; /* some keep one context for both kinds */
	p->cmd = TXD_TSE;
	p->popts = TXD_POPTS_IXSM | TXD_POPTS_TXSM;
	p->packets = skb_gso_segs(skb);
	p->bytes = skb->len + (p->packets - 1) * hlen;
	return true;
}
/* Whether a TSO context can say it; the stack has seen to the rest (netif_skb_features). */
static bool tso_fits(const struct sk_buff *skb)
{
	u32 tcp_at = skb->csum_start - skb_headroom(skb);

	return skb->ip_summed == CHECKSUM_PARTIAL && skb->network_header != U16_MAX &&
	       tcp_at + sizeof(struct tcphdr) <= skb_headlen(skb) &&
	       tcp_at + ((const struct tcphdr *)(skb->data + tcp_at))->doff * 4u <= min(skb_headlen(skb), 240u);
}

/* At most E1000_TX_MAX bytes in the next descriptor; its index. last: TXD_LAST, where that is known already. */
static inline u32 put_piece(struct e1000 *e, dma_addr_t at, u32 len, const struct tx_plan *p, u32 last)
{
	u32 i = e->tx_next;
	struct e1000_tx_desc *d = &e->tx_ring[i];

	d->addr = cpu_to_le64(at);
	d->cmd_len = cpu_to_le32(len | TXD_DTYP_DATA | TXD_DEXT | TXD_IFCS | p->cmd | last);
	d->opts = cpu_to_le32(p->popts);
	e->tx_slots[i].skb = NULL;
	e->tx_next = ring_next(i, e->tx_count);
	return i;
}
/* One stretch of memory in as many descriptors as it takes; the index of the last. */
static u32 put_data(struct e1000 *e, dma_addr_t at, u32 len, const struct tx_plan *p)
{
	u32 i = e->tx_next;

	while (len) {
		u32 n = min(len, E1000_TX_MAX);

		i = put_piece(e, at, n, p, 0);
		at += n;
		len -= n;
	}
	return i;
}

/* The index of its last descriptor. */
static inline u32 put_packet(struct e1000 *e, struct sk_buff *skb, const struct tx_plan *p)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	u32 last, len = skb_headlen(skb);

	if (likely(!sh->nr_frags && len <= E1000_TX_MAX))
		return put_piece(e, dma_map_single(skb->data), len, p, TXD_LAST);
	last = put_data(e, dma_map_single(skb->data), len, p);
	for (int i = 0; i < sh->nr_frags; i++)
		last = put_data(e, dma_map_single(skb_frag_address(&sh->frags[i])), sh->frags[i].size, p);
	e->tx_ring[last].cmd_len |= cpu_to_le32(TXD_LAST);
	return last;
}

/* MMIO, and in a virtual machine an exit: once a batch. What it sent is mostly done when it returns. */
static inline void doorbell(struct e1000 *e)
{
	if (e->tx_doorbell == e->tx_next)
		return;
	dma_wmb();
	ew32(e, E1000_TDT, e->tx_next);
	e->tx_doorbell = e->tx_next;
	reclaim(e);
	if (e->tx_clean != e->tx_next && !timer_pending(&e->tx_timer))
		mod_timer(&e->tx_timer, ktime_get_ns() + TX_RECLAIM_NS);
}

/* The packet after this one may not fit: stop, ask for an interrupt, and look again lest it was missed. */
static noinline void stop_when_full(struct e1000 *e)
{
	if (tx_free_slots(e) >= E1000_TX_WORST)
		return;
	netif_stop_queue(e->dev);
	e->stops++;
	doorbell(e);
	if (netif_queue_stopped(e->dev))
		ew32(e, E1000_IMS, INT_TXDW);
}

/* By the device, or in software where a context cannot say it. False: the packet is broken. */
static bool put_checksum(struct e1000 *e, struct sk_buff *skb, struct tx_plan *p)
{
	u32 start = skb->csum_start - skb_headroom(skb), field = start + skb->csum_offset;

	if (unlikely(field > U8_MAX || start > field))
		return !skb_checksum_help(skb);
	p->popts = TXD_POPTS_TXSM;
	put_context(e, (u16)start, (u16)field);
	return true;
}

/* The context that the packet needs. False: it cannot go. */
static bool make_plan(struct e1000 *e, struct sk_buff *skb, struct tx_plan *p)
{
	*p = (struct tx_plan){ .packets = 1, .bytes = skb->len };
	if (skb_is_gso(skb))
		return tso_fits(skb) && put_tso_context(e, skb, p);
	return skb->ip_summed != CHECKSUM_PARTIAL || put_checksum(e, skb, p);
}

netdev_tx_t e1000_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct e1000 *e = netdev_priv(dev);
	u32 first = e->tx_next, last, free = tx_free_slots(e);
	struct tx_plan plan;

	if (unlikely(!e->up || !skb->len || skb->len > 65536)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return NETDEV_TX_OK;
	}
	if (unlikely(free < E1000_TX_WORST)) {
		netif_stop_queue(dev);
		doorbell(e);
		return NETDEV_TX_BUSY;
	}
	if (unlikely(!make_plan(e, skb, &plan))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_HDR_TRUNC);
		return NETDEV_TX_OK;
	}
	last = put_packet(e, skb, &plan);
	e->tx_slots[first].skb = skb;
	e->tx_slots[first].last = last;
	dev_count_tx(dev, plan.packets, plan.bytes);
	if (!netdev_xmit_more(dev))
		doorbell(e);
	if (unlikely(free < 2 * E1000_TX_WORST))
		stop_when_full(e);
	return NETDEV_TX_OK;
}
