/* kernel/mm/uaccess.c - path names; the copies themselves are in kernel/arch
 *
 * Called: everywhere that takes a pointer from a program, in process context.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/arch/arch.h"
#include "kernel/mm/slab.h"

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
