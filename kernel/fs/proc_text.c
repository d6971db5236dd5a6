/* kernel/fs/proc_text.c - /proc files about the machine as a whole, in the formats that procps and busybox parse
 *
 * Called: reads of the files registered at the end.
 * Absent: counters that nothing here keeps (paging, swap, block I/O) print 0 where a reader needs the column.
 */
#include "kernel/fs/proc_internal.h"
#include "kernel/mm/page.h"
#include "kernel/sched/softirq.h"

#define TICKS(ns) ((unsigned long long)(ns) / (NSEC_PER_SEC / 100))

static void sum_times(struct cpu_times *sum)
{
	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		struct cpu_times t;

		cpu_times(cpu, &t);
		sum->user_ns += t.user_ns;
		sum->system_ns += t.system_ns;
		sum->softirq_ns += t.softirq_ns;
		sum->irq_ns += t.irq_ns;
		sum->idle_ns += t.idle_ns;
		sum->ctx_switches += t.ctx_switches;
	}
}

static void show_cpu_line(struct seq_file *m, const struct cpu_times *t)
{
	seq_printf(m, " %llu 0 %llu %llu 0 %llu %llu 0 0 0\n", TICKS(t->user_ns), TICKS(t->system_ns),
		   TICKS(t->idle_ns), TICKS(t->irq_ns), TICKS(t->softirq_ns));
}

static void add_irqs(void *ctx, int irq, const char *chip, const char *name, const u64 *per_cpu)
{
	u64 *sum = ctx;

	for_each_possible_cpu(cpu)
		*sum += per_cpu[cpu];
}

static unsigned int count_processes(pid_t *newest)
{
	struct task_struct *t;
	unsigned int n = 0;

	*newest = 0;
	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks) {
		n++;
		*newest = max(*newest, t->tgid);
	}
	rcu_read_unlock();
	return n;
}

static int show_stat(struct seq_file *m, void *unused)
{
	struct cpu_times t;
	u64 irqs = 0;
	pid_t newest;

	sum_times(&t);
	seq_puts(m, "cpu ");
	show_cpu_line(m, &t);
	for_each_possible_cpu(cpu) {
		struct cpu_times one;

		cpu_times(cpu, &one);
		seq_printf(m, "cpu%u", cpu);
		show_cpu_line(m, &one);
	}
	irq_for_each(add_irqs, &irqs);
	count_processes(&newest);
	seq_printf(m, "intr %llu\nctxt %llu\nbtime %llu\nprocesses %d\nprocs_running %lu\nprocs_blocked 0\n",
		   (unsigned long long)irqs, (unsigned long long)t.ctx_switches,
		   (unsigned long long)((ktime_get_real_ns() - ktime_get_ns()) / NSEC_PER_SEC), newest,
		   max(nr_running(), 1ul));
	return 0;
}

static int show_meminfo(struct seq_file *m, void *unused)
{
	struct mem_stats s;
	struct { const char *name; unsigned long pages; } lines[] = {
		{ "MemTotal:", 0 }, { "MemFree:", 0 },	{ "MemAvailable:", 0 }, { "Buffers:", 0 },     { "Cached:", 0 },
		{ "SwapCached:", 0 }, { "SwapTotal:", 0 }, { "SwapFree:", 0 },	{ "Shmem:", 0 },       { "Slab:", 0 },
		{ "SReclaimable:", 0 }, { "KernelStack:", 0 }, { "PageTables:", 0 },
	};

	mem_stats(&s);
	lines[0].pages = s.total;
	lines[1].pages = s.free;
	lines[2].pages = s.free > s.reserve ? s.free - s.reserve : 0;
	lines[4].pages = lines[8].pages = s.pagecache;
	lines[9].pages = s.slab;
	lines[11].pages = s.kernel_stacks;
	lines[12].pages = s.pagetables;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		seq_printf(m, "%-15s%9lu kB\n", lines[i].name, lines[i].pages * (PAGE_SIZE / 1024));
	return 0;
}

static int show_vmstat(struct seq_file *m, void *unused)
{
	struct mem_stats s;

	mem_stats(&s);
	seq_printf(m, "nr_free_pages %lu\nnr_file_pages %lu\nnr_slab_unreclaimable %lu\nnr_page_table_pages %lu\n",
		   s.free, s.pagecache, s.slab, s.pagetables);
	seq_puts(m, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n");
	return 0;
}

static int show_cpuinfo(struct seq_file *m, void *unused)
{
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		int n = arch_cpuinfo(cpu, buf, PAGE_SIZE);

		if (n > 0)
			seq_write(m, buf, min((size_t)n, PAGE_SIZE - 1));
	}
	kfree(buf);
	return 0;
}

static int show_uptime(struct seq_file *m, void *unused)
{
	u64 up = ktime_get_ns() / (NSEC_PER_SEC / 100), idle;
	struct cpu_times t;

	sum_times(&t);
	idle = t.idle_ns / (NSEC_PER_SEC / 100);
	seq_printf(m, "%llu.%02llu %llu.%02llu\n", (unsigned long long)up / 100, (unsigned long long)up % 100,
		   (unsigned long long)idle / 100, (unsigned long long)idle % 100);
	return 0;
}

