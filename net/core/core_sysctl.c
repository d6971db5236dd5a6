/* net/core/core_sysctl.c - /proc/sys/net/core
 *
 * What:   sizes of socket buffers and of listen queues are each stack's own; how much a softirq takes at once belongs
 *         to the CPUs, which serve all stacks, and is read from the first.
 * Called: at start; handlers by readers and writers of the files.
 * Locks:  none: single words.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/sched/task.h"
#include "net/core/core.h"

/* t->extra is the offset of the value in the stack of who asks. */
static int own_stack_int(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	struct ctl_table own = *t;

	own.data = (char *)current->net->core + (size_t)t->extra;
	return proc_dointvec_minmax(&own, write, buf, len);
}

#define KNOB(name, lowest)                                                                                             \
	{ .path = "net/core/" #name, .maxlen = sizeof(int), .mode = 0644, .min = (lowest), .max = INT_MAX,             \
	  .extra = (void *)offsetof(struct netns_core, name) }

int net_core_sysctl_init(void)
{
	static struct ctl_table table[] = {
		KNOB(rmem_default, SOCK_MIN_RCVBUF),
		KNOB(rmem_max, SOCK_MIN_RCVBUF),
		KNOB(wmem_default, SOCK_MIN_SNDBUF),
		KNOB(wmem_max, SOCK_MIN_SNDBUF),
		KNOB(somaxconn, 0),
		KNOB(netdev_max_backlog, 1), /* from here on: the CPUs' */
		KNOB(netdev_budget, 1),
		KNOB(netdev_budget_usecs, 1),
		KNOB(dev_weight, 1),
	};
	enum { OWN = 5 };

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		table[i].handler = i < OWN ? own_stack_int : proc_dointvec_minmax;
		table[i].data = (char *)init_net->core + (size_t)table[i].extra;
	}
	return register_sysctl_table(table, ARRAY_SIZE(table));
}
