/* kernel/arch/usercopy.S - copying between kernel and user memory, byte-exact when a page is missing
 *
 * What:   copy_from_user() and copy_to_user(), range check and all (uaccess.h). size_t user_copy(void *dst,
 *         const void *src, size_t n), size_t user_clear(void *dst, size_t n): what is left.
 * Called: everywhere; user_copy and user_clear by usercopy.c, after its own range check. A fault continues at the
 *         instruction that the exception table names.
 * How:    string moves, words and then bytes. A fault leaves in rcx what is left; the byte loop goes on from there and
 *         stops exactly at the bad byte. One count a word, where a loop of moves takes two and more.
 */
#include "kernel/arch/x86.h"

	.macro	MAY_FAULT fixup insn:vararg
772:	\insn
	.pushsection __ex_table, "a"
	.long	772b - ., \fixup - .
	.popsection
	.endm

	.macro	MIGHT_FAULT
#ifdef DEBUG
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	subq	$8, %rsp
	call	might_fault
	addq	$8, %rsp
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
#endif
	.endm

/* Goes on when [\addr, \addr + rdx) may be a program's: access_ok(). */
	.macro	CHECK_RANGE addr
	MIGHT_FAULT
	movabsq	$USER_END, %rax
	subq	%rdx, %rax
	jb	4f
	cmpq	\addr, %rax
	jb	4f
	.endm

	.text
	.globl copy_from_user
copy_from_user:
	CHECK_RANGE %rsi
	jmp	user_copy

	.globl copy_to_user
copy_to_user:
	CHECK_RANGE %rdi
	.globl user_copy
user_copy:
	STAC
	movq	%rdx, %rcx
	andl	$7, %edx
	shrq	$3, %rcx
	MAY_FAULT 3f rep movsq
1:	movl	%edx, %ecx
	MAY_FAULT 2f rep movsb
2:	CLAC
	movq	%rcx, %rax
	ret
3:	leaq	(%rdx, %rcx, 8), %rcx	/* byte by byte up to the one that is missing */
	MAY_FAULT 2b rep movsb
	jmp	2b
4:	movq	%rdx, %rax		/* nothing of it */
	ret

	.globl user_clear
user_clear:
	STAC
	xorl	%eax, %eax
	movq	%rsi, %rcx
	movl	%esi, %edx
	andl	$7, %edx
	shrq	$3, %rcx
	MAY_FAULT 3f rep stosq
	movl	%edx, %ecx
	MAY_FAULT 2f rep stosb
2:	CLAC
	movq	%rcx, %rax
	ret
3:	leaq	(%rdx, %rcx, 8), %rcx
	MAY_FAULT 2b rep stosb
	jmp	2b

/* int user_load_word(u32 *out, const u32 *p): 0 or -1. */
	.globl user_load_word
user_load_word:
	STAC
	MAY_FAULT 9f movl (%rsi), %eax
	CLAC
	movl	%eax, (%rdi)
	xorl	%eax, %eax
	ret

/* int user_cmpxchg(u32 *p, u32 old, u32 new, u32 *was): 0 or -1. */
	.globl user_cmpxchg
user_cmpxchg:
	STAC
	movl	%esi, %eax
	movq	%rcx, %r8
	MAY_FAULT 9f lock cmpxchgl %edx, (%rdi)
	CLAC
	movl	%eax, (%r8)
	xorl	%eax, %eax
	ret
9:	CLAC
	movl	$-1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
