/* tests/packet/engine.h - a script at work: the host under test, its wires, and the connections of the script
 *
 * The host under test is 10.0.0.1/24 on eth0 (02:00:00:00:00:01); with --nics=2 also 10.0.1.1/24 on eth1. The script
 * plays everything else. Numbers in a script are relative: each side's SYN is 0. Ours are learned from what the stack
 * sends; the peer's begin where --peer_isn says, which is just below the wrap.
 */
#pragma once
#include "tests/host/host.h"
#include "tests/packet/bridge.h"
#include "tests/packet/pkt.h"
#include "tests/packet/stack.h"

#define RIG_NICS 2
struct frame {			/* what the stack sent */
	struct frame *next;
	u64 ns;			/* since the script's start */
	u32 dev, len;
	u8 *bytes;
};
struct flow {			/* one connection, as the script's packets name it: [port P, to T, src/dst A] */
	struct flow *next;
	u32 peer, local;	/* addresses, host order */
	u16 peer_port, local_port;
	u16 to;			/* the local port as the script wrote it; 0: not at all */
	u32 local_off, peer_off;/* number on the wire minus number in the script */
	bool local_known;	/* our first number was seen */
	bool fresh;		/* the next SYN of ours begins anew */
	u32 ts_off;		/* our timestamps: wire minus script */
	bool ts_known;
	u32 ts_sent[32], nr_ts;	/* those of ours that were seen, on the wire */
	u8 cookie[16], cookie_len;
};
struct rig {
	const struct stack *stack;
	struct script *script;
	u64 start_ns;
	u64 last_ns;		/* when the latest event happened, since the start */
	struct frame *head, **tail;	/* sent and not yet expected */
	struct frame *last_out;		/* the latest IPv4 frame of the stack: what ICMP errors quote */
	struct flow *flows;
	struct frame *injected;	/* the script's, latest first: what the stack's ICMP errors must quote */
	int last_fd;
	/* settings */
	u64 tolerance_ns, forever_ns;	/* how long '*' waits */
	u32 peer_isn, nics, mtu;
	bool arp_by_hand, payload, ending;
	bool record;		/* write down what happens instead of judging it (--record) */
	netdev_features_t features;
};
extern struct rig rig;

/* rig.c */
void rig_start(struct script *s);
void rig_stop(void);		/* closes everything; what is left is a leak */
u64 rig_now(void);		/* ns since the start */
u64 rig_lateness(u64 delay_ns);	/* how late a timer of so long may be: what a wheel of jiffies allows itself */
void rig_run_until(u64 ns);	/* since the start; all that is due by then has happened */
bool rig_wait_frame(u64 until_ns); /* until something was sent, or that time; false: nothing */
void rig_inject(u32 dev, const u8 *frame, u32 len);
struct frame *rig_take(void);	/* the next frame sent, or NULL */
void rig_frame(u32 dev, const u8 *bytes, u32 len); /* the stack has sent it */
const u8 *rig_mac(u32 dev);	/* of the host under test */
int rig_sysctl(const char *name, const char *value);

/* flow.c */
struct flow *flow_of(const struct pkt *k);
void flow_ts_seen(struct flow *f, u32 val);
u32 flow_ts_echo(const struct flow *f, u32 val); /* what the peer echoes on the wire, where the script says val */
u8 pattern(u64 offset);		/* byte of the payload */

/* build.c */
u32 pkt_build(const struct pkt *k, u8 *frame, struct flow *f); /* its length */
u32 tcp_header_size(const struct pkt *k);

/* match.c: true when the frame is what k describes; else why not, a line a field, in diff */
bool pkt_match(const struct pkt *k, const struct frame *got, char *diff, size_t size);
/* match_tcp.c */
struct difference { char *text; size_t size, n; };
void differs(struct difference *d, const char *field, const char *fmt, ...) __printf(3, 4);
void compare(struct difference *d, const char *field, const struct num *want, u64 got);
void match_tcp(const struct pkt *k, const u8 *ip, const u8 *th, u32 len, struct difference *d);
void match_payload(const struct pkt *k, const u8 *got, u32 len, u64 offset, struct difference *d);
/* show.c: a frame for people, in the script's own notation and numbers */
void pkt_show(const u8 *frame, u32 len, char *buf, size_t size);

/* call.c */
/* Runs it in a task of its own, and checks it when it is over: at once, or when a blocking call is due. */
void call_start(const struct event *e, u64 due_ns);
void call_check_blocking(u64 now_ns);		/* those that should be over by then */
void call_finish_all(void);
void calls_stop(void);				/* closes what is open */
/* With --record: says what is over since it was last asked; and what never was. */
void call_record_over(void);
void call_record_never(void);
/* condition.c */
bool info_list(int fd, char *buf, size_t size);	/* "FIELD VALUE\n" for each of TCP_INFO; false: not a TCP socket */
s64 condition_value(const struct expr *e, int fd);
void condition_explain(const struct expr *e, int fd, char *buf, size_t size);

/* run.c */
void run_script(struct script *s);
void say(const char *fmt, ...) __printf(1, 2);	/* into the transcript */
void skip(const char *fmt, ...) __printf(1, 2) __attribute__((noreturn)); /* the script is not for this stack */
void fail(u32 line, const char *fmt, ...) __printf(2, 3) __attribute__((noreturn));

/* record.c: what happened since it was last asked goes into the transcript */
void record_start(void);
void record_now(void);
void record_info(u32 line, int fd);
void record_end(void);

/* pcap.c */
void pcap_add(const u8 *frame, u32 len);
void pcap_write(const char *script_path);
