/* kernel/sync/futex.c - fast user-space locks: the half of them that sleeps and wakes
 *
 * What:   FUTEX_WAIT, WAKE, their bitset forms, REQUEUE, CMP_REQUEUE, WAKE_OP. A futex is known by its key: address
 *         space and address, or for shared memory the file's pages and index, so that processes meet.
 * Called: system calls, in process context.
 * Calls:  kernel/mm for keys and words, kernel/sched to sleep.
 * Locks:  a bucket's lock guards its waiters, and makes "the word is still val" and "I am queued" one step. Two
 *         buckets are locked in order of address. A waiter's bucket becomes NULL when it is woken; after that the
 *         waiter, whose stack it lies on, may be gone.
 * Absent: priority inheritance (LOCK_PI and kin: ENOSYS), futex_waitv. An absolute CLOCK_REALTIME time-out does not
 *         follow the clock when it is set meanwhile. Robust lists are in robust_list.c.
 */
#include "kernel/sync/futex.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/uaccess.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/clock.h"

struct futex_key { u64 where, which; u32 offset; };

struct futex_bucket {
	spinlock_t lock;
	struct list_head waiters; /* under lock */
} __cacheline_aligned;

struct futex_q {
	struct list_head node;	     /* under its bucket's lock */
	struct futex_bucket *bucket; /* NULL once woken; changed by requeue under both locks */
	struct task_struct *task;
	struct futex_key key;
	u32 bitset;
};

#define BUCKET_BITS 8
static struct futex_bucket buckets[1 << BUCKET_BITS];

/* --- keys --- */

static bool same_key(const struct futex_key *a, const struct futex_key *b)
{
	return a->where == b->where && a->which == b->which && a->offset == b->offset;
}

static struct futex_bucket *bucket_of(const struct futex_key *k)
{
	u64 h = (k->where ^ (k->which * 0x9e3779b97f4a7c15ULL) ^ k->offset) * 0xbf58476d1ce4e5b9ULL;

	return &buckets[h >> (64 - BUCKET_BITS)];
}

/* 0, -EINVAL (not aligned) or -EFAULT. A private futex needs no look at the areas. */
static int get_key(u32 __user *uaddr, bool shared, struct futex_key *k)
{
	unsigned long addr = (unsigned long)uaddr;
	struct mm_struct *mm = current->mm;
	struct address_space *m = NULL;
	struct vm_area_struct *v;

	if (addr & 3)
		return -EINVAL;
	if (!mm || !access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	*k = (struct futex_key){ .where = (u64)mm, .which = addr >> PAGE_SHIFT, .offset = addr & ~PAGE_MASK };
	if (!shared)
		return 0;
	mutex_lock(&mm->mmap_lock);
	v = find_vma(mm, addr);
	if (v && v->vm_start <= addr) {
		m = vma_shared_mapping(v);
		if (m) {
			k->where = (u64)m;
			k->which = v->vm_pgoff + ((addr - v->vm_start) >> PAGE_SHIFT);
		}
	}
	mutex_unlock(&mm->mmap_lock);
	return v && v->vm_start <= addr ? 0 : -EFAULT;
}

/* --- waking; the bucket's lock is held --- */

static void wake_one(struct futex_q *q)
{
	struct task_struct *t = q->task;

	get_task_struct(t);
	list_del_init(&q->node);
	smp_store_release(&q->bucket, NULL); /* q may vanish from here on */
	wake_up_process(t);
	put_task_struct(t);
}

static int wake_in_bucket(struct futex_bucket *b, const struct futex_key *key, int nr, u32 bitset)
{
	struct futex_q *q, *n;
	int woken = 0;

	list_for_each_entry_safe(q, n, &b->waiters, node) {
		if (woken >= nr)
			break;
		if (!same_key(&q->key, key) || !(q->bitset & bitset))
			continue;
		wake_one(q);
		woken++;
	}
	return woken;
}

int futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	struct futex_bucket *b;
	struct futex_key key;
	int n = get_key(uaddr, shared, &key);

	if (n)
		return n;
	if (!bitset)
		return -EINVAL;
	b = bucket_of(&key);
	spin_lock(&b->lock);
	n = wake_in_bucket(b, &key, max(nr, 1), bitset);
	spin_unlock(&b->lock);
	return n;
}

/* --- waiting --- */

/* The word without a page fault, as the lock is held. */
static int get_word_atomic(u32 __user *uaddr, u32 *val)
{
	int err;

	current->pagefault_disabled++;
	err = futex_get_user(uaddr, val);
	current->pagefault_disabled--;
	return err;
}

