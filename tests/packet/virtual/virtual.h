/* tests/packet/virtual/virtual.h - what the files of this stack know of each other */
#pragma once
#include "lib/types.h"

s64 virtual_call(u32 nr, const u64 *args); /* calls.c */
