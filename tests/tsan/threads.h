/* tests/tsan/threads.h - real threads for code that must not know the C library */
#pragma once

#define THREADS 4
/* Runs fn(0) to fn(THREADS - 1), each in a thread of its own, and waits for all. */
void in_threads(void (*fn)(int thread));
void thread_yield(void);
/* Prints the line of a test, and counts it. */
void report(const char *name, int ok);
void tsan_tests(void); /* tests.c */
