/* tests/unit/net/ipv4/ioctl_test.c - interfaces, addresses, routes and neighbours as ifconfig, route and arp set them
 */
#include "kernel/process/process.h"
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/route.h>
#include <linux/sockios.h>

#define ADDR(a, b, c, d) htonl((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
static int fd;
static struct ifreq ifr;

static struct bench up(void)
{
	struct bench b = bench_up();

	fd = (int)sys_socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_TRUE(fd >= 0);
	return b;
}
static void down(struct bench *b)
{
	close_fd((unsigned int)fd);
	bench_down(b);
}
static long dev_call(unsigned int cmd, const char *dev)
{
	strscpy(ifr.ifr_name, dev, sizeof(ifr.ifr_name));
	return ioctl_fd(fd, cmd, &ifr);
}
static long set_address(unsigned int cmd, const char *dev, __be32 a)
{
	*(struct sockaddr_in *)&ifr.ifr_addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = a };
	return dev_call(cmd, dev);
}
/* The address, or 0 when the call failed. */
static __be32 get_address(unsigned int cmd, const char *dev)
{
	memset(&ifr, 0, sizeof(ifr));
	return dev_call(cmd, dev) ? 0 : ((struct sockaddr_in *)&ifr.ifr_addr)->sin_addr.s_addr;
}

