/* net/core/sockstat.c - /proc/net/sockstat: how many sockets there are, and what they hold
 *
 * What:   one line of its own from each protocol, behind the count of all sockets.
 * Called: protocols at start; reads of the file.
 * Locks:  lines are added at start only and never leave.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/trace/printk.h"
#include "net/core/core.h"

static sockstat_show *lines[NR_SOCKSTAT_LINES]; /* filled at start */

void sockstat_register(enum sockstat_line line, sockstat_show *show) { lines[line] = show; }

static int show_all(struct seq_file *m, void *unused)
{
	seq_printf(m, "sockets: used %d\n", atomic_read(&m->net->nr_socks));
	for (unsigned int i = 0; i < NR_SOCKSTAT_LINES; i++)
		if (lines[i])
			lines[i](m, m->net);
	return 0;
}

void sockstat_init(void) { proc_create_single("net/sockstat", 0444, show_all, NULL); }
