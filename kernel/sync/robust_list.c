/* kernel/sync/robust_list.c - locks whose owner died, and the word that says a thread is gone
 *
 * What:   a thread registers a list of the futexes that it holds; at its exit each gets FUTEX_OWNER_DIED and one
 *         waiter is woken. clear_child_tid is zeroed and woken the same way (pthread_join sleeps on it).
 * Called: do_exit() through futex_exit(), with the address space still there; and the two system calls.
 * Locks:  none: the list is the program's own memory, so it is walked with suspicion and a limit.
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/sync/futex.h"

long sys_set_robust_list(struct robust_list_head __user *head, size_t len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	current->robust_list_len = len;
	return 0;
}

long sys_get_robust_list(int pid, void __user *__user *head, size_t __user *len)
{
	struct task_struct *t = pid ? find_task_by_pid(pid) : current;
	void __user *list;

	if (!t)
		return -ESRCH;
	list = t->robust_list;
	if (t != current) {
		bool allowed = t->mm == current->mm || capable(19 /* CAP_SYS_PTRACE */);

		put_task_struct(t);
		if (!allowed)
			return -EPERM;
	}
	return put_user(sizeof(struct robust_list_head), len) || put_user(list, head) ? -EFAULT : 0;
}

/* pending: the thread died between registering and taking it, so a free lock may need its wake-up passed on. */
static int mark_dead(u32 __user *uaddr, bool pending, pid_t pid)
{
	u32 val, was;

	if ((unsigned long)uaddr & 3 || get_user(val, uaddr))
		return -EFAULT;
	for (;;) {
		if ((val & FUTEX_TID_MASK) != (u32)pid) {
			if (pending && !val)
				futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if (futex_cmpxchg_user(uaddr, val, (val & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &was))
			return -EFAULT;
		if (was == val)
			break;
		val = was;
	}
	if (val & FUTEX_WAITERS)
		futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

/* The lowest bit of a pointer marks a priority-inheriting lock: handled like the others. */
static unsigned long untag(const struct robust_list *p) { return (unsigned long)p & ~1UL; }

static void walk_robust_list(struct robust_list_head __user *head, pid_t pid)
{
	struct robust_list_head h;
	unsigned long entry, pending;

	if (copy_from_user(&h, head, sizeof(h)))
		return;
	pending = untag(h.list_op_pending);
	entry = untag(h.list.next);
	for (int limit = ROBUST_LIST_LIMIT; limit && entry != (unsigned long)&head->list; limit--) {
		struct robust_list next;
		bool readable = !copy_from_user(&next, (struct robust_list __user *)entry, sizeof(next));

		if (entry != pending && mark_dead((u32 __user *)(entry + (unsigned long)h.futex_offset), false, pid))
			return;
		if (!readable)
			return;
		entry = untag(next.next);
		cond_resched();
	}
	if (pending)
		mark_dead((u32 __user *)(pending + (unsigned long)h.futex_offset), true, pid);
}

void futex_exit(struct task_struct *t)
{
	u32 __user *tid = t->clear_child_tid;

	if (!t->mm)
		return;
	if (t->robust_list)
		walk_robust_list(t->robust_list, t->pid);
	t->robust_list = NULL;
	t->clear_child_tid = NULL;
	if (!tid || atomic_read(&t->mm->mm_users) <= 1)
		return; /* nobody is left to look */
	if (!put_user(0u, tid))
		futex_wake(tid, true, 1, FUTEX_BITSET_MATCH_ANY);
}
