/* kernel/process/cred.c - credentials: who a task is, and what that allows
 *
 * What:   a set of credentials is never changed once a task bears it: a call copies it, edits the copy and puts it in
 *         place as a whole, so that readers of other tasks see either all of the old or all of the new.
 * Called: cred_syscalls.c, capability.c, exec.c, every permission check.
 * Locks:  ->cred is written by its own task alone; others read it under RCU.
 * Absent: user namespaces, keyrings, security modules.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

struct cred init_cred = {
	.usage = REFCOUNT_INIT(2),
	.cap_effective = CAP_FULL,
	.cap_permitted = CAP_FULL,
	.cap_bounding = CAP_FULL,
	.user = &root_user,
};

const struct cred *get_cred(const struct cred *c)
{
	refcount_inc(&((struct cred *)c)->usage);
	return c;
}

static void free_cred_rcu(struct rcu_head *head)
{
	struct cred *c = container_of(head, struct cred, rcu);

	put_uid_struct(c->user);
	kfree(c);
}

/* Any context. The last put frees after a grace period. */
void put_cred(const struct cred *c)
{
	struct cred *own = (struct cred *)c;

	if (own && refcount_dec_and_test(&own->usage))
		call_rcu(&own->rcu, free_cred_rcu);
}

struct cred *prepare_creds(void)
{
	struct cred *new = kmalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return NULL;
	*new = *current->cred;
	refcount_set(&new->usage, 1);
	refcount_inc(&new->user->refs);
	return new;
}

/* RLIMIT_NPROC counts by real user: the task moves from the one to the other. */
static void move_process_count(struct cred *old, struct cred *new)
{
	if (old->user == new->user)
		return;
	atomic_dec(&old->user->processes);
	atomic_inc(&new->user->processes);
}

/* Eats new, which becomes current's. Process context. */
void commit_creds(struct cred *new)
{
	struct cred *old = (struct cred *)current->cred;
	bool changed = old->euid != new->euid || old->egid != new->egid || old->fsuid != new->fsuid ||
		       old->fsgid != new->fsgid;

	move_process_count(old, new);
	if (changed) { /* a program that changed who it is keeps its memory and its parent's wishes to itself */
		current->signal->dumpable = false;
		current->pdeath_signal = 0;
	}
	rcu_assign_pointer(current->cred, new);
	put_cred(old);
}

bool capable(int cap)
{
	return cap_raised(current->cred->cap_effective, cap);
}

bool in_group_p(gid_t gid)
{
	const struct cred *c = current->cred;

	if (gid == c->fsgid)
		return true;
	for (u32 i = 0; i < c->ngroups; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

/* For net.ipv4.ping_group_range; both ends included. */
bool current_in_group_range(u32 lo, u32 hi)
{
	const struct cred *c = current->cred;

	if (c->egid >= lo && c->egid <= hi)
		return true;
	for (u32 i = 0; i < c->ngroups; i++)
		if (c->groups[i] >= lo && c->groups[i] <= hi)
			return true;
	return false;
}
