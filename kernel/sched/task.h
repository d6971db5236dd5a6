/* kernel/sched/task.h - the task: what runs, and everything that it holds
 *
 * A thread is a task that shares mm, files, fs, sighand and signal with its group leader.
 * Locks: [C] constant after birth, [R] run-queue lock of ->cpu, [T] tasklist_lock, [G] sighand->siglock, [O] only the
 * task itself, [A] atomic.
 */
#pragma once
#include "kernel/arch/arch.h"
#include "kernel/sync/rcu.h"
#include "kernel/sync/refcount.h"
#include "kernel/sync/spinlock.h"
#include "kernel/sync/wait.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "lib/rbtree.h"

struct mm_struct;
struct files_struct;
struct fs_struct;
struct signal_struct;
struct sighand_struct;
struct cred;
struct net;

#define TASK_COMM_LEN 16
#define KSTACK_SIZE 16384UL

#define PF_KTHREAD 0x1u
#define PF_EXITING 0x2u
#define PF_FORKNOEXEC 0x4u
#define PF_SIGNALED 0x8u
#define PF_MEMALLOC 0x10u /* is freeing memory: may use the reserve, does not reclaim again */

struct sched_entity {
	struct rb_node run_node;
	u64 vruntime_ns;	   /* weighted run time: the smallest runs next */
	u64 exec_start_ns;	   /* when this stint began */
	u64 sum_exec_ns;	   /* CPU time used, in all */
	u32 weight;		   /* 1024 at nice 0 */
	u8 rt_priority;		   /* 1..99 under SCHED_FIFO and SCHED_RR: runs before all of less; 0: fair */
	u64 rt_turn;		   /* among equals of a real-time priority: who came first runs first */
	u64 rt_slice_ns;	   /* SCHED_RR: what it has had of its slice */
};

struct sigpending_queue { struct list_head list; u64 signal; }; /* bit n-1: signal n is pending */

struct task_struct {
	/* scheduling */
	u32 state;		   /* TASK_* */
	u32 flags;		   /* [O] PF_* */
	u32 cpu;		   /* [R] of the CPU that it leaves: see choose_home() */
	bool on_rq;		   /* [R] */
	bool on_cpu;		   /* true until its stack is free to be switched to again */
	s8 nice;
	u8 policy;		   /* SCHED_OTHER, SCHED_FIFO ... as told by sched_setscheduler */
	u16 ioprio;		   /* as told by ioprio_set; 0: none */
	struct sched_entity se;	   /* [R] */
	u64 cpus_allowed;	   /* bit a CPU */
	void *stack;		   /* [C] lowest address of KSTACK_SIZE bytes; a guard page lies below */
	struct arch_thread thread;
	u64 utime_ns, stime_ns;	   /* [O] user and kernel shares of sum_exec_ns, by sampling at entry and exit */
	u64 entered_kernel_ns;
	u64 nvcsw, nivcsw;
	u64 min_flt, maj_flt;
	u64 start_time_ns;	   /* [C] */

	/* identity */
	pid_t pid, tgid;	   /* [C] */
	char comm[TASK_COMM_LEN];  /* changed by set_task_comm(), read by get_task_comm() */
	u32 comm_seq;		   /* odd while comm changes */
	const struct cred *cred;   /* [O] replaced as a whole; readers of others under RCU */

	/* family [T] */
	struct task_struct *real_parent, *group_leader;
	struct list_head children, sibling, thread_group, tasks; /* tasks: all group leaders */
	struct hlist_node pid_hash;
	refcount_t usage;
	struct rcu_head rcu;
	u32 exit_state;		   /* 0 alive; TASK_ZOMBIE until waited for; TASK_DEAD. Its last state is TASK_DEAD */
	int exit_code;		   /* wait status, as wait4 returns it */
	int exit_signal;	   /* sent to the parent; -1 for threads */
	int pdeath_signal;	   /* prctl(PR_SET_PDEATHSIG) */
	struct completion *vfork_done;
	u32 __user *clear_child_tid, *set_child_tid;
	void __user *robust_list;
	size_t robust_list_len;

	/* what it holds; NULL in kernel threads. Others pin them by get_task_mm(), get_task_files(), get_task_fs() */
	spinlock_t alloc_lock;	   /* held to change comm, mm, files, fs and vfork_done */
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	struct net *net;	   /* the network namespace it lives in */

