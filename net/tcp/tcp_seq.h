/* net/tcp/tcp_seq.h - arithmetic on the 2^32 circle of sequence numbers (RFC 9293 3.4); never write a < b */
#pragma once
#include "lib/types.h"

static inline bool seq_before(u32 a, u32 b) { return (s32)(a - b) < 0; }
static inline bool seq_after(u32 a, u32 b) { return seq_before(b, a); }
/* lo <= s <= hi, where hi - lo is the length of a window. */
static inline bool seq_between(u32 s, u32 lo, u32 hi) { return hi - lo >= s - lo; }
static inline u32 seq_max(u32 a, u32 b) { return seq_after(a, b) ? a : b; }
