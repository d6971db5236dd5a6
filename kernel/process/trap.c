/* kernel/process/trap.c - leaving the kernel, and exceptions that a program caused
 *
 * Called: kernel/arch, on the way back to user mode with interrupts on, and for exceptions.
 */
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

/* An exception in user mode that nobody repaired: the program gets a signal that it cannot ignore. */
void do_trap(struct pt_regs *regs, int signo, int si_code, unsigned long addr, const char *what)
{
	current->fault_addr = addr;
	if (current->tgid == 1)
		pr_err("process 1: %s at %#llx, address %#lx\n", what, instruction_pointer(regs), addr);
	force_sig_fault(signo, si_code, addr);
}
