/* kernel/fs/fdtable.c - descriptors: small numbers that lead to open files
 *
 * What:   lookup, allocation of the lowest free number, growth, dup, close, close_range, copies for fork.
 * Called: by every system call that takes a descriptor; process/ for fork, exec and exit.
 * Locks:  files->file_lock for changes. Lookup is RCU: tables and files are freed after a grace period, and fget()
 *         takes its reference only while the slot still shows the file.
 */
#include "kernel/fs/internal.h"
#include <linux/close_range.h>

#define FIRST_FDS 64u
#define NR_OPEN_MAX (1u << 20)

static struct fdtable *alloc_fdtable(unsigned int fds)
{
	size_t words = BITS_TO_LONGS(fds);
	struct fdtable *t = kvzalloc(sizeof(*t) + fds * sizeof(struct file *) + 2 * words * sizeof(long), GFP_KERNEL);

	if (!t)
		return NULL;
	t->max_fds = fds;
	t->fd = (struct file **)(t + 1);
	t->open_fds = (unsigned long *)(t->fd + fds);
	t->close_on_exec = t->open_fds + words;
	return t;
}

static void free_fdtable_rcu(struct rcu_head *head)
{
	kvfree(container_of(head, struct fdtable, rcu));
}

static struct files_struct *alloc_files(unsigned int fds)
{
	struct files_struct *files = kzalloc(sizeof(*files), GFP_KERNEL);

	if (!files)
		return NULL;
	files->fdt = alloc_fdtable(fds);
	if (!files->fdt) {
		kfree(files);
		return NULL;
	}
	refcount_set(&files->count, 1);
	spin_lock_init(&files->file_lock);
	return files;
}

static void copy_fdtable(struct fdtable *to, const struct fdtable *from)
{
	size_t words = BITS_TO_LONGS(from->max_fds);

	memcpy(to->fd, from->fd, from->max_fds * sizeof(struct file *));
	memcpy(to->open_fds, from->open_fds, words * sizeof(long));
	memcpy(to->close_on_exec, from->close_on_exec, words * sizeof(long));
}

/* Makes room for fd. file_lock held; drops and retakes it. 0 when the table may have changed: look again. */
static int expand_files(struct files_struct *files, unsigned int fd)
{
	struct fdtable *old, *t;

	if (fd >= NR_OPEN_MAX)
		return -EMFILE;
	spin_unlock(&files->file_lock);
	t = alloc_fdtable(max((unsigned int)roundup_pow_of_two(fd + 1), FIRST_FDS));
	spin_lock(&files->file_lock);
	if (!t)
		return -ENOMEM;
	old = files->fdt;
	if (fd < old->max_fds) {
		kvfree(t);
		return 0;
	}
	copy_fdtable(t, old);
	rcu_assign_pointer(files->fdt, t);
	call_rcu(&old->rcu, free_fdtable_rcu);
	return 0;
}

static int alloc_fd(struct files_struct *files, unsigned int start, unsigned int flags)
{
	unsigned long limit = rlimit(RLIMIT_NOFILE);
	struct fdtable *t;
	unsigned int fd;
	int err = 0;

	spin_lock(&files->file_lock);
	for (;;) {
		t = files->fdt;
		fd = max(start, files->next_fd);
		if (fd < t->max_fds)
			fd = find_next_zero_bit(t->open_fds, t->max_fds, fd);
		if (fd >= limit)
			err = -EMFILE;
		if (err || fd < t->max_fds)
			break;
		err = expand_files(files, fd);
	}
	if (!err) {
		__set_bit(fd, t->open_fds);
		flags & O_CLOEXEC ? __set_bit(fd, t->close_on_exec) : __clear_bit(fd, t->close_on_exec);
		if (start <= files->next_fd)
			files->next_fd = fd + 1;
	}
	spin_unlock(&files->file_lock);
	return err ? err : (int)fd;
}

int get_unused_fd_from(unsigned int start, unsigned int flags)
{
	if (start >= rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	return alloc_fd(current->files, start, flags);
}

int get_unused_fd_flags(unsigned int flags)
{
	return alloc_fd(current->files, 0, flags);
}

static void free_fd_locked(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files->fdt->open_fds);
	__clear_bit(fd, files->fdt->close_on_exec);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	free_fd_locked(files, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *f)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	BUG_ON(files->fdt->fd[fd]);
	rcu_assign_pointer(files->fdt->fd[fd], f);
	spin_unlock(&files->file_lock);
}

