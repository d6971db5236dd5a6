/* net/core/net_namespace.h - the one value from which a whole stack hangs
 *
 * Each room keeps its state in its own structure and puts the pointer here in its pernet_operations.init. Several
 * struct net never share anything that changes.
 */
#pragma once
#include "kernel/sched/softirq.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/refcount.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "net/core/drop_reason.h"
#include "net/core/snmp.h"

struct net_device;
struct netns_core;
struct netns_neigh;
struct netns_ipv4;
struct netns_udp;
struct netns_raw;
struct netns_tcp;
struct netns_unix;
struct netns_nf;
struct netns_packet;
struct netns_netlink;

struct net {
	refcount_t count;
	u32 inum;			/* number shown as net:[N] */
	struct list_head list;
	/* devices: changed under rtnl, read under RCU */
	struct list_head dev_base_head;
	struct net_device *loopback_dev;
	u32 last_ifindex;
	u32 dev_base_seq;		/* devices that came or went */
	struct mutex rtnl;		/* serialises configuration */
	/* rooms */
	struct netns_core *core;
	struct netns_neigh *neigh;
	struct netns_ipv4 *ipv4;
	u32 rt_genid;	/* [A] grows with each change of IPv4's routes, addresses, path MTUs */
	struct netns_udp *udp;
	struct netns_raw *raw;
	struct netns_tcp *tcp;
	struct netns_unix *unx;
	struct netns_nf *nf;
	struct netns_packet *packet;
	struct netns_netlink *netlink;
	struct net_mib *mib;		/* alloc_percpu: SNMP counters and drop reasons */
	atomic_t nr_socks;		/* live struct socks, for leak checks */
	struct work_struct cleanup;	/* runs the exits when the last reference went */
};

/* Registered at start, in order; init for each new net in that order, exit in reverse. init: 0 or -errno. */
struct pernet_operations {
	int (*init)(struct net *net);
	void (*exit)(struct net *net);
	struct pernet_operations *next;
};
void register_pernet_subsys(struct pernet_operations *ops);
struct net *net_create(void); /* a fresh stack with its loopback device, down; ERR_PTR */
void get_net(struct net *net);
void put_net(struct net *net); /* any context; the last reference destroys it, in a workqueue */
extern struct net *init_net;   /* the first, made at start */
/* All stacks, under the list's own lock: cb must not sleep. */
void net_ns_init(void);
void snmp_init(void);
void sockstat_init(void);
