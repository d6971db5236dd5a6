/* net/core/dev_ioctl.c - the SIOC* calls on network devices
 *
 * What:   reading and changing interfaces by struct ifreq, and the part of SIOCETHTOOL that tools fall back to.
 * Called: a family's ioctl for what it does not know itself; process context.
 * Calls:  dev.c under rtnl; the driver's ndo_do_ioctl for ring sizes and driver names.
 * Locks:  net->rtnl.
 * Absent: addresses and routes (net/ipv4), bridges, multicast lists; ethtool by netlink.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "net/core/core.h"
#include "net/core/gso.h"
#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

/* --- reading --- */

static void get_hwaddr(struct net_device *dev, struct ifreq *ifr)
{
	memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
	memcpy(ifr->ifr_hwaddr.sa_data, dev->dev_addr, min((size_t)dev->addr_len, sizeof(ifr->ifr_hwaddr.sa_data)));
	ifr->ifr_hwaddr.sa_family = dev->type;
}

static int dev_get(struct net_device *dev, unsigned int cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = (short)dev->flags;
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = (int)dev->mtu;
		return 0;
	case SIOCGIFHWADDR:
		get_hwaddr(dev, ifr);
		return 0;
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = (int)dev->ifindex;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = (int)dev->tx_queue_len;
		return 0;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map));
		ifr->ifr_map.irq = (unsigned char)dev->irq;
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

/* --- changing: rtnl held, CAP_NET_ADMIN checked --- */

static int set_hwaddr(struct net_device *dev, const struct sockaddr *sa)
{
	if (sa->sa_family != dev->type)
		return -EINVAL;
	return dev_set_mac_address(dev, (const u8 *)sa->sa_data);
}

static int dev_set(struct net_device *dev, unsigned int cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		return dev_change_flags(dev, (u16)ifr->ifr_flags);
	case SIOCSIFMETRIC:
		return -EOPNOTSUPP;
	case SIOCSIFMTU:
		return ifr->ifr_mtu < 0 ? -EINVAL : dev_set_mtu(dev, (u32)ifr->ifr_mtu);
	case SIOCSIFHWADDR:
		return set_hwaddr(dev, &ifr->ifr_hwaddr);
	case SIOCSIFTXQLEN:
		if (ifr->ifr_qlen < 0)
			return -EINVAL;
		dev->tx_queue_len = (u32)ifr->ifr_qlen;
		return 0;
	case SIOCSIFNAME:
		ifr->ifr_newname[IFNAMSIZ - 1] = '\0';
		return dev_change_name(dev, ifr->ifr_newname);
	default:
		return -ENOIOCTLCMD;
	}
}

static bool is_get(unsigned int cmd)
{
	return cmd == SIOCGIFFLAGS || cmd == SIOCGIFMETRIC || cmd == SIOCGIFMTU || cmd == SIOCGIFHWADDR ||
	       cmd == SIOCGIFINDEX || cmd == SIOCGIFTXQLEN || cmd == SIOCGIFMAP;
}

static bool is_set(unsigned int cmd)
{
	return cmd == SIOCSIFFLAGS || cmd == SIOCSIFMETRIC || cmd == SIOCSIFMTU || cmd == SIOCSIFHWADDR ||
	       cmd == SIOCSIFTXQLEN || cmd == SIOCSIFNAME;
}

/* --- ethtool --- */

static int et_link(struct net_device *dev, void __user *arg)
{
	struct ethtool_value v = { .cmd = ETHTOOL_GLINK, .data = netif_running(dev) && netif_carrier_ok(dev) };

	return copy_to_user(arg, &v, sizeof(v)) ? -EFAULT : 0;
}

static int et_drvinfo(struct net_device *dev, void __user *arg)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int r;

	if (!dev->ethtool_ops || !dev->ethtool_ops->get_drvinfo)
		return -EOPNOTSUPP;
	strscpy(info.version, RINGSIDE_VERSION, sizeof(info.version));
	dev->ethtool_ops->get_drvinfo(dev, &info);
	r = dev->ethtool_ops->get_strings ? dev->ethtool_ops->get_strings(dev, NULL) : 0;
	info.n_stats = r > 0 ? (u32)r : 0;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static int et_get_ring(struct net_device *dev, void __user *arg)
{
	struct ethtool_ringparam p = { .cmd = ETHTOOL_GRINGPARAM };

	if (!dev->ethtool_ops || !dev->ethtool_ops->get_ringparam)
		return -EOPNOTSUPP;
	dev->ethtool_ops->get_ringparam(dev, &p);
	return copy_to_user(arg, &p, sizeof(p)) ? -EFAULT : 0;
}

static int et_set_ring(struct net_device *dev, void __user *arg)
{
	struct ethtool_ringparam p;

	if (!dev->ethtool_ops || !dev->ethtool_ops->set_ringparam)
		return -EOPNOTSUPP;
	if (copy_from_user(&p, arg, sizeof(p)))
		return -EFAULT;
	return dev->ethtool_ops->set_ringparam(dev, &p);
}

static int stats_count(struct net_device *dev)
{
	return dev->ethtool_ops && dev->ethtool_ops->get_strings ? dev->ethtool_ops->get_strings(dev, NULL) : 0;
}

