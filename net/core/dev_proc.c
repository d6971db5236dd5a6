/* net/core/dev_proc.c - /proc/net/{dev,softnet_stat,napi,ptype}
 *
 * What:   the counters of devices and CPUs as text, dev and softnet_stat exactly as Linux prints them.
 * Called: readers of /proc, process context.
 * Locks:  device list under RCU; the files print without sleeping.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/core/softnet.h"

typedef unsigned long long ull;

static void dev_line(struct seq_file *m, struct net_device *dev)
{
	struct net_device_stats64 s;

	dev_get_stats(dev, &s);
	seq_printf(m, "%6s: %7llu %7llu %4llu %4llu %4llu %5llu %10llu %9llu ", dev->name, (ull)s.rx_bytes,
		   (ull)s.rx_packets, (ull)s.rx_errors, (ull)(s.rx_dropped + s.rx_missed_errors), (ull)s.rx_fifo_errors,
		   (ull)(s.rx_length_errors + s.rx_over_errors + s.rx_crc_errors + s.rx_frame_errors), 0ULL,
		   (ull)s.multicast);
	seq_printf(m, "%8llu %7llu %4llu %4llu %4llu %5llu %7llu %10llu\n", (ull)s.tx_bytes, (ull)s.tx_packets,
		   (ull)s.tx_errors, (ull)s.tx_dropped, (ull)s.tx_fifo_errors, (ull)s.collisions,
		   (ull)(s.tx_carrier_errors + s.tx_aborted_errors + s.tx_window_errors + s.tx_heartbeat_errors), 0ULL);
}

static int dev_show(struct seq_file *m, void *unused)
{
	struct net_device *dev;

	seq_puts(m, "Inter-|   Receive                                                |  Transmit\n"
		    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
		    "drop fifo colls carrier compressed\n");
	rcu_read_lock();
	for_each_netdev_rcu(m->net, dev)
		dev_line(m, dev);
	rcu_read_unlock();
	return 0;
}

/* 15 columns: processed, dropped, time_squeeze, 6 zeros, RPS, flow limit, backlog, CPU, the two queues' lengths. */
static int softnet_show(struct seq_file *m, void *unused)
{
	for_each_possible_cpu(cpu) {
		const struct softnet_data *sd = per_cpu_ptr(softnet_data, cpu);
		u32 backlog = skb_queue_len(&sd->input_pkt_queue);

		seq_printf(m, "%08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x %08x\n",
			   (u32)sd->processed, (u32)sd->dropped, (u32)sd->time_squeeze, 0, 0, 0, 0, 0, 0, 0, 0, backlog,
			   cpu, backlog, 0);
	}
	return 0;
}

static void napi_line(struct seq_file *m, const char *name, const struct napi_struct *n)
{
	u64 tenths = n->polls ? n->packets * 10 / n->polls : 0;

	seq_printf(m, "%-10s %10llu %10llu %10llu %7llu.%llu ", name, (ull)n->interrupts,
		   (ull)n->polls, (ull)n->packets, (ull)(tenths / 10), (ull)(tenths % 10));
	seq_printf(m, "%10llu %8llu %8llu %10llu %10llu %s\n", (ull)n->full_polls, (ull)n->switches_to_poll,
		   (ull)n->switches_to_irq, (ull)n->gro_packets, (ull)n->gro_segments,
		   n->polling ? "polling" : hrtimer_active(&n->timer) ? "timer" : "interrupt");
}

static int napi_show(struct seq_file *m, void *unused)
{
	struct net_device *dev;
	struct napi_struct *n;

	seq_puts(m, "device     interrupts      polls    packets pkts/poll  fullpolls  to_poll   to_irq   gro_pkts   "
		    "gro_segs mode\n");
	rcu_read_lock();
	for_each_netdev_rcu(m->net, dev)
		list_for_each_entry_rcu(n, &dev->napi_list, dev_list)
			napi_line(m, dev->name, n);
	rcu_read_unlock();
	for_each_possible_cpu(cpu) {
		char name[16];

		snprintf(name, sizeof(name), "backlog/%u", cpu);
		napi_line(m, name, &per_cpu_ptr(softnet_data, cpu)->backlog);
	}
	seq_puts(m, "\ncpu         processed    dropped  squeezed\n");
	for_each_possible_cpu(cpu) {
		const struct softnet_data *sd = per_cpu_ptr(softnet_data, cpu);

		seq_printf(m, "%-10u %10llu %10llu %9llu\n", cpu, (ull)sd->processed, (ull)sd->dropped,
			   (ull)sd->time_squeeze);
	}
	return 0;
}

void dev_proc_init(void)
{
	proc_create_single("net/dev", 0444, dev_show, NULL);
	proc_create_single("net/softnet_stat", 0444, softnet_show, NULL);
	proc_create_single("net/napi", 0444, napi_show, NULL);
	proc_create_single("net/ptype", 0444, ptype_show, NULL);
}
