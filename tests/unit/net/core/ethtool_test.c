/* tests/unit/net/core/ethtool_test.c - SIOCETHTOOL on a card whose driver has all hooks, and on one that has none */
#include "kernel/process/process.h"
#include "net/core/core.h"
#include "tests/unit/net/calls.h"
#include <linux/ethtool.h>
#include <linux/sockios.h>

#define FEATURES (NETIF_F_HW_CSUM | NETIF_F_SG | NETIF_F_ALL_TSO)

/* --- the driver --- */

static struct ethtool_ringparam ring = { .rx_max_pending = 256, .tx_max_pending = 128, .rx_pending = 64,
					 .tx_pending = 32 };
static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "testdrv", sizeof(info->driver));
	strscpy(info->bus_info, "0000:00:03.0", sizeof(info->bus_info));
}
static void get_ringparam(struct net_device *dev, struct ethtool_ringparam *p)
{
	u32 cmd = p->cmd;

	*p = ring;
	p->cmd = cmd;
}
static int set_ringparam(struct net_device *dev, const struct ethtool_ringparam *p)
{
	if (p->rx_pending > ring.rx_max_pending)
		return -EINVAL;
	ring.rx_pending = p->rx_pending;
	return 0;
}
static int get_strings(struct net_device *dev, char *names)
{
	static const char all[3][ETH_GSTRING_LEN] = { "rx_ring_full", "tx_restart", "resets" };

	if (names)
		memcpy(names, all, sizeof(all));
	return 3;
}
static void get_stats(struct net_device *dev, u64 *values)
{
	for (u64 i = 0; i < 3; i++)
		values[i] = (1ull << 32) + i;
}
static const struct ethtool_ops ops = { .get_drvinfo = get_drvinfo, .get_ringparam = get_ringparam,
					.set_ringparam = set_ringparam, .get_strings = get_strings,
					.get_stats = get_stats };

static int fd;
static struct sim_nic *nic;
static void up(const struct ethtool_ops *o)
{
	struct net *net = test_net();

	nic = sim_nic_create(net, 1, FEATURES);
	nic->dev->ethtool_ops = o;
	fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_TRUE(fd >= 0);
}
static void down(void)
{
	close_fd((unsigned int)fd);
	sim_nic_destroy(nic);
}
static long call(void *data)
{
	struct ifreq ifr = { .ifr_data = data };

	strscpy(ifr.ifr_name, "eth0", sizeof(ifr.ifr_name));
	return ioctl_fd(fd, SIOCETHTOOL, &ifr);
}
/* The call's argument cannot be read, or its answer not be written: copy n of the call. */
static void expect_faults(void *data, size_t first, size_t last)
{
	for (size_t n = first; n <= last; n++) {
		host_fail_user_copy(n);
		EXPECT_EQ(call(data), -EFAULT);
		EXPECT_EQ(host_fail_user_copy_left(), 0u);
	}
	host_fail_user_copy(0);
}

