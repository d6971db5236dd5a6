/* kernel/fs/memfd.c - files without a name: memfd_create(2)
 *
 * Called: programs. Absent: seals.
 * Calls:  tmpfs, of which it has an instance of its own.
 */
#include "kernel/fs/tmpfs.h"
#include <linux/memfd.h>

static struct vfsmount *memfd_mnt; /* [C] after memfd_init() */

long sys_memfd_create(const char __user *uname, unsigned int flags)
{
	struct path p, dir = { .mnt = memfd_mnt, .dentry = memfd_mnt->mnt_root };
	char name[7 + 249 + 1] = "memfd:";
	struct file *f;
	ssize_t n;
	int fd, err;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	n = strncpy_from_user(name + 6, uname, 250);
	if (n < 0 || n >= 250)
		return n < 0 ? n : -EINVAL;
	fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	f = alloc_file(O_RDWR | O_LARGEFILE);
	err = IS_ERR(f) ? PTR_ERR(f) : tmpfs_tmpfile(&dir, S_IFREG | 0777, name, &p);
	if (err) {
		if (!IS_ERR(f))
			fput(f);
		put_unused_fd(fd);
		return err;
	}
	f->f_path = p;
	f->f_inode = p.dentry->d_inode;
	f->f_op = &tmpfs_file_fops;
	f->f_mode |= FMODE_OPENED;
	file_set_mode(f);
	fd_install(fd, f);
	return fd;
}

void memfd_init(void)
{
	memfd_mnt = kern_mount("tmpfs", "memfd");
	BUG_ON(IS_ERR(memfd_mnt));
}
