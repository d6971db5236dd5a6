/* kernel/arch/string.S - memcpy and memset by the CPU's string moves: one instruction a word, where lib/string.c's
 * loops take three
 *
 * Called: everywhere, where the compiler does not know the length or finds it too long to write moves for.
 * Locks:  none. The direction flag is clear in the kernel.
 */
	.text

/* void *memcpy(void *dst, const void *src, size_t n) */
	.globl memcpy
	.type memcpy, @function
memcpy:
	movq	%rdi, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep movsq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep movsb
	ret
	.size memcpy, . - memcpy

/* void *memset(void *dst, int c, size_t n) */
	.globl memset
	.type memset, @function
memset:
	movq	%rdi, %r8
	movzbl	%sil, %esi
	movabsq	$0x0101010101010101, %rax
	imulq	%rsi, %rax
	movq	%rdx, %rcx
	shrq	$3, %rcx
	rep stosq
	movl	%edx, %ecx
	andl	$7, %ecx
	rep stosb
	movq	%r8, %rax
	ret
	.size memset, . - memset

	.section .note.GNU-stack, "", @progbits
