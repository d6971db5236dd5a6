/* net/ipv4/arp.c - from an IPv4 address to a link address (RFC 826)
 *
 * What:   the IPv4 half of the neighbour table: how to ask, how to answer, what to believe.
 * Called: net/core through packet_type ETH_P_ARP, in softirq; the neighbour table's solicit and error hooks.
 * Calls:  neigh_update(); dev_queue_xmit().
 * Locks:  the neighbour's own.
 * Absent: proxy ARP; arp_filter.
 */
#include "net/ipv4/internal.h"
#include <linux/if_arp.h>

struct arp_body { /* behind struct arphdr, for Ethernet and IPv4 */
	u8 sha[ETH_ALEN];
	__be32 sip;
	u8 tha[ETH_ALEN];
	__be32 tip;
} __packed;

/* op ARPOP_*; dest_hw NULL: to everybody; target_hw NULL: zeros. Any context. */
void arp_send(struct net_device *dev, u16 op, __be32 dest_ip, __be32 src_ip, const u8 *dest_hw, const u8 *target_hw)
{
	u32 room = ALIGN_UP(dev->hard_header_len + 16u, 16u);
	struct sk_buff *skb;
	struct arphdr *arp;
	struct arp_body *b;

	if (dev->flags & IFF_NOARP || dev->addr_len != ETH_ALEN)
		return;
	skb = alloc_skb(room + sizeof(*arp) + sizeof(*b) + 32, GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, room);
	skb_reset_network_header(skb);
	arp = skb_put(skb, sizeof(*arp));
	*arp = (struct arphdr){ htons(ARPHRD_ETHER), htons(ETH_P_IP), ETH_ALEN, 4, htons(op) };
	b = skb_put_zero(skb, sizeof(*b));
	memcpy(b->sha, dev->dev_addr, ETH_ALEN);
	b->sip = src_ip;
	if (target_hw)
		memcpy(b->tha, target_hw, ETH_ALEN);
	b->tip = dest_ip;
	skb->dev = dev;
	skb->protocol = htons(ETH_P_ARP);
	if (dev_hard_header(skb, dev, ETH_P_ARP, dest_hw ? dest_hw : dev->broadcast, dev->dev_addr, skb->len) < 0) {
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_HDR);
		return;
	}
	dev_queue_xmit(skb);
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* Which of our addresses to show (arp_announce): 0 the packet's own source, 1 that if it is of the target's subnet,
 * 2 always the best one of the device. */
static __be32 announce_addr(struct net_device *dev, struct in_device *in, const struct sk_buff *skb, __be32 target)
{
	struct net *net = dev->net;
	int mode = IN_DEV_MAX(net, in, arp_announce);
	__be32 src = skb && skb->protocol == htons(ETH_P_IP) ? ip_hdr(skb)->saddr : 0;

	if (mode < 2 && src && inet_lookup_ifaddr_rcu(net, src) && (!mode || inet_addr_onlink(in, target, src)))
		return src;
	return inet_select_addr(net, dev, target, RT_SCOPE_LINK);
}

static void arp_solicit(struct neighbour *n, struct sk_buff *skb)
{
	struct net_device *dev = n->dev;
	__be32 target, src = 0;
	struct in_device *in;
	u8 ha[ETH_ALEN];
	bool known;

	memcpy(&target, n->key, sizeof(target));
	rcu_read_lock();
	in = in_dev_get_rcu(dev);
	if (in)
		src = announce_addr(dev, in, skb, target);
	rcu_read_unlock();
	if (!src)
		return;
	spin_lock_bh(&n->lock);
	memcpy(ha, n->ha, sizeof(ha));
	known = n->nud_state & (NUD_PROBE | NUD_DELAY) && n->probes <= n->tbl->params.ucast_probes;
	spin_unlock_bh(&n->lock);
	if (known)
		arp_send(dev, ARPOP_REQUEST, target, src, ha, NULL); /* it is probably still there: ask it alone */
	else
		arp_send(dev, ARPOP_REQUEST, target, src, NULL, NULL);
}

/* Nobody answered: the sender hears EHOSTUNREACH through the ICMP that we send ourselves. Eats skb. */
static void arp_error_report(struct neighbour *n, struct sk_buff *skb)
{
	if (skb->dst) {
		rcu_read_lock();
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0);
		rcu_read_unlock();
	}
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

static int drop(struct sk_buff *skb, enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
	return 0;
}

/* arp_ignore: 0 answer for any of our addresses, 1 only those of this device, 2 and only to its subnet, 8 never. */
static bool ignored(struct net *net, struct in_device *in, __be32 sip, __be32 tip)
{
	struct in_ifaddr *ifa;

	switch (IN_DEV_MAX(net, in, arp_ignore)) {
	case 0: return false;
	case 1:
	case 2:
		ifa = inet_lookup_ifaddr_rcu(net, tip);
		if (!ifa || ifa->in_dev != in)
			return true;
		return IN_DEV_MAX(net, in, arp_ignore) == 2 && !inet_addr_onlink(in, sip, tip);
	default: return true;
	}
}