TEST(an_interface_is_asked_and_changed)
{
	struct bench b = up();

	EXPECT_EQ(dev_call(SIOCGIFINDEX, "eth0"), 0);
	EXPECT_EQ(ifr.ifr_ifindex, (int)b.nic->dev->ifindex);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFNAME, &ifr), 0);
	EXPECT_EQ(strcmp(ifr.ifr_name, "eth0"), 0);
	ifr.ifr_ifindex = 99;
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFNAME, &ifr), -ENODEV);
	EXPECT_EQ(dev_call(SIOCGIFFLAGS, "eth0"), 0);
	EXPECT_EQ(ifr.ifr_flags & (IFF_UP | IFF_BROADCAST | IFF_LOOPBACK), IFF_UP | IFF_BROADCAST);
	EXPECT_EQ(dev_call(SIOCGIFMTU, "eth0"), 0);
	EXPECT_EQ(ifr.ifr_mtu, 1500);
	ifr.ifr_mtu = 1400;
	EXPECT_EQ(dev_call(SIOCSIFMTU, "eth0"), 0);
	EXPECT_EQ(b.nic->dev->mtu, 1400);
	ifr.ifr_mtu = -1;
	EXPECT_EQ(dev_call(SIOCSIFMTU, "eth0"), -EINVAL);
	ifr.ifr_mtu = 60;
	EXPECT_EQ(dev_call(SIOCSIFMTU, "eth0"), -EINVAL);
	EXPECT_EQ(dev_call(SIOCGIFHWADDR, "eth0"), 0);
	EXPECT_EQ(ifr.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	EXPECT_EQ(memcmp(ifr.ifr_hwaddr.sa_data, b.nic->dev->dev_addr, 6), 0);
	EXPECT_EQ(dev_call(SIOCSIFHWADDR, "eth0"), -EOPNOTSUPP); /* this card has no such hook */
	ifr.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
	EXPECT_EQ(dev_call(SIOCSIFHWADDR, "eth0"), -EINVAL);
	ifr.ifr_qlen = 77;
	EXPECT_EQ(dev_call(SIOCSIFTXQLEN, "eth0"), 0);
	EXPECT_EQ(dev_call(SIOCGIFTXQLEN, "eth0"), 0);
	EXPECT_EQ(ifr.ifr_qlen, 77);
	ifr.ifr_qlen = -1;
	EXPECT_EQ(dev_call(SIOCSIFTXQLEN, "eth0"), -EINVAL);
	EXPECT_EQ(dev_call(SIOCGIFMETRIC, "eth0"), 0);
	EXPECT_EQ(dev_call(SIOCSIFMETRIC, "eth0"), -EOPNOTSUPP);
	EXPECT_EQ(dev_call(SIOCGIFMAP, "eth0"), 0);
	EXPECT_EQ(dev_call(SIOCGIFMTU, "nope"), -ENODEV);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFMTU, NULL), -EFAULT);
	EXPECT_EQ(ioctl_fd(fd, 0x1234, &ifr), -ENOIOCTLCMD); /* the system call makes ENOTTY of it */
	down(&b);
}
TEST(an_interface_goes_down_changes_its_name_and_comes_up)
{
	struct bench b = up();

	strscpy(ifr.ifr_newname, "wan0", IFNAMSIZ);
	EXPECT_EQ(dev_call(SIOCSIFNAME, "eth0"), -EBUSY); /* while it is up */
	ifr.ifr_flags = 0;
	EXPECT_EQ(dev_call(SIOCSIFFLAGS, "eth0"), 0);
	EXPECT_FALSE(b.nic->dev->flags & IFF_UP);
	strscpy(ifr.ifr_newname, "lo", IFNAMSIZ);
	EXPECT_EQ(dev_call(SIOCSIFNAME, "eth0"), -EEXIST);
	strscpy(ifr.ifr_newname, "a/b", IFNAMSIZ);
	EXPECT_EQ(dev_call(SIOCSIFNAME, "eth0"), -EINVAL);
	strscpy(ifr.ifr_newname, "wan0", IFNAMSIZ);
	EXPECT_EQ(dev_call(SIOCSIFNAME, "eth0"), 0);
	EXPECT_EQ(dev_call(SIOCGIFMTU, "eth0"), -ENODEV);
	ifr.ifr_flags = IFF_UP;
	EXPECT_EQ(dev_call(SIOCSIFFLAGS, "wan0"), 0);
	EXPECT_TRUE(b.nic->dev->flags & IFF_UP);
	down(&b);
}
TEST(nothing_is_changed_without_the_privilege)
{
	static const unsigned int calls[] = { SIOCSIFMTU, SIOCSIFFLAGS, SIOCSIFHWADDR, SIOCSIFTXQLEN, SIOCSIFNAME,
					      SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFBRDADDR, SIOCSIFDSTADDR, SIOCADDRT,
					      SIOCDELRT, SIOCSARP, SIOCDARP };
	struct bench b = up();
	const struct cred *root = current->cred;
	struct cred plain = *root;
	static u8 zero[256];

	plain.cap_effective = 0;
	current->cred = &plain;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		strscpy((char *)zero, "eth0", 5);
		EXPECT_EQ(ioctl_fd(fd, calls[i], zero), -EPERM);
	}
	EXPECT_EQ(dev_call(SIOCGIFMTU, "eth0"), 0);
	current->cred = root;
	down(&b);
}
TEST(an_address_its_mask_and_its_broadcast)
{
	struct bench b = up();

	EXPECT_EQ(get_address(SIOCGIFADDR, "eth0"), US);
	EXPECT_EQ(get_address(SIOCGIFNETMASK, "eth0"), ADDR(255, 255, 255, 0));
	EXPECT_EQ(get_address(SIOCGIFBRDADDR, "eth0"), ADDR(10, 0, 0, 255));
	EXPECT_EQ(set_address(SIOCSIFADDR, "eth0", ADDR(172, 16, 5, 9)), 0);
	EXPECT_EQ(get_address(SIOCGIFADDR, "eth0"), ADDR(172, 16, 5, 9));
	EXPECT_EQ(get_address(SIOCGIFNETMASK, "eth0"), ADDR(255, 255, 0, 0)); /* of its class, as ever */
	EXPECT_EQ(set_address(SIOCSIFNETMASK, "eth0", ADDR(255, 255, 255, 128)), 0);
	EXPECT_EQ(get_address(SIOCGIFBRDADDR, "eth0"), ADDR(172, 16, 5, 127)); /* follows the mask */
	EXPECT_EQ(set_address(SIOCSIFNETMASK, "eth0", ADDR(255, 0, 255, 0)), -EINVAL);
	EXPECT_EQ(set_address(SIOCSIFBRDADDR, "eth0", ADDR(172, 16, 5, 99)), 0);
	EXPECT_EQ(get_address(SIOCGIFBRDADDR, "eth0"), ADDR(172, 16, 5, 99));
	EXPECT_EQ(set_address(SIOCSIFDSTADDR, "eth0", ADDR(172, 16, 5, 10)), 0);
	EXPECT_EQ(get_address(SIOCGIFDSTADDR, "eth0"), ADDR(172, 16, 5, 10));
	EXPECT_EQ(set_address(SIOCSIFDSTADDR, "eth0", ADDR(224, 0, 0, 1)), -EINVAL);
	EXPECT_EQ(set_address(SIOCSIFADDR, "eth0", ADDR(224, 0, 0, 1)), -EINVAL);
	EXPECT_EQ(set_address(SIOCSIFADDR, "nope", US), -ENODEV);
	ifr.ifr_addr.sa_family = AF_UNIX;
	EXPECT_EQ(dev_call(SIOCSIFADDR, "eth0"), -EINVAL);
	EXPECT_EQ(set_address(SIOCSIFADDR, "eth0", 0), 0); /* takes it away */
	EXPECT_EQ(dev_call(SIOCGIFADDR, "eth0"), -EADDRNOTAVAIL);
	EXPECT_EQ(set_address(SIOCSIFNETMASK, "eth0", ADDR(255, 0, 0, 0)), -EADDRNOTAVAIL);
	down(&b);
}
TEST(an_alias_is_an_address_of_its_own)
{
	static struct ifreq list[8];
	struct ifconf all = { .ifc_len = sizeof(list), .ifc_req = list };
	struct bench b = up();

	EXPECT_EQ(set_address(SIOCSIFADDR, "eth0:1", ADDR(10, 0, 7, 1)), 0);
	EXPECT_EQ(get_address(SIOCGIFADDR, "eth0:1"), ADDR(10, 0, 7, 1));
	EXPECT_EQ(get_address(SIOCGIFADDR, "eth0"), US);
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFCONF, &all), 0);
	EXPECT_EQ(all.ifc_len, 3 * (int)sizeof(ifr)); /* lo, eth0, eth0:1 */
	EXPECT_EQ(strcmp(list[0].ifr_name, "lo"), 0);
	EXPECT_EQ(strcmp(list[2].ifr_name, "eth0:1"), 0);
	all.ifc_len = sizeof(ifr) + 1;
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFCONF, &all), 0);
	EXPECT_EQ(all.ifc_len, (int)sizeof(ifr)); /* what fits */
	all.ifc_req = NULL;
	EXPECT_EQ(ioctl_fd(fd, SIOCGIFCONF, &all), 0);
	EXPECT_EQ(all.ifc_len, 3 * (int)sizeof(ifr)); /* how much there would be */
	ifr.ifr_flags = 0;
	EXPECT_EQ(dev_call(SIOCSIFFLAGS, "eth0:1"), 0); /* the alias goes, the device stays up */
	EXPECT_EQ(get_address(SIOCGIFADDR, "eth0:1"), 0);
	EXPECT_EQ(dev_call(SIOCSIFFLAGS, "eth0:1"), -EADDRNOTAVAIL);
	EXPECT_EQ(dev_call(SIOCSIFFLAGS, "nope:1"), -ENODEV);
	EXPECT_TRUE(b.nic->dev->flags & IFF_UP);
	down(&b);
}

