/* tests/guest/ifconfig_ioctls.c - interfaces, addresses, routes and ARP by ioctl, as ifconfig, route and arp do it */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>

static int s;

static struct ifreq lo(void)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, "lo");
	return r;
}

static struct ifreq with_addr(const char *name, unsigned addr)
{
	struct ifreq r = { 0 };
	struct sockaddr_in *a = (void *)&r.ifr_addr;

	strcpy(r.ifr_name, name);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(addr);
	return r;
}

static unsigned addr_of(const struct ifreq *r)
{
	return ntohl(((const struct sockaddr_in *)&r->ifr_addr)->sin_addr.s_addr);
}

static void reading(void)
{
	struct ifreq r = lo();

	CHECK("flags",
	      ioctl(s, SIOCGIFFLAGS, &r) == 0 &&
		      (r.ifr_flags & (IFF_UP | IFF_LOOPBACK | IFF_RUNNING)) == (IFF_UP | IFF_LOOPBACK | IFF_RUNNING) &&
		      !(r.ifr_flags & IFF_BROADCAST));
	CHECK("address",
	      (r = lo(), ioctl(s, SIOCGIFADDR, &r)) == 0 && addr_of(&r) == INADDR_LOOPBACK &&
		      r.ifr_addr.sa_family == AF_INET);
	CHECK("netmask", (r = lo(), ioctl(s, SIOCGIFNETMASK, &r)) == 0 && addr_of(&r) == 0xff000000);
	CHECK("index", (r = lo(), ioctl(s, SIOCGIFINDEX, &r)) == 0 && r.ifr_ifindex == 1);
	CHECK("name by index",
	      (memset(r.ifr_name, 0, IFNAMSIZ), ioctl(s, SIOCGIFNAME, &r)) == 0 && !strcmp(r.ifr_name, "lo"));
	r.ifr_ifindex = 4711;
	CHECK("no such index", ERR(ioctl(s, SIOCGIFNAME, &r), ENODEV));
	CHECK("MTU", (r = lo(), ioctl(s, SIOCGIFMTU, &r)) == 0 && r.ifr_mtu == 65536);
	CHECK("metric", (r = lo(), ioctl(s, SIOCGIFMETRIC, &r)) == 0 && r.ifr_metric == 0);
	CHECK("hardware address",
	      (r = lo(), ioctl(s, SIOCGIFHWADDR, &r)) == 0 && r.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK &&
		      !memcmp(r.ifr_hwaddr.sa_data, "\0\0\0\0\0\0", 6));
	CHECK("queue length", (r = lo(), ioctl(s, SIOCGIFTXQLEN, &r)) == 0 && r.ifr_qlen == 1000);
	strcpy(r.ifr_name, "nix0");
	CHECK("no such device", ERR(ioctl(s, SIOCGIFFLAGS, &r), ENODEV) && ERR(ioctl(s, SIOCGIFADDR, &r), ENODEV) &&
					ERR(ioctl(s, SIOCGIFINDEX, &r), ENODEV));
	CHECK("EFAULT", ERR(ioctl(s, SIOCGIFFLAGS, (void *)8), EFAULT));
	CHECK("no such call", ERR(ioctl(s, 0x89ee, &r), ENOTTY) || errno == EINVAL);
}

static void listing(void)
{
	struct ifreq list[32];
	struct ifconf c = { .ifc_len = 0, .ifc_buf = NULL };
	int need, found = 0;

	CHECK("SIOCGIFCONF: how much", ioctl(s, SIOCGIFCONF, &c) == 0 && c.ifc_len >= (int)sizeof(*list));
	need = c.ifc_len;
	c.ifc_len = sizeof(list);
	c.ifc_req = list;
	CHECK("all", ioctl(s, SIOCGIFCONF, &c) == 0 && c.ifc_len == need);
	for (int i = 0; i < c.ifc_len / (int)sizeof(*list); i++)
		found |= !strcmp(list[i].ifr_name, "lo") && addr_of(&list[i]) == INADDR_LOOPBACK;
	CHECK("lo among them", found);
	c.ifc_len = sizeof(*list) - 1;
	CHECK("room for less than one", ioctl(s, SIOCGIFCONF, &c) == 0 && c.ifc_len == 0);
	c.ifc_len = -1;
	CHECK("negative", ERR(ioctl(s, SIOCGIFCONF, &c), EINVAL) || c.ifc_len <= 0);
}

