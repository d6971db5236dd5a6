/* kernel/arch/traps.c - exceptions: a signal for a program, a fixup for the kernel's own probes, or the end
 *
 * What:   dispatch of vectors 0-31, the exception table, page-fault decoding, double fault and NMI, backtraces.
 * Called: entry.S. NMI, double fault and machine check run on their own stacks and never sleep.
 * Calls:  do_page_fault (kernel/mm), do_trap (kernel/process), panic.
 * Locks:  none.
 * Absent: debug registers, kprobes.
 */
#include "kernel/arch/internal.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include <asm/siginfo.h>
#include <asm/signal.h>

enum { VEC_DB = 1, VEC_NMI, VEC_BP, VEC_DF = 8, VEC_GP = 13, VEC_PF = 14, VEC_MF = 16, VEC_MC = 18, VEC_XF = 19 };

static const struct { const char *name; u8 sig; int code; bool addr_is_rip; } traps[32] = {
	[0] = { "divide error", SIGFPE, FPE_INTDIV, true },
	[VEC_DB] = { "debug", SIGTRAP, TRAP_TRACE, true },
	[VEC_NMI] = { "NMI", 0, 0, false },
	[VEC_BP] = { "int3", SIGTRAP, SI_KERNEL, false },
	[4] = { "overflow", SIGSEGV, SI_KERNEL, false },
	[5] = { "bounds", SIGSEGV, SI_KERNEL, false },
	[6] = { "invalid opcode", SIGILL, ILL_ILLOPN, true },
	[7] = { "device not available", SIGSEGV, SI_KERNEL, false },
	[VEC_DF] = { "double fault", 0, 0, false },
	[9] = { "coprocessor segment overrun", SIGFPE, SI_KERNEL, false },
	[10] = { "invalid TSS", SIGSEGV, SI_KERNEL, false },
	[11] = { "segment not present", SIGBUS, SI_KERNEL, false },
	[12] = { "stack segment", SIGBUS, SI_KERNEL, false },
	[VEC_GP] = { "general protection fault", SIGSEGV, SI_KERNEL, false },
	[VEC_PF] = { "page fault", SIGSEGV, SEGV_MAPERR, false },
	[VEC_MF] = { "x87 FPU error", SIGFPE, FPE_FLTINV, true },
	[17] = { "alignment check", SIGBUS, BUS_ADRALN, false },
	[VEC_MC] = { "machine check", 0, 0, false },
	[VEC_XF] = { "SIMD error", SIGFPE, FPE_FLTINV, true },
};

static const char *trap_name(u32 vector)
{
	return traps[vector & 31].name ? traps[vector & 31].name : "reserved exception";
}

/* --- the exception table: pairs of self-relative addresses, made where the risky instruction stands --- */

struct ex_entry { s32 fault, fixup; };
extern const struct ex_entry __start___ex_table[], __stop___ex_table[];

static const struct ex_entry *find_fixup(unsigned long rip)
{
	for (const struct ex_entry *e = __start___ex_table; e < __stop___ex_table; e++)
		if ((unsigned long)&e->fault + e->fault == rip)
			return e;
	return NULL;
}

bool fixup_exception(struct pt_regs *regs)
{
	const struct ex_entry *e = find_fixup(regs->rip);

	if (!e)
		return false;
	regs->rip = (unsigned long)&e->fixup + e->fixup;
	return true;
}

bool probe_kernel_u64(unsigned long addr, u64 *out)
{
	bool ok = true;
	u64 v = 0;

	asm volatile("1:	movq (%2), %1\n"
		     "2:\n"
		     ".pushsection .text.fixup, \"ax\"\n"
		     "3:	xorl %k0, %k0\n	jmp 2b\n"
		     ".popsection\n"
		     ".pushsection __ex_table, \"a\"\n"
		     ".long 1b - ., 3b - .\n"
		     ".popsection"
		     : "+q"(ok), "+r"(v) : "r"(addr));
	*out = v;
	return ok;
}

/* --- dying --- */

/* A fault of the iretq that returns to a program comes with the program's GS: without ours the first word of the report
 * would fault again, until the stack is full. */
static void own_gs(void)
{
	if ((s64)rdmsr(MSR_GS_BASE) < 0)
		return;
	asm volatile("swapgs" ::: "memory");
	pr_err("the fault came with the program's GS\n");
}

static void __noreturn die(struct pt_regs *regs, u32 vector, u64 error, u64 addr)
{
	own_gs();
	arch_show_regs(regs);
	if (vector == VEC_PF)
		panic("kernel %s of address 0x%llx (error %llu) at %pS",
		      error & 16	  ? "execution"
			      : error & 2 ? "write"
					  : "read",
		      (unsigned long long)addr, (unsigned long long)error, (void *)regs->rip);
	panic("%s (error 0x%llx) at %pS", trap_name(vector), (unsigned long long)error, (void *)regs->rip);
}

/* A push into the guard page below a stack cannot even be reported there: the CPU gives a double fault. */
static void __noreturn double_fault(struct pt_regs *regs)
{
	struct task_struct *t = current;
	u64 addr = read_cr2();

	arch_show_regs(regs);
	if (t && t->stack && addr < (u64)t->stack + 64 && addr >= (u64)t->stack - PAGE_SIZE)
		panic("kernel stack overflow of task %s[%d] at %pS", t->comm, t->pid, (void *)regs->rip);
	panic("double fault, cr2 0x%llx, at %pS", (unsigned long long)addr, (void *)regs->rip);
}

static void nmi(struct pt_regs *regs)
{
	if (smp_stopping())
		arch_halt();
	pr_warn_once("NMI without a reason at %pS\n", (void *)regs->rip);
}

/* --- page faults --- */

