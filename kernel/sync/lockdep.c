/* kernel/sync/lockdep.c - the lock-order checker of the debug build
 *
 * What:   a class is all locks that one line of code initialises (a static lock is its own). Taking B with A held adds
 *         the edge A -> B once and for all; an edge that closes a circle is a deadlock waiting for its day. Also: a
 *         lock taken in an interrupt must never be held with that interrupt enabled, neither itself nor by way of
 *         another.
 * Called: the lock functions; might_sleep() by whatever may sleep.
 * Locks:  graph_lock (raw, interrupts off) for classes and edges; edges that are known are read without it.
 *         Spinlocks held stand in a stack per CPU, sleeping locks in the task: a task may move while it holds those.
 * Absent: order between two locks of one class (nothing is checked but taking the very same lock twice).
 */
#include "kernel/sync/lockdep.h"

#ifdef DEBUG
#include "kernel/fs/proc_fs.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/hash.h"
#include "lib/string.h"

#define MAX_CLASSES LOCKDEP_MAX_CLASSES

/* Usage of a class. */
#define IN_HARDIRQ 1u /* taken in a hard interrupt */
#define IN_SOFTIRQ 2u
#define HARDIRQ_ON 4u /* taken with hard interrupts enabled */
#define SOFTIRQ_ON 8u

static struct lock_class {
	const char *name, *file;
	int line;
	unsigned long key;	     /* of a static lock: its address */
	u32 usage;
	unsigned long where[4];	     /* who first used it so, a usage bit each */
	u32 next;		     /* in its hash chain */
} classes[MAX_CLASSES];		     /* 1 .. nr_classes-1 */
static u32 nr_classes = 1;
static u32 chains[256];
static unsigned long after[MAX_CLASSES][MAX_CLASSES / 64]; /* after[a] has b: b was taken with a held */
static spinlock_t graph_lock;				     /* taken raw */
static struct lockdep_stack cpu_held[NR_CPUS];
static bool off; /* after the first report, or without room */

/* For searches, under graph_lock. */
static unsigned long seen[MAX_CLASSES / 64];
static u16 todo[MAX_CLASSES], came_from[MAX_CLASSES];

/* --- classes --- */

static u32 hash_of(const char *file, int line, const char *name, unsigned long key)
{
	u64 h = ((u64)file ^ (u64)name << 7 ^ key ^ (u64)line << 32) * 0x9e3779b97f4a7c15ULL;

	return (u32)(h >> 56);
}

static u32 find_class(u32 chain, const char *file, int line, const char *name, unsigned long key)
{
	u32 i = smp_load_acquire(&chains[chain]);

	while (i &&
	       !(classes[i].file == file && classes[i].line == line && classes[i].name == name &&
		 classes[i].key == key))
		i = classes[i].next;
	return i;
}

static u32 get_class(const char *file, int line, const char *name, unsigned long key)
{
	u32 chain = hash_of(file, line, name, key), id = find_class(chain, file, line, name, key);
	unsigned long flags;

	if (id)
		return id;
	flags = local_irq_save();
	__raw_spin_lock(&graph_lock);
	id = find_class(chain, file, line, name, key);
	if (!id && nr_classes < MAX_CLASSES) {
		id = nr_classes++;
		classes[id] = (struct lock_class){
			.name = name, .file = file, .line = line, .key = key, .next = chains[chain]
		};
		smp_store_release(&chains[chain], id);
	}
	__raw_spin_unlock(&graph_lock);
	local_irq_restore(flags);
	if (!id && !__atomic_exchange_n(&off, true, __ATOMIC_RELAXED))
		pr_err("lockdep: more than %u lock classes: checking is off\n", MAX_CLASSES);
	return id;
}

void lockdep_init_class(struct lockdep_map *dep, const char *what, const char *file, int line)
{
	*dep = (struct lockdep_map){ .name = what, .class_id = get_class(file, line, what, 0) };
}

static const char *class_file(u32 id) { return classes[id].file ? classes[id].file : "static"; }

/* --- the graph; graph_lock held --- */

/* Marks in seen[] all that come after from, itself included. */
static void search(u32 from)
{
	u32 n = 0;

	memset(seen, 0, sizeof(seen));
	__set_bit(from, seen);
	todo[n++] = (u16)from;
	while (n) {
		u32 c = todo[--n];

		for (size_t i = find_next_bit(after[c], nr_classes, 0); i < nr_classes;
		     i = find_next_bit(after[c], nr_classes, i + 1)) {
			if (test_bit(i, seen))
				continue;
			__set_bit(i, seen);
			came_from[i] = (u16)c;
			todo[n++] = (u16)i;
		}
	}
}

/* A class in seen[] with the usage, or 0. */
static u32 seen_with(u32 usage)
{
	for (u32 i = 1; i < nr_classes; i++)
		if (test_bit(i, seen) && classes[i].usage & usage)
			return i;
	return 0;
}

