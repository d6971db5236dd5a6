/* kernel/arch/lapic.c - the local APIC: each CPU's own interrupt controller and timer
 *
 * What:   enable, end of interrupt, interprocessor interrupts, the one-shot timer (TSC deadline where the CPU has it).
 * Called: setup.c and smp.c to start; irq.c, smp.c, tlb.c; kernel/time through arch_timer_set().
 * Locks:  none: a CPU touches only its own registers, with interrupts off where two writes belong together.
 * Source: Intel SDM volume 3, chapter 11. x2APIC mode is used when the firmware left it on.
 */
#include "kernel/arch/internal.h"
#include "kernel/arch/io.h"
#include "kernel/mm/slab.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"

#define REG_TPR 0x80
#define REG_EOI 0xb0
#define REG_SPURIOUS 0xf0
#define REG_ESR 0x280
#define REG_ICR 0x300
#define REG_ICR_HIGH 0x310
#define REG_LVT_TIMER 0x320
#define REG_LVT_LINT0 0x350
#define REG_LVT_LINT1 0x360
#define REG_LVT_ERROR 0x370
#define REG_TIMER_INITIAL 0x380
#define REG_TIMER_CURRENT 0x390
#define REG_TIMER_DIVIDE 0x3e0
#define APIC_BASE_X2 BIT(10)
#define LVT_MASKED 0x10000u
#define LVT_TSC_DEADLINE 0x40000u
#define ICR_PENDING 0x1000u
#define DIVIDE_BY_1 0xbu

static u8 *lapic; /* [C] its registers; NULL in x2APIC mode */
static bool x2apic;
static u64 timer_ticks_per_ns; /* [C] 32 binary places */

static u32 lapic_read(u32 reg)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC + reg / 16) : readl(lapic + reg);
}

static void lapic_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, v);
	else
		writel(v, lapic + reg);
}

void lapic_eoi(void)
{
	lapic_write(REG_EOI, 0);
}

void lapic_send_ipi(u32 apic_id, u32 icr_low)
{
	unsigned long flags;

	if (x2apic) {
		smp_mb(); /* the MSR write does not order earlier stores */
		return wrmsr(MSR_X2APIC + REG_ICR / 16, (u64)apic_id << 32 | icr_low);
	}
	flags = local_irq_save();
	while (lapic_read(REG_ICR) & ICR_PENDING)
		cpu_relax();
	lapic_write(REG_ICR_HIGH, apic_id << 24);
	lapic_write(REG_ICR, icr_low);
	local_irq_restore(flags);
}

void lapic_init_this_cpu(void)
{
	/* Firmware may have left it off. A CPU cannot go back from x2APIC mode without a reset, so all follow the
	 * first. */
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BIT(11) | (x2apic ? APIC_BASE_X2 : 0));
	lapic_write(REG_TPR, 0);
	lapic_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	lapic_write(REG_LVT_LINT0, LVT_MASKED);
	lapic_write(REG_LVT_LINT1, ICR_NMI);
	lapic_write(REG_LVT_ERROR, LVT_MASKED);
	lapic_write(REG_SPURIOUS, 0x100 | VECTOR_SPURIOUS);
	lapic_write(REG_TIMER_DIVIDE, DIVIDE_BY_1);
	if (cpu_features.tsc_deadline) {
		lapic_write(REG_LVT_TIMER, LVT_TSC_DEADLINE | VECTOR_TIMER);
		smp_mb(); /* SDM 11.5.4.1: the mode must be set before the first deadline */
	} else {
		lapic_write(REG_LVT_TIMER, VECTOR_TIMER);
	}
	lapic_eoi();
}

void lapic_init_boot(void)
{
	x2apic = cpu_features.x2apic && (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2);
	if (!x2apic) {
		lapic = ioremap(acpi.lapic_phys, PAGE_SIZE);
		if (!lapic)
			panic("no memory to map the local APIC");
	}
	lapic_init_this_cpu();
}

/* --- the timer --- */

/* Counts the timer against the TSC. Without TSC deadline only. */
void lapic_timer_calibrate(void)
{
	u64 start, width = tsc_hz / 100;
	u32 counted;

	if (cpu_features.tsc_deadline)
		return;
	lapic_write(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	lapic_write(REG_TIMER_INITIAL, U32_MAX);
	start = rdtsc();
	while (rdtsc() - start < width)
		cpu_relax();
	counted = U32_MAX - lapic_read(REG_TIMER_CURRENT);
	width = rdtsc() - start;
	lapic_write(REG_TIMER_INITIAL, 0);
	lapic_write(REG_LVT_TIMER, VECTOR_TIMER);
	/* ticks/ns = counted / (width / tsc_hz * 1e9) */
	timer_ticks_per_ns = ((u64)counted << 32) / (width * 1000 / (tsc_hz / 1000000));
	pr_info("clock: local APIC timer at %llu MHz\n", (unsigned long long)((timer_ticks_per_ns * 1000) >> 32));
}

/* Calls timer_interrupt() on this CPU at deadline_ns or soon after; U64_MAX: not at all. Any context. */
void arch_timer_set(u64 deadline_ns)
{
	u64 now, ticks;

	if (cpu_features.tsc_deadline)
		return wrmsr(MSR_TSC_DEADLINE, deadline_ns == U64_MAX ? 0 : tsc_from_ns(deadline_ns));
	if (deadline_ns == U64_MAX)
		return lapic_write(REG_TIMER_INITIAL, 0);
	now = ktime_get_ns();
	ticks = deadline_ns > now ? min(deadline_ns - now, 4000000000ULL) : 0;
	ticks = (ticks * (timer_ticks_per_ns >> 8) >> 24) + 1;
	lapic_write(REG_TIMER_INITIAL, (u32)min(ticks, (u64)U32_MAX));
}
