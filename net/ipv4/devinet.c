/* net/ipv4/devinet.c - the addresses of devices
 *
 * What:   struct in_device (IPv4's part of a device) and its list of addresses; choosing a source address; what happens
 *         to addresses and routes when a device comes, goes up or down, or leaves.
 * Called: devinet_ioctl.c, ip= (ipconfig.c), netlink; the notifier chain of net/core under rtnl.
 * Calls:  fib_frontend.c for the routes that follow an address, igmp.c, arp.c.
 * Locks:  rtnl for changes, RCU for readers.
 * Absent: address lifetimes.
 */
#include "net/ipv4/internal.h"
#include <linux/if_addr.h>
#include <linux/if_arp.h>

struct in_ifaddr *inet_lookup_ifaddr_rcu(struct net *net, __be32 addr)
{
	struct in_ifaddr *ifa;

	hlist_for_each_entry_rcu(ifa, &net->ipv4->addr_hash[inet_addr_hashfn(addr)], hash)
		if (ifa->ifa_local == addr)
			return ifa;
	return NULL;
}

bool inet_confirm_local(struct net *net, __be32 addr)
{
	bool is;

	rcu_read_lock();
	is = inet_lookup_ifaddr_rcu(net, addr) != NULL;
	rcu_read_unlock();
	return is;
}

static bool ifa_match(const struct in_ifaddr *ifa, __be32 a) { return !((a ^ ifa->ifa_address) & ifa->ifa_mask); }

/* Does one subnet of the device hold both a and b (b 0: a alone)? RCU. */
bool inet_addr_onlink(struct in_device *in, __be32 a, __be32 b)
{
	for (struct in_ifaddr *ifa = rcu_dereference(in->ifa_list); ifa; ifa = rcu_dereference(ifa->next))
		if (ifa_match(ifa, a) && (!b || ifa_match(ifa, b)))
			return true;
	return false;
}

static __be32 select_on_dev(const struct net_device *dev, __be32 dst, u8 scope)
{
	struct in_device *in = in_dev_get_rcu(dev);
	__be32 first = 0;

	if (!in)
		return 0;
	for (struct in_ifaddr *ifa = rcu_dereference(in->ifa_list); ifa; ifa = rcu_dereference(ifa->next)) {
		if ((ifa->ifa_flags & IFA_F_SECONDARY) || ifa->ifa_scope > scope)
			continue;
		if (!dst || ifa_match(ifa, dst))
			return ifa->ifa_local;
		if (!first)
			first = ifa->ifa_local;
	}
	return first;
}

__be32 inet_select_addr(struct net *net, const struct net_device *dev, __be32 dst, u8 scope)
{
	struct net_device *d;
	__be32 a = dev ? select_on_dev(dev, dst, scope) : 0;

	if (a)
		return a;
	for_each_netdev_rcu(net, d) {
		if (d->flags & IFF_LOOPBACK && scope >= RT_SCOPE_LINK)
			continue;
		a = select_on_dev(d, 0, scope >= RT_SCOPE_LINK ? scope : RT_SCOPE_UNIVERSE);
		if (a)
			return a;
	}
	return 0;
}

/* Linux's own rule for an address whose mask nobody told (SIOCSIFADDR): the old classes. */
static u32 class_plen(__be32 addr)
{
	u32 a = ntohl(addr);

	if (!a)
		return 0;
	if (!(a & 0x80000000))
		return 8;
	if ((a & 0xc0000000) == 0x80000000)
		return 16;
	return (a & 0xe0000000) == 0xc0000000 ? 24 : 32;
}

/* plen above 32: by class. NULL without memory. */
struct in_ifaddr *inet_alloc_ifa(struct net_device *dev, __be32 addr, u32 plen)
{
	struct in_ifaddr *ifa = kzalloc(sizeof(*ifa), GFP_KERNEL);

