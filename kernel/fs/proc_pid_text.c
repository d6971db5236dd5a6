/* kernel/fs/proc_pid_text.c - what /proc/PID/stat, status, maps and their kin print, in Linux's formats
 *
 * Called: proc_pid.c; data is the task, referenced.
 * Locks:  tasklist_lock while signal_struct and the family are read, since a task that is reaped loses both;
 *         mmap_lock for the areas.
 */
#include "kernel/fs/proc_internal.h"
#include "kernel/fs/tty.h"

#define CLK_TCK 100
#define TICKS(ns) ((unsigned long long)(ns) / (NSEC_PER_SEC / CLK_TCK))

/* What stat and status need, copied at one moment. */
struct snapshot {
	char name[TASK_COMM_LEN];
	char state;
	pid_t ppid, pgrp, session, tty_pgrp;
	u32 tty_nr;
	int threads;
	u64 utime, stime, cutime, cstime, min_flt, maj_flt;
	u64 pending, shared, blocked, ignored, caught;
	unsigned long rss_limit;
	struct mm_struct *mm;
};

static char state_char(const struct task_struct *t)
{
	u32 state = READ_ONCE(t->state);

	if (t->exit_state)
		return t->exit_state == TASK_ZOMBIE ? 'Z' : 'X';
	if (state & TASK_STOPPED)
		return 'T';
	if (state & TASK_TRACED)
		return 't';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	return state & TASK_UNINTERRUPTIBLE ? 'D' : 'R';
}

static const char *state_name(char c)
{
	switch (c) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	case 't': return "t (tracing stop)";
	case 'Z': return "Z (zombie)";
	}
	return "X (dead)";
}

static void snap_handlers(struct task_struct *t, struct snapshot *s)
{
	struct sighand_struct *h = READ_ONCE(t->sighand);

	for (int i = 0; h && i < 64; i++) {
		if (h->action[i].handler == SIG_IGN)
			s->ignored |= 1ull << i;
		else if (h->action[i].handler != SIG_DFL)
			s->caught |= 1ull << i;
	}
}

static void snap_signal(struct task_struct *t, struct snapshot *s)
{
	struct signal_struct *sig = t->signal;

	if (!sig)
		return;
	s->pgrp = sig->pgrp;
	s->session = sig->session;
	s->threads = sig->live;
	s->cutime = sig->cutime_ns;
	s->cstime = sig->cstime_ns;
	s->shared = sig->shared_pending.signal;
	s->rss_limit = sig->rlim[RLIMIT_RSS].rlim_cur;
	s->tty_pgrp = -1;
	if (!sig->tty)
		return;
	s->tty_nr = tty_devnum(sig->tty);
	s->tty_pgrp = tty_pgrp(sig->tty);
}

static void snap(struct task_struct *t, struct snapshot *s)
{
	memset(s, 0, sizeof(*s));
	get_task_comm(s->name, t);
	s->tty_pgrp = -1;
	s->state = state_char(t);
	spin_lock(&tasklist_lock);
	if (t->real_parent && !(t->flags & PF_KTHREAD))
		s->ppid = t->real_parent->tgid;
	snap_signal(t, s);
	snap_handlers(t, s);
	spin_unlock(&tasklist_lock);
	if (t->pid == t->tgid) {
		thread_group_times(t, &s->utime, &s->stime);
	} else {
		s->utime = t->utime_ns;
		s->stime = t->stime_ns;
	}
	s->min_flt = t->min_flt;
	s->maj_flt = t->maj_flt;
	s->pending = t->pending.signal;
	s->blocked = t->blocked;
	s->mm = get_task_mm(t);
}

static void snap_done(struct snapshot *s)
{
	if (s->mm)
		mmput(s->mm);
}

