/* tests/guest/locks.c - advisory locks: flock, POSIX record locks and open-file-description locks. */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static char name[] = "/tmp/lkXXXXXX";

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &fl);
}

/* What another process gets for a lock: 0, or its errno. */
static int other(int type, off_t start, off_t len)
{
	int status;

	if (!fork()) {
		int fd = open(name, O_RDWR);

		errno = 0;
		_exit(lock(fd, F_SETLK, type, start, len) ? errno : 0);
	}
	wait(&status);
	return WEXITSTATUS(status);
}

TEST(posix_ranges)
{
	int fd = open(name, O_RDWR);
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };

	CHECK(lock(fd, F_SETLK, F_WRLCK, 10, 10) == 0);
	CHECK(other(F_RDLCK, 15, 1) == EAGAIN && other(F_RDLCK, 0, 10) == 0 && other(F_WRLCK, 20, 0) == 0);
	CHECK(lock(fd, F_SETLK, F_UNLCK, 13, 2) == 0); /* a hole in the middle */
	CHECK(other(F_WRLCK, 13, 2) == 0 && other(F_WRLCK, 12, 1) == EAGAIN && other(F_WRLCK, 15, 1) == EAGAIN);
	CHECK(lock(fd, F_SETLK, F_RDLCK, 10, 3) == 0 && other(F_RDLCK, 10, 3) == 0 && other(F_WRLCK, 10, 3) == EAGAIN);
	CHECK(fcntl(fd, F_GETLK, &fl) == 0 && fl.l_type == F_UNLCK); /* one's own never conflict */
	FAILS(lock(fd, F_SETLK, 9, 0, 1), EINVAL);
	FAILS(lock(fd, F_SETLK, F_RDLCK, -1, 1), EINVAL);
	close(open(name, O_RDONLY)); /* closing any descriptor drops them: POSIX wants it */
	CHECK(other(F_WRLCK, 0, 0) == 0);
	close(fd);
}

TEST(getlk_names_the_holder)
{
	struct flock fl = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0 };
	int fd = open(name, O_RDWR), status;
	pid_t me = getpid();

	CHECK(lock(fd, F_SETLK, F_WRLCK, 5, 6) == 0);
	if (!fork())
		_exit(fcntl(fd, F_GETLK, &fl) || fl.l_type != F_WRLCK || fl.l_pid != me || fl.l_start != 5 ||
		      fl.l_len != 6);
	wait(&status);
	CHECK(status == 0);
	close(fd);
}

TEST(waiting)
{
	int fd = open(name, O_RDWR), p[2], status;
	char c;

	CHECK(pipe(p) == 0 && lock(fd, F_SETLK, F_WRLCK, 0, 0) == 0);
	if (!fork()) {
		int mine = open(name, O_RDWR);

		if (write(p[1], "r", 1) != 1)
			_exit(2);
		_exit(lock(mine, F_SETLKW, F_WRLCK, 0, 0) != 0);
	}
	CHECK(read(p[0], &c, 1) == 1);
	usleep(20000);
	CHECK(waitpid(-1, &status, WNOHANG) == 0);
	CHECK(lock(fd, F_SETLK, F_UNLCK, 0, 0) == 0);
	CHECK(wait(&status) > 0 && status == 0);
	close(fd), close(p[0]), close(p[1]);
}

TEST(deadlock_is_refused)
{
	int fd = open(name, O_RDWR), p[2], status;
	char c;

	CHECK(pipe(p) == 0 && lock(fd, F_SETLK, F_WRLCK, 0, 1) == 0);
	if (!fork()) {
		int mine = open(name, O_RDWR);

		lock(mine, F_SETLK, F_WRLCK, 1, 1);
		if (write(p[1], "r", 1) != 1)
			_exit(2);
		_exit(lock(mine, F_SETLKW, F_WRLCK, 0, 1) != 0);
	}
	CHECK(read(p[0], &c, 1) == 1);
	usleep(20000);
	FAILS(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	CHECK(lock(fd, F_SETLK, F_UNLCK, 0, 1) == 0);
	CHECK(wait(&status) > 0 && status == 0);
	close(fd), close(p[0]), close(p[1]);
}

TEST(flock_belongs_to_the_open)
{
	int a = open(name, O_RDWR), b = open(name, O_RDWR), c = dup(a);

	CHECK(flock(a, LOCK_EX) == 0);
	FAILS(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	FAILS(flock(b, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	CHECK(flock(c, LOCK_SH) == 0 && flock(b, LOCK_SH | LOCK_NB) == 0);
	FAILS(flock(a, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	close(a);
	CHECK(flock(b, LOCK_UN) == 0 && flock(b, LOCK_SH) == 0);
	close(c);
	CHECK(flock(b, LOCK_EX | LOCK_NB) == 0);
	FAILS(flock(b, 77), EINVAL);
	close(b);
}

TEST(ofd_locks)
{
	int a = open(name, O_RDWR), b = open(name, O_RDWR);

	CHECK(lock(a, F_OFD_SETLK, F_WRLCK, 0, 10) == 0);
	FAILS(lock(b, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	close(a);
	CHECK(lock(b, F_OFD_SETLK, F_WRLCK, 5, 1) == 0);
	close(b);
}

int main(void)
{
	close(mkstemp(name));
	RUN(posix_ranges);
	RUN(getlk_names_the_holder);
	RUN(waiting);
	RUN(deadlock_is_refused);
	RUN(flock_belongs_to_the_open);
	RUN(ofd_locks);
	unlink(name);
	return failed;
}
