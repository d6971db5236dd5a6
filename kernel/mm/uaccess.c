/* kernel/mm/uaccess.c - what a user address may be, and path names; the copies themselves are in kernel/arch
 *
 * Called: everywhere that takes a pointer from a program, in process context.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/arch/arch.h"
#include "kernel/mm/slab.h"

bool access_ok(const void __user *p, size_t n)
{
	unsigned long start = (__force unsigned long)p;

	return n <= TASK_SIZE && start <= TASK_SIZE - n;
}

char *getname(const char __user *path)
{
	char *name = kmalloc(PATH_MAX, GFP_KERNEL);
	ssize_t len;

	if (!name)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(name, path, PATH_MAX);
	if (len >= 0 && len < PATH_MAX)
		return name;
	kfree(name);
	return ERR_PTR(len < 0 ? len : -ENAMETOOLONG);
}
