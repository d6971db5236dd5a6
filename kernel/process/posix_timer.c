/* kernel/process/posix_timer.c - timer_create and its kin: timers that send a signal of the program's choice
 *
 * What:   each timer is an hrtimer and at most one queued signal; expirations while that signal waits are counted as
 *         its overruns (POSIX 2.4.1), not queued.
 * Called: the system calls; exit and execve delete all; the handler runs in hard-irq context.
 * Locks:  siglock for the list and the counts. The handler takes it, so a timer is never waited for while holding it.
 * Absent: CLOCK_*_CPUTIME_ID and alarm clocks (EINVAL), SIGEV_THREAD (libc makes it from SIGEV_THREAD_ID).
 */
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"
#include <linux/time_types.h>

struct k_itimer {
	struct list_head list;	/* signal->posix_timers */
	int id;
	int clock, notify, sig;
	sigval_t value;
	pid_t tgid, tid;	/* tid: SIGEV_THREAD_ID, else 0 */
	struct hrtimer timer;
	u64 interval_ns;
	bool queued;		/* its signal waits to be taken */
	u64 overrun, last_overrun;
};

static int clamp_overrun(u64 n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

/* One expiration; siglock of the group held. */
static void queue_expiry(struct k_itimer *k, struct task_struct *t)
{
	siginfo_t info = { .si_code = SI_TIMER };

	if (k->notify == SIGEV_NONE)
		return;
	if (k->queued) {
		k->overrun++;
		return;
	}
	info._sifields._timer._tid = k->id;
	info._sifields._timer._overrun = 0;
	info._sifields._timer._sigval = k->value;
	k->queued = true;
	if (sig_handler_ignores(&t->sighand->action[k->sig - 1], k->sig) ||
	    send_signal_locked(k->sig, &info, t, !k->tid))
		k->queued = false;
}

static enum hrtimer_restart posix_timer_fired(struct hrtimer *timer)
{
	struct k_itimer *k = container_of(timer, struct k_itimer, timer);
	struct task_struct *t = find_task_by_pid(k->tid ? k->tid : k->tgid);
	struct sighand_struct *h = NULL;
	unsigned long flags;
	u64 interval = READ_ONCE(k->interval_ns), missed;

	if (t)
		h = lock_task_sighand(t, &flags);
	if (h) {
		queue_expiry(k, t);
		if (interval) {
			missed = hrtimer_forward(timer, ktime_get_ns(), interval);
			if (missed > 1)
				k->overrun += missed - 1;
		}
		spin_unlock_irqrestore(&h->siglock, flags);
	}
	if (t)
		put_task_struct(t);
	return h && interval ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* The timer with this id in current's group; siglock held. */
static struct k_itimer *find_locked(int id)
{
	struct k_itimer *k;

	list_for_each_entry(k, &current->signal->posix_timers, list)
		if (k->id == id)
			return k;
	return NULL;
}

/* Its signal is taken: what was counted becomes its overruns, and counting starts anew. siglock held. */
void posix_timer_delivered(siginfo_t *info)
{
	struct k_itimer *k = find_locked(info->_sifields._timer._tid);

	if (!k || !k->queued)
		return;
	k->queued = false;
	k->last_overrun = k->overrun;
	k->overrun = 0;
	info->_sifields._timer._overrun = clamp_overrun(k->last_overrun);
}

static bool clock_known(int clock)
{
	return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

/* Checks how the program wants to be told, and fills k. 0 or -EINVAL. */
static int take_event(struct k_itimer *k, const struct sigevent *ev)
{
	struct task_struct *t;
	bool ours;

	k->notify = ev->sigev_notify;
	k->sig = ev->sigev_signo;
	k->value = ev->sigev_value;
	if (k->notify == SIGEV_NONE)
		return 0;
	if (k->sig < 1 || k->sig > _NSIG)
		return -EINVAL;
	if (k->notify == SIGEV_SIGNAL)
		return 0;
	if (k->notify != (SIGEV_SIGNAL | SIGEV_THREAD_ID))
		return -EINVAL;
	k->tid = ev->_sigev_un._tid;
	t = find_task_by_pid(k->tid);
	ours = t && t->tgid == current->tgid;
	if (t)
		put_task_struct(t);
	return ours ? 0 : -EINVAL;
}

/* Gives k an id, which is its value too unless the program chose one, and makes it findable: from there on another
 * thread may delete it. The id, or -EAGAIN beyond RLIMIT_SIGPENDING timers. */
static int add_timer(struct k_itimer *k, bool own_value)
{
	struct signal_struct *s = current->signal;
	unsigned long n = 0, limit = rlimit(RLIMIT_SIGPENDING);
	struct list_head *p;
	int r = -EAGAIN;

	spin_lock_irq(&current->sighand->siglock);
	list_for_each(p, &s->posix_timers)
		n++;
	if (n < limit) {
		do {
			k->id = s->next_timer_id;
			s->next_timer_id = s->next_timer_id == INT_MAX ? 0 : s->next_timer_id + 1;
		} while (find_locked(k->id));
		if (!own_value)
			k->value.sival_int = k->id;
		list_add_tail(&k->list, &s->posix_timers);
		r = k->id;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return r;
}

/* k is off its list. Waits for a handler that runs. */
static void destroy(struct k_itimer *k)
{
	WRITE_ONCE(k->interval_ns, 0);
	hrtimer_cancel(&k->timer);
	kfree(k);
}

static long delete_timer(int id)
{
	struct k_itimer *k;

	spin_lock_irq(&current->sighand->siglock);
	k = find_locked(id);
	if (k)
		list_del(&k->list);
	spin_unlock_irq(&current->sighand->siglock);
	if (!k)
		return -EINVAL;
	destroy(k);
	return 0;
}

long sys_timer_create(int clock, struct sigevent __user *uev, int __user *uid)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct k_itimer *k;
	int r;

	if (!clock_known(clock))
		return -EINVAL;
	if (uev && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	k = kzalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return -EAGAIN;
	k->clock = clock;
	k->tgid = current->tgid;
	hrtimer_setup(&k->timer, posix_timer_fired);
	r = take_event(k, &ev);
	r = r ?: add_timer(k, uev);
	if (r < 0) {
		kfree(k);
		return r;
	}
	if (!put_user(r, uid))
		return 0;
	delete_timer(r);
	return -EFAULT;
}

static u64 clock_now(int clock)
{
	return clock == CLOCK_REALTIME ? ktime_get_real_ns() : ktime_get_ns();
}

static bool from_timespec(const struct __kernel_timespec *ts, u64 *ns)
{
	if (ts->tv_sec < 0 || (u64)ts->tv_nsec >= NSEC_PER_SEC)
		return false;
	*ns = min((u64)ts->tv_sec, (u64)S64_MAX / NSEC_PER_SEC / 2) * NSEC_PER_SEC + ts->tv_nsec;
	return true;
}

/* What timer_gettime says; siglock held. */
static void read_timer(const struct k_itimer *k, struct __kernel_itimerspec *v)
{
	u64 now = ktime_get_ns(), left = 0;

	if (hrtimer_active(&k->timer))
		left = k->timer.expires_ns > now ? k->timer.expires_ns - now : 1;
	v->it_value.tv_sec = left / NSEC_PER_SEC;
	v->it_value.tv_nsec = left % NSEC_PER_SEC;
	v->it_interval.tv_sec = k->interval_ns / NSEC_PER_SEC;
	v->it_interval.tv_nsec = k->interval_ns % NSEC_PER_SEC;
}

/* The timer, stopped, with siglock held; NULL (not held) when there is none of that id. */
static struct k_itimer *lock_stopped(int id, struct __kernel_itimerspec *old)
{
	for (;;) {
		struct k_itimer *k;

		spin_lock_irq(&current->sighand->siglock);
		k = find_locked(id);
		if (k) {
			read_timer(k, old);
			if (hrtimer_try_to_cancel(&k->timer) >= 0)
				return k;
		}
		spin_unlock_irq(&current->sighand->siglock); /* a running handler wants this lock */
		if (!k)
			return NULL;
		cpu_relax();
	}
}

long sys_timer_settime(int id, int flags, const struct __kernel_itimerspec __user *uval,
		       struct __kernel_itimerspec __user *uold)
{
	struct __kernel_itimerspec val, old;
	u64 first, interval, now;
	struct k_itimer *k;

	if (!uval)
		return -EINVAL;
	if (copy_from_user(&val, uval, sizeof(val)))
		return -EFAULT;
	if (!from_timespec(&val.it_value, &first) || !from_timespec(&val.it_interval, &interval))
		return -EINVAL;
	k = lock_stopped(id, &old);
	if (!k)
		return -EINVAL;
	k->interval_ns = first ? interval : 0;
	k->overrun = k->last_overrun = 0;
	if (first) {
		now = flags & TIMER_ABSTIME ? clock_now(k->clock) : 0;
		hrtimer_start(&k->timer, ktime_get_ns() + (first > now ? first - now : 0));
	}
	spin_unlock_irq(&current->sighand->siglock);
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_timer_gettime(int id, struct __kernel_itimerspec __user *uval)
{
	struct __kernel_itimerspec v;
	struct k_itimer *k;

	spin_lock_irq(&current->sighand->siglock);
	k = find_locked(id);
	if (k)
		read_timer(k, &v);
	spin_unlock_irq(&current->sighand->siglock);
	if (!k)
		return -EINVAL;
	return copy_to_user(uval, &v, sizeof(v)) ? -EFAULT : 0;
}

long sys_timer_getoverrun(int id)
{
	struct k_itimer *k;
	long n = -EINVAL;

	spin_lock_irq(&current->sighand->siglock);
	k = find_locked(id);
	if (k)
		n = clamp_overrun(k->last_overrun);
	spin_unlock_irq(&current->sighand->siglock);
	return n;
}

long sys_timer_delete(int id)
{
	return delete_timer(id);
}

/* Deletes all timers of a group whose last thread exits or that execs. Process context, no lock held. */
void posix_timer_release(struct signal_struct *s)
{
	struct k_itimer *k;

	for (;;) {
		spin_lock_irq(&current->sighand->siglock);
		k = list_first_entry_or_null(&s->posix_timers, struct k_itimer, list);
		if (k)
			list_del(&k->list);
		spin_unlock_irq(&current->sighand->siglock);
		if (!k)
			return;
		destroy(k);
	}
}
