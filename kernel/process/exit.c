/* kernel/process/exit.c - the end of a thread, and of the process with its last thread
 *
 * What:   everything held is given back while the task can still sleep; then, under tasklist_lock, children get a new
 *         parent, the parent is told, and the task is a zombie or (a thread, or nobody wants to know) gone at once.
 * Called: the exit calls, fatal signals, kernel threads that return.
 * Calls:  reap.c for the last part.
 * Locks:  tasklist_lock, inside it siglock.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/tty.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"

DEFINE_TRACE(sched, sched_process_exit);

/* The child outlives its parent: it passes to reaper. tasklist_lock held. */
static void reparent_child(struct task_struct *child, struct task_struct *reaper)
{
	struct task_struct *old = child->real_parent, *p;

	for_each_thread_of(child, p) {
		p->real_parent = reaper;
		if (p->pdeath_signal)
			send_signal(p->pdeath_signal, NULL, p, true);
	}
	list_move_tail(&child->sibling, &reaper->children);
	child->exit_signal = SIGCHLD;
	kill_orphaned_pgrp(child, old);
}

/* The nearest living ancestor that asked for it, else process 1. */
static struct task_struct *find_reaper(struct task_struct *leader)
{
	struct task_struct *p;

	for (p = leader->real_parent; p && p != child_reaper && p->signal; p = p->real_parent)
		if (p->signal->is_child_subreaper && p->signal->live > 0)
			return p;
	return child_reaper;
}

/* All threads of the group are gone: its children find a new parent, and zombies among them are announced to it. The
 * reaper may not want them: those go to dead. tasklist_lock held. */
static void forget_children(struct task_struct *leader, struct list_head *dead)
{
	struct task_struct *reaper = find_reaper(leader), *child, *next;

	list_for_each_entry_safe(child, next, &leader->children, sibling) {
		reparent_child(child, reaper);
		if (child->exit_state == TASK_ZOMBIE && child->signal->nr_threads == 1 &&
		    notify_parent_exit(child, SIGCHLD)) {
			child->exit_state = TASK_DEAD;
			list_move_tail(&child->sibling, dead);
		}
	}
}

static void release_all(struct list_head *dead)
{
	struct task_struct *t, *next;

	list_for_each_entry_safe(t, next, dead, sibling)
		release_task(t);
}

/* t becomes a zombie or dead. True: nobody will wait for it. tasklist_lock held. */
static bool exit_notify(struct task_struct *t, bool group_dead)
{
	bool autoreap;

	if (group_dead)
		kill_orphaned_pgrp(t->group_leader, NULL);
	t->exit_state = TASK_ZOMBIE;
	if (t != t->group_leader)
		autoreap = true;
	else
		autoreap = t->signal->nr_threads == 1 && notify_parent_exit(t, t->exit_signal);
	if (autoreap)
		t->exit_state = TASK_DEAD;
	if (t->signal->group_exit_task && t->signal->nr_threads <= t->signal->thread_count_awaited)
		wake_up_process(t->signal->group_exit_task);
	return autoreap;
}

static void drop_files(struct task_struct *t)
{
	struct files_struct *files = t->files;
	struct fs_struct *fs = t->fs;

	spin_lock(&t->alloc_lock);
	t->files = NULL;
	t->fs = NULL;
	spin_unlock(&t->alloc_lock);
	if (files)
		put_files(files);
	if (fs)
		put_fs(fs);
}

static bool last_thread_leaves(struct task_struct *t)
{
	bool last;

	spin_lock_irq(&t->sighand->siglock);
	last = --t->signal->live == 0;
	if (last && !t->signal->group_exit) {
		t->signal->group_exit = true;
		t->signal->group_exit_code = t->exit_code;
	}
	spin_unlock_irq(&t->sighand->siglock);
	return last;
}

/* What belongs to the process as a whole. */
static void exit_group(struct task_struct *t)
{
	if (t->signal->tgid == 1)
		panic("process 1 ended with status %#x", t->signal->group_exit_code);
	exit_itimers(t->signal);
	if (t->signal->leader)
		tty_disassociate();
	if (t->mm)
		t->signal->maxrss = max(t->signal->maxrss, task_rss_pages(t));
}

static void exit_user_task(struct task_struct *t)
{
	LIST_HEAD(dead);
	bool group_dead, autoreap;

	exit_signals(t);
	group_dead = last_thread_leaves(t);
	if (group_dead)
		exit_group(t);
	mm_release(t);
	drop_files(t);
	spin_lock(&tasklist_lock);
	if (group_dead)
		forget_children(t->group_leader, &dead);
	autoreap = exit_notify(t, group_dead);
	spin_unlock(&tasklist_lock);
	release_all(&dead);
	if (autoreap)
		release_task(t);
}

static void exit_kernel_thread(struct task_struct *t)
{
	spin_lock(&tasklist_lock);
	detach_task(t);
	t->exit_state = TASK_DEAD;
	spin_unlock(&tasklist_lock);
	pid_number_put(t->pid);
}

/* Ends this thread. code is a wait status. */
void __noreturn do_exit(int code)
{
	struct task_struct *t = current;

	if (in_interrupt())
		panic("exit in interrupt context (%s)", t->comm);
	TRACE(sched_process_exit, "comm=%s pid=%d code=%d", TASK_NAME(t), t->pid, code);
	t->exit_code = code;
	if (t->signal) {
		exit_user_task(t);
	} else {
		t->flags |= PF_EXITING;
		exit_kernel_thread(t);
	}
	set_dead();
	schedule();
	panic("dead task ran again");
}

/* Ends all threads of the process; the first to ask sets the status. */
void __noreturn do_group_exit(int code)
{
	struct signal_struct *s = current->signal;

	spin_lock_irq(&current->sighand->siglock);
	if (s->group_exit) {
		code = s->group_exit_code;
	} else if (s->group_exit_task) {
		code = 0; /* another thread is in execve */
	} else {
		s->group_exit = true;
		s->group_exit_code = code;
		zap_other_threads(current);
	}
	spin_unlock_irq(&current->sighand->siglock);
	do_exit(code);
}

long sys_exit(int code)
{
	do_exit((code & 0xff) << 8);
}

long sys_exit_group(int code)
{
	do_group_exit((code & 0xff) << 8);
}
