/* kernel/arch/arch.h - what the machine does for the rest of the kernel, and what it asks of it
 *
 * Everything x86 hides behind these names. kernel/mm, sched and process call them; drivers use request_irq(),
 * the MSI calls and kernel/arch/io.h.
 */
#pragma once
#include "kernel/arch/cpu.h"
#include "kernel/arch/regs.h"

struct mm_struct;
struct page;

/* --- boot: what the loader said, copied out of its memory before the buddy allocator starts --- */
struct memory_range { u64 start, end; bool usable; }; /* physical bytes, sorted, not overlapping */
struct boot_info {
	char cmdline[2048];
	struct memory_range ranges[128];
	unsigned int nr_ranges;
	u64 initrd_start, initrd_end; /* physical; several archives may follow each other inside */
	u64 rsdp;		      /* physical address of the ACPI root pointer, 0 when unknown */
	const char *loader;	      /* "multiboot2" or "pvh" */
};
extern struct boot_info boot_info;
/* linker.ld: the whole image, .bss included, at its virtual address. mm keeps it, the first MiB and the initrd out of
 * the buddy allocator, whatever the ranges say. */
extern char __kernel_start[], __kernel_end[];

/* CPU 0, first thing: descriptor tables, CPU features, early console. Interrupts stay off. */
void arch_early_init(void);
/* After mm: final page tables (W^X, guard pages), ACPI, interrupt controllers, clock. */
void arch_init(void);
/* Starts the other CPUs; each calls sched_secondary_start(). */
void smp_start_all(void);
void __noreturn arch_halt(void);
/* Ends the machine: reboot, power off (ACPI, QEMU's isa-debug-exit when present); status is QEMU's under test. */
void __noreturn machine_restart(void);
void __noreturn machine_power_off(int status);

/* --- memory map: all of RAM at PAGE_OFFSET, the kernel image at KERNEL_BASE, vmalloc between --- */
#define PAGE_OFFSET 0xffff888000000000UL
#define VMALLOC_START 0xffffc90000000000UL
#define VMALLOC_END 0xffffe90000000000UL
#define KERNEL_BASE 0xffffffff80000000UL
#define TASK_SIZE 0x00007ffffffff000UL
static inline void *phys_to_virt(u64 pa) { return (void *)(pa + PAGE_OFFSET); }
static inline u64 virt_to_phys(const void *va)
{
	u64 v = (u64)va;

	return v >= KERNEL_BASE ? v - KERNEL_BASE : v - PAGE_OFFSET;
}

/* --- page tables (kernel/arch/paging.c). prot is a set of PTE_*; sizes are whole 4 KiB pages --- */
typedef u64 pte_t;
#define PTE_PRESENT BIT(0)
#define PTE_WRITE BIT(1)
#define PTE_USER BIT(2)
#define PTE_NOCACHE (BIT(3) | BIT(4))
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY BIT(6)
#define PTE_NX BIT(63)
#define PTE_PFN_MASK 0x000ffffffffff000UL
typedef struct pgd { pte_t *table; } pgd_t;

/* A new top-level table that shares the kernel half. NULL without memory. */
pte_t *arch_pgd_alloc(void);
/* Frees the table pages of the user half; the pages they map are the caller's business. */
void arch_pgd_free(pte_t *pgd);
unsigned long arch_pagetable_pages(void); /* pages that hold user page tables now, for mem_stats() */
/* The slot for va; with create, makes the tables on the way (NULL without memory, or where absent). */
pte_t *arch_pte(pte_t *pgd, unsigned long va, bool create);
unsigned long arch_pgd_pages(const pte_t *pgd); /* that the tables of one address space take */
/* Kernel mappings, for vmalloc and MMIO. 0 or -ENOMEM. Unmap flushes on every CPU; after clear the caller flushes. */
int arch_kernel_map(unsigned long va, u64 pa, pte_t prot);
void arch_kernel_clear(unsigned long va, size_t pages);
void arch_kernel_unmap(unsigned long va, size_t pages);
/* Makes mm's tables (NULL: the kernel's own) current on this CPU. */
void arch_switch_mm(struct mm_struct *mm);
/* No CPU has mm's tables loaded afterwards; nobody may load them any more. Process context. */
void arch_leave_mm(struct mm_struct *mm);
/* After a mapping changed or went: all CPUs that may cache it forget [start, end). May be called with IRQs on only. */
void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void flush_tlb_mm(struct mm_struct *mm);

/* --- tasks --- */
struct arch_thread {
	u64 sp;		/* kernel stack pointer while switched out */
	u64 fs_base;	/* user TLS (arch_prctl ARCH_SET_FS) */
	u64 gs_base;
	void *fpu;	/* 512 bytes of FXSAVE image, 16-aligned; NULL for kernel threads */
	u32 fpu_cpu;	/* CPU whose registers may still hold fpu's contents; U32_MAX: none */
	u64 trap_nr, error_code, cr2; /* of the last exception in user mode, for signal frames */
};
struct task_struct;
/* Switches stacks, FPU and TLS; returns in the task that switches back, with the task it came from. */
struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next);
/* Prepares a new kernel thread: when first run it calls sched_finish_switch(prev), then fn(arg), then do_exit(). */
void arch_thread_kernel(struct task_struct *t, int (*fn)(void *), void *arg);
/* Prepares a child that returns to user mode with a copy of regs, rax = 0, and sp and tls where they are not 0. */
int arch_thread_fork(struct task_struct *child, const struct pt_regs *regs, unsigned long sp, bool set_tls,
		     unsigned long tls);
