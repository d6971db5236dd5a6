/* kernel/fs/locks.c - advisory locks: flock(2), POSIX record locks, and their open-file-description form
 *
 * What:   inode->i_flocks lists what is held. POSIX locks belong to a descriptor table and go with the first close;
 *         the other two belong to a struct file and go with the last fput. POSIX waits look for a cycle (EDEADLK).
 * Called: fcntl.c; fdtable.c and file_table.c on close.
 * Locks:  lock_lock (spinlock) guards all of it. A waiter sleeps on one of a few hashed queues and tries again.
 */
#include "kernel/fs/internal.h"

enum lock_kind { LOCK_FLOCK, LOCK_POSIX, LOCK_OFD };

struct file_lock {
	struct list_head list;
	enum lock_kind kind;
	const void *owner;	/* struct file, or struct files_struct */
	short type;		/* F_RDLCK, F_WRLCK */
	loff_t start, end;	/* inclusive */
	pid_t pid;
};

struct waiter { struct list_head list; const void *owner, *blocker; };

static DEFINE_SPINLOCK(lock_lock);
static LIST_HEAD(waiters); /* POSIX owners asleep, and on whom */
static wait_queue_head_t queues[16];

static wait_queue_head_t *queue_of(const struct inode *inode)
{
	return &queues[hash_64((u64)inode, 4)];
}

/* flock locks and record locks do not see each other. */
static bool conflicts(const struct file_lock *a, const struct file_lock *b)
{
	if ((a->kind == LOCK_FLOCK) != (b->kind == LOCK_FLOCK) || (a->kind == b->kind && a->owner == b->owner))
		return false;
	if (a->end < b->start || b->end < a->start)
		return false;
	return a->type == F_WRLCK || b->type == F_WRLCK;
}

static struct file_lock *find_conflict(struct inode *inode, const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each_entry(l, &inode->i_flocks, list)
		if (conflicts(l, want))
			return l;
	return NULL;
}

/* Does the chain of who waits for whom lead from blocker back to owner? */
static bool would_deadlock(const void *owner, const void *blocker)
{
	for (int steps = 0; steps < 64; steps++) {
		const void *next = NULL;
		struct waiter *w;

		if (blocker == owner)
			return true;
		list_for_each_entry(w, &waiters, list)
			if (w->owner == blocker)
				next = w->blocker;
		if (!next)
			return false;
		blocker = next;
	}
	return false;
}

static bool same_owner(const struct file_lock *a, const struct file_lock *b)
{
	return a->kind == b->kind && a->owner == b->owner;
}

/* Cuts [start, end] out of the owner's locks. A lock around it falls in two: *spare becomes the upper part. */
static void cut_out(struct inode *inode, const struct file_lock *want, struct file_lock **spare, struct list_head *dead)
{
	struct file_lock *l, *n;

	list_for_each_entry_safe(l, n, &inode->i_flocks, list) {
		if (!same_owner(l, want) || l->end < want->start || want->end < l->start)
			continue;
		if (l->start < want->start && l->end > want->end) {
			struct file_lock *upper = *spare;

			*spare = NULL;
			*upper = *l;
			upper->start = want->end + 1;
			l->end = want->start - 1;
			list_add(&upper->list, &l->list);
			return;
		}
		if (l->start < want->start)
			l->end = want->start - 1;
		else if (l->end > want->end)
			l->start = want->end + 1;
		else
			list_move_tail(&l->list, dead);
	}
}

static void free_locks(struct list_head *dead)
{
	while (!list_empty(dead)) {
		struct file_lock *l = list_first_entry(dead, struct file_lock, list);

		list_del(&l->list);
		kfree(l);
	}
}

/* Takes or (F_UNLCK) gives up a range; never sleeps for a lock. -EAGAIN with *blocker set when somebody holds it. */
static int try_lock(struct inode *inode, const struct file_lock *want, const void **blocker)
{
	struct file_lock *fresh = kmemdup(want, sizeof(*want), GFP_KERNEL), *l;
	struct file_lock *spare = kmemdup(want, sizeof(*want), GFP_KERNEL);
	LIST_HEAD(dead);
	int err = 0;

	if (!fresh || !spare) {
		kfree(fresh);
		kfree(spare);
		return -ENOLCK;
	}
	spin_lock(&lock_lock);
	l = want->type == F_UNLCK ? NULL : find_conflict(inode, want);
	if (l) {
		*blocker = l->owner;
		err = -EAGAIN;
	} else {
		cut_out(inode, want, &spare, &dead);
		if (want->type != F_UNLCK) {
			list_add_tail(&fresh->list, &inode->i_flocks);
			fresh = NULL;
		}
	}
	spin_unlock(&lock_lock);
	free_locks(&dead);
	kfree(fresh);
	kfree(spare);
	if (!err)
		wake_up_all(queue_of(inode)); /* an unlock, or a downgrade */
	return err;
}

static int note_wait(struct waiter *w, const struct file_lock *want, const void *blocker)
{
	int err = 0;

	w->owner = want->owner;
	w->blocker = blocker;
	INIT_LIST_HEAD(&w->list);
	if (want->kind != LOCK_POSIX)
		return 0;
	spin_lock(&lock_lock);
	if (would_deadlock(want->owner, blocker))
		err = -EDEADLK;
	else
		list_add(&w->list, &waiters);
	spin_unlock(&lock_lock);
	return err;
}

