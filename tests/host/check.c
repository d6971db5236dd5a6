/* tests/host/check.c - the order in which locks are taken, and in which context
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
static struct held_locks {
	u32 n;
	struct { u32 class_id; const struct lockdep_map *lock; } lock[MAX_HELD];
} held_by[NR_CPUS];

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
void lockdep_init_class(struct lockdep_map *dep, const char *what, const char *file, int line)
{
	dep->name = what;
	dep->class_id = find_class(what, file, line);
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
void lock_stat_contended(u32 class_id) { (void)class_id; }
void lockdep_acquire_map(struct lockdep_map *dep, bool tried)
{
	struct held_locks *h = &held_by[smp_processor_id()];
	u32 id;

	if (!dep->class_id)
		dep->class_id = find_class(dep->name ? dep->name : "?", "static", 0);
	id = dep->class_id;
	check_context(id);
	for (u32 i = 0; i < h->n; i++) {
		u32 outer = h->lock[i].class_id;

		if (h->lock[i].lock == dep)
			panic("lock %s is taken twice", dep->name);
		if (outer == id || tried)
			continue;
		before[outer][id] = 1;
		if (before[id][outer])
			panic("locks %s (%s:%d) and %s (%s:%d) are taken in both orders", dep->name, classes[id].file,
			      classes[id].line, classes[outer].name, classes[outer].file, classes[outer].line);
	}
	BUG_UNLESS(h->n < MAX_HELD);
	h->lock[h->n].class_id = id;
	h->lock[h->n++].lock = dep;
}
void lockdep_release_map(struct lockdep_map *dep)
{
	struct held_locks *h = &held_by[smp_processor_id()];

	for (u32 i = h->n; i-- > 0;)
		if (h->lock[i].lock == dep) {
			memmove(&h->lock[i], &h->lock[i + 1], (--h->n - i) * sizeof(h->lock[0]));
			return;
		}
	panic("a lock is released that this CPU does not hold");
}
void might_sleep(void)
{
	if (preempt_count() || irqs_disabled())
		panic("sleeping in atomic context: preempt_count %x", preempt_count());
}
