/* kernel/fs/select.c - poll and select: ask each file, and sleep on all of their wait queues at once
 *
 * What:   poll, ppoll, select, pselect6.
 * Called: programs.
 * Calls:  poll_queues.c.
 */
#include "kernel/fs/select.h"
#include "kernel/fs/poll_queues.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/pipe.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/syscall/syscall.h"
#include "lib/bitmap.h"
#include "lib/string.h"
static u64 deadline_from_ms(int ms)
{
	if (ms < 0)
		return U64_MAX;
	return ms ? ktime_get_ns() + (u64)ms * NSEC_PER_MSEC : 0;
}

/* --- poll --- */

struct poll_set { struct pollfd *fds; unsigned int n; };

static int poll_round(struct poll_queues *q, void *arg)
{
	struct poll_set *set = arg;
	int found = 0;

	for (struct pollfd *p = set->fds; p < set->fds + set->n; p++) {
		struct file *f;

		p->revents = 0;
		if (p->fd < 0)
			continue;
		f = fget((unsigned int)p->fd);
		if (!f) {
			p->revents = POLLNVAL;
		} else {
			p->revents = (short)poll_ask_file(f, q, (u16)p->events);
			fput(f);
		}
		if (p->revents) {
			found++;
			q->pt._qproc = NULL;
		}
	}
	return found;
}

static int write_back(struct pollfd __user *ufds, const struct pollfd *fds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (put_user(fds[i].revents, &ufds[i].revents))
			return -EFAULT;
	return 0;
}

static int do_poll(struct pollfd __user *ufds, unsigned int n, u64 deadline_ns)
{
	struct pollfd fast[16];
	struct poll_set set = { fast, n };
	struct poll_queues q;
	int found = -EFAULT;

	if (n > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > ARRAY_SIZE(fast))
		set.fds = kvmalloc(n * sizeof(struct pollfd), GFP_KERNEL);
	if (!set.fds)
		return -ENOMEM;
	if (!copy_from_user(set.fds, ufds, n * sizeof(struct pollfd))) {
		poll_queues_init(&q);
		found = poll_loop(&q, deadline_ns, poll_round, &set);
		poll_queues_free(&q);
		if (found >= 0 && write_back(ufds, set.fds, n))
			found = -EFAULT;
	}
	if (set.fds != fast)
		kvfree(set.fds);
	return found;
}

static long poll_restart(struct task_struct *t)
{
	u64 *a = t->restart_block.args;
	int ret = do_poll((struct pollfd __user *)a[0], (unsigned int)a[1], a[2]);

	return ret == -EINTR ? -ERESTART_RESTARTBLOCK : ret;
}

long sys_poll(struct pollfd __user *fds, unsigned int nfds, int timeout_ms)
{
	u64 deadline_ns = deadline_from_ms(timeout_ms);
	int ret = do_poll(fds, nfds, deadline_ns);

	if (ret != -EINTR)
		return ret;
	current->restart_block.fn = poll_restart;
	current->restart_block.args[0] = (__force u64)fds;
	current->restart_block.args[1] = nfds;
	current->restart_block.args[2] = deadline_ns;
	return -ERESTART_RESTARTBLOCK;
}

/* Deadline of a call whose time-out may be absent, and be {0, 0}. */
static int read_timespec(const struct __kernel_timespec __user *uts, u64 *deadline_ns)
{
	struct __kernel_timespec ts;

	*deadline_ns = U64_MAX;
	if (!uts)
		return 0;
	if (copy_from_user(&ts, uts, sizeof(ts)))
		return -EFAULT;
	if (!ts.tv_sec && !ts.tv_nsec) {
		*deadline_ns = 0;
		return 0;
	}
	return deadline_from_timespec(&ts, deadline_ns);
}

/* As Linux does, the time left goes back to the program; that it cannot be written is no error. */
static void write_timespec(struct __kernel_timespec __user *uts, u64 deadline_ns)
{
	u64 left = (u64)deadline_left(deadline_ns);
	struct __kernel_timespec ts = { (long long)(left / NSEC_PER_SEC), (long long)(left % NSEC_PER_SEC) };

	if (uts && deadline_ns && deadline_ns != U64_MAX && copy_to_user(uts, &ts, sizeof(ts)))
		return;
}

