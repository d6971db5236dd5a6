/* kernel/fs/select.h - the system calls that wait for files: poll, select, epoll, and the files made for it */
#pragma once
#include "lib/types.h"
#include <linux/poll.h>
#include <linux/time.h>
#include <linux/time_types.h>

struct epoll_event;

/* The moment ts from now, in ktime_get_ns() terms; U64_MAX: never. 0 or -EINVAL. */
int deadline_from_timespec(const struct __kernel_timespec *ts, u64 *deadline_ns);
/* What is left until deadline_ns for schedule_timeout(). */
s64 deadline_left(u64 deadline_ns);

long sys_poll(struct pollfd __user *fds, unsigned int nfds, int timeout_ms);
long sys_ppoll(struct pollfd __user *fds, unsigned int nfds, struct __kernel_timespec __user *ts,
	       const void __user *mask, size_t masksize);
long sys_select(int n, void __user *in, void __user *out, void __user *ex, struct __kernel_old_timeval __user *tv);
long sys_pselect6(int n, void __user *in, void __user *out, void __user *ex, struct __kernel_timespec __user *ts,
		  void __user *sig);
long sys_epoll_create(int size);
long sys_epoll_create1(int flags);
long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *event);
long sys_epoll_wait(int epfd, struct epoll_event __user *events, int max, int timeout_ms);
long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int max, int timeout_ms, const void __user *mask,
		     size_t masksize);
long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int max,
		      const struct __kernel_timespec __user *ts, const void __user *mask, size_t masksize);
long sys_eventfd(unsigned int count);
long sys_eventfd2(unsigned int count, int flags);
long sys_timerfd_create(int clock, int flags);
long sys_timerfd_settime(int fd, int flags, const struct __kernel_itimerspec __user *new,
			 struct __kernel_itimerspec __user *old);
long sys_timerfd_gettime(int fd, struct __kernel_itimerspec __user *cur);
long sys_signalfd(int fd, const void __user *mask, size_t size);
long sys_signalfd4(int fd, const void __user *mask, size_t size, int flags);
void eventpoll_init(void);
