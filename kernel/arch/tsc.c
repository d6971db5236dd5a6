/* kernel/arch/tsc.c - the clock: the time-stamp counter, scaled to nanoseconds; and the battery clock
 *
 * What:   the TSC's frequency from CPUID or measured, conversion both ways, wall time at boot, randomness from the CPU.
 * Called: setup.c for tsc_init(); kernel/time and everyone who asks for the time.
 * Locks:  none: constants after boot. All CPUs of a machine that we support count alike (QEMU, invariant TSC).
 */
#include "kernel/arch/internal.h"
#include "kernel/arch/io.h"
#include "kernel/time/clock.h"
#include "kernel/trace/printk.h"

#define PIT_HZ 1193182
#define PM_TIMER_HZ 3579545
#define CALIBRATE_MS 20
#define NSEC 1000000000ULL

u64 tsc_hz;
static u64 tsc_base;	/* [C] at boot */
static u64 ns_per_tick; /* [C] nanoseconds a tick, 32 binary places; 0 until known */
static u64 ticks_per_ns; /* [C] the same the other way round */

static u64 mul_shift32(u64 a, u64 b) { return (u64)(((unsigned __int128)a * b) >> 32); }

void tsc_note_boot(void) { tsc_base = rdtsc(); }
u64 arch_cycles(void) { return rdtsc(); }
u64 ktime_get_ns(void) { return mul_shift32(rdtsc() - tsc_base, ns_per_tick); }
u64 tsc_from_ns(u64 ns) { return tsc_base + mul_shift32(ns, ticks_per_ns) + 1; }

/* --- how fast it counts --- */

static u64 hz_from_cpuid(void)
{
	u32 max = cpuid(0, 0).eax;
	struct cpuid_regs r;

	if (cpuid(1, 0).ecx >> 31 && cpuid(0x40000000, 0).eax >= 0x40000010) {
		r = cpuid(0x40000010, 0); /* hypervisor timing leaf: kHz */
		if (r.eax)
			return r.eax * 1000ULL;
	}
	if (max < 0x15)
		return 0;
	r = cpuid(0x15, 0);
	return r.eax && r.ebx && r.ecx ? (u64)r.ecx * r.ebx / r.eax : 0;
}

static u32 pm_read(void) { return inl(acpi.pm_timer) & 0xffffff; }

/* The channel counts down from 65535 with its gate open: it wraps after 54 ms. */
static void pit_start(void)
{
	outb((inb(0x61) & ~2) | 1, 0x61);
	outb(0xb0, 0x43); /* channel 2, two bytes, mode 0 */
	outb(0xff, 0x42);
	outb(0xff, 0x42);
}

static u32 pit_read(void)
{
	u32 lo;

	outb(0x80, 0x43); /* latch channel 2 */
	lo = inb(0x42);
	return 0xffff - (lo | (u32)inb(0x42) << 8);
}

/* Reads the reference clock between two TSC reads; of several tries, the one that was disturbed least. */
static u64 sample(u32 (*read)(void), u32 *ref)
{
	u64 best_width = U64_MAX, at = 0;

	for (int i = 0; i < 8; i++) {
		u64 before = rdtsc();
		u32 now = read();
		u64 after = rdtsc();

		if (after - before >= best_width)
			continue;
		best_width = after - before;
		at = before + best_width / 2;
		*ref = now;
	}
	return at;
}

static u64 hz_measured(u32 (*read)(void), u32 mask, u64 ref_hz)
{
	u32 from = 0, to = 0;
	u64 start = sample(read, &from), end;

	while (((read() - from) & mask) < ref_hz * CALIBRATE_MS / 1000)
		cpu_relax();
	end = sample(read, &to);
	return (end - start) * ref_hz / ((to - from) & mask);
}

void tsc_init(void)
{
	tsc_hz = hz_from_cpuid();
	if (!tsc_hz && acpi.pm_timer) {
		tsc_hz = hz_measured(pm_read, 0xffffff, PM_TIMER_HZ);
	} else if (!tsc_hz) {
		pit_start();
		tsc_hz = hz_measured(pit_read, 0xffff, PIT_HZ);
	}
	ticks_per_ns = (tsc_hz << 24) / NSEC << 8;
	ticks_per_ns |= ((tsc_hz << 24) % NSEC << 8) / NSEC;
	ns_per_tick = (NSEC << 32) / tsc_hz;
	pr_info("clock: TSC at %llu.%03llu MHz\n", (unsigned long long)(tsc_hz / 1000000),
		(unsigned long long)(tsc_hz / 1000 % 1000));
}

/* --- the battery clock (MC146818): seconds since 1970 --- */

static u8 cmos(u8 reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static u32 cmos_number(u8 reg, bool binary)
{
	u8 v = cmos(reg);

	return binary ? v : (v >> 4) * 10 + (v & 15);
}

static u64 days_before_year(u64 y) { return (y - 1) * 365 + (y - 1) / 4 - (y - 1) / 100 + (y - 1) / 400; }

u64 arch_wall_clock_seconds(void)
{
	static const u16 month_days[12] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	u32 sec, min, hour, day, month, year;
	u8 status = cmos(0x0b);
	bool binary = status & 4;
	u64 days;

	/* Read again when an update came between: the seconds then differ. */
	do {
		for (int i = 0; i < 1000000 && (cmos(0x0a) & 0x80); i++)
			cpu_relax();
		sec = cmos_number(0, binary);
		min = cmos_number(2, binary);
		hour = cmos(4);
		day = cmos_number(7, binary);
		month = cmos_number(8, binary);
		year = 2000 + cmos_number(9, binary);
	} while (sec != cmos_number(0, binary));
	if (!(status & 2)) { /* 12 hours, bit 7 is pm */
		bool pm = hour & 0x80;

		hour = binary ? hour & 0x7f : (hour >> 4 & 7) * 10 + (hour & 15);
		hour = hour % 12 + (pm ? 12 : 0);
	} else if (!binary) {
		hour = (hour >> 4) * 10 + (hour & 15);
	}
	if (month < 1 || month > 12)
		return 0;
	days = days_before_year(year) - days_before_year(1970) + month_days[month - 1] + day - 1;
	if (month > 2 && (year % 4 == 0 && (year % 100 || year % 400 == 0)))
		days++;
	return ((days * 24 + hour) * 60 + min) * 60 + sec;
}

/* --- randomness: RDRAND where there is one, mixed with the jitter of the counter --- */

u64 arch_random_u64(void)
{
	u64 mixed = 0, r;
	u8 ok;

	for (int i = 0; i < 32; i++) {
		mixed = (mixed << 7 | mixed >> 57) ^ rdtsc();
		mixed *= 0x9e3779b97f4a7c15ULL;
	}
	for (int i = 0; cpu_features.rdrand && i < 10; i++) {
		asm volatile("rdrand %0\n\tsetc %1" : "=r"(r), "=qm"(ok)::"cc");
		if (ok)
			return mixed ^ r;
	}
	return mixed;
}
