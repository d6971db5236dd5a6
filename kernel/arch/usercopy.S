/* kernel/arch/usercopy.S - copying between kernel and user memory, byte-exact when a page is missing
 *
 * What:   size_t user_copy(void *dst, const void *src, size_t n), size_t user_clear(void *dst, size_t n): what is left.
 * Called: usercopy.c, after the range check. A fault continues at the instruction that the exception table names.
 * How:    blocks of 64 bytes, words, bytes. rdi, rsi and rdx advance only after a whole block, so that a fault inside
 *         one falls into the byte loop, which stops exactly at the bad byte.
 */
	.macro	PATCH_SMAP which
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .smap_patch, "a"
	.quad	771b, \which
	.popsection
	.endm
#define CLAC PATCH_SMAP 0
#define STAC PATCH_SMAP 1

	.macro	MAY_FAULT fixup insn:vararg
772:	\insn
	.pushsection __ex_table, "a"
	.long	772b - ., \fixup - .
	.popsection
	.endm

	.text
	.globl user_copy
user_copy:
	STAC
	subq	$64, %rdx
	jb	2f
1:	MAY_FAULT 8f movq (%rsi), %r8
	MAY_FAULT 8f movq 8(%rsi), %r9
	MAY_FAULT 8f movq 16(%rsi), %r10
	MAY_FAULT 8f movq 24(%rsi), %r11
	MAY_FAULT 8f movq %r8, (%rdi)
	MAY_FAULT 8f movq %r9, 8(%rdi)
	MAY_FAULT 8f movq %r10, 16(%rdi)
	MAY_FAULT 8f movq %r11, 24(%rdi)
	MAY_FAULT 8f movq 32(%rsi), %r8
	MAY_FAULT 8f movq 40(%rsi), %r9
	MAY_FAULT 8f movq 48(%rsi), %r10
	MAY_FAULT 8f movq 56(%rsi), %r11
	MAY_FAULT 8f movq %r8, 32(%rdi)
	MAY_FAULT 8f movq %r9, 40(%rdi)
	MAY_FAULT 8f movq %r10, 48(%rdi)
	MAY_FAULT 8f movq %r11, 56(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	subq	$64, %rdx
	jae	1b
2:	addq	$56, %rdx	/* what is left, less 8 */
	js	4f
3:	MAY_FAULT 7f movq (%rsi), %r8
	MAY_FAULT 7f movq %r8, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subq	$8, %rdx
	jae	3b
4:	addq	$8, %rdx
	jz	6f
5:	MAY_FAULT 6f movb (%rsi), %al
	MAY_FAULT 6f movb %al, (%rdi)
	incq	%rsi
	incq	%rdi
	decq	%rdx
	jnz	5b
6:	CLAC
	movq	%rdx, %rax
	ret
7:	addq	$8, %rdx
	jmp	5b
8:	addq	$64, %rdx
	jmp	5b

	.globl user_clear
user_clear:
	STAC
	xorl	%eax, %eax
	movq	%rsi, %rdx
	subq	$8, %rdx
	jb	2f
1:	MAY_FAULT 5f movq %rax, (%rdi)
	addq	$8, %rdi
	subq	$8, %rdx
	jae	1b
2:	addq	$8, %rdx
	jz	4f
3:	MAY_FAULT 4f movb %al, (%rdi)
	incq	%rdi
	decq	%rdx
	jnz	3b
4:	CLAC
	movq	%rdx, %rax
	ret
5:	addq	$8, %rdx
	jmp	3b

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
