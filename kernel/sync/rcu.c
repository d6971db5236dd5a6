/* kernel/sync/rcu.c - grace periods
 *
 * What:   a grace period starts with the set of CPUs that are not idle, and ends when each has been seen in a state
 *         where it cannot hold a reader. Callbacks queue per CPU: "next" waits for the grace period to come, "wait" for
 *         the one under way. The tick, or a CPU that goes idle, asks for the next, on behalf of all that came since.
 * Called: the scheduler's hooks in rcu_internal.h; call_rcu() from any context.
 * Locks:  rcu_lock (irqs off) guards the grace period; the lists are [P] with interrupts off.
 * Absent: a tree of masks: with 64 CPUs one word does.
 */
#include "kernel/arch/arch.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"

struct rcu_list { struct rcu_head *first, **last; }; /* wake_waiters() on another CPU looks at first */
struct rcu_cpu {
	struct rcu_list next, wait, done;
	u64 wait_gp;		/* the grace period whose end frees "wait" */
	bool idle;		/* halted: no reader until the next interrupt */
	u32 irq_depth;
} __cacheline_aligned;

static struct rcu_cpu rcu_cpus[NR_CPUS];
static DEFINE_SPINLOCK(rcu_lock);
static u64 online_mask;		/* [rcu_lock] */
static u64 gp_started, gp_ended; /* [rcu_lock] numbers; equal: none under way */
static u64 gp_wanted;		/* [rcu_lock] run grace periods until this number has ended */
u64 rcu_waiting_for;		/* [rcu_lock] */

static void list_reset(struct rcu_list *l)
{
	WRITE_ONCE(l->first, NULL);
	l->last = &l->first;
}

static void list_take(struct rcu_list *to, struct rcu_list *from)
{
	if (!from->first)
		return;
	WRITE_ONCE(*to->last, from->first);
	to->last = from->last;
	list_reset(from);
}

static void raise_rcu_softirq(void *unused) { raise_softirq(RCU_SOFTIRQ); }

/* Those who wait for the grace period that just ended. The lock is held; a kick goes to halted CPUs, too. */
static void wake_waiters(void)
{
	u32 here = smp_processor_id();

	for_each_possible_cpu(cpu) {
		if (!READ_ONCE(rcu_cpus[cpu].wait.first) && !READ_ONCE(rcu_cpus[cpu].next.first))
			continue;
		if (cpu == here)
			raise_softirq_lazily(RCU_SOFTIRQ);
		else if (online_mask >> cpu & 1)
			smp_call_function_async(cpu, raise_rcu_softirq, NULL);
	}
}

/* Asked first and looked at second: a CPU that goes idle meanwhile either is seen idle here, or sees that it is waited
 * for (rcu_idle_enter() does the same two steps in the opposite order). The other way round it could halt for good with
 * the grace period waiting for it. */
static void start_gp(void)
{
	u64 mask = online_mask;

	gp_started++;
	WRITE_ONCE(rcu_waiting_for, mask);
	smp_mb(); /* also: stores before the grace period are seen by whoever starts a reader after this look */
	for_each_possible_cpu(cpu)
		if (READ_ONCE(rcu_cpus[cpu].idle))
			mask &= ~BIT(cpu);
	WRITE_ONCE(rcu_waiting_for, mask);
}

/* Ends the grace period when nobody is waited for any more, and starts the next if one is wanted. Lock held. */
static void advance(void)
{
	while (gp_started != gp_ended && !rcu_waiting_for) {
		gp_ended++;
		wake_waiters();
		if (gp_wanted > gp_ended)
			start_gp();
	}
}

/* This CPU, interrupts on or off. */
void rcu_report(u32 cpu)
{
	unsigned long flags;

	spin_lock_irqsave(&rcu_lock, flags);
	WRITE_ONCE(rcu_waiting_for, rcu_waiting_for & ~BIT(cpu));
	advance();
	spin_unlock_irqrestore(&rcu_lock, flags);
}

/* A grace period for what has come since the last one was asked for. Nobody hurries: woken for each callback,
 * ksoftirqd cost a TCP connection, which has four, as many task switches. Interrupts off. */
void rcu_begin(void)
{
	const struct rcu_cpu *c = &rcu_cpus[smp_processor_id()];

	if (c->next.first && !c->wait.first)
		raise_softirq_lazily(RCU_SOFTIRQ);
}

void rcu_idle_enter(void)
{
	u32 cpu = smp_processor_id();

	__atomic_store_n(&rcu_cpus[cpu].idle, true, __ATOMIC_SEQ_CST);
	rcu_note_quiescent(cpu);
	rcu_begin();
}

void rcu_idle_exit(void) { __atomic_store_n(&rcu_cpus[smp_processor_id()].idle, false, __ATOMIC_SEQ_CST); }

