/* kernel/process/pid.c - process numbers: giving them out, and finding the task that bears one
 *
 * What:   a number is in use while a task bears it, or while it names a process group or a session. Each number has a
 *         count of such reasons, kept in blocks of a page that exist while a number in them is in use; giving out walks
 *         on from the last one, so that a number is not soon used again.
 * Called: fork.c, kernel/sched (kernel threads), everything that takes a pid.
 * Locks:  pid_lock for the counts (interrupts off: fork takes it under siglock); tasklist_lock to change the hash and
 *         the lists, RCU to read them.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "kernel/trace/printk.h"
#include "lib/hash.h"

#define PID_HASH_BITS 10
#define PID_LIMIT 4194304 /* as Linux: PID_MAX_LIMIT on 64 bits */
#define PIDS_PER_BLOCK (PAGE_SIZE / sizeof(u32) - 1)
#define PID_RESERVED 300  /* after the first round, small numbers stay with the kernel's own threads */

DEFINE_SPINLOCK(tasklist_lock);
struct list_head all_tasks = LIST_HEAD_INIT(all_tasks);
struct task_struct *child_reaper;
int pid_max = 32768;

static u32 exchanges; /* odd: one is under way */
static struct hlist_head pid_hash[1 << PID_HASH_BITS];
static struct pid_block {
	u32 used;		  /* numbers here with a count */
	u32 uses[PIDS_PER_BLOCK]; /* reasons for each number to be in use */
} *pid_blocks[DIV_ROUND_UP(PID_LIMIT, PIDS_PER_BLOCK)]; /* under pid_lock */
static DEFINE_SPINLOCK(pid_lock);
static pid_t last_pid = 1; /* number 1 is asked for by name */

static struct pid_block **block_of(pid_t nr) { return &pid_blocks[nr / PIDS_PER_BLOCK]; }

/* One more reason for nr to be in use; fresh: only when there is none yet. pid_lock held. 0, -ENOMEM, -EAGAIN. */
static int count_use(pid_t nr, bool fresh)
{
	struct pid_block **b = block_of(nr);
	u32 *use;

	if (!*b)
		*b = kzalloc(sizeof(**b), GFP_ATOMIC);
	if (!*b)
		return -ENOMEM;
	use = &(*b)->uses[nr % PIDS_PER_BLOCK];
	if (fresh && *use)
		return -EAGAIN;
	(*b)->used += !(*use)++;
	return 0;
}

/* A block without a used number goes, but for the one that the next number will come from. pid_lock held. */
static void drop_unused(pid_t nr)
{
	struct pid_block **b = block_of(nr);

	if (!*b || (*b)->used || b == block_of(last_pid))
		return;
	kfree(*b);
	*b = NULL;
}

/* The next free number after the last that was given out. pid_lock held. */
static pid_t next_number(void)
{
	pid_t nr = last_pid, old = last_pid;
	int err = -EAGAIN;

	for (int tries = 0; err == -EAGAIN && tries < pid_max; tries++) {
		if (++nr >= pid_max)
			nr = PID_RESERVED;
		err = count_use(nr, true);
	}
	if (err)
		return err;
	last_pid = nr;
	drop_unused(old);
	return nr;
}

/* A free number, with one use counted. wanted 0: the next one. -EAGAIN when all are in use. */
pid_t alloc_pid_number(pid_t wanted)
{
	unsigned long flags;
	pid_t got;

	spin_lock_irqsave(&pid_lock, flags);
	got = wanted ? count_use(wanted, true) ?: wanted : next_number();
	spin_unlock_irqrestore(&pid_lock, flags);
	return got;
}

bool pid_number_in_use(pid_t nr)
{
	struct pid_block *b;
	unsigned long flags;
	bool used;

	if (nr <= 0 || nr >= PID_LIMIT)
		return false;
	spin_lock_irqsave(&pid_lock, flags);
	b = *block_of(nr);
	used = b && b->uses[nr % PIDS_PER_BLOCK];
	spin_unlock_irqrestore(&pid_lock, flags);
	return used;
}

/* nr is in use, so its block is there. Nobody bears 0, the group and session of who has none: it is not counted. */
void pid_number_get(pid_t nr)
{
	unsigned long flags;

	if (!nr)
		return;
	spin_lock_irqsave(&pid_lock, flags);
	WARN_ON_ONCE(count_use(nr, false));
	spin_unlock_irqrestore(&pid_lock, flags);
}

