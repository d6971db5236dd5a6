/* tests/host/names.c - the host name, for ip=; the second home has nobody to tell it to */
#include "kernel/syscall/syscall.h"

void set_hostname(const char *name) { (void)name; }
