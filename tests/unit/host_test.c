/* tests/unit/host_test.c - the second home itself: time, tasks, timers */
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
