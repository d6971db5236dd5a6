/* tests/tsan/once.h - included before all else: marked accesses become atomic ones, which TSan understands
 *
 * On x86 no store passes an older store and no load an older load, so they count as release and acquire. What is not
 * marked stays plain: that is what TSan looks for. TSan knows no fences: they stay, and order nothing that it sees.
 */
#pragma once
#include "lib/types.h"
#undef READ_ONCE
#undef WRITE_ONCE
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELEASE)
#undef smp_mb
#undef smp_rmb
#undef smp_wmb
#define smp_mb() __asm__ volatile("mfence" ::: "memory")
#define smp_rmb() barrier()
#define smp_wmb() barrier()
