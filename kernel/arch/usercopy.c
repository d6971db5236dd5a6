/* kernel/arch/usercopy.c - user memory for the rest of the kernel: range checks around usercopy.S
 *
 * What:   copy_{from,to}_user, clear_user, string copies, and atomics on a user word for futexes.
 * Called: everywhere, in process context; with page faults disabled it reaches only pages that are present.
 * Calls:  usercopy.S. A fault there is resolved by do_page_fault() or ends at the exception table.
 * Locks:  none.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/uaccess.h"
#include <linux/futex.h>

size_t user_copy(void *dst, const void *src, size_t n);
size_t user_clear(void *dst, size_t n);
int user_load_byte(u8 *out, const u8 *p);
int user_load_word(u32 *out, const u32 *p);
int user_cmpxchg(u32 *p, u32 old, u32 new, u32 *was);

size_t copy_from_user(void *dst, const void __user *src, size_t n)
{
	return access_ok(src, n) ? user_copy(dst, (__force const void *)src, n) : n;
}

size_t copy_to_user(void __user *dst, const void *src, size_t n)
{
	return access_ok(dst, n) ? user_copy((__force void *)dst, src, n) : n;
}

size_t clear_user(void __user *dst, size_t n)
{
	return access_ok(dst, n) ? user_clear((__force void *)dst, n) : n;
}

ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!access_ok(src + i, 1) || user_load_byte((u8 *)dst + i, (__force const u8 *)src + i))
			return -EFAULT;
		if (!dst[i])
			return (ssize_t)i;
	}
	return (ssize_t)n;
}

size_t strnlen_user(const char __user *src, size_t n)
{
	u8 c;

	for (size_t i = 0; i < n; i++) {
		if (!access_ok(src + i, 1) || user_load_byte(&c, (__force const u8 *)src + i))
			return 0;
		if (!c)
			return i + 1;
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
