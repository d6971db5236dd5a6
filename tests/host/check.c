/* tests/host/check.c - locks that are only checked: one thread never has to spin
 *
 * What:   a lock taken twice, released unheld, taken in softirq and elsewhere with softirqs on, or taken in both
 *         orders with another, ends the test.
 */
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "tests/host/internal.h"

#define MAX_CLASSES 256
#define MAX_HELD 16
static struct { const char *name, *file; int line; bool in_softirq, bh_on; } classes[MAX_CLASSES];
static u32 nr_classes = 1;
static u8 before[MAX_CLASSES][MAX_CLASSES]; /* [a][b]: b was taken while a was held */
static struct { u32 class_id; unsigned long lock; } held[MAX_HELD];
static u32 nr_held;

static u32 find_class(const char *name, const char *file, int line)
{
	for (u32 i = 1; i < nr_classes; i++)
		if (classes[i].line == line && !strcmp(classes[i].name, name) && !strcmp(classes[i].file, file))
			return i;
	BUG_UNLESS(nr_classes < MAX_CLASSES);
	classes[nr_classes].name = name;
	classes[nr_classes].file = file;
	classes[nr_classes].line = line;
	return nr_classes++;
}
void lockdep_init_class(u32 *class_id, const char **name, const char *what, const char *file, int line)
{
	*name = what;
	*class_id = find_class(what, file, line);
}
static void check_context(u32 id)
{
	if (in_serving_softirq())
		classes[id].in_softirq = true;
	else if (!in_softirq() && !irqs_disabled())
		classes[id].bh_on = true;
	if (classes[id].in_softirq && classes[id].bh_on)
		panic("lock %s (%s:%d) is taken in softirq, and elsewhere with softirqs on", classes[id].name,
		      classes[id].file, classes[id].line);
}
void lockdep_acquire_class(u32 *class_id, const char *name, unsigned long lock, bool tried)
{
	if (!*class_id)
		*class_id = find_class(name ? name : "?", "static", 0);
	check_context(*class_id);
	for (u32 i = 0; i < nr_held; i++) {
		if (held[i].lock == lock)
			panic("lock %s is taken twice", name);
		if (held[i].class_id == *class_id || tried)
			continue;
		before[held[i].class_id][*class_id] = 1;
		if (before[*class_id][held[i].class_id])
			panic("locks %s (%s:%d) and %s (%s:%d) are taken in both orders", name, classes[*class_id].file,
			      classes[*class_id].line, classes[held[i].class_id].name, classes[held[i].class_id].file,
			      classes[held[i].class_id].line);
	}
	BUG_UNLESS(nr_held < MAX_HELD);
	held[nr_held].class_id = *class_id;
	held[nr_held++].lock = lock;
}
void lockdep_release_class(u32 *class_id, unsigned long lock)
{
	(void)class_id;
	for (u32 i = nr_held; i-- > 0;)
		if (held[i].lock == lock) {
			memmove(&held[i], &held[i + 1], (--nr_held - i) * sizeof(held[0]));
			return;
		}
	panic("a lock is released that nobody holds");
}
void might_sleep(void)
{
	if (preempt_count() || irqs_disabled())
		panic("sleeping in atomic context: preempt_count %x", preempt_count());
}
