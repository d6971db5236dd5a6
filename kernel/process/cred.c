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

static struct group_info no_groups = { .usage = REFCOUNT_INIT(1) };
struct cred init_cred = {
	.usage = REFCOUNT_INIT(2),
	.cap_effective = CAP_FULL,
	.cap_permitted = CAP_FULL,
	.cap_bounding = CAP_FULL,
	.user = &root_user,
	.groups = &no_groups,
};

/* A set of n groups with room for them, or NULL. Process context. */
struct group_info *groups_alloc(u32 n)
{
	struct group_info *g = kvmalloc(sizeof(*g) + n * sizeof(gid_t), GFP_KERNEL);

	if (!g)
		return NULL;
	refcount_set(&g->usage, 1);
	g->n = n;
	return g;
}

/* Any context. */
void groups_put(struct group_info *g)
{
	if (refcount_dec_and_test(&g->usage))
		kvfree(g);
}

/* The first place whose group is not below gid; n when all are. */
static u32 groups_lower_bound(const struct group_info *g, gid_t gid)
{
	u32 lo = 0, hi = g->n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct cred *get_cred(const struct cred *c)
{
	refcount_inc(&((struct cred *)c)->usage);
	return c;
}

static void free_cred_rcu(struct rcu_head *head)
{
	struct cred *c = container_of(head, struct cred, rcu);

	put_uid_struct(c->user);
	groups_put(c->groups);
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
	refcount_inc(&new->groups->usage);
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
	const struct group_info *g = current->cred->groups;
	u32 at;

	if (gid == current->cred->fsgid)
		return true;
	at = groups_lower_bound(g, gid);
	return at < g->n && g->gid[at] == gid;
}

/* For net.ipv4.ping_group_range; both ends included. */
bool current_in_group_range(u32 lo, u32 hi)
{
	const struct cred *c = current->cred;
	u32 at = groups_lower_bound(c->groups, lo);

	return (c->egid >= lo && c->egid <= hi) || (at < c->groups->n && c->groups->gid[at] <= hi);
}
