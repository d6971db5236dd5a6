/* tests/host/time.c - the virtual clock and the timers that move it
 *
 * What:   one binary heap of everything that is armed. Time stands still while anything can run, then jumps.
 * Called: sched.c when all tasks sleep.
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

struct armed { u64 at_ns, order; u32 *where; void *timer; bool high_resolution; };
u64 host_now_ns = START_NS;
static s64 real_offset_ns = (s64)(START_REAL_NS - START_NS);
static struct armed *heap;
static size_t heap_n, heap_cap;
static u64 order;
static struct timer_list *due; /* the timer whose time has come, for the softirq */
static struct hlist_node *pending_mark;

u64 ktime_get_ns(void) { return host_now_ns; }
u64 ktime_get_real_ns(void) { return host_now_ns + (u64)real_offset_ns; }
void ktime_set_real_ns(u64 ns) { real_offset_ns = (s64)(ns - host_now_ns); }
size_t host_timers_pending(void) { return heap_n; }

static bool earlier(const struct armed *a, const struct armed *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}
static void place(size_t i, struct armed a)
{
	heap[i] = a;
	*a.where = (u32)i;
}
static void sift_up(size_t i, struct armed a)
{
	for (; i && earlier(&a, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		place(i, heap[(i - 1) / 2]);
	place(i, a);
}
static void sift_down(size_t i, struct armed a)
{
	for (;;) {
		size_t c = 2 * i + 1;

		if (c + 1 < heap_n && earlier(&heap[c + 1], &heap[c]))
			c++;
		if (c >= heap_n || !earlier(&heap[c], &a))
			break;
		place(i, heap[c]);
		i = c;
	}
	place(i, a);
}
static void heap_add(u64 at, u32 *where, void *timer, bool hr)
{
	if (heap_n == heap_cap) {
		struct armed *bigger = sys_malloc((heap_cap = heap_cap ? heap_cap * 2 : 256) * sizeof(*heap), 16);

		BUG_UNLESS(bigger);
		for (size_t i = 0; i < heap_n; i++)
			bigger[i] = heap[i];
		sys_free(heap);
		heap = bigger;
	}
	sift_up(heap_n++, (struct armed){ at, order++, where, timer, hr });
}
static void heap_remove(size_t i)
{
	struct armed last = heap[--heap_n];

	if (i == heap_n)
		return;
	if (i && earlier(&last, &heap[(i - 1) / 2]))
		sift_up(i, last);
	else
		sift_down(i, last);
}

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *))
{
	*t = (struct timer_list){ .function = fn };
}
bool timer_delete(struct timer_list *t)
{
	if (!timer_pending(t))
		return false;
	heap_remove(t->bucket);
	t->entry.pprev = NULL;
	return true;
}
bool timer_delete_sync(struct timer_list *t) { return timer_delete(t); }
bool mod_timer(struct timer_list *t, u64 expires_ns)
{
	bool was = timer_delete(t);

	BUG_UNLESS(t->function);
	t->expires_ns = expires_ns;
	t->entry.pprev = &pending_mark;
	heap_add(max(expires_ns, host_now_ns), &t->bucket, t, false);
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
bool hrtimer_cancel(struct hrtimer *t) { return hrtimer_try_to_cancel(t) == 1; }
int hrtimer_try_to_cancel(struct hrtimer *t)
{
	if (t->state != 1)
		return 0;
	heap_remove(t->cpu);
	t->state = 0;
	return 1;
}
void hrtimer_start(struct hrtimer *t, u64 expires_ns)
{
	hrtimer_cancel(t);
	t->expires_ns = expires_ns;
	t->state = 1;
	heap_add(max(expires_ns, host_now_ns), &t->cpu, t, true);
}
u64 hrtimer_forward(struct hrtimer *t, u64 now_ns, u64 interval_ns)
{
	u64 n = now_ns < t->expires_ns ? 0 : (now_ns - t->expires_ns) / interval_ns + 1;

	t->expires_ns += n * interval_ns;
	return n;
}
static void fire_hrtimer(struct hrtimer *t)
{
	t->state = 2;
	local_irq_disable();
	preempt_count_add(HARDIRQ_OFFSET);
	if (t->function(t) == HRTIMER_RESTART)
		hrtimer_start(t, t->expires_ns);
	else if (t->state == 2)
		t->state = 0;
	preempt_count_sub(HARDIRQ_OFFSET);
	local_irq_enable();
}
static void timer_softirq(void)
{
	struct timer_list *t = due;

	due = NULL;
	if (t)
		t->function(t);
}
bool host_fire_next_timer(void)
{
	static bool opened;
	struct armed a;

	if (!heap_n)
		return false;
	if (!opened)
		open_softirq(TIMER_SOFTIRQ, timer_softirq);
	opened = true;
	a = heap[0];
	host_now_ns = max(host_now_ns, a.at_ns);
	heap_remove(0);
	if (a.high_resolution) {
		fire_hrtimer(a.timer);
		return true;
	}
	due = a.timer;
	due->entry.pprev = NULL;
	raise_softirq(TIMER_SOFTIRQ);
	host_run_softirqs();
	return true;
}
