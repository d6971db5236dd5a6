/* net/core/neigh_internal.h - shared by neighbour.c (the states) and neigh_table.c (the entries) */
#pragma once
#include "net/core/neighbour.h"

#define NUD_VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
#define NUD_CONNECTED (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE)
#define NUD_IN_TIMER (NUD_INCOMPLETE | NUD_REACHABLE | NUD_DELAY | NUD_PROBE)

int neigh_resolve_output(struct neighbour *n, struct sk_buff *skb);
void neigh_timer_handler(struct timer_list *t);
/* n->lock held: the timer goes, and the reference it held. */
void neigh_del_timer(struct neighbour *n);
/* n is out of the table: nothing will be sent to it any more. Frees what waits. */
void neigh_kill(struct neighbour *n);
static inline void neigh_hold(struct neighbour *n) { refcount_inc(&n->refcnt); }
static inline u64 ms_to_ns(u32 ms) { return (u64)ms * NSEC_PER_MSEC; }