/* A class with the usage from which to can be reached, or 0. */
static u32 before_with(u32 to, u32 usage)
{
	for (u32 i = 1; i < nr_classes; i++) {
		if (!(classes[i].usage & usage))
			continue;
		search(i);
		if (test_bit(to, seen))
			return i;
	}
	return 0;
}

/* --- reports: the first one ends the checking, and the kernel --- */

static void stop_checking(void)
{
	off = true;
	__raw_spin_unlock(&graph_lock);
}

static void print_class(const char *role, u32 id)
{
	const struct lock_class *c = &classes[id];

	pr_err("  %s %s (%s:%d)%s%s%s%s\n", role, c->name, class_file(id), c->line,
	       c->usage & IN_HARDIRQ ? " in-hardirq" : "", c->usage & IN_SOFTIRQ ? " in-softirq" : "",
	       c->usage & HARDIRQ_ON ? " hardirqs-on" : "", c->usage & SOFTIRQ_ON ? " softirqs-on" : "");
	for (int i = 0; i < 4; i++)
		if (c->usage & 1u << i)
			pr_err("      first so (bit %d) at %pS\n", i, (void *)c->where[i]);
}

static void __noreturn report_cycle(u32 held, u32 wanted)
{
	stop_checking();
	pr_err("lockdep: taking a lock against the known order\n");
	print_class("held:  ", held);
	print_class("wanted:", wanted);
	for (u32 c = held; c != wanted; c = came_from[c])
		pr_err("  known: %s is taken with %s held\n", classes[c].name, classes[came_from[c]].name);
	panic("lockdep: circular lock order between %s and %s", classes[held].name, classes[wanted].name);
}

static void __noreturn report_irq(u32 in_irq, u32 irq_on)
{
	stop_checking();
	pr_err("lockdep: a lock used in interrupts depends on one held with interrupts enabled\n");
	print_class("in irq:", in_irq);
	print_class("irq on:", irq_on);
	panic("lockdep: %s used in interrupts, %s held with them enabled", classes[in_irq].name, classes[irq_on].name);
}

/* --- new knowledge; graph_lock held --- */

static void check_edge_irq(u32 a, u32 b, u32 in_irq, u32 irq_on)
{
	u32 later, earlier;

	search(b);
	later = seen_with(irq_on);
	if (!later)
		return;
	earlier = before_with(a, in_irq);
	if (earlier)
		report_irq(earlier, later);
}

static void add_edge(u32 a, u32 b)
{
	search(b);
	if (test_bit(a, seen))
		report_cycle(a, b);
	check_edge_irq(a, b, IN_HARDIRQ, HARDIRQ_ON);
	check_edge_irq(a, b, IN_SOFTIRQ, SOFTIRQ_ON);
	set_bit(b, after[a]);
}

static void add_usage(u32 c, u32 bit, u32 opposite, bool in_irq, unsigned long ip)
{
	u32 other;

	classes[c].usage |= bit;
	classes[c].where[__builtin_ctz(bit)] = ip;
	search(c);
	other = in_irq ? seen_with(opposite) : before_with(c, opposite);
	if (other)
		report_irq(in_irq ? c : other, in_irq ? other : c);
}

static void learn_usage(u32 c, u32 usage, unsigned long ip)
{
	u32 new = usage & ~classes[c].usage;

	if (new & IN_HARDIRQ)
		add_usage(c, IN_HARDIRQ, HARDIRQ_ON, true, ip);
	if (new & IN_SOFTIRQ)
		add_usage(c, IN_SOFTIRQ, SOFTIRQ_ON, true, ip);
	if (new & HARDIRQ_ON)
		add_usage(c, HARDIRQ_ON, IN_HARDIRQ, false, ip);
	if (new & SOFTIRQ_ON)
		add_usage(c, SOFTIRQ_ON, IN_SOFTIRQ, false, ip);
}

/* --- acquisitions; interrupts are off from here on, their state before is in flags --- */

static u32 context_now(void) { return in_hardirq() ? 2 : in_serving_softirq() ? 1 : 0; }

/* A try in an interrupt cannot hang, so it says nothing about interrupts. */
static u32 usage_now(u32 context, unsigned long flags, bool tried)
{
	u32 usage = tried ? 0 : context == 2 ? IN_HARDIRQ : context == 1 ? IN_SOFTIRQ : 0;

	if (!irqs_disabled_flags(flags))
		usage |= HARDIRQ_ON | (in_interrupt() ? 0 : SOFTIRQ_ON);
	return usage;
}

