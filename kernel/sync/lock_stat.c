/* kernel/sync/lock_stat.c - /proc/lock_stat: which locks are shared, and which are waited for; debug build
 *
 * What:   for each class of locks (lockdep.h): contentions, acquisitions that had to wait; bounces, acquisitions of a
 *         lock that another CPU had before; acquisitions. A lock without bounces belongs to one CPU, whatever its code
 *         says. "echo 0 >/proc/lock_stat" starts again.
 * Called: the lock functions, by way of lockdep; readers of the file.
 * Locks:  none: a CPU counts in its own place, with interrupts off.
 * Absent: how long was waited and held.
 */
#include "kernel/sync/lockdep.h"

#ifdef DEBUG
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/preempt.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include <linux/errno.h>

struct lock_stats { struct lock_stat { u64 contended, bounced, taken; } of[LOCKDEP_MAX_CLASSES]; };
static struct lock_stats *lock_stats; /* alloc_percpu; NULL in the first moments */

void lock_stat_taken(struct lockdep_map *dep)
{
	u32 cpu = smp_processor_id();
	struct lock_stat *s;

	if (!lock_stats)
		return;
	s = &this_cpu_ptr(lock_stats)->of[dep->class_id];
	s->taken++;
	s->bounced += dep->cpu != cpu;
	dep->cpu = cpu;
}

void lock_stat_contended(u32 class_id)
{
	unsigned long flags = local_irq_save();

	if (lock_stats)
		this_cpu_ptr(lock_stats)->of[class_id].contended++;
	local_irq_restore(flags);
}

static struct lock_stat sum_of(u32 id)
{
	struct lock_stat sum = { 0 };

	for_each_possible_cpu(cpu) {
		const struct lock_stat *s = &per_cpu_ptr(lock_stats, cpu)->of[id];

		sum.contended += s->contended;
		sum.bounced += s->bounced;
		sum.taken += s->taken;
	}
	return sum;
}

static int show(struct seq_file *m, void *unused)
{
	seq_puts(m, "contentions      bounces acquisitions class\n");
	for (u32 id = 1; id < lockdep_nr_classes(); id++) {
		struct lock_stat s = sum_of(id);

		if (!s.taken)
			continue;
		seq_printf(m, "%11llu %12llu %12llu ", (unsigned long long)s.contended, (unsigned long long)s.bounced,
			   (unsigned long long)s.taken);
		lockdep_print_class(m, id);
		seq_putc(m, '\n');
	}
	return 0;
}

static ssize_t reset(const char *text, size_t n, void *unused)
{
	if (strcmp(text, "0") && strcmp(text, "0\n"))
		return -EINVAL;
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(lock_stats, cpu), 0, sizeof(*lock_stats));
	return (ssize_t)n;
}

void lock_stat_proc_init(void)
{
	lock_stats = alloc_percpu(struct lock_stats);
	BUG_ON(!lock_stats);
	proc_create_rw("lock_stat", 0600, show, reset, NULL);
}
#endif
