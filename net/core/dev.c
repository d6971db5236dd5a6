/* net/core/dev.c - the devices of a stack: their list, their flags, their life
 *
 * What:   registration, up and down, MTU, carrier, notifiers, statistics.
 * Called: drivers, ioctls, netlink; process context with rtnl held unless a function says otherwise.
 * Calls:  the driver's ndo_* hooks, the notifiers.
 * Locks:  net->rtnl serialises changes; the list is read under RCU.
 * Absent: renaming while up, several queues a device, operstate beyond carrier.
 */
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/core/gso.h"
#include "net/core/netlink.h"
#include "net/core/softnet.h"
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

static struct netdev_notifier *notifiers; /* [C] after start */

void rtnl_lock(struct net *net) { mutex_lock(&net->rtnl); }
void rtnl_unlock(struct net *net) { mutex_unlock(&net->rtnl); }

void register_netdevice_notifier(struct netdev_notifier *n)
{
	struct netdev_notifier **link = &notifiers;

	while (*link)
		link = &(*link)->next;
	n->next = NULL;
	*link = n;
}

static void notify(struct net_device *dev, enum netdev_event ev)
{
	for (struct netdev_notifier *n = notifiers; n; n = n->next)
		n->call(dev, ev);
}

/* priv_size zeroed bytes lie behind the structure. Reference count 1; free_netdev() takes it. */
struct net_device *alloc_netdev(size_t priv_size, const char *name, void (*setup)(struct net_device *))
{
	struct net_device *dev = kzalloc(ALIGN_UP(sizeof(*dev), 64) + priv_size, GFP_KERNEL);

	if (!dev)
		return NULL;
	dev->dstats = alloc_percpu(struct pcpu_dstats);
	if (!dev->dstats) {
		kfree(dev);
		return NULL;
	}
	strscpy(dev->name, name, sizeof(dev->name));
	dev->priv = (char *)dev + ALIGN_UP(sizeof(*dev), 64);
	dev->tx_queue_len = 1000;
	dev->gso_max_size = GSO_LEGACY_MAX_SIZE;
	dev->gso_max_segs = GSO_MAX_SEGS;
	dev->watchdog_timeo_ns = 5 * NSEC_PER_SEC;
	dev->tx.dev = dev;
	spin_lock_init(&dev->tx._xmit_lock);
	skb_queue_head_init(&dev->tx.q);
	INIT_LIST_HEAD(&dev->dev_list);
	INIT_LIST_HEAD(&dev->napi_list);
	INIT_LIST_HEAD(&dev->ptype_all);
	refcount_set(&dev->refcnt, 1);
	setup(dev);
	return dev;
}

void free_netdev(struct net_device *dev)
{
	if (!dev)
		return;
	free_percpu(dev->dstats);
	kfree(dev);
}

struct net_device *dev_get_by_name(struct net *net, const char *name)
{
	struct net_device *dev;

	for_each_netdev_rcu(net, dev)
		if (!strncmp(dev->name, name, IFNAMSIZ))
			return dev;
	return NULL;
}

struct net_device *dev_get_by_index(struct net *net, u32 ifindex)
{
	struct net_device *dev;

	for_each_netdev_rcu(net, dev)
		if (dev->ifindex == ifindex)
			return dev;
	return NULL;
}

static bool name_valid(const char *name)
{
	if (!*name || strnlen(name, IFNAMSIZ) == IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace(*name))
			return false;
	return true;
}

/* By another device than dev, which is in the list already when it changes its name. */
static bool name_taken(struct net *net, const struct net_device *dev)
{
	struct net_device *d;

	for_each_netdev_rcu(net, d)
		if (d != dev && !strncmp(d->name, dev->name, IFNAMSIZ))
			return true;
	return false;
}

/* "eth%d" becomes the first free of eth0, eth1 ... */
static int choose_name(struct net *net, struct net_device *dev)
{
	char *percent = strchr(dev->name, '%'), prefix[IFNAMSIZ];

	if (!percent)
		return !name_valid(dev->name) ? -EINVAL : name_taken(net, dev) ? -EEXIST : 0;
	if (strcmp(percent, "%d"))
		return -EINVAL;
	strscpy(prefix, dev->name, sizeof(prefix));
	prefix[percent - dev->name] = '\0';
	for (int i = 0; i < 10000; i++) {
		if (snprintf(dev->name, IFNAMSIZ, "%s%d", prefix, i) >= IFNAMSIZ)
			return -ENFILE;
		if (!name_taken(net, dev))
			return name_valid(dev->name) ? 0 : -EINVAL;
	}
	return -ENFILE;
}

