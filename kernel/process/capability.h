/* kernel/process/capability.h - may the calling process do this? One of the services that net/ builds on. */
#pragma once
#include "lib/types.h"
#include <linux/capability.h>

bool capable(int cap); /* CAP_*, of current's effective set */
/* Is one of current's groups (effective or supplementary) between lo and hi, both included? */
bool current_in_group_range(u32 lo, u32 hi);
