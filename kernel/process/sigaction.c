/* kernel/process/sigaction.c - what a program says about its signals: actions, masks, the alternate stack
 *
 * Called: programs, through their system calls (process context).
 * Locks:  siglock for the actions and for ->blocked.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "kernel/syscall/syscall.h"
#include "lib/string.h"

#define SA_KNOWN                                                                                                       \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND | SA_RESTORER)

/* An action that ignores throws away what is pending already. siglock held. */
static void flush_if_ignored(int sig)
{
	struct task_struct *p;

	if (!sig_handler_ignores(&current->sighand->action[sig - 1], sig))
		return;
	flush_sigqueue_mask(SIGMASK(sig), &current->signal->shared_pending);
	for_each_thread_of(current, p) {
		flush_sigqueue_mask(SIGMASK(sig), &p->pending);
		recalc_sigpending_of(p);
	}
}

long sys_rt_sigaction(int sig, const struct k_sigaction __user *act, struct k_sigaction __user *old, size_t size)
{
	struct sighand_struct *h = current->sighand;
	struct k_sigaction new, was;

	if (size != sizeof(u64) || sig < 1 || sig > _NSIG || (act && (SIGMASK(sig) & SIG_UNBLOCKABLE)))
		return -EINVAL;
	if (act && copy_from_user(&new, act, sizeof(new)))
		return -EFAULT;
	spin_lock_irq(&h->siglock);
	was = h->action[sig - 1];
	if (act) {
		new.flags &= SA_KNOWN; /* programs probe for flags by reading back */
		new.mask &= ~SIG_UNBLOCKABLE;
		h->action[sig - 1] = new;
		flush_if_ignored(sig);
	}
	spin_unlock_irq(&h->siglock);
	return old && copy_to_user(old, &was, sizeof(was)) ? -EFAULT : 0;
}

/* What becomes blocked here may be what another thread could take. siglock held. */
static void retarget(u64 newly_blocked)
{
	u64 orphaned = current->signal->shared_pending.signal & newly_blocked;
	struct task_struct *p;

	if (!orphaned)
		return;
	for_each_thread_of(current, p)
		if (p != current && !(p->flags & PF_EXITING) && orphaned & ~p->blocked)
			signal_wake_up(p, false);
}

/* Process context. SIGKILL and SIGSTOP cannot be blocked. */
void set_current_blocked(u64 mask)
{
	mask &= ~SIG_UNBLOCKABLE;
	spin_lock_irq(&current->sighand->siglock);
	retarget(mask & ~current->blocked);
	current->blocked = mask;
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
}

long sys_rt_sigprocmask(int how, const u64 __user *set, u64 __user *old, size_t size)
{
	u64 was = current->blocked, mask;

	if (size != sizeof(u64))
		return -EINVAL;
	if (set) {
		if (copy_from_user(&mask, set, sizeof(mask)))
			return -EFAULT;
		if (how == SIG_BLOCK)
			set_current_blocked(was | mask);
		else if (how == SIG_UNBLOCK)
			set_current_blocked(was & ~mask);
		else if (how == SIG_SETMASK)
			set_current_blocked(mask);
		else
			return -EINVAL;
	}
	return old && copy_to_user(old, &was, sizeof(was)) ? -EFAULT : 0;
}

int set_user_sigmask(const void __user *umask, size_t size)
{
	u64 mask;

	if (!umask)
		return 0;
	if (size != sizeof(u64))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	current->saved_sigmask = current->blocked;
	current->restore_sigmask = true;
	set_current_blocked(mask);
	return 0;
}

/* interrupted: a handler shall still run under the call's mask; the way out restores it. */
void restore_saved_sigmask_unless(bool interrupted)
{
	if (interrupted || !current->restore_sigmask)
		return;
	current->restore_sigmask = false;
	set_current_blocked(current->saved_sigmask);
}

long sys_rt_sigpending(u64 __user *set, size_t size)
{
	u64 pending;

	if (size > sizeof(pending))
		return -EINVAL;
	spin_lock_irq(&current->sighand->siglock);
	pending = (current->pending.signal | current->signal->shared_pending.signal) & current->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return copy_to_user(set, &pending, size) ? -EFAULT : 0;
}

static bool on_alt_stack(unsigned long sp)
{
	return !(current->sas_ss_flags & SS_AUTODISARM) && sp - current->sas_ss_sp <= current->sas_ss_size &&
	       sp > current->sas_ss_sp;
}

static int alt_stack_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return (on_alt_stack(sp) ? SS_ONSTACK : 0) | (current->sas_ss_flags & SS_AUTODISARM);
}

static int set_alt_stack(const stack_t *ss, unsigned long sp)
{
	int mode = ss->ss_flags & ~SS_AUTODISARM;

	if (on_alt_stack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode != SS_DISABLE && ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->sas_ss_sp = mode == SS_DISABLE ? 0 : (unsigned long)ss->ss_sp;
	current->sas_ss_size = mode == SS_DISABLE ? 0 : ss->ss_size;
	current->sas_ss_flags = ss->ss_flags;
	return 0;
}

long sys_sigaltstack(const stack_t __user *uss, stack_t __user *uold)
{
	unsigned long sp = user_stack_pointer(current_pt_regs());
	stack_t ss, old = {};
	int r;

	old.ss_sp = (void *)current->sas_ss_sp;
	old.ss_size = current->sas_ss_size;
	old.ss_flags = alt_stack_flags(sp);
	if (uss) {
		if (copy_from_user(&ss, uss, sizeof(ss)))
			return -EFAULT;
		r = set_alt_stack(&ss, sp);
		if (r)
			return r;
	}
	return uold && copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_rt_sigreturn(void)
{
	current->restart_block.fn = NULL;
	return arch_rt_sigreturn(current_pt_regs());
}

/* Goes on with a call that a stop or an ignored signal interrupted, with what is left of its time. */
long sys_restart_syscall(void)
{
	return current->restart_block.fn ? current->restart_block.fn(current) : -EINTR;
}
