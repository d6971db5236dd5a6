/* kernel/arch/power.c - ways to end: halt, reboot, power off, and QEMU's exit port under test
 *
 * Called: the reboot call, run_init_process(), panic(). Any context; never returns.
 */
#include "kernel/arch/internal.h"
#include "kernel/arch/io.h"
#include "kernel/init.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"

#define EXIT_PORT 0xf4 /* isa-debug-exit: QEMU ends with (value << 1) | 1 */
#define S5_ENABLE BIT(13)

void __noreturn arch_halt(void)
{
	for (;;) {
		local_irq_disable();
		asm volatile("hlt");
	}
}

void __noreturn machine_power_off(int status)
{
	char unused[2];

	local_irq_disable();
	if (cmdline_get("exitport", unused, sizeof(unused)))
		outl((u32)status, EXIT_PORT);
	if (acpi.has_s5 && acpi.pm1a_cnt) {
		outw((u16)(acpi.slp_typa << 10 | S5_ENABLE), acpi.pm1a_cnt);
		if (acpi.pm1b_cnt)
			outw((u16)(acpi.slp_typb << 10 | S5_ENABLE), acpi.pm1b_cnt);
		/* The machine acts when it gets to it; on a busy host this CPU goes on meanwhile. */
		for (u64 end = ktime_get_ns() + NSEC_PER_SEC; ktime_get_ns() < end;)
			cpu_relax();
	}
	printk(KERN_ERR "power off did not work: halted\n");
	arch_halt();
}

/* ACPI's reset register, then the PCI chipset's, then the keyboard controller's, then a triple fault. */
void __noreturn machine_restart(void)
{
	struct { u16 limit; u64 base; } __packed none = { 0, 0 };

	local_irq_disable();
	if (acpi.has_reset && acpi.reset_reg.space == 1)
		outb(acpi.reset_value, (u16)acpi.reset_reg.address);
	for (int i = 0; i < 100000; i++)
		cpu_relax();
	outb(0x06, 0xcf9);
	for (int i = 0; i < 100000; i++)
		cpu_relax();
	outb(0xfe, 0x64);
	asm volatile("lidt %0\n\tint3" ::"m"(none));
	arch_halt();
}
