/* kernel/fs/readdir.c - getdents: a directory's names, packed into the caller's buffer
 *
 * What:   the file system emits names; they are packed in a kernel buffer and copied out at the end, so that no page
 *         fault happens under the directory's lock.
 * Called: programs, through their system calls (process context).
 * Locks:  f_pos_lock, then the directory's i_lock, around f_op->iterate.
 */
#include "kernel/fs/internal.h"

#define MAX_DENTS (32 * 1024u)

struct dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; };
struct dirent_old { unsigned long d_ino, d_off; u16 d_reclen; char d_name[]; }; /* d_type in the last byte */

struct getdents {
	struct dir_context ctx;
	char *buf;
	size_t size, used;
	s64 *last_off; /* where the previous entry says that the next begins */
	bool old;
	int err;
};

static void put_old(char *p, const char *name, size_t len, u64 ino, u32 type, u16 reclen)
{
	struct dirent_old *d = (struct dirent_old *)p;

	d->d_ino = ino;
	d->d_reclen = reclen;
	memcpy(d->d_name, name, len);
	p[reclen - 1] = type;
}

static void put_64(char *p, const char *name, size_t len, u64 ino, u32 type, u16 reclen)
{
	struct dirent64 *d = (struct dirent64 *)p;

	d->d_ino = ino;
	d->d_reclen = reclen;
	d->d_type = type;
	memcpy(d->d_name, name, len);
}

/* ctx->pos is this entry's own position: the previous entry's d_off. */
static bool fill(struct dir_context *ctx, const char *name, size_t len, u64 ino, u32 type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	size_t head = g->old ? offsetof(struct dirent_old, d_name) + 1 : offsetof(struct dirent64, d_name);
	size_t reclen = ALIGN_UP(head + len + 1, 8UL);
	char *p = g->buf + g->used;

	if (reclen > g->size - g->used) {
		g->err = -EINVAL; /* only when not even one fits */
		return false;
	}
	memset(p, 0, reclen);
	(g->old ? put_old : put_64)(p, name, len, ino, type, reclen);
	if (g->last_off)
		*g->last_off = ctx->pos;
	g->last_off = (s64 *)(p + 8);
	g->used += reclen;
	return true;
}

static int iterate_dir(struct file *f, struct getdents *g)
{
	struct inode *dir = f->f_inode;
	int err = -ENOENT;

	if (!f->f_op->iterate)
		return -ENOTDIR;
	mutex_lock(&f->f_pos_lock);
	mutex_lock(&dir->i_lock);
	if (dir->i_nlink) {
		g->ctx.pos = f->f_pos;
		err = f->f_op->iterate(f, &g->ctx);
		f->f_pos = g->ctx.pos;
		file_accessed(f);
	}
	mutex_unlock(&dir->i_lock);
	mutex_unlock(&f->f_pos_lock);
	if (g->last_off)
		*g->last_off = g->ctx.pos;
	return err;
}

static long getdents(unsigned int fd, void __user *ubuf, unsigned int size, bool old)
{
	struct file *f = fget(fd);
	struct getdents g = { .ctx.actor = fill, .old = old, .size = min(size, MAX_DENTS) };
	long n;

	if (!f)
		return -EBADF;
	g.buf = kvmalloc(g.size + 1, GFP_KERNEL);
	n = g.buf ? iterate_dir(f, &g) : -ENOMEM;
	if (n >= 0)
		n = g.used ? (long)g.used : g.err;
	if (n > 0 && copy_to_user(ubuf, g.buf, n))
		n = -EFAULT;
	kvfree(g.buf);
	fput(f);
	return n;
}

static long sys_getdents64(unsigned int fd, void __user *buf, unsigned int size)
{
	return getdents(fd, buf, size, false);
}

static long sys_getdents(unsigned int fd, void __user *buf, unsigned int size)
{
	return getdents(fd, buf, size, true);
}

void readdir_syscalls(void)
{
	static const struct syscall_def calls[] = { SYSCALL(getdents), SYSCALL(getdents64) };

	syscall_register(calls, ARRAY_SIZE(calls));
}
