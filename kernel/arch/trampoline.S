/* kernel/arch/trampoline.S - where a CPU other than the first begins: real mode, below 1 MiB
 *
 * Called: a STARTUP interrupt, cs:ip = TRAMPOLINE_PHYS >> 4 : 0. smp.c copied these bytes there and filled the data at
 *         offset 0xf00 (struct trampoline_data).
 * Calls:  secondary_entry(id).
 */
#include "kernel/arch/x86.h"

#define DATA 0xf00
#define D_CR3 (TRAMPOLINE_PHYS + DATA)
#define D_EFER (TRAMPOLINE_PHYS + DATA + 4)
#define D_STACK (TRAMPOLINE_PHYS + DATA + 8)
#define D_ENTRY (TRAMPOLINE_PHYS + DATA + 16)
#define D_ID (TRAMPOLINE_PHYS + DATA + 24)
#define HERE(sym) (TRAMPOLINE_PHYS + (sym) - trampoline_start)

	.section .rodata
	.balign 16
	.globl trampoline_start, trampoline_end
	.code16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	t_gdt_ptr - trampoline_start
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$8, $HERE(t_protected)

	.code32
t_protected:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	D_CR3, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	D_EFER, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	ljmp	$24, $HERE(t_long)

	.code64
t_long:
	movq	D_STACK, %rsp
	movq	D_ID, %rdi
	movq	D_ENTRY, %rax
	xorl	%ebp, %ebp
	pushq	$0	/* ends a backtrace */
	jmp	*%rax

	.balign 8
t_gdt:
	.quad 0
	.quad 0x00cf9b000000ffff	/* 32-bit code */
	.quad 0x00cf93000000ffff	/* data */
	.quad 0x00af9b000000ffff	/* 64-bit code */
t_gdt_ptr:
	.word . - t_gdt - 1
	.long HERE(t_gdt)
trampoline_end:

	.section .note.GNU-stack, "", @progbits
