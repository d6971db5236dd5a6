/* tests/host/time.c - the virtual clock and the timers that move it
 *
 * What:   binary heaps of what each CPU has armed. cpu.c moves the clock; what is due then runs as an interrupt of its
 *         CPU.
 * Called: cpu.c.
 * Absent: the wheel's coarseness: a timer fires exactly when it asked to.
 */
#include "kernel/sched/softirq.h"
#include "kernel/time/timer.h"
#include "kernel/trace/printk.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

#define START_NS (1000 * NSEC_PER_SEC)
#define START_REAL_NS (1767225600ull * NSEC_PER_SEC) /* 2026-01-01 */

struct armed { u64 at_ns, order; u32 *where; void *timer; };
struct heap { struct armed *a; u32 n, cap; };
static struct heap wheels[NR_CPUS], hrtimers[NR_CPUS]; /* by the CPU that armed them */
static struct timer_list *running[NR_CPUS];
u64 host_now_ns = START_NS;
static s64 real_offset_ns = (s64)(START_REAL_NS - START_NS);
static u64 order;
static struct hlist_node *pending_mark;

u64 ktime_get_ns(void) { return host_now_ns; }
u64 ktime_get_real_ns(void) { return host_now_ns + (u64)real_offset_ns; }
void ktime_set_real_ns(u64 ns) { real_offset_ns = (s64)(ns - host_now_ns); }
size_t host_timers_pending(void)
{
	size_t n = 0;

	for (u32 i = 0; i < NR_CPUS; i++)
		n += wheels[i].n + hrtimers[i].n;
	return n;
}

static bool earlier(const struct armed *a, const struct armed *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}
static void place(struct heap *h, u32 i, struct armed a)
{
	h->a[i] = a;
	*a.where = i;
}
static void sift_up(struct heap *h, u32 i, struct armed a)
{
	for (; i && earlier(&a, &h->a[(i - 1) / 2]); i = (i - 1) / 2)
		place(h, i, h->a[(i - 1) / 2]);
	place(h, i, a);
}
static void sift_down(struct heap *h, u32 i, struct armed a)
{
	for (;;) {
		u32 c = 2 * i + 1;

		if (c + 1 < h->n && earlier(&h->a[c + 1], &h->a[c]))
			c++;
		if (c >= h->n || !earlier(&h->a[c], &a))
			break;
		place(h, i, h->a[c]);
		i = c;
	}
	place(h, i, a);
}
static void heap_add(struct heap *h, u64 at, u32 *where, void *timer)
{
	if (h->n == h->cap) {
		struct armed *bigger = sys_malloc((h->cap = h->cap ? h->cap * 2 : 256) * sizeof(*bigger), 16);

		BUG_UNLESS(bigger);
		for (u32 i = 0; i < h->n; i++)
			bigger[i] = h->a[i];
		sys_free(h->a);
		h->a = bigger;
	}
	sift_up(h, h->n++, (struct armed){ max(at, host_now_ns), order++, where, timer });
}
static void heap_remove(struct heap *h, u32 i)
{
	struct armed last = h->a[--h->n];

	if (i == h->n)
		return;
	if (i && earlier(&last, &h->a[(i - 1) / 2]))
		sift_up(h, i, last);
	else
		sift_down(h, i, last);
}
static bool due(const struct heap *h) { return h->n && h->a[0].at_ns <= host_now_ns; }
bool host_timer_due(u32 cpu) { return due(&wheels[cpu]) || due(&hrtimers[cpu]); }
u64 host_next_deadline(void)
{
	u64 next = U64_MAX;

	for (u32 i = 0; i < nr_cpus; i++) {
		next = wheels[i].n ? min(next, wheels[i].a[0].at_ns) : next;
		next = hrtimers[i].n ? min(next, hrtimers[i].a[0].at_ns) : next;
	}
	return next;
}

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *))
{
	*t = (struct timer_list){ .function = fn };
}
/* As on the real wheel, each call holds interrupts off; when it gives them back, what it armed may be due. */
static bool disarm(struct timer_list *t)
{
	if (!timer_pending(t))
		return false;
	heap_remove(&wheels[t->cpu], t->bucket);
	t->entry.pprev = NULL;
	return true;
}
bool timer_delete(struct timer_list *t)
{
	unsigned long flags = local_irq_save();
	bool was = disarm(t);

	local_irq_restore(flags);
	return was;
}
static bool runs_elsewhere(const struct timer_list *t)
{
	for (u32 i = 0; i < nr_cpus; i++)
		if (running[i] == t && i != smp_processor_id())
			return true;
	return false;
}
bool timer_delete_sync(struct timer_list *t)
{
	bool was = timer_delete(t);

	while (runs_elsewhere(t))
		cpu_relax();
	return was;
}
void host_timer_on(u32 cpu, struct timer_list *t, u64 expires_ns)
{
	BUG_UNLESS(t->function && !timer_pending(t));
	t->expires_ns = expires_ns;
	t->cpu = cpu;
	t->entry.pprev = &pending_mark;
	heap_add(&wheels[cpu], expires_ns, &t->bucket, t);
}
bool mod_timer(struct timer_list *t, u64 expires_ns)
{
	unsigned long flags = local_irq_save();
	bool was = disarm(t);

	host_timer_on(was ? t->cpu : smp_processor_id(), t, expires_ns);
	local_irq_restore(flags);
	return was;
}
bool timer_reduce(struct timer_list *t, u64 expires_ns)
{
	if (timer_pending(t) && t->expires_ns <= expires_ns)
		return true;
	return mod_timer(t, expires_ns);
}

