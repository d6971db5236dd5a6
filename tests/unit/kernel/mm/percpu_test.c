/* tests/unit/kernel/mm/percpu_test.c - per-CPU memory beside a shadow: nothing overlaps, all of it is zero at first
 *
 * The kernel's own file is compiled here under other names, because tests/host has its own.
 */
#define nr_possible_cpus t_nr_possible_cpus
#define __alloc_percpu t_alloc_percpu
#define free_percpu t_free_percpu
#define dma_alloc_coherent t_dma_alloc_coherent
#define dma_free_coherent t_dma_free_coherent
#include "kernel/mm/internal.h"

#define PERCPU_UNIT (32UL << 10) /* as kernel/arch/cpu.h has it, which the second home shadows */
#define nr_cpus 2u
#include "kernel/mm/percpu.c"
#include "tests/unit/test.h"

#define N 60
static struct shadow { char *p; u32 size; u8 mark; } shadows[N];

static u8 mark_of(const struct shadow *s, u32 cpu) { return (u8)(s->mark + cpu); }
/* Each CPU's copy is all of this byte. */
static bool is_all(const struct shadow *s, u32 cpu, u8 byte)
{
	for (u32 i = 0; i < s->size; i++)
		if ((u8)s->p[cpu * PERCPU_UNIT + i] != byte)
			return false;
	return true;
}
static void give(struct shadow *s)
{
	for (u32 cpu = 0; cpu < units(); cpu++)
		EXPECT_TRUE(is_all(s, cpu, mark_of(s, cpu)));
	free_percpu(s->p);
	s->p = NULL;
}
static void take(struct shadow *s, u32 size)
{
	*s = (struct shadow){ __alloc_percpu(size), size, (u8)host_random() };
	ASSERT_TRUE(s->p);
	EXPECT_EQ((unsigned long)s->p % BLOCK, (unsigned long)chunks->base % BLOCK);
	for (u32 cpu = 0; cpu < units(); cpu++) {
		EXPECT_TRUE(is_all(s, cpu, 0));
		memset(s->p + cpu * PERCPU_UNIT, mark_of(s, cpu), size);
	}
}
static u32 count_chunks(void)
{
	u32 n = 0;

	for (struct chunk *c = chunks; c; c = c->next)
		n++;
	return n;
}
static void forget_chunks(void)
{
	while (chunks) {
		struct chunk *c = chunks;

		for (u32 i = 0; i < BLOCKS; i++)
			EXPECT_EQ(c->run[i], 0);
		chunks = c->next;
		kvfree(c->base);
		kfree(c);
	}
}

TEST(percpu_pieces_come_and_go)
{
	nr_possible_cpus = 4;
	for (u32 round = 0; round < 20000; round++) {
		struct shadow *s = &shadows[host_random() % N];

		if (s->p)
			give(s);
		else
			take(s, 1 + (u32)(host_random() % (host_random() % 8 ? 300 : PERCPU_UNIT / 4)));
	}
	EXPECT_LT(count_chunks(), 30); /* at most 60 pieces of a quarter: they are used again */
	for (u32 i = 0; i < N; i++)
		if (shadows[i].p)
			give(&shadows[i]);
	forget_chunks();
}
/* A unit can be filled to its last block, and what does not fit goes into the next chunk. */
TEST(percpu_a_unit_is_used_to_its_end)
{
	static struct shadow all[BLOCKS], big;

	nr_possible_cpus = 2;
	for (u32 i = 0; i < BLOCKS; i++)
		take(&all[i], BLOCK);
	EXPECT_EQ(count_chunks(), 1);
	take(&big, PERCPU_UNIT);
	EXPECT_EQ(count_chunks(), 2);
	give(&all[3]);
	give(&all[4]);
	take(&all[3], 2 * BLOCK); /* the hole of two */
	EXPECT_EQ(count_chunks(), 2);
	all[4].p = NULL;
	give(&big);
	for (u32 i = 0; i < BLOCKS; i++)
		if (all[i].p)
			give(&all[i]);
	forget_chunks();
}
TEST(percpu_what_cannot_be_is_refused)
{
	nr_possible_cpus = 2;
	EXPECT_TRUE(!__alloc_percpu(0) && !__alloc_percpu(PERCPU_UNIT + 1));
	free_percpu(NULL);
	for (u64 nth = 1; nth <= 2; nth++) { /* the chunk, and its memory */
		host_fail_alloc(nth, false);
		EXPECT_FALSE(__alloc_percpu(8));
		host_fail_alloc(0, false);
		EXPECT_EQ(count_chunks(), 0);
	}
}
