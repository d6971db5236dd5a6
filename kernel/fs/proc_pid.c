/* kernel/fs/proc_pid.c - /proc/PID: the names that every process has
 *
 * What:   one table of entries; directories for descriptors, threads and namespaces, which list what is there now.
 * Called: procfs.c for names in the root that are numbers.
 * Locks:  an inode holds its task by reference, and the name is good as long as the pid still means that task.
 * Absent: mem, io, smaps (Linux makes those optional too), writing to anything but comm.
 */
#include "kernel/fs/proc_internal.h"

struct pid_entry {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, void *task);
	const char *link;			      /* symlinks with a fixed text */
	bool (*path)(struct task_struct *t, struct path *out); /* magic links */
	const struct inode_operations *iops;
	const struct file_operations *fops;
	bool group_only;			      /* not in task/TID */
};

static const struct inode_operations pid_dir_iops, task_dir_iops, ns_dir_iops;
static const struct inode_operations link_iops, text_link_iops, ns_link_iops;
static const struct file_operations pid_dir_fops, task_dir_fops, ns_dir_fops, text_fops;
static const struct file_operations comm_fops;

static bool task_exe(struct task_struct *t, struct path *out)
{
	struct mm_struct *mm = get_task_mm(t);
	bool found = mm && mm->exe_file;

	if (found) {
		*out = mm->exe_file->f_path;
		path_get(out);
	}
	if (mm)
		mmput(mm);
	return found;
}

#define TEXT(n, m, fn) { .name = n, .mode = S_IFREG | (m), .show = fn, .iops = &pid_text_iops, .fops = &text_fops }
#define DIR(n, m, i, f) { .name = n, .mode = S_IFDIR | (m), .iops = &(i), .fops = &(f) }
#define MAGIC(n, fn) { .name = n, .mode = S_IFLNK | 0777, .path = fn, .iops = &link_iops }
static const struct pid_entry entries[] = {
	{ .name = "task", .mode = S_IFDIR | 0555, .iops = &task_dir_iops, .fops = &task_dir_fops, .group_only = true },
	DIR("fd", 0500, fd_dir_iops, fd_dir_fops),
	DIR("fdinfo", 0500, fdinfo_dir_iops, fd_dir_fops),
	DIR("ns", 0511, ns_dir_iops, ns_dir_fops),
	{ .name = "net", .mode = S_IFLNK | 0777, .link = "../net", .iops = &text_link_iops, .group_only = true },
	TEXT("environ", 0400, show_pid_environ),
	TEXT("auxv", 0400, show_pid_auxv),
	TEXT("status", 0444, show_pid_status),
	TEXT("limits", 0444, show_pid_limits),
	{ .name = "comm", .mode = S_IFREG | 0644, .show = show_pid_comm, .iops = &pid_text_iops, .fops = &comm_fops },
	TEXT("cmdline", 0444, show_pid_cmdline),
	TEXT("stat", 0444, show_pid_stat),
	TEXT("statm", 0444, show_pid_statm),
	TEXT("maps", 0444, show_pid_maps),
	MAGIC("cwd", task_pwd),
	MAGIC("root", task_root),
	MAGIC("exe", task_exe),
	TEXT("mounts", 0444, show_pid_mounts),
	TEXT("mountinfo", 0444, show_pid_mountinfo),
	TEXT("wchan", 0444, show_pid_wchan),
	TEXT("cgroup", 0444, show_pid_cgroup),
};

/* Numbers that cannot meet those of registered names. */
u64 pid_ino(pid_t pid, u32 which)
{
	return (1ull << 40) + ((u64)pid << 20) + which;
}

