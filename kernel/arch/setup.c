/* kernel/arch/setup.c - the order in which the processor and its helpers come up
 *
 * Called: boot.S (x86_start), then kernel/main.c (arch_early_init before memory, arch_init after).
 * Locks:  none: one CPU, interrupts off.
 */
#include "kernel/arch/internal.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

static struct arch_cpu boot_cpu;
static u32 loader_magic;
static u64 loader_info;

void x86_start(u32 magic, u64 info_pa);

/* On the boot stack and the boot page tables. */
void x86_start(u32 magic, u64 info_pa)
{
	loader_magic = magic;
	loader_info = info_pa;
	tsc_note_boot();
	cpu_detect();
	idt_init();
	cpu_setup(0, &boot_cpu);
	cpu_locals[0].online = true;
	kernel_main();
	arch_halt();
}

/* Turns the three-byte nops around user accesses into stac and clac. Before text becomes read-only. */
static void smap_patch(void)
{
	struct patch { u8 *at; u64 is_stac; };
	extern const struct patch __start_smap_patch[], __stop_smap_patch[];

	if (!cpu_features.smap)
		return;
	for (const struct patch *p = __start_smap_patch; p < __stop_smap_patch; p++) {
		/* Through the boot tables' direct map, which is writable. */
		u8 *at = phys_to_virt(virt_to_phys(p->at));

		at[0] = 0x0f;
		at[1] = 0x01;
		at[2] = p->is_stac ? 0xcb : 0xca;
	}
	asm volatile("cpuid" ::: "eax", "ebx", "ecx", "edx", "memory"); /* serialises */
}

static void number_cpus(void)
{
	nr_cpus = acpi.nr_cpus;
	nr_possible_cpus = acpi.nr_cpus;
	for (u32 i = 0; i < nr_cpus; i++)
		cpu_locals[i].apic_id = acpi.apic_ids[i];
}

void arch_early_init(void)
{
	boot_info_parse(loader_magic, loader_info);
	pr_info("Ringside %s, started by %s\n", RINGSIDE_VERSION, boot_info.loader);
	pr_info("Command line: %s\n", boot_info.cmdline);
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		pr_debug("memory: %012llx-%012llx %s\n", (unsigned long long)boot_info.ranges[i].start,
			 (unsigned long long)boot_info.ranges[i].end, boot_info.ranges[i].usable ? "usable" : "taken");
	acpi_init();
	number_cpus();
	smap_patch();
	paging_init();
}

void arch_init(void)
{
	thread_init();
	lapic_init_boot();
	irq_init();
	tsc_init();
	lapic_timer_calibrate();
	pr_info("cpu: %u found%s%s%s%s\n", nr_cpus, cpu_features.nx ? ", NX" : "", cpu_features.smep ? ", SMEP" : "",
		cpu_features.smap ? ", SMAP" : "", cpu_features.tsc_deadline ? ", TSC deadline" : "");
}
