/* tests/unit/net/core/dev_test.c - registration, NAPI, the transmit queue */
#include "lib/byteorder.h"
#include "net/core/softnet.h"
#include "tests/unit/test.h"

static struct net *the_net;
static struct net *net(void)
{
	if (!the_net)
		the_net = test_net();
	return the_net;
}

static int nothing(struct net_device *dev) { return 0; }
static int sent, busy_after, more_seen;
static netdev_tx_t take(struct sk_buff *skb, struct net_device *dev)
{
	if (busy_after && sent >= busy_after) {
		netif_stop_queue(dev);
		return NETDEV_TX_BUSY;
	}
	sent++;
	more_seen += netdev_xmit_more(dev);
	consume_skb(skb);
	return NETDEV_TX_OK;
}
static const struct net_device_ops ops = { .ndo_open = nothing, .ndo_stop = nothing, .ndo_start_xmit = take };
static const struct net_device_ops no_xmit = { .ndo_open = nothing, .ndo_stop = nothing };
static void setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &ops;
	dev->carrier = true;
	sent = busy_after = more_seen = 0;
}
static void setup_incomplete(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &no_xmit;
}
static struct net_device *device(void)
{
	struct net_device *dev = alloc_netdev(0, "tst%d", setup);

	ASSERT_EQ(register_netdev(net(), dev), 0);
	rtnl_lock(dev->net);
	dev_open(dev);
	rtnl_unlock(dev->net);
	return dev;
}
static void done(struct net_device *dev)
{
	unregister_netdev(dev);
	free_netdev(dev);
}
static int send(struct net_device *dev, u32 len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_ATOMIC);

	skb->dev = dev;
	skb_put_zero(skb, len);
	skb_reset_network_header(skb);
	return dev_queue_xmit(skb);
}

TEST(incomplete_devices_are_refused)
{
	struct net_device *dev = alloc_netdev(0, "tst%d", setup_incomplete);

	EXPECT_EQ(register_netdev(net(), dev), -EINVAL);
	free_netdev(dev);
	dev = alloc_netdev(0, "a/b", setup);
	EXPECT_EQ(register_netdev(net(), dev), -EINVAL);
	free_netdev(dev);
	dev = alloc_netdev(0, "lo", setup);
	EXPECT_EQ(register_netdev(net(), dev), -EEXIST);
	free_netdev(dev);
}

TEST(names_are_numbered_and_found)
{
	struct net_device *a = device(), *b = device();

	EXPECT_STREQ(a->name, "tst0");
	EXPECT_STREQ(b->name, "tst1");
	EXPECT_TRUE(dev_get_by_name(net(), "tst1") == b);
	EXPECT_TRUE(dev_get_by_index(net(), a->ifindex) == a);
	done(a);
	EXPECT_TRUE(!dev_get_by_name(net(), "tst0"));
	done(b);
}

TEST(mtu_has_bounds)
{
	struct net_device *dev = device();

	rtnl_lock(dev->net);
	EXPECT_EQ(dev_set_mtu(dev, 10), -EINVAL);
	EXPECT_EQ(dev_set_mtu(dev, 9000), -EINVAL);
	EXPECT_EQ(dev_set_mtu(dev, 1000), 0);
	rtnl_unlock(dev->net);
	EXPECT_EQ(dev->mtu, 1000u);
	done(dev);
}

TEST(an_empty_queue_is_bypassed_and_a_down_device_drops)
{
	struct net_device *dev = device();

	EXPECT_EQ(send(dev, 100), NET_XMIT_SUCCESS);
	EXPECT_EQ(sent, 1);
	rtnl_lock(dev->net);
	dev_close(dev);
	rtnl_unlock(dev->net);
	EXPECT_EQ(send(dev, 100), -ENETDOWN);
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_DEV_READY), 1u);
	done(dev);
}

TEST(a_stopped_queue_fills_drops_and_drains_in_a_batch)
{
	struct net_device *dev = device();

	dev->tx_queue_len = 10;
	netif_stop_queue(dev);
	for (int i = 0; i < 12; i++)
		EXPECT_EQ(send(dev, 100), i < 10 ? NET_XMIT_SUCCESS : NET_XMIT_DROP);
	EXPECT_EQ(sent, 0);
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_QDISC_DROP), 2u);
	netif_wake_queue(dev);
	host_settle();
	EXPECT_EQ(sent, 10);
	EXPECT_EQ(more_seen, 9);
	done(dev);
}