/* execve: fresh user registers at entry ip with stack sp; FPU and TLS reset. */
void arch_start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
void arch_thread_free(struct task_struct *t);
/* Leaves the kernel for the registers at the top of current's stack, by the usual way out: for the first program,
 * started by a function that cannot return. */
void __noreturn arch_return_to_user(void);
/* The registers that t entered the kernel with; at the top of its stack. */
struct pt_regs *task_pt_regs(struct task_struct *t);
long arch_prctl(struct task_struct *t, int code, unsigned long addr);

/* --- signals: the frame as Linux lays it out on x86_64 (rt_sigframe with siginfo and ucontext) --- */
struct ksignal;
int arch_setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs);
long arch_rt_sigreturn(struct pt_regs *regs);

/* --- interrupts --- */
typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);
/* irq: an ISA/GSI number below 256, or what pci_alloc_irq gave. Shared lines are walked. 0 or negative errno. */
int request_irq(int irq, irq_handler_t handler, const char *name, void *dev);
void free_irq(int irq, void *dev);
/* A fresh vector for a message-signalled interrupt, aimed at cpu: fills what the device must write, and where. */
int arch_msi_alloc(u32 cpu, u64 *msg_addr, u32 *msg_data);
void arch_msi_free(int irq);
/* For /proc/interrupts: calls show for every line in use. */
void irq_for_each(void (*show)(void *ctx, int irq, const char *chip, const char *name, const u64 *per_cpu), void *ctx);

/* --- clock: TSC, scaled; one-shot event by the LAPIC --- */
u64 arch_wall_clock_seconds(void); /* the battery clock, read once at boot */
void arch_timer_set(u64 deadline_ns); /* this CPU; calls timer_interrupt() at or after the deadline; U64_MAX: never */
u64 arch_cycles(void);

/* --- other CPUs --- */
void smp_send_reschedule(u32 cpu);
/* Runs fn(arg) in hard-irq context on every other CPU that is online and waits. Interrupts on; may not be in irq. */
void smp_call_function(void (*fn)(void *), void *arg);
/* Kick without waiting: runs fn(arg) on cpu in hard-irq context (for softirq raised remotely, RCU). */
void smp_call_function_async(u32 cpu, void (*fn)(void *), void *arg);

/* Panic: every other CPU stops where it is, even with interrupts off. */
void smp_stop_others(void);

/* --- randomness from the CPU (RDRAND/TSC jitter); quality is kernel/random's business --- */
u64 arch_random_u64(void);

/* --- what programs are told of the machine, and what an instruction is to the tests of memory protection --- */
#define ARCH_NAME "x86_64"		/* uname, AT_PLATFORM */
#define ARCH_HWCAP 0x078bfbffUL		/* AT_HWCAP: CPUID.1:EDX of the x86-64 baseline */
#define ARCH_ELF_MACHINE EM_X86_64
#define ARCH_RETURN_OPCODE 0xc3		/* ret, for code where none may be */

/* --- describing the machine: /proc/cpuinfo text for one CPU into buf --- */
int arch_cpuinfo(u32 cpu, char *buf, size_t size);

/* --- backtrace: fills pcs from frame pointer fp (0: here), returns how many --- */
size_t arch_backtrace(unsigned long fp, unsigned long *pcs, size_t max);
void arch_show_regs(const struct pt_regs *regs);

/* --- the console until a driver registers one: the first serial port, polled; any context --- */
void arch_early_console(const char *s, size_t n);

/* --- what arch calls elsewhere (declared here so that arch includes no room above it) ---
 * do_page_fault: kernel/mm. do_trap: kernel/process turns it into a signal. timer_interrupt: kernel/time.
 * tell_unhandled: a line in the log where current dies of signo because of what happened at addr, as on Linux.
 * exit_to_user_mode: kernel/process, with interrupts on: signals, reschedule; called when work is pending.
 * irq_enter/irq_exit: kernel/sched (runs softirqs). sched_finish_switch, sched_secondary_start: kernel/sched. */
bool do_page_fault(struct pt_regs *regs, unsigned long addr, bool write, bool exec, bool user, bool present);
void do_trap(struct pt_regs *regs, int signo, int si_code, unsigned long addr, const char *what);
void tell_unhandled(const struct pt_regs *regs, int signo, unsigned long addr, const char *what);
void timer_interrupt(struct pt_regs *regs); /* hard irq, between irq_enter and irq_exit; regs of what was interrupted */
void irq_enter(void);
void irq_exit(void);
void exit_to_user_mode(struct pt_regs *regs);
void sched_finish_switch(struct task_struct *prev);
void __noreturn sched_secondary_start(void);
void scheduler_ipi(void);
long do_syscall(struct pt_regs *regs); /* kernel/syscall: dispatch by regs->orig_rax; the result goes to regs->rax */
void kernel_main(void);		       /* kernel/main.c, on CPU 0's boot stack, after the early assembly */
