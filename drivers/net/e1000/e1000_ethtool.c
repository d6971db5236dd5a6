/* drivers/net/e1000/e1000_ethtool.c - what ethtool asks: name, ring sizes, counters
 *
 * Called: SIOCETHTOOL, rtnl held.
 */
#include "drivers/net/e1000/e1000.h"
#include "lib/printf.h"
#include <linux/ethtool.h>

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	const struct e1000 *e = netdev_priv(dev);

	strscpy(info->driver, "e1000", sizeof(info->driver));
	snprintf(info->bus_info, sizeof(info->bus_info), "0000:%02x:%02x.%x", e->pci->bus, e->pci->slot, e->pci->fn);
}

static void get_ringparam(struct net_device *dev, struct ethtool_ringparam *p)
{
	const struct e1000 *e = netdev_priv(dev);

	p->rx_max_pending = p->tx_max_pending = E1000_RING_MAX;
	p->rx_pending = e->rx_count;
	p->tx_pending = e->tx_count;
}

/* While up, the device goes down and up again with the new rings; without memory for them, with the old ones. */
static int set_ringparam(struct net_device *dev, const struct ethtool_ringparam *p)
{
	struct e1000 *e = netdev_priv(dev);
	u32 rx = e->rx_count, tx = e->tx_count;
	bool up = e->up;
	int r = 0;

	if (p->rx_mini_pending || p->rx_jumbo_pending || p->rx_pending < E1000_RING_MIN ||
	    p->rx_pending > E1000_RING_MAX || p->tx_pending < E1000_RING_MIN || p->tx_pending > E1000_RING_MAX)
		return -EINVAL;
	if (up)
		e1000_down(e);
	e->rx_count = ALIGN_UP(p->rx_pending, 8u);
	e->tx_count = ALIGN_UP(p->tx_pending, 8u);
	if (up)
		r = e1000_up(e);
	if (!r)
		return 0;
	e->rx_count = rx;
	e->tx_count = tx;
	e1000_up(e);
	return r;
}

static const struct { const char *name; size_t offset; } stats[] = {
	{ "rx_missed", offsetof(struct e1000, missed) },
	{ "rx_no_buffer", offsetof(struct e1000, no_buffer) },
	{ "rx_crc_errors", offsetof(struct e1000, crc_errors) },
	{ "rx_length_errors", offsetof(struct e1000, length_errors) },
	{ "rx_errors", offsetof(struct e1000, rx_errors) },
	{ "rx_bad_frames", offsetof(struct e1000, bad_frames) },
	{ "collisions", offsetof(struct e1000, collisions) },
	{ "tx_ring_full", offsetof(struct e1000, stops) },
	{ "tx_timeout_resets", offsetof(struct e1000, resets) },
	{ "tx_queue_restarts", 0 },
};

static int get_strings(struct net_device *dev, char *names)
{
	for (size_t i = 0; names && i < ARRAY_SIZE(stats); i++)
		strscpy(names + i * ETH_GSTRING_LEN, stats[i].name, ETH_GSTRING_LEN);
	return ARRAY_SIZE(stats);
}

static void get_stats(struct net_device *dev, u64 *values)
{
	struct e1000 *e = netdev_priv(dev);

	e1000_read_counters(e);
	for (size_t i = 0; i < ARRAY_SIZE(stats); i++)
		values[i] = stats[i].offset ? *(u64 *)((char *)e + stats[i].offset) : dev->tx.restarts;
}

const struct ethtool_ops e1000_ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_ringparam = get_ringparam,
	.set_ringparam = set_ringparam,
	.get_strings = get_strings,
	.get_stats = get_stats,
};