void pid_number_put(pid_t nr)
{
	struct pid_block *b;
	unsigned long flags;

	if (!nr)
		return;
	spin_lock_irqsave(&pid_lock, flags);
	b = *block_of(nr);
	if (!WARN_ON_ONCE(!b || !b->uses[nr % PIDS_PER_BLOCK])) {
		b->used -= !--b->uses[nr % PIDS_PER_BLOCK];
		drop_unused(nr);
	}
	spin_unlock_irqrestore(&pid_lock, flags);
}

void task_identity_init(struct task_struct *t)
{
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->thread_group);
	INIT_LIST_HEAD(&t->tasks);
	INIT_HLIST_NODE(&t->pid_hash);
	spin_lock_init(&t->alloc_lock);
	init_sigpending(&t->pending);
}

static struct hlist_head *pid_bucket(pid_t pid)
{
	return &pid_hash[hash_32((u32)pid, PID_HASH_BITS)];
}

void attach_task(struct task_struct *t)
{
	hlist_add_head_rcu(&t->pid_hash, pid_bucket(t->pid));
}

void detach_task(struct task_struct *t)
{
	if (hlist_unhashed(&t->pid_hash))
		return;
	hlist_del_rcu(&t->pid_hash);
	t->pid_hash.pprev = NULL;
}

/* execve by a thread that is not the leader: it takes over the leader's number. tasklist_lock held, interrupts off.
 * For a moment nobody bears either number, and who walks a chain may be led into another: find_task_by_pid() looks
 * again. */
void exchange_pids(struct task_struct *leader, struct task_struct *t)
{
	pid_t nr = leader->pid;

	__atomic_store_n(&exchanges, exchanges + 1, __ATOMIC_SEQ_CST);
	detach_task(leader);
	detach_task(t);
	leader->pid = t->pid;
	t->pid = nr;
	attach_task(leader);
	attach_task(t);
	__atomic_store_n(&exchanges, exchanges + 1, __ATOMIC_SEQ_CST);
}

/* For kernel threads: a number, and the identity that makes t findable. The number, or -EAGAIN. Process context. */
pid_t alloc_pid(struct task_struct *t)
{
	pid_t nr = alloc_pid_number(0);

	if (nr < 0)
		return -EAGAIN;
	task_identity_init(t);
	t->pid = t->tgid = nr;
	t->group_leader = t;
	spin_lock(&tasklist_lock);
	attach_task(t);
	spin_unlock(&tasklist_lock);
	return nr;
}

static struct task_struct *find_rcu(pid_t pid)
{
	struct task_struct *t;

	hlist_for_each_entry_rcu(t, pid_bucket(pid), pid_hash)
		if (t->pid == pid)
			return t;
	return NULL;
}

/* One look at the hash. True: t (or NULL) is the answer; false: look again. RCU. */
static bool try_find(pid_t pid, struct task_struct **t)
{
	u32 seq = __atomic_load_n(&exchanges, __ATOMIC_ACQUIRE);

	*t = find_rcu(pid);
	if (*t)
		return refcount_inc_not_zero(&(*t)->usage); /* else it has gone since it was found */
	smp_rmb();
	return !(seq & 1) && seq == READ_ONCE(exchanges);
}

/* Any context. */
struct task_struct *find_task_by_pid(pid_t pid)
{
	struct task_struct *t = NULL;

	rcu_read_lock();
	while (pid > 0 && !try_find(pid, &t))
		cpu_relax();
	rcu_read_unlock();
	return t;
}

struct task_struct *find_task_or_current(pid_t pid)
{
	if (pid)
		return find_task_by_pid(pid);
	get_task_struct(current);
	return current;
}

bool pid_alive(const struct task_struct *t)
{
	return !hlist_unhashed(&t->pid_hash);
}

/* The next thread of t's group, round in a circle. tasklist_lock, siglock or RCU. */
struct task_struct *next_thread(struct task_struct *t)
{
	return list_entry(smp_load_acquire(&t->thread_group.next), struct task_struct, thread_group);
}

int for_each_in_pgrp(pid_t pgrp, int (*fn)(struct task_struct *leader, void *arg), void *arg)
{
	struct task_struct *t;
	int found = -ESRCH, r;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks) {
		struct signal_struct *s = READ_ONCE(t->signal);

		if (!s || READ_ONCE(s->pgrp) != pgrp)
			continue;
		found = 0;
		r = fn(t, arg);
		if (r) {
			found = r;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

static int nothing(struct task_struct *leader, void *arg) { return (void)leader, (void)arg, 0; }
bool is_somebody(pid_t who)
{
	struct task_struct *t;

	if (who < 0)
		return for_each_in_pgrp(-who, nothing, NULL) == 0;
	t = find_task_by_pid(who);
	if (t)
		put_task_struct(t);
	return t;
}
