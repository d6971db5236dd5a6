/* net/core/dev_features.c - which offloads a device uses: what it can, what is wanted, what makes sense together
 *
 * What:   features = fix(wanted_features), and SIOCETHTOOL's legacy calls, one feature each, as ethtool -k and -K fall
 *         back to.
 * Called: registration; dev_ioctl.c.
 * Locks:  rtnl for changes. The packet path reads features as they are: a packet that was built for the old ones is cut
 *         or finished in software at the last moment.
 * Absent: the calls by name and by netlink (ETHTOOL_SFEATURES), features of one queue.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "net/core/gso.h"
#include <linux/capability.h>
#include <linux/ethtool.h>

/* Sharing fragments asks for a checksum that the device computes as it reads them; segments ask for both. */
netdev_features_t netdev_fix_features(const struct net_device *dev, netdev_features_t features)
{
	(void)dev;
	if (!(features & NETIF_F_HW_CSUM))
		features &= ~(NETIF_F_ALL_TSO | NETIF_F_SG);
	if (!(features & NETIF_F_SG))
		features &= ~(NETIF_F_ALL_TSO | NETIF_F_GSO);
	return features;
}

void netdev_update_features(struct net_device *dev)
{
	netdev_features_t may = dev->hw_features | NETIF_F_SOFT_FEATURES;

	dev->features = netdev_fix_features(dev, (dev->wanted_features & may) | (dev->features & ~may));
}

static const struct { u32 get, set; netdev_features_t bits; } legacy[] = {
	{ ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, NETIF_F_HW_CSUM },
	{ ETHTOOL_GRXCSUM, ETHTOOL_SRXCSUM, NETIF_F_RXCSUM },
	{ ETHTOOL_GSG, ETHTOOL_SSG, NETIF_F_SG },
	{ ETHTOOL_GTSO, ETHTOOL_STSO, NETIF_F_ALL_TSO },
	{ ETHTOOL_GGSO, ETHTOOL_SGSO, NETIF_F_GSO },
	{ ETHTOOL_GGRO, ETHTOOL_SGRO, NETIF_F_GRO },
	{ ETHTOOL_GUFO, ETHTOOL_SUFO, 0 },	/* what no device here can */
	{ ETHTOOL_GFLAGS, ETHTOOL_SFLAGS, 0 },
};

static int feature_get(const struct net_device *dev, u32 cmd, netdev_features_t bits, void __user *arg)
{
	struct ethtool_value v = { .cmd = cmd, .data = (dev->features & bits) != 0 };

	return copy_to_user(arg, &v, sizeof(v)) ? -EFAULT : 0;
}

static int feature_set(struct net_device *dev, netdev_features_t bits, const void __user *arg)
{
	netdev_features_t can = dev->hw_features | NETIF_F_SOFT_FEATURES;
	struct ethtool_value v;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&v, arg, sizeof(v)))
		return -EFAULT;
	if (v.data && !(can & bits))
		return -EOPNOTSUPP;
	if (v.data)
		dev->wanted_features |= bits;
	else
		dev->wanted_features &= ~bits;
	netdev_update_features(dev);
	return 0;
}

int ethtool_feature_call(struct net_device *dev, u32 cmd, void __user *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(legacy); i++) {
		if (cmd == legacy[i].get)
			return feature_get(dev, cmd, legacy[i].bits, arg);
		if (cmd == legacy[i].set)
			return feature_set(dev, legacy[i].bits, arg);
	}
	return -EOPNOTSUPP;
}
