/* kernel/process/rusage.c - what a process has used: times and getrusage
 *
 * What:   a group's figures are those of its living threads plus what signal_struct kept of the dead ones.
 * Called: programs, through their system calls (process context).
 * Locks:  the target's siglock, so that a thread is counted once while it exits.
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

u64 task_rss_pages(struct task_struct *t)
{
	u64 pages = 0;

	spin_lock(&t->alloc_lock);
	if (t->mm)
		pages = atomic64_read(&t->mm->rss);
	spin_unlock(&t->alloc_lock);
	return pages;
}

void thread_group_times(struct task_struct *t, u64 *utime_ns, u64 *stime_ns)
{
	struct sighand_struct *h;
	struct task_struct *p;
	unsigned long flags;

	*utime_ns = t->utime_ns;
	*stime_ns = t->stime_ns;
	h = lock_task_sighand(t, &flags);
	if (!h)
		return;
	*utime_ns = t->signal->utime_ns;
	*stime_ns = t->signal->stime_ns;
	for_each_thread_of(t, p) {
		*utime_ns += p->utime_ns;
		*stime_ns += p->stime_ns;
	}
	spin_unlock_irqrestore(&h->siglock, flags);
}

static void set_times(struct rusage *r, u64 utime_ns, u64 stime_ns)
{
	r->ru_utime.tv_sec = utime_ns / NSEC_PER_SEC;
	r->ru_utime.tv_usec = utime_ns % NSEC_PER_SEC / NSEC_PER_USEC;
	r->ru_stime.tv_sec = stime_ns / NSEC_PER_SEC;
	r->ru_stime.tv_usec = stime_ns % NSEC_PER_SEC / NSEC_PER_USEC;
}

static void add_thread(struct rusage *r, const struct task_struct *p)
{
	r->ru_nvcsw += p->nvcsw;
	r->ru_nivcsw += p->nivcsw;
	r->ru_minflt += p->min_flt;
	r->ru_majflt += p->maj_flt;
}

static void add_children(struct rusage *r, const struct signal_struct *s, u64 *u, u64 *st)
{
	*u += s->cutime_ns;
	*st += s->cstime_ns;
	r->ru_nvcsw += s->cnvcsw;
	r->ru_nivcsw += s->cnivcsw;
	r->ru_minflt += s->cmin_flt;
	r->ru_majflt += s->cmaj_flt;
	r->ru_maxrss = max((u64)r->ru_maxrss, s->cmaxrss);
}

static void add_group(struct rusage *r, struct task_struct *t, u64 *u, u64 *st)
{
	const struct signal_struct *s = t->signal;
	struct task_struct *p;

	*u += s->utime_ns;
	*st += s->stime_ns;
	r->ru_nvcsw += s->nvcsw;
	r->ru_nivcsw += s->nivcsw;
	r->ru_minflt += s->min_flt;
	r->ru_majflt += s->maj_flt;
	r->ru_maxrss = max((u64)r->ru_maxrss, s->maxrss);
	for_each_thread_of(t, p) {
		*u += p->utime_ns;
		*st += p->stime_ns;
		add_thread(r, p);
	}
}

/* who: RUSAGE_SELF, _CHILDREN, _THREAD or _BOTH, of t. maxrss is in pages until the end, then KiB as the ABI says. */
void group_rusage(struct task_struct *t, int who, struct rusage *r)
{
	u64 u = 0, s = 0, rss = who == RUSAGE_CHILDREN ? 0 : task_rss_pages(t);
	struct sighand_struct *h;
	unsigned long flags;

	memset(r, 0, sizeof(*r));
	h = lock_task_sighand(t, &flags);
	if (!h)
		return;
	if (who == RUSAGE_THREAD) {
		u = t->utime_ns;
		s = t->stime_ns;
		add_thread(r, t);
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH)
		add_children(r, t->signal, &u, &s);
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH)
		add_group(r, t, &u, &s);
	spin_unlock_irqrestore(&h->siglock, flags);
	set_times(r, u, s);
	r->ru_maxrss = max((u64)r->ru_maxrss, rss) * (PAGE_SIZE / 1024);
}

long sys_getrusage(int who, struct rusage __user *ru)
{
	struct rusage r;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	group_rusage(current, who, &r);
	return copy_to_user(ru, &r, sizeof(r)) ? -EFAULT : 0;
}

/* In ticks of 1/100 s, as USER_HZ is part of the ABI. */
static __kernel_clock_t to_ticks(u64 ns)
{
	return ns / (NSEC_PER_SEC / 100);
}

long sys_times(struct tms __user *buf)
{
	u64 u, s;
	struct tms tms;

	thread_group_times(current, &u, &s);
	tms.tms_utime = to_ticks(u);
	tms.tms_stime = to_ticks(s);
	tms.tms_cutime = to_ticks(current->signal->cutime_ns);
	tms.tms_cstime = to_ticks(current->signal->cstime_ns);
	if (buf && copy_to_user(buf, &tms, sizeof(tms)))
		return -EFAULT;
	return to_ticks(ktime_get_ns());
}