/* Fields as in proc(5), 52 of them. */
int show_pid_stat(struct seq_file *m, void *task)
{
	struct task_struct *t = task;
	const struct mm_struct *mm;
	struct snapshot s;

	snap(t, &s);
	mm = s.mm;
	seq_printf(m, "%d (%s) %c %d %d %d %d %d %u ", t->pid, s.name, s.state, s.ppid, s.pgrp, s.session,
		   (int)s.tty_nr, s.tty_pgrp, t->flags);
	seq_printf(m, "%llu 0 %llu 0 %llu %llu %llu %llu ", (unsigned long long)s.min_flt,
		   (unsigned long long)s.maj_flt, TICKS(s.utime), TICKS(s.stime), TICKS(s.cutime), TICKS(s.cstime));
	seq_printf(m, "%d %d %d 0 %llu ", 20 + t->nice, t->nice, s.threads, TICKS(t->start_time_ns));
	seq_printf(m, "%lu %lld %lu ", mm ? mm->total_vm * PAGE_SIZE : 0,
		   (long long)(mm ? atomic64_read(&mm->rss) : 0), s.rss_limit);
	seq_printf(m, "%lu %lu %lu 0 0 ", mm ? mm->start_code : 0, mm ? mm->end_code : 0, mm ? mm->start_stack : 0);
	seq_printf(m, "%llu %llu %llu %llu ", (unsigned long long)(s.pending & 0x7fffffff),
		   (unsigned long long)(s.blocked & 0x7fffffff), (unsigned long long)(s.ignored & 0x7fffffff),
		   (unsigned long long)(s.caught & 0x7fffffff));
	seq_printf(m, "0 0 0 %d %u %u %u 0 0 0 ", t->exit_signal, t->cpu, t->se.rt_priority, t->policy);
	seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu %d\n", mm ? mm->start_data : 0, mm ? mm->end_data : 0,
		   mm ? mm->start_brk : 0, mm ? mm->arg_start : 0, mm ? mm->arg_end : 0, mm ? mm->env_start : 0,
		   mm ? mm->env_end : 0, t->exit_code);
	snap_done(&s);
	return 0;
}

static void show_ids(struct seq_file *m, struct task_struct *t)
{
	const struct cred *c;

	rcu_read_lock();
	c = rcu_dereference(t->cred);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	seq_printf(m, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	seq_puts(m, "Groups:\t");
	for (u32 i = 0; i < c->groups->n; i++)
		seq_printf(m, "%u ", c->groups->gid[i]);
	seq_puts(m, "\n");
	rcu_read_unlock();
}

static void show_caps(struct seq_file *m, struct task_struct *t)
{
	const struct cred *c;

	rcu_read_lock();
	c = rcu_dereference(t->cred);
	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\nCapAmb:\t%016llx\n",
		   (unsigned long long)c->cap_inheritable, (unsigned long long)c->cap_permitted,
		   (unsigned long long)c->cap_effective, (unsigned long long)c->cap_bounding,
		   (unsigned long long)c->cap_ambient);
	rcu_read_unlock();
}

static void show_memory(struct seq_file *m, const struct mm_struct *mm)
{
	unsigned long kb = PAGE_SIZE / 1024;

	seq_printf(m, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
		   mm->total_vm * kb, mm->total_vm * kb, mm->locked_vm * kb,
		   (unsigned long)atomic64_read(&mm->rss) * kb, (unsigned long)atomic64_read(&mm->rss) * kb);
	seq_printf(m, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n", (mm->brk - mm->start_brk) / 1024, 132ul,
		   (mm->end_code - mm->start_code) / 1024);
}

int show_pid_status(struct seq_file *m, void *task)
{
	struct task_struct *t = task;
	struct snapshot s;

	snap(t, &s);
	seq_printf(m, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		   s.name, 022, state_name(s.state), t->tgid, t->pid, s.ppid);
	show_ids(m, t);
	if (s.mm)
		show_memory(m, s.mm);
	seq_printf(m, "Threads:\t%d\nSigQ:\t0/0\nSigPnd:\t%016llx\nShdPnd:\t%016llx\nSigBlk:\t%016llx\n", s.threads,
		   (unsigned long long)s.pending, (unsigned long long)s.shared, (unsigned long long)s.blocked);
	seq_printf(m, "SigIgn:\t%016llx\nSigCgt:\t%016llx\n", (unsigned long long)s.ignored,
		   (unsigned long long)s.caught);
	show_caps(m, t);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\n", t->no_new_privs);
	seq_printf(m, "Cpus_allowed:\t%llx\nvoluntary_ctxt_switches:\t%llu\nnonvoluntary_ctxt_switches:\t%llu\n",
		   (unsigned long long)t->cpus_allowed, (unsigned long long)t->nvcsw, (unsigned long long)t->nivcsw);
	snap_done(&s);
	return 0;
}

