/* kernel/trace/internal.h - what the files of kernel/trace tell each other */
#pragma once
#include "lib/types.h"

/* From now on printk takes no lock that another CPU, or this one before it broke, may hold. */
void printk_force(void);
/* Writes to the console at once, without time or log. */
void console_write(const char *s, size_t n);
/* The last bytes of all rings, oldest first, on the console. For panic(): takes no lock. */
void trace_dump(size_t max_lines);
