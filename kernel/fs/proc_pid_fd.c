/* kernel/fs/proc_pid_fd.c - /proc/PID/fd and fdinfo: the descriptors of a process
 *
 * Called: procfs, for names in these directories.
 * Calls:  proc_pid.c for what all names below a PID share.
 * Locks:  none: the table is pinned by reference while it is looked at.
 */
#include "kernel/fs/proc_internal.h"

static const struct inode_operations fd_link_iops;
static const struct file_operations fdinfo_fops;

static struct file *task_file(struct task_struct *t, unsigned int fd)
{
	struct files_struct *files = get_task_files(t);
	struct file *f = files ? files_lookup(files, fd) : NULL;

	if (files)
		put_files(files);
	return f;
}

static struct dentry *fd_lookup_as(struct inode *dir, struct dentry *d, bool info)
{
	struct task_struct *t = PROC_I(dir)->task;
	long fd = pid_parse_number(d->d_name, d->d_len);
	struct inode *inode;
	struct file *f;
	umode_t mode = info ? S_IFREG | 0400 : S_IFLNK;
	int err = pid_may_inspect(t);

	if (err)
		return ERR_PTR(err);
	f = fd >= 0 ? task_file(t, fd) : NULL;
	if (!f)
		return NULL;
	if (!info)
		mode |= (f->f_mode & FMODE_READ ? 0500 : 0) | (f->f_mode & FMODE_WRITE ? 0300 : 0);
	fput(f);
	inode = pid_task_inode(dir->i_sb, t, mode, (info ? 1u << 19 : 1u << 18) + fd);
	if (inode) {
		PROC_I(inode)->fd = fd;
		inode->i_op = info ? &pid_text_iops : &fd_link_iops;
		inode->i_fop = info ? &fdinfo_fops : NULL;
		inode->i_size = 64;
	}
	return pid_add(d, inode);
}

static struct dentry *fd_lookup(struct inode *dir, struct dentry *d)
{
	return fd_lookup_as(dir, d, false);
}

static struct dentry *fdinfo_lookup(struct inode *dir, struct dentry *d)
{
	return fd_lookup_as(dir, d, true);
}

static bool fd_revalidate(struct dentry *d)
{
	struct proc_inode *pi = PROC_I(d->d_inode);
	struct file *f = pid_task_is_there(pi->task) ? task_file(pi->task, pi->fd) : NULL;

	if (!f)
		return false;
	fput(f);
	return true;
}

static int fd_iterate(struct file *dirf, struct dir_context *ctx)
{
	struct task_struct *t = PROC_I(dirf->f_inode)->task;
	struct files_struct *files;
	struct file *f;
	bool more = true, cloexec;
	int err = pid_may_inspect(t), fd;

	if (err)
		return err;
	if (!emit_dots(dirf, ctx))
		return 0;
	files = get_task_files(t);
	while (files && more && (fd = files_next(files, ctx->pos - 2, &f, &cloexec)) >= 0) {
		fput(f);
		ctx->pos = fd + 2;
		more = pid_emit_number(ctx, fd, pid_ino(t->pid, (1u << 18) + fd), S_IFLNK);
		if (more)
			ctx->pos++;
	}
	if (files)
		put_files(files);
	return 0;
}

static int fd_path(struct dentry *d, struct path *out)
{
	struct proc_inode *pi = PROC_I(d->d_inode);
	struct file *f = task_file(pi->task, pi->fd);
	int err = pid_may_inspect(pi->task);

	if (f && !err) {
		*out = f->f_path;
		path_get(out);
	}
	if (f)
		fput(f);
	return f ? err : -ENOENT;
}

static ssize_t fd_readlink(struct dentry *d, char *buf, size_t size)
{
	struct path p;
	ssize_t n = fd_path(d, &p);

	if (n)
		return n;
	n = pid_path_text(&p, buf, size);
	path_put(&p);
	return n;
}

static int show_fdinfo(struct seq_file *m, void *data)
{
	struct proc_inode *pi = data;
	struct files_struct *files = get_task_files(pi->task);
	struct file *f = NULL;
	bool cloexec = false;
	char extra[256] = "";
	int fd = files ? files_next(files, pi->fd, &f, &cloexec) : -1;

	if (files)
		put_files(files);
	if (fd < 0)
		return -ENOENT;
	if (fd == (int)pi->fd) {
		seq_printf(m, "pos:\t%lld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%llu\n", (long long)f->f_pos,
			   f->f_flags | (cloexec ? O_CLOEXEC : 0), 1, (unsigned long long)f->f_inode->i_ino);
		if (f->f_op->show_fdinfo)
			f->f_op->show_fdinfo(f, extra, sizeof(extra));
		seq_puts(m, extra);
	}
	fput(f);
	return fd == (int)pi->fd ? 0 : -ENOENT;
}

static int fdinfo_open(struct inode *inode, struct file *f)
{
	int err = pid_may_inspect(PROC_I(inode)->task);

	return err ? err : single_open(f, show_fdinfo, PROC_I(inode));
}

const struct inode_operations fd_dir_iops = { .lookup = fd_lookup, .revalidate = task_revalidate };
const struct inode_operations fdinfo_dir_iops = { .lookup = fdinfo_lookup, .revalidate = task_revalidate };
static const struct inode_operations fd_link_iops = {
	.readlink = fd_readlink, .get_path = fd_path, .revalidate = fd_revalidate,
};
const struct file_operations fd_dir_fops = { .llseek = dir_llseek, .iterate = fd_iterate };
static const struct file_operations fdinfo_fops = {
	.open = fdinfo_open, .release = seq_release, .read_iter = seq_read_iter, .llseek = seq_llseek,
};
