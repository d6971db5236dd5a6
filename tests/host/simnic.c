/* tests/host/simnic.c - a network device whose wire is the test
 *
 * What:   frames go up through NAPI as a driver's do; frames sent are collected, or handed to a wire function.
 * Called: by tests and simulations.
 * Calls:  net/core through a driver's doors only.
 */
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/core/dst.h"
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

static struct sim_nic *nic_of(struct net_device *dev) { return *(struct sim_nic **)netdev_priv(dev); }

static int sim_open(struct net_device *dev)
{
	napi_enable(&nic_of(dev)->napi);
	netif_start_queue(dev);
	return 0;
}
static int sim_stop(struct net_device *dev)
{
	napi_disable(&nic_of(dev)->napi);
	netif_stop_queue(dev);
	return 0;
}
static void out(struct sim_nic *nic, struct sk_buff *frame)
{
	if (nic->wire)
		nic->wire(nic, frame, nic->wire_ctx);
	else
		__skb_queue_tail(&nic->sent, frame);
}
/* Segment i of a large frame, as hardware makes it: by itself, knowing nothing of the stack's way to do the same. */
static struct sk_buff *hardware_segment(const struct sk_buff *big, u32 i, u32 mss, u32 hlen)
{
	u32 at = i * mss, n = min(big->len - hlen - at, mss);
	struct sk_buff *s = alloc_skb(hlen + n + 64, GFP_ATOMIC);
	bool last = hlen + at + n == big->len;
	struct iphdr *ip;
	struct tcphdr *th;

	BUG_UNLESS(s);
	skb_reserve(s, 64);
	skb_put_data(s, big->data, hlen);
	skb_put_data(s, big->data + hlen + at, n);
	ip = (struct iphdr *)(s->data + 14);
	th = (struct tcphdr *)(s->data + 14 + ip->ihl * 4);
	ip->tot_len = htons((u16)(s->len - 14));
	ip->id = htons((u16)(ntohs(ip->id) + i));
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
	th->seq = htonl(ntohl(th->seq) + at);
	if (!last)
		th->psh = th->fin = 0;
	th->check = 0;
	th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, s->len - 14 - ip->ihl * 4, IPPROTO_TCP,
				      csum_partial(th, s->len - 14 - ip->ihl * 4, 0));
	return s;
}
static void cut_and_send(struct sim_nic *nic, struct sk_buff *big)
{
	const struct iphdr *ip = (const struct iphdr *)(big->data + 14);
	const struct tcphdr *th = (const struct tcphdr *)(big->data + 14 + ip->ihl * 4);
	u32 mss = skb_shinfo(big)->gso_size, hlen = 14 + ip->ihl * 4u + th->doff * 4u;

	if (!(nic->dev->features & NETIF_F_TSO) || skb_shinfo(big)->gso_segs != DIV_ROUND_UP(big->len - hlen, mss))
		panic("a GSO packet that the device did not ask for");
	for (u32 i = 0; hlen + i * mss < big->len; i++) {
		struct sk_buff *s = hardware_segment(big, i, mss, hlen);

		s->dev = nic->dev;
		s->tstamp_ns = host_now_ns;
		out(nic, s);
	}
	nic->large++;
	consume_skb(big);
}
/* A device without offloads gets none; those it claims, this does: a checksum is finished as hardware would, a packet
 * of many segments cut. */
static netdev_tx_t sim_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct sim_nic *nic = nic_of(dev);
	struct sk_buff *frame;

	if (skb_is_nonlinear(skb) && !(dev->features & NETIF_F_SG))
		panic("fragments on a device without SG");
	if (skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) &&
	    (!(dev->features & NETIF_F_HW_CSUM) || skb_checksum_help(skb))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return NETDEV_TX_OK;
	}
	frame = skb_copy(skb, GFP_ATOMIC);
	if (frame) {
		frame->dev = dev;
		frame->tstamp_ns = host_now_ns;
		skb_dst_drop(frame);
		frame->ip_summed = CHECKSUM_NONE; /* the next stack verifies for itself */
		dev->stats.tx_packets++;
		dev->stats.tx_bytes += skb->len;
	}
	consume_skb(skb);
	if (frame && skb_is_gso(frame))
		cut_and_send(nic, frame);
	else if (frame)
		out(nic, frame);
	return NETDEV_TX_OK;
}
static const struct net_device_ops sim_ops = { .ndo_open = sim_open, .ndo_stop = sim_stop, .ndo_start_xmit = sim_xmit };

static int sim_poll(struct napi_struct *n, int budget)
{
	struct sim_nic *nic = container_of(n, struct sim_nic, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = __skb_dequeue(&nic->rx))) {
		skb->protocol = eth_type_trans(skb, nic->dev);
		nic->dev->stats.rx_packets++;
		napi_gro_receive(n, skb);
		done++;
	}
	if (done < budget) {
		nic->masked = !napi_complete_done(n, done);
		if (!nic->masked && !skb_queue_empty(&nic->rx))
			napi_schedule(n);
	}
	return done;
}

static void sim_setup(struct net_device *dev) { ether_setup(dev); }
struct sim_nic *sim_nic_create(struct net *net, u32 mac_number, netdev_features_t features)
{
	struct sim_nic *nic = kzalloc(sizeof(*nic), GFP_KERNEL);
	struct net_device *dev = alloc_netdev(sizeof(void *), "eth%d", sim_setup);

	BUG_UNLESS(nic && dev);
	*(struct sim_nic **)netdev_priv(dev) = nic;
	nic->dev = dev;
	nic->cpu = host_choose_cpu();
	__skb_queue_head_init(&nic->rx);
	__skb_queue_head_init(&nic->sent);
	memset(dev->dev_addr, 0, sizeof(dev->dev_addr));
	dev->dev_addr[0] = 2;
	put_unaligned_be32(mac_number, dev->dev_addr + 2);
	dev->features = dev->hw_features = features;
	dev->netdev_ops = &sim_ops;
	netif_napi_add(dev, &nic->napi, sim_poll);
	BUG_UNLESS(!register_netdev(net, dev));
	netif_carrier_on(dev);
	rtnl_lock(net);
	BUG_UNLESS(!dev_open(dev));
	rtnl_unlock(net);
	return nic;
}
void sim_nic_destroy(struct sim_nic *nic)
{
	unregister_netdev(nic->dev);
	netif_napi_del(&nic->napi);
	skb_queue_consume(&nic->sent);
	skb_queue_consume(&nic->rx);
	free_netdev(nic->dev);
	kfree(nic);
}
void sim_nic_inject_skb(struct sim_nic *nic, struct sk_buff *skb)
{
	if (nic->deliver) {
		nic->deliver(nic, skb);
		return;
	}
	skb->dev = nic->dev;
	__skb_queue_tail(&nic->rx, skb);
	if (!nic->masked)
		napi_schedule(&nic->napi);
	if (!in_interrupt())
		host_run_softirqs();
}
void sim_nic_inject(struct sim_nic *nic, const void *frame, size_t len)
{
	struct sk_buff *skb = netdev_alloc_skb(nic->dev, (u32)len);

	BUG_UNLESS(skb);
	skb_put_data(skb, frame, (u32)len);
	sim_nic_inject_skb(nic, skb);
}
struct sk_buff *sim_nic_take(struct sim_nic *nic) { return __skb_dequeue(&nic->sent); }
