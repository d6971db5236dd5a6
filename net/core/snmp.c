/* net/core/snmp.c - the sums of the MIB counters, and their two files
 *
 * What:   /proc/net/snmp and /proc/net/netstat in Linux's format: a line of names, a line of values, a group each.
 * Called: readers of /proc.
 * Locks:  none: counters are per CPU, the sum is a snapshot.
 * Absent: IcmpMsg and UdpLite, which depend on state that does not exist here.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/core/net_namespace.h"

u64 net_mib_sum(const struct net *net, enum net_mib_item item)
{
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(net->mib, cpu)->v[item]);
	return sum;
}

u64 net_drop_sum(const struct net *net, enum skb_drop_reason r)
{
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(net->mib, cpu)->drops[r]);
	return sum;
}

struct mib_column { u16 item; const char *name; };
#define X(item, name) { MIB_##item, name },
static const struct mib_column ip_columns[] = { MIB_IP(X) };
static const struct mib_column icmp_columns[] = { MIB_ICMP(X) };
static const struct mib_column tcp_columns[] = { MIB_TCP(X) };
static const struct mib_column udp_columns[] = { MIB_UDP(X) };
static const struct mib_column tcpext_columns[] = { MIB_TCPEXT(X) };
static const struct mib_column ipext_columns[] = { MIB_IPEXT(X) };
#undef X

/* lead: columns that are settings, not counters (their names, their values). */
static void show_group(struct seq_file *m, const char *group, const char *lead_names, const char *lead_values,
		       const struct mib_column *c, size_t n)
{
	seq_printf(m, "%s:%s", group, lead_names);
	for (size_t i = 0; i < n; i++)
		seq_printf(m, " %s", c[i].name);
	seq_printf(m, "\n%s:%s", group, lead_values);
	for (size_t i = 0; i < n; i++)
		seq_printf(m, " %llu", (unsigned long long)net_mib_sum(m->net, c[i].item));
	seq_putc(m, '\n');
}
#define SHOW(m, group, names, values, columns) show_group(m, group, names, values, columns, ARRAY_SIZE(columns))

void (*snmp_ip_settings)(const struct net *net, bool *forwarding, int *default_ttl);

/* The leads: whether we forward (RFC 4293: 1 yes, 2 no) and the TTL; RTO by RFC 6298 in milliseconds, no limit of
 * connections. */
static int snmp_show(struct seq_file *m, void *unused)
{
	bool forwarding = false;
	char ip[24];
	int ttl = 64;

	if (snmp_ip_settings)
		snmp_ip_settings(m->net, &forwarding, &ttl);
	snprintf(ip, sizeof(ip), " %d %d", forwarding ? 1 : 2, ttl);
	SHOW(m, "Ip", " Forwarding DefaultTTL", ip, ip_columns);
	SHOW(m, "Icmp", "", "", icmp_columns);
	SHOW(m, "Tcp", " RtoAlgorithm RtoMin RtoMax MaxConn", " 1 200 120000 -1", tcp_columns);
	SHOW(m, "Udp", "", "", udp_columns);
	return 0;
}

static int netstat_show(struct seq_file *m, void *unused)
{
	SHOW(m, "TcpExt", "", "", tcpext_columns);
	SHOW(m, "IpExt", "", "", ipext_columns);
	return 0;
}

void snmp_init(void)
{
	proc_create_single("net/snmp", 0444, snmp_show, NULL);
	proc_create_single("net/netstat", 0444, netstat_show, NULL);
}