static void learn_order(const struct lockdep_stack *s, u32 c, u32 context, const struct lockdep_map *lock)
{
	for (u32 i = 0; i < s->depth; i++) {
		const struct lockdep_held *h = &s->held[i];

		if (h->lock == lock && !off) {
			stop_checking();
			panic("lockdep: %s (%s:%d) is taken twice", classes[c].name, class_file(c), classes[c].line);
		}
		if (h->context == context && h->class_id != c && !test_bit(c, after[h->class_id]))
			add_edge(h->class_id, c);
	}
}

/* True when nothing new would be learned: the usual case, decided without graph_lock. */
static bool all_known(const struct lockdep_stack *s, u32 c, u32 context, const struct lockdep_map *lock)
{
	for (u32 i = 0; i < s->depth; i++) {
		const struct lockdep_held *h = &s->held[i];

		if (h->lock == lock || (h->context == context && h->class_id != c && !test_bit(c, after[h->class_id])))
			return false;
	}
	return true;
}

static void push(struct lockdep_stack *s, u32 c, u32 context, const struct lockdep_map *lock)
{
	if (s->depth < LOCKDEP_DEPTH) {
		s->held[s->depth++] = (struct lockdep_held){ c, context, lock };
		return;
	}
	off = true;
	pr_err("lockdep: more than %u locks held: checking is off\n", LOCKDEP_DEPTH);
}

void lockdep_acquire_map(struct lockdep_map *dep, bool tried)
{
	unsigned long ip = (unsigned long)__builtin_return_address(0), flags;
	bool sleeping = !preempt_count();
	struct lockdep_stack *spins, *sleeps;
	u32 c, context, usage;

	if (off || !current)
		return;
	if (!dep->class_id && dep->name)
		dep->class_id = get_class(NULL, 0, dep->name, (unsigned long)dep);
	c = dep->class_id;
	if (!c) {
		pr_warn_once("lockdep: a lock at %p was never initialised, taken by %pS\n", dep, (void *)ip);
		return;
	}
	flags = local_irq_save();
	spins = &cpu_held[smp_processor_id()];
	sleeps = &current->lockdep;
	context = context_now();
	usage = usage_now(context, flags, tried);
	if (usage & ~classes[c].usage ||
	    (!tried && (!all_known(spins, c, context, dep) || (!context && !all_known(sleeps, c, 0, dep))))) {
		__raw_spin_lock(&graph_lock);
		learn_usage(c, usage, ip);
		if (!tried) {
			learn_order(spins, c, context, dep);
			if (!context)
				learn_order(sleeps, c, 0, dep);
		}
		__raw_spin_unlock(&graph_lock);
	}
	push(sleeping ? sleeps : spins, c, context, dep);
	lock_stat_taken(dep);
	local_irq_restore(flags);
}

static bool pop(struct lockdep_stack *s, const struct lockdep_map *lock)
{
	for (u32 i = s->depth; i-- > 0;) {
		if (s->held[i].lock != lock)
			continue;
		memmove(&s->held[i], &s->held[i + 1], (s->depth - i - 1) * sizeof(s->held[0]));
		s->depth--;
		return true;
	}
	return false;
}

void lockdep_release_map(struct lockdep_map *dep)
{
	unsigned long flags;

	if (off || !current)
		return;
	flags = local_irq_save();
	if (!pop(&cpu_held[smp_processor_id()], dep))
		pop(&current->lockdep, dep);
	local_irq_restore(flags);
}

/* --- sleeping --- */

static void print_held(const struct lockdep_stack *s)
{
	for (u32 i = 0; i < s->depth; i++)
		print_class("held:  ", s->held[i].class_id);
}

void might_sleep(void)
{
	if (likely(!preempt_count() && !irqs_disabled()))
		return;
	if (!current || (!current->pid && !preempt_count())) /* the start, before interrupts are on */
		return;
	if (__atomic_exchange_n(&off, true, __ATOMIC_RELAXED))
		return;
	print_held(&cpu_held[smp_processor_id()]);
	panic("sleeping function called in atomic context: preempt_count %#x, irqs %s, called by %pS", preempt_count(),
	      irqs_disabled() ? "off" : "on", __builtin_return_address(0));
}

/* --- /proc/lockdep --- */

u32 lockdep_nr_classes(void) { return READ_ONCE(nr_classes); }

void lockdep_print_class(struct seq_file *m, u32 id)
{
	seq_printf(m, "%s (%s:%d)", classes[id].name, class_file(id), classes[id].line);
}

static int show_orders(struct seq_file *m, void *unused)
{
	for (u32 a = 1; a < nr_classes; a++)
		for (u32 b = 1; b < nr_classes; b++)
			if (test_bit(b, after[a])) {
				lockdep_print_class(m, a);
				seq_puts(m, " -> ");
				lockdep_print_class(m, b);
				seq_putc(m, '\n');
			}
	return 0;
}

void lockdep_proc_init(void) { proc_create_single("lockdep", 0400, show_orders, NULL); }
#endif
