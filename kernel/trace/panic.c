/* kernel/trace/panic.c - the end: what happened, where, and what came before
 *
 * What:   panic, warnings, symbol names for addresses.
 * Called: everywhere, any context, also on the emergency stacks.
 * Calls:  kernel/arch (backtrace, stopping CPUs, ending QEMU).
 * Locks:  none: the first CPU to panic stops the others, and printk takes what it can get from then on.
 */
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/sched/task.h"
#include "kernel/trace/internal.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "lib/printf.h"
#include "lib/string.h"

#define PANIC_STATUS 0x31 /* on QEMU's exit port: QEMU ends with 99 */
#define BACKTRACE_MAX 32
#define LAST_EVENTS 40

/* --- names (tables made by mksyms.py) --- */

extern const u32 ksyms_count, ksyms_offsets[], ksyms_names[];
extern const char ksyms_text[];

int sprint_symbol(char *buf, size_t size, unsigned long addr)
{
	u32 lo = 0, hi = ksyms_count, offset = (u32)(addr - KERNEL_BASE);
	u32 end;

	while (lo < hi) { /* the first symbol above */
		u32 mid = lo + (hi - lo) / 2;

		if (ksyms_offsets[mid] <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (addr < KERNEL_BASE || !lo || lo == ksyms_count)
		return scnprintf(buf, size, "0x%lx", addr);
	end = ksyms_offsets[lo];
	offset -= ksyms_offsets[lo - 1];
	end -= ksyms_offsets[lo - 1];
	return scnprintf(buf, size, "%s+0x%x/0x%x", ksyms_text + ksyms_names[lo - 1], offset, end);
}

static void show_backtrace(unsigned long fp)
{
	unsigned long pcs[BACKTRACE_MAX];
	size_t n = arch_backtrace(fp, pcs, ARRAY_SIZE(pcs));

	printk(KERN_ERR "Call trace:\n");
	for (size_t i = 0; i < n; i++)
		printk(KERN_ERR "  [%016lx] %pS\n", pcs[i], (void *)pcs[i]);
}

void warn_at(const char *what, const char *file, int line)
{
	struct task_struct *t = current;

	printk(KERN_WARNING "WARNING: %s at %s:%d, CPU %u, %s[%d]\n", what, file, line, smp_processor_id(),
	       t ? t->comm : "boot", t ? t->pid : 0);
	show_backtrace(0);
}

static void __noreturn end(void)
{
	char unused[2];

	if (cmdline_get("exitport", unused, sizeof(unused)))
		machine_power_off(PANIC_STATUS);
	arch_halt();
}

void panic(const char *fmt, ...)
{
	static u32 owner; /* CPU + 1 */
	char text[256];
	u32 me = smp_processor_id() + 1, nobody = 0;
	struct task_struct *t = current;
	va_list ap;

	local_irq_disable();
	if (!__atomic_compare_exchange_n(&owner, &nobody, me, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		if (nobody == me) {
			console_write("panic in panic\n", 15);
			end();
		}
		arch_halt(); /* another CPU is already telling its story */
	}
	printk_force();
	smp_stop_others();
	printf_symbol = sprint_symbol;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk(KERN_ERR "Kernel panic: %s\n", text);
	printk(KERN_ERR "CPU %u, task %s[%d], preempt_count %x, Ringside %s\n", me - 1, t ? t->comm : "boot",
	       t ? t->pid : 0, preempt_count(), RINGSIDE_VERSION);
	show_backtrace(0);
	trace_dump(LAST_EVENTS);
	printk(KERN_ERR "End of kernel panic: %s\n", text);
	end();
}