static long route_call(unsigned int cmd, __be32 dst, __be32 mask, __be32 gw, u16 flags, const char *dev)
{
	static char name[16];
	struct rtentry rt = { .rt_flags = flags, .rt_dev = dev ? name : NULL };

	strscpy(name, dev ? dev : "", sizeof(name));
	*(struct sockaddr_in *)&rt.rt_dst = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = dst };
	*(struct sockaddr_in *)&rt.rt_genmask = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = mask };
	*(struct sockaddr_in *)&rt.rt_gateway = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = gw };
	return ioctl_fd(fd, cmd, &rt);
}
TEST(routes_by_ioctl)
{
	struct bench b = up();
	static char text[4096];

	EXPECT_EQ(route_call(SIOCADDRT, 0, 0, PEER, RTF_UP | RTF_GATEWAY, NULL), 0);
	EXPECT_EQ(route_call(SIOCADDRT, 0, 0, PEER, RTF_UP | RTF_GATEWAY, NULL), -EEXIST);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 9, 0, 0), ADDR(255, 255, 0, 0), 0, RTF_UP, "eth0"), 0);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 8, 0, 1), 0, 0, RTF_UP | RTF_HOST, "eth0"), 0);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 6, 0, 0), ADDR(255, 255, 0, 0), 0, RTF_REJECT, NULL), 0);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 7, 0, 1), ADDR(255, 255, 0, 0), 0, RTF_UP, "eth0"), -EINVAL);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 7, 0, 0), ADDR(255, 0, 255, 0), 0, RTF_UP, "eth0"), -EINVAL);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 7, 0, 0), ADDR(255, 255, 0, 0), 0, RTF_UP, "nope"), -ENODEV);
	EXPECT_EQ(route_call(SIOCADDRT, ADDR(10, 7, 0, 0), ADDR(255, 255, 0, 0), ADDR(9, 9, 9, 9),
			     RTF_UP | RTF_GATEWAY, "eth0"), -ENETUNREACH);
	ASSERT_TRUE(host_proc_read(b.net, "net/route", text, sizeof(text)) > 0);
	EXPECT_TRUE(strstr(text, "eth0\t00000000\t0200000A\t0003\t0\t0\t0\t00000000\t") != NULL);
	EXPECT_TRUE(strstr(text, "eth0\t0000090A\t00000000\t0001\t0\t0\t0\t0000FFFF\t") != NULL);
	EXPECT_TRUE(strstr(text, "eth0\t0100080A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t") != NULL);
	EXPECT_TRUE(strstr(text, "*\t0000060A\t00000000\t0201\t0\t0\t0\t0000FFFF\t") != NULL);
	EXPECT_EQ(route_call(SIOCDELRT, 0, 0, PEER, RTF_UP | RTF_GATEWAY, NULL), 0);
	EXPECT_EQ(route_call(SIOCDELRT, 0, 0, PEER, RTF_UP | RTF_GATEWAY, NULL), -ESRCH);
	down(&b);
}

