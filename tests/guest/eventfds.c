/* tests/guest/eventfds.c - eventfd, timerfd, signalfd */
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))

static short ready(int fd)
{
	struct pollfd pf = { fd, POLLIN | POLLOUT, 0 };

	return poll(&pf, 1, 0) < 0 ? -1 : pf.revents;
}

static void counters(void)
{
	uint64_t v;
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC), sem;

	CHECK("eventfd", fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	CHECK("flags", ERR(eventfd(0, 4), EINVAL));
	CHECK("ready both ways", ready(fd) == (POLLIN | POLLOUT));
	CHECK("initial value", read(fd, &v, 8) == 8 && v == 3);
	CHECK("empty", ERR(read(fd, &v, 8), EAGAIN) && ready(fd) == POLLOUT);
	CHECK("short read", ERR(read(fd, &v, 4), EINVAL));
	CHECK("short write", ERR(write(fd, &v, 4), EINVAL));
	v = UINT64_MAX;
	CHECK("too much", ERR(write(fd, &v, 8), EINVAL));
	v = UINT64_MAX - 1;
	CHECK("just enough", write(fd, &v, 8) == 8 && ready(fd) == POLLIN);
	v = 1;
	CHECK("full", ERR(write(fd, &v, 8), EAGAIN));
	sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	CHECK("semaphore 1", read(sem, &v, 8) == 8 && v == 1);
	CHECK("semaphore 2", read(sem, &v, 8) == 8 && v == 1);
	CHECK("semaphore 3", ERR(read(sem, &v, 8), EAGAIN));
	fcntl(fd, F_SETFL, 0);
	read(fd, &v, 8);
	if (!fork()) {
		v = 9;
		usleep(50000);
		_exit(write(fd, &v, 8) != 8);
	}
	CHECK("read waits", read(fd, &v, 8) == 8 && v == 9);
	wait(NULL);
	close(fd);
	close(sem);
}

static void timers(void)
{
	struct itimerspec its = { { 0, 20000000 }, { 0, 20000000 } }, cur;
	struct timespec now, nap = { 0, 110000000 };
	uint64_t v = 0;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), rt = timerfd_create(CLOCK_REALTIME, 0);

	CHECK("timerfd", fd >= 0 && rt >= 0);
	CHECK("bad clock", ERR(timerfd_create(99, 0), EINVAL));
	CHECK("bad flags", ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL));
	CHECK("unarmed", ERR(read(fd, &v, 8), EAGAIN) && ready(fd) == 0);
	CHECK("settime", timerfd_settime(fd, 0, &its, NULL) == 0);
	nanosleep(&nap, NULL);
	CHECK("readable", ready(fd) == POLLIN);
	CHECK("five periods", read(fd, &v, 8) == 8 && v >= 5);
	CHECK("gettime", timerfd_gettime(fd, &cur) == 0 && cur.it_interval.tv_nsec == 20000000 &&
				 cur.it_value.tv_nsec <= 20000000);
	memset(&its, 0, sizeof(its));
	CHECK("disarm", timerfd_settime(fd, 0, &its, &cur) == 0 && cur.it_interval.tv_nsec == 20000000);
	CHECK("is off", timerfd_gettime(fd, &cur) == 0 && !cur.it_value.tv_sec && !cur.it_value.tv_nsec);
	clock_gettime(CLOCK_REALTIME, &now);
	its.it_value = now;
	its.it_value.tv_nsec += 30000000;
	if (its.it_value.tv_nsec >= 1000000000) {
		its.it_value.tv_nsec -= 1000000000;
		its.it_value.tv_sec++;
	}
	CHECK("absolute", timerfd_settime(rt, TFD_TIMER_ABSTIME, &its, NULL) == 0);
	CHECK("waits for it", read(rt, &v, 8) == 8 && v == 1);
	clock_gettime(CLOCK_REALTIME, &now);
	CHECK("not early", now.tv_sec > its.it_value.tv_sec ||
				   (now.tv_sec == its.it_value.tv_sec && now.tv_nsec >= its.it_value.tv_nsec));
	its.it_value.tv_sec = 1;
	CHECK("in the past", timerfd_settime(rt, TFD_TIMER_ABSTIME, &its, NULL) == 0 && read(rt, &v, 8) == 8);
	its.it_value.tv_nsec = 1000000000;
	CHECK("bad time", ERR(timerfd_settime(fd, 0, &its, NULL), EINVAL));
	CHECK("not a timer", ERR(timerfd_gettime(0, &cur), EINVAL) || errno == EBADF);
	close(fd);
	close(rt);
}

static void signals(void)
{
	struct signalfd_siginfo si[4];
	union sigval val = { .sival_int = 42 };
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	CHECK("signalfd", fd >= 0);
	CHECK("none", ERR(read(fd, si, sizeof(si)), EAGAIN));
	CHECK("short", ERR(read(fd, si, 16), EINVAL));
	kill(getpid(), SIGUSR1);
	CHECK("readable", ready(fd) == POLLIN);
	sigqueue(getpid(), SIGRTMIN, val);
	CHECK("two at once", read(fd, si, sizeof(si)) == 2 * sizeof(si[0]));
	CHECK("first", si[0].ssi_signo == SIGUSR1 && si[0].ssi_pid == (uint32_t)getpid() && si[0].ssi_code == SI_USER);
	CHECK("second", si[1].ssi_signo == (uint32_t)SIGRTMIN && si[1].ssi_int == 42 && si[1].ssi_code == SI_QUEUE);
	if (!fork())
		_exit(5);
	fcntl(fd, F_SETFL, 0);
	CHECK("SIGCHLD",
	      read(fd, si, sizeof(si)) == sizeof(si[0]) && si[0].ssi_signo == SIGCHLD && si[0].ssi_status == 5);
	wait(NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK("new mask", signalfd(fd, &set, 0) == fd);
	CHECK("not a signalfd", ERR(signalfd(0, &set, 0), EINVAL) || errno == EBADF);
	close(fd);
}

int main(void)
{
	counters();
	timers();
	signals();
	return verdict();
}
