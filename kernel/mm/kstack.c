/* kernel/mm/kstack.c - kernel stacks: vmalloc'd, guarded, and a few kept at hand on each CPU
 *
 * What:   a fork takes the stack that the last exit left, with no mapping change and no TLB flush.
 * Called: kernel/sched for each task.
 * Calls:  vmalloc.c.
 * Locks:  [P] as the per-CPU page lists: an interrupt that finds the list busy goes to vmalloc or vfree.
 */
#include "kernel/mm/vmalloc.h"
#include "kernel/sched/task.h"

#define KEPT_STACKS 4

static struct kept {
	void *stack[KEPT_STACKS];
	u32 count;
	bool busy;
} __cacheline_aligned kept_stacks[NR_CPUS];

static void *take_kept(void)
{
	struct kept *k = &kept_stacks[smp_processor_id()];
	void *stack = NULL;

	if (READ_ONCE(k->busy))
		return NULL;
	WRITE_ONCE(k->busy, true);
	barrier();
	if (k->count)
		stack = k->stack[--k->count];
	barrier();
	WRITE_ONCE(k->busy, false);
	return stack;
}

static bool keep(void *stack)
{
	struct kept *k = &kept_stacks[smp_processor_id()];
	bool room;

	if (READ_ONCE(k->busy))
		return false;
	WRITE_ONCE(k->busy, true);
	barrier();
	room = k->count < KEPT_STACKS;
	if (room)
		k->stack[k->count++] = stack;
	barrier();
	WRITE_ONCE(k->busy, false);
	return room;
}

void *kstack_alloc(void)
{
	void *stack = take_kept();

	if (stack)
		return stack;
	stack = vmap_alloc(KSTACK_SIZE >> PAGE_SHIFT, __builtin_return_address(0));
	if (stack)
		atomic64_add(KSTACK_SIZE >> PAGE_SHIFT, &nr_kstack_pages);
	return stack;
}

static void really_free(void *stack)
{
	atomic64_sub(KSTACK_SIZE >> PAGE_SHIFT, &nr_kstack_pages);
	vfree(stack);
}

void kstack_free(void *stack)
{
	if (stack && !keep(stack))
		really_free(stack);
}

/* This CPU's only; the others' are few. Pages given back. */
unsigned long kstack_shrink(void)
{
	unsigned long pages = 0;
	void *stack;

	for (; (stack = take_kept()); pages += KSTACK_SIZE >> PAGE_SHIFT)
		really_free(stack);
	return pages;
}
