/* kernel/sched/stack.c - the debug build's watch over the depth of kernel stacks
 *
 * What:   a new stack is painted; the lowest word that lost its paint tells how deep it ever was. A task that leaves
 *         the CPU with paint missing in the last kilobyte is reported; the deepest of all is kept for
 *         /proc/kernel_stack. What goes deeper still meets the guard page, in the release build too.
 * Called: kernel/sched/core.c and init.c.
 * Locks:  record_lock, interrupts off: tasks are freed in softirq.
 * Absent: the boot stacks, on which idle tasks run, are not painted.
 */
#include "kernel/sched/stack.h"

#ifdef DEBUG
#include "kernel/fs/proc_fs.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define PAINT 0x57ac57ac57ac57acULL
#define SPARE_BYTES 1024u

static DEFINE_SPINLOCK(record_lock);
static struct { size_t used; pid_t pid; char comm[TASK_COMM_LEN]; } deepest; /* under record_lock */
static u32 warned_below = SPARE_BYTES; /* racy: a second line at worst */

void stack_paint(struct task_struct *t)
{
	u64 *w = t->stack;

	for (size_t i = 0; i < KSTACK_SIZE / sizeof(*w); i++)
		w[i] = PAINT;
}

/* Bytes from the bottom that were never written to, at most max. */
static u32 painted_bytes(const struct task_struct *t, size_t max)
{
	const u64 *w = t->stack;
	size_t i = 0;

	while (i < max / sizeof(*w) && READ_ONCE(w[i]) == PAINT)
		i++;
	return (u32)(i * sizeof(*w));
}

void stack_check(struct task_struct *t)
{
	u32 left;

	if (!t->stack)
		return;
	left = painted_bytes(t, SPARE_BYTES);
	if (likely(left >= SPARE_BYTES) || left >= READ_ONCE(warned_below))
		return;
	WRITE_ONCE(warned_below, left);
	pr_warn("WARNING: the kernel stack of %s[%d] had only %u bytes left\n", t->comm, t->pid, left);
}

void stack_measure(struct task_struct *t)
{
	size_t used = t->stack ? KSTACK_SIZE - painted_bytes(t, KSTACK_SIZE) : 0;
	unsigned long flags;

	if (used <= READ_ONCE(deepest.used))
		return;
	spin_lock_irqsave(&record_lock, flags);
	if (used > deepest.used) {
		WRITE_ONCE(deepest.used, used);
		deepest.pid = t->pid;
		get_task_comm(deepest.comm, t);
	}
	spin_unlock_irqrestore(&record_lock, flags);
}

/* The processes' first threads as well as the dead; other threads count when they die. */
static int show_stack(struct seq_file *m, void *unused)
{
	struct task_struct *t;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks)
		stack_measure(t);
	rcu_read_unlock();
	spin_lock_irq(&record_lock);
	seq_printf(m, "size:    %lu\ndeepest: %zu\nby:      %s[%d]\n", KSTACK_SIZE, deepest.used, deepest.comm,
		   deepest.pid);
	spin_unlock_irq(&record_lock);
	return 0;
}

void stack_proc_init(void)
{
	proc_create_single("kernel_stack", 0444, show_stack, NULL);
}
#endif
