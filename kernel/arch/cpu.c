/* kernel/arch/cpu.c - what each CPU needs before it can run the kernel: descriptor tables, MSRs, feature bits
 *
 * What:   CPUID, GDT and TSS with emergency stacks, IDT, the syscall MSRs, control registers, SMAP patching, cpuinfo.
 * Called: setup.c for the boot CPU, smp.c for the others.
 * Locks:  none: each CPU sets itself up; the IDT is made once.
 * Absent: 32-bit programs, I/O permission maps, debug registers, FSGSBASE (entry.S relies on its absence), XSAVE.
 */
#include "kernel/arch/internal.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"

struct cpu_features cpu_features;
struct cpu_local cpu_locals[NR_CPUS];
struct arch_cpu *arch_cpus[NR_CPUS];
u32 nr_cpus = 1;

struct idt_gate { u16 offset0, selector; u8 ist, type; u16 offset1; u32 offset2, reserved; };
static struct idt_gate idt[256] __aligned(16);
struct table_ptr { u16 limit; u64 base; } __packed;
extern char vector_stubs[];
#define STUB_SIZE 16

/* Numbers that entry.S needs: absolute symbols, made by the compiler from the structures themselves. */
void asm_offsets(void);
void asm_offsets(void)
{
	asm volatile(".globl TASK_WORK_PENDING\n.set TASK_WORK_PENDING, %c0" ::"i"(
		offsetof(struct task_struct, work_pending)));
	asm volatile(
		".globl CPU_NEED_RESCHED\n.set CPU_NEED_RESCHED, %c0" ::"i"(offsetof(struct cpu_local, need_resched)));
}
_Static_assert(offsetof(struct cpu_local, current_task) == 8 && offsetof(struct cpu_local, kernel_sp) == 16 &&
	       offsetof(struct cpu_local, user_sp) == 24 && offsetof(struct cpu_local, id) == 32 &&
	       offsetof(struct cpu_local, preempt_count) == 36 &&
	       offsetof(struct cpu_local, percpu_offset) == 48 &&
	       offsetof(struct cpu_local, softirq_pending) == 56, "cpu.h and entry.S know these");
_Static_assert(sizeof(struct pt_regs) == 168 && offsetof(struct pt_regs, rip) == 128, "entry.S knows these");

void cpu_detect(void)
{
	struct cpuid_regs one = cpuid(1, 0), seven = { 0 }, ext = { 0 }, power = { 0 };

	if (cpuid(0, 0).eax >= 7)
		seven = cpuid(7, 0);
	if (cpuid(0x80000000, 0).eax >= 0x80000001)
		ext = cpuid(0x80000001, 0);
	if (cpuid(0x80000000, 0).eax >= 0x80000007)
		power = cpuid(0x80000007, 0);
	cpu_features = (struct cpu_features){
		.smep = seven.ebx & BIT(7),
		.smap = seven.ebx & BIT(20),
		.umip = seven.ecx & BIT(2),
		.nx = ext.edx & BIT(20),
		.pge = one.edx & BIT(13),
		.tsc_deadline = one.ecx & BIT(24),
		.rdrand = one.ecx & BIT(30),
		.x2apic = one.ecx & BIT(21),
		.huge_1g = ext.edx & BIT(26),
		.invariant_tsc = power.edx & BIT(8),
	};
}

static void load_gdt(struct arch_cpu *ac)
{
	u64 tss = (u64)&ac->tss;
	struct table_ptr ptr = { sizeof(ac->gdt) - 1, (u64)ac->gdt };

	ac->gdt[KERNEL_CS / 8] = 0x00af9b000000ffff;
	ac->gdt[KERNEL_DS / 8] = 0x00cf93000000ffff;
	ac->gdt[USER_DS / 8] = 0x00cff3000000ffff;
	ac->gdt[USER_CS / 8] = 0x00affb000000ffff;
	ac->gdt[TSS_SELECTOR / 8] =
		(sizeof(ac->tss) - 1) | (tss & 0xffffff) << 16 | 0x89ULL << 40 | (tss >> 24 & 0xff) << 56;
	ac->gdt[TSS_SELECTOR / 8 + 1] = tss >> 32;
	for (int i = 0; i < 3; i++)
		ac->tss.ist[i] = (u64)ac->ist_stacks[i] + IST_STACK_SIZE;
	ac->tss.iomap_base = sizeof(ac->tss);
	asm volatile("lgdt %0\n\t"
		     "pushq %1\n\tleaq 1f(%%rip), %%rax\n\tpushq %%rax\n\tlretq\n1:\n\t"
		     "movl %2, %%ds\n\tmovl %2, %%es\n\tmovl %2, %%ss\n\t"
		     "movl %3, %%fs\n\tmovl %3, %%gs\n\tltr %w4"
		     :: "m"(ptr), "i"(KERNEL_CS), "r"(KERNEL_DS), "r"(0), "r"(TSS_SELECTOR) : "rax", "memory");
}

static void set_gate(int vector, int ist, int dpl)
{
	u64 offset = (u64)vector_stubs + vector * STUB_SIZE;

	idt[vector] = (struct idt_gate){ .offset0 = (u16)offset, .selector = KERNEL_CS, .ist = ist,
		.type = 0x8e | dpl << 5, .offset1 = (u16)(offset >> 16), .offset2 = offset >> 32 };
}

