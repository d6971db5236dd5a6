/* kernel/process/fork.c - a new task from the running one
 *
 * What:   each thing that a task holds is either shared (one more reference) or copied, as the CLONE_* flags say; then
 *         the child becomes visible in one step under tasklist_lock.
 * Called: clone.c, user_mode_thread().
 * Calls:  mm, fs and arch for their parts; signal and credential objects live here.
 * Locks:  tasklist_lock, inside it siglock, for the linking.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/poll.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/trace.h"
#include "lib/string.h"

DEFINE_TRACE(sched, sched_process_fork);

struct signal_struct *alloc_signal(void)
{
	struct signal_struct *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	refcount_set(&s->sigcnt, 1);
	init_sigpending(&s->shared_pending);
	init_waitqueue_head(&s->wait_chldexit);
	INIT_LIST_HEAD(&s->posix_timers);
	s->dumpable = true;
	itimer_init(s);
	return s;
}

struct sighand_struct *alloc_sighand(void)
{
	struct sighand_struct *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return NULL;
	refcount_set(&h->count, 1);
	spin_lock_init(&h->siglock);
	init_waitqueue_head(&h->signalfd_wqh);
	return h;
}

/* Both are read by others under RCU: lock_task_sighand(), for_each_in_pgrp(). */
void put_signal(struct signal_struct *s)
{
	if (s && refcount_dec_and_test(&s->sigcnt))
		kfree_rcu(s, rcu);
}

void put_sighand(struct sighand_struct *h)
{
	if (!h || !refcount_dec_and_test(&h->count))
		return;
	if (waitqueue_active(&h->signalfd_wqh)) /* an epoll that another process inherited watches our signals */
		__wake_up(&h->signalfd_wqh, TASK_NORMAL, 0, poll_to_key(POLLFREE));
	kfree_rcu(h, rcu);
}

/* --- the parts, each 0 or -errno; what was taken is given back by drop_parts() --- */
static int copy_mm(u64 flags, struct task_struct *t)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return 0;
	if (flags & CLONE_VM) {
		mmget(mm);
		t->mm = mm;
		return 0;
	}
	mm = dup_mm(mm);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	t->mm = mm;
	return 0;
}

static int copy_files(u64 flags, struct task_struct *t)
{
	struct files_struct *f = current->files;

	if (!f)
		return 0;
	if (flags & CLONE_FILES) {
		get_files(f);
	} else {
		f = dup_files(f);
		if (IS_ERR(f))
			return PTR_ERR(f);
	}
	t->files = f;
	return 0;
}

static int copy_fs(u64 flags, struct task_struct *t)
{
	struct fs_struct *fs = current->fs;

	if (!fs)
		return 0;
	if (flags & CLONE_FS) {
		get_fs(fs);
	} else {
		fs = dup_fs(fs);
		if (IS_ERR(fs))
			return PTR_ERR(fs);
	}
	t->fs = fs;
	return 0;
}

static int copy_sighand(u64 flags, struct task_struct *t)
{
	struct sighand_struct *h;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&current->sighand->count);
		t->sighand = current->sighand;
		return 0;
	}
	h = alloc_sighand();
	if (!h)
		return -ENOMEM;
	spin_lock_irq(&current->sighand->siglock);
	memcpy(h->action, current->sighand->action, sizeof(h->action));
	spin_unlock_irq(&current->sighand->siglock);
	if (flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(h);
	t->sighand = h;
	return 0;
}

static int copy_signal(u64 flags, struct task_struct *t)
{
	struct signal_struct *s, *mine = current->signal;

	if (flags & CLONE_THREAD) {
		refcount_inc(&mine->sigcnt);
		t->signal = mine;
		return 0;
	}
	s = alloc_signal();
	if (!s)
		return -ENOMEM;
	s->live = s->nr_threads = 1;
	s->dumpable = mine->dumpable;
	spin_lock_irq(&current->sighand->siglock);
	memcpy(s->rlim, mine->rlim, sizeof(s->rlim));
	spin_unlock_irq(&current->sighand->siglock);
	t->signal = s;
	return 0;
}

/* The user's processes are counted before the limit is looked at, so that two forks at once cannot both slip by. */
static int copy_creds(struct task_struct *t)
{
	struct user_struct *u = current->cred->user;
	bool exempt = capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN);

	t->cred = get_cred(current->cred);
	if ((unsigned long)atomic_add_return(1, &u->processes) > rlimit(RLIMIT_NPROC) && u != &root_user && !exempt)
		return -EAGAIN;
	return 0;
}