/* Positive decimal without leading zeros, or -1. */
long pid_parse_number(const char *s, size_t len)
{
	long v = 0;

	if (!len || len > 9 || (*s == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit(s[i]))
			return -1;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* An inode about task, owned by who the task runs as. Eats nothing; NULL without memory. */
struct inode *pid_task_inode(struct super_block *sb, struct task_struct *t, umode_t mode, u32 which)
{
	struct inode *inode = proc_inode_new(sb, mode, pid_ino(t->pid, which));

	if (!inode)
		return NULL;
	get_task_struct(t);
	PROC_I(inode)->task = t;
	rcu_read_lock();
	if (t->cred) {
		inode->i_uid = rcu_dereference(t->cred)->euid;
		inode->i_gid = rcu_dereference(t->cred)->egid;
	}
	rcu_read_unlock();
	return inode;
}

struct dentry *pid_add(struct dentry *d, struct inode *inode)
{
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_instantiate(d, inode);
	return NULL;
}

bool pid_task_is_there(struct task_struct *t)
{
	struct task_struct *now = find_task_by_pid(t->pid);

	if (now)
		put_task_struct(now);
	return now == t;
}

bool task_revalidate(struct dentry *d)
{
	return pid_task_is_there(PROC_I(d->d_inode)->task);
}

/* May current look into t? Its owner and root may. 0 or -EACCES. */
int pid_may_inspect(struct task_struct *t)
{
	const struct cred *mine = current_cred(), *theirs;
	bool same;

	rcu_read_lock();
	theirs = rcu_dereference(t->cred);
	same = mine->fsuid == theirs->euid && mine->fsuid == theirs->suid && mine->fsuid == theirs->uid;
	rcu_read_unlock();
	return same || t == current || capable(CAP_SYS_PTRACE) ? 0 : -EACCES;
}

/* --- the root: numbers, self, thread-self --- */
static ssize_t self_readlink(struct dentry *d, char *buf, size_t size)
{
	if (d->d_name[0] == 's')
		return scnprintf(buf, size, "%d", current->tgid);
	return scnprintf(buf, size, "%d/task/%d", current->tgid, current->pid);
}
static const struct inode_operations self_iops = { .readlink = self_readlink };

static struct dentry *add_self(struct inode *dir, struct dentry *d, u64 ino)
{
	struct inode *inode = proc_inode_new(dir->i_sb, S_IFLNK | 0777, ino);

	if (inode)
		inode->i_op = &self_iops;
	return pid_add(d, inode);
}

static struct dentry *add_task_dir(struct inode *dir, struct dentry *d, struct task_struct *t)
{
	struct inode *inode = pid_task_inode(dir->i_sb, t, S_IFDIR | 0555, t->pid == t->tgid ? 0 : 1);

	if (inode) {
		inode->i_op = &pid_dir_iops;
		inode->i_fop = &pid_dir_fops;
		inode->i_nlink = 8;
	}
	return pid_add(d, inode);
}

struct dentry *pid_lookup(struct inode *dir, struct dentry *d)
{
	struct task_struct *t;
	struct dentry *r;
	long pid;

	if (!strcmp(d->d_name, "self"))
		return add_self(dir, d, 2);
	if (!strcmp(d->d_name, "thread-self"))
		return add_self(dir, d, 3);
	pid = pid_parse_number(d->d_name, d->d_len);
	t = pid > 0 ? find_task_by_pid(pid) : NULL;
	if (!t)
		return NULL;
	r = add_task_dir(dir, d, t);
	put_task_struct(t);
	return r;
}

/* The smallest process id >= from, or 0. */
static pid_t next_pid(pid_t from)
{
	struct task_struct *t;
	pid_t best = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks)
		if (t->tgid >= from && (!best || t->tgid < best))
			best = t->tgid;
	rcu_read_unlock();
	return best;
}

bool pid_emit_number(struct dir_context *ctx, unsigned int n, u64 ino, u32 type)
{
	char name[12];

	return dir_emit(ctx, name, scnprintf(name, sizeof(name), "%u", n), ino, type >> 12);
}

bool pid_emit(struct dir_context *ctx, loff_t base)
{
	if (ctx->pos == base) {
		if (!dir_emit(ctx, "self", 4, 2, S_IFLNK >> 12))
			return false;
		ctx->pos++;
	}
	if (ctx->pos == base + 1) {
		if (!dir_emit(ctx, "thread-self", 11, 3, S_IFLNK >> 12))
			return false;
		ctx->pos++;
	}
	for (;;) {
		pid_t pid = next_pid(ctx->pos - base - 1); /* pid 1 stands at base + 2 */

		if (!pid)
			return true;
		ctx->pos = base + 1 + pid;
		if (!pid_emit_number(ctx, pid, pid_ino(pid, 0), S_IFDIR))
			return false;
		ctx->pos++;
	}
}

/* --- /proc/PID and /proc/PID/task/TID --- */
static bool has_entry(const struct proc_inode *dir, const struct pid_entry *e)
{
	return !e->group_only || (!dir->in_task && dir->task->pid == dir->task->tgid);
}

static struct dentry *pid_dir_lookup(struct inode *dir, struct dentry *d)
{
	struct task_struct *t = PROC_I(dir)->task;

	if (!pid_task_is_there(t))
		return NULL; /* the directory is still held open, the process is gone */
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		const struct pid_entry *e = &entries[i];
		struct inode *inode;

		if (strcmp(e->name, d->d_name) || !has_entry(PROC_I(dir), e))
			continue;
		inode = pid_task_inode(dir->i_sb, t, e->mode, 16 + i);
		if (inode) {
			PROC_I(inode)->entry = e;
			inode->i_op = e->iops;
			inode->i_fop = e->fops;
		}
		return pid_add(d, inode);
	}
	return NULL;
}

