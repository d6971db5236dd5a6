/* net/ipv4/fib_frontend.c - routes as people and addresses make them; /proc/net/route
 *
 * What:   SIOCADDRT and SIOCDELRT (struct rtentry), the routes that an address brings (RFC 1122 3.3.1), printing.
 * Called: af_inet.c, devinet.c, ipconfig.c; procfs.
 * Calls:  fib_trie.c.
 * Locks:  rtnl.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/uaccess.h"
#include "lib/printf.h"
#include "kernel/process/capability.h"
#include "net/ipv4/internal.h"
#include <linux/if_addr.h>
#include <linux/route.h>
#include <linux/sockios.h>

static int change(struct in_ifaddr *ifa, bool add, u8 type, __be32 dst, u32 plen)
{
	struct net *net = ifa->in_dev->dev->net;
	struct fib_config c = { .dst = dst,
				.plen = (u8)plen,
				.type = type,
				.proto = RTPROT_KERNEL,
				.prefsrc = ifa->ifa_local,
				.dev = ifa->in_dev->dev,
				.table = type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL,
				.scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK };

	return add ? fib_table_insert(net, &c) : fib_table_delete(net, &c);
}

/* Local, connected and broadcast routes; those of a /31 and /32 have no broadcast (RFC 3021). */
static void change_all(struct in_ifaddr *ifa, bool add)
{
	struct net_device *dev = ifa->in_dev->dev;
	__be32 prefix = ifa->ifa_address & ifa->ifa_mask;
	bool secondary = ifa->ifa_flags & IFA_F_SECONDARY;

	change(ifa, add, RTN_LOCAL, ifa->ifa_local, 32);
	if (ifa->ifa_broadcast && ifa->ifa_broadcast != htonl(INADDR_BROADCAST))
		change(ifa, add, RTN_BROADCAST, ifa->ifa_broadcast, 32);
	if (secondary || ipv4_is_zeronet(prefix) || (ifa->ifa_prefixlen == 32 && ifa->ifa_address == ifa->ifa_local))
		return;
	change(ifa, add, dev->flags & IFF_LOOPBACK ? RTN_LOCAL : RTN_UNICAST, prefix, ifa->ifa_prefixlen);
	if (ifa->ifa_prefixlen < 31)
		change(ifa, add, RTN_BROADCAST, prefix | ~ifa->ifa_mask, 32);
}

void fib_add_ifaddr(struct in_ifaddr *ifa) { change_all(ifa, true); }

/* The local route stays while another device has the same address. */
void fib_del_ifaddr(struct in_ifaddr *ifa)
{
	struct net *net = ifa->in_dev->dev->net;

	change_all(ifa, false);
	if (!inet_lookup_ifaddr_rcu(net, ifa->ifa_local))
		fib_flush_prefsrc(net, ifa->ifa_local);
}

static u32 mask_plen(__be32 mask) { return mask ? 32 - (u32)__builtin_ctz(ntohl(mask)) : 0; }
static bool bad_mask(__be32 mask) { u32 h = ~ntohl(mask); return h & (h + 1); }
static __be32 sa_addr(const struct sockaddr *sa) { return ((const struct sockaddr_in *)sa)->sin_addr.s_addr; }

/* Device name of rt_dev, "eth0" or "eth0:1". */
static int rtentry_device(struct net *net, const char __user *uname, struct net_device **dev)
{
	char name[IFNAMSIZ], *colon;
	ssize_t n = strncpy_from_user(name, uname, sizeof(name));

	if (n < 0)
		return -EFAULT;
	name[sizeof(name) - 1] = '\0';
	colon = strchr(name, ':');
	if (colon)
		*colon = '\0';
	*dev = dev_get_by_name(net, name);
	return *dev ? 0 : -ENODEV;
}

static int rtentry_to_config(struct net *net, unsigned int cmd, const struct rtentry *rt, struct fib_config *c)
{
	__be32 mask = rt->rt_flags & RTF_HOST ? htonl(INADDR_BROADCAST) : sa_addr(&rt->rt_genmask);

	if (rt->rt_dst.sa_family != AF_INET)
		return -EAFNOSUPPORT;
	if (rt->rt_genmask.sa_family != AF_INET && mask && !(rt->rt_flags & RTF_HOST) && rt->rt_genmask.sa_family)
		return -EAFNOSUPPORT;
	if (bad_mask(mask) || (sa_addr(&rt->rt_dst) & ~mask))
		return -EINVAL;
	*c = (struct fib_config){ .dst = sa_addr(&rt->rt_dst), .plen = (u8)mask_plen(mask), .proto = RTPROT_BOOT,
				  .table = RT_TABLE_MAIN, .type = RTN_UNICAST, .scope = RT_SCOPE_LINK,
				  .metric = rt->rt_metric > 0 ? (u32)rt->rt_metric - 1 : 0,
				  .mtu = rt->rt_flags & RTF_MTU && rt->rt_mtu < 65536 ? (u32)rt->rt_mtu : 0 };
	/* a route that is no way has no device, though one is named */
	if (rt->rt_dev && !(rt->rt_flags & RTF_REJECT)) {
		int err = rtentry_device(net, (const char __force __user *)rt->rt_dev, &c->dev);

		if (err)
			return err;
	}
	if (rt->rt_flags & RTF_REJECT) {
		c->type = RTN_UNREACHABLE;
		c->scope = RT_SCOPE_HOST;
	} else if (rt->rt_flags & RTF_GATEWAY && rt->rt_gateway.sa_family == AF_INET && sa_addr(&rt->rt_gateway)) {
		c->gw = sa_addr(&rt->rt_gateway);
		c->scope = RT_SCOPE_UNIVERSE;
	}
	if (cmd == SIOCDELRT) {
		c->type = rt->rt_flags & RTF_REJECT ? RTN_UNREACHABLE : 0;
		c->scope = RT_SCOPE_NOWHERE;
		c->proto = RTPROT_UNSPEC;
		return 0;
	}
	if (rt->rt_flags & RTF_GATEWAY && !c->gw)
		return -EINVAL;
	return 0;
}

