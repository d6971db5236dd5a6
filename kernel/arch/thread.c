/* kernel/arch/thread.c - tasks as the processor sees them: stacks, registers, TLS bases, FPU state
 *
 * What:   the switch, first frames of kernel threads and forked children, execve's fresh registers, arch_prctl, FXSAVE.
 * Called: kernel/sched (switch, kernel threads), kernel/process (fork, exec, prctl), signal.c (FPU).
 * Locks:  arch_switch_to runs with interrupts off. Everything else touches current or a task that does not run yet.
 * FPU:    saved eagerly when a program is switched out; loaded only when this CPU's registers hold another's.
 * Absent: XSAVE state (AVX): OSXSAVE stays off, so programs see an SSE machine.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include <asm/prctl.h>

#define FXSAVE_SIZE 512
#define MXCSR_DEFAULT 0x1f80
#define FCW_DEFAULT 0x37f

struct switch_frame { u64 r15, r14, r13, r12, rbx, rbp, ret; };
struct fxsave { u16 fcw, fsw, ftw, fop; u64 rip, rdp; u32 mxcsr, mxcsr_mask; u8 rest[480]; };
_Static_assert(sizeof(struct fxsave) == FXSAVE_SIZE, "FXSAVE image");

struct task_struct *switch_stack(u64 *save_sp, u64 load_sp, struct task_struct *prev);
void __noreturn enter_user_mode(struct pt_regs *regs);
void thread_first_run(void);
void fork_first_run(void);
void thread_returned(int result);

static struct kmem_cache *fpu_cache;
static struct fxsave fpu_fresh __aligned(16); /* [C] what a new program starts with */

/* --- FPU --- */

static inline void fxsave(void *image) { asm volatile("fxsave64 (%0)" ::"r"(image) : "memory"); }
static inline void fxrstor(const void *image) { asm volatile("fxrstor64 (%0)" ::"r"(image) : "memory"); }

void fpu_init_this_cpu(void)
{
	asm volatile("fninit");
	if (fpu_fresh.fcw)
		return fxrstor(&fpu_fresh);
	fxsave(&fpu_fresh);
	fpu_fresh.fcw = FCW_DEFAULT;
	fpu_fresh.mxcsr = MXCSR_DEFAULT;
	if (!fpu_fresh.mxcsr_mask) /* SDM volume 1, 11.6.6 */
		fpu_fresh.mxcsr_mask = 0xffbf;
	memset(fpu_fresh.rest, 0, sizeof(fpu_fresh.rest));
}

u32 fpu_mxcsr_mask(void) { return fpu_fresh.mxcsr_mask; }

void thread_init(void)
{
	fpu_cache = kmem_cache_create("fpu", FXSAVE_SIZE, 64, 0, NULL);
	if (!fpu_cache)
		panic("no memory for FPU states");
}

/* Current's registers go to its image too; they stay valid. */
void fpu_save_current(void)
{
	fxsave(current->thread.fpu);
}

int fpu_load_current(const void *image)
{
	unsigned long flags = local_irq_save();

	memcpy(current->thread.fpu, image, FXSAVE_SIZE);
	fxrstor(current->thread.fpu);
	local_irq_restore(flags);
	return 0;
}

void fpu_reset_current(void)
{
	fpu_load_current(&fpu_fresh);
}

/* What next will find in the registers of programs, which kernel threads leave alone. False: its own, it was the last
 * program here and has run nowhere else. */
static bool switch_fpu(struct arch_cpu *ac, struct task_struct *prev, struct task_struct *next)
{
	u32 cpu = smp_processor_id();

	if (prev->thread.fpu) {
		fxsave(prev->thread.fpu);
		ac->fpu_owner = prev;
		prev->thread.fpu_cpu = cpu;
	}
	if (!next->thread.fpu || (ac->fpu_owner == next && next->thread.fpu_cpu == cpu))
		return false;
	fxrstor(next->thread.fpu);
	ac->fpu_owner = next;
	next->thread.fpu_cpu = cpu;
	return true;
}

/* --- TLS bases --- */

/* Always both: a program that loads a selector changes the base without a call, so what was written last says nothing.
 * Where that program comes back from another one it finds the base that it asked for by arch_prctl, as on Linux. */
static void load_bases(const struct arch_thread *t)
{
	wrmsr(MSR_FS_BASE, t->fs_base);
	wrmsr(MSR_KERNEL_GS_BASE, t->gs_base);
}