static int pid_dir_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *t = PROC_I(f->f_inode)->task;

	if (!pid_task_is_there(t) || !emit_dots(f, ctx))
		return 0;
	for (size_t i = ctx->pos - 2; i < ARRAY_SIZE(entries); i++, ctx->pos++) {
		const struct pid_entry *e = &entries[i];

		if (has_entry(PROC_I(f->f_inode), e) &&
		    !dir_emit(ctx, e->name, strlen(e->name), pid_ino(t->pid, 16 + i), (e->mode & S_IFMT) >> 12))
			break;
	}
	return 0;
}

/* --- text --- */
static int text_open(struct inode *inode, struct file *f)
{
	const struct pid_entry *e = PROC_I(inode)->entry;
	int err = e->mode & 0044 ? 0 : pid_may_inspect(PROC_I(inode)->task);

	return err ? err : single_open(f, e->show, PROC_I(inode)->task);
}

static ssize_t text_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	return pid_task_is_there(PROC_I(f->f_inode)->task) ? seq_read_iter(f, to, pos) : -ESRCH;
}

static ssize_t comm_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct task_struct *t = PROC_I(f->f_inode)->task;
	size_t all = iov_iter_count(from), n = min(all, (size_t)TASK_COMM_LEN - 1);
	char name[TASK_COMM_LEN] = "";

	if (t->tgid != current->tgid)
		return -EINVAL;
	if (copy_from_iter(name, n, from) != n)
		return -EFAULT;
	set_task_comm(t, name);
	return all;
}

/* --- links --- */
static int magic_path(struct dentry *d, struct path *out)
{
	struct proc_inode *pi = PROC_I(d->d_inode);
	int err = pid_may_inspect(pi->task);

	if (err)
		return err;
	return pi->entry->path(pi->task, out) ? 0 : -ENOENT;
}

ssize_t pid_path_text(const struct path *p, char *buf, size_t size)
{
	char *tmp = kmalloc(PATH_MAX, GFP_KERNEL), *text;
	ssize_t n = -ENOMEM;

	if (!tmp)
		return n;
	text = d_path(p, tmp, PATH_MAX);
	n = IS_ERR(text) ? PTR_ERR(text) : (ssize_t)min(strlen(text), size);
	if (n > 0)
		memcpy(buf, text, n);
	kfree(tmp);
	return n;
}

static ssize_t link_readlink(struct dentry *d, char *buf, size_t size)
{
	const struct pid_entry *e = PROC_I(d->d_inode)->entry;
	struct path p;
	ssize_t n;

	if (e->link)
		return scnprintf(buf, size, "%s", e->link);
	n = magic_path(d, &p);
	if (n)
		return n;
	n = pid_path_text(&p, buf, size);
	path_put(&p);
	return n;
}

/* --- threads --- */
static struct dentry *task_lookup(struct inode *dir, struct dentry *d)
{
	struct task_struct *leader = PROC_I(dir)->task, *t;
	long tid = pid_parse_number(d->d_name, d->d_len);
	struct dentry *r = NULL;

