/* kernel/process/calls.h - the system calls of this room, with the C types of the ABI */
#pragma once
#include "kernel/process/process.h"
#include <linux/capability.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/times.h>

struct clone_args;
/* clone.c, exec.c, exit.c, wait.c */
long sys_fork(void);
long sys_vfork(void);
long sys_clone(unsigned long flags, unsigned long newsp, int __user *parent_tid, int __user *child_tid,
	       unsigned long tls);
long sys_clone3(struct clone_args __user *uargs, size_t size);
long sys_unshare(unsigned long flags);
long sys_set_tid_address(int __user *tidptr);
long sys_execve(const char __user *path, const char *const __user *argv, const char *const __user *envp);
long sys_execveat(int dfd, const char __user *path, const char *const __user *argv, const char *const __user *envp,
		  int flags);
long sys_exit(int code);
long sys_exit_group(int code);
long sys_wait4(pid_t pid, int __user *stat, int options, struct rusage __user *ru);
long sys_waitid(int which, pid_t id, siginfo_t __user *info, int options, struct rusage __user *ru);
/* cred_syscalls.c, capability.c */
long sys_getuid(void);
long sys_geteuid(void);
long sys_getgid(void);
long sys_getegid(void);
long sys_setuid(uid_t uid);
long sys_setgid(gid_t gid);
long sys_setreuid(uid_t ruid, uid_t euid);
long sys_setregid(gid_t rgid, gid_t egid);
long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid);
long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid);
long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid);
long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid);
long sys_setfsuid(uid_t uid);
long sys_setfsgid(gid_t gid);
long sys_getgroups(int size, gid_t __user *list);
long sys_setgroups(int size, const gid_t __user *list);
struct __user_cap_header_struct;
struct __user_cap_data_struct;
long sys_capget(struct __user_cap_header_struct __user *header, struct __user_cap_data_struct __user *data);
long sys_capset(struct __user_cap_header_struct __user *header, const struct __user_cap_data_struct __user *data);
/* session.c */
long sys_getpid(void);
long sys_gettid(void);
long sys_getppid(void);
long sys_setsid(void);
long sys_getsid(pid_t pid);
long sys_setpgid(pid_t pid, pid_t pgid);
long sys_getpgid(pid_t pid);
long sys_getpgrp(void);
/* prctl.c, rlimit.c, rusage.c */
long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5);
long sys_arch_prctl(int code, unsigned long addr);
long sys_personality(unsigned int persona);
long sys_getrlimit(unsigned int which, struct rlimit __user *r);
long sys_setrlimit(unsigned int which, const struct rlimit __user *r);
long sys_prlimit64(pid_t pid, unsigned int which, const struct rlimit64 __user *new, struct rlimit64 __user *old);
long sys_getpriority(int which, int who);
long sys_setpriority(int which, int who, int nice);
long sys_ioprio_get(int which, int who);
long sys_ioprio_set(int which, int who, int ioprio);
long sys_getrusage(int who, struct rusage __user *ru);
long sys_times(struct tms __user *buf);
/* signal_syscalls.c, sigaction.c */
long sys_kill(pid_t pid, int sig);
long sys_tkill(pid_t tid, int sig);
long sys_tgkill(pid_t tgid, pid_t tid, int sig);
long sys_rt_sigqueueinfo(pid_t pid, int sig, siginfo_t __user *info);
long sys_rt_tgsigqueueinfo(pid_t tgid, pid_t tid, int sig, siginfo_t __user *info);
long sys_rt_sigaction(int sig, const struct k_sigaction __user *act, struct k_sigaction __user *old, size_t size);
long sys_rt_sigprocmask(int how, const u64 __user *set, u64 __user *old, size_t size);
long sys_rt_sigpending(u64 __user *set, size_t size);
long sys_rt_sigsuspend(const u64 __user *mask, size_t size);
long sys_rt_sigtimedwait(const u64 __user *these, siginfo_t __user *info, const struct __kernel_timespec __user *ts,
			 size_t size);
long sys_rt_sigreturn(void);
long sys_sigaltstack(const stack_t __user *ss, stack_t __user *old);
long sys_pause(void);
long sys_restart_syscall(void);
/* itimer.c, posix_timer.c */
struct __kernel_old_itimerval;
struct __kernel_itimerspec;
struct sigevent;
long sys_getitimer(int which, struct __kernel_old_itimerval __user *val);
long sys_setitimer(int which, const struct __kernel_old_itimerval __user *val,
		   struct __kernel_old_itimerval __user *old);
long sys_alarm(unsigned int seconds);
long sys_timer_create(int clock, struct sigevent __user *ev, int __user *id);
long sys_timer_settime(int id, int flags, const struct __kernel_itimerspec __user *val,
		       struct __kernel_itimerspec __user *old);
long sys_timer_gettime(int id, struct __kernel_itimerspec __user *val);
long sys_timer_getoverrun(int id);
long sys_timer_delete(int id);
