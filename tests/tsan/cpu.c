/* tests/tsan/cpu.c - CPUs that are threads: interrupts, softirqs, and who plays a CPU that has no thread
 *
 * What:   in_threads() gives CPUs 0 to 3 a thread each; kworker has one of its own. Outside of in_threads() the first
 *         thread is CPU 0, and plays the other three whenever it has a turn. Interrupts (timers, calls by other CPUs)
 *         come where a CPU has nothing else to do or spins.
 * Called: kernel/arch/cpu.h of this home; sched.c.
 * Locks:  calls_lock, below all others.
 */
#include "kernel/arch/arch.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/sync/spinlock.h"
#include "kernel/time/event.h"
#include "kernel/time/timer.h"
#include "kernel/trace/printk.h"
#include "net/ipv4/inet.h"
#include "net/net.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/tsan/home.h"

#define MAX_CALLS 16
static struct cpu_local cpus[NR_HOME_CPUS];
_Thread_local struct cpu_local *tsan_cpu = &cpus[0];
u32 nr_cpus = NR_HOME_CPUS, nr_possible_cpus = NR_HOME_CPUS;
static void (*actions[NR_SOFTIRQS])(void);
static bool threads_running; /* changes only while there is one thread of in_threads() or none */
static u32 threads_done;

static struct { u32 n; struct call { void (*fn)(void *); void *arg; u32 *left; } call[MAX_CALLS]; } calls[NR_HOME_CPUS];
static spinlock_t calls_lock;

/* --- softirqs --- */

void open_softirq(enum softirq_nr nr, void (*action)(void)) { actions[nr] = action; }
void raise_softirq_lazily(enum softirq_nr nr) { tsan_cpu->pending |= BIT(nr); }
void raise_softirq_irqoff(enum softirq_nr nr) { raise_softirq_lazily(nr); }
void raise_softirq(enum softirq_nr nr) { raise_softirq_irqoff(nr); }
u64 softirq_count_of(enum softirq_nr nr, u32 cpu) { return 0; }
const char *softirq_name(enum softirq_nr nr) { return "?"; }
static bool run_softirqs(void)
{
	u32 now = tsan_cpu->pending;

	if (!now || in_interrupt() || irqs_disabled())
		return false;
	preempt_count_add(SOFTIRQ_OFFSET);
	tsan_cpu->pending = 0;
	for (u32 i = 0; i < NR_SOFTIRQS; i++)
		if ((now >> i & 1) && actions[i])
			actions[i]();
	preempt_count_sub(SOFTIRQ_OFFSET);
	return true;
}
void softirq_run_enabled(void)
{
	if (!preempt_count())
		run_softirqs();
}

/* --- interrupts --- */

static bool add_call(u32 cpu, struct call c)
{
	__raw_spin_lock(&calls_lock);
	for (u32 i = 0; !c.left && i < calls[cpu].n; i++)
		if (calls[cpu].call[i].fn == c.fn && calls[cpu].call[i].arg == c.arg)
			goto have;
	if (calls[cpu].n == MAX_CALLS) {
		__raw_spin_unlock(&calls_lock);
		return false;
	}
	calls[cpu].call[calls[cpu].n] = c;
	WRITE_ONCE(calls[cpu].n, calls[cpu].n + 1);
have:
	__raw_spin_unlock(&calls_lock);
	return true;
}
static bool take_call(u32 cpu, struct call *c)
{
	bool any;

	if (!READ_ONCE(calls[cpu].n))
		return false;
	__raw_spin_lock(&calls_lock);
	any = calls[cpu].n;
	if (any) {
		WRITE_ONCE(calls[cpu].n, calls[cpu].n - 1);
		*c = calls[cpu].call[calls[cpu].n];
	}
	__raw_spin_unlock(&calls_lock);
	return any;
}
static void interrupts_of(u32 cpu)
{
	struct call c;

	if (irqs_disabled() || in_hardirq())
		return;
	preempt_count_add(HARDIRQ_OFFSET);
	local_irq_disable();
	while (take_call(cpu, &c)) {
		c.fn(c.arg);
		if (c.left)
			__atomic_sub_fetch(c.left, 1, __ATOMIC_ACQ_REL);
	}
	hrtimers_run(ktime_get_ns());
	if (wheel_next_ns(cpu) <= ktime_get_ns())
		raise_softirq_irqoff(TIMER_SOFTIRQ);
	rcu_begin(); /* each turn is a tick */
	local_irq_enable();
	preempt_count_sub(HARDIRQ_OFFSET);
}
void smp_call_function_async(u32 cpu, void (*fn)(void *), void *arg)
{
	while (!add_call(cpu, (struct call){ fn, arg, NULL }))
		cpu_relax();
}
void smp_call_function(void (*fn)(void *), void *arg)
{
	u32 left = NR_HOME_CPUS - 1;

	for (u32 cpu = 0; cpu < NR_HOME_CPUS; cpu++)
		while (cpu != smp_processor_id() && !add_call(cpu, (struct call){ fn, arg, &left }))
			cpu_turn();
	while (READ_ONCE(left))
		cpu_turn();
}
void smp_send_reschedule(u32 cpu) {} /* each turn looks at its wheel */
void event_deadline(u64 ns) {}
void event_reprogram(void) {}
u64 host_now_ns; /* for TRACE=, which is not for threads */
void host_cpu_seed(u64 seed) {}
u64 ktime_get_ns(void) { return thread_clock_ns(); }
u64 ktime_get_real_ns(void) { return ktime_get_ns() + 1767225600ull * NSEC_PER_SEC; }

