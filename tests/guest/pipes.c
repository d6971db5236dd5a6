/* tests/guest/pipes.c - pipes and FIFOs: order, atomicity, blocking, ends of file, sizes, SIGIO */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
static int got_pipe;
static void on_pipe(int s) { got_pipe++; (void)s; }

static void basics(void)
{
	int p[2], n = -1;
	char buf[64];

	CHECK("pipe", pipe(p) == 0);
	CHECK("write", write(p[1], "hello", 5) == 5);
	CHECK("FIONREAD", ioctl(p[0], FIONREAD, &n) == 0 && n == 5);
	CHECK("partial read", read(p[0], buf, 2) == 2 && !memcmp(buf, "he", 2));
	CHECK("rest", read(p[0], buf, sizeof(buf)) == 3 && !memcmp(buf, "llo", 3));
	CHECK("read the writing end", ERR(read(p[1], buf, 1), EBADF));
	CHECK("write the reading end", ERR(write(p[0], buf, 1), EBADF));
	CHECK("seek", ERR(lseek(p[0], 0, SEEK_CUR), ESPIPE));
	CHECK("bad buffer", ERR(write(p[1], (void *)8, 4), EFAULT));
	CHECK("nothing came of it", ioctl(p[0], FIONREAD, &n) == 0 && n == 0);
	close(p[1]);
	CHECK("end of file", read(p[0], buf, sizeof(buf)) == 0);
	close(p[0]);
	CHECK("pipe to a bad place", ERR(syscall(SYS_pipe2, 8L, 0L), EFAULT));
	CHECK("pipe2 flags", ERR(pipe2(p, 0x1), EINVAL));
}

static void broken(void)
{
	int p[2];

	CHECK("pipe2", pipe2(p, O_CLOEXEC | O_NONBLOCK) == 0 && (fcntl(p[0], F_GETFD) & FD_CLOEXEC) &&
			       (fcntl(p[0], F_GETFL) & O_NONBLOCK));
	close(p[0]);
	signal(SIGPIPE, on_pipe);
	CHECK("EPIPE", ERR(write(p[1], "x", 1), EPIPE));
	CHECK("SIGPIPE", got_pipe == 1);
	struct pollfd pf = { p[1], POLLOUT, 0 };
	CHECK("POLLERR", poll(&pf, 1, 0) == 1 && (pf.revents & POLLERR));
	close(p[1]);
}

static void nonblocking(void)
{
	static char big[200000];
	int p[2], n;
	char c;
	ssize_t total = 0, w;

	pipe2(p, O_NONBLOCK);
	CHECK("empty gives EAGAIN", ERR(read(p[0], &c, 1), EAGAIN));
	while ((w = write(p[1], big, sizeof(big))) > 0)
		total += w;
	n = errno;
	CHECK("64 KiB fit", total == 65536 && w == -1 && n == EAGAIN);
	struct pollfd pf[2] = { { p[0], POLLIN, 0 }, { p[1], POLLOUT, 0 } };
	CHECK("full: readable, not writable", poll(pf, 2, 0) == 1 && pf[0].revents == POLLIN && pf[1].revents == 0);
	CHECK("a page out", read(p[0], big, 4096) == 4096);
	CHECK("now writable", poll(pf + 1, 1, 0) == 1 && pf[1].revents == POLLOUT);
	CHECK("PIPE_BUF fits again", write(p[1], big, 4096) == 4096);
	CHECK("and no more", ERR(write(p[1], big, 1), EAGAIN));
	CHECK("F_GETPIPE_SZ", fcntl(p[0], F_GETPIPE_SZ) == 65536);
	CHECK("too small to shrink", ERR(fcntl(p[0], F_SETPIPE_SZ, 4096), EBUSY));
	CHECK("F_SETPIPE_SZ", fcntl(p[1], F_SETPIPE_SZ, 100000) == 131072);
	CHECK("room after growing", write(p[1], big, 65536) == 65536);
	for (n = 0; read(p[0], big, 4096) == 4096; n++)
		;
	CHECK("all of it came", n == 32);
	close(p[0]);
	close(p[1]);
}

