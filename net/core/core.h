/* net/core/core.h - what net/core keeps in each struct net, and what its files share */
#pragma once
#include "net/core/netdevice.h"
#include "net/core/sock.h"
#include "net/core/tcp_states.h"

#define PTYPE_HASH_SIZE 16
#define PROTO_INUSE_MAX 32

struct netns_core {
	/* sysctls; those of the softnet are read from init_net, as on Linux */
	int rmem_default, rmem_max, wmem_default, wmem_max, somaxconn, optmem_max;
	int netdev_max_backlog, netdev_budget, netdev_budget_usecs, dev_weight;
	/* taps, changed under ptype_lock, read under RCU */
	struct list_head ptype_all;
	struct list_head ptype_base[PTYPE_HASH_SIZE];
	int nr_ptypes;			/* in ptype_base: 0 spares the walk */
	spinlock_t ptype_lock;
	atomic_t tstamp_needed;		/* sockets that want arrival times */
	atomic64_t cookie;		/* last SO_COOKIE given out */
	atomic_t inuse[PROTO_INUSE_MAX];
};

int net_core_sysctl_init(void);
void dev_proc_init(void);
void dev_sysfs_init(void);
void net_enable_timestamp(struct net *net);
void net_disable_timestamp(struct net *net);