static void end_wait(struct waiter *w)
{
	spin_lock(&lock_lock);
	list_del_init(&w->list);
	spin_unlock(&lock_lock);
}

static bool still_blocked(struct inode *inode, const struct file_lock *want)
{
	bool blocked;

	spin_lock(&lock_lock);
	blocked = find_conflict(inode, want) != NULL;
	spin_unlock(&lock_lock);
	return blocked;
}

static int take_lock(struct inode *inode, const struct file_lock *want, bool wait)
{
	const void *blocker = NULL;
	struct waiter w;
	int err;

	for (;;) {
		err = try_lock(inode, want, &blocker);
		if (err != -EAGAIN || !wait)
			return err;
		err = note_wait(&w, want, blocker);
		if (err)
			return err;
		err = wait_event_interruptible(*queue_of(inode), !still_blocked(inode, want));
		end_wait(&w);
		if (err)
			return err;
	}
}

/* --- fcntl --- */
/* The range of a struct flock in absolute terms: -EINVAL or -EOVERFLOW where it has none. */
static int to_range(struct file *f, const struct flock *fl, struct file_lock *l)
{
	loff_t base = 0, start, end = S64_MAX;

	if (fl->l_whence == SEEK_CUR)
		base = f->f_pos;
	else if (fl->l_whence == SEEK_END)
		base = f->f_inode->i_size;
	else if (fl->l_whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, (loff_t)fl->l_start, &start))
		return -EOVERFLOW;
	if (fl->l_len > 0 && __builtin_add_overflow(start, (loff_t)fl->l_len - 1, &end))
		return -EOVERFLOW;
	if (fl->l_len < 0) {
		end = start - 1;
		if (__builtin_add_overflow(start, (loff_t)fl->l_len, &start))
			return -EINVAL;
	}
	if (start < 0)
		return -EINVAL;
	l->start = start;
	l->end = end;
	return 0;
}

static int to_lock(struct file *f, const struct flock *fl, bool ofd, struct file_lock *l)
{
	if (fl->l_type != F_RDLCK && fl->l_type != F_WRLCK && fl->l_type != F_UNLCK)
		return -EINVAL;
	if (ofd && fl->l_pid)
		return -EINVAL;
	l->kind = ofd ? LOCK_OFD : LOCK_POSIX;
	l->owner = ofd ? (const void *)f : current->files;
	l->type = fl->l_type;
	l->pid = ofd ? -1 : current->tgid;
	return to_range(f, fl, l);
}

int fcntl_setlk(struct file *f, struct flock *fl, bool ofd, bool wait)
{
	struct file_lock want;
	int err = to_lock(f, fl, ofd, &want);

	if (err)
		return err;
	if ((want.type == F_RDLCK && !(f->f_mode & FMODE_READ)) || (want.type == F_WRLCK && !(f->f_mode & FMODE_WRITE)))
		return -EBADF;
	return take_lock(f->f_inode, &want, wait);
}

int fcntl_getlk(struct file *f, struct flock *fl, bool ofd)
{
	struct file_lock want, *l;
	int err = to_lock(f, fl, ofd, &want);

	if (err)
		return err;
	if (want.type == F_UNLCK)
		return -EINVAL;
	spin_lock(&lock_lock);
	l = find_conflict(f->f_inode, &want);
	fl->l_type = F_UNLCK;
	if (l) {
		fl->l_type = l->type;
		fl->l_whence = SEEK_SET;
		fl->l_start = l->start;
		fl->l_len = l->end == S64_MAX ? 0 : l->end - l->start + 1;
		fl->l_pid = l->pid;
	}
	spin_unlock(&lock_lock);
	return 0;
}

/* --- close --- */
static noinline void remove_locks(struct inode *inode, const void *owner, bool posix)
{
	struct file_lock *l, *n;
	LIST_HEAD(dead);

	spin_lock(&lock_lock);
	list_for_each_entry_safe(l, n, &inode->i_flocks, list)
		if (l->owner == owner && (l->kind == LOCK_POSIX) == posix)
			list_move_tail(&l->list, &dead);
	spin_unlock(&lock_lock);
	if (list_empty(&dead))
		return;
	free_locks(&dead);
	wake_up_all(queue_of(inode));
}

void locks_remove_posix(struct file *f, struct files_struct *owner)
{
	if (unlikely(!list_empty(&f->f_inode->i_flocks)))
		remove_locks(f->f_inode, owner, true);
}

void locks_remove_file(struct file *f)
{
	if (unlikely(!list_empty(&f->f_inode->i_flocks)))
		remove_locks(f->f_inode, f, false);
}

/* --- flock(2) --- */
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

static long sys_flock(unsigned int fd, unsigned int cmd)
{
	struct file *f = fget(fd);
	struct file_lock want = { .kind = LOCK_FLOCK, .owner = f, .end = S64_MAX };
	unsigned int op = cmd & ~LOCK_NB;
	long err = -EINVAL;

	if (!f)
		return -EBADF;
	want.pid = current->tgid;
	want.type = op == LOCK_SH ? F_RDLCK : op == LOCK_EX ? F_WRLCK : F_UNLCK;
	if (op == LOCK_SH || op == LOCK_EX || op == LOCK_UN)
		err = take_lock(f->f_inode, &want, !(cmd & LOCK_NB));
	fput(f);
	return err;
}

void locks_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(queues); i++)
		init_waitqueue_head(&queues[i]);
}

void locks_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(flock) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