TEST(busy_keeps_the_packet)
{
	struct net_device *dev = device();

	busy_after = 3;
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(send(dev, 100), NET_XMIT_SUCCESS);
	EXPECT_EQ(sent, 3);
	busy_after = 0;
	netif_wake_queue(dev);
	host_settle();
	EXPECT_EQ(sent, 5);
	done(dev);
}

TEST(a_batch_leaves_together)
{
	struct net_device *dev = device();

	dev_xmit_batch_start();
	for (int i = 0; i < 8; i++)
		send(dev, 100);
	EXPECT_EQ(sent, 0);
	dev_xmit_batch_end();
	EXPECT_EQ(sent, 8);
	EXPECT_EQ(more_seen, 7);
	done(dev);
}

/* It was never in the queue: not where the queue is stopped, nor where the device goes down or another one is next. */
TEST(a_batch_of_one_leaves_at_its_end)
{
	struct net_device *dev = device(), *other = device();

	dev_xmit_batch_start();
	send(dev, 100);
	EXPECT_EQ(skb_queue_len(&dev->tx.q), 0);
	EXPECT_EQ(sent, 0);
	dev_xmit_batch_end();
	EXPECT_EQ(sent, 1);
	EXPECT_EQ(more_seen, 0);
	dev_xmit_batch_start();
	send(dev, 100);
	send(other, 100); /* the first one's share leaves now */
	EXPECT_EQ(sent, 2);
	dev_xmit_batch_end();
	EXPECT_EQ(sent, 3);
	netif_stop_queue(dev);
	dev_xmit_batch_start();
	send(dev, 100);
	dev_xmit_batch_end();
	EXPECT_EQ(sent, 3);
	EXPECT_EQ(skb_queue_len(&dev->tx.q), 1);
	netif_wake_queue(dev);
	host_settle();
	EXPECT_EQ(sent, 4);
	dev_xmit_batch_start();
	send(dev, 100);
	dev->flags &= ~(u32)IFF_UP;
	dev_xmit_batch_end();
	EXPECT_EQ(sent, 4);
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_DEV_READY), 1u);
	dev->flags |= IFF_UP;
	done(other);
	done(dev);
}

TEST(more_than_one_drain_is_finished_by_softirq)
{
	struct net_device *dev = device();

	netif_stop_queue(dev);
	for (int i = 0; i < 500; i++)
		send(dev, 60);
	netif_wake_queue(dev);
	host_settle();
	EXPECT_EQ(sent, 500);
	done(dev);
}

TEST(going_down_frees_what_waits)
{
	struct net_device *dev = device();

	netif_stop_queue(dev);
	send(dev, 100);
	done(dev);
	EXPECT_EQ(sent, 0);
}

static int got;
static int catch(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig)
{
	got++;
	consume_skb(skb);
	return 0;
}

TEST(taps_see_both_directions_and_unknown_types_are_counted)
{
	struct sim_nic *nic = sim_nic_create(net(), 1, 0);
	struct packet_type tap = { .type = htons(ETH_P_ALL), .func = catch, .net = net() };
	u8 frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x12, 0x34 };

	got = 0;
	dev_add_pack(&tap);
	sim_nic_inject(nic, frame, sizeof(frame));
	host_settle();
	EXPECT_EQ(got, 1);
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_UNHANDLED_PROTO), 1u);
	EXPECT_EQ(send(nic->dev, 100), NET_XMIT_SUCCESS);
	EXPECT_EQ(got, 2);
	dev_remove_pack(&tap);
	send(nic->dev, 100);
	EXPECT_EQ(got, 2);
	sim_nic_destroy(nic);
}

TEST(the_backlog_is_bounded)
{
	struct net_device *lo = net()->loopback_dev;

	for (int i = 0; i < 1100; i++) {
		struct sk_buff *skb = alloc_skb(60, GFP_KERNEL);

		skb_put_zero(skb, 60);
		skb->dev = lo;
		local_bh_disable();
		netif_rx(skb);
		preempt_count_sub(SOFTIRQ_DISABLE_OFFSET); /* as if one long interrupt: no softirq runs between */
	}
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_CPU_BACKLOG), 100u);
	local_bh_disable();
	local_bh_enable();
	host_settle();
	EXPECT_EQ(net_drop_sum(net(), SKB_DROP_REASON_UNHANDLED_PROTO), 1000u);
}

/* --- a batch --- */

