/* kernel/fs/proc_internal.h - shared by the files of procfs */
#pragma once
#include "kernel/fs/internal.h"

enum proc_kind { PROC_DIR, PROC_SINGLE, PROC_SEQ, PROC_SYSCTL };

/* A name registered by a room. [C] but children, under proc_lock. */
struct proc_dir_entry {
	refcount_t count;	/* one for the tree, one for each inode */
	enum proc_kind kind;
	umode_t mode;
	bool removed;
	u64 ino;
	struct proc_dir_entry *parent;
	struct list_head children, sibling;
	int (*show)(struct seq_file *m, void *data);
	ssize_t (*write)(const char *text, size_t n, void *data);
	const struct seq_operations *ops;
	void *data;
	size_t len;
	char name[];
};

struct pid_entry;
/* What an inode's i_private is in procfs: one of the two halves. */
struct proc_inode {
	struct proc_dir_entry *pde;	 /* referenced */
	struct task_struct *task;	 /* referenced */
	const struct pid_entry *entry;
	unsigned int fd;
	bool in_task; /* /proc/PID/task/TID: has no task directory of its own */
};

static inline struct proc_inode *PROC_I(const struct inode *inode) { return inode->i_private; }

extern struct proc_dir_entry proc_root;
struct inode *proc_inode_new(struct super_block *sb, umode_t mode, u64 ino); /* with an empty proc_inode; or NULL */
/* Emits the children from *pos - base on; true when all went out. */
bool pde_emit(struct proc_dir_entry *dir, struct dir_context *ctx, loff_t base);
bool emit_dots(struct file *f, struct dir_context *ctx);
struct proc_dir_entry *proc_add(const char *path, umode_t mode, enum proc_kind kind, void *data); /* ERR_PTR */

/* seq_file.c */
int seq_open(struct file *f, const struct seq_operations *ops, void *data);
int single_open(struct file *f, int (*show)(struct seq_file *m, void *data), void *data);
int seq_release(struct inode *inode, struct file *f);
ssize_t seq_read_iter(struct file *f, struct iov_iter *to, loff_t *pos);
loff_t seq_llseek(struct file *f, loff_t off, int whence);

/* proc_pid.c */
struct dentry *pid_lookup(struct inode *dir, struct dentry *d);	/* "123", "self" ... in the root */
bool pid_emit(struct dir_context *ctx, loff_t base);
/* ... and for proc_pid_fd.c, what all names below a PID share */
extern const struct inode_operations pid_text_iops;
long pid_parse_number(const char *s, size_t len);
int pid_may_inspect(struct task_struct *t);
struct inode *pid_task_inode(struct super_block *sb, struct task_struct *t, umode_t mode, u32 which);
struct dentry *pid_add(struct dentry *d, struct inode *inode);
bool pid_task_is_there(struct task_struct *t);
bool pid_emit_number(struct dir_context *ctx, unsigned int n, u64 ino, u32 type);
ssize_t pid_path_text(const struct path *p, char *buf, size_t size);
u64 pid_ino(pid_t pid, u32 which);
bool task_revalidate(struct dentry *d);

/* proc_pid_fd.c */
extern const struct inode_operations fd_dir_iops, fdinfo_dir_iops;
extern const struct file_operations fd_dir_fops;

/* proc_pid_text.c: show functions; data is the task */
int show_pid_stat(struct seq_file *m, void *task);
int show_pid_status(struct seq_file *m, void *task);
int show_pid_statm(struct seq_file *m, void *task);
int show_pid_cmdline(struct seq_file *m, void *task);
int show_pid_comm(struct seq_file *m, void *task);
int show_pid_environ(struct seq_file *m, void *task);
int show_pid_auxv(struct seq_file *m, void *task);
int show_pid_maps(struct seq_file *m, void *task);
int show_pid_limits(struct seq_file *m, void *task);
int show_pid_mounts(struct seq_file *m, void *task);
int show_pid_mountinfo(struct seq_file *m, void *task);
int show_pid_wchan(struct seq_file *m, void *task);
int show_pid_cgroup(struct seq_file *m, void *task);
bool task_root(struct task_struct *t, struct path *out);
bool task_pwd(struct task_struct *t, struct path *out);

void proc_text_init(void);
void proc_sys_init(void);
int sysctl_show(struct seq_file *m, void *table);
ssize_t sysctl_write(const char *text, size_t n, void *table);
