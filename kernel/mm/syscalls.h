/* kernel/mm/syscalls.h - the system calls of this room */
#pragma once
#include "lib/types.h"

long sys_mmap(unsigned long addr, size_t len, unsigned long prot, unsigned long flags, int fd, unsigned long offset);
long sys_munmap(unsigned long addr, size_t len);
long sys_mprotect(unsigned long start, size_t len, unsigned long prot);
long sys_mremap(unsigned long old, size_t old_len, size_t new_len, unsigned long flags, unsigned long new);
long sys_brk(unsigned long brk);
long sys_madvise(unsigned long start, size_t len, int advice);
long sys_msync(unsigned long start, size_t len, int flags);
long sys_mincore(unsigned long start, size_t len, unsigned char __user *vec);
long sys_mlock(unsigned long start, size_t len);
long sys_mlock2(unsigned long start, size_t len, int flags);
long sys_munlock(unsigned long start, size_t len);
long sys_mlockall(int flags);
long sys_munlockall(void);
