/* kernel/time/syscalls.h - the system calls about time; private to kernel/time */
#pragma once
#include "lib/types.h"
#include <linux/time.h>
#include <linux/time_types.h>

long sys_nanosleep(const struct __kernel_timespec __user *req, struct __kernel_timespec __user *rem);
long sys_clock_nanosleep(int clock, int flags, const struct __kernel_timespec __user *req,
			 struct __kernel_timespec __user *rem);
long sys_clock_gettime(int clock, struct __kernel_timespec __user *out);
long sys_clock_getres(int clock, struct __kernel_timespec __user *out);
long sys_clock_settime(int clock, const struct __kernel_timespec __user *in);
long sys_gettimeofday(struct __kernel_old_timeval __user *tv, void __user *tz);
long sys_settimeofday(const struct __kernel_old_timeval __user *tv, const void __user *tz);
long sys_time(long __user *out);