int show_pid_statm(struct seq_file *m, void *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	seq_printf(m, "%lu %lld 0 %lu 0 %lu 0\n", mm->total_vm, (long long)atomic64_read(&mm->rss),
		   (mm->end_code - mm->start_code) / PAGE_SIZE, (mm->brk - mm->start_brk) / PAGE_SIZE);
	mmput(mm);
	return 0;
}

/* Bytes [from, to) of the process as they are. */
static void show_memory_range(struct seq_file *m, struct mm_struct *mm, unsigned long from, unsigned long to)
{
	char buf[256];

	while (from < to && m->count < m->size) {
		size_t n = access_remote_vm(mm, from, buf, min(sizeof(buf), (size_t)(to - from)), false);

		if (!n)
			break;
		seq_write(m, buf, n);
		from += n;
	}
}

static int show_range(struct seq_file *m, struct task_struct *t, bool env)
{
	struct mm_struct *mm = get_task_mm(t);

	if (!mm)
		return 0;
	show_memory_range(m, mm, env ? mm->env_start : mm->arg_start, env ? mm->env_end : mm->arg_end);
	mmput(mm);
	return 0;
}

int show_pid_cmdline(struct seq_file *m, void *task)
{
	return show_range(m, task, false);
}

int show_pid_environ(struct seq_file *m, void *task)
{
	return show_range(m, task, true);
}

int show_pid_auxv(struct seq_file *m, void *task)
{
	struct mm_struct *mm = get_task_mm(task);
	size_t n = 0;

	if (!mm)
		return 0;
	while (n + 2 < ARRAY_SIZE(mm->saved_auxv) && mm->saved_auxv[n])
		n += 2;
	seq_write(m, mm->saved_auxv, min(n + 2, ARRAY_SIZE(mm->saved_auxv)) * sizeof(long));
	mmput(mm);
	return 0;
}

int show_pid_comm(struct seq_file *m, void *task)
{
	char name[TASK_COMM_LEN];

	get_task_comm(name, task);
	seq_printf(m, "%s\n", name);
	return 0;
}

static const char *area_name(const struct mm_struct *mm, const struct vm_area_struct *v)
{
	if (v->vm_start <= mm->brk && v->vm_end > mm->start_brk && mm->brk > mm->start_brk)
		return "[heap]";
	return v->vm_start <= mm->start_stack && v->vm_end >= mm->start_stack ? "[stack]" : NULL;
}

static void show_area(struct seq_file *m, const struct mm_struct *mm, const struct vm_area_struct *v, char *buf)
{
	const struct inode *inode = v->vm_file ? v->vm_file->f_inode : NULL;
	const char *name = inode ? NULL : area_name(mm, v);
	size_t start = m->count;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %llu ", v->vm_start, v->vm_end,
		   v->vm_flags & VM_READ ? 'r' : '-', v->vm_flags & VM_WRITE ? 'w' : '-',
		   v->vm_flags & VM_EXEC ? 'x' : '-', v->vm_flags & VM_SHARED ? 's' : 'p',
		   inode ? (unsigned long long)v->vm_pgoff << PAGE_SHIFT : 0ull,
		   inode ? MAJOR((u32)inode->i_sb->s_dev) : 0, inode ? MINOR((u32)inode->i_sb->s_dev) : 0,
		   inode ? (unsigned long long)inode->i_ino : 0ull);
	if (inode) {
		name = d_path(&v->vm_file->f_path, buf, PATH_MAX);
		if (IS_ERR(name))
			name = NULL;
	}
	while (name && m->count - start < 73 && m->count < m->size)
		seq_putc(m, ' ');
	seq_puts(m, name ? name : "");
	seq_putc(m, '\n');
}

