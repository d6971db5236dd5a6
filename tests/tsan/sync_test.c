/* tests/tsan/sync_test.c - mutexes, wait queues, completions, grace periods, timers, per-CPU counts */
#include "kernel/mm/slab.h"
#include "kernel/random.h"
#include "kernel/sched/task.h"
#include "kernel/sync/mutex.h"
#include "kernel/time/timer.h"
#include "kernel/trace/printk.h"
#include "tests/tsan/tests.h"

#define ROUNDS 300

static DEFINE_MUTEX(mutex);
static u32 guarded;
static void take_mutex(int thread)
{
	for (int i = 0; i < ROUNDS; i++) {
		while (i % 3 == 0 && !mutex_trylock(&mutex))
			cpu_turn();
		if (i % 3)
			mutex_lock(&mutex);
		guarded++;
		if (i % 8 == 0)
			sched_yield_current(); /* the owner may sleep */
		guarded++;
		mutex_unlock(&mutex);
	}
}

/* A number goes round; each thread waits for its turn. A wake-up that is lost ends the test by time-out. */
static DECLARE_WAIT_QUEUE_HEAD(queue);
static u32 turn, cargo;
static void pass_on(int thread)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		wait_event(queue, READ_ONCE(turn) % THREADS == (u32)thread);
		cargo++;
		WRITE_ONCE(turn, turn + 1);
		wake_up_all(&queue);
	}
}

static struct completion done[THREADS];
static u32 made[THREADS];
static void make_and_wait(int thread)
{
	int other = (thread + 1) % THREADS;

	for (u32 i = 1; i <= ROUNDS / 4; i++) {
		made[thread] = i;
		complete(&done[thread]);
		wait_for_completion(&done[other]);
	}
	if (made[other] < ROUNDS / 4)
		made[thread] = 0;
}

/* Each object is replaced and freed after a grace period, in three ways; readers see it whole. */
struct object { u32 a, b; struct rcu_head rcu; };
static struct object *object;
static u32 replacing, torn, read;
static void free_object(struct rcu_head *h) { kfree(container_of(h, struct object, rcu)); }
static void replace(int i)
{
	struct object *o = kmalloc(sizeof(*o), GFP_KERNEL), *old;

	BUG_UNLESS(o);
	o->a = o->b = (u32)i;
	mutex_lock(&mutex);
	old = object;
	rcu_assign_pointer(object, o);
	mutex_unlock(&mutex);
	if (i % 16 == 0) {
		synchronize_rcu();
		kfree(old);
	} else if (i % 2) {
		kfree_rcu(old, rcu);
	} else {
		old->rcu.func = NULL;
		call_rcu(&old->rcu, free_object);
	}
}
static void read_or_replace(int thread)
{
	for (int i = 1; thread < 2 ? running(&replacing) : i <= ROUNDS; i++) {
		struct object *o;

		if (thread >= 2) {
			replace(i);
			continue;
		}
		rcu_read_lock();
		o = rcu_dereference(object);
		if (o->a != o->b)
			count(&torn);
		rcu_read_unlock();
		count(&read);
		if (!(i % 32))
			cpu_turn();
	}
	if (thread >= 2)
		stopped(&replacing);
}

/* Timers that all threads arm and stop. After timer_delete_sync() nobody is in the handler. */
static struct counted { struct timer_list timer; struct mutex lock; u32 fired; } timers[4];
static void fire(struct timer_list *t) { container_of(t, struct counted, timer)->fired++; }
static void arm_and_stop(int thread)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct counted *c = &timers[get_random_u32_below(ARRAY_SIZE(timers))];

		mod_timer(&c->timer, ktime_get_ns() + get_random_u32_below(2 * NSEC_PER_MSEC));
		if (i % 4 == 0) {
			mutex_lock(&c->lock);
			timer_delete(&c->timer);
			mutex_unlock(&c->lock);
		}
		cpu_turn();
	}
}
static bool all_fired_and_stopped(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++)
		mod_timer(&timers[i].timer, ktime_get_ns());
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
		while (!READ_ONCE(timers[i].fired))
			sched_yield_current();
		timer_delete_sync(&timers[i].timer);
		if (timer_pending(&timers[i].timer))
			return false;
	}
	return true;
}

static u64 *counts;
static void count_here(int thread)
{
	for (int i = 0; i < ROUNDS; i++)
		++*this_cpu_ptr(counts);
}
static u64 sum(void)
{
	u64 all = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		all += *per_cpu_ptr(counts, cpu);
	return all;
}

void sync_tests(void)
{
	in_threads(take_mutex);
	report("a_mutex_has_one_owner", guarded == 2 * THREADS * ROUNDS);
	in_threads(pass_on);
	report("no_wake_up_is_lost", cargo == THREADS * (ROUNDS / 4));
	for (int i = 0; i < THREADS; i++)
		init_completion(&done[i]);
	in_threads(make_and_wait);
	report("a_completion_shows_what_was_before_it", made[0] && made[1] && made[2] && made[3]);
	object = kzalloc(sizeof(*object), GFP_KERNEL);
	replacing = 2;
	in_threads(read_or_replace);
	rcu_barrier();
	kfree(object);
	report("a_grace_period_ends_after_its_readers", read && !torn);
	for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
		timer_setup(&timers[i].timer, fire);
		mutex_init(&timers[i].lock);
	}
	in_threads(arm_and_stop);
	report("timers_are_armed_and_stopped_on_all_cpus", all_fired_and_stopped());
	counts = alloc_percpu(u64);
	in_threads(count_here);
	report("per_cpu_counts_need_no_lock", sum() == THREADS * ROUNDS);
	free_percpu(counts);
}
