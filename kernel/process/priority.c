/* kernel/process/priority.c - nice values and I/O priorities of a task, a group or a user
 *
 * What:   one walk over those who are meant, with a visitor for each of the four calls.
 * Called: programs, through their system calls (process context).
 * Locks:  tasklist_lock around the walk over many.
 * Absent: disks, so an I/O priority is kept, inherited and told, as on a Linux machine whose disk has no scheduler.
 */
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include <linux/ioprio.h>

struct walk {
	int which; /* PRIO_* */
	pid_t who; /* 0: current's */
	void (*visit)(struct task_struct *t, struct walk *w);
	int value;  /* to set */
	int result; /* -ESRCH until somebody was visited */
};

static bool matches(struct task_struct *t, const struct walk *w)
{
	if (w->which == PRIO_PGRP)
		return t->signal && t->signal->pgrp == w->who;
	return task_cred(t) && task_cred(t)->uid == (uid_t)w->who;
}

static int walk_tasks(struct walk *w)
{
	struct task_struct *leader, *t;

	if (w->which < PRIO_PROCESS || w->which > PRIO_USER)
		return -EINVAL;
	w->result = -ESRCH;
	if (w->which == PRIO_PROCESS) {
		t = find_task_or_current(w->who);
		if (!t)
			return -ESRCH;
		w->visit(t, w);
		put_task_struct(t);
		return w->result;
	}
	if (!w->who)
		w->who = w->which == PRIO_PGRP ? current->signal->pgrp : (pid_t)current->cred->uid;
	spin_lock(&tasklist_lock);
	list_for_each_entry(leader, &all_tasks, tasks)
		if (matches(leader, w))
			for_each_thread_of(leader, t)
				w->visit(t, w);
	spin_unlock(&tasklist_lock);
	return w->result;
}

static void note_result(struct walk *w, int r)
{
	if (w->result == -ESRCH || r)
		w->result = r;
}

/* --- nice --- */

static bool same_owner(struct task_struct *t)
{
	const struct cred *its = task_cred(t), *mine = current->cred;

	return mine->euid == its->uid || mine->euid == its->euid || capable(CAP_SYS_NICE);
}

static int set_one_nice(struct task_struct *t, int nice)
{
	unsigned long lim = rlimit(RLIMIT_NICE);

	if (!same_owner(t))
		return -EPERM;
	if (nice < t->nice && 20 - nice > (long)min(lim, 40UL) && !capable(CAP_SYS_NICE))
		return -EACCES;
	set_user_nice(t, nice);
	return 0;
}

static void visit_get_nice(struct task_struct *t, struct walk *w) { w->result = max(w->result, 20 - t->nice); }
static void visit_set_nice(struct task_struct *t, struct walk *w) { note_result(w, set_one_nice(t, w->value)); }

/* 20 - nice of the most favoured match, so that the answer is never negative. */
long sys_getpriority(int which, int who)
{
	return walk_tasks(&(struct walk){ .which = which, .who = who, .visit = visit_get_nice });
}

long sys_setpriority(int which, int who, int nice)
{
	return walk_tasks(&(struct walk){
		.which = which, .who = who, .visit = visit_set_nice, .value = clamp(nice, -20, 19) });
}

/* --- I/O priorities --- */

/* What class none stands for: the middle of best effort, moved by nice. */
static int effective_ioprio(const struct task_struct *t)
{
	if (IOPRIO_PRIO_CLASS(t->ioprio) != IOPRIO_CLASS_NONE)
		return t->ioprio;
	return IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT | (t->nice + 20) / 5;
}

static void visit_get_own_ioprio(struct task_struct *t, struct walk *w) { w->result = t->ioprio; }

static void visit_get_ioprio(struct task_struct *t, struct walk *w)
{
	int prio = effective_ioprio(t);

	w->result = w->result < 0 ? prio : min(w->result, prio); /* the smaller is the more favoured */
}

static void visit_set_ioprio(struct task_struct *t, struct walk *w)
{
	const struct cred *its = task_cred(t), *mine = current->cred;
	bool may = its->uid == mine->euid || its->uid == mine->uid || capable(CAP_SYS_NICE);

	if (may)
		WRITE_ONCE(t->ioprio, (u16)w->value);
	note_result(w, may ? 0 : -EPERM);
}

static int check_ioprio(int ioprio)
{
	if (ioprio < 0 || ioprio > 0xffff)
		return -EINVAL;
	switch (IOPRIO_PRIO_CLASS(ioprio)) {
	case IOPRIO_CLASS_RT: return capable(CAP_SYS_ADMIN) || capable(CAP_SYS_NICE) ? 0 : -EPERM;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE: return 0;
	case IOPRIO_CLASS_NONE: return IOPRIO_PRIO_DATA(ioprio) ? -EINVAL : 0;
	default: return -EINVAL;
	}
}

/* The same three kinds as PRIO_*, counted from 1. */
static int which_of(int ioprio_who)
{
	return ioprio_who < IOPRIO_WHO_PROCESS ? -1 : ioprio_who - IOPRIO_WHO_PROCESS + PRIO_PROCESS;
}

long sys_ioprio_get(int which, int who)
{
	return walk_tasks(&(struct walk){
		.which = which_of(which), .who = who,
		.visit = which == IOPRIO_WHO_PROCESS ? visit_get_own_ioprio : visit_get_ioprio });
}

long sys_ioprio_set(int which, int who, int ioprio)
{
	int err = check_ioprio(ioprio);

	return err ?: walk_tasks(&(struct walk){
			      .which = which_of(which), .who = who, .visit = visit_set_ioprio, .value = ioprio });
}
