/* lib/printf.h - formatted text
 *
 * C's conversions d i u x X o c s p % with flags, width, precision and the lengths hh h l ll z; no floating point.
 * Beyond C, after %p: %pI4 a __be32 IPv4 address, %pM a MAC address, %pS a kernel address as symbol+offset.
 */
#pragma once
#include "lib/types.h"

/* Writes at most size bytes with the NUL; returns the length the whole text has, as C99 says. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
/* As snprintf, but returns what was written into buf without the NUL. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Set by kernel/trace: writes "name+0x12/0x40" for an address; %pS prints hex while this is NULL. */
extern int (*printf_symbol)(char *buf, size_t size, unsigned long addr);
