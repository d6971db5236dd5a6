/* tests/host/simnic.c - a network device whose wire is the test
 *
 * What:   frames go up through NAPI as a driver's do; frames sent are collected, or handed to a wire function.
 * Called: by tests and simulations.
 * Calls:  net/core through a driver's doors only.
 */
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/core/dst.h"
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
/* A device without offloads gets none; those it claims, this does: a checksum is finished as hardware would. */
static netdev_tx_t sim_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct sim_nic *nic = nic_of(dev);
	struct sk_buff *frame;

	if (skb->ip_summed == CHECKSUM_PARTIAL && (!(dev->features & NETIF_F_HW_CSUM) || skb_checksum_help(skb))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return NETDEV_TX_OK;
	}
	if (skb_is_gso(skb) && !(dev->features & NETIF_F_TSO))
		panic("a GSO packet on a device without TSO");
	frame = skb_copy(skb, GFP_ATOMIC);
	if (frame) {
		skb_shinfo(frame)->gso_size = skb_shinfo(skb)->gso_size;
		frame->dev = dev;
		frame->tstamp_ns = host_now_ns;
		skb_dst_drop(frame);
		dev->stats.tx_packets++;
		dev->stats.tx_bytes += skb->len;
	}
	consume_skb(skb);
	if (!frame)
		return NETDEV_TX_OK;
	if (nic->wire)
		nic->wire(nic, frame, nic->wire_ctx);
	else
		__skb_queue_tail(&nic->sent, frame);
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
	if (done < budget)
		napi_complete_done(n, done);
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
