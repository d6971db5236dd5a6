/* kernel/process/reap.c - a dead task is announced to its parent, and taken out of the tables
 *
 * Called: exit.c, wait.c, exec.c.
 * Locks:  tasklist_lock, inside it the siglock of the task or of its parent, never both.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"

static void fill_exit_info(siginfo_t *info, struct task_struct *t)
{
	int status = t->signal->group_exit ? t->signal->group_exit_code : t->exit_code;
	u64 u, s;

	if (status & 0x7f)
		fill_child_info(info, t, CLD_KILLED, status & 0x7f);
	else
		fill_child_info(info, t, CLD_EXITED, status >> 8 & 0xff);
	thread_group_times(t, &u, &s);
	info->si_utime = u / (NSEC_PER_SEC / 100);
	info->si_stime = s / (NSEC_PER_SEC / 100);
}

/* Sends sig (0: none) to t's parent and wakes it from wait. True when the parent declared that it does not want to know
 * (SIGCHLD ignored, SA_NOCLDWAIT): then t is to be released at once. tasklist_lock held. */
bool notify_parent_exit(struct task_struct *t, int sig)
{
	struct task_struct *parent = t->real_parent;
	bool autoreap = false;
	struct sighand_struct *h;
	unsigned long flags;
	siginfo_t info;

	fill_exit_info(&info, t);
	h = lock_task_sighand(parent, &flags);
	if (!h)
		return true;
	if (sig == SIGCHLD) {
		const struct k_sigaction *ka = &h->action[SIGCHLD - 1];

		autoreap = ka->handler == SIG_IGN || ka->flags & SA_NOCLDWAIT;
		if (ka->handler == SIG_IGN)
			sig = 0;
	}
	if (sig > 0) {
		info.si_signo = sig;
		send_signal_locked(sig, &info, parent, true);
	}
	__wake_up(&parent->signal->wait_chldexit, TASK_INTERRUPTIBLE, 0, NULL);
	spin_unlock_irqrestore(&h->siglock, flags);
	return autoreap;
}

/* What a thread used passes to its group, so that the sums do not shrink. siglock held. */
static void bequeath(struct task_struct *t, struct signal_struct *s)
{
	s->utime_ns += t->utime_ns;
	s->stime_ns += t->stime_ns;
	s->nvcsw += t->nvcsw;
	s->nivcsw += t->nivcsw;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

/* Takes t out of every list; after this nothing finds it. tasklist_lock held. */
static void unlink_task(struct task_struct *t)
{
	struct signal_struct *s = t->signal;
	struct sighand_struct *h = t->sighand;
	bool last;

	detach_task(t);
	spin_lock_irq(&h->siglock);
	last = --s->nr_threads == 0;
	bequeath(t, s);
	flush_sigqueue(&t->pending);
	if (last)
		flush_sigqueue(&s->shared_pending);
	list_del_rcu(&t->thread_group);
	WRITE_ONCE(t->sighand, NULL);
	spin_unlock_irq(&h->siglock);
	if (t->group_leader == t) {
		list_del_rcu(&t->tasks);
		list_del(&t->sibling);
	}
	if (last) {
		pid_number_put(s->pgrp);
		pid_number_put(s->session);
	}
	WRITE_ONCE(t->signal, NULL);
	put_sighand(h);
}

/* The last other thread left a leader that is already a zombie: now its parent may know. True: release it too. */
static bool leader_is_alone(struct task_struct *t, struct task_struct *leader, struct signal_struct *s)
{
	if (t == leader || leader->exit_state != TASK_ZOMBIE || s->nr_threads != 1 || s->group_exit_task)
		return false;
	if (!notify_parent_exit(leader, leader->exit_signal))
		return false;
	leader->exit_state = TASK_DEAD;
	return true;
}

/* Whoever still looks at t finds the kernel's own credentials, which never go. */
static void drop_cred(struct task_struct *t)
{
	const struct cred *c = t->cred;

	atomic_dec(&c->user->processes);
	rcu_assign_pointer(t->cred, &init_cred);
	put_cred(c);
}

/* t is dead (exit_state TASK_DEAD, set under tasklist_lock by whoever claims it). Process context, no lock held. */
void release_task(struct task_struct *t)
{
	struct task_struct *leader = t->group_leader;
	struct signal_struct *s = t->signal;
	bool leader_too;

	spin_lock(&tasklist_lock);
	unlink_task(t);
	leader_too = leader_is_alone(t, leader, s);
	if (s->group_exit_task && s->nr_threads <= s->thread_count_awaited)
		wake_up_process(s->group_exit_task);
	spin_unlock(&tasklist_lock);
	put_signal(s);
	pid_number_put(t->pid);
	drop_cred(t);
	put_task_struct(t);
	if (leader_too)
		release_task(leader);
}
