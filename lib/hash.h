/* lib/hash.h - hashes: a cheap one for trusted keys, SipHash for keys that an attacker picks */
#pragma once
#include "lib/types.h"

typedef struct { u64 k0, k1; } siphash_key_t;

/* SipHash-2-4 (Aumasson, Bernstein 2012) over len bytes. */
u64 siphash(const void *data, size_t len, const siphash_key_t *key);
u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key);
/* HalfSipHash-like speed for hash tables: SipHash-1-3 over up to four words. */
u32 hsiphash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key);

/* For tables whose keys strangers choose, and whose order nobody sees: two products of 128 bits, folded, with a secret
 * in each. 15 instructions where hsiphash_3u32 takes 105, once for each TCP segment (1 % of a transaction). What is
 * sent stays with SipHash. */
static inline u64 mul_fold(u64 a, u64 b)
{
	unsigned __int128 p = (unsigned __int128)a * b;

	return (u64)p ^ (u64)(p >> 64);
}
static inline u32 hash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key)
{
	u64 h = mul_fold(((u64)b << 32 | a) ^ key->k0, c ^ key->k1);

	return (u32)mul_fold(h ^ key->k1, 0x9e3779b97f4a7c15ULL); /* the golden ratio: every bit reaches every other */
}

/* Multiplicative hash (Knuth 6.4) down to bits bits. */
static inline u32 hash_32(u32 v, unsigned int bits) { return (v * 0x61c88647u) >> (32 - bits); }
static inline u32 hash_64(u64 v, unsigned int bits) { return (u32)((v * 0x61c8864680b583ebull) >> (64 - bits)); }
/* FNV-1a over a string, for names. */
u32 hash_str(const char *s, size_t len);
