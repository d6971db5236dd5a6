/* tests/host/sched.c - tasks as coroutines, and sleeping and waking between them
 *
 * What:   schedule() and wake-ups; each task is bound to a virtual CPU, whose loop (cpu.c) runs what is ready.
 * Called: by tests and by everything that sleeps.
 * Calls:  libc.c for the switch, time.c for the clock, softirq.c.
 * Locks:  one thread. A sleep with a spinlock held or softirqs off ends the test.
 */
#include "kernel/process/process.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

struct host_task {
	struct task_struct t;
	struct coro *coro;
	struct list_head ready, all;
	bool queued, done, on_cpu, detached;
	int (*fn)(void *);
	void *arg;
	int result;
	struct task_struct *joiner;
};
static struct list_head ready[NR_CPUS]; /* by the CPU that they are bound to */
static LIST_HEAD(all);
static pid_t next_pid = 100;
static u64 signals_taken;
static struct cred host_cred = { .cap_effective = ~0ull, .cap_permitted = ~0ull };
static struct signal_struct host_signal_struct = { .pgrp = 100, .session = 100 };
static struct host_task idle = { .t = { .comm = "idle" } };

static struct host_task *host_of(const struct task_struct *t) { return container_of(t, struct host_task, t); }

void host_sched_init(void)
{
	for (u32 i = 0; i < NR_CPUS; i++) {
		cpu_locals[i].task = &idle.t;
		INIT_LIST_HEAD(&ready[i]);
	}
	INIT_LIST_HEAD(&idle.ready);
	idle.t.cred = &host_cred;
	idle.t.signal = &host_signal_struct;
}
static void make_ready(struct host_task *h)
{
	if (h->queued || h->done)
		return;
	h->queued = true;
	list_add_tail(&h->ready, &ready[h->t.cpu]);
}
bool host_task_is_ready(u32 cpu) { return !list_empty(&ready[cpu]); }
/* Back to this CPU's loop. */
static void switch_away(void)
{
	coro_switch(host_cpu_loop());
}
static void task_entry(void *arg)
{
	struct host_task *h = arg;

	h->result = h->fn(h->arg);
	BUG_ON(preempt_count());
	h->done = true;
	if (h->joiner)
		wake_up_process(h->joiner);
	h->on_cpu = false;
	switch_away();
}
struct task_struct *host_spawn(int (*fn)(void *), void *arg, const char *name)
{
	struct host_task *h = sys_malloc(sizeof(*h), 16);

