/* kernel/time/sleep.c - sleeping for a while, and the system calls about time
 *
 * What:   schedule_timeout() on an hrtimer; nanosleep, clock_*, gettimeofday and their kin.
 * Called: process context.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/syscalls.h"
#include "kernel/time/timer.h"
#include <linux/capability.h>

struct sleeper { struct hrtimer timer; struct task_struct *task; };

static enum hrtimer_restart wake_sleeper(struct hrtimer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);

	wake_up_process(s->task);
	return HRTIMER_NORESTART;
}

s64 schedule_timeout(s64 ns)
{
	struct sleeper s = { .task = current };
	u64 end;

	if (ns == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return ns;
	}
	if (ns <= 0) {
		__set_current_state_running();
		return 0;
	}
	end = ktime_get_ns() + (u64)ns;
	hrtimer_setup(&s.timer, wake_sleeper);
	hrtimer_start(&s.timer, end);
	schedule();
	hrtimer_cancel(&s.timer);
	ns = (s64)(end - ktime_get_ns());
	return ns > 0 ? ns : 0;
}

void sleep_ns(u64 ns)
{
	s64 left = (s64)ns;

	while (left) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		left = schedule_timeout(left);
	}
}

static int get_timespec(const struct __kernel_timespec __user *u, u64 *ns)
{
	struct __kernel_timespec ts;

	if (copy_from_user(&ts, u, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (long long)NSEC_PER_SEC)
		return -EINVAL;
	*ns = (u64)ts.tv_sec > S64_MAX / NSEC_PER_SEC - 1 ? S64_MAX - 1
							  : (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	return 0;
}

static int put_timespec(struct __kernel_timespec __user *u, u64 ns)
{
	struct __kernel_timespec ts = { .tv_sec = (s64)(ns / NSEC_PER_SEC), .tv_nsec = (s64)(ns % NSEC_PER_SEC) };

	return copy_to_user(u, &ts, sizeof(ts)) ? -EFAULT : 0;
}

/* Sleeps until monotonic time end_ns; 0, or -EINTR-like with what is left written to rem. */
static long sleep_until(u64 end_ns)
{
	u64 now;

	while ((now = ktime_get_ns()) < end_ns) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			__set_current_state_running();
			return -ERESTARTNOHAND;
		}
		schedule_timeout((s64)min(end_ns - now, (u64)S64_MAX - 1));
	}
	return 0;
}

/* args: end_ns, address of rem. */
static long nanosleep_restart(struct task_struct *t)
{
	struct __kernel_timespec __user *rem = (void __user *)t->restart_block.args[1];
	u64 end = t->restart_block.args[0], now;
	long r = sleep_until(end);

	if (!r)
		return 0;
	now = ktime_get_ns();
	if (rem && put_timespec(rem, end > now ? end - now : 0))
		return -EFAULT;
	t->restart_block.fn = nanosleep_restart;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_for(u64 ns, struct __kernel_timespec __user *rem)
{
	u64 now = ktime_get_ns();

	current->restart_block.args[0] = ns > S64_MAX - now ? S64_MAX : now + ns;
	current->restart_block.args[1] = (unsigned long)rem;
	return nanosleep_restart(current);
}

long sys_nanosleep(const struct __kernel_timespec __user *req, struct __kernel_timespec __user *rem)
{
	u64 ns;
	int r = get_timespec(req, &ns);

	return r ? r : sleep_for(ns, rem);
}

static bool clock_is_real(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

long sys_clock_nanosleep(int clock, int flags, const struct __kernel_timespec __user *req,
			 struct __kernel_timespec __user *rem)
{
	u64 ns;
	int r;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME && clock != CLOCK_TAI)
		return clock == CLOCK_THREAD_CPUTIME_ID ? -EINVAL : -EOPNOTSUPP;
	r = get_timespec(req, &ns);
	if (r)
		return r;
	if (!(flags & TIMER_ABSTIME))
		return sleep_for(ns, rem);
	if (!clock_is_real(clock))
		return sleep_until(ns);
	do { /* the clock may be set meanwhile: look again at least every second */
		u64 real = ktime_get_real_ns();

		if (real >= ns)
			return 0;
		r = (int)sleep_until(ktime_get_ns() + min(ns - real, (u64)NSEC_PER_SEC));
	} while (!r);
	return r;
}

/* 0 and the time, or -EINVAL. */
static int read_clock(int clock, u64 *ns)
{
	u64 u, s;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_TAI:
		*ns = ktime_get_real_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = ktime_get_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		thread_group_times(current, &u, &s);
		*ns = u + s;
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = task_sum_exec_ns(current);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_clock_gettime(int clock, struct __kernel_timespec __user *out)
{
	u64 ns;
	int r = read_clock(clock, &ns);

	return r ? r : put_timespec(out, ns);
}

long sys_clock_getres(int clock, struct __kernel_timespec __user *out)
{
	u64 ns;
	int r = read_clock(clock, &ns);

	return r || !out ? r : put_timespec(out, 1);
}

long sys_clock_settime(int clock, const struct __kernel_timespec __user *in)
{
	u64 ns;
	int r;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	r = get_timespec(in, &ns);
	if (r)
		return r;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	ktime_set_real_ns(ns);
	return 0;
}

long sys_gettimeofday(struct __kernel_old_timeval __user *tv, void __user *tz)
{
	u64 ns = ktime_get_real_ns();
	struct __kernel_old_timeval v = { .tv_sec = (long)(ns / NSEC_PER_SEC),
					  .tv_usec = (long)(ns % NSEC_PER_SEC / 1000) };

	if (tv && copy_to_user(tv, &v, sizeof(v)))
		return -EFAULT;
	if (tz && clear_user(tz, 2 * sizeof(int)))
		return -EFAULT;
	return 0;
}

long sys_settimeofday(const struct __kernel_old_timeval __user *tv, const void __user *tz)
{
	struct __kernel_old_timeval v;

	if (!tv)
		return 0;
	if (copy_from_user(&v, tv, sizeof(v)))
		return -EFAULT;
	if (v.tv_sec < 0 || v.tv_usec < 0 || v.tv_usec >= 1000000)
		return -EINVAL;
	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	ktime_set_real_ns((u64)v.tv_sec * NSEC_PER_SEC + (u64)v.tv_usec * 1000);
	return 0;
}

long sys_time(long __user *out)
{
	long s = (long)(ktime_get_real_ns() / NSEC_PER_SEC);

	return out && put_user(s, out) ? -EFAULT : s;
}

static const struct syscall_def calls[] = {
	SYSCALL(nanosleep), SYSCALL(clock_nanosleep), SYSCALL(clock_gettime), SYSCALL(clock_getres),
	SYSCALL(clock_settime), SYSCALL(gettimeofday), SYSCALL(settimeofday), SYSCALL(time),
};
void time_syscalls(void) { syscall_register(calls, ARRAY_SIZE(calls)); }
