/* tests/unit/lib/hash_test.c - the keyed hash of flows: even over buckets, and another order with another key */
#include "lib/hash.h"
#include "tests/host/host.h"
#include "tests/unit/test.h"

#define FLOWS 4096u
#define BUCKETS 1024u /* four each; by chance alone hardly ever over 16 in one */

static u32 longest(const siphash_key_t *key, u32 step_a, u32 step_c)
{
	u32 count[BUCKETS] = { 0 }, most = 0;

	for (u32 i = 0; i < FLOWS; i++) {
		u32 ports = 80 << 16 | (i * step_c & 0xffff);
		u32 n = ++count[hash_3u32(0x0a000001 + i * step_a, 0x0a090001, ports, key) % BUCKETS];

		most = max(most, n);
	}
	return most;
}

TEST(flows_spread_over_buckets)
{
	for (int round = 0; round < 50; round++) {
		siphash_key_t key = { host_random(), host_random() };

		EXPECT_LE(longest(&key, 0, 1), 20u);	 /* one host, port by port */
		EXPECT_LE(longest(&key, 1, 0), 20u);	 /* many hosts */
		EXPECT_LE(longest(&key, 1 << 10, 16), 20u); /* both, in steps */
	}
}

TEST(another_key_is_another_order)
{
	siphash_key_t x = { host_random(), host_random() }, y = { host_random(), host_random() };
	u32 same = 0, moved = 0;

	for (u32 i = 0; i < FLOWS; i++) {
		same += hash_3u32(1, 2, i, &x) % BUCKETS == hash_3u32(1, 2, i, &y) % BUCKETS;
		moved += hash_3u32(1, 2, i, &x) % BUCKETS != hash_3u32(1, 2, i ^ 1, &x) % BUCKETS;
	}
	EXPECT_LE(same, 32u);
	EXPECT_GE(moved, FLOWS - 32);
}
