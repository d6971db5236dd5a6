/* net/core/sockstat.c - /proc/net/sockstat: how many sockets there are, and what they hold
 *
 * What:   one line of its own from each protocol, behind the count of all sockets.
 * Called: protocols at start; reads of the file.
 * Locks:  lines are added at start only and never leave.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/trace/printk.h"
#include "net/core/core.h"

#define MAX_LINES 8

static sockstat_show *lines[MAX_LINES]; /* filled at start */
static unsigned int nr_lines;

void sockstat_register(sockstat_show *show)
{
	BUG_UNLESS(nr_lines < MAX_LINES);
	lines[nr_lines++] = show;
}

static int show_all(struct seq_file *m, void *unused)
{
	seq_printf(m, "sockets: used %d\n", atomic_read(&m->net->nr_socks));
	for (unsigned int i = 0; i < nr_lines; i++)
		lines[i](m, m->net);
	return 0;
}

void sockstat_init(void) { proc_create_single("net/sockstat", 0444, show_all, NULL); }