struct file *files_lookup(struct files_struct *files, unsigned int fd)
{
	struct file *f;

	rcu_read_lock();
	for (;;) {
		struct fdtable *t = rcu_dereference(files->fdt);

		f = fd < t->max_fds ? rcu_dereference(t->fd[fd]) : NULL;
		if (!f)
			break;
		/* The slot must still show it: else the reference may be to a file born in the same memory. */
		if (!refcount_inc_not_zero(&f->f_count))
			continue;
		if (likely(rcu_dereference(files->fdt) == t && rcu_dereference(t->fd[fd]) == f))
			break;
		fput(f);
	}
	rcu_read_unlock();
	return f;
}

struct file *fget_raw(unsigned int fd)
{
	return files_lookup(current->files, fd);
}

struct file *fget(unsigned int fd)
{
	struct file *f = files_lookup(current->files, fd);

	if (likely(!f || !(f->f_mode & FMODE_PATH)))
		return f;
	fput(f);
	return NULL;
}

struct fd fdget(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct fdtable *t = files->fdt;
	struct file *f;

	if (unlikely(refcount_read(&files->count) != 1)) {
		f = fget(fd);
		return (struct fd){ f, f };
	}
	f = fd < t->max_fds ? t->fd[fd] : NULL;
	return (struct fd){ f && likely(!(f->f_mode & FMODE_PATH)) ? f : NULL, false };
}

/* Takes the file out of its slot and frees the number. NULL when it was not open. */
static struct file *pick_file(struct files_struct *files, unsigned int fd)
{
	struct file *f = NULL;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds)
		f = files->fdt->fd[fd];
	if (f) {
		rcu_assign_pointer(files->fdt->fd[fd], NULL);
		free_fd_locked(files, fd);
	}
	spin_unlock(&files->file_lock);
	return f;
}

int close_fd(unsigned int fd)
{
	struct file *f = pick_file(current->files, fd);

	return f ? filp_close(f, current->files) : -EBADF;
}

/* A copy for fork; old NULL: an empty table. Reserved numbers without a file yet are left out. */
struct files_struct *dup_files(struct files_struct *old)
{
	struct files_struct *files;
	unsigned int fds = FIRST_FDS;

	if (!old)
		return (files = alloc_files(fds)) ? files : ERR_PTR(-ENOMEM);
	for (;;) {
		fds = max(fds, READ_ONCE(old->fdt->max_fds));
		files = alloc_files(fds);
		if (!files)
			return ERR_PTR(-ENOMEM);
		spin_lock(&old->file_lock);
		if (old->fdt->max_fds <= fds)
			break;
		spin_unlock(&old->file_lock);
		kvfree(files->fdt);
		kfree(files);
	}
	copy_fdtable(files->fdt, old->fdt);
	files->next_fd = 0;
	for (unsigned int fd = 0; fd < old->fdt->max_fds; fd++)
		if (files->fdt->fd[fd])
			get_file(files->fdt->fd[fd]);
		else
			free_fd_locked(files, fd);
	spin_unlock(&old->file_lock);
	files->next_fd = 0;
	return files;
}

void get_files(struct files_struct *f)
{
	refcount_inc(&f->count);
}

static void free_files_rcu(struct rcu_head *head)
{
	struct fdtable *t = container_of(head, struct fdtable, rcu);
	struct files_struct *files = *(struct files_struct **)t->fd; /* put_files left it there */

	kvfree(t);
	kfree(files);
}

void put_files(struct files_struct *files)
{
	struct fdtable *t;

	if (!refcount_dec_and_test(&files->count))
		return;
	t = files->fdt;
	for (unsigned int fd = 0; fd < t->max_fds; fd++) {
		struct file *f = t->fd[fd];

		if (!f)
			continue;
		rcu_assign_pointer(t->fd[fd], NULL);
		filp_close(f, files);
		cond_resched();
	}
	t->max_fds = 0; /* readers that still see the table find nothing */
	*(struct files_struct **)t->fd = files;
	call_rcu(&t->rcu, free_files_rcu);
}