long sys_ppoll(struct pollfd __user *fds, unsigned int nfds, struct __kernel_timespec __user *ts,
	       const void __user *mask, size_t masksize)
{
	u64 deadline_ns;
	int ret = read_timespec(ts, &deadline_ns);

	if (!ret && mask)
		ret = set_user_sigmask(mask, masksize);
	if (ret)
		return ret;
	ret = do_poll(fds, nfds, deadline_ns);
	restore_saved_sigmask_unless(ret == -EINTR);
	write_timespec(ts, deadline_ns);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

/* --- select --- */

#define READ_EVENTS (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define WRITE_EVENTS (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define EXCEPT_EVENTS EPOLLPRI

struct select_set { unsigned int n; unsigned long *in, *out, *ex, *rin, *rout, *rex; };

static int select_one(struct poll_queues *q, struct select_set *s, unsigned int fd)
{
	__poll_t want = (test_bit(fd, s->in) ? READ_EVENTS : 0) | (test_bit(fd, s->out) ? WRITE_EVENTS : 0) |
			(test_bit(fd, s->ex) ? EXCEPT_EVENTS : 0), got;
	struct file *f = fget(fd);
	int found = 0;

	if (!f)
		return -EBADF;
	got = poll_ask_file(f, q, want);
	fput(f);
	if (test_bit(fd, s->in) && (got & READ_EVENTS)) {
		__set_bit(fd, s->rin);
		found++;
	}
	if (test_bit(fd, s->out) && (got & WRITE_EVENTS)) {
		__set_bit(fd, s->rout);
		found++;
	}
	if (test_bit(fd, s->ex) && (got & EXCEPT_EVENTS)) {
		__set_bit(fd, s->rex);
		found++;
	}
	return found;
}

static int select_round(struct poll_queues *q, void *arg)
{
	struct select_set *s = arg;
	int found = 0, n;

	for (unsigned int word = 0; word < BITS_TO_LONGS(s->n); word++) {
		unsigned long all = s->in[word] | s->out[word] | s->ex[word];

		for (; all; all &= all - 1) {
			unsigned int fd = word * 64 + (unsigned int)ffs64(all) - 1;

			n = fd < s->n ? select_one(q, s, fd) : 0;
			if (n < 0)
				return n;
			found += n;
			if (found)
				q->pt._qproc = NULL;
		}
	}
	return found;
}

static int read_set(unsigned long *set, const void __user *user, size_t bytes)
{
	if (user && copy_from_user(set, user, bytes))
		return -EFAULT;
	return 0;
}

static int write_set(void __user *user, const unsigned long *set, size_t bytes)
{
	return user && copy_to_user(user, set, bytes) ? -EFAULT : 0;
}

static int select_sets(struct select_set *s, void __user *in, void __user *out, void __user *ex, u64 deadline_ns)
{
	size_t bytes = BITS_TO_LONGS(s->n) * sizeof(long);
	struct poll_queues q;
	int found;

	if (read_set(s->in, in, bytes) || read_set(s->out, out, bytes) || read_set(s->ex, ex, bytes))
		return -EFAULT;
	poll_queues_init(&q);
	found = poll_loop(&q, deadline_ns, select_round, s);
	poll_queues_free(&q);
	if (found < 0)
		return found;
	if (write_set(in, s->rin, bytes) || write_set(out, s->rout, bytes) || write_set(ex, s->rex, bytes))
		return -EFAULT;
	return found;
}

static unsigned int fd_table_size(void) { return READ_ONCE(current->files->fdt)->max_fds; }

static int do_select(int n, void __user *in, void __user *out, void __user *ex, u64 deadline_ns)
{
	unsigned long fast[6 * 4];
	unsigned long *bits = fast;
	struct select_set s;
	size_t longs;
	int ret;

	if (n < 0)
		return -EINVAL;
	s.n = min((unsigned int)n, fd_table_size());
	longs = BITS_TO_LONGS(s.n);
	if (longs > 4)
		bits = kvmalloc(6 * longs * sizeof(long), GFP_KERNEL);
	if (!bits)
		return -ENOMEM;
	memset(bits, 0, 6 * longs * sizeof(long));
	s.in = bits;
	s.out = bits + longs;
	s.ex = bits + 2 * longs;
	s.rin = bits + 3 * longs;
	s.rout = bits + 4 * longs;
	s.rex = bits + 5 * longs;
	ret = select_sets(&s, in, out, ex, deadline_ns);
	if (bits != fast)
		kvfree(bits);
	return ret == -EINTR ? -ERESTARTNOHAND : ret;
}

long sys_select(int n, void __user *in, void __user *out, void __user *ex, struct __kernel_old_timeval __user *utv)
{
	struct __kernel_old_timeval tv;
	u64 deadline_ns = U64_MAX, left;
	int ret;

	if (utv) {
		struct __kernel_timespec ts;

		if (copy_from_user(&tv, utv, sizeof(tv)))
			return -EFAULT;
		ts.tv_sec = tv.tv_sec + tv.tv_usec / (long)USEC_PER_SEC;
		ts.tv_nsec = tv.tv_usec % (long)USEC_PER_SEC * 1000;
		deadline_ns = 0;
		if ((ts.tv_sec || ts.tv_nsec) && deadline_from_timespec(&ts, &deadline_ns))
			return -EINVAL;
	}
	ret = do_select(n, in, out, ex, deadline_ns);
	if (!utv || !deadline_ns || deadline_ns == U64_MAX)
		return ret;
	left = (u64)deadline_left(deadline_ns);
	tv.tv_sec = (__kernel_long_t)(left / NSEC_PER_SEC);
	tv.tv_usec = (__kernel_long_t)(left % NSEC_PER_SEC / NSEC_PER_USEC);
	if (copy_to_user(utv, &tv, sizeof(tv))) /* read-only memory: as good as no answer, no error */
		return ret;
	return ret;
}

long sys_pselect6(int n, void __user *in, void __user *out, void __user *ex, struct __kernel_timespec __user *ts,
		  void __user *sig)
{
	struct { const void __user *mask; size_t size; } arg = { NULL, 0 };
	u64 deadline_ns;
	int ret;

	if (sig && copy_from_user(&arg, sig, sizeof(arg)))
		return -EFAULT;
	ret = read_timespec(ts, &deadline_ns);
	if (!ret && arg.mask)
		ret = set_user_sigmask(arg.mask, arg.size);
	if (ret)
		return ret;
	ret = do_select(n, in, out, ex, deadline_ns);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	write_timespec(ts, deadline_ns);
	return ret;
}

void poll_syscalls(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(pipe), SYSCALL(pipe2), SYSCALL(poll), SYSCALL(ppoll), SYSCALL(select), SYSCALL(pselect6),
		SYSCALL(epoll_create), SYSCALL(epoll_create1), SYSCALL(epoll_ctl), SYSCALL(epoll_wait),
		SYSCALL(epoll_pwait), SYSCALL(epoll_pwait2), SYSCALL(eventfd), SYSCALL(eventfd2),
		SYSCALL(timerfd_create), SYSCALL(timerfd_settime), SYSCALL(timerfd_gettime), SYSCALL(signalfd),
		SYSCALL(signalfd4),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
	eventpoll_init();
}