/* Four writers of 1000-byte records each filled with one letter: no record may be torn. */
static void atomic_writes(void)
{
	char rec[1000], buf[1000];
	int p[2], whole = 1, count = 0;

	pipe(p);
	for (int i = 0; i < 4; i++)
		if (!fork()) {
			memset(rec, 'a' + i, sizeof(rec));
			for (int k = 0; k < 200; k++)
				if (write(p[1], rec, sizeof(rec)) != sizeof(rec))
					_exit(1);
			_exit(0);
		}
	close(p[1]);
	for (;;) {
		size_t have = 0;
		ssize_t n;

		while (have < sizeof(buf) && (n = read(p[0], buf + have, sizeof(buf) - have)) > 0)
			have += (size_t)n;
		if (!have)
			break;
		count++;
		for (size_t i = 1; i < have; i++)
			whole &= buf[i] == buf[0];
	}
	CHECK("800 records", count == 800);
	CHECK("none torn", whole);
	while (wait(NULL) > 0)
		;
	close(p[0]);
}

static void blocking(void)
{
	int p[2], st;
	char c;

	pipe(p);
	if (!fork()) {
		usleep(50000);
		_exit(write(p[1], "x", 1) != 1);
	}
	CHECK("read waits", read(p[0], &c, 1) == 1 && c == 'x');
	wait(&st);
	struct pollfd pf = { p[0], POLLIN, 0 };
	CHECK("poll times out", poll(&pf, 1, 20) == 0);
	if (!fork()) {
		close(p[0]);
		usleep(50000);
		_exit(0);
	}
	close(p[1]);
	CHECK("poll sees the hang-up", poll(&pf, 1, 5000) == 1 && pf.revents == POLLHUP);
	wait(&st);
	close(p[0]);
}

static void fifos(void)
{
	char c = 0;
	int r, w, st;

	unlink("fifo.test");
	CHECK("mkfifo", mkfifo("fifo.test", 0600) == 0);
	CHECK("no reader", ERR(open("fifo.test", O_WRONLY | O_NONBLOCK), ENXIO));
	r = open("fifo.test", O_RDONLY | O_NONBLOCK);
	CHECK("reader alone", r >= 0);
	CHECK("no writer yet: end of file", read(r, &c, 1) == 0);
	struct pollfd pf = { r, POLLIN, 0 };
	CHECK("but no hang-up", poll(&pf, 1, 0) == 0);
	w = open("fifo.test", O_WRONLY);
	CHECK("writer", w >= 0 && write(w, "z", 1) == 1);
	CHECK("read", read(r, &c, 1) == 1 && c == 'z');
	CHECK("nothing there", ERR(read(r, &c, 1), EAGAIN));
	close(w);
	CHECK("hang-up now", poll(&pf, 1, 0) == 1 && pf.revents == POLLHUP);
	close(r);
	if (!fork()) {
		w = open("fifo.test", O_WRONLY);
		_exit(write(w, "q", 1) != 1);
	}
	r = open("fifo.test", O_RDONLY);
	CHECK("open waits for the other side", r >= 0 && read(r, &c, 1) == 1 && c == 'q');
	wait(&st);
	close(r);
	unlink("fifo.test");
}

static int ios;
static void on_io(int s) { ios++; (void)s; }

/* O_ASYNC: SIGIO to the owner of the end for which something changed. */
static void signals(void)
{
	char c;
	int p[2];

	signal(SIGIO, on_io);
	CHECK("a pipe to be told of", pipe(p) == 0 && fcntl(p[0], F_SETOWN, getpid()) == 0);
	CHECK("O_ASYNC", fcntl(p[0], F_SETFL, O_ASYNC) == 0 && (fcntl(p[0], F_GETFL) & O_ASYNC) && ios == 0);
	CHECK("SIGIO for what was written", write(p[1], "x", 1) == 1 && ios == 1);
	CHECK("none for who did not ask", read(p[0], &c, 1) == 1 && ios == 1);
	CHECK("SIGIO for the end of it", close(p[1]) == 0 && ios == 2);
	close(p[0]);
	CHECK("again a pipe", pipe(p) == 0 && fcntl(p[1], F_SETOWN, getpid()) == 0);
	CHECK("the writing end", fcntl(p[1], F_SETFL, O_ASYNC) == 0);
	CHECK("no SIGIO for its own write", write(p[1], "x", 1) == 1 && ios == 2);
	CHECK("SIGIO for room", read(p[0], &c, 1) == 1 && ios == 3);
	CHECK("O_ASYNC off", fcntl(p[1], F_SETFL, 0) == 0);
	CHECK("no more", write(p[1], "x", 1) == 1 && read(p[0], &c, 1) == 1 && ios == 3);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	basics();
	broken();
	nonblocking();
	atomic_writes();
	blocking();
	fifos();
	signals();
	return verdict();
}
