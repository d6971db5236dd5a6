/* kernel/sched/init.c - the scheduler starts: idle tasks, the other CPUs; and what /proc asks of it
 *
 * Called: kernel/main.c, kernel/arch for each further CPU, kernel/fs/proc.
 */
#include "kernel/mm/slab.h"
#include "kernel/sched/rq.h"
#include "kernel/sched/stack.h"
#include "kernel/sync/rcu_internal.h"
#include "kernel/time/event.h"
#include "kernel/time/timer.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"

static struct kmem_cache *task_cache;
static struct task_struct idle_tasks[NR_CPUS];
static u64 avenrun[3]; /* [P of whoever runs load_timer] fixed point, 1 << 16 is 1.0 */
static struct timer_list load_timer;

/* Fields that every task has, idle or not. */
static void task_init_common(struct task_struct *t)
{
	t->se.weight = NICE_0_WEIGHT;
	t->cpus_allowed = ~0ULL;
	t->start_time_ns = ktime_get_ns();
	refcount_set(&t->usage, 1);
	INIT_LIST_HEAD(&t->children);
	INIT_LIST_HEAD(&t->sibling);
	INIT_LIST_HEAD(&t->thread_group);
	INIT_LIST_HEAD(&t->tasks);
	INIT_LIST_HEAD(&t->pending.list);
	INIT_HLIST_NODE(&t->pid_hash);
}

/* The task that this CPU's boot stack belongs to becomes its idle task. */
static void make_idle(u32 cpu)
{
	struct task_struct *t = &idle_tasks[cpu];
	struct rq *rq = cpu_rq(cpu);

	task_init_common(t);
	t->flags = PF_KTHREAD;
	t->cpu = cpu;
	t->cpus_allowed = BIT(cpu);
	t->on_rq = t->on_cpu = true;
	t->group_leader = t;
	snprintf(t->comm, sizeof(t->comm), "swapper/%u", cpu);
	t->se.exec_start_ns = ktime_get_ns();
	rq->curr = rq->idle = t;
	rq->idle_since_ns = t->se.exec_start_ns;
	cpu_locals[cpu].current_task = t;
}

void sched_init(void)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_lock_init(&cpu_rq(cpu)->lock);
		cpu_rq(cpu)->tasks = RB_ROOT_CACHED;
	}
	task_cache = kmem_cache_create("task_struct", sizeof(struct task_struct), 64, SLAB_HWCACHE_ALIGN, NULL);
	if (!task_cache)
		panic("no memory for tasks");
	make_idle(0);
	cpu_locals[0].online = true;
}

void sched_secondary_start(void)
{
	u32 cpu = smp_processor_id();

	make_idle(cpu);
	event_cpu_init();
	rcu_cpu_online(cpu);
	smp_store_release(&cpu_locals[cpu].online, true);
	local_irq_enable();
	cpu_idle_loop();
}

struct task_struct *alloc_task(void)
{
	struct task_struct *t = kmem_cache_zalloc(task_cache, GFP_KERNEL);

	if (!t)
		return NULL;
	t->stack = kstack_alloc();
	if (!t->stack) {
		kmem_cache_free(task_cache, t);
		return NULL;
	}
	stack_paint(t);
	task_init_common(t);
	t->cpu = smp_processor_id();
	t->state = TASK_UNINTERRUPTIBLE; /* until wake_up_new_task() or wake_up_process() */
	t->group_leader = t;
	return t;
}

void free_task(struct task_struct *t)
{
	stack_measure(t);
	arch_thread_free(t);
	kstack_free(t->stack);
	kmem_cache_free(task_cache, t);
}

static void free_task_rcu(struct rcu_head *head) { free_task(container_of(head, struct task_struct, rcu)); }

void get_task_struct(struct task_struct *t) { refcount_inc(&t->usage); }

/* Others may still look at it under RCU. */
void put_task_struct(struct task_struct *t)
{
	if (refcount_dec_and_test(&t->usage))
		call_rcu(&t->rcu, free_task_rcu);
}

unsigned long nr_running(void)
{
	unsigned long n = 0;

	for_each_possible_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

static unsigned long nr_active(void)
{
	long n = (long)nr_running();

	for_each_possible_cpu(cpu)
		n += atomic_read(&cpu_rq(cpu)->nr_uninterruptible);
	return n > 0 ? (unsigned long)n : 0;
}

/* Every 5 s, as Linux: avg = avg * e^(-5/60 | -5/300 | -5/900) + active * (1 - that), in 1/65536. */
static void load_sample(struct timer_list *t)
{
	static const u32 decay[3] = { 60296, 64453, 65173 };
	u64 active = (u64)nr_active() << 16;

	for (int i = 0; i < 3; i++)
		avenrun[i] = (avenrun[i] * decay[i] + active * (65536 - decay[i])) >> 16;
	mod_timer(t, ktime_get_ns() + 5 * NSEC_PER_SEC);
}

void load_averages(u64 out[3])
{
	for (int i = 0; i < 3; i++)
		out[i] = READ_ONCE(avenrun[i]);
}

void load_average_start(void)
{
	timer_setup(&load_timer, load_sample);
	mod_timer(&load_timer, ktime_get_ns() + 5 * NSEC_PER_SEC);
}

u64 cpu_idle_ns(u32 cpu)
{
	struct rq *rq = cpu_rq(cpu);
	u64 since = READ_ONCE(rq->idle_since_ns), idle = READ_ONCE(rq->idle_ns);

	return since ? idle + ktime_get_ns() - since : idle;
}

void cpu_times(u32 cpu, struct cpu_times *out)
{
	struct rq *rq = cpu_rq(cpu);

	*out = (struct cpu_times){ .user_ns = rq->user_ns, .system_ns = rq->system_ns, .softirq_ns = rq->softirq_ns,
				   .irq_ns = rq->irq_ns, .idle_ns = cpu_idle_ns(cpu), .ctx_switches = rq->switches };
}
