/* kernel/process/signal_send.c - a signal is sent: is it ignored, who shall take it, and whom that wakes
 *
 * Called: the kill family, timers, terminals, sockets, the exit path; process, softirq and hard-irq context.
 * Calls:  signal_queue.c.
 * Locks:  the receiver's siglock with interrupts off. Tasks are found under RCU, so tasklist_lock is not needed.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "kernel/trace/trace.h"
#include "lib/string.h"

DEFINE_TRACE(signal, signal_generate);

struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags)
{
	struct sighand_struct *h;

	rcu_read_lock();
	for (;;) {
		h = rcu_dereference(t->sighand);
		if (!h)
			break;
		spin_lock_irqsave(&h->siglock, *flags);
		if (h == READ_ONCE(t->sighand))
			break;
		spin_unlock_irqrestore(&h->siglock, *flags); /* exited, or execve gave it another */
	}
	rcu_read_unlock();
	return h;
}

/* Would the action alone drop sig? */
bool sig_handler_ignores(const struct k_sigaction *ka, int sig)
{
	return ka->handler == SIG_IGN || (ka->handler == SIG_DFL && (SIGMASK(sig) & SIG_IGNORED_BY_DEFAULT));
}

/* A blocked signal is never ignored: its action may have changed when it is unblocked. */
static bool sig_ignored(const struct task_struct *t, int sig)
{
	const struct k_sigaction *ka = &t->sighand->action[sig - 1];

	if ((t->blocked | t->real_blocked) & SIGMASK(sig))
		return false;
	if (t->signal->unkillable && ka->handler == SIG_DFL)
		return true;
	return sig_handler_ignores(ka, sig);
}

bool signal_ignored_or_blocked(struct task_struct *t, int sig)
{
	return t->blocked & SIGMASK(sig) || t->sighand->action[sig - 1].handler == SIG_IGN;
}

void recalc_sigpending_of(struct task_struct *t)
{
	bool pending = (t->pending.signal | t->signal->shared_pending.signal) & ~t->blocked;

	WRITE_ONCE(t->work_pending, pending || t->signal->group_stop_code || t->signal->notify_continued);
}

void recalc_sigpending(void)
{
	recalc_sigpending_of(current);
}

/* Makes t look at its signals: wakes it from an interruptible sleep (fatal: from a stop or a killable one too), or
 * interrupts the CPU that runs its program. */
void signal_wake_up(struct task_struct *t, bool fatal)
{
	WRITE_ONCE(t->work_pending, true);
	smp_mb();
	if (try_to_wake_up(t, TASK_INTERRUPTIBLE | (fatal ? TASK_WAKEKILL | TASK_STOPPED : 0)))
		return;
	if (t != current && READ_ONCE(t->on_cpu))
		smp_send_reschedule(READ_ONCE(t->cpu));
}

static void flush_everywhere(struct task_struct *t, u64 mask)
{
	struct task_struct *p;

	flush_sigqueue_mask(mask, &t->signal->shared_pending);
	for_each_thread_of(t, p)
		flush_sigqueue_mask(mask, &p->pending);
}

/* SIGCONT: all stop signals are void and a stopped group runs, even when SIGCONT is blocked or ignored. */
static void continue_group(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct task_struct *p;

	flush_everywhere(t, SIG_STOPPERS);
	if (!s->group_stop_code)
		return;
	if (!s->group_stop_count) {
		s->continued = true;
		s->notify_continued = true;
	}
	s->group_stop_code = s->group_stop_count = 0;
	for_each_thread_of(t, p) {
		WRITE_ONCE(p->work_pending, true);
		try_to_wake_up(p, TASK_STOPPED);
	}
}

/* What each signal does by being sent. True when it shall be queued. */
static bool prepare_signal(int sig, struct task_struct *t)
{
	if (t->signal->group_exit)
		return sig == SIGKILL;
	if (SIGMASK(sig) & SIG_STOPPERS)
		flush_everywhere(t, SIGMASK(SIGCONT));
	else if (sig == SIGCONT)
		continue_group(t);
	return !sig_ignored(t, sig);
}

static bool wants_signal(int sig, const struct task_struct *p)
{
	if (p->blocked & SIGMASK(sig) || p->flags & PF_EXITING)
		return false;
	if (sig == SIGKILL)
		return true;
	return !(p->state & TASK_STOPPED) && (p->on_cpu || !signal_pending(p));
}

static struct task_struct *choose_thread(int sig, struct task_struct *t, bool to_group)
{
	struct task_struct *p;

	if (wants_signal(sig, t))
		return t;
	if (!to_group)
		return NULL;
	for_each_thread_of(t, p)
		if (wants_signal(sig, p))
			return p;
	return NULL;
}

