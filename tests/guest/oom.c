/* tests/guest/oom.c - memory runs out, in each of the ways that a program can make it
 *
 * oom KIND: takes as much of one kind of thing as it can get, in a child; the end must be one of the errors that mean
 * "no more", or the child's death by SIGKILL. Afterwards everything is given back, and the same works once more.
 * Without an argument nothing is done: tests/guest/test_oom.py runs the kinds in guests with little memory.
 */
#define _GNU_SOURCE
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEGABYTE (1 << 20)

static char block[65536];

/* How many were got; errno says why no more. */
static long fill_tmpfs(void)
{
	int fd = open("/tmp/oom.file", O_CREAT | O_WRONLY | O_TRUNC, 0600);
	long n = 0;

	if (fd < 0)
		return -1;
	memset(block, 'x', sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		n++;
	return n;
}

static long many_files(void)
{
	char name[128];
	long n = 0;
	int fd;

	mkdir("/tmp/oom.dir", 0700);
	for (;; n++) {
		snprintf(name, sizeof(name), "/tmp/oom.dir/%ld-%0*d", n, 40, 0);
		fd = open(name, O_CREAT | O_WRONLY, 0600);
		if (fd < 0 || write(fd, "x", 1) != 1)
			return n;
		close(fd);
	}
}

static long touch_memory(void)
{
	for (long n = 0;; n++) {
		char *p = mmap(NULL, MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return n;
		for (long i = 0; i < MEGABYTE; i += 4096)
			p[i] = 1;
	}
}

static long shared_memory(void)
{
	for (long n = 0;; n++) {
		char *p = mmap(NULL, MEGABYTE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return n;
		for (long i = 0; i < MEGABYTE; i += 4096)
			p[i] = 1;
	}
}

/* Areas and page tables rather than pages. */
static long many_areas(void)
{
	for (long n = 0;; n++) {
		char *p = mmap((void *)(0x100000000L + n * 0x40000000L), 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

		if (p == MAP_FAILED || n > 100000)
			return n;
		(void)*(volatile char *)p;
	}
}

static long forks(void)
{
	for (long n = 0;; n++) {
		pid_t p = fork();

		if (p < 0)
			return n;
		if (!p)
			for (;;)
				pause();
	}
}

/* Children of children, as fast as they come; the limit on processes must hold them. */
static long fork_bomb(void)
{
	pid_t first = getpid();

	for (int i = 0; i < 300; i++)
		if (fork() < 0)
			usleep(1000);
	if (getpid() != first)
		_exit(0);
	errno = EAGAIN;
	return 300;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static long threads(void)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 16384);
	for (long n = 0;; n++) {
		int e = pthread_create(&t, &a, wait_for_ever, NULL);

		if (e) {
			errno = e;
			return n;
		}
	}
}

static long pipes(void)
{
	for (long n = 0;; n++) {
		int p[2];

		if (pipe2(p, O_NONBLOCK))
			return n;
		while (write(p[1], block, sizeof(block)) > 0)
			;
		if (errno != EAGAIN)
			return n;
	}
}

static long sockets(void)
{
	for (long n = 0;; n++) {
		int s[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s))
			return n;
		while (write(s[1], block, sizeof(block)) > 0)
			;
		if (errno != EAGAIN)
			return n;
	}
}

static const struct { const char *name; long (*take)(void); } kinds[] = {
	{ "tmpfs", fill_tmpfs }, { "files", many_files }, { "memory", touch_memory }, { "shared", shared_memory },
	{ "areas", many_areas }, { "forks", forks }, { "bomb", fork_bomb }, { "threads", threads }, { "pipes", pipes },
	{ "sockets", sockets },
};

static void remove_files(void)
{
	DIR *d = opendir("/tmp/oom.dir");
	struct dirent *e;

	unlink("/tmp/oom.file");
	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	if (rmdir("/tmp/oom.dir") && errno != ENOENT)
		printf("/tmp/oom.dir stays: %s\n", strerror(errno));
}

/* In a session of its own, whose processes all die afterwards. 0: an error that means "no more", or killed. */
static int once(long (*take)(void), const char *name)
{
	int st, r;
	pid_t p = fork();

	if (p < 0)
		return 1;
	if (!p) {
		struct rlimit files = { 100000, 100000 };
		long n;

		setpgid(0, 0);
		if (!strcmp(name, "bomb") && setuid(1000)) /* root has no limit of processes */
			_exit(2);
		setrlimit(RLIMIT_NOFILE, &files);
		n = take();
		r = errno;
		printf("%s: %ld, then %s\n", name, n, strerror(r));
		fflush(stdout);
		_exit(n >= 0 &&
				      (r == ENOMEM || r == ENOSPC || r == EAGAIN || r == EMFILE || r == ENFILE ||
				       r == ENOBUFS)
			      ? 0
			      : 1);
	}
	do
		r = waitpid(p, &st, 0);
	while (r < 0 && errno == EINTR);
	kill(-p, SIGKILL);
	remove_files();
	if (WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL) {
		printf("%s: killed\n", name);
		return 0;
	}
	return st != 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		CHECK("nothing to do", 1);
	for (int i = 1; i < argc; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
			if (!strcmp(argv[i], kinds[k].name)) {
				CHECK(kinds[k].name, !once(kinds[k].take, kinds[k].name));
				CHECK("again", !once(kinds[k].take, kinds[k].name));
			}
	return verdict();
}
