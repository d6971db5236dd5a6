/* tests/unit/runner.h - between main.c, which knows the C library, and test.c, which knows the kernel */
#pragma once
#include <stddef.h>

struct test_case;
struct test_case *test_first(void);
struct test_case *test_next(struct test_case *t);
void test_full_name(const struct test_case *t, char *buf, size_t size);
void test_world_start(void);
int test_run_one(void *test);
