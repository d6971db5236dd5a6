/* kernel/sched/stack.h - how deep kernel stacks get: watched in the debug build, nothing at all in the release build */
#pragma once
#include "lib/types.h"

struct task_struct;

#ifdef DEBUG
void stack_paint(struct task_struct *t);   /* fresh, runs nowhere yet */
void stack_check(struct task_struct *t);   /* leaves the CPU: warns when it came near the end of its stack */
void stack_measure(struct task_struct *t); /* dies: its depth joins the record */
void stack_proc_init(void);		   /* /proc/kernel_stack */
#else
static inline void stack_paint(struct task_struct *t) {}
static inline void stack_check(struct task_struct *t) {}
static inline void stack_measure(struct task_struct *t) {}
static inline void stack_proc_init(void) {}
#endif
