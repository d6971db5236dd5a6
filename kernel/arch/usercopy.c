/* kernel/arch/usercopy.c - user memory for the rest of the kernel: range checks around usercopy.S
 *
 * What:   clear_user, string copies, and atomics on a user word for futexes.
 * Called: everywhere, in process context; with page faults disabled it reaches only pages that are present.
 * Calls:  usercopy.S. A fault there is resolved by do_page_fault() or ends at the exception table.
 * Locks:  none.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/uaccess.h"
#include "kernel/sched/task.h"
#include "lib/string.h"
#include <linux/futex.h>

#define STRING_CHUNK 64UL

size_t user_copy(void *dst, const void *src, size_t n);
size_t user_clear(void *dst, size_t n);
void might_fault(void); /* usercopy.S calls it, too, in the debug build */
int user_load_word(u32 *out, const u32 *p);
int user_cmpxchg(u32 *p, u32 old, u32 new, u32 *was);

_Static_assert(TASK_SIZE == USER_END, "usercopy.S checks against it");
bool access_ok(const void __user *p, size_t n)
{
	unsigned long start = (__force unsigned long)p;

	return n <= TASK_SIZE && start <= TASK_SIZE - n;
}

/* Where a copy must not wait for a page it fails, and only where one happens to be missing: the debug build says it of
 * each. */
void might_fault(void)
{
	if (!current->pagefault_disabled)
		might_sleep();
}

size_t clear_user(void __user *dst, size_t n)
{
	might_fault();
	return access_ok(dst, n) ? user_clear((__force void *)dst, n) : n;
}

/* How much of [p, p + n) may be read in one go: not past this page, nor past what a program may have. */
static size_t chunk_at(const char __user *p, size_t n)
{
	unsigned long addr = (__force unsigned long)p;

	return addr < TASK_SIZE ? min(min(n, STRING_CHUNK), PAGE_SIZE - (addr & ~PAGE_MASK)) : 0;
}

/* Copies a piece of a string into dst: bytes that came, 0 when the first one cannot be read. */
static size_t read_chunk(char *dst, const char __user *src, size_t n)
{
	size_t len = chunk_at(src, n);

	might_fault();
	return len ? len - user_copy(dst, (__force const void *)src, len) : 0;
}

ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t got = read_chunk(dst + done, src + done, n - done);
		char *nul = got ? memchr(dst + done, 0, got) : NULL;

		if (!got)
			return -EFAULT;
		if (nul)
			return nul - dst;
		done += got;
	}
	return (ssize_t)n;
}

size_t strnlen_user(const char __user *src, size_t n)
{
	char buf[STRING_CHUNK];
	size_t done = 0;

	while (done < n) {
		size_t got = read_chunk(buf, src + done, n - done);
		char *nul = got ? memchr(buf, 0, got) : NULL;

		if (!got)
			return 0;
		if (nul)
			return done + (nul - buf) + 1;
		done += got;
	}
	return n + 1;
}

/* --- futex words: aligned, so that an access never spans two pages --- */

static bool word_ok(const u32 __user *p)
{
	return IS_ALIGNED((unsigned long)p, 4UL) && access_ok(p, 4);
}

int futex_cmpxchg_user(u32 __user *p, u32 old, u32 new, u32 *was)
{
	return word_ok(p) && !user_cmpxchg((__force u32 *)p, old, new, was) ? 0 : -EFAULT;
}

int futex_get_user(u32 __user *p, u32 *val)
{
	return word_ok(p) && !user_load_word(val, (__force const u32 *)p) ? 0 : -EFAULT;
}

static int futex_new_value(int op, u32 old, u32 arg, u32 *new)
{
	switch (op) {
	case FUTEX_OP_SET: *new = arg; return 0;
	case FUTEX_OP_ADD: *new = old + arg; return 0;
	case FUTEX_OP_OR: *new = old | arg; return 0;
	case FUTEX_OP_ANDN: *new = old & ~arg; return 0;
	case FUTEX_OP_XOR: *new = old ^ arg; return 0;
	}
	return -ENOSYS;
}

int futex_atomic_op(int op, u32 __user *p, u32 arg, u32 *was)
{
	u32 old = 0, new, found;
	int err = futex_get_user(p, &old);

	while (!err) {
		err = futex_new_value(op, old, arg, &new);
		if (!err)
			err = futex_cmpxchg_user(p, old, new, &found);
		if (err || found == old)
			break;
		old = found;
	}
	*was = old;
	return err;
}