static void restore_irqs_of(const struct pt_regs *regs)
{
	if (!irqs_disabled_flags(regs->rflags))
		local_irq_enable();
}

/* A kernel access to user memory may wait for a page only where sleeping is allowed. */
static bool may_page_in(void)
{
	return current && current->mm && !current->pagefault_disabled && preempt_count() == 0;
}

static void page_fault(struct pt_regs *regs, u64 error, u64 addr)
{
	bool user = user_mode(regs), write = error & 2, exec = error & 16, present = error & 1;

	if (user) {
		local_irq_enable();
		if (!do_page_fault(regs, addr, write, exec, true, present))
			do_trap(regs, SIGSEGV, present ? SEGV_ACCERR : SEGV_MAPERR, addr, "page fault");
		return;
	}
	/* The kernel touches user addresses only through instructions listed in the exception table. */
	if (!find_fixup(regs->rip))
		die(regs, VEC_PF, error, addr);
	if (addr < TASK_SIZE && may_page_in() && !irqs_disabled_flags(regs->rflags)) {
		restore_irqs_of(regs);
		if (do_page_fault(regs, addr, write, exec, false, present))
			return;
	}
	fixup_exception(regs);
}

/* --- programs' exceptions --- */

static int fpe_code(u32 status)
{
	if (status & 1)
		return FPE_FLTINV;
	if (status & 4)
		return FPE_FLTDIV;
	if (status & 8)
		return FPE_FLTOVF;
	if (status & (16 | 2))
		return FPE_FLTUND;
	return status & 32 ? FPE_FLTRES : FPE_FLTUNK;
}

static int math_code(u32 vector)
{
	u16 cwd, swd;
	u32 mxcsr;

	if (vector == VEC_XF) {
		asm volatile("stmxcsr %0" : "=m"(mxcsr));
		return fpe_code(mxcsr & ~(mxcsr >> 7));
	}
	asm volatile("fnstcw %0\n\tfnstsw %1" : "=m"(cwd), "=m"(swd));
	return fpe_code(swd & ~cwd);
}

static void user_trap(struct pt_regs *regs, u32 vector)
{
	int code = traps[vector].code;

	if (!traps[vector].sig)
		die(regs, vector, 0, 0);
	if (vector == VEC_MF || vector == VEC_XF)
		code = math_code(vector);
	if (vector == VEC_DB)
		regs->rflags &= ~(u64)EFLAGS_TF;
	local_irq_enable();
	do_trap(regs, traps[vector].sig, code, traps[vector].addr_is_rip ? regs->rip : 0, traps[vector].name);
}

/* regs->orig_rax holds the error code; it becomes -1 so that nobody takes it for a system call's number. */
void trap_dispatch(struct pt_regs *regs, u32 vector)
{
	u64 error = regs->orig_rax, addr = vector == VEC_PF ? read_cr2() : 0;

	regs->orig_rax = -1;
	if (vector == VEC_NMI)
		return nmi(regs);
	if (vector == VEC_DF)
		double_fault(regs);
	if (user_mode(regs)) {
		current->thread.trap_nr = vector;
		current->thread.error_code = error;
		current->thread.cr2 = addr;
	}
	if (vector == VEC_PF)
		return page_fault(regs, error, addr);
	if (user_mode(regs))
		return user_trap(regs, vector);
	if (!fixup_exception(regs))
		die(regs, vector, error, 0);
}

/* --- looking back --- */

size_t arch_backtrace(unsigned long fp, unsigned long *pcs, size_t max)
{
	size_t n = 0;

	if (!fp)
		fp = (unsigned long)__builtin_frame_address(0);
	while (n < max && fp >= PAGE_OFFSET && IS_ALIGNED(fp, 8UL)) {
		u64 next, ret;

		if (!probe_kernel_u64(fp, &next) || !probe_kernel_u64(fp + 8, &ret) || ret < KERNEL_BASE)
			break;
		pcs[n++] = ret;
		if (next == fp)
			break;
		fp = next; /* may lead from an emergency stack to the task's; max bounds what a broken chain can do */
	}
	return n;
}

#define X(v) ((unsigned long long)(v))
void arch_show_regs(const struct pt_regs *r)
{
	struct task_struct *t = current;

	printk(KERN_ERR "CPU %u task %s[%d] %s mode\n", smp_processor_id(), t ? t->comm : "none", t ? t->pid : 0,
	       user_mode(r) ? "user" : "kernel");
	printk(KERN_ERR "rip %04llx:%016llx %pS\n", X(r->cs), X(r->rip), user_mode(r) ? NULL : (void *)r->rip);
	printk(KERN_ERR "rsp %04llx:%016llx rflags %08llx orig_rax %lld\n", X(r->ss), X(r->rsp), X(r->rflags),
	       X(r->orig_rax));
	printk(KERN_ERR "rax %016llx rbx %016llx rcx %016llx\n", X(r->rax), X(r->rbx), X(r->rcx));
	printk(KERN_ERR "rdx %016llx rsi %016llx rdi %016llx\n", X(r->rdx), X(r->rsi), X(r->rdi));
	printk(KERN_ERR "rbp %016llx r8  %016llx r9  %016llx\n", X(r->rbp), X(r->r8), X(r->r9));
	printk(KERN_ERR "r10 %016llx r11 %016llx r12 %016llx\n", X(r->r10), X(r->r11), X(r->r12));
	printk(KERN_ERR "r13 %016llx r14 %016llx r15 %016llx\n", X(r->r13), X(r->r14), X(r->r15));
	printk(KERN_ERR "cr0 %08llx cr2 %016llx cr3 %012llx cr4 %08llx\n", X(read_cr0()), X(read_cr2()), X(read_cr3()),
	       X(read_cr4()));
}
