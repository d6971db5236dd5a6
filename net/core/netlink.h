/* net/core/netlink.h - what a room does to answer netlink: handlers by message type, dumps, notifications
 *
 * The sockets live in net/netlink, above; this is what net/core, IPv4 and the transports fill. Requests are served
 * inside the program's send, under rtnl for NETLINK_ROUTE. Dumps go on as the program reads.
 */
#pragma once
#include "net/core/net_namespace.h"
#include "net/core/nlmsg.h"

struct net_device;

struct nl_request { /* one message of a program */
	struct net *net;
	const struct nlmsghdr *nlh;
	u32 portid;		 /* who asks */
	struct nl_msg reply;	 /* messages that go back before the acknowledgement */
	const char *why;	 /* extended ack: a sentence, or NULL */
	struct net_device *dead; /* unregistered by the handler; freed when rtnl is open again */
};

/* err, and why for those who asked for extended acknowledgements. */
static inline int nl_refuse(struct nl_request *rq, const char *why, int err)
{
	rq->why = why;
	return err;
}

/* A dump under way. Its handler walks everything each time and calls nl_dump_next() for each record: true means that
 * this one is due. What was told before is passed over, so records need no cursor of their own. */
struct nl_dump {
	struct net *net;
	const struct nlmsghdr *nlh; /* a copy of the request */
	u32 portid;
	struct nl_msg msg; /* the part that is built now */
	u32 limit;	   /* bytes it may have */
	u32 index, told;   /* records walked past in this part, and told in all */
	u32 seq, prev_seq; /* changes of what is told, counted by the handler from 1: now, and at the last record */
	bool full;	   /* the part is: stop walking */
	bool strict;	   /* the program asked for filters to be heeded (NETLINK_GET_STRICT_CHK) */
};
static inline bool nl_dump_next(struct nl_dump *d) { return !d->full && d->index++ >= d->told; }
u16 nl_dump_flags(struct nl_dump *d); /* of the message that is built now */
/* Around the building of one record; end takes it back when it does not fit. False: stop walking. */
u32 nl_dump_begin(struct nl_dump *d, u16 type, const void *hdr, u32 hdr_len);
bool nl_dump_end(struct nl_dump *d, u32 start);

/* Handlers of NETLINK_ROUTE. doit: 0 or -errno. dump: 0 or -errno. Either may be NULL: EOPNOTSUPP. */
struct rtnl_handler {
	u8 family; /* AF_UNSPEC: for families without a handler of their own */
	u16 type;  /* RTM_* */
	int (*doit)(struct nl_request *rq);
	int (*dump)(struct nl_dump *d);
	struct rtnl_handler *next;
};
void rtnl_register(struct rtnl_handler *h, size_t n); /* at start; an array with static life */
const struct rtnl_handler *rtnl_find(u8 family, u16 type);
const struct rtnl_handler *rtnl_handlers(void); /* all, by next */
void rtnl_link_init(void);
void rtnl_qdisc_init(void);

/* Handlers of NETLINK_SOCK_DIAG (SOCK_DIAG_BY_FAMILY), by family and protocol. */
struct sock_diag_handler {
	u8 family, protocol;
	u32 request_len; /* shorter requests are refused */
	int (*doit)(struct nl_request *rq);
	int (*dump)(struct nl_dump *d);
	struct sock_diag_handler *next;
};
void sock_diag_register(struct sock_diag_handler *h); /* at start */
const struct sock_diag_handler *sock_diag_find(u8 family, u8 protocol);

/* Notifications: any context. Does anybody listen to group (RTNLGRP_*)? Ask before building. */
bool rtnl_has_listeners(const struct net *net, u32 group);
void rtnl_notify(struct net *net, struct nl_msg *m, u32 group); /* frees m's memory */
/* Set by net/netlink at start. */
struct netlink_hooks {
	bool (*has_listeners)(const struct net *net, u32 group);
	void (*broadcast)(struct net *net, const struct nl_msg *m, u32 group);
};
extern struct netlink_hooks netlink_hooks;
void rtnl_link_notify(struct net_device *dev, u16 type); /* RTM_NEWLINK or RTM_DELLINK */
