/* tests/host/softirq.c - softirqs, work, RCU: all that is put off
 *
 * What:   softirqs run when the outermost local_bh_enable() comes, or when the world turns; RCU callbacks and work
 *         when nothing else is ready.
 */
#include "kernel/sched/softirq.h"
#include "kernel/sync/rcu.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

static void (*actions[NR_SOFTIRQS])(void);
static u64 runs[NR_SOFTIRQS];
static u32 raised[NR_CPUS];
static struct rcu_head *rcu_first, **rcu_last = &rcu_first; /* wait for the next grace period */
static struct rcu_head *rcu_batch;	/* wait for the one that has begun */
static u32 rcu_need;			/* CPUs that must come between two things before it ends */
static struct work_struct *work_first, **work_last = &work_first;
static bool worker_runs;

void host_softirq_init(void) { tasklet_init(); }
void open_softirq(enum softirq_nr nr, void (*action)(void)) { actions[nr] = action; }
void raise_softirq_irqoff(enum softirq_nr nr) { raised[smp_processor_id()] |= BIT(nr); }
void raise_softirq(enum softirq_nr nr)
{
	unsigned long flags = local_irq_save();

	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}
u64 softirq_count_of(enum softirq_nr nr, u32 cpu) { return cpu ? 0 : runs[nr]; }
const char *softirq_name(enum softirq_nr nr)
{
	static const char *const names[] = { "TIMER", "NET_TX", "NET_RX", "TASKLET", "RCU" };

	return names[nr];
}
bool host_softirq_pending(u32 cpu) { return raised[cpu] != 0; }
static void run_raised(u32 now)
{
	for (u32 i = 0; i < NR_SOFTIRQS; i++) {
		if (!(now >> i & 1) || !actions[i])
			continue;
		runs[i]++;
		actions[i]();
	}
}
/* Interrupts are off but while the actions run, as in the kernel's. */
bool host_run_softirqs(void)
{
	u32 *mine = &raised[smp_processor_id()], now, before = preempt_count(); /* an interrupt may find a lock held */

	if (!*mine || in_interrupt() || irqs_disabled())
		return false;
	local_irq_disable();
	preempt_count_add(SOFTIRQ_OFFSET);
	for (int restart = 0; *mine && restart < 1000; restart++) {
		now = *mine;
		*mine = 0;
		local_irq_enable();
		run_raised(now);
		local_irq_disable();
	}
	BUG_UNLESS(preempt_count() == before + SOFTIRQ_OFFSET);
	preempt_count_sub(SOFTIRQ_OFFSET);
	local_irq_enable();
	return true;
}
void softirq_run_enabled(void)
{
	BUG_UNLESS(preempt_count() < HARDIRQ_MASK); /* enabled once too often, it were less than none */
	if (!preempt_count())
		host_run_softirqs();
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *))
{
	unsigned long flags = local_irq_save();

	head->next = NULL;
	head->func = func;
	*rcu_last = head;
	rcu_last = &head->next;
	local_irq_restore(flags);
}
static void kfree_later(struct rcu_head *head);
struct kfree_batch { struct rcu_head rcu; void *object; };
static void kfree_later(struct rcu_head *head)
{
	struct kfree_batch *b = container_of(head, struct kfree_batch, rcu);

	kfree(b->object);
	sys_free(b);
}
void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	/* Not of the memory that a test lets fail: the kernel needs none. */
	struct kfree_batch *b = sys_malloc(sizeof(*b), 16);

	(void)head;
	b->object = object;
	call_rcu(&b->rcu, kfree_later);
}
void host_rcu_quiescent(void) { rcu_need &= ~BIT(smp_processor_id()); }
static void begin_grace_period(void)
{
	rcu_batch = rcu_first;
	rcu_first = NULL;
	rcu_last = &rcu_first;
	rcu_need = host_busy_mask() & ~(u32)BIT(smp_processor_id());
}
/* Called between two things. Callbacks run as the kernel's do: in softirq. */
bool host_run_rcu(void)
{
	struct rcu_head *h, *next;

	host_rcu_quiescent();
	if (!rcu_batch && rcu_first)
		begin_grace_period();
	if (!rcu_batch || rcu_need)
		return false;
	h = rcu_batch;
	rcu_batch = NULL;
	preempt_count_add(SOFTIRQ_OFFSET);
	for (; h; h = next) {
		next = h->next;
		h->func(h);
	}
	preempt_count_sub(SOFTIRQ_OFFSET);
	return true;
}
struct rcu_waiter { struct rcu_head rcu; struct completion done; };
static void wake_rcu_waiter(struct rcu_head *head) { complete(&container_of(head, struct rcu_waiter, rcu)->done); }
/* One CPU that may sleep is a grace period by itself. */
void synchronize_rcu(void)
{
	struct rcu_waiter w;

	might_sleep();
	if (!host_smp) {
		host_run_rcu();
		return;
	}
	init_completion(&w.done);
	call_rcu(&w.rcu, wake_rcu_waiter);
	wait_for_completion(&w.done);
}
void rcu_barrier(void)
{
	might_sleep();
	if (host_smp)
		synchronize_rcu(); /* callbacks run in order */
	else
		while (host_run_rcu())
			;
}

static struct work_struct *work_running; /* the one whose function runs now: a work may flush another */
static int worker(void *unused)
{
	struct work_struct *w;

	(void)unused;
	while ((w = work_first)) {
		work_first = w->next;
		if (!work_first)
			work_last = &work_first;
		w->next = NULL;
		w->pending = false;
		work_running = w;
		w->func(w);
		work_running = NULL;
	}
	worker_runs = false;
	return 0;
}
bool schedule_work(struct work_struct *w)
{
	unsigned long flags = local_irq_save();
	bool now = !w->pending;

	if (now) {
		w->pending = true;
		w->next = NULL;
		*work_last = w;
		work_last = &w->next;
		if (!worker_runs) {
			worker_runs = true;
			host_detach(host_spawn(worker, NULL, "kworker"));
		}
	}
	local_irq_restore(flags);
	return now;
}
void flush_work(struct work_struct *w)
{
	while (w->pending || work_running == w)
		sched_yield_current();
}
void host_quiesce(void)
{
	do {
		host_settle();
		while (worker_runs)
			sleep_ns(NSEC_PER_MSEC); /* work may wait for time to pass */
	} while (host_run_rcu() || rcu_first || rcu_batch || work_first);
}