	if (!ifa)
		return NULL;
	if (plen > 32)
		plen = class_plen(addr);
	ifa->in_dev = dev->ip_ptr;
	ifa->ifa_local = ifa->ifa_address = addr;
	ifa->ifa_prefixlen = (u8)plen;
	ifa->ifa_mask = inet_make_mask(plen);
	if (dev->flags & IFF_BROADCAST && plen < 31)
		ifa->ifa_broadcast = addr | ~ifa->ifa_mask;
	ifa->ifa_scope = ipv4_is_loopback(addr) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
	strscpy(ifa->ifa_label, dev->name, sizeof(ifa->ifa_label));
	return ifa;
}

static void ifa_free_rcu(struct rcu_head *h) { kfree(container_of(h, struct in_ifaddr, rcu)); }

int inet_insert_ifa(struct net_device *dev, struct in_ifaddr *ifa)
{
	struct in_device *in = dev->ip_ptr;
	struct net *net = dev->net;
	struct in_ifaddr **link;

	if (!in || !ifa->ifa_local) {
		kfree(ifa);
		return in ? 0 : -ENOBUFS;
	}
	for (link = &in->ifa_list; *link; link = &(*link)->next) {
		if ((*link)->ifa_mask != ifa->ifa_mask || !ifa_match(*link, ifa->ifa_local))
			continue;
		if ((*link)->ifa_local == ifa->ifa_local) {
			kfree(ifa);
			return -EEXIST;
		}
		ifa->ifa_flags |= IFA_F_SECONDARY;
	}
	ifa->in_dev = in;
	rcu_assign_pointer(*link, ifa);
	hlist_add_head_rcu(&ifa->hash, &net->ipv4->addr_hash[inet_addr_hashfn(ifa->ifa_local)]);
	net->ipv4->addr_changes++;
	rtnl_addr_notify(ifa, RTM_NEWADDR);
	if (dev->flags & IFF_UP)
		fib_add_ifaddr(ifa);
	rt_cache_flush(net);
	if (dev->flags & IFF_UP && !(dev->flags & (IFF_NOARP | IFF_LOOPBACK)) && IN_DEV_OR(net, in, arp_notify))
		arp_send(dev, 1, ifa->ifa_local, ifa->ifa_local, NULL, NULL);
	return 0;
}

/* Without its primary, the first secondary of the same subnet takes its place (as with promote_secondaries). */
static void promote_secondary(struct in_device *in, const struct in_ifaddr *gone)
{
	for (struct in_ifaddr *ifa = in->ifa_list; ifa; ifa = ifa->next) {
		if (ifa->ifa_mask != gone->ifa_mask || !ifa_match(gone, ifa->ifa_local))
			continue;
		ifa->ifa_flags &= ~IFA_F_SECONDARY;
		if (in->dev->flags & IFF_UP)
			fib_add_ifaddr(ifa);
		return;
	}
}

void inet_del_ifa(struct in_device *in, struct in_ifaddr *ifa)
{
	struct net *net = in->dev->net;
	struct in_ifaddr **link = &in->ifa_list;

	while (*link && *link != ifa)
		link = &(*link)->next;
	if (!*link)
		return;
	rcu_assign_pointer(*link, ifa->next);
	hlist_del_rcu(&ifa->hash);
	net->ipv4->addr_changes++;
	fib_del_ifaddr(ifa);
	rtnl_addr_notify(ifa, RTM_DELADDR);
	if (!(ifa->ifa_flags & IFA_F_SECONDARY))
		promote_secondary(in, ifa);
	rt_cache_flush(net);
	call_rcu(&ifa->rcu, ifa_free_rcu);
}

