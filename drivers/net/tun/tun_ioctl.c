/* drivers/net/tun/tun_ioctl.c - what a program says about its device
 *
 * What:   the TUN* calls, and SIOC[GS]IFHWADDR on the file.
 * Called: programs.
 * Calls:  tun_main.c.
 * Locks:  rtnl.
 * Absent: TUNATTACHFILTER, TUNSETTXFILTER, TUNSET*EBPF, TUNSETIFINDEX, big-endian headers: EINVAL.
 */
#include "drivers/net/tun/tun.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "lib/string.h"
#include "net/core/gso.h"
#include <linux/ioctl.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>

#define TUN_OFFLOADS_TCP (TUN_F_TSO4 | TUN_F_TSO6)

/* --- TUNSETIFF --- */

/* rtnl held: a device of that name is there already. */
static int join_existing(struct tun_file *tfile, struct net_device *dev, u32 flags)
{
	struct tun_struct *tun = tun_of(dev);
	u32 kind = flags & IFF_TUN ? IFF_TUN : IFF_TAP;
	int err;

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (!tun_is_ours(dev) || !(tun->flags & kind))
		return -EINVAL;
	err = tun_attach(tun, tfile);
	if (!err)
		tun->flags = (tun->flags & ~(u32)TUN_FLAGS) | (flags & TUN_FLAGS);
	return err;
}

/* rtnl held. */
static int set_iff(struct tun_file *tfile, struct ifreq *ifr)
{
	u32 flags = (u16)ifr->ifr_flags;
	struct net_device *dev;

	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	if (tfile->tun)
		return -EEXIST;
	if (flags & IFF_MULTI_QUEUE)
		return -EINVAL;
	dev = *ifr->ifr_name ? dev_get_by_name(tfile->sk.sk_net, ifr->ifr_name) : NULL;
	if (dev)
		return join_existing(tfile, dev, flags);
	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	return flags & (IFF_TUN | IFF_TAP) ? tun_create(tfile, ifr->ifr_name, flags) : -EINVAL;
}

/* The name as it came to be goes back to the program. */
static long ioctl_set_iff(struct tun_file *tfile, void __user *arg)
{
	struct ifreq ifr;
	int err;

	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	rtnl_lock(tfile->sk.sk_net);
	err = set_iff(tfile, &ifr);
	if (!err)
		strscpy(ifr.ifr_name, tfile->tun->dev->name, IFNAMSIZ);
	rtnl_unlock(tfile->sk.sk_net);
	return !err && copy_to_user(arg, &ifr, sizeof(ifr)) ? -EFAULT : err;
}

/* --- the rest: rtnl held, tun attached --- */

static int get_iff(struct tun_struct *tun, void __user *arg)
{
	struct ifreq ifr = { .ifr_flags = (short)tun->flags };

	strscpy(ifr.ifr_name, tun->dev->name, IFNAMSIZ);
	return copy_to_user(arg, &ifr, sizeof(ifr)) ? -EFAULT : 0;
}

/* What the program can take: unfinished checksums, and with them large segments. UDP's are never sent to it. */
static int set_offload(struct tun_struct *tun, unsigned long arg)
{
	netdev_features_t features = NETIF_F_SG;

	if (arg & TUN_F_CSUM) {
		features |= NETIF_F_HW_CSUM;
		if (arg & TUN_F_TSO4)
			features |= NETIF_F_TSO;
		if (arg & TUN_F_TSO4 && arg & TUN_F_TSO_ECN)
			features |= NETIF_F_TSO_ECN;
		if (arg & TUN_OFFLOADS_TCP)
			arg &= ~(unsigned long)TUN_F_TSO_ECN;
		arg &= ~(unsigned long)(TUN_F_CSUM | TUN_OFFLOADS_TCP | TUN_F_UFO);
	}
	if (arg)
		return -EINVAL;
	tun->dev->wanted_features = (tun->dev->wanted_features & ~tun->dev->hw_features) | features;
	netdev_update_features(tun->dev);
	return 0;
}

static int set_sndbuf(struct tun_struct *tun, int __user *arg)
{
	int v;

	if (get_user(v, arg))
		return -EFAULT;
	if (v <= 0)
		return -EINVAL;
	tun->sndbuf = v;
	WRITE_ONCE(tun->tfile->sk.sk_sndbuf, v);
	return 0;
}

