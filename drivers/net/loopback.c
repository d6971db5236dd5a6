/* drivers/net/loopback.c - lo: what is sent is received
 *
 * What:   the device behind 127.0.0.1, one in each stack. A packet crosses by reference: no byte is copied, no checksum
 *         computed (CHECKSUM_PARTIAL means that the sender vouches for it), and many segments in one stay one.
 * Called: dev_queue_xmit(); made with each struct net.
 * Calls:  netif_rx(): the receiver runs from the backlog, never inside the sender.
 * Locks:  none.
 */
#include "net/core/dst.h"
#include "net/core/netdevice.h"
#include <linux/if_arp.h>

#define LOOPBACK_MTU 65536u

static netdev_tx_t loopback_xmit(struct sk_buff *skb, struct net_device *dev)
{
	u32 len = skb->len;

	skb_orphan(skb); /* the sender's buffer is free again: the receiver's account takes over */
	skb_dst_drop(skb);
	skb->tstamp_ns = 0;
	skb->protocol = eth_type_trans(skb, dev);
	dev_count_tx(dev, 1, len);
	if (netif_rx(skb) == NET_RX_SUCCESS)
		dev_count_rx(dev, 1, len);
	return NETDEV_TX_OK;
}

static int loopback_open(struct net_device *dev) { return 0; }
static int loopback_stop(struct net_device *dev) { return 0; }

static const struct net_device_ops loopback_netdev_ops = {
	.ndo_open = loopback_open,
	.ndo_stop = loopback_stop,
	.ndo_start_xmit = loopback_xmit,
};

static void loopback_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->type = ARPHRD_LOOPBACK;
	dev->flags = IFF_LOOPBACK;
	dev->mtu = LOOPBACK_MTU;
	dev->min_mtu = 0;
	dev->max_mtu = U32_MAX / 2;
	memset(dev->broadcast, 0, sizeof(dev->broadcast));
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_ALL_TSO;
	dev->features = dev->hw_features | NETIF_F_RXCSUM | NETIF_F_FRAGLIST | NETIF_F_LOOPBACK;
	dev->lockless_tx = true;
	dev->carrier = true;
	dev->netdev_ops = &loopback_netdev_ops;
}

static int loopback_net_init(struct net *net)
{
	struct net_device *dev = alloc_netdev(0, "lo", loopback_setup);
	int r;

	if (!dev)
		return -ENOMEM;
	r = register_netdev(net, dev);
	if (r) {
		free_netdev(dev);
		return r;
	}
	net->loopback_dev = dev;
	return 0;
}

static void loopback_net_exit(struct net *net)
{
	struct net_device *dev = net->loopback_dev;

	net->loopback_dev = NULL;
	unregister_netdev(dev);
	free_netdev(dev);
}

static struct pernet_operations loopback_ops = { .init = loopback_net_init, .exit = loopback_net_exit };

/* Last of the rooms: its device comes when all notifiers are there, and goes before they do. */
void loopback_init(void) { register_pernet_subsys(&loopback_ops); }
