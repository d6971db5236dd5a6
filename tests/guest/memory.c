/* tests/guest/memory.c - address spaces as programs see them: mmap and kin, copy on write, faults and their signals */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096UL

/* A step on the way to a check; OK says that all steps since the last one went well. */
#define MUST(c)                                                                                                        \
	do {                                                                                                           \
		if (!(c)) {                                                                                            \
			printf("FAILED %s at %s:%d (errno %d)\n", #c, __FILE__, __LINE__, errno);                     \
			bad++;                                                                                         \
		}                                                                                                      \
	} while (0)
#define OK(name) do { CHECK(name, !bad); bad = 0; } while (0)
static int bad;

static sigjmp_buf back;
static volatile sig_atomic_t got_signal, got_code, expected;
static void *volatile got_addr;

static void on_fault(int sig, siginfo_t *info, void *ctx)
{
	(void)ctx;
	got_signal = sig;
	got_code = info->si_code;
	got_addr = info->si_addr;
	if (!expected)
		_exit(99); /* not while touch() waits for it */
	expected = 0;
	siglongjmp(back, 1);
}

/* The signal that touching p gives, 0 when none. */
static int touch(volatile char *p, int write)
{
	got_signal = 0;
	expected = 1;
	if (!sigsetjmp(back, 1)) {
		if (write)
			*p = 1;
		else
			(void)*p; /* volatile: a real read */
	}
	return got_signal;
}

static char *anon(size_t len, int prot, int flags)
{
	return mmap(NULL, len, prot, MAP_ANONYMOUS | flags, -1, 0);
}

static int tmpfile_of(size_t len)
{
	char name[] = "/tmp/memXXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	MUST(fd >= 0);
	MUST(ftruncate(fd, (off_t)len) == 0);
	return fd;
}

static void demand_zero(void)
{
	char *p = anon(64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	MUST(p != MAP_FAILED);
	for (size_t i = 0; i < 64 * PAGE; i += 517)
		MUST(p[i] == 0);
	memset(p, 0x5a, 64 * PAGE);
	MUST(madvise(p, 32 * PAGE, MADV_DONTNEED) == 0);
	MUST(p[0] == 0 && p[32 * PAGE] == 0x5a);
	MUST(munmap(p, 64 * PAGE) == 0);
	MUST(touch(p, 0) == SIGSEGV && got_code == SEGV_MAPERR && got_addr == p);
	OK("demand zero");
}

static void protection(void)
{
	char *p = anon(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	memset(p, 1, 4 * PAGE);
	MUST(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	MUST(touch(p + PAGE, 0) == 0 && touch(p + PAGE, 1) == SIGSEGV && got_code == SEGV_ACCERR);
	MUST(touch(p, 1) == 0 && touch(p + 2 * PAGE, 1) == 0);
	MUST(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	MUST(touch(p + PAGE, 0) == SIGSEGV);
	MUST(write(open("/dev/null", O_WRONLY), p, 1) == 1);
	MUST(mprotect(p, 4 * PAGE, PROT_READ | PROT_WRITE) == 0);
	MUST(p[PAGE] == 1 && touch(p + PAGE, 1) == 0);
	MUST(munmap(p + PAGE, PAGE) == 0);
	MUST(mprotect(p, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
	OK("mprotect");
}

static void no_execute(void)
{
	unsigned char *p = (void *)anon(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	p[0] = 0xc3; /* ret */
	got_signal = 0;
	expected = 1;
	if (!sigsetjmp(back, 1))
		((void (*)(void))(uintptr_t)p)();
	MUST(got_signal == SIGSEGV && got_code == SEGV_ACCERR);
	MUST(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	((void (*)(void))(uintptr_t)p)();
	OK("no execute");
}

static void fork_copies(void)
{
	char *priv = anon(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE),
	     *sh = anon(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	int status;
	pid_t pid;

	memset(priv, 'a', 8 * PAGE);
	sh[0] = 'a';
	pid = fork();
	if (!pid) {
		priv[0] = 'b';
		sh[0] = 'b';
		sh[100] = 'c';
		_exit(priv[PAGE] == 'a' ? 7 : 8);
	}
	priv[PAGE] = 'p';
	MUST(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
	MUST(priv[0] == 'a' && sh[0] == 'b' && sh[100] == 'c');
	OK("fork and copy on write");
}

static void files(void)
{
	int fd = tmpfile_of(2 * PAGE + 10);
	char *s = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), c;

	MUST(s != MAP_FAILED && p != MAP_FAILED);
	MUST(pwrite(fd, "hello", 5, PAGE) == 5);
	MUST(!memcmp(s + PAGE, "hello", 5) && !memcmp(p + PAGE, "hello", 5));
	s[PAGE] = 'J';
	MUST(p[PAGE] == 'J' && pread(fd, &c, 1, PAGE) == 1 && c == 'J');
	p[PAGE] = 'x';
	MUST(s[PAGE] == 'J' && pread(fd, &c, 1, PAGE) == 1 && c == 'J');
	MUST(touch(s + 2 * PAGE + 100, 1) == 0);
	MUST(touch(s + 3 * PAGE, 0) == SIGBUS && got_code == BUS_ADRERR);
	MUST(msync(s, 4 * PAGE, MS_SYNC) == 0);
	MUST(ftruncate(fd, PAGE) == 0);
	MUST(touch(s + PAGE, 0) == SIGBUS && touch(p + PAGE, 0) == SIGBUS && touch(s, 1) == 0);
	MUST(ftruncate(fd, 2 * PAGE) == 0 && s[PAGE] == 0);
	close(fd);
	s[0] = 1;
	munmap(s, 4 * PAGE);
	munmap(p, 4 * PAGE);
	OK("file mappings");
}

static void refusals(void)
{
	int fd = open("/proc/self/exe", O_RDONLY), page = tmpfile_of(PAGE), ro;
	char path[64], *p = anon(2 * PAGE, PROT_READ, MAP_PRIVATE);

	MUST(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
	MUST(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
	MUST(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
	MUST(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	MUST(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED &&
	     errno == EEXIST);
	MUST(mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED &&
	     errno == EINVAL);
	MUST(munmap(p + 1, PAGE) == -1 && errno == EINVAL);
	MUST(madvise(p, PAGE, 9999) == -1 && errno == EINVAL);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", page);
	ro = open(path, O_RDONLY);
	MUST(ro >= 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	MUST(p != MAP_FAILED && mprotect(p, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES);
	OK("refusals");
}

static void bad_pointers(void)
{
	char *p = anon(2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	int fd[2];

	MUST(munmap(p + PAGE, PAGE) == 0);
	MUST(pipe(fd) == 0);
	MUST(write(fd[1], (void *)8, 4) == -1 && errno == EFAULT);
	MUST(write(fd[1], (void *)0xffff888000000000UL, 4) == -1 && errno == EFAULT);
	MUST(write(fd[1], "abcd", 4) == 4);
	MUST(read(fd[0], (void *)0xffffffff80000000UL, 4) == -1 && errno == EFAULT);
	MUST(open((char *)(p + PAGE), O_RDONLY) == -1 && errno == EFAULT);
	memset(p + PAGE - 4, 'x', 4);
	MUST(open(p + PAGE - 4, O_RDONLY) == -1 && errno == EFAULT);
	OK("bad pointers");
}

static void remap(void)
{
	char *p = anon(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE), *q, *hole;

	for (int i = 0; i < 4; i++)
		p[i * PAGE] = (char)('a' + i);
	q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	MUST(q != MAP_FAILED && q[0] == 'a' && q[3 * PAGE] == 'd' && q[63 * PAGE] == 0);
	hole = anon(8 * PAGE, PROT_NONE, MAP_PRIVATE);
	MUST(mremap(q + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, hole + PAGE) == hole + PAGE);
	MUST(hole[PAGE] == 'b' && hole[2 * PAGE] == 'c' && q[3 * PAGE] == 'd');
	MUST(touch(q + PAGE, 0) == SIGSEGV && touch(hole, 0) == SIGSEGV);
	MUST(mremap(q, PAGE, 0, 0) == MAP_FAILED && errno == EINVAL);
	MUST(mremap(q + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
	MUST(mremap(q + 3 * PAGE, 61 * PAGE, PAGE, 0) == q + 3 * PAGE && touch(q + 4 * PAGE, 0) == SIGSEGV);
	OK("mremap");
}

static int deep(int n)
{
	volatile char frame[2048];

	frame[0] = (char)n;
	return n ? deep(n - 1) + frame[0] - (char)n : 0;
}

static void stack_and_limits(void)
{
	struct rlimit old, as;
	unsigned char vec[4];
	char *p;

	MUST(deep(1000) == 0); /* two megabytes */
	p = anon(4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	p[0] = p[2 * PAGE] = 1;
	MUST(mincore(p, 4 * PAGE, vec) == 0 && (vec[0] & 1) && !(vec[1] & 1) && (vec[2] & 1) && !(vec[3] & 1));
	MUST(mlock(p, 4 * PAGE) == 0 && mincore(p, 4 * PAGE, vec) == 0 && (vec[3] & 1));
	MUST(munlock(p, 4 * PAGE) == 0);
	MUST(getrlimit(RLIMIT_AS, &old) == 0);
	as = old;
	as.rlim_cur = 64 << 20;
	MUST(setrlimit(RLIMIT_AS, &as) == 0);
	MUST(anon(128 << 20, PROT_READ, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM);
	MUST(setrlimit(RLIMIT_AS, &old) == 0);
	OK("stack, mincore, mlock, limits");
}

static void heap(void) /* by the bare call: musl's sbrk refuses to move */
{
	char *start = (char *)syscall(SYS_brk, 0), *p = (char *)(((uintptr_t)start + PAGE - 1) & ~(PAGE - 1));

	MUST((char *)syscall(SYS_brk, p + 100000) == p + 100000);
	memset(p, 7, 100000);
	MUST((char *)syscall(SYS_brk, p + 50000) == p + 50000);
	MUST(p[40000] == 7);
	MUST((char *)syscall(SYS_brk, p + 100000) == p + 100000 && p[60000] == 0);
	MUST((char *)syscall(SYS_brk, 1) == p + 100000);
	syscall(SYS_brk, start);
	OK("brk");
}

int main(void)
{
	static char altstack[65536];
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	demand_zero();
	protection();
	no_execute();
	fork_copies();
	files();
	refusals();
	bad_pointers();
	remap();
	stack_and_limits();
	heap();
	return verdict();
}
