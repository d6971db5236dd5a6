/* tests/fuzz/fuzz.h - what a fuzz target gets: bytes to take apart, in a world of its own
 *
 * A target defines fuzz_one(). It runs as a task of the second home with nothing else alive. At its end all stacks that
 * it made by test_net() are destroyed, and what is not back then is a finding, as a crash, a hang or a lock left held.
 */
#pragma once
#include "kernel/trace/printk.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"

struct fuzz_input { const u8 *p, *end; };
static inline size_t fuzz_left(const struct fuzz_input *in) { return (size_t)(in->end - in->p); }
/* The next bytes; zero when they are used up. */
static inline u8 fuzz_u8(struct fuzz_input *in) { return in->p < in->end ? *in->p++ : 0; }
static inline u16 fuzz_u16(struct fuzz_input *in)
{
	u8 low = fuzz_u8(in);

	return (u16)(low | fuzz_u8(in) << 8);
}
static inline u32 fuzz_u32(struct fuzz_input *in)
{
	u32 low = fuzz_u16(in);

	return low | (u32)fuzz_u16(in) << 16;
}
/* Up to most bytes, a length that the input says, into buf. */
size_t fuzz_bytes(struct fuzz_input *in, void *buf, size_t most);

void fuzz_one(struct fuzz_input *in);
