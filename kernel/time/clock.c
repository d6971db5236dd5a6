/* kernel/time/clock.c - monotonic and real time
 *
 * What:   monotonic time is ktime_get_ns() in arch; real time is an offset to it.
 * Called: everyone who asks for the time, in any context.
 * Locks:  the offset is one atomic word.
 */
#include "kernel/time/clock.h"
#include "kernel/arch/arch.h"
#include "kernel/sched/task.h"
#include "kernel/time/event.h"
#include "lib/atomic.h"

static atomic64_t real_offset_ns;

u64 ktime_get_real_ns(void) { return ktime_get_ns() + (u64)atomic64_read(&real_offset_ns); }
void ktime_set_real_ns(u64 ns) { atomic64_set(&real_offset_ns, (s64)(ns - ktime_get_ns())); }

void time_init(void)
{
	ktime_set_real_ns(arch_wall_clock_seconds() * NSEC_PER_SEC);
	hrtimers_init();
	wheel_init();
	event_cpu_init();
}