	t = tid > 0 ? find_task_by_pid(tid) : NULL;
	if (!t)
		return NULL;
	if (t->tgid == leader->tgid) {
		struct inode *inode = pid_task_inode(dir->i_sb, t, S_IFDIR | 0555, 2);

		if (inode) {
			PROC_I(inode)->in_task = true;
			inode->i_op = &pid_dir_iops;
			inode->i_fop = &pid_dir_fops;
			inode->i_nlink = 7;
		}
		r = pid_add(d, inode);
	}
	put_task_struct(t);
	return r;
}

/* The smallest thread id >= from in leader's group, or 0. */
static pid_t next_tid(struct task_struct *leader, pid_t from)
{
	struct task_struct *t = leader;
	pid_t best = 0;

	spin_lock(&tasklist_lock);
	do {
		if (t->pid >= from && (!best || t->pid < best))
			best = t->pid;
		t = next_thread(t);
	} while (t && t != leader);
	spin_unlock(&tasklist_lock);
	return best;
}

static int task_iterate(struct file *f, struct dir_context *ctx)
{
	struct task_struct *leader = PROC_I(f->f_inode)->task;
	pid_t tid;

	if (!pid_task_is_there(leader) || !emit_dots(f, ctx))
		return 0;
	while ((tid = next_tid(leader, ctx->pos - 1)) != 0) { /* tid 1 stands at 2 */
		ctx->pos = tid + 1;
		if (!pid_emit_number(ctx, tid, pid_ino(tid, 2), S_IFDIR))
			break;
		ctx->pos++;
	}
	return 0;
}

/* --- namespaces: only the network has more than one --- */
static struct dentry *ns_lookup(struct inode *dir, struct dentry *d)
{
	struct inode *inode;

	if (strcmp(d->d_name, "net"))
		return NULL;
	inode = pid_task_inode(dir->i_sb, PROC_I(dir)->task, S_IFLNK | 0777, 8);
	if (inode)
		inode->i_op = &ns_link_iops;
	return pid_add(d, inode);
}

static int ns_iterate(struct file *f, struct dir_context *ctx)
{
	if (!emit_dots(f, ctx) || ctx->pos > 2)
		return 0;
	if (dir_emit(ctx, "net", 3, pid_ino(PROC_I(f->f_inode)->task->pid, 8), S_IFLNK >> 12))
		ctx->pos = 3;
	return 0;
}

static u32 (*net_inum)(const struct net *net);

void proc_set_net_inum(u32 (*inum)(const struct net *net))
{
	net_inum = inum;
}

static ssize_t ns_readlink(struct dentry *d, char *buf, size_t size)
{
	struct net *net = READ_ONCE(PROC_I(d->d_inode)->task->net);

	return net && net_inum ? scnprintf(buf, size, "net:[%u]", net_inum(net)) : -ENOENT;
}

static const struct inode_operations pid_dir_iops = { .lookup = pid_dir_lookup, .revalidate = task_revalidate };
static const struct inode_operations task_dir_iops = { .lookup = task_lookup, .revalidate = task_revalidate };
static const struct inode_operations ns_dir_iops = { .lookup = ns_lookup, .revalidate = task_revalidate };
const struct inode_operations pid_text_iops = { .revalidate = task_revalidate };
static const struct inode_operations link_iops = {
	.readlink = link_readlink, .get_path = magic_path, .revalidate = task_revalidate,
};
static const struct inode_operations text_link_iops = { .readlink = link_readlink, .revalidate = task_revalidate };
static const struct inode_operations ns_link_iops = { .readlink = ns_readlink, .revalidate = task_revalidate };
static const struct file_operations pid_dir_fops = { .llseek = dir_llseek, .iterate = pid_dir_iterate };
static const struct file_operations task_dir_fops = { .llseek = dir_llseek, .iterate = task_iterate };
static const struct file_operations ns_dir_fops = { .llseek = dir_llseek, .iterate = ns_iterate };
static const struct file_operations text_fops = {
	.open = text_open, .release = seq_release, .read_iter = text_read, .llseek = seq_llseek,
};
static const struct file_operations comm_fops = {
	.open = text_open,
	.release = seq_release,
	.read_iter = text_read,
	.write_iter = comm_write,
	.llseek = seq_llseek,
};
