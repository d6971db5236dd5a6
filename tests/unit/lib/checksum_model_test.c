/* tests/unit/lib/checksum_model_test.c - the Internet checksum against RFC 1071's own loop
 *
 * lib/checksum.c's sum, and the one in assembly (kernel/arch/checksum.S) where this machine can run it.
 */
#include "lib/checksum.h"
#include "tests/unit/test.h"

__wsum arch_csum_partial(const void *buf, size_t len, __wsum sum);
__wsum __weak arch_csum_partial(const void *buf, size_t len, __wsum sum) { return csum_partial(buf, len, sum); }

/* RFC 1071 4.1, as slow as it is clear: big-endian words, the odd byte at the end as the high one. */
static u16 naive(const u8 *p, size_t n, u32 start)
{
	u64 sum = start;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (u32)p[i] << 8 | p[i + 1];
	if (n & 1)
		sum += (u32)p[n - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)sum;
}
static u16 folded(__wsum sum) { return ntohs((__force __be16) ~(__force u16)csum_fold(sum)); }
/* Zero has two forms; which one a sum takes is nobody's business. */
static u16 same_zero(u16 v) { return v == 0xffff ? 0 : v; }
#define EXPECT_SUM(got, want) ASSERT_EQ(same_zero(got), same_zero(want))

static void fill(u8 *p, size_t n, int kind)
{
	for (size_t i = 0; i < n; i++)
		p[i] = kind == 0 ? (u8)host_random() : kind == 1 ? 0xff : 0;
}

TEST(every_length_and_alignment)
{
	u8 *buf = kmalloc(2048 + 16, GFP_KERNEL), *copy = kmalloc(2048 + 16, GFP_KERNEL);

	for (int kind = 0; kind < 3; kind++) {
		fill(buf, 2048 + 16, kind);
		for (size_t n = 0; n <= 2048; n++)
			for (size_t align = 0; align < 8; align++) {
				u16 want = naive(buf + align, n, 0);

				EXPECT_SUM(folded(csum_partial(buf + align, n, 0)), want);
				EXPECT_SUM(folded(arch_csum_partial(buf + align, n, 0)), want);
				if (align != n % 8)
					continue;
				EXPECT_SUM(folded(csum_partial_copy(copy + (n / 8) % 8, buf + align, n, 0)), want);
				ASSERT_EQ(memcmp(copy + (n / 8) % 8, buf + align, n), 0);
			}
	}
	kfree(buf);
	kfree(copy);
}

/* The carry out of the highest word must come back, whatever sum it is added to. */
TEST(carries_come_back)
{
	u8 buf[64];

	fill(buf, sizeof(buf), 1);
	for (size_t n = 0; n <= sizeof(buf); n++)
		for (u32 i = 0; i < 64; i++) {
			u32 start = i < 32 ? ~0u >> i : ~0u << (i - 32);
			u16 want = naive(buf, n, (u32)ntohs((__force __be16)(u16)start) +
							ntohs((__force __be16)(u16)(start >> 16)));

			EXPECT_SUM(folded(csum_partial(buf, n, (__force __wsum)start)), want);
			EXPECT_SUM(folded(arch_csum_partial(buf, n, (__force __wsum)start)), want);
			EXPECT_SUM(folded(csum_add((__force __wsum)start, csum_partial(buf, n, 0))), want);
			EXPECT_SUM(folded(csum_sub(csum_add((__force __wsum)start, csum_partial(buf, n, 0)),
						   csum_partial(buf, n, 0))), naive(NULL, 0,
				(u32)ntohs((__force __be16)(u16)start) + ntohs((__force __be16)(u16)(start >> 16))));
		}
}

TEST(every_split)
{
	u8 buf[300];

	fill(buf, sizeof(buf), 0);
	for (size_t n = 1; n <= sizeof(buf); n += 1 + n / 40)
		for (size_t cut = 0; cut <= n; cut++) {
			__wsum sum = csum_partial(buf, cut, 0);

			sum = csum_block_add(sum, csum_partial(buf + cut, n - cut, 0), cut);
			EXPECT_SUM(folded(sum), naive(buf, n, 0));
			if (!(cut & 1)) /* at even places a sum simply goes on */
				EXPECT_SUM(folded(csum_partial(buf + cut, n - cut, csum_partial(buf, cut, 0))),
					   naive(buf, n, 0));
		}
}

TEST(headers)
{
	u8 ip[60];

	for (u32 round = 0; round < 2000; round++)
		for (u32 ihl = 5; ihl <= 15; ihl++) {
			__sum16 sum;

			fill(ip, sizeof(ip), round % 50 ? 0 : 1);
			ip[10] = ip[11] = 0;
			sum = ip_fast_csum(ip, ihl);
			EXPECT_SUM((u16)~ntohs((__force __be16)sum), naive(ip, ihl * 4, 0));
			memcpy(ip + 10, &sum, 2);
			ASSERT_EQ((__force u16)ip_fast_csum(ip, ihl), 0);
			if (ihl == 5)
				ASSERT_TRUE(ip_header_sum_ok(ip));
			ip[host_random() % (ihl * 4)] ^= (u8)(1u << host_random() % 8);
			ASSERT_NE((__force u16)ip_fast_csum(ip, ihl), 0);
			if (ihl == 5)
				ASSERT_FALSE(ip_header_sum_ok(ip));
		}
}

/* Where sums wrap: headers of zeros and of ones, alone and but for one word. */
TEST(both_ways_to_check_a_header_agree)
{
	u16 ip[10];

	for (u32 word = 0; word < 10; word++)
		for (u32 v = 0; v <= 0xffff; v++)
			for (int rest = 0; rest <= 0xff; rest += 0xff) {
				memset(ip, rest, sizeof(ip));
				ip[word] = (u16)v;
				ASSERT_EQ(ip_header_sum_ok(ip), !ip_fast_csum(ip, 5));
			}
}

TEST(pseudo_header)
{
	u8 all[12 + 100];

	for (u32 round = 0; round < 20000; round++) {
		u32 len = (u32)(host_random() % 100);
		__be32 s, d;

		fill(all, sizeof(all), round % 100 ? 0 : 1);
		memcpy(&s, all, 4);
		memcpy(&d, all + 4, 4);
		all[8] = 0;
		all[10] = 0;
		all[11] = (u8)len;
		EXPECT_SUM((u16)~ntohs((__force __be16)csum_tcpudp_magic(s, d, len, all[9],
									   csum_partial(all + 12, len, 0))),
			   naive(all, 12 + len, 0));
	}
}

/* RFC 1624: changing a word and its checksum is the same as making the checksum anew. */
TEST(replacing_words)
{
	u8 buf[40];

	for (u32 round = 0; round < 100000; round++) {
		size_t at = 2 + 2 * (host_random() % 9) * 2;
		__be32 old, new;
		__sum16 sum;

		fill(buf, sizeof(buf), round % 100 ? 0 : 2);
		buf[0] = buf[1] = 0;
		sum = csum_fold(csum_partial(buf, sizeof(buf), 0));
		memcpy(&old, buf + at, 4);
		new = (__force __be32)(round % 7 ? (u32)host_random() : round % 2 ? 0 : ~0u);
		if (round & 1) {
			memcpy(buf + at, &new, 4);
			csum_replace4(&sum, old, new);
		} else {
			memcpy(buf + at, &new, 2);
			csum_replace2(&sum, (__force __be16)(u16)(__force u32)old,
				      (__force __be16)(u16)(__force u32)new);
		}
		EXPECT_SUM((__force u16)sum, (__force u16)csum_fold(csum_partial(buf, sizeof(buf), 0)));
	}
}
