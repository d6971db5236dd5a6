/* kernel/process/signal_deliver.c - on the way back to the program: which signal is taken, and what it does
 *
 * What:   get_signal() carries out default actions (die, stop, ignore) itself and returns what has a handler; then the
 *         interrupted system call is restarted or made to answer EINTR, and arch builds the handler's frame.
 * Called: exit_to_user_mode().
 * Calls:  signal_stop.c, exit.c, arch_setup_rt_frame().
 * Absent: core dumps: the wait status never carries the core bit.
 */
#include "kernel/process/internal.h"
#include "kernel/trace/trace.h"
#include "kernel/mm/slab.h"
#include <asm/unistd_64.h>

DEFINE_TRACE(signal, signal_deliver);


/* Copies the handler of sig into ksig; false when the signal is handled without one. siglock held. */
static bool has_handler(struct ksignal *ksig)
{
	struct k_sigaction *ka = &current->sighand->action[ksig->sig - 1];

	if (ka->handler == SIG_DFL || ka->handler == SIG_IGN)
		return false;
	ksig->ka = *ka;
	if (ka->flags & SA_RESETHAND)
		ka->handler = SIG_DFL;
	return true;
}

/* The default action of sig; siglock held, dropped and taken again where it sleeps. Returns unless it kills. */
static void default_action(int sig)
{
	struct sighand_struct *h = current->sighand;

	if (sig_handler_ignores(&h->action[sig - 1], sig))
		return;
	if (current->signal->unkillable)
		return;
	if (SIGMASK(sig) & SIG_STOPPERS) {
		start_group_stop(sig);
		return;
	}
	spin_unlock_irq(&h->siglock);
	current->flags |= PF_SIGNALED;
	do_group_exit(sig);
}

static void tell_continued(void)
{
	struct sighand_struct *h = current->sighand;

	current->signal->notify_continued = false;
	spin_unlock_irq(&h->siglock);
	notify_parent_stopped(current, CLD_CONTINUED);
	spin_lock_irq(&h->siglock);
}

/* The next signal that has a handler; false when there is none (any more). Process context, interrupts on. */
bool get_signal(struct ksignal *ksig)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *h = current->sighand;
	bool found = false;

	spin_lock_irq(&h->siglock);
	for (;;) {
		if (s->notify_continued)
			tell_continued();
		if (s->group_exit) {
			spin_unlock_irq(&h->siglock);
			current->flags |= PF_SIGNALED;
			do_exit(s->group_exit_code); /* the others know */
		}
		if (s->group_stop_code) {
			stop_here();
			continue;
		}
		ksig->sig = dequeue_signal(~current->blocked, &ksig->info);
		if (!ksig->sig)
			break;
		TRACE(signal_deliver, "sig=%d code=%d", ksig->sig, ksig->info.si_code);
		found = has_handler(ksig);
		if (found)
			break;
		default_action(ksig->sig);
	}
	recalc_sigpending();
	spin_unlock_irq(&h->siglock);
	return found;
}

static void restart_before_handler(struct pt_regs *regs, const struct k_sigaction *ka)
{
	switch (-syscall_get_result(regs)) {
	case ERESTART_RESTARTBLOCK:
	case ERESTARTNOHAND:
		syscall_set_result(regs, -EINTR);
		break;
	case ERESTARTSYS:
		if (!(ka->flags & SA_RESTART)) {
			syscall_set_result(regs, -EINTR);
			break;
		}
		fallthrough;
	case ERESTARTNOINTR:
		syscall_restart(regs, syscall_get_nr(regs));
		break;
	}
}

static void restart_without_handler(struct pt_regs *regs)
{
	switch (-syscall_get_result(regs)) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		syscall_restart(regs, syscall_get_nr(regs));
		break;
	case ERESTART_RESTARTBLOCK:
		syscall_restart(regs, __NR_restart_syscall);
		break;
	}
}

/* While the handler runs, sa_mask and (without SA_NODEFER) the signal itself are blocked. */
static void block_for_handler(const struct ksignal *ksig)
{
	u64 mask = current->blocked | ksig->ka.mask;

	if (!(ksig->ka.flags & SA_NODEFER))
		mask |= SIGMASK(ksig->sig);
	current->restore_sigmask = false;
	set_current_blocked(mask);
}

/* The frame does not fit on the stack: nothing that the program could handle. */
static void frame_failed(const struct pt_regs *regs, int sig)
{
	if (sig == SIGSEGV) {
		spin_lock_irq(&current->sighand->siglock);
		current->sighand->action[SIGSEGV - 1].handler = SIG_DFL;
		spin_unlock_irq(&current->sighand->siglock);
	}
	tell_unhandled(regs, SIGSEGV, user_stack_pointer(regs), "no room for a signal's frame");
	force_sig(SIGSEGV, current);
}

void do_signal(struct pt_regs *regs)
{
	struct ksignal ksig;

	if (get_signal(&ksig)) {
		if (syscall_get_nr(regs) >= 0)
			restart_before_handler(regs, &ksig.ka);
		syscall_forget(regs);
		if (arch_setup_rt_frame(&ksig, regs))
			frame_failed(regs, ksig.sig);
		else
			block_for_handler(&ksig);
		return;
	}
	if (syscall_get_nr(regs) >= 0) {
		restart_without_handler(regs);
		syscall_forget(regs);
	}
	restore_saved_sigmask_unless(false);
}
