/* kernel/arch/regs.h - the registers that an entry into the kernel saves, in stack order */
#pragma once
#include "lib/types.h"

struct pt_regs {
	u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
	u64 orig_rax; /* system call number; -1 for interrupts and exceptions: no call to restart */
	u64 rip, cs, rflags, rsp, ss;
};

static inline bool user_mode(const struct pt_regs *r) { return (r->cs & 3) == 3; }
