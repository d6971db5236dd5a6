/* kernel/sync/lockdep.h - the lock-order checker of the debug build; nothing at all in the release build
 *
 * A lock's class is where it was initialised. Taking B while holding A records A before B; a later cycle, a lock
 * taken both in interrupts and with interrupts on, or a sleep under a spinlock panics with both backtraces.
 */
#pragma once
#include "lib/types.h"

struct seq_file;

#ifdef DEBUG
/* What the checker keeps in each lock. */
struct lockdep_map {
	const char *name;
	u32 class_id;
	u32 cpu;	/* that took it last */
};
#define LOCKDEP_MAP struct lockdep_map dep;
#define LOCKDEP_INIT(n) .dep = { .name = #n }
#define lockdep_init_map(l, what) lockdep_init_class(&(l)->dep, what, __FILE__, __LINE__)
#define lockdep_acquire(l) lockdep_acquire_map(&(l)->dep, false)
#define lockdep_acquired(l) lockdep_acquire_map(&(l)->dep, true)
#define lockdep_contended(l) lock_stat_contended((l)->dep.class_id)
#define lockdep_release(l) lockdep_release_map(&(l)->dep)
void lockdep_init_class(struct lockdep_map *dep, const char *what, const char *file, int line);
void lockdep_acquire_map(struct lockdep_map *dep, bool tried);
void lockdep_release_map(struct lockdep_map *dep);
void lock_stat_contended(u32 class_id); /* somebody else has it: a wait begins */
/* /proc/lockdep: each order that was seen, "outer -> inner", with the files that initialise the locks. At start. */
void lockdep_proc_init(void);
/* /proc/lock_stat: how often the locks of each class were taken, moved between CPUs, and waited for. At start. */
void lock_stat_proc_init(void);
/* Panics when a spinlock is held or this is an interrupt: called by everything that may sleep. */
void might_sleep(void);

/* What a context holds, innermost last: sleeping locks in the task, spinlocks in the CPU. */
#define LOCKDEP_DEPTH 24
struct lockdep_held { u32 class_id; u32 context; const struct lockdep_map *lock; };
struct lockdep_stack { u32 depth; struct lockdep_held held[LOCKDEP_DEPTH]; };
#define LOCKDEP_TASK struct lockdep_stack lockdep;

/* Between lockdep.c and lock_stat.c */
#define LOCKDEP_MAX_CLASSES 1024u /* more turn the checker off, with a message */
u32 lockdep_nr_classes(void); /* ids below it, from 1 */
void lockdep_print_class(struct seq_file *m, u32 id);
void lock_stat_taken(struct lockdep_map *dep); /* interrupts off */
#else
#define LOCKDEP_TASK
#define LOCKDEP_MAP
#define LOCKDEP_INIT(n)
#define lockdep_init_map(l, what) ((void)0)
#define lockdep_acquire(l) ((void)0)
#define lockdep_acquired(l) ((void)0)
#define lockdep_contended(l) ((void)0)
#define lockdep_release(l) ((void)0)
static inline void might_sleep(void) {}
static inline void lockdep_proc_init(void) {}
static inline void lock_stat_proc_init(void) {}
#endif
