/* kernel/arch/checksum.S - the Internet checksum with add-with-carry: one instruction for eight bytes
 *
 * What:   __wsum csum_partial(const void *buf, size_t len, __wsum sum), in place of lib/checksum.c's.
 * Called: net/, any context. tests/unit/lib/checksum_model_test.c has it under another name.
 * Why:    C has no way to keep the carry between additions, so its loop takes two instructions a word. Of what
 *         receiving a full segment takes (1480 bytes), this saves about 280 instructions.
 *
 * A chain of 64 additions, which the first round enters where as many are left as words do not fill a round. Its
 * offsets begin at 512, so that each takes a 32-bit displacement and all are seven bytes long. lea, dec and jmp leave
 * the carry alone.
 */
#define ROUND 512	/* bytes */
#define ADC_SIZE 7	/* bytes of text */

	.text
	.globl csum_partial
csum_partial:
	movl	%edx, %eax
	movq	%rsi, %rcx
	shrq	$3, %rcx		/* words */
	jz	.Lshort
	movl	%ecx, %edx
	shrq	$6, %rcx		/* whole rounds, after the first */
	andl	$63, %edx		/* words in the first */
	leaq	-2*ROUND(%rdi, %rdx, 8), %rdi
	imulq	$-ADC_SIZE, %rdx, %rdx
	leaq	.Lend_of_chain(%rip), %r8
	addq	%r8, %rdx
	clc
	jmp	*%rdx
.Lchain:
	.set	offset, ROUND
	.rept	ROUND / 8
	adcq	offset(%rdi), %rax
	.set	offset, offset + 8
	.endr
.Lend_of_chain:
	.if	.Lend_of_chain - .Lchain - ADC_SIZE * ROUND / 8
	.error	"an addition of the chain has another size"
	.endif
	leaq	ROUND(%rdi), %rdi
	decq	%rcx
	jns	.Lchain
	adcq	$0, %rax
	andl	$7, %esi		/* bytes that remain, the upper ones of the last eight */
	jz	.Lfold
	movq	ROUND - 8(%rdi, %rsi), %rdx
	leal	(, %rsi, 8), %ecx
	negl	%ecx
	shrq	%cl, %rdx
.Ladd_rest:
	addq	%rdx, %rax
	adcq	$0, %rax
.Lfold:	movl	%eax, %edx		/* 64 bits to 32 */
	shrq	$32, %rax
	addl	%edx, %eax
	adcl	$0, %eax
	ret

.Lshort:				/* 0 to 7 bytes, as a little-endian word */
	xorl	%edx, %edx
	testl	$1, %esi
	jz	1f
	movzbl	-1(%rdi, %rsi), %edx
1:	testl	$2, %esi
	jz	2f
	movl	%esi, %ecx
	andl	$4, %ecx
	movzwl	(%rdi, %rcx), %ecx
	shll	$16, %edx
	orl	%ecx, %edx
2:	testl	$4, %esi
	jz	.Ladd_rest
	movl	(%rdi), %ecx
	shlq	$32, %rdx
	orq	%rcx, %rdx
	jmp	.Ladd_rest

	.section .note.GNU-stack, "", @progbits
