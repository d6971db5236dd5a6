/* tests/unit/net/tcp/seq_test.c - the arithmetic of sequence numbers against distances on the circle, edge by edge */
#include "net/tcp/tcp_seq.h"
#include "tests/unit/test.h"

/* How far it is from a forward to b, 0 to 2^32 - 1. */
static u64 forward(u32 a, u32 b) { return b >= a ? (u64)b - a : (1ull << 32) - a + b; }

static void check(u32 a, u32 b)
{
	bool before = forward(a, b) && forward(a, b) < 1ull << 31;

	if (forward(a, b) == 1ull << 31) /* opposite: either answer will do, but not both */
		return;
	ASSERT_EQ(seq_before(a, b), before);
	ASSERT_EQ(seq_after(b, a), before);
	ASSERT_EQ(seq_max(a, b), before ? b : a);
}
static void check_window(u32 s, u32 lo, u32 size)
{
	ASSERT_EQ(seq_between(s, lo, lo + size), forward(lo, s) <= size);
}

TEST(every_edge_of_the_circle)
{
	static const u32 places[] = { 0, 1, 2, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (size_t j = 0; j < ARRAY_SIZE(places); j++) {
			check(places[i], places[j]);
			for (size_t k = 0; k < ARRAY_SIZE(places); k++)
				check_window(places[i], places[j], places[k]);
		}
	for (u32 round = 0; round < 100000; round++) {
		u32 lo = (u32)host_random(), size = (u32)host_random() >> host_random() % 32;

		check(lo, lo + size);
		check(lo + size, lo);
		for (u32 d = 0; d < 3; d++) {
			check_window(lo - 1 + d, lo, size);
			check_window(lo + size - 1 + d, lo, size);
		}
	}
}
