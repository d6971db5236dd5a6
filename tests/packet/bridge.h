/* tests/packet/bridge.h - between main.c, which knows the C library, and the engine, which knows the kernel */
#pragma once
#include <stddef.h>

struct packet_job { const char *path; char *text; };
void packet_world_start(void);		/* once, before any child */
/* 0: passed. A sanitizer ends the process with numbers of its own, which are no expected failure. */
int packet_run(void *job);
int packet_run_live(void *job);		/* the same on the machine's own Linux */
#define PACKET_FAILED 7
#define PACKET_NO_SCRIPT 8
#define PACKET_SKIPPED 9		/* its output says why */
void bridge_write_file(const char *path, const void *data, size_t n);
int bridge_verbose(void);
int bridge_record(void);
