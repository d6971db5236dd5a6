/* kernel/sched/kthread.c - threads that live in the kernel alone
 *
 * Called: process context, may sleep for memory.
 */
#include "kernel/mm/slab.h"
#include "kernel/sched/task.h"
#include "lib/printf.h"
#include "lib/string.h"

static struct task_struct *create(int (*fn)(void *), void *arg, u64 cpus)
{
	struct task_struct *t = alloc_task();
	pid_t pid;

	if (!t)
		return ERR_PTR(-ENOMEM);
	pid = alloc_pid(t);
	if (pid < 0) {
		free_task(t);
		return ERR_PTR(pid);
	}
	t->flags = PF_KTHREAD;
	t->pid = t->tgid = pid;
	t->cred = current->cred;
	t->net = current->net;
	t->real_parent = current;
	t->exit_signal = -1;
	t->cpus_allowed = cpus;
	arch_thread_kernel(t, fn, arg);
	return t;
}

struct task_struct *kthread_create(int (*fn)(void *), void *arg, const char *namefmt, ...)
{
	struct task_struct *t = create(fn, arg, ~0ULL);
	va_list ap;

	if (IS_ERR(t))
		return t;
	va_start(ap, namefmt);
	vsnprintf(t->comm, sizeof(t->comm), namefmt, ap);
	va_end(ap);
	return t;
}

struct task_struct *kthread_create_on_cpu(int (*fn)(void *), void *arg, u32 cpu, const char *name)
{
	struct task_struct *t = create(fn, arg, BIT(cpu));

	if (!IS_ERR(t))
		snprintf(t->comm, sizeof(t->comm), "%s/%u", name, cpu);
	return t;
}

struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name)
{
	struct task_struct *t = kthread_create(fn, arg, "%s", name);

	if (!IS_ERR(t))
		wake_up_new_task(t);
	return t;
}
