/* kernel/main.c - the order in which the kernel starts, to be read as a table of contents
 *
 * Called: by kernel/arch on CPU 0, interrupts off, on the boot stack.
 */
#include "drivers/drivers.h"
#include "kernel/arch/arch.h"
#include "kernel/fs/fs.h"
#include "kernel/fs/tty.h"
#include "kernel/init.h"
#include "kernel/mm/mm.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/selftest.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/stack.h"
#include "kernel/sched/task.h"
#include "kernel/sync/lockdep.h"
#include "kernel/syscall/syscall.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "net/net.h"

/* The second half, in the first process: may sleep, all CPUs run. */
static int kernel_init(void *unused)
{
	(void)unused;
	smp_start_all();
	ksoftirqd_init();
	workqueue_start();
	load_average_start();
	vfs_init();
	mm_proc_init();
	process_proc_init();
	trace_proc_init();
	lockdep_proc_init();
	lock_stat_proc_init();
	stack_proc_init();
	initramfs_unpack();
	tty_init();
	net_init();
	drivers_init();
	configure_network();
	selftest_run();
	run_init_process();
}

void kernel_main(void)
{
	arch_early_init();
	mm_init();
	arch_init();
	random_init();
	trace_init();
	rcu_init();
	sched_init();
	time_init();
	softirq_init();
	tasklet_init();
	workqueue_init();
	process_init();

	syscall_init();
	mm_syscalls();
	sched_syscalls();
	futex_syscalls();
	process_syscalls();
	fs_syscalls();
	poll_syscalls();

	local_irq_enable();
	user_mode_thread(kernel_init, NULL);
	cpu_idle_loop();
}
