/* tests/tsan/home.h - the third home: kernel services for net/ over real threads
 *
 * What is portable of the kernel runs unchanged (RCU, mutexes, wait queues, timers); the rest is here: CPUs, softirqs
 * (cpu.c), tasks and work (sched.c) and memory (memory.c, and what tests/host has of it).
 */
#pragma once
#include "lib/types.h"
#include "tests/tsan/threads.h"

#define NR_HOME_CPUS (THREADS + 1)
void home_start(void);	/* the services, then net_init() */
void cpu_turn(void);	/* between two things: interrupts, softirqs, a quiescent state. Process context, nothing held */
struct net *home_net(void); /* a stack with its loopback device up, as 127.0.0.1/8; put_net() it */
void home_settle(void); /* outside of in_threads(): all that was put off has happened */

/* Between the files of the home */
struct task_struct;
struct task_struct *home_task(u32 cpu);
void kworker(void);	/* runs what schedule_work() was given; CPU THREADS */
bool home_work_left(void);
