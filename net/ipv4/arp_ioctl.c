/* net/ipv4/arp_ioctl.c - SIOCSARP, SIOCGARP, SIOCDARP and /proc/net/arp
 *
 * Called: af_inet.c, procfs; process context.
 * Calls:  the neighbour table.
 * Locks:  rtnl around the device.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/capability.h"
#include "lib/printf.h"
#include "net/ipv4/internal.h"
#include <linux/if_arp.h>
#include <linux/sockios.h>

/* n->lock held. */
static u32 arp_flags(const struct neighbour *n)
{
	u32 f = n->nud_state & NUD_PERMANENT ? ATF_PERM : 0;

	return n->nud_state & (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
		? f | ATF_COM
		: f;
}

static int arp_set(struct net *net, struct net_device *dev, const struct arpreq *r, __be32 ip)
{
	struct neighbour *n;
	int err;

	if (r->arp_ha.sa_family != dev->type)
		return -EINVAL;
	n = neigh_lookup(&net->ipv4->arp_tbl, &ip, dev, true);
	if (!n)
		return -ENOBUFS;
	err = neigh_update(n, (const u8 *)r->arp_ha.sa_data, r->arp_flags & ATF_PERM ? NUD_PERMANENT : NUD_STALE,
			   NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	neigh_release(n);
	return err;
}

static int arp_delete(struct net *net, struct net_device *dev, __be32 ip)
{
	struct neighbour *n = neigh_lookup(&net->ipv4->arp_tbl, &ip, dev, false);
	int err;

	if (!n)
		return -ENXIO;
	err = neigh_update(n, NULL, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	neigh_release(n);
	return err;
}

static int arp_get(struct net *net, struct net_device *dev, struct arpreq *r, __be32 ip)
{
	struct neighbour *n = neigh_lookup(&net->ipv4->arp_tbl, &ip, dev, false);

	if (!n)
		return -ENXIO;
	spin_lock_bh(&n->lock);
	memcpy(r->arp_ha.sa_data, n->ha, min((size_t)dev->addr_len, sizeof(r->arp_ha.sa_data)));
	r->arp_flags = (int)arp_flags(n);
	spin_unlock_bh(&n->lock);
	r->arp_ha.sa_family = dev->type;
	strscpy(r->arp_dev, dev->name, sizeof(r->arp_dev));
	neigh_release(n);
	return 0;
}

/* The device named, or the one by which the address is reached. */
static int find_dev(struct net *net, struct arpreq *r, __be32 ip, struct net_device **dev)
{
	struct flowi4 fl = { .daddr = ip };
	struct fib_route *route;
	int err;

	r->arp_dev[sizeof(r->arp_dev) - 1] = '\0';
	if (r->arp_dev[0]) {
		*dev = dev_get_by_name(net, r->arp_dev);
		return *dev ? 0 : -ENODEV;
	}
	rcu_read_lock();
	err = fib_lookup(net, &fl, &route);
	*dev = err ? NULL : route->dev;
	rcu_read_unlock();
	return err ? err : *dev ? 0 : -EINVAL;
}

int arp_ioctl(struct net *net, unsigned int cmd, void __user *arg)
{
	struct net_device *dev;
	struct arpreq r;
	__be32 ip;
	int err;

	if (cmd != SIOCGARP && !capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	if (r.arp_pa.sa_family != AF_INET)
		return -EPFNOSUPPORT;
	if (r.arp_flags & ATF_PUBL)
		return -EOPNOTSUPP; /* proxy ARP */
	ip = ((struct sockaddr_in *)&r.arp_pa)->sin_addr.s_addr;
	rtnl_lock(net);
	err = find_dev(net, &r, ip, &dev);
	if (!err)
		err = cmd == SIOCSARP	  ? arp_set(net, dev, &r, ip)
			: cmd == SIOCDARP ? arp_delete(net, dev, ip)
					  : arp_get(net, dev, &r, ip);
	rtnl_unlock(net);
	if (!err && cmd == SIOCGARP && copy_to_user(arg, &r, sizeof(r)))
		return -EFAULT;
	return err;
}

static void show_one(struct neighbour *n, void *ctx)
{
	struct seq_file *m = ctx;
	u8 ha[ETH_ALEN];
	char ip[16];
	__be32 addr;
	u32 flags;
	u8 state;

	spin_lock_bh(&n->lock);
	state = n->nud_state;
	flags = arp_flags(n);
	memcpy(ha, n->ha, sizeof(ha));
	spin_unlock_bh(&n->lock);
	if (state & NUD_NOARP)
		return;
	memcpy(&addr, n->key, sizeof(addr));
	scnprintf(ip, sizeof(ip), "%pI4", &addr);
	seq_printf(m, "%-16s 0x%-10x0x%-10x%-17pM     *        %s\n", ip, n->dev->type, flags, ha, n->dev->name);
}

static int arp_show(struct seq_file *m, void *data)
{
	seq_puts(m, "IP address       HW type     Flags       HW address            Mask     Device\n");
	neigh_for_each(&m->net->ipv4->arp_tbl, show_one, m);
	return 0;
}

void arp_proc_init(void) { proc_create_single("net/arp", 0444, arp_show, NULL); }
