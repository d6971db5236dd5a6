/* kernel/process/session.c - process groups and sessions: who belongs to which terminal job
 *
 * What:   ids of tasks, setsid, setpgid and their readers, and orphaned groups (POSIX 3.263).
 * Called: the system call table; exit.c and the terminal ask is_orphaned_pgrp().
 * Locks:  pgrp, session, leader and tty of a signal_struct change under tasklist_lock.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"

long sys_getpid(void) { return current->tgid; }
long sys_gettid(void) { return current->pid; }

long sys_getppid(void)
{
	long pid;

	spin_lock(&tasklist_lock);
	pid = current->group_leader->real_parent->tgid;
	spin_unlock(&tasklist_lock);
	return pid;
}

/* Moves the process to another group; tasklist_lock held. */
static void set_pgrp(struct signal_struct *s, pid_t pgrp)
{
	pid_number_get(pgrp);
	pid_number_put(s->pgrp);
	WRITE_ONCE(s->pgrp, pgrp);
}

static bool pgrp_exists_locked(pid_t pgrp, pid_t session)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, tasks)
		if (t->signal && t->signal->pgrp == pgrp && (!session || t->signal->session == session))
			return true;
	return false;
}

long sys_setsid(void)
{
	struct signal_struct *s = current->signal;
	long r = -EPERM;

	spin_lock(&tasklist_lock);
	if (!s->leader && !pgrp_exists_locked(current->tgid, 0)) {
		set_pgrp(s, current->tgid);
		pid_number_get(current->tgid);
		pid_number_put(s->session);
		s->session = current->tgid;
		s->leader = true;
		s->tty = NULL;
		r = s->session;
	}
	spin_unlock(&tasklist_lock);
	return r;
}

/* May current move process t (0 or -errno)? tasklist_lock held. */
static int may_setpgid(const struct task_struct *t)
{
	if (t->tgid != t->pid || !t->signal)
		return -EINVAL;
	if (t->real_parent == current->group_leader) {
		if (t->signal->session != current->signal->session)
			return -EPERM;
		if (!(t->flags & PF_FORKNOEXEC))
			return -EACCES;
	} else if (t != current->group_leader) {
		return -ESRCH;
	}
	return t->signal->leader ? -EPERM : 0;
}

long sys_setpgid(pid_t pid, pid_t pgid)
{
	struct task_struct *t;
	int r;

	if (!pid)
		pid = current->tgid;
	if (!pgid)
		pgid = pid;
	if (pgid < 0)
		return -EINVAL;
	t = find_task_by_pid(pid);
	if (!t)
		return -ESRCH;
	spin_lock(&tasklist_lock);
	r = pid_alive(t) ? may_setpgid(t) : -ESRCH;
	if (!r && pgid != pid && !pgrp_exists_locked(pgid, current->signal->session))
		r = -EPERM;
	if (!r && t->signal->pgrp != pgid)
		set_pgrp(t->signal, pgid);
	spin_unlock(&tasklist_lock);
	put_task_struct(t);
	return r;
}

/* The group (or session) of pid; 0 is current. */
static long read_id(pid_t pid, bool session)
{
	struct task_struct *t = find_task_or_current(pid);
	struct signal_struct *s;
	long r = -ESRCH;

	if (!t)
		return r;
	spin_lock(&tasklist_lock);
	s = t->signal;
	if (s)
		r = session ? s->session : s->pgrp;
	else if (pid_alive(t))
		r = 0; /* the kernel's own threads */
	spin_unlock(&tasklist_lock);
	put_task_struct(t);
	return r;
}

long sys_getsid(pid_t pid) { return read_id(pid, true); }
long sys_getpgid(pid_t pid) { return read_id(pid, false); }
long sys_getpgrp(void) { return current->signal->pgrp; }

/* True when no member has a parent in another group of the same session: nobody could continue it once stopped. */
static bool is_orphaned_locked(pid_t pgrp, const struct task_struct *ignored)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, tasks) {
		struct signal_struct *parent;

		if (!t->signal || t->signal->pgrp != pgrp || t == ignored || t->exit_state ||
		    t->real_parent == child_reaper)
			continue;
		parent = t->real_parent ? t->real_parent->signal : NULL;
		if (parent && parent->pgrp != pgrp && parent->session == t->signal->session)
			return false;
	}
	return true;
}

static bool has_stopped_jobs_locked(pid_t pgrp)
{
	struct task_struct *t;

	list_for_each_entry(t, &all_tasks, tasks)
		if (t->signal && t->signal->pgrp == pgrp && t->signal->group_stop_code)
			return true;
	return false;
}

bool is_orphaned_pgrp(pid_t pgrp)
{
	bool r;

	spin_lock(&tasklist_lock);
	r = is_orphaned_locked(pgrp, NULL);
	spin_unlock(&tasklist_lock);
	return r;
}

/* t exits, or loses its parent (parent: the old one; NULL: its own): if t was what kept its group from being orphaned
 * and a member is stopped, the group gets SIGHUP and SIGCONT (POSIX exit()). tasklist_lock held. */
void kill_orphaned_pgrp(struct task_struct *t, struct task_struct *parent)
{
	struct task_struct *ignored = t;

	if (parent)
		ignored = NULL;
	else
		parent = t->real_parent;
	if (!parent || !parent->signal || parent->signal->pgrp == t->signal->pgrp ||
	    parent->signal->session != t->signal->session)
		return;
	if (!is_orphaned_locked(t->signal->pgrp, ignored) || !has_stopped_jobs_locked(t->signal->pgrp))
		return;
	kill_pgrp(t->signal->pgrp, SIGHUP);
	kill_pgrp(t->signal->pgrp, SIGCONT);
}
