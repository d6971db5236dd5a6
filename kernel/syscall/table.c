/* kernel/syscall/table.c - the system call table and the way through it
 *
 * What:   do_syscall() is the whole path: bounds check, load, call, store. A number without a call answers ENOSYS and
 *         is counted, so that one can see what a program asked for: /proc/unknown_syscalls.
 * Called: kernel/arch at each system call; the rooms register their calls at start.
 * Locks:  the table is written at start only. Counters are atomic.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"

DEFINE_TRACE(raw_syscalls, sys_enter);
DEFINE_TRACE(raw_syscalls, sys_exit);

static syscall_fn table[NR_SYSCALLS];
static const char *names[NR_SYSCALLS];
static u64 unknown[NR_SYSCALLS + 1]; /* the last one: numbers beyond the table */

void syscall_register(const struct syscall_def *defs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct syscall_def *d = &defs[i];

		BUG_ON(d->nr < 0 || d->nr >= NR_SYSCALLS);
		if (table[d->nr])
			panic("system call %d (%s) registered twice", d->nr, d->name);
		table[d->nr] = (syscall_fn)d->fn;
		names[d->nr] = d->name;
	}
}

struct pt_regs *current_pt_regs(void)
{
	return task_pt_regs(current);
}

static noinline long unknown_syscall(u64 nr)
{
	__atomic_fetch_add(&unknown[nr < NR_SYSCALLS ? nr : NR_SYSCALLS], 1, __ATOMIC_RELAXED);
	return -ENOSYS;
}

/* Out of line: what they need is read again, so that do_syscall() keeps nothing in registers over the call. */
static noinline void trace_enter(const struct pt_regs *regs)
{
	struct syscall_args a = syscall_get_args(regs);

	TRACE(sys_enter, "NR %lld (%llx, %llx, %llx, %llx, %llx, %llx)", (u64)syscall_get_nr(regs), a.a, a.b, a.c, a.d,
	      a.e, a.f);
}
static noinline void trace_exit(const struct pt_regs *regs, long r)
{
	TRACE(sys_exit, "NR %lld = %ld", (u64)syscall_get_nr(regs), r);
}

/* Interrupts on; process context. Arguments in the registers of the ABI; the result goes there too. */
long do_syscall(struct pt_regs *regs)
{
	struct syscall_args a;
	syscall_fn fn;
	u64 nr;
	long r;

	if (trace_enabled(sys_enter))
		trace_enter(regs);
	nr = (u64)syscall_get_nr(regs);
	fn = likely(nr < NR_SYSCALLS) ? table[nr] : NULL;
	a = syscall_get_args(regs);
	r = likely(fn) ? fn(a.a, a.b, a.c, a.d, a.e, a.f) : unknown_syscall(nr);
	syscall_set_result(regs, r);
	if (trace_enabled(sys_exit))
		trace_exit(regs, r);
	return r;
}

u64 syscall_unknown_count(int nr)
{
	return nr >= 0 && nr <= NR_SYSCALLS ? READ_ONCE(unknown[nr]) : 0;
}

const char *syscall_name(int nr)
{
	if (nr < 0 || nr >= NR_SYSCALLS)
		return NULL;
	return names[nr] ? names[nr] : unserved_syscall_name(nr);
}

static int show_unknown(struct seq_file *m, void *data)
{
	for (int nr = 0; nr < NR_SYSCALLS; nr++)
		if (syscall_unknown_count(nr))
			seq_printf(m, "%d %s %llu\n", nr, syscall_name(nr) ?: "?", syscall_unknown_count(nr));
	if (syscall_unknown_count(NR_SYSCALLS))
		seq_printf(m, "%d+ ? %llu\n", NR_SYSCALLS, syscall_unknown_count(NR_SYSCALLS));
	return 0;
}

void syscall_proc_init(void)
{
	proc_create_single("unknown_syscalls", 0444, show_unknown, NULL);
}
