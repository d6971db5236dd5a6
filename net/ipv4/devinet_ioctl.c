/* net/ipv4/devinet_ioctl.c - SIOCGIFADDR and its kin: addresses by ioctl, as ifconfig(8) sets them
 *
 * Called: af_inet.c (and through inet_ioctl_hook every other family), in process context.
 * Calls:  devinet.c.
 * Locks:  takes rtnl.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/capability.h"
#include "net/ipv4/internal.h"
#include <linux/sockios.h>

/* The address that an ioctl means: by label ("eth0:1") and, when the caller names one, by address; else the first. */
static struct in_ifaddr *find_ifa(struct in_device *in, const char *label, __be32 addr)
{
	struct in_ifaddr *ifa;

	for (ifa = in->ifa_list; ifa; ifa = ifa->next)
		if (!strcmp(ifa->ifa_label, label) && (!addr || ifa->ifa_local == addr))
			return ifa;
	for (ifa = in->ifa_list; ifa; ifa = ifa->next)
		if (!strcmp(ifa->ifa_label, label))
			return ifa;
	return NULL;
}

static int get_addr(unsigned int cmd, const struct in_ifaddr *ifa, struct sockaddr_in *sin)
{
	if (!ifa)
		return -EADDRNOTAVAIL;
	*sin = (struct sockaddr_in){ .sin_family = AF_INET };
	switch (cmd) {
	case SIOCGIFADDR: sin->sin_addr.s_addr = ifa->ifa_local; return 0;
	case SIOCGIFBRDADDR: sin->sin_addr.s_addr = ifa->ifa_broadcast; return 0;
	case SIOCGIFDSTADDR: sin->sin_addr.s_addr = ifa->ifa_address; return 0;
	case SIOCGIFNETMASK: sin->sin_addr.s_addr = ifa->ifa_mask; return 0;
	default: return -EINVAL;
	}
}

/* Replaces old (may be NULL) by ifa; old is gone even when that fails, as on Linux. Eats ifa. */
static int replace_ifa(struct net_device *dev, struct in_ifaddr *old, struct in_ifaddr *ifa)
{
	if (old)
		inet_del_ifa(dev->ip_ptr, old);
	return inet_insert_ifa(dev, ifa);
}

