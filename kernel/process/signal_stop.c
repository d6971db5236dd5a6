/* kernel/process/signal_stop.c - stopping a whole process, and telling its parent
 *
 * What:   a stop signal taken by one thread asks all of them to stop; the last one to do so tells the parent. SIGCONT
 *         (signal_send.c) sets group_stop_code back to 0 and wakes them.
 * Called: signal_deliver.c, exit.c (a thread that exits need not stop any more).
 * Locks:  siglock; tasklist_lock is taken without it for the parent.
 */
#include "kernel/process/internal.h"


/* Sets the stop going, unless an orphaned group would stay stopped for ever. siglock held, dropped for that look. */
bool start_group_stop(int sig)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *h = current->sighand;
	struct task_struct *p;

	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irq(&h->siglock);
		orphaned = is_orphaned_pgrp(s->pgrp);
		spin_lock_irq(&h->siglock);
		if (orphaned)
			return false;
	}
	if (s->group_exit || s->group_stop_code)
		return false;
	s->group_stop_code = sig;
	s->stop_reported = s->continued = s->notify_continued = false;
	s->group_stop_count = 0;
	for_each_thread_of(current, p) {
		if (p->flags & PF_EXITING)
			continue;
		s->group_stop_count++;
		if (p != current)
			signal_wake_up(p, false);
	}
	return true;
}

/* Sleeps until SIGCONT or SIGKILL. siglock held, dropped meanwhile. */
void stop_here(void)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *h = current->sighand;

	if (s->group_stop_count && --s->group_stop_count == 0) {
		spin_unlock_irq(&h->siglock);
		notify_parent_stopped(current, CLD_STOPPED);
		spin_lock_irq(&h->siglock);
	}
	while (s->group_stop_code && !s->group_exit) {
		set_current_state(TASK_STOPPED);
		spin_unlock_irq(&h->siglock);
		schedule();
		spin_lock_irq(&h->siglock);
	}
	__set_current_state_running();
}

/* info for SIGCHLD or waitid: code CLD_*, status an exit code or a signal. The child is held still by its parent's
 * lock. */
void fill_child_info(siginfo_t *info, struct task_struct *child, int code, int status)
{
	*info = (siginfo_t){ .si_signo = SIGCHLD, .si_code = code };
	info->si_pid = child->tgid;
	info->si_uid = task_cred(child)->uid;
	info->si_status = status;
}

/* SIGCHLD with CLD_STOPPED or CLD_CONTINUED, and whoever waits is woken. No lock held. */
void notify_parent_stopped(struct task_struct *t, int why)
{
	struct task_struct *parent;
	struct sighand_struct *h;
	unsigned long flags;
	siginfo_t info;

	spin_lock(&tasklist_lock);
	parent = t->group_leader->real_parent;
	fill_child_info(&info, t, why, why == CLD_CONTINUED ? SIGCONT : t->signal->group_stop_code);
	h = lock_task_sighand(parent, &flags);
	if (h) {
		const struct k_sigaction *ka = &h->action[SIGCHLD - 1];

		if (ka->handler != SIG_IGN && !(ka->flags & SA_NOCLDSTOP))
			send_signal_locked(SIGCHLD, &info, parent, true);
		__wake_up(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, 0, NULL);
		spin_unlock_irqrestore(&h->siglock, flags);
	}
	spin_unlock(&tasklist_lock);
}

/* The thread exits: it takes no more signals, and a stop does not wait for it. Signals that it might have taken go to
 * the others. */
void exit_signals(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct task_struct *p;
	bool stopped = false;

	spin_lock_irq(&t->sighand->siglock);
	t->flags |= PF_EXITING;
	if (s->group_stop_code && s->group_stop_count)
		stopped = --s->group_stop_count == 0;
	if (s->shared_pending.signal && !s->group_exit)
		for_each_thread_of(t, p)
			if (p != t && !(p->flags & PF_EXITING) && s->shared_pending.signal & ~p->blocked)
				signal_wake_up(p, false);
	spin_unlock_irq(&t->sighand->siglock);
	if (stopped)
		notify_parent_stopped(t, CLD_STOPPED);
}
