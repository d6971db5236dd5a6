/* kernel/process/itimer.c - the three interval timers of a process, and alarm
 *
 * What:   ITIMER_REAL is an hrtimer. ITIMER_VIRTUAL and ITIMER_PROF run with the process's CPU time; an hrtimer looks
 *         at that time when it can be due at the earliest, again and again, and not more often than each 4 ms.
 * Called: the system calls, exit.c and exec.c; the handlers run in hard-irq context.
 * Locks:  siglock for the intervals. A handler takes siglock, so a timer is never waited for while holding it.
 */
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

#define CPU_POLL_NS (4 * NSEC_PER_MSEC)
enum { CPU_VIRTUAL, CPU_PROF };

static enum hrtimer_restart real_timer_fired(struct hrtimer *timer)
{
	struct signal_struct *s = container_of(timer, struct signal_struct, real_timer);
	u64 interval = READ_ONCE(s->real_interval_ns);

	kill_pid(s->tgid, SIGALRM);
	if (!interval)
		return HRTIMER_NORESTART;
	hrtimer_forward(timer, ktime_get_ns(), interval);
	return HRTIMER_RESTART;
}

/* The process's CPU time as timer which counts it. */
static u64 cpu_clock(struct task_struct *t, int which)
{
	u64 u, st;

	thread_group_times(t, &u, &st);
	return which == CPU_VIRTUAL ? u : u + st;
}

/* True when timer which stays armed; fires it when it is due. */
static bool cpu_timer_check(struct signal_struct *s, struct task_struct *t, int which)
{
	struct cpu_itimer *it = &s->cpu_timer[which];
	u64 now, due = READ_ONCE(it->expires_ns);

	if (!due)
		return false;
	now = cpu_clock(t, which);
	if (now < due)
		return true;
	WRITE_ONCE(it->expires_ns, it->interval_ns ? now + it->interval_ns : 0);
	kill_pid(s->tgid, which == CPU_VIRTUAL ? SIGVTALRM : SIGPROF);
	return it->interval_ns != 0;
}

static enum hrtimer_restart cpu_poll_fired(struct hrtimer *timer)
{
	struct signal_struct *s = container_of(timer, struct signal_struct, cpu_poll);
	struct task_struct *t = find_task_by_pid(s->tgid);
	bool armed;

	if (!t)
		return HRTIMER_NORESTART;
	armed = cpu_timer_check(s, t, CPU_VIRTUAL);
	armed |= cpu_timer_check(s, t, CPU_PROF);
	put_task_struct(t);
	if (!armed)
		return HRTIMER_NORESTART;
	timer->expires_ns = ktime_get_ns() + CPU_POLL_NS;
	return HRTIMER_RESTART;
}

void itimer_init(struct signal_struct *s)
{
	hrtimer_setup(&s->real_timer, real_timer_fired);
	hrtimer_setup(&s->cpu_poll, cpu_poll_fired);
}

/* exit and execve. Interval timers survive execve, POSIX timers do not. Process context, no lock held. */
void exit_itimers(struct signal_struct *s)
{
	posix_timer_release(s);
	if (s->live)
		return;
	s->real_interval_ns = 0;
	hrtimer_cancel(&s->real_timer);
	memset(s->cpu_timer, 0, sizeof(s->cpu_timer));
	hrtimer_cancel(&s->cpu_poll);
}

static void to_timeval(struct __kernel_old_timeval *tv, u64 ns)
{
	tv->tv_sec = ns / NSEC_PER_SEC;
	tv->tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

/* 0 or -EINVAL. */
static int from_timeval(const struct __kernel_old_timeval *tv, u64 *ns)
{
	if (tv->tv_sec < 0 || (u64)tv->tv_usec >= USEC_PER_SEC)
		return -EINVAL;
	*ns = min((u64)tv->tv_sec, (u64)S64_MAX / NSEC_PER_SEC / 2) * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
	return 0;
}

/* What a program is told of ITIMER_REAL. siglock held. */
static void real_setting(const struct signal_struct *s, bool armed, u64 *left, u64 *interval)
{
	u64 now = ktime_get_ns();

	*interval = s->real_interval_ns;
	*left = !armed ? 0 : s->real_timer.expires_ns > now ? s->real_timer.expires_ns - now : NSEC_PER_USEC;
}

/* Stops a timer of current's process and takes siglock, which its handler wants: no other thread starts the timer until
 * the lock is open again. True when the timer was armed. */
static bool lock_stopped(struct hrtimer *timer)
{
	int r;

	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		r = hrtimer_try_to_cancel(timer);
		if (r >= 0)
			return r;
		spin_unlock_irq(&current->sighand->siglock);
		cpu_relax();
	}
}