/* Queues q if the word is val. 0, -EAGAIN (it is not), -EFAULT. */
static int queue_if_equal(struct futex_q *q, u32 __user *uaddr, u32 val)
{
	struct futex_bucket *b = bucket_of(&q->key);
	u32 now;

	for (;;) {
		int err;

		spin_lock(&b->lock);
		err = get_word_atomic(uaddr, &now);
		if (!err && now == val) {
			q->bucket = b;
			list_add_tail(&q->node, &b->waiters);
		}
		spin_unlock(&b->lock);
		if (!err)
			return now == val ? 0 : -EAGAIN;
		if (get_user(now, uaddr)) /* brings the page */
			return -EFAULT;
	}
}

/* True when q was still queued, false when somebody woke it. A requeue may move it meanwhile. */
static bool unqueue(struct futex_q *q)
{
	struct futex_bucket *b;

	while ((b = smp_load_acquire(&q->bucket))) {
		bool mine;

		spin_lock(&b->lock);
		mine = q->bucket == b;
		if (mine)
			list_del_init(&q->node);
		spin_unlock(&b->lock);
		if (mine)
			return true;
	}
	return false;
}

static void sleep_until_woken(struct futex_q *q, u64 deadline_ns)
{
	for (;;) {
		u64 now = deadline_ns == U64_MAX ? 0 : ktime_get_ns();

		set_current_state(TASK_INTERRUPTIBLE);
		if (!smp_load_acquire(&q->bucket) || signal_pending(current) || now >= deadline_ns)
			break;
		schedule_timeout(deadline_ns == U64_MAX ? MAX_SCHEDULE_TIMEOUT : (s64)(deadline_ns - now));
	}
	__set_current_state_running();
}

static long futex_wait_restart(struct task_struct *t);

static long interrupted(u32 __user *uaddr, bool shared, u32 val, u64 deadline_ns, u32 bitset)
{
	if (deadline_ns == U64_MAX)
		return -ERESTARTSYS;
	current->restart_block.fn = futex_wait_restart;
	current->restart_block.args[0] = (__force u64)uaddr;
	current->restart_block.args[1] = shared;
	current->restart_block.args[2] = val;
	current->restart_block.args[3] = deadline_ns;
	current->restart_block.args[4] = bitset;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait(u32 __user *uaddr, bool shared, u32 val, u64 deadline_ns, u32 bitset)
{
	struct futex_q q = { .task = current, .bitset = bitset };
	long err;

	if (!bitset)
		return -EINVAL;
	err = get_key(uaddr, shared, &q.key);
	if (!err)
		err = queue_if_equal(&q, uaddr, val);
	if (err)
		return err;
	sleep_until_woken(&q, deadline_ns);
	if (!unqueue(&q))
		return 0;
	if (deadline_ns != U64_MAX && ktime_get_ns() >= deadline_ns)
		return -ETIMEDOUT;
	return interrupted(uaddr, shared, val, deadline_ns, bitset);
}

static long futex_wait_restart(struct task_struct *t)
{
	u64 *a = t->restart_block.args;

	return futex_wait((u32 __user *)a[0], a[1], (u32)a[2], a[3], (u32)a[4]);
}

/* --- two futexes --- */

static void lock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

static void unlock_both(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a != b)
		spin_unlock(&b->lock);
	spin_unlock(&a->lock);
}

static void requeue_to(struct futex_q *q, struct futex_bucket *to, const struct futex_key *key)
{
	list_move_tail(&q->node, &to->waiters);
	q->key = *key;
	smp_store_release(&q->bucket, to);
}

static int requeue_locked(struct futex_bucket *from, const struct futex_key *k1, struct futex_bucket *to,
			  const struct futex_key *k2, int nr_wake, int nr_requeue)
{
	int done = wake_in_bucket(from, k1, nr_wake, FUTEX_BITSET_MATCH_ANY);
	struct futex_q *q, *n;

	list_for_each_entry_safe(q, n, &from->waiters, node) {
		if (nr_requeue <= 0)
			break;
		if (!same_key(&q->key, k1))
			continue;
		requeue_to(q, to, k2);
		nr_requeue--;
		done++;
	}
	return done;
}

/* cmp: NULL, or what the first word must still be (else -EAGAIN). */
static long futex_requeue(u32 __user *u1, u32 __user *u2, bool shared, int nr_wake, int nr_requeue, const u32 *cmp)
{
	struct futex_bucket *b1, *b2;
	struct futex_key k1, k2;
	long err = get_key(u1, shared, &k1);
	u32 now;

	err = err ? err : get_key(u2, shared, &k2);
	if (err || nr_wake < 0 || nr_requeue < 0)
		return err ? err : -EINVAL;
	b1 = bucket_of(&k1);
	b2 = bucket_of(&k2);
	for (;;) {
		lock_both(b1, b2);
		err = cmp ? get_word_atomic(u1, &now) : 0;
		if (!err)
			err = cmp && now != *cmp ? -EAGAIN : requeue_locked(b1, &k1, b2, &k2, nr_wake, nr_requeue);
		unlock_both(b1, b2);
		if (err != -EFAULT)
			return err;
		if (get_user(now, u1))
			return -EFAULT;
	}
}

