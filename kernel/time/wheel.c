/* kernel/time/wheel.c - timer_list: many time-outs, most of them cancelled
 *
 * What:   a wheel of 8 levels of 64 buckets a CPU. Level 0 counts milliseconds, each further level eight times as
 *         much; a timer goes into the level that reaches far enough and fires when its bucket comes round, at most an
 *         eighth of its distance late, never early. Nothing cascades, so arming and cancelling are O(1). (The idea of
 *         Varghese and Lauck, 1987, in the coarse form that Linux uses since 4.8.)
 * Called: mod_timer and friends from any context; timer_softirq() runs what is due.
 * Locks:  base->lock, interrupts off. A timer belongs to the base of t->cpu; while it moves between bases, t->cpu is
 *         CPU_MOVING and others wait for the new one.
 */
#include "kernel/arch/arch.h"
#include "kernel/sync/spinlock.h"
#include "kernel/time/event.h"
#include "kernel/time/timer.h"
#include "lib/bitmap.h"

#define LEVELS 8
#define LEVEL_BITS 6
#define LEVEL_SIZE (1u << LEVEL_BITS)
#define LEVEL_SHIFT(l) (3u * (l))
#define CPU_MOVING (~0u)
/* The farthest that the wheel reaches: about 36 hours. Later timers fire there. */
#define WHEEL_REACH ((u64)(LEVEL_SIZE - 1) << LEVEL_SHIFT(LEVELS - 1))

struct timer_base {
	spinlock_t lock;
	u64 clk;		 /* every tick before this one has been served */
	u64 next;		 /* earliest pending tick, or earlier; U64_MAX: none */
	u64 pending[LEVELS];	 /* bit a bucket */
	struct timer_list *running;
	struct hlist_head buckets[LEVELS * LEVEL_SIZE];
} __cacheline_aligned;
static struct timer_base bases[NR_CPUS];

static u64 now_tick(void) { return ktime_get_ns() / WHEEL_TICK_NS; }

void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *))
{
	INIT_HLIST_NODE(&t->entry);
	t->function = fn;
	t->expires_ns = 0;
	t->cpu = smp_processor_id();
	t->bucket = 0;
}

static inline struct timer_base *lock_base_of(struct timer_list *t, unsigned long *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);

		if (cpu != CPU_MOVING) {
			spin_lock_irqsave(&bases[cpu].lock, *flags);
			if (READ_ONCE(t->cpu) == cpu)
				return &bases[cpu];
			spin_unlock_irqrestore(&bases[cpu].lock, *flags);
		}
		cpu_relax();
	}
}

/* The tick in which a bucket of this level comes up that is not before tick. */
static u64 round_up_to_level(u64 tick, unsigned int level)
{
	u64 gran = 1ULL << LEVEL_SHIFT(level);

	return (tick + gran - 1) & ~(gran - 1);
}

static void enqueue(struct timer_base *b, struct timer_list *t, u64 tick)
{
	unsigned int level = 0, bucket;

	if (tick < b->clk)
		tick = b->clk;
	if (tick - b->clk > WHEEL_REACH)
		tick = b->clk + WHEEL_REACH;
	while (level < LEVELS - 1 && tick - b->clk >= (u64)(LEVEL_SIZE - 1) << LEVEL_SHIFT(level))
		level++;
	tick = round_up_to_level(tick, level);
	bucket = level * LEVEL_SIZE + (tick >> LEVEL_SHIFT(level)) % LEVEL_SIZE;
	t->bucket = bucket;
	hlist_add_head(&t->entry, &b->buckets[bucket]);
	b->pending[level] |= BIT(bucket % LEVEL_SIZE);
	if (tick < b->next)
		WRITE_ONCE(b->next, tick);
}

static inline void detach(struct timer_base *b, struct timer_list *t)
{
	hlist_del_init(&t->entry);
	if (hlist_empty(&b->buckets[t->bucket]))
		b->pending[t->bucket / LEVEL_SIZE] &= ~BIT(t->bucket % LEVEL_SIZE);
}

/* First tick at or after b->clk in which a bucket with timers comes up. */
static u64 find_next(const struct timer_base *b)
{
	u64 best = U64_MAX;

	for (unsigned int level = 0; level < LEVELS; level++) {
		u64 tick = round_up_to_level(b->clk, level), bits = b->pending[level];
		unsigned int at = (tick >> LEVEL_SHIFT(level)) % LEVEL_SIZE;

		if (!bits)
			continue;
		if (at)
			bits = bits >> at | bits << (LEVEL_SIZE - at);
		tick += (u64)__builtin_ctzll(bits) << LEVEL_SHIFT(level);
		best = min(best, tick);
	}
	return best;
}

/* An idle base's clock stands still: bring it up, so that new timers are sorted by their real distance. */
static void forward_clock(struct timer_base *b)
{
	u64 now = now_tick();

	if (now > b->clk && b->next > b->clk)
		b->clk = min(now, b->next);
}