static char order[64];
static u32 upto;
static int told(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig)
{
	EXPECT_TRUE(skb->dev == dev);
	EXPECT_EQ(skb->network_header, (u16)(skb->data - skb->head));
	order[upto++] = (char)skb->data[0];
	consume_skb(skb);
	return 0;
}
static void told_list(struct sk_buff *list, struct packet_type *pt)
{
	const struct net_device *dev = list->dev;

	order[upto++] = '(';
	while (list) {
		struct sk_buff *next = list->next;

		EXPECT_TRUE(list->dev == dev && list->protocol == pt->type);
		told(list, list->dev, pt, list->dev);
		list = next;
	}
	order[upto++] = ')';
}
static struct sk_buff **put(struct sk_buff **link, char name, struct net_device *dev, u16 type)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);

	*(u8 *)skb_put_zero(skb, 20) = (u8)name;
	skb->dev = dev;
	skb->protocol = htons(type);
	*link = skb;
	return &skb->next;
}

/* Runs of one type from one device go up together, in order; what nobody handles is dropped from between them. */
TEST(a_batch_goes_up_in_runs)
{
	static struct packet_type lists = { .type = htons(0x9001), .func = told, .list_func = told_list };
	static struct packet_type singles = { .type = htons(0x9002), .func = told };
	struct net_device *a = device(), *b = device();
	struct sk_buff *list = NULL, **link = &list;
	struct net_device_stats64 st;

	dev_add_pack(&lists);
	dev_add_pack(&singles);
	link = put(link, 'a', a, 0x9001);
	link = put(link, 'b', a, 0x9001);
	link = put(link, 'x', a, 0x9003);
	link = put(link, 'y', a, 0x9003);
	link = put(link, 'c', a, 0x9001);
	link = put(link, 'd', b, 0x9001);
	link = put(link, 'e', b, 0x9002);
	link = put(link, 'f', b, 0x9002);
	link = put(link, 'g', a, 0x9002);
	netif_receive_skb_list(list);
	EXPECT_STREQ(order, "(ab)(c)(d)efg");
	dev_get_stats(a, &st);
	EXPECT_EQ(st.rx_dropped, 2);
	dev_remove_pack(&lists);
	dev_remove_pack(&singles);
	done(b);
	done(a);
}

static __be16 arrive(struct net_device *dev, const u8 *dest, u16 type, u16 word, u8 *pkt_type)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);
	u8 *f = skb_put_zero(skb, 20);
	__be16 r;

	memcpy(f, dest, ETH_ALEN);
	put_unaligned_be16(type, f + 12);
	put_unaligned_be16(word, f + 14);
	r = eth_type_trans(skb, dev);
	EXPECT_TRUE(skb->dev == dev && skb_mac_header(skb) == f && skb->len == 6);
	*pkt_type = skb->pkt_type;
	consume_skb(skb);
	return r;
}

TEST(an_ethernet_header_tells_for_whom_and_what)
{
	static const u8 broadcast[] = { 255, 255, 255, 255, 255, 255 }, group[] = { 1, 0, 0x5e, 0, 0, 1 };
	struct net_device *dev = device();
	u8 other[ETH_ALEN], t;

	memcpy(dev->dev_addr, "\x02\x11\x22\x33\x44\x55", ETH_ALEN);
	EXPECT_EQ(arrive(dev, dev->dev_addr, ETH_P_IP, 0, &t), htons(ETH_P_IP));
	EXPECT_EQ(t, PACKET_HOST);
	arrive(dev, broadcast, ETH_P_IP, 0, &t);
	EXPECT_EQ(t, PACKET_BROADCAST);
	arrive(dev, group, ETH_P_IP, 0, &t);
	EXPECT_EQ(t, PACKET_MULTICAST);
	for (int i = 0; i < ETH_ALEN; i++) { /* each byte counts */
		memcpy(other, dev->dev_addr, ETH_ALEN);
		other[i] ^= 0x80;
		arrive(dev, other, ETH_P_IP, 0, &t);
		EXPECT_EQ(t, PACKET_OTHERHOST);
	}
	EXPECT_EQ(arrive(dev, dev->dev_addr, 100, 0xffff, &t), htons(ETH_P_802_3));
	EXPECT_EQ(arrive(dev, dev->dev_addr, 100, 0xaaaa, &t), htons(ETH_P_802_2));
	EXPECT_EQ(arrive(dev, dev->dev_addr, ETH_P_802_3_MIN, 0, &t), htons(ETH_P_802_3_MIN));
	done(dev);
}