/* --- turns --- */

static void own_turn(void)
{
	u32 cpu = smp_processor_id();

	BUG_ON(preempt_count() || irqs_disabled());
	interrupts_of(cpu);
	run_softirqs();
	rcu_note_quiescent(cpu);
}
static void play(u32 cpu)
{
	struct cpu_local *me = tsan_cpu;

	tsan_cpu = &cpus[cpu];
	rcu_idle_exit();
	own_turn();
	rcu_idle_enter();
	tsan_cpu = me;
}
void cpu_turn(void)
{
	own_turn();
	if (!smp_processor_id() && !threads_running)
		for (u32 cpu = 1; cpu < THREADS; cpu++)
			play(cpu);
}
/* Who spins may hold locks: only interrupts come. */
void cpu_relax(void)
{
	interrupts_of(smp_processor_id());
	thread_yield();
}
void cpus_are_threads(int yes) { threads_running = yes; }
void cpu_begin(unsigned int cpu)
{
	tsan_cpu = &cpus[cpu];
	BUG_ON(preempt_count());
	rcu_idle_exit();
}
/* A CPU goes on with softirqs as long as others may need them; all go idle together. */
void cpu_end(void)
{
	__atomic_fetch_add(&threads_done, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&threads_done, __ATOMIC_RELAXED) % THREADS) {
		cpu_turn();
		thread_yield();
	}
	if (smp_processor_id())
		rcu_idle_enter();
}
static bool anything_left(void)
{
	for (u32 cpu = 0; cpu < THREADS; cpu++)
		if (READ_ONCE(calls[cpu].n) || cpus[cpu].pending)
			return true;
	return home_work_left();
}
void home_settle(void)
{
	for (int quiet = 0; quiet < 20; quiet = anything_left() ? 0 : quiet + 1) {
		cpu_turn();
		thread_yield();
	}
}

static void as_cpu(u32 cpu, void (*fn)(void))
{
	tsan_cpu = &cpus[cpu];
	fn();
	tsan_cpu = &cpus[0];
}
void home_start(void)
{
	for (u32 cpu = 0; cpu < NR_HOME_CPUS; cpu++)
		cpus[cpu] = (struct cpu_local){ .id = cpu, .task = home_task(cpu) };
	host_memory_init();
	host_seed(1);
	wheel_init();
	hrtimers_init();
	rcu_init();
	open_softirq(TIMER_SOFTIRQ, timer_softirq);
	open_softirq(RCU_SOFTIRQ, rcu_softirq);
	tasklet_init();
	for (u32 cpu = 1; cpu < NR_HOME_CPUS; cpu++) {
		rcu_cpu_online(cpu);
		as_cpu(cpu, rcu_idle_enter);
	}
	thread_spawn(kworker);
	net_init();
	home_settle();
}
struct net *home_net(void)
{
	struct net *net = net_create();

	BUG_ON(IS_ERR(net));
	rtnl_lock(net);
	BUG_ON(dev_open(net->loopback_dev));
	rtnl_unlock(net);
	inet_addr_add(net->loopback_dev, htonl(INADDR_LOOPBACK), 8); /* may be there already */
	return net;
}
