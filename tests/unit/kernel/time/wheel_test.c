/* tests/unit/kernel/time/wheel_test.c - the timer wheel against a list of all timers
 *
 * kernel/time/wheel.c is compiled here under other names: tests/host has timers of its own. Its clock is this test's.
 */
#define timer_setup t_timer_setup
#define mod_timer t_mod_timer
#define timer_reduce t_timer_reduce
#define timer_delete t_timer_delete
#define timer_delete_sync t_timer_delete_sync
#define timer_softirq t_timer_softirq
#define ktime_get_ns t_ktime_get_ns
#define event_deadline t_event_deadline
#define event_reprogram t_event_reprogram
#define wheel_init t_wheel_init
#define wheel_next_ns t_wheel_next_ns
#define smp_send_reschedule t_smp_send_reschedule
#include "tests/unit/test.h"
#include "kernel/time/wheel.c"

static u64 now_ns;
static u64 deadline_ns;
u64 ktime_get_ns(void) { return now_ns; }
void event_deadline(u64 ns) { deadline_ns = min(deadline_ns, ns); }
void event_reprogram(void) { deadline_ns = wheel_next_ns(0); }
void smp_send_reschedule(u32 cpu) { (void)cpu; }

#define TICK WHEEL_TICK_NS
#define N 400
/* What must be true of each timer, kept apart from the wheel. */
struct shadow { struct timer_list t; bool armed; u64 armed_tick, expires_ns; u32 fired; };
static struct shadow timers[N];
static u64 nr_fired;

/* The latest tick for a timer armed at that distance: an eighth of it more (coarser by level), and one. */
static u64 latest_tick(const struct shadow *s)
{
	u64 due = DIV_ROUND_UP(s->expires_ns, TICK), distance = due > s->armed_tick ? due - s->armed_tick : 0;

	return max(due, s->armed_tick) + distance * 8 / 63 + 1;
}
static void fire(struct timer_list *t)
{
	struct shadow *s = container_of(t, struct shadow, t);

	ASSERT_TRUE(s->armed);
	ASSERT_FALSE(timer_pending(t));
	ASSERT_GE(now_ns, s->expires_ns); /* never early */
	ASSERT_LE(now_ns / TICK, latest_tick(s));
	s->armed = false;
	s->fired++;
	nr_fired++;
}
static u64 some_distance(void)
{
	u64 bits = host_random() % 24; /* up to hours: all levels but the last two */

	return (host_random() & ((2ull << bits) - 1)) * TICK + host_random() % TICK;
}
static void arm(struct shadow *s, u64 distance_ns, bool reduce)
{
	u64 expires = now_ns + distance_ns;
	bool was = reduce ? timer_reduce(&s->t, expires) : mod_timer(&s->t, expires);

	ASSERT_EQ(was, s->armed);
	if (reduce && was && s->expires_ns <= expires)
		return;
	if (was && s->expires_ns == expires)
		return;
	s->armed = true;
	s->expires_ns = expires;
	s->armed_tick = now_ns / TICK;
}
static void check_all(void)
{
	u64 first_late = U64_MAX, next = wheel_next_ns(0);

	for (size_t i = 0; i < N; i++) {
		struct shadow *s = &timers[i];

		ASSERT_EQ(timer_pending(&s->t), s->armed);
		if (!s->armed)
			continue;
		ASSERT_GE(latest_tick(s), now_ns / TICK); /* else it should have fired */
		first_late = min(first_late, latest_tick(s));
	}
	/* The event of the CPU must come before anybody is late. */
	if (first_late != U64_MAX)
		ASSERT_LE(next, first_late * TICK);
}
/* Time goes to the moment when the CPU's event would wake it, or a little less far. */
static void let_time_pass(void)
{
	u64 next = wheel_next_ns(0), step = some_distance() / (1 + host_random() % 100);

	if (next == U64_MAX || now_ns + step < next) {
		now_ns += step;
		return;
	}
	now_ns = max(now_ns, next);
	timer_softirq();
	ASSERT_GT(wheel_next_ns(0), now_ns);
}
static void world(u64 start_ns)
{
	now_ns = start_ns;
	deadline_ns = U64_MAX;
	wheel_init();
	memset(timers, 0, sizeof(timers));
	for (size_t i = 0; i < N; i++)
		timer_setup(&timers[i].t, fire);
}

TEST(timers_fire_when_a_list_says_so)
{
	world(host_random() % (1000 * NSEC_PER_SEC));
	for (u32 round = 0; round < 60000; round++) {
		struct shadow *s = &timers[host_random() % N];
		u32 what = (u32)(host_random() % 8);

		if (what < 3)
			arm(s, some_distance(), false);
		else if (what == 3)
			arm(s, some_distance(), true);
		else if (what == 4) {
			ASSERT_EQ(timer_delete(&s->t), s->armed);
			s->armed = false;
		} else
			let_time_pass();
		if (round % 16 == 0)
			check_all();
	}
	EXPECT_GT(nr_fired, 5000);
}

/* Each distance from 0 on, from each place of the wheel: no slot is one off. */
TEST(every_distance_from_every_place)
{
	for (u64 start = 0; start < 64; start += 7)
		for (u64 distance = 0; distance < 5000; distance += 1 + distance / 64) {
			struct shadow *s = &timers[0];
			u32 events = 0;

			world((1000 + start) * TICK);
			arm(s, distance * TICK, false);
			while (s->armed) {
				ASSERT_LT(events++, 4u);
				ASSERT_NE(wheel_next_ns(0), U64_MAX);
				now_ns = max(now_ns, wheel_next_ns(0));
				timer_softirq();
			}
			if (distance < 62) /* the first level is exact */
				ASSERT_EQ(now_ns, (1000 + start + distance) * TICK);
		}
}

static struct shadow *again;
static void fire_and_arm(struct timer_list *t)
{
	fire(t);
	arm(again, 0, false);
}
/* A handler that arms itself for now does not keep the softirq for ever. */
TEST(armed_for_now_in_its_own_handler_it_fires_a_tick_later)
{
	world(5 * NSEC_PER_SEC);
	again = &timers[0];
	again->t.function = fire_and_arm;
	arm(again, 0, false);
	for (u32 i = 1; i <= 5; i++) {
		now_ns = max(now_ns, wheel_next_ns(0));
		timer_softirq();
		ASSERT_EQ(again->fired, i);
		now_ns += TICK;
	}
}
/* Beyond the reach of the wheel a timer fires early, but not before its edge, wherever the clock stands. */
TEST(farther_than_the_wheel_reaches)
{
	struct timer_base *b = &bases[0];
	const u64 bucket = 1ull << LEVEL_SHIFT(LEVELS - 1), hour = 3600 * NSEC_PER_SEC / TICK;

	for (u64 start = 1000; start < 3 * bucket; start += bucket / 8) {
		u64 found;

		world(start * TICK);
		timers[0].armed = true;
		mod_timer(&timers[0].t, now_ns + 1000 * hour * TICK);
		found = find_next(b);
		EXPECT_GE(found - start, 36 * hour);
		EXPECT_LE(found - start, 38 * hour);
		EXPECT_LE(b->next, found);
		EXPECT_TRUE(timer_delete(&timers[0].t));
		EXPECT_EQ(find_next(b), U64_MAX);
	}
}
