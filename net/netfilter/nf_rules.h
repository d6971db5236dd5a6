/* net/netfilter/nf_rules.h - the rule table, between the code that runs it and the language that writes it */
#pragma once
#include "net/core/netdevice.h"
#include "net/netfilter/netfilter.h"

enum rule_action { RULE_ACCEPT, RULE_DROP, RULE_REJECT, RULE_COUNT, NR_ACTIONS };

struct port_range { u16 lo, hi; };	/* any port, or none: 0 to 65535 */
/* What a packet is compared by in one step each: both addresses as they lie in the header; hook and protocol. */
struct nf_match { u64 addrs; u32 kind; };
struct nf_rule {
	u8 hook, action, proto;		/* proto 0: any */
	u8 src_len, dst_len;		/* prefix lengths; 0: any */
	__be32 src, dst;
	struct port_range sport, dport;
	char in[IFNAMSIZ], out[IFNAMSIZ]; /* empty: any */
	struct nf_match want, mask;	/* nf_rule_add() fills them in from what stands above */
	bool names_device;		/* and this */
	atomic64_t packets, bytes;
};
/* RCU. Rules are added in place while there is room; else the table is replaced. Rules are shared between an old table
 * and its successor. */
struct nf_table {
	u32 num, room;			/* num: stored after the rule that it counts */
	bool drop_policy[NF_INET_NUMHOOKS];
	struct nf_rule *rules[];
};

/* rules_lock held; may sleep. 0, -ENOMEM; -ENOSPC: the stack has as many rules as it may; -ENOENT: no rule has that
 * number. */
int nf_rule_add(struct net *net, const struct nf_rule *rule);
int nf_rule_del(struct net *net, u32 at);
int nf_rules_policy(struct net *net, u8 hook, bool drop);
int nf_rules_flush(struct net *net);	/* rules and policies */
void nf_rules_proc_init(void);
