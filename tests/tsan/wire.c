/* tests/tsan/wire.c - an Ethernet device whose frames a test looks at, and which go nowhere
 *
 * Called: by tests; net/core through a driver's doors.
 */
#include "tests/tsan/wire.h"
#include "kernel/trace/printk.h"

typedef void (*wire_seen_fn)(struct sk_buff *skb);

static int wire_open(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}
static int wire_stop(struct net_device *dev)
{
	netif_stop_queue(dev);
	return 0;
}
static netdev_tx_t wire_xmit(struct sk_buff *skb, struct net_device *dev)
{
	(*(wire_seen_fn *)netdev_priv(dev))(skb);
	consume_skb(skb);
	return NETDEV_TX_OK;
}
static const struct net_device_ops wire_ops = { .ndo_open = wire_open,
						.ndo_stop = wire_stop,
						.ndo_start_xmit = wire_xmit };

struct net_device *wire_create(struct net *net, wire_seen_fn seen)
{
	struct net_device *dev = alloc_netdev(sizeof(seen), "wire%d", ether_setup);

	BUG_UNLESS(dev);
	*(wire_seen_fn *)netdev_priv(dev) = seen;
	dev->dev_addr[0] = 2;
	dev->netdev_ops = &wire_ops;
	BUG_ON(register_netdev(net, dev));
	netif_carrier_on(dev);
	rtnl_lock(net);
	BUG_ON(dev_open(dev));
	rtnl_unlock(net);
	return dev;
}
void wire_destroy(struct net_device *dev)
{
	unregister_netdev(dev);
	free_netdev(dev);
}
