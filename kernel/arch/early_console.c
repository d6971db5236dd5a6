/* kernel/arch/early_console.c - the first serial port, polled: the console until a driver comes, and under a panic
 *
 * Called: printk.c under its console lock, in any context, from the first instruction in C on.
 * Locks:  the caller's.
 */
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/arch/cpu.h"

#define COM1 0x3f8
#define LSR (COM1 + 5)
#define LSR_THRE 0x20

/* A port that is not there reads as all ones; one that is stuck costs a bounded time. */
void arch_early_console(const char *s, size_t n)
{
	while (n--) {
		int spins = 100000;
		u8 status;

		while (!((status = inb(LSR)) & LSR_THRE) && --spins)
			cpu_relax();
		if (status == 0xff)
			return;
		outb((u8)*s++, COM1);
	}
}