/* RFC 826: an answer, or news about a neighbour that we know, goes into the table; strangers only when they ask us. */
static void learn(struct net *net, struct net_device *dev, const struct sk_buff *skb, u16 op, __be32 sip, __be32 tip,
		  const u8 *sha, bool asked_us)
{
	bool gratuitous = sip == tip, reply = op == ARPOP_REPLY;
	struct in_device *in = in_dev_get_rcu(dev);
	bool create = asked_us || (gratuitous && IN_DEV_OR(net, in, arp_accept));
	struct neighbour *n = neigh_lookup(&net->ipv4->arp_tbl, &sip, dev, create);
	u8 state = reply && skb->pkt_type == PACKET_HOST && !gratuitous ? NUD_REACHABLE : NUD_STALE;
	/* Two hosts that answer for one address: the first is kept for a second (Linux's locktime). */
	bool override;

	if (!n)
		return;
	spin_lock_bh(&n->lock);
	override = ktime_get_ns() > n->updated_ns + NSEC_PER_SEC || gratuitous;
	spin_unlock_bh(&n->lock);
	neigh_update(n, sha, state, override ? NEIGH_UPDATE_F_OVERRIDE : 0);
	neigh_release(n);
}

static int arp_process(struct net *net, struct net_device *dev, struct sk_buff *skb, u16 op, const struct arp_body *b)
{
	struct in_device *in = in_dev_get_rcu(dev);
	__be32 sip = b->sip, tip = b->tip;
	bool ours;

	if (!in)
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	if (ipv4_is_multicast(tip) || (ipv4_is_loopback(tip) && !IN_DEV_OR(net, in, route_localnet)))
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	if (ipv4_is_multicast(sip) || ipv4_is_lbcast(sip) || ipv4_is_loopback(sip) || b->sha[0] & 1)
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	ours = inet_lookup_ifaddr_rcu(net, tip) != NULL;
	if (op == ARPOP_REQUEST && !sip) { /* RFC 5227 2.1.1: somebody tries whether the address is free */
		if (ours && !ignored(net, in, sip, tip))
			arp_send(dev, ARPOP_REPLY, sip, tip, b->sha, b->sha);
		consume_skb(skb);
		return 0;
	}
	if (inet_lookup_ifaddr_rcu(net, sip)) { /* our own, or a thief's: neither belongs into the table */
		consume_skb(skb);
		return 0;
	}
	if (op == ARPOP_REQUEST && ours && !ignored(net, in, sip, tip)) {
		learn(net, dev, skb, op, sip, tip, b->sha, true);
		arp_send(dev, ARPOP_REPLY, sip, tip, b->sha, b->sha);
	} else {
		learn(net, dev, skb, op, sip, tip, b->sha, false);
	}
	consume_skb(skb);
	return 0;
}

/* Eats skb. Softirq. */
static int arp_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	const u32 need = sizeof(struct arphdr) + sizeof(struct arp_body);
	const struct arphdr *arp;

	if (dev->flags & (IFF_NOARP | IFF_LOOPBACK) || skb->pkt_type == PACKET_OTHERHOST ||
	    skb->pkt_type == PACKET_LOOPBACK) {
		consume_skb(skb);
		return 0;
	}
	if (!pskb_may_pull(skb, need))
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	arp = (const struct arphdr *)skb->data;
	/* RFC 1042 hosts call an Ethernet IEEE 802. */
	if ((arp->ar_hrd != htons(ARPHRD_ETHER) && arp->ar_hrd != htons(ARPHRD_IEEE802)) ||
	    arp->ar_pro != htons(ETH_P_IP) || arp->ar_hln != ETH_ALEN || arp->ar_pln != 4)
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	if (arp->ar_op != htons(ARPOP_REQUEST) && arp->ar_op != htons(ARPOP_REPLY))
		return drop(skb, SKB_DROP_REASON_ARP_MALFORMED);
	return arp_process(dev->net, dev, skb, ntohs(arp->ar_op), (const struct arp_body *)(arp + 1));
}

static struct packet_type arp_packet_type = { .type = htons(ETH_P_ARP), .func = arp_rcv };

int arp_net_init(struct net *net)
{
	struct neigh_table *t = &net->ipv4->arp_tbl;

	t->family = AF_INET;
	t->key_len = 4;
	t->protocol = htons(ETH_P_IP);
	t->solicit = arp_solicit;
	t->error_report = arp_error_report;
	t->params = (struct neigh_params){ .base_reachable_time_ms = 30000,
					   .retrans_time_ms = 1000,
					   .delay_probe_time_ms = 5000,
					   .gc_staletime_ms = 60000,
					   .ucast_probes = 3,
					   .mcast_probes = 3,
					   .queue_len_bytes = 212992 };
	t->gc_thresh1 = 128;
	t->gc_thresh2 = 512;
	t->gc_thresh3 = 1024;
	return neigh_table_init(net, t);
}

void arp_net_exit(struct net *net)
{
	if (net->ipv4->arp_tbl.buckets)
		neigh_table_clear(&net->ipv4->arp_tbl);
}

void arp_register(void)
{
	dev_add_pack(&arp_packet_type);
	arp_proc_init();
}
