/* net/core/rtnl_link.c - network devices over rtnetlink: RTM_GETLINK, NEWLINK, SETLINK, DELLINK, and who is told
 *
 * Called: net/netlink under rtnl; the notifier chain; netif_carrier_on/off in any context (notifications).
 * Calls:  dev.c.
 * Locks:  rtnl for requests and dumps.
 * Absent: making devices (no kind can be made: TUN devices come by their own ioctl), masters, network namespaces, VFs.
 */
#include "net/core/netdevice.h"
#include "net/core/netlink.h"
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

static const u8 link_min_len[IFLA_MAX + 1] = {
	[IFLA_MTU] = 4, [IFLA_TXQLEN] = 4, [IFLA_MASTER] = 4, [IFLA_IFNAME] = 1
};

/* --- telling --- */

static u8 operstate(const struct net_device *dev)
{
	if (!netif_running(dev) || !netif_carrier_ok(dev))
		return IF_OPER_DOWN;
	return dev->lockless_tx ? IF_OPER_UNKNOWN : IF_OPER_UP; /* software has no cable to ask about */
}

static void put_stats(struct nl_msg *m, struct net_device *dev)
{
	struct rtnl_link_stats64 s = { 0 };
	struct rtnl_link_stats old = { 0 };
	struct net_device_stats64 d;
	const u64 *wide = (const u64 *)&s;
	u32 *narrow = (u32 *)&old;

	dev_get_stats(dev, &d);
	s.rx_packets = d.rx_packets;
	s.tx_packets = d.tx_packets;
	s.rx_bytes = d.rx_bytes;
	s.tx_bytes = d.tx_bytes;
	s.rx_errors = d.rx_errors;
	s.tx_errors = d.tx_errors;
	s.rx_dropped = d.rx_dropped;
	s.tx_dropped = d.tx_dropped;
	s.multicast = d.multicast;
	s.collisions = d.collisions;
	s.rx_length_errors = d.rx_length_errors;
	s.rx_over_errors = d.rx_over_errors;
	s.rx_crc_errors = d.rx_crc_errors;
	s.rx_frame_errors = d.rx_frame_errors;
	s.rx_fifo_errors = d.rx_fifo_errors;
	s.rx_missed_errors = d.rx_missed_errors;
	s.tx_aborted_errors = d.tx_aborted_errors;
	s.tx_carrier_errors = d.tx_carrier_errors;
	s.tx_fifo_errors = d.tx_fifo_errors;
	s.tx_heartbeat_errors = d.tx_heartbeat_errors;
	s.tx_window_errors = d.tx_window_errors;
	for (size_t i = 0; i < min(sizeof(old) / sizeof(u32), sizeof(s) / sizeof(u64)); i++)
		narrow[i] = (u32)wide[i]; /* the same fields, cut */
	nla_put(m, IFLA_STATS64, &s, sizeof(s));
	nla_put(m, IFLA_STATS, &old, sizeof(old));
}

static void put_link(struct nl_msg *m, struct net_device *dev)
{
	struct rtnl_link_ifmap map = { .irq = (u16)dev->irq };
	u32 nest;

	nla_put_string(m, IFLA_IFNAME, dev->name);
	nla_put_u32(m, IFLA_TXQLEN, dev->tx_queue_len);
	nla_put_u8(m, IFLA_OPERSTATE, operstate(dev));
	nla_put_u8(m, IFLA_LINKMODE, IF_LINK_MODE_DEFAULT);
	nla_put_u32(m, IFLA_MTU, dev->mtu);
	nla_put_u32(m, IFLA_MIN_MTU, dev->min_mtu);
	nla_put_u32(m, IFLA_MAX_MTU, dev->max_mtu);
	nla_put_u32(m, IFLA_GROUP, 0);
	nla_put_u32(m, IFLA_PROMISCUITY, (u32)dev->promiscuity);
	nla_put_u32(m, IFLA_NUM_TX_QUEUES, 1);
	nla_put_u32(m, IFLA_GSO_MAX_SIZE, dev->gso_max_size);
	nla_put_u32(m, IFLA_NUM_RX_QUEUES, 1);
	nla_put_u8(m, IFLA_CARRIER, netif_carrier_ok(dev));
	nla_put_string(m, IFLA_QDISC, qdisc_kind(dev));
	nla_put(m, IFLA_MAP, &map, sizeof(map));
	if (dev->addr_len) {
		nla_put(m, IFLA_ADDRESS, dev->dev_addr, dev->addr_len);
		nla_put(m, IFLA_BROADCAST, dev->broadcast, dev->addr_len);
	}
	put_stats(m, dev);
	if (dev->rtnl_link_ops) {
		nest = nla_nest_start(m, IFLA_LINKINFO);
		nla_put_string(m, IFLA_INFO_KIND, dev->rtnl_link_ops->kind);
		nla_nest_end(m, nest);
	}
}

