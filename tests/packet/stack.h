/* tests/packet/stack.h - what the engine asks of the stack under test: ours in virtual time, or the machine's own Linux
 *
 * What:   two implementations: virtual/ (make packet) and live/ (make packet-linux). What the stack sends comes through
 *         rig_frame(). Calls have Linux's numbers and arguments, and return what the kernel does: -errno.
 */
#pragma once
#include "tests/packet/pkt.h"
#include <asm/unistd.h>

struct stack {
	void (*start)(void);	/* loopback, and rig.nics devices eth0, ... with rig.mtu and their addresses, all up */
	void (*stop)(void);
	u64 (*clock)(void);	/* ns */
	void (*sleep_until)(u64 ns);	/* of the clock; or until a frame comes */
	void (*settle)(void);	/* all that needs no time has happened */
	void (*inject)(u32 dev, const u8 *frame, u32 len);
	int (*write_sysctl)(const char *path, const char *value); /* "sys/net/ipv4/tcp_sack" */
	ssize_t (*read_proc)(const char *path, char *buf, size_t size);
	int (*configure)(const struct event *e);	/* ADDRESS, ROUTE, LINK; 0 or -errno */
	s64 (*call)(u32 nr, const u64 *args);
	/* A task; let_run() lets it go on until it is over or, where that is right, sleeps. */
	void *(*begin)(int (*fn)(void *), void *arg);
	void (*let_run)(void *task, const bool *over, bool may_sleep);
	void (*join)(void *task);
	s64 (*drops)(const char *reason);	/* -1: no such reason; NULL: this stack tells none */
	u64 tolerance_ns;	/* unless the script allows more */
	bool real_time;
};
extern const struct stack virtual_stack, live_stack;

#define PTR(p) ((u64)(unsigned long)(p))
#define stack_call(name, ...) rig.stack->call(__NR_##name, (const u64[6]){ __VA_ARGS__ })
