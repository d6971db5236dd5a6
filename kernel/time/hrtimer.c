/* kernel/time/hrtimer.c - exact timers, in order, in hard-irq context
 *
 * What:   a red-black tree a CPU, by expiry; the event of that CPU is set to the leftmost.
 * Called: hrtimer_start/cancel from any context; hrtimers_run() from the timer interrupt.
 * Locks:  base->lock, interrupts off. t->cpu says whose; it only changes while the timer is in no tree and that base
 *         is locked.
 */
#include "kernel/sync/spinlock.h"
#include "kernel/time/event.h"
#include "kernel/time/timer.h"

enum { IDLE, QUEUED, RUNNING };

struct hrtimer_base {
	spinlock_t lock;
	struct rb_root_cached tree;
	u64 next_ns;		/* of the leftmost; U64_MAX: none */
	struct hrtimer *running;
} __cacheline_aligned;
static struct hrtimer_base bases[NR_CPUS];

static bool expires_before(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct hrtimer, node)->expires_ns < rb_entry(b, struct hrtimer, node)->expires_ns;
}

static struct hrtimer *leftmost(const struct hrtimer_base *b)
{
	return rb_entry_safe(rb_first_cached(&b->tree), struct hrtimer, node);
}

static void update_next(struct hrtimer_base *b)
{
	struct hrtimer *first = leftmost(b);

	WRITE_ONCE(b->next_ns, first ? first->expires_ns : U64_MAX);
}

static void queue(struct hrtimer_base *b, struct hrtimer *t)
{
	rb_add_cached(&t->node, &b->tree, expires_before);
	WRITE_ONCE(t->state, QUEUED);
	update_next(b);
}

static void unqueue(struct hrtimer_base *b, struct hrtimer *t)
{
	rb_erase_cached(&t->node, &b->tree);
	WRITE_ONCE(t->state, IDLE);
	update_next(b);
}

static struct hrtimer_base *lock_base_of(struct hrtimer *t, unsigned long *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);

		spin_lock_irqsave(&bases[cpu].lock, *flags);
		if (READ_ONCE(t->cpu) == cpu)
			return &bases[cpu];
		spin_unlock_irqrestore(&bases[cpu].lock, *flags);
	}
}

void hrtimer_setup(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	t->function = fn;
	t->expires_ns = 0;
	t->state = IDLE;
	t->cpu = smp_processor_id();
}

/* One caller at a time may start a given timer; a running handler elsewhere keeps it on that CPU. */
void hrtimer_start(struct hrtimer *t, u64 expires_ns)
{
	u32 here = smp_processor_id();
	unsigned long flags;
	struct hrtimer_base *b = lock_base_of(t, &flags);

	if (t->state == QUEUED)
		unqueue(b, t);
	if (t->cpu != here && b->running != t) {
		WRITE_ONCE(t->cpu, here);
		spin_unlock(&b->lock);
		b = &bases[here];
		spin_lock(&b->lock);
	}
	t->expires_ns = expires_ns;
	queue(b, t);
	spin_unlock(&b->lock);
	if (b == &bases[here])
		event_deadline(expires_ns);
	local_irq_restore(flags);
	/* Else: the handler that runs over there reprograms its CPU when it is done. */
}

int hrtimer_try_to_cancel(struct hrtimer *t)
{
	unsigned long flags;
	struct hrtimer_base *b = lock_base_of(t, &flags);
	int r = 0;

	if (b->running == t) {
		r = -1;
	} else if (t->state == QUEUED) {
		unqueue(b, t);
		r = 1;
	}
	spin_unlock_irqrestore(&b->lock, flags);
	return r;
}

bool hrtimer_cancel(struct hrtimer *t)
{
	int r;

	while ((r = hrtimer_try_to_cancel(t)) < 0)
		cpu_relax();
	return r;
}

u64 hrtimer_forward(struct hrtimer *t, u64 now, u64 interval)
{
	u64 n;

	if (now < t->expires_ns || !interval)
		return 0;
	n = (now - t->expires_ns) / interval + 1;
	t->expires_ns += n * interval;
	return n;
}

static void run_one(struct hrtimer_base *b, struct hrtimer *t)
{
	enum hrtimer_restart again;

	unqueue(b, t);
	WRITE_ONCE(t->state, RUNNING);
	b->running = t;
	spin_unlock(&b->lock);
	again = t->function(t);
	spin_lock(&b->lock);
	/* Freed by its owner inside the handler? Not allowed. Started again there: then it is QUEUED. */
	b->running = NULL;
	if (t->state == RUNNING) {
		if (again == HRTIMER_RESTART)
			queue(b, t);
		else
			WRITE_ONCE(t->state, IDLE);
	}
}

void hrtimers_run(u64 now)
{
	struct hrtimer_base *b = &bases[smp_processor_id()];
	struct hrtimer *t;

	if (READ_ONCE(b->next_ns) > now)
		return;
	spin_lock(&b->lock);
	while ((t = leftmost(b)) && t->expires_ns <= now)
		run_one(b, t);
	spin_unlock(&b->lock);
}

u64 hrtimer_next_ns(u32 cpu) { return READ_ONCE(bases[cpu].next_ns); }

void hrtimers_init(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&bases[cpu].lock);
		bases[cpu].tree = RB_ROOT_CACHED;
		bases[cpu].next_ns = U64_MAX;
	}
}