void hrtimer_setup(struct hrtimer *t, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	*t = (struct hrtimer){ .function = fn };
}
/* The place in the heap stands where the tree's node would. */
static u32 *hrtimer_place(struct hrtimer *t) { return (u32 *)&t->node; }
bool hrtimer_cancel(struct hrtimer *t)
{
	int r;

	while ((r = hrtimer_try_to_cancel(t)) < 0)
		cpu_relax();
	return r;
}
int hrtimer_try_to_cancel(struct hrtimer *t)
{
	if (t->state != 1)
		return t->state ? -1 : 0;
	heap_remove(&hrtimers[t->cpu], *hrtimer_place(t));
	t->state = 0;
	return 1;
}
void hrtimer_start(struct hrtimer *t, u64 expires_ns)
{
	unsigned long flags = local_irq_save();

	hrtimer_try_to_cancel(t);
	t->expires_ns = expires_ns;
	t->state = 1;
	t->cpu = smp_processor_id();
	heap_add(&hrtimers[t->cpu], expires_ns, hrtimer_place(t), t);
	local_irq_restore(flags);
}
u64 hrtimer_forward(struct hrtimer *t, u64 now_ns, u64 interval_ns)
{
	u64 n = now_ns < t->expires_ns ? 0 : (now_ns - t->expires_ns) / interval_ns + 1;

	t->expires_ns += n * interval_ns;
	return n;
}
static void fire_hrtimers(struct heap *h)
{
	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	while (due(h)) {
		struct hrtimer *t = h->a[0].timer;

		heap_remove(h, 0);
		t->state = 2;
		if (t->function(t) == HRTIMER_RESTART)
			hrtimer_start(t, t->expires_ns);
		else if (t->state == 2)
			t->state = 0;
	}
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
}
static void timer_softirq(void)
{
	u32 me = smp_processor_id();
	struct heap *h = &wheels[me];

	while (due(h)) {
		struct timer_list *t = h->a[0].timer;

		heap_remove(h, 0);
		t->entry.pprev = NULL;
		running[me] = t;
		t->function(t);
		running[me] = NULL;
	}
}
bool host_timer_interrupt(void)
{
	u32 me = smp_processor_id();

	if (!host_timer_due(me))
		return false;
	if (due(&hrtimers[me]))
		fire_hrtimers(&hrtimers[me]);
	if (due(&wheels[me]))
		raise_softirq_irqoff(TIMER_SOFTIRQ);
	return true;
}
void host_time_init(void) { open_softirq(TIMER_SOFTIRQ, timer_softirq); }