static struct ifinfomsg link_header(const struct net_device *dev)
{
	bool lower_up = netif_running(dev) && netif_carrier_ok(dev);

	return (struct ifinfomsg){ .ifi_type = dev->type,
				   .ifi_index = (int)dev->ifindex,
				   .ifi_flags = dev->flags | (lower_up ? IFF_LOWER_UP : 0) };
}

void rtnl_link_notify(struct net_device *dev, u16 type)
{
	struct ifinfomsg head = link_header(dev);
	struct nl_msg m;
	u32 start;

	if (!dev->registered || !rtnl_has_listeners(dev->net, RTNLGRP_LINK))
		return;
	nl_msg_init(&m, GFP_ATOMIC);
	start = nlmsg_begin(&m, type, 0, 0, 0, &head, sizeof(head));
	put_link(&m, dev);
	nlmsg_end(&m, start);
	rtnl_notify(dev->net, &m, RTNLGRP_LINK);
}

static int link_dump(struct nl_dump *d)
{
	struct net_device *dev;

	d->seq = d->net->dev_base_seq + 1;
	list_for_each_entry (dev, &d->net->dev_base_head, dev_list) {
		struct ifinfomsg head = link_header(dev);
		u32 start;

		if (!nl_dump_next(d))
			continue;
		start = nl_dump_begin(d, RTM_NEWLINK, &head, sizeof(head));
		put_link(&d->msg, dev);
		if (!nl_dump_end(d, start))
			break;
	}
	return 0;
}

/* --- asking and setting --- */

struct link_request {
	const struct nlattr *tb[IFLA_MAX + 1];
	const struct ifinfomsg *ifi; /* NULL: malformed */
	struct net_device *dev;
};

/* By index, or by name. 0, -ENODEV (no such device), -EINVAL (neither, or malformed), -ERANGE (attribute's length). */
static int read_request(struct nl_request *rq, struct link_request *l)
{
	char name[IFNAMSIZ] = "";
	const void *attrs;
	int err;
	u32 len;

	*l = (struct link_request){ 0 };
	if (rq->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*l->ifi))
		return -EINVAL;
	attrs = nlmsg_attrs(rq->nlh, sizeof(*l->ifi), &len);
	err = nlattr_parse(l->tb, IFLA_MAX, link_min_len, attrs, len);
	if (!err && l->tb[IFLA_IFNAME])
		err = nla_strscpy(name, l->tb[IFLA_IFNAME], sizeof(name));
	if (err)
		return err;
	l->ifi = (const struct ifinfomsg *)(rq->nlh + 1);
	if (l->ifi->ifi_index > 0) {
		l->dev = dev_get_by_index(rq->net, (u32)l->ifi->ifi_index);
	} else if (l->ifi->ifi_index == 0 && *name) {
		l->dev = dev_get_by_name(rq->net, name);
	} else {
		return -EINVAL;
	}
	return l->dev ? 0 : -ENODEV;
}

static int link_get(struct nl_request *rq)
{
	struct link_request l;
	struct ifinfomsg head;
	int err = read_request(rq, &l);
	u32 start;

	if (err)
		return err;
	head = link_header(l.dev);
	start = nlmsg_begin(&rq->reply, RTM_NEWLINK, 0, rq->nlh->nlmsg_seq, rq->portid, &head, sizeof(head));
	put_link(&rq->reply, l.dev);
	nlmsg_end(&rq->reply, start);
	return 0;
}

