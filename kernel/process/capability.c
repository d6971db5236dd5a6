/* kernel/process/capability.c - the privileges of root, one bit each
 *
 * What:   how the sets follow the user ids (capabilities(7), "Effect of user ID changes") and execve, and capget,
 *         capset and the prctl options that read and change them.
 * Called: cred_syscalls.c, exec.c, prctl.c.
 * Absent: capabilities stored with files: only the set-user-ID bit and uid 0 raise privileges at execve.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"
#include <linux/prctl.h>
#include <linux/securebits.h>

/* What CAP_DAC_* and friends are to fsuid 0 (CAP_FS_SET in Linux). */
#define CAP_FS_SET                                                                                                     \
	(BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |       \
	 BIT(CAP_MKNOD) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))
#define SECURE_ALL_LOCKS_AND_BITS 0xffu

static bool any_root(const struct cred *c)
{
	return c->uid == 0 || c->euid == 0 || c->suid == 0;
}

/* Edits new's sets after its uids changed from old's. */
void cap_after_setuid(struct cred *new, const struct cred *old)
{
	if (old->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (any_root(old) && !any_root(new)) {
		if (!(old->securebits & SECBIT_KEEP_CAPS))
			new->cap_permitted = new->cap_effective = 0;
		new->cap_ambient = 0;
	}
	if (old->euid == 0 && new->euid != 0)
		new->cap_effective = 0;
	if (old->euid != 0 && new->euid == 0)
		new->cap_effective = new->cap_permitted;
	if (old->fsuid == 0 && new->fsuid != 0)
		new->cap_effective &= ~CAP_FS_SET;
	if (old->fsuid != 0 && new->fsuid == 0)
		new->cap_effective |= new->cap_permitted & CAP_FS_SET;
}

/* The sets of a program that starts under new's ids: capabilities(7), "Transformation during execve". */
void cap_for_exec(struct cred *new)
{
	bool as_root = !(new->securebits & SECBIT_NOROOT) && (new->uid == 0 || new->euid == 0);

	if (as_root) {
		new->cap_permitted = new->cap_inheritable | new->cap_bounding;
		new->cap_effective = new->euid == 0 ? new->cap_permitted : new->cap_ambient;
		new->cap_ambient = 0;
	} else {
		new->cap_permitted = new->cap_effective = new->cap_ambient;
	}
	new->securebits &= ~SECBIT_KEEP_CAPS;
}

/* How many 32-bit words the header's version has; -errno after telling the version we prefer. */
static long header_words(struct __user_cap_header_struct __user *header, bool reading)
{
	u32 version;

	if (get_user(version, &header->version))
		return -EFAULT;
	if (version == _LINUX_CAPABILITY_VERSION_1)
		return 1;
	if (version == _LINUX_CAPABILITY_VERSION_2 || version == _LINUX_CAPABILITY_VERSION_3)
		return 2;
	return put_user((u32)_LINUX_CAPABILITY_VERSION_3, &header->version) ? -EFAULT : -EINVAL;
}

long sys_capget(struct __user_cap_header_struct __user *header, struct __user_cap_data_struct __user *data)
{
	struct __user_cap_data_struct out[2];
	long words = header_words(header, true);
	struct task_struct *t;
	const struct cred *c;
	int pid;

	if (words < 0)
		return words == -EINVAL && !data ? 0 : words;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	t = find_task_or_current(pid);
	if (!t)
		return -ESRCH;
	rcu_read_lock();
	c = task_cred(t);
	for (int i = 0; i < 2; i++)
		out[i] = (struct __user_cap_data_struct){ (u32)(c->cap_effective >> 32 * i),
			(u32)(c->cap_permitted >> 32 * i), (u32)(c->cap_inheritable >> 32 * i) };
	rcu_read_unlock();
	put_task_struct(t);
	return data && copy_to_user(data, out, words * sizeof(out[0])) ? -EFAULT : 0;
}

long sys_capset(struct __user_cap_header_struct __user *header, const struct __user_cap_data_struct __user *data)
{
	struct __user_cap_data_struct in[2] = {};
	const struct cred *old = current->cred;
	long words = header_words(header, false);
	u64 e, p, i;
	struct cred *new;
	int pid;

	if (words < 0)
		return words;
	if (get_user(pid, &header->pid) || copy_from_user(in, data, words * sizeof(in[0])))
		return -EFAULT;
	if (pid && pid != current->pid)
		return -EPERM;
	e = (in[0].effective | (u64)in[1].effective << 32) & CAP_FULL;
	p = (in[0].permitted | (u64)in[1].permitted << 32) & CAP_FULL;
	i = (in[0].inheritable | (u64)in[1].inheritable << 32) & CAP_FULL;
	if (p & ~old->cap_permitted || e & ~p || i & ~(old->cap_inheritable | old->cap_bounding) ||
	    (!capable(CAP_SETPCAP) && i & ~(old->cap_inheritable | old->cap_permitted)))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_effective = e;
	new->cap_permitted = p;
	new->cap_inheritable = i;
	new->cap_ambient &= p & i;
	commit_creds(new);
	return 0;
}

static long change(void (*edit)(struct cred *new, unsigned long arg), unsigned long arg)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	edit(new, arg);
	commit_creds(new);
	return 0;
}

