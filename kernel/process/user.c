/* kernel/process/user.c - what one user id has in use: the counts behind RLIMIT_NPROC and RLIMIT_SIGPENDING
 *
 * Called: cred.c (each set of credentials holds one), signal_queue.c (each queued signal).
 * Locks:  users_lock, interrupts off: a signal may be freed in hard-irq context.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "lib/hash.h"

#define USER_HASH_BITS 6
static struct hlist_head users[1 << USER_HASH_BITS];
static DEFINE_SPINLOCK(users_lock);
/* Never freed: the credentials of the kernel itself hold it. */
struct user_struct root_user = { .refs = REFCOUNT_INIT(1) };

static struct user_struct *find_user_locked(uid_t uid)
{
	struct user_struct *u;

	hlist_for_each_entry(u, &users[hash_32(uid, USER_HASH_BITS)], hash)
		if (u->uid == uid) {
			refcount_inc(&u->refs);
			return u;
		}
	return NULL;
}

/* The counts of uid, referenced; NULL without memory. Process context. */
struct user_struct *get_uid_struct(uid_t uid)
{
	struct user_struct *u, *fresh;
	unsigned long flags;

	if (!uid) {
		refcount_inc(&root_user.refs);
		return &root_user;
	}
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->uid = uid;
	refcount_set(&fresh->refs, 1);
	spin_lock_irqsave(&users_lock, flags);
	u = find_user_locked(uid);
	if (!u)
		hlist_add_head(&fresh->hash, &users[hash_32(uid, USER_HASH_BITS)]);
	spin_unlock_irqrestore(&users_lock, flags);
	if (!u)
		return fresh;
	kfree(fresh);
	return u;
}

/* Any context. */
void put_uid_struct(struct user_struct *u)
{
	unsigned long flags;
	bool last;

	spin_lock_irqsave(&users_lock, flags);
	last = refcount_dec_and_test(&u->refs);
	if (last && u != &root_user)
		hlist_del_rcu(&u->hash);
	spin_unlock_irqrestore(&users_lock, flags);
	if (last && u != &root_user)
		kfree(u);
}
