/* kernel/process/trap.c - leaving the kernel, and exceptions that a program caused
 *
 * Called: kernel/arch, on the way back to user mode with interrupts on, and for exceptions.
 */
#include "kernel/mm/mm.h"
#include "kernel/process/internal.h"
#include "kernel/trace/printk.h"

/* All that must be done before the program goes on; arch asks again with interrupts off until nothing is left. */
void exit_to_user_mode(struct pt_regs *regs)
{
	if (need_resched())
		schedule();
	if (READ_ONCE(current->work_pending))
		do_signal(regs);
}

int show_unhandled_signals = 1; /* /proc/sys/debug/exception-trace */

/* Nobody handles it: the program dies of it. */
static bool is_unhandled(int signo)
{
	const struct k_sigaction *ka = &current->sighand->action[signo - 1];

	return current->tgid == 1 || ka->handler == SIG_DFL || ka->handler == SIG_IGN ||
	       current->blocked & SIGMASK(signo);
}

/* Ten lines in five seconds; a race of two CPUs costs or gives one. */
static bool may_tell(void)
{
	static u64 since_ns;
	static u32 told;
	u64 now = ktime_get_ns();

	if (now - READ_ONCE(since_ns) > 5 * NSEC_PER_SEC) {
		WRITE_ONCE(since_ns, now);
		WRITE_ONCE(told, 0);
	}
	WRITE_ONCE(told, told + 1);
	return told <= 10;
}

void tell_unhandled(const struct pt_regs *regs, int signo, unsigned long addr, const char *what)
{
	const struct mm_struct *mm = current->mm;

	if (READ_ONCE(show_unhandled_signals) && is_unhandled(signo) && may_tell())
		pr_info("%s[%d]: %s at %lx ip %llx sp %llx, its text at %lx-%lx\n", current->comm, current->pid, what,
			addr, instruction_pointer(regs), user_stack_pointer(regs), mm ? mm->start_code : 0,
			mm ? mm->end_code : 0);
}

/* An exception in user mode that nobody repaired: the program gets a signal that it cannot ignore. */
void do_trap(struct pt_regs *regs, int signo, int si_code, unsigned long addr, const char *what)
{
	tell_unhandled(regs, signo, addr, what);
	force_sig_fault(signo, si_code, addr);
}
