/* kernel/arch/entry.S - every way into the kernel and back out
 *
 * What:   system call entry, exception and interrupt stubs, the way back to user mode, context switch, thread starts.
 * Called: the processor. IDT stubs are listed in vector_stubs for idt_init().
 * Calls:  do_syscall, trap_dispatch, irq_dispatch, exit_to_user_mode, sched_finish_switch.
 * Stack:  each entry builds a struct pt_regs (kernel/arch/regs.h) on the kernel stack of the current task.
 * GS:     the kernel's base is in GS while in the kernel; the user's waits in KERNEL_GS_BASE.
 */
#include "kernel/arch/x86.h"

#define R_RAX 80
#define R_RCX 88
#define R_R11 48
#define R_RIP 128
#define R_CS 136
#define R_RFLAGS 144
#define R_SS 160
#define R_SIZE 168
#define R_ORIG_RAX 120

#define CPU_CURRENT %gs:8
#define CPU_KERNEL_SP %gs:16
#define CPU_USER_SP %gs:24
#define NO_SYSCALL -1
#define ERRNO_ENOSYS -38

/* Everything of pt_regs above rdi is pushed already. */
	.macro	SAVE_REST rax=%rax
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	\rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm
	.macro	RESTORE_TO_RDI
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	.endm

	.text

/* --- system calls --- */

	.globl syscall_entry
syscall_entry:
	swapgs
	movq	%rsp, CPU_USER_SP
	movq	CPU_KERNEL_SP, %rsp
	pushq	$USER_DS
	pushq	CPU_USER_SP
	pushq	%r11
	pushq	$USER_CS
	pushq	%rcx
	pushq	%rax
	pushq	%rdi
	SAVE_REST rax=$ERRNO_ENOSYS
	movq	%rsp, %rdi
	xorl	%ebp, %ebp
	sti
	call	do_syscall
	cli
	movq	CPU_CURRENT, %rax
	cmpb	$0, TASK_WORK_PENDING(%rax)
	jne	return_to_user_work
	cmpl	$0, %gs:CPU_NEED_RESCHED
	jne	return_to_user_work
syscall_return:
	/* sysret restores rip from rcx and flags from r11; anything else needs iret. */
	movq	R_RIP(%rsp), %rcx
	movq	R_RFLAGS(%rsp), %r11
	cmpq	%rcx, R_RCX(%rsp)
	jne	return_by_iret
	cmpq	%r11, R_R11(%rsp)
	jne	return_by_iret
	shrq	$47, %rcx	/* a non-canonical rip would fault in kernel mode */
	jnz	return_by_iret
	testl	$(EFLAGS_TF | EFLAGS_RF), %r11d
	jnz	return_by_iret
	RESTORE_TO_RDI
	movq	32(%rsp), %rsp
	swapgs
	sysretq

/* IRQs are off, rsp points to pt_regs. Looks for work, in a loop, because work may bring more. */
	.globl return_to_user
return_to_user:
	movq	CPU_CURRENT, %rax
	cmpb	$0, TASK_WORK_PENDING(%rax)
	jne	return_to_user_work
	cmpl	$0, %gs:CPU_NEED_RESCHED
	jne	return_to_user_work
return_by_iret:
	RESTORE_TO_RDI
	addq	$8, %rsp	/* orig_rax */
	swapgs
	iretq

return_to_user_work:
	sti
	movq	%rsp, %rdi
	call	exit_to_user_mode
	cli
	jmp	return_to_user

/* void __noreturn enter_user_mode(struct pt_regs *regs) */
	.globl enter_user_mode
enter_user_mode:
	cli
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	jmp	return_to_user

/* --- exceptions and interrupts: stack is orig_rax or error code, then rdi; edi holds the vector --- */

	.macro	ENTER
	SAVE_REST
	cld
	CLAC
	movl	%edi, %esi
	testb	$3, R_CS(%rsp)
	jz	1f
	swapgs
1:	movq	%rsp, %rdi
	.endm

trap_common:
	ENTER
	call	trap_dispatch
	jmp	interrupt_return
irq_common:
	ENTER
	call	irq_dispatch
interrupt_return:
	cli
	testb	$3, R_CS(%rsp)
	jnz	return_to_user
	RESTORE_TO_RDI
	addq	$8, %rsp
	iretq

/* On its own stack, possibly between a swapgs and its partner: the sign of the GS base tells whose it is. A program
 * cannot set a negative one, because FSGSBASE stays off and arch_prctl refuses it. */
paranoid_common:
	SAVE_REST
	cld
	CLAC
	movl	%edi, %esi
	xorl	%ebx, %ebx
	movl	$MSR_GS_BASE, %ecx
	rdmsr
	testl	%edx, %edx
	js	1f
	swapgs
	incl	%ebx
1:	movq	%rsp, %rdi
	call	trap_dispatch
	testl	%ebx, %ebx
	jz	2f
	swapgs
2:	RESTORE_TO_RDI
	addq	$8, %rsp
	iretq

/* The CPU pushes an error code for 8, 10-14, 17, 21, 29 and 30. */
	.macro	STUB vector
	.balign	16
	.if	\vector >= 32
	pushq	$NO_SYSCALL
	.elseif	\vector == 8 || \vector == 17 || \vector == 21 || \vector == 29 || \vector == 30
	.elseif	\vector < 10 || \vector > 14
	pushq	$0
	.endif
	pushq	%rdi
	movl	$\vector, %edi
	.if	\vector == 2 || \vector == 8 || \vector == 18
	jmp	paranoid_common
	.elseif	\vector < 32
	jmp	trap_common
	.else
	jmp	irq_common
	.endif
	.endm

	.balign	16
	.globl vector_stubs
vector_stubs:
	.altmacro
	.set	i, 0
	.rept	256
	STUB	%i
	.set	i, i + 1
	.endr
	.noaltmacro

/* --- tasks --- */

/* struct task_struct *switch_stack(u64 *save_sp, u64 load_sp, struct task_struct *prev) */
	.globl switch_stack
switch_stack:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdx, %rax
	ret

/* First run of a kernel thread: rbx = fn, r12 = arg, rax = the task before. rsp points to pt_regs. */
	.globl thread_first_run
thread_first_run:
	movq	%rax, %rdi
	call	sched_finish_switch
	sti
	movq	%r12, %rdi
	call	*%rbx
	movl	%eax, %edi
	call	thread_returned	/* comes back when fn has started a program */
	cli
	jmp	return_to_user

/* First run of a forked child. rsp points to its pt_regs. */
	.globl fork_first_run
fork_first_run:
	movq	%rax, %rdi
	call	sched_finish_switch
	cli
	jmp	return_to_user

	.section .note.GNU-stack, "", @progbits
