/* kernel/process/exec.c - execve: a process throws its program away and becomes another
 *
 * What:   the new address space is built completely beside the old one, so that everything that can fail does so while
 *         the caller can still be told. Then the other threads die, and from begin_new_program() on there is no way
 *         back: only steps that cannot fail are left.
 * Called: the system calls, and run_init_process() through kernel_execve().
 * Calls:  exec_args.c (strings and stack), elf.c, script.c, exec_thread.c.
 * Absent: ETXTBSY, other binary formats, execution of files that cannot be read.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/calls.h"
#include "kernel/process/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/trace.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/securebits.h>

#define MAX_SCRIPT_DEPTH 5
DEFINE_TRACE(sched, sched_process_exec);

/* Exactly n bytes at pos. 0, -ENOEXEC at the end of the file, or -errno. */
int exec_read(struct file *f, void *buf, size_t n, loff_t pos)
{
	ssize_t got = kernel_read(f, buf, n, &pos);

	if (got < 0)
		return got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

static int may_exec(const struct file *f)
{
	umode_t mode = f->f_inode->i_mode;

	if (!S_ISREG(mode) || !(mode & 0111))
		return -EACCES;
	if (f->f_path.mnt && f->f_path.mnt->mnt_flags & MS_NOEXEC)
		return -EACCES;
	return inode_permission(f->f_inode, MAY_EXEC);
}

/* Referenced, or ERR_PTR. path is kernel memory. O_NONBLOCK: a FIFO must not hold us up before it is refused. */
struct file *open_exec(const char *path)
{
	struct file *f = filp_open(path, O_RDONLY | O_NONBLOCK, 0);
	int r;

	if (IS_ERR(f))
		return f;
	r = may_exec(f);
	if (!r)
		return f;
	fput(f);
	return ERR_PTR(r);
}

static int read_head(struct exec_args *x)
{
	loff_t pos = 0;
	ssize_t n;

	memset(x->head, 0, sizeof(x->head));
	n = kernel_read(x->file, x->head, sizeof(x->head) - 1, &pos);
	return n < 0 ? (int)n : 0;
}

/* x->file is a script: argv becomes interp, [arg], script, the old argv without its first; file becomes interp's. */
static int enter_script(struct exec_args *x)
{
	const char *script = x->interp ? x->interp : x->filename;
	char *interp, *arg;
	struct file *f;
	int r = script_interpreter(x->head, &interp, &arg);

	if (r)
		return r;
	strvec_drop_first(&x->argv);
	r = strvec_prepend(&x->argv, script);
	if (!r && arg)
		r = strvec_prepend(&x->argv, arg);
	if (!r)
		r = strvec_prepend(&x->argv, interp);
	kfree(arg);
	f = r ? ERR_PTR(r) : open_exec(interp);
	if (IS_ERR(f)) {
		kfree(interp);
		return PTR_ERR(f);
	}
	kfree(x->interp);
	x->interp = interp;
	fput(x->file);
	x->file = f;
	return 0;
}

/* Follows "#!" until x->file is something else. */
static int resolve_scripts(struct exec_args *x)
{
	for (int depth = 0; depth <= MAX_SCRIPT_DEPTH; depth++) {
		int r = read_head(x);

		if (!r && (x->head[0] != '#' || x->head[1] != '!'))
			return 0;
		r = r ?: enter_script(x);
		if (r)
			return r;
	}
	return -ELOOP;
}

/* Set-user-ID and set-group-ID bits count unless no_new_privs or a nosuid mount says otherwise. */
static void apply_file_ids(struct cred *new, const struct file *f)
{
	const struct inode *inode = f->f_inode;

	if (current->no_new_privs || (f->f_path.mnt && f->f_path.mnt->mnt_flags & MS_NOSUID))
		return;
	if (inode->i_mode & S_ISUID)
		new->euid = inode->i_uid;
	if ((inode->i_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		new->egid = inode->i_gid;
}

static int prepare_exec_creds(struct exec_args *x)
{
	struct cred *new = prepare_creds();

	if (!new)
		return -ENOMEM;
	apply_file_ids(new, x->file);
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	cap_for_exec(new);
	x->secure = new->euid != new->uid || new->egid != new->gid;
	x->cred = new;
	return 0;
}

static int build_new_mm(struct exec_args *x)
{
	int r;

	x->mm = mm_alloc();
	if (!x->mm)
		return -ENOMEM;
	get_file(x->file);
	x->mm->exe_file = x->file;
	r = load_elf(x);
	if (!r)
		return 0;
	mmput(x->mm);
	x->mm = NULL;
	return r;
}

static void install_mm(struct exec_args *x)
{
	mm_release(current);
	spin_lock(&current->alloc_lock);
	current->mm = x->mm;
	spin_unlock(&current->alloc_lock);
	arch_switch_mm(x->mm);
	x->mm = NULL;
}

static void set_comm(const char *filename)
{
	const char *slash = strrchr(filename, '/');

	set_task_comm(current, slash ? slash + 1 : filename);
}

/* What a new program does not inherit. */
static void reset_task(const struct exec_args *x)
{
	exit_itimers(current->signal);
	files_close_on_exec(current->files);
	spin_lock_irq(&current->sighand->siglock);
	flush_signal_handlers(current->sighand);
	spin_unlock_irq(&current->sighand->siglock);
	current->sas_ss_sp = current->sas_ss_size = current->sas_ss_flags = 0;
	current->clear_child_tid = current->set_child_tid = NULL;
	current->robust_list = NULL;
	current->restart_block.fn = NULL;
	current->flags &= ~(PF_FORKNOEXEC | PF_KTHREAD);
	current->exit_signal = SIGCHLD;
	current->signal->dumpable = !x->secure;
	if (x->secure)
		current->pdeath_signal = 0;
}

/* The point of no return. */
static void begin_new_program(struct exec_args *x)
{
	bool dumpable = !x->secure;

	install_mm(x);
	set_comm(x->filename);
	reset_task(x);
	commit_creds(x->cred);
	x->cred = NULL;
	current->signal->dumpable = dumpable;
	arch_start_thread(task_pt_regs(current), x->entry, x->sp);
	TRACE(sched_process_exec, "filename=%s pid=%d", x->filename, current->pid);
}

static int exec_program(struct exec_args *x)
{
	int r = 0;

	if (!x->argv.count) /* as Linux: a program may rely on argv[0] */
		r = strvec_add(&x->argv, "");
	r = r ?: resolve_scripts(x);
	r = r ?: prepare_exec_creds(x);
	r = r ?: build_new_mm(x);
	r = r ?: unshare_files();
	r = r ?: de_thread();
	if (!r)
		begin_new_program(x);
	return r;
}

static void free_args(struct exec_args *x)
{
	strvec_free(&x->argv);
	strvec_free(&x->envp);
	kfree(x->interp);
	if (x->cred)
		put_cred(x->cred);
	if (x->mm)
		mmput(x->mm);
	if (x->file)
		fput(x->file);
	kfree(x);
}

/* Strings may take a quarter of the stack, 128 KiB at least, 6 MiB at most (as Linux). */
static size_t arg_limit(void)
{
	return clamp(rlimit(RLIMIT_STACK) / 4, 128UL << 10, 6UL << 20);
}

/* Eats file (which may be an ERR_PTR). 0 or -errno. */
static int do_execve_file(struct file *file, const char *filename, const char *const __user *argv,
			  const char *const __user *envp)
{
	struct exec_args *x;
	int r;

	if (IS_ERR(file))
		return PTR_ERR(file);
	x = kzalloc(sizeof(*x), GFP_KERNEL);
	if (!x) {
		fput(file);
		return -ENOMEM;
	}
	x->file = file;
	x->filename = filename;
	r = strvec_from_user(&x->argv, argv, arg_limit());
	if (!r)
		r = strvec_from_user(&x->envp, envp, arg_limit() - min(x->argv.used, arg_limit()));
	r = r ?: exec_program(x);
	free_args(x);
	return r;
}

int do_execve(const char *path, const char *const __user *argv, const char *const __user *envp)
{
	return do_execve_file(open_exec(path), path, argv, envp);
}

static int strvec_from_kernel(struct strvec *v, const char *const *vec)
{
	int r = 0;

	for (; !r && *vec; vec++)
		r = strvec_add(v, *vec);
	return r;
}

int kernel_execve(const char *path, const char *const *argv, const char *const *envp)
{
	struct exec_args *x = kzalloc(sizeof(*x), GFP_KERNEL);
	int r;

	if (!x)
		return -ENOMEM;
	x->filename = path;
	x->file = open_exec(path);
	if (IS_ERR(x->file)) {
		r = PTR_ERR(x->file);
		x->file = NULL;
	} else {
		r = strvec_from_kernel(&x->argv, argv);
		r = r ?: strvec_from_kernel(&x->envp, envp);
		r = r ?: exec_program(x);
	}
	free_args(x);
	return r;
}

long sys_execve(const char __user *upath, const char *const __user *argv, const char *const __user *envp)
{
	char *path = getname(upath);
	int r;

	if (IS_ERR(path))
		return PTR_ERR(path);
	r = do_execve(path, argv, envp);
	kfree(path);
	return r;
}

/* The file that dfd itself is. Reopened by name when the descriptor cannot be read (O_PATH). */
static struct file *exec_file_of_fd(int dfd)
{
	struct file *f = fget(dfd);
	int r;

	if (!f)
		return ERR_PTR(-EBADF);
	r = may_exec(f);
	if (!r && !(f->f_mode & FMODE_READ))
		r = -EACCES;
	if (!r)
		return f;
	fput(f);
	return ERR_PTR(r);
}

/* path relative to dfd, by way of its absolute name. */
static struct file *exec_file_at(int dfd, const char *path, bool follow)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *name;
	struct file *f;
	struct path p;
	int r;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	r = kern_path_at(dfd, path, follow ? LOOKUP_FOLLOW : 0, &p);
	if (r) {
		kfree(buf);
		return ERR_PTR(r);
	}
	name = d_path(&p, buf, PATH_MAX);
	if (IS_ERR(name))
		f = ERR_PTR(PTR_ERR(name));
	else if (S_ISLNK(p.dentry->d_inode->i_mode))
		f = ERR_PTR(-ELOOP);
	else
		f = open_exec(name);
	path_put(&p);
	kfree(buf);
	return f;
}

long sys_execveat(int dfd, const char __user *upath, const char *const __user *argv, const char *const __user *envp,
		  int flags)
{
	char *path, *shown = NULL;
	struct file *f;
	int r;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	path = getname(upath);
	if (IS_ERR(path))
		return PTR_ERR(path);
	if (!*path && !(flags & AT_EMPTY_PATH)) {
		kfree(path);
		return -ENOENT;
	}
	f = *path ? exec_file_at(dfd, path, !(flags & AT_SYMLINK_NOFOLLOW)) : exec_file_of_fd(dfd);
	if (dfd != AT_FDCWD && *path != '/')
		shown = kasprintf(GFP_KERNEL, *path ? "/dev/fd/%d/%s" : "/dev/fd/%d%s", dfd, path);
	r = do_execve_file(f, shown ? shown : path, argv, envp);
	kfree(shown);
	kfree(path);
	return r;
}
