/* tests/unit/lib/minmax_test.c - the windowed filter against the truth */
#include "lib/minmax.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

TEST(the_best_of_a_window_and_no_better)
{
	u32 t[500], v[500], window = 100;
	struct minmax lo, hi;

	for (u32 i = 0, now = 0; i < 500; i++) {
		u32 least = U32_MAX, most = 0;

		now += 1 + (u32)host_random() % 10;
		t[i] = now;
		v[i] = 1 + (u32)host_random() % 1000;
		if (!i) {
			minmax_reset(&lo, now, v[i]);
			minmax_reset(&hi, now, v[i]);
		}
		minmax_running_min(&lo, window, now, v[i]);
		minmax_running_max(&hi, window, now, v[i]);
		for (u32 k = 0; k <= i; k++) {
			if (now - t[k] > window)
				continue;
			least = min(least, v[k]);
			most = max(most, v[k]);
		}
		EXPECT_GE(minmax_get(&lo), least);
		EXPECT_LE(minmax_get(&hi), most);
		EXPECT_LE(minmax_get(&lo), v[i]);
		EXPECT_GE(minmax_get(&hi), v[i]);
	}
}
TEST(the_old_best_is_forgotten)
{
	struct minmax m;

	minmax_reset(&m, 0, 5);
	EXPECT_EQ(minmax_running_min(&m, 100, 60, 20), 5);
	EXPECT_EQ(minmax_running_min(&m, 100, 90, 30), 5);
	EXPECT_EQ(minmax_running_min(&m, 100, 120, 40), 20);
	EXPECT_EQ(minmax_running_min(&m, 100, 1000, 50), 50);
}
TEST(time_may_wrap)
{
	struct minmax m;

	minmax_reset(&m, U32_MAX - 10, 7);
	EXPECT_EQ(minmax_running_min(&m, 100, 10, 9), 7);
	EXPECT_EQ(minmax_running_min(&m, 100, 100, 9), 9);
}