int fib_ioctl(struct net *net, unsigned int cmd, void __user *arg)
{
	struct fib_config c;
	struct rtentry rt;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	if (copy_from_user(&rt, arg, sizeof(rt)))
		return -EFAULT;
	rtnl_lock(net);
	err = rtentry_to_config(net, cmd, &rt, &c);
	if (!err)
		err = cmd == SIOCADDRT ? fib_table_insert(net, &c) : fib_table_delete(net, &c);
	rtnl_unlock(net);
	return err;
}

int inet_route_add(struct net *net, __be32 dst, u32 prefixlen, __be32 gw, struct net_device *dev, u32 metric)
{
	struct fib_config c = { .dst = dst,
				.plen = (u8)prefixlen,
				.gw = gw,
				.dev = dev,
				.metric = metric,
				.type = RTN_UNICAST,
				.table = RT_TABLE_MAIN,
				.proto = RTPROT_BOOT,
				.scope = gw ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK };
	int err;

	if (prefixlen > 32)
		return -EINVAL;
	rtnl_lock(net);
	err = fib_table_insert(net, &c);
	rtnl_unlock(net);
	return err;
}

static bool show_route(struct fib_route *r, void *ctx)
{
	u32 flags = RTF_UP | (r->gw ? RTF_GATEWAY : 0) | (r->plen == 32 ? RTF_HOST : 0) | (r->dev ? 0 : RTF_REJECT);
	struct seq_file *m = ctx;
	char line[160];
	int n;

	if (r->type == RTN_BROADCAST || r->type == RTN_MULTICAST)
		return true;
	n = scnprintf(line, sizeof(line), "%s\t%08X\t%08X\t%04X\t%d\t%u\t%d\t%08X\t%d\t%u\t%u",
		      r->dev ? r->dev->name : "*", (__force u32)htonl(r->key), (__force u32)r->gw, flags, 0, 0,
		      r->metric, (__force u32)inet_make_mask(r->plen), r->mtu ? (int)r->mtu - 40 : 0, 0, 0);
	seq_write(m, line, (size_t)n);
	for (; n < 127; n++)
		seq_putc(m, ' ');
	seq_putc(m, '\n');
	return true;
}

static int route_show(struct seq_file *m, void *data)
{
	char head[] = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

	seq_puts(m, head);
	for (size_t n = sizeof(head) - 1; n < 127; n++)
		seq_putc(m, ' ');
	seq_putc(m, '\n');
	rtnl_lock(m->net);
	fib_table_walk(&m->net->ipv4->main, show_route, m);
	rtnl_unlock(m->net);
	return 0;
}

static const char *const scope_names[] = {
	[RT_SCOPE_UNIVERSE] = "universe", [RT_SCOPE_SITE] = "site", [RT_SCOPE_LINK] = "link", [RT_SCOPE_HOST] = "host",
	[RT_SCOPE_NOWHERE] = "nowhere" /* of 256: every scope has a place */
};
static const char *const type_names[] = { "UNSPEC",    "UNICAST",   "LOCAL",	   "BROADCAST", "ANYCAST",
					  "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT",	"THROW" };

static void show_node(struct seq_file *m, const struct fib_node *n, u32 depth)
{
	__be32 key = htonl(n->key);

	for (u32 i = 0; i < depth; i++)
		seq_puts(m, "   ");
	seq_printf(m, "%s %pI4/%u\n", n->routes ? "|--" : "+--", &key, n->plen);
	for (const struct fib_route *r = n->routes; r; r = r->next) {
		const char *scope = scope_names[r->scope];

		for (u32 i = 0; i <= depth; i++)
			seq_puts(m, "   ");
		seq_printf(m, "/%u %s %s", r->plen, scope ? scope : "?",
			   r->type < ARRAY_SIZE(type_names) ? type_names[r->type] : "?");
		if (r->gw)
			seq_printf(m, " via %pI4", &r->gw);
		seq_printf(m, " dev %s metric %u\n", r->dev ? r->dev->name : "-", r->metric);
	}
	for (int i = 0; i < 2; i++)
		if (n->child[i])
			show_node(m, n->child[i], depth + 1);
}

static int trie_show(struct seq_file *m, void *data)
{
	struct fib_table *tables[] = { &m->net->ipv4->main, &m->net->ipv4->local };

	rtnl_lock(m->net);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		seq_printf(m, "%s: %u routes, %u nodes\n", i ? "Local" : "Main", tables[i]->count,
			   fib_node_count(tables[i]->root));
		if (tables[i]->root)
			show_node(m, tables[i]->root, 0);
	}
	rtnl_unlock(m->net);
	return 0;
}

void fib_proc_init(void)
{
	proc_create_single("net/route", 0444, route_show, NULL);
	proc_create_single("net/fib_trie", 0444, trie_show, NULL);
}
