/* kernel/process/wait.c - waiting for children: one scan of the list, three things that can have happened to each
 *
 * Called: wait4, waitid.
 * Calls:  reap.c.
 * Locks:  tasklist_lock during a scan. Whoever sets exit_state from TASK_ZOMBIE to TASK_DEAD under it has the child.
 * Absent: P_PIDFD. Children belong to the process, so that __WNOTHREAD has nothing to exclude.
 */
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"
#include <linux/wait.h>

struct wait_opts {
	int type;		/* P_ALL, P_PID, P_PGID */
	pid_t id;
	int options;		/* WEXITED, WSTOPPED, WCONTINUED, WNOHANG, WNOWAIT, __W* */
	bool any;		/* out: there is a child that may yet have news */
	siginfo_t info;		/* out */
	int status;		/* out: as wait4 tells it */
	struct rusage ru;	/* out */
	struct task_struct *reap; /* out: to be released when the lock is dropped */
};

static bool eligible(const struct wait_opts *w, const struct task_struct *p)
{
	bool clone_child = p->exit_signal != SIGCHLD;

	if (w->type == P_PID && p->tgid != w->id)
		return false;
	if (w->type == P_PGID && p->signal->pgrp != w->id)
		return false;
	return w->options & __WALL || clone_child == !!(w->options & __WCLONE);
}

/* The child's figures join those of the children. tasklist_lock held. */
static void inherit_usage(struct task_struct *p)
{
	struct signal_struct *mine = current->signal, *s = p->signal;
	u64 u, st;

	thread_group_times(p, &u, &st);
	spin_lock_irq(&current->sighand->siglock);
	mine->cutime_ns += u + s->cutime_ns;
	mine->cstime_ns += st + s->cstime_ns;
	mine->cnvcsw += s->nvcsw + p->nvcsw + s->cnvcsw;
	mine->cnivcsw += s->nivcsw + p->nivcsw + s->cnivcsw;
	mine->cmin_flt += s->min_flt + p->min_flt + s->cmin_flt;
	mine->cmaj_flt += s->maj_flt + p->maj_flt + s->cmaj_flt;
	mine->cmaxrss = max(mine->cmaxrss, max(s->maxrss, s->cmaxrss));
	spin_unlock_irq(&current->sighand->siglock);
}

static bool wait_zombie(struct wait_opts *w, struct task_struct *p)
{
	int status = p->signal->group_exit ? p->signal->group_exit_code : p->exit_code;

	w->status = status;
	if (status & 0x7f)
		fill_child_info(&w->info, p, CLD_KILLED, status & 0x7f);
	else
		fill_child_info(&w->info, p, CLD_EXITED, status >> 8 & 0xff);
	group_rusage(p, RUSAGE_BOTH, &w->ru);
	if (w->options & WNOWAIT)
		return true;
	inherit_usage(p);
	p->exit_state = TASK_DEAD;
	w->reap = p;
	return true;
}

static bool wait_stopped(struct wait_opts *w, struct task_struct *p)
{
	struct signal_struct *s = p->signal;
	int sig = 0;

	spin_lock_irq(&p->sighand->siglock);
	if (s->group_stop_code && !s->group_stop_count && !s->stop_reported) {
		sig = s->group_stop_code;
		s->stop_reported = !(w->options & WNOWAIT);
	}
	spin_unlock_irq(&p->sighand->siglock);
	if (!sig)
		return false;
	w->status = sig << 8 | 0x7f;
	fill_child_info(&w->info, p, CLD_STOPPED, sig);
	group_rusage(p, RUSAGE_BOTH, &w->ru);
	return true;
}

static bool wait_continued(struct wait_opts *w, struct task_struct *p)
{
	struct signal_struct *s = p->signal;
	bool was;

	spin_lock_irq(&p->sighand->siglock);
	was = s->continued;
	if (!(w->options & WNOWAIT))
		s->continued = false;
	spin_unlock_irq(&p->sighand->siglock);
	if (!was)
		return false;
	w->status = 0xffff;
	fill_child_info(&w->info, p, CLD_CONTINUED, SIGCONT);
	group_rusage(p, RUSAGE_BOTH, &w->ru);
	return true;
}

/* True when p has news of a kind that was asked for; then w is filled. */
static bool consider(struct wait_opts *w, struct task_struct *p)
{
	if (p->exit_state == TASK_DEAD || !eligible(w, p))
		return false;
	if (p->exit_state == TASK_ZOMBIE && p->signal->nr_threads == 1) {
		if (w->options & WEXITED)
			return wait_zombie(w, p);
		return false;
	}
	w->any = true;
	if (w->options & WSTOPPED && wait_stopped(w, p))
		return true;
	return w->options & WCONTINUED && wait_continued(w, p);
}

static bool scan_children(struct wait_opts *w)
{
	struct task_struct *p;
	bool found = false;

	w->any = false;
	spin_lock(&tasklist_lock);
	list_for_each_entry(p, &current->group_leader->children, sibling) {
		found = consider(w, p);
		if (found)
			break;
	}
	spin_unlock(&tasklist_lock);
	return found;
}

/* The pid that has news, 0 (WNOHANG: none yet), or -errno. */
static long do_wait(struct wait_opts *w)
{
	struct wait_queue_entry we;
	long r = 0;

	init_wait(&we);
	for (;;) {
		prepare_to_wait(&current->signal->wait_chldexit, &we, TASK_INTERRUPTIBLE);
		if (scan_children(w)) {
			r = w->info.si_pid;
			break;
		}
		if (!w->any)
			r = -ECHILD;
		else if (!(w->options & WNOHANG) && signal_pending(current))
			r = -ERESTARTSYS;
		if (r || w->options & WNOHANG)
			break;
		schedule();
	}
	finish_wait(&current->signal->wait_chldexit, &we);
	if (w->reap)
		release_task(w->reap);
	return r;
}

long sys_wait4(pid_t pid, int __user *stat, int options, struct rusage __user *ru)
{
	struct wait_opts w = { .type = P_ALL, .options = options | WEXITED };
	long r;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (pid == -INT_MAX - 1)
		return -ESRCH;
	if (pid > 0) {
		w.type = P_PID;
		w.id = pid;
	} else if (pid != -1) {
		w.type = P_PGID;
		w.id = pid ? -pid : current->signal->pgrp;
	}
	r = do_wait(&w);
	if (r <= 0)
		return r;
	if ((stat && put_user(w.status, stat)) || (ru && copy_to_user(ru, &w.ru, sizeof(w.ru))))
		return -EFAULT;
	return r;
}

long sys_waitid(int which, pid_t id, siginfo_t __user *uinfo, int options, struct rusage __user *ru)
{
	struct wait_opts w = { .type = which, .id = id, .options = options };
	long r;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL) ||
	    !(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if (which != P_ALL && which != P_PID && which != P_PGID)
		return -EINVAL;
	if ((which == P_PID && id <= 0) || (which == P_PGID && id < 0))
		return -EINVAL;
	if (which == P_PGID && !id)
		w.id = current->signal->pgrp;
	r = do_wait(&w);
	if (r < 0)
		return r;
	if (r && ru && copy_to_user(ru, &w.ru, sizeof(w.ru)))
		return -EFAULT;
	return uinfo && copy_to_user(uinfo, &w.info, sizeof(w.info)) ? -EFAULT : 0;
}