static int set_mtu(struct nl_request *rq, struct net_device *dev, u32 mtu)
{
	if (mtu < dev->min_mtu)
		rq->why = "mtu less than device minimum";
	else if (mtu > dev->max_mtu)
		rq->why = "mtu greater than device maximum";
	return dev_set_mtu(dev, mtu);
}

static int set_flags(struct net_device *dev, const struct ifinfomsg *ifi)
{
	u32 flags = ifi->ifi_flags;

	if (!ifi->ifi_flags && !ifi->ifi_change)
		return 0;
	if (ifi->ifi_change)
		flags = (flags & ifi->ifi_change) | (dev->flags & ~ifi->ifi_change);
	return dev_change_flags(dev, flags);
}

static int set_link(struct nl_request *rq, const struct link_request *l)
{
	const struct nlattr *const *tb = l->tb;
	struct net_device *dev = l->dev;
	char name[IFNAMSIZ];
	int err = 0;

	if (tb[IFLA_MASTER] || tb[IFLA_NET_NS_FD] || tb[IFLA_NET_NS_PID] || tb[IFLA_XDP] || tb[IFLA_LINK])
		return -EOPNOTSUPP;
	if (tb[IFLA_ADDRESS])
		err = nla_len(tb[IFLA_ADDRESS]) < dev->addr_len ? -EINVAL
								: dev_set_mac_address(dev, nla_data(tb[IFLA_ADDRESS]));
	if (!err && tb[IFLA_MTU])
		err = set_mtu(rq, dev, nla_get_u32(tb[IFLA_MTU]));
	if (!err && tb[IFLA_IFNAME] && l->ifi->ifi_index > 0) {
		err = nla_strscpy(name, tb[IFLA_IFNAME], sizeof(name));
		if (!err)
			err = dev_change_name(dev, name);
	}
	if (!err && tb[IFLA_TXQLEN])
		dev->tx_queue_len = nla_get_u32(tb[IFLA_TXQLEN]);
	return err ? err : set_flags(dev, l->ifi);
}

static int link_set(struct nl_request *rq)
{
	bool make = rq->nlh->nlmsg_type == RTM_NEWLINK;
	struct link_request l;
	int err = read_request(rq, &l);

	if (l.dev)
		return make && rq->nlh->nlmsg_flags & NLM_F_EXCL ? -EEXIST : set_link(rq, &l);
	if (!make || !l.ifi || l.ifi->ifi_index < 0)
		return err;
	if (rq->nlh->nlmsg_flags & NLM_F_CREATE) {
		rq->why = "Unknown device type";
		return -EOPNOTSUPP;
	}
	return -ENODEV; /* ip(8) asks without a device to see whether this call is there */
}

static int link_del(struct nl_request *rq)
{
	struct link_request l;
	int err = read_request(rq, &l);

	if (err)
		return err;
	if (!l.dev->rtnl_link_ops)
		return -EOPNOTSUPP;
	unregister_netdevice(l.dev);
	rq->dead = l.dev;
	return 0;
}

static struct rtnl_handler link_handlers[] = {
	{ .type = RTM_GETLINK, .doit = link_get, .dump = link_dump },
	{ .type = RTM_NEWLINK, .doit = link_set },
	{ .type = RTM_SETLINK, .doit = link_set },
	{ .type = RTM_DELLINK, .doit = link_del },
};

static void link_event(struct net_device *dev, enum netdev_event ev)
{
	rtnl_link_notify(dev, ev == NETDEV_UNREGISTER ? RTM_DELLINK : RTM_NEWLINK);
}

static struct netdev_notifier link_notifier = { .call = link_event };

void rtnl_link_init(void)
{
	rtnl_register(link_handlers, ARRAY_SIZE(link_handlers));
	register_netdevice_notifier(&link_notifier);
}
