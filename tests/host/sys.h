/* tests/host/sys.h - the narrow bridge to the build machine's C library
 *
 * What:   all that the second home asks of glibc. Both sides include it, so it uses plain C types only.
 * Absent: everything else: kernel-side files see no libc header, libc.c sees no kernel header.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

void *sys_malloc(size_t n, size_t align); /* not zeroed; NULL when it cannot */
void sys_free(void *p);
size_t sys_usable(void *p);
void *sys_reserve(size_t bytes);	  /* zero pages, made present as they are touched */
void sys_poison(void *p, size_t n);	  /* any access is a report */
void sys_unpoison(void *p, size_t n);
void sys_write(const char *s, size_t n);  /* to standard output */
void sys_exit(int status) __attribute__((noreturn));
void sys_abort(void) __attribute__((noreturn)); /* with a backtrace */
void sys_symbol(void *pc, char *buf, size_t n); /* "function file:line" */
int sys_open(const char *path);		  /* a new file to write, or -1 */
bool sys_append(int fd, const void *p, size_t n);
void sys_close(int fd);
const char *sys_env(const char *name);	  /* NULL: not set, or empty */
unsigned long sys_env_number(const char *name, unsigned long otherwise);
unsigned long sys_cpu_us(void); /* CPU time used: for a benchmark's eyes only, no test judges by it */

/* Coroutines: the scheduler of sched.c stands on them. */
struct coro;
struct coro *coro_create(void (*fn)(void *), void *arg);
void coro_switch(struct coro *to);	/* NULL: back to the context that entered the first coroutine */
struct coro *coro_self(void);		/* the one that runs; NULL: none does */
void coro_free(struct coro *c);		/* not the one that runs */

/* The runner, in main.c: each test in a process of its own. */
struct test_case;
/* status; -signal; output: free() */
int sys_run_child(int (*fn)(void *), void *arg, unsigned timeout_s, char **output);