/* Where t shall be queued: here, unless its handler is running elsewhere (then timer_delete_sync must find it
 * there). */
static struct timer_base *move_here(struct timer_base *b, struct timer_list *t)
{
	struct timer_base *here;

	if (t->cpu == smp_processor_id() || b->running == t)
		return b;
	here = &bases[smp_processor_id()];
	WRITE_ONCE(t->cpu, CPU_MOVING);
	spin_unlock(&b->lock);
	spin_lock(&here->lock);
	WRITE_ONCE(t->cpu, smp_processor_id());
	return here;
}

static bool modify(struct timer_list *t, u64 expires_ns, bool only_earlier)
{
	u64 tick = expires_ns / WHEEL_TICK_NS + (expires_ns % WHEEL_TICK_NS != 0);
	unsigned long flags;
	struct timer_base *b = lock_base_of(t, &flags);
	bool was = timer_pending(t), earlier;
	u32 cpu;

	if (was && (t->expires_ns == expires_ns || (only_earlier && t->expires_ns <= expires_ns))) {
		spin_unlock_irqrestore(&b->lock, flags);
		return true;
	}
	if (was)
		detach(b, t);
	b = move_here(b, t);
	forward_clock(b);
	t->expires_ns = expires_ns;
	earlier = tick < b->next;
	enqueue(b, t, tick);
	cpu = t->cpu;
	spin_unlock(&b->lock);
	if (earlier && cpu == smp_processor_id())
		event_deadline(b->next * WHEEL_TICK_NS);
	else if (earlier)
		smp_send_reschedule(cpu); /* scheduler_ipi() programs it there */
	local_irq_restore(flags);
	return was;
}

bool mod_timer(struct timer_list *t, u64 expires_ns) { return modify(t, expires_ns, false); }
bool timer_reduce(struct timer_list *t, u64 expires_ns) { return modify(t, expires_ns, true); }

bool timer_delete(struct timer_list *t)
{
	unsigned long flags;
	struct timer_base *b;
	bool was;

	if (!timer_pending(t))
		return false;
	b = lock_base_of(t, &flags);
	was = timer_pending(t);
	if (was)
		detach(b, t);
	spin_unlock_irqrestore(&b->lock, flags);
	return was;
}

bool timer_delete_sync(struct timer_list *t)
{
	bool was = false;

	for (;;) {
		unsigned long flags;
		struct timer_base *b = lock_base_of(t, &flags);
		bool running = b->running == t;

		if (timer_pending(t)) {
			detach(b, t);
			was = true;
		}
		spin_unlock_irqrestore(&b->lock, flags);
		if (!running)
			return was;
		cpu_relax();
	}
}

/* Takes the buckets that come up at b->clk out of the wheel. Their timers stay pending: detach() still finds them. */
static void collect(struct timer_base *b, struct hlist_head due[LEVELS])
{
	for (unsigned int level = 0; level < LEVELS; level++) {
		unsigned int i = (b->clk >> LEVEL_SHIFT(level)) % LEVEL_SIZE;
		struct hlist_head *bucket = &b->buckets[level * LEVEL_SIZE + i];

		if (b->clk & ((1ULL << LEVEL_SHIFT(level)) - 1))
			return;
		due[level].first = bucket->first;
		if (bucket->first)
			WRITE_ONCE(bucket->first->pprev, &due[level].first);
		bucket->first = NULL;
		b->pending[level] &= ~BIT(i);
	}
}

/* Lock held; dropped around each handler. A handler that arms itself for now runs again one tick later. */
static void run_due(struct timer_base *b, struct hlist_head *due)
{
	while (due->first) {
		struct timer_list *t = hlist_entry(due->first, struct timer_list, entry);

		hlist_del_init(&t->entry);
		b->running = t;
		spin_unlock_irq(&b->lock);
		t->function(t);
		spin_lock_irq(&b->lock);
		b->running = NULL;
	}
}

void timer_softirq(void)
{
	struct timer_base *b = &bases[smp_processor_id()];
	u64 now = now_tick();

	spin_lock_irq(&b->lock);
	for (;;) {
		struct hlist_head due[LEVELS] = { 0 };
		u64 next = find_next(b);

		WRITE_ONCE(b->next, next);
		if (next > now)
			break;
		b->clk = next;
		collect(b, due);
		b->clk = next + 1;
		for (unsigned int level = 0; level < LEVELS; level++)
			run_due(b, &due[level]);
	}
	forward_clock(b);
	spin_unlock_irq(&b->lock);
	event_reprogram();
}

u64 wheel_next_ns(u32 cpu)
{
	u64 next = READ_ONCE(bases[cpu].next);

	return next == U64_MAX ? U64_MAX : next * WHEEL_TICK_NS;
}

void wheel_init(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&bases[cpu].lock);
		bases[cpu].next = U64_MAX;
		bases[cpu].clk = now_tick();
	}
}
