/* kernel/init.h - the last steps of the start: the network from the command line, and process 1 */
#pragma once
#include "lib/types.h"

/* Value of "name=" on the command line copied into buf; false when it is absent. "name" alone gives "". */
bool cmdline_get(const char *name, char *buf, size_t size);
/* Applies ip= to the first network device and sets the host name; says what it did. */
void configure_network(void);
/* execve of init= or /sbin/init, /init, /bin/sh; panics when none starts. */
void __noreturn run_init_process(void);
/* /proc/trace, /proc/trace_events and friends; after procfs is there. */
void trace_proc_init(void);
