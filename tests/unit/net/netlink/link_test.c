/* tests/unit/net/netlink/link_test.c - devices over rtnetlink: what is told of one, how it is changed, who hears */
#include "tests/unit/net/netlink/rtnl.h"
#include <linux/if_link.h>

#define HEAD ((u32)sizeof(struct ifinfomsg))
#define BITS(...) bits((const u16[]){ __VA_ARGS__ }, sizeof((const u16[]){ __VA_ARGS__ }) / sizeof(u16))

static u64 bits(const u16 *types, size_t n)
{
	u64 all = 0;

	for (size_t i = 0; i < n; i++)
		all |= 1ull << types[i];
	return all;
}
/* index 0: none; name NULL: none */
static void request(u16 type, u16 flags, int index, const char *name)
{
	struct ifinfomsg i = { .ifi_index = index };

	nl_begin(type, flags, &i, sizeof(i));
	if (name)
		nl_attr_str(IFLA_IFNAME, name);
}
static const struct nlmsghdr *get(int index, const char *name)
{
	const struct nlmsghdr *h;

	request(RTM_GETLINK, 0, index, name);
	nl_tell(s);
	h = nl_next(s);
	ASSERT_TRUE(h && h->nlmsg_type == RTM_NEWLINK);
	EXPECT_EQ(h->nlmsg_seq, NL_SEQ);
	return h;
}

TEST(all_that_is_told_of_an_ethernet_card)
{
	const struct nlmsghdr *h;
	const struct ifinfomsg *i;
	const struct rtnl_link_ifmap *map;

	up();
	b.nic->dev->irq = 11;
	b.nic->dev->promiscuity = 2;
	h = get(eth0(), NULL);
	i = (const struct ifinfomsg *)(h + 1);
	EXPECT_EQ(i->ifi_family, AF_UNSPEC);
	EXPECT_EQ(i->ifi_type, ARPHRD_ETHER);
	EXPECT_EQ(i->ifi_index, eth0());
	EXPECT_EQ(i->ifi_flags, IFF_UP | IFF_BROADCAST | IFF_MULTICAST | IFF_RUNNING | IFF_LOWER_UP);
	EXPECT_EQ(nl_all(h, HEAD), BITS(IFLA_IFNAME, IFLA_TXQLEN, IFLA_OPERSTATE, IFLA_LINKMODE, IFLA_MTU, IFLA_MIN_MTU,
					IFLA_MAX_MTU, IFLA_GROUP, IFLA_PROMISCUITY, IFLA_NUM_TX_QUEUES,
					IFLA_GSO_MAX_SIZE, IFLA_NUM_RX_QUEUES, IFLA_CARRIER, IFLA_QDISC, IFLA_MAP,
					IFLA_ADDRESS, IFLA_BROADCAST, IFLA_STATS, IFLA_STATS64));
	EXPECT_STREQ(nl_str(h, HEAD, IFLA_IFNAME), "eth0");
	EXPECT_STREQ(nl_str(h, HEAD, IFLA_QDISC), "pfifo");
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_TXQLEN), 1000);
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_OPERSTATE), IF_OPER_UP);
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_LINKMODE), IF_LINK_MODE_DEFAULT);
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_CARRIER), 1);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_MTU), 1500);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_MIN_MTU), 68);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_MAX_MTU), b.nic->dev->max_mtu);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_GROUP), 0);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_PROMISCUITY), 2);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_NUM_TX_QUEUES), 1);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_NUM_RX_QUEUES), 1);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_GSO_MAX_SIZE), 65536);
	map = nla_data(nl_find(h, HEAD, IFLA_MAP));
	EXPECT_EQ(map->irq, 11);
	EXPECT_EQ(nla_len(nl_find(h, HEAD, IFLA_ADDRESS)), 6u);
	EXPECT_EQ(memcmp(nla_data(nl_find(h, HEAD, IFLA_ADDRESS)), "\2\0\0\0\0\1", 6), 0);
	EXPECT_EQ(memcmp(nla_data(nl_find(h, HEAD, IFLA_BROADCAST)), "\xff\xff\xff\xff\xff\xff", 6), 0);
	b.nic->dev->promiscuity = 0;
	down();
}
TEST(a_loopback_has_no_queue_and_no_cable)
{
	const struct nlmsghdr *h;
	const struct ifinfomsg *i;

	up();
	h = get(0, "lo");
	i = (const struct ifinfomsg *)(h + 1);
	EXPECT_EQ(i->ifi_type, ARPHRD_LOOPBACK);
	EXPECT_EQ(i->ifi_flags, IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP);
	EXPECT_STREQ(nl_str(h, HEAD, IFLA_QDISC), "noqueue");
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_OPERSTATE), IF_OPER_UNKNOWN);
	EXPECT_EQ(nl_u32(h, HEAD, IFLA_MTU), 65536);
	rtnl_lock(b.net);
	dev_close(b.net->loopback_dev);
	rtnl_unlock(b.net);
	h = get(0, "lo");
	EXPECT_EQ(((const struct ifinfomsg *)(h + 1))->ifi_flags, IFF_LOOPBACK);
	EXPECT_STREQ(nl_str(h, HEAD, IFLA_QDISC), "noop");
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_OPERSTATE), IF_OPER_DOWN);
	down();
}
/* Every counter at the place that <linux/if_link.h> gives it, in both widths. */
TEST(the_counters_of_a_link)
{
	const struct rtnl_link_stats64 *wide;
	const struct rtnl_link_stats *old;
	struct net_device_stats64 *d;
	const struct nlmsghdr *h;

	up();
	d = &b.nic->dev->stats;
	for (u64 i = 0; i < sizeof(*d) / sizeof(u64); i++)
		((u64 *)d)[i] = (5ull << 32) + 100 + i;
	h = get(eth0(), NULL);
	wide = nla_data(nl_find(h, HEAD, IFLA_STATS64));
	old = nla_data(nl_find(h, HEAD, IFLA_STATS));
#define SAME(f)                                                                                                        \
	do {                                                                                                           \
		EXPECT_EQ(wide->f, d->f);                                                                              \
		EXPECT_EQ(old->f, (u32)d->f);                                                                          \
	} while (0)
	SAME(rx_packets);
	SAME(tx_packets);
	SAME(rx_bytes);
	SAME(tx_bytes);
	SAME(rx_errors);
	SAME(tx_errors);
	SAME(rx_dropped);
	SAME(tx_dropped);
	SAME(multicast);
	SAME(collisions);
	SAME(rx_length_errors);
	SAME(rx_over_errors);
	SAME(rx_crc_errors);
	SAME(rx_frame_errors);
	SAME(rx_fifo_errors);
	SAME(rx_missed_errors);
	SAME(tx_aborted_errors);
	SAME(tx_carrier_errors);
	SAME(tx_fifo_errors);
	SAME(tx_heartbeat_errors);
	SAME(tx_window_errors);
	EXPECT_EQ(wide->rx_compressed + wide->tx_compressed + wide->rx_nohandler, 0u);
	down();
}

