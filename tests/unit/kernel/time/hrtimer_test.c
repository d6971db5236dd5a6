/* tests/unit/kernel/time/hrtimer_test.c - exact timers against a sorted list
 *
 * kernel/time/hrtimer.c is compiled here under other names: tests/host has timers of its own.
 */
#define hrtimer_setup t_hrtimer_setup
#define hrtimer_start t_hrtimer_start
#define hrtimer_cancel t_hrtimer_cancel
#define hrtimer_try_to_cancel t_hrtimer_try_to_cancel
#define hrtimer_forward t_hrtimer_forward
#define hrtimers_run t_hrtimers_run
#define hrtimer_next_ns t_hrtimer_next_ns
#define hrtimers_init t_hrtimers_init
#define event_deadline h_event_deadline
#define event_reprogram h_event_reprogram
#include "tests/unit/test.h"
#include "kernel/time/hrtimer.c"

void event_deadline(u64 ns) { (void)ns; }
void event_reprogram(void) {}

#define N 300
struct shadow { struct hrtimer t; bool armed; u64 expires_ns, order; u32 repeats; };
static struct shadow timers[N];
static u64 now, orders, fired;

/* Who must fire next: the earliest, of equals the one that was armed first. */
static struct shadow *first_of_list(void)
{
	struct shadow *best = NULL;

	for (size_t i = 0; i < N; i++) {
		struct shadow *s = &timers[i];

		if (s->armed && (!best || s->expires_ns < best->expires_ns ||
				 (s->expires_ns == best->expires_ns && s->order < best->order)))
			best = s;
	}
	return best;
}
static enum hrtimer_restart fire(struct hrtimer *t)
{
	struct shadow *s = container_of(t, struct shadow, t);

	ASSERT_TRUE(s == first_of_list());
	ASSERT_LE(s->expires_ns, now);
	ASSERT_EQ(hrtimer_try_to_cancel(t), -1);
	fired++;
	s->armed = false;
	if (!s->repeats)
		return HRTIMER_NORESTART;
	s->repeats--;
	ASSERT_GT(hrtimer_forward(t, now, 1000), 0ull);
	ASSERT_GT(t->expires_ns, now);
	ASSERT_LE(t->expires_ns, now + 1000);
	s->armed = true;
	s->expires_ns = t->expires_ns;
	s->order = ++orders;
	return HRTIMER_RESTART;
}
static void arm(struct shadow *s)
{
	s->expires_ns = now + host_random() % 5000 * (host_random() % 4 ? 1 : 100);
	s->repeats = host_random() % 4 ? 0 : (u32)(host_random() % 5);
	s->armed = true;
	s->order = ++orders;
	hrtimer_start(&s->t, s->expires_ns);
}

TEST(exact_timers_fire_in_the_order_of_a_sorted_list)
{
	hrtimers_init();
	for (size_t i = 0; i < N; i++)
		hrtimer_setup(&timers[i].t, fire);
	for (u32 round = 0; round < 50000; round++) {
		struct shadow *s = &timers[host_random() % N], *first;

		switch (host_random() % 4) {
		case 0:
		case 1: arm(s); break;
		case 2:
			ASSERT_EQ(hrtimer_cancel(&s->t), s->armed);
			s->armed = false;
			break;
		case 3:
			now += host_random() % 200;
			hrtimers_run(now);
			break;
		}
		first = first_of_list();
		ASSERT_EQ(hrtimer_next_ns(0), first ? first->expires_ns : U64_MAX);
	}
	EXPECT_GT(fired, 3000);
}

static enum hrtimer_restart start_again(struct hrtimer *t)
{
	hrtimer_start(t, now + 100);
	EXPECT_EQ(hrtimer_try_to_cancel(t), -1); /* it runs: what was started meanwhile stays */
	return HRTIMER_NORESTART;
}
TEST(a_timer_that_runs_is_not_cancelled_by_halves)
{
	struct hrtimer t;

	hrtimers_init();
	hrtimer_setup(&t, start_again);
	now = 1000;
	hrtimer_start(&t, now);
	hrtimers_run(now);
	EXPECT_EQ(hrtimer_next_ns(0), now + 100);
	EXPECT_EQ(hrtimer_try_to_cancel(&t), 1);
	EXPECT_EQ(hrtimer_try_to_cancel(&t), 0);
}
