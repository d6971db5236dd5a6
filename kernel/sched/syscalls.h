/* kernel/sched/syscalls.h - the system calls about scheduling; private to kernel/sched */
#pragma once
#include "lib/types.h"

long sys_sched_yield(void);
long sys_sched_setaffinity(pid_t pid, unsigned int len, const unsigned long __user *mask);
long sys_sched_getaffinity(pid_t pid, unsigned int len, unsigned long __user *mask);
long sys_sched_getscheduler(pid_t pid);
long sys_sched_setscheduler(pid_t pid, int policy, const int __user *param);
long sys_sched_getparam(pid_t pid, int __user *param);
long sys_sched_setparam(pid_t pid, const int __user *param);
long sys_sched_get_priority_max(int policy);
long sys_sched_get_priority_min(int policy);
