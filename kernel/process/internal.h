/* kernel/process/internal.h - what the files of kernel/process share with each other and with nobody else */
#pragma once
#include "kernel/process/process.h"
#include "kernel/time/clock.h"
#include <linux/capability.h>
#include <linux/sched.h>

struct pt_regs;
struct path;

/* --- user.c: what one user id has in use --- */
struct user_struct {
	struct hlist_node hash;
	uid_t uid;		/* [C] */
	refcount_t refs;
	atomic_t processes;	/* tasks, for RLIMIT_NPROC */
	atomic_t sigpending;	/* queued siginfos, for RLIMIT_SIGPENDING */
};
extern struct user_struct root_user;
struct user_struct *get_uid_struct(uid_t uid); /* referenced, made when new; NULL without memory */
void put_uid_struct(struct user_struct *u);

/* --- pid.c --- */
extern int pid_max;
extern struct task_struct *child_reaper; /* process 1 */
pid_t alloc_pid_number(pid_t wanted);	 /* 0: the next free one. -EAGAIN */
void pid_number_get(pid_t nr);		 /* one more reason (group, session) not to give nr out again */
void pid_number_put(pid_t nr);
void task_identity_init(struct task_struct *t); /* empty family lists, locks */
void attach_task(struct task_struct *t);  /* visible by pid; tasklist_lock held */
void detach_task(struct task_struct *t);  /* tasklist_lock held */
void exchange_pids(struct task_struct *leader, struct task_struct *t); /* tasklist_lock held */
bool pid_alive(const struct task_struct *t);
struct task_struct *find_task_or_current(pid_t pid); /* 0: current. Referenced, or NULL */
/* Calls fn for each process of the group under RCU, until it answers non-zero. -ESRCH when there is none. */
int for_each_in_pgrp(pid_t pgrp, int (*fn)(struct task_struct *leader, void *arg), void *arg);

/* --- cred.c, capability.c --- */
extern struct cred init_cred;
const struct cred *get_cred(const struct cred *c);
struct group_info *groups_alloc(u32 n);
void groups_put(struct group_info *g);
/* The credentials of another task; valid until the next sleep. */
static inline const struct cred *task_cred(const struct task_struct *t) { return rcu_dereference(t->cred); }
static inline bool cap_raised(u64 set, int cap) { return set >> cap & 1; }
void cap_after_setuid(struct cred *new, const struct cred *old);
void cap_for_exec(struct cred *new);
long cap_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5);
#define CAP_LAST 40
#define CAP_FULL ((1ULL << (CAP_LAST + 1)) - 1)

/* --- signal_*.c --- */
struct sigqueue { struct list_head list; struct user_struct *user; siginfo_t info; };
#define SIG_STOPPERS (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define SIG_IGNORED_BY_DEFAULT (SIGMASK(SIGCONT) | SIGMASK(SIGCHLD) | SIGMASK(SIGWINCH) | SIGMASK(SIGURG))
#define SIG_SYNCHRONOUS                                                                                                \
	(SIGMASK(SIGSEGV) | SIGMASK(SIGBUS) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | SIGMASK(SIGFPE) | SIGMASK(SIGSYS))
#define SIG_UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))
void init_sigpending(struct sigpending_queue *q);
void flush_sigqueue(struct sigpending_queue *q);
void flush_sigqueue_mask(u64 mask, struct sigpending_queue *q);
bool take_signal(struct sigpending_queue *q, u64 mask, siginfo_t *info, int *sig);
int queue_signal(struct sigpending_queue *q, int sig, const siginfo_t *info, struct task_struct *t);
bool sig_handler_ignores(const struct k_sigaction *ka, int sig);
void recalc_sigpending_of(struct task_struct *t);
void signal_wake_up(struct task_struct *t, bool fatal);
int send_signal_locked(int sig, const siginfo_t *info, struct task_struct *t, bool to_group);
void force_sig_info(const siginfo_t *info, struct task_struct *t);
void zap_other_threads(struct task_struct *t); /* siglock held: SIGKILL for all but t */
void flush_signal_handlers(struct sighand_struct *h);
bool get_signal(struct ksignal *ksig);
void exit_signals(struct task_struct *t);
bool start_group_stop(int sig);
void stop_here(void);
void notify_parent_stopped(struct task_struct *t, int why);
void do_signal(struct pt_regs *regs);
void fill_child_info(siginfo_t *info, struct task_struct *child, int code, int status);
static inline int thread_list_next_is(struct task_struct *t, struct task_struct *start)
{
	return next_thread(t) == start;
}
/* Every thread of t's group; siglock or tasklist_lock held. */
#define for_each_thread_of(t, p) for (p = (t); p; p = thread_list_next_is(p, t) ? NULL : next_thread(p))

/* --- fork.c --- */
struct clone_args_k {
	u64 flags;
	pid_t __user *child_tid, *parent_tid;
	int exit_signal;
	unsigned long stack; /* top, or 0 */
	unsigned long tls;
};
pid_t kernel_clone(const struct clone_args_k *args);
struct signal_struct *alloc_signal(void);
struct sighand_struct *alloc_sighand(void);
void put_signal(struct signal_struct *s);
void put_sighand(struct sighand_struct *h);
void mm_release(struct task_struct *t); /* vfork parent and clear_child_tid; then drops t->mm */
void release_task(struct task_struct *t);
bool notify_parent_exit(struct task_struct *t, int sig);

/* --- session.c --- */
void kill_orphaned_pgrp(struct task_struct *t, struct task_struct *parent);

/* --- exec.c and its loaders --- */
struct strvec { char *buf; size_t used, cap; int count; };
struct exec_args {
	const char *filename;	/* as told to the program (AT_EXECFN) */
	char *interp;		/* kmalloc'd path of the script that is being replaced by its interpreter, or NULL */
	struct file *file;
	struct strvec argv, envp;
	struct cred *cred;	/* of the new program */
	bool secure;
	char head[256];		/* first bytes of the file, zero padded */
	struct mm_struct *mm;	/* the new one */
	unsigned long entry, sp;
	unsigned long load_bias, phdr, at_base, at_entry, phnum, phent;
	bool exec_stack;
	unsigned long stack_top;
};
void strvec_free(struct strvec *v);
int strvec_add(struct strvec *v, const char *s);
int strvec_prepend(struct strvec *v, const char *s);
void strvec_drop_first(struct strvec *v);
int strvec_from_user(struct strvec *v, const char *const __user *uvec, size_t limit);
int exec_setup_stack(struct exec_args *x);
int exec_write_stack(struct exec_args *x);
int load_elf(struct exec_args *x);
int exec_read(struct file *f, void *buf, size_t n, loff_t pos);
struct file *open_exec(const char *path);
int script_interpreter(const char head[256], char **interp, char **arg);
int de_thread(void);

/* --- timers --- */
void exit_itimers(struct signal_struct *s);
void itimer_init(struct signal_struct *s);
void posix_timer_release(struct signal_struct *s);
/* A queued SI_TIMER signal reaches the program: writes its overruns into info. */
void posix_timer_delivered(siginfo_t *info);

/* --- rusage.c --- */
struct rusage;
void group_rusage(struct task_struct *t, int who, struct rusage *r);

#define P_PIDFD_UNSUPPORTED 3
