/* kernel/arch/signal.c - signal frames, as Linux lays them out on x86_64
 *
 * What:   pushes a struct rt_sigframe (return address, ucontext, siginfo) with an FXSAVE image above it, points the
 *         registers at the handler; rt_sigreturn takes it all back.
 * Called: kernel/process on the way to user mode; the rt_sigreturn call.
 * Locks:  none beyond set_current_blocked()'s own.
 * Note:   a program may write anything into its frame before it returns: every field is checked or masked.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "lib/string.h"
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/signal.h>

#define RED_ZONE 128 /* System V ABI 3.2.2: leaf functions use it without moving rsp */
#define FXSAVE_SIZE 512
#define FXSAVE_MXCSR 24
#define FXSAVE_SW_RESERVED 464

struct rt_sigframe {
	char __user *pretcode; /* where the handler returns to: the restorer */
	struct ucontext uc;
	siginfo_t info;
};
_Static_assert(offsetof(struct rt_sigframe, uc.uc_mcontext) == 8 + 40, "as Linux has it");

static bool on_altstack(u64 sp)
{
	return current->sas_ss_size && sp - current->sas_ss_sp <= current->sas_ss_size && sp != current->sas_ss_sp;
}

/* Where the frame goes, or 0 when the alternate stack would overflow. *fp: the FXSAVE image above it. */
static u64 frame_address(const struct k_sigaction *ka, u64 rsp, u64 *fp)
{
	u64 sp = rsp - RED_ZONE;
	bool was_on_alt = on_altstack(rsp);

	if ((ka->flags & SA_ONSTACK) && current->sas_ss_size && !was_on_alt &&
	    !(current->sas_ss_flags & SS_DISABLE)) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		was_on_alt = true;
	}
	*fp = ALIGN_DOWN(sp - FXSAVE_SIZE, (u64)64);
	/* As if called: rsp + 8 is a multiple of 16. */
	sp = ALIGN_DOWN(*fp - sizeof(struct rt_sigframe) + 8, (u64)16) - 8;
	if (was_on_alt && (sp < current->sas_ss_sp || sp >= current->sas_ss_sp + current->sas_ss_size))
		return 0;
	return sp;
}

static void fill_sigcontext(struct sigcontext *sc, const struct pt_regs *r, u64 fp, u64 mask)
{
	const struct arch_thread *t = &current->thread;

	*sc = (struct sigcontext){
		.r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12, .r13 = r->r13, .r14 = r->r14,
		.r15 = r->r15, .rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx, .rdx = r->rdx,
		.rax = r->rax, .rcx = r->rcx, .rsp = r->rsp, .rip = r->rip, .eflags = r->rflags, .cs = r->cs,
		.ss = r->ss, .err = t->error_code, .trapno = t->trap_nr, .oldmask = mask, .cr2 = t->cr2,
		.fpstate = (void *)fp,
	};
}

static int copy_fpu_out(u64 fp)
{
	u8 *image = current->thread.fpu;

	fpu_save_current();
	memset(image + FXSAVE_SW_RESERVED, 0, FXSAVE_SIZE - FXSAVE_SW_RESERVED); /* no extended state follows */
	return copy_to_user((void __user *)fp, image, FXSAVE_SIZE) ? -EFAULT : 0;
}

