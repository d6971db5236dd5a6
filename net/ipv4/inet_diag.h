/* net/ipv4/inet_diag.h - what TCP's and UDP's answers to ss(8) share (NETLINK_SOCK_DIAG) */
#pragma once
#include "net/core/netlink.h"
#include "net/ipv4/inet.h"
#include <linux/inet_diag.h>

/* The request of a dump, of which the handler's request_len took care. */
const struct inet_diag_req_v2 *inet_diag_request(const struct nl_dump *d);
/* A dump of IPv6's sockets, for which ss asks, too: there are none, which is an answer and no error. */
int inet_diag_no_sockets(struct nl_dump *d);
/* Does the program want sockets in this state (TCP_*), with these ports (0 in the request: any)? */
bool inet_diag_wants(const struct inet_diag_req_v2 *r, u8 state, __be16 sport, __be16 dport);
/* Identity and state of sk; queues and timer are the transport's to fill. */
struct inet_diag_msg inet_diag_head(struct sock *sk);
/* Memory, TOS and shutdown, as r->idiag_ext asks. */
void inet_diag_put(struct nl_msg *m, struct sock *sk, const struct inet_diag_req_v2 *r);
static inline bool inet_diag_asks(const struct inet_diag_req_v2 *r, int ext) { return r->idiag_ext & (1 << (ext - 1)); }
