/* kernel/arch/boot.S - the first instructions: from what a loader leaves to C in long mode
 *
 * What:   the multiboot2 header and the PVH note by which loaders find us; 32-bit entry, first page tables, long mode.
 * Called: GRUB (eax = magic, ebx = info) or a PVH loader such as QEMU -kernel (ebx = start info). Paging is off.
 * Calls:  x86_start(magic, info).
 * Map:    the first 4 GiB, 2 MiB pages: at 0, at PAGE_OFFSET; the first GiB also at KERNEL_BASE.
 */
#include "kernel/arch/x86.h"

#define PHYS(sym) ((sym) - 0xffffffff80000000)
#define MB2_MAGIC 0xe85250d6
#define MB2_LOADED 0x36d76289

	.section .multiboot, "a"
	.balign 8
mb2_header:
	.long MB2_MAGIC, 0, mb2_end - mb2_header
	.long 0x100000000 - (MB2_MAGIC + (mb2_end - mb2_header))
	.short 6, 0	/* modules on page boundaries */
	.long 8
	.short 0, 0	/* end of tags */
	.long 8
mb2_end:

	.section .note.pvh, "a", @note
	.balign 4
	.long 4, 8, 18	/* name length, value length, XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz "Xen"
	.quad PHYS(boot_pvh)

	.section .text.boot, "ax"
	.code32
	.globl boot_multiboot, boot_pvh
boot_pvh:
	xorl	%eax, %eax	/* no magic: PVH */
boot_multiboot:
	cli
	cld
	movl	$PHYS(boot_stack_top), %esp
	movl	%eax, %edi
	movl	%ebx, %esi

	/* Four page directories that cover 4 GiB. */
	movl	$PHYS(boot_pd), %ebx
	movl	$0x83, %eax	/* present, writable, 2 MiB */
	movl	$2048, %ecx
1:	movl	%eax, (%ebx)
	movl	$0, 4(%ebx)
	addl	$0x200000, %eax
	addl	$8, %ebx
	loop	1b

	movl	$PHYS(boot_pd) + 3, %eax
	movl	$PHYS(boot_pdpt), %ebx
	movl	$4, %ecx
2:	movl	%eax, (%ebx)
	addl	$4096, %eax
	addl	$8, %ebx
	loop	2b
	movl	$PHYS(boot_pd) + 3, PHYS(boot_pdpt_kernel) + 510 * 8
	movl	$PHYS(boot_pdpt) + 3, PHYS(boot_pml4)
	movl	$PHYS(boot_pdpt) + 3, PHYS(boot_pml4) + 273 * 8
	movl	$PHYS(boot_pdpt_kernel) + 3, PHYS(boot_pml4) + 511 * 8

	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$PHYS(boot_pml4), %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	lgdt	PHYS(boot_gdt_ptr)
	ljmp	$KERNEL_CS, $PHYS(boot_long)

	.code64
boot_long:
	movl	$KERNEL_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	$boot_high, %rax
	jmp	*%rax
boot_high:
	movq	$boot_stack_top - 16, %rsp
	movl	%edi, %edi
	movl	%esi, %esi
	xorl	%ebp, %ebp
	pushq	$0		/* ends a backtrace */
	pushq	%rbp
	call	x86_start
3:	hlt
	jmp	3b

	.section .rodata
	.balign 8
	.globl boot_gdt_ptr, boot_gdt
boot_gdt:
	.quad 0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
boot_gdt_ptr:
	.word . - boot_gdt - 1
	.long PHYS(boot_gdt)

	.section .bss
	.balign 16384
	.globl boot_stack, boot_stack_top
boot_stack:
	.skip 16384
boot_stack_top:
	.globl boot_pml4
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pdpt_kernel:
	.skip 4096
boot_pd:
	.skip 4 * 4096

	.section .note.GNU-stack, "", @progbits
