/* tests/host/cpu.c - virtual CPUs: whose turn it is, by the seed
 *
 * What:   each CPU has a loop (timers, softirqs, tasks) as a coroutine; the first one's is the context that called
 *         host_run(). Another CPU may overtake wherever host_overtake() stands: locks, softirqs and interrupts on and
 *         off, wake-ups, schedule(). Time moves when no CPU has anything to do; with several CPUs also, in small steps,
 *         while they work, so that interrupts come in the middle of things. With host_set_stalls() a CPU stands still
 *         at any of these places for as long as a busy host may take it away, and what is due then comes at once.
 * Called: kernel/arch/cpu.h of this home, sched.c.
 * Calls:  time.c, softirq.c, sched.c for what a CPU does in its turn.
 */
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

#define OVERTAKEN 4		 /* one in so many places */
#define INTERRUPTED 8		 /* and in one of so many of these, time moves on */
#define STEP_NS (100 * NSEC_PER_USEC) /* to what happens soon; no further */
#define TOO_LONG 1000000	 /* turns of others, for one lock */
#define STALL_TURNS 200		 /* of others, while one CPU stands still: they may all wait for it */

struct vcpu {
	struct coro *loop, *at;	/* NULL: the context that called host_run() */
	bool idle;		/* stands in its loop with nothing to do */
};
static struct vcpu vcpus[NR_CPUS];
struct cpu_local cpu_locals[NR_CPUS];
struct cpu_local *host_cpu = &cpu_locals[0];
u32 nr_cpus = NR_CPUS, nr_possible_cpus = NR_CPUS; /* the stack is made for all; host_set_cpus() says how many run */
bool host_smp, host_unsteady;
static u32 running = 1;
static u64 chance;
static u32 stall_one_in;
static u64 stall_most_ns;

void host_cpu_seed(u64 seed) { chance = seed ^ 0x6a09e667f3bcc908ull; }
u32 host_choose_cpu(void) { return host_smp ? (u32)(host_draw(&chance) % running) : 0; }
struct coro *host_cpu_loop(void) { return vcpus[smp_processor_id()].loop; }

void host_init(void)
{
	for (u32 i = 0; i < NR_CPUS; i++)
		cpu_locals[i] = (struct cpu_local){ .id = i, .online = true };
	host_memory_init();
	host_sched_init();
	host_softirq_init();
	host_time_init();
	host_log_init();
	host_seed(1);
}
static void loop(void *unused)
{
	(void)unused;
	vcpus[smp_processor_id()].idle = false;
	for (;;)
		host_cpu_turn();
}
void host_set_cpus(u32 n)
{
	BUG_UNLESS(n && n <= NR_CPUS);
	n = max(n, running);
	for (; running < n; running++) {
		struct vcpu *v = &vcpus[running];

		v->loop = v->at = coro_create(loop, NULL);
		BUG_UNLESS(v->loop);
		v->idle = true;
	}
	nr_cpus = n;
	host_smp = n > 1;
	host_unsteady = host_smp || stall_one_in;
}
void host_set_stalls(u32 one_in, u64 most_ns)
{
	stall_one_in = one_in;
	stall_most_ns = most_ns;
	host_unsteady = host_smp || stall_one_in;
}

static bool has_work(u32 cpu)
{
	return !vcpus[cpu].idle || host_softirq_pending(cpu) || host_task_is_ready(cpu) || host_timer_due(cpu);
}
static void switch_to_cpu(u32 cpu)
{
	u32 me = smp_processor_id();

	if (cpu == me)
		return;
	vcpus[me].at = coro_self();
	host_cpu = &cpu_locals[cpu];
	coro_switch(vcpus[cpu].at);
}
/* Another CPU that has something to do; this one when there is none. */
static u32 another(void)
{
	u32 me = smp_processor_id(), start = (u32)host_draw(&chance);

	for (u32 i = 0; i < running; i++) {
		u32 cpu = (start + i) % running;

		if (cpu != me && has_work(cpu))
			return cpu;
	}
	return me;
}
bool host_others_busy(void) { return host_smp && another() != smp_processor_id(); }
u32 host_busy_mask(void)
{
	u32 mask = 0;

	for (u32 i = 0; i < running; i++)
		mask |= vcpus[i].idle ? 0 : 1u << i;
	return mask;
}

/* What is due comes as an interrupt of this CPU; as on the real one, softirqs follow it where they are on. */
static void interrupt(bool comes)
{
	if (irqs_disabled() || in_hardirq() || vcpus[smp_processor_id()].idle)
		return;
	comes |= host_timer_interrupt();
	if (comes && !in_interrupt())
		host_run_softirqs();
}
static void overtake(void)
{
	u64 dice = host_draw(&chance), next;

	if (dice % OVERTAKEN)
		return;
	next = dice / OVERTAKEN % INTERRUPTED ? U64_MAX : host_next_deadline();
	if (next != U64_MAX && next <= host_now_ns + STEP_NS)
		host_now_ns = max(host_now_ns, next);
	switch_to_cpu(another());
}
/* The machine below takes this CPU away. Others go on, as far as they need nothing of it. */
static void stall(void)
{
	u64 until = host_now_ns + host_draw(&chance) % stall_most_ns;

	for (u32 turns = 0; host_smp && turns < STALL_TURNS && host_now_ns < until; turns++) {
		u64 next = host_next_deadline();

		if (host_others_busy())
			switch_to_cpu(another());
		else
			host_now_ns = next > host_now_ns ? min(next, until) : until;
	}
	host_now_ns = max(host_now_ns, until);
}
void host_overtake(void)
{
	bool stands = stall_one_in && host_draw(&chance) % stall_one_in == 0;

	if (host_smp)
		overtake();
	if (stands)
		stall();
	interrupt(stands);
}
void cpu_relax(void)
{
	if (host_smp)
		switch_to_cpu(another());
}
/* The holder must run, so that it lets go. */
void spin_lock_slow(spinlock_t *l)
{
	for (u32 turns = 0; !__raw_spin_trylock(l); turns++) {
		if (turns == TOO_LONG || !host_others_busy())
			panic("lock %p: CPU %u would spin for ever", (void *)l, smp_processor_id());
		cpu_relax();
	}
}

/* Nothing to do here: let others work, else let time pass. */
static void rest(void)
{
	struct vcpu *me = &vcpus[smp_processor_id()];
	u64 next;

	if (host_run_rcu())
		return;
	if (host_others_busy()) {
		me->idle = true;
		cpu_relax();
		me->idle = false;
		return;
	}
	next = host_next_deadline();
	if (next == U64_MAX)
		host_everyone_sleeps();
	host_now_ns = max(host_now_ns, next);
}
void host_cpu_turn(void)
{
	host_rcu_quiescent();
	if (!host_run_softirqs() && !host_run_task() && !host_timer_interrupt())
		rest();
}
