/* tests/unit/test.h - how a unit test is written
 *
 *	TEST(seq_before_wraps)
 *	{
 *		EXPECT_EQ(seq_before(0xffffffff, 0), true);
 *	}
 *
 * Each test runs in a process of its own, as a task of a fresh world (tests/host), with leak checks at its end. EXPECT
 * notes a failure and goes on, ASSERT ends the test. Names are selected on the command line by any part of
 * "net/tcp/close_test:fin_in_established".
 */
#pragma once
#include "lib/types.h"
#include "lib/string.h"
#include "tests/host/host.h"

struct test_case {
	const char *file, *name;
	void (*body)(void);
	struct test_case *next;
};
void test_register(struct test_case *t);
#define TEST(ident)                                                                                                    \
	static void test_##ident(void);                                                                                \
	static struct test_case case_##ident = { __FILE__, #ident, test_##ident, NULL };                               \
	__attribute__((constructor)) static void register_##ident(void) { test_register(&case_##ident); }              \
	static void test_##ident(void)

/* A stack of this test's own; its rooms' state is checked for leaks when the test ends. current lives in the first. */
struct net *test_net(void);
/* So many objects stay when the test has ended, by design. */
void test_keeps(size_t objects);
void test_fail(const char *file, int line, bool fatal, const char *fmt, ...) __printf(4, 5);
bool test_has_failed(void);

#define TEST_COMPARE(a, op, b, fatal)                                                                                  \
	do {                                                                                                           \
		__typeof__(a) _ta = (a);                                                                               \
		__typeof__(b) _tb = (b);                                                                               \
		if (!(_ta op _tb))                                                                                     \
			test_fail(__FILE__, __LINE__, fatal, "%s %s %s: %lld (%#llx) and %lld (%#llx)", #a, #op, #b,  \
				  (long long)_ta, (long long)_ta, (long long)_tb, (long long)_tb);                    \
	} while (0)
#define TEST_TRUE(c, fatal)                                                                                            \
	do {                                                                                                           \
		if (!(c))                                                                                              \
			test_fail(__FILE__, __LINE__, fatal, "%s is false", #c);                                       \
	} while (0)
#define TEST_STREQ(a, b, fatal)                                                                                        \
	do {                                                                                                           \
		const char *_sa = (a), *_sb = (b);                                                                     \
		if (strcmp(_sa, _sb))                                                                                  \
			test_fail(__FILE__, __LINE__, fatal, "%s is \"%s\", not \"%s\"", #a, _sa, _sb);               \
	} while (0)
#define EXPECT_EQ(a, b) TEST_COMPARE(a, ==, b, false)
#define EXPECT_NE(a, b) TEST_COMPARE(a, !=, b, false)
#define EXPECT_LT(a, b) TEST_COMPARE(a, <, b, false)
#define EXPECT_LE(a, b) TEST_COMPARE(a, <=, b, false)
#define EXPECT_GT(a, b) TEST_COMPARE(a, >, b, false)
#define EXPECT_GE(a, b) TEST_COMPARE(a, >=, b, false)
#define EXPECT_TRUE(c) TEST_TRUE(c, false)
#define EXPECT_FALSE(c) TEST_TRUE(!(c), false)
#define EXPECT_STREQ(a, b) TEST_STREQ(a, b, false)
#define ASSERT_EQ(a, b) TEST_COMPARE(a, ==, b, true)
#define ASSERT_NE(a, b) TEST_COMPARE(a, !=, b, true)
#define ASSERT_LT(a, b) TEST_COMPARE(a, <, b, true)
#define ASSERT_LE(a, b) TEST_COMPARE(a, <=, b, true)
#define ASSERT_GT(a, b) TEST_COMPARE(a, >, b, true)
#define ASSERT_GE(a, b) TEST_COMPARE(a, >=, b, true)
#define ASSERT_TRUE(c) TEST_TRUE(c, true)
#define ASSERT_FALSE(c) TEST_TRUE(!(c), true)
#define ASSERT_STREQ(a, b) TEST_STREQ(a, b, true)
