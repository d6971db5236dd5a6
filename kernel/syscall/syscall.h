/* kernel/syscall/syscall.h - the system call table, filled by the rooms at start
 *
 * Each room lists its calls: static const struct syscall_def calls[] = { SYSCALL(read), ... } and registers them.
 * A call gets its arguments in registers, so declare them with the C types of the ABI (int, size_t, pointers __user).
 */
#pragma once
#include "lib/types.h"
#include <asm/unistd_64.h>

typedef long (*syscall_fn)(unsigned long, unsigned long, unsigned long, unsigned long, unsigned long, unsigned long);
struct syscall_def { int nr; void *fn; const char *name; };
#define SYSCALL(call) { __NR_##call, (void *)sys_##call, #call }
#define NR_SYSCALLS 512

void syscall_register(const struct syscall_def *defs, size_t n); /* at start; twice the same number panics */
struct pt_regs;
/* The registers of the call being served, for fork, clone, execve and sigreturn. */
struct pt_regs *current_pt_regs(void);
u64 syscall_unknown_count(int nr); /* calls answered ENOSYS, by number: /proc/unknown_syscalls */
const char *syscall_name(int nr);
void syscall_init(void); /* registers what belongs to no other room: uname, sysinfo, getrandom, reboot, syslog ... */
/* As sethostname(2) by the kernel itself: the ip= parameter, DHCP. Cut at 64 bytes. */
void set_hostname(const char *name);