TEST(who_drives_the_card)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	up(&ops);
	EXPECT_EQ(call(&info), 0);
	EXPECT_STREQ(info.driver, "testdrv");
	EXPECT_STREQ(info.bus_info, "0000:00:03.0");
	EXPECT_STREQ(info.version, RINGSIDE_VERSION);
	EXPECT_EQ(info.n_stats, 3u);
	expect_faults(&info, 1, 3); /* the request, the command, the answer */
	down();
}
TEST(rings_are_asked_and_resized)
{
	struct ethtool_ringparam p = { .cmd = ETHTOOL_GRINGPARAM };
	const struct cred *root;
	struct cred plain;

	up(&ops);
	root = current->cred;
	plain = *root;
	plain.cap_effective = 0;
	EXPECT_EQ(call(&p), 0);
	EXPECT_EQ(p.rx_max_pending, 256u);
	EXPECT_EQ(p.tx_max_pending, 128u);
	EXPECT_EQ(p.rx_pending, 64u);
	EXPECT_EQ(p.tx_pending, 32u);
	expect_faults(&p, 3, 3);
	p.cmd = ETHTOOL_SRINGPARAM;
	p.rx_pending = 200;
	expect_faults(&p, 3, 3);
	EXPECT_EQ(ring.rx_pending, 64u);
	EXPECT_EQ(call(&p), 0);
	EXPECT_EQ(ring.rx_pending, 200u);
	p.rx_pending = 300;
	EXPECT_EQ(call(&p), -EINVAL); /* what the driver says */
	p.rx_pending = 100;
	current->cred = &plain;
	EXPECT_EQ(call(&p), -EPERM);
	current->cred = root;
	EXPECT_EQ(ring.rx_pending, 200u);
	down();
}
TEST(counters_with_their_names)
{
	struct { struct ethtool_sset_info info; u32 n[2]; } set = { .info.cmd = ETHTOOL_GSSET_INFO };
	struct { struct ethtool_gstrings g; char names[4][ETH_GSTRING_LEN]; } names = { .g.cmd = ETHTOOL_GSTRINGS };
	struct { struct ethtool_stats s; u64 v[4]; } stats = { .s.cmd = ETHTOOL_GSTATS };

	up(&ops);
	set.info.sset_mask = BIT(ETH_SS_TEST) | BIT(ETH_SS_STATS);
	set.n[1] = 99;
	EXPECT_EQ(call(&set), 0);
	EXPECT_EQ(set.info.sset_mask, BIT(ETH_SS_STATS)); /* of the two there is one */
	EXPECT_EQ(set.n[0], 3u);
	EXPECT_EQ(set.n[1], 99u);
	expect_faults(&set, 3, 4);
	set.info.sset_mask = BIT(ETH_SS_TEST);
	set.n[0] = 99;
	EXPECT_EQ(call(&set), 0);
	EXPECT_EQ(set.info.sset_mask, 0u);
	EXPECT_EQ(set.n[0], 99u);
	names.g.string_set = ETH_SS_TEST;
	EXPECT_EQ(call(&names), -EOPNOTSUPP);
	names.g.string_set = ETH_SS_STATS;
	strscpy(names.names[3], "mine", ETH_GSTRING_LEN);
	EXPECT_EQ(call(&names), 0);
	EXPECT_EQ(names.g.len, 3u);
	EXPECT_STREQ(names.names[0], "rx_ring_full");
	EXPECT_STREQ(names.names[2], "resets");
	EXPECT_STREQ(names.names[3], "mine"); /* three names are three names */
	expect_faults(&names, 3, 5);
	stats.v[3] = 99;
	EXPECT_EQ(call(&stats), 0);
	EXPECT_EQ(stats.s.n_stats, 3u);
	EXPECT_EQ(stats.v[0], 1ull << 32);
	EXPECT_EQ(stats.v[2], (1ull << 32) + 2);
	EXPECT_EQ(stats.v[3], 99u);
	expect_faults(&stats, 3, 5);
	host_fail_alloc(1, false);
	EXPECT_EQ(call(&stats), -ENOMEM);
	host_fail_alloc(1, false);
	EXPECT_EQ(call(&names), -ENOMEM);
	down();
}
TEST(a_card_whose_driver_has_nothing_to_say)
{
	static const u32 calls[] = { ETHTOOL_GDRVINFO, ETHTOOL_GRINGPARAM, ETHTOOL_SRINGPARAM, ETHTOOL_GSTRINGS,
				     ETHTOOL_GSTATS, ETHTOOL_GCOALESCE };
	static const struct ethtool_ops none;
	struct { u32 cmd; u32 string_set; u8 room[256]; } any = { .string_set = ETH_SS_STATS };
	struct { struct ethtool_sset_info info; u32 n; } set = { .info.cmd = ETHTOOL_GSSET_INFO,
								 .info.sset_mask = BIT(ETH_SS_STATS) };

	up(NULL);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(calls); i++) {
		nic->dev->ethtool_ops = i % 2 ? &none : NULL;
		any.cmd = calls[i / 2];
		EXPECT_EQ(call(&any), -EOPNOTSUPP);
	}
	EXPECT_EQ(call(&set), 0);
	EXPECT_EQ(set.info.sset_mask, 0u); /* no counters: no set of them (Linux) */
	down();
}

/* --- offloads, one a call, as ethtool -k and -K fall back to --- */