static bool ops_complete(const struct net_device *dev)
{
	const struct net_device_ops *o = dev->netdev_ops;

	if (!o || !o->ndo_open || !o->ndo_stop || !o->ndo_start_xmit)
		return false;
	if (dev->hard_header_len && (!dev->header_ops || !dev->header_ops->create || !dev->header_ops->parse))
		return false;
	return dev->min_mtu <= dev->mtu && dev->mtu <= dev->max_mtu && dev->addr_len <= MAX_ADDR_LEN;
}

static void tx_watchdog(struct timer_list *t)
{
	struct net_device *dev = from_timer(dev, t, watchdog);
	u64 now = ktime_get_ns(), since = READ_ONCE(dev->tx.trans_start_ns);

	if (!netif_running(dev))
		return;
	if (netif_queue_stopped(dev) && netif_carrier_ok(dev) && now > since + dev->watchdog_timeo_ns) {
		dev->tx.trans_timeout++;
		pr_warn("%s: transmit queue timed out\n", dev->name);
		WRITE_ONCE(dev->tx.trans_start_ns, now);
		if (dev->netdev_ops->ndo_tx_timeout)
			dev->netdev_ops->ndo_tx_timeout(dev);
	}
	mod_timer(&dev->watchdog, now + dev->watchdog_timeo_ns);
}

int register_netdevice(struct net *net, struct net_device *dev)
{
	int r = dev->registered || !ops_complete(dev) ? -EINVAL : choose_name(net, dev);

	if (r)
		return r;
	dev->net = net;
	dev->ifindex = ++net->last_ifindex;
	timer_setup(&dev->watchdog, tx_watchdog);
	dev->registered = true;
	dev->wanted_features = dev->features | NETIF_F_SOFT_FEATURES;
	netdev_update_features(dev);
	list_add_tail_rcu(&dev->dev_list, &net->dev_base_head);
	net->dev_base_seq++;
	notify(dev, NETDEV_REGISTER);
	return 0;
}

int register_netdev(struct net *net, struct net_device *dev)
{
	int r;

	rtnl_lock(net);
	r = register_netdevice(net, dev);
	rtnl_unlock(net);
	return r;
}

void unregister_netdevice(struct net_device *dev)
{
	dev_close(dev);
	if (dev->rtnl_link_ops)
		dev->rtnl_link_ops->dellink(dev);
	notify(dev, NETDEV_UNREGISTER);
	__list_del_entry(&dev->dev_list);
	dev->net->dev_base_seq++;
	dev->registered = false;
}

static void wait_unused(struct net_device *dev)
{
	rcu_barrier(); /* entries that hold the device are freed after a grace period */
	for (int i = 0; refcount_read(&dev->refcnt) > 1; i++) {
		if (i % 1000 == 100)
			pr_warn("%s: still %d references\n", dev->name, refcount_read(&dev->refcnt) - 1);
		sleep_ns(10 * NSEC_PER_MSEC);
	}
}

void netdev_free_when_unused(struct net_device *dev)
{
	wait_unused(dev);
	free_netdev(dev);
}

/* Sleeps until nobody holds the device; then free_netdev() may follow. */
void unregister_netdev(struct net_device *dev)
{
	rtnl_lock(dev->net);
	unregister_netdevice(dev);
	rtnl_unlock(dev->net);
	wait_unused(dev);
}

static void set_rx_mode(struct net_device *dev)
{
	if (netif_running(dev) && dev->netdev_ops->ndo_set_rx_mode)
		dev->netdev_ops->ndo_set_rx_mode(dev);
}

int dev_open(struct net_device *dev)
{
	int r;

	if (netif_running(dev))
		return 0;
	netif_start_queue(dev);
	dev->flags |= IFF_UP;
	r = dev->netdev_ops->ndo_open(dev);
	if (r) {
		dev->flags &= ~(u32)IFF_UP;
		return r;
	}
	if (netif_carrier_ok(dev))
		dev->flags |= IFF_RUNNING;
	set_rx_mode(dev);
	mod_timer(&dev->watchdog, ktime_get_ns() + dev->watchdog_timeo_ns);
	notify(dev, NETDEV_UP);
	return 0;
}

void dev_close(struct net_device *dev)
{
	if (!netif_running(dev))
		return;
	dev->flags &= ~(u32)(IFF_UP | IFF_RUNNING);
	notify(dev, NETDEV_DOWN);
	timer_delete_sync(&dev->watchdog);
	synchronize_rcu(); /* who saw it up is through with it */
	dev->netdev_ops->ndo_stop(dev);
	dev_queue_purge(dev);
}

