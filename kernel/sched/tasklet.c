/* kernel/sched/tasklet.c - one function to be called in softirq soon, from a context that must not do it itself
 *
 * What:   a list a CPU, emptied by TASKLET_SOFTIRQ.
 * Called: tasklet_schedule() by hard interrupts (an exact timer's handler) and everyone else.
 * Locks:  each list is [P], touched with interrupts off. A tasklet scheduled again while it runs may run on two CPUs at
 *         once: its function takes what lock it needs.
 */
#include "kernel/arch/cpu.h"
#include "kernel/sched/softirq.h"

static struct tasklet_list { struct tasklet_struct *first, *last; } __cacheline_aligned lists[NR_CPUS];

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *t))
{
	*t = (struct tasklet_struct){ .callback = callback };
}
bool tasklet_schedule(struct tasklet_struct *t)
{
	struct tasklet_list *l;
	unsigned long flags;

	if (__atomic_exchange_n(&t->scheduled, true, __ATOMIC_ACQ_REL))
		return false;
	t->next = NULL;
	flags = local_irq_save();
	l = &lists[smp_processor_id()];
	if (l->first)
		l->last->next = t;
	else
		l->first = t;
	l->last = t;
	raise_softirq_irqoff(TASKLET_SOFTIRQ);
	local_irq_restore(flags);
	return true;
}

/* What is scheduled meanwhile raises the softirq again: each run is as long as its list was. */
static void tasklet_action(void)
{
	unsigned long flags = local_irq_save();
	struct tasklet_list *l = &lists[smp_processor_id()];
	struct tasklet_struct *t = l->first, *next;

	l->first = NULL;
	local_irq_restore(flags);
	for (; t; t = next) {
		next = t->next;
		/* Who finds it scheduled still is seen by the run that begins here. */
		(void)__atomic_exchange_n(&t->scheduled, false, __ATOMIC_ACQ_REL);
		t->callback(t);
	}
}
void tasklet_init(void) { open_softirq(TASKLET_SOFTIRQ, tasklet_action); }
