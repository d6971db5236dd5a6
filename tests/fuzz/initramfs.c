/* tests/fuzz/initramfs.c - an archive as somebody's script may have built it
 *
 * Input: a byte that says which VFS calls fail, and the archive, in a heap block of just its size. The VFS here is a
 * set of stubs that read all of what they are given and say yes or no.
 */
#include "kernel/fs/internal.h"
#include "tests/fuzz/fuzz.h"

#define MOST_PATH (PATH_MAX + 1) /* initramfs.c puts a slash before a name */

static u8 refusals;
static u32 files_open, paths_held, names_begun;
static struct file the_file;
static struct inode the_inode;
static struct dentry the_dentry, absent;
static struct boot_info none;

/* Every path that reaches the VFS: absolute, and with an end. */
static int answer(const char *path, u8 bit)
{
	BUG_ON(path[0] != '/' || strnlen(path, MOST_PATH + 1) > MOST_PATH);
	return refusals & bit ? -EACCES : 0;
}
static int fake_mknod(const char *path) { return answer(path, 1); }
static int fake_unlink(const char *path) { return answer(path, 2); }
static int fake_link(const char *old, const char *new) { return answer(old, 0) ?: answer(new, 4); }
static struct file *fake_open(const char *path)
{
	int err = answer(path, 8);

	files_open += !err;
	return err ? ERR_PTR(err) : &the_file;
}
static ssize_t fake_write(const void *buf, size_t n)
{
	u8 *copy = kmalloc(n, GFP_KERNEL);

	memcpy(copy, buf, n); /* ASan looks at each byte */
	kfree(copy);
	return refusals & 16 ? (ssize_t)(n / 2) : (ssize_t)n;
}
static void fake_fput(void) { BUG_ON(!files_open--); }
static int fake_path_at(const char *path, struct path *out)
{
	int err = answer(path, 32);

	out->dentry = &the_dentry;
	paths_held += !err;
	return err;
}
static void fake_path_put(void) { BUG_ON(!paths_held--); }
static int fake_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	BUG_ON(strnlen(target, PATH_MAX) == PATH_MAX || !*target);
	return refusals & 64 ? -ENOSPC : 0;
}
static int fake_begin(struct nameidata *nd, const char *path, struct dentry **d)
{
	int err = answer(path, 128);

	nd->path.dentry = &the_dentry;
	*d = &absent;
	names_begun += !err;
	return err;
}
static void fake_end(void) { BUG_ON(!names_begun--); }

#define vfs_mknod(path, mode, dev) fake_mknod(path)
#define vfs_unlink_path(path) fake_unlink(path)
#define vfs_link_path(old, new) fake_link(old, new)
#define filp_open(path, flags, mode) fake_open(path)
#define kernel_write(f, buf, n, pos) ((void)(pos), fake_write(buf, n))
#define fput(f) fake_fput()
#define kern_path_at(dfd, path, flags, out) fake_path_at(path, out)
#define path_put(p) fake_path_put()
#define name_begin(nd, dfd, path, d) fake_begin(nd, path, d)
#define name_end(nd, d) fake_end()
#define boot_info none
#define free_reserved_range(start, end) ((void)(start), (void)(end))
#include "kernel/fs/initramfs.c"

void fuzz_one(struct fuzz_input *in)
{
	static const struct inode_operations op = { .symlink = fake_symlink };
	size_t size;
	u8 *archive;

	refusals = fuzz_u8(in);
	size = fuzz_left(in);
	archive = kmalloc(max(size, (size_t)1), GFP_KERNEL);
	memcpy(archive, in->p, size);
	mutex_init(&the_inode.i_lock);
	the_inode.i_op = &op;
	the_dentry.d_inode = &the_inode;
	unpack_all(archive, size);
	kfree(archive);
	BUG_ON(files_open || paths_held || names_begun);
}
