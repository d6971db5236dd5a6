/* net/core/neighbour.h - from a next hop's address to its link address, with the states of RFC 4861 7.3.2
 *
 * One table serves ARP (and IPv6 later): the protocol says how to ask.
 */
#pragma once
#include "kernel/sync/rcu.h"
#include "kernel/time/timer.h"
#include "lib/byteorder.h"
#include "net/core/netdevice.h"
#include <linux/neighbour.h>

struct neigh_table;
struct neighbour {
	struct hlist_node hash;
	struct neigh_table *tbl;
	struct net_device *dev;
	refcount_t refcnt;
	spinlock_t lock;
	u8 nud_state;		/* NUD_* */
	u8 dead, probes;
	u8 ha[MAX_ADDR_LEN];	/* link address */
	u8 key[16];		/* protocol address, tbl->key_len bytes */
	u64 confirmed_ns;	/* stored without the lock: neigh_confirm() */
	u64 updated_ns, used_ns;
	struct timer_list timer;
	struct sk_buff_head arp_queue;
	u32 arp_queue_bytes;
	u64 arp_queue_drops;
	u64 hh_data[2];		/* two bytes and the Ethernet header, ready to copy; read by words, without the lock */
	u32 hh_seq;		/* 0: there is none; odd while it changes (under lock) */
	int (*output)(struct neighbour *n, struct sk_buff *skb); /* eats skb: resolve first, or straight */
	struct rcu_head rcu;
};
struct neigh_params {
	u32 base_reachable_time_ms, retrans_time_ms, delay_probe_time_ms, gc_staletime_ms, ucast_probes, mcast_probes,
		queue_len_bytes;
};
struct neigh_table {
	int family;
	u32 key_len;
	__be16 protocol;
	void (*solicit)(struct neighbour *n, struct sk_buff *skb); /* sends a question; skb may be NULL */
	void (*error_report)(struct neighbour *n, struct sk_buff *skb); /* eats skb: no answer came */
	struct neigh_params params;
	struct net *net;
	spinlock_t lock;
	struct hlist_head *buckets;
	u32 hash_mask, entries, gc_thresh1, gc_thresh2, gc_thresh3, seed;
	struct timer_list gc_timer;
};
int neigh_table_init(struct net *net, struct neigh_table *t);
void neigh_table_clear(struct neigh_table *t);
/* Referenced, or NULL. create makes one (NULL when the table is full or memory is out). Softirq or process. */
struct neighbour *neigh_lookup(struct neigh_table *t, const void *key, struct net_device *dev, bool create);
void neigh_release(struct neighbour *n);
/* What an answer or an administrator says. lladdr NULL: unchanged. flags NEIGH_UPDATE_F_*. 0 or -errno. */
#define NEIGH_UPDATE_F_OVERRIDE 0x1u
#define NEIGH_UPDATE_F_ADMIN 0x2u
int neigh_update(struct neighbour *n, const u8 *lladdr, u8 new_state, u32 flags);
/* output while the address is trusted; neigh_output() takes its short way where the header lies ready. */
int neigh_connected_output(struct neighbour *n, struct sk_buff *skb);
/* The ready header in front of skb, as two words of which the first two bytes are room before it. False: there is none,
 * or it is changing, or there is no room. */
static inline bool neigh_push_hh(const struct neighbour *n, struct sk_buff *skb)
{
	u32 seq = smp_load_acquire(&n->hh_seq);
	u64 *to = (u64 *)(skb->data - sizeof(n->hh_data));

	if (unlikely(!seq || seq & 1 || skb_headroom(skb) < sizeof(n->hh_data)))
		return false;
	put_unaligned(READ_ONCE(n->hh_data[0]), &to[0]);
	put_unaligned(READ_ONCE(n->hh_data[1]), &to[1]);
	smp_rmb();
	if (unlikely(READ_ONCE(n->hh_seq) != seq))
		return false;
	skb->data -= ETH_HLEN;
	skb->len += ETH_HLEN;
	return true;
}
/* Eats skb, whose device and protocol are set. */
static inline int neigh_output(struct neighbour *n, struct sk_buff *skb)
{
	int (*output)(struct neighbour *, struct sk_buff *) = READ_ONCE(n->output);

	if (likely(output == neigh_connected_output && neigh_push_hh(n, skb)))
		return dev_queue_xmit(skb);
	return output(n, skb);
}
void neigh_remove(struct neighbour *n);	/* takes it out of its table; process context */
/* Forward progress was seen (TCP). now_ns may be a little old. */
static inline void neigh_confirm(struct neighbour *n, u64 now_ns) { WRITE_ONCE(n->confirmed_ns, now_ns); }
void neigh_ifdown(struct neigh_table *t, struct net_device *dev);
/* rtnl_neigh.c: requests of rtnetlink about a protocol's table; rtnl held. */
struct nl_request;
struct nl_dump;
int rtnl_neigh_dump(struct nl_dump *d, struct neigh_table *t);
int rtnl_neigh_new(struct nl_request *rq, struct neigh_table *t);
int rtnl_neigh_del(struct nl_request *rq, struct neigh_table *t);
void rtnl_neigh_notify(struct neighbour *n, u16 type); /* RTM_NEWNEIGH, RTM_DELNEIGH; any context */
void neigh_for_each(struct neigh_table *t, void (*cb)(struct neighbour *n, void *ctx), void *ctx);