static void drop_bounding(struct cred *new, unsigned long cap) { new->cap_bounding &= ~BIT(cap); }
static void set_securebits(struct cred *new, unsigned long bits) { new->securebits = bits; }
static void raise_ambient(struct cred *new, unsigned long cap) { new->cap_ambient |= BIT(cap); }
static void lower_ambient(struct cred *new, unsigned long cap) { new->cap_ambient &= ~BIT(cap); }
static void clear_ambient(struct cred *new, unsigned long unused) { new->cap_ambient = 0; }

static long prctl_securebits(unsigned long bits)
{
	u32 old = current->cred->securebits;
	u32 locked = (old & (SECURE_ALL_LOCKS_AND_BITS & 0xaa)) >> 1;

	if (bits & ~(unsigned long)SECURE_ALL_LOCKS_AND_BITS || (old ^ bits) & locked ||
	    (old & 0xaa) & ~bits || !capable(CAP_SETPCAP))
		return -EPERM;
	return change(set_securebits, bits);
}

static long prctl_keepcaps(unsigned long on)
{
	u32 old = current->cred->securebits;

	if (on > 1)
		return -EINVAL;
	if (old & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	return change(set_securebits, on ? old | SECBIT_KEEP_CAPS : old & ~SECBIT_KEEP_CAPS);
}

static long prctl_ambient(unsigned long op, unsigned long cap)
{
	const struct cred *c = current->cred;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL)
		return cap ? -EINVAL : change(clear_ambient, 0);
	if (cap > CAP_LAST)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_IS_SET)
		return cap_raised(c->cap_ambient, cap);
	if (op == PR_CAP_AMBIENT_LOWER)
		return change(lower_ambient, cap);
	if (op != PR_CAP_AMBIENT_RAISE)
		return -EINVAL;
	if (!cap_raised(c->cap_permitted & c->cap_inheritable, cap) || c->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)
		return -EPERM;
	return change(raise_ambient, cap);
}

/* The prctl options about capabilities; -ENOSYS when option is none of them. */
long cap_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	switch (option) {
	case PR_CAPBSET_READ:
		return arg2 > CAP_LAST ? -EINVAL : cap_raised(current->cred->cap_bounding, arg2);
	case PR_CAPBSET_DROP:
		if (!capable(CAP_SETPCAP))
			return -EPERM;
		return arg2 > CAP_LAST ? -EINVAL : change(drop_bounding, arg2);
	case PR_GET_SECUREBITS:
		return current->cred->securebits;
	case PR_SET_SECUREBITS:
		return prctl_securebits(arg2);
	case PR_GET_KEEPCAPS:
		return !!(current->cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return prctl_keepcaps(arg2);
	case PR_CAP_AMBIENT:
		return arg4 || arg5 ? -EINVAL : prctl_ambient(arg2, arg3);
	}
	return -ENOSYS;
}