/* 0, or -EFAULT when the stack cannot take the frame (the caller turns that into SIGSEGV). */
int arch_setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	u64 mask = current->restore_sigmask ? current->saved_sigmask : current->blocked;
	struct rt_sigframe f = { .pretcode = (char __user *)ksig->ka.restorer, .info = ksig->info };
	u64 fp, sp = frame_address(&ksig->ka, regs->rsp, &fp);

	if (!sp || !(ksig->ka.flags & SA_RESTORER) || copy_fpu_out(fp))
		return -EFAULT;
	f.uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	f.uc.uc_stack.ss_sp = (void *)current->sas_ss_sp;
	f.uc.uc_stack.ss_size = current->sas_ss_size;
	f.uc.uc_stack.ss_flags = !current->sas_ss_size ? SS_DISABLE : on_altstack(regs->rsp) ? SS_ONSTACK : 0;
	memcpy(&f.uc.uc_sigmask, &mask, sizeof(mask));
	fill_sigcontext(&f.uc.uc_mcontext, regs, fp, mask);
	if (copy_to_user((void __user *)sp, &f, sizeof(f)))
		return -EFAULT;
	regs->rdi = ksig->sig;
	regs->rsi = sp + offsetof(struct rt_sigframe, info);
	regs->rdx = sp + offsetof(struct rt_sigframe, uc);
	regs->rax = 0;
	regs->rsp = sp;
	regs->rip = canonical_user_rip((u64)ksig->ka.handler);
	regs->rflags &= ~(u64)(EFLAGS_DF | EFLAGS_TF | EFLAGS_RF);
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->orig_rax = -1;
	return 0;
}

/* --- the way back --- */

static int restore_fpu(u64 fp)
{
	u8 image[FXSAVE_SIZE];
	u32 mxcsr;

	if (!fp) {
		fpu_reset_current();
		return 0;
	}
	if (copy_from_user(image, (const void __user *)fp, sizeof(image)))
		return -EFAULT;
	memcpy(&mxcsr, image + FXSAVE_MXCSR, 4);
	mxcsr &= fpu_mxcsr_mask(); /* fxrstor faults on reserved bits */
	memcpy(image + FXSAVE_MXCSR, &mxcsr, 4);
	return fpu_load_current(image);
}

static void restore_registers(struct pt_regs *r, const struct sigcontext *sc)
{
	*r = (struct pt_regs){
		.r8 = sc->r8, .r9 = sc->r9, .r10 = sc->r10, .r11 = sc->r11, .r12 = sc->r12, .r13 = sc->r13,
		.r14 = sc->r14, .r15 = sc->r15, .rdi = sc->rdi, .rsi = sc->rsi, .rbp = sc->rbp, .rbx = sc->rbx,
		.rdx = sc->rdx, .rax = sc->rax, .rcx = sc->rcx, .rsp = sc->rsp, .rip = canonical_user_rip(sc->rip),
		.rflags = (sc->eflags & EFLAGS_USER) | EFLAGS_IF | EFLAGS_FIXED,
		.cs = USER_CS, .ss = USER_DS, .orig_rax = -1,
	};
}

/* What sigaltstack() would refuse is left as it is, as Linux does. */
static void restore_altstack(const stack_t *ss)
{
	if (on_altstack(task_pt_regs(current)->rsp))
		return;
	if (ss->ss_flags & SS_DISABLE) {
		current->sas_ss_sp = 0;
		current->sas_ss_size = 0;
	} else if (ss->ss_size >= MINSIGSTKSZ && (u64)ss->ss_sp < TASK_SIZE && ss->ss_size < TASK_SIZE) {
		current->sas_ss_sp = (u64)ss->ss_sp;
		current->sas_ss_size = ss->ss_size;
	}
}

/* Returns what rax is to hold. */
long arch_rt_sigreturn(struct pt_regs *regs)
{
	const struct rt_sigframe __user *frame = (const void __user *)(regs->rsp - 8);
	struct ucontext uc;
	u64 mask;

	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad;
	memcpy(&mask, &uc.uc_sigmask, sizeof(mask));
	set_current_blocked(mask & ~(SIGMASK(SIGKILL) | SIGMASK(SIGSTOP)));
	if (restore_fpu((u64)uc.uc_mcontext.fpstate))
		goto bad;
	restore_registers(regs, &uc.uc_mcontext);
	restore_altstack(&uc.uc_stack);
	return (long)regs->rax;
bad:
	tell_unhandled(regs, SIGSEGV, (unsigned long)frame, "bad frame in rt_sigreturn");
	force_sig(SIGSEGV, current);
	return 0;
}