/* An interrupt may read: the CPU counts as busy until it ends. */
void rcu_irq_enter(void)
{
	struct rcu_cpu *c = &rcu_cpus[smp_processor_id()];

	if (c->idle) {
		rcu_idle_exit();
		c->irq_depth = 1;
	} else if (c->irq_depth) {
		c->irq_depth++;
	}
}

void rcu_irq_exit(void)
{
	struct rcu_cpu *c = &rcu_cpus[smp_processor_id()];

	if (c->irq_depth && !--c->irq_depth)
		rcu_idle_enter();
}

/* The callbacks of this CPU move on with the grace periods. Softirq. */
static void advance_lists(struct rcu_cpu *c)
{
	unsigned long flags;

	spin_lock_irqsave(&rcu_lock, flags);
	if (c->wait.first && gp_ended >= c->wait_gp)
		list_take(&c->done, &c->wait);
	if (!c->wait.first && c->next.first) {
		list_take(&c->wait, &c->next);
		c->wait_gp = gp_started + 1; /* one that starts from now on */
		if (gp_wanted < c->wait_gp)
			gp_wanted = c->wait_gp;
		if (gp_started == gp_ended) {
			start_gp();
			advance();
		}
	}
	spin_unlock_irqrestore(&rcu_lock, flags);
}

/* kfree_rcu: func holds the distance from the object's start to the head, which no function's address can be. */
#define KFREE_MAX_OFFSET 4096UL

void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	unsigned long offset = (unsigned long)head - (unsigned long)object;

	BUG_ON(offset >= KFREE_MAX_OFFSET);
	call_rcu(head, (void (*)(struct rcu_head *))offset);
}

static void run_callback(struct rcu_head *head)
{
	void (*func)(struct rcu_head *) = head->func;

	if ((unsigned long)func < KFREE_MAX_OFFSET) {
		kvfree((char *)head - (unsigned long)func);
		return;
	}
	head->func = NULL; /* no longer queued */
	func(head);
}

void rcu_softirq(void)
{
	struct rcu_cpu *c = &rcu_cpus[smp_processor_id()];
	struct rcu_head *h;

	advance_lists(c);
	local_irq_disable();
	h = c->done.first;
	list_reset(&c->done);
	local_irq_enable();
	while (h) {
		struct rcu_head *next = h->next;

		run_callback(h);
		h = next;
	}
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *))
{
	unsigned long flags;
	struct rcu_cpu *c;

	/* Queued twice it would tie the list into a ring, and everything in it would be freed again and again. */
	if (WARN_ON_ONCE(head->func == func && (unsigned long)func >= KFREE_MAX_OFFSET))
		return;
	flags = local_irq_save();
	c = &rcu_cpus[smp_processor_id()];
	head->func = func;
	head->next = NULL;
	WRITE_ONCE(*c->next.last, head);
	c->next.last = &head->next;
	local_irq_restore(flags);
}

struct rcu_synchronize { struct rcu_head head; struct completion done; };

static void wakeme_after_rcu(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_synchronize, head)->done);
}

void synchronize_rcu(void)
{
	struct rcu_synchronize s;

	might_sleep();
	s.head.func = NULL;
	init_completion(&s.done);
	call_rcu(&s.head, wakeme_after_rcu);
	raise_softirq(RCU_SOFTIRQ); /* somebody waits: now, not at the next tick */
	wait_for_completion(&s.done);
}

static atomic_t barrier_left;
static DEFINE_MUTEX(barrier_mutex);
static DECLARE_WAIT_QUEUE_HEAD(barrier_wait);
static struct rcu_head barrier_heads[NR_CPUS];

static void barrier_callback(struct rcu_head *unused)
{
	if (atomic_dec_and_test(&barrier_left))
		wake_up_all(&barrier_wait);
}

static void barrier_queue(void *unused)
{
	call_rcu(&barrier_heads[smp_processor_id()], barrier_callback);
	raise_softirq_irqoff(RCU_SOFTIRQ);
}

/* A callback behind all others on each CPU. */
void rcu_barrier(void)
{
	unsigned long flags;

	mutex_lock(&barrier_mutex);
	atomic_set(&barrier_left, (int)nr_cpus);
	smp_call_function(barrier_queue, NULL);
	flags = local_irq_save();
	barrier_queue(NULL);
	local_irq_restore(flags);
	wait_event(barrier_wait, !atomic_read(&barrier_left));
	mutex_unlock(&barrier_mutex);
}

void rcu_cpu_online(u32 cpu)
{
	unsigned long flags;

	spin_lock_irqsave(&rcu_lock, flags);
	online_mask |= BIT(cpu);
	spin_unlock_irqrestore(&rcu_lock, flags);
}

void rcu_init(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		list_reset(&rcu_cpus[cpu].next);
		list_reset(&rcu_cpus[cpu].wait);
		list_reset(&rcu_cpus[cpu].done);
	}
	rcu_cpu_online(0);
}
