/* kernel/process/rlimit.c - resource limits
 *
 * Called: programs, through their system calls (process context).
 * Locks:  rlim is read without a lock (each half is one word) and written under the target's siglock.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

#define NR_OPEN_MAX 1048576

unsigned long rlimit(unsigned int which)
{
	return current->signal ? READ_ONCE(current->signal->rlim[which].rlim_cur) : RLIM_INFINITY;
}

/* Swaps in *new (may be NULL) and gives the old values. 0 or -errno. */
static int do_prlimit(struct task_struct *t, unsigned int which, const struct rlimit *new, struct rlimit *old)
{
	struct sighand_struct *h;
	unsigned long flags;
	int r = 0;

	if (which >= RLIM_NLIMITS || (new && new->rlim_cur > new->rlim_max))
		return -EINVAL;
	if (new && which == RLIMIT_NOFILE && new->rlim_max > NR_OPEN_MAX)
		return -EPERM;
	h = lock_task_sighand(t, &flags);
	if (!h)
		return -ESRCH;
	*old = t->signal->rlim[which];
	if (new && new->rlim_max > old->rlim_max && !capable(CAP_SYS_RESOURCE))
		r = -EPERM;
	else if (new)
		t->signal->rlim[which] = *new;
	spin_unlock_irqrestore(&h->siglock, flags);
	return r;
}

long sys_getrlimit(unsigned int which, struct rlimit __user *r)
{
	struct rlimit old;
	int err = do_prlimit(current, which, NULL, &old);

	if (err)
		return err;
	return copy_to_user(r, &old, sizeof(old)) ? -EFAULT : 0;
}

long sys_setrlimit(unsigned int which, const struct rlimit __user *r)
{
	struct rlimit new, old;

	if (copy_from_user(&new, r, sizeof(new)))
		return -EFAULT;
	return do_prlimit(current, which, &new, &old);
}

static bool may_prlimit(struct task_struct *t)
{
	const struct cred *mine = current->cred, *its;
	bool ok;

	rcu_read_lock();
	its = task_cred(t);
	ok = t->tgid == current->tgid || capable(CAP_SYS_RESOURCE) ||
	     (mine->uid == its->uid && mine->uid == its->euid && mine->uid == its->suid && mine->gid == its->gid &&
	      mine->gid == its->egid && mine->gid == its->sgid);
	rcu_read_unlock();
	return ok;
}

long sys_prlimit64(pid_t pid, unsigned int which, const struct rlimit64 __user *unew, struct rlimit64 __user *uold)
{
	struct rlimit new, old; /* struct rlimit64 has the same layout on 64 bits, and RLIM64_INFINITY the same value */
	struct task_struct *t;
	int r;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	t = find_task_or_current(pid);
	if (!t)
		return -ESRCH;
	r = may_prlimit(t) ? do_prlimit(t, which, unew ? &new : NULL, &old) : -EPERM;
	put_task_struct(t);
	if (!r && uold && copy_to_user(uold, &old, sizeof(old)))
		r = -EFAULT;
	return r;
}
