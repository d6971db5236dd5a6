/* kernel/random.c - random numbers that cannot be guessed
 *
 * What:   ChaCha20 (RFC 8439 2.3) as a generator with fast key erasure: each request takes one block, half of which
 *         becomes the next key, so that a stolen state tells nothing about what was given out before. One state a CPU;
 *         each is keyed anew from the base key, and the base key from the CPU's generator, every five minutes.
 * Called: any context. The state of a CPU is used with interrupts off.
 * Locks:  base_lock, interrupts off.
 */
#include "kernel/random.h"
#include "kernel/arch/arch.h"
#include "kernel/sync/spinlock.h"
#include "kernel/time/clock.h"
#include "lib/string.h"

#define RESEED_NS (300 * NSEC_PER_SEC)
#define KEY_WORDS 8
#define BLOCK_WORDS 16

struct generator { u32 key[KEY_WORDS]; u64 counter, keyed_ns; bool keyed; } __cacheline_aligned;
static struct generator cpu_state[NR_CPUS];
static struct generator base;
static DEFINE_SPINLOCK(base_lock);

static inline u32 rotl(u32 v, int n) { return v << n | v >> (32 - n); }

static inline void quarter(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b], x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d], x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b], x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d], x[b] = rotl(x[b] ^ x[c], 7);
}

/* One block of RFC 8439 2.3 with a zero nonce and a 64-bit counter. */
static void chacha20_block(struct generator *g, u32 out[BLOCK_WORDS])
{
	u32 in[BLOCK_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, g->key, sizeof(g->key));
	in[12] = (u32)g->counter;
	in[13] = (u32)(g->counter >> 32);
	g->counter++;
	memcpy(out, in, sizeof(in));
	for (int round = 0; round < 10; round++) {
		quarter(out, 0, 4, 8, 12), quarter(out, 1, 5, 9, 13);
		quarter(out, 2, 6, 10, 14), quarter(out, 3, 7, 11, 15);
		quarter(out, 0, 5, 10, 15), quarter(out, 1, 6, 11, 12);
		quarter(out, 2, 7, 8, 13), quarter(out, 3, 4, 9, 14);
	}
	for (int i = 0; i < BLOCK_WORDS; i++)
		out[i] += in[i];
}

/* 32 fresh bytes into out; the key becomes the block's other half. */
static void step(struct generator *g, u32 out[KEY_WORDS])
{
	u32 block[BLOCK_WORDS];

	chacha20_block(g, block);
	memcpy(g->key, block, sizeof(g->key));
	memcpy(out, block + KEY_WORDS, KEY_WORDS * sizeof(u32));
	memset(block, 0, sizeof(block));
}

/* Mixes the CPU's generator and the clock into the key: what was there still counts, should those be weak. */
static void stir(struct generator *g)
{
	u32 unused[KEY_WORDS];

	for (int i = 0; i < KEY_WORDS; i += 2) {
		u64 v = arch_random_u64() ^ rotl((u32)arch_cycles(), i);

		g->key[i] ^= (u32)v;
		g->key[i + 1] ^= (u32)(v >> 32);
	}
	step(g, unused);
}

static void key_from_base(struct generator *g, u64 now)
{
	spin_lock(&base_lock);
	if (!base.keyed || now - base.keyed_ns > RESEED_NS) {
		stir(&base);
		base.keyed = true;
		base.keyed_ns = now;
	}
	step(&base, g->key);
	spin_unlock(&base_lock);
	g->counter = 0;
	g->keyed = true;
	g->keyed_ns = now;
}

static void one_chunk(void *buf, size_t n)
{
	unsigned long flags = local_irq_save();
	struct generator *g = &cpu_state[smp_processor_id()];
	u64 now = ktime_get_ns();
	u32 out[KEY_WORDS];

	if (unlikely(!g->keyed || now - g->keyed_ns > RESEED_NS))
		key_from_base(g, now);
	step(g, out);
	local_irq_restore(flags);
	memcpy(buf, out, n);
	memset(out, 0, sizeof(out));
}

void get_random_bytes(void *buf, size_t n)
{
	char *p = buf;

	while (n) {
		size_t part = min(n, KEY_WORDS * sizeof(u32));

		one_chunk(p, part);
		p += part;
		n -= part;
	}
}

u32 get_random_u32(void)
{
	u32 v;

	one_chunk(&v, sizeof(v));
	return v;
}

u64 get_random_u64(void)
{
	u64 v;

	one_chunk(&v, sizeof(v));
	return v;
}

/* Lemire 2019: multiply, and throw again in the few cases that would favour small results. ceil > 0. */
u32 get_random_u32_below(u32 ceil)
{
	u64 m = (u64)get_random_u32() * ceil;
	u32 unfair = -ceil % ceil;

	while ((u32)m < unfair)
		m = (u64)get_random_u32() * ceil;
	return m >> 32;
}

/* On CPU 0 before anything asks: several rounds, because one reading of a jittery clock is worth little. */
void random_init(void)
{
	for (int i = 0; i < 8; i++)
		stir(&base);
	base.keyed = true;
}
