/* net/ipv4/ipconfig.c - the network from the kernel command line: ip=, in Linux's syntax
 *
 * What:   ip=<client>:<server>:<gw>:<netmask>:<hostname>:<device>:<autoconf>:<dns0>:<dns1>:<ntp>; also ip=off, ip=none.
 * Called: configure_network() at start, in process context.
 * Calls:  devinet.c, fib_frontend.c, dev_open().
 * Absent: DHCP, BOOTP, RARP in the kernel (ip=dhcp answers EOPNOTSUPP): that is a program's job. NIS domains.
 */
#include "kernel/syscall/syscall.h"
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"

enum { F_CLIENT, F_SERVER, F_GATEWAY, F_MASK, F_HOSTNAME, F_DEVICE, F_AUTOCONF, F_DNS0, F_DNS1, F_NTP, NR_FIELDS };

/* Dotted quad, whole string. False when it is none. */
static bool parse_ip(const char *s, __be32 *out)
{
	u32 addr = 0;

	for (int i = 0; i < 4; i++) {
		char *end;
		u64 v;

		if (!isdigit(*s))
			return false;
		v = simple_strtoull(s, &end, 10);
		if (v > 255 || (i < 3 ? *end != '.' : *end != '\0'))
			return false;
		addr = addr << 8 | (u32)v;
		s = end + 1;
	}
	*out = htonl(addr);
	return true;
}

static struct net_device *find_device(struct net *net, const char *name)
{
	struct net_device *d;

	if (name && *name)
		return dev_get_by_name(net, name);
	list_for_each_entry(d, &net->dev_base_head, dev_list)
		if (!(d->flags & (IFF_LOOPBACK | IFF_POINTOPOINT)))
			return d;
	return NULL;
}

static int bring_up(struct net *net, struct net_device *dev)
{
	int err = 0;

	rtnl_lock(net);
	if (net->loopback_dev && !(net->loopback_dev->flags & IFF_UP))
		err = dev_open(net->loopback_dev);
	if (!err && dev && !(dev->flags & IFF_UP))
		err = dev_open(dev);
	rtnl_unlock(net);
	return err;
}

/* As classes had it, where no mask was given. */
static u32 default_plen(__be32 addr)
{
	u32 top = ntohl(addr) >> 24;

	return top < 128 ? 8 : top < 192 ? 16 : 24;
}

static int apply(struct net *net, struct net_device *dev, char *f[NR_FIELDS])
{
	__be32 client, gw, mask;
	u32 plen;
	int err;

	if (!parse_ip(f[F_CLIENT], &client))
		return -EINVAL;
	plen = default_plen(client);
	if (f[F_MASK] && *f[F_MASK]) {
		if (!parse_ip(f[F_MASK], &mask) || (~ntohl(mask) & (~ntohl(mask) + 1)))
			return -EINVAL;
		plen = mask ? 32 - (u32)__builtin_ctz(ntohl(mask)) : 0;
	}
	err = inet_addr_add(dev, client, plen);
	if (err && err != -EEXIST)
		return err;
	if (f[F_GATEWAY] && *f[F_GATEWAY]) {
		if (!parse_ip(f[F_GATEWAY], &gw))
			return -EINVAL;
		err = gw ? inet_route_add(net, 0, 0, gw, NULL, 0) : 0;
	}
	return err == -EEXIST ? 0 : err;
}

/* Only lo, no address: what remains to be done when the parameter says off. */
static bool is_off(const char *s) { return !strcmp(s, "off") || !strcmp(s, "none"); }
static bool is_dynamic(const char *s)
{
	static const char *const names[] = { "dhcp", "bootp", "rarp", "both", "on", "any" };

	for (size_t i = 0; s && i < ARRAY_SIZE(names); i++)
		if (!strcmp(s, names[i]))
			return true;
	return false;
}

int ip_auto_config(struct net *net, const char *param)
{
	char buf[256], *rest = buf, *f[NR_FIELDS] = { NULL };
	struct net_device *dev;
	int err;

	if (strscpy(buf, param, sizeof(buf)) < 0)
		return -EINVAL;
	if (is_off(buf) || !*buf)
		return bring_up(net, NULL);
	if (is_dynamic(buf)) {
		bring_up(net, NULL);
		return -EOPNOTSUPP;
	}
	for (int i = 0; i < NR_FIELDS && rest; i++)
		f[i] = strsep(&rest, ":");
	if (is_dynamic(f[F_AUTOCONF]) && !*f[F_CLIENT]) {
		bring_up(net, NULL);
		return -EOPNOTSUPP;
	}
	dev = find_device(net, f[F_DEVICE]);
	err = bring_up(net, dev);
	if (f[F_HOSTNAME] && *f[F_HOSTNAME])
		set_hostname(strsep(&f[F_HOSTNAME], ".")); /* behind the dot: the NIS domain */
	if (!err)
		err = dev ? 0 : -ENODEV;
	return err ? err : apply(net, dev, f);
}
