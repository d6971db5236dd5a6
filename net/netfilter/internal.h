/* net/netfilter/internal.h - shared by hooks.c and nf_rules.c */
#pragma once
#include "net/core/netdevice.h"
#include "net/netfilter/netfilter.h"

void nf_rules_init(void);
