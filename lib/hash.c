/* lib/hash.c - SipHash and FNV
 *
 * What:   keyed hashes for tables and secrets that an attacker must not guess. After "SipHash: a fast short-input
 *         PRF" (Aumasson, Bernstein 2012): c compression rounds a word, d rounds at the end.
 * Called: any context.
 */
#include "lib/hash.h"
#include "lib/byteorder.h"

struct sip { u64 v0, v1, v2, v3; };

static inline u64 rotl(u64 x, unsigned int n) { return x << n | x >> (64 - n); }

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline void sip_start(struct sip *s, const siphash_key_t *key)
{
	s->v0 = key->k0 ^ 0x736f6d6570736575ULL;
	s->v1 = key->k1 ^ 0x646f72616e646f6dULL;
	s->v2 = key->k0 ^ 0x6c7967656e657261ULL;
	s->v3 = key->k1 ^ 0x7465646279746573ULL;
}

static inline void sip_word(struct sip *s, u64 m, int rounds)
{
	s->v3 ^= m;
	while (rounds--)
		sip_round(s);
	s->v0 ^= m;
}

static inline u64 sip_end(struct sip *s, int rounds)
{
	s->v2 ^= 0xff;
	while (rounds--)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	const u8 *p = data;
	u64 last = (u64)len << 56;
	size_t left = len;
	struct sip s;

	sip_start(&s, key);
	for (; left >= 8; left -= 8, p += 8)
		sip_word(&s, le64_to_cpu(get_unaligned((const __le64 *)p)), 2);
	for (size_t i = 0; i < left; i++)
		last |= (u64)p[i] << (8 * i);
	sip_word(&s, last, 2);
	return sip_end(&s, 4);
}

u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, a, 2);
	sip_word(&s, b, 2);
	sip_word(&s, 16ULL << 56, 2);
	return sip_end(&s, 4);
}

u32 hsiphash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key)
{
	struct sip s;

	sip_start(&s, key);
	sip_word(&s, (u64)b << 32 | a, 1);
	sip_word(&s, 12ULL << 56 | c, 1);
	return (u32)sip_end(&s, 3);
}

u32 hash_str(const char *s, size_t len)
{
	u32 h = 0x811c9dc5;

	while (len--)
		h = (h ^ (u8)*s++) * 0x01000193;
	return h;
}
