/* kernel/process/cred_syscalls.c - the calls that read and change user and group ids
 *
 * What:   POSIX saved ids and Linux's fsuid. An unprivileged task may set an id to one that it already has.
 * Called: the system call table.
 * Calls:  cred.c; capability.c drops or regains capabilities as the ids pass through 0.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "lib/string.h"
#include <linux/limits.h>

#define UNCHANGED ((uid_t)-1)

long sys_getuid(void) { return current->cred->uid; }
long sys_geteuid(void) { return current->cred->euid; }
long sys_getgid(void) { return current->cred->gid; }
long sys_getegid(void) { return current->cred->egid; }

/* Puts new in place after its uids were edited. 0 or -errno; eats new. */
static long commit_uids(struct cred *new)
{
	const struct cred *old = current->cred;

	if (new->uid != old->uid) {
		struct user_struct *u = get_uid_struct(new->uid);

		if (!u) {
			put_cred(new);
			return -ENOMEM;
		}
		put_uid_struct(new->user);
		new->user = u;
	}
	cap_after_setuid(new, old);
	commit_creds(new);
	return 0;
}

static long refuse(struct cred *new)
{
	put_cred(new);
	return -EPERM;
}

static bool uid_is_own(const struct cred *c, uid_t uid)
{
	return uid == UNCHANGED || uid == c->uid || uid == c->euid || uid == c->suid;
}

static bool gid_is_own(const struct cred *c, gid_t gid)
{
	return gid == UNCHANGED || gid == c->gid || gid == c->egid || gid == c->sgid;
}

long sys_setuid(uid_t uid)
{
	const struct cred *old = current->cred;
	struct cred *new;

	if (uid == UNCHANGED)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETUID))
		new->uid = new->suid = uid;
	else if (uid != old->uid && uid != old->suid)
		return refuse(new);
	new->euid = new->fsuid = uid;
	return commit_uids(new);
}

long sys_setgid(gid_t gid)
{
	const struct cred *old = current->cred;
	struct cred *new;

	if (gid == UNCHANGED)
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETGID))
		new->gid = new->sgid = gid;
	else if (gid != old->gid && gid != old->sgid)
		return refuse(new);
	new->egid = new->fsgid = gid;
	commit_creds(new);
	return 0;
}

long sys_setreuid(uid_t ruid, uid_t euid)
{
	const struct cred *old = current->cred;
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETUID) &&
	    ((ruid != UNCHANGED && ruid != old->uid && ruid != old->euid) || !uid_is_own(old, euid)))
		return refuse(new);
	if (ruid != UNCHANGED)
		new->uid = ruid;
	if (euid != UNCHANGED)
		new->euid = euid;
	if (ruid != UNCHANGED || (euid != UNCHANGED && euid != old->uid))
		new->suid = new->euid;
	new->fsuid = new->euid;
	return commit_uids(new);
}

long sys_setregid(gid_t rgid, gid_t egid)
{
	const struct cred *old = current->cred;
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETGID) &&
	    ((rgid != UNCHANGED && rgid != old->gid && rgid != old->egid) || !gid_is_own(old, egid)))
		return refuse(new);
	if (rgid != UNCHANGED)
		new->gid = rgid;
	if (egid != UNCHANGED)
		new->egid = egid;
	if (rgid != UNCHANGED || (egid != UNCHANGED && egid != old->gid))
		new->sgid = new->egid;
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = current->cred;
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETUID) && !(uid_is_own(old, ruid) && uid_is_own(old, euid) && uid_is_own(old, suid)))
		return refuse(new);
	if (ruid != UNCHANGED)
		new->uid = ruid;
	if (euid != UNCHANGED)
		new->euid = euid;
	if (suid != UNCHANGED)
		new->suid = suid;
	new->fsuid = new->euid;
	return commit_uids(new);
}

long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	const struct cred *old = current->cred;
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETGID) && !(gid_is_own(old, rgid) && gid_is_own(old, egid) && gid_is_own(old, sgid)))
		return refuse(new);
	if (rgid != UNCHANGED)
		new->gid = rgid;
	if (egid != UNCHANGED)
		new->egid = egid;
	if (sgid != UNCHANGED)
		new->sgid = sgid;
	new->fsgid = new->egid;
	commit_creds(new);
	return 0;
}

static long put_three(uid_t __user *a, uid_t __user *b, uid_t __user *c, uid_t x, uid_t y, uid_t z)
{
	return put_user(x, a) || put_user(y, b) || put_user(z, c) ? -EFAULT : 0;
}

long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid)
{
	const struct cred *c = current->cred;

	return put_three(ruid, euid, suid, c->uid, c->euid, c->suid);
}

long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid)
{
	const struct cred *c = current->cred;

	return put_three(rgid, egid, sgid, c->gid, c->egid, c->sgid);
}

/* Answers the old fsuid, also when it refuses: that is the ABI. */
long sys_setfsuid(uid_t uid)
{
	const struct cred *old = current->cred;
	uid_t was = old->fsuid;
	struct cred *new;

	if (uid == UNCHANGED || (!uid_is_own(old, uid) && uid != was && !capable(CAP_SETUID)))
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsuid = uid;
	cap_after_setuid(new, old);
	commit_creds(new);
	return was;
}

long sys_setfsgid(gid_t gid)
{
	const struct cred *old = current->cred;
	gid_t was = old->fsgid;
	struct cred *new;

	if (gid == UNCHANGED || (!gid_is_own(old, gid) && gid != was && !capable(CAP_SETGID)))
		return was;
	new = prepare_creds();
	if (!new)
		return was;
	new->fsgid = gid;
	commit_creds(new);
	return was;
}

long sys_getgroups(int size, gid_t __user *list)
{
	const struct group_info *g = current->cred->groups;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return g->n;
	if (size < (int)g->n)
		return -EINVAL;
	if (copy_to_user(list, g->gid, g->n * sizeof(gid_t)))
		return -EFAULT;
	return g->n;
}

/* Heap sort: 65536 groups must not keep the kernel busy for long. */
static void sift_down(gid_t *v, u32 at, u32 n)
{
	for (u32 child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && v[child] < v[child + 1])
			child++;
		if (v[at] >= v[child])
			return;
		swap(v[at], v[child]);
	}
}

static void sort_groups(struct group_info *g)
{
	for (u32 i = g->n / 2; i-- > 0;)
		sift_down(g->gid, i, g->n);
	for (u32 n = g->n; n-- > 1;) {
		swap(g->gid[0], g->gid[n]);
		sift_down(g->gid, 0, n);
	}
}

static long commit_groups(struct group_info *g)
{
	struct cred *new = prepare_creds();

	if (!new) {
		groups_put(g);
		return -ENOMEM;
	}
	groups_put(new->groups);
	new->groups = g;
	commit_creds(new);
	return 0;
}

long sys_setgroups(int size, const gid_t __user *list)
{
	struct group_info *g;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > NGROUPS_MAX)
		return -EINVAL;
	g = groups_alloc(size);
	if (!g)
		return -ENOMEM;
	if (copy_from_user(g->gid, list, size * sizeof(gid_t))) {
		groups_put(g);
		return -EFAULT;
	}
	sort_groups(g);
	return commit_groups(g);
}