/* Errnos and sentences are those of Linux 6.18. */
TEST(requests_for_links_that_cannot_be_served)
{
	static const struct { u16 type, flags; int index; const char *name; int err; const char *why; } rows[] = {
		{ RTM_GETLINK, 0, 0, NULL, EINVAL, "" },
		{ RTM_GETLINK, 0, -1, NULL, EINVAL, "" },
		{ RTM_GETLINK, 0, 99, NULL, ENODEV, "" },
		{ RTM_GETLINK, 0, 0, "nope", ENODEV, "" },
		{ RTM_GETLINK, 0, 0, "abcdefghijklmnopq", ERANGE, "" },
		{ RTM_NEWLINK, 0, 0, NULL, ENODEV, "" },
		{ RTM_NEWLINK, 0, 99, NULL, ENODEV, "" },
		{ RTM_NEWLINK, 0, -5, NULL, EINVAL, "" },
		{ RTM_NEWLINK, NLM_F_CREATE, 0, NULL, EOPNOTSUPP, "Unknown device type" },
		{ RTM_NEWLINK, NLM_F_CREATE, 0, "new0", EOPNOTSUPP, "Unknown device type" },
		{ RTM_NEWLINK, NLM_F_CREATE, 99, NULL, EOPNOTSUPP, "Unknown device type" },
		{ RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 1, NULL, EEXIST, "" },
		{ RTM_SETLINK, NLM_F_EXCL, 1, NULL, 0, "" },
		{ RTM_SETLINK, 0, 0, NULL, EINVAL, "" },
		{ RTM_SETLINK, 0, 99, NULL, ENODEV, "" },
		{ RTM_SETLINK, 0, 0, "nope", ENODEV, "" },
		{ RTM_DELLINK, 0, 0, NULL, EINVAL, "" },
		{ RTM_DELLINK, 0, 99, NULL, ENODEV, "" },
		{ RTM_DELLINK, 0, 1, NULL, EOPNOTSUPP, "" }, /* lo stays */
	};

	up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err;

		request(rows[i].type, rows[i].flags, rows[i].index, rows[i].name);
		err = nl_ask(s);
		if (err != rows[i].err || strcmp(nl_why, rows[i].why))
			test_fail(__FILE__, __LINE__, false, "row %zu: %d '%s', not %d '%s'", i, err, nl_why,
				  rows[i].err, rows[i].why);
	}
	for (u16 t = RTM_NEWLINK; t <= RTM_SETLINK; t++) { /* headers that end too early */
		nl_begin(t, 0, &rows, 4);
		EXPECT_EQ(nl_ask(s), EINVAL);
	}
	down();
}
static int set(u16 type, const void *v, u32 n)
{
	request(RTM_SETLINK, 0, eth0(), NULL);
	nl_attr(type, v, n);
	return nl_ask(s);
}
static int set_u32(u16 type, u32 v) { return set(type, &v, sizeof(v)); }
TEST(a_link_is_changed)
{
	up();
	EXPECT_EQ(set_u32(IFLA_MTU, 1400), 0);
	EXPECT_EQ(b.nic->dev->mtu, 1400u);
	EXPECT_EQ(set_u32(IFLA_MTU, 67), EINVAL);
	EXPECT_STREQ(nl_why, "mtu less than device minimum");
	EXPECT_EQ(set_u32(IFLA_MTU, b.nic->dev->max_mtu + 1), EINVAL);
	EXPECT_STREQ(nl_why, "mtu greater than device maximum");
	EXPECT_EQ(set(IFLA_MTU, "\1\1", 2), ERANGE);
	EXPECT_EQ(b.nic->dev->mtu, 1400u);
	EXPECT_EQ(set_u32(IFLA_TXQLEN, 77), 0);
	EXPECT_EQ(b.nic->dev->tx_queue_len, 77u);
	EXPECT_EQ(set(IFLA_ADDRESS, "\2\0\0", 3), EINVAL);
	EXPECT_EQ(set(IFLA_ADDRESS, "\2\0\0\0\0\5", 6), EOPNOTSUPP); /* this card has no such hook */
	EXPECT_EQ(set_u32(IFLA_MASTER, 1), EOPNOTSUPP);
	EXPECT_EQ(set_u32(IFLA_NET_NS_PID, 1), EOPNOTSUPP);
	EXPECT_EQ(set(IFLA_IFNAME, "wan0", 5), EBUSY); /* while it is up */
	down();
}
static int set_flags(u32 flags, u32 change)
{
	struct ifinfomsg i = { .ifi_index = eth0(), .ifi_flags = flags, .ifi_change = change };

	nl_begin(RTM_NEWLINK, 0, &i, sizeof(i));
	return nl_ask(s);
}
TEST(flags_change_where_the_mask_says)
{
	struct net_device *dev;

	up();
	dev = b.nic->dev;
	EXPECT_EQ(set_flags(0, 0), 0); /* nothing asked: nothing done */
	EXPECT_TRUE(dev->flags & IFF_UP);
	EXPECT_EQ(set_flags(IFF_PROMISC, IFF_PROMISC), 0);
	EXPECT_EQ(dev->flags & (IFF_UP | IFF_PROMISC | IFF_MULTICAST), IFF_UP | IFF_PROMISC | IFF_MULTICAST);
	EXPECT_EQ(set_flags(0, IFF_UP), 0);
	EXPECT_EQ(dev->flags & (IFF_UP | IFF_PROMISC), IFF_PROMISC);
	EXPECT_EQ(set(IFLA_IFNAME, "lo", 3), EEXIST);
	EXPECT_EQ(set(IFLA_IFNAME, "a/b", 4), EINVAL);
	EXPECT_EQ(set(IFLA_IFNAME, "wan0", 5), 0);
	EXPECT_STREQ(dev->name, "wan0");
	EXPECT_EQ(set_flags(IFF_UP | IFF_MULTICAST, 0), 0); /* no mask: all flags, as old programs mean it */
	EXPECT_EQ(dev->flags & (IFF_UP | IFF_PROMISC), IFF_UP);
	down();
}

