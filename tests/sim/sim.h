/* tests/sim/sim.h - simulated networks: hosts, switches, wires and programs as a few lines of C
 *
 *	SCENARIO(two_hosts, "a megabyte over a slow link")
 *	{
 *		struct sim_node *a = sim_host("a"), *b = sim_host("b");
 *		struct sim_flow *f;
 *
 *		sim_wire(a, b, .bytes_per_second = MBIT(10), .delay_ns = MS(20), .queue_packets = 50);
 *		f = sim_bulk(a, b, .bytes = 1000000);
 *		sim_run(SEC(60));
 *		EXPECT_EQ(f->received, 1000000);
 *	}
 *
 * Time is virtual, everything that looks like chance comes from the seed: the same seed gives the same frames. After
 * the body the world is torn down and checked for leaks. tests/sim/scenarios/template.c is one to copy.
 */
#pragma once
#include "tests/host/world.h"
#include "tests/unit/test.h"

#define US(n) ((u64)(n) * NSEC_PER_USEC)
#define MS(n) ((u64)(n) * NSEC_PER_MSEC)
#define SEC(n) ((u64)(n) * NSEC_PER_SEC)
#define KBIT(n) ((u64)(n) * 1000 / 8)
#define MBIT(n) ((u64)(n) * 1000000 / 8)
#define GBIT(n) ((u64)(n) * 1000000000 / 8)