static bool op_compare(unsigned int cmp, s32 old, s32 arg)
{
	switch (cmp) {
	case FUTEX_OP_CMP_EQ: return old == arg;
	case FUTEX_OP_CMP_NE: return old != arg;
	case FUTEX_OP_CMP_LT: return old < arg;
	case FUTEX_OP_CMP_GE: return old >= arg;
	case FUTEX_OP_CMP_LE: return old <= arg;
	default: return old > arg;
	}
}

/* Makes the page of a word present and writable. */
static int fault_in_writable(u32 __user *uaddr)
{
	u32 val, was;

	if (get_user(val, uaddr))
		return -EFAULT;
	return futex_cmpxchg_user(uaddr, val, val, &was);
}

static int op_on_word(u32 encoded, u32 __user *uaddr, u32 *was)
{
	unsigned int op = encoded >> 28 & 0x7;
	u32 arg = (u32)((s32)(encoded << 8) >> 20);
	int err;

	if (encoded & 1u << 31) /* FUTEX_OP_OPARG_SHIFT: the argument is a bit number */
		arg = 1u << (arg & 31);
	current->pagefault_disabled++;
	err = futex_atomic_op((int)op, uaddr, arg, was);
	current->pagefault_disabled--;
	return err;
}

static long futex_wake_op(u32 __user *u1, u32 __user *u2, bool shared, int nr1, int nr2, u32 encoded)
{
	unsigned int cmp = encoded >> 24 & 0xf;
	s32 cmparg = (s32)(encoded << 20) >> 20;
	struct futex_bucket *b1, *b2;
	struct futex_key k1, k2;
	long err = get_key(u1, shared, &k1);
	u32 was;

	err = err ? err : get_key(u2, shared, &k2);
	if (err)
		return err;
	if ((encoded >> 28 & 0x7) > FUTEX_OP_XOR || cmp > FUTEX_OP_CMP_GT)
		return -ENOSYS;
	b1 = bucket_of(&k1);
	b2 = bucket_of(&k2);
	for (;;) {
		lock_both(b1, b2);
		err = op_on_word(encoded, u2, &was);
		if (!err)
			err = wake_in_bucket(b1, &k1, nr1, FUTEX_BITSET_MATCH_ANY);
		if (err >= 0 && op_compare(cmp, (s32)was, cmparg))
			err += wake_in_bucket(b2, &k2, nr2, FUTEX_BITSET_MATCH_ANY);
		unlock_both(b1, b2);
		if (err != -EFAULT)
			return err;
		if (fault_in_writable(u2))
			return -EFAULT;
	}
}

/* --- the call --- */

/* 0 and the deadline on the monotonic clock (U64_MAX: none), or -errno. */
static int read_timeout(void __user *utime, bool relative, bool realtime, u64 *deadline_ns)
{
	struct __kernel_timespec ts;
	u64 ns, now = ktime_get_ns(), real;

	*deadline_ns = U64_MAX;
	if (!utime)
		return 0;
	if (copy_from_user(&ts, utime, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (long long)NSEC_PER_SEC)
		return -EINVAL;
	ns = (u64)ts.tv_sec >= S64_MAX / NSEC_PER_SEC ? S64_MAX : (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	if (realtime) {
		real = ktime_get_real_ns();
		ns = ns > real ? ns - real : 0;
	}
	*deadline_ns = relative || realtime ? min(now + ns, (u64)S64_MAX) : ns;
	return 0;
}

long sys_futex(u32 __user *uaddr, int op, u32 val, void __user *utime, u32 __user *uaddr2, u32 val3)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG), realtime = op & FUTEX_CLOCK_REALTIME;
	int cmd = op & FUTEX_CMD_MASK, val2 = (int)(unsigned long)utime, err;
	u64 deadline_ns = U64_MAX;

	if (realtime && cmd != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	if (cmd == FUTEX_WAIT || cmd == FUTEX_WAIT_BITSET) {
		err = read_timeout(utime, cmd == FUTEX_WAIT, realtime, &deadline_ns);
		if (err)
			return err;
	}
	switch (cmd) {
	case FUTEX_WAIT:
		return futex_wait(uaddr, shared, val, deadline_ns, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAIT_BITSET:
		return futex_wait(uaddr, shared, val, deadline_ns, val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, shared, (int)val, FUTEX_BITSET_MATCH_ANY);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, val2, &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, (int)val, val2, val3);
	default:
		return -ENOSYS;
	}
}

static const struct syscall_def calls[] = { SYSCALL(futex), SYSCALL(set_robust_list), SYSCALL(get_robust_list) };

void futex_syscalls(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(buckets); i++) {
		spin_lock_init(&buckets[i].lock);
		INIT_LIST_HEAD(&buckets[i].waiters);
	}
	syscall_register(calls, ARRAY_SIZE(calls));
}
