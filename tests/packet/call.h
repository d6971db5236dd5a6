/* tests/packet/call.h - a socket call of the script, while it runs */
#pragma once
#include "tests/packet/engine.h"

struct call {
	struct call *next;
	const struct event *event;
	const struct call_def *def;
	void *task;
	u64 began_ns, due_ns, ended_ns;	/* when a blocking call must be over, and when it was */
	bool over;
	s64 ret;		/* as the kernel has it: -errno */
	/* memory of the call */
	u8 *buf;		/* what is written or read */
	u32 len;
	bool literal;		/* buf was given as text */
	void *image;		/* of a structure: option value, pollfds, msghdr */
	int image_len;
};
/* run: in a task of its own; returns what the system call does. check (may be NULL): once it is over. */
struct call_def { const char *name; s64 (*run)(struct call *c); void (*check)(struct call *c); };
extern const struct call_def message_calls[], option_calls[];
extern const size_t nr_message_calls, nr_option_calls;

void record_call(const struct call *c);
struct message_view { u32 flags; const u8 *control; size_t control_len; };
bool message_look(const struct call *c, struct message_view *v); /* of a recvmsg that is over */

struct fd_state { bool stream; u64 written, read; }; /* bytes of the pattern so far */
struct fd_state *fd_state(s64 fd);

/* Arguments; a missing one ends the script. */
const struct expr *arg(const struct call *c, u32 i);
const struct expr *arg_or_null(const struct call *c, u32 i);
s64 value(const struct call *c, const struct expr *e);
s64 number_arg(const struct call *c, u32 i);
const struct expr *member(const struct expr *e, const char *name, u32 i); /* by name, else the i-th; NULL */
/* A socket address; "..." is the one given. Its length; 0 for NULL. */
int address(const struct call *c, const struct expr *e, u32 any_addr, u16 any_port, void *out);
void check_address(const struct call *c, const struct expr *want, const void *got);
void make_payload(struct call *c, const struct expr *e, u32 len, bool sending);
void check_payload(struct call *c, const u8 *got, u32 n, bool peek);
void wrong(const struct call *c, const char *fmt, ...) __printf(2, 3) __attribute__((noreturn));
