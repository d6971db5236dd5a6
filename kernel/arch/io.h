/* kernel/arch/io.h - device registers: memory-mapped with the barriers that drivers rely on, and ports
 *
 * readl/writel are ordered against each other and against normal memory (x86: uncached mapping, compiler barrier).
 * dma_wmb() orders descriptor stores before the doorbell, dma_rmb() the ownership bit before the rest.
 */
#pragma once
#include "lib/types.h"

static inline u32 readl(const volatile void *a)
{
	u32 v = *(const volatile u32 *)a;
	asm volatile("" ::: "memory");
	return v;
}
static inline u16 readw(const volatile void *a)
{
	u16 v = *(const volatile u16 *)a;
	asm volatile("" ::: "memory");
	return v;
}
static inline u8 readb(const volatile void *a)
{
	u8 v = *(const volatile u8 *)a;
	asm volatile("" ::: "memory");
	return v;
}
static inline void writel(u32 v, volatile void *a) { asm volatile("" ::: "memory"); *(volatile u32 *)a = v; }
static inline void writew(u16 v, volatile void *a) { asm volatile("" ::: "memory"); *(volatile u16 *)a = v; }
static inline void writeb(u8 v, volatile void *a) { asm volatile("" ::: "memory"); *(volatile u8 *)a = v; }
static inline void dma_wmb(void) { asm volatile("" ::: "memory"); }
static inline void dma_rmb(void) { asm volatile("" ::: "memory"); }

static inline void outb(u8 v, u16 port) { asm volatile("outb %0, %1" ::"a"(v), "Nd"(port)); }
static inline void outw(u16 v, u16 port) { asm volatile("outw %0, %1" ::"a"(v), "Nd"(port)); }
static inline void outl(u32 v, u16 port) { asm volatile("outl %0, %1" ::"a"(v), "Nd"(port)); }
static inline u8 inb(u16 port) { u8 v; asm volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u16 inw(u16 port) { u16 v; asm volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline u32 inl(u16 port) { u32 v; asm volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

/* Device memory is mapped by ioremap(): kernel/mm/slab.h. */
