/* kernel/process/clone.c - fork and its kin as system calls: which combinations of flags make sense
 *
 * Called: programs, through their system calls (process context).
 * Absent: namespaces (CLONE_NEW*), pidfds, set_tid, cgroups: EINVAL.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

#define CLONE_KNOWN                                                                                                    \
	((u64)(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | CLONE_PARENT | CLONE_THREAD |         \
	       CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED |            \
	       CLONE_UNTRACED | CLONE_CHILD_SETTID) | CLONE_CLEAR_SIGHAND)

static long check_flags(u64 f)
{
	if (f & ~CLONE_KNOWN)
		return -EINVAL;
	if ((f & CLONE_THREAD && !(f & CLONE_SIGHAND)) || (f & CLONE_SIGHAND && !(f & CLONE_VM)) ||
	    (f & CLONE_SIGHAND && f & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (f & CLONE_PARENT && current->signal->unkillable)
		return -EINVAL; /* a sibling of process 1 would have no parent */
	return 0;
}

static long checked_clone(const struct clone_args_k *a)
{
	long r = check_flags(a->flags);

	return r ? r : kernel_clone(a);
}

long sys_fork(void)
{
	return kernel_clone(&(struct clone_args_k){ .exit_signal = SIGCHLD });
}

long sys_vfork(void)
{
	return kernel_clone(&(struct clone_args_k){ .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD });
}

long sys_clone(unsigned long flags, unsigned long newsp, int __user *parent_tid, int __user *child_tid,
	       unsigned long tls)
{
	struct clone_args_k a = {
		.flags = (u32)flags & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = newsp,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
		.tls = tls,
	};

	if (a.exit_signal > _NSIG)
		return -EINVAL;
	return checked_clone(&a);
}

/* The structure may be longer than ours (then the rest must be zero) or an older, shorter one. */
static long copy_clone_args(struct clone_args *args, const void __user *uargs, size_t size)
{
	u8 rest;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	memset(args, 0, sizeof(*args));
	if (copy_from_user(args, uargs, min(size, sizeof(*args))))
		return -EFAULT;
	for (size_t i = sizeof(*args); i < size; i++) {
		if (get_user(rest, (u8 __user *)uargs + i))
			return -EFAULT;
		if (rest)
			return -E2BIG;
	}
	return 0;
}

long sys_clone3(struct clone_args __user *uargs, size_t size)
{
	struct clone_args args;
	struct clone_args_k a;
	long r = copy_clone_args(&args, uargs, size);

	if (r)
		return r;
	if (args.flags & (CSIGNAL | CLONE_DETACHED) || args.exit_signal > _NSIG || args.set_tid || args.set_tid_size ||
	    args.cgroup || !args.stack != !args.stack_size || args.stack > TASK_SIZE || args.stack_size > TASK_SIZE)
		return -EINVAL;
	if (args.flags & (CLONE_THREAD | CLONE_PARENT) && args.exit_signal)
		return -EINVAL;
	a = (struct clone_args_k){
		.flags = args.flags,
		.exit_signal = args.exit_signal,
		.stack = args.stack + args.stack_size,
		.parent_tid = (pid_t __user *)args.parent_tid,
		.child_tid = (pid_t __user *)args.child_tid,
		.tls = args.tls,
	};
	return checked_clone(&a);
}

static long unshare_fs(void)
{
	struct fs_struct *new = dup_fs(current->fs), *old = current->fs;

	if (IS_ERR(new))
		return PTR_ERR(new);
	spin_lock(&current->alloc_lock);
	current->fs = new;
	spin_unlock(&current->alloc_lock);
	put_fs(old);
	return 0;
}

/* Gives the caller files and directories of its own again. Memory and handlers cannot be torn from a thread. */
long sys_unshare(unsigned long flags)
{
	long r = 0;

	if (flags & ~(unsigned long)(CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM))
		return -EINVAL;
	if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM) && current->signal->nr_threads > 1)
		return -EINVAL;
	if (flags & CLONE_FILES)
		r = unshare_files();
	if (!r && flags & CLONE_FS)
		r = unshare_fs();
	return r;
}

long sys_set_tid_address(int __user *tidptr)
{
	current->clear_child_tid = (u32 __user *)tidptr;
	return current->pid;
}
