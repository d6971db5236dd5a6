/* tests/packet/pkt.h - a packet script as a tree: what the lexer, the parser and the engine share
 *
 * All of it lives in one arena (pkt_alloc) that ends with the process that runs the script.
 */
#pragma once
#include "lib/types.h"
#include <linux/rtnetlink.h>

/* --- words (lexer.c) --- */
enum token_kind { TOK_END, TOK_LINE, TOK_NAME, TOK_NUMBER, TOK_STRING, TOK_ADDR, TOK_MAC, TOK_PUNCT };
struct token {
	enum token_kind kind;
	const char *text;	/* in the script */
	u32 len, line;
	bool glued;		/* nothing between it and the one before */
	u64 number;		/* NUMBER: its whole part; ADDR: host order */
	u64 ns;			/* NUMBER as seconds */
	u8 mac[6];
};
struct token *pkt_lex(const char *text); /* ends with TOK_END; a line ends with TOK_LINE outside brackets */

/* --- values: arguments and results of calls, conditions (parse_expr.c) --- */
enum expr_kind { X_ANY, X_NUMBER, X_STRING, X_NAME, X_ADDR, X_LIST, X_STRUCT, X_FIELD, X_CALL, X_UNARY, X_BINARY };
struct expr {
	enum expr_kind kind;
	s64 number;		/* NUMBER; UNARY and BINARY: the operator's characters, as in 'a' << 8 | 'b' */
	const char *text;	/* STRING (decoded), NAME; the name of a FIELD or CALL */
	u32 len;
	u32 addr;		/* ADDR, host order */
	u16 port;
	struct expr *first;	/* LIST, STRUCT: members; CALL: arguments; FIELD: value; operators: operands */
	struct expr *next;
};

/* --- packets (parse_packet.c) --- */
enum { OPT_EOL, OPT_NOP, OPT_MSS, OPT_WSCALE, OPT_SACK_PERM, OPT_SACK, OPT_TIMESTAMP = 8, OPT_FASTOPEN = 34 };
struct num { bool set; u64 v; };
enum pkt_kind { PKT_TCP, PKT_UDP, PKT_ICMP, PKT_ARP, PKT_IP, PKT_RAW, PKT_FRAME };
struct sack_range { u32 from, to; };
struct tcp_opt {
	u8 kind, n;		/* n: SACK blocks, or bytes */
	bool any;		/* its value is not looked at */
	bool cookie;		/* FO: the cookie that was last received */
	u32 a, b;		/* MSS, shift; TSval and TSecr */
	bool any_a, any_b;
	struct sack_range sack[4];
	u8 bytes[40];		/* FO, and options of any kind */
};
struct pkt_range { u32 seq, end, len; };
struct pkt {
	bool out;		/* '>': sent by the stack */
	enum pkt_kind kind;
	u32 line;
	/* [attributes] */
	struct num ttl, tos, ecn, id, frag, mf, df, ihl, version, tot_len, proto, src, dst, port, to, dev, check;
	struct num pad, ethertype;
	bool has_ether, has_from;
	u8 ether[6], from[6];	/* link addresses: destination, source */
	u8 *ip_options;
	u32 ip_options_len;
	/* TCP */
	u16 flags;
	struct pkt_range range;
	struct num ack, win, urg, doff, reserved;
	bool any_options;
	struct tcp_opt opts[20];
	u32 nr_opts;
	/* UDP, ICMP, ARP */
	struct num udp_len, type, code, icmp_id, icmp_seq, mtu, gateway, pointer, quote_len;
	bool has_quote;		/* of a TCP segment that the stack sent */
	struct pkt_range quote;
	struct num op, htype, ptype, hlen, plen, spa, tpa;
	bool has_sha, has_tha;
	u8 sha[6], tha[6];
	bool badsum, nosum;
	/* payload: literal bytes, or the pattern from an offset on */
	u32 len;
	const u8 *bytes;
	struct num data;
	bool any_len;
};

/* --- the script (parser.c) --- */
struct when {
	bool any, relative, range, blocking;
	u64 from, to;		/* ns; to: the end of a range or of a blocking call, counted as from is */
};
enum event_kind { EV_PACKET, EV_CALL, EV_EXPECT, EV_SYSCTL, EV_ADDRESS, EV_ROUTE, EV_LINK };
struct event {
	enum event_kind kind;
	struct when when;
	u32 line;
	const char *text;	/* the line, for people */
	u32 text_len;
	struct pkt *pkt;
	struct expr *expr;	/* CALL: the call; EXPECT: the condition */
	struct expr *result;	/* CALL: what it returns */
	int error;		/* CALL: errno when it fails, 0: any */
	int fd;			/* EXPECT: of which socket, -1: the latest */
	const char *name, *value;	/* SYSCTL; device of ADDRESS, ROUTE, LINK */
	u32 addr, gw, plen;	/* LINK: plen is the MTU */
	u32 metrics[RTAX_MAX + 1]; /* ROUTE */
	const char *cc;		/* ROUTE: its congestion control, or NULL */
	bool down;
	struct event *next;
};
struct setting { const char *name, *value; u32 line; struct setting *next; };
struct script {
	const char *path;
	struct setting *settings;	/* --name=value, in order */
	const char *expected_failure;	/* why, or NULL */
	struct event *events;
};

struct parser {
	const char *path;
	struct token *t;
	bool in_struct;		/* NAME = VALUE is a member here, not a call and its result */
};
struct script *pkt_parse(const char *path, const char *text);
struct expr *pkt_parse_expr(struct parser *p);		/* a condition or a value */
struct expr *pkt_parse_list(struct parser *p, const char *close); /* values up to that bracket, which is eaten */
struct pkt *pkt_parse_packet(struct parser *p);		/* from '<' or '>' on */

/* parser.c, for the parts of the parser */
bool at(const struct parser *p, const char *word);
bool accept(struct parser *p, const char *word);	/* eats it when it is there */
void need(struct parser *p, const char *word);
u64 need_number(struct parser *p);			/* a number or a constant's name */
const char *need_name(struct parser *p);
const char *token_text(const struct token *t);
bool number_here(const struct parser *p);
void syntax_error(const struct parser *p, const char *what) __attribute__((noreturn));

/* names.c */
bool pkt_constant(const char *name, s64 *value);
int pkt_errno(const char *name);			/* 0: not known */
const char *pkt_errno_name(int e);

/* memory.c */
void *pkt_alloc(size_t n);				/* zeroed, never freed */
char *pkt_strndup(const char *s, size_t n);