static int show_loadavg(struct seq_file *m, void *unused)
{
	u64 load[3];
	unsigned int n;
	pid_t newest;

	load_averages(load);
	for (int i = 0; i < 3; i++) {
		u64 hundredths = (load[i] * 100 + (1 << 15)) >> 16;

		seq_printf(m, "%llu.%02llu ", (unsigned long long)hundredths / 100,
			   (unsigned long long)hundredths % 100);
	}
	n = count_processes(&newest);
	seq_printf(m, "%lu/%u %d\n", nr_running(), n, newest);
	return 0;
}

static void show_filesystem(void *ctx, const struct file_system_type *t)
{
	seq_printf(ctx, "%s\t%s\n", t->nodev ? "nodev" : "", t->name);
}

static int show_filesystems(struct seq_file *m, void *unused)
{
	for_each_filesystem(show_filesystem, m);
	return 0;
}

static void show_irq(void *ctx, int irq, const char *chip, const char *name, const u64 *per_cpu)
{
	struct seq_file *m = ctx;

	if (irq < 0) /* a CPU's own interrupt: Linux prints its short name in the number's place */
		seq_printf(m, "%3s: ", chip);
	else
		seq_printf(m, "%3d: ", irq);
	for_each_possible_cpu(cpu)
		seq_printf(m, "%10llu ", (unsigned long long)per_cpu[cpu]);
	seq_printf(m, " %s%s%s\n", irq < 0 ? "" : chip, irq < 0 ? "" : "  ", name);
}

static void show_cpu_heads(struct seq_file *m, const char *pad)
{
	seq_puts(m, pad);
	for_each_possible_cpu(cpu) {
		char name[16];

		snprintf(name, sizeof(name), "CPU%u", cpu);
		seq_printf(m, "%-11s", name);
	}
	seq_puts(m, "\n");
}

static int show_interrupts(struct seq_file *m, void *unused)
{
	show_cpu_heads(m, "            ");
	irq_for_each(show_irq, m);
	return 0;
}

static int show_softirqs(struct seq_file *m, void *unused)
{
	show_cpu_heads(m, "                    ");
	for (int nr = 0; nr < NR_SOFTIRQS; nr++) {
		seq_printf(m, "%12s:", softirq_name(nr));
		for_each_possible_cpu(cpu)
			seq_printf(m, " %10llu", (unsigned long long)softirq_count_of(nr, cpu));
		seq_puts(m, "\n");
	}
	return 0;
}

static int show_version(struct seq_file *m, void *unused)
{
	seq_puts(m, "Linux version 6.1.0-ringside (Ringside " RINGSIDE_VERSION ") #1 SMP\n");
	return 0;
}

static int show_cmdline(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s\n", boot_info.cmdline);
	return 0;
}

static int show_device_list(struct seq_file *m, void *unused)
{
	show_devices(m);
	return 0;
}

static int show_text(struct seq_file *m, void *text)
{
	seq_puts(m, text);
	return 0;
}

static int show_self_mounts(struct seq_file *m, void *unused)
{
	return show_pid_mounts(m, current);
}

/* --- kmsg: the log from its oldest byte; Linux would wait at the end, which syslog(2) does here --- */
static int show_kmsg(struct seq_file *m, void *unused)
{
	u64 pos = printk_start();
	char buf[512];
	size_t n;

	while (m->count < m->size && (n = printk_read(&pos, buf, sizeof(buf))) > 0)
		seq_write(m, buf, n);
	return 0;
}

void proc_text_init(void)
{
	static const struct {
		const char *name;
		umode_t mode;
		int (*show)(struct seq_file *m, void *data);
		char *text;
	} files[] = {
		{ "stat", 0444, show_stat, NULL },
		{ "meminfo", 0444, show_meminfo, NULL },
		{ "vmstat", 0444, show_vmstat, NULL },
		{ "cpuinfo", 0444, show_cpuinfo, NULL },
		{ "uptime", 0444, show_uptime, NULL },
		{ "loadavg", 0444, show_loadavg, NULL },
		{ "mounts", 0444, show_self_mounts, NULL },
		{ "filesystems", 0444, show_filesystems, NULL },
		{ "interrupts", 0444, show_interrupts, NULL },
		{ "softirqs", 0444, show_softirqs, NULL },
		{ "version", 0444, show_version, NULL },
		{ "cmdline", 0444, show_cmdline, NULL },
		{ "devices", 0444, show_device_list, NULL },
		{ "kmsg", 0400, show_kmsg, NULL },
		{ "partitions", 0444, show_text, "major minor  #blocks  name\n\n" },
		{ "swaps", 0444, show_text, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" },
		{ "diskstats", 0444, show_text, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		BUG_ON(proc_create_single(files[i].name, files[i].mode, files[i].show, files[i].text));
}
