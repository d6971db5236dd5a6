/* net/netfilter/netfilter.h - the five hooks on the way of a packet
 *
 * A hook without functions costs one predictable branch. Functions run in priority order, in softirq or with BH off,
 * under RCU. Verdicts: NF_ACCEPT go on, NF_DROP the core frees skb, NF_STOLEN the function has taken skb,
 * NF_REPEAT call it again.
 */
#pragma once
#include "kernel/sync/rcu.h"
#include "net/core/net_namespace.h"
#include "net/core/skbuff.h"
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>

struct nf_hook_state {
	u8 hook, pf;
	struct net_device *in, *out;
	struct sock *sk;
	struct net *net;
	int (*okfn)(struct net *net, struct sock *sk, struct sk_buff *skb);
};
typedef unsigned int nf_hookfn(void *priv, struct sk_buff *skb, const struct nf_hook_state *state);
struct nf_hook_ops {
	nf_hookfn *hook;
	void *priv;
	u8 pf;		/* NFPROTO_* */
	u8 hooknum;	/* NF_INET_* */
	int priority;	/* NF_IP_PRI_*; lowest first */
};
struct nf_hook_entry { nf_hookfn *hook; void *priv; int priority; };
struct nf_hook_entries { u16 num; struct rcu_head rcu; struct nf_hook_entry hooks[]; };
struct netns_nf {
	struct nf_hook_entries *hooks_ipv4[NF_INET_NUMHOOKS];	/* [R]; changed under lock */
	void *rules;						/* [R]; changed under rules_lock */
	u32 rules_max;						/* by memory; then ENOSPC */
	struct mutex lock, rules_lock;				/* rules_lock outside lock */
};

int nf_register_net_hook(struct net *net, const struct nf_hook_ops *ops); /* 0, -ENOMEM, -EINVAL; may sleep */
void nf_unregister_net_hook(struct net *net, const struct nf_hook_ops *ops);
unsigned int nf_ask_again(const struct nf_hook_entry *h, struct sk_buff *skb, const struct nf_hook_state *st);
/* 1: go on (okfn not called), 0: skb was taken, negative: dropped (errno). BH off, RCU. */
static inline int nf_hook_run(struct sk_buff *skb, const struct nf_hook_state *st, const struct nf_hook_entries *e)
{
	for (u16 i = 0; i < e->num; i++) {
		const struct nf_hook_entry *h = &e->hooks[i];
		unsigned int v = READ_ONCE(h->hook)(h->priv, skb, st) & NF_VERDICT_MASK;

		if (unlikely(v == NF_REPEAT))
			v = nf_ask_again(h, skb, st);
		if (v == NF_ACCEPT)
			continue;
		if (v == NF_STOLEN)
			return 0;
		kfree_skb_reason(skb, SKB_DROP_REASON_NETFILTER_DROP);
		return -EPERM;
	}
	return 1;
}
/* The same, for those who ask for one packet. */
int nf_hook_slow(struct sk_buff *skb, struct nf_hook_state *state, const struct nf_hook_entries *e);
int nf_hook(struct sk_buff *skb, struct nf_hook_state *state); /* the same in any context, for whoever is registered */

/* What is received or forwarded passes in softirq, under RCU; what is sent here may come from a process. */
static inline bool nf_hook_in_softirq(u8 hook) { return hook <= NF_INET_FORWARD; }
/* Runs the hook, then okfn; eats skb. The one branch when nobody is registered is the pointer test. */
static inline int NF_HOOK(u8 hook, struct net *net, struct sock *sk, struct sk_buff *skb, struct net_device *in,
			  struct net_device *out, int (*okfn)(struct net *, struct sock *, struct sk_buff *))
{
	const struct nf_hook_entries *e = rcu_dereference(net->nf->hooks_ipv4[hook]);

	if (unlikely(e)) {
		struct nf_hook_state st = { hook, NFPROTO_IPV4, in, out, sk, net, okfn };
		int r = nf_hook_in_softirq(hook) ? nf_hook_slow(skb, &st, e) : nf_hook(skb, &st);

		if (r != 1)
			return r;
	}
	return okfn(net, sk, skb);
}
/* How a rule refuses a packet: sends the ICMP error or the TCP reset that answers skb, which stays the caller's. Set by
 * net/ipv4 at start; while NULL, "reject" rules drop. hook: NF_INET_*. Softirq or BH off. */
extern void (*nf_reject_hook)(struct net *net, struct sk_buff *skb, u8 hook);
void netfilter_init(void);