/* Addresses on lo:N labels; lo's own stays. */
static void addresses(void)
{
	struct ifreq r = with_addr("lo:1", 0x0a630001);
	struct sockaddr_in a = lo_port(0);
	int t;

	a.sin_addr.s_addr = htonl(0x0a630001);
	t = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK("not yet ours", ERR(bind(t, SA(&a), sizeof(a)), EADDRNOTAVAIL));
	CHECK("SIOCSIFADDR", ioctl(s, SIOCSIFADDR, &r) == 0);
	CHECK("reads back", (r = with_addr("lo:1", 0), ioctl(s, SIOCGIFADDR, &r)) == 0 && addr_of(&r) == 0x0a630001);
	CHECK("with the mask of its class", ioctl(s, SIOCGIFNETMASK, &r) == 0 && addr_of(&r) == 0xff000000);
	CHECK("ours now", bind(t, SA(&a), sizeof(a)) == 0);
	r = with_addr("lo:1", 0xffffff00);
	CHECK("SIOCSIFNETMASK",
	      ioctl(s, SIOCSIFNETMASK, &r) == 0 && ioctl(s, SIOCGIFNETMASK, &r) == 0 && addr_of(&r) == 0xffffff00);
	r = with_addr("lo:1", 0xff00ff00);
	CHECK("not a mask", ERR(ioctl(s, SIOCSIFNETMASK, &r), EINVAL));
	r = lo();
	CHECK("lo keeps its own", ioctl(s, SIOCGIFADDR, &r) == 0 && addr_of(&r) == INADDR_LOOPBACK);
	r = with_addr("lo:1", 0);
	r.ifr_flags = 0;
	CHECK("taking the label down removes it",
	      ioctl(s, SIOCSIFFLAGS, &r) == 0 &&
		      (r = with_addr("lo:1", 0), ERR(ioctl(s, SIOCGIFADDR, &r), EADDRNOTAVAIL)));
	r = with_addr("lo", 0xe0000001);
	CHECK("a group is no address", ERR(ioctl(s, SIOCSIFADDR, &r), EINVAL));
	close(t);
}

static void settings(void)
{
	struct ifreq r = lo();

	r.ifr_mtu = 40;
	CHECK("an MTU too small for IP", ioctl(s, SIOCSIFMTU, &r) == 0 || errno == EINVAL);
	r.ifr_mtu = 4000;
	CHECK("SIOCSIFMTU",
	      ioctl(s, SIOCSIFMTU, &r) == 0 && (r = lo(), ioctl(s, SIOCGIFMTU, &r)) == 0 && r.ifr_mtu == 4000);
	r.ifr_mtu = 65536;
	CHECK("and back", ioctl(s, SIOCSIFMTU, &r) == 0);
	r = lo();
	ioctl(s, SIOCGIFFLAGS, &r);
	r.ifr_flags &= ~IFF_UP;
	CHECK("down",
	      ioctl(s, SIOCSIFFLAGS, &r) == 0 && (r = lo(), ioctl(s, SIOCGIFFLAGS, &r)) == 0 &&
		      !(r.ifr_flags & IFF_UP));
	r.ifr_flags |= IFF_UP;
	CHECK("up",
	      ioctl(s, SIOCSIFFLAGS, &r) == 0 && (r = lo(), ioctl(s, SIOCGIFFLAGS, &r)) == 0 && (r.ifr_flags & IFF_UP));
	int t = bound(SOCK_DGRAM, 0);
	CHECK("with its address still",
	      t >= 0 && connect_to(t, port_of(t)) == 0 && send(t, "x", 1, 0) == 1 && recv(t, &r, 1, 0) == 1);
	close(t);
}

static struct rtentry route(unsigned dst, unsigned mask, char *dev)
{
	struct rtentry e = { .rt_flags = RTF_UP, .rt_dev = dev };

	((struct sockaddr_in *)&e.rt_dst)->sin_family = AF_INET;
	((struct sockaddr_in *)&e.rt_dst)->sin_addr.s_addr = htonl(dst);
	((struct sockaddr_in *)&e.rt_genmask)->sin_family = AF_INET;
	((struct sockaddr_in *)&e.rt_genmask)->sin_addr.s_addr = htonl(mask);
	return e;
}

static int reachable(unsigned dst)
{
	struct sockaddr_in a = lo_port(9);
	int t = socket(AF_INET, SOCK_DGRAM, 0), r;

	a.sin_addr.s_addr = htonl(dst);
	r = connect(t, SA(&a), sizeof(a));
	close(t);
	return r ? -errno : 0;
}

static int in_table(const char *text)
{
	char line[256];
	int found = 0;
	FILE *f = fopen("/proc/net/route", "r");

	while (fgets(line, sizeof(line), f))
		found |= strstr(line, text) != NULL;
	fclose(f);
	return found;
}