/* --- who hears of it --- */

static const struct nlmsghdr *hear(u16 type, int index)
{
	const struct nlmsghdr *h = nl_next(s);

	ASSERT_TRUE(h != NULL);
	EXPECT_EQ(h->nlmsg_type, type);
	EXPECT_EQ(h->nlmsg_flags & NLM_F_MULTI, 0);
	EXPECT_EQ(((const struct ifinfomsg *)(h + 1))->ifi_index, index);
	return h;
}
TEST(the_group_link_hears_of_each_change)
{
	const struct nlmsghdr *h;
	struct sim_nic *nic;
	int index;

	up();
	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_LINK), 0);
	netif_carrier_off(b.nic->dev);
	h = hear(RTM_NEWLINK, eth0());
	EXPECT_EQ(((const struct ifinfomsg *)(h + 1))->ifi_flags, IFF_UP | IFF_BROADCAST | IFF_MULTICAST);
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_OPERSTATE), IF_OPER_DOWN);
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_CARRIER), 0);
	netif_carrier_on(b.nic->dev);
	h = hear(RTM_NEWLINK, eth0());
	EXPECT_EQ(nl_u8(h, HEAD, IFLA_CARRIER), 1);
	rtnl_lock(b.net);
	EXPECT_EQ(dev_set_mtu(b.nic->dev, 1300), 0);
	rtnl_unlock(b.net);
	EXPECT_EQ(nl_u32(hear(RTM_NEWLINK, eth0()), HEAD, IFLA_MTU), 1300);
	nic = sim_nic_create(b.net, 2, 0);
	index = (int)nic->dev->ifindex;
	EXPECT_STREQ(nl_str(hear(RTM_NEWLINK, index), HEAD, IFLA_IFNAME), "eth1");
	nl_forget(s);
	sim_nic_destroy(nic);
	EXPECT_EQ(((const struct ifinfomsg *)(hear(RTM_NEWLINK, index) + 1))->ifi_flags & IFF_UP, 0u);
	hear(RTM_DELLINK, index);
	EXPECT_TRUE(!nl_next(s));
	EXPECT_EQ(nl_set(s, NETLINK_DROP_MEMBERSHIP, RTNLGRP_LINK), 0);
	netif_carrier_off(b.nic->dev);
	EXPECT_TRUE(!nl_next(s));
	down();
}