void files_close_on_exec(struct files_struct *files)
{
	for (unsigned int fd = 0;; fd++) {
		struct file *f = NULL;

		spin_lock(&files->file_lock);
		fd = find_next_bit(files->fdt->close_on_exec, files->fdt->max_fds, fd);
		if (fd >= files->fdt->max_fds) {
			spin_unlock(&files->file_lock);
			return;
		}
		f = files->fdt->fd[fd];
		rcu_assign_pointer(files->fdt->fd[fd], NULL);
		free_fd_locked(files, fd);
		spin_unlock(&files->file_lock);
		if (f)
			filp_close(f, files);
	}
}

int files_next(struct files_struct *files, unsigned int from, struct file **f, bool *cloexec)
{
	int found = -1;

	spin_lock(&files->file_lock);
	for (unsigned int fd = from; fd < files->fdt->max_fds; fd++) {
		*f = files->fdt->fd[fd];
		if (!*f)
			continue;
		get_file(*f);
		*cloexec = test_bit(fd, files->fdt->close_on_exec);
		found = fd;
		break;
	}
	spin_unlock(&files->file_lock);
	return found;
}

/* Puts f at newfd, closing what was there. Eats f's reference. */
static long do_dup2(struct file *f, unsigned int newfd, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct file *old;
	int err = 0;

	spin_lock(&files->file_lock);
	while (newfd >= files->fdt->max_fds && !err)
		err = expand_files(files, newfd);
	old = err ? NULL : files->fdt->fd[newfd];
	/* Reserved by an open() that has not finished: Linux answers EBUSY too. */
	if (!err && !old && test_bit(newfd, files->fdt->open_fds))
		err = -EBUSY;
	if (err) {
		spin_unlock(&files->file_lock);
		fput(f);
		return err;
	}
	rcu_assign_pointer(files->fdt->fd[newfd], f);
	__set_bit(newfd, files->fdt->open_fds);
	flags & O_CLOEXEC ? __set_bit(newfd, files->fdt->close_on_exec)
			  : __clear_bit(newfd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old, files);
	return newfd;
}

static long sys_dup3(unsigned int oldfd, unsigned int newfd, int flags)
{
	struct file *f;

	if (flags & ~O_CLOEXEC || oldfd == newfd)
		return -EINVAL;
	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	f = fget_raw(oldfd);
	return f ? do_dup2(f, newfd, flags) : -EBADF;
}

static long sys_dup2(unsigned int oldfd, unsigned int newfd)
{
	struct file *f;

	if (oldfd != newfd)
		return sys_dup3(oldfd, newfd, 0);
	f = fget_raw(oldfd);
	if (!f)
		return -EBADF;
	fput(f);
	return newfd;
}

static long sys_dup(unsigned int oldfd)
{
	struct file *f = fget_raw(oldfd);
	int fd;

	if (!f)
		return -EBADF;
	fd = get_unused_fd_flags(0);
	if (fd < 0)
		fput(f);
	else
		fd_install(fd, f);
	return fd;
}

static long sys_close(unsigned int fd)
{
	int err = close_fd(fd);

	/* The descriptor is gone: a restart would close somebody else's. */
	return err <= -ERESTARTSYS && err >= -ERESTART_RESTARTBLOCK ? -EINTR : err;
}

static void close_or_mark(struct files_struct *files, unsigned int fd, bool mark)
{
	struct file *f;

	if (!mark) {
		f = pick_file(files, fd);
		if (f)
			filp_close(f, files);
		return;
	}
	spin_lock(&files->file_lock);
	if (test_bit(fd, files->fdt->open_fds))
		__set_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
}

int unshare_files(void)
{
	struct files_struct *old = current->files, *new;

	if (refcount_read(&old->count) == 1)
		return 0;
	new = dup_files(old);
	if (IS_ERR(new))
		return PTR_ERR(new);
	spin_lock(&current->alloc_lock);
	current->files = new;
	spin_unlock(&current->alloc_lock);
	put_files(old);
	return 0;
}

static long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	int err = 0;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE)
		err = unshare_files();
	if (err)
		return err;
	for (u64 fd = first; fd <= last && fd < READ_ONCE(current->files->fdt->max_fds); fd++)
		close_or_mark(current->files, fd, flags & CLOSE_RANGE_CLOEXEC);
	return 0;
}

void fdtable_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(dup), SYSCALL(dup2), SYSCALL(dup3), SYSCALL(close), SYSCALL(close_range),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
