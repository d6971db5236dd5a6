/* kernel/mm/uaccess.h - reading and writing a program's memory
 *
 * Every pointer from a program goes through here. A bad address gives a short count or -EFAULT, never a fault in the
 * kernel. Context: process, may sleep (demand paging); with page faults disabled only what is present is reached.
 */
#pragma once
#include "lib/types.h"

/* Return the number of bytes that could NOT be copied: 0 is success. Overlong or kernel addresses copy nothing. */
size_t __must_check copy_from_user(void *dst, const void __user *src, size_t n);
size_t __must_check copy_to_user(void __user *dst, const void *src, size_t n);
size_t __must_check clear_user(void __user *dst, size_t n);
/* Length without the NUL, -EFAULT, or n when no NUL was found within n bytes (dst is then not terminated). */
ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n);
/* Length with the NUL, 0 on a fault, more than n when longer than n. */
size_t strnlen_user(const char __user *src, size_t n);
bool access_ok(const void __user *p, size_t n);

/* 0 or -EFAULT; x is a 1, 2, 4 or 8 byte lvalue. */
#define get_user(x, p)                                                                                                 \
	({                                                                                                             \
		char _gu[sizeof(*(p))] __attribute__((aligned(8)));                                                    \
		int _err = copy_from_user(_gu, (p), sizeof(_gu)) ? -EFAULT : 0;                                        \
		if (!_err)                                                                                             \
			(x) = *(__force __typeof__(*(p)) *)_gu;                                                        \
		_err;                                                                                                  \
	})
#define put_user(x, p)                                                                                                 \
	({                                                                                                             \
		__typeof__(*(p)) _pu = (x);                                                                            \
		copy_to_user((p), &_pu, sizeof(_pu)) ? -EFAULT : 0;                                                    \
	})

/* Atomic on a user word, for futex: -EFAULT or 0 with the old value. */
int futex_cmpxchg_user(u32 __user *p, u32 old, u32 new, u32 *was);
int futex_get_user(u32 __user *p, u32 *val);
int futex_atomic_op(int op, u32 __user *p, u32 arg, u32 *was);

/* Copies a path name: kmalloc'd, or ERR_PTR(-EFAULT, -ENAMETOOLONG, -ENOMEM). kfree when done. */
char *getname(const char __user *path);
