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

static void ip_settings(const struct net *net, bool *forwarding, int *default_ttl)
{
	*forwarding = net->ipv4->sysctl.ip_forward;
	*default_ttl = net->ipv4->sysctl.ip_default_ttl;
}

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

	snmp_ip_settings = ip_settings;
	if (live)
		register_sysctl_table(live, ARRAY_SIZE(tables));
}

/* --- conf/NAME/... of a device ---
 *
 * An open file may outlive its device: the tables are kept under their name, each access looks for the device that now
 * bears it, and a later device of that name gets them again. */

struct dev_tables {
	struct dev_tables *next;	/* [L] */
	char name[IFNAMSIZ];
	bool shown;			/* [L] */
	u16 n;
	struct ctl_table t[];		/* data: where the field lies in struct ipv4_devconf */
};
static struct dev_tables *dev_tables;	/* [L] of init_net */

static int dev_handler(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	const char *name = t->path + sizeof("net/ipv4/conf/") - 1, *end = strchr(name, '/');
	char dev_name[IFNAMSIZ] = "";
	struct net_device *dev;
	struct in_device *in;
	int err = -ENODEV;

	memcpy(dev_name, name, min((size_t)(end - name), sizeof(dev_name) - 1));
	rcu_read_lock();
	dev = dev_get_by_name(init_net, dev_name);
	in = dev ? in_dev_get_rcu(dev) : NULL;
	if (in) {
		struct ctl_table here = *t;

		here.data = (u8 *)&in->cnf + (size_t)t->data;
		err = proc_dointvec_minmax(&here, write, buf, len);
	}
	rcu_read_unlock();
	return err;
}

static struct dev_tables *tables_make(const char *name)
{
	const struct ctl_table tables[] = { CONF_ALL("", (struct ipv4_devconf *)0) };
	struct dev_tables *d = kzalloc(sizeof(*d) + sizeof(tables), GFP_KERNEL);

	if (!d)
		return NULL;
	memcpy(d->t, tables, sizeof(tables));
	strscpy(d->name, name, sizeof(d->name));
	for (; d->n < ARRAY_SIZE(tables); d->n++) {
		d->t[d->n].handler = dev_handler;
		d->t[d->n].path =
			kasprintf(GFP_KERNEL, "net/ipv4/conf/%s/%s", name, strrchr(tables[d->n].path, '/') + 1);
		if (!d->t[d->n].path)
			break; /* the rest stays unseen */
	}
	d->next = dev_tables;
	dev_tables = d;
	return d;
}

static struct dev_tables *tables_find(const char *name)
{
	struct dev_tables *d = dev_tables;

	while (d && strcmp(d->name, name))
		d = d->next;
	return d;
}

void ipv4_sysctl_register_dev(struct in_device *in)
{
	struct dev_tables *d = in->dev->net == init_net ? tables_find(in->dev->name) : NULL;

	if (!d && in->dev->net == init_net)
		d = tables_make(in->dev->name);
	if (!d || d->shown)
		return;
	d->shown = true;
	register_sysctl_table(d->t, d->n);
}

void ipv4_sysctl_unregister_dev(struct in_device *in)
{
	struct dev_tables *d = in->dev->net == init_net ? tables_find(in->dev->name) : NULL;
	char path[96];

	if (!d || !d->shown)
		return;
	d->shown = false;
	for (u16 i = 0; i < d->n; i++) {
		snprintf(path, sizeof(path), "sys/%s", d->t[i].path);
		proc_remove(path);
	}
}