	/* signals */
	struct signal_struct *signal;	/* shared by the thread group */
	struct sighand_struct *sighand;
	struct sigpending_queue pending; /* [G] private to the thread */
	u64 blocked, saved_sigmask;	 /* [G] writes; own reads free */
	u64 real_blocked;		 /* [G] what was blocked before rt_sigtimedwait() opened the mask, else 0 */
	bool restore_sigmask;
	bool no_new_privs;		 /* [O] prctl(PR_SET_NO_NEW_PRIVS) */
	u32 personality;		 /* [O] */
	bool work_pending;		/* look before returning to user mode: signal, stop, exit */
	unsigned long sas_ss_sp;
	size_t sas_ss_size;
	u32 sas_ss_flags;
	struct { /* for restart_syscall() */
		long (*fn)(struct task_struct *t);
		u64 args[6];
	} restart_block;
	int pagefault_disabled;
	LOCKDEP_TASK /* [O] */
};

/* --- kernel/sched --- */
void sched_init(void);		/* makes the boot stack the idle task of CPU 0 */
void wake_up_new_task(struct task_struct *t);
/* Wakes t when its state is in mode; true when that made it runnable. Any context. */
bool try_to_wake_up(struct task_struct *t, unsigned int mode);
static inline bool wake_up_process(struct task_struct *t) { return try_to_wake_up(t, TASK_NORMAL); }
void cond_resched(void);	/* the marked point where the kernel may be preempted */
bool need_resched(void);
void sched_yield_current(void);
/* The name of t, whole, whatever is made of it at this moment. Any context, no lock; returns name. */
char *get_task_comm(char name[TASK_COMM_LEN], const struct task_struct *t);
void set_task_comm(struct task_struct *t, const char *name); /* cut to what fits. Process context */
#define TASK_NAME(t) get_task_comm((char[TASK_COMM_LEN]){}, t) /* for the length of a statement: traces */
void set_user_nice(struct task_struct *t, int nice);
int sched_setaffinity(struct task_struct *t, u64 mask);
void __noreturn cpu_idle_loop(void);
/* A kernel thread, not yet running: wake_up_process() it. ERR_PTR on failure. */
struct task_struct *kthread_create(int (*fn)(void *), void *arg, const char *namefmt, ...) __printf(3, 4);
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name);
struct task_struct *kthread_create_on_cpu(int (*fn)(void *), void *arg, u32 cpu, const char *name);
/* Zeroed, with a kernel stack and scheduling fields; NULL without memory. usage is 1: the reference that the last
 * switch away drops once the state is TASK_DEAD. Whoever reaps it (wait4) holds another, taken by fork. */
struct task_struct *alloc_task(void);
void free_task(struct task_struct *t);
void get_task_struct(struct task_struct *t);
void put_task_struct(struct task_struct *t);
unsigned long nr_running(void);
void load_averages(u64 out[3]); /* fixed point, 1 << 16 is 1.0 */
u64 cpu_idle_ns(u32 cpu);
struct cpu_times { u64 user_ns, system_ns, softirq_ns, irq_ns, idle_ns; u64 ctx_switches; };
void cpu_times(u32 cpu, struct cpu_times *out);
void sleep_ns(u64 ns);	/* uninterruptible */
void ksoftirqd_init(void);
void workqueue_init(void);
void workqueue_start(void); /* the worker threads; process context, after the CPUs are known */
void load_average_start(void);
void rcu_init(void);
void time_init(void);
void softirq_init(void);
void sched_syscalls(void); /* sched_*, and through it time_syscalls(): nanosleep, clock_*, gettimeofday */
void time_syscalls(void);
u64 task_sum_exec_ns(struct task_struct *t); /* CPU time up to now */
void futex_syscalls(void);
/* Wakes the robust futexes and clear_child_tid of an exiting task. Called by do_exit in process context. */
void futex_exit(struct task_struct *t);
/* Called by the last switch away from a dead task, from the next task's context. */
void set_dead(void); /* then schedule(), which does not return */
void task_dead_and_switched(struct task_struct *t);

/* --- kernel/process --- */
extern spinlock_t tasklist_lock;
extern struct list_head all_tasks;	/* group leaders, under tasklist_lock or RCU */
struct task_struct *find_task_by_pid(pid_t pid);	/* referenced, or NULL */
struct task_struct *next_thread(struct task_struct *t);
void __noreturn do_exit(int code);	 /* wait status */
void __noreturn do_group_exit(int code);
pid_t alloc_pid(struct task_struct *t); /* or -EAGAIN */
static inline bool signal_pending(const struct task_struct *t) { return READ_ONCE(t->work_pending); }