/* flags as SIOCSIFFLAGS gives them: what a program may change is changed. 0 or -errno. */
int dev_change_flags(struct net_device *dev, u32 flags)
{
	const u32 settable = IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_MULTICAST | IFF_ALLMULTI | IFF_PROMISC;
	u32 old = dev->flags;
	int r = 0;

	if ((flags ^ old) & IFF_PROMISC)
		dev->promiscuity += flags & IFF_PROMISC ? 1 : -1;
	if ((flags ^ old) & IFF_ALLMULTI)
		dev->allmulti += flags & IFF_ALLMULTI ? 1 : -1;
	dev->flags = (old & ~settable) | (flags & settable);
	if ((flags ^ old) & IFF_UP) {
		if (flags & IFF_UP)
			r = dev_open(dev);
		else
			dev_close(dev);
	}
	if ((dev->flags ^ old) & (IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST))
		set_rx_mode(dev);
	if ((dev->flags ^ old) & settable)
		notify(dev, NETDEV_CHANGE);
	return r;
}

int dev_set_mtu(struct net_device *dev, u32 mtu)
{
	int r = 0;

	if (mtu == dev->mtu)
		return 0;
	if (mtu < dev->min_mtu || mtu > dev->max_mtu)
		return -EINVAL;
	if (dev->netdev_ops->ndo_change_mtu)
		r = dev->netdev_ops->ndo_change_mtu(dev, mtu);
	if (r)
		return r;
	WRITE_ONCE(dev->mtu, mtu);
	notify(dev, NETDEV_CHANGEMTU);
	return 0;
}

int dev_set_mac_address(struct net_device *dev, const u8 *addr)
{
	int r;

	if (!dev->netdev_ops->ndo_set_mac_address)
		return -EOPNOTSUPP;
	r = dev->netdev_ops->ndo_set_mac_address(dev, addr);
	if (!r)
		notify(dev, NETDEV_CHANGEADDR);
	return r;
}

int dev_change_name(struct net_device *dev, const char *name)
{
	char old[IFNAMSIZ];
	int r;

	if (netif_running(dev))
		return -EBUSY;
	if (!strncmp(dev->name, name, IFNAMSIZ))
		return 0;
	memcpy(old, dev->name, sizeof(old));
	dev->name[0] = '\0'; /* too long a name is no name */
	if (strnlen(name, IFNAMSIZ) < IFNAMSIZ)
		strscpy(dev->name, name, sizeof(dev->name));
	r = choose_name(dev->net, dev);
	if (r)
		memcpy(dev->name, old, sizeof(old));
	else
		notify(dev, NETDEV_CHANGENAME);
	return r;
}

/* Holding promiscuous mode counts; the last one to let go switches it off. rtnl held. */
void dev_set_promiscuity(struct net_device *dev, int by)
{
	bool was = dev->promiscuity > 0;

	dev->promiscuity += by;
	if (was == (dev->promiscuity > 0))
		return;
	dev->flags ^= IFF_PROMISC;
	set_rx_mode(dev);
}

void dev_set_allmulti(struct net_device *dev, int by)
{
	bool was = dev->allmulti > 0;

	dev->allmulti += by;
	if (was == (dev->allmulti > 0))
		return;
	dev->flags ^= IFF_ALLMULTI;
	set_rx_mode(dev);
}

void netif_carrier_on(struct net_device *dev)
{
	if (dev->carrier)
		return;
	dev->carrier = true;
	WRITE_ONCE(dev->tx.trans_start_ns, ktime_get_ns());
	if (netif_running(dev))
		__atomic_fetch_or(&dev->flags, IFF_RUNNING, __ATOMIC_RELAXED);
	netif_wake_queue(dev);
	rtnl_link_notify(dev, RTM_NEWLINK);
}

void netif_carrier_off(struct net_device *dev)
{
	if (!dev->carrier)
		return;
	dev->carrier = false;
	__atomic_fetch_and(&dev->flags, ~(u32)IFF_RUNNING, __ATOMIC_RELAXED);
	rtnl_link_notify(dev, RTM_NEWLINK);
}

void dev_get_stats(struct net_device *dev, struct net_device_stats64 *s)
{
	*s = dev->stats;
	if (dev->netdev_ops->ndo_get_stats64)
		dev->netdev_ops->ndo_get_stats64(dev, s);
	for_each_possible_cpu(cpu) {
		const struct pcpu_dstats *p = per_cpu_ptr(dev->dstats, cpu);

		s->rx_packets += READ_ONCE(p->rx_packets);
		s->rx_bytes += READ_ONCE(p->rx_bytes);
		s->rx_dropped += READ_ONCE(p->rx_dropped);
		s->tx_packets += READ_ONCE(p->tx_packets);
		s->tx_bytes += READ_ONCE(p->tx_bytes);
		s->tx_dropped += READ_ONCE(p->tx_dropped);
		s->multicast += READ_ONCE(p->multicast);
	}
}
