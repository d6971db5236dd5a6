/* kernel/process/prctl.c - prctl, arch_prctl and personality: switches on the calling task
 *
 * Called: programs, through their system calls (process context).
 * Each option that is accepted has its effect; all others answer EINVAL.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"
#include <linux/personality.h>
#include <linux/prctl.h>

static long set_name(const char __user *name)
{
	char comm[TASK_COMM_LEN] = "";
	ssize_t n = strncpy_from_user(comm, name, sizeof(comm) - 1);

	if (n < 0)
		return n;
	comm[min(n, (ssize_t)sizeof(comm) - 1)] = 0;
	set_task_comm(current, comm);
	return 0;
}

static long get_name(char __user *name)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, current);
	return copy_to_user(name, comm, sizeof(comm)) ? -EFAULT : 0;
}

static long set_pdeathsig(unsigned long sig)
{
	if (sig > _NSIG)
		return -EINVAL;
	current->pdeath_signal = sig;
	return 0;
}

static long set_dumpable(unsigned long on)
{
	if (on > 1)
		return -EINVAL;
	current->signal->dumpable = on;
	return 0;
}

static long set_no_new_privs(unsigned long on, unsigned long a3, unsigned long a4, unsigned long a5)
{
	if (on != 1 || a3 || a4 || a5)
		return -EINVAL;
	current->no_new_privs = true;
	return 0;
}

long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	struct signal_struct *s = current->signal;
	long r = cap_prctl(option, arg2, arg3, arg4, arg5);

	if (r != -ENOSYS)
		return r;
	switch (option) {
	case PR_SET_NAME:
		return set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return get_name((char __user *)arg2);
	case PR_SET_PDEATHSIG:
		return set_pdeathsig(arg2);
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)arg2);
	case PR_SET_DUMPABLE:
		return set_dumpable(arg2);
	case PR_GET_DUMPABLE:
		return s->dumpable;
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(arg2, arg3, arg4, arg5);
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : current->no_new_privs;
	case PR_SET_CHILD_SUBREAPER:
		s->is_child_subreaper = arg2 != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)s->is_child_subreaper, (int __user *)arg2);
	case PR_GET_TID_ADDRESS:
		return put_user(current->clear_child_tid, (u32 __user *__user *)arg2);
	}
	return -EINVAL;
}

long sys_arch_prctl(int code, unsigned long addr)
{
	return arch_prctl(current, code, addr);
}

/* Linux programs only, laid out at random places or (ADDR_NO_RANDOMIZE) not: other bits are refused. */
long sys_personality(unsigned int persona)
{
	u32 old = current->personality;

	if (persona == 0xffffffff)
		return old;
	if (persona & ~ADDR_NO_RANDOMIZE)
		return -EINVAL;
	current->personality = persona;
	return old;
}