/* --- a kind that programs may delete --- */

static int deleted;
static void dellink(struct net_device *dev) { deleted++; }
static const struct rtnl_link_ops test_kind = { .kind = "test", .dellink = dellink };
static int nothing(struct net_device *dev) { return 0; }
static netdev_tx_t take(struct sk_buff *skb, struct net_device *dev)
{
	consume_skb(skb);
	return NETDEV_TX_OK;
}
static const struct net_device_ops test_ops = { .ndo_open = nothing, .ndo_stop = nothing, .ndo_start_xmit = take };
static void setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &test_ops;
	dev->rtnl_link_ops = &test_kind;
}
TEST(a_link_of_a_kind_says_so_and_can_be_deleted)
{
	const struct nlmsghdr *h;
	struct net_device *dev;

	up();
	dev = alloc_netdev(0, "tst%d", setup);
	ASSERT_EQ(register_netdev(b.net, dev), 0);
	h = get(0, "tst0");
	EXPECT_EQ(strcmp(nla_data(nl_inside(nl_find(h, HEAD, IFLA_LINKINFO), IFLA_INFO_KIND)), "test"), 0);
	request(RTM_DELLINK, 0, 0, "tst0");
	EXPECT_EQ(nl_ask(s), 0);
	EXPECT_EQ(deleted, 1);
	EXPECT_TRUE(!dev_get_by_name(b.net, "tst0"));
	EXPECT_EQ(nl_ask(s), ENODEV);
	down();
}
