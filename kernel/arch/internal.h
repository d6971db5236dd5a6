/* kernel/arch/internal.h - what the files of kernel/arch tell each other */
#pragma once
#include "kernel/arch/arch.h"
#include "kernel/arch/x86.h"

/* --- features of the boot CPU, from CPUID --- */
struct cpu_features {
	bool smep, smap, umip, nx, pge, tsc_deadline, rdrand, x2apic, huge_1g, invariant_tsc;
};
extern struct cpu_features cpu_features;

/* --- what a CPU has beside cpu_locals[]: descriptor tables, emergency stacks, what its registers hold --- */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3, iomap_base;
} __packed;
#define IST_DOUBLE_FAULT 1
#define IST_NMI 2
#define IST_MACHINE_CHECK 3
#define IST_STACK_SIZE 8192
struct arch_cpu {
	u64 gdt[10];
	struct tss tss;
	struct task_struct *fpu_owner; /* [P] whose state the FPU and the base registers hold */
	u8 ist_stacks[3][IST_STACK_SIZE] __aligned(16);
};
extern struct arch_cpu *arch_cpus[NR_CPUS]; /* [C] once the CPU runs */
static inline struct arch_cpu *this_arch_cpu(void) { return arch_cpus[smp_processor_id()]; }

/* cpu.c: GDT, TSS, IDT, MSRs and control registers of the CPU that runs this. */
void cpu_detect(void);
void cpu_setup(u32 id, struct arch_cpu *ac);
void idt_init(void);

/* boot_info.c: magic and info as the loader left them. Fills boot_info. */
#define MULTIBOOT2_MAGIC 0x36d76289
void boot_info_parse(u32 magic, u64 info_pa);
/* Takes [start, end) out of the usable ranges. */
void boot_range_reserve(u64 start, u64 end);

/* paging.c */
extern pte_t kernel_pgd[512];
void paging_init(void);

/* acpi.c: tables are read once, early, while the boot page tables still reach them. */
struct acpi_irq_override { u8 source; bool present, level, active_low; u32 gsi; };
struct acpi_ioapic { u32 phys, gsi_base; };
struct acpi_gas { u8 space, width, offset, access; u64 address; } __packed;
struct acpi_info {
	u64 lapic_phys;
	u32 apic_ids[NR_CPUS]; /* [0]: the boot CPU */
	u32 nr_cpus, cpus_left_out;
	struct acpi_ioapic ioapics[8];
	u32 nr_ioapics;
	struct acpi_irq_override isa[16];
	u16 pm1a_cnt, pm1b_cnt, pm_timer; /* ports, 0: none */
	u8 slp_typa, slp_typb;
	bool has_s5, has_reset;
	struct acpi_gas reset_reg;
	u8 reset_value;
};
extern struct acpi_info acpi;
void acpi_init(void);

/* lapic.c */
void lapic_init_boot(void);
void lapic_init_this_cpu(void);
void lapic_eoi(void);
void lapic_send_ipi(u32 apic_id, u32 icr_low);
#define ICR_FIXED 0u
#define ICR_NMI 0x400u
#define ICR_INIT 0x500u
#define ICR_STARTUP 0x600u
#define ICR_ASSERT 0x4000u
#define ICR_LEVEL 0x8000u
static inline void lapic_send_vector(u32 cpu, u32 vector)
{
	lapic_send_ipi(cpu_locals[cpu].apic_id, vector | ICR_ASSERT);
}
void lapic_timer_arm(u64 delta_ns, u64 deadline_tsc);
void lapic_timer_stop(void);
void lapic_timer_calibrate(void);

/* ioapic.c: the line of gsi gives vector on the CPU with apic_id. */
void ioapic_init(void);
int ioapic_route(u32 gsi, u8 vector, u32 apic_id, bool level, bool active_low);
void ioapic_mask(u32 gsi);

/* irq.c */
void irq_init(void);
void irq_dispatch(struct pt_regs *regs, u32 vector);

/* tsc.c */
extern u64 tsc_hz;
void tsc_init(void);
void tsc_note_boot(void);
u64 tsc_from_ns(u64 ns);

/* smp.c */
void smp_handle_call(void);
/* As smp_call_function, on the CPUs of mask; for TLB flushes. Also with interrupts off, but with no lock that an
 * interrupt-disabled CPU may spin on. */
void smp_call_mask(u64 mask, void (*fn)(void *), void *arg);
u64 smp_online_mask(void);
/* Serves what others ask of this CPU while it waits with interrupts off. */
void smp_poll(void);
bool smp_stopping(void);

/* traps.c */
void trap_dispatch(struct pt_regs *regs, u32 vector);
/* Continues at the fixup of the faulting instruction; false when it has none. */
bool fixup_exception(struct pt_regs *regs);
bool probe_kernel_u64(unsigned long addr, u64 *out);

/* thread.c, fpu.c */
void thread_init(void);
void fpu_init_this_cpu(void);
void fpu_save_current(void);
void fpu_reset_current(void);
int fpu_load_current(const void *image); /* a checked copy of a program's 512 bytes */
u32 fpu_mxcsr_mask(void);
/* Keeps rip where iretq accepts it: an impossible one becomes an address that faults in user mode. */
static inline u64 canonical_user_rip(u64 rip) { return rip < TASK_SIZE ? rip : TASK_SIZE; }

/* entry.S, boot.S, trampoline.S */
extern char __kernel_start[], __text_end[], __rodata_start[], __rodata_end[], __data_start[], __kernel_end[];
extern char trampoline_start[], trampoline_end[];
extern char boot_stack[], boot_stack_top[];
void syscall_entry(void);
