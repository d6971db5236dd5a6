/* kernel/sync/lockdep.h - the lock-order checker of the debug build; nothing at all in the release build
 *
 * A lock's class is where it was initialised. Taking B while holding A records A before B; a later cycle, a lock
 * taken both in interrupts and with interrupts on, or a sleep under a spinlock panics with both backtraces.
 */
#pragma once
#include "lib/types.h"

#ifdef DEBUG
#define LOCKDEP_MAP const char *name; u32 class_id;
#define LOCKDEP_INIT(n) .name = #n
#define lockdep_init_map(l, what) lockdep_init_class(&(l)->class_id, &(l)->name, what, __FILE__, __LINE__)
void lockdep_init_class(u32 *class_id, const char **name, const char *what, const char *file, int line);
#define lockdep_acquire(l) lockdep_acquire_class(&(l)->class_id, (l)->name, (unsigned long)(l), false)
#define lockdep_acquired(l) lockdep_acquire_class(&(l)->class_id, (l)->name, (unsigned long)(l), true)
#define lockdep_release(l) lockdep_release_class(&(l)->class_id, (unsigned long)(l))
void lockdep_acquire_class(u32 *class_id, const char *name, unsigned long lock, bool tried);
void lockdep_release_class(u32 *class_id, unsigned long lock);
/* /proc/lockdep: each order that was seen, "outer -> inner", with the files that initialise the locks. At start. */
void lockdep_proc_init(void);
/* Panics when a spinlock is held or this is an interrupt: called by everything that may sleep. */
void might_sleep(void);

/* What a context holds, innermost last: sleeping locks in the task, spinlocks in the CPU. */
#define LOCKDEP_DEPTH 24
struct lockdep_held { u32 class_id; u32 context; unsigned long lock; };
struct lockdep_stack { u32 depth; struct lockdep_held held[LOCKDEP_DEPTH]; };
#define LOCKDEP_TASK struct lockdep_stack lockdep;
#else
#define LOCKDEP_TASK
#define LOCKDEP_MAP
#define LOCKDEP_INIT(n)
#define lockdep_init_map(l, what) ((void)0)
#define lockdep_acquire(l) ((void)0)
#define lockdep_acquired(l) ((void)0)
#define lockdep_release(l) ((void)0)
static inline void might_sleep(void) {}
static inline void lockdep_proc_init(void) {}
#endif