static int set_vnet_hdr_sz(struct tun_struct *tun, int __user *arg)
{
	int v;

	if (get_user(v, arg))
		return -EFAULT;
	if (v < (int)sizeof(struct virtio_net_hdr))
		return -EINVAL;
	WRITE_ONCE(tun->vnet_hdr_sz, v);
	return 0;
}

static int set_vnet_le(struct tun_struct *tun, int __user *arg)
{
	int v;

	if (get_user(v, arg))
		return -EFAULT;
	tun->vnet_le = v;
	return 0;
}

static int set_carrier(struct tun_struct *tun, int __user *arg)
{
	int v;

	if (get_user(v, arg))
		return -EFAULT;
	if (v)
		netif_carrier_on(tun->dev);
	else
		netif_carrier_off(tun->dev);
	return 0;
}

static int set_link(struct tun_struct *tun, unsigned long type)
{
	if (netif_running(tun->dev))
		return -EBUSY;
	if (tun_is_tap(tun))
		return -EINVAL; /* its frames are Ethernet's whatever one calls them */
	tun->dev->type = (u16)type;
	return 0;
}

static int set_persist(struct tun_struct *tun, bool on)
{
	tun->flags = on ? tun->flags | IFF_PERSIST : tun->flags & ~(u32)IFF_PERSIST;
	return 0;
}

static int set_id(u32 *id, unsigned long arg)
{
	if ((u32)arg == (u32)-1)
		return -EINVAL;
	*id = (u32)arg;
	return 0;
}

static int hwaddr(struct tun_struct *tun, unsigned int cmd, void __user *arg)
{
	struct net_device *dev = tun->dev;
	struct ifreq ifr;

	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	if (cmd == SIOCSIFHWADDR)
		return dev_set_mac_address(dev, (const u8 *)ifr.ifr_hwaddr.sa_data);
	strscpy(ifr.ifr_name, dev->name, IFNAMSIZ);
	memset(&ifr.ifr_hwaddr, 0, sizeof(ifr.ifr_hwaddr));
	memcpy(ifr.ifr_hwaddr.sa_data, dev->dev_addr, min((size_t)dev->addr_len, sizeof(ifr.ifr_hwaddr.sa_data)));
	ifr.ifr_hwaddr.sa_family = dev->type;
	return copy_to_user(arg, &ifr, sizeof(ifr)) ? -EFAULT : 0;
}

static int tun_set(struct tun_struct *tun, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TUNGETIFF:
		return get_iff(tun, p);
	case TUNSETNOCSUM:
		return 0; /* as on Linux: long without meaning */
	case TUNSETDEBUG:
		return 0;
	case TUNSETPERSIST:
		return set_persist(tun, arg);
	case TUNSETOWNER:
		return set_id(&tun->owner, arg);
	case TUNSETGROUP:
		return set_id(&tun->group, arg);
	case TUNSETLINK:
		return set_link(tun, arg);
	case TUNSETOFFLOAD:
		return set_offload(tun, arg);
	case TUNGETSNDBUF:
		return put_user(tun->sndbuf, (int __user *)p);
	case TUNSETSNDBUF:
		return set_sndbuf(tun, p);
	case TUNGETVNETHDRSZ:
		return put_user(tun->vnet_hdr_sz, (int __user *)p);
	case TUNSETVNETHDRSZ:
		return set_vnet_hdr_sz(tun, p);
	case TUNGETVNETLE:
		return put_user((int)tun->vnet_le, (int __user *)p);
	case TUNSETVNETLE:
		return set_vnet_le(tun, p);
	case TUNSETCARRIER:
		return set_carrier(tun, p);
	case SIOCGIFHWADDR:
	case SIOCSIFHWADDR:
		return hwaddr(tun, cmd, p);
	default:
		return -EINVAL;
	}
}

long tun_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct tun_file *tfile = f->private_data;
	struct net *net = tfile->sk.sk_net;
	long ret = -EBADFD;

	if (cmd == TUNGETFEATURES)
		return put_user((unsigned int)(IFF_TUN | IFF_TAP | IFF_NO_CARRIER | TUN_FLAGS),
				(unsigned int __user *)arg);
	if (cmd == TUNSETIFF)
		return ioctl_set_iff(tfile, (void __user *)arg);
	if (cmd == TUNSETQUEUE)
		return capable(CAP_NET_ADMIN) ? -EINVAL : -EPERM; /* no device has more than one queue */
	rtnl_lock(net);
	if (tfile->tun)
		ret = tun_set(tfile->tun, cmd, arg);
	rtnl_unlock(net);
	return ret;
}
