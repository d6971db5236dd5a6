/* kernel/process/signal_syscalls.c - the calls that send signals and those that wait for them
 *
 * Called: the system call table.
 * Calls:  signal_send.c. Permission is POSIX's: the sender's real or effective id is the target's real or saved one.
 */
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

static bool may_kill(struct task_struct *t, int sig)
{
	const struct cred *mine = current->cred, *its = task_cred(t);
	const struct signal_struct *s = READ_ONCE(t->signal);

	if (t->tgid == current->tgid || mine->euid == its->suid || mine->euid == its->uid || mine->uid == its->suid ||
	    mine->uid == its->uid || capable(CAP_KILL))
		return true;
	return sig == SIGCONT && s && s->session == current->signal->session;
}

/* sig 0 only asks. t is referenced or under RCU. */
static int kill_task(int sig, const siginfo_t *info, struct task_struct *t, bool to_group)
{
	int r = 0;

	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	if (!READ_ONCE(t->signal))
		return t->flags & PF_KTHREAD ? (capable(CAP_KILL) ? 0 : -EPERM) : -ESRCH;
	rcu_read_lock();
	if (!may_kill(t, sig))
		r = -EPERM;
	else if (sig)
		r = send_signal(sig, info, t, to_group);
	rcu_read_unlock();
	return r;
}

struct kill_walk { int sig; const siginfo_t *info; int sent, last_error; };

static int kill_visitor(struct task_struct *leader, void *arg)
{
	struct kill_walk *w = arg;
	int r = kill_task(w->sig, w->info, leader, true);

	if (r)
		w->last_error = r;
	else
		w->sent++;
	return 0;
}

static int kill_group_of(pid_t pgrp, int sig, const siginfo_t *info)
{
	struct kill_walk w = { sig, info, 0, -ESRCH };

	for_each_in_pgrp(pgrp, kill_visitor, &w);
	return w.sent ? 0 : w.last_error;
}

/* Everybody but process 1 and the caller. */
static int kill_all(int sig, const siginfo_t *info)
{
	struct kill_walk w = { sig, info, 0, -ESRCH };
	struct task_struct *t;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks)
		if (t->tgid > 1 && t->tgid != current->tgid && t->signal)
			kill_visitor(t, &w);
	rcu_read_unlock();
	return w.sent ? 0 : w.last_error;
}

static void fill_sender(siginfo_t *info, int sig, int code)
{
	*info = (siginfo_t){ .si_signo = sig, .si_code = code };
	info->si_pid = current->tgid;
	info->si_uid = current->cred->uid;
}

/* Whoever was found may be gone by now, and another thread may bear its number after execve: then it is asked again. */
static int kill_one(pid_t pid, int sig, const siginfo_t *info)
{
	struct task_struct *t;
	int r = -ESRCH;

	while (r == -ESRCH && (t = find_task_by_pid(pid))) {
		r = kill_task(sig, info, t, true);
		put_task_struct(t);
	}
	return r;
}

long sys_kill(pid_t pid, int sig)
{
	siginfo_t info;

	fill_sender(&info, sig, SI_USER);
	if (sig < 0 || sig > _NSIG)
		return -EINVAL;
	if (pid > 0)
		return kill_one(pid, sig, &info);
	if (pid == -1)
		return kill_all(sig, &info);
	if (pid == -INT_MAX - 1)
		return -ESRCH;
	return kill_group_of(pid ? -pid : current->signal->pgrp, sig, &info);
}

/* tgid 0: whatever group the thread belongs to. */
static long kill_thread(pid_t tgid, pid_t tid, int sig, const siginfo_t *info)
{
	struct task_struct *t = find_task_by_pid(tid);
	long r = -ESRCH;

	if (!t)
		return r;
	if (!tgid || t->tgid == tgid)
		r = kill_task(sig, info, t, false);
	if (r == -ESRCH && t->tgid == tgid && t->exit_state)
		r = 0; /* died between: as good as delivered */
	put_task_struct(t);
	return r;
}

