/* net/core/core_sysctl.c - /proc/sys/net/core
 *
 * What:   defaults, and the files that change them.
 * Called: at start.
 * Locks:  none: single words.
 * Absent: the files act on the first stack; other namespaces keep the defaults.
 */
#include "kernel/fs/proc_fs.h"
#include "net/core/core.h"

int net_core_sysctl_init(void)
{
	struct netns_core *c = init_net->core;
	const struct { const char *path; int *value; long min; } knobs[] = {
		{ "net/core/rmem_default", &c->rmem_default, SOCK_MIN_RCVBUF },
		{ "net/core/rmem_max", &c->rmem_max, SOCK_MIN_RCVBUF },
		{ "net/core/wmem_default", &c->wmem_default, SOCK_MIN_SNDBUF },
		{ "net/core/wmem_max", &c->wmem_max, SOCK_MIN_SNDBUF },
		{ "net/core/somaxconn", &c->somaxconn, 0 },
		{ "net/core/netdev_max_backlog", &c->netdev_max_backlog, 1 },
		{ "net/core/netdev_budget", &c->netdev_budget, 1 },
		{ "net/core/netdev_budget_usecs", &c->netdev_budget_usecs, 1 },
		{ "net/core/dev_weight", &c->dev_weight, 1 },
	};
	static struct ctl_table table[ARRAY_SIZE(knobs)];

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		table[i] = (struct ctl_table){ .path = knobs[i].path, .data = knobs[i].value, .maxlen = sizeof(int),
					       .mode = 0644, .handler = proc_dointvec_minmax, .min = knobs[i].min,
					       .max = INT_MAX };
	return register_sysctl_table(table, ARRAY_SIZE(table));
}