static int set_if_addr(struct net_device *dev, struct in_ifaddr *old, const char *label, __be32 addr)
{
	struct in_ifaddr *ifa;

	if (ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return -EINVAL;
	if (old && old->ifa_local == addr)
		return 0;
	if (!addr) { /* 0.0.0.0 takes the address away */
		if (old)
			inet_del_ifa(dev->ip_ptr, old);
		return 0;
	}
	ifa = inet_alloc_ifa(dev, addr, dev->flags & IFF_POINTOPOINT ? 32 : 33);
	if (!ifa)
		return -ENOBUFS;
	strscpy(ifa->ifa_label, label, sizeof(ifa->ifa_label));
	return replace_ifa(dev, old, ifa);
}

static struct in_ifaddr *copy_ifa(struct net_device *dev, const struct in_ifaddr *old)
{
	struct in_ifaddr *ifa = inet_alloc_ifa(dev, old->ifa_local, old->ifa_prefixlen);

	if (!ifa)
		return NULL;
	ifa->ifa_address = old->ifa_address;
	ifa->ifa_broadcast = old->ifa_broadcast;
	ifa->ifa_scope = old->ifa_scope;
	memcpy(ifa->ifa_label, old->ifa_label, sizeof(ifa->ifa_label));
	return ifa;
}

static int set_netmask(struct net_device *dev, struct in_ifaddr *old, __be32 mask)
{
	u32 m = ntohl(mask);
	struct in_ifaddr *ifa;
	__be32 was_broadcast = old->ifa_local | ~old->ifa_mask;

	if (~m & (~m + 1)) /* ones must be followed by zeros only */
		return -EINVAL;
	if (old->ifa_mask == mask)
		return 0;
	ifa = copy_ifa(dev, old);
	if (!ifa)
		return -ENOBUFS;
	ifa->ifa_mask = mask;
	ifa->ifa_prefixlen = (u8)(m ? 32 - __builtin_ctz(m) : 0);
	if (dev->flags & IFF_BROADCAST && ifa->ifa_prefixlen < 31 && old->ifa_broadcast == was_broadcast)
		ifa->ifa_broadcast = ifa->ifa_local | ~mask;
	return replace_ifa(dev, old, ifa);
}

static int set_other(struct net_device *dev, struct in_ifaddr *old, unsigned int cmd, __be32 addr)
{
	struct in_ifaddr *ifa;

	if (cmd == SIOCSIFNETMASK)
		return set_netmask(dev, old, addr);
	if (cmd == SIOCSIFDSTADDR && (ipv4_is_multicast(addr) || ipv4_is_lbcast(addr)))
		return -EINVAL;
	ifa = copy_ifa(dev, old);
	if (!ifa)
		return -ENOBUFS;
	if (cmd == SIOCSIFBRDADDR)
		ifa->ifa_broadcast = addr;
	else
		ifa->ifa_address = addr;
	return replace_ifa(dev, old, ifa);
}

static int set_addr(struct net_device *dev, unsigned int cmd, struct in_ifaddr *ifa, const char *label,
		    const struct sockaddr_in *sin)
{
	if (sin->sin_family != AF_INET)
		return sin->sin_family ? -EINVAL : -EAFNOSUPPORT;
	if (cmd != SIOCSIFADDR)
		return ifa ? set_other(dev, ifa, cmd, sin->sin_addr.s_addr) : -EADDRNOTAVAIL;
	return set_if_addr(dev, ifa, label, sin->sin_addr.s_addr);
}

static bool is_set(unsigned int cmd)
{
	return cmd == SIOCSIFADDR || cmd == SIOCSIFBRDADDR || cmd == SIOCSIFDSTADDR || cmd == SIOCSIFNETMASK;
}

/* SIOC[GS]IF{ADDR,BRDADDR,DSTADDR,NETMASK}; arg is a user's struct ifreq. */
int devinet_ioctl(struct net *net, unsigned int cmd, void __user *arg)
{
	struct ifreq ifr;
	char label[IFNAMSIZ], *colon;
	struct net_device *dev;
	struct in_ifaddr *ifa;
	int err;

	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	if (is_set(cmd) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	ifr.ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(label, ifr.ifr_name, sizeof(label));
	colon = strchr(ifr.ifr_name, ':');
	if (colon)
		*colon = '\0';
	rtnl_lock(net);
	dev = dev_get_by_name(net, ifr.ifr_name);
	err = dev ? (dev->ip_ptr ? 0 : -EADDRNOTAVAIL) : -ENODEV;
	if (!err) {
		struct sockaddr_in *sin = (struct sockaddr_in *)&ifr.ifr_addr;

		ifa = find_ifa(dev->ip_ptr, label, is_set(cmd) ? 0 : sin->sin_addr.s_addr);
		err = is_set(cmd) ? set_addr(dev, cmd, ifa, label, sin) : get_addr(cmd, ifa, sin);
	}
	rtnl_unlock(net);
	memcpy(ifr.ifr_name, label, sizeof(label));
	if (!err && !is_set(cmd) && copy_to_user(arg, &ifr, sizeof(ifr)))
		return -EFAULT;
	return err;
}

/* SIOCSIFFLAGS of an alias ("eth0:1"): down takes the address away. -ENOIOCTLCMD: a device is meant, not an alias. */
int inet_alias_ioctl(struct net *net, void __user *arg)
{
	char label[IFNAMSIZ], *colon;
	struct in_ifaddr *ifa;
	struct net_device *dev;
	struct ifreq ifr;
	int err = 0;

	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	ifr.ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(label, ifr.ifr_name, sizeof(label));
	colon = strchr(ifr.ifr_name, ':');
	if (!colon)
		return -ENOIOCTLCMD;
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	*colon = '\0';
	rtnl_lock(net);
	dev = dev_get_by_name(net, ifr.ifr_name);
	ifa = dev && dev->ip_ptr ? find_ifa(dev->ip_ptr, label, 0) : NULL;
	if (!ifa)
		err = dev ? -EADDRNOTAVAIL : -ENODEV;
	else if (!(ifr.ifr_flags & IFF_UP))
		inet_del_ifa(dev->ip_ptr, ifa);
	rtnl_unlock(net);
	return err;
}

/* SIOCGIFCONF: an entry for each address; with a NULL buffer only the length. */
int inet_gifconf(struct net *net, void __user *arg)
{
	struct ifconf ifc;
	struct net_device *dev;
	int total = 0, err = 0;

	if (copy_from_user(&ifc, arg, sizeof(ifc)))
		return -EFAULT;
	rtnl_lock(net);
	list_for_each_entry(dev, &net->dev_base_head, dev_list) {
		for (struct in_ifaddr *ifa = dev->ip_ptr ? dev->ip_ptr->ifa_list : NULL; ifa && !err; ifa = ifa->next) {
			struct ifreq ifr = { 0 };

			get_addr(SIOCGIFADDR, ifa, (struct sockaddr_in *)&ifr.ifr_addr);
			memcpy(ifr.ifr_name, ifa->ifa_label, IFNAMSIZ);
			if (!ifc.ifc_buf) {
				total += (int)sizeof(ifr);
				continue;
			}
			if (total + (int)sizeof(ifr) > ifc.ifc_len)
				break;
			if (copy_to_user((char __user *)ifc.ifc_buf + total, &ifr, sizeof(ifr)))
				err = -EFAULT;
			total += (int)sizeof(ifr);
		}
	}
	rtnl_unlock(net);
	ifc.ifc_len = total;
	return err ? err : copy_to_user(arg, &ifc, sizeof(ifc)) ? -EFAULT : 0;
}