int show_pid_maps(struct seq_file *m, void *task)
{
	struct mm_struct *mm = get_task_mm(task);
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct vm_area_struct *v;

	if (mm && buf) {
		mutex_lock(&mm->mmap_lock);
		list_for_each_entry(v, &mm->mmap, vm_list)
			show_area(m, mm, v, buf);
		mutex_unlock(&mm->mmap_lock);
	}
	kfree(buf);
	if (mm)
		mmput(mm);
	return 0;
}

static const struct { const char *name, *unit; unsigned int which; } limits[] = {
	{ "Max cpu time", "seconds", RLIMIT_CPU },	{ "Max file size", "bytes", RLIMIT_FSIZE },
	{ "Max data size", "bytes", RLIMIT_DATA },	{ "Max stack size", "bytes", RLIMIT_STACK },
	{ "Max core file size", "bytes", RLIMIT_CORE }, { "Max resident set", "bytes", RLIMIT_RSS },
	{ "Max processes", "processes", RLIMIT_NPROC }, { "Max open files", "files", RLIMIT_NOFILE },
	{ "Max locked memory", "bytes", RLIMIT_MEMLOCK }, { "Max address space", "bytes", RLIMIT_AS },
	{ "Max file locks", "locks", RLIMIT_LOCKS },	{ "Max pending signals", "signals", RLIMIT_SIGPENDING },
	{ "Max msgqueue size", "bytes", RLIMIT_MSGQUEUE }, { "Max nice priority", "", RLIMIT_NICE },
	{ "Max realtime priority", "", RLIMIT_RTPRIO }, { "Max realtime timeout", "us", RLIMIT_RTTIME },
};

static void show_limit(struct seq_file *m, unsigned long v)
{
	if (v == ~0UL)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", v);
}

int show_pid_limits(struct seq_file *m, void *task)
{
	struct task_struct *t = task;
	struct rlimit rlim[RLIM_NLIMITS] = { { 0 } };

	spin_lock(&tasklist_lock);
	if (t->signal)
		memcpy(rlim, t->signal->rlim, sizeof(rlim));
	spin_unlock(&tasklist_lock);
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		seq_printf(m, "%-25s ", limits[i].name);
		show_limit(m, rlim[limits[i].which].rlim_cur);
		show_limit(m, rlim[limits[i].which].rlim_max);
		seq_printf(m, "%-10s\n", limits[i].unit);
	}
	return 0;
}

static bool fs_path_of(struct task_struct *t, struct path *out, bool root)
{
	struct fs_struct *fs = get_task_fs(t);

	if (!fs)
		return false;
	spin_lock(&fs->lock);
	*out = root ? fs->root : fs->pwd;
	path_get(out);
	spin_unlock(&fs->lock);
	put_fs(fs);
	return true;
}

bool task_root(struct task_struct *t, struct path *out)
{
	return fs_path_of(t, out, true);
}

bool task_pwd(struct task_struct *t, struct path *out)
{
	return fs_path_of(t, out, false);
}

static int mounts_as_seen(struct seq_file *m, struct task_struct *t, bool info)
{
	struct path root;

	if (!task_root(t, &root))
		return -EINVAL;
	show_mounts(m, &root, info);
	path_put(&root);
	return 0;
}

int show_pid_mounts(struct seq_file *m, void *task)
{
	return mounts_as_seen(m, task, false);
}

int show_pid_mountinfo(struct seq_file *m, void *task)
{
	return mounts_as_seen(m, task, true);
}

int show_pid_wchan(struct seq_file *m, void *task)
{
	seq_putc(m, '0');
	return 0;
}

int show_pid_cgroup(struct seq_file *m, void *task)
{
	seq_puts(m, "0::/\n");
	return 0;
}