void idt_init(void)
{
	for (int v = 0; v < 256; v++)
		set_gate(v, 0, 0);
	set_gate(2, IST_NMI, 0);
	set_gate(3, 0, 3);
	set_gate(4, 0, 3);
	set_gate(8, IST_DOUBLE_FAULT, 0);
	set_gate(18, IST_MACHINE_CHECK, 0);
}

static void set_control_registers(void)
{
	u64 cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	if (cpu_features.pge)
		cr4 |= CR4_PGE;
	if (cpu_features.smep)
		cr4 |= CR4_SMEP;
	if (cpu_features.smap)
		cr4 |= CR4_SMAP;
	if (cpu_features.umip)
		cr4 |= CR4_UMIP;
	write_cr4(cr4);
	write_cr0((read_cr0() | CR0_WP | CR0_MP | CR0_NE) & ~(u64)(CR0_EM | CR0_TS));
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (cpu_features.nx ? EFER_NXE : 0));
}

static void set_syscall_msrs(void)
{
	wrmsr(MSR_STAR, (u64)USER32_CS << 48 | (u64)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SYSCALL_MASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_AC | EFLAGS_RF);
}

/* Makes the CPU that runs this CPU number id. After it, current, smp_processor_id() and traps work. */
void cpu_setup(u32 id, struct arch_cpu *ac)
{
	struct table_ptr ptr = { sizeof(idt) - 1, (u64)idt };
	struct cpu_local *c = &cpu_locals[id];

	load_gdt(ac);
	arch_cpus[id] = ac;
	c->self = c;
	c->id = id;
	c->percpu_offset = id * PERCPU_UNIT;
	wrmsr(MSR_GS_BASE, (u64)c);
	wrmsr(MSR_KERNEL_GS_BASE, 0);
	wrmsr(MSR_FS_BASE, 0);
	asm volatile("lidt %0" ::"m"(ptr));
	set_control_registers();
	set_syscall_msrs();
	fpu_init_this_cpu();
}

/* --- /proc/cpuinfo --- */

static const struct { u8 reg, bit; const char *name; } flag_names[] = {
	{ 0, 0, "fpu" }, { 0, 3, "pse" }, { 0, 4, "tsc" }, { 0, 5, "msr" }, { 0, 6, "pae" }, { 0, 8, "cx8" },
	{ 0, 9, "apic" }, { 0, 11, "sep" }, { 0, 13, "pge" }, { 0, 15, "cmov" }, { 0, 19, "clflush" }, { 0, 23, "mmx" },
	{ 0, 24, "fxsr" }, { 0, 25, "sse" }, { 0, 26, "sse2" }, { 2, 11, "syscall" }, { 2, 20, "nx" }, { 2, 29, "lm" },
	{ 1, 0, "pni" }, { 1, 9, "ssse3" }, { 1, 13, "cx16" }, { 1, 19, "sse4_1" }, { 1, 20, "sse4_2" },
	{ 1, 21, "x2apic" }, { 1, 23, "popcnt" }, { 1, 24, "tsc_deadline_timer" }, { 1, 30, "rdrand" },
	{ 1, 31, "hypervisor" }, { 3, 7, "smep" }, { 3, 20, "smap" },
};

static int cpu_flags(char *buf, size_t size)
{
	u32 regs[4] = { cpuid(1, 0).edx, cpuid(1, 0).ecx, cpuid(0x80000001, 0).edx, cpuid(7, 0).ebx };
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (regs[flag_names[i].reg] & BIT(flag_names[i].bit))
			n += scnprintf(buf + n, size - n, " %s", flag_names[i].name);
	return n;
}

/* Describes the CPU that runs this: QEMU and every board we meet have equal ones. */
int arch_cpuinfo(u32 cpu, char *buf, size_t size)
{
	struct cpuid_regs r = cpuid(0, 0), id = cpuid(1, 0);
	char vendor[13] = { 0 }, model[49] = { 0 };
	u32 family = id.eax >> 8 & 15, mod = id.eax >> 4 & 15;
	int n;

	memcpy(vendor, &r.ebx, 4);
	memcpy(vendor + 4, &r.edx, 4);
	memcpy(vendor + 8, &r.ecx, 4);
	if (cpuid(0x80000000, 0).eax >= 0x80000004)
		for (u32 i = 0; i < 3; i++) {
			r = cpuid(0x80000002 + i, 0);
			memcpy(model + 16 * i, &r, 16);
		}
	if (family == 6 || family == 15)
		mod |= id.eax >> 12 & 0xf0;
	if (family == 15)
		family += id.eax >> 20 & 0xff;
	n = scnprintf(
		buf, size,
		"processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\n"
		"stepping\t: %u\ncpu MHz\t\t: %llu.%03llu\nphysical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\n"
		"cpu cores\t: %u\napicid\t\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n"
		"flags\t\t:",
		cpu, vendor, family, mod, model, id.eax & 15, (unsigned long long)(tsc_hz / 1000000),
		(unsigned long long)(tsc_hz / 1000 % 1000), nr_cpus, cpu, nr_cpus, cpu_locals[cpu].apic_id,
		cpuid(0, 0).eax);
	n += cpu_flags(buf + n, size - n);
	n += scnprintf(buf + n, size - n, "\nbogomips\t: %llu.%02llu\nclflush size\t: 64\ncache_alignment\t: 64\n"
		       "address sizes\t: 40 bits physical, 48 bits virtual\n\n",
		       (unsigned long long)(tsc_hz / 500000), (unsigned long long)(tsc_hz / 5000 % 100));
	return n;
}