static struct arpreq arp_of(__be32 ip, int flags)
{
	struct arpreq r = { .arp_flags = flags, .arp_ha = { .sa_family = ARPHRD_ETHER, .sa_data = "\2\0\0\0\0\x77" } };

	*(struct sockaddr_in *)&r.arp_pa = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = ip };
	return r;
}
TEST(neighbours_by_ioctl)
{
	struct bench b = up();
	struct arpreq r = arp_of(ADDR(10, 0, 0, 50), ATF_PERM);
	static char text[2048];

	EXPECT_EQ(ioctl_fd(fd, SIOCGARP, &r), -ENXIO);
	EXPECT_EQ(ioctl_fd(fd, SIOCDARP, &r), -ENXIO);
	EXPECT_EQ(ioctl_fd(fd, SIOCSARP, &r), 0);
	memset(&r.arp_ha, 0, sizeof(r.arp_ha));
	EXPECT_EQ(ioctl_fd(fd, SIOCGARP, &r), 0);
	EXPECT_EQ(r.arp_flags, ATF_COM | ATF_PERM);
	EXPECT_EQ(memcmp(r.arp_ha.sa_data, "\2\0\0\0\0\x77", 6), 0);
	EXPECT_EQ(strcmp(r.arp_dev, "eth0"), 0);
	ASSERT_TRUE(host_proc_read(b.net, "net/arp", text, sizeof(text)) > 0);
	EXPECT_TRUE(strstr(text, "10.0.0.50        0x1         0x6         02:00:00:00:00:77     *        eth0\n"));
	EXPECT_EQ(ioctl_fd(fd, SIOCDARP, &r), 0);
	r = arp_of(ADDR(10, 0, 0, 50), ATF_PUBL);
	EXPECT_EQ(ioctl_fd(fd, SIOCSARP, &r), -EOPNOTSUPP);
	r = arp_of(ADDR(10, 0, 0, 50), 0);
	r.arp_ha.sa_family = ARPHRD_LOOPBACK;
	EXPECT_EQ(ioctl_fd(fd, SIOCSARP, &r), -EINVAL);
	r.arp_pa.sa_family = AF_UNSPEC;
	EXPECT_EQ(ioctl_fd(fd, SIOCGARP, &r), -EPFNOSUPPORT);
	r = arp_of(ADDR(9, 9, 9, 9), 0);
	EXPECT_EQ(ioctl_fd(fd, SIOCGARP, &r), -ENETUNREACH);
	strscpy(r.arp_dev, "nope", sizeof(r.arp_dev));
	EXPECT_EQ(ioctl_fd(fd, SIOCGARP, &r), -ENODEV);
	down(&b);
}
TEST(ethtool_answers_what_a_card_without_a_driver_of_its_own_can)
{
	struct ethtool_value v = { .cmd = ETHTOOL_GLINK };
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct bench b = up();

	ifr.ifr_data = &v;
	EXPECT_EQ(dev_call(SIOCETHTOOL, "eth0"), 0);
	EXPECT_EQ(v.data, 1u);
	netif_carrier_off(b.nic->dev);
	EXPECT_EQ(dev_call(SIOCETHTOOL, "eth0"), 0);
	EXPECT_EQ(v.data, 0u);
	ifr.ifr_data = &info;
	EXPECT_EQ(dev_call(SIOCETHTOOL, "eth0"), -EOPNOTSUPP);
	v.cmd = 0xffff;
	ifr.ifr_data = &v;
	EXPECT_EQ(dev_call(SIOCETHTOOL, "eth0"), -EOPNOTSUPP);
	ifr.ifr_data = NULL;
	EXPECT_EQ(dev_call(SIOCETHTOOL, "eth0"), -EFAULT);
	down(&b);
}
