/* tests/guest/check.h - what each guest program uses to say what it saw: one "ok NAME" line a check */
#pragma once
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

/* Prints "ok name", or where and why not. */
#define CHECK(name, condition)                                                                                         \
	do {                                                                                                           \
		errno = 0;                                                                                             \
		if (condition) {                                                                                       \
			printf("ok %s\n", name);                                                                       \
		} else {                                                                                               \
			printf("FAILED %s: %s at %s:%d (errno %d %s)\n", name, #condition, __FILE__, __LINE__, errno,  \
			       strerror(errno));                                                                       \
			failures++;                                                                                    \
		}                                                                                                      \
		fflush(stdout);                                                                                        \
	} while (0)

/* For main's end. */
static inline int verdict(void) { return failures ? 1 : 0; }
