/* kernel/sched/workqueue.c - work that must sleep, on behalf of those who must not
 *
 * What:   one kworker thread a CPU and a list in front of it.
 * Called: schedule_work() from any context.
 * Locks:  work_cpu's lock with interrupts off; two CPUs' locks are never held together.
 */
#include "kernel/mm/slab.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"

struct work_cpu {
	spinlock_t lock;
	struct work_struct *first, **last;
	struct work_struct *running;
	struct task_struct *worker;
} __cacheline_aligned;

static struct work_cpu work_cpus[NR_CPUS];
static DECLARE_WAIT_QUEUE_HEAD(work_done); /* flush_work() sleeps here */

/* Interrupts are off, c->lock is held: at the end of c's list. */
static void add_work(struct work_cpu *c, struct work_struct *w)
{
	w->cpu = (u32)(c - work_cpus);
	w->next = NULL;
	*c->last = w;
	c->last = &w->next;
}

/* A work that runs now goes behind itself on its own CPU, as in Linux: no function runs twice at once for one work.
 * Where it may run is known: pending was clear, so it is on no list, and only the CPU that it was last queued on took
 * it. Interrupts are off. True when it was added. */
static bool requeue_where_it_runs(struct work_struct *w, struct work_cpu *c)
{
	bool runs;

	spin_lock(&c->lock);
	runs = smp_load_acquire(&c->running) == w; /* no more: the next run sees all that this one did */
	if (runs)
		add_work(c, w);
	spin_unlock(&c->lock);
	return runs;
}

bool schedule_work(struct work_struct *w)
{
	struct work_cpu *c;
	unsigned long flags;

	if (__atomic_exchange_n(&w->pending, true, __ATOMIC_ACQ_REL))
		return false;
	flags = local_irq_save();
	c = &work_cpus[w->cpu];
	if (!requeue_where_it_runs(w, c)) {
		c = &work_cpus[smp_processor_id()];
		spin_lock(&c->lock);
		add_work(c, w);
		spin_unlock(&c->lock);
	}
	if (c->worker)
		wake_up_process(c->worker);
	local_irq_restore(flags);
	return true;
}

static struct work_struct *take_work(struct work_cpu *c)
{
	struct work_struct *w;

	spin_lock_irq(&c->lock);
	w = c->first;
	if (w) {
		c->first = w->next;
		if (!c->first)
			c->last = &c->first;
		WRITE_ONCE(c->running, w);
		smp_store_release(&w->pending, false); /* from here on it may be queued again */
	}
	spin_unlock_irq(&c->lock);
	return w;
}

static int kworker(void *arg)
{
	struct work_cpu *c = arg;

	for (;;) {
		struct work_struct *w;

		set_current_state(TASK_INTERRUPTIBLE);
		w = take_work(c);
		if (!w) {
			schedule();
			continue;
		}
		__set_current_state_running();
		w->func(w); /* may free w */
		smp_store_release(&c->running, NULL);
		if (wq_has_sleeper(&work_done))
			wake_up_all(&work_done);
		cond_resched();
	}
	return 0;
}

static bool work_busy(struct work_struct *w)
{
	if (smp_load_acquire(&w->pending)) /* taken: then its CPU's running says so */
		return true;
	for_each_possible_cpu(cpu)
		if (READ_ONCE(work_cpus[cpu].running) == w)
			return true;
	return false;
}

void flush_work(struct work_struct *w) { wait_event(work_done, !work_busy(w)); }

void workqueue_init(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		struct work_cpu *c = &work_cpus[cpu];

		spin_lock_init(&c->lock);
		c->last = &c->first;
	}
}

void workqueue_start(void)
{
	for_each_possible_cpu(cpu) {
		struct task_struct *t = kthread_create_on_cpu(kworker, &work_cpus[cpu], cpu, "kworker");

		if (IS_ERR(t))
			panic("no memory for kworker/%u", cpu);
		work_cpus[cpu].worker = t;
		wake_up_new_task(t);
	}
}
