/* tests/tsan/threads.h - real threads for code that must not know the C library */
#pragma once

#define THREADS 4 /* CPUs 0 to 3; CPU 4 is kworker's */
/* Runs fn(0) to fn(THREADS - 1), each in a thread of its own, and waits for all. */
void in_threads(void (*fn)(int thread));
void thread_spawn(void (*fn)(void)); /* one that never ends */
void thread_yield(void);
void thread_sleep_us(unsigned int us);
unsigned long long thread_clock_ns(void);
/* Prints the line of a test, and counts it. */
void report(const char *name, int ok);

/* home.h's side: each thread of in_threads() calls these first and last; cpus_are_threads() before and after. */
void cpus_are_threads(int yes);
void cpu_begin(unsigned int cpu);
void cpu_end(void);
void tsan_tests(void); /* tests.c */
