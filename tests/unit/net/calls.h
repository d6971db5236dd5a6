/* tests/unit/net/calls.h - socket calls as a program makes them, from the descriptor on */
#pragma once
#include "kernel/fs/file.h"
#include "net/socket/socket.h"
#include "tests/unit/test.h"

static __maybe_unused long ioctl_fd(int fd, unsigned int cmd, void *arg)
{
	struct file *f = fget((unsigned int)fd);
	long r = f ? f->f_op->unlocked_ioctl(f, cmd, (unsigned long)arg) : -EBADF;

	if (f)
		fput(f);
	return r;
}
static __maybe_unused u32 poll_fd(int fd)
{
	struct file *f = fget((unsigned int)fd);
	u32 events = f ? (__force u32)f->f_op->poll(f, NULL) : 0;

	if (f)
		fput(f);
	return events;
}
static __maybe_unused long send_fd(int fd, const void *buf, size_t n, unsigned int flags)
{
	return sys_sendto(fd, (void *)buf, n, flags | MSG_NOSIGNAL, NULL, 0);
}
static __maybe_unused long recv_fd(int fd, void *buf, size_t n, unsigned int flags)
{
	return sys_recvfrom(fd, buf, n, flags | MSG_DONTWAIT, NULL, NULL);
}
static __maybe_unused int set_opt(int fd, int level, int opt, int v)
{
	return (int)sys_setsockopt(fd, level, opt, &v, sizeof(v));
}
/* The value, or -errno. */
static __maybe_unused int get_opt(int fd, int level, int opt)
{
	int v = 0, len = sizeof(v);
	long r = sys_getsockopt(fd, level, opt, (char *)&v, &len);

	return r ? (int)r : v;
}
