/* kernel/process/process.c - the room starts: the first credentials, process 1, the list of calls
 *
 * Called: kernel/main.c.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

/* Threads by memory, as Linux reckons: an eighth of it may go to kernel stacks. */
static unsigned long max_threads(void)
{
	struct mem_stats m;

	mem_stats(&m);
	return clamp(m.total / (8 * KSTACK_SIZE / PAGE_SIZE), 64UL, 4000000UL);
}

static void default_limits(struct rlimit *r)
{
	unsigned long threads = max_threads();

	for (int i = 0; i < RLIM_NLIMITS; i++)
		r[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
	r[RLIMIT_STACK].rlim_cur = 8UL << 20;
	r[RLIMIT_CORE].rlim_cur = 0;
	r[RLIMIT_NOFILE] = (struct rlimit){ 1024, 4096 };
	r[RLIMIT_NPROC] = (struct rlimit){ threads / 2, threads / 2 };
	r[RLIMIT_SIGPENDING] = r[RLIMIT_NPROC];
	r[RLIMIT_MEMLOCK] = (struct rlimit){ 8UL << 20, 8UL << 20 };
	r[RLIMIT_MSGQUEUE] = (struct rlimit){ 819200, 819200 };
	r[RLIMIT_NICE] = r[RLIMIT_RTPRIO] = (struct rlimit){ 0, 0 };
}

void process_init(void)
{
	task_identity_init(current);
	current->cred = &init_cred;
}

static int give_parts(struct task_struct *t)
{
	struct files_struct *files;
	struct fs_struct *fs;

	t->signal = alloc_signal();
	t->sighand = alloc_sighand();
	if (!t->signal || !t->sighand)
		return -ENOMEM;
	files = dup_files(NULL);
	if (IS_ERR(files))
		return PTR_ERR(files);
	t->files = files;
	fs = dup_fs(NULL);
	if (IS_ERR(fs))
		return PTR_ERR(fs);
	t->fs = fs;
	default_limits(t->signal->rlim);
	return 0;
}

/* A process from nothing, child of nobody. It starts as a kernel thread and becomes a program by kernel_execve(). The
 * first one is process 1. Its pid, or -errno. */
pid_t user_mode_thread(int (*fn)(void *), void *arg)
{
	struct task_struct *t = alloc_task();
	struct signal_struct *s;
	pid_t pid;
	int r;

	if (!t)
		return -ENOMEM;
	task_identity_init(t);
	r = give_parts(t);
	if (r)
		return r; /* at start only: main.c goes no further */
	pid = alloc_pid_number(child_reaper ? 0 : 1);
	if (pid < 0)
		return pid;
	s = t->signal;
	t->pid = t->tgid = s->tgid = pid;
	s->live = s->nr_threads = 1;
	s->unkillable = pid == 1;
	t->cred = get_cred(&init_cred);
	atomic_inc(&root_user.processes);
	t->group_leader = t;
	t->real_parent = current;
	t->exit_signal = SIGCHLD;
	t->net = current->net;
	strscpy(t->comm, "init", sizeof(t->comm));
	get_task_struct(t);
	arch_thread_kernel(t, fn, arg);
	spin_lock(&tasklist_lock);
	attach_task(t);
	list_add_tail(&t->sibling, &current->children);
	list_add_tail_rcu(&t->tasks, &all_tasks);
	if (!child_reaper)
		child_reaper = t;
	spin_unlock(&tasklist_lock);
	wake_up_new_task(t);
	return pid;
}

void process_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(fork), SYSCALL(vfork), SYSCALL(clone), SYSCALL(clone3), SYSCALL(unshare),
		SYSCALL(set_tid_address), SYSCALL(execve), SYSCALL(execveat), SYSCALL(exit), SYSCALL(exit_group),
		SYSCALL(wait4), SYSCALL(waitid),
		SYSCALL(getuid), SYSCALL(geteuid), SYSCALL(getgid), SYSCALL(getegid), SYSCALL(setuid), SYSCALL(setgid),
		SYSCALL(setreuid), SYSCALL(setregid), SYSCALL(setresuid), SYSCALL(setresgid), SYSCALL(getresuid),
		SYSCALL(getresgid), SYSCALL(setfsuid), SYSCALL(setfsgid), SYSCALL(getgroups), SYSCALL(setgroups),
		SYSCALL(capget), SYSCALL(capset),
		SYSCALL(getpid), SYSCALL(gettid), SYSCALL(getppid), SYSCALL(setsid), SYSCALL(getsid), SYSCALL(setpgid),
		SYSCALL(getpgid), SYSCALL(getpgrp),
		SYSCALL(prctl), SYSCALL(arch_prctl), SYSCALL(personality), SYSCALL(getrlimit), SYSCALL(setrlimit),
		SYSCALL(prlimit64), SYSCALL(getpriority), SYSCALL(setpriority), SYSCALL(ioprio_get),
		SYSCALL(ioprio_set), SYSCALL(getrusage), SYSCALL(times),
		SYSCALL(kill), SYSCALL(tkill), SYSCALL(tgkill), SYSCALL(rt_sigqueueinfo), SYSCALL(rt_tgsigqueueinfo),
		SYSCALL(rt_sigaction), SYSCALL(rt_sigprocmask), SYSCALL(rt_sigpending), SYSCALL(rt_sigsuspend),
		SYSCALL(rt_sigtimedwait), SYSCALL(rt_sigreturn), SYSCALL(sigaltstack), SYSCALL(pause),
		SYSCALL(restart_syscall),
		SYSCALL(getitimer), SYSCALL(setitimer), SYSCALL(alarm), SYSCALL(timer_create), SYSCALL(timer_settime),
		SYSCALL(timer_gettime), SYSCALL(timer_getoverrun), SYSCALL(timer_delete),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
