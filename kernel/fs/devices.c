/* kernel/fs/devices.c - the devices without hardware: null, zero, full, random, urandom; and /dev's links
 *
 * Called: programs, through read and write.
 * Absent: mem, kmem and port: a kernel that lets itself be read and changed so is no teacher of protection.
 */
#include "kernel/fs/internal.h"
#include "kernel/random.h"

static loff_t null_llseek(struct file *f, loff_t off, int whence)
{
	return f->f_pos = 0;
}

static ssize_t read_null(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return 0;
}

static ssize_t write_null(struct file *f, struct iov_iter *from, loff_t *pos)
{
	size_t n = iov_iter_count(from);

	iov_iter_advance(from, n);
	return n;
}

static ssize_t read_zero(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t total = 0, want = iov_iter_count(to);

	while (total < want) {
		size_t n = min(want - total, (size_t)65536), done = iov_iter_zero(n, to);

		total += done;
		if (done < n)
			return total ? (ssize_t)total : -EFAULT;
		if (signal_pending_current())
			break;
		cond_resched();
	}
	return total || !want ? (ssize_t)total : -EINTR;
}

static ssize_t write_full(struct file *f, struct iov_iter *from, loff_t *pos)
{
	return -ENOSPC;
}

static ssize_t read_random(struct file *f, struct iov_iter *to, loff_t *pos)
{
	size_t total = 0, want = iov_iter_count(to);
	u8 buf[256];

	while (total < want) {
		size_t n = min(want - total, sizeof(buf)), done;

		get_random_bytes(buf, n);
		done = copy_to_iter(buf, n, to);
		total += done;
		if (done < n) {
			if (!total)
				return -EFAULT;
			break;
		}
		if (signal_pending_current())
			break;
		cond_resched();
	}
	memset(buf, 0, sizeof(buf));
	return total;
}

/* Private mappings of /dev/zero are anonymous memory; mm makes the pages. */
static int mmap_zero(struct file *f, struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED ? -ENODEV : 0;
}

static const struct file_operations null_fops = {
	.llseek = null_llseek, .read_iter = read_null, .write_iter = write_null,
};
static const struct file_operations zero_fops = {
	.llseek = null_llseek, .read_iter = read_zero, .write_iter = write_null, .mmap = mmap_zero,
};
static const struct file_operations full_fops = {
	.llseek = null_llseek, .read_iter = read_zero, .write_iter = write_full,
};
/* Writing adds nothing to a generator that is keyed already, and is accepted as Linux accepts it. */
static const struct file_operations random_fops = {
	.llseek = null_llseek, .read_iter = read_random, .write_iter = write_null,
};

static void make_link(const char *target, const char *name)
{
	struct nameidata nd;
	struct dentry *d;

	if (name_begin(&nd, AT_FDCWD, name, &d))
		return;
	if (!d->d_inode)
		nd.path.dentry->d_inode->i_op->symlink(nd.path.dentry->d_inode, d, target);
	name_end(&nd, d);
}

void mem_devices_init(void)
{
	static const struct { const char *name; u32 minor; const struct file_operations *fops; } devs[] = {
		{ "null", 3, &null_fops },     { "zero", 5, &zero_fops },	{ "full", 7, &full_fops },
		{ "random", 8, &random_fops }, { "urandom", 9, &random_fops },
	};

	for (size_t i = 0; i < ARRAY_SIZE(devs); i++)
		register_chrdev(MKDEV(1, devs[i].minor), devs[i].name, 0666, devs[i].fops);
	make_link("/proc/self/fd", "/dev/fd");
	make_link("/proc/self/fd/0", "/dev/stdin");
	make_link("/proc/self/fd/1", "/dev/stdout");
	make_link("/proc/self/fd/2", "/dev/stderr");
}
