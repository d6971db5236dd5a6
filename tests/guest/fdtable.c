/* tests/guest/fdtable.c - descriptors: dup and its kin, growth, limits, close-on-exec, close_range, sharing. */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(lowest_number)
{
	int a = open("/dev/null", O_RDWR), b = dup(a), c = dup(a);

	CHECK(b == a + 1 && c == b + 1);
	close(b);
	CHECK(dup(a) == b);
	CHECK(fcntl(a, F_DUPFD, 50) == 50 && fcntl(a, F_DUPFD, 50) == 51);
	FAILS(fcntl(a, F_DUPFD, -1), EINVAL);
	FAILS(close(49), EBADF);
	FAILS(dup(-1), EBADF);
	close(50), close(51), close(a), close(b), close(c);
}

TEST(dup_two_and_three)
{
	int a = open("/dev/zero", O_RDONLY);
	char x = 1;

	CHECK(dup2(a, a) == a && dup2(a, 40) == 40 && read(40, &x, 1) == 1 && !x);
	FAILS(dup3(a, a, 0), EINVAL);
	FAILS(dup2(99, 99), EBADF);
	FAILS(dup2(a, 1 << 30), EBADF);
	CHECK(dup3(a, 41, O_CLOEXEC) == 41 && fcntl(41, F_GETFD) == FD_CLOEXEC && fcntl(40, F_GETFD) == 0);
	CHECK(dup2(41, 40) == 40 && fcntl(40, F_GETFD) == 0);
	close(40), close(41), close(a);
}

TEST(position_is_shared)
{
	char name[] = "/tmp/fdXXXXXX", c;
	int a = mkstemp(name), b = dup(a), status;

	CHECK(write(a, "abcdef", 6) == 6 && lseek(b, 1, SEEK_SET) == 1 && read(a, &c, 1) == 1 && c == 'b');
	if (!fork())
		_exit(read(b, &c, 1) != 1 || c != 'c');
	wait(&status);
	CHECK(status == 0 && read(a, &c, 1) == 1 && c == 'd');
	CHECK(fcntl(b, F_SETFL, O_APPEND) == 0 && (fcntl(a, F_GETFL) & O_APPEND));
	unlink(name);
	close(a), close(b);
}

TEST(growth_and_limit)
{
	struct rlimit rl = { 3000, 3000 }, old;
	int fd = -1, last = -1, n = 0;

	getrlimit(RLIMIT_NOFILE, &old);
	rl.rlim_max = old.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		last = fd;
		n++;
	}
	CHECK(errno == EMFILE && last == 2999);
	FAILS(dup2(0, 3000), EBADF);
	FAILS(fcntl(0, F_DUPFD, 3000), EINVAL);
	CHECK(fcntl(2500, F_GETFD) == 0);
	CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
	FAILS(fcntl(2500, F_GETFD), EBADF);
	CHECK(open("/dev/null", O_RDONLY) == 3);
	close(3);
	setrlimit(RLIMIT_NOFILE, &old);
}

TEST(close_range_marks)
{
	int a = open("/dev/null", O_RDONLY), b = dup(a);

	CHECK(syscall(SYS_close_range, a, b, 4) == 0 && fcntl(a, F_GETFD) == FD_CLOEXEC &&
	      fcntl(b, F_GETFD) == FD_CLOEXEC);
	FAILS(syscall(SYS_close_range, b, a, 0), EINVAL);
	CHECK(ioctl(a, 0x5450) == 0 && fcntl(a, F_GETFD) == 0); /* FIONCLEX */
	CHECK(syscall(SYS_close_range, a, b, 0) == 0);
	FAILS(fcntl(a, F_GETFD), EBADF);
}

TEST(exec_closes)
{
	int a = open("/dev/null", O_RDONLY | O_CLOEXEC), b = dup(a), status;
	char cmd[128];

	sprintf(cmd, "test ! -e /proc/self/fd/%d && test -e /proc/self/fd/%d", a, b);
	if (!fork()) {
		execl("/bin/sh", "sh", "-c", cmd, (char *)0);
		_exit(9);
	}
	wait(&status);
	CHECK(status == 0);
	close(a), close(b);
}

TEST(flags_by_ioctl)
{
	int p[2], on = 1, n = -1;
	char c;

	CHECK(pipe(p) == 0 && ioctl(p[0], FIONBIO, &on) == 0 && (fcntl(p[0], F_GETFL) & O_NONBLOCK));
	FAILS(read(p[0], &c, 1), EAGAIN);
	CHECK(write(p[1], "xyz", 3) == 3 && ioctl(p[0], FIONREAD, &n) == 0 && n == 3);
	FAILS(ioctl(p[0], 0x12345678, 0), ENOTTY);
	CHECK(fcntl(p[0], F_SETOWN, getpid()) == 0 && fcntl(p[0], F_GETOWN) == getpid());
	close(p[0]), close(p[1]);
}

/* Number nr, in both ways to set it; what it reads back as. */
static int owned_by(int s, int nr, int as)
{
	int was = 77, ok;

	if (fcntl(s, F_SETOWN, 0) || fcntl(s, F_SETOWN, nr) || fcntl(s, F_GETOWN) != as)
		return 0;
	ok = ioctl(s, FIOSETOWN, &nr) == 0 && ioctl(s, SIOCSPGRP, &nr) == 0;
	return ok && ioctl(s, FIOGETOWN, &was) == 0 && was == as && ioctl(s, SIOCGPGRP, &was) == 0 && was == as;
}
static void owner(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), nobody[] = { 4000000, -4000000, 2000000000, 0 }, p;

	CHECK(owned_by(s, getpid(), getpid()));
	CHECK(owned_by(s, -getpgrp(), -getpgrp()));
	CHECK(owned_by(s, 0, 0));
	p = fork();
	if (!p)
		for (;;)
			pause();
	CHECK(owned_by(s, p, p));
	CHECK(owned_by(s, -p, 0)); /* its number, but no group has it */
	CHECK(owned_by(s, p, p));
	kill(p, SIGKILL);
	CHECK(waitpid(p, NULL, 0) == p && fcntl(s, F_GETOWN) == 0);
	nobody[3] = p;
	CHECK(fcntl(s, F_SETOWN, getpid()) == 0);
	for (int i = 0; i < 4; i++) {
		FAILS(fcntl(s, F_SETOWN, nobody[i]), ESRCH);
		FAILS(ioctl(s, FIOSETOWN, &nobody[i]), ESRCH);
		FAILS(ioctl(s, SIOCSPGRP, &nobody[i]), ESRCH);
	}
	FAILS(fcntl(s, F_SETOWN, INT_MIN), EINVAL);
	FAILS(ioctl(s, FIOSETOWN, (void *)8), EFAULT);
	CHECK(fcntl(s, F_GETOWN) == getpid());
	close(s);
}

int main(void)
{
	RUN(owner);
	RUN(lowest_number);
	RUN(dup_two_and_three);
	RUN(position_is_shared);
	RUN(growth_and_limit);
	RUN(close_range_marks);
	RUN(exec_closes);
	RUN(flags_by_ioctl);
	return failed;
}
