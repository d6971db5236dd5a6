/* net/netlink/internal.h - netlink sockets, as the files of this room share them
 *
 * Locks: [N] net->netlink->lock, BH off: addresses and groups. [M] the socket's mutex: one request or dump at a time.
 * Order: [M], rtnl, [N].
 */
#pragma once
#include "kernel/sync/mutex.h"
#include "net/core/netlink.h"
#include "net/core/sock.h"

#define NETLINK_GROUPS 64u

struct netns_netlink {
	spinlock_t lock;
	struct list_head socks;		   /* [N] */
	u32 listeners[NETLINK_GROUPS + 1]; /* [N] NETLINK_ROUTE sockets in each group; read without lock */
};

struct netlink_sock {
	struct sock sk;
	struct list_head node; /* [N] */
	u32 portid;	       /* [N] 0: not bound */
	u64 groups;	       /* [N] bit group - 1 */
	u32 dst_portid;	       /* connect() */
	bool pktinfo, cap_ack, ext_ack, strict, no_enobufs, broadcast_error;
	bool congested; /* a notification was lost */
	struct mutex lock;
	bool dumping;			/* [M] */
	int (*dump)(struct nl_dump *d); /* [M] */
	struct nl_dump state;		/* [M] */
	struct nlmsghdr *request;	/* [M] what state.nlh points to */
	u32 max_recv;			/* the largest buffer that the program came with */
};
static inline struct netlink_sock *nlk_sk(const struct sock *sk) { return (struct netlink_sock *)sk; }

#define NETLINK_SKB_CB(skb) ((struct netlink_skb_cb *)(skb)->cb)
struct netlink_skb_cb {
	u32 portid, group;
};

/* netlink_input.c. [M] Serves all messages of a program. 0 or -errno. */
int netlink_serve(struct netlink_sock *nlk, const void *data, u32 len);
int netlink_dump_more(struct netlink_sock *nlk); /* [M] the next part of the dump under way */
void netlink_dump_end(struct netlink_sock *nlk); /* [M] */
/* af_netlink.c: len bytes as one packet from portid into sk's queue. 0, -ENOBUFS. Any context. */
int netlink_queue(struct sock *sk, const void *data, u32 len, u32 portid, u32 group);
/* netlink_opt.c */
int netlink_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
int netlink_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len);
void netlink_set_groups(struct netlink_sock *nlk, u64 groups);
