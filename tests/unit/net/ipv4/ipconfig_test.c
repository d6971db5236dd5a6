/* tests/unit/net/ipv4/ipconfig_test.c - ip= on the command line, field by field (Linux: admin-guide/nfs/nfsroot.rst)
 */
#include "kernel/syscall/syscall.h"
#include "tests/unit/net/ipv4/bench.h"

static struct net *net;
static struct sim_nic *nic[2];

/* Two cards, all down. */
static void start(void)
{
	net = test_net();
	for (u32 i = 0; i < 2; i++) {
		nic[i] = sim_nic_create(net, i + 1, 0);
		rtnl_lock(net);
		dev_close(nic[i]->dev);
		rtnl_unlock(net);
	}
}
static void stop(void)
{
	sim_nic_destroy(nic[0]);
	sim_nic_destroy(nic[1]);
}
static bool is_up(const struct net_device *dev) { return dev->flags & IFF_UP; }
/* The first address of a card, 0: none; its prefix length. */
static u32 address(u32 card, u32 *plen)
{
	const struct in_device *in = in_dev_get_rcu(nic[card]->dev);
	const struct in_ifaddr *ifa = in ? in->ifa_list : NULL;

	*plen = ifa ? ifa->ifa_prefixlen : 0;
	return ifa ? ntohl(ifa->ifa_local) : 0;
}
/* Where a packet to that address goes next; 0: nowhere, or it is on the link. */
static u32 gateway(u32 addr)
{
	struct flowi4 fl = { .daddr = htonl(addr) };
	struct fib_route *r = NULL;

	return fib_table_lookup(&net->ipv4->main, &fl, &r) ? 0 : ntohl(r->gw);
}

TEST(every_field_of_ip)
{
	static const struct { const char *param; int err; u32 card, addr, plen, gw; const char *name; } rows[] = {
		{ "10.9.0.2::10.9.0.1:255.255.255.0::eth0:off", 0, 0, 0x0a090002, 24, 0x0a090001, "" },
		{ "10.9.0.2:10.9.0.7:10.9.0.1:255.255.0.0:guest:eth1:none:1.1.1.1:2.2.2.2:3.3.3.3", 0, 1, 0x0a090002,
		  16, 0x0a090001, "guest" },
		{ "10.9.0.2", 0, 0, 0x0a090002, 8, 0, "" },	 /* the mask of its class, the first card */
		{ "172.16.0.2", 0, 0, 0xac100002, 16, 0, "" },
		{ "192.168.1.2::192.168.1.1", 0, 0, 0xc0a80102, 24, 0xc0a80101, "" },
		{ "10.9.0.2:::255.255.255.252", 0, 0, 0x0a090002, 30, 0, "" },
		{ "10.9.0.2:::255.255.255.255", 0, 0, 0x0a090002, 32, 0, "" },
		{ "10.9.0.2:::0.0.0.0", 0, 0, 0x0a090002, 0, 0, "" },
		{ "10.9.0.2::0.0.0.0:255.0.0.0::eth1", 0, 1, 0x0a090002, 8, 0, "" },
		{ "10.9.0.2::::a.b.example:eth0", 0, 0, 0x0a090002, 8, 0, "a" }, /* the host; the rest is a domain */
		{ "10.9.0.2:::255.0.255.0", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9.0.2:::255.255.255", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9.0", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9.0.256", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9.0.2x", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9..2", -EINVAL, 0, 0, 0, 0, "" },
		{ "0.0.0.0", -EINVAL, 0, 0, 0, 0, "" },
		{ "224.0.0.1", -EINVAL, 0, 0, 0, 0, "" },
		{ "10.9.0.2::10.9.1", -EINVAL, 0, 0x0a090002, 8, 0, "" },	  /* the address was good */
		{ "10.9.0.2::10.9.1.1:255.255.255.0", -ENETUNREACH, 0, 0x0a090002, 24, 0, "" }, /* not on the link */
		{ "10.9.0.2:::::eth7", -ENODEV, 0, 0, 0, 0, "" },
		{ "::::late:eth0", -EINVAL, 0, 0, 0, 0, "late" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 addr, plen, gw;
		int err;

		start();
		set_hostname("");
		err = ip_auto_config(net, rows[i].param);
		addr = address(rows[i].card, &plen);
		gw = gateway(0x08080808);
		if (err != rows[i].err || addr != rows[i].addr || plen != rows[i].plen || gw != rows[i].gw ||
		    strcmp(host_name(), rows[i].name))
			test_fail(__FILE__, __LINE__, false, "ip=%s: %d, %#x/%u, gateway %#x, name %s", rows[i].param,
				  err, addr, plen, gw, host_name());
		EXPECT_EQ(address(1 - rows[i].card, &plen), 0u); /* the other card has nothing */
		if (!err) {
			EXPECT_TRUE(is_up(nic[rows[i].card]->dev));
			EXPECT_FALSE(is_up(nic[1 - rows[i].card]->dev));
		}
		EXPECT_TRUE(is_up(net->loopback_dev)); /* whatever else was wrong */
		stop();
	}
}
TEST(what_leaves_the_cards_alone)
{
	static const struct { const char *param; int err; } rows[] = {
		{ "off", 0 }, { "none", 0 }, { "", 0 }, { "dhcp", -EOPNOTSUPP }, { "bootp", -EOPNOTSUPP },
		{ "rarp", -EOPNOTSUPP }, { "both", -EOPNOTSUPP }, { "on", -EOPNOTSUPP }, { "any", -EOPNOTSUPP },
		{ ":::::eth0:dhcp", -EOPNOTSUPP }, { "::::::on", -EOPNOTSUPP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err;

		start();
		err = ip_auto_config(net, rows[i].param);
		if (err != rows[i].err || is_up(nic[0]->dev) || !is_up(net->loopback_dev))
			test_fail(__FILE__, __LINE__, false, "ip=%s: %d", rows[i].param, err);
		stop();
	}
}
TEST(a_parameter_may_come_twice_and_may_not_be_too_long)
{
	static char longest[400];
	u32 plen;

	start();
	memset(longest, ':', sizeof(longest) - 1);
	EXPECT_EQ(ip_auto_config(net, longest), -EINVAL);
	EXPECT_FALSE(is_up(net->loopback_dev));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(ip_auto_config(net, "10.9.0.2::10.9.0.1:255.255.255.0::eth0:off"), 0);
	EXPECT_EQ(address(0, &plen), 0x0a090002u);
	EXPECT_EQ(ip_auto_config(net, "10.9.0.3:::255.255.255.0::eth1"), 0);
	EXPECT_EQ(gateway(0x08080808), 0x0a090001u);
	stop();
}
TEST(without_a_card_there_is_no_device)
{
	net = test_net();
	EXPECT_EQ(ip_auto_config(net, "10.9.0.2"), -ENODEV); /* lo is none */
	EXPECT_TRUE(is_up(net->loopback_dev));
}
