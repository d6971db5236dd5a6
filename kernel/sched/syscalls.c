/* kernel/sched/syscalls.c - affinity, priorities, yield
 *
 * Called: process context.
 * Absent: sched_setattr, SCHED_DEADLINE, SCHED_RESET_ON_FORK.
 */
#include "kernel/sched/syscalls.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/sched/rq.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/clock.h"
#include <linux/capability.h>
#include <linux/sched.h>

void set_user_nice(struct task_struct *t, int nice)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);

	if (rq->curr == t)
		update_curr(rq, ktime_get_ns());
	t->nice = (s8)clamp(nice, -20, 19);
	t->se.weight = nice_to_weight(t->nice);
	spin_unlock_irqrestore(&rq->lock, flags);
}

u64 task_sum_exec_ns(struct task_struct *t)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	u64 ns;

	if (rq->curr == t)
		update_curr(rq, ktime_get_ns());
	ns = t->se.sum_exec_ns;
	spin_unlock_irqrestore(&rq->lock, flags);
	return ns;
}

static u64 online_cpus(void) { return nr_cpus >= 64 ? ~0ULL : BIT(nr_cpus) - 1; }

/* A task that waits in a tree moves at once, one that runs moves as soon as its CPU looks, a sleeper when it wakes. */
int sched_setaffinity(struct task_struct *t, u64 mask)
{
	unsigned long flags;
	struct rq *rq;

	mask &= online_cpus();
	if (!mask)
		return -EINVAL;
	rq = task_rq_lock(t, &flags);
	t->cpus_allowed = mask;
	if (mask >> t->cpu & 1 || !t->on_rq) {
		spin_unlock_irqrestore(&rq->lock, flags);
		return 0;
	}
	if (t->on_cpu) {
		resched_cpu(t->cpu); /* schedule() there sends it on */
		spin_unlock_irqrestore(&rq->lock, flags);
		if (t == current)
			schedule();
		return 0;
	}
	dequeue_task(rq, t);
	take_off(rq, t);
	rehome(rq, t);
	local_irq_restore(flags);
	return 0;
}

/* Referenced, or NULL; 0 is the caller. */
static struct task_struct *task_of_pid(pid_t pid)
{
	if (pid)
		return find_task_by_pid(pid);
	get_task_struct(current);
	return current;
}

static bool may_change(struct task_struct *t)
{
	uid_t e = current_cred()->euid;
	const struct cred *its;
	bool same;

	rcu_read_lock();
	its = rcu_dereference(t->cred);
	same = e == its->euid || e == its->uid;
	rcu_read_unlock();
	return same || capable(CAP_SYS_NICE);
}

long sys_sched_yield(void)
{
	sched_yield_current();
	return 0;
}

long sys_sched_setaffinity(pid_t pid, unsigned int len, const unsigned long __user *umask)
{
	struct task_struct *t;
	u64 mask = 0;
	int r;

	if (copy_from_user(&mask, umask, min(len, (unsigned int)sizeof(mask))))
		return -EFAULT;
	t = task_of_pid(pid);
	if (!t)
		return -ESRCH;
	r = may_change(t) ? sched_setaffinity(t, mask) : -EPERM;
	put_task_struct(t);
	return r;
}

/* Returns the bytes written, as the raw system call does. */
long sys_sched_getaffinity(pid_t pid, unsigned int len, unsigned long __user *umask)
{
	struct task_struct *t;
	u64 mask;

	if (len < sizeof(mask) || len % sizeof(mask))
		return -EINVAL;
	t = task_of_pid(pid);
	if (!t)
		return -ESRCH;
	mask = t->cpus_allowed & online_cpus();
	put_task_struct(t);
	return copy_to_user(umask, &mask, sizeof(mask)) ? -EFAULT : (long)sizeof(mask);
}

static bool policy_known(int policy) { return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE; }

long sys_sched_getscheduler(pid_t pid)
{
	struct task_struct *t = pid < 0 ? NULL : task_of_pid(pid);
	long policy;

	if (!t)
		return pid < 0 ? -EINVAL : -ESRCH;
	policy = t->policy;
	put_task_struct(t);
	return policy;
}

static bool is_realtime(int policy) { return policy == SCHED_FIFO || policy == SCHED_RR; }

/* Where it waits depends on class and priority: out of the tree, changed, and in again. */
static void set_class(struct task_struct *t, int policy, int priority)
{
	unsigned long flags;
	struct rq *rq = task_rq_lock(t, &flags);
	bool waits = t->on_rq && rq->curr != t;

	update_curr(rq, ktime_get_ns());
	if (waits)
		dequeue_task(rq, t);
	t->policy = (u8)policy;
	t->se.rt_priority = (u8)priority;
	t->se.rt_slice_ns = 0;
	place_waking(rq, t);
	if (waits)
		enqueue_task(rq, t);
	resched_cpu(t->cpu); /* somebody else may be first now */
	spin_unlock_irqrestore(&rq->lock, flags);
}

/* Real-time needs a capability, or RLIMIT_RTPRIO. */
static int may_set_class(struct task_struct *t, int policy, int priority)
{
	if (!may_change(t))
		return -EPERM;
	if (is_realtime(policy) && !capable(CAP_SYS_NICE) && (unsigned long)priority > rlimit(RLIMIT_RTPRIO))
		return -EPERM;
	return 0;
}

long sys_sched_setscheduler(pid_t pid, int policy, const int __user *param)
{
	struct task_struct *t;
	int priority, r;

	if (pid < 0 || !param)
		return -EINVAL;
	if (get_user(priority, param))
		return -EFAULT;
	if (is_realtime(policy) ? priority < 1 || priority > 99 : !policy_known(policy) || priority)
		return -EINVAL;
	t = task_of_pid(pid);
	if (!t)
		return -ESRCH;
	r = may_set_class(t, policy, priority);
	if (!r)
		set_class(t, policy, priority);
	put_task_struct(t);
	return r;
}

long sys_sched_getparam(pid_t pid, int __user *param)
{
	struct task_struct *t = pid < 0 || !param ? NULL : task_of_pid(pid);
	int priority;

	if (!t)
		return pid < 0 || !param ? -EINVAL : -ESRCH;
	priority = t->se.rt_priority;
	put_task_struct(t);
	return put_user(priority, param);
}

long sys_sched_setparam(pid_t pid, const int __user *param)
{
	long policy = sys_sched_getscheduler(pid);

	return policy < 0 ? policy : sys_sched_setscheduler(pid, (int)policy, param);
}

long sys_sched_get_priority_max(int policy)
{
	return is_realtime(policy) ? 99 : policy_known(policy) ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	return is_realtime(policy) ? 1 : policy_known(policy) ? 0 : -EINVAL;
}

static const struct syscall_def calls[] = {
	SYSCALL(sched_yield), SYSCALL(sched_setaffinity), SYSCALL(sched_getaffinity), SYSCALL(sched_getscheduler),
	SYSCALL(sched_setscheduler), SYSCALL(sched_getparam), SYSCALL(sched_setparam), SYSCALL(sched_get_priority_max),
	SYSCALL(sched_get_priority_min),
};

void sched_syscalls(void)
{
	syscall_register(calls, ARRAY_SIZE(calls));
	time_syscalls();
}