/* Arms ITIMER_REAL to fire in ns (0: stops it) and then each interval. The old values come back. Process context. */
static void set_real(u64 ns, u64 interval, u64 *old_left, u64 *old_interval)
{
	struct signal_struct *s = current->signal;
	bool was_armed = lock_stopped(&s->real_timer);

	real_setting(s, was_armed, old_left, old_interval);
	s->real_interval_ns = ns ? interval : 0;
	if (ns)
		hrtimer_start(&s->real_timer, ktime_get_ns() + ns);
	spin_unlock_irq(&current->sighand->siglock);
}

/* The same of a timer that counts CPU time, which stands at now. */
static void cpu_setting(const struct cpu_itimer *it, u64 now, u64 *left, u64 *interval)
{
	u64 due = READ_ONCE(it->expires_ns);

	*interval = READ_ONCE(it->interval_ns);
	*left = !due ? 0 : due > now ? due - now : NSEC_PER_USEC;
}

static void set_cpu(int which, u64 ns, u64 interval, u64 *old_left, u64 *old_interval)
{
	struct signal_struct *s = current->signal;
	struct cpu_itimer *it = &s->cpu_timer[which];
	u64 now = cpu_clock(current, which);

	lock_stopped(&s->cpu_poll);
	cpu_setting(it, now, old_left, old_interval);
	it->interval_ns = ns ? interval : 0;
	it->expires_ns = ns ? now + ns : 0;
	if (s->cpu_timer[CPU_VIRTUAL].expires_ns || s->cpu_timer[CPU_PROF].expires_ns)
		hrtimer_start(&s->cpu_poll, ktime_get_ns() + CPU_POLL_NS);
	spin_unlock_irq(&current->sighand->siglock);
}

static void read_timer(int which, u64 *left, u64 *interval)
{
	struct signal_struct *s = current->signal;

	if (which != ITIMER_REAL) {
		which -= ITIMER_VIRTUAL;
		cpu_setting(&s->cpu_timer[which], cpu_clock(current, which), left, interval);
		return;
	}
	spin_lock_irq(&current->sighand->siglock);
	real_setting(s, hrtimer_active(&s->real_timer), left, interval);
	spin_unlock_irq(&current->sighand->siglock);
}

static int put_value(struct __kernel_old_itimerval __user *val, u64 left, u64 interval)
{
	struct __kernel_old_itimerval v;

	to_timeval(&v.it_value, left);
	to_timeval(&v.it_interval, interval);
	return copy_to_user(val, &v, sizeof(v)) ? -EFAULT : 0;
}

long sys_getitimer(int which, struct __kernel_old_itimerval __user *val)
{
	u64 left, interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	read_timer(which, &left, &interval);
	return put_value(val, left, interval);
}

long sys_setitimer(int which, const struct __kernel_old_itimerval __user *val,
		   struct __kernel_old_itimerval __user *old)
{
	struct __kernel_old_itimerval v = {};
	u64 ns, interval, old_left, old_interval;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (val && copy_from_user(&v, val, sizeof(v)))
		return -EFAULT;
	if (from_timeval(&v.it_value, &ns) || from_timeval(&v.it_interval, &interval))
		return -EINVAL;
	if (which == ITIMER_REAL)
		set_real(ns, interval, &old_left, &old_interval);
	else
		set_cpu(which - ITIMER_VIRTUAL, ns, interval, &old_left, &old_interval);
	return old ? put_value(old, old_left, old_interval) : 0;
}

/* Seconds that were left of the last one, rounded, but never 0 when it was armed. */
long sys_alarm(unsigned int seconds)
{
	u64 left, interval;

	set_real((u64)seconds * NSEC_PER_SEC, 0, &left, &interval);
	if (!left)
		return 0;
	return max((left + NSEC_PER_SEC / 2) / NSEC_PER_SEC, 1ULL);
}