/* Undoes all of the copy_*() for a task that never ran. */
static void drop_parts(struct task_struct *t)
{
	if (t->files)
		put_files(t->files);
	if (t->fs)
		put_fs(t->fs);
	if (t->mm)
		mmput(t->mm);
	put_sighand(t->sighand);
	put_signal(t->signal);
	if (t->cred) {
		atomic_dec(&t->cred->user->processes);
		put_cred(t->cred);
	}
	if (t->pid)
		pid_number_put(t->pid);
	t->files = NULL;
	t->fs = NULL;
	t->mm = NULL;
	free_task(t);
}

static int copy_parts(const struct clone_args_k *a, struct task_struct *t)
{
	int r = copy_creds(t);

	if (!r)
		r = copy_files(a->flags, t);
	if (!r)
		r = copy_fs(a->flags, t);
	if (!r)
		r = copy_sighand(a->flags, t);
	if (!r)
		r = copy_signal(a->flags, t);
	if (!r)
		r = copy_mm(a->flags, t);
	if (!r)
		r = arch_thread_fork(t, current_pt_regs(), a->stack, a->flags & CLONE_SETTLS, a->tls);
	return r;
}

static void inherit(const struct clone_args_k *a, struct task_struct *t)
{
	task_identity_init(t);
	get_task_comm(t->comm, current);
	t->flags = PF_FORKNOEXEC;
	t->nice = current->nice;
	t->ioprio = READ_ONCE(current->ioprio);
	t->policy = current->policy;
	t->se.rt_priority = current->se.rt_priority;
	t->se.weight = current->se.weight;
	t->cpus_allowed = current->cpus_allowed;
	t->net = current->net;
	t->blocked = current->blocked;
	t->personality = current->personality;
	t->no_new_privs = current->no_new_privs;
	t->exit_signal = a->flags & CLONE_THREAD ? -1 : a->exit_signal;
	if (!(a->flags & CLONE_VM) || a->flags & CLONE_VFORK) {
		t->sas_ss_sp = current->sas_ss_sp;
		t->sas_ss_size = current->sas_ss_size;
		t->sas_ss_flags = current->sas_ss_flags;
	}
	if (a->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = (u32 __user *)a->child_tid;
	if (a->flags & CLONE_CHILD_SETTID)
		t->set_child_tid = (u32 __user *)a->child_tid;
}

static void link_thread(struct task_struct *t)
{
	struct task_struct *leader = current->group_leader;

	t->group_leader = leader;
	t->tgid = leader->tgid;
	t->real_parent = leader->real_parent;
	t->signal->live++;
	t->signal->nr_threads++;
	list_add_tail_rcu(&t->thread_group, &leader->thread_group);
}

/* A process of its own: child of current's process, or with CLONE_PARENT its sibling. */
static void link_process(u64 flags, struct task_struct *t)
{
	struct signal_struct *s = t->signal, *mine = current->signal;

	t->group_leader = t;
	t->tgid = s->tgid = t->pid;
	t->real_parent = flags & CLONE_PARENT ? current->group_leader->real_parent : current->group_leader;
	if (flags & CLONE_PARENT)
		t->exit_signal = current->group_leader->exit_signal;
	s->pgrp = mine->pgrp;
	s->session = mine->session;
	s->tty = mine->tty;
	pid_number_get(s->pgrp);
	pid_number_get(s->session);
	list_add_tail(&t->sibling, &t->real_parent->children);
	list_add_tail_rcu(&t->tasks, &all_tasks);
}

/* The child becomes visible, unless a signal came: then fork is made again after it, so that a kill of the whole group
 * cannot miss the child. */
static int publish(const struct clone_args_k *a, struct task_struct *t)
{
	spin_lock(&tasklist_lock);
	spin_lock_irq(&current->sighand->siglock);
	recalc_sigpending();
	if (signal_pending(current)) {
		spin_unlock_irq(&current->sighand->siglock);
		spin_unlock(&tasklist_lock);
		return -ERESTARTNOINTR;
	}
	if (a->flags & CLONE_THREAD)
		link_thread(t);
	else
		link_process(a->flags, t);
	attach_task(t);
	spin_unlock_irq(&current->sighand->siglock);
	spin_unlock(&tasklist_lock);
	return 0;
}

static struct task_struct *copy_process(const struct clone_args_k *a)
{
	struct task_struct *t = alloc_task();
	pid_t pid;
	int r;

	if (!t)
		return ERR_PTR(-ENOMEM);
	inherit(a, t);
	r = copy_parts(a, t);
	if (!r) {
		pid = alloc_pid_number(0);
		if (pid < 0)
			r = -EAGAIN;
		else
			t->pid = pid;
	}
	if (!r && a->flags & CLONE_PARENT_SETTID && put_user(t->pid, a->parent_tid))
		r = -EFAULT;
	get_task_struct(t); /* for whoever reaps it; the scheduler has its own */
	if (!r)
		r = publish(a, t);
	if (!r)
		return t;
	drop_parts(t);
	return ERR_PTR(r);
}

/* Sleeps until the child execs or exits; only SIGKILL cuts it short. vfork is on our stack: alloc_lock makes sure that
 * the child has let go of it. */
static void wait_for_vfork(struct task_struct *child, struct completion *vfork)
{
	struct wait_queue_entry we;

	init_wait(&we);
	for (;;) {
		prepare_to_wait(&vfork->wait, &we, TASK_KILLABLE);
		if (READ_ONCE(vfork->done) || fatal_signal_pending_current())
			break;
		schedule();
	}
	finish_wait(&vfork->wait, &we);
	spin_lock(&child->alloc_lock);
	child->vfork_done = NULL;
	spin_unlock(&child->alloc_lock);
}

/* The pid of the child, or -errno. args were checked by clone.c. */
pid_t kernel_clone(const struct clone_args_k *args)
{
	struct completion vfork;
	struct task_struct *t = copy_process(args);
	pid_t pid;

	if (IS_ERR(t))
		return PTR_ERR(t);
	pid = t->pid;
	TRACE(sched_process_fork, "comm=%s pid=%d child_pid=%d", TASK_NAME(current), current->pid, pid);
	if (args->flags & CLONE_VFORK) {
		init_completion(&vfork);
		t->vfork_done = &vfork;
		get_task_struct(t);
	}
	if (t->set_child_tid && t->mm) /* the child's memory, before it runs */
		access_remote_vm(t->mm, (unsigned long)t->set_child_tid, &pid, sizeof(pid), true);
	wake_up_new_task(t);
	if (args->flags & CLONE_VFORK) {
		wait_for_vfork(t, &vfork);
		put_task_struct(t);
	}
	return pid;
}

/* execve and exit: a parent that waits in vfork goes on; who joins this thread is told; the memory goes. */
void mm_release(struct task_struct *t)
{
	struct mm_struct *mm = t->mm;

	futex_exit(t);
	spin_lock(&t->alloc_lock);
	t->mm = NULL;
	if (t->vfork_done)
		complete(t->vfork_done);
	t->vfork_done = NULL;
	spin_unlock(&t->alloc_lock);
	if (!mm)
		return;
	arch_switch_mm(NULL);
	mmput(mm);
}

/* --- what another task holds, and its name --- */
char *get_task_comm(char name[TASK_COMM_LEN], const struct task_struct *t)
{
	u32 seq;

	do {
		seq = READ_ONCE(t->comm_seq) & ~1u;
		smp_rmb();
		memcpy(name, t->comm, TASK_COMM_LEN);
		smp_rmb();
	} while (seq != READ_ONCE(t->comm_seq));
	return name;
}

void set_task_comm(struct task_struct *t, const char *name)
{
	char comm[TASK_COMM_LEN] = "";
	unsigned long flags;

	strscpy(comm, name, sizeof(comm));
	spin_lock_irqsave(&t->alloc_lock, flags); /* an interrupt would wait here for what it interrupted */
	WRITE_ONCE(t->comm_seq, t->comm_seq + 1);
	smp_wmb();
	memcpy(t->comm, comm, sizeof(comm));
	smp_wmb();
	WRITE_ONCE(t->comm_seq, t->comm_seq + 1);
	spin_unlock_irqrestore(&t->alloc_lock, flags);
}

struct mm_struct *get_task_mm(struct task_struct *t)
{
	struct mm_struct *mm;

	spin_lock(&t->alloc_lock);
	mm = t->mm;
	if (mm)
		mmget(mm);
	spin_unlock(&t->alloc_lock);
	return mm;
}

struct files_struct *get_task_files(struct task_struct *t)
{
	struct files_struct *f;

	spin_lock(&t->alloc_lock);
	f = t->files;
	if (f)
		get_files(f);
	spin_unlock(&t->alloc_lock);
	return f;
}

struct fs_struct *get_task_fs(struct task_struct *t)
{
	struct fs_struct *fs;

	spin_lock(&t->alloc_lock);
	fs = t->fs;
	if (fs)
		get_fs(fs);
	spin_unlock(&t->alloc_lock);
	return fs;
}
