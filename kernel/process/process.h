/* kernel/process/process.h - processes as programs know them: credentials, signals, groups, sessions, exec, exit
 *
 * Locks: signal_struct and sighand_struct fields are under sighand->siglock unless marked otherwise.
 */
#pragma once
#include "kernel/sched/task.h"
#include "kernel/sync/mutex.h"
#include "kernel/time/timer.h"
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/resource.h>

struct file;
struct tty_struct;
struct user_struct;

/* Supplementary groups, sorted; shared by credentials that have the same. */
struct group_info { refcount_t usage; u32 n; gid_t gid[]; };

struct cred {
	refcount_t usage;
	struct rcu_head rcu;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u64 cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;		/* SECBIT_* */
	struct user_struct *user; /* what the real uid has in use, for RLIMIT_NPROC and RLIMIT_SIGPENDING */
	struct group_info *groups; /* [C] */
};
static inline const struct cred *current_cred(void) { return current->cred; }
#include "kernel/process/capability.h"
struct cred *prepare_creds(void); /* a private copy of current's, or NULL */
void commit_creds(struct cred *new);
void put_cred(const struct cred *c);
bool in_group_p(gid_t gid);

struct k_sigaction { /* layout of the kernel's struct sigaction */
	__sighandler_t handler;
	unsigned long flags;
	__sigrestore_t restorer;
	u64 mask;
};
struct ksignal { struct k_sigaction ka; siginfo_t info; int sig; };

struct sighand_struct {
	refcount_t count;
	spinlock_t siglock;
	struct k_sigaction action[64];
	wait_queue_head_t signalfd_wqh; /* woken with each signal queued */
	struct rcu_head rcu;
};

struct signal_struct {
	refcount_t sigcnt;
	pid_t tgid;			/* of the group; find_task_by_pid() gives the leader */
	int live;			/* threads not yet exited */
	int nr_threads;			/* threads not yet released [T] and siglock */
	int thread_count_awaited;	/* group_exit_task is woken when nr_threads falls to this */
	struct sigpending_queue shared_pending;
	int group_exit_code;
	bool group_exit;
	struct task_struct *group_exit_task;
	int group_stop_code;		/* signal that stopped the group, 0 when it runs */
	int group_stop_count;		/* threads that have yet to stop; the group is stopped at 0 */
	bool stop_reported, continued;	/* for waitpid(WUNTRACED, WCONTINUED) */
	bool notify_continued;		/* the first thread that runs tells the parent CLD_CONTINUED */
	wait_queue_head_t wait_chldexit; /* wait4 sleeps here */
	pid_t pgrp, session;		/* [T] */
	bool leader;			/* session leader [T] */
	struct tty_struct *tty;		/* controlling terminal [T] */
	struct rlimit rlim[RLIM_NLIMITS];
	struct hrtimer real_timer;	/* ITIMER_REAL */
	u64 real_interval_ns;
	u64 utime_ns, stime_ns, cutime_ns, cstime_ns; /* of exited threads, of waited-for children */
	u64 nvcsw, nivcsw, min_flt, maj_flt, cmaxrss, maxrss;
	u64 cnvcsw, cnivcsw, cmin_flt, cmaj_flt;
	bool is_child_subreaper;
	bool unkillable;		/* process 1: signals that would kill or stop it are dropped */
	bool dumpable;
	struct cpu_itimer { u64 expires_ns, interval_ns; } cpu_timer[2]; /* ITIMER_VIRTUAL, ITIMER_PROF; 0: idle */
	struct hrtimer cpu_poll;	/* looks at the clocks above while one is armed */
	struct list_head posix_timers;
	int next_timer_id;
	struct rcu_head rcu;
};
unsigned long rlimit(unsigned int which); /* current's soft limit */

/* What UAPI leaves to the kernel (its NSIG is libc's old 32). */
#define _NSIG 64
#ifndef SS_ONSTACK
#define SS_ONSTACK 1
#define SS_DISABLE 2
#define SS_AUTODISARM (1u << 31)
#endif
#define SIGMASK(sig) (1ULL << ((sig)-1))
/* Sending: siglock is taken inside. info NULL: from the kernel (SI_KERNEL). 0 or -errno. Any context but NMI. */
int send_signal(int sig, const siginfo_t *info, struct task_struct *t, bool to_group);
bool pid_number_in_use(pid_t nr);	/* by a process or thread, or a group or session that outlives it */
bool is_somebody(pid_t who);		/* a process or thread is there; negative: a group has members */
int kill_pgrp(pid_t pgrp, int sig);	/* every process of the group; -ESRCH when there is none */
int kill_pid(pid_t pid, int sig);
void force_sig(int sig, struct task_struct *t);	/* cannot be blocked or ignored */
void force_sig_fault(int sig, int code, unsigned long addr);
extern int show_unhandled_signals; /* whether who dies of an exception is told of in the log; a sysctl */
bool signal_ignored_or_blocked(struct task_struct *t, int sig); /* for tty background reads (SIGTTIN) */
bool is_orphaned_pgrp(pid_t pgrp);
/* Takes the first pending signal in mask for current; 0 when there is none. siglock held. */
int dequeue_signal(u64 mask, siginfo_t *info);
void recalc_sigpending(void);
void set_current_blocked(u64 mask);
/* For pselect, ppoll, epoll_pwait: sets the mask for the call; restored on the way out. 0 or -errno. */
int set_user_sigmask(const void __user *umask, size_t size);
void restore_saved_sigmask_unless(bool interrupted);

/* Programs. do_execve: path and vectors in user or (kernel: true) kernel memory. 0 or -errno; on 0 current's registers
 * start the new program at the next return to user mode. */
int do_execve(const char *path, const char *const __user *argv, const char *const __user *envp);
int kernel_execve(const char *path, const char *const *argv, const char *const *envp);
/* A process from nothing, for init: runs fn in kernel mode, which ends in kernel_execve(). */
pid_t user_mode_thread(int (*fn)(void *), void *arg);

void process_init(void);    /* init_task's signal, cred, files; pid hash */
void process_syscalls(void);
void process_proc_init(void); /* /proc/sys/kernel, /proc/unknown_syscalls; after vfs_init() */
/* What another task holds, referenced, or NULL when it is exiting or a kernel thread. Released by mmput(), put_files(),
 * put_fs(). */
struct mm_struct *get_task_mm(struct task_struct *t);
struct files_struct *get_task_files(struct task_struct *t);
struct fs_struct *get_task_fs(struct task_struct *t);
/* Locks t's siglock with interrupts off; NULL (nothing locked) when t has been released. */
struct sighand_struct *lock_task_sighand(struct task_struct *t, unsigned long *flags);
u64 task_rss_pages(struct task_struct *t);
/* Of the whole thread group, dead threads included. */
void thread_group_times(struct task_struct *t, u64 *utime_ns, u64 *stime_ns);
