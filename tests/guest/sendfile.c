/* tests/guest/sendfile.c - a file goes out by a socket without passing through the program */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <signal.h>
#include <sys/sendfile.h>

#define SIZE 3000000
static unsigned char want[SIZE], got[SIZE];

static int file(void)
{
	char name[] = "/tmp/sendfileXXXXXX";
	int f = mkstemp(name);

	unlink(name);
	for (int i = 0; i < SIZE; i++)
		want[i] = (unsigned char)(i * 17 + i / 255 + i / 65535);
	for (ssize_t at = 0, n; at < SIZE; at += n)
		if ((n = write(f, want + at, (size_t)(SIZE - at))) <= 0)
			return -1;
	return f;
}

static size_t drain(int s, size_t room)
{
	size_t at = 0;
	ssize_t n;

	while (at < room && (n = recv(s, got + at, room - at, 0)) > 0)
		at += (size_t)n;
	return at;
}

static void whole(int f)
{
	int c[2], st;
	off_t at = 0;
	ssize_t n = 0;
	pid_t p;

	pair(c);
	p = fork();
	if (!p) {
		close(c[1]);
		while (at < SIZE && (n = sendfile(c[0], f, &at, (size_t)(SIZE - at))) > 0)
			;
		_exit(at != SIZE || lseek(f, 0, SEEK_CUR) != SIZE);
	}
	close(c[0]);
	CHECK("a file by a socket", drain(c[1], SIZE) == SIZE && !memcmp(got, want, SIZE));
	CHECK("its own offset does not move", waitpid(p, &st, 0) == p && st == 0);
	CHECK("the end", recv(c[1], got, 1, 0) == 0);
	close(c[1]);
}

static void parts(int f)
{
	int c[2], w = open("/dev/null", O_WRONLY);
	off_t at = 1000;

	pair(c);
	CHECK("from an offset",
	      sendfile(c[0], f, &at, 500) == 500 && at == 1500 && drain(c[1], 500) == 500 &&
		      !memcmp(got, want + 1000, 500));
	lseek(f, 70, SEEK_SET);
	CHECK("from the file's offset",
	      sendfile(c[0], f, NULL, 30) == 30 && lseek(f, 0, SEEK_CUR) == 100 && drain(c[1], 30) == 30 &&
		      !memcmp(got, want + 70, 30));
	at = SIZE - 10;
	CHECK("across the end", sendfile(c[0], f, &at, 100) == 10 && drain(c[1], 10) == 10);
	CHECK("at the end", sendfile(c[0], f, &at, 100) == 0);
	at = -1;
	CHECK("a negative offset", ERR(sendfile(c[0], f, &at, 1), EINVAL));
	CHECK("from a socket", ERR(sendfile(c[0], c[1], NULL, 1), EINVAL) || errno == ESPIPE);
	CHECK("into what is not open for writing", ERR(sendfile(open("/dev/null", O_RDONLY), f, NULL, 1), EBADF));
	at = 0;
	fcntl(c[0], F_SETFL, O_NONBLOCK);
	while (sendfile(c[0], f, &at, 1 << 20) > 0)
		at %= 1 << 20;
	CHECK("a full pipe", ERR(sendfile(c[0], f, &at, 100), EAGAIN));
	close(c[1]);
	signal(SIGPIPE, SIG_IGN);
	usleep(20000);
	at = 0;
	while (sendfile(c[0], f, &at, 100) > 0 || errno == EAGAIN)
		;
	CHECK("a peer that is gone", errno == EPIPE || errno == ECONNRESET || errno == 0);
	close(c[0]);
	close(w);
}

/* What is sent is what the file held then: the pages may change afterwards. */
static void changed(int f)
{
	int c[2];
	off_t at = 0;

	pair(c);
	CHECK("sent", sendfile(c[0], f, &at, 4096) == 4096 && drain(c[1], 4096) == 4096 && !memcmp(got, want, 4096));
	pwrite(f, "changed", 7, 0);
	at = 0;
	CHECK("sent anew", sendfile(c[0], f, &at, 7) == 7 && drain(c[1], 7) == 7 && !memcmp(got, "changed", 7));
	close(c[0]);
	close(c[1]);
}

int main(void)
{
	int f = file();

	CHECK("a file", f >= 0);
	whole(f);
	parts(f);
	changed(f);
	return verdict();
}
