/* kernel/arch/x86.h - the processor's own words: selectors, control bits, MSRs, and the instructions that C lacks
 *
 * Numbers are from the Intel SDM (volumes 3 and 4). Also included by the assembly files.
 */
#pragma once

/* Linux's selectors, so that a debugger and a signal frame show what people know. */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER32_CS 0x23 /* not present: sysret computes the two below from it */
#define USER_DS 0x2b
#define USER_CS 0x33
#define TSS_SELECTOR 0x40

#define USER_END 0x00007ffffffff000 /* TASK_SIZE, for the assembly */

#define CR0_MP 0x2
#define CR0_EM 0x4
#define CR0_TS 0x8
#define CR0_NE 0x20
#define CR0_WP 0x10000
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define CR4_PGE 0x80
#define CR4_OSFXSR 0x200
#define CR4_OSXMMEXCPT 0x400
#define CR4_UMIP 0x800
#define CR4_SMEP 0x100000
#define CR4_SMAP 0x200000

#define MSR_APIC_BASE 0x1b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC 0x800
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SYSCALL_MASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102
#define EFER_SCE 0x1
#define EFER_LME 0x100
#define EFER_NXE 0x800

#define EFLAGS_CF 0x1
#define EFLAGS_FIXED 0x2
#define EFLAGS_TF 0x100
#define EFLAGS_IF 0x200
#define EFLAGS_DF 0x400
#define EFLAGS_IOPL 0x3000
#define EFLAGS_NT 0x4000
#define EFLAGS_RF 0x10000
#define EFLAGS_AC 0x40000
/* What a program may choose in its own flags: arithmetic, TF, DF, RF, AC. */
#define EFLAGS_USER 0x50dd5

/* Interrupt vectors. Devices get FIRST_DEVICE_VECTOR .. LAST_DEVICE_VECTOR. */
#define FIRST_DEVICE_VECTOR 0x30
#define LAST_DEVICE_VECTOR 0xef
#define VECTOR_RESCHEDULE 0xf0
#define VECTOR_CALL 0xf1
#define VECTOR_TIMER 0xf3
#define VECTOR_SPURIOUS 0xff

#define TRAMPOLINE_PHYS 0x8000 /* where other CPUs wake up, in real mode */

#ifndef __ASSEMBLY__
#include "lib/types.h"

static inline u64 rdmsr(u32 msr)
{
	u32 lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (u64)hi << 32 | lo;
}
static inline void wrmsr(u32 msr, u64 v)
{
	asm volatile("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi)::"memory");
	return (u64)hi << 32 | lo;
}
static inline u64 read_cr0(void) { u64 v; asm volatile("movq %%cr0, %0" : "=r"(v)); return v; }
static inline u64 read_cr2(void) { u64 v; asm volatile("movq %%cr2, %0" : "=r"(v)); return v; }
static inline u64 read_cr3(void) { u64 v; asm volatile("movq %%cr3, %0" : "=r"(v)); return v; }
static inline u64 read_cr4(void) { u64 v; asm volatile("movq %%cr4, %0" : "=r"(v)); return v; }
static inline void write_cr0(u64 v) { asm volatile("movq %0, %%cr0" ::"r"(v) : "memory"); }
static inline void write_cr3(u64 v) { asm volatile("movq %0, %%cr3" ::"r"(v) : "memory"); }
static inline void write_cr4(u64 v) { asm volatile("movq %0, %%cr4" ::"r"(v) : "memory"); }
static inline void invlpg(unsigned long va) { asm volatile("invlpg (%0)" ::"r"(va) : "memory"); }

struct cpuid_regs { u32 eax, ebx, ecx, edx; };
static inline struct cpuid_regs cpuid(u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	asm volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(sub));
	return r;
}
#else
/* Three bytes that smap_patch() turns into stac or clac where the CPU has SMAP. */
	.macro	PATCH_SMAP which
771:	.byte	0x0f, 0x1f, 0x00
	.pushsection .smap_patch, "a"
	.quad	771b, \which
	.popsection
	.endm
#define CLAC PATCH_SMAP 0
#define STAC PATCH_SMAP 1
#endif
