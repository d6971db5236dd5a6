/* kernel/sync/futex.h - sleeping on a word of a program's memory; see kernel/sched/task.h for futex_exit() */
#pragma once
#include "lib/types.h"
#include <linux/futex.h>
#include <linux/time_types.h>

/* Wakes up to nr waiters on uaddr whose bitset meets bitset. How many, or -errno. Process context. */
int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset);

long sys_futex(u32 __user *uaddr, int op, u32 val, void __user *utime, u32 __user *uaddr2, u32 val3);
long sys_set_robust_list(struct robust_list_head __user *head, size_t len);
long sys_get_robust_list(int pid, void __user *__user *head, size_t __user *len);