static long get(u32 cmd)
{
	struct ethtool_value v = { .cmd = cmd, .data = 99 };

	EXPECT_EQ(call(&v), 0);
	return v.data;
}
static long set(u32 cmd, u32 on)
{
	struct ethtool_value v = { .cmd = cmd, .data = on };

	return call(&v);
}
TEST(offloads_are_switched)
{
	static const struct { u32 get, set; netdev_features_t bit; } all[] = {
		{ ETHTOOL_GTXCSUM, ETHTOOL_STXCSUM, NETIF_F_HW_CSUM }, { ETHTOOL_GSG, ETHTOOL_SSG, NETIF_F_SG },
		{ ETHTOOL_GTSO, ETHTOOL_STSO, NETIF_F_ALL_TSO }, { ETHTOOL_GGSO, ETHTOOL_SGSO, NETIF_F_GSO },
		{ ETHTOOL_GGRO, ETHTOOL_SGRO, NETIF_F_GRO },
	};

	up(NULL);
	for (size_t i = ARRAY_SIZE(all); i-- > 0;) { /* from those that others rest on, last */
		EXPECT_EQ(get(all[i].get), 1);
		EXPECT_EQ(set(all[i].set, 0), 0);
		EXPECT_EQ(get(all[i].get), 0);
		EXPECT_EQ(nic->dev->features & all[i].bit, 0u);
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		EXPECT_EQ(set(all[i].set, 1), 0);
		EXPECT_EQ(get(all[i].get), 1);
	}
	EXPECT_EQ(set(ETHTOOL_STXCSUM, 0), 0); /* takes with it what needs it, which comes back with it */
	EXPECT_EQ(get(ETHTOOL_GSG) | get(ETHTOOL_GTSO) | get(ETHTOOL_GGSO), 0);
	EXPECT_EQ(get(ETHTOOL_GGRO), 1);
	EXPECT_EQ(set(ETHTOOL_STXCSUM, 1), 0);
	EXPECT_EQ(get(ETHTOOL_GSG) & get(ETHTOOL_GTSO) & get(ETHTOOL_GGSO), 1);
	EXPECT_EQ(set(ETHTOOL_SRXCSUM, 1), -EOPNOTSUPP); /* this card cannot */
	EXPECT_EQ(set(ETHTOOL_SRXCSUM, 0), 0);
	EXPECT_EQ(get(ETHTOOL_GFLAGS) | get(ETHTOOL_GUFO), 0); /* nor these, but one may ask */
	EXPECT_EQ(set(ETHTOOL_SFLAGS, ETH_FLAG_LRO), -EOPNOTSUPP);
	EXPECT_EQ(set(ETHTOOL_SFLAGS, 0), 0);
	down();
}
TEST(offloads_are_switched_by_the_privileged)
{
	struct ethtool_value v = { .cmd = ETHTOOL_STSO };
	const struct cred *root;
	struct cred plain;

	up(NULL);
	root = current->cred;
	plain = *root;
	plain.cap_effective = 0;
	current->cred = &plain;
	EXPECT_EQ(set(ETHTOOL_STSO, 0), -EPERM);
	EXPECT_EQ(get(ETHTOOL_GTSO), 1);
	current->cred = root;
	expect_faults(&v, 1, 3);
	v.cmd = ETHTOOL_GTSO;
	expect_faults(&v, 3, 3);
	EXPECT_EQ(get(ETHTOOL_GTSO), 1);
	down();
}

/* --- the plain calls --- */

/* "eth0:1", an alias of old: the device is meant, and the name comes back as it was. */
TEST(an_alias_means_its_device)
{
	struct ifreq ifr = { .ifr_name = "eth0:1" };

	up(NULL);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFMTU, &ifr), 0);
	EXPECT_EQ(ifr.ifr_mtu, 1500);
	EXPECT_STREQ(ifr.ifr_name, "eth0:1");
	ifr.ifr_mtu = 1400;
	EXPECT_EQ(ioctl_fd(fd, SIOCSIFMTU, &ifr), 0);
	EXPECT_EQ(nic->dev->mtu, 1400u);
	host_fail_user_copy(2);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFMTU, &ifr), -EFAULT);
	ifr.ifr_ifindex = (int)nic->dev->ifindex;
	host_fail_user_copy(2);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFNAME, &ifr), -EFAULT);
	host_fail_user_copy(0);
	down();
}
