/* tests/host/libc.c - the second home's side that knows the C library
 *
 * What:   memory, output, coroutines and child processes for the kernel-side files, through sys.h.
 * Called: by every other file here.
 * Locks:  one thread.
 */
#define _GNU_SOURCE
#include "tests/host/sys.h"
#include <fcntl.h>
#include <malloc.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define CORO_STACK (256 * 1024)

/* A build without sanitizers has none of these. */
#pragma weak __sanitizer_print_stack_trace
#pragma weak __sanitizer_symbolize_pc
#pragma weak __sanitizer_start_switch_fiber
#pragma weak __sanitizer_finish_switch_fiber
/* Only a build that counts lines has this one. */
void __gcov_dump(void);
#pragma weak __gcov_dump
/* And only a fuzzer this. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
#pragma weak LLVMFuzzerTestOneInput

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=0:exitcode=99:allocator_may_return_null="
	       "1";
}
const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) { return "print_stacktrace=1:halt_on_error=1"; }

void *sys_malloc(size_t n, size_t align)
{
	void *p = NULL;

	if (posix_memalign(&p, align < 16 ? 16 : align, n ? n : 1))
		return NULL;
	return p;
}
void sys_free(void *p) { free(p); }
size_t sys_usable(void *p) { return malloc_usable_size(p); }

void *sys_reserve(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}
void sys_poison(void *p, size_t n) { ASAN_POISON_MEMORY_REGION(p, n); }
void sys_unpoison(void *p, size_t n) { ASAN_UNPOISON_MEMORY_REGION(p, n); }

void sys_write(const char *s, size_t n)
{
	while (n) {
		ssize_t w = write(1, s, n);

		if (w <= 0)
			return;
		s += w;
		n -= (size_t)w;
	}
}
void sys_exit(int status)
{
	fflush(NULL);
	if (__gcov_dump)
		__gcov_dump();
	_exit(status);
}
void sys_abort(void)
{
	if (__sanitizer_print_stack_trace)
		__sanitizer_print_stack_trace();
	if (LLVMFuzzerTestOneInput)
		abort(); /* libFuzzer keeps the input of a process that dies so, and of none that exits */
	_exit(98);
}
void sys_symbol(void *pc, char *buf, size_t n)
{
	if (__sanitizer_symbolize_pc)
		__sanitizer_symbolize_pc(pc, "%f %S", buf, n);
	else
		snprintf(buf, n, "%p", pc);
}

int sys_open(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}
bool sys_append(int fd, const void *p, size_t n) { return write(fd, p, n) == (ssize_t)n; }
void sys_close(int fd) { close(fd); }
const char *sys_env(const char *name)
{
	const char *s = getenv(name);

	return s && *s ? s : NULL;
}
unsigned long sys_env_number(const char *name, unsigned long otherwise)
{
	const char *s = getenv(name);

	return s && *s ? strtoul(s, NULL, 0) : otherwise;
}
unsigned long sys_cpu_us(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (unsigned long)ru.ru_utime.tv_sec * 1000000 + (unsigned long)ru.ru_utime.tv_usec;
}

struct coro {
	ucontext_t ctx;
	void *stack;
	void (*fn)(void *);
	void *arg;
	void *fake;
};
static struct coro main_coro, *running = &main_coro;
static const void *main_bottom;
static size_t main_size;

static void arrived(void *fake)
{
	const void *bottom;
	size_t size;

	if (!__sanitizer_finish_switch_fiber)
		return;
	__sanitizer_finish_switch_fiber(fake, &bottom, &size);
	if (!main_bottom) {
		main_bottom = bottom;
		main_size = size;
	}
}
static void entry(unsigned lo, unsigned hi)
{
	struct coro *c = (struct coro *)((uintptr_t)lo | (uintptr_t)hi << 32);

	arrived(NULL);
	c->fn(c->arg);
	sys_abort(); /* the scheduler never lets a coroutine return */
}

struct coro *coro_create(void (*fn)(void *), void *arg)
{
	struct coro *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->stack = mmap(NULL, CORO_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->stack == MAP_FAILED) {
		free(c);
		return NULL;
	}
	mprotect(c->stack, 4096, PROT_NONE);
	c->fn = fn;
	c->arg = arg;
	getcontext(&c->ctx);
	c->ctx.uc_stack.ss_sp = c->stack;
	c->ctx.uc_stack.ss_size = CORO_STACK;
	makecontext(&c->ctx, (void (*)(void))entry, 2, (unsigned)(uintptr_t)c, (unsigned)((uintptr_t)c >> 32));
	return c;
}

void coro_switch(struct coro *to)
{
	struct coro *from = running;

	if (!to)
		to = &main_coro;
	running = to;
	if (__sanitizer_start_switch_fiber)
		__sanitizer_start_switch_fiber(&from->fake, to->stack ? to->stack : main_bottom,
					       to->stack ? CORO_STACK : main_size);
	swapcontext(&from->ctx, &to->ctx);
	arrived(from->fake);
}

struct coro *coro_self(void) { return running == &main_coro ? NULL : running; }

void coro_free(struct coro *c)
{
	ASAN_UNPOISON_MEMORY_REGION(c->stack, CORO_STACK);
	munmap(c->stack, CORO_STACK);
	free(c);
}

static char *slurp(int fd)
{
	size_t n = 0, cap = 4096;
	char *buf = malloc(cap);
	ssize_t r;

	while (buf && (r = read(fd, buf + n, cap - n - 1)) > 0) {
		n += (size_t)r;
		if (cap - n < 2)
			buf = realloc(buf, cap *= 2);
	}
	if (buf)
		buf[n] = 0;
	return buf;
}

/* A child that computes for so long is ended by SIGPROF: its own time counts, however busy the machine is. One that
 * sleeps for ever uses none, and ends by SIGALRM. */
static void limit_time(unsigned seconds)
{
	struct itimerval own = { .it_value.tv_sec = seconds };

	setitimer(ITIMER_PROF, &own, NULL);
	alarm(20 * seconds);
}

int sys_run_child(int (*fn)(void *), void *arg, unsigned timeout_s, char **output)
{
	int fds[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe(fds) || (pid = fork()) < 0)
		return -1000;
	if (!pid) {
		dup2(fds[1], 1);
		dup2(fds[1], 2);
		close(fds[0]);
		close(fds[1]);
		limit_time(timeout_s);
		sys_exit(fn(arg));
	}
	close(fds[1]);
	*output = slurp(fds[0]);
	close(fds[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
