/* net/ipv4/sysctl.c - net.ipv4.*: Linux's names, Linux's defaults, each read by the code that it governs
 *
 * What:   the defaults of a new stack; the files under /proc/sys/net/ipv4 for the first one.
 * Called: af_inet.c at start, devinet.c as devices come.
 * Absent: the files of further namespaces: those have their own values, shown nowhere yet.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/ipv4/internal.h"

static const struct ipv4_sysctl defaults = {
	.ip_default_ttl = 64, .min_pmtu = 552, .mtu_expires_s = 600, .ip_local_port_range = { 32768, 60999 },
	.ip_unprivileged_port_start = 1024, .ping_group_range = { 1, 0 }, .icmp_echo_ignore_broadcasts = 1,
	.icmp_ratelimit_ms = 1000, .icmp_ratemask = 0x1818, .icmp_msgs_per_sec = 1000, .icmp_msgs_burst = 50,
	.ipfrag_high_thresh = 4 << 20, .ipfrag_low_thresh = 3 << 20, .ipfrag_time_s = 30, .ipfrag_max_dist = 64,
	.igmp_max_memberships = 20,
};

void ipv4_sysctl_init(struct net *net)
{
	net->ipv4->sysctl = defaults;
	net->ipv4->conf_all.send_redirects = net->ipv4->conf_default.send_redirects = 0;
	net->ipv4->icmp_global_credit = (u32)defaults.icmp_msgs_burst;
}

/* ip_forward changes how every packet is judged: cached answers are asked for again. */
static int forward_handler(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	int err = proc_dointvec(t, write, buf, len);

	if (!err && write && t->extra)
		rt_cache_flush(t->extra);
	return err;
}

#define INT(name, field, lo, hi)                                                                                       \
	{ .path = "net/ipv4/" name, .data = &s->field, .maxlen = sizeof(s->field), .mode = 0644,                      \
	  .handler = proc_dointvec_minmax, .min = (lo), .max = (hi) }
#define CONF(dev, c, field, lo, hi)                                                                                    \
	{ .path = "net/ipv4/conf/" dev "/" #field, .data = &(c)->field, .maxlen = sizeof((c)->field), .mode = 0644,    \
	  .handler = proc_dointvec_minmax, .min = (lo), .max = (hi) }
#define CONF_ALL(dev, c)                                                                                               \
	CONF(dev, c, rp_filter, 0, 2), CONF(dev, c, accept_source_route, 0, 1), CONF(dev, c, accept_local, 0, 1),      \
		CONF(dev, c, log_martians, 0, 1), CONF(dev, c, arp_ignore, 0, 8), CONF(dev, c, arp_announce, 0, 2),    \
		CONF(dev, c, arp_accept, 0, 1), CONF(dev, c, arp_notify, 0, 1), CONF(dev, c, route_localnet, 0, 1),    \
		CONF(dev, c, forwarding, 0, 1)

/* Once, for init_net. */
void ipv4_sysctl_register(struct net *net)
{
	struct ipv4_sysctl *s = &net->ipv4->sysctl;
	struct ipv4_devconf *all = &net->ipv4->conf_all, *def = &net->ipv4->conf_default;
	const struct ctl_table tables[] = {
		{ .path = "net/ipv4/ip_forward",
		  .data = &s->ip_forward,
		  .maxlen = sizeof(int),
		  .mode = 0644,
		  .handler = forward_handler,
		  .min = 0,
		  .max = 1,
		  .extra = net },
		INT("ip_default_ttl", ip_default_ttl, 1, 255),
		INT("ip_no_pmtu_disc", ip_no_pmtu_disc, 0, 3),
		INT("route/min_pmtu", min_pmtu, 68, 65535),
		INT("route/mtu_expires", mtu_expires_s, 1, INT_MAX),
		INT("ip_nonlocal_bind", ip_nonlocal_bind, 0, 1),
		INT("ip_forward_use_pmtu", ip_forward_use_pmtu, 0, 1),
		INT("ip_local_port_range", ip_local_port_range, 1, 65535),
		INT("ip_unprivileged_port_start", ip_unprivileged_port_start, 0, 65535),
		INT("ping_group_range", ping_group_range, 0, INT_MAX),
		INT("icmp_echo_ignore_all", icmp_echo_ignore_all, 0, 1),
		INT("icmp_echo_ignore_broadcasts", icmp_echo_ignore_broadcasts, 0, 1),
		INT("icmp_ratelimit", icmp_ratelimit_ms, 0, 1 << 24),
		INT("icmp_ratemask", icmp_ratemask, 0, INT_MAX),
		INT("icmp_msgs_per_sec", icmp_msgs_per_sec, 0, 1 << 24),
		INT("icmp_msgs_burst", icmp_msgs_burst, 0, 1 << 24),
		INT("ipfrag_high_thresh", ipfrag_high_thresh, 0, INT_MAX),
		INT("ipfrag_time", ipfrag_time_s, 1, 1 << 20),
		INT("igmp_max_memberships", igmp_max_memberships, 0, INT_MAX),
		CONF_ALL("all", all),
		CONF_ALL("default", def),
	};
	struct ctl_table *live = kmemdup(tables, sizeof(tables), GFP_KERNEL);

	if (live)
		register_sysctl_table(live, ARRAY_SIZE(tables));
}

/* conf/NAME/... of a device; the table and its paths live as long as the kernel, like the names in the tree. */
void ipv4_sysctl_register_dev(struct in_device *in)
{
	struct ipv4_devconf *c = &in->cnf;
	const struct ctl_table tables[] = { CONF_ALL("", c) };
	struct ctl_table *live;

	if (in->dev->net != init_net)
		return;
	live = kmemdup(tables, sizeof(tables), GFP_KERNEL);
	for (size_t i = 0; live && i < ARRAY_SIZE(tables); i++) {
		const char *field = strrchr(tables[i].path, '/') + 1;

		live[i].path = kasprintf(GFP_KERNEL, "net/ipv4/conf/%s/%s", in->dev->name, field);
		if (!live[i].path)
			return;
	}
	if (live)
		register_sysctl_table(live, ARRAY_SIZE(tables));
}
