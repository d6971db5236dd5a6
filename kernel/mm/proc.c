/* kernel/mm/proc.c - /proc/slabinfo, buddyinfo, vmallocinfo, and alloc_traces in the debug build
 *
 * Called: readers of these files, in process context.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab_internal.h"

static void show_cache(void *m, const char *name, size_t size, size_t inuse, size_t total)
{
	seq_printf(m, "%-20s %8zu %8zu %7zu\n", name, inuse, total, size);
}

static int show_slabinfo(struct seq_file *m, void *unused)
{
	seq_puts(m, "# name               in_use   objects  bytes\n");
	kmem_cache_for_each(show_cache, m);
	return 0;
}

static void show_zone(void *m, const char *zone, const unsigned long *nr_free)
{
	seq_printf(m, "Node 0, zone %8s", zone);
	for (int order = 0; order <= MAX_ORDER; order++)
		seq_printf(m, " %6lu", nr_free[order]);
	seq_putc(m, '\n');
}

static int show_buddyinfo(struct seq_file *m, void *unused)
{
	buddyinfo_for_each(show_zone, m);
	return 0;
}

static void show_vmap(void *m, unsigned long start, size_t size, const void *caller)
{
	seq_printf(m, "0x%lx-0x%lx %8zu %pS\n", start, start + size, size, caller);
}

static int show_vmallocinfo(struct seq_file *m, void *unused)
{
	vmalloc_for_each(show_vmap, m);
	return 0;
}

#ifdef DEBUG
static void show_owner(void *m, const char *cache, unsigned long caller, unsigned long count)
{
	seq_printf(m, "%-20s %8lu %pS\n", cache, count, (void *)caller);
}

static int show_alloc_traces(struct seq_file *m, void *unused)
{
	return slab_for_each_owner(show_owner, m);
}

static void create_alloc_traces(void) { proc_create_single("alloc_traces", 0400, show_alloc_traces, NULL); }
#else
static void create_alloc_traces(void) {}
#endif

void mm_proc_init(void)
{
	create_alloc_traces();
	proc_create_single("slabinfo", 0400, show_slabinfo, NULL);
	proc_create_single("buddyinfo", 0444, show_buddyinfo, NULL);
	proc_create_single("vmallocinfo", 0400, show_vmallocinfo, NULL);
}
