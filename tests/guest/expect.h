/* tests/guest/expect.h - tests made of several expectations each: one "ok NAME" line for a test that met them all */
#pragma once
#include <errno.h>
#include <stdio.h>

static int failed, bad;
#define CHECK(c)                                                                                                       \
	do {                                                                                                           \
		if (!(c)) {                                                                                            \
			printf("FAIL %s:%d: %s (errno %d)\n", __FILE__, __LINE__, #c, errno);                          \
			failed = bad = 1;                                                                              \
		}                                                                                                      \
	} while (0)
#define FAILS(call, err) CHECK((errno = 0, (call) == -1) && errno == (err))
#define TEST(name) static void name(void)
#define RUN(name) (bad = 0, name(), bad ? 0 : printf("ok %s\n", #name))