static bool is_fatal(int sig, const struct task_struct *t)
{
	u64 harmless = SIG_IGNORED_BY_DEFAULT | SIG_STOPPERS;

	return t->sighand->action[sig - 1].handler == SIG_DFL && !(harmless & SIGMASK(sig)) &&
	       !(t->real_blocked & SIGMASK(sig)) && !t->signal->unkillable;
}

/* The whole group dies of sig: no thread runs another instruction of its program than it must. */
static void kill_group(int sig, struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct task_struct *p;

	s->group_exit = true;
	s->group_exit_code = sig;
	s->group_stop_code = s->group_stop_count = 0;
	for_each_thread_of(t, p) {
		p->pending.signal |= SIGMASK(SIGKILL);
		signal_wake_up(p, true);
	}
}

static void complete_signal(int sig, struct task_struct *t, bool to_group)
{
	struct task_struct *p = choose_thread(sig, t, to_group);

	if (!p)
		return; /* stays pending; whoever unblocks it will find it */
	if (is_fatal(sig, p) && !t->signal->group_exit)
		kill_group(sig, p);
	else
		signal_wake_up(p, sig == SIGKILL);
}

/* As send_signal(), with siglock held. */
int send_signal_locked(int sig, const siginfo_t *info, struct task_struct *t, bool to_group)
{
	struct sigpending_queue *q = to_group ? &t->signal->shared_pending : &t->pending;
	int r;

	if (!prepare_signal(sig, t))
		return 0;
	if (sig < SIGRTMIN && q->signal & SIGMASK(sig))
		return 0;
	r = queue_signal(q, sig, info, t);
	if (r)
		return r;
	TRACE(signal_generate, "sig=%d code=%d comm=%s pid=%d grp=%d", sig, info ? info->si_code : SI_KERNEL,
	      TASK_NAME(t), t->pid, to_group);
	if (waitqueue_active(&t->sighand->signalfd_wqh))
		wake_up_all(&t->sighand->signalfd_wqh);
	complete_signal(sig, t, to_group);
	return 0;
}

int send_signal(int sig, const siginfo_t *info, struct task_struct *t, bool to_group)
{
	struct sighand_struct *h;
	unsigned long flags;
	int r;

	if (sig < 1 || sig > _NSIG)
		return -EINVAL;
	h = lock_task_sighand(t, &flags);
	if (!h)
		return -ESRCH;
	r = send_signal_locked(sig, info, t, to_group);
	spin_unlock_irqrestore(&h->siglock, flags);
	return r;
}

static int send_to_leader(struct task_struct *leader, void *arg)
{
	send_signal(*(int *)arg, NULL, leader, true);
	return 0;
}

int kill_pgrp(pid_t pgrp, int sig)
{
	return pgrp > 0 ? for_each_in_pgrp(pgrp, send_to_leader, &sig) : -ESRCH;
}

/* Again when it is gone: another thread may bear its number after execve. The kernel's own threads take none. */
int kill_pid(pid_t pid, int sig)
{
	struct task_struct *t;
	int r = -ESRCH;
	bool again;

	do {
		t = find_task_by_pid(pid);
		if (!t)
			return r;
		again = !(t->flags & PF_KTHREAD);
		r = send_signal(sig, NULL, t, true);
		put_task_struct(t);
	} while (r == -ESRCH && again);
	return r;
}

/* t cannot go on: a signal that it blocks or ignores gets its default action, which kills. */
void force_sig_info(const siginfo_t *info, struct task_struct *t)
{
	int sig = info->si_signo;
	struct sighand_struct *h;
	struct k_sigaction *ka;
	unsigned long flags;

	h = lock_task_sighand(t, &flags);
	if (!h)
		return;
	ka = &h->action[sig - 1];
	if (ka->handler == SIG_IGN || t->blocked & SIGMASK(sig)) {
		ka->handler = SIG_DFL;
		t->blocked &= ~SIGMASK(sig);
	}
	if (ka->handler == SIG_DFL)
		t->signal->unkillable = false;
	send_signal_locked(sig, info, t, false);
	recalc_sigpending_of(t);
	spin_unlock_irqrestore(&h->siglock, flags);
}

void force_sig(int sig, struct task_struct *t)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };

	force_sig_info(&info, t);
}

void force_sig_fault(int sig, int code, unsigned long addr)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_addr = (void *)addr;
	force_sig_info(&info, current);
}

/* execve and exit_group: all threads but t die. siglock held. */
void zap_other_threads(struct task_struct *t)
{
	struct task_struct *p;

	t->signal->group_stop_code = t->signal->group_stop_count = 0;
	for_each_thread_of(t, p) {
		if (p == t || p->exit_state)
			continue;
		p->pending.signal |= SIGMASK(SIGKILL);
		signal_wake_up(p, true);
	}
}