long sys_tkill(pid_t tid, int sig)
{
	siginfo_t info;

	if (tid <= 0)
		return -EINVAL;
	fill_sender(&info, sig, SI_TKILL);
	return kill_thread(0, tid, sig, &info);
}

long sys_tgkill(pid_t tgid, pid_t tid, int sig)
{
	siginfo_t info;

	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	fill_sender(&info, sig, SI_TKILL);
	return kill_thread(tgid, tid, sig, &info);
}

/* Nobody may pretend to be the kernel, or kill(), towards another process. */
static int take_user_info(siginfo_t *info, int sig, pid_t target, const siginfo_t __user *uinfo)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && target != current->tgid)
		return -EPERM;
	if (info->si_code == SI_TIMER)
		info->si_sys_private = 0;
	return 0;
}

long sys_rt_sigqueueinfo(pid_t pid, int sig, siginfo_t __user *uinfo)
{
	siginfo_t info;
	int r = take_user_info(&info, sig, pid, uinfo);

	return r ? r : kill_one(pid, sig, &info);
}

long sys_rt_tgsigqueueinfo(pid_t tgid, pid_t tid, int sig, siginfo_t __user *uinfo)
{
	siginfo_t info;
	int r;

	if (tid <= 0 || tgid <= 0)
		return -EINVAL;
	r = take_user_info(&info, sig, tgid, uinfo);
	return r ? r : kill_thread(tgid, tid, sig, &info);
}

long sys_pause(void)
{
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state_running();
	}
	return -ERESTARTNOHAND;
}

long sys_rt_sigsuspend(const u64 __user *mask, size_t size)
{
	int r;

	if (!mask)
		return -EFAULT;
	r = set_user_sigmask(mask, size);
	return r ? r : sys_pause();
}

/* Sleeps for at most ns with the signals of set let through; the signal taken, 0 when time ran out, -EINTR. */
static int wait_for_signal(u64 set, siginfo_t *info, s64 ns)
{
	struct sighand_struct *h = current->sighand;
	int sig;

	spin_lock_irq(&h->siglock);
	sig = dequeue_signal(set, info);
	if (sig || !ns) {
		spin_unlock_irq(&h->siglock);
		return sig;
	}
	current->real_blocked = current->blocked; /* what is waited for does not kill meanwhile */
	current->blocked &= ~set;
	recalc_sigpending();
	spin_unlock_irq(&h->siglock);
	set_current_state(TASK_INTERRUPTIBLE);
	if (!signal_pending(current))
		ns = schedule_timeout(ns);
	__set_current_state_running();
	spin_lock_irq(&h->siglock);
	current->blocked = current->real_blocked;
	current->real_blocked = 0;
	sig = dequeue_signal(set, info);
	recalc_sigpending();
	spin_unlock_irq(&h->siglock);
	return sig ? sig : ns ? -EINTR : 0;
}

long sys_rt_sigtimedwait(const u64 __user *these, siginfo_t __user *uinfo, const struct __kernel_timespec __user *uts,
			 size_t size)
{
	struct __kernel_timespec ts;
	s64 ns = MAX_SCHEDULE_TIMEOUT;
	siginfo_t info;
	u64 set;
	int sig;

	if (size != sizeof(u64))
		return -EINVAL;
	if (copy_from_user(&set, these, sizeof(set)))
		return -EFAULT;
	if (uts) {
		if (copy_from_user(&ts, uts, sizeof(ts)))
			return -EFAULT;
		if (ts.tv_sec < 0 || (u64)ts.tv_nsec >= NSEC_PER_SEC)
			return -EINVAL;
		if ((u64)ts.tv_sec < S64_MAX / NSEC_PER_SEC - 1)
			ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	}
	sig = wait_for_signal(set & ~SIG_UNBLOCKABLE, &info, ns);
	if (!sig)
		return -EAGAIN;
	if (sig > 0 && uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}
