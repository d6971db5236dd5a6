/* kernel/mm/reclaim.c - when memory is short: the reserve, then shrinkers, then the largest process
 *
 * What:   the slow path of alloc_pages(), registered shrinkers, and out_of_memory().
 * Called: page_alloc.c when the watermark is reached; fault.c when a program cannot get its page.
 * Calls:  shrinkers, slab_cache.c, kstack.c, vmalloc.c and RCU to give pages back, process/ to kill.
 * Locks:  shrinker_lock (mutex) around the list, reclaim_lock around one reclaim; the killer is serialised by oom_lock.
 * Absent: swap, and so page ageing: what is in use stays; only caches shrink.
 */
#include "kernel/fs/file.h"
#include "kernel/mm/internal.h"
#include "kernel/process/process.h"
#include "kernel/sync/rcu.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"

DECLARE_WAIT_QUEUE_HEAD(memory_wait);
static DEFINE_MUTEX(shrinker_lock);
static LIST_HEAD(shrinkers);	 /* under shrinker_lock */
static DEFINE_MUTEX(reclaim_lock);
static DEFINE_MUTEX(oom_lock);
static u64 last_kill_ns;	 /* under oom_lock */
static struct task_struct *last_victim; /* under oom_lock; referenced, NULL when it is gone */

#define PATIENCE_NS (160 * NSEC_PER_MSEC) /* of one allocation in the kernel, while a victim dies */
#define LOOK_AGAIN_NS (20 * NSEC_PER_MSEC) /* the victim may be gone without a page for us */
#define VICTIM_PATIENCE_NS (2 * NSEC_PER_SEC) /* before the next one is killed, when the last is gone */
#define DYING_PATIENCE_NS (10 * NSEC_PER_SEC) /* when it is not: it may wait for what those who want memory hold */

void register_shrinker(struct shrinker *s)
{
	mutex_lock(&shrinker_lock);
	list_add_tail(&s->list, &shrinkers);
	mutex_unlock(&shrinker_lock);
}

/* Sleeping is fine here: a process, nothing held, and not already freeing memory for somebody. */
static bool may_reclaim(gfp_t gfp)
{
	return gfp & GFP_KERNEL && current && current->pid && !in_atomic() && !irqs_disabled() &&
	       !(current->flags & PF_MEMALLOC);
}

static unsigned long run_shrinkers(unsigned long want)
{
	unsigned long got = 0;
	struct shrinker *s;

	if (!mutex_trylock(&shrinker_lock)) /* somebody is at it: let that one finish */
		return 0;
	list_for_each_entry(s, &shrinkers, list)
		if (got < want)
			got += s->shrink(want - got);
	mutex_unlock(&shrinker_lock);
	return got;
}

/* One at a time: hundreds of processes that want a page would keep every CPU busy with calls to drain its lists, and
 * the victim would not come to die. */
static void reclaim(unsigned long want)
{
	if (!mutex_trylock(&reclaim_lock))
		return;
	current->flags |= PF_MEMALLOC;
	run_shrinkers(want);
	kstack_shrink();
	vfree_deferred();
	slab_shrink_all();
	drain_all_pages();
	current->flags &= ~PF_MEMALLOC;
	mutex_unlock(&reclaim_lock);
}

/* A task that frees memory, or that was killed to free it, must not wait for memory. */
static enum alloc_depth depth_of(gfp_t gfp)
{
	if (current && !in_interrupt() &&
	    (current->flags & PF_MEMALLOC || (current->mm && fatal_signal_pending_current())))
		return ALLOC_ALL;
	return gfp & GFP_KERNEL ? ALLOC_NORMAL : ALLOC_RESERVE;
}

static void warn_failed(gfp_t gfp, unsigned int order)
{
	static u64 next_ns;
	u64 now = ktime_get_ns();

	if (gfp & __GFP_NOWARN || now < READ_ONCE(next_ns))
		return;
	WRITE_ONCE(next_ns, now + 5 * NSEC_PER_SEC);
	pr_warn("out of memory: order %u, gfp %#x, %lu pages free\n", order, gfp, free_page_count());
}

void wait_for_pages(unsigned int order)
{
	wait_event_timeout(memory_wait, !order && free_page_count() > reserve_pages(), LOOK_AGAIN_NS);
}

/* Bounded by PATIENCE_NS of sleep. */
struct page *alloc_pages_slow(gfp_t gfp, unsigned int order)
{
	struct page *p = take_block(gfp, order, depth_of(gfp));
	bool can_wait = may_reclaim(gfp);
	u64 start = 0;

	while (!p && can_wait) {
		reclaim(1UL << order);
		p = take_block(gfp, order, depth_of(gfp));
		if (p || gfp & __GFP_NORETRY || order > 3 || fatal_signal_pending_current())
			break;
		if (!start)
			start = ktime_get_ns();
		else if (ktime_get_ns() - start < PATIENCE_NS)
			out_of_memory();
		else
			break;
		wait_for_pages(order);
	}
	if (!p)
		warn_failed(gfp, order);
	return p;
}

