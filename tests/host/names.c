/* tests/host/names.c - the host name, for ip=; only a test asks for it */
#include "kernel/syscall/syscall.h"
#include "lib/string.h"
#include "tests/host/host.h"

static char hostname[65];

void set_hostname(const char *name) { strscpy(hostname, name, sizeof(hostname)); }
const char *host_name(void) { return hostname; }
