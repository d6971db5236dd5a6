/* net/core/skb_stats.c - every packet's fate and every copied byte, counted
 *
 * What:   names of the drop reasons, counts per net and CPU; bytes copied by site; /proc/net/{drop_reasons,copies,
 *         skbuff}.
 * Called: kfree_skb_reason(), the copying functions; any context.
 * Calls:  procfs.
 * Locks:  none: each CPU adds to its own.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/trace/printk.h"
#include "net/core/netdevice.h"
#include "net/core/skb_internal.h"
#include "net/core/sock.h"

static const char *const reason_names[] = {
	"NOT_DROPPED_YET",
	"CONSUMED",
#define X(name, text) #name,
	SKB_DROP_REASONS(X)
#undef X
};
static const char *const reason_texts[] = {
	"not dropped",
	"served its purpose",
#define X(name, text) text,
	SKB_DROP_REASONS(X)
#undef X
};
static const char *const site_names[] = {
#define X(name) #name,
	SKB_COPY_SITES(X)
#undef X
};
struct skb_copy_counts *skb_copy_counts; /* [P] */

const char *skb_drop_reason_name(enum skb_drop_reason r)
{
	return (unsigned int)r < SKB_DROP_REASON_MAX ? reason_names[r] : "INVALID";
}

const char *skb_drop_reason_text(enum skb_drop_reason r)
{
	return (unsigned int)r < SKB_DROP_REASON_MAX ? reason_texts[r] : "no such reason";
}

/* Only what happened: name, count, sentence. */
static int drop_reasons_show(struct seq_file *m, void *unused)
{
	for (unsigned int r = SKB_CONSUMED + 1; r < SKB_DROP_REASON_MAX; r++) {
		u64 n = net_drop_sum(m->net, r);

		if (n)
			seq_printf(m, "%-24s %10llu  %s\n", reason_names[r], (unsigned long long)n, reason_texts[r]);
	}
	return 0;
}

static int copies_show(struct seq_file *m, void *unused)
{
	seq_puts(m, "site                 calls           bytes\n");
	for (int s = 0; s < NR_SKB_COPY_SITES; s++) {
		u64 calls = 0, bytes = 0;

		for_each_possible_cpu(cpu) {
			calls += per_cpu_ptr(skb_copy_counts, cpu)->calls[s];
			bytes += per_cpu_ptr(skb_copy_counts, cpu)->bytes[s];
		}
		seq_printf(m, "%-14s %11llu %15llu\n", site_names[s], (unsigned long long)calls,
			   (unsigned long long)bytes);
	}
	return 0;
}

static int skbuff_show(struct seq_file *m, void *unused)
{
	s64 skbs, heads;

	skb_live_counts(&skbs, &heads);
	seq_printf(m, "skbs %lld\nheads %lld\nsockets %d\n", (long long)skbs, (long long)heads,
		   atomic_read(&m->net->nr_socks));
	return 0;
}

void skb_stats_init(void)
{
	skb_copy_counts = alloc_percpu(struct skb_copy_counts);
	BUG_UNLESS(skb_copy_counts);
	proc_create_single("net/drop_reasons", 0444, drop_reasons_show, NULL);
	proc_create_single("net/copies", 0444, copies_show, NULL);
	proc_create_single("net/skbuff", 0444, skbuff_show, NULL);
}
