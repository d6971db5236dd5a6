/* tests/unit/host_test.c - the second home itself: time, tasks, timers */
#include "kernel/sync/rcu.h"
#include "kernel/sync/spinlock.h"
#include "kernel/sync/wait.h"
#include "tests/unit/test.h"

static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool flag;

static int waiter(void *unused)
{
	(void)unused;
	return (int)wait_event_interruptible(queue, flag);
}
TEST(a_sleeper_is_woken_and_no_time_passes)
{
	u64 start = ktime_get_ns();
	struct task_struct *t = host_spawn(waiter, NULL, "waiter");

	host_settle();
	EXPECT_FALSE(host_task_done(t));
	flag = true;
	wake_up(&queue);
	EXPECT_EQ(host_join(t), 0);
	EXPECT_EQ(ktime_get_ns(), start);
}
TEST(a_signal_interrupts_a_sleep)
{
	struct task_struct *t = host_spawn(waiter, NULL, "waiter");

	host_settle();
	host_signal(t, 2);
	EXPECT_EQ(host_join(t), -ERESTARTSYS);
}
static u64 fired_at[2];
static int fired;
static void on_timer(struct timer_list *t) { (void)t; fired_at[fired++] = ktime_get_ns(); }
TEST(timers_fire_in_order_at_their_time)
{
	struct timer_list a, b;
	u64 start = ktime_get_ns();

	timer_setup(&a, on_timer);
	timer_setup(&b, on_timer);
	mod_timer(&a, start + 2 * NSEC_PER_SEC);
	mod_timer(&b, start + 1 * NSEC_PER_SEC);
	sleep_ns(3 * NSEC_PER_SEC);
	EXPECT_EQ(fired, 2);
	EXPECT_EQ(fired_at[0], start + 1 * NSEC_PER_SEC);
	EXPECT_EQ(fired_at[1], start + 2 * NSEC_PER_SEC);
	EXPECT_EQ(ktime_get_ns(), start + 3 * NSEC_PER_SEC);
}
TEST(a_timeout_gives_back_what_is_left)
{
	EXPECT_EQ(wait_event_timeout(queue, false, 5 * NSEC_PER_MSEC), 0);
}

/* --- virtual CPUs --- */

#define ROUNDS 200
static DEFINE_SPINLOCK(counter_lock);
static u32 counter, cpus_seen;
static int count_up(void *locked)
{
	for (int i = 0; i < ROUNDS; i++) {
		u32 seen;

		if (locked)
			spin_lock(&counter_lock);
		seen = counter;
		preempt_disable(); /* a place where another CPU may overtake */
		preempt_enable();
		counter = seen + 1;
		if (locked)
			spin_unlock(&counter_lock);
		cpus_seen |= BIT(smp_processor_id());
	}
	return 0;
}
static u32 count_on_four(bool locked, u64 seed)
{
	struct task_struct *t[8];

	host_seed(seed);
	counter = 0;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = host_spawn(count_up, locked ? &counter : NULL, "counter");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		host_join(t[i]);
	return counter;
}
TEST(cpus_overtake_each_other_and_a_lock_keeps_them_apart)
{
	host_set_cpus(4);
	EXPECT_LT(count_on_four(false, 1), 8 * ROUNDS);
	for (u64 seed = 1; seed <= 20; seed++)
		EXPECT_EQ(count_on_four(true, seed), 8 * ROUNDS);
	EXPECT_EQ(cpus_seen, 15);
}
TEST(the_same_seed_interleaves_the_same_way)
{
	u32 first;

	host_set_cpus(4);
	first = count_on_four(false, 7);
	EXPECT_EQ(count_on_four(false, 7), first);
	EXPECT_NE(count_on_four(false, 8), first);
}
static bool freed, published, reader_inside;
static void set_freed(struct rcu_head *unused) { (void)unused; freed = true; }
static int rcu_reader(void *unused)
{
	(void)unused;
	while (published) {
		rcu_read_lock();
		reader_inside = published;
		for (int n = 0; reader_inside && n < 20; n++) {
			EXPECT_FALSE(freed);
			cpu_relax();
		}
		rcu_read_unlock();
		sched_yield_current();
	}
	return 0;
}
TEST(a_grace_period_waits_for_readers_on_other_cpus)
{
	static struct rcu_head head;

	host_set_cpus(4);
	for (u64 seed = 1; seed <= 50; seed++) {
		struct task_struct *t[4];

		host_seed(seed);
		freed = reader_inside = false;
		published = true;
		for (size_t i = 0; i < ARRAY_SIZE(t); i++)
			t[i] = host_spawn(rcu_reader, NULL, "reader");
		while (!reader_inside)
			sched_yield_current();
		published = false;
		call_rcu(&head, set_freed);
		for (size_t i = 0; i < ARRAY_SIZE(t); i++)
			host_join(t[i]);
		synchronize_rcu();
		EXPECT_TRUE(freed);
	}
}
