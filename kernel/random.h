/* kernel/random.h - random numbers that cannot be guessed (ChaCha20 keyed from the CPU's and the boot's entropy) */
#pragma once
#include "lib/types.h"

void random_init(void);
void get_random_bytes(void *buf, size_t n); /* any context */
u32 get_random_u32(void);
u64 get_random_u64(void);
u32 get_random_u32_below(u32 ceil); /* uniform in [0, ceil) */
