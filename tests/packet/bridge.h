/* tests/packet/bridge.h - between main.c, which knows the C library, and the engine, which knows the kernel */
#pragma once
#include <stddef.h>

struct packet_job { const char *path; char *text; };
void packet_world_start(void);		/* once, before any child */
int packet_run(void *job);		/* 0: passed; 1: failed; 3: not a script */
void bridge_write_file(const char *path, const void *data, size_t n);
int bridge_verbose(void);