int inet_addr_add(struct net_device *dev, __be32 addr, u32 prefixlen)
{
	struct in_ifaddr *ifa;
	int err;

	if (prefixlen > 32 || !addr || ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return -EINVAL;
	rtnl_lock(dev->net);
	ifa = dev->ip_ptr ? inet_alloc_ifa(dev, addr, prefixlen) : NULL;
	err = ifa ? inet_insert_ifa(dev, ifa) : -ENOBUFS;
	rtnl_unlock(dev->net);
	return err;
}

static void in_device_create(struct net_device *dev)
{
	struct in_device *in = kzalloc(sizeof(*in), GFP_KERNEL);

	if (!in)
		return; /* the device then carries no IPv4: addresses answer ENOBUFS */
	in->dev = dev;
	in->cnf = dev->net->ipv4->conf_default;
	dev_hold(dev);
	rcu_assign_pointer(dev->ip_ptr, in);
	ipv4_sysctl_register_dev(in);
}

static void in_device_free_rcu(struct rcu_head *h)
{
	struct in_device *in = container_of(h, struct in_device, rcu);

	kfree(in);
}

static void in_device_destroy(struct net_device *dev)
{
	struct in_device *in = dev->ip_ptr;

	if (!in)
		return;
	while (in->ifa_list)
		inet_del_ifa(in, in->ifa_list);
	ip_mc_destroy_dev(in);
	ipv4_sysctl_unregister_dev(in);
	fib_flush_dev(dev->net, dev);
	rt_flush_dev(dev->net, dev);
	rcu_assign_pointer(dev->ip_ptr, NULL);
	dev_put(dev);
	call_rcu(&in->rcu, in_device_free_rcu);
}

/* lo gets 127.0.0.1/8 when it comes up without an address, as Linux does. */
static void device_up(struct net_device *dev)
{
	struct in_device *in = dev->ip_ptr;

	if (dev->flags & IFF_LOOPBACK && !in->ifa_list) {
		struct in_ifaddr *ifa = inet_alloc_ifa(dev, htonl(INADDR_LOOPBACK), 8);

		if (ifa)
			inet_insert_ifa(dev, ifa);
	} else {
		for (struct in_ifaddr *ifa = in->ifa_list; ifa; ifa = ifa->next)
			fib_add_ifaddr(ifa);
	}
	ip_mc_up(in);
	rt_cache_flush(dev->net);
}

static void device_down(struct net_device *dev)
{
	ip_mc_down(dev->ip_ptr);
	fib_flush_dev(dev->net, dev);
	neigh_ifdown(&dev->net->ipv4->arp_tbl, dev);
}

static void inetdev_event(struct net_device *dev, enum netdev_event ev)
{
	if (!dev->net->ipv4) /* lo comes before this room and leaves after it: see devinet_net_init() */
		return;
	if (ev == NETDEV_REGISTER) {
		in_device_create(dev);
		return;
	}
	if (!dev->ip_ptr)
		return;
	switch (ev) {
	case NETDEV_UP: device_up(dev); break;
	case NETDEV_DOWN: device_down(dev); break;
	case NETDEV_UNREGISTER:
		neigh_ifdown(&dev->net->ipv4->arp_tbl, dev);
		in_device_destroy(dev);
		break;
	case NETDEV_CHANGEMTU: rt_cache_flush(dev->net); break;
	case NETDEV_CHANGEADDR: neigh_ifdown(&dev->net->ipv4->arp_tbl, dev); break;
	case NETDEV_CHANGENAME:
		for (struct in_ifaddr *ifa = dev->ip_ptr->ifa_list; ifa; ifa = ifa->next)
			strscpy(ifa->ifa_label, dev->name, sizeof(ifa->ifa_label));
		break;
	default: break;
	}
}

/* Devices that were there before the room's state was, and those that outlive it. Process context. */
void devinet_net_init(struct net *net)
{
	struct net_device *dev;

	rtnl_lock(net);
	list_for_each_entry(dev, &net->dev_base_head, dev_list)
		if (!dev->ip_ptr)
			in_device_create(dev);
	rtnl_unlock(net);
}

void devinet_net_exit(struct net *net)
{
	struct net_device *dev;

	rtnl_lock(net);
	list_for_each_entry(dev, &net->dev_base_head, dev_list) {
		neigh_ifdown(&net->ipv4->arp_tbl, dev);
		in_device_destroy(dev);
	}
	rtnl_unlock(net);
}

static struct netdev_notifier inetdev_notifier = { .call = inetdev_event };
void devinet_register(void) { register_netdevice_notifier(&inetdev_notifier); }
