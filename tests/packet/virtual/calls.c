/* tests/packet/virtual/calls.c - system calls on our stack, by their numbers
 *
 * What:   those of net/socket as they are; read, write, poll, fcntl and ioctl as the kernel's file layer does them.
 * Called: the engine's calls, each in a task.
 */
#include "kernel/fs/file.h"
#include "lib/string.h"
#include "net/core/sock.h"
#include "net/socket/socket.h"
#include "tests/packet/engine.h"
#include "tests/packet/virtual/virtual.h"

/* --- bytes --- */

static s64 transfer(int fd, void *buf, size_t len, bool writing)
{
	struct file *f = fget((unsigned int)fd);
	struct iov_iter iter;
	s64 ret;

	if (!f)
		return -EBADF;
	iov_iter_ubuf(&iter, writing, buf, len);
	ret = writing ? f->f_op->write_iter(f, &iter, NULL) : f->f_op->read_iter(f, &iter, NULL);
	fput(f);
	return ret;
}

/* --- readiness --- */

#define MAX_POLL 16
struct waiter {
	poll_table pt;
	u32 n;
	struct wait_queue_entry entry[2 * MAX_POLL];
	wait_queue_head_t *queue[2 * MAX_POLL];
};

static void enqueue(struct file *f, wait_queue_head_t *q, poll_table *pt)
{
	struct waiter *w = container_of(pt, struct waiter, pt);

	if (w->n == ARRAY_SIZE(w->entry))
		return;
	init_waitqueue_entry(&w->entry[w->n], current);
	add_wait_queue(q, &w->entry[w->n]);
	w->queue[w->n++] = q;
}
static int ask_all(struct pollfd *p, u32 n, struct waiter *w)
{
	int found = 0;

	for (u32 i = 0; i < n; i++) {
		struct file *f = fget((unsigned int)p[i].fd);
		u32 events = (u16)p[i].events | POLLERR | POLLHUP;

		w->pt._key = events;
		p[i].revents = f ? (short)((__force u32)f->f_op->poll(f, &w->pt) & events) : POLLNVAL;
		found += p[i].revents != 0;
		if (f)
			fput(f);
	}
	w->pt._qproc = NULL;
	return found;
}
static s64 wait_for(struct pollfd *p, u32 n, int timeout_ms)
{
	struct waiter w = { .pt._qproc = timeout_ms ? enqueue : NULL };
	s64 left = timeout_ms < 0 ? MAX_SCHEDULE_TIMEOUT : timeout_ms * (s64)NSEC_PER_MSEC;
	int found;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		found = ask_all(p, n, &w);
		if (found || !left)
			break;
		left = schedule_timeout(left);
	}
	__set_current_state_running();
	for (u32 i = 0; i < w.n; i++)
		remove_wait_queue(w.queue[i], &w.entry[i]);
	return found;
}

/* --- descriptors --- */

static s64 do_fcntl(int fd, int cmd, u32 arg)
{
	struct file *f = fget((unsigned int)fd);
	s64 ret = 0;

	if (!f)
		return -EBADF;
	if (cmd == F_GETFL)
		ret = f->f_flags;
	else if (cmd == F_SETFL)
		f->f_flags = (f->f_flags & ~(u32)O_NONBLOCK) | (arg & O_NONBLOCK);
	else
		ret = -EINVAL;
	fput(f);
	return ret;
}
static s64 do_ioctl(int fd, unsigned int cmd, unsigned long arg)
{
	struct file *f = fget((unsigned int)fd);
	s64 ret;

	if (!f)
		return -EBADF;
	ret = f->f_op->unlocked_ioctl(f, cmd, arg);
	fput(f);
	return ret;
}

static void *ptr(u64 v) { return (void *)(unsigned long)v; }
static s64 file_call(u32 nr, const u64 *a)
{
	int fd = (int)a[0];

	switch (nr) {
	case __NR_read: return transfer(fd, ptr(a[1]), a[2], false);
	case __NR_write: return transfer(fd, ptr(a[1]), a[2], true);
	case __NR_poll: return wait_for(ptr(a[0]), (u32)a[1], (int)a[2]);
	case __NR_fcntl: return do_fcntl(fd, (int)a[1], (u32)a[2]);
	case __NR_ioctl: return do_ioctl(fd, (unsigned int)a[1], a[2]);
	case __NR_close: return close_fd((unsigned int)fd);
	default: return -ENOSYS;
	}
}
s64 virtual_call(u32 nr, const u64 *a)
{
	int fd = (int)a[0];

	switch (nr) {
	case __NR_socket: return sys_socket(fd, (int)a[1], (int)a[2]);
	case __NR_bind: return sys_bind(fd, ptr(a[1]), (int)a[2]);
	case __NR_listen: return sys_listen(fd, (int)a[1]);
	case __NR_accept4: return sys_accept4(fd, ptr(a[1]), ptr(a[2]), (int)a[3]);
	case __NR_connect: return sys_connect(fd, ptr(a[1]), (int)a[2]);
	case __NR_getsockname: return sys_getsockname(fd, ptr(a[1]), ptr(a[2]));
	case __NR_getpeername: return sys_getpeername(fd, ptr(a[1]), ptr(a[2]));
	case __NR_shutdown: return sys_shutdown(fd, (int)a[1]);
	case __NR_setsockopt: return sys_setsockopt(fd, (int)a[1], (int)a[2], ptr(a[3]), (int)a[4]);
	case __NR_getsockopt: return sys_getsockopt(fd, (int)a[1], (int)a[2], ptr(a[3]), ptr(a[4]));
	case __NR_sendto: return sys_sendto(fd, ptr(a[1]), a[2], (unsigned int)a[3], ptr(a[4]), (int)a[5]);
	case __NR_recvfrom: return sys_recvfrom(fd, ptr(a[1]), a[2], (unsigned int)a[3], ptr(a[4]), ptr(a[5]));
	case __NR_sendmsg: return sys_sendmsg(fd, ptr(a[1]), (unsigned int)a[2]);
	case __NR_recvmsg: return sys_recvmsg(fd, ptr(a[1]), (unsigned int)a[2]);
	default: return file_call(nr, a);
	}
}