struct sim_scenario {
	struct test_case test;		/* first */
	const char *about;
	u32 seeds;			/* how many a plain `make sim` runs; 0: one */
};
#define SCENARIO(ident, text, ...)                                                                                     \
	static void scenario_##ident(void);                                                                            \
	static void run_##ident(void);                                                                                 \
	static struct sim_scenario case_##ident = { .test = { __FILE__, #ident, run_##ident, NULL },                   \
						    .about = text, ##__VA_ARGS__ };                                    \
	__attribute__((constructor)) static void register_##ident(void) { test_register(&case_##ident.test); }         \
	static void run_##ident(void)                                                                                  \
	{                                                                                                              \
		sim_begin(&case_##ident);                                                                              \
		scenario_##ident();                                                                                    \
		sim_end();                                                                                             \
	}                                                                                                              \
	static void scenario_##ident(void)

/* --- the network: nodes first, then wires; addresses and routes come by themselves with the first program --- */

struct sim_node;
struct sim_port {			/* where a wire ends */
	struct sim_node *node;
	struct sim_nic *nic;
	struct sim_link *link;
	u32 segment;			/* hosts without a router between them share one */
	__be32 addr;			/* a switch has none */
	u8 plen;
	struct sim_port *next;
};
struct sim_node {
	char name[16];
	struct net *net;		/* NULL: a switch */
	bool router;
	struct sim_port *ports, **last;
	struct sim_node *next;
	struct { u8 addr[6]; struct sim_port *port; } *macs; /* of a switch: who was seen where */
	u32 nr_macs, size_macs;
	/* the walk that finds routes */
	struct sim_port *via;
	__be32 gateway;
	bool seen;
};
enum sim_kind { SIM_HOST, SIM_ROUTER, SIM_SWITCH };
struct sim_node *sim_node(enum sim_kind kind, const char *fmt, ...) __printf(2, 3);
#define sim_host(...) sim_node(SIM_HOST, __VA_ARGS__)
#define sim_router(...) sim_node(SIM_ROUTER, __VA_ARGS__) /* a host that forwards */
#define sim_switch(...) sim_node(SIM_SWITCH, __VA_ARGS__) /* learns addresses; wire no rings */
struct sim_link *sim_wire_with(struct sim_node *a, struct sim_node *b, const struct sim_link *numbers);
/* Numbers: the fields of struct sim_link (tests/host/host.h), .mtu also of the devices. a sends as end 0. */
#define sim_wire(a, b, ...) sim_wire_with(a, b, &(struct sim_link){ __VA_ARGS__ })
void sim_set_mtu(struct sim_link *l, u32 mtu);		/* of the devices at both ends, now */
void sim_cut(struct sim_link *l, u64 from_ns, u64 to_ns); /* nothing passes between these times after the start */
void sim_start(void);					/* addresses and routes; programs call it */
__be32 sim_address(const struct sim_node *n);		/* its first */
u64 sim_now(void);					/* ns since the start of the run */
void sim_at(u64 ns, void (*fn)(void *arg), void *arg);	/* calls fn then, in a task */
struct sim_link *sim_next_link(const struct sim_link *l); /* NULL: the first */
bool sim_run(u64 limit_ns); /* until all programs have ended, which is true, or so long after the start */
void sim_begin(const struct sim_scenario *s);
void sim_end(void);	    /* stops what still runs, takes everything down */

/* --- programs --- */

/* A program of a host: a task that may sleep, on the host's stack. sim_run() waits for its end. */
void sim_spawn(struct sim_node *where, int (*fn)(void *), void *arg, const char *name);
struct socket *sim_accept(struct socket *listener); /* blocks; NULL when it failed */
#define SIM_BLOCK 65521u
const u8 *sim_bytes(u32 key, u64 at);	/* byte `at` of stream `key`, and SIM_BLOCK - 1 more */

struct sim_flow_config {
	const char *name, *ca;		/* ca NULL: the stack's own */
	u64 bytes, duration_ns;		/* ends after whichever comes first; 0: none */
	u64 start_ns;			/* after the start of the run */
	u32 sndbuf, rcvbuf;		/* 0: the stack's own choice */
	u32 write_size, read_size;	/* 0: 16384 */
	bool random_sizes;		/* up to that much each time */
	u64 pause_ns;			/* the reader sleeps up to that long before each read */
};
struct sim_flow {
	struct sim_flow_config is;
	char name[24];
	struct sim_node *from, *to;
	u16 port;
	struct socket *socket;		/* the sender's; NULL before and after */
	u64 sent, received, begun_ns, first_byte_ns, done_ns; /* done: the sink saw the end */
	int error;			/* of the sender */
	struct sim_flow *next;
	u64 sampled_acked;		/* record.c */
};
/* One direction, verified byte by byte at the sink. */
struct sim_flow *sim_bulk_with(struct sim_node *from, struct sim_node *to, const struct sim_flow_config *c);
#define sim_bulk(from, to, ...) sim_bulk_with(from, to, &(struct sim_flow_config){ __VA_ARGS__ })
/* Both directions at once with random sizes and pauses; ends that half close, close late or go away unread. */
enum sim_wrap { SIM_WRAP_NONE, SIM_WRAP_CLIENT, SIM_WRAP_SERVER, SIM_WRAP_BOTH };
struct sim_talk_config {
	u64 bytes[2];			/* that each side sends, at most */
	u32 sndbuf[2], rcvbuf[2];	/* 0: the stack's own choice */
	u64 pause_ns[2];		/* up to that long before a call, one call in eight */
	u64 leaves_after[2];		/* the reader goes away after so many bytes; 0: it stays to the end */
	bool closes_late[2];		/* no half close: the end comes with close() once the other side has ended */
	bool no_keepalive;		/* then nobody may leave, and no link be so bad that an end gives up */
	enum sim_wrap near_wrap;	/* whose numbers begin just below 2^32 */
	u64 path_ns;			/* a SYN's way to the server, for that */
	u64 start_ns;
};
struct sim_talk;
struct sim_talk *sim_talk(struct sim_node *a, struct sim_node *b, const struct sim_talk_config *c);
/* Panics when bytes are missing or an error came, although nobody went away. may_give_up: the links were so bad that
 * an end, or what it left to the stack, may have waited in vain for its peer. */
void sim_talk_check(const struct sim_talk *t, bool may_give_up);
struct sim_flow *sim_next_flow(const struct sim_flow *f); /* NULL: the first */
/* Bits a second that the sink took, from the flow's start to its end or now. */
u64 sim_goodput(const struct sim_flow *f);
u64 sim_goodput_between(u64 bytes, u64 from_ns, u64 to_ns);
/* Jain's index over all flows' goodput, in thousandths: 1000 is perfectly fair, 1000 / n is one flow taking all. */
u32 sim_fairness(void);
void sim_say(const char *fmt, ...) __printf(1, 2); /* shown when one run is asked for, or fails */
