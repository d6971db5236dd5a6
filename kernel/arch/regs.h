/* kernel/arch/regs.h - the registers that an entry into the kernel saves, in stack order */
#pragma once
#include "lib/types.h"

struct pt_regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax; /* system call number; -1 for interrupts and exceptions: no call to restart */
	u64 rip, cs, rflags, rsp, ss;
};

/* What the rest of the kernel may ask of them; only kernel/arch knows the registers by name. */
static inline bool user_mode(const struct pt_regs *r) { return (r->cs & 3) == 3; }
static inline bool regs_irqs_disabled(const struct pt_regs *r) { return !(r->rflags & 0x200); }
static inline u64 instruction_pointer(const struct pt_regs *r) { return r->rip; }
static inline u64 user_stack_pointer(const struct pt_regs *r) { return r->rsp; }

/* System calls. Negative: an exception or interrupt came instead, and there is nothing to restart. */
static inline s64 syscall_get_nr(const struct pt_regs *r) { return (s64)r->orig_rax; }
static inline void syscall_forget(struct pt_regs *r) { r->orig_rax = -1ull; }
static inline s64 syscall_get_result(const struct pt_regs *r) { return (s64)r->rax; }
static inline void syscall_set_result(struct pt_regs *r, s64 v) { r->rax = (u64)v; }
/* The program will run its two-byte syscall instruction again, as call nr. */
static inline void syscall_restart(struct pt_regs *r, s64 nr)
{
	r->rax = (u64)nr;
	r->rip -= 2;
}
/* By name, not by number: nothing goes through memory. */
struct syscall_args { u64 a, b, c, d, e, f; };
static inline struct syscall_args syscall_get_args(const struct pt_regs *r)
{
	return (struct syscall_args){ r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 };
}
