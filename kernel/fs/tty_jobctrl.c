/* kernel/fs/tty_jobctrl.c - whose terminal is it: sessions, the foreground group, and what happens to the others
 *
 * What:   controlling terminals (POSIX 11.1.3), SIGTTIN and SIGTTOU for background processes, TIOCSPGRP and kin.
 * Called: tty_io.c, tty_read.c, tty_ioctl.c; do_exit of a session leader (tty_disassociate).
 * Calls:  kernel/process for signals.
 * Locks:  takes tasklist_lock for signal->tty, tty->session and tty->pgrp; signals are sent after it is released.
 */
#include "kernel/fs/tty_internal.h"
#include "kernel/mm/uaccess.h"
#include <linux/capability.h>

/* May current, perhaps in the background, do this to its terminal? 0: yes; else what the call answers, with sig
 * (SIGTTIN or SIGTTOU) sent to its group: -ERESTARTSYS, or -EIO where nobody would ever continue the group. */
int tty_check_change(struct tty_struct *tty, int sig)
{
	pid_t fg = READ_ONCE(tty->pgrp), mine = current->signal->pgrp;

	if (READ_ONCE(current->signal->tty) != tty || !fg || fg == mine)
		return 0;
	if (signal_ignored_or_blocked(current, sig))
		return sig == SIGTTIN ? -EIO : 0;
	if (is_orphaned_pgrp(mine))
		return -EIO;
	kill_pgrp(mine, sig);
	return -ERESTARTSYS;
}

/* The caller's controlling terminal, or NULL. */
struct tty_struct *get_current_tty(void)
{
	return READ_ONCE(current->signal->tty);
}

int tty_pgrp(struct tty_struct *tty) { return tty ? READ_ONCE(tty->pgrp) : 0; }
u32 tty_devnum(struct tty_struct *tty) { return tty ? tty->devnum : 0; }

static void forget_session_locked(struct tty_struct *tty)
{
	struct task_struct *p;

	list_for_each_entry(p, &all_tasks, tasks)
		if (p->signal && p->signal->tty == tty)
			p->signal->tty = NULL;
	tty->session = 0;
	tty->pgrp = 0;
}

/* Nobody's controlling terminal any more. leader: the session's leader is told; group: the foreground group is. */
void tty_clear_session(struct tty_struct *tty, bool leader, bool group)
{
	pid_t pgrp, session;

	spin_lock(&tasklist_lock);
	pgrp = tty->pgrp;
	session = tty->session;
	forget_session_locked(tty);
	spin_unlock(&tasklist_lock);
	if (leader && session) {
		kill_pid(session, SIGHUP);
		kill_pid(session, SIGCONT);
	}
	if (group && pgrp) {
		kill_pgrp(pgrp, SIGHUP);
		kill_pgrp(pgrp, SIGCONT);
	}
}

/* A serial line is closed to all who had it; a pseudo terminal's other users keep it, as on Linux. */
void tty_disassociate(void)
{
	struct tty_struct *tty = get_current_tty();

	if (!tty || !current->signal->leader)
		return;
	tty_clear_session(tty, false, true);
	if (!tty->is_pty)
		tty_hangup(tty);
}

static void set_ctty_locked(struct tty_struct *tty)
{
	tty->session = current->signal->session;
	tty->pgrp = current->signal->pgrp;
	current->signal->tty = tty;
}

/* open() without O_NOCTTY: a session leader that has no terminal gets this one, when it is free. */
void tty_open_ctty(struct tty_struct *tty)
{
	spin_lock(&tasklist_lock);
	if (current->signal->leader && !current->signal->tty && !tty->session)
		set_ctty_locked(tty);
	spin_unlock(&tasklist_lock);
}

static long tiocsctty(struct tty_struct *tty, unsigned long steal)
{
	long ret = 0;

	spin_lock(&tasklist_lock);
	if (current->signal->leader && current->signal->tty == tty && current->signal->session == tty->session)
		goto out;
	ret = -EPERM;
	if (!current->signal->leader || current->signal->tty)
		goto out;
	if (tty->session) {
		if (steal != 1 || !capable(CAP_SYS_ADMIN))
			goto out;
		forget_session_locked(tty);
	}
	set_ctty_locked(tty);
	ret = 0;
out:
	spin_unlock(&tasklist_lock);
	return ret;
}

static long tiocnotty(struct tty_struct *tty)
{
	if (get_current_tty() != tty)
		return -ENOTTY;
	if (current->signal->leader) {
		tty_clear_session(tty, false, true);
		return 0;
	}
	spin_lock(&tasklist_lock);
	current->signal->tty = NULL;
	spin_unlock(&tasklist_lock);
	return 0;
}

static long tiocgpgrp(struct tty_struct *tty, bool master, int __user *arg)
{
	if (!master && get_current_tty() != tty)
		return -ENOTTY;
	return put_user((int)READ_ONCE(tty->pgrp), arg);
}

static bool pgrp_in_session_locked(pid_t pgrp, pid_t session)
{
	struct task_struct *p;

	list_for_each_entry(p, &all_tasks, tasks)
		if (p->signal && p->signal->pgrp == pgrp)
			return p->signal->session == session;
	return false;
}

static bool pgrp_exists_locked(pid_t pgrp)
{
	struct task_struct *p;

	list_for_each_entry(p, &all_tasks, tasks)
		if (p->signal && p->signal->pgrp == pgrp)
			return true;
	return false;
}

static long tiocspgrp(struct tty_struct *tty, bool master, int __user *arg)
{
	long ret = master ? 0 : tty_check_change(tty, SIGTTOU);
	int pgrp;

	if (ret == -EIO)
		return -ENOTTY;
	if (ret)
		return ret;
	if (get_current_tty() != tty || tty->session != current->signal->session)
		return -ENOTTY;
	if (get_user(pgrp, arg))
		return -EFAULT;
	if (pgrp < 0)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	if (!pgrp_exists_locked(pgrp))
		ret = -ESRCH;
	else if (!pgrp_in_session_locked(pgrp, current->signal->session))
		ret = -EPERM;
	else
		WRITE_ONCE(tty->pgrp, pgrp);
	spin_unlock(&tasklist_lock);
	return ret;
}

static long tiocgsid(struct tty_struct *tty, bool master, int __user *arg)
{
	if ((!master && get_current_tty() != tty) || !tty->session)
		return -ENOTTY;
	return put_user((int)tty->session, arg);
}

/* master: asked through the other end of a pty. -ENOIOCTLCMD when it is none of these. */
long tty_jobctrl_ioctl(struct tty_struct *tty, bool master, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case TIOCSCTTY:
		return tiocsctty(tty, arg);
	case TIOCNOTTY:
		return tiocnotty(tty);
	case TIOCGPGRP:
		return tiocgpgrp(tty, master, (int __user *)arg);
	case TIOCSPGRP:
		return tiocspgrp(tty, master, (int __user *)arg);
	case TIOCGSID:
		return tiocgsid(tty, master, (int __user *)arg);
	}
	return -ENOIOCTLCMD;
}
