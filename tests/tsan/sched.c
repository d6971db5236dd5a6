/* tests/tsan/sched.c - a task for each CPU, that sleeps by looking again and again; and the worker
 *
 * What:   schedule() has turns until somebody woke current. Work runs in a thread of its own, as in the kernel.
 * Called: kernel/sync/wait.c and everything that sleeps.
 * Locks:  work_lock, below all others.
 */
#include "kernel/process/process.h"
#include "kernel/sched/softirq.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"
#include "tests/tsan/home.h"

static struct cred home_cred = { .cap_effective = ~0ull, .cap_permitted = ~0ull };
static struct signal_struct home_signal = { .pgrp = 100, .session = 100 };
static struct task_struct tasks[NR_HOME_CPUS];

struct task_struct *home_task(u32 cpu)
{
	struct task_struct *t = &tasks[cpu];

	*t = (struct task_struct){ .pid = 100 + (pid_t)cpu, .tgid = 100, .comm = "tsan", .cpu = cpu };
	t->group_leader = &tasks[0];
	t->cred = &home_cred;
	t->signal = &home_signal;
	return t;
}

/* --- sleeping and waking --- */

static bool may_go_on(void)
{
	u32 state = READ_ONCE(current->state);

	return state == TASK_RUNNING || ((state & TASK_INTERRUPTIBLE) && signal_pending_current());
}
static void sleep_until(u64 end_ns)
{
	if (preempt_count() || irqs_disabled())
		panic("sleeping in atomic context: preempt_count %x", preempt_count());
	cpu_turn();
	while (!may_go_on() && ktime_get_ns() < end_ns) {
		thread_yield();
		cpu_turn();
	}
	__set_current_state_running();
}
void schedule(void) { sleep_until(U64_MAX); }
s64 schedule_timeout(s64 ns)
{
	u64 end = ktime_get_ns() + (u64)ns, now;

	if (ns == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return ns;
	}
	sleep_until(end);
	now = ktime_get_ns();
	return end > now ? (s64)(end - now) : 0;
}
void sleep_ns(u64 ns)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	sleep_until(ktime_get_ns() + ns);
}
bool try_to_wake_up(struct task_struct *t, unsigned int mode)
{
	u32 state = READ_ONCE(t->state);

	do {
		if (!(state & mode))
			return false;
	} while (!__atomic_compare_exchange_n(&t->state, &state, TASK_RUNNING, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return true;
}
void cond_resched(void) { cpu_turn(); }
bool need_resched(void) { return false; }
void sched_yield_current(void)
{
	cpu_turn();
	thread_yield();
}
int send_signal(int sig, const siginfo_t *info, struct task_struct *t, bool to_group) { return 0; }
int kill_pgrp(pid_t pgrp, int sig) { return 0; }
int kill_pid(pid_t pid, int sig) { return 0; }
bool capable(int cap) { return true; }
bool in_group_p(gid_t gid) { return true; }
unsigned long rlimit(unsigned int which) { return 1 << 20; }

/* --- work --- */

static struct work_struct *work_first, **work_last = &work_first, *work_running;
static spinlock_t work_lock;

bool schedule_work(struct work_struct *w)
{
	if (__atomic_exchange_n(&w->pending, true, __ATOMIC_ACQ_REL))
		return false;
	w->next = NULL;
	__raw_spin_lock(&work_lock);
	WRITE_ONCE(*work_last, w);
	work_last = &w->next;
	__raw_spin_unlock(&work_lock);
	return true;
}
void flush_work(struct work_struct *w)
{
	while (READ_ONCE(w->pending) || READ_ONCE(work_running) == w)
		sched_yield_current();
}
bool home_work_left(void) { return READ_ONCE(work_first) || READ_ONCE(work_running); }
static struct work_struct *take_work(void)
{
	struct work_struct *w;

	__raw_spin_lock(&work_lock);
	w = work_first;
	if (w) {
		WRITE_ONCE(work_running, w);
		WRITE_ONCE(work_first, w->next);
		if (!w->next)
			work_last = &work_first;
	}
	__raw_spin_unlock(&work_lock);
	return w;
}
void kworker(void)
{
	struct work_struct *w;

	cpu_begin(THREADS);
	for (;;) {
		cpu_turn();
		w = take_work();
		if (w) {
			__atomic_store_n(&w->pending, false, __ATOMIC_RELEASE);
			w->func(w); /* w may be gone afterwards */
			WRITE_ONCE(work_running, NULL);
			continue;
		}
		rcu_idle_enter();
		thread_sleep_us(200);
		rcu_idle_exit();
	}
}