static int et_sset_info(struct net_device *dev, void __user *arg)
{
	struct { struct ethtool_sset_info info; u32 n; } s;
	size_t size = sizeof(s.info);

	if (copy_from_user(&s.info, arg, sizeof(s.info)))
		return -EFAULT;
	s.n = (u32)stats_count(dev);
	s.info.sset_mask &= s.n ? BIT(ETH_SS_STATS) : 0;
	if (s.info.sset_mask)
		size += sizeof(s.n);
	return copy_to_user(arg, &s, size) ? -EFAULT : 0;
}

static int et_strings(struct net_device *dev, void __user *arg)
{
	struct ethtool_gstrings g;
	char (*names)[ETH_GSTRING_LEN];
	int n = stats_count(dev), r;

	if (copy_from_user(&g, arg, sizeof(g)))
		return -EFAULT;
	if (g.string_set != ETH_SS_STATS || !n)
		return -EOPNOTSUPP;
	names = kcalloc((size_t)n, sizeof(*names), GFP_KERNEL);
	if (!names)
		return -ENOMEM;
	dev->ethtool_ops->get_strings(dev, (char *)names);
	g.len = (u32)n;
	r = copy_to_user(arg, &g, sizeof(g)) ||
	    copy_to_user((char __user *)arg + sizeof(g), names, (size_t)n * sizeof(*names));
	kfree(names);
	return r ? -EFAULT : 0;
}

static int et_stats(struct net_device *dev, void __user *arg)
{
	struct ethtool_stats s;
	int n = stats_count(dev), r;
	u64 *values;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (!n || !dev->ethtool_ops->get_stats)
		return -EOPNOTSUPP;
	values = kcalloc((size_t)n, sizeof(*values), GFP_KERNEL);
	if (!values)
		return -ENOMEM;
	dev->ethtool_ops->get_stats(dev, values);
	s.n_stats = (u32)n;
	r = copy_to_user(arg, &s, sizeof(s)) ||
	    copy_to_user((char __user *)arg + sizeof(s), values, (size_t)n * sizeof(*values));
	kfree(values);
	return r ? -EFAULT : 0;
}

/* What is unknown answers EOPNOTSUPP: libpcap and ethtool go on then. rtnl held. */
static int ethtool_call(struct net_device *dev, void __user *arg)
{
	u32 cmd;

	if (get_user(cmd, (u32 __user *)arg))
		return -EFAULT;
	switch (cmd) {
	case ETHTOOL_GLINK:
		return et_link(dev, arg);
	case ETHTOOL_GDRVINFO:
		return et_drvinfo(dev, arg);
	case ETHTOOL_GRINGPARAM:
		return et_get_ring(dev, arg);
	case ETHTOOL_SRINGPARAM:
		return capable(CAP_NET_ADMIN) ? et_set_ring(dev, arg) : -EPERM;
	case ETHTOOL_GSSET_INFO:
		return et_sset_info(dev, arg);
	case ETHTOOL_GSTRINGS:
		return et_strings(dev, arg);
	case ETHTOOL_GSTATS:
		return et_stats(dev, arg);
	default:
		return ethtool_feature_call(dev, cmd, arg);
	}
}

/* --- dispatch --- */

/* By index instead of by name. */
static int get_name(struct net *net, struct ifreq *ifr, void __user *arg)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index(net, (u32)ifr->ifr_ifindex);
	if (dev)
		strscpy(ifr->ifr_name, dev->name, IFNAMSIZ);
	rcu_read_unlock();
	if (!dev)
		return -ENODEV;
	return copy_to_user(arg, ifr, sizeof(*ifr)) ? -EFAULT : 0;
}

static int with_device(struct net *net, unsigned int cmd, struct ifreq *ifr)
{
	struct net_device *dev;
	int r;

	rtnl_lock(net);
	dev = dev_get_by_name(net, ifr->ifr_name);
	if (!dev)
		r = -ENODEV;
	else if (cmd == SIOCETHTOOL)
		r = ethtool_call(dev, (void __user *)ifr->ifr_data);
	else if (is_get(cmd))
		r = dev_get(dev, cmd, ifr);
	else
		r = dev_set(dev, cmd, ifr);
	rtnl_unlock(net);
	return r;
}

int dev_ioctl(struct net *net, unsigned int cmd, void __user *arg)
{
	struct ifreq ifr;
	char *colon;
	int r;

	if (!is_get(cmd) && !is_set(cmd) && cmd != SIOCETHTOOL && cmd != SIOCGIFNAME)
		return -ENOIOCTLCMD;
	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	if (cmd == SIOCGIFNAME)
		return get_name(net, &ifr, arg);
	if (is_set(cmd) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	ifr.ifr_name[IFNAMSIZ - 1] = '\0';
	colon = strchr(ifr.ifr_name, ':'); /* "eth0:1", an alias of old: the device is meant */
	if (colon)
		*colon = '\0';
	r = with_device(net, cmd, &ifr);
	if (colon)
		*colon = ':';
	if (!r && is_get(cmd) && copy_to_user(arg, &ifr, sizeof(ifr)))
		return -EFAULT;
	return r;
}