static void routes(void)
{
	struct rtentry e = route(0xc6336400, 0xffffff00, "lo");

	CHECK("SIOCADDRT", ioctl(s, SIOCADDRT, &e) == 0);
	CHECK("twice", ERR(ioctl(s, SIOCADDRT, &e), EEXIST));
	CHECK("in /proc/net/route", in_table("lo\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF"));
	CHECK("reachable", reachable(0xc6336407) == 0);
	CHECK("SIOCDELRT", ioctl(s, SIOCDELRT, &e) == 0 && !in_table("006433C6"));
	CHECK("gone", ERR(ioctl(s, SIOCDELRT, &e), ESRCH));
	e = route(0xc6336401, 0xffffff00, "lo");
	CHECK("bits beyond the mask", ERR(ioctl(s, SIOCADDRT, &e), EINVAL));
	e = route(0xc6336400, 0xff00ff00, "lo");
	CHECK("not a mask", ERR(ioctl(s, SIOCADDRT, &e), EINVAL));
	e = route(0xc6336400, 0xffffff00, "nix0");
	CHECK("no such device", ERR(ioctl(s, SIOCADDRT, &e), ENODEV));
	e = route(0xc6336405, 0xffffffff, NULL);
	e.rt_flags |= RTF_REJECT | RTF_HOST;
	CHECK("a reject route", ioctl(s, SIOCADDRT, &e) == 0 && reachable(0xc6336405) == -EHOSTUNREACH);
	CHECK("goes too", ioctl(s, SIOCDELRT, &e) == 0);
	e = route(0xc6336400, 0xffffff00, NULL);
	e.rt_flags |= RTF_GATEWAY;
	((struct sockaddr_in *)&e.rt_gateway)->sin_family = AF_INET;
	((struct sockaddr_in *)&e.rt_gateway)->sin_addr.s_addr = htonl(0xcb007101);
	CHECK("a gateway out of reach", ERR(ioctl(s, SIOCADDRT, &e), ENETUNREACH) || errno == EINVAL);
	CHECK("EFAULT", ERR(ioctl(s, SIOCADDRT, (void *)8), EFAULT));
}

static void arp(void)
{
	struct arpreq r = { 0 };

	((struct sockaddr_in *)&r.arp_pa)->sin_family = AF_INET;
	((struct sockaddr_in *)&r.arp_pa)->sin_addr.s_addr = htonl(0x7f000063);
	strcpy(r.arp_dev, "lo");
	CHECK("SIOCGARP of none", ERR(ioctl(s, SIOCGARP, &r), ENXIO));
	r.arp_pa.sa_family = AF_UNIX;
	CHECK("other family", ERR(ioctl(s, SIOCGARP, &r), EPFNOSUPPORT));
	r.arp_pa.sa_family = AF_INET;
	strcpy(r.arp_dev, "nix0");
	CHECK("no such device", ERR(ioctl(s, SIOCGARP, &r), ENODEV));
	CHECK("EFAULT", ERR(ioctl(s, SIOCGARP, (void *)8), EFAULT));
}

/* What an ordinary user may not. Reading stays free. */
static void unprivileged(void)
{
	struct rtentry e = route(0xc6336400, 0xffffff00, "lo");
	struct arpreq q = { 0 };
	struct ifreq r = lo(), a = with_addr("lo:1", 0x0a630001);
	int st = 0;

	((struct sockaddr_in *)&q.arp_pa)->sin_family = AF_INET;
	if (!fork()) {
		int bad = setuid(1000) != 0;

		bad |= (ioctl(s, SIOCGIFFLAGS, &r) != 0) << 1;
		bad |= !ERR(ioctl(s, SIOCSIFFLAGS, &r), EPERM) << 2;
		bad |= !ERR(ioctl(s, SIOCSIFMTU, &r), EPERM) << 3;
		bad |= !ERR(ioctl(s, SIOCSIFADDR, &a), EPERM) << 4;
		bad |= !ERR(ioctl(s, SIOCADDRT, &e), EPERM) << 5;
		bad |= !ERR(ioctl(s, SIOCSARP, &q), EPERM) << 6;
		_exit(bad);
	}
	wait(&st);
	CHECK("EPERM without the capability", st == 0);
}

int main(void)
{
	s = socket(AF_INET, SOCK_DGRAM, 0);
	reading();
	listing();
	addresses();
	settings();
	routes();
	arp();
	unprivileged();
	return verdict();
}