	BUG_UNLESS(h);
	memset(h, 0, sizeof(*h));
	h->fn = fn;
	h->arg = arg;
	h->t.pid = h->t.tgid = next_pid++;
	h->t.group_leader = &h->t;
	h->t.cred = &host_cred;
	h->t.signal = &host_signal_struct;
	h->t.net = current->net;
	h->t.cpu = host_choose_cpu();
	strscpy(h->t.comm, name, sizeof(h->t.comm));
	h->coro = coro_create(task_entry, h);
	BUG_UNLESS(h->coro);
	list_add_tail(&h->all, &all);
	make_ready(h);
	return &h->t;
}
bool host_task_done(const struct task_struct *t) { return host_of(t)->done; }
static void reap(struct host_task *h)
{
	while (h->on_cpu) /* still on its last way out, on another CPU */
		cpu_relax();
	list_del(&h->all);
	coro_free(h->coro);
	sys_free(h);
}
int host_join(struct task_struct *t)
{
	struct host_task *h = host_of(t);
	int result;

	while (!h->done) {
		h->joiner = current;
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	result = h->result;
	reap(h);
	return result;
}

void host_detach(struct task_struct *t) { host_of(t)->detached = true; }
/* The first that is ready on this CPU runs until it sleeps. False when there is none. */
bool host_run_task(void)
{
	struct list_head *mine = &ready[smp_processor_id()];
	struct host_task *h;

	if (list_empty(mine))
		return false;
	h = list_first_entry(mine, struct host_task, ready);
	list_del(&h->ready);
	h->queued = false;
	h->t.net = h->t.net ? h->t.net : idle.t.net;
	h->on_cpu = true;
	host_cpu->task = &h->t;
	coro_switch(h->coro);
	host_cpu->task = &idle.t;
	if (h->done && h->detached)
		reap(h);
	return true;
}
void host_everyone_sleeps(void)
{
	struct host_task *h;

	host_say("every task sleeps and no timer is armed:\n");
	list_for_each_entry(h, &all, all)
		host_say("    %d %s%s state %x\n", h->t.pid, h->t.comm, h->done ? " (done)" : "", h->t.state);
	panic("deadlock");
}
struct first { void (*fn)(void *); void *arg; };
static int run_first(void *arg)
{
	struct first *f = arg;

	f->fn(f->arg);
	return 0;
}
void host_run(void (*fn)(void *), void *arg)
{
	struct first f = { fn, arg };
	struct task_struct *t = host_spawn(run_first, &f, "test");

	if (t->cpu) { /* the first CPU's loop is here, and must see the end */
		list_del(&host_of(t)->ready);
		host_of(t)->queued = false;
		t->cpu = 0;
		make_ready(host_of(t));
	}
	while (!host_of(t)->done)
		host_cpu_turn();
	reap(host_of(t));
}
void host_settle(void)
{
	do {
		host_run_softirqs();
		make_ready(host_of(current));
		host_of(current)->on_cpu = false;
		switch_away();
		cpu_relax();
	} while (host_run_softirqs() || host_task_is_ready(smp_processor_id()) || host_others_busy());
}
void schedule(void)
{
	struct host_task *h = host_of(current);

	if (host_unsteady)
		host_overtake();
	if (preempt_count() || irqs_disabled())
		panic("sleeping in atomic context: preempt_count %x", preempt_count());
	BUG_ON(h == &idle);
	if (h->t.state == TASK_RUNNING || (h->t.state & TASK_INTERRUPTIBLE && signal_pending_current())) {
		h->t.state = TASK_RUNNING;
		make_ready(h);
	}
	h->on_cpu = false;
	switch_away();
}
static void wake_sleeper(struct timer_list *t);
struct sleeper { struct timer_list timer; struct task_struct *task; };
static void wake_sleeper(struct timer_list *t) { wake_up_process(container_of(t, struct sleeper, timer)->task); }
s64 schedule_timeout(s64 ns)
{
	struct sleeper s = { .task = current };
	u64 end;

	if (ns == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return ns;
	}
	end = host_now_ns + (u64)ns;
	timer_setup(&s.timer, wake_sleeper);
	mod_timer(&s.timer, end);
	schedule();
	timer_delete_sync(&s.timer);
	return end > host_now_ns ? (s64)(end - host_now_ns) : 0;
}
void sleep_ns(u64 ns)
{
	u64 end = host_now_ns + ns;

	while (host_now_ns < end) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_timeout((s64)(end - host_now_ns));
	}
}
void set_current_state(unsigned int state) { current->state = state; }
void __set_current_state_running(void) { current->state = TASK_RUNNING; }
bool try_to_wake_up(struct task_struct *t, unsigned int mode)
{
	if (!(t->state & mode))
		return false;
	t->state = TASK_RUNNING;
	if (!host_of(t)->on_cpu) /* else it is on its way into schedule(), which looks again */
		make_ready(host_of(t));
	if (host_unsteady)
		host_overtake();
	return true;
}
void cond_resched(void) { might_sleep(); }
bool need_resched(void) { return false; }
void sched_yield_current(void)
{
	if (host_unsteady)
		host_overtake();
	make_ready(host_of(current));
	host_of(current)->on_cpu = false;
	switch_away();
}
struct task_struct *kthread_run(int (*fn)(void *), void *arg, const char *name) { return host_spawn(fn, arg, name); }

/* Signals: only whether a sleep is interrupted, and what was sent. */
bool signal_pending_current(void) { return current->work_pending; }
bool fatal_signal_pending_current(void) { return current->pending.signal & SIGMASK(SIGKILL); }
int send_signal(int sig, const siginfo_t *info, struct task_struct *t, bool to_group)
{
	(void)info, (void)t, (void)to_group;
	signals_taken |= SIGMASK(sig);
	return 0;
}
int kill_pgrp(pid_t pgrp, int sig) { (void)pgrp; return send_signal(sig, NULL, NULL, true); }
int kill_pid(pid_t pid, int sig) { (void)pid; return send_signal(sig, NULL, NULL, true); }
u64 host_signals_taken(void)
{
	u64 s = signals_taken;

	signals_taken = 0;
	return s;
}
void host_signal(struct task_struct *t, int sig)
{
	t->pending.signal |= SIGMASK(sig);
	t->work_pending = true;
	try_to_wake_up(t, TASK_INTERRUPTIBLE);
}
bool capable(int cap) { return current->cred->cap_effective >> cap & 1; }
bool in_group_p(gid_t gid) { return current->cred->egid == gid; }
static unsigned long limit = 1 << 20;
unsigned long rlimit(unsigned int which) { (void)which; return limit; }
void host_set_rlimit(unsigned long n) { limit = n; }
