/* net/net.h - the rooms of the stack, in the order in which they start; called by kernel/main.c and tests/host */
#pragma once
#include "net/core/net_namespace.h"

/* Process context. Registers everything, makes init_net. Panics without memory. */
void net_init(void);