static int set_base(u64 *field, unsigned long addr)
{
	unsigned long flags;

	if (addr >= TASK_SIZE)
		return -EPERM;
	flags = local_irq_save();
	*field = addr;
	load_bases(&current->thread);
	local_irq_restore(flags);
	return 0;
}

/* For current only: t is there for the day of ptrace. */
long arch_prctl(struct task_struct *t, int code, unsigned long addr)
{
	u64 value;

	if (t != current)
		return -EPERM;
	switch (code) {
	case ARCH_SET_FS:
		return set_base(&t->thread.fs_base, addr);
	case ARCH_SET_GS:
		return set_base(&t->thread.gs_base, addr);
	case ARCH_GET_FS:
	case ARCH_GET_GS:
		value = code == ARCH_GET_FS ? t->thread.fs_base : t->thread.gs_base;
		return copy_to_user((void __user *)addr, &value, sizeof(value)) ? -EFAULT : 0;
	}
	return -EINVAL;
}

/* --- the switch --- */

struct task_struct *arch_switch_to(struct task_struct *prev, struct task_struct *next)
{
	struct cpu_local *c = this_cpu_local();
	struct arch_cpu *ac = this_arch_cpu();

	if (switch_fpu(ac, prev, next))
		load_bases(&next->thread);
	c->kernel_sp = (u64)next->stack + KSTACK_SIZE;
	ac->tss.rsp[0] = c->kernel_sp;
	c->current_task = next;
	return switch_stack(&prev->thread.sp, next->thread.sp, prev);
}

struct pt_regs *task_pt_regs(struct task_struct *t)
{
	return (struct pt_regs *)((char *)t->stack + KSTACK_SIZE) - 1;
}

/* --- beginnings and ends --- */

static struct switch_frame *first_frame(struct task_struct *t, void (*start)(void))
{
	struct switch_frame *f = (struct switch_frame *)task_pt_regs(t) - 1;

	*f = (struct switch_frame){ .ret = (u64)start };
	t->thread.sp = (u64)f;
	t->thread.fpu_cpu = U32_MAX;
	return f;
}

void arch_thread_kernel(struct task_struct *t, int (*fn)(void *), void *arg)
{
	struct switch_frame *f;

	memset(task_pt_regs(t), 0, sizeof(struct pt_regs));
	t->thread = (struct arch_thread){ 0 };
	f = first_frame(t, thread_first_run);
	f->rbx = (u64)fn;
	f->r12 = (u64)arg;
}

/* A kernel thread's function came back. A program's first one goes on to user mode; others end. */
void thread_returned(int result)
{
	if ((current->flags & PF_KTHREAD) || !current->thread.fpu)
		do_exit((result & 0xff) << 8);
}

void __noreturn arch_return_to_user(void)
{
	enter_user_mode(task_pt_regs(current));
}

int arch_thread_fork(struct task_struct *child, const struct pt_regs *regs, unsigned long sp, bool set_tls,
		     unsigned long tls)
{
	struct pt_regs *r = task_pt_regs(child);
	void *fpu;

	if (set_tls && tls >= TASK_SIZE)
		return -EPERM;
	fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!fpu)
		return -ENOMEM;
	child->thread = (struct arch_thread){ .fs_base = set_tls ? tls : current->thread.fs_base,
					      .gs_base = current->thread.gs_base, .fpu = fpu };
	if (current->thread.fpu)
		fxsave(fpu);
	else
		memcpy(fpu, &fpu_fresh, FXSAVE_SIZE);
	*r = *regs;
	r->rax = 0;
	if (sp)
		r->rsp = sp;
	first_frame(child, fork_first_run);
	return 0;
}

/* Sleeps at most when current has never run a program. Without memory for that first FPU state, current is killed. */
void arch_start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	unsigned long flags;

	if (!current->thread.fpu) {
		void *fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);

		if (!fpu)
			return force_sig(SIGKILL, current);
		current->thread.fpu = fpu;
	}
	*regs = (struct pt_regs){ .rip = canonical_user_rip(ip), .rsp = sp, .cs = USER_CS, .ss = USER_DS,
				  .rflags = EFLAGS_IF | EFLAGS_FIXED, .orig_rax = -1 };
	fpu_reset_current();
	flags = local_irq_save();
	current->thread.fs_base = current->thread.gs_base = 0;
	load_bases(&current->thread);
	local_irq_restore(flags);
}

/* t runs nowhere and never will. */
void arch_thread_free(struct task_struct *t)
{
	if (t->thread.fpu)
		kmem_cache_free(fpu_cache, t->thread.fpu);
	t->thread.fpu = NULL;
}