/* --- the last resort --- */

/* Room for pipes' and sockets' bytes stands behind each descriptor; how much is a guess. */
#define PAGES_BEHIND_FD 8

/* alloc_lock held, so that the files stay. */
static u64 open_files(const struct files_struct *files)
{
	const struct fdtable *fdt;
	u64 n = 0;

	rcu_read_lock();
	fdt = rcu_dereference(files->fdt);
	for (size_t i = 0; i < BITS_TO_LONGS(fdt->max_fds); i++)
		for (unsigned long w = READ_ONCE(fdt->open_fds[i]); w; w &= w - 1)
			n++;
	rcu_read_unlock();
	return n;
}

/* About how many pages go with process t: its own, their tables, and what its descriptors lead to. */
static u64 pages_of(struct task_struct *t)
{
	u64 pages = 0;

	spin_lock(&t->alloc_lock);
	if (t->mm)
		pages += (u64)atomic64_read(&t->mm->rss) + arch_pgd_pages(t->mm->pgd);
	if (t->files)
		pages += open_files(t->files) * PAGES_BEHIND_FD;
	spin_unlock(&t->alloc_lock);
	return pages;
}

static u64 pages_of_tables(struct task_struct *t)
{
	u64 pages = 0;

	spin_lock(&t->alloc_lock);
	if (t->mm)
		pages = arch_pgd_pages(t->mm->pgd);
	spin_unlock(&t->alloc_lock);
	return pages;
}

/* With the stacks of its threads and, by half, what its children cost beyond the pages that they share with it.
 * tasklist_lock held. */
static u64 badness(struct task_struct *t)
{
	struct signal_struct *s = READ_ONCE(t->signal);
	u64 pages = t->pid > 1 && s && t->mm ? pages_of(t) : 0, stacks = KSTACK_SIZE >> PAGE_SHIFT;
	struct task_struct *c;

	if (!pages)
		return 0;
	list_for_each_entry(c, &t->children, sibling)
		pages += (stacks + pages_of_tables(c)) / 2; /* half: a large child goes before its parent */
	return pages + stacks * (u64)READ_ONCE(s->nr_threads);
}

/* The process with the most pages, referenced. Kernel threads and process 1 are spared. */
static struct task_struct *largest_process(u64 *pages)
{
	struct task_struct *t, *worst = NULL;

	*pages = 0;
	spin_lock(&tasklist_lock); /* families stand still, and nobody on the list is freed */
	list_for_each_entry(t, &all_tasks, tasks) {
		u64 bad = badness(t);

		if (bad <= *pages)
			continue;
		*pages = bad;
		worst = t;
	}
	if (worst)
		get_task_struct(worst);
	spin_unlock(&tasklist_lock);
	return worst;
}

/* The last victim still has memory or threads. oom_lock held. */
static bool victim_is_dying(void)
{
	struct signal_struct *s;
	bool dying;

	if (!last_victim)
		return false;
	spin_lock(&tasklist_lock); /* the signal_struct stays while the task is linked */
	s = last_victim->signal;
	dying = READ_ONCE(last_victim->mm) || (s && READ_ONCE(s->nr_threads) > 1);
	spin_unlock(&tasklist_lock);
	if (!dying) {
		put_task_struct(last_victim);
		last_victim = NULL;
	}
	return dying;
}

/* What the dead left behind waits for a grace period and then for a kworker: both now, not when their turn comes. True
 * when that was enough to go on with. */
static bool bury_the_dead(void)
{
	rcu_barrier();
	vfree_deferred();
	drain_all_pages();
	return free_page_count() > 2 * reserve_pages();
}

static void kill_largest(u64 now)
{
	char name[TASK_COMM_LEN];
	u64 pages;
	struct task_struct *victim = largest_process(&pages);

	if (!victim)
		return;
	last_kill_ns = now;
	get_task_comm(name, victim);
	pr_err("out of memory: killed process %d (%s), %lu KiB\n", victim->pid, name, (unsigned long)pages << 2);
	send_signal(SIGKILL, NULL, victim, true);
	if (last_victim)
		put_task_struct(last_victim);
	last_victim = victim;
}

void out_of_memory(void)
{
	u64 now, patience;

	if (!mutex_trylock(&oom_lock))
		return;
	if (!bury_the_dead()) {
		now = ktime_get_ns();
		patience = victim_is_dying() ? DYING_PATIENCE_NS : VICTIM_PATIENCE_NS;
		if (!last_kill_ns || now - last_kill_ns > patience)
			kill_largest(now);
	}
	mutex_unlock(&oom_lock);
}
